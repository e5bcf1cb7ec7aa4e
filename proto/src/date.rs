//! Civil dates and the hour of day that a deadline means, in UTC+7, where the whole country lives all year.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// Offset of the country's one time zone from UTC, hours.
pub const ZONE_HOURS: i64 = 7;
/// Hour at which a deadline ends that names only a day: the close of office hours.
pub const CLOSE_OF_DAY_HOUR: i64 = 17;

/// A day of the Gregorian calendar, years 0001 to 9999; written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// The text is not a date or a time as this project writes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a date (YYYY-MM-DD) or a time (RFC 3339)")]
pub struct BadDate;

impl Date {
    /// The day of that date; none if there is no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=9999).contains(&year) || !(1..=days).contains(&day) {
            return None;
        }
        // Days since 1970-01-01, counted in years that begin in March, so that the leap day comes last.
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// The day in UTC+7 on which this instant (Unix milliseconds) falls; none outside years 0001 to 9999.
    pub fn of_millis(millis: i64) -> Option<Self> {
        let days = millis.checked_add(ZONE_HOURS * HOUR_MS)?.div_euclid(DAY_MS);
        let date = Self(i32::try_from(days).ok()?);
        (Self::new(1, 1, 1)? <= date && date <= Self::new(9999, 12, 31)?).then_some(date)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// The close of the day (17:00, UTC+7), Unix milliseconds.
    pub fn close_millis(self) -> i64 {
        i64::from(self.0) * DAY_MS + (CLOSE_OF_DAY_HOUR - ZONE_HOURS) * HOUR_MS
    }

    /// Unix milliseconds of its beginning (00:00, UTC+7).
    pub fn begin_millis(self) -> i64 {
        i64::from(self.0) * DAY_MS - ZONE_HOURS * HOUR_MS
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.parts().0
    }

    /// The month, from 1 on.
    pub fn month(self) -> u32 {
        self.parts().1
    }

    /// The day of the month, from 1 on.
    pub fn day(self) -> u32 {
        self.parts().2
    }

    fn parts(self) -> (i32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month as u32, day as u32)
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
    let minutes = hour * 60 + minute - offset_minutes;
    Ok(i64::from(date.0) * DAY_MS + minutes * 60_000 + second * 1000 + millis)
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
        let bytes = text.as_bytes();
        if bytes.len() != 10 || !text.is_ascii() || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(BadDate);
        }
        let (year, month, day) = (digits(&text[..4])?, digits(&text[5..7])?, digits(&text[8..])?);
        Self::new(year as i32, month as u32, day as u32).ok_or(BadDate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
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
        assert_eq!("1970-01-01".parse::<Date>().unwrap().days(), 0);
        assert_eq!("2026-11-24".parse::<Date>().unwrap().days(), 20_781);
        assert_eq!("2000-02-29".parse::<Date>().unwrap().days(), 11_016);
    }

    #[test]
    fn impossible_days_are_refused() {
        for text in
            ["2026-02-30", "1900-02-29", "2026-13-01", "2026-1-01", "0000-01-01", "+026-01-01", "ngày"]
        {
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
        fn every_day_is_written_and_read_back(days in -719_162i32..2_932_897) {
            let date = Date(days);
            prop_assert_eq!(date.to_string().parse::<Date>(), Ok(date));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}|[0-9T:Z.+-]{10,30}") {
            let _ = text.parse::<Date>();
            let _ = rfc3339_millis(&text);
        }
    }
}
