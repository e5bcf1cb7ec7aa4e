//! Pages of work programmes (chương trình công tác): list, week table, month calendar.

mod calendar;
mod sheet;

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::paper::Due;
use truc_proto::record::programme::Move as Says;
use truc_proto::record::{self, Act as _};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::programme::{Close, Confirm, Drops, Progress, Verb};
use crate::derive::views::filter::OrderBy;
use crate::derive::views::kinds::programme::{self as views, Listed, Shown, ShownItem};
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::Filter;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::parts::{self, Mark};
use crate::web::route::{Need, Route};
use crate::web::shared::drafts;
use crate::web::site::{Nav, NavPosition};
use crate::web::table::Cell;
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::document;
use super::listing::Listing;
use super::moves::{self, Ask, Each, FILES, Input, Kind, Move, NOT_DONE, NOTE, Next, Parts, Wrong};
use super::write;

/// Pages of programmes.
pub struct Pages;

const PERCENT: Ask = Ask { name: "percent", key: "field-percent", input: Input::Percent, required: true };

impl Kind for Pages {
    const TABLE: &'static record::Kind = Says::TABLE;
    const AT: &'static str = "/programmes";
    const KEY: &'static str = "nav-programme";
    const NAV: Option<Nav> = Some(Nav {
        path: Self::AT,
        key: Self::KEY,
        letter: "c",
        right: Right::Read,
        place: NavPosition::Tab("tab-programme"),
    });
    const TODAY: Option<[&'static str; 2]> = None;
    const MOVES: &'static [Move] = &[
        Move::new("progress", Right::Handle, "btn-report-result").main().asks(&[PERCENT, NOTE, FILES]),
        Move::new("confirmed", Right::Judge, "btn-confirm-done").main().asks(&[NOTE]),
        Move::new("closed", Right::Judge, "btn-close-programme").asks(&[NOTE]).grave("ask-close-programme"),
    ];

    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let note = form.get("note").to_owned();
        let item = form.get("item").to_owned();
        Ok(Records::Programme(match mv {
            "progress" => {
                let percent = write::percent(visit, form)?;
                Verb::Progress(Progress { which, item, percent, note, levels: write::attached(visit, form) })
            }
            "confirmed" if form.get("done") == "no" && note.is_empty() => {
                return Err(vec![(
                    "note".into(),
                    tell!(visit, "err-field-empty", field = visit.word("field-why")),
                )]);
            }
            "confirmed" => Verb::Confirm(Confirm { which, item, not_done: form.get("done") == "no", note }),
            "closed" => {
                let (drop, reason) = form.under("drop.").unzip();
                Verb::Close(Close { which, note, drops: Drops { drop, reason }, carry: None })
            }
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn each(_: &Visit, record: &Record, mv: &str) -> Vec<Each> {
        let kinds::Shown::Programme(shown) = &record.shown else { return Vec::new() };
        let open = shown.items.iter().filter(|item| mv == "closed" && item.is_open());
        open.map(|item| Each {
            name: format!("drop.{}", item.item.id),
            label: format!("{} · {}", item.item.id, item.item.content),
            required: true,
        })
        .collect()
    }

    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure> {
        let kinds::Shown::Programme(shown) = &record.shown else { return Ok(Parts::default()) };
        let open = |item: &&ShownItem| item.item.lead == visit.me() && !item.status.is_done();
        let first =
            shown.items.iter().filter(open).min_by_key(|item| due_of(item).map_or(i64::MAX, |due| due.0));
        let next = first.map(|item| {
            let due = due_of(item).map(|due| visit.clock().left(due.0)).unwrap_or_default();
            let said = tell!(visit, "next-item", item = item.item.id.as_str(), left = due);
            Next { mark: Mark::of(item.status), said, note: item.item.content.clone() }
        });
        let counted = tell!(visit, "count-items", count = shown.items.len());
        let adjusts = record.row.owner == visit.me() && record.next.contains(&"issued");
        let adjust =
            (adjusts && visit.may(Right::Handle)).then(|| format!("/programme/{}/adjust", record.row.id));
        let side = html! {
            section.box {
                h2 { (visit.word("sec-plan")) }
                p { (period_word(visit, shown)) }
                p.sm.mut { (counted) " · " (tell!(visit, "doc-version", version = shown.version)) }
                @if let Some(adjust) = adjust { p.acts { a.b href=(adjust) { (visit.word("btn-adjust-programme")) } } }
                @if let Some(closed) = &shown.closed { p.note { (visit.word("mv-programme-closed")) " " (closed.text) } }
                @if let Some(next) = shown.carried { p.sm { a href={ "/programme/" (next) } { (visit.word("programme-carried")) } } }
            }
        };
        let items =
            parts::section("items", &visit.word("sec-items"), &counted, items(visit, record, shown, form));
        let mut below = vec![items];
        if !shown.dropped.is_empty() {
            let gone = html! {
                ul.tasks { @for gone in &shown.dropped { li {
                    span.id { (gone.item.id) }
                    div { s { (gone.item.content) } p.xs.mut { (visit.name(gone.item.lead)) " · " (gone.reason) } }
                } } }
            };
            below.push(parts::section("dropped", &visit.word("sec-dropped"), "", gone));
        }
        Ok(Parts { next, side: vec![side], below })
    }
}

fn due_of(item: &ShownItem) -> Option<Due> {
    Due::parse(&item.item.due).ok().flatten()
}

fn period_word(visit: &Visit, shown: &Shown) -> String {
    shown.period.as_ref().map_or_else(String::new, |period| {
        let kind = visit.word(&format!("period-{}", period.kind));
        format!("{kind}, {} – {}", times::day(period.from.civil()), times::day(period.to.civil()))
    })
}

fn items(visit: &Visit, record: &Record, shown: &Shown, form: &Form) -> Markup {
    let me = visit.me();
    let offered = |name: &str| {
        Pages::MOVES
            .iter()
            .find(|mv| mv.name == name && record.next.contains(&mv.name) && visit.may(mv.right))
    };
    let (progress, confirm) = (offered("progress"), offered("confirmed"));
    let address = |name: &str| format!("/programme/{}/{name}", record.row.id);
    html! {
        div.tw tabindex="0" { table.items {
            thead { tr {
                @for key in ["cli-id", "cli-content", "cli-lead", "cli-due", "cli-status", "field-product"] { th.screen[key == "cli-status"] scope="col" { (visit.word(key)) } }
            } }
            tbody {
                @for item in &shown.items {
                    tr id={ "item-" (item.item.id) } {
                        th scope="row" { (item.item.id) }
                        td {
                            (item.item.content)
                            @if !item.item.preparer.is_empty() { br; span.xs.mut { (tell!(visit, "item-preparer", who = item.item.preparer.as_str())) } }
                            @if let Some(said) = &item.progress { @if !said.note.is_empty() { br; span.xs.mut.screen { (said.note) } } }
                        }
                        td { (parts::office(visit, item.item.lead)) @if !item.item.coordinating.is_empty() { br; span.xs.mut { (tell!(visit, "item-with", offices = parts::scopes(visit, &item.item.coordinating))) } } }
                        td {
                            @for earlier in &item.earlier { @if let Some(due) = Due::parse(earlier).ok().flatten() { s.mut { (document::due(visit, Some(due.0))) } " " } }
                            (document::due(visit, due_of(item).map(|due| due.0)))
                        }
                        td.screen {
                            (parts::duty(visit, item.status, due_of(item)))
                            @if let Some(said) = &item.progress { @if !item.status.is_done() { (parts::percent(said.percent)) } }
                            @if let Some(done) = item.done { br; span.xs.mut { (visit.both(done)) } }
                            @if let (Some(mv), true) = (progress, item.item.lead == me && !item.status.is_done()) {
                                (moves::button(visit, &address("progress"), mv, form, &[("item", &item.item.id)]))
                            }
                            @if confirm.is_some() && item.done.is_some_and(|done| item.confirmed.as_ref().is_none_or(|verdict| verdict.time < done.time)) {
                                (drafts::button(visit, &address("confirmed"), "", &visit.word("btn-confirm-done"), &[("item", &item.item.id), ("done", "yes")]))
                                (moves::button(visit, &address("confirmed"), &NOT_DONE, form, &[("item", &item.item.id), ("done", "no")]))
                            }
                        }
                        td { (item.item.product) }
                    }
                }
            }
        } }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = document::routes::<Pages>();
    all.push(Route::get("/programmes", Need::Right(Right::Read), list));
    all.push(Route::get("/programmes/week", Need::Right(Right::Read), calendar::week));
    all.push(Route::get("/programmes/month", Need::Right(Right::Read), calendar::month));
    all.extend(sheet::routes());
    all
}

/// Links to list, week and month.
fn views_nav(visit: &Visit, current: &str) -> Markup {
    html! {
        nav.chips aria-label=(visit.word("nav-programme")) {
            @for (path, key) in [("/programmes", "view-list"), ("/programmes/month", "view-month"), ("/programmes/week", "view-week")] {
                a href=(path) aria-current=[(path == current).then_some("page")] { (visit.word(key)) }
            }
        }
    }
}

const LIST: Listing = Listing {
    columns: &[("period", "cli-period"), ("items", "cli-items"), ("version", "cli-version")],
    sorted: &[
        ("period", OrderBy::Column("programme.period_from")),
        ("items", OrderBy::Column("programme.items")),
        ("version", OrderBy::Column("programme.version")),
    ],
    figures: &["items", "version"],
    chips: &[],
    empty: "empty-programmes",
    new: "btn-new-programme",
};

async fn list(visit: Visit) -> Answer {
    let cells = |listed: Listed| {
        let (from, to) = (visit.day(&listed.period_from), visit.day(&listed.period_to));
        let period = match listed.period_kind.as_str() {
            "" => String::new(),
            kind => format!("{} {from} – {to}", visit.word(&format!("period-{kind}"))),
        };
        let rank = listed.period_from.parse::<Date>().map_or(0, |from| from.start_millis());
        let cells =
            vec![Cell::text(period).rank(rank), Cell::number(listed.items), Cell::number(listed.version)];
        (listed.row, cells)
    };
    let above = views_nav(&visit, "/programmes");
    LIST.answer::<Pages, _>(&visit, above, "programme", |_| Filter::default(), views::list, cells)
}
