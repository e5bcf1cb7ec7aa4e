//! The time: this machine's clock, unless a test sets another; and how far an office believes it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use truc_proto::limits;

type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Tells the time.
#[derive(Clone)]
pub struct Clock {
    shows: Now,
    steady: Now,
}

impl Clock {
    /// A clock that shows what `now` returns, Unix milliseconds. Where it jumps, so much time has passed.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let shows: Now = Arc::new(now);
        Self { steady: Arc::clone(&shows), shows }
    }

    /// A clock that shows what `now` returns, whatever time has passed by the real one.
    pub fn wrong(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { shows: Arc::new(now), steady: Arc::new(steady_millis) }
    }

    /// A clock with a steady one beside it.
    pub fn two(
        now: impl Fn() -> u64 + Send + Sync + 'static,
        steady: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self { shows: Arc::new(now), steady: Arc::new(steady) }
    }

    /// Unix milliseconds.
    pub fn millis(&self) -> u64 {
        (self.shows)()
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.millis() / 1000
    }

    /// Milliseconds from any beginning; nobody sets it.
    pub fn steady(&self) -> u64 {
        (self.steady)()
    }

    /// The same clock, but never before `floor` (Unix seconds), a moment that has certainly passed. A machine whose
    /// clock lost its battery would otherwise find every certificate not yet valid.
    pub fn after(&self, floor: u64) -> Self {
        let clock = self.clone();
        let shows = move || clock.millis().max(floor.saturating_mul(1000));
        Self { shows: Arc::new(shows), steady: Arc::clone(&self.steady) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::wrong(unix_millis)
    }
}

/// What an office knows of the time beside its clock.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// From when to when this machine's certificate holds, Unix milliseconds: the hub's word on the time counts within.
    certified: (u64, u64),
    /// The hub's time in the newest receipt, Unix milliseconds.
    receipt: u64,
    /// The hub's time in the last session, and the steady clock then.
    heard: Option<(u64, u64)>,
}

/// The time as an office uses it: its clock, unless that differs from what the hub says. A machine whose battery is
/// dead writes, and knows who its recipients are. The hub is believed no further than this machine's certificate holds.
pub struct OfficeClock {
    clock: RwLock<Clock>,
    known: RwLock<Known>,
    /// At a hub: what its clock shows and what counts, if it is not believed.
    doubt: RwLock<Doubt>,
}

type Doubt = Arc<dyn Fn() -> Option<(u64, u64)> + Send + Sync>;

/// What is wrong with a clock, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// An office's: it is ahead of the hub's by so much, milliseconds; behind it, if negative.
    Off(i64),
    /// A hub's: it is not believed.
    Doubted {
        /// What it shows, Unix milliseconds.
        shows: u64,
        /// What counts, Unix milliseconds.
        counts: u64,
    },
}

impl OfficeClock {
    /// The clock of an office. `receipt`: the hub's time in its newest receipt, Unix milliseconds.
    pub fn new(clock: Clock, receipt: Option<u64>) -> Self {
        let known = Known { receipt: receipt.unwrap_or(0), ..Known::default() };
        let doubt: Doubt = Arc::new(|| None);
        Self { clock: RwLock::new(clock), known: RwLock::new(known), doubt: RwLock::new(doubt) }
    }

    /// Goes by another clock from now on.
    pub fn go_by(&self, clock: Clock) {
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    /// At a hub: who knows whether its clock is believed.
    pub fn doubt_by(&self, doubt: impl Fn() -> Option<(u64, u64)> + Send + Sync + 'static) {
        *self.doubt.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(doubt);
    }

    /// What is wrong with the clock; none: nothing that is known.
    pub fn wrong(&self) -> Option<Wrong> {
        let doubt = Arc::clone(&self.doubt.read().unwrap_or_else(PoisonError::into_inner));
        let doubted = doubt().map(|(shows, counts)| Wrong::Doubted { shows, counts });
        doubted.or_else(|| self.off().map(Wrong::Off))
    }

    /// This machine's clock.
    pub fn clock(&self) -> Clock {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn known(&self) -> Known {
        *self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes from when to when this machine's certificate holds, Unix seconds.
    pub fn certified(&self, (begins, ends): (u64, u64)) {
        self.know(|known| known.certified = (begins.saturating_mul(1000), ends.saturating_mul(1000)));
    }

    /// Takes the hub's time of this moment, Unix milliseconds.
    pub fn hear(&self, hub_time: u64) {
        let steady = self.clock().steady();
        self.know(|known| known.heard = Some((hub_time, steady)));
    }

    /// The time by the hub, Unix milliseconds; none: it told none that can be believed. Of a receipt it is the least.
    fn told(known: &Known, steady: u64) -> Option<(u64, bool)> {
        let (begins, ends) = known.certified;
        let believed = |time: u64| begins <= time && time <= ends;
        match known.heard {
            Some((time, at)) if believed(time) => {
                Some((time.saturating_add(steady.saturating_sub(at)), true))
            }
            _ => Some((if believed(known.receipt) { known.receipt } else { begins }, false)),
        }
    }

    /// Unix milliseconds: this machine's clock, if it agrees with the hub's word, else that.
    pub fn millis(&self) -> u64 {
        let (clock, known) = (self.clock(), self.known());
        let shows = clock.millis();
        match Self::told(&known, clock.steady()) {
            Some((time, true)) if time.abs_diff(shows) > limits::CLOCK_MARGIN.as_millis() as u64 => time,
            Some((least, false)) => shows.max(least),
            _ => shows,
        }
    }

    /// The time of what is written, Unix milliseconds. Unless the hub tells the time, a clock that stands before a day that
    /// the hub has said to have come (its beginning, `turned`) is wrong: the day counts then, if this machine's
    /// certificate does not contradict it.
    pub fn writes(&self, turned: Option<u64>) -> u64 {
        let (clock, known) = (self.clock(), self.known());
        let (begins, ends) = known.certified;
        let borne = |day: &u64| ends == 0 || begins <= *day && *day <= ends;
        match Self::told(&known, clock.steady()) {
            Some((_, true)) => self.millis(),
            _ => self.millis().max(turned.filter(borne).unwrap_or(0)),
        }
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.millis() / 1000
    }

    /// How far this machine's clock is ahead of the hub's, milliseconds, if that is more than people should bear; none:
    /// it is not, or nobody knows.
    pub fn off(&self) -> Option<i64> {
        let (clock, known) = (self.clock(), self.known());
        let shows = clock.millis();
        let off = match Self::told(&known, clock.steady())? {
            (time, true) => i64::try_from(i128::from(shows) - i128::from(time)).unwrap_or(i64::MAX),
            (least, false) => -i64::try_from(least.saturating_sub(shows)).unwrap_or(i64::MAX),
        };
        (off.unsigned_abs() > limits::CLOCK_OFF.as_millis() as u64).then_some(off)
    }
}

impl fmt::Debug for OfficeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfficeClock")
            .field("clock", &self.clock())
            .field("known", &self.known())
            .finish_non_exhaustive()
    }
}

impl Default for OfficeClock {
    fn default() -> Self {
        Self::new(Clock::default(), None)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(self.now())))
    }
}

/// Unix milliseconds by this machine's clock.
pub fn unix_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Unix seconds by this machine's clock; 0 if it stands before 1970.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Milliseconds since this machine was started; sleep counts, and nobody sets it.
fn steady_millis() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    (time.tv_sec as u64).saturating_mul(1000).saturating_add(time.tv_nsec as u64 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const DAY: u64 = 86_400_000;
    const NOW: u64 = 20_000 * DAY;

    fn at(now: u64) -> Clock {
        Clock::new(move || now)
    }

    fn office(now: u64, receipt: Option<u64>) -> OfficeClock {
        let office = OfficeClock::new(at(now), receipt);
        office.certified(((NOW - 10 * DAY) / 1000, (NOW + 20 * DAY) / 1000));
        office
    }

    #[test]
    fn a_dead_battery_knows_what_day_it_is() {
        for behind in [60, 1_100, 4_000] {
            let then = NOW - behind * DAY;
            assert_eq!(office(then, None).millis(), NOW - 10 * DAY, "its certificate had begun");
            let known = office(then, Some(NOW));
            assert_eq!((known.millis(), known.off()), (NOW, Some(-((behind * DAY) as i64))));
        }
    }

    #[test]
    fn a_day_that_the_hub_said_to_have_come_is_not_written_before() {
        let dead = office(NOW - 1_100 * DAY, None);
        assert_eq!(dead.writes(Some(NOW)), NOW);
        assert_eq!(dead.writes(Some(NOW - 50 * DAY)), NOW - 10 * DAY, "its certificate had begun");
        assert_eq!(dead.writes(Some(NOW + 3_650 * DAY)), NOW - 10 * DAY, "its certificate has ended by then");
        dead.hear(NOW - DAY);
        assert_eq!(dead.writes(Some(NOW)), NOW - DAY, "the hub tells the time");
        assert_eq!(office(NOW, None).writes(Some(NOW - DAY)), NOW);
        assert_eq!(OfficeClock::new(at(0), None).writes(Some(NOW)), NOW, "no certificate");
    }

    #[test]
    fn a_receipt_of_2099_poisons_nothing() {
        let office = office(NOW, Some(NOW + 73 * 365 * DAY));
        assert_eq!((office.millis(), office.off()), (NOW, None));
        office.hear(NOW + 73 * 365 * DAY);
        assert_eq!((office.millis(), office.off()), (NOW, None));
    }

    #[test]
    fn a_clock_that_the_hub_contradicts_writes_by_the_hubs_time() {
        for jump in [20, 60, 100, 400, 3_650] {
            for now in [NOW + jump * DAY, NOW - jump * DAY] {
                let shown = Arc::new(AtomicU64::new(now));
                let shows = Arc::clone(&shown);
                let office = office(now, Some(NOW - DAY));
                office.go_by(Clock::new(move || shows.load(Ordering::SeqCst)));
                office.hear(NOW);
                assert_eq!(office.millis(), NOW, "{jump}");
                assert!(office.off().is_some());
                shown.fetch_add(1_000, Ordering::SeqCst);
                assert_eq!(office.millis(), NOW + 1_000, "time passes");
            }
        }
        let right = office(NOW + 90_000, Some(NOW));
        right.hear(NOW);
        assert_eq!((right.millis(), right.off()), (NOW + 90_000, None), "clocks differ");
    }
}
