//! Hybrid logical time: wall-clock time that never goes back within one ledger; and moments that were written down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits;

/// Unix milliseconds in the high 48 bits, a counter in the low 16. Tells people when something happened; never decides
/// what comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hlc(pub u64);

impl Hlc {
    /// Unix milliseconds as hybrid time; what does not fit is the latest time there is.
    pub fn at(millis: u64) -> Hlc {
        Hlc(millis.min(u64::MAX >> 16) << 16)
    }

    /// The time of an event that happens now and after `last`: later than `last` even if the clock was set back. At the
    /// end of all times it stands still.
    pub fn tick(last: Hlc, now_ms: u64) -> Hlc {
        let now = Hlc::at(now_ms);
        if now > last { now } else { Hlc(last.0.saturating_add(1)) }
    }

    /// The time of a new entry. `last`: that of its predecessor; `seen`: the hub's newest word, if there is one. A clock
    /// that once stood in the future does not hold the ledger there: what lies more than [`limits::AHEAD`] beyond the
    /// hub's word is not counted from.
    pub fn next(last: Hlc, seen: Option<Hlc>, now_ms: u64) -> Hlc {
        Hlc::tick(seen.map_or(last, |seen| last.min(seen.plus(limits::AHEAD))), now_ms)
    }

    /// So much later.
    pub fn plus(self, time: Duration) -> Hlc {
        Hlc(self.0.saturating_add(Hlc::at(time.as_millis() as u64).0))
    }

    /// Unix milliseconds.
    pub fn millis(self) -> u64 {
        self.0 >> 16
    }
}

/// When something was done: the time that counts, and both times from which it follows. Wherever somebody is judged by
/// it, people are shown both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct When {
    /// As far as anybody can know: the time that its author signed, but not before what the author had seen then, and
    /// not after the hub had it.
    pub time: Hlc,
    /// What its author says.
    pub signed: Hlc,
    /// When the hub had it, Unix milliseconds; none: it has not, or nobody knows.
    pub arrived: Option<u64>,
}

impl When {
    /// Of an entry that was signed at a time; `seen`: the hub's newest word that its author had then.
    pub fn of(signed: Hlc, seen: Option<Hlc>, arrived: Option<u64>) -> Self {
        let told = seen.map_or(signed, |seen| signed.max(seen));
        let time = arrived.map_or(told, |arrived| told.min(Hlc::at(arrived)));
        Self { time, signed, arrived }
    }

    /// Of something that the hub has not had.
    pub fn unsent(signed: Hlc) -> Self {
        Self::of(signed, None, None)
    }

    /// The same, of what answers something that was given at a time: it was not done before.
    pub fn not_before(self, given: Hlc) -> Self {
        Self { time: self.time.max(given), ..self }
    }

    /// The same, as it is known at a moment: what a wrong clock did later was done by then.
    pub fn by(self, now: Hlc) -> Self {
        Self { time: self.time.min(now), ..self }
    }

    /// Whether it was done by a deadline (Unix milliseconds). None: the hub's clock is no witness, and nobody is judged
    /// by the author's clock alone.
    pub fn is_by(self, due: i64) -> Option<bool> {
        self.arrived.map(|_| self.time.millis() as i64 <= due)
    }
}

/// A moment that was written down by a clock that may have been wrong. Whoever compares one with the present does it
/// here: a moment that lies in the future is not fresh, its age is unknown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment(u64);

impl Moment {
    /// Of Unix milliseconds.
    pub fn millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Of Unix seconds.
    pub fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// How long ago it was; none: it lies in the future by more than [`limits::CLOCK_MARGIN`], so the clock was wrong
    /// then, or is now.
    pub fn age(self, now: Moment) -> Option<Duration> {
        let margin = limits::CLOCK_MARGIN.as_millis() as u64;
        let known = self.0 <= now.0.saturating_add(margin);
        known.then(|| Duration::from_millis(now.0.saturating_sub(self.0)))
    }

    /// Whether it was less than this ago, for certain.
    pub fn is_within(self, time: Duration, now: Moment) -> bool {
        self.age(now).is_some_and(|age| age < time)
    }

    /// The moment, unless it lies in the future.
    pub fn known(self, now: Moment) -> Option<Moment> {
        self.age(now).map(|_| self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn a_clock_set_back_does_not_turn_time_back() {
        let first = Hlc::tick(Hlc::default(), 1_000);
        let second = Hlc::tick(first, 10);
        assert!(second > first);
        assert_eq!(second.millis(), 1_000);
        assert_eq!(Hlc::tick(second, 2_000).millis(), 2_000);
    }

    #[test]
    fn time_does_not_wrap() {
        assert_eq!(Hlc::tick(Hlc(u64::MAX), 5), Hlc(u64::MAX));
        assert_eq!(Hlc::tick(Hlc::default(), u64::MAX).millis(), u64::MAX >> 16);
        assert_eq!(Hlc(u64::MAX).plus(Duration::from_secs(u64::MAX)), Hlc(u64::MAX));
    }

    #[test]
    fn a_clock_that_once_stood_in_the_future_comes_back_with_the_hubs_word() {
        let now = 20_000 * DAY;
        let future = Hlc::at(now + 3_650 * DAY);
        assert!(Hlc::next(future, None, now) > future, "nobody told it the time");
        let next = Hlc::next(future, Some(Hlc::at(now)), now);
        assert!(next.millis() <= now + DAY, "{next:?}");
        let right = Hlc::next(next, Some(Hlc::at(now + 2 * DAY)), now + 2 * DAY + 5);
        assert_eq!(right.millis(), now + 2 * DAY + 5);
        assert!(Hlc::next(Hlc(u64::MAX), Some(Hlc::at(now)), now).millis() <= now + DAY);
    }

    /// The clock set forward, something written down, the clock set back: for each jump, seconds or days later.
    #[test]
    fn a_moment_of_the_future_is_never_fresh() {
        let now = 20_000 * DAY;
        for jump in [DAY, 20 * DAY, 60 * DAY, 100 * DAY, 400 * DAY, 3_650 * DAY] {
            let written = Moment::millis(now + jump);
            for later in [0, 15_000, 12 * 3_600_000, jump / 2] {
                let then = Moment::millis(now + later);
                assert_eq!(written.age(then), None, "{jump} {later}");
                assert!(!written.is_within(Duration::MAX, then));
                assert_eq!(written.known(then), None);
            }
            assert_eq!(written.age(Moment::millis(now + jump + 7)), Some(Duration::from_millis(7)));
            let past = Moment::millis(now - jump);
            assert_eq!(past.age(Moment::millis(now)), Some(Duration::from_millis(jump)));
            assert!(!past.is_within(Duration::from_secs(86_400), Moment::millis(now)));
        }
        assert!(Moment::seconds(now / 1000 + 60).is_within(Duration::from_secs(1), Moment::millis(now)));
        assert!(!Moment::seconds(u64::MAX).is_within(Duration::from_secs(1), Moment::millis(now)));
    }

    proptest! {
        #[test]
        fn what_was_done_lies_between_what_was_seen_and_what_came(signed: u64, seen: u64, later: u32) {
            let arrived = (seen >> 17) + u64::from(later);
            let (seen, arrival) = (Hlc::at(seen >> 17), Hlc::at(arrived));
            let done = When::of(Hlc(signed), Some(seen), Some(arrived));
            prop_assert!(seen <= done.time && done.time <= arrival);
            prop_assert!(done.time == Hlc(signed) || Hlc(signed) < seen || Hlc(signed) > arrival);
            prop_assert_eq!((done.signed, done.arrived), (Hlc(signed), Some(arrived)), "both are shown");
            prop_assert!(When::of(Hlc(signed), Some(seen), None).time >= seen);
        }

        /// Whatever clocks said, nobody is in time or late before the hub's clock is a witness.
        #[test]
        fn nobody_is_judged_by_the_authors_clock_alone(
            signed: u64, seen: Option<u32>, given: u32, now: u32, due: i64, arrived: u32,
        ) {
            let seen = seen.map(|seen| Hlc::at(seen.into()));
            let judged = |arrived| {
                let when = When::of(Hlc(signed), seen, arrived).not_before(Hlc::at(given.into()));
                when.by(Hlc::at(now.into())).is_by(due)
            };
            prop_assert_eq!(judged(None), None);
            prop_assert!(judged(Some(arrived.into())).is_some());
        }
    }
}
