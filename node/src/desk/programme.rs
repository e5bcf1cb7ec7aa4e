//! Pages of work programmes (chương trình công tác): list, week table, month calendar.

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::Act as _;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::programme::Move as Says;

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::paper::Part;
use crate::command::programme::{Close, Confirm, Content, Create, ItemArg, Progress, Verb};
use crate::failure::Failure;
use crate::record::programme::{self as views, Shown, ShownItem};
use crate::record::{self, Record};
use crate::tell;
use crate::views::read::Filter;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, Mark, empty};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::times::formal;
use crate::web::visit::Visit;

use super::document::{Next, Parts};
use super::guidance::new;
use super::moves::{self, Ask, FILES, Input, Kind, Move, NOTE, Wrong};
use super::write::{self, Write};

/// Programmes.
pub struct Pages;

const PERCENT: Ask = Ask { name: "percent", key: "field-percent", input: Input::Percent, required: true };
/// Programmes looked through for items of a week or month.
const LOOKED: u32 = 200;

impl Kind for Pages {
    const KIND: u32 = Says::KIND;
    const NAME: &'static str = "programme";
    const AT: &'static str = "/programmes";
    const KEY: &'static str = "nav-programme";
    const MOVES: &'static [Move] = &[
        Move {
            name: "progress",
            right: Right::Handle,
            key: "btn-report-result",
            asks: &[PERCENT, NOTE, FILES],
            grave: "",
            main: true,
            shortcut: "",
        },
        Move {
            name: "confirmed",
            right: Right::Judge,
            key: "btn-confirm-done",
            asks: &[NOTE],
            grave: "",
            main: true,
            shortcut: "",
        },
        Move {
            name: "closed",
            right: Right::Judge,
            key: "btn-close-programme",
            asks: &[NOTE],
            grave: "ask-close-programme",
            main: false,
            shortcut: "",
        },
    ];

    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let note = form.get("note").to_owned();
        let item = form.get("item").to_owned();
        Ok(Records::Programme(match mv {
            "progress" => {
                let percent = write::percent(visit, form)?;
                Verb::Progress(Progress { which, item, percent, note, levels: write::attached(visit, form) })
            }
            "confirmed" => Verb::Confirm(Confirm { which, item, not_done: form.get("done") == "no", note }),
            "closed" => Verb::Close(Close { which, note }),
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure> {
        let record::Shown::Programme(shown) = &record.shown else { return Ok(Parts::default()) };
        let open = |item: &&ShownItem| item.item.lead == visit.me() && !done(item.status);
        let first =
            shown.items.iter().filter(open).min_by_key(|item| due_of(item).map_or(i64::MAX, |due| due.0));
        let next = first.map(|item| {
            let due = due_of(item).map(|due| visit.clock().left(due.0)).unwrap_or_default();
            let said = tell!(visit, "next-item", item = item.item.id.as_str(), left = due);
            Next { mark: Mark::of(item.status), said, note: item.item.content.clone() }
        });
        let counted = tell!(visit, "count-items", count = shown.items.len());
        let side = html! {
            section.box {
                h2 { (visit.word("sec-plan")) }
                p { (period_word(visit, shown)) }
                p.sm.mut { (counted) " · " (tell!(visit, "doc-version", version = shown.version)) }
                @if let Some(closed) = &shown.closed { p.note { (visit.word("mv-programme-closed")) " " (closed.text) } }
            }
        };
        let items =
            parts::section("items", &visit.word("sec-items"), &counted, items(visit, record, shown, form));
        Ok(Parts { next, side: vec![side], below: vec![items] })
    }
}

fn done(status: DutyStatus) -> bool {
    matches!(status, DutyStatus::CompletedOnTime | DutyStatus::CompletedLate)
}

fn due_of(item: &ShownItem) -> Option<Due> {
    Due::parse(&item.item.due).ok().flatten()
}

fn period_word(visit: &Visit, shown: &Shown) -> String {
    shown.period.as_ref().map_or_else(String::new, |period| {
        let kind = visit.word(&format!("period-{}", period.kind));
        format!("{kind}, {} – {}", day(period.from), day(period.to))
    })
}

/// "24/11/2026".
fn day(date: Date) -> String {
    let text = date.to_string();
    format!("{}/{}/{}", &text[8..], &text[5..7], &text[..4])
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
        div.tw { table.items {
            thead { tr {
                @for key in ["cli-id", "cli-content", "cli-lead", "cli-due", "cli-status", "field-product"] { th scope="col" { (visit.word(key)) } }
            } }
            tbody {
                @for item in &shown.items {
                    tr id={ "item-" (item.item.id) } {
                        th scope="row" { (item.item.id) }
                        td {
                            (item.item.content)
                            @if !item.item.preparer.is_empty() { br; span.xs.mut { (tell!(visit, "item-preparer", who = item.item.preparer.as_str())) } }
                            @if let Some(said) = &item.progress { @if !said.note.is_empty() { br; span.xs.mut { (said.note) } } }
                        }
                        td { (parts::office(visit, item.item.lead)) @if !item.item.coordinating.is_empty() { br; span.xs.mut { (tell!(visit, "item-with", offices = parts::scopes(visit, &item.item.coordinating))) } } }
                        td { (super::document::due(visit, due_of(item).map(|due| due.0))) }
                        td {
                            (parts::duty(visit, item.status, due_of(item)))
                            @if let Some(said) = &item.progress { @if !done(item.status) { (parts::percent(said.percent)) } }
                            @if let (Some(mv), true) = (progress, item.item.lead == me && !done(item.status)) {
                                (moves::button(visit, &address("progress"), mv, form, &[("item", &item.item.id)]))
                            }
                            @if let (Some(_), Some(said), None) = (confirm, item.progress.as_ref().and_then(|said| said.done), &item.confirmed) {
                                @let _ = said;
                                (field::button(visit, &address("confirmed"), "", &visit.word("btn-confirm-done"), &[("item", &item.item.id), ("done", "yes")]))
                                (field::button(visit, &address("confirmed"), "plain", &visit.word("btn-not-done"), &[("item", &item.item.id), ("done", "no")]))
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
    let mut all = moves::routes::<Pages>();
    all.push(Route::get("/programmes", Need::Right(Right::Read), list));
    all.push(Route::get("/programmes/week", Need::Right(Right::Read), week));
    all.push(Route::get("/programmes/month", Need::Right(Right::Read), month));
    all.push(Route::get("/programmes/new", Need::Right(Right::Handle), async |visit| {
        let mut form = crate::web::shared::drafts::begun(&visit, "/programmes/new")?;
        if !form.is_set("period") {
            form.set("period", "week");
        }
        write_page(&visit, &form)
    }));
    all.push(Route::post("/programmes/new", Need::Right(Right::Issue), create));
    all
}

/// List, week, month.
fn views_nav(visit: &Visit, current: &str) -> Markup {
    html! {
        nav.chips aria-label=(visit.word("nav-programme")) {
            @for (path, key) in [("/programmes", "view-list"), ("/programmes/month", "view-month"), ("/programmes/week", "view-week")] {
                a href=(path) aria-current=[(path == current).then_some("page")] { (visit.word(key)) }
            }
        }
    }
}

async fn list(visit: Visit) -> Answer {
    let heads = [
        ("number", visit.word("cli-number")),
        ("title", visit.word("cli-title")),
        ("owner", visit.word("cli-owner")),
        ("period", visit.word("cli-period")),
        ("items", visit.word("cli-items")),
        ("version", visit.word("cli-version")),
    ];
    let mut table = Table::new(visit.word("nav-programme"), &heads)
        .figures(&["items", "version"])
        .or_else(visit.word("empty-programmes"));
    let filter = Filter { limit: super::papers::LISTED, ..Filter::default() };
    for listed in visit.look(|conn, _| views::list(conn, &filter))? {
        let row = listed.row;
        let period = match listed.period_kind.as_str() {
            "" => String::new(),
            kind => format!(
                "{} {} – {}",
                visit.word(&format!("period-{kind}")),
                plain_day(&listed.period_from),
                plain_day(&listed.period_to)
            ),
        };
        let rank = listed.period_from.parse::<Date>().map_or(0, |from| i64::from(from.days()));
        table.row(vec![
            Cell::text(row.number.clone())
                .shown(html! { a.so href={ "/programme/" (row.id) } { (row.number) } }),
            Cell::text(row.title.clone())
                .shown(html! { a.t href={ "/programme/" (row.id) } { (row.title) } }),
            Cell::text(visit.name(row.owner)),
            Cell::text(period).rank(rank),
            Cell::number(listed.items),
            Cell::number(listed.version),
        ]);
    }
    table.answer(&visit, "/programmes", |rows| {
        html! {
            header.title { h1 { (visit.word("nav-programme")) } (new(&visit, "/programmes/new", "btn-new-programme")) }
            (views_nav(&visit, "/programmes"))
            (rows)
        }
    })
}

fn plain_day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), day)
}

/// An item on its day.
struct Placed {
    day: i32,
    /// Minutes since midnight; none: no hour.
    minute: Option<i64>,
    record: truc_proto::id::RecordId,
    owner: OfficeId,
    item: ShownItem,
}

/// Items that begin or are due between two days.
fn placed(visit: &Visit, from: Date, to: Date) -> Result<Vec<Placed>, Failure> {
    let filter = Filter { limit: LOOKED, ..Filter::default() };
    let mut found = Vec::new();
    let records = visit.look(|conn, look| {
        let (first, last) = (from.to_string(), to.to_string());
        let listed = views::list(conn, &filter)?.into_iter().filter(|listed| {
            listed.period_kind.is_empty() || listed.period_from <= last && listed.period_to >= first
        });
        let mut all = Vec::new();
        for listed in listed {
            all.extend(record::show(conn, look, listed.row.id)?);
        }
        Ok(all)
    })?;
    for record in records {
        let record::Shown::Programme(shown) = record.shown else { continue };
        for item in shown.items {
            let starts = truc_proto::date::rfc3339_millis(&item.item.starts).ok();
            let Some(at) = starts.or_else(|| due_of(&item).map(|due| due.0)) else { continue };
            let Some(date) = Date::of_millis(at) else { continue };
            if date < from || date > to {
                continue;
            }
            let midnight = date.close_millis() - 17 * 3_600_000;
            let minute = starts.map(|starts| (starts - midnight) / 60_000);
            found.push(Placed {
                day: date.days(),
                minute,
                record: record.row.id,
                owner: record.row.owner,
                item,
            });
        }
    }
    found.sort_by_key(|placed| (placed.day, placed.minute));
    Ok(found)
}

/// A day some days later; itself where there is none.
fn later(date: Date, days: i64) -> Date {
    Date::of_millis((i64::from(date.days()) + days) * 86_400_000).unwrap_or(date)
}

fn asked_day(visit: &Visit) -> Date {
    visit.asked("from").parse().unwrap_or_else(|_| visit.today())
}

async fn week(visit: Visit) -> Answer {
    let asked = asked_day(&visit);
    let monday = later(asked, -i64::from((asked.days() + 3).rem_euclid(7)));
    let sunday = later(monday, 6);
    let all = placed(&visit, monday, sunday)?;
    let title = tell!(visit, "week-title", from = day(monday), to = day(sunday));
    let today = visit.today();
    let body = html! {
        header.title { h1 { (title) } (new(&visit, "/programmes/new", "btn-new-programme")) }
        (views_nav(&visit, "/programmes/week"))
        p.acts.turn {
            a.b href={ "/programmes/week?from=" (later(monday, -7)) } rel="prev" { "← " (visit.word("week-before")) }
            a.b href="/programmes/week" { (visit.word("nav-today")) }
            a.b href={ "/programmes/week?from=" (later(monday, 7)) } rel="next" { (visit.word("week-after")) " →" }
        }
        @if all.is_empty() { (empty(&tell!(visit, "empty-programme", week = day(monday)), Some(("/programmes/new", &visit.word("btn-new-programme"))))) }
        div.tw { table.week {
            thead { tr {
                td {}
                @for number in 0..7 {
                    @let date = later(monday, number);
                    th.today[date == today] scope="col" { (visit.clock().weekday(date.close_millis())) br; (day(date)) }
                }
            } }
            tbody {
                @for (key, range) in [("half-morning", 0..720), ("half-afternoon", 720..1440)] {
                    tr {
                        th scope="row" { (visit.word(key)) }
                        @for number in 0..7 {
                            @let date = later(monday, number);
                            td.today[date == today] {
                                // What has no hour stands with the afternoon: deadlines end at five.
                                @for placed in all.iter().filter(|placed| placed.day == date.days() && range.contains(&placed.minute.unwrap_or(1020))) { (one(&visit, placed)) }
                            }
                        }
                    }
                }
            }
        } }
        p.print-only { (formal(today)) }
    };
    Ok(Page::new(title, body).class("wide").at("/programmes").render(&visit))
}

fn one(visit: &Visit, placed: &Placed) -> Markup {
    let item = &placed.item;
    html! {
        div.slot {
            @if let Some(minute) = placed.minute { b.n { (format!("{:02}:{:02}", minute / 60, minute % 60)) } " " }
            a href={ "/programme/" (placed.record) "#item-" (item.item.id) } { (item.item.content) }
            @if !item.item.place.is_empty() { br; span.xs { (item.item.place) } }
            br; span.xs.mut { (visit.name(item.item.lead)) @if placed.owner != visit.me() { " · " (visit.name(placed.owner)) } }
            @if matches!(item.status, DutyStatus::Overdue | DutyStatus::DueSoon) { br; (parts::duty(visit, item.status, due_of(item))) }
        }
    }
}

async fn month(visit: Visit) -> Answer {
    let asked = asked_day(&visit).to_string();
    let first: Date = format!("{}-01", &asked[..7]).parse().unwrap_or_else(|_| visit.today());
    let next: Date = later(first, 32);
    let next: Date = format!("{}-01", &next.to_string()[..7]).parse().unwrap_or(next);
    let last = later(next, -1);
    let all = placed(&visit, first, last)?;
    let begin = later(first, -i64::from((first.days() + 3).rem_euclid(7)));
    let weeks = (i64::from(last.days() - begin.days()) / 7) + 1;
    let title = tell!(visit, "month-title", month = &asked[5..7], year = &asked[..4]);
    let today = visit.today();
    let body = html! {
        header.title { h1 { (title) } (new(&visit, "/programmes/new", "btn-new-programme")) }
        (views_nav(&visit, "/programmes/month"))
        p.acts.turn {
            a.b href={ "/programmes/month?from=" (later(first, -1)) } rel="prev" { "←" span.vh { (visit.word("month-before")) } }
            a.b href={ "/programmes/month?from=" (next) } rel="next" { "→" span.vh { (visit.word("month-after")) } }
        }
        div.tw { table.month {
            thead { tr { @for number in 0..7 { th scope="col" { (visit.clock().weekday(later(begin, number).close_millis())) } } } }
            tbody {
                @for week in 0..weeks {
                    tr { @for number in 0..7 {
                        @let date = later(begin, week * 7 + number);
                        td.today[date == today].other[date < first || date > last] {
                            a.dayno href={ "/programmes/week?from=" (date) } { (date.to_string()[8..].trim_start_matches('0')) }
                            @for placed in all.iter().filter(|placed| placed.day == date.days()) { (one(&visit, placed)) }
                        }
                    } }
                }
            }
        } }
    };
    Ok(Page::new(title, body).class("wide").at("/programmes").render(&visit))
}

fn write_page(visit: &Visit, form: &Form) -> Answer {
    let write = Write {
        title: visit.word("write-programme"),
        address: "/programmes/new",
        at: "/programmes",
        types: &[DocumentType::Programme, DocumentType::Plan],
        offered: Offered::Below,
        urgency: false,
        button: "btn-issue",
        ask: "ask-issue",
        full: true,
    };
    let rows = write::shown_rows(form, "item", 2);
    let kinds = ["week", "month", "quarter", "year", "term", "range"];
    let kinds: Vec<(String, String)> =
        kinds.iter().map(|kind| ((*kind).to_owned(), visit.word(&format!("period-{kind}")))).collect();
    let (kind, from, to) =
        (visit.word("cli-period"), visit.word("field-period-from"), visit.word("field-period-to"));
    let day =
        |name, label| Field { name, label, kind: "date", required: true, ..Field::default() }.line(form);
    let more = html! {
        div.triple {
            (Field { name: "period", label: &kind, required: true, ..Field::default() }.choice(form, &kinds))
            (day("from", &from)) (day("to", &to))
        }
        fieldset.rowset id="item" data-rows="item" {
            legend { (visit.word("sec-items")) }
            p.hint { (visit.word("hint-items")) }
            @for row in &rows {
                div.row data-row {
                    (write::cell(visit, form, "item", *row, "content", "cli-content", "text"))
                    (write::offices(visit, form, "item", *row, "lead", "cli-lead"))
                    (write::cell(visit, form, "item", *row, "starts", "field-starts", "datetime-local"))
                    (write::cell(visit, form, "item", *row, "place", "field-place", "text"))
                    (write::cell(visit, form, "item", *row, "due", "cli-due", "date"))
                    (write::cell(visit, form, "item", *row, "product", "field-product", "text"))
                }
            }
            (write::more(visit, "item"))
        }
    };
    write.page(visit, form, more)
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    if let Some(form) = write::grown(&posted) {
        return write_page(&visit, &form);
    }
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    // A programme of one's own needs nobody else.
    if !form.is_set(parts::picker::TO) {
        form.add(parts::picker::TO, visit.me().to_string());
    }
    let send = write::send(&visit, &mut form);
    let period = write::period(&visit, &mut form, posted.get("period"));
    if period.is_none() {
        form.wrong("from", tell!(visit, "err-field-empty", field = visit.word("field-period-from")));
    }
    let mut items = Vec::new();
    for (index, row) in
        posted.rows("item").into_iter().filter(|row| !posted.row_is_empty("item", *row)).enumerate()
    {
        let get = |name: &str| posted.get(&format!("item.{row}.{name}")).to_owned();
        if get("content").is_empty() {
            let said = tell!(visit, "err-field-empty", field = visit.word("cli-content"));
            form.wrong(format!("item.{row}.content"), said);
        }
        let due = write::due(&visit, &mut form, &format!("item.{row}.due"));
        let starts = write::due(&visit, &mut form, &format!("item.{row}.starts"));
        let lead = if get("lead").is_empty() { visit.me().to_string() } else { get("lead") };
        items.push(Part::Fields(ItemArg {
            id: format!("N{:02}", index + 1),
            content: get("content"),
            lead,
            due,
            product: get("product"),
            coordinating: String::new(),
            starts,
            place: get("place"),
        }));
    }
    if form.is_good() {
        let create = Box::new(Create { paper, send, content: Content { period, items } });
        match visit.act(Records::Programme(Verb::Create(create))).await {
            Ok(output) => return write::written(&visit, &posted, Pages::NAME, &output),
            Err(failure) => form.failure = Some(failure),
        }
    }
    write_page(&visit, &form)
}
