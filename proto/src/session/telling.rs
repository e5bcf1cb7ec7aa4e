//! When a node sends its status to the hub: once in each session, and again after an event at the node (a commit, a
//! receipt) if the status differs noticeably, at most every [`limits::STATUS_EVERY`]. No timer runs without an event,
//! so an idle node neither looks nor sends.

use crate::limits;
use crate::wire::Status;

/// The status last sent, and since when a look is due. Times are milliseconds of a monotonic clock.
#[derive(Debug, Default)]
pub struct Telling {
    told: Option<(u64, Status)>,
    stirred: Option<u64>,
}

impl Telling {
    /// Notes an event after which the status may differ.
    pub fn stir(&mut self, now: u64) {
        self.stirred.get_or_insert(now);
    }

    /// When to look at the status; none: not before the next event. The delay gives an entry just written time to get
    /// its receipt, so that it is not reported as backlog.
    pub fn due(&self) -> Option<u64> {
        Some(self.stirred? + limits::STATUS_EVERY.as_millis() as u64)
    }

    /// Notes that a look is taken: later events ask for another.
    pub fn look(&mut self) {
        self.stirred = None;
    }

    /// Whether to send the status just seen; if so, it counts as sent.
    pub fn tells(&mut self, now: u64, seen: &Status) -> bool {
        let tells = match &self.told {
            None => true,
            Some((then, told)) => differs(told, seen, now.saturating_sub(*then)),
        };
        if tells {
            self.told = Some((now, seen.clone()));
        }
        tells
    }
}

/// Whether the difference matters to the hub: the backlog, the program, a sixteenth of the free disk space or crossing
/// the low mark, a clock that was set.
fn differs(told: &Status, seen: &Status, elapsed: u64) -> bool {
    let low = |status: &Status| status.disk_free < limits::DISK_LOW;
    let room = told.disk_free.max(seen.disk_free) / 16;
    let clock = seen.clock.abs_diff(told.clock.saturating_add(elapsed));
    told.backlog != seen.backlog
        || told.oldest_unsent != seen.oldest_unsent
        || low(told) != low(seen)
        || told.disk_free.abs_diff(seen.disk_free) > room
        || clock > limits::CLOCK_OFF.as_millis() as u64 / 8
        || told.program != seen.program
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVERY: u64 = limits::STATUS_EVERY.as_millis() as u64;

    fn status(waiting: u64, now: u64) -> Status {
        let oldest_unsent = if waiting > 0 { 5 } else { 0 };
        Status {
            backlog: vec![waiting],
            oldest_unsent,
            disk_free: 16 * limits::DISK_LOW,
            clock: 1_000_000 + now,
            program: String::new(),
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let mut telling = Telling::default();
        assert!(telling.tells(7, &status(3, 7)), "the first");
        assert_eq!(telling.due(), None, "nothing happened");
        telling.stir(8);
        telling.stir(9);
        assert_eq!(telling.due(), Some(8 + EVERY));
        telling.look();
        assert!(!telling.tells(8 + EVERY, &status(3, 8 + EVERY)), "the clock goes on, and that is all");
        assert_eq!(telling.due(), None);
        telling.stir(9 + EVERY);
        assert!(telling.tells(9 + 2 * EVERY, &status(0, 9 + 2 * EVERY)));
    }

    #[test]
    fn room_and_clock_are_told_when_somebody_would_want_to_know() {
        let before = status(0, 0);
        let room = |disk_free| differs(&before, &Status { disk_free, ..before.clone() }, 0);
        assert!(!room(15 * limits::DISK_LOW), "a sixteenth");
        assert!(room(15 * limits::DISK_LOW - 1));
        let least = Status { disk_free: limits::DISK_LOW, ..before.clone() };
        assert!(differs(&least, &Status { disk_free: limits::DISK_LOW - 1, ..least.clone() }, 0), "low");
        let clock = |clock| differs(&before, &Status { clock, ..before.clone() }, 60_000);
        assert!(!clock(before.clock + 60_000));
        assert!(!clock(before.clock + 75_000));
        assert!(clock(before.clock + 75_001), "set forward");
        assert!(clock(before.clock), "set back");
    }

    proptest! {
        /// Whatever happens: no status is sent more often than allowed, the last true one is sent in the end, and
        /// nobody has to look while nothing happens.
        #[test]
        fn seldom_and_in_the_end_true(steps in prop::collection::vec((0..3 * EVERY, 0u64..4), 1..40)) {
            let (mut telling, mut now, mut waiting) = (Telling::default(), 0, 0);
            telling.tells(now, &status(waiting, now));
            let mut told = vec![(now, waiting)];
            let mut look = |telling: &mut Telling, waiting, until: u64| {
                if let Some(due) = telling.due().filter(|due| *due <= until) {
                    telling.look();
                    if telling.tells(due, &status(waiting, due)) {
                        told.push((due, waiting));
                    }
                }
            };
            for (wait, next) in steps {
                now += wait;
                look(&mut telling, waiting, now);
                if next != waiting {
                    waiting = next;
                    telling.stir(now);
                }
            }
            look(&mut telling, waiting, now + EVERY);
            prop_assert_eq!(telling.due(), None);
            prop_assert_eq!(told.last().map(|(_, waiting)| *waiting), Some(waiting));
            prop_assert!(told.windows(2).all(|pair| pair[1].0 - pair[0].0 >= EVERY), "{:?}", told);
        }
    }
}
