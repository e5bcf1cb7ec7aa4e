//! What a seed draws: how big, how bad, and one act after the other.

use rusqlite::Connection;
use truc_hub::mail::Most;
use truc_node::journal::Journal;
use truc_proto::session::NodeEvent;

use super::hub::HubBackup;
use super::machine::{copy, sql};
use super::rng::Rng;
use super::{Machine, Result, World};

/// The size and the faults of one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Offices.
    pub offices: usize,
    /// Acts of people and of fate.
    pub acts: u64,
    /// Longest wait between two acts, ms.
    pub act_gap: u64,
    /// Longest way of a frame, ms.
    pub latency: u64,
    /// Longest wait until the hub's mail index follows its journal, ms.
    pub follow_gap: u64,
    /// How much mail the hub reads at once.
    pub most: Most,
    crashes: bool,
    restores: bool,
    clones: bool,
    snapshots: bool,
    lost_disks: bool,
    hub_restores: bool,
}

impl Plan {
    /// Draws a plan. One run in ten has no fault but cut lines.
    pub fn draw(rng: &mut Rng) -> Self {
        let clean = rng.chance(10);
        let mut fault = |percent| !clean && rng.chance(percent);
        let (crashes, restores, clones) = (fault(70), fault(40), fault(25));
        let (snapshots, lost_disks, hub_restores) = (fault(12), fault(20), fault(35));
        Self {
            offices: 2 + rng.below(4) as usize,
            acts: 20 + rng.below(60),
            act_gap: [10, 60, 400][rng.below(3) as usize],
            latency: [3, 30, 300][rng.below(3) as usize],
            follow_gap: [1, 30, 300][rng.below(3) as usize],
            most: Most {
                entries: [1, 4, Most::BATCH.entries][rng.below(3) as usize],
                bytes: [500, Most::BATCH.bytes][rng.below(2) as usize],
            },
            crashes,
            restores,
            clones,
            snapshots,
            lost_disks,
            // Live snapshots under a hub that goes back are beyond what the protocol promises to tell apart.
            hub_restores: hub_restores && !snapshots,
        }
    }
}

impl World {
    /// The next act.
    pub(crate) fn act(&mut self) -> Result<()> {
        let machine = self.rng.below(self.machines.len() as u64) as usize;
        let plan = self.plan.clone();
        match self.rng.below(30) {
            0..=10 => self.write(machine),
            11..=13 => self.hub_write(),
            14..=15 => {
                if let Some(conn) = self.machines[machine].conn {
                    self.cut(conn);
                }
                Ok(())
            }
            16 => {
                self.machines[machine].offline = !self.machines[machine].offline;
                if let (true, Some(conn)) = (self.machines[machine].offline, self.machines[machine].conn) {
                    self.cut(conn);
                }
                Ok(())
            }
            17..=18 if plan.crashes => self.restart(machine),
            19 if plan.crashes => self.restart_hub(),
            20..=21 => self.approve().map(|_| ()),
            22 => {
                let up = &mut self.machines[machine];
                up.backup = Some((copy(up.journal.connection())?, up.acked.clone()));
                Ok(())
            }
            23 => {
                let journal = copy(self.hub.journal.connection())?;
                let index = copy(self.hub.index.connection())?;
                self.hub.backup = Some(HubBackup { journal, index, acked: self.hub.acked.clone() });
                Ok(())
            }
            24..=25 if plan.restores => self.restore(machine),
            26 if plan.clones && self.machines.len() < self.plan.offices + 2 => self.clone_machine(machine),
            27 if plan.lost_disks => self.lose_disk(machine),
            28 if plan.hub_restores => self.restore_hub(),
            29 if plan.snapshots => self.snapshot(machine),
            _ => self.write(machine),
        }
    }

    fn halt(&mut self, machine: usize) {
        if let Some(conn) = self.machines[machine].conn {
            self.cut(conn);
        }
        self.machines[machine].boot += 1;
    }

    fn start(&mut self, machine: usize, journal: Journal) {
        let up = &mut self.machines[machine];
        up.journal = journal;
        up.running = true;
        let wait = 1 + self.rng.below(50);
        self.call_later(machine, wait);
    }

    /// The program dies and starts again from its disk.
    pub(crate) fn restart(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running {
            return Ok(());
        }
        self.reach("node crashed");
        self.halt(machine);
        let office = self.machines[machine].office;
        let disk = copy(self.machines[machine].journal.connection())?;
        self.start(machine, Journal::from_connection(disk, office, false)?);
        Ok(())
    }

    /// The mail index may be gone after a crash: it is written without fsync and may be deleted.
    fn restart_hub(&mut self) -> Result<()> {
        self.reach("hub crashed");
        let journal = copy(self.hub.journal.connection())?;
        let index = if self.rng.chance(25) {
            self.reach("mail index built anew");
            Connection::open_in_memory().map_err(sql)?
        } else {
            copy(self.hub.index.connection())?
        };
        self.put_hub(journal, index)
    }

    fn put_hub(&mut self, journal: Connection, index: Connection) -> Result<()> {
        let conns: Vec<u64> = self.conns.keys().copied().collect();
        for conn in conns {
            self.cut(conn);
        }
        let journal = Journal::from_connection(journal, self.hub.office, true)?;
        self.hub.replace(journal, index)?;
        self.follow_later();
        Ok(())
    }

    /// The disk is put back to an older copy, announced by `restore` or not.
    fn restore(&mut self, machine: usize) -> Result<()> {
        let up = &mut self.machines[machine];
        if !up.running {
            return Ok(());
        }
        let Some((backup, acked)) = &up.backup else { return Ok(()) };
        let (office, disk, acked) = (up.office, copy(backup)?, acked.clone());
        self.halt(machine);
        self.machines[machine].acked = acked;
        self.disturbed = true;
        let mut journal = Journal::from_connection(disk, office, false)?;
        if self.rng.chance(50) {
            self.reach("node restored, announced");
            journal.group(|journal| journal.set_resuming(true))?;
        } else {
            self.reach("node restored, unannounced");
        }
        self.start(machine, journal);
        Ok(())
    }

    /// A second machine starts from a copy of the disk.
    fn clone_machine(&mut self, machine: usize) -> Result<()> {
        let up = &self.machines[machine];
        if !up.running {
            return Ok(());
        }
        let (office, key, credential, acked) = (up.office, up.key.clone(), up.credential, up.acked.clone());
        let disk = copy(self.machines[machine].journal.connection())?;
        self.reach("machine cloned");
        self.disturbed = true;
        let mut clone = Machine::new(office, key, credential, Journal::from_connection(disk, office, false)?);
        clone.acked = acked;
        self.machines.push(clone);
        let machine = self.machines.len() - 1;
        self.call_later(machine, 30);
        Ok(())
    }

    /// The disk is lost; the office is enrolled anew on an empty one, with a new key.
    fn lose_disk(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running {
            return Ok(());
        }
        self.reach("disk lost");
        self.disturbed = true;
        self.halt(machine);
        let office = self.machines[machine].office;
        let credential = self.hub.credentials[&office] + 1;
        let number = self.keys[&office].len() as u8;
        let mut seed = self.machines[machine].key.to_bytes();
        seed[31] = seed[31].wrapping_add(number).wrapping_add(100);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        self.keys.entry(office).or_default().push(key.clone());
        self.hub.credentials.insert(office, credential);
        // Other machines of this office are replaced: their running sessions end.
        for other in 0..self.machines.len() {
            if self.machines[other].office == office && other != machine {
                self.halt(other);
                self.call_later(other, 10);
            }
        }
        let mut journal = Journal::in_memory(office, false)?;
        journal.group(|journal| journal.enrolled(credential))?;
        let up = &mut self.machines[machine];
        (up.key, up.credential) = (key, credential);
        up.acked.clear();
        up.backup = None;
        self.start(machine, journal);
        Ok(())
    }

    /// The hub's disk is put back to an older copy, or rebuilt empty.
    fn restore_hub(&mut self) -> Result<()> {
        let empty = self.rng.chance(25);
        let (journal, index, acked) = match &self.hub.backup {
            _ if empty => {
                let mut journal = Journal::in_memory(self.hub.office, true)?;
                (copy(journal.connection())?, Connection::open_in_memory().map_err(sql)?, Vec::new())
            }
            Some(backup) => (copy(&backup.journal)?, copy(&backup.index)?, backup.acked.clone()),
            None => return Ok(()),
        };
        self.reach(if empty { "hub rebuilt empty" } else { "hub restored" });
        self.hub.acked = acked;
        self.hub_went_back = true;
        self.disturbed = true;
        self.put_hub(journal, index)
    }

    /// A virtual machine is copied with its memory: both go on in the same incarnation.
    fn snapshot(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running || self.machines.len() >= self.plan.offices + 2 {
            return Ok(());
        }
        self.reach("live snapshot");
        self.snapshots = true;
        self.clone_machine(machine)?;
        let open = self.machines[machine].journal.incarnation();
        let twin = self.machines.len() - 1;
        self.machines[twin].journal.go_on_in(open);
        self.write(twin)?;
        self.write(machine)?;
        self.node_event(machine, NodeEvent::Appended)
    }
}
