//! The status of a duty as of now: never stored, always computed from dates and events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::paper::Due;

/// The status that people see of a task, item or reply with a deadline (as practised under Quy chế 08-QC/TW).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyStatus {
    /// Chưa thực hiện.
    NotStarted,
    /// Đang thực hiện, trong hạn.
    InProgress,
    /// Sắp đến hạn.
    DueSoon,
    /// Quá hạn, chưa xong.
    Overdue,
    /// Hoàn thành đúng hạn.
    CompletedOnTime,
    /// Hoàn thành quá hạn.
    CompletedLate,
    /// Không có thời hạn, chưa xong.
    NoDeadline,
    /// The office is silent, so nobody knows.
    Unknown,
}

/// What counts as silent and as soon. People set these figures; no entry depends on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// An office is silent if it was not heard from for longer than this.
    pub silence: Duration,
    /// A deadline within this time is due soon.
    pub soon: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { silence: limits::SILENCE, soon: limits::DUE_SOON }
    }
}

impl Thresholds {
    /// Whether an office last heard from at `heard_from` (none: never) is silent. Unix milliseconds.
    pub fn silent(self, heard_from: Option<i64>, now: i64) -> bool {
        heard_from.is_none_or(|heard| now.saturating_sub(heard) > self.silence.as_millis() as i64)
    }

    /// Whether a deadline is soon or has passed. Unix milliseconds.
    pub fn is_soon(self, due: i64, now: i64) -> bool {
        due.saturating_sub(now) <= self.soon.as_millis() as i64
    }
}

/// The status of one office's duty. All times are Unix milliseconds. `started`: the office has reported progress;
/// `done`: when it finished, by signed time; `heard_from`: when the office was last heard from (none: never). For one's
/// own office pass `heard_from = Some(now)`.
pub fn status(
    due: Option<Due>,
    started: bool,
    done: Option<i64>,
    figures: Thresholds,
    now: i64,
    heard_from: Option<i64>,
) -> DutyStatus {
    if let Some(done) = done {
        return if due.is_some_and(|due| done > due.0) {
            DutyStatus::CompletedLate
        } else {
            DutyStatus::CompletedOnTime
        };
    }
    if figures.silent(heard_from, now) {
        return DutyStatus::Unknown;
    }
    match due {
        None => DutyStatus::NoDeadline,
        Some(due) if now > due.0 => DutyStatus::Overdue,
        Some(due) if figures.is_soon(due.0, now) => DutyStatus::DueSoon,
        Some(_) if started => DutyStatus::InProgress,
        Some(_) => DutyStatus::NotStarted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;
    const FIGURES: Thresholds = Thresholds { silence: limits::SILENCE, soon: limits::DUE_SOON };

    #[test]
    fn every_row_of_the_table() {
        let due = Some(Due(100 * DAY));
        let at = |now: i64, started, done| status(due, started, done, FIGURES, now, Some(now));
        assert_eq!(at(90 * DAY, false, None), DutyStatus::NotStarted);
        assert_eq!(at(90 * DAY, true, None), DutyStatus::InProgress);
        assert_eq!(at(97 * DAY, true, None), DutyStatus::DueSoon);
        assert_eq!(at(100 * DAY, false, None), DutyStatus::DueSoon, "due now is not overdue");
        assert_eq!(at(100 * DAY + 1, true, None), DutyStatus::Overdue);
        assert_eq!(at(200 * DAY, true, Some(100 * DAY)), DutyStatus::CompletedOnTime);
        assert_eq!(at(200 * DAY, true, Some(100 * DAY + 1)), DutyStatus::CompletedLate);
        assert_eq!(status(None, true, None, FIGURES, 0, Some(0)), DutyStatus::NoDeadline);
        assert_eq!(status(None, true, Some(5), FIGURES, 9, None), DutyStatus::CompletedOnTime);
    }

    #[test]
    fn silence_is_neither_on_time_nor_late() {
        let due = Some(Due(100 * DAY));
        for now in [90 * DAY, 99 * DAY, 110 * DAY] {
            let at = |heard| status(due, true, None, FIGURES, now, heard);
            assert_eq!(at(Some(now - DAY - 1)), DutyStatus::Unknown);
            assert_eq!(at(None), DutyStatus::Unknown);
            assert_ne!(at(Some(now - DAY)), DutyStatus::Unknown);
        }
    }

    #[test]
    fn people_set_what_is_silent_and_what_is_soon() {
        let hour = Duration::from_secs(60 * 60);
        let figures = Thresholds { silence: 2 * hour, soon: Duration::ZERO };
        let at = |now, heard| status(Some(Due(100 * DAY)), true, None, figures, now, Some(heard));
        assert_eq!(at(50 * DAY, 50 * DAY - DAY / 12), DutyStatus::InProgress);
        assert_eq!(at(50 * DAY, 50 * DAY - DAY / 12 - 1), DutyStatus::Unknown);
        assert_eq!(at(100 * DAY - 1, 100 * DAY), DutyStatus::InProgress, "nothing is due soon");
    }
}
