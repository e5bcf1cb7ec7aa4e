//! What a hub's clock is worth: it is held against its own journal, against the time that has passed since the start,
//! and against the clocks that offices tell. A pure state machine: it is told the times and reads none.

use std::collections::HashMap;
use std::time::Duration;

use crate::id::OfficeId;
use crate::limits;

/// Why a hub's clock is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It stands where no time has passed that could have brought it there: it was set, or has failed.
    Jumped,
    /// It stands before the newest time in the hub's own journal.
    Behind,
    /// The clocks of the offices say otherwise.
    Offices,
    /// The hub stood still for longer than any certificate holds, and nobody has said what day it is.
    LongStop,
}

/// A clock that is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Doubt {
    /// Why.
    pub why: Why,
    /// What the clock shows, Unix milliseconds.
    pub shows: u64,
    /// What counts instead, Unix milliseconds.
    pub counts: u64,
}

/// The time by a guarded clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// Unix milliseconds: what the clock shows; if it is not believed, the last good time and what has passed since.
    pub millis: u64,
    /// Set if it is not believed. Then no certificates are signed, and nobody is judged late.
    pub doubt: Option<Doubt>,
}

/// What one office's machine told of its clock.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// Its clock minus the steady clock here.
    offset: i128,
    /// By the steady clock here.
    at: u64,
}

/// Guards a clock. `shows` is the clock, Unix milliseconds; `steady` counts milliseconds from any beginning and is never
/// set.
#[derive(Debug)]
pub struct Guard {
    /// A moment at which the time was known: by the clock, and by the steady clock.
    good: (u64, u64),
    why: Why,
    /// Set if the hub stood still for long, so that nothing says yet that its clock is right: the newest time in its
    /// journal, and the steady clock at the start. It is believed until an office says otherwise.
    unproved: Option<(u64, u64)>,
    /// The newest time in the journal: what stands before it has a wrong clock.
    newest: u64,
    told: HashMap<OfficeId, Told>,
    /// The middle one of what offices told.
    middle: Option<i128>,
}

impl Guard {
    /// Guards the clock of a hub that starts now. `newest`: the newest time in its journal; none: it has none.
    pub fn new(newest: Option<u64>, shows: u64, steady: u64) -> Self {
        let newest = newest.unwrap_or(0);
        let stood = shows.saturating_sub(newest);
        let mut guard = Self {
            good: (shows, steady),
            why: Why::Jumped,
            unproved: None,
            newest,
            told: HashMap::new(),
            middle: None,
        };
        if newest == 0 || shows >= newest && stood <= millis(limits::CLOCK_APART) {
            return guard;
        }
        if shows >= newest && stood <= millis(limits::CLOCK_STOOD) {
            guard.unproved = Some((newest, steady));
        } else {
            guard.good = (newest, steady);
            guard.why = if shows < newest { Why::Behind } else { Why::LongStop };
        }
        guard
    }

    /// Takes what an office's machine says of its clock, Unix milliseconds; 0: nothing.
    pub fn hear(&mut self, office: OfficeId, clock: u64, steady: u64) {
        if clock == 0 {
            return;
        }
        self.told.insert(office, Told { offset: i128::from(clock) - i128::from(steady), at: steady });
        let heard = millis(limits::CLOCK_HEARD);
        self.told.retain(|_, told| steady.saturating_sub(told.at) <= heard);
        // A dead battery says nothing where others speak: it stands before what is written here. But if most stand there,
        // it is what is written here that a wrong clock wrote.
        let least = i128::from(self.newest) - i128::from(millis(limits::CLOCK_MARGIN)) - i128::from(steady);
        let all = self.told.values().map(|told| told.offset);
        let mut offsets: Vec<i128> = all.clone().filter(|offset| *offset >= least).collect();
        if offsets.len() * 2 < self.told.len() {
            offsets = all.collect();
        }
        let half = offsets.len().saturating_sub(1) / 2;
        self.middle = (!offsets.is_empty()).then(|| *offsets.select_nth_unstable(half).1);
    }

    /// Whether something speaks for a time that is believed: its hub did not stand still for long, or offices' clocks
    /// agree with it. Until then nothing is done by it that could not be undone.
    pub fn is_proved(&self, shows: u64, steady: u64) -> bool {
        let off = |middle: i128| (middle + i128::from(steady) - i128::from(shows)).unsigned_abs();
        let agree = |middle| off(middle) <= u128::from(millis(limits::CLOCK_JUMP));
        self.unproved.is_none() || self.middle.is_some_and(agree)
    }

    /// A person says that the clock is right.
    pub fn accept(&mut self, shows: u64, steady: u64) {
        self.good = (shows, steady);
        self.unproved = None;
        self.newest = self.newest.min(shows);
        self.told.clear();
        self.middle = None;
    }

    /// The time that counts.
    pub fn look(&mut self, shows: u64, steady: u64) -> Time {
        let right = Time { millis: shows, doubt: None };
        let offices = self.middle.map(|middle| middle + i128::from(steady));
        let off = offices.map(|offices| (offices - i128::from(shows)).unsigned_abs());
        let enough = self.told.len() >= limits::CLOCK_WITNESSES;
        if enough && off.is_some_and(|off| off <= u128::from(millis(limits::CLOCK_JUMP))) {
            self.good = (shows, steady);
            self.unproved = None;
            self.why = Why::Jumped;
            return right;
        }
        let against = off.is_some_and(|off| off > u128::from(millis(limits::CLOCK_APART)));
        let later = offices.is_some_and(|offices| {
            offices + i128::from(millis(limits::CLOCK_MARGIN)) >= i128::from(self.newest)
        });
        if against
            && (later || enough)
            && let Some(before) = self.unproved.take()
        {
            self.good = before;
            self.why = Why::Offices;
        }
        let counts = i128::from(self.good.0) + i128::from(steady) - i128::from(self.good.1);
        let counts = u64::try_from(counts).unwrap_or(0);
        let why = if against && enough {
            Why::Offices
        } else if shows.abs_diff(counts) > millis(limits::CLOCK_JUMP) {
            self.why
        } else {
            self.good = (shows, steady);
            self.why = Why::Jumped;
            return right;
        };
        Time { millis: counts, doubt: Some(Doubt { why, shows, counts }) }
    }
}

fn millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;
    const HOUR: u64 = 3_600_000;
    const NOW: u64 = 20_000 * DAY;

    fn office(number: u128) -> OfficeId {
        OfficeId(uuid::Uuid::from_u128(number))
    }

    /// Days.
    const JUMPS: [i64; 6] = [20, -20, 60, -60, 100, 400];

    #[test]
    fn a_jump_counts_for_nothing_and_ends_with_itself() {
        for jump in JUMPS.into_iter().chain([3_650]).map(|days| days * DAY as i64) {
            let mut guard = Guard::new(Some(NOW), NOW, 0);
            for (passed, off) in [(HOUR, 0), (HOUR + 15_000, jump), (5 * DAY, jump), (5 * DAY + 1, 0)] {
                let shows = (NOW + passed).saturating_add_signed(off);
                let time = guard.look(shows, passed);
                assert_eq!(time.millis, NOW + passed, "{jump}");
                assert_eq!(time.doubt.map(|doubt| doubt.why), (off != 0).then_some(Why::Jumped), "{jump}");
            }
        }
    }

    #[test]
    fn a_start_before_ones_own_journal_goes_on_from_there() {
        let mut guard = Guard::new(Some(NOW), NOW - 60 * DAY, 0);
        let time = guard.look(NOW - 60 * DAY + 5, 5);
        assert_eq!((time.millis, time.doubt.map(|doubt| doubt.why)), (NOW + 5, Some(Why::Behind)));
        for number in 0..2 {
            guard.hear(office(number), NOW - 60 * DAY + 5, 5);
        }
        assert!(guard.look(NOW - 60 * DAY + 6, 6).doubt.is_some(), "two may be wrong");
        // A third says so too: the journal's time was of a wrong clock.
        guard.hear(office(3), NOW - 60 * DAY + 5, 5);
        assert_eq!(guard.look(NOW - 60 * DAY + 6, 6), Time { millis: NOW - 60 * DAY + 6, doubt: None });
        let mut guard = Guard::new(Some(NOW), NOW - 60 * DAY, 0);
        guard.accept(NOW - 60 * DAY + 7, 7);
        assert_eq!(
            guard.look(NOW - 60 * DAY + 8, 8),
            Time { millis: NOW - 60 * DAY + 8, doubt: None },
            "a person"
        );
    }

    #[test]
    fn after_a_long_stop_the_first_office_that_says_otherwise_is_heard() {
        for days in [20, 60, 200] {
            let wrong = NOW + days * DAY;
            let mut guard = Guard::new(Some(NOW), wrong, 0);
            assert_eq!(guard.look(wrong, 0).doubt, None, "it may be right");
            guard.hear(office(9), 15 * DAY, 1);
            assert_eq!(guard.look(wrong + 1, 1).doubt, None, "a dead battery says nothing");
            guard.hear(office(1), NOW + HOUR, 2);
            let time = guard.look(wrong + 2, 2);
            assert_eq!((time.millis, time.doubt.map(|doubt| doubt.why)), (NOW + 2, Some(Why::Offices)));
            // Set right, the clock is believed again.
            assert_eq!(guard.look(NOW + HOUR, 3).doubt, None);
        }
        let mut guard = Guard::new(Some(NOW), NOW + 400 * DAY, 0);
        assert_eq!(guard.look(NOW + 400 * DAY, 0).doubt.map(|doubt| doubt.why), Some(Why::LongStop));
        for number in 0..3 {
            guard.hear(office(number), NOW + 400 * DAY, 1);
        }
        assert_eq!(guard.look(NOW + 400 * DAY + 1, 1).doubt, None, "three offices say so");
    }

    #[test]
    fn most_offices_are_believed_and_a_few_are_not() {
        let mut guard = Guard::new(Some(NOW), NOW, 0);
        guard.hear(office(1), NOW + 60 * DAY, 0);
        guard.hear(office(2), NOW + 60 * DAY, 0);
        assert_eq!(guard.look(NOW, 0).doubt, None, "two are no majority");
        for number in 3..6 {
            guard.hear(office(number), NOW + 1_000, 0);
        }
        assert_eq!(guard.look(NOW, 0).doubt, None);
        // A machine that slept: the steady clock stood, and the offices say that the clock is right.
        assert_eq!(guard.look(NOW + 5 * HOUR, 1).doubt.map(|doubt| doubt.why), Some(Why::Jumped));
        for number in 3..6 {
            guard.hear(office(number), NOW + 5 * HOUR, 1);
        }
        assert_eq!(guard.look(NOW + 5 * HOUR, 1), Time { millis: NOW + 5 * HOUR, doubt: None });
        for number in 1..6 {
            guard.hear(office(number), NOW + 30 * DAY, 2);
        }
        let doubt = guard.look(NOW + 5 * HOUR, 2).doubt;
        assert_eq!(doubt.map(|doubt| doubt.why), Some(Why::Offices));
    }

    #[test]
    fn a_clock_that_is_corrected_step_by_step_is_believed() {
        let mut guard = Guard::new(None, NOW, 0);
        for hours in 0..48 {
            let shows = NOW + hours * (HOUR + 60_000);
            assert_eq!(guard.look(shows, hours * HOUR), Time { millis: shows, doubt: None });
        }
    }

    #[test]
    fn what_a_wrong_clock_wrote_makes_no_right_clock_a_dead_battery() {
        let ahead = NOW + 60 * DAY;
        let mut guard = Guard::new(Some(ahead), ahead, 0);
        for right in 1..=3 {
            guard.hear(office(right), NOW, 0);
        }
        guard.hear(office(4), ahead, 0);
        assert!(guard.look(ahead, 0).doubt.is_some());
        // One dead battery among others is none of them.
        let mut guard = Guard::new(Some(NOW), NOW, 0);
        for (number, clock) in [(1, DAY), (2, NOW), (3, NOW + HOUR / 2)] {
            guard.hear(office(number), clock, 0);
        }
        assert!(guard.look(NOW, 0).doubt.is_none());
    }

    #[test]
    fn after_a_long_stop_a_time_is_proved_by_offices_or_a_person() {
        let begun = NOW + 60 * DAY;
        assert!(Guard::new(Some(NOW), NOW + HOUR, 0).is_proved(NOW + HOUR, 0), "no long stop");
        let mut guard = Guard::new(Some(NOW), begun, 0);
        assert!(guard.look(begun, 0).doubt.is_none() && !guard.is_proved(begun, 0));
        guard.hear(office(1), NOW, 0);
        assert!(!guard.is_proved(begun, 0));
        guard.hear(office(1), begun + HOUR / 2, 0);
        assert!(guard.is_proved(begun, 0));
        let mut guard = Guard::new(Some(NOW), begun, 0);
        guard.accept(begun, 0);
        assert!(guard.is_proved(begun, 0));
    }
}
