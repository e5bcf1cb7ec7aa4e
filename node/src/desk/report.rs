//! Pages of reports (báo cáo): a form that keeps every field at once, checks it, and compares with the last
//! period; "no data" is not zero.

use std::collections::BTreeMap;

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::paper::DocumentType;
use truc_proto::record::Act as _;
use truc_proto::record::report::{Decimal, Indicator, Move as Says};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::{self, Which};
use crate::command::paper::Part;
use crate::command::report::{Content, Create, IndicatorArg, Judge, Resubmit, Verb};
use crate::failure::Failure;
use crate::record::report::{self as views, Listed, Shown};
use crate::record::{self, Record};
use crate::tell;
use crate::views::read::Filter;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts::field::{self, Field};
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, Mark, badge, figure};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::shared::drafts;
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

use super::document::{Next, Parts};
use super::guidance::new;
use super::moves::{self, Ask, Input, Kind, Move, NOTE, Wrong};
use super::write::{self, Write};

/// Reports.
pub struct Pages;

const WHAT: Ask = Ask { name: "note", key: "field-what-to-correct", input: Input::Text, required: true };
/// A figure that grew so many times deserves a word.
const JUMP: f64 = 2.0;

impl Kind for Pages {
    const KIND: u32 = Says::KIND;
    const NAME: &'static str = "report";
    const AT: &'static str = "/reports";
    const KEY: &'static str = "nav-report";
    const MOVES: &'static [Move] = &[
        Move {
            name: "accepted",
            right: Right::Judge,
            key: "btn-accept-report",
            asks: &[NOTE],
            grave: "",
            main: true,
            shortcut: "t",
        },
        Move {
            name: "returned",
            right: Right::Judge,
            key: "btn-return",
            asks: &[WHAT],
            grave: "",
            main: false,
            shortcut: "",
        },
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
        let record::Shown::Report(shown) = &record.shown else { return Ok(Parts::default()) };
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
                @if let Some(period) = &shown.period { dt { (visit.word("cli-period")) } dd { (period.from) " – " (period.to) } }
                dt { (visit.word("cli-version")) } dd { (shown.version) }
                @for (version, time) in &shown.versions { dt { (tell!(visit, "doc-version", version = *version)) } dd { (visit.time(time.millis() as i64)) } }
            }
            @for (office, verdict) in &shown.judged {
                p { b { (visit.name(*office)) } ": " (badge(if verdict.accepted { Mark::Done } else { Mark::Late }, &visit.word(if verdict.accepted { "rep-accepted" } else { "rep-returned" }))) " " (verdict.note) }
            }
        }
    }
}

/// The newest report of the same owner and form before this one.
fn before(visit: &Visit, record: &Record, shown: &Shown) -> Result<Option<Shown>, Failure> {
    let Some(period) = &shown.period else { return Ok(None) };
    let from = period.from.to_string();
    let filter = Filter { owner: Some(record.row.owner), limit: 200, ..Filter::default() };
    visit.look(|conn, look| {
        let earlier = views::list(conn, &filter)?
            .into_iter()
            .filter(|listed| {
                listed.form == shown.form && listed.period_kind == period.kind && listed.period_from < from
            })
            .max_by(|a, b| a.period_from.cmp(&b.period_from));
        let Some(listed) = earlier else { return Ok(None) };
        Ok(record::show(conn, look, listed.row.id)?.into_iter().find_map(|record| match record.shown {
            record::Shown::Report(shown) => Some(shown),
            _ => None,
        }))
    })
}

fn number(value: Decimal) -> f64 {
    value.to_string().parse().unwrap_or(0.0)
}

/// The change since the last period, with a word where it jumps.
fn change(visit: &Visit, now: Option<Decimal>, before: Option<Decimal>) -> Markup {
    let (Some(now), Some(before)) = (now, before) else { return html! { "–" } };
    let (now, before) = (number(now), number(before));
    let change = ((now - before) * 1e6).round() / 1e6;
    let sign = if change > 0.0 { "+" } else { "" };
    html! {
        (sign) (figure(visit.lang, &change.to_string()))
        @if before > 0.0 && now / before >= JUMP { " " span.warn { (tell!(visit, "warn-jump", times = format!("{:.0}", now / before))) } }
    }
}

fn figures(visit: &Visit, shown: &Shown, before: Option<&Shown>) -> Markup {
    html! {
        div.tw { table.ind {
            thead { tr {
                th scope="col" { (visit.word("cli-id")) } th scope="col" { (visit.word("cli-indicator")) } th scope="col" { (visit.word("cli-unit")) }
                th.r scope="col" { (visit.word("field-last-period")) } th.r scope="col" { (visit.word("field-this-period")) } th.r scope="col" { (visit.word("field-change")) }
                th scope="col" { (visit.word("cli-note")) }
            } }
            tbody {
                @for indicator in &shown.indicators {
                    @let old = before.and_then(|before| before.indicators.iter().find(|old| old.id == indicator.id)).and_then(|old| old.value);
                    tr {
                        td.n.mut { (indicator.id) }
                        th scope="row" { (indicator.label) }
                        td.mut { (indicator.unit) }
                        td.r.n { @if let Some(old) = old { (figure(visit.lang, &old.to_string())) } @else { "–" } }
                        td.r.n { @match indicator.value { Some(value) => (figure(visit.lang, &value.to_string())), None => span.nodata { (visit.word("rep-no-data")) } } }
                        td.r.n { (change(visit, indicator.value, old)) }
                        td { (indicator.note) }
                    }
                }
            }
        } }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = moves::routes::<Pages>();
    all.push(Route::get("/reports", Need::Right(Right::Read), list));
    all.push(Route::get("/reports/new", Need::Right(Right::Handle), async |visit| {
        let form = begun(&visit)?;
        write_page(&visit, &form)
    }));
    all.push(Route::post("/reports/new", Need::Right(Right::Issue), create));
    all
}

async fn list(visit: Visit) -> Answer {
    let heads = [
        ("number", visit.word("cli-number")),
        ("title", visit.word("cli-title")),
        ("owner", visit.word("cli-owner")),
        ("period", visit.word("cli-period")),
        ("version", visit.word("cli-version")),
        ("sent", visit.word("field-sent")),
        ("state", visit.word("cli-status")),
    ];
    let mut table = Table::new(visit.word("nav-report"), &heads)
        .figures(&["version"])
        .or_else(visit.word("empty-reports"));
    let filter = Filter { limit: super::papers::LISTED, ..Filter::default() };
    let rows = visit.look(|conn, _| {
        let state = |listed: &Listed| views::status(conn, listed.row.id, listed.row.owner);
        views::list(conn, &filter)?
            .into_iter()
            .map(|listed| Ok((state(&listed)?, listed)))
            .collect::<crate::views::Result<Vec<_>>>()
    })?;
    for (state, listed) in rows {
        let row = listed.row;
        let (mark, word) = status(&visit, state);
        table.row(vec![
            Cell::text(row.number.clone())
                .shown(html! { a.so href={ "/report/" (row.id) } { (row.number) } }),
            Cell::text(row.title.clone()).shown(html! { a.t href={ "/report/" (row.id) } { (row.title) } }),
            Cell::text(visit.name(row.owner)),
            Cell::text(format!("{} – {}", listed.period_from, listed.period_to)),
            Cell::number(listed.version),
            Cell::time(&visit, Some(row.opened)),
            Cell::text(word.clone()).shown(badge(mark, &word)),
        ]);
    }
    table.answer(&visit, "/reports", |rows| {
        html! {
            header.title { h1 { (visit.word("nav-report")) } (new(&visit, "/reports/new", "btn-new-report")) }
            (rows)
        }
    })
}

/// The last whole reporting period of a month's kind before a day: the 15th of the month before to the 14th
/// (Nghị định 09/2019/NĐ-CP).
fn last_month(today: Date) -> Option<(Date, Date)> {
    let text = today.to_string();
    let (year, month): (i32, u32) = (text[..4].parse().ok()?, text[5..7].parse().ok()?);
    let before = |(year, month): (i32, u32)| if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    let end = if text[8..] > *"14" { (year, month) } else { before((year, month)) };
    let begin = before(end);
    Some((Date::new(begin.0, begin.1, 15)?, Date::new(end.0, end.1, 14)?))
}

/// The form to begin with: a draft, a version to be corrected, or the last report of this office with its
/// figures as those of the last period.
fn begun(visit: &Visit) -> Result<Form, Fault> {
    let mut form = drafts::begun(visit, "/reports/new")?;
    if form.is_set("title") {
        return Ok(form);
    }
    let again = visit.asked("again");
    let filter = Filter { owner: Some(visit.me()), limit: 1, ..Filter::default() };
    let listed = visit.look(|conn, _| views::list(conn, &filter))?;
    let which = match (again, listed.first()) {
        ("", None) => {
            form.set("period", "month");
            let above = visit.registry().parent(visit.me());
            above.into_iter().for_each(|above| form.add(parts::picker::TO, above.to_string()));
            begin_period(visit, &mut form);
            return Ok(form);
        }
        ("", Some(listed)) => listed.row.id.to_string(),
        (again, _) => again.to_owned(),
    };
    let record = visit.within(|context| act::find(context, Says::KIND, &Which { record: which.clone() }))?;
    let record::Shown::Report(shown) = &record.shown else { return Ok(form) };
    if again.is_empty() {
        begin_period(visit, &mut form);
    }
    form.set("form", shown.form.clone());
    for scope in &record.row.audience {
        form.add(parts::picker::TO, scope.office.to_string());
    }
    if !again.is_empty() {
        form.set("again", again);
        form.set("title", record.row.title.clone());
        form.set("number", record.row.number.clone());
    }
    if let Some(period) = &shown.period {
        form.set("period", period.kind.clone());
        if !again.is_empty() {
            form.set("from", period.from.to_string());
            form.set("to", period.to.to_string());
        }
    }
    for (row, indicator) in shown.indicators.iter().enumerate() {
        let value = indicator.value.map(|value| value.to_string());
        let mut set = |name: &str, value: String| form.set(&format!("indicator.{row}.{name}"), value);
        set("id", indicator.id.clone());
        set("content", indicator.label.clone());
        set("unit", indicator.unit.clone());
        if again.is_empty() {
            set("before", value.unwrap_or_default());
            set("value", String::new());
        } else {
            if value.is_none() {
                set("none", "1".to_owned());
            }
            set("value", value.unwrap_or_default());
            set("note", indicator.note.clone());
        }
    }
    Ok(form)
}

/// Period and title of a monthly report, to begin with.
fn begin_period(visit: &Visit, form: &mut Form) {
    if let Some((from, to)) = last_month(visit.today()) {
        let ends = to.to_string();
        form.set("from", from.to_string());
        form.set("title", tell!(visit, "report-title", month = &ends[5..7], year = &ends[..4]));
        form.set("to", ends);
    }
}

fn write_page(visit: &Visit, form: &Form) -> Answer {
    let again = !form.get("again").is_empty();
    let write = Write {
        title: visit.word(if again { "write-report-again" } else { "write-report" }),
        address: "/reports/new",
        at: "/reports",
        types: &[DocumentType::Report],
        offered: Offered::Above,
        urgency: false,
        button: "btn-send",
        ask: "ask-send",
        full: true,
    };
    let kinds = ["month", "quarter", "half", "year", "week", "range"];
    let kinds: Vec<(String, String)> =
        kinds.iter().map(|kind| ((*kind).to_owned(), visit.word(&format!("period-{kind}")))).collect();
    let labels =
        ["cli-form", "cli-period", "field-period-from", "field-period-to"].map(|key| visit.word(key));
    let day =
        |name, label| Field { name, label, kind: "date", required: true, ..Field::default() }.line(form);
    let more = html! {
        @if again { input type="hidden" name="again" value=(form.get("again")); }
        div.pair {
            (Field { name: "form", label: &labels[0], ..Field::default() }.line(form))
            (Field { name: "period", label: &labels[1], required: true, ..Field::default() }.choice(form, &kinds))
        }
        div.pair { (day("from", &labels[2])) (day("to", &labels[3])) }
        (rows(visit, form))
    };
    write.page(visit, form, more)
}

/// A row for each figure: last period, this one, no data and why.
fn rows(visit: &Visit, form: &Form) -> Markup {
    let rows = write::shown_rows(form, "indicator", 3);
    let labels: BTreeMap<&str, String> = [
        "cli-id",
        "cli-indicator",
        "cli-unit",
        "field-last-period",
        "field-this-period",
        "rep-no-data",
        "field-why-no-data",
    ]
    .into_iter()
    .map(|key| (key, visit.word(key)))
    .collect();
    html! {
        fieldset.rowset id="indicator" data-rows="indicator" {
            legend { (visit.word("sec-figures")) }
            p.hint { (visit.word("hint-figures")) }
            div.tw { table.ind.edit {
                thead { tr { @for key in ["cli-id", "cli-indicator", "cli-unit", "field-last-period", "field-this-period", "rep-no-data", "field-why-no-data"] { th scope="col" { (labels[key]) } } } }
                tbody {
                    @for row in &rows {
                        @let name = |field: &str| format!("indicator.{row}.{field}");
                        @let input = |field: &str, key: &str, class: &str| {
                            let name = name(field);
                            let wrong = form.error(&name);
                            html! {
                                input.(class).bad[wrong.is_some()] type="text" id=(name) name=(name) value=(form.raw(&name)) aria-label=(labels[key]) autocomplete="off"
                                    inputmode=[(class == "fig").then_some("decimal")] pattern=[(class == "fig").then_some(r"[\-−]?[0-9][0-9., ]*")] aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("err-{name}"))];
                                (field::error(form, &name))
                            }
                        };
                        tr data-row {
                            td { (input("id", "cli-id", "short")) }
                            td { (input("content", "cli-indicator", "")) }
                            td { (input("unit", "cli-unit", "short")) }
                            td.r.n.mut { (figure(visit.lang, form.raw(&name("before")))) input type="hidden" name=(name("before")) value=(form.raw(&name("before"))); }
                            td { (input("value", "field-this-period", "fig")) span.xs.warn data-jump=(visit.word("warn-jump-word")) {} }
                            td { label.lab2 { input type="checkbox" name=(name("none")) value="1" checked[form.is_set(&name("none"))]; (labels["rep-no-data"]) } }
                            td { (input("note", "field-why-no-data", "")) }
                        }
                    }
                }
            } }
            (write::more(visit, "indicator"))
        }
    }
}

/// The figures of a form; what is wrong with one is said beside it.
fn indicators(visit: &Visit, form: &mut Form) -> Vec<Part<IndicatorArg>> {
    let mut all = Vec::new();
    let rows: Vec<usize> = form.rows("indicator");
    for row in rows {
        let get = |name: &str| form.get(&format!("indicator.{row}.{name}")).to_owned();
        let (label, note, none) = (get("content"), get("note"), !get("none").is_empty());
        let value = plain_figure(&get("value"));
        if label.is_empty() && value.is_empty() && note.is_empty() && get("id").is_empty() {
            continue;
        }
        let id = if get("id").is_empty() { format!("A{:02}", row + 1) } else { get("id") };
        let unit = get("unit");
        let field = format!("indicator.{row}.value");
        if none {
            if note.is_empty() {
                let said = tell!(visit, "err-field-empty", field = visit.word("field-why-no-data"));
                form.wrong(format!("indicator.{row}.note"), said);
            }
        } else if value.is_empty() {
            form.wrong(field, tell!(visit, "err-figure-empty", field = label.as_str()));
        } else if value.parse::<Decimal>().is_err() {
            form.wrong(field, tell!(visit, "err-figure", value = value.as_str()));
        }
        if label.is_empty() {
            let said = tell!(visit, "err-field-empty", field = visit.word("cli-indicator"));
            form.wrong(format!("indicator.{row}.content"), said);
        }
        let value = if none { String::new() } else { value };
        all.push(Part::Fields(IndicatorArg { id, label, unit, value, note }));
    }
    all
}

/// A figure as people type it, as programs write it: "4.127" and "91,2" by Vietnamese habit.
fn plain_figure(typed: &str) -> String {
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let typed = typed.replace('−', "-");
    if typed.contains(',') {
        return typed.replace('.', "").replace(',', ".");
    }
    // Points that group thousands: each is followed by three digits, and the first group is no nought.
    let groups: Vec<&str> = typed.trim_start_matches('-').split('.').collect();
    let grouped = groups.len() > 1
        && groups[1..].iter().all(|group| group.len() == 3)
        && !groups[0].is_empty()
        && groups[0].len() <= 3
        && groups[0] != "0";
    if grouped { typed.replace('.', "") } else { typed }
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    if let Some(form) = write::grown(&posted) {
        return write_page(&visit, &form);
    }
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let send = write::send(&visit, &mut form);
    let period = write::period(&visit, &mut form, posted.get("period"));
    if period.is_none() {
        form.wrong("from", tell!(visit, "err-field-empty", field = visit.word("field-period-from")));
    }
    let indicators = indicators(&visit, &mut form);
    if form.is_good() {
        let content = Content { form: posted.get("form").to_owned(), period, indicators };
        let verb = match posted.get("again") {
            "" => Verb::Create(Box::new(Create { paper, send, content })),
            again => {
                let which = Which { record: again.to_owned() };
                Verb::Resubmit(Box::new(Resubmit { which, paper, levels: send.levels, content }))
            }
        };
        match visit.act(Records::Report(verb)).await {
            Ok(output) => return write::written(&visit, &posted, Pages::NAME, &output),
            Err(failure) => form.failure = Some(failure),
        }
    }
    write_page(&visit, &form)
}

/// Sums of figures over reports, which know how many they came from.
pub fn sum<'a>(reports: impl Iterator<Item = &'a [Indicator]>, id: &str) -> (f64, usize) {
    let values =
        reports.filter_map(|indicators| indicators.iter().find(|indicator| indicator.id == id)?.value);
    values.fold((0.0, 0), |(sum, count), value| (sum + number(value), count + 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_month_closes_on_the_fourteenth() {
        let last = |day: &str| last_month(day.parse().unwrap()).map(|(from, to)| format!("{from} {to}"));
        assert_eq!(last("2026-11-26").as_deref(), Some("2026-10-15 2026-11-14"));
        assert_eq!(last("2026-11-14").as_deref(), Some("2026-09-15 2026-10-14"));
        assert_eq!(last("2026-01-05").as_deref(), Some("2025-11-15 2025-12-14"));
    }

    #[test]
    fn figures_are_read_as_people_type_them() {
        for (typed, plain) in [
            ("4.127", "4127"),
            ("91,2", "91.2"),
            ("1.234.567,5", "1234567.5"),
            ("12", "12"),
            ("0.125", "0.125"),
            ("−3", "-3"),
            ("1 200", "1200"),
            ("91.25", "91.25"),
            ("", ""),
            ("abc", "abc"),
        ] {
            assert_eq!(plain_figure(typed), plain, "{typed}");
        }
    }
}
