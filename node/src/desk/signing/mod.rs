//! Drafts on their road (Trình ký): what waits for somebody, the page of a draft, the form by which one is begun or changed,
//! and what stands of them on Today and on the page of a paper.

mod page;
mod sheet;
mod show;
mod write;

use maud::{Markup, html};

use crate::accounts::rights::Right;
use crate::command::draft::{Line, Seen, line, seen_all, waiting};
use crate::derive::views::kinds::draft as drafts;
use crate::derive::views::read::RecordRow;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, Mark, badge, section};
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// Address of the lists.
pub const AT: &str = "/sign";

/// The lists: name in the address, catalogue key.
const TABS: [(&str, &str); 2] = [("mine", "sign-tab-mine"), ("all", "sign-tab-all")];

pub(super) fn routes() -> Vec<Route> {
    let mut all = vec![Route::get(AT, Need::Right(Right::Read), lists)];
    all.extend(write::routes());
    all.extend(sheet::routes());
    all
}

async fn lists(visit: Visit) -> Answer {
    let (tab, title) = *TABS.iter().find(|(name, _)| *name == visit.asked("tab")).unwrap_or(&TABS[0]);
    let list = visit.within(|context| {
        if Seen::now(context)?.roads() == 0 {
            return Ok(parts::empty(
                &visit.word("draft-no-house"),
                Some(("/house", &visit.word("nav-house"))),
            ));
        }
        let lines = if tab == "all" { seen_all(context)? } else { waiting(context)? };
        Ok(rows(&visit, &lines))
    })?;
    let chips =
        TABS.iter().map(|(name, key)| (visit.with("tab", name), *name == tab, html! { (visit.word(key)) }));
    let body = html! {
        h1 { (visit.word("nav-sign")) }
        (parts::chips(None, &visit.word("nav-sign"), chips))
        p.acts { a.b href=(write::NEW) { (visit.word("btn-new-draft")) } }
        div id="sign" data-part { (section("drafts", &visit.word(title), "", list)) }
    };
    Ok(Page::new(visit.word("nav-sign"), body).at(AT).render(&visit))
}

/// Drafts as rows, each a link to its page.
fn rows(visit: &Visit, lines: &[Line]) -> Markup {
    if lines.is_empty() {
        return parts::empty(&visit.word("sign-none"), None);
    }
    html! {
        ul.rows {
            @for row in lines {
                @let address = address(row.record);
                li {
                    div.when {
                        @if row.urgency.starts_with("express") { (badge(Mark::Late, &visit.word("urg-3"))) }
                        @else if row.until.is_empty() { (badge(Mark::Waiting, &visit.word(&state_key(row)))) }
                        @else { (badge(Mark::Soon, &row.until)) }
                    }
                    div {
                        a.t href=(address) { (row.title) }
                        p {
                            (parts::paper_name(visit.lang, &row.document_type, &row.number))
                            " · " (row.issuer)
                            " · " (visit.word(&state_key(row)))
                            " · " (row.drafter)
                            " · " (visit.time(row.since))
                        }
                    }
                    a.b href=(address) { (visit.word("btn-open")) span.vh { " " (row.title) } }
                }
            }
        }
    }
}

fn state_key(row: &Line) -> String {
    format!("draft-state-{}", row.state)
}

fn address(record: truc_proto::id::RecordId) -> String {
    format!("/draft/{record}")
}

/// Where the form of a further version stands.
fn edit_address(record: truc_proto::id::RecordId) -> String {
    format!("{}/edit", address(record))
}

/// A form that was refused, with the failure.
fn failed(form: &Form, failure: Failure) -> Form {
    let mut form = form.clone();
    form.failure = Some(failure);
    form
}

/// What stands on Today: what waits for the account, section by section. Nothing at an office without roads.
pub(super) fn today(visit: &Visit) -> Result<Markup, Failure> {
    visit.within(|context| {
        let lines = waiting(context)?;
        let count = |list: usize| tell!(visit, "count-things", count = list);
        Ok(html! {
            @for same in lines.chunk_by(|one, other| one.section == other.section) {
                @let name = same[0].section;
                (section(&format!("draft-{name}"), &visit.word(&format!("draft-section-{name}")), &count(same.len()), rows(visit, same)))
            }
        })
    })
}

/// The road that a paper of this office took: who drafted, appraised and signed it. Nothing where it took none.
pub(in crate::desk) fn of_paper(visit: &Visit, row: &RecordRow) -> Result<Markup, Failure> {
    visit.within(|context| {
        let found = context.look(|views, look| drafts::of_paper(views, look.me, row.id))?;
        let Some(found) = found else { return Ok(html! {}) };
        let moment = Seen::now(context)?;
        let title = line(&moment, &found, None).title;
        let body = html! {
            (show::passed(visit, &moment, &found.draft))
            @if moment.sees(&found.draft, visit.author()) { p { a href=(address(found.record)) { (title) } } }
        };
        Ok(section("road", &visit.word("draft-of-paper"), "", body))
    })
}
