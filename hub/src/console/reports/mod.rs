//! Completeness of reports: which offices have sent which report for which period, for one form at a time.

mod completeness;
mod period;
mod periods;

use std::collections::BTreeSet;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::across::{self, FormRow};
use truc_node::desk::report;
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::fault::Answer;
use truc_node::web::page::Page;
use truc_node::web::parts::chart::{self, Bar};
use truc_node::web::parts::{self, Chip, Mark, capital, empty, glyph};
use truc_node::web::route::{Need, Route, Text};
use truc_node::web::table::{Cell, Table};
use truc_node::web::times::day;
use truc_node::web::visit::encoded;
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;
use truc_proto::record::duty::Thresholds;

use self::completeness::Tally;
use self::periods::Period;

const AT: &str = "/reports";
/// How many of the newest reports, of any period, stand below the table.
const NEWEST: u32 = 20;

/// Routes of the pages about reports.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get(AT, Need::Right(Right::Read), year),
        Route::get("/reports/period", Need::Right(Right::Read), period::show),
        Route::get("/reports/remind", Need::Right(Right::Steer), period::remind_again).keeps(Text::Paper),
        Route::post("/reports/remind", Need::Right(Right::Steer), period::remind).keeps(Text::Paper),
    ]
}

/// The silent offices. Nobody can say of them whether they are late.
fn silent(visit: &Visit) -> Result<BTreeSet<OfficeId>, Failure> {
    visit
        .look(|_, look| Ok(look.registry.offices().map(|(id, _)| id).filter(|id| look.silent(*id)).collect()))
}

/// How a period stands for a group of offices; none: no report is expected from them. `only_silent_missing`: every
/// office that has not reported is silent.
fn mark(
    tally: &Tally,
    deadline: i64,
    figures: Thresholds,
    now: i64,
    only_silent_missing: bool,
) -> Option<Mark> {
    let missing = tally.expected.saturating_sub(tally.received);
    Some(match () {
        () if tally.expected == 0 => return None,
        () if missing == 0 && tally.signed == tally.received => Mark::Done,
        () if missing == 0 => Mark::DoneLate,
        () if now > deadline && only_silent_missing => Mark::Unknown,
        () if now > deadline => Mark::Late,
        () if figures.is_soon(deadline, now) => Mark::Soon,
        () if tally.received > 0 => Mark::Running,
        () => Mark::Waiting,
    })
}

/// The word for a mark of a period.
fn mark_word(visit: &Visit, mark: Mark) -> String {
    visit.word(match mark {
        Mark::Done => "mx-l-done",
        Mark::DoneLate => "mx-l-dlate",
        Mark::Unknown => "mx-l-unk",
        Mark::Late => "mx-l-late",
        Mark::Soon => "mx-l-soon",
        Mark::Running => "mx-l-run",
        _ => "mx-l-wait",
    })
}

/// Path of a period's page, for all offices or for one group.
fn address(form: &str, kind: &str, period: &Period, group: &str) -> String {
    let group = if group.is_empty() { String::new() } else { format!("&group={}", encoded(group)) };
    format!(
        "/reports/period?form={}&kind={}&from={}&to={}{group}",
        encoded(form),
        encoded(kind),
        period.from,
        period.to
    )
}

/// A period in words: "tháng 10/2026 (15/09–14/10)".
fn told(visit: &Visit, kind: &str, period: &Period) -> String {
    let (from, to) = (day(period.from.civil()), day(period.to.civil()));
    let span = format!("{}–{to}", &from[..5]);
    match kind {
        periods::MONTH => tell!(visit, "rp-month", month = &to[3..], span = span),
        _ => format!("{} {span}", visit.word(&format!("period-{kind}"))),
    }
}

async fn year(visit: Visit) -> Answer {
    let forms = visit.look(|conn, _| across::forms(conn))?;
    let asked = (visit.asked("form"), visit.asked("kind"));
    let chosen = forms.iter().find(|form| (form.form.as_str(), form.period_kind.as_str()) == asked);
    let chosen = chosen.or(forms.first()).cloned();
    let Some(chosen) = chosen else {
        let body = html! { h1 { (visit.word("nav-report")) } (empty(&visit.word("rp-none"), None)) (newest(&visit)?) };
        return Ok(Page::new(visit.word("nav-report"), body).at(AT).render(&visit));
    };
    let newest_year: i32 = chosen.newest.get(..4).and_then(|year| year.parse().ok()).unwrap_or(1970);
    // A single report may be dated in any year to come.
    let newest_year = newest_year.min(visit.today().civil().year().into());
    let year =
        visit.asked("year").parse().ok().filter(|year| (1..=9999).contains(year)).unwrap_or(newest_year);
    let periods = periods::read(&visit, &chosen.form, &chosen.period_kind, year)?;
    let silent = silent(&visit)?;
    let current = periods.iter().rev().find(|period| !period.got.is_empty());
    let body = html! {
        header.title { h1 { (visit.word("rp-title")) } }
        (parts::chips(None, &visit.word("cli-form"), forms.iter().map(|form| chip(&visit, form, form == &chosen))))
        @if let Some(period) = current { p.lead id="lead" data-part { b { (capital(&told(&visit, &chosen.period_kind, period))) } ". " (sentence(&visit, period)) } }
        nav.turn {
            a.b href=(visit.with("year", &(year - 1).to_string())) { "← " (year - 1) }
            " " b { (tell!(&visit, "rp-year", year = year.to_string())) } " "
            a.b href=(visit.with("year", &(year + 1).to_string())) { (year + 1) " →" }
        }
        div id="year" data-part {
            @if periods.is_empty() { (empty(&tell!(&visit, "rp-none-in", year = year.to_string()), None)) }
            @else { (grid(&visit, &chosen, &periods, &silent, year)) (by_month(&visit, &chosen, &periods)) }
        }
        (newest(&visit)?)
    };
    Ok(Page::new(visit.word("nav-report"), body).at(AT).class("wide").render(&visit))
}

fn chip(visit: &Visit, form: &FormRow, current: bool) -> Chip {
    let address = format!("{AT}?form={}&kind={}", encoded(&form.form), encoded(&form.period_kind));
    let kind = visit.word(&format!("period-{}", form.period_kind));
    let word = tell!(visit, "rp-by", form = form.form.as_str(), kind = kind);
    (address, current, html! { (word) })
}

/// A sentence on how complete a period is.
fn sentence(visit: &Visit, period: &Period) -> String {
    let tally = period.tally();
    let due = visit.clock().due(period.deadline);
    let said = tell!(
        visit,
        "rp-sentence",
        received = tally.received,
        expected = tally.expected,
        signed = tally.signed,
        arrived = tally.arrived,
        accepted = tally.accepted,
        due = due
    );
    if tally.unknown == 0 {
        said
    } else {
        format!("{said} {}", tell!(visit, "rp-arrival-unknown", count = tally.unknown))
    }
}

/// Picks one figure out of a tally.
type Figure = fn(&Tally) -> usize;

/// Column headings with their periods. For months there are always twelve, even without a report.
fn columns<'a>(kind: &str, periods: &'a [Period], year: i32) -> Vec<(String, Option<&'a Period>)> {
    if kind != periods::MONTH {
        return periods.iter().map(|period| (head(kind, period), Some(period))).collect();
    }
    let mut columns = Vec::new();
    for month in (1..=12).map(|month| format!("{month:02}/{year:04}")) {
        // Offices may delimit a month differently; each variant is a period (and a column) of its own.
        let before = columns.len();
        let of = periods.iter().filter(|period| head(kind, period) == month);
        columns.extend(of.map(|period| (month.clone(), Some(period))));
        if columns.len() == before {
            columns.push((month, None));
        }
    }
    columns
}

fn grid(visit: &Visit, form: &FormRow, periods: &[Period], silent: &BTreeSet<OfficeId>, year: i32) -> Markup {
    let groups = periods::groups(&visit.registry(), periods);
    let figures = visit.site.accounts.figures();
    let cell = |period: &Period, group: Option<&(String, BTreeSet<OfficeId>)>| {
        let (tally, name) = match group {
            None => (period.tally(), ""),
            Some((name, offices)) => (period.tally_of(offices), name.as_str()),
        };
        let of = |office: &OfficeId| group.is_none_or(|(_, offices)| offices.contains(office));
        let only_silent = period.missing().filter(of).all(|office| silent.contains(&office));
        let Some(mark) = mark(&tally, period.deadline, figures, visit.now, only_silent) else {
            return html! { td.na { span.vh { (visit.word("rp-not-expected")) } } };
        };
        let tint = match mark {
            Mark::Late => Some("cl"),
            Mark::Unknown => Some("cu"),
            _ => None,
        };
        html! {
            td class=[tint] data-l=(told(visit, &form.period_kind, period)) {
                a.plain href=(address(&form.form, &form.period_kind, period, name)) {
                    svg.g.(mark.name()) role="img" aria-label=(mark_word(visit, mark)) { use href={ "#i-" (mark.name()) } {} }
                    (tally.received) "/" (tally.expected)
                }
            }
        }
    };
    let figures: [(&str, Figure); 3] = [
        ("rp-on-time-signed", |tally| tally.signed),
        ("rp-on-time-arrived", |tally| tally.arrived),
        ("rep-accepted", |tally| tally.accepted),
    ];
    let columns = columns(&form.period_kind, periods, year);
    // On a phone, months without a period are hidden.
    let nothing = || html! { td.na.away { span.vh { (visit.word("rp-not-expected")) } } };
    let row = |group: Option<&(String, BTreeSet<OfficeId>)>| {
        html! { @for (_, period) in &columns { @if let Some(period) = period { (cell(period, group)) } @else { (nothing()) } } }
    };
    html! {
        div.tw tabindex="0" { table.mx.rp data-walk {
            caption.vh { (visit.word("rp-title")) }
            thead { tr {
                th scope="col" { (visit.word("cli-office")) }
                @for (head, period) in &columns { th.away[period.is_none()] scope="col" title=[period.map(|period| told(visit, &form.period_kind, period))] {
                    @if let Some(period) = period { a.plain href=(address(&form.form, &form.period_kind, period, "")) { (head) } } @else { (head) }
                } }
            } }
            tbody {
                tr.all { th scope="row" { (visit.word("nav-overview")) } (row(None)) }
                @for (key, figure) in figures {
                    tr.part { th scope="row" { (capital(&visit.word(key))) } @for (_, period) in &columns { @if let Some(period) = period { td.n { (figure(&period.tally())) } } @else { (nothing()) } } }
                }
            }
            @if groups.len() > 1 { tbody {
                @for group in &groups { tr { th scope="row" { (group.0) } (row(Some(group))) } }
            } }
        } }
        p.legend.under {
            @for mark in [Mark::Done, Mark::DoneLate, Mark::Late, Mark::Soon, Mark::Running, Mark::Unknown] {
                span.(mark.name()) { (glyph(mark.name())) span.mut { (mark_word(visit, mark)) } }
            }
        }
    }
}

/// The heading of a period: "10/2026", or its last day.
fn head(kind: &str, period: &Period) -> String {
    let to = day(period.to.civil());
    if kind == periods::MONTH { to[3..].to_owned() } else { to[..5].to_owned() }
}

fn by_month(visit: &Visit, form: &FormRow, periods: &[Period]) -> Markup {
    let bars: Vec<Bar> = periods
        .iter()
        .map(|period| {
            let tally = period.tally();
            let share = (tally.expected > 0).then(|| tally.received as f64 * 100.0 / tally.expected as f64);
            Bar {
                label: head(&form.period_kind, period),
                value: share,
                told: format!("{}/{}", tally.received, tally.expected),
            }
        })
        .collect();
    chart::bars(visit, &tell!(visit, "rp-chart", form = form.form.as_str()), Some(100.0), &bars)
}

/// The newest reports of all forms, periodic or not.
fn newest(visit: &Visit) -> Result<Markup, Failure> {
    let rows = report::newest(visit, NEWEST)?;
    if rows.is_empty() {
        return Ok(html! {});
    }
    let heads = [
        ("title", "cli-title"),
        ("number", "cli-number"),
        ("owner", "cli-owner"),
        ("form", "cli-form"),
        ("sent", "field-sent"),
        ("state", "cli-status"),
    ];
    let mut table = Table::new(visit, "rp-newest", &heads);
    for (state, listed) in rows {
        let row = listed.row;
        let (mark, word) = report::status(visit, state);
        table.row(vec![
            Cell::link("t", &row.title, &format!("/report/{}", row.id)),
            Cell::text(row.number.clone()).shown(html! { span.so { (row.number) } }),
            Cell::office(visit, row.owner),
            Cell::text(listed.form),
            Cell::time(visit, Some(row.opened)),
            Cell::badge(mark, &word),
        ]);
    }
    Ok(parts::section(
        "newest",
        &visit.word("rp-newest"),
        "",
        html! { div id="newest-rows" data-part { (super::paged::plain(&table)) } },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_late_only_when_somebody_who_can_be_heard_is_missing() {
        let tally = |expected, received, signed| Tally { expected, received, signed, ..Tally::default() };
        let day = 86_400_000;
        for (tally, now, silent, expected) in [
            (tally(0, 0, 0), 0, true, None),
            (tally(3, 3, 3), 0, true, Some(Mark::Done)),
            (tally(3, 3, 2), 200 * day, true, Some(Mark::DoneLate)),
            (tally(3, 2, 2), 101 * day, false, Some(Mark::Late)),
            (tally(3, 2, 2), 101 * day, true, Some(Mark::Unknown)),
            (tally(3, 2, 2), 99 * day, false, Some(Mark::Soon)),
            (tally(3, 2, 2), 90 * day, false, Some(Mark::Running)),
            (tally(3, 0, 0), 90 * day, false, Some(Mark::Waiting)),
        ] {
            assert_eq!(mark(&tally, 100 * day, Thresholds::default(), now, silent), expected);
        }
    }
}
