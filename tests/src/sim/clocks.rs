//! Clocks that are wrong, at machines and at the hub, the product's guards around them, and what must hold of times all
//! the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use truc_node::clock::{Clock, OfficeClock};
use truc_node::store::journal::Stored;
use truc_proto::clock::{Guard, Time};
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::receipt::Receipt;

use super::{Event, Result, Violation, World};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// 1 January 2026, in UTC: when a run begins.
pub(crate) const START: u64 = 1_767_225_600_000;
/// How far a clock jumps, days.
const JUMPS: [u64; 3] = [20, 60, 3_650];
/// For how long it stays wrong, at most.
const LASTS: [u64; 3] = [30 * SECOND, HOUR, 3 * DAY];
/// How far the time may be off that a program goes by: clocks differ, and a frame may take ten minutes.
const OFF: u64 = HOUR;

/// The clock of a machine, as its program goes by it.
pub(crate) struct OfficeTime {
    shows: Arc<AtomicU64>,
    steady: Arc<AtomicU64>,
    clock: OfficeClock,
    /// Whether the hub has told it the right time since it started.
    pub(crate) told: bool,
}

impl OfficeTime {
    /// A program starts that holds this receipt.
    pub(crate) fn begins(receipt: Option<Receipt>) -> Self {
        let (shows, steady) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (show, go) = (Arc::clone(&shows), Arc::clone(&steady));
        let clock = Clock::two(move || show.load(Ordering::Relaxed), move || go.load(Ordering::Relaxed));
        let clock = OfficeClock::new(clock, receipt.map(|receipt| receipt.hub_time.millis()));
        clock.certified(((START - 10 * DAY) / SECOND, (START + 20 * DAY) / SECOND));
        Self { shows, steady, clock, told: false }
    }
}

/// What offices told the hub of their clocks since it started: whether each was right, and when.
pub(crate) type Told = BTreeMap<OfficeId, (bool, u64)>;

impl World {
    /// The true time, Unix milliseconds.
    pub(crate) fn true_time(&self) -> u64 {
        START + self.now
    }

    /// The time by a clock with this offset.
    pub(crate) fn now_by(&self, off: i64) -> u64 {
        self.true_time().saturating_add_signed(off)
    }

    /// The time that the program of a machine goes by.
    pub(crate) fn office_time(&self, machine: usize) -> u64 {
        let up = &self.machines[machine];
        up.time.shows.store(self.now_by(up.clock), Ordering::Relaxed);
        up.time.steady.store(self.now, Ordering::Relaxed);
        up.time.clock.millis()
    }

    /// The hub's program starts: its clock is held against its journal.
    pub(crate) fn hub_clock_begins(&mut self) -> Result<()> {
        let newest = self.hub.journal.reads().newest_time()?;
        self.hub.guard = RefCell::new(Guard::new(newest, self.now_by(self.hub.clock), self.now));
        self.hub.told.clear();
        Ok(())
    }

    /// The time that the hub goes by.
    pub(crate) fn hub_time(&self) -> Time {
        self.hub.guard.borrow_mut().look(self.now_by(self.hub.clock), self.now)
    }

    /// A clock of a machine or the hub jumps, for seconds or for days.
    pub(crate) fn clock_jumps(&mut self, machine: usize) {
        let days = JUMPS[self.clock_rng.below(JUMPS.len() as u64) as usize];
        let off = (days * DAY + self.clock_rng.below(HOUR)) as i64;
        let off = if self.clock_rng.chance(50) { off } else { -off };
        let hub = self.clock_rng.chance(30);
        let lasts = LASTS[self.clock_rng.below(LASTS.len() as u64) as usize];
        let until = self.now + 1 + self.clock_rng.below(lasts);
        self.reach("clock jumped");
        let clock = if hub { &mut self.hub.clock } else { &mut self.machines[machine].clock };
        *clock = if self.manner.right_clocks { 0 } else { off };
        self.at(until, Event::ClockBack { machine: (!hub).then_some(machine) });
    }

    /// A clock is set right.
    pub(crate) fn clock_back(&mut self, machine: Option<usize>) {
        match machine {
            Some(machine) => self.machines[machine].clock = 0,
            None => self.hub.clock = 0,
        }
    }

    /// The hub hears what the clock of an office shows.
    pub(crate) fn hub_hears(&mut self, office: OfficeId, clock: u64) {
        if clock > 0 {
            self.hub.guard.borrow_mut().hear(office, clock, self.now);
            let right = clock.abs_diff(self.true_time()) <= OFF;
            self.hub.told.insert(office, (right, self.now));
        }
    }

    /// A machine hears the hub's time with the Welcome.
    pub(crate) fn office_hears(&mut self, machine: usize, hub_time: u64) {
        self.office_time(machine);
        let right = hub_time.abs_diff(self.true_time()) <= OFF / 2;
        let time = &mut self.machines[machine].time;
        time.clock.hear(hub_time);
        time.told = right;
    }

    /// Promise Clock, at the hub: a clock is not believed against most of the offices that told theirs.
    pub(crate) fn check_hub_clock(&mut self) -> Result<()> {
        let shows = self.now_by(self.hub.clock);
        let off = shows.abs_diff(self.true_time());
        let doubt = self.hub_time().doubt;
        if doubt.is_some() && off > OFF {
            self.reach("the hub's clock is not believed");
        }
        let heard = limits::CLOCK_HEARD.as_millis() as u64;
        let fresh: Vec<bool> = (self.hub.told.values())
            .filter(|(_, at)| self.now - at <= heard)
            .map(|(right, _)| *right)
            .collect();
        let right = fresh.iter().filter(|right| **right).count();
        let witnessed = right >= limits::CLOCK_WITNESSES && right > fresh.len() - right;
        if off > limits::CLOCK_APART.as_millis() as u64 + OFF && witnessed && doubt.is_none() {
            return Err(Violation(format!("Clock: the hub believes its clock, which is {off} ms off")));
        }
        Ok(())
    }

    /// Promise Clock, at a machine that the hub has told the time: it writes by the right time, whatever its clock
    /// shows.
    pub(crate) fn check_office_clock(&mut self, machine: usize) -> Result<()> {
        let (time, told) = (self.office_time(machine), self.machines[machine].time.told);
        let off = time.abs_diff(self.true_time());
        if told && self.machines[machine].clock != 0 {
            self.reach("a wrong clock writes by the hub's time");
        }
        if told && off > OFF {
            return Err(Violation(format!("Clock: machine {machine} goes by a time that is {off} ms off")));
        }
        Ok(())
    }

    /// Promise When: what a machine writes that knows the time counts from a moment between the one at which it wrote it
    /// and the one at which the hub had it, whatever clocks showed before. Asked when the hub takes it.
    pub(crate) fn check_when(&self, stored: &Stored) -> Result<()> {
        let (entry, now) = (&stored.entry, self.true_time());
        let hub = self.hub_time().millis;
        let Some((wrote, true)) = self.truth.wrote.get(&entry.hash).copied() else { return Ok(()) };
        // What the hub took long ago, or by a wrong time that nobody has contradicted yet, says nothing.
        if stored.arrived != Some(hub) || hub.abs_diff(now) > OFF {
            return Ok(());
        }
        let judged = entry.header.when(stored.arrived).time.millis();
        let signed = entry.header.time.millis();
        let ahead = signed > now + limits::AHEAD.as_millis() as u64 + OFF;
        if judged + OFF < wrote || judged > now + OFF || ahead && self.is_told_lately(entry) {
            let place = entry.header.place();
            return Err(Violation(format!(
                "When: {place:?} of {wrote} counts from {judged}, is signed {signed}"
            )));
        }
        Ok(())
    }

    /// Whether the receipt that the author had seen was of about the true time: then no clock of the past may count.
    fn is_told_lately(&self, entry: &Entry) -> bool {
        entry.header.seen.is_some_and(|seen| seen.hub_time.millis() <= self.true_time() + OFF)
    }

    /// Notes when an own entry was written, and whether its machine knew the time.
    pub(crate) fn note_when(&mut self, entry: &Entry, by: u64) {
        let now = self.true_time();
        self.truth.wrote.insert(entry.hash, (now, by.abs_diff(now) <= OFF));
    }

    /// All clocks are right from now on.
    pub(crate) fn clocks_stop(&mut self) {
        self.hub.clock = 0;
        self.machines.iter_mut().for_each(|machine| machine.clock = 0);
    }

    /// Promise Clock, at rest: with right clocks, and offices that say so, everybody goes by the right time.
    pub(crate) fn check_clocks(&mut self) -> Result<()> {
        let (time, now) = (self.hub_time(), self.true_time());
        let witnessed = self.hub.told.values().filter(|(right, _)| *right).count() >= limits::CLOCK_WITNESSES;
        if witnessed && (time.doubt.is_some() || time.millis.abs_diff(now) > OFF) {
            return Err(Violation(format!("Clock: at rest the hub goes by {time:?}, it is {now}")));
        }
        for machine in 0..self.machines.len() {
            let off = self.office_time(machine).abs_diff(now);
            if self.is_on(machine) && self.machines[machine].time.told && off > OFF {
                return Err(Violation(format!("Clock: at rest machine {machine} is {off} ms off")));
            }
        }
        Ok(())
    }
}
