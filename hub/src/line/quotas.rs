//! What one office may bring in a day, of each kind, and what it has brought. One office's quantity is its own: where it
//! is used up, that office waits, and nobody else notices.
//!
//! Each quota is a vessel that drains evenly over a day. It is kept in memory: a hub that starts again begins with empty
//! ones.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use truc_proto::id::OfficeId;
use truc_proto::{limits, wire};

use crate::config::Allowed;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Entries pushed or given back.
    Entries,
    /// Bytes of their contents.
    Bytes,
    /// Entries that the hub refused.
    Refused,
    /// Words of the hub's ledger about refused entries.
    RefusedSaid,
    /// Bytes of entries kept as evidence.
    Evidence,
    /// Offered entries with wrong signatures.
    Forged,
    /// Questions to a person about a machine.
    Questions,
    /// Claims that the hub went back.
    WentBack,
    /// Branches of its ledger, also those that came to nothing.
    Branches,
    /// Enrolments, the first and repeated ones.
    Enrolments,
    /// Room on the disk, when little is left: only whoever brought most goes without.
    Disk,
}

impl What {
    /// The name, as a node and the console hear it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Bytes => "bytes",
            Self::Refused => "refused",
            Self::RefusedSaid => "refused-said",
            Self::Evidence => "evidence",
            Self::Forged => "forged",
            Self::Questions => "questions",
            Self::WentBack => "went-back",
            Self::Branches => "branches",
            Self::Enrolments => "enrolments",
            Self::Disk => "disk",
        }
    }
}

impl Allowed {
    fn of(&self, what: What) -> u64 {
        match what {
            What::Entries => self.entries,
            What::Bytes => self.bytes,
            What::Refused => self.refused,
            What::RefusedSaid => self.refused_said,
            What::Evidence => self.evidence,
            What::Forged => self.forged,
            What::Questions => self.questions,
            What::WentBack => self.went_back,
            What::Branches => self.branches,
            What::Enrolments => self.enrolments,
            What::Disk => 0,
        }
    }
}

/// An office must wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Later {
    /// What is used up.
    pub what: What,
    /// When there is room again.
    pub after: Duration,
}

impl Later {
    /// As a node is told.
    pub fn to_wire(self) -> wire::Later {
        let seconds = u32::try_from(self.after.as_secs()).unwrap_or(u32::MAX);
        wire::Later { what: self.what.name().into(), seconds: seconds.max(1) }
    }
}

/// What an office was denied since the hub started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Denied {
    /// What.
    pub what: What,
    /// How often.
    pub times: u64,
    /// When last, Unix milliseconds.
    pub last: u64,
}

#[derive(Clone, Copy, Debug)]
struct Vessel {
    level: u64,
    at: Instant,
}

impl Vessel {
    /// The level at a later moment.
    fn drained(self, allowed: u64, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.at).as_millis();
        let gone = u128::from(allowed) * passed / limits::QUOTA_DAY.as_millis();
        self.level.saturating_sub(u64::try_from(gone).unwrap_or(u64::MAX))
    }
}

#[derive(Debug, Default)]
struct Counted {
    vessels: HashMap<(OfficeId, What), Vessel>,
    denied: HashMap<(OfficeId, What), Denied>,
    /// The disk is nearly full.
    short: bool,
}

/// The counts of all offices.
#[derive(Debug, Default)]
pub struct Quotas {
    allowed: Allowed,
    counted: Mutex<Counted>,
}

impl Quotas {
    /// Nothing is used up yet.
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed, counted: Mutex::default() }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what an office brings, unless its quota is used up. Where it is not, all of it is taken, even if that is
    /// more than is left: an entry larger than a quota must not wait for ever.
    pub fn take(&self, office: OfficeId, what: What, amount: u64) -> Result<(), Later> {
        self.take_at(office, what, amount, Instant::now())
    }

    fn take_at(&self, office: OfficeId, what: What, amount: u64, now: Instant) -> Result<(), Later> {
        self.left_at(office, what, now).inspect_err(|later| self.deny(office, later.what))?;
        self.count_at(office, what, amount, now);
        Ok(())
    }

    /// Counts what an office has brought already.
    pub fn count(&self, office: OfficeId, what: What, amount: u64) {
        self.count_at(office, what, amount, Instant::now());
    }

    /// Takes back what was counted and did not come to be.
    pub fn give_back(&self, office: OfficeId, what: What, amount: u64) {
        if let Some(vessel) = self.counted().vessels.get_mut(&(office, what)) {
            vessel.level = vessel.level.saturating_sub(amount);
        }
    }

    fn count_at(&self, office: OfficeId, what: What, amount: u64, now: Instant) {
        let mut counted = self.counted();
        let vessel = counted.vessels.entry((office, what)).or_insert(Vessel { level: 0, at: now });
        let level = vessel.drained(self.allowed.of(what), now).saturating_add(amount);
        *vessel = Vessel { level, at: now };
    }

    /// Whether an office may bring more of what is counted only once it is there; see [`Quotas::count`].
    pub fn room(&self, office: OfficeId, what: What) -> Result<(), Later> {
        self.left_at(office, what, Instant::now()).inspect_err(|later| self.deny(office, later.what))
    }

    /// Whether anything of a quota is left.
    fn left_at(&self, office: OfficeId, what: What, now: Instant) -> Result<(), Later> {
        let allowed = self.allowed.of(what);
        let counted = self.counted();
        let level = counted.vessels.get(&(office, what)).map_or(0, |vessel| vessel.drained(allowed, now));
        if level < allowed {
            return Ok(());
        }
        // Until a hundredth of the day's amount is free again, so that who waits does not come for each single one.
        let beyond = u128::from(level - allowed) + u128::from(allowed / 100) + 1;
        let after = limits::QUOTA_DAY.as_millis() * beyond / u128::from(allowed.max(1));
        let after = Duration::from_millis(u64::try_from(after).unwrap_or(u64::MAX));
        Err(Later { what, after: after.min(limits::QUOTA_WAIT) })
    }

    /// Counts a push. One more reason to wait: the disk is nearly full, and nobody has brought more.
    pub fn push(&self, office: OfficeId, entries: u64, bytes: u64) -> Result<(), Later> {
        if let Some(later) = self.later(office) {
            self.deny(office, later.what);
            return Err(later);
        }
        let now = Instant::now();
        self.count_at(office, What::Entries, entries, now);
        self.count_at(office, What::Bytes, bytes, now);
        Ok(())
    }

    /// Why an office may push nothing now.
    pub fn later(&self, office: OfficeId) -> Option<Later> {
        let now = Instant::now();
        let used_up = [What::Entries, What::Bytes, What::Refused, What::Evidence, What::Branches]
            .into_iter()
            .find_map(|what| self.left_at(office, what, now).err());
        used_up.or_else(|| self.largest_of_a_full_disk(office, now))
    }

    fn largest_of_a_full_disk(&self, office: OfficeId, now: Instant) -> Option<Later> {
        let counted = self.counted();
        if !counted.short {
            return None;
        }
        let bytes = |vessel: &Vessel| vessel.drained(self.allowed.bytes, now);
        let its = counted.vessels.get(&(office, What::Bytes)).map_or(0, bytes);
        let all = counted.vessels.iter().filter(|((_, what), _)| *what == What::Bytes);
        let most = all.map(|(_, vessel)| bytes(vessel)).max().unwrap_or(0);
        let largest = its >= most && its >= limits::DISK_OFFENDER;
        largest.then_some(Later { what: What::Disk, after: limits::QUOTA_WAIT })
    }

    /// Notes how much of the disk is free, in bytes.
    pub fn disk(&self, free: u64, all: u64) {
        let short = free < all / 100 * limits::DISK_RESERVE_PERCENT;
        let mut counted = self.counted();
        if short != std::mem::replace(&mut counted.short, short) {
            tracing::warn!(free, all, short, "room on the disk for what offices push");
        }
    }

    fn deny(&self, office: OfficeId, what: What) {
        let last = truc_node::clock::unix_millis();
        let mut counted = self.counted();
        let denied = counted.denied.entry((office, what)).or_insert(Denied { what, times: 0, last: 0 });
        let quiet = last.saturating_sub(denied.last) < limits::SUSPECT_EVERY.as_millis() as u64;
        denied.times += 1;
        denied.last = last;
        if !quiet {
            tracing::warn!(%office, what = what.name(), times = denied.times, "an office has used up a day's quota");
        }
    }

    /// What offices were denied since the hub started.
    pub fn denied(&self) -> HashMap<OfficeId, Vec<Denied>> {
        let mut all: HashMap<OfficeId, Vec<Denied>> = HashMap::new();
        for ((office, _), denied) in &self.counted().denied {
            all.entry(*office).or_default().push(*denied);
        }
        all.values_mut().for_each(|denied| denied.sort_by_key(|denied| denied.what));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: OfficeId = OfficeId(uuid::Uuid::from_u128(1));
    const TWO: OfficeId = OfficeId(uuid::Uuid::from_u128(2));

    #[test]
    fn a_quota_is_used_up_by_its_office_alone_and_drains_over_a_day() {
        let quotas = Quotas::new(Allowed { entries: 1_000, ..Allowed::default() });
        let now = Instant::now();
        let take = |office, amount, after: u64| {
            quotas.take_at(office, What::Entries, amount, now + Duration::from_secs(after))
        };
        assert_eq!(take(ONE, 999, 0), Ok(()));
        assert_eq!(take(ONE, 256, 0), Ok(()), "a batch is not cut in two");
        let later = take(ONE, 1, 0).err();
        assert_eq!(later.map(|later| later.what), Some(What::Entries));
        assert!(later.is_some_and(|later| later.after <= limits::QUOTA_WAIT && !later.after.is_zero()));
        assert_eq!(take(TWO, 1, 0), Ok(()), "another office");
        assert_eq!(quotas.take_at(ONE, What::Questions, 1, now), Ok(()), "another kind");
        assert!(take(ONE, 1, 3_600).is_err());
        assert_eq!(take(ONE, 1, 86_400), Ok(()));
        let denied = quotas.denied();
        assert_eq!(denied.keys().collect::<Vec<_>>(), [&ONE]);
        assert_eq!(denied[&ONE].iter().map(|denied| denied.times).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_ends_a_push_is_told_at_the_next_hello_and_what_failed_is_given_back() {
        let quotas = Quotas::new(Allowed { evidence: 10, refused_said: 10, ..Allowed::default() });
        assert_eq!(quotas.take(ONE, What::Evidence, 10), Ok(()));
        assert!(quotas.take(ONE, What::Evidence, 1).is_err());
        assert_eq!(quotas.later(ONE).map(|later| later.what), Some(What::Evidence));
        assert_eq!(quotas.later(TWO), None);
        assert_eq!(quotas.take(ONE, What::RefusedSaid, 10), Ok(()));
        quotas.give_back(ONE, What::RefusedSaid, 10);
        assert_eq!(quotas.take(ONE, What::RefusedSaid, 10), Ok(()));
    }

    #[test]
    fn a_disk_nearly_full_stops_whoever_brought_most_and_nobody_else() {
        let quotas = Quotas::new(Allowed::default());
        assert_eq!(quotas.push(ONE, 1, 2 * limits::DISK_OFFENDER), Ok(()));
        assert_eq!(quotas.push(TWO, 1, limits::DISK_OFFENDER), Ok(()));
        quotas.disk(10 * limits::DISK_RESERVE_PERCENT, 1_000);
        assert_eq!(quotas.push(ONE, 1, 1), Ok(()));
        quotas.disk(10 * limits::DISK_RESERVE_PERCENT - 1, 1_000);
        assert_eq!(quotas.push(ONE, 1, 1).map_err(|later| later.what), Err(What::Disk));
        assert_eq!(quotas.push(TWO, 1, 1), Ok(()));
        quotas.disk(900, 1_000);
        assert_eq!(quotas.push(ONE, 1, 1), Ok(()));
    }
}
