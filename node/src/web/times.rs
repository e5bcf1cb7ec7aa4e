//! Times in words, in the country's one time zone (UTC+7), with the exact time beside them.

use jiff::civil::{self, DateTime};
use truc_proto::date::{Date, local};

use crate::say;
use crate::words::Lang;

const MINUTE: i64 = 60_000;

/// The present time and the language in which times are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    /// The present time, Unix milliseconds.
    pub now: i64,
    /// Language of the words.
    pub lang: Lang,
}

/// An instant as wall clock and calendar show it; the first or last one where no calendar reaches.
fn wall(millis: i64) -> DateTime {
    local(millis).unwrap_or(if millis > 0 { DateTime::MAX } else { DateTime::default() })
}

fn clock(at: DateTime) -> String {
    at.strftime("%H:%M").to_string()
}

/// 0: Monday.
fn weekday(at: DateTime) -> i32 {
    at.weekday().to_monday_zero_offset().into()
}

/// Days from one wall clock to another.
fn days(from: DateTime, to: DateTime) -> i32 {
    (to.date() - from.date()).get_days()
}

/// A day of the calendar: "05/10/2026".
pub fn day(date: civil::Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

impl Clock {
    /// A time relative to now: "vừa xong", "09:12", "16:42 hôm qua", "16:20 thứ Ba", "16:20, 18/11", "18/11/2024".
    pub fn told(self, millis: i64) -> String {
        if (0..MINUTE).contains(&self.now.saturating_sub(millis)) {
            return say!(self.lang, "time-just-now");
        }
        self.at(millis)
    }

    /// Like [`Clock::told`] without "just now", for sentences with "at" or "up to".
    pub fn at(self, millis: i64) -> String {
        let (at, now) = (wall(millis), wall(self.now));
        match days(at, now) {
            0 => clock(at),
            1 => say!(self.lang, "time-yesterday", time = clock(at)),
            -1 => say!(self.lang, "time-tomorrow", time = clock(at)),
            2..=6 => say!(self.lang, "time-weekday", time = clock(at), day = self.weekday(millis)),
            _ if at.year() == now.year() => at.strftime("%H:%M, %-d/%-m").to_string(),
            _ => day(at.date()),
        }
    }

    /// A time with its full date: "09:12, thứ Ba 24/11/2026".
    pub fn moment(self, millis: i64) -> String {
        format!("{}, {} {}", clock(wall(millis)), self.weekday(millis), self.day(millis))
    }

    /// A time to the second with its date: for tooltips and screen readers.
    pub fn exact(self, millis: i64) -> String {
        let weekday = self.weekday(millis);
        format!("{}, {weekday} {} (UTC+7)", wall(millis).strftime("%H:%M:%S"), self.day(millis))
    }

    /// RFC 3339 in UTC+7, for the attribute `datetime`.
    pub fn machine(self, millis: i64) -> String {
        wall(millis).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
    }

    /// A moment in a table or file: "24/11/2026 09:12".
    pub fn written(self, millis: i64) -> String {
        wall(millis).strftime("%d/%m/%Y %H:%M").to_string()
    }

    /// Time of day: "09:12".
    pub fn hour(self, millis: i64) -> String {
        clock(wall(millis))
    }

    /// Date: "24/11/2026".
    pub fn day(self, millis: i64) -> String {
        day(wall(millis).date())
    }

    /// Weekday: "thứ Ba".
    pub fn weekday(self, millis: i64) -> String {
        say!(self.lang, "time-day", day = weekday(wall(millis)))
    }

    /// A time for narrow cells: "09:12" today, "24/11" this year, otherwise "24/11/2025".
    pub fn brief(self, millis: i64) -> String {
        let (at, now) = (wall(millis), wall(self.now));
        match () {
            () if at.date() == now.date() => clock(at),
            () if at.year() == now.year() => at.strftime("%-d/%-m").to_string(),
            () => day(at.date()),
        }
    }

    /// Time left to a deadline, or since: "còn 16 phút", "còn 3 ngày", "quá 45 phút", "quá 2 ngày".
    pub fn left(self, due: i64) -> String {
        let left = due.saturating_sub(self.now);
        if left < 0 {
            say!(self.lang, "time-over", span = self.span(left.saturating_neg()))
        } else {
            say!(self.lang, "time-left", span = self.span(left))
        }
    }

    /// A deadline: "trước 17:00 hôm nay", "17:00 ngày mai", "17:00 thứ Sáu 27/11", "17:00, 27/11/2027".
    pub fn due(self, due: i64) -> String {
        let (at, now) = (wall(due), wall(self.now));
        let time = clock(at);
        match days(now, at) {
            0 => say!(self.lang, "time-before-today", time = time),
            1 => say!(self.lang, "time-tomorrow", time = time),
            2..=6 => {
                let weekday = format!("{} {}", self.weekday(due), at.strftime("%-d/%-m"));
                say!(self.lang, "time-weekday", time = time, day = weekday)
            }
            _ if at.year() == now.year() => at.strftime("%H:%M, %-d/%-m").to_string(),
            _ => format!("{time}, {}", day(at.date())),
        }
    }

    /// A duration in the unit that people would use, at least one minute.
    pub fn span(self, millis: i64) -> String {
        crate::command::status::span(self.lang, millis)
    }

    /// An age in two or three characters, for a tile: "5p", "2g", "3n".
    pub fn short_age(self, millis: i64) -> String {
        let minutes = (self.now.saturating_sub(millis) / MINUTE).max(0);
        match minutes {
            0..60 => say!(self.lang, "time-short-minutes", count = minutes),
            60..1440 => say!(self.lang, "time-short-hours", count = minutes / 60),
            _ => say!(self.lang, "time-short-days", count = minutes / (24 * 60)),
        }
    }

    /// Whether the time is on the present day.
    pub fn is_today(self, millis: i64) -> bool {
        wall(millis).date() == wall(self.now).date()
    }
}

/// A date as documents write it: "ngày 05 tháng 01 năm 2026"; days under 10 and months 1 and 2 have a leading zero
/// (Nghị định 30/2020/NĐ-CP, Appendix I).
pub fn formal(date: Date) -> String {
    let month = if date.civil().month() <= 2 { "%m" } else { "%-m" };
    date.civil().strftime(&format!("ngày %d tháng {month} năm %Y")).to_string()
}

/// A day in words that no order of figures can be mistaken in: "thứ Ba, ngày 10 tháng 11 năm 2026".
pub fn spelled(lang: Lang, date: Date) -> String {
    let weekday = say!(lang, "time-day", day = weekday(date.civil().to_datetime(civil::Time::midnight())));
    match lang {
        Lang::Vi => format!("{weekday}, {}", formal(date)),
        Lang::En => format!("{weekday}, {}", date.civil().strftime("%-d %B %Y")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_proto::date::rfc3339_millis;

    use super::*;

    fn at(text: &str) -> i64 {
        rfc3339_millis(&format!("{text}+07:00")).unwrap()
    }

    /// A clock on a Tuesday.
    fn clock() -> Clock {
        Clock { now: at("2026-11-24T15:20:00"), lang: Lang::Vi }
    }

    #[test]
    fn moments_are_told_as_people_do() {
        for (moment, told) in [
            ("2026-11-24T15:19:30", "vừa xong"),
            ("2026-11-24T09:12:00", "09:12"),
            ("2026-11-23T16:42:00", "16:42 hôm qua"),
            ("2026-11-20T16:20:00", "16:20 thứ Sáu"),
            ("2026-11-15T16:20:00", "16:20, 15/11"),
            ("2024-11-18T16:20:00", "18/11/2024"),
            ("2026-11-25T08:00:00", "08:00 ngày mai"),
        ] {
            assert_eq!(clock().told(at(moment)), told);
        }
        assert_eq!(clock().exact(at("2026-11-24T09:12:05")), "09:12:05, thứ Ba 24/11/2026 (UTC+7)");
        assert_eq!(clock().machine(at("2026-11-24T09:12:05")), "2026-11-24T09:12:05+07:00");
    }

    #[test]
    fn deadlines_say_what_is_left() {
        for (due, left, when) in [
            ("2026-11-24T15:36:00", "còn 16 phút", "trước 15:36 hôm nay"),
            ("2026-11-24T17:00:00", "còn 1 giờ 40 phút", "trước 17:00 hôm nay"),
            ("2026-11-25T08:00:00", "còn 16 giờ", "08:00 ngày mai"),
            ("2026-11-27T17:00:00", "còn 3 ngày", "17:00 thứ Sáu 27/11"),
            ("2026-11-24T14:35:00", "quá 45 phút", "trước 14:35 hôm nay"),
            ("2026-11-22T15:00:00", "quá 2 ngày", "15:00, 22/11"),
            ("2027-01-05T17:00:00", "còn 42 ngày", "17:00, 05/01/2027"),
        ] {
            assert_eq!(clock().left(at(due)), left);
            assert_eq!(clock().due(at(due)), when);
        }
    }

    #[test]
    fn ages_fit_a_tile_and_days_a_letter() {
        assert_eq!(clock().short_age(at("2026-11-24T15:15:00")), "5p");
        assert_eq!(clock().short_age(at("2026-11-24T13:15:00")), "2g");
        assert_eq!(clock().short_age(at("2026-11-21T13:15:00")), "3n");
        assert_eq!(formal("2026-01-05".parse().unwrap()), "ngày 05 tháng 01 năm 2026");
        assert_eq!(formal("2026-11-25".parse().unwrap()), "ngày 25 tháng 11 năm 2026");
    }

    #[test]
    fn a_day_in_words_is_read_in_one_way_only() {
        let day = "2026-11-10".parse().unwrap();
        assert_eq!(spelled(Lang::Vi, day), "thứ Ba, ngày 10 tháng 11 năm 2026");
        assert_eq!(spelled(Lang::En, day), "Tuesday, 10 November 2026");
    }

    #[test]
    fn a_cell_has_room_for_the_hour_or_the_day() {
        let told = ["2026-11-24T09:12:00", "2026-11-05T09:12:00", "2025-11-24T09:12:00"]
            .map(|moment| clock().brief(at(moment)));
        assert_eq!(told, ["09:12", "5/11", "24/11/2025"]);
        assert_eq!(clock().moment(at("2026-11-24T09:12:00")), "09:12, thứ Ba 24/11/2026");
    }

    #[test]
    fn no_instant_is_too_far() {
        for millis in [i64::MIN, i64::MAX, 0] {
            let _ = (clock().told(millis), clock().due(millis), clock().left(millis), clock().exact(millis));
        }
        let last = (u64::MAX >> 16) as i64;
        assert!(clock().exact(last).ends_with("31/12/9999 (UTC+7)"), "{}", clock().exact(last));
    }
}
