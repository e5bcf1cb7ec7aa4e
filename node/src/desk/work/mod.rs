//! Works inside the office (giao việc): lists, the page of a work, the form by which one is given, and what stands of them on
//! Today and on the page of a paper.

mod give;
mod sheet;

use maud::{Markup, html};

use crate::accounts::rights::Right;
use crate::command::tasks::{Late, Moment, PartRow, TaskRow};
use crate::derive::views::asked::Stands;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, Mark, badge, section};
use crate::web::route::{Need, Route};
use crate::web::visit::{Visit, encoded};
use crate::words::failure::Failure;
use truc_proto::house::Right as HouseRight;

pub(super) use give::of_paper;

/// Address of the lists.
pub const AT: &str = "/works";

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
        Ok(match tab {
            "unassigned" => html! {
                (unassigned(&visit, &moment.open()?))
                (rows(&visit, &moment, &moment.without_person()?))
            },
            "given" => rows(&visit, &moment, &moment.given()?),
            "office" => part_rows(&visit, &moment, &moment.open()?),
            "owed" => {
                rows(&visit, &moment, &moment.owed()?.into_iter().map(|(_, row)| row).collect::<Vec<_>>())
            }
            _ => rows(&visit, &moment, &moment.mine()?),
        })
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

/// How late something is, as a badge.
fn late(visit: &Visit, late: Option<&Late>) -> Markup {
    match late {
        Some(late) => badge(if late.late { Mark::Late } else { Mark::Running }, &late.said(visit.lang)),
        None => badge(Mark::None, &visit.word("work-no-due")),
    }
}

/// What is to be done: the words of the giver, or the phrase for what bears none.
fn content(visit: &Visit, row: &TaskRow) -> String {
    if row.row.work.content.is_empty() { visit.word("work-secret") } else { row.row.work.content.clone() }
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
fn unassigned(visit: &Visit, parts: &[PartRow]) -> Markup {
    let waiting: Vec<&PartRow> = parts.iter().filter(|part| part.stands == Stands::ToAssign).collect();
    if waiting.is_empty() {
        return html! {};
    }
    let proposed = waiting.iter().any(|part| part.proposal.is_some());
    html! {
        form method="post" action="/works/approve" {
            (parts::field::token(visit))
            ul.rows {
                @for part in &waiting {
                    li {
                        div.when { (late(visit, part.lateness.as_ref())) }
                        div {
                            a.t href=(give_address(part)) { (part.content) }
                            p { (part.name) @if !part.due_text.is_empty() { " · " (tell!(visit, "work-outer-on", due = part.due_text.as_str())) } }
                            @if let Some(proposal) = &part.proposal {
                                label.sm { input type="checkbox" name="work" value=(proposal.row.record); " " (visit.word("work-why-proposed")) ": " (proposal.row.work.lead) @if !proposal.due_text.is_empty() { ", " (proposal.due_text) } }
                            }
                        }
                        a.b href=(give_address(part)) { (visit.word("btn-give-work")) span.vh { " " (part.name) } }
                    }
                }
            }
            @if proposed { p.acts { button.b.go { (visit.word("btn-approve-chosen")) } } }
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
                        a.t href={ "/" (truc_proto::record::kind_name(part.kind)) "/" (part.record) } { (part.content) }
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
                        Stands::Given | Stands::Closed => {},
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

/// What stands on Today: Việc của tôi, and for who gives work what waits to be given and to be reported. Nothing at an
/// office without a house.
pub(super) fn today(visit: &Visit) -> Result<Markup, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        if moment.house().is_empty() {
            return Ok(html! {});
        }
        let mine = moment.mine()?;
        let assigns = moment.house().has_right(visit.author(), HouseRight::Assign, visit.today());
        let open = if assigns { moment.open()? } else { Vec::new() };
        let of = |stands| open.iter().filter(|part| part.stands == stands).cloned().collect::<Vec<_>>();
        let (to_assign, to_report) = (of(Stands::ToAssign), of(Stands::ToReport));
        let count = |list: usize| tell!(visit, "count-things", count = list);
        Ok(html! {
            @if !mine.is_empty() { (section("mine", &visit.word("works-mine"), &count(mine.len()), rows(visit, &moment, &mine))) }
            @if !to_assign.is_empty() { (section("to-assign", &visit.word("works-unassigned"), &count(to_assign.len()), unassigned(visit, &to_assign))) }
            @if !to_report.is_empty() { (section("to-report", &visit.word("works-to-report"), &count(to_report.len()), part_rows(visit, &moment, &to_report))) }
        })
    })
}

/// A form that was refused, with the failure.
fn failed(form: &Form, failure: Failure) -> Form {
    let mut form = form.clone();
    form.failure = Some(failure);
    form
}
