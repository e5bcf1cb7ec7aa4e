//! Page Today: what to do now, by deadline.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};
use truc_proto::limits;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{Act as _, directive, inspection, kind_name};

use crate::accounts::rights::Right;
use crate::derive::views::ViewsError;
use crate::derive::views::filter::StateOf;
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

use super::KINDS;
use super::below::{Below, records};
use super::directive::Pages;
use super::moves::{self, Kind as _};
use super::outline::{self, Express};

/// Links to begin something new: address, catalogue key, required right.
const BEGIN: &[(&str, &str, Right)] = &[
    ("/directives/new", "btn-new-directive", Right::Handle),
    ("/reports/new", "btn-new-report", Right::Handle),
    ("/programmes/week", "week-see", Right::Read),
    ("/outside/new", "btn-arrive", Right::Receive),
    ("/drafts", "nav-drafts", Right::Read),
    ("/line", "line-see", Right::Read),
    (WATCH_BEGIN, "watch-title", Right::Read),
];
/// Most new arrivals shown.
const ARRIVED: usize = 6;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/", Need::Right(Right::Read), today).guests()]
}

/// Content of the page.
struct Day {
    express: Express,
    /// Papers that their senders ask back, and how many there are; not all need be shown.
    asked_back: (Vec<RecordRow>, usize),
    /// Papers to accept, and how many there are beside the express ones; not all need be shown.
    papers: (Vec<RecordRow>, usize),
    /// Records of other kinds that wait for a word: name of the kind, words and button, which, and how many.
    waits: Vec<(&'static str, [&'static str; 2], Vec<RecordRow>, usize)>,
    duties: Vec<(DutyRow, String)>,
    inside: Inside,
    returned: Vec<RecordRow>,
    waiting: Vec<RecordRow>,
    arrived: Vec<StoryRow>,
}

fn day(visit: &Visit) -> Result<Day, Failure> {
    visit.look(|views, look| {
        let me = look.me;
        let most = limits::TODAY_SHOWN as u32;
        let express = outline::express(views, look, &[&directive::KIND])?;
        let asked_back = outline::asked_back(views, look, most)?;
        let papers = outline::ordinary(views, look, &directive::KIND, most)?;
        let open: Vec<DutyRow> =
            read::duties(views, look, me)?.into_iter().filter(|duty| !duty.status.is_done()).collect();
        let ids = open.iter().map(|duty| duty.record).collect();
        let limit = open.len() as u32 + 1;
        let rows = read::list(views, &Filter { ids: Some(ids), limit, ..Filter::default() })?;
        let numbers: HashMap<_, _> = rows.into_iter().map(|row| ((row.id, row.owner), row.number)).collect();
        let number = |duty: &DutyRow| numbers.get(&(duty.record, duty.owner)).cloned().unwrap_or_default();
        let duties = open.into_iter().map(|duty| (number(&duty), duty)).map(|(number, duty)| (duty, number));
        let mut duties: Vec<(DutyRow, String)> = duties.collect();
        // What has a day stands in the lists by day.
        let dated = duties.iter().filter(|(duty, _): &&(DutyRow, String)| duty.due.is_some());
        let dated = dated.map(|(duty, _)| duty.record).collect();
        let inside = read::inside(views, me, &dated)?;
        // What is assigned and has no day stands there as one paper, not task by task.
        duties.retain(|(duty, _)| {
            duty.due.is_some() || !inside.undated.iter().any(|row| row.id == duty.record)
        });
        let own = |state: &str| Filter {
            owner: Some(me),
            state_of: Some(StateOf::Report),
            states: vec![state.to_owned()],
            limit: most,
            ..Filter::default()
        };
        let own = |state| {
            let rows: Vec<RecordRow> =
                reports::list(views, &own(state))?.into_iter().map(|listed| listed.row).collect();
            Ok::<_, ViewsError>(rows)
        };
        let (returned, waiting) = (own("returned")?, own("submitted")?);
        let mut waits = Vec::new();
        for kind in KINDS {
            let Some(words) = kind.today else { continue };
            let (rows, all) = outline::unanswered(views, look, kind.table, most)?;
            waits.push((kind.table.name, words, rows, all));
        }
        // One entry a paper: what is not accepted yet asks for that first.
        let asked = papers.0.iter().chain(&express.rows).chain(&asked_back.0);
        let asked: HashSet<_> = asked.map(|row: &RecordRow| row.id).collect();
        duties.retain(|(duty, _): &(DutyRow, String)| !asked.contains(&duty.record));
        let mut inside = inside;
        inside.unassigned.retain(|row| !asked.contains(&row.id));
        inside.undated.retain(|row| !asked.contains(&row.id));
        Ok(Day {
            express,
            asked_back,
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
    if visit.guest {
        let works = super::work::today(&visit)?;
        let body = html! { h1 { (visit.word("nav-today")) } div id="today" data-part { (works.shown) } };
        return Ok(Page::new(visit.word("nav-today"), body).at("/").render(&visit));
    }
    let mut day = day(&visit)?;
    let below = Below::read(&visit)?;
    let sealed_away = visit.office().view(read::closed).map_err(Failure::from)?;
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
    let works = super::work::today(&visit)?;
    if super::work::is_by_house(&visit) {
        // Part by part they stand where they are given.
        day.inside.unassigned.clear();
    }
    let calm = works.waits.iter().all(|(_, count)| *count == 0)
        && day.express.rows.is_empty()
        && late.is_empty()
        && now.is_empty()
        && day.papers.0.is_empty()
        && day.asked_back.0.is_empty()
        && day.inside.unassigned.is_empty()
        && day.inside.undated.is_empty()
        && day.returned.is_empty()
        && below.is_calm();
    let drafts = super::signing::today(&visit)?;
    let title = tell!(visit, "today-title", day = clock.weekday(visit.now), date = clock.day(visit.now));
    let summary = [
        ("today-express", day.express.all()),
        ("today-asked-back", day.asked_back.1),
        ("today-papers", day.papers.1),
        ("today-unassigned", day.inside.unassigned.len()),
        ("today-late", late.len()),
        ("today-now", now.len()),
        ("today-returned", day.returned.len()),
    ];
    let summary: Vec<String> = summary
        .into_iter()
        .chain(works.waits.clone())
        .chain(below.summary())
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| tell!(visit, key, count = count))
        .collect();
    let count = |list: usize| tell!(visit, "count-things", count = list);
    let body = html! {
        div.two {
            div id="today" data-part {
                h1 { (title) }
                p.mut { @if summary.is_empty() { (visit.word("today-calm")) } @else { (parts::capital(&summary.join(", "))) "." } }
                @if sealed_away > 0 { p.note { (tell!(visit, "seal-closed-what", count = sealed_away)) } }
                @for row in &day.express.rows { (express(&visit, row)) }
                (left_out(&visit, &day.express))
                (drafts)
                (works.shown)
                @if !day.asked_back.0.is_empty() { (section("asked-back", &visit.word("sec-asked-back"), &count(day.asked_back.1), records(&visit, &day.asked_back.0, Mark::Soon, "btn-open"))) }
                @if !late.is_empty() { (section("late", &visit.word("sec-late"), &count(late.len()), rows(&visit, &late))) }
                @if !day.returned.is_empty() { (section("returned", &visit.word("sec-returned"), &count(day.returned.len()), records(&visit, &day.returned, Mark::Late, "btn-resubmit"))) }
                @if !now.is_empty() { (section("now", &visit.word("sec-now"), &count(now.len()), rows(&visit, &now))) }
                @if !day.papers.0.is_empty() { (section("papers", &visit.word("sec-papers"), &count(day.papers.1), records(&visit, &day.papers.0, Mark::Waiting, "btn-accept"))) }
                @for (kind, [title, button], list, all) in &day.waits { @if !list.is_empty() { (section(kind, &visit.word(title), &count(*all), records(&visit, list, Mark::Waiting, button))) } }
                @if !day.inside.unassigned.is_empty() { (section("unassigned", &visit.word("sec-unassigned"), &count(day.inside.unassigned.len()), records(&visit, &day.inside.unassigned, Mark::Waiting, if visit.may(Right::Assign) { "btn-assign" } else { "btn-open" }))) }
                (below.sections(&visit))
                @if !soon.is_empty() { (section("soon", &visit.word("sec-soon"), &count(soon.len()), rows(&visit, &soon))) }
                @if !rest.is_empty() { (section("rest", &visit.word("sec-rest"), &count(rest.len()), rows(&visit, &rest))) }
                @if !day.inside.undated.is_empty() { (section("undated", &visit.word("sec-undated"), &count(day.inside.undated.len()), records(&visit, &day.inside.undated, Mark::Running, "btn-open"))) }
                @if !day.waiting.is_empty() { (section("waiting", &visit.word("sec-waiting"), &count(day.waiting.len()), records(&visit, &day.waiting, Mark::Running, ""))) }
                (below.own(&visit))
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

/// The express papers that are not shown, by sender.
pub(super) fn left_out(visit: &Visit, express: &Express) -> Markup {
    html! {
        @if !express.more.is_empty() {
            ul.brief { @for (owner, count) in &express.more {
                @let name = visit.name(*owner);
                li { a href={ "/in?urgency=3&owner=" (encoded(&name)) } { (tell!(visit, "express-more", office = name.as_str(), count = *count)) } }
            } }
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
                li {
                    div.when {
                        @match duty.due {
                            Some(due) => (badge(Mark::of(duty.status), &visit.clock().left(due))),
                            None => (badge(Mark::of(duty.status), &visit.word("st-no-deadline"))),
                        }
                    }
                    div {
                        a.t href=(address) { (duty.content) }
                        p { (number) @if !duty.part.is_empty() { " · " (parts::part(visit, duty.kind, &duty.part)) } " · " (visit.name(duty.owner)) @if let Some(due) = duty.due { " · " (super::document::due(visit, Some(due))) } }
                    }
                    @if duty.part.is_empty() || duty.kind == inspection::Move::KIND || !visit.may(Right::Handle) { a.b href=(address) { (visit.word("btn-open")) span.vh { " " (duty.content) } } }
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
