//! Works inside the office (giao việc): lists, the page of a work, the form by which one is given, and what stands of them on
//! Today and on the page of a paper.

mod deed;
mod give;
mod make;
mod over;
mod sheet;
mod told;

use maud::{Markup, html};
use truc_proto::limits;

use crate::accounts::rights::Right;
use crate::command::tasks::{Cut, Found, Late, Moment, PartRow, TaskRow, TransferRow};
use crate::derive::views::asked::Stands;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, Mark, badge, section};
use crate::web::route::{Need, Route};
use crate::web::shared::drafts;
use crate::web::visit::{Visit, encoded};
use crate::words::failure::Failure;

pub(super) use give::{address_of, is_by_house, of_paper};
pub(super) use over::address as of_person;

/// Address of the lists.
pub const AT: &str = "/works";
/// Address of what waits to be assigned.
pub const UNASSIGNED: &str = "/works?tab=unassigned";

/// The lists: name in the address, catalogue key.
const TABS: [(&str, &str); 5] = [
    ("mine", "works-mine"),
    ("unassigned", "works-unassigned"),
    ("given", "works-given"),
    ("office", "works-office"),
    ("owed", "works-owed"),
];

pub(super) fn routes() -> Vec<Route> {
    let mut all = vec![Route::get(AT, Need::Right(Right::Read), lists).guests()];
    all.extend(give::routes());
    all.extend(sheet::routes());
    all.extend(make::routes());
    all.extend(over::routes());
    all
}

async fn lists(visit: Visit) -> Answer {
    // What the office owes and is owed is nothing for its guests.
    let tabs = if visit.guest { &TABS[..1] } else { &TABS[..] };
    let (tab, title) = *tabs.iter().find(|(name, _)| *name == visit.asked("tab")).unwrap_or(&TABS[0]);
    let list = visit.within(|context| {
        let moment = context.moment()?;
        if moment.house().is_empty() {
            return Ok(parts::empty(
                &visit.word("works-no-house"),
                Some(("/house", &visit.word("nav-house"))),
            ));
        }
        let (number, stands) = (page_number(&visit), |stands: Stands| stands != Stands::Closed);
        let cut = Cut::page(number);
        let (list, all) = match tab {
            "unassigned" => {
                let parts = moment.open(|stands| stands == Stands::ToAssign, Cut::page(number))?;
                let works = moment.without_person(Cut::page(number))?;
                let both = html! {
                    @if !parts.rows.is_empty() { (unassigned(&visit, &moment, &parts.rows)) }
                    @if !works.rows.is_empty() || parts.rows.is_empty() { (rows(&visit, &moment, &works.rows)) }
                };
                (both, parts.all.max(works.all))
            }
            "given" => listed(moment.given(cut)?, |found| rows(&visit, &moment, found)),
            "office" => listed(moment.open(stands, cut)?, |found| part_rows(&visit, &moment, found)),
            "owed" => {
                let owed = moment.owed(cut)?;
                let works: Vec<TaskRow> = owed.rows.into_iter().map(|(_, row)| row).collect();
                let passed_on = moment.transfers()?;
                let both = html! {
                    @if !works.is_empty() || passed_on.is_empty() { (rows(&visit, &moment, &works)) }
                    @if number == 1 { (transfers(&visit, &passed_on)) }
                };
                (both, owed.all)
            }
            _ => {
                let (mine, passed) = (moment.mine(cut)?, moment.passed_to_me()?);
                let both = html! {
                    @if !mine.rows.is_empty() || passed.is_empty() { (rows(&visit, &moment, &mine.rows)) }
                    @if number == 1 { (transfers(&visit, &passed)) }
                };
                (both, mine.all)
            }
        };
        Ok(html! { (list) (pages(&visit, number, all)) })
    })?;
    let chips =
        tabs.iter().map(|(name, key)| (visit.with("tab", name), *name == tab, html! { (visit.word(key)) }));
    let body = html! {
        h1 { (visit.word("nav-works")) }
        (parts::chips(None, &visit.word("nav-works"), chips))
        @if !visit.guest { p.acts { a.b href="/works/new" { (visit.word("btn-give-work")) } } }
        (section("works", &visit.word(title), "", list))
    };
    Ok(Page::new(visit.word("nav-works"), body).at(AT).render(&visit))
}

fn listed<T>(found: Found<T>, rows: impl Fn(&[T]) -> Markup) -> (Markup, usize) {
    (rows(&found.rows), found.all)
}

/// The page of the list that the address asks for, from 1.
fn page_number(visit: &Visit) -> usize {
    visit.asked("page").parse().unwrap_or(1).max(1)
}

/// How many rows a list has, and the way to its other pages.
fn pages(visit: &Visit, number: usize, all: usize) -> Markup {
    let last = all.div_ceil(limits::WORKS_PAGE).max(1);
    let to = |page: usize| visit.with("page", &page.to_string());
    html! {
        @if last > 1 {
            p.pages {
                @if number > 1 { a rel="prev" href=(to(number - 1)) { (visit.word("works-before")) } " " }
                (tell!(visit, "works-page", page = number, last = last, count = all))
                @if number < last { " " a rel="next" href=(to(number + 1)) { (visit.word("works-next")) } }
            }
        }
    }
}

/// How late something is, as a badge.
fn late(visit: &Visit, late: Option<&Late>) -> Markup {
    match late {
        Some(late) => badge(if late.late { Mark::Late } else { Mark::Running }, &late.said(visit.lang)),
        None => badge(Mark::None, &visit.word("work-no-due")),
    }
}

/// What is to be done: the words of the giver, or the phrase for what a secret paper asks for.
fn content(visit: &Visit, row: &TaskRow) -> String {
    if row.masked {
        return visit.word("petition-masked");
    }
    match row.row.work.content.as_str() {
        "" if row.secret => visit.word("work-secret"),
        "" => visit.word("work-of-word"),
        content => content.to_owned(),
    }
}

/// What a part asks; of a petition that the account does not see, that it is one.
fn asked(visit: &Visit, part: &PartRow) -> String {
    match (part.masked, part.content.is_empty()) {
        (true, _) => visit.word("petition-masked"),
        (false, true) => visit.word("work-secret"),
        (false, false) => part.content.clone(),
    }
}

/// Papers and petitions that others are to answer, each a link to its page.
fn transfers(visit: &Visit, rows: &[TransferRow]) -> Markup {
    html! {
        @if !rows.is_empty() {
            ul.rows {
                @for row in rows {
                    li {
                        div.when { (late(visit, Some(&row.lateness))) }
                        div {
                            @if row.masked { (visit.word("petition-masked")) } @else { a.t href={ "/outside/" (row.record) } { (row.paper) } }
                            p { (row.name) " · " (tell!(visit, "work-due-on", due = row.due_text.as_str())) }
                        }
                    }
                }
            }
        }
    }
}

/// Works as rows, each a link to its page.
fn rows(visit: &Visit, moment: &Moment<'_>, works: &[TaskRow]) -> Markup {
    if works.is_empty() {
        return parts::empty(&visit.word("works-none"), None);
    }
    html! {
        ul.rows {
            @for row in works {
                @let (work, said) = (&row.row.work, content(visit, row));
                @let address = format!("/assignment/{}", row.row.record);
                li {
                    div.when { (late(visit, row.lateness.as_ref())) }
                    div {
                        a.t href=(address) { (said) }
                        p {
                            (visit.word(&format!("work-stage-{}", work.stage.as_ref())))
                            @if !row.section.is_empty() { " · " (visit.word(&format!("work-section-{}", row.section))) }
                            @if !row.until.is_empty() { " · " (tell!(visit, "work-asked-until", until = row.until.as_str())) }
                            @if !row.over.is_empty() { " · " b { (visit.word("work-over")) } }
                            @if !row.outer.is_empty() { " · " b { (tell!(visit, "work-outer-before", due = row.outer.as_str())) } }
                            @if !row.holder.is_empty() { " · " (moment.name(&row.holder)) }
                            @if !row.why.is_empty() { " · " (visit.word(&format!("work-why-{}", row.why))) }
                            @if let Some(beside) = &row.beside { @if row.why.is_empty() { " · " (beside.said(visit.lang)) } }
                            @if !row.due_text.is_empty() { " · " (tell!(visit, "work-due-on", due = row.due_text.as_str())) }
                        }
                    }
                    a.b href=(address) { (visit.word("btn-open")) span.vh { " " (said) } }
                }
            }
        }
    }
}

/// Address of the form by which a part is given.
fn give_address(part: &PartRow) -> String {
    format!("/works/new?source={}", encoded(&format!("{}#{}", part.record, part.part)))
}

/// Parts that wait to be given. What is proposed is given as proposed, several in one press.
fn unassigned(visit: &Visit, moment: &Moment<'_>, waiting: &[PartRow]) -> Markup {
    let proposed = waiting.iter().any(|part| part.proposal.is_some());
    html! {
        form method="post" action="/works/approve" {
            (drafts::named(visit, "/works/approve", &[]))
            ul.rows {
                @for part in waiting {
                    li {
                        div.when { (late(visit, part.lateness.as_ref())) }
                        div {
                            a.t href=(give_address(part)) { (asked(visit, part)) }
                            p { (part.name) @if !part.due_text.is_empty() { " · " (tell!(visit, "work-outer-on", due = part.due_text.as_str())) } }
                            @if let Some(proposal) = &part.proposal {
                                label.sm { input type="checkbox" name="work" value=(proposal.row.record); " " (visit.word("work-why-proposed")) ": " (moment.name(&proposal.row.work.lead)) @if !proposal.due_text.is_empty() { ", " (proposal.due_text) } }
                            }
                        }
                        a.b href=(give_address(part)) { (visit.word("btn-give-work")) span.vh { " " (part.name) } }
                    }
                }
            }
            @if proposed { p.acts { button.b.go data-batch="y" { (visit.word("btn-approve-chosen")) } } }
        }
    }
}

/// What the office owes, part by part, with who works on it.
fn part_rows(visit: &Visit, moment: &Moment<'_>, list: &[PartRow]) -> Markup {
    if list.is_empty() {
        return parts::empty(&visit.word("works-none"), None);
    }
    html! {
        ul.rows {
            @for part in list {
                li {
                    div.when { (late(visit, part.lateness.as_ref())) }
                    div {
                        a.t href={ "/" (truc_proto::record::kind_name(part.kind)) "/" (part.record) } { (asked(visit, part)) }
                        p {
                            (part.name)
                            @if !part.due_text.is_empty() { " · " (tell!(visit, "work-outer-on", due = part.due_text.as_str())) }
                            " · " (stands(visit, part))
                            @if let Some(root) = &part.root {
                                " · " a href={ "/assignment/" (root.row.record) } { (moment.name(if root.holder.is_empty() { &root.row.work.lead } else { &root.holder })) @if !root.due_text.is_empty() { ", " (root.due_text) } }
                            }
                        }
                    }
                    @match part.stands {
                        Stands::ToAssign => a.b href=(give_address(part)) { (visit.word("btn-give-work")) span.vh { " " (part.name) } },
                        Stands::ToReport => (give::report(visit, part)),
                        Stands::Closed => @if let Some(kept) = &part.kept { a.b href={ "/assignment/" (kept.row.record) } { (visit.word("btn-open")) span.vh { " " (part.name) } } },
                        Stands::Given => {},
                    }
                }
            }
        }
    }
}

fn stands(visit: &Visit, part: &PartRow) -> String {
    let name = match part.stands {
        Stands::Closed => "closed",
        Stands::Given => "given",
        Stands::ToReport => "to-report",
        Stands::ToAssign => "to-assign",
    };
    visit.word(&format!("stands-{name}"))
}

/// What stands of works on Today.
#[derive(Default)]
pub(super) struct Today {
    /// The lists.
    pub shown: Markup,
    /// Catalogue keys of what waits, and how much.
    pub waits: Vec<(&'static str, usize)>,
}

/// What stands on Today: Việc của tôi, and for who gives work what waits to be given and to be reported. Nothing at an
/// office without a house.
pub(super) fn today(visit: &Visit) -> Result<Today, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        if moment.house().is_empty() {
            return Ok(Today::default());
        }
        let cut = Cut::page(1);
        let (mine, passed) = (moment.mine(cut)?, moment.passed_to_me()?);
        let none = || Found { rows: Vec::new(), all: 0 };
        let [to_assign, to_report] =
            if moment.assigns() { moment.waiting(cut)? } else { [none(), none()] };
        let count = |list: usize| tell!(visit, "count-things", count = list);
        let waits = [("today-works", mine.all), ("today-passed", passed.len()), ("today-to-assign", to_assign.all), ("today-to-report", to_report.all)];
        let shown = html! {
            @if !passed.is_empty() { (section("passed", &visit.word("outside-passed"), &count(passed.len()), transfers(visit, &passed))) }
            @if mine.all > 0 { (section("mine", &visit.word("works-mine"), &count(mine.all), html! { (rows(visit, &moment, &mine.rows)) (rest(visit, "mine", &mine)) })) }
            @if to_assign.all > 0 { (section("to-assign", &visit.word("works-unassigned"), &count(to_assign.all), html! { (unassigned(visit, &moment, &to_assign.rows)) (rest(visit, "unassigned", &to_assign)) })) }
            @if to_report.all > 0 { (section("to-report", &visit.word("works-to-report"), &count(to_report.all), html! { (part_rows(visit, &moment, &to_report.rows)) (rest(visit, "office", &to_report)) })) }
        };
        Ok(Today { shown, waits: waits.to_vec() })
    })
}

/// The way to the rest of a list of which Today shows the beginning.
fn rest<T>(visit: &Visit, tab: &str, found: &Found<T>) -> Markup {
    let more = found.all - found.rows.len();
    html! { @if more > 0 { p { a href={ (AT) "?tab=" (tab) "&page=2" } { (tell!(visit, "works-more", count = more)) } } } }
}

/// A form that was refused, with the failure.
fn failed(form: &Form, failure: Failure) -> Form {
    let mut form = form.clone();
    form.failure = Some(failure);
    form
}

/// A choice among the people and units of today.
fn people(visit: &Visit, moment: &Moment<'_>, form: &Form, name: &str, id: &str, held: &str) -> Markup {
    let (house, today) = (moment.house(), visit.today());
    let chosen = if form.raw(name).is_empty() { held } else { form.raw(name) };
    html! {
        div.field {
            label for=(id) { (visit.word("work-lead")) }
            select id=(id) name=(name) {
                @if chosen.is_empty() { option value="" { "…" } }
                optgroup label=(visit.word("house-tab-people")) {
                    @for person in house.people(today) { option value=(person.id) selected[person.id == chosen] { (person.name) " – " (person.title) } }
                }
                optgroup label=(visit.word("house-tab-units")) {
                    @for unit in house.units(today) { option value=(unit.id) selected[unit.id == chosen] { (unit.name) } }
                }
            }
        }
    }
}
