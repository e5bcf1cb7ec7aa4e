//! The dates of works: which is proposed, onto which working day it moves, how late a work is. All in working days of
//! UTC+7; a day without an hour ends at its close.

use jiff::civil::DateTime;

use crate::date::{Date, local};
use crate::house::House;
use crate::paper::Due;

const MINUTE: i64 = 60 * 1000;

/// The day of a moment, Unix milliseconds.
pub(in crate::record) fn day(millis: i64) -> Date {
    Date::of_millis(millis).unwrap_or(Date::LAST)
}

/// The date that a work gets. `said`: what a person named; `outer`: the date of the paper's part or of the work of which
/// it is a part; `by_rule`: whether the office proposes a date for such papers where there is neither.
///
/// Said: that date. Outer: so many working days before it, but not before tomorrow, and never after it. By rule: so many
/// calendar days. A day off moves to the next working day, or to the last one before it if the next is after the outer
/// date. How many days, the house says.
pub fn propose(
    house: &House,
    given: Date,
    said: Option<Due>,
    outer: Option<Due>,
    by_rule: bool,
) -> Option<Due> {
    let settings = house.settings(given);
    match (said, outer) {
        (Some(said), _) => Some(on_working_day(house, said, outer)),
        (None, Some(outer)) => {
            let last = house.working_until(day(outer.0));
            let before =
                house.working_before(last, settings.internal_lead).max(house.working_after(given, 1));
            Some(close(house, before).min(outer))
        }
        (None, None) if by_rule => {
            let days = i32::try_from(settings.default_days).unwrap_or(i32::MAX);
            Some(on_working_day(house, close(house, given.plus(days)), None))
        }
        (None, None) => None,
    }
}

/// A date moved onto a working day, at the same hour.
fn on_working_day(house: &House, due: Due, outer: Option<Due>) -> Due {
    let date = day(due.0);
    let at = |day: Date| Due(due.0 - date.start_millis() + day.start_millis());
    let next = at(house.working_from(date));
    match outer {
        Some(outer) if next > outer && due <= outer => at(house.working_until(date)),
        _ => next,
    }
}

/// How a date lies to now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lateness {
    /// So many working days are left after today.
    Left(u32),
    /// It is due today.
    Today,
    /// So many working days late.
    Days(u32),
    /// Minutes late, on the day itself.
    Minutes(u32),
    /// Hours late, on the day itself.
    Hours(u32),
    /// Late, and no working day has passed since.
    Since(Due),
}

impl Lateness {
    /// Of a date at a moment, Unix milliseconds.
    pub fn of(house: &House, due: Due, now: i64) -> Self {
        let (today, date) = (day(now), day(due.0));
        if now <= due.0 {
            return if today == date { Self::Today } else { Self::Left(house.working_between(today, date)) };
        }
        let minutes = ((now - due.0) / MINUTE) as u32;
        match house.working_between(date, today) {
            0 if today != date => Self::Since(due),
            0 if minutes < 60 => Self::Minutes(minutes),
            0 => Self::Hours(minutes / 60),
            late => Self::Days(late),
        }
    }
}

/// A date as people write it on a day: `20/11`, with the hour before it if it is not the close of the day:
/// `10:00, 20/11`, and with the year if it is another one: `20/11/2027`.
pub fn told(house: &House, due: Due, today: Date) -> String {
    let Some(at) = local(due.0) else { return String::new() };
    let (date, of) =
        (day(due.0), if day(due.0).civil().year() == today.civil().year() { told_day } else { told_date });
    let said = of(date);
    if close(house, date) == due || date.close_millis() == due.0 {
        said
    } else {
        format!("{}, {said}", hour(at))
    }
}

/// A moment of today (Unix milliseconds): `07:05`.
pub(in crate::record) fn told_hour(millis: i64) -> String {
    local(millis).map(hour).unwrap_or_default()
}

/// The close of a day, as the house says.
pub fn close(house: &House, day: Date) -> Due {
    Due(day.start_millis() + i64::from(house.settings(day).day_ends.minutes()) * MINUTE)
}

/// A date that was said without an hour ends with the day, as the house says.
pub(super) fn closed(house: &House, due: Due) -> Due {
    let date = day(due.0);
    if due.0 == date.close_millis() { close(house, date) } else { due }
}

/// A moment as people write it at another one, both Unix milliseconds: `07:05` of the same day, `14:00, 19/11` of another
/// day, `14:00, 19/11/2025` of another year.
pub(in crate::record) fn told_moment(millis: i64, now: i64) -> String {
    let Some(at) = local(millis) else { return String::new() };
    let (date, today) = (day(millis), day(now));
    match () {
        () if date == today => hour(at),
        () if date.civil().year() == today.civil().year() => format!("{}, {}", hour(at), told_day(date)),
        () => format!("{}, {}", hour(at), told_date(date)),
    }
}

/// A day: `18/11`.
pub(in crate::record) fn told_day(day: Date) -> String {
    let day = day.civil();
    format!("{:02}/{:02}", day.day(), day.month())
}

/// A day with its year: `18/11/2026`.
pub(in crate::record) fn told_date(day: Date) -> String {
    format!("{}/{:04}", told_day(day), day.civil().year())
}

fn hour(at: DateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::house::{Fact, Holiday, Span, What};

    /// A house with days off; whether one of them is off is still to be decided.
    fn house(off_24: bool) -> House {
        let mut house = House::default();
        for (date, working) in
            [("2026-11-23", false), ("2026-11-24", !off_24), ("2026-11-28", true), ("2027-01-01", false)]
        {
            let date = date.parse().unwrap();
            let what = What::Holiday(Holiday { date, working, name: "nghỉ".into() });
            house.say(Fact { span: Span::ALWAYS, what });
        }
        house
    }

    fn moment(text: &str) -> Option<Due> {
        let text = if text.len() == 16 { format!("{text}:00+07:00") } else { text.to_owned() };
        Due::parse(&text).unwrap()
    }

    #[test]
    fn every_proposed_date() {
        // Given, whether the type has a date by rule, what was said, outer; with the 24th off, with it worked.
        let cases = [
            ("2026-11-05", true, "", "", "2026-11-16T17:00", "2026-11-16T17:00"),
            ("2026-11-12", true, "", "", "2026-11-25T17:00", "2026-11-24T17:00"),
            ("2026-11-02", true, "", "", "2026-11-12T17:00", "2026-11-12T17:00"),
            ("2026-11-02", false, "", "", "", ""),
            ("2026-11-02", false, "", "2026-11-13", "2026-11-11T17:00", "2026-11-11T17:00"),
            ("2026-11-16", false, "", "2026-11-26", "2026-11-20T17:00", "2026-11-24T17:00"),
            ("2026-11-12", false, "", "2026-11-13", "2026-11-13T17:00", "2026-11-13T17:00"),
            ("2026-11-03", false, "", "2026-11-03T12:00", "2026-11-03T12:00", "2026-11-03T12:00"),
            ("2026-11-09", true, "2026-11-14", "", "2026-11-16T17:00", "2026-11-16T17:00"),
            ("2026-11-13", true, "2026-11-21", "", "2026-11-25T17:00", "2026-11-24T17:00"),
            ("2026-11-16", true, "2026-11-22", "2026-11-23", "2026-11-20T17:00", "2026-11-20T17:00"),
            ("2026-11-10", false, "", "2026-11-21", "2026-11-18T17:00", "2026-11-18T17:00"),
            ("2026-11-20", true, "2026-11-28", "", "2026-11-28T17:00", "2026-11-28T17:00"),
            ("2026-12-20", false, "", "2027-01-01", "2026-12-29T17:00", "2026-12-29T17:00"),
            ("2026-11-16", true, "2026-11-18T10:00", "", "2026-11-18T10:00", "2026-11-18T10:00"),
            ("2026-11-13", false, "", "2026-11-17", "2026-11-16T17:00", "2026-11-16T17:00"),
        ];
        for (number, (given, by_rule, said, outer, off, worked)) in (1..).zip(cases) {
            for (off_24, expected) in [(true, off), (false, worked)] {
                let (said, outer) = (moment(said), moment(outer));
                let given = given.parse().unwrap();
                let due = propose(&house(off_24), given, said, outer, by_rule);
                assert_eq!(due, moment(expected), "{number}, off on the 24th: {off_24}");
            }
        }
    }

    #[test]
    fn late_in_working_days() {
        let house = house(true);
        let at = |due, now| Lateness::of(&house, moment(due).unwrap(), moment(now).unwrap().0);
        assert_eq!(at("2026-11-12", "2026-11-12T08:45"), Lateness::Today);
        assert_eq!(at("2026-11-13", "2026-11-12T08:45"), Lateness::Left(1));
        assert_eq!(at("2026-11-25", "2026-11-20T08:00"), Lateness::Left(1), "over the days off");
        assert_eq!(at("2026-11-20", "2026-11-20T17:20"), Lateness::Minutes(20));
        assert_eq!(at("2026-11-20", "2026-11-20T18:00"), Lateness::Hours(1));
        assert_eq!(at("2026-11-20", "2026-11-21T08:00"), Lateness::Since(moment("2026-11-20").unwrap()));
        assert_eq!(at("2026-11-20", "2026-11-25T08:00"), Lateness::Days(1));
        let told = |due| told(&house, moment(due).unwrap(), "2026-11-02".parse().unwrap());
        assert_eq!(told("2026-11-20T10:00"), "10:00, 20/11");
        assert_eq!(told("2026-11-20"), "20/11");
        assert_eq!(told("2027-01-04"), "04/01/2027");
        assert_eq!(told("2027-01-04T10:00"), "10:00, 04/01/2027");
    }
}
