//! One form and period: which offices are missing, what arrived when, and the totals of the figures.

use std::collections::BTreeSet;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::across;
use truc_node::desk::report::{difference, status};
use truc_node::tell;
use truc_node::web::fault::{Answer, Fault};
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::chart::{self, Bar};
use truc_node::web::parts::{self, Mark, badge, capital, field, figure};
use truc_node::web::posted::Posted;
use truc_node::web::shared::drafts;
use truc_node::web::table::{Cell, Table};
use truc_node::web::{Visit, export};
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::record::figure::Exact;
use truc_proto::record::report::Indicator;

use super::completeness::{self, Got, Sum, Total};
use super::periods::{self, Period};
use super::{AT, address, sentence, silent, told};
use crate::console::remind::{self, OFFICE, Reminder};

/// A report that arrived within this time of being signed (milliseconds) is shown as "at once", without a second time.
const APART: i64 = 15 * 60_000;

/// The form, period and group that a query names, with what the views hold about them.
struct Asked {
    form: String,
    kind: String,
    period: Period,
    before: Option<Period>,
    /// Groups of the offices of all periods of this year, for the chart.
    groups: Vec<(String, BTreeSet<OfficeId>)>,
    group: String,
}

impl Asked {
    /// Reads the query. `value` gives the parameter with a name, from the address or from a posted form.
    fn of<'a>(visit: &Visit, value: impl Fn(&str) -> &'a str) -> Result<Self, Fault> {
        let day = |name: &str| value(name).parse::<Date>().map_err(|_| Fault::NotFound);
        let (from, to) = (day("from")?, day("to")?);
        let (form, kind) = (value("form").to_owned(), value("kind").to_owned());
        let year = i32::from(to.civil().year());
        let mut all = periods::read(visit, &form, &kind, year)?;
        let groups = periods::groups(&visit.registry(), &all);
        let found = all.iter().position(|period| (period.from, period.to) == (from, to));
        let mut period = all.remove(found.ok_or(Fault::NotFound)?);
        all.retain(|other| other.to < to);
        let mut before = match all.pop() {
            Some(before) => Some(before),
            None => periods::read(visit, &form, &kind, year - 1)?.pop(),
        };
        let group = value("group").to_owned();
        if let Some((_, offices)) = groups.iter().find(|(name, _)| *name == group) {
            for period in std::iter::once(&mut period).chain(&mut before) {
                period.expected.retain(|office| offices.contains(office));
                period.got.retain(|office, _| offices.contains(office));
            }
        }
        Ok(Self { form, kind, period, before, groups, group })
    }

    fn address(&self) -> String {
        address(&self.form, &self.kind, &self.period, &self.group)
    }
}

/// Shows the page, or its table as a file.
pub(super) async fn show(visit: Visit) -> Answer {
    let asked = Asked::of(&visit, |name| visit.asked(name))?;
    let now = figures_of(&visit, &asked.period)?;
    let before = asked.before.as_ref().map(|before| figures_of(&visit, before)).transpose()?;
    let (totals, old) = (sums(&now), before.as_ref().map(sums).unwrap_or_default());
    let summed = totals_table(&visit, &asked, &totals, &old);
    let table = match visit.asked("of") {
        "sums" => summed.clone(),
        "cells" => cells_table(&visit, &asked, &now, &totals),
        _ => table(&visit, &asked.period).about(format!(
            "{}, {}",
            asked.form,
            told(&visit, &asked.kind, &asked.period)
        )),
    };
    let table = table.chosen(&visit);
    if let Some(file) = export::asked(&visit, &table)? {
        return Ok(file);
    }
    let silent = silent(&visit)?;
    let period = &asked.period;
    let body = html! {
        p.crumb { a href=(AT) { (visit.word("nav-report")) } " › " (asked.form) @if !asked.group.is_empty() { " › " (asked.group) } }
        h1 { (capital(&told(&visit, &asked.kind, period))) }
        p.lead id="lead" data-part { (sentence(&visit, period)) }
        ul.sum.steps id="sums" data-part { (tiles(&visit, period, &silent)) }
        (missing(&visit, &asked, &silent))
        (figures(&visit, &asked, &now, &totals, &summed))
        (parts::section("received", &visit.word("rp-received"), &tell!(&visit, "agg-offices", count = period.got.len()), html! {
            (table.filter(&visit)) div id="rows" data-part { (table.markup(&visit)) }
        }))
    };
    Ok(Page::new(format!("{} {}", asked.form, period.to), body).at(AT).class("wide").render(&visit))
}

fn tiles(visit: &Visit, period: &Period, silent: &BTreeSet<OfficeId>) -> Markup {
    let tally = period.tally();
    let unheard = period.missing().filter(|office| silent.contains(office)).count();
    let over = visit.now > period.deadline;
    let late = if over { tally.missing().saturating_sub(unheard) } else { 0 };
    let rest = if unheard > 0 { tell!(visit, "mx-n-unknown", count = unheard) } else { String::new() };
    let unknown = if tally.unknown > 0 {
        tell!(visit, "rp-arrival-unknown", count = tally.unknown)
    } else {
        String::new()
    };
    let returned = if tally.returned > 0 {
        tell!(visit, "rp-n-returned", count = tally.returned)
    } else {
        String::new()
    };
    let tile = |key: &str, done: usize, late: usize, all: usize, note: &str| {
        html! { li { span { (capital(&visit.word(key))) } b.n { (done) @if all > 0 { small { "/" (all) } } } span { (note) } (chart::share(done, late, all)) } }
    };
    let missing = match (late, rest.as_str()) {
        (0, rest) => rest.to_owned(),
        (late, "") => tell!(visit, "mx-n-late", count = late),
        (late, rest) => format!("{}, {rest}", tell!(visit, "mx-n-late", count = late)),
    };
    html! {
        (tile("rp-received", tally.received - tally.unasked, late, tally.expected, &missing))
        @if tally.unasked > 0 { (tile("rp-unasked", tally.unasked, 0, 0, "")) }
        (tile("rp-on-time-signed", tally.signed, tally.received - tally.signed, tally.received, ""))
        (tile("rp-on-time-arrived", tally.arrived, tally.received - tally.arrived - tally.unknown, tally.received, &unknown))
        (tile("rep-accepted", tally.accepted, tally.returned, tally.received, &returned))
    }
}

/// The offices that have not reported, with a form to remind them. Silent ones stand apart and unticked, because nobody
/// can say of them whether they are late.
fn missing(visit: &Visit, asked: &Asked, silent: &BTreeSet<OfficeId>) -> Markup {
    let mut all: Vec<(String, OfficeId)> =
        asked.period.missing().map(|office| (visit.name(office), office)).collect();
    all.sort_by_cached_key(|(name, _)| order(name));
    if all.is_empty() {
        return html! {};
    }
    let over = visit.now > asked.period.deadline;
    let (unheard, missing): (Vec<_>, Vec<_>) = all.iter().partition(|(_, office)| silent.contains(office));
    let list = |offices: &[&(String, OfficeId)], ticked: bool| {
        html! {
            ul.names { @for (name, office) in offices { li { label {
                @if visit.may(Right::Steer) { input type="checkbox" name=(OFFICE) value=(office) checked[ticked]; }
                (name)
            } } } }
        }
    };
    let carried = [
        ("form", asked.form.clone()),
        ("kind", asked.kind.clone()),
        ("from", asked.period.from.to_string()),
        ("to", asked.period.to.to_string()),
        ("group", asked.group.clone()),
    ];
    let note = tell!(visit, "agg-offices", count = all.len());
    let body = html! {
        form.matrix method="post" action="/reports/remind" data-bulk {
            (field::token(visit))
            @for (name, value) in &carried { input type="hidden" name=(name) value=(value); }
            div id="missing-offices" data-part {
                @if !missing.is_empty() {
                    p { @if over { (badge(Mark::Late, &tell!(visit, "rp-missing-late", count = missing.len()))) } @else { (badge(Mark::Waiting, &tell!(visit, "rp-missing-open", count = missing.len()))) } }
                    (list(&missing, over))
                }
                @if !unheard.is_empty() {
                    p { (badge(Mark::Unknown, &tell!(visit, "mx-silent-n", count = unheard.len()))) }
                    (list(&unheard, false))
                }
            }
            @if visit.may(Right::Steer) {
                p.bulk { button.b.go data-key="n" data-bulk-word=(visit.word("mx-remind-word")) { (visit.word("btn-remind-all")) } span.mut.sm { (visit.word("rp-remind-note")) } }
            }
        }
    };
    parts::section("missing", &visit.word("rp-missing"), &note, body)
}

/// The figures of one period: the newest version of each office's report.
type Figures = Vec<(OfficeId, Vec<Indicator>)>;

fn figures_of(visit: &Visit, period: &Period) -> Result<Figures, Failure> {
    visit.look(|conn, _| {
        let of =
            |(office, got): (&OfficeId, &Got)| Ok((*office, across::figures(conn, got.record, *office)?));
        period.got.iter().map(of).collect()
    })
}

fn sums(figures: &Figures) -> Vec<Total> {
    completeness::totals(figures.iter().map(|(_, figures)| figures.as_slice()))
}

/// A total in words.
fn total_word(visit: &Visit, total: &Total) -> String {
    match total.sum {
        Sum::Is(sum) => figure(visit.lang, &sum.to_string()),
        Sum::Ratio => visit.word("rp-ratio"),
        Sum::NoData => visit.word("rep-no-data"),
        Sum::TooLarge => visit.word("rp-too-large"),
    }
}

/// A total in a table; what cannot be added says why.
fn total_cell(visit: &Visit, total: &Total) -> Cell {
    let word = total_word(visit, total);
    match total.value().map(Exact::decimal) {
        Some(Some(sum)) => Cell::decimal(visit, sum),
        Some(None) => Cell::text(word),
        None => Cell::text(word.clone()).shown(html! { span.nodata { (word) } }).rank(i64::MAX),
    }
}

/// The totals beside those of the previous period, each with the number of reports in it.
fn totals_table(visit: &Visit, asked: &Asked, now: &[Total], old: &[Total]) -> Table {
    let heads = [
        ("id", "cli-id"),
        ("indicator", "cli-indicator"),
        ("unit", "cli-unit"),
        ("before", "field-last-period"),
        ("now", "field-this-period"),
        ("change", "field-change"),
        ("from", "rp-from"),
        ("asked", "rp-asked"),
    ];
    let expected = asked.period.tally().expected;
    let mut table = Table::new(visit, "rp-sums", &heads)
        .figures(&["before", "now", "change", "from", "asked"])
        .about(format!("{}, {}", asked.form, told(visit, &asked.kind, &asked.period)));
    for total in now {
        let before = old.iter().find(|old| old.key() == total.key());
        let nothing = || Cell::text("–").rank(i64::MAX);
        let change = match (total.value(), before.and_then(Total::value)) {
            (Some(now), Some(before)) => {
                let shown = difference(visit, now, before);
                let cell = now.minus(before).and_then(Exact::decimal);
                cell.map_or_else(nothing, |change| Cell::decimal(visit, change)).shown(shown)
            }
            _ => nothing(),
        };
        let address = format!("{}#chart", visit.with("ind", &total.id));
        table.row(vec![
            Cell::text(total.id.clone()),
            Cell::text(total.label.clone()).shown(html! { a.plain href=(address) { (total.label) } }),
            Cell::text(total.unit.clone()),
            before.map_or_else(nothing, |before| total_cell(visit, before)),
            total_cell(visit, total),
            change,
            Cell::number(total.counted as i64),
            Cell::number(expected as i64),
        ]);
    }
    table
}

/// Each office with each indicator, as it was reported: what was not reported, and what has no data, are words and never
/// zero.
fn cells_table(visit: &Visit, asked: &Asked, all: &Figures, totals: &[Total]) -> Table {
    let head = |total: &Total| format!("{} {} ({})", total.id, total.label, total.unit);
    let fixed = ["cli-office", "rp-office-code", "cli-number"].map(|key| ("", visit.word(key)));
    let heads = fixed.into_iter().chain(totals.iter().map(|total| ("", head(total))));
    let mut table = Table::titled(visit.word("rp-cells"), heads).about(format!(
        "{}, {}",
        asked.form,
        told(visit, &asked.kind, &asked.period)
    ));
    let registry = visit.registry();
    let code = |office: OfficeId| {
        let fact = visit.fact(&registry, office);
        fact.map_or_else(String::new, |fact| fact.code.clone())
    };
    let reported = all.iter().map(|(office, figures)| (*office, Some(figures)));
    let missing = asked.period.missing().map(|office| (office, None));
    let mut offices: Vec<_> = reported.chain(missing).collect();
    offices.sort_by_cached_key(|(office, _)| (order(&visit.name(*office)), *office));
    for (office, figures) in offices {
        let number = asked.period.got.get(&office).map_or("", |got| got.number.as_str());
        let mut row = vec![Cell::text(visit.name(office)), Cell::text(code(office)), Cell::text(number)];
        row.extend(totals.iter().map(|total| {
            let Some(figures) = figures else { return Cell::text(visit.word("rp-no-report")) };
            let of = figures.iter().find(|one| completeness::key(&one.id, &one.unit) == total.key());
            match of.map(|one| one.value) {
                Some(Some(value)) => Cell::decimal(visit, value),
                Some(None) => Cell::text(visit.word("rep-no-data")),
                None => Cell::text(""),
            }
        }));
        table.row(row);
    }
    table
}

/// The totals, with links to them and to all cells as files, and a chart of one of them.
fn figures(visit: &Visit, asked: &Asked, all: &Figures, sums: &[Total], table: &Table) -> Markup {
    let expected = asked.period.tally().expected;
    let Some(first) = sums.first() else { return html! {} };
    let chosen = sums.iter().find(|total| total.id == visit.asked("ind")).unwrap_or(first);
    let file = |of: &str, kind: &str| format!("{}&as={kind}", visit.with("of", of));
    let counted = all.len();
    let body = html! {
        @if expected > 0 { p.note { (tell!(visit, "agg-partial", counted = counted, all = expected, missing = asked.period.missing().count())) } }
        @if sums.iter().any(|total| total.sum == Sum::Ratio) { p.hint { (visit.word("rp-ratio-note")) } }
        (table.grid(table.rows(), None))
        @if visit.may(Right::Export) {
            div.tfoot {
                @for (of, key) in [("sums", "rp-sums"), ("cells", "rp-cells")] {
                    span.export { (visit.word(key)) ": " a href=(file(of, "csv")) { "CSV" } " · " a href=(file(of, "xlsx")) { "XLSX" } }
                }
            }
        }
        div id="chart" { (by_group(visit, asked, all, chosen)) }
    };
    parts::section(
        "figures",
        &visit.word("rp-sums"),
        &tell!(visit, "count-figures", count = sums.len()),
        body,
    )
}

/// A chart of one indicator by groups of offices; a group without a figure is a gap.
fn by_group(visit: &Visit, asked: &Asked, all: &Figures, chosen: &Total) -> Markup {
    let sums: Vec<(&str, Option<Exact>)> = asked
        .groups
        .iter()
        .filter(|(name, _)| asked.group.is_empty() || *name == asked.group)
        .map(|(name, offices)| {
            let of = all.iter().filter(|(office, _)| offices.contains(office));
            let sums = completeness::totals(of.map(|(_, figures)| figures.as_slice()));
            let total = sums.into_iter().find(|total| total.key() == chosen.key());
            (name.as_str(), total.and_then(|total| total.value()))
        })
        .collect();
    let most = sums.iter().filter_map(|(_, sum)| *sum).max().unwrap_or(Exact::ZERO);
    let bar = |(name, sum): &(&str, Option<Exact>)| Bar {
        label: (*name).to_owned(),
        height: sum.map(|sum| sum.per_mille_of(most)),
        told: sum.map(|sum| figure(visit.lang, &sum.to_string())).unwrap_or_default(),
    };
    let bars: Vec<Bar> = sums.iter().map(bar).collect();
    if bars.len() < 2 || chosen.value().is_none() {
        return html! {};
    }
    chart::bars(visit, &format!("{}: {} ({})", chosen.id, chosen.label, chosen.unit), &bars)
}

/// The offices that have reported: what arrived and when.
fn table(visit: &Visit, period: &Period) -> Table {
    let heads = [
        ("office", "cli-office"),
        ("number", "cli-number"),
        ("signed", "rp-signed-at"),
        ("arrived", "rp-arrived-at"),
        ("time", "cli-due"),
        ("version", "cli-version"),
        ("state", "cli-status"),
    ];
    let mut table =
        Table::new(visit, "rp-received", &heads).figures(&["version"]).or_else(visit.word("rp-nobody"));
    for (office, got) in &period.got {
        let address = format!("/report/{}", got.record);
        let (mark, word) = match got.accepted {
            Some(true) => status(visit, "accepted"),
            Some(false) => status(visit, "returned"),
            None => status(visit, "submitted"),
        };
        let (time_mark, time_word) = punctual(visit, got, period.deadline);
        let arrived = match got.arrived {
            None => Cell::text(visit.word("rp-unknown")).rank(i64::MAX),
            Some(at) if (at - got.signed).abs() < APART => {
                Cell::time(visit, Some(at)).shown(html! { span.mut { (visit.word("rp-at-once")) } })
            }
            some => Cell::time(visit, some),
        };
        table.row(vec![
            Cell::text(visit.name(*office)).shown(html! { a.t href=(address) { (visit.name(*office)) } }),
            Cell::link("so", &got.number, &address),
            Cell::time(visit, Some(got.signed)),
            arrived,
            Cell::badge(time_mark, &time_word),
            Cell::number(i64::from(got.version)),
            Cell::badge(mark, &word),
        ]);
    }
    table
}

/// Whether a report is in time. If it was signed in time but arrived late, the words say so.
fn punctual(visit: &Visit, got: &Got, deadline: i64) -> (Mark, String) {
    let (signed, arrived) = (got.signed <= deadline, got.arrived.map(|arrived| arrived <= deadline));
    match (signed, arrived) {
        (true, Some(false)) => (Mark::Done, visit.word("rp-signed-in-time")),
        (true, _) => (Mark::Done, visit.word("rp-in-time")),
        (false, _) => {
            let span = visit.clock().span(got.signed - deadline);
            (Mark::DoneLate, tell!(visit, "rp-late-by", span = span))
        }
    }
}

/// Reminds the ticked offices of their report on the period.
pub(super) async fn remind(visit: Visit, posted: Posted) -> Answer {
    let (reminder, offices) = reminder(&visit, &posted)?;
    reminder.answer(&visit, &posted, &offices).await
}

/// Shows a reminder that was begun.
pub(super) async fn remind_again(visit: Visit) -> Answer {
    let form = drafts::form(&visit, &visit.path)?;
    let (reminder, offices) = reminder(&visit, &form)?;
    reminder.again(&visit, &form, &offices)
}

fn reminder(visit: &Visit, form: &Form) -> Result<(Reminder, Vec<OfficeId>), Fault> {
    let asked = Asked::of(visit, |name| form.get(name))?;
    let known: Vec<OfficeId> = asked.period.missing().collect();
    let offices = remind::ticked(form, &known);
    let period = told(visit, &asked.kind, &asked.period);
    let due = visit.clock().moment(asked.period.deadline);
    let reminder = Reminder {
        address: "/reports/remind".into(),
        back: asked.address(),
        at: AT,
        about: None,
        paper: format!("{}, {period}", asked.form),
        own: false,
        title: tell!(visit, "remind-report-title", form = asked.form.as_str(), period = period.as_str()),
        text: tell!(
            visit,
            "remind-report-text",
            form = asked.form.as_str(),
            period = period.as_str(),
            due = due
        ),
        carried: vec![
            ("form", asked.form.clone()),
            ("kind", asked.kind.clone()),
            ("from", asked.period.from.to_string()),
            ("to", asked.period.to.to_string()),
            ("group", asked.group.clone()),
        ],
    };
    Ok((reminder, offices))
}
