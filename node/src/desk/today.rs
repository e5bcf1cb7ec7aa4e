//! Page Today: what to do now, by deadline.

use std::collections::HashSet;

use maud::{Markup, html};
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{Act as _, directive, kind_name, report};

use crate::accounts::rights::Right;
use crate::derive::views::kinds::report as reports;
use crate::derive::views::read::{self, DutyRow, Filter, Inside, RecordRow};
use crate::derive::views::story::{self, StoryRow};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, Mark, badge, empty, section};
use crate::web::route::{Need, Route, WATCH_BEGIN};
use crate::web::times::Clock;
use crate::web::visit::{Visit, encoded};
use crate::words::failure::Failure;

use super::directive::Pages;
use super::moves::{self, Kind as _};
use super::{KINDS, outline};

/// Links to begin something new: address, catalogue key, required right.
const BEGIN: &[(&str, &str, Right)] = &[
    ("/directives/new", "btn-new-directive", Right::Handle),
    ("/reports/new", "btn-new-report", Right::Handle),
    ("/programmes/week", "week-see", Right::Read),
    ("/drafts", "nav-drafts", Right::Read),
    ("/line", "line-see", Right::Read),
    (WATCH_BEGIN, "watch-title", Right::Read),
];
/// Most new arrivals shown.
const ARRIVED: usize = 6;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/", Need::Right(Right::Read), today)]
}

/// Content of the page.
struct Day {
    express: Vec<RecordRow>,
    papers: Vec<RecordRow>,
    /// Records of other kinds that wait for a word: name of the kind, words and button, which.
    waits: Vec<(&'static str, [&'static str; 2], Vec<RecordRow>)>,
    duties: Vec<(DutyRow, String)>,
    inside: Inside,
    returned: Vec<RecordRow>,
    waiting: Vec<RecordRow>,
    arrived: Vec<StoryRow>,
}

fn day(visit: &Visit) -> Result<Day, Failure> {
    visit.look(|views, look| {
        let me = look.me;
        let unaccepted = outline::unanswered(views, look, &directive::KIND)?;
        let (express, papers): (Vec<_>, Vec<_>) =
            unaccepted.into_iter().partition(|row: &RecordRow| row.urgency >= 3);
        let mut duties = Vec::new();
        for duty in read::duties(views, look, me)? {
            if duty.status.is_done() {
                continue;
            }
            let rows = read::list(
                views,
                &Filter { kind: Some(duty.kind), owner: Some(duty.owner), ..Filter::id(duty.record) },
            )?;
            let number = rows.first().map(|row| row.number.clone()).unwrap_or_default();
            duties.push((duty, number));
        }
        // What has a day stands in the lists by day.
        let dated = duties.iter().filter(|(duty, _): &&(DutyRow, String)| duty.due.is_some());
        let dated = dated.map(|(duty, _)| duty.record).collect();
        let inside = read::inside(views, me, &dated)?;
        // What is assigned and has no day stands there as one paper, not task by task.
        duties.retain(|(duty, _)| {
            duty.due.is_some() || !inside.undated.iter().any(|row| row.id == duty.record)
        });
        let own = |kind| Filter { kind: Some(kind), owner: Some(me), limit: 50, ..Filter::default() };
        let (mut returned, mut waiting) = (Vec::new(), Vec::new());
        for row in read::list(views, &own(report::Move::KIND))? {
            match reports::status(views, row.id, me)? {
                "returned" => returned.push(row),
                "submitted" => waiting.push(row),
                _ => {}
            }
        }
        let mut waits = Vec::new();
        for kind in KINDS {
            let Some(words) = kind.today else { continue };
            waits.push((kind.table.name, words, outline::unanswered(views, look, kind.table)?));
        }
        // One entry a paper: what is not accepted yet asks for that first.
        let asked: HashSet<_> = papers.iter().chain(&express).map(|row: &RecordRow| row.id).collect();
        duties.retain(|(duty, _): &(DutyRow, String)| !asked.contains(&duty.record));
        Ok(Day {
            express,
            papers,
            waits,
            duties,
            inside,
            returned,
            waiting,
            arrived: story::newest_of_others(views, me, ARRIVED)?,
        })
    })
}

async fn today(visit: Visit) -> Answer {
    let day = day(&visit)?;
    let clock = visit.clock();
    let of = |wanted: &dyn Fn(&DutyRow) -> bool| -> Vec<&(DutyRow, String)> {
        day.duties.iter().filter(|(duty, _)| wanted(duty)).collect()
    };
    let is_today = |duty: &DutyRow| duty.due.is_some_and(|due| clock.is_today(due));
    let late = of(&|duty| duty.status == DutyStatus::Overdue);
    let now = of(&|duty| duty.status != DutyStatus::Overdue && is_today(duty));
    let soon = of(&|duty| duty.status == DutyStatus::DueSoon && !is_today(duty));
    let rest =
        of(&|duty| !matches!(duty.status, DutyStatus::Overdue | DutyStatus::DueSoon) && !is_today(duty));
    let calm = day.express.is_empty()
        && late.is_empty()
        && now.is_empty()
        && day.papers.is_empty()
        && day.inside.unassigned.is_empty()
        && day.inside.undated.is_empty()
        && day.returned.is_empty();
    let title = tell!(visit, "today-title", day = clock.weekday(visit.now), date = clock.day(visit.now));
    let summary = [
        ("today-express", day.express.len()),
        ("today-papers", day.papers.len()),
        ("today-unassigned", day.inside.unassigned.len()),
        ("today-late", late.len()),
        ("today-now", now.len()),
        ("today-returned", day.returned.len()),
    ];
    let summary: Vec<String> = summary
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| tell!(visit, key, count = *count))
        .collect();
    let count = |list: usize| tell!(visit, "count-things", count = list);
    let body = html! {
        div.two {
            div id="today" data-part {
                h1 { (title) }
                p.mut { @if summary.is_empty() { (visit.word("today-calm")) } @else { (parts::capital(&summary.join(", "))) "." } }
                @for row in &day.express { (express(&visit, row)) }
                @if !late.is_empty() { (section("late", &visit.word("sec-late"), &count(late.len()), rows(&visit, &late))) }
                @if !day.returned.is_empty() { (section("returned", &visit.word("sec-returned"), &count(day.returned.len()), records(&visit, &day.returned, Mark::Late, "btn-resubmit"))) }
                @if !now.is_empty() { (section("now", &visit.word("sec-now"), &count(now.len()), rows(&visit, &now))) }
                @if !day.papers.is_empty() { (section("papers", &visit.word("sec-papers"), &count(day.papers.len()), records(&visit, &day.papers, Mark::Waiting, "btn-accept"))) }
                @for (kind, [title, button], list) in &day.waits { @if !list.is_empty() { (section(kind, &visit.word(title), &count(list.len()), records(&visit, list, Mark::Waiting, button))) } }
                @if !day.inside.unassigned.is_empty() { (section("unassigned", &visit.word("sec-unassigned"), &count(day.inside.unassigned.len()), records(&visit, &day.inside.unassigned, Mark::Waiting, if visit.may(Right::Assign) { "btn-assign" } else { "btn-open" }))) }
                @if !soon.is_empty() { (section("soon", &visit.word("sec-soon"), &count(soon.len()), rows(&visit, &soon))) }
                @if !rest.is_empty() { (section("rest", &visit.word("sec-rest"), &count(rest.len()), rows(&visit, &rest))) }
                @if !day.inside.undated.is_empty() { (section("undated", &visit.word("sec-undated"), &count(day.inside.undated.len()), records(&visit, &day.inside.undated, Mark::Running, "btn-open"))) }
                @if !day.waiting.is_empty() { (section("waiting", &visit.word("sec-waiting"), &count(day.waiting.len()), records(&visit, &day.waiting, Mark::Running, ""))) }
                @if calm && soon.is_empty() && rest.is_empty() { (empty(&visit.word("empty-today"), Some(("/in", &visit.word("nav-in"))))) }
            }
            aside {
                section.box aria-labelledby="h-arrived" {
                    h2 id="h-arrived" { (visit.word("sec-arrived")) }
                    ul.brief id="arrived" data-part {
                        @for row in &day.arrived {
                            li { a href={ "/" (kind_name(row.kind)) "/" (row.record) } { (visit.name(row.ledger)) } " " (parts::move_word(visit.lang, row.kind, &row.mv)) @if let Some(about) = row.about.filter(|about| *about != visit.me()) { " – " (visit.name(about)) } @let brief = parts::said(visit.lang, row); @if !brief.is_empty() { ": " (brief) } " · " (visit.time(row.time)) }
                        }
                        @if day.arrived.is_empty() { li.mut { (visit.word("empty-in")) } }
                    }
                }
                section.box {
                    h2 { (visit.word("sec-begin")) }
                    ul.brief {
                        @for (address, key, _) in BEGIN.iter().filter(|(.., right)| visit.may(*right)) {
                            li { a href=(address) { (visit.word(key)) } }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::new(visit.word("nav-today"), body).at("/").render(&visit))
}

/// An express paper that this office has not accepted; shown before everything else.
fn express(visit: &Visit, row: &RecordRow) -> Markup {
    let clock: Clock = visit.clock();
    let address = format!("/directive/{}", row.id);
    html! {
        section.express aria-labelledby={ "x-" (row.id) } data-notify-express=(tell!(visit, "notify-express", title = row.title.as_str())) data-id=(row.id) {
            div {
                (parts::stamp(visit, row.urgency, row.due))
                @if let Some(due) = row.due { p.left.n { (clock.left(due)) " " small.sm { (clock.due(due)) } } }
            }
            div {
                h2 id={ "x-" (row.id) } { a href=(address) { (row.title) } }
                p.sm.mut { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " (visit.name(row.owner)) " · " (visit.time(row.opened)) }
                div.acts {
                    @if visit.may(Right::Receive) { (accept(visit, &address)) }
                    a.b href=(address) { (visit.word("btn-open")) }
                }
            }
        }
    }
}

/// The button by which a paper is accepted.
fn accept(visit: &Visit, address: &str) -> Markup {
    let accepted = Pages::MOVES.iter().find(|mv| mv.name == "accepted");
    let address = format!("{address}/accepted");
    html! { @if let Some(mv) = accepted { (moves::button(visit, &address, mv, &Form::default(), &[])) } }
}

fn rows(visit: &Visit, duties: &[&(DutyRow, String)]) -> Markup {
    html! {
        ul.rows {
            @for (duty, number) in duties {
                @let address = format!("/{}/{}", kind_name(duty.kind), duty.record);
                li data-row-link=(address) {
                    div.when {
                        @match duty.due {
                            Some(due) => (badge(Mark::of(duty.status), &visit.clock().left(due))),
                            None => (badge(Mark::of(duty.status), &visit.word("st-no-deadline"))),
                        }
                    }
                    div {
                        a.t href=(address) { (duty.content) }
                        p { (number) @if !duty.part.is_empty() { " · " (duty.part) } " · " (visit.name(duty.owner)) @if let Some(due) = duty.due { " · " (super::document::due(visit, Some(due))) } }
                    }
                    @if duty.part.is_empty() || !visit.may(Right::Handle) { a.b href=(address) { (visit.word("btn-open")) span.vh { " " (duty.content) } } }
                    @else {
                        // The form of this task, opened.
                        @let part = encoded(&duty.part);
                        a.b href={ (address) "/progress?task=" (part) "#task-" (part) } { (visit.word("btn-report-result")) span.vh { " " (duty.part) ", " (number) } }
                    }
                }
            }
        }
    }
}

fn records(visit: &Visit, records: &[RecordRow], mark: Mark, key: &str) -> Markup {
    html! {
        ul.rows {
            @for row in records {
                @let address = format!("/{}/{}", kind_name(row.kind), row.id);
                li data-row-link=(address) {
                    div.when { @if let Some(due) = row.due { (badge(mark, &visit.clock().left(due))) } @else { (badge(mark, &visit.clock().told(row.opened))) } }
                    div {
                        a.t href=(address) { (parts::stamp(visit, row.urgency, row.due)) " " (row.title) }
                        p { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " (visit.name(row.owner)) }
                    }
                    @if !key.is_empty() { a.b href=(address) { (visit.word(key)) } }
                }
            }
        }
    }
}
