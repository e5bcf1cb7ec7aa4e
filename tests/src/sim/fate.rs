//! Faults and actions of people: carries out the acts that the plan draws.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use truc_hub::recover::life::Life;
use truc_hub::recover::refill::{Refill, State};
use truc_node::backup::StoreKind;
use truc_node::store::journal::Journal;
use truc_proto::session::{End, HubEvent, VERSIONS};
use truc_proto::wire::{self, EndReason};

use super::clocks::OfficeTime;
use super::files::{Carrier, Disk, HubDisk};
use super::hub::HubBackup;
use super::lie::Told;
use super::line::Peer;
use super::machine::{Backup, Machine, copy, fail_commits, set_full, sql};
use super::offices::{self, HUB};
use super::plan::Act;
use super::{Event, Result, World};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

impl World {
    /// Carries out the next act.
    pub(crate) fn act(&mut self) -> Result<()> {
        self.turn_day();
        let machine = self.rng.below(self.machines.len() as u64) as usize;
        match self.plan.next_act(&mut self.rng) {
            Act::Write => self.write(machine)?,
            Act::HubWrites => {
                let registry = Arc::clone(&self.hub.map.registry);
                let draft = self.draft(HUB, &registry);
                self.hub_writes(draft);
            }
            Act::Approve => drop(self.approve()?),
            Act::Backup => {
                let up = &mut self.machines[machine];
                let journal = copy(up.journal.connection())?;
                let (acked, disk, ring) = (up.acked.clone(), up.disk.clone(), up.ring.clone());
                up.backup = Some(Backup { journal, acked, disk, ring });
            }
            Act::BackupHub => {
                let journal = copy(self.hub.journal.connection())?;
                let index = copy(self.hub.index.connection())?;
                let (acked, disk) = (self.hub.acked.clone(), self.hub.disk.clone());
                self.hub.backup = Some(HubBackup { journal, index, acked, disk });
            }
            Act::Cut => self.cut_machine(machine),
            Act::Offline => self.go_offline(machine),
            Act::Crash => self.crash(machine)?,
            Act::CrashHub => self.crash_hub()?,
            Act::Restore => self.restore(machine)?,
            Act::Clone => self.clone_machine(machine)?,
            Act::LoseDisk => self.lose_disk(machine)?,
            Act::Snapshot => self.snapshot(machine)?,
            Act::RestoreHub => self.restore_hub()?,
            Act::Pause => self.pause(machine),
            Act::DiskFull => {
                self.reach("disk full");
                set_full(self.machines[machine].journal.connection(), true)?;
                let time = self.now + self.some_time();
                self.at(time, Event::Room { machine: Some(machine) });
            }
            Act::DiskFullHub => {
                self.reach("disk of the hub full");
                set_full(self.hub.journal.connection(), true)?;
                self.hub.full = true;
                let time = self.now + self.some_time();
                self.at(time, Event::Room { machine: None });
            }
            // The power is cut in one of the next commits.
            Act::PowerCut => {
                let after = self.rng.below(3);
                fail_commits(self.machines[machine].journal.connection(), after)?;
            }
            Act::PowerCutHub => {
                let after = self.rng.below(3);
                fail_commits(self.hub.journal.connection(), after)?;
            }
            Act::ClockJump => self.clock_jumps(machine),
            Act::Expiry => {
                self.machines[machine].expires = Some(1 + self.rng.below(1_000));
                self.cut_machine(machine);
            }
            Act::Skew => {
                self.machines[machine].skew = 1 + self.rng.below(3) as u32;
                self.cut_machine(machine);
            }
            Act::Liar => self.liar_calls()?,
            Act::Lie => self.plan_lie(machine),
            Act::Map => self.map_changes(),
            Act::Import => {
                self.reach("many entries at once");
                (0..700).try_for_each(|_| self.write(machine))?;
            }
            // One line flaps, or all lines do and all machines call again at once.
            Act::Flap => {
                self.reach("everybody calls at once");
                let conns: Vec<u64> = self.conns.keys().copied().collect();
                conns.into_iter().for_each(|conn| self.cut(conn));
            }
        }
        Ok(())
    }

    /// A random time: a second, minutes, or hours.
    fn some_time(&mut self) -> u64 {
        let most = [1_000, MINUTE, 30 * MINUTE, 6 * HOUR][self.rng.below(4) as usize];
        1 + self.rng.below(most)
    }

    fn cut_machine(&mut self, machine: usize) {
        if let Some(conn) = self.machines[machine].line {
            self.cut(conn);
        }
    }

    fn go_offline(&mut self, machine: usize) {
        if std::mem::replace(&mut self.machines[machine].online, false) {
            self.reach("machine offline");
            self.cut_machine(machine);
            let time = self.now + self.some_time();
            self.at(time, Event::Online { machine });
        }
    }

    pub(crate) fn online(&mut self, machine: usize) -> Result<()> {
        self.machines[machine].online = true;
        let wait = 1 + self.rng.below(300);
        self.call_later(machine, wait);
        Ok(())
    }

    pub(crate) fn room(&mut self, machine: Option<usize>) -> Result<()> {
        match machine {
            Some(machine) => set_full(self.machines[machine].journal.connection(), false),
            None => {
                self.hub.full = false;
                set_full(self.hub.journal.connection(), false)
            }
        }
    }

    /// The machine pauses, as a virtual machine does whose host sleeps.
    fn pause(&mut self, machine: usize) {
        if self.machines[machine].running && !self.machines[machine].paused {
            self.reach("machine stood still");
            self.machines[machine].paused = true;
            let boot = self.machines[machine].boot;
            let wait = self.some_time();
            self.at(self.now + wait, Event::Wakes { machine, boot });
            // The hub receives nothing for too long and gives the line up.
            if wait > 50_000
                && let Some(conn) = self.machines[machine].line
            {
                self.at(self.now + 50_000, Event::NodeGone { conn });
            }
        }
    }

    pub(crate) fn wakes(&mut self, machine: usize, boot: u64) -> Result<()> {
        if self.machines[machine].boot != boot || !self.machines[machine].paused {
            return Ok(());
        }
        self.machines[machine].paused = false;
        if self.machines[machine].line.is_some_and(|conn| !self.conns[&conn].hub_up) {
            self.reach("stale session woke");
        }
        let deferred = std::mem::take(&mut self.machines[machine].deferred);
        deferred.into_iter().try_for_each(|event| self.happen(event))
    }

    /// A machine of another version calls: its range of versions is older, newer or wider than ours.
    pub(crate) fn skewed(&mut self, machine: usize, mut frame: wire::NodeFrame) -> wire::NodeFrame {
        let skew = self.machines[machine].skew;
        if skew > 0
            && let Some(wire::node_frame::Frame::Hello(hello)) = &mut frame.frame
        {
            (hello.version_min, hello.version_max) = match skew {
                1 => (VERSIONS.1 + 1, VERSIONS.1 + 2),
                2 => (0, VERSIONS.0 - 1),
                _ => (0, 9),
            };
            // The next call has the right version again.
            self.machines[machine].skew = 0;
            self.reach("machine of another version");
        }
        frame
    }

    /// The program crashes; it starts again from its disk, at once or later, and may crash again soon.
    pub(crate) fn crash(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running {
            return Ok(());
        }
        self.reach("node crashed");
        self.halt(machine);
        let office = self.machines[machine].office;
        let disk = take_disk(&mut self.machines[machine].journal)?;
        self.start_later(machine, Journal::from_connection(disk, office, false)?);
        Ok(())
    }

    fn halt(&mut self, machine: usize) {
        let conn = self.machines[machine].line.take();
        self.machines[machine].die();
        if let Some(conn) = conn {
            // A process that crashes has sent its frames; a machine without power has not.
            if self.rng.chance(50) {
                self.hang_up_node(conn)
            } else {
                self.cut(conn)
            }
            if let Some(line) = self.conns.get_mut(&conn) {
                line.node_up = false;
            }
        }
    }

    fn start_later(&mut self, machine: usize, journal: Journal) {
        let up = &mut self.machines[machine];
        up.journal = journal;
        up.map = None;
        let boot = up.boot;
        let wait = if self.rng.chance(80) { 1 + self.rng.below(50) } else { self.some_time() };
        self.at(self.now + wait, Event::Starts { machine, boot });
    }

    pub(crate) fn starts(&mut self, machine: usize, boot: u64) -> Result<()> {
        if self.machines[machine].boot != boot || self.machines[machine].running {
            return Ok(());
        }
        let up = &mut self.machines[machine];
        up.running = true;
        up.carrier = Carrier::new(&up.disk);
        up.time = OfficeTime::begins(up.journal.receipt());
        let wait = 1 + self.rng.below(50);
        self.call_later(machine, wait);
        Ok(())
    }

    /// After a crash, the mail index may be gone: it is written without fsync and may be deleted.
    pub(crate) fn crash_hub(&mut self) -> Result<()> {
        if !self.hub.running {
            return Ok(());
        }
        self.reach("hub crashed");
        let journal = take_disk(&mut self.hub.journal)?;
        let index = if self.rng.chance(25) {
            self.reach("mail index built anew");
            Connection::open_in_memory().map_err(sql)?
        } else {
            copy(self.hub.index.connection())?
        };
        self.put_hub(journal, index, false)
    }

    fn put_hub(&mut self, journal: Connection, index: Connection, anew: bool) -> Result<()> {
        let conns: Vec<u64> = self.conns.keys().copied().collect();
        // What the lines had not taken is gone.
        self.conns.values_mut().for_each(|line| line.frames = None);
        for conn in conns {
            if !self.hub.sessions.contains_key(&conn) {
                self.takes_down(conn)?;
            } else if self.rng.chance(50) {
                self.cut(conn)
            } else {
                self.hang_up_hub(conn)?
            }
            self.hub.close(conn);
        }
        self.hub.die();
        self.hub.life = Life::in_memory(self.hub.life.now());
        let journal = Journal::from_connection(journal, HUB, true)?;
        self.hub.replace(journal, index, anew)?;
        let wait = if self.rng.chance(80) { 1 + self.rng.below(50) } else { self.some_time() };
        self.at(self.now + wait, Event::HubStarts { boot: self.hub.boot });
        Ok(())
    }

    pub(crate) fn hub_starts(&mut self, boot: u64) -> Result<()> {
        if self.hub.boot == boot {
            self.hub.running = true;
            self.hub_clock_begins()?;
            self.follow_later();
        }
        Ok(())
    }

    /// The disk is set back to an older copy, announced by `restore` or not.
    fn restore(&mut self, machine: usize) -> Result<()> {
        let up = &self.machines[machine];
        let Some(backup) = up.backup.as_ref().filter(|_| up.running && !up.replaced) else {
            return Ok(());
        };
        let (office, disk, acked) = (up.office, copy(&backup.journal)?, backup.acked.clone());
        let (files, ring) = (backup.disk.clone(), backup.ring.clone());
        self.halt(machine);
        self.machines[machine].disk = files;
        self.keys_go(machine, ring);
        self.machines[machine].acked = acked;
        self.machines[machine].restored = true;
        self.machines[machine].chain += 1;
        let mut journal = Journal::from_connection(disk, office, false)?;
        if self.rng.chance(50) {
            self.reach("node restored, announced");
            journal.group(|journal| journal.set_resuming(true))?;
        } else {
            self.reach("node restored, unannounced");
            self.machines[machine].suspect = true;
        }
        self.start_later(machine, journal);
        Ok(())
    }

    /// A second machine starts from a copy of the disk.
    fn clone_machine(&mut self, machine: usize) -> Result<()> {
        let up = &self.machines[machine];
        if !up.running || up.replaced || self.machines.len() >= self.plan.offices + self.founded.len() + 2 {
            return Ok(());
        }
        let (office, credential, acked) = (up.office, up.credential, up.acked.clone());
        let identity = up.identity.clone();
        let disk = copy(self.machines[machine].journal.connection())?;
        self.reach("machine cloned");
        let mut clone = Machine::new(identity, credential, Journal::from_connection(disk, office, false)?);
        clone.acked = acked;
        clone.disk = self.machines[machine].disk.clone();
        clone.carrier = Carrier::new(&clone.disk);
        clone.ring = self.machines[machine].ring.clone();
        clone.restored = true;
        // Lies of the hub that the disk holds are on its copy too.
        clone.lie = self.machines[machine].lie.clone().filter(Told::is_told);
        self.machines.push(clone);
        self.suspect(office);
        self.call_later(self.machines.len() - 1, 30);
        Ok(())
    }

    /// Marks every machine of an office as one that may be asked whether it is the rightful one.
    fn suspect(&mut self, office: truc_proto::id::OfficeId) {
        for machine in self.machines.iter_mut().filter(|machine| machine.office == office) {
            machine.suspect = true;
        }
    }

    /// The disk is lost; the office is enrolled again on an empty disk, with a new key.
    fn lose_disk(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running {
            return Ok(());
        }
        self.reach("disk lost");
        let office = self.machines[machine].office;
        self.halt(machine);
        let credential = self.hub.credentials[&office] + 1;
        let key = offices::key(office.0.as_u128() as usize, credential);
        self.keys.entry(office).or_default().push(key.clone());
        self.hub.map.announce(office, credential, key.clone());
        self.say_key(office, credential, &key);
        self.hub.credentials.insert(office, credential);
        // The sessions of the replaced machine end at once, whoever runs it now.
        let replaced: Vec<u64> = self
            .conns
            .iter()
            .filter(|(_, line)| match line.peer {
                Peer::Machine(other) => self.machines[other].office == office,
                Peer::Liar => false,
            })
            .map(|(conn, _)| *conn)
            .collect();
        for conn in replaced {
            // A call that is still under way is refused when it is judged.
            if self.hub.sessions.contains_key(&conn)
                && let Some(line) = self.conns.get_mut(&conn)
            {
                line.void = true;
            }
            let detail = "revoked or replaced".into();
            self.hub_event(conn, HubEvent::End(End { reason: EndReason::EndCredential, detail }))?;
        }
        let mut journal = Journal::in_memory(office, false)?;
        journal.group(|journal| journal.enrolled(credential))?;
        self.keys_go(machine, None);
        let up = &mut self.machines[machine];
        up.identity = offices::identity(office, key);
        (up.credential, up.replaced) = (credential, false);
        (up.suspect, up.restored) = (false, true);
        up.acked.clear();
        up.disk = Disk::default();
        up.backup = None;
        up.chain += 1;
        self.start_later(machine, journal);
        Ok(())
    }

    /// The hub's disk is set back to an older copy, or rebuilt empty.
    fn restore_hub(&mut self) -> Result<()> {
        let empty = self.rng.chance(25);
        let (journal, index, acked, disk) = match &self.hub.backup {
            _ if empty => {
                let memory = || Connection::open_in_memory().map_err(sql);
                (memory()?, memory()?, Vec::new(), HubDisk::default())
            }
            Some(backup) => {
                let (acked, disk) = (backup.acked.clone(), backup.disk.clone());
                (copy(&backup.journal)?, copy(&backup.index)?, acked, disk)
            }
            None => return Ok(()),
        };
        self.reach(if empty { "hub rebuilt empty" } else { "hub restored" });
        self.note_all_unowed()?;
        self.hub.acked = acked;
        self.truth.hub_went_back = true;
        self.truth.delivered.clear();
        self.put_hub(journal, index, true)?;
        let announced = empty || self.rng.chance(50);
        let memory = self.files.memory();
        self.hub.disk = disk.put_back(announced.then_some(memory));
        if announced {
            self.reach("hub put back, announced");
            let since = self.hub_time().millis;
            let from = if empty { StoreKind::Registry } else { StoreKind::Hub };
            let state = State { from, taken: 0, since, called: BTreeMap::new() };
            self.hub.refill = Refill::in_memory(Some(state));
            self.hub.life = Life::in_memory(since);
        }
        Ok(())
    }

    /// A virtual machine is copied with its memory: both continue in the same incarnation.
    fn snapshot(&mut self, machine: usize) -> Result<()> {
        let machines = self.machines.len();
        self.clone_machine(machine)?;
        if self.machines.len() > machines {
            self.reach("live snapshot");
            self.truth.snapshots = true;
            let open = self.machines[machine].journal.incarnation();
            self.machines[machines].journal.go_on_in(open);
            self.write(machines)?;
            self.write(machine)?;
        }
        Ok(())
    }
}

/// The durable data, for a program that starts again.
fn take_disk(journal: &mut Journal) -> Result<Connection> {
    let mut disk = std::mem::replace(journal.connection(), Connection::open_in_memory().map_err(sql)?);
    disk.commit_hook(None::<fn() -> bool>).map_err(sql)?;
    Ok(disk)
}
