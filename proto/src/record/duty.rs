//! The status of a duty as of now: never stored, always computed from dates and events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::paper::Due;
use crate::time::When;

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
    /// Hoàn thành, chưa rõ giờ đến trung tâm: neither in time nor late, because the hub has not had it, or nobody knows
    /// when it had it.
    CompletedUnjudged,
    /// Không có thời hạn, chưa xong.
    NoDeadline,
    /// The office is silent, so nobody knows.
    Unknown,
}

impl DutyStatus {
    /// The status of what was done.
    pub fn done(due: Option<Due>, when: When) -> Self {
        match due.map(|due| when.is_by(due.0)) {
            None | Some(Some(true)) => Self::CompletedOnTime,
            Some(Some(false)) => Self::CompletedLate,
            Some(None) => Self::CompletedUnjudged,
        }
    }

    /// Whether it was done, in time or not.
    pub fn is_done(self) -> bool {
        matches!(self, Self::CompletedOnTime | Self::CompletedLate | Self::CompletedUnjudged)
    }
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

/// The status of one office's duty. Times are Unix milliseconds. `started`: the office has reported progress; `done`:
/// when it finished; `heard_from`: when the office was last heard from (none: never). For one's
/// own office pass `heard_from = Some(now)`.
pub fn status(
    due: Option<Due>,
    started: bool,
    done: Option<When>,
    figures: Thresholds,
    now: i64,
    heard_from: Option<i64>,
) -> DutyStatus {
    if let Some(done) = done {
        return DutyStatus::done(due, done);
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
    use crate::time::Hlc;

    const DAY: i64 = 24 * 60 * 60 * 1000;
    const FIGURES: Thresholds = Thresholds { silence: limits::SILENCE, soon: limits::DUE_SOON };

    #[test]
    fn every_row_of_the_table() {
        let due = Some(Due(100 * DAY));
        let by = |done: i64, arrived: Option<i64>| {
            When::of(Hlc::at(done as u64), None, arrived.map(|arrived| arrived as u64))
        };
        let came = |done| Some(by(done, Some(110 * DAY)));
        let at = |now: i64, started, done| status(due, started, done, FIGURES, now, Some(now));
        assert_eq!(at(90 * DAY, false, None), DutyStatus::NotStarted);
        assert_eq!(at(90 * DAY, true, None), DutyStatus::InProgress);
        assert_eq!(at(97 * DAY, true, None), DutyStatus::DueSoon);
        assert_eq!(at(100 * DAY, false, None), DutyStatus::DueSoon, "due now is not overdue");
        assert_eq!(at(100 * DAY + 1, true, None), DutyStatus::Overdue);
        assert_eq!(at(200 * DAY, true, came(100 * DAY)), DutyStatus::CompletedOnTime);
        assert_eq!(at(200 * DAY, true, came(100 * DAY + 1)), DutyStatus::CompletedLate);
        for done in [90, 100, 101, 4000] {
            let unsent = Some(by(done * DAY, None));
            assert_eq!(at(200 * DAY, true, unsent), DutyStatus::CompletedUnjudged, "{done}");
        }
        assert_eq!(status(None, true, None, FIGURES, 0, Some(0)), DutyStatus::NoDeadline);
        assert_eq!(status(None, true, Some(by(5, None)), FIGURES, 9, None), DutyStatus::CompletedOnTime);
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
