//! Programmes as a calendar: a week as a table of mornings and afternoons, a month as a grid of days.

use jiff::ToSpan;
use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::record::duty::DutyStatus;

use crate::accounts::rights::Right;
use crate::derive::views::kinds;
use crate::derive::views::kinds::programme::{self as views, ShownItem};
use crate::derive::views::read::Filter;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::parts::{self, empty};
use crate::web::times::{day, formal};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::{due_of, views_nav};

/// Most programmes searched for items of a week or month.
const LOOKED: u32 = 200;

/// An item in the calendar.
struct Placed {
    day: Date,
    /// Minutes since midnight; none: the item has no time of day.
    minute: Option<i64>,
    record: truc_proto::id::RecordId,
    owner: OfficeId,
    item: ShownItem,
}

/// Items that begin or are due between two days, both included.
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
            all.extend(kinds::show(conn, look, listed.row.id)?);
        }
        Ok(all)
    })?;
    for record in records {
        let kinds::Shown::Programme(shown) = record.shown else { continue };
        for item in shown.items {
            let starts = truc_proto::date::rfc3339_millis(&item.item.starts).ok();
            let Some(at) = starts.or_else(|| due_of(&item).map(|due| due.0)) else { continue };
            let Some(date) = Date::of_millis(at) else { continue };
            if date < from || date > to {
                continue;
            }
            let minute = starts.map(|starts| (starts - date.start_millis()) / 60_000);
            found.push(Placed { day: date, minute, record: record.row.id, owner: record.row.owner, item });
        }
    }
    found.sort_by_key(|placed| (placed.day, placed.minute));
    Ok(found)
}

/// The date some days later; the same date if that is out of range.
fn later(date: Date, days: i64) -> Date {
    date.civil().checked_add(days.days()).ok().and_then(|day| day.try_into().ok()).unwrap_or(date)
}

fn asked_day(visit: &Visit) -> Date {
    visit.asked("from").parse().unwrap_or_else(|_| visit.today())
}

/// Week number of the week that begins on a Monday, as in ISO 8601: week 1 contains the year's first Thursday.
fn week_of(monday: Date) -> i64 {
    monday.civil().iso_week_date().week().into()
}

/// The Monday of a day's week.
fn monday_of(date: Date) -> Date {
    later(date, -i64::from(date.civil().weekday().to_monday_zero_offset()))
}

/// First and last day of a day's week.
pub(super) fn week_around(date: Date) -> (Date, Date) {
    let monday = monday_of(date);
    (monday, later(monday, 6))
}

pub(super) async fn week(visit: Visit) -> Answer {
    let asked = asked_day(&visit);
    let (monday, sunday) = week_around(asked);
    let begin = format!("/programmes/new?from={monday}");
    let all = placed(&visit, monday, sunday)?;
    let title = tell!(
        visit,
        "week-title",
        week = week_of(monday),
        from = &day(monday.civil())[..5],
        to = day(sunday.civil())
    );
    let today = visit.today();
    let body = html! {
        (parts::heading(&visit, &title, &begin, "btn-new-programme"))
        (views_nav(&visit, "/programmes/week"))
        p.acts.turn {
            a.b href={ "/programmes/week?from=" (later(monday, -7)) } rel="prev" { "← " (visit.word("week-before")) }
            a.b href="/programmes/week" { (visit.word("nav-today")) }
            a.b href={ "/programmes/week?from=" (later(monday, 7)) } rel="next" { (visit.word("week-after")) " →" }
            // The browser prints; without scripts its own menu does.
            button.b type="button" data-print hidden { (visit.word("btn-print")) }
        }
        @if all.is_empty() { (empty(&tell!(visit, "empty-programme", week = day(monday.civil())), visit.may(Right::Handle).then_some((&*begin, &*visit.word("btn-new-programme"))))) }
        p.print-only { b { (visit.name(visit.me()).to_uppercase()) } }
        div.tw tabindex="0" { table.week {
            thead { tr {
                td {}
                @for number in 0..7 {
                    @let date = later(monday, number);
                    th.today[date == today] scope="col" { (visit.clock().weekday(date.close_millis())) br; (day(date.civil())) }
                }
            } }
            tbody {
                @for (key, range) in [("half-morning", 0..720), ("half-afternoon", 720..1440)] {
                    tr {
                        th scope="row" { (visit.word(key)) }
                        @for number in 0..7 {
                            @let date = later(monday, number);
                            td.today[date == today] data-l={ (visit.clock().weekday(date.close_millis())) " " (day(date.civil())) ", " (visit.word(key).to_lowercase()) } {
                                // An item without a time of day stands in the afternoon, because deadlines end at 17:00
                                // (minute 1020).
                                @for placed in all.iter().filter(|placed| placed.day == date && range.contains(&placed.minute.unwrap_or(1020))) { (one(&visit, placed)) }
                            }
                        }
                    }
                }
            }
        } }
        p.print-only.right { i { (parts::capital(&formal(today))) } br; b { "NGƯỜI DUYỆT" } }
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
            br; span.xs.mut { (visit.name(item.item.lead)) @if placed.owner != visit.me() && placed.owner != item.item.lead { " · " (visit.name(placed.owner)) } }
            @if matches!(item.status, DutyStatus::Overdue | DutyStatus::DueSoon) { br; (parts::duty(visit, item.status, due_of(item))) }
        }
    }
}

pub(super) async fn month(visit: Visit) -> Answer {
    let asked = asked_day(&visit).civil();
    let first: Date = asked.first_of_month().try_into().unwrap_or_else(|_| visit.today());
    let last = later(first, i64::from(asked.days_in_month()) - 1);
    let next = later(last, 1);
    let all = placed(&visit, first, last)?;
    let begin = monday_of(first);
    let weeks = i64::from((last.civil() - begin.civil()).get_days()) / 7 + 1;
    let title =
        tell!(visit, "month-title", month = format!("{:02}", asked.month()), year = asked.year().to_string());
    let today = visit.today();
    let body = html! {
        (parts::heading(&visit, &title, "/programmes/new", "btn-new-programme"))
        (views_nav(&visit, "/programmes/month"))
        p.acts.turn {
            a.b href={ "/programmes/month?from=" (later(first, -1)) } rel="prev" { "←" span.vh { (visit.word("month-before")) } }
            a.b href={ "/programmes/month?from=" (next) } rel="next" { "→" span.vh { (visit.word("month-after")) } }
        }
        div.tw tabindex="0" { table.month {
            thead { tr { @for number in 0..7 { th scope="col" { (visit.clock().weekday(later(begin, number).close_millis())) } } } }
            tbody {
                @for week in 0..weeks {
                    tr { @for number in 0..7 {
                        @let date = later(begin, week * 7 + number);
                        td.today[date == today].other[date < first || date > last] data-l={ (visit.clock().weekday(date.close_millis())) " " (day(date.civil())) } {
                            a.dayno href={ "/programmes/week?from=" (date) } { (date.civil().day()) }
                            @for placed in all.iter().filter(|placed| placed.day == date) { (one(&visit, placed)) }
                        }
                    } }
                }
            }
        } }
    };
    Ok(Page::new(title, body).class("wide").at("/programmes").render(&visit))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn weeks_are_counted_from_the_first_thursday() {
        for (monday, week) in [("2026-11-23", 48), ("2025-12-29", 1), ("2026-12-28", 53), ("2027-01-04", 1)] {
            assert_eq!(week_of(monday.parse().unwrap()), week, "{monday}");
        }
    }
}
