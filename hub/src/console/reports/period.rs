//! One form and period: which offices are missing, what arrived when, and the totals of the figures.

use std::collections::BTreeSet;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::across;
use truc_node::desk::report::status;
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

use super::completeness::{self, Got, Total};
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
    let table = table(&visit, &asked.period);
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
        (figures(&visit, &asked)?)
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
    let late = if over { tally.expected - tally.received - unheard } else { 0 };
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
        html! { li { span { (capital(&visit.word(key))) } b.n { (done) small { "/" (all) } } span { (note) } (chart::share(done, late, all)) } }
    };
    let missing = match (late, rest.as_str()) {
        (0, rest) => rest.to_owned(),
        (late, "") => tell!(visit, "mx-n-late", count = late),
        (late, rest) => format!("{}, {rest}", tell!(visit, "mx-n-late", count = late)),
    };
    html! {
        (tile("rp-received", tally.received, late, tally.expected, &missing))
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

/// Totals of the newest versions received, each with the number of reports in it, beside those of the previous period.
fn figures(visit: &Visit, asked: &Asked) -> Result<Markup, Failure> {
    let all = |period: &Period| {
        visit.look(|conn, _| {
            let of =
                |(office, got): (&OfficeId, &Got)| Ok((*office, across::figures(conn, got.record, *office)?));
            period.got.iter().map(of).collect::<truc_node::derive::views::Result<Vec<_>>>()
        })
    };
    let now = all(&asked.period)?;
    let sums = completeness::totals(now.iter().map(|(_, figures)| figures.as_slice()));
    let before = asked.before.as_ref().map(all).transpose()?.unwrap_or_default();
    let old = completeness::totals(before.iter().map(|(_, figures)| figures.as_slice()));
    let expected = asked.period.tally().expected;
    let Some(first) = sums.first() else { return Ok(html! {}) };
    let chosen = sums.iter().find(|total| total.id == visit.asked("ind")).unwrap_or(first);
    let value = |total: &Total| match total.value {
        Some(value) => {
            html! { (figure(visit.lang, &value.to_string())) @if total.is_mean() { " " small.mut { (visit.word("rp-mean")) } } }
        }
        None => html! { span.nodata { (visit.word("rep-no-data")) } },
    };
    let body = html! {
        p.note { (tell!(visit, "agg-partial", counted = asked.period.got.len(), all = expected, missing = expected - asked.period.got.len())) }
        div.tw tabindex="0" { table.ind.totals {
            thead { tr {
                th scope="col" { (visit.word("cli-id")) } th scope="col" { (visit.word("cli-indicator")) } th scope="col" { (visit.word("cli-unit")) }
                th.r scope="col" { (visit.word("field-last-period")) } th.r scope="col" { (visit.word("field-this-period")) }
                th.r scope="col" { (visit.word("field-change")) } th.r scope="col" { (visit.word("rp-from")) }
            } }
            tbody { @for total in &sums {
                @let before = old.iter().find(|old| old.id == total.id);
                tr.sel[total.id == chosen.id] {
                    td.n.mut { (total.id) }
                    th scope="row" { a.plain href={ (visit.with("ind", &total.id)) "#chart" } { (total.label) } }
                    td.mut { (total.unit) }
                    td.r.n { @if let Some(before) = before { (value(before)) " " small.mut { (before.counted) "/" (asked.before.as_ref().map_or(0, |before| before.tally().expected)) } } @else { "–" } }
                    td.r.n { b { (value(total)) } }
                    td.r.n { (change(visit, total, before)) }
                    td.r.n { (total.counted) "/" (expected) }
                }
            } }
        } }
        div id="chart" { (by_group(visit, asked, &now, chosen)) }
    };
    Ok(parts::section(
        "figures",
        &visit.word("rp-sums"),
        &tell!(visit, "count-figures", count = sums.len()),
        body,
    ))
}

fn change(visit: &Visit, total: &Total, before: Option<&Total>) -> Markup {
    match (total.number(), before.and_then(Total::number)) {
        (Some(now), Some(before)) => {
            let change = ((now - before) * 1e6).round() / 1e6;
            html! { @if change > 0.0 { "+" } (figure(visit.lang, &change.to_string())) }
        }
        _ => html! { "–" },
    }
}

type Figures = Vec<(OfficeId, Vec<truc_proto::record::report::Indicator>)>;

/// A chart of one indicator by groups of offices; a group without a figure is a gap.
fn by_group(visit: &Visit, asked: &Asked, all: &Figures, chosen: &Total) -> Markup {
    let bars: Vec<Bar> = asked
        .groups
        .iter()
        .filter(|(name, _)| asked.group.is_empty() || *name == asked.group)
        .map(|(name, offices)| {
            let of = all.iter().filter(|(office, _)| offices.contains(office));
            let sums = completeness::totals(of.map(|(_, figures)| figures.as_slice()));
            let total = sums.into_iter().find(|total| total.id == chosen.id);
            let told = total.as_ref().and_then(|total| total.value);
            Bar {
                label: name.clone(),
                value: total.as_ref().and_then(Total::number),
                told: told.map(|value| figure(visit.lang, &value.to_string())).unwrap_or_default(),
            }
        })
        .collect();
    if bars.len() < 2 {
        return html! {};
    }
    chart::bars(visit, &format!("{}: {} ({})", chosen.id, chosen.label, chosen.unit), None, &bars)
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
