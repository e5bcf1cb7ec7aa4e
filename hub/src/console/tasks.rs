//! All tasks of directives and items of programmes, across all offices, by how they stand.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::read::{self, Filter};
use truc_node::tell;
use truc_node::web::fault::Answer;
use truc_node::web::page::Page;
use truc_node::web::parts::{self, Mark, duty_word, glyph};
use truc_node::web::route::{Need, Route};
use truc_node::web::table::{Cell, PAGE, Table};
use truc_node::web::{Visit, export};
use truc_proto::id::OfficeId;
use truc_proto::paper::Due;

use super::facts::FactsCache;
use super::overview::as_of;
use super::paged;
use super::province::record_address;
use super::standing::{Class, Counts, Duty, Standing, Wanted};

const AT: &str = "/tasks";
const HEADS: [(&str, &str); 6] = [
    ("state", "cli-status"),
    ("content", "cli-content"),
    ("number", "cli-number"),
    ("office", "cli-office"),
    ("due", "cli-due"),
    ("owner", "tk-owner"),
];

/// Routes of the page.
pub(super) fn routes(keeper: &Arc<FactsCache>) -> Vec<Route> {
    let keeper = Arc::clone(keeper);
    vec![Route::get(AT, Need::Right(Right::Read), move |visit| show(visit, Arc::clone(&keeper)))]
}

/// Name in addresses, catalogue key and mark of a class.
fn chip(class: Class) -> (&'static str, &'static str, Mark) {
    match class {
        Class::Late => ("late", "mx-l-late", Mark::Late),
        Class::Unknown => ("unknown", "mx-l-unk", Mark::Unknown),
        Class::Soon => ("soon", "mx-l-soon", Mark::Soon),
        Class::Running => ("running", "tk-running", Mark::Running),
        Class::Done => ("done", "tk-done", Mark::Done),
    }
}

/// The classes that a visit asks for: the named one, all with `all`, otherwise those that are open.
fn asked_classes(state: &str) -> &'static [Class] {
    match Class::ALL.iter().position(|class| chip(*class).0 == state) {
        Some(index) => &Class::ALL[index..=index],
        None if state == "all" => &Class::ALL,
        None => &Class::ALL[..4],
    }
}

async fn show(visit: Visit, keeper: Arc<FactsCache>) -> Answer {
    let facts = keeper.current().await?;
    let office: Option<OfficeId> = visit.asked("office").parse().ok();
    let wanted = Wanted::new(office, visit.asked("filter"));
    let classes = asked_classes(visit.asked("state"));
    let limit = paged::limit(&visit);
    let asked_page: usize = visit.asked("page").parse().unwrap_or(1);
    let page = if limit == PAGE { asked_page.max(1) } else { 1 };
    let (counts, table) = visit.look(|conn, look| {
        let standing = Standing::of(&facts, look);
        let counts = standing.counts(&wanted);
        let skip = (page - 1).saturating_mul(limit);
        let mut table = Table::new(&visit, "nav-tasks", &HEADS).or_else(visit.word("tk-none"));
        let mut papers = HashMap::new();
        for duty in standing.duties(&wanted, classes, skip, limit) {
            let owed = duty.owed;
            let (record, kind) = owed.matter;
            let number = match papers.entry(record) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let filter = Filter { kind: Some(kind), ..Filter::id(record) };
                    new.insert(read::list(conn, &filter)?.pop().map_or_else(String::new, |row| row.number))
                }
            };
            table.row(row(&visit, &duty, number));
        }
        Ok((counts, table))
    })?;
    if let Some(file) = export::asked(&visit, &table)? {
        return Ok(file);
    }
    let all: usize = classes.iter().map(|class| counts[*class as usize]).sum();
    let mut pages = Vec::new();
    if page > 1 {
        pages.push((at_page(&visit, page - 1), visit.word("table-previous")));
    }
    if page * limit < all {
        pages.push((at_page(&visit, page + 1), visit.word("table-next")));
    }
    let first = (page - 1) * limit + 1;
    let told = tell!(&visit, "tk-shown", first = first.min(all), last = (page * limit).min(all), all = all);
    let older = keeper.as_of(&facts)?;
    let body = html! {
        h1 { (visit.word("tk-title")) }
        @if older.is_some() { p.mut { (as_of(&visit, older)) } }
        (chips(&visit, &counts))
        (filter(&visit, &facts.offices, office))
        div id="tasks" data-part {
            p.mut.sm { (told) }
            (paged::markup(&visit, &table, &pages))
        }
    };
    Ok(Page::new(visit.word("nav-tasks"), body).at(AT).class("wide").render(&visit))
}

fn at_page(visit: &Visit, page: usize) -> String {
    visit.with("page", &page.to_string())
}

fn row(visit: &Visit, duty: &Duty<'_>, number: &str) -> Vec<Cell> {
    let owed = duty.owed;
    let address = record_address(owed.matter);
    let word = duty_word(visit, duty.status, owed.due.map(Due));
    let content = if owed.part.is_empty() {
        owed.content.to_string()
    } else {
        format!("{}: {}", owed.part, owed.content)
    };
    vec![
        Cell::badge(Mark::of(duty.status), &word),
        Cell::link("t", &content, &address),
        Cell::link("so", number, &address),
        Cell::office(visit, duty.office),
        Cell::time(visit, owed.due),
        Cell::text(visit.name(owed.owner)),
    ]
}

fn chips(visit: &Visit, counts: &Counts) -> Markup {
    let state = visit.asked("state");
    let open: usize = counts[..4].iter().sum();
    let whole: usize = counts.iter().sum();
    let one = |name: &str, shape: Option<Mark>, word: String, count: usize| {
        let current = state == name || name.is_empty() && asked_classes(state).len() == 4;
        let shown = html! {
            @if let Some(mark) = shape { span.(mark.name()) { (glyph(mark.name())) } " " }
            (parts::counted(&word, count))
        };
        (visit.with("state", name), current, shown)
    };
    let classes = Class::ALL.map(|class| {
        let (name, key, mark) = chip(class);
        one(name, Some(mark), visit.word(key), counts[class as usize])
    });
    let open = std::iter::once(one("", None, visit.word("tk-open"), open));
    let all = std::iter::once(one("all", None, visit.word("chip-all"), whole));
    parts::chips(Some("chips"), &visit.word("cli-status"), open.chain(classes).chain(all))
}

/// The filter form: an office, and words in what is to be done.
fn filter(visit: &Visit, offices: &[OfficeId], chosen: Option<OfficeId>) -> Markup {
    html! {
        form.filter.pairs role="search" {
            input type="hidden" name="state" value=(visit.asked("state"));
            select name="office" aria-label=(visit.word("cli-office")) {
                option value="" { (visit.word("tk-all-offices")) }
                @for office in offices { option value=(office) selected[Some(*office) == chosen] { (visit.name(*office)) } }
            }
            input type="search" name="filter" value=(visit.asked("filter")) aria-label=(visit.word("cli-content")) placeholder=(visit.word("cli-content"));
            button.b { (visit.word("btn-filter")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_shown_only_when_asked_for() {
        assert_eq!(asked_classes("late"), [Class::Late]);
        assert_eq!(asked_classes("done"), [Class::Done]);
        assert!(!asked_classes("").contains(&Class::Done) && asked_classes("").len() == 4);
        assert_eq!(asked_classes("all").len(), 5);
        assert_eq!(asked_classes("nonsense"), asked_classes(""));
    }
}
