//! Pages of reports (báo cáo): a sheet that saves every field, checks it and compares it with the last period. "No
//! data" differs from zero.

mod sheet;

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::record::figure::Exact;
use truc_proto::record::report::{Decimal, Move as Says, form_key};
use truc_proto::record::{self, Act as _};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::report::{Judge, Verb};
use crate::derive::views::filter::{OrderBy, StateOf};
use crate::derive::views::kinds::report::{self as views, Listed, Shown};
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::{Filter, Viewpoint};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::parts::{self, Mark, badge, figure};
use crate::web::route::{Need, Route, Text};
use crate::web::site::{Nav, NavPosition};
use crate::web::table::Cell;
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::document;
use super::listing::Listing;
use super::moves::{Ask, Input, Kind, Move, NOTE, Next, Parts, Wrong};

/// Pages of reports.
pub struct Pages;

const WHAT: Ask = Ask { name: "note", key: "field-what-to-correct", input: Input::Text, required: true };

impl Kind for Pages {
    const TABLE: &'static record::Kind = Says::TABLE;
    const AT: &'static str = "/reports";
    const KEY: &'static str = "nav-report";
    const NAV: Option<Nav> = Some(Nav {
        path: Self::AT,
        key: Self::KEY,
        letter: "b",
        right: Right::Read,
        place: NavPosition::Tab(Self::KEY),
    });
    const TODAY: Option<[&'static str; 2]> = None;
    const MOVES: &'static [Move] = &[
        Move::new("accepted", Right::Judge, "btn-accept-report").main().asks(&[NOTE]).shortcut("t"),
        Move::new("returned", Right::Judge, "btn-return").asks(&[WHAT]),
    ];

    fn command(_: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let judge = Judge { which, note: form.get("note").to_owned() };
        Ok(Records::Report(match mv {
            "accepted" => Verb::Accept(judge),
            "returned" => Verb::Return(judge),
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn parts(visit: &Visit, record: &Record, _: &Form) -> Result<Parts, Failure> {
        let kinds::Shown::Report(shown) = &record.shown else { return Ok(Parts::default()) };
        let own = record.row.owner == visit.me();
        let next = match (shown.status, own) {
            ("returned", true) => {
                Some(Next { mark: Mark::Late, said: visit.word("next-resubmit"), note: said_of(shown) })
            }
            ("submitted", false) if record.next.contains(&"accepted") => {
                Some(Next { mark: Mark::Waiting, said: visit.word("next-judge"), note: String::new() })
            }
            _ => None,
        };
        let before = before(visit, record, shown)?;
        let mut side = vec![state(visit, shown)];
        if own && record.next.contains(&"submitted") && visit.may(Right::Issue) {
            let address = format!("/reports/new?again={}", record.row.id);
            side.push(html! { p.acts { a.b.go[shown.status == "returned"] href=(address) { (visit.word("btn-resubmit")) } } });
        }
        let figures = figures(visit, shown, before.as_ref());
        let count = tell!(visit, "count-figures", count = shown.indicators.len());
        Ok(Parts {
            next,
            side,
            below: vec![parts::section("figures", &visit.word("sec-figures"), &count, figures)],
        })
    }
}

fn said_of(shown: &Shown) -> String {
    let notes: Vec<&str> = shown
        .judged
        .values()
        .filter(|verdict| !verdict.accepted)
        .map(|verdict| verdict.note.as_str())
        .collect();
    notes.join("; ")
}

/// Mark and words of a report's status.
pub fn status(visit: &Visit, status: &str) -> (Mark, String) {
    match status {
        "accepted" => (Mark::Done, visit.word("rep-accepted")),
        "returned" => (Mark::Late, visit.word("rep-returned")),
        _ => (Mark::Running, visit.word("cli-report-submitted")),
    }
}

fn state(visit: &Visit, shown: &Shown) -> Markup {
    let (mark, word) = status(visit, shown.status);
    html! {
        section.box {
            h2 { (visit.word("cli-status")) }
            p { (badge(mark, &word)) }
            dl.facts {
                dt { (visit.word("cli-form")) } dd { (shown.form) }
                @if let Some(period) = &shown.period { dt { (visit.word("cli-period")) } dd { (times::day(period.from.civil())) " – " (times::day(period.to.civil())) } }
                dt { (visit.word("cli-version")) } dd { (shown.version) }
                @for (version, time) in &shown.versions { dt { (tell!(visit, "doc-version", version = *version)) } dd { (visit.time(time.millis() as i64)) } }
            }
            @for (office, verdict) in &shown.judged {
                p { b { (visit.name(*office)) } ": " (badge(if verdict.accepted { Mark::Done } else { Mark::Late }, &visit.word(if verdict.accepted { "rep-accepted" } else { "rep-returned" }))) " " (verdict.note) }
            }
        }
    }
}

/// The previous report of the same owner and form.
fn before(visit: &Visit, record: &Record, shown: &Shown) -> Result<Option<Shown>, Failure> {
    let Some(period) = &shown.period else { return Ok(None) };
    let earlier = "report.form_key = ? AND report.period_kind = ? AND report.period_from < ?";
    let values =
        vec![form_key(&shown.form).into(), period.kind.clone().into(), period.from.to_string().into()];
    let filter = Filter {
        owner: Some(record.row.owner),
        also: vec![(earlier.into(), values)],
        order: Some(OrderBy::Column("report.period_from")),
        down: true,
        limit: 1,
        ..Filter::default()
    };
    visit.look(|conn, look| {
        let earlier = views::list(conn, &filter)?.pop();
        let Some(listed) = earlier else { return Ok(None) };
        Ok(kinds::show(conn, look, listed.row.id)?.into_iter().find_map(|record| match record.shown {
            kinds::Shown::Report(shown) => Some(shown),
            _ => None,
        }))
    })
}

/// The change since the last period; a jump gets a note.
fn change(visit: &Visit, now: Option<Decimal>, before: Option<Decimal>) -> Markup {
    let (Some(now), Some(before)) = (now.map(Exact::from), before.map(Exact::from)) else {
        return html! { "–" };
    };
    html! {
        (difference(visit, now, before))
        @if before.is_positive() && before.plus(before).is_some_and(|twice| now >= twice) {
            " " span.warn { (tell!(visit, "warn-jump", times = now.times(before).unwrap_or_default().to_string())) }
        }
    }
}

/// By how much a figure differs from an earlier one.
pub fn difference(visit: &Visit, now: Exact, before: Exact) -> Markup {
    match now.minus(before) {
        Some(change) => html! { @if change.is_positive() { "+" } (figure(visit.lang, &change.to_string())) },
        None => html! { "–" },
    }
}

fn figures(visit: &Visit, shown: &Shown, before: Option<&Shown>) -> Markup {
    let [id, label, unit, last, this, changed, note] = [
        "cli-id",
        "cli-indicator",
        "cli-unit",
        "field-last-period",
        "field-this-period",
        "field-change",
        "cli-note",
    ]
    .map(|key| visit.word(key));
    html! {
        div.tw tabindex="0" { table.ind {
            thead { tr {
                th scope="col" { (id) } th scope="col" { (label) } th scope="col" { (unit) }
                th.r scope="col" { (last) } th.r scope="col" { (this) } th.r scope="col" { (changed) }
                th scope="col" { (note) }
            } }
            tbody {
                @for indicator in &shown.indicators {
                    @let old = before.and_then(|before| before.indicators.iter().find(|old| old.id == indicator.id)).and_then(|old| old.value);
                    tr {
                        td.n.mut { (indicator.id) }
                        th scope="row" { (indicator.label) }
                        td.mut { (indicator.unit) }
                        td.r.n data-l=(last) { @if let Some(old) = old { (figure(visit.lang, &old.to_string())) } @else { "–" } }
                        td.r.n data-l=(this) { @match indicator.value { Some(value) => (figure(visit.lang, &value.to_string())), None => span.nodata { (visit.word("rep-no-data")) } } }
                        td.r.n data-l=(changed) { (change(visit, indicator.value, old)) }
                        td { (indicator.note) }
                    }
                }
            }
        } }
    }
}

/// Route of the desk's list; the console has its own page at this address.
pub(super) fn listing() -> Route {
    Route::get("/reports", Need::Right(Right::Read), list)
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = document::routes::<Pages>();
    all.push(
        Route::get("/reports/new", Need::Right(Right::Handle), async |visit| {
            let form = sheet::form(&visit)?;
            sheet::page(&visit, &form)
        })
        .keeps(Text::Paper),
    );
    all.push(Route::post("/reports/new", Need::Right(Right::Issue), sheet::create).keeps(Text::Paper));
    all
}

/// The newest reports with their status.
pub fn newest(visit: &Visit, limit: u32) -> Result<Vec<Listed>, Failure> {
    let filter = Filter { limit, ..Filter::default() };
    visit.look(|conn, _| views::list(conn, &filter))
}

const LIST: Listing = Listing {
    columns: &[
        ("period", "cli-period"),
        ("version", "cli-version"),
        ("sent", "field-sent"),
        ("state", "cli-status"),
    ],
    sorted: &[
        ("period", OrderBy::Column("report.period_to")),
        ("version", OrderBy::Column("report.version")),
    ],
    figures: &["version"],
    chips: &[
        ("", "chip-all", &[]),
        ("judge", "chip-judge", &["judge"]),
        ("submitted", "chip-submitted", &["submitted"]),
        ("returned", "rep-returned", &["returned"]),
        ("accepted", "rep-accepted", &["accepted"]),
    ],
    empty: "empty-reports",
    new: "btn-new-report",
};

async fn list(visit: Visit) -> Answer {
    let cells = |listed: Listed| {
        let (mark, word) = status(&visit, &listed.state);
        let rank = listed.period_to.parse::<Date>().map_or(0, |to| to.start_millis());
        let cells = vec![
            Cell::text(format!("{} – {}", visit.day(&listed.period_from), visit.day(&listed.period_to)))
                .rank(rank),
            Cell::number(listed.version),
            Cell::time(&visit, Some(listed.row.opened)),
            Cell::badge(mark, &word),
        ];
        (listed.row, cells)
    };
    let filter =
        |look: &Viewpoint<'_>| Filter { state_of: Some(StateOf::Judging(look.me)), ..Filter::default() };
    LIST.answer::<Pages, _>(&visit, html! {}, "report", filter, views::list, cells)
}
