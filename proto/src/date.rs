//! Civil dates and the hour of day that a deadline means, in UTC+7, where the whole country lives all year.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{self, DateTime};
use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 60 * 60 * 1000;
const EPOCH: civil::Date = civil::date(1970, 1, 1);

/// Offset of the country's one time zone from UTC, hours.
const ZONE_HOURS: i64 = 7;
/// Hour at which a deadline ends that names only a day: the close of office hours.
const CLOSE_OF_DAY_HOUR: i64 = 17;

/// A day of the Gregorian calendar, years 0001 to 9999; written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// The text is not a date or a time as this project writes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a date (YYYY-MM-DD) or a time (RFC 3339)")]
pub struct BadDate;

/// The wall clock of the country at an instant (Unix milliseconds); none where no calendar reaches.
pub fn local(millis: i64) -> Option<DateTime> {
    let local = millis.checked_add(ZONE_HOURS * HOUR_MS)?;
    EPOCH.at(0, 0, 0, 0).checked_add(SignedDuration::from_millis(local)).ok()
}

impl Date {
    /// The first day that can be written.
    pub const FIRST: Self = Self(civil::date(1, 1, 1));

    /// The last day that can be written.
    pub const LAST: Self = Self(civil::Date::MAX);

    /// The day of that date; none if there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok()?.try_into().ok()
    }

    /// The day in UTC+7 on which this instant (Unix milliseconds) falls; none outside years 0001 to 9999.
    pub fn of_millis(millis: i64) -> Option<Self> {
        local(millis)?.date().try_into().ok()
    }

    /// So many days later, earlier if negative; [`Date::FIRST`] or [`Date::LAST`] where the calendar ends.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        let end = if days < 0 { Self::FIRST } else { Self::LAST };
        let moved = self.0.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok();
        moved.and_then(|day| Self::try_from(day).ok()).unwrap_or(end)
    }

    /// The day for calculations.
    pub fn civil(self) -> civil::Date {
        self.0
    }

    /// Unix milliseconds of its beginning (00:00, UTC+7).
    pub fn start_millis(self) -> i64 {
        EPOCH.duration_until(self.0).as_millis() as i64 - ZONE_HOURS * HOUR_MS
    }

    /// The close of the day (17:00, UTC+7), Unix milliseconds.
    pub fn close_millis(self) -> i64 {
        self.start_millis() + CLOSE_OF_DAY_HOUR * HOUR_MS
    }
}

impl TryFrom<civil::Date> for Date {
    type Error = BadDate;

    fn try_from(date: civil::Date) -> Result<Self, BadDate> {
        if date.year() >= 1 { Ok(Self(date)) } else { Err(BadDate) }
    }
}

/// Unix milliseconds of an RFC 3339 time; fractions of a second beyond milliseconds are dropped.
pub fn rfc3339_millis(text: &str) -> Result<i64, BadDate> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !text.is_ascii() || !matches!(bytes[10], b'T' | b't' | b' ') {
        return Err(BadDate);
    }
    let date: Date = text[..10].parse()?;
    let clock = &text[11..19];
    let (hour, minute, second) = (digits(&clock[..2])?, digits(&clock[3..5])?, digits(&clock[6..8])?);
    if &clock[2..3] != ":" || &clock[5..6] != ":" || hour > 23 || minute > 59 || second > 60 {
        return Err(BadDate);
    }
    let mut rest = &text[19..];
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return Err(BadDate);
        }
        for place in 0..3 {
            let digit = fraction.as_bytes().get(place).filter(|_| place < length);
            millis = millis * 10 + digit.map_or(0, |digit| i64::from(digit - b'0'));
        }
        rest = &fraction[length..];
    }
    let offset_minutes = match rest.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (digits(&rest[1..3])?, digits(&rest[4..6])?);
            if hours > 23 || minutes > 59 {
                return Err(BadDate);
            }
            let offset = hours * 60 + minutes;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return Err(BadDate),
    };
    let minutes = ZONE_HOURS * 60 + hour * 60 + minute - offset_minutes;
    Ok(date.start_millis() + minutes * 60_000 + second * 1000 + millis)
}

fn digits(text: &str) -> Result<i64, BadDate> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadDate);
    }
    text.parse().map_err(|_| BadDate)
}

impl FromStr for Date {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let date = Self::try_from(text.parse::<civil::Date>().map_err(|_| BadDate)?)?;
        // ISO 8601 knows more ways to write a day; the protocol has one.
        if date.to_string() == text { Ok(date) } else { Err(BadDate) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days() {
        let days = |text: &str| (text.parse::<Date>().unwrap().start_millis() + 7 * HOUR_MS) / 86_400_000;
        assert_eq!(days("1970-01-01"), 0);
        assert_eq!(days("2026-11-24"), 20_781);
        assert_eq!(days("2000-02-29"), 11_016);
        assert_eq!((days("0001-01-01"), days("9999-12-31")), (-719_162, 2_932_896));
    }

    #[test]
    fn impossible_days_are_refused() {
        for text in [
            "2026-02-30",
            "1900-02-29",
            "2026-13-01",
            "2026-1-01",
            "0000-01-01",
            "+026-01-01",
            "ngày",
            "20261124",
            "2026-W48-2",
            "+002026-11-24",
            "2026-11-24T10:00",
            "2026-11-24[+07]",
            "2026-11-24 ",
        ] {
            assert_eq!(text.parse::<Date>(), Err(BadDate), "{text}");
        }
    }

    #[test]
    fn times_carry_their_zone() {
        assert_eq!(rfc3339_millis("1970-01-01T07:00:00+07:00"), Ok(0));
        assert_eq!(rfc3339_millis("1970-01-01T00:00:01.2345Z"), Ok(1_234));
        assert_eq!(rfc3339_millis("1969-12-31T19:30:00-04:30"), Ok(0));
        for text in [
            "1970-01-01T07:00:00",
            "1970-01-01T24:00:00Z",
            "1970-01-01T07:00:00+7:00",
            "1970-01-01T00:00:01.Z",
        ] {
            assert_eq!(rfc3339_millis(text), Err(BadDate), "{text}");
        }
    }

    #[test]
    fn the_day_of_an_instant_is_that_of_the_country() {
        let evening = rfc3339_millis("2026-11-24T18:00:00Z").unwrap();
        assert_eq!(Date::of_millis(evening).unwrap().to_string(), "2026-11-25");
    }

    proptest! {
        #[test]
        fn every_day_is_written_and_read_back(days in -719_162i64..2_932_897) {
            let date = Date::of_millis(days * 86_400_000).unwrap();
            prop_assert_eq!(date.start_millis(), days * 86_400_000 - 7 * HOUR_MS);
            prop_assert_eq!(date.to_string().parse::<Date>(), Ok(date));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}|[0-9T:Z.+-]{10,30}") {
            let _ = text.parse::<Date>();
            let _ = rfc3339_millis(&text);
        }
    }
}
