//! What a seed draws: size, duration, faults.

use truc_hub::delivery::mail::BatchLimit;

use super::rng::Rng;

/// Size of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// A day of six offices.
    Day,
    /// A day of twenty offices, with real signatures.
    Wide,
    /// An hour of five hundred offices.
    Storm,
}

impl Size {
    /// Names on the command line.
    pub const NAMES: [(&str, Size); 3] = [("day", Size::Day), ("wide", Size::Wide), ("storm", Size::Storm)];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, size)| *size == self).map_or("", |(name, _)| name)
    }
}

/// Actions of people, and faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Write,
    HubWrites,
    Approve,
    Backup,
    BackupHub,
    Cut,
    Offline,
    Crash,
    CrashHub,
    Restore,
    Clone,
    LoseDisk,
    Snapshot,
    RestoreHub,
    Pause,
    DiskFull,
    DiskFullHub,
    PowerCut,
    PowerCutHub,
    ClockJump,
    Expiry,
    Skew,
    Liar,
    Lie,
    Import,
    Flap,
    Map,
}

/// Acts of every run, with weight.
const ALWAYS: &[(Act, u64)] = &[
    (Act::Write, 240),
    (Act::HubWrites, 60),
    (Act::Approve, 45),
    (Act::Backup, 25),
    (Act::BackupHub, 15),
    (Act::Cut, 40),
];

/// Acts that are drawn independently: percentage of runs that have it, weight.
const FAULTS: &[(Act, u64, u64)] = &[
    (Act::Offline, 70, 20),
    (Act::Crash, 60, 40),
    (Act::CrashHub, 40, 12),
    (Act::Restore, 35, 25),
    (Act::Clone, 20, 12),
    (Act::LoseDisk, 20, 12),
    (Act::Snapshot, 12, 12),
    (Act::RestoreHub, 30, 12),
    (Act::Pause, 25, 15),
    (Act::DiskFull, 20, 12),
    (Act::DiskFullHub, 15, 8),
    (Act::PowerCut, 25, 15),
    (Act::PowerCutHub, 15, 8),
    (Act::ClockJump, 40, 12),
    (Act::Expiry, 15, 10),
    (Act::Skew, 15, 8),
    (Act::Liar, 30, 60),
    (Act::Lie, 10, 8),
    (Act::Import, 3, 3),
    (Act::Flap, 8, 5),
    (Act::Map, 30, 20),
];

/// Size and faults of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Offices with honest machines.
    pub offices: usize,
    /// Time during which people act, ms.
    pub lasts: u64,
    /// Whether signatures are real.
    pub real_keys: bool,
    /// Longest wait between two acts of a burst, ms.
    act_gap: u64,
    /// Mean number of acts in a burst.
    burst: u64,
    /// Longest wait between two bursts, ms.
    pause: u64,
    /// Longest travel time of a frame, ms.
    pub(crate) latency: u64,
    /// Longest wait until queued work is committed, ms.
    pub(crate) commit_gap: u64,
    /// Longest wait until the hub's mail index follows its journal, ms.
    pub(crate) follow_gap: u64,
    /// Longest wait before a call, ms. The programs wait a minute at most; here it may be longer, because while two
    /// copies of a machine displace each other or a disk is full, a day of such waits would be events without news.
    pub(crate) longest_wait: u64,
    /// Most mail that the hub reads at once.
    pub(crate) most: BatchLimit,
    /// Frames that a line takes before the peer has read them. The line of a program counts bytes; those of a frame
    /// depend on what clocks say, and what clocks say must not change what happens.
    pub(crate) window: usize,
    acts: Vec<(Act, u64)>,
}

const HOUR: u64 = 3_600_000;

impl Plan {
    /// Draws a plan. One run in ten has no fault but cut lines, one in ten a single kind.
    pub fn draw(rng: &mut Rng, size: Size) -> Self {
        let (offices, lasts, bursts) = match size {
            Size::Day => (6, 24 * HOUR, 5 + rng.below(15)),
            Size::Wide => (20, 24 * HOUR, 10 + rng.below(20)),
            Size::Storm => (500, HOUR, 20),
        };
        let mut acts = ALWAYS.to_vec();
        let drawn = |rng: &mut Rng, percent| rng.chance(percent);
        match rng.below(10) {
            0 => {}
            1 => {
                let (act, _, weight) = FAULTS[rng.below(FAULTS.len() as u64) as usize];
                acts.push((act, 4 * weight));
            }
            _ => {
                for &(act, percent, weight) in FAULTS {
                    if drawn(rng, percent) {
                        acts.push((act, weight));
                    }
                }
            }
        }
        let has = |acts: &[(Act, u64)], act| acts.iter().any(|(drawn, _)| *drawn == act);
        // Live snapshots under a hub that goes back are beyond what the protocol promises to tell apart.
        if has(&acts, Act::Snapshot) {
            acts.retain(|(act, _)| *act != Act::RestoreHub);
        }
        if size == Size::Storm {
            acts.retain(|(act, _)| !matches!(act, Act::Import | Act::Clone | Act::Snapshot | Act::Map));
            acts.push((Act::Flap, 40));
        }
        let burst = [4, 12, 30][rng.below(3) as usize];
        Self {
            offices,
            lasts,
            real_keys: size == Size::Wide,
            act_gap: [10, 60, 400, 5_000][rng.below(4) as usize],
            burst,
            pause: 2 * lasts / bursts,
            latency: [3, 30, 300, 300, 3_000, 60_000, 600_000][rng.below(7) as usize],
            commit_gap: [1, 5, 50][rng.below(3) as usize],
            longest_wait: [60_000, 30 * 60_000, 30 * 60_000][rng.below(3) as usize],
            follow_gap: [1, 30, 300][rng.below(3) as usize],
            most: BatchLimit {
                entries: [1, 4, BatchLimit::BATCH.entries][rng.below(3) as usize],
                bytes: [500, BatchLimit::BATCH.bytes][rng.below(2) as usize],
            },
            acts,
            window: [1, 4, 64][rng.below(3) as usize],
        }
    }

    /// Whether the map may change.
    pub(crate) fn moves(&self) -> bool {
        self.acts.iter().any(|(act, _)| *act == Act::Map)
    }

    /// Whether the hub may be put back.
    pub(crate) fn goes_back(&self) -> bool {
        self.acts.iter().any(|(act, _)| *act == Act::RestoreHub)
    }

    /// Wait until the next act: acts come in bursts with quiet hours between.
    pub(crate) fn wait(&self, rng: &mut Rng) -> u64 {
        let quiet = rng.below(self.burst) == 0;
        1 + rng.below(if quiet { self.pause } else { self.act_gap })
    }

    /// The next act.
    pub(crate) fn next_act(&self, rng: &mut Rng) -> Act {
        let all: u64 = self.acts.iter().map(|(_, weight)| weight).sum();
        let mut at = rng.below(all);
        for &(act, weight) in &self.acts {
            if at < weight {
                return act;
            }
            at -= weight;
        }
        Act::Write
    }
}
