//! Programmes as a calendar: a week as a table of mornings and afternoons, a month as a grid of days.

use jiff::ToSpan;
use maud::{Markup, html};
use truc_proto::audience::Scope;
use truc_proto::date::{self, Date};
use truc_proto::id::OfficeId;
use truc_proto::record::Period;
use truc_proto::record::duty::DutyStatus;

use crate::accounts::rights::Right;
use crate::derive::views::kinds;
use crate::derive::views::kinds::programme::{self as views, ShownItem};
use crate::derive::views::read::Filter;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::parts::{self, empty};
use crate::web::times::day;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::{due_of, views_nav};
use crate::desk::sheet;

/// An item in the calendar.
struct Placed {
    day: Date,
    /// Minutes since midnight; none: the item has no time of day.
    minute: Option<i64>,
    record: truc_proto::id::RecordId,
    owner: OfficeId,
    item: ShownItem,
}

/// Items that begin or are due between two days, both included: of own programmes and of those of offices above, and what
/// others give this office to do. The weeks of offices below are theirs.
fn placed(visit: &Visit, from: Date, to: Date) -> Result<Vec<Placed>, Failure> {
    let (me, registry) = (visit.me(), visit.registry());
    let (first, last) = (from.to_string(), to.to_string());
    let within = "(programme.period_kind = '' OR programme.period_from <= ? AND programme.period_to >= ?)";
    let also = vec![(within.into(), vec![last.into(), first.into()])];
    let filter = Filter { also, limit: u32::MAX, ..Filter::default() };
    let mut found = Vec::new();
    let records = visit.look(|conn, look| {
        let listed = views::list(conn, &filter)?;
        let mut all = Vec::new();
        for listed in listed {
            all.extend(kinds::show(conn, look, listed.row.id)?);
        }
        Ok(all)
    })?;
    for record in records {
        let kinds::Shown::Programme(shown) = record.shown else { continue };
        let owner = record.row.owner;
        let whole = owner == me || registry.is_above(owner, me);
        let is_ours = |item: &ShownItem| {
            let with =
                |scope: &Scope| scope.office == me || scope.subtree && registry.is_above(scope.office, me);
            whole || item.item.lead == me || item.item.coordinating.iter().any(with)
        };
        for item in shown.items.into_iter().filter(is_ours) {
            let Some((day, minute)) = moment(&item, shown.period.as_ref()) else { continue };
            if (from..=to).contains(&day) {
                found.push(Placed { day, minute, record: record.row.id, owner: record.row.owner, item });
            }
        }
    }
    found.sort_by_key(|placed| (placed.day, placed.minute));
    Ok(found)
}

/// Day and minute of an item: when it begins, else the day on which it is due, else, in a programme of a week, its first day.
/// Without a minute it is for the whole day.
fn moment(item: &ShownItem, period: Option<&Period>) -> Option<(Date, Option<i64>)> {
    let starts = &item.item.starts;
    if let Ok(at) = date::rfc3339_millis(starts) {
        let day = Date::of_millis(at)?;
        return Some((day, Some((at - day.start_millis()) / 60_000)));
    }
    let day = starts.parse().ok().or_else(|| Date::of_millis(due_of(item)?.0));
    let week = || period.filter(|period| period.kind == "week").map(|period| period.from);
    Some((day.or_else(week)?, None))
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
        div.paper.print-only { (sheet::head(&visit, visit.me(), "", Some(today), &html! {})) }
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
        div.tw tabindex="0" { table.week {
            thead { tr {
                td {}
                @for number in 0..7 {
                    @let date = later(monday, number);
                    th.today[date == today] scope="col" { (visit.clock().weekday(date.close_millis())) br; (day(date.civil())) }
                }
            } }
            tbody {
                @for (key, range) in [("half-day", None), ("half-morning", Some(0..720)), ("half-afternoon", Some(720..1440))] {
                    tr {
                        th scope="row" { (visit.word(key)) }
                        @for number in 0..7 {
                            @let date = later(monday, number);
                            td.today[date == today] data-l={ (visit.clock().weekday(date.close_millis())) " " (day(date.civil())) ", " (visit.word(key).to_lowercase()) } {
                                @for placed in all.iter().filter(|placed| placed.day == date && stands(placed.minute, range.as_ref())) { (one(&visit, placed)) }
                            }
                        }
                    }
                }
            }
        } }
        div.paper.print-only { div.foot-of { div {} div { p { b { "NGƯỜI DUYỆT" } } p.room { i { "(Ký tên)" } } } } }
    };
    Ok(Page::new(title, body).class("wide").at("/programmes").render(&visit))
}

/// Whether an item stands in a row of the week: by its minute, or in the row without one, for the whole day.
fn stands(minute: Option<i64>, range: Option<&std::ops::Range<i64>>) -> bool {
    match (minute, range) {
        (None, None) => true,
        (Some(minute), Some(range)) => range.contains(&minute),
        _ => false,
    }
}

fn one(visit: &Visit, placed: &Placed) -> Markup {
    let item = &placed.item;
    html! {
        div.slot {
            @if let Some(minute) = placed.minute { b.n { (format!("{:02}:{:02}", minute / 60, minute % 60)) } " " }
            a href={ "/programme/" (placed.record) "#item-" (item.item.id) } { (item.item.content) }
            @if !item.item.place.is_empty() { br; span.xs { (item.item.place) } }
            br; span.xs.mut { (visit.name(item.item.lead)) @if placed.owner != visit.me() && placed.owner != item.item.lead { " · " (visit.name(placed.owner)) } }
            @if matches!(item.status, DutyStatus::Overdue | DutyStatus::DueSoon) { span.screen { br; (parts::duty(visit, item.status, due_of(item))) } }
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
    use truc_proto::record::programme::Item;

    use super::*;

    #[test]
    fn weeks_are_counted_from_the_first_thursday() {
        for (monday, week) in [("2026-11-23", 48), ("2025-12-29", 1), ("2026-12-28", 53), ("2027-01-04", 1)] {
            assert_eq!(week_of(monday.parse().unwrap()), week, "{monday}");
        }
    }

    #[test]
    fn an_item_without_an_hour_is_for_the_whole_day_and_none_is_lost() {
        let item = |starts: &str, due: &str| ShownItem {
            item: Item {
                id: "N01".into(),
                content: "Giao ban".into(),
                lead: OfficeId(uuid::Uuid::nil()),
                coordinating: Vec::new(),
                due: due.into(),
                product: String::new(),
                preparer: String::new(),
                starts: starts.into(),
                place: String::new(),
                carries: None,
            },
            earlier: Default::default(),
            progress: None,
            confirmed: None,
            done: None,
            status: DutyStatus::NotStarted,
        };
        let day = |text: &str| text.parse::<Date>().unwrap();
        let period = Period { kind: "week".into(), from: day("2026-11-23"), to: day("2026-11-29") };
        for (starts, due, on, minute) in [
            ("2026-11-25T07:30:00+07:00", "", "2026-11-25", Some(450)),
            ("2026-11-25", "2026-11-27", "2026-11-25", None),
            ("", "2026-11-27", "2026-11-27", None),
            ("", "2026-11-27T11:00:00+07:00", "2026-11-27", None),
            ("", "", "2026-11-23", None),
        ] {
            let placed = moment(&item(starts, due), Some(&period));
            assert_eq!(placed, Some((day(on), minute)), "{starts} {due}");
            let rows = [None, Some(0..720), Some(720..1440)];
            assert_eq!(rows.iter().filter(|row| stands(minute, row.as_ref())).count(), 1, "once in the week");
        }
        assert_eq!(moment(&item("", ""), None), None, "no day is known");
    }
}
