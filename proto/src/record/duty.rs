//! How a duty stands when somebody looks: never stored, always computed from dates and events.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::paper::Due;

/// What people see of a task, item or reply that is due (statuses of Quy chế 08-QC/TW's practice).
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
    /// The office has been silent: nobody can say.
    Unknown,
}

/// The status of one duty of one office. All times are Unix milliseconds. `started`: any progress was
/// said; `done`: when it was finished, by signed time; `heard_from`: when the office was last heard from
/// (none: never). To look at one's own office pass `heard_from = Some(now)`.
pub fn status(
    due: Option<Due>,
    started: bool,
    done: Option<i64>,
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
    let silence = limits::SILENCE.as_millis() as i64;
    if heard_from.is_none_or(|heard| now.saturating_sub(heard) > silence) {
        return DutyStatus::Unknown;
    }
    let soon = limits::DUE_SOON.as_millis() as i64;
    match due {
        None => DutyStatus::NoDeadline,
        Some(due) if now > due.0 => DutyStatus::Overdue,
        Some(due) if due.0.saturating_sub(now) <= soon => DutyStatus::DueSoon,
        Some(_) if started => DutyStatus::InProgress,
        Some(_) => DutyStatus::NotStarted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn every_row_of_the_table() {
        let due = Some(Due(100 * DAY));
        let at = |now: i64, started, done| status(due, started, done, now, Some(now));
        assert_eq!(at(90 * DAY, false, None), DutyStatus::NotStarted);
        assert_eq!(at(90 * DAY, true, None), DutyStatus::InProgress);
        assert_eq!(at(97 * DAY, true, None), DutyStatus::DueSoon);
        assert_eq!(at(100 * DAY, false, None), DutyStatus::DueSoon, "due now is not overdue");
        assert_eq!(at(100 * DAY + 1, true, None), DutyStatus::Overdue);
        assert_eq!(at(200 * DAY, true, Some(100 * DAY)), DutyStatus::CompletedOnTime);
        assert_eq!(at(200 * DAY, true, Some(100 * DAY + 1)), DutyStatus::CompletedLate);
        assert_eq!(status(None, true, None, 0, Some(0)), DutyStatus::NoDeadline);
        assert_eq!(status(None, true, Some(5), 9, None), DutyStatus::CompletedOnTime);
    }

    #[test]
    fn silence_is_neither_on_time_nor_late() {
        let due = Some(Due(100 * DAY));
        for now in [90 * DAY, 99 * DAY, 110 * DAY] {
            assert_eq!(status(due, true, None, now, Some(now - DAY - 1)), DutyStatus::Unknown);
            assert_eq!(status(due, true, None, now, None), DutyStatus::Unknown);
            assert_ne!(status(due, true, None, now, Some(now - DAY)), DutyStatus::Unknown);
        }
    }
}
