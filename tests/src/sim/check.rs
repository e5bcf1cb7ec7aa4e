//! End of a run: faults stop, all machines call until nothing changes, then all promises are checked.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hasher;

use truc_node::store::journal::Stored;
use truc_proto::id::{Link, OfficeId};

use super::lie::Told;
use super::machine::{Machine, set_full};
use super::offices::HUB;
use super::{Event, Result, Violation, World};

/// Simulated time within which the machines of one turn must come to rest, ms.
const REST: u64 = 30 * 60_000;
/// Time without any frame after which they count as at rest, ms.
const QUIET: u64 = 60_000;
/// One run of so many also folds the views of every store at rest: that takes as long as the rest of the run.
const FOLDED: u64 = 16;
/// Most times that people are asked within one turn.
const QUESTIONS: usize = 10;

impl World {
    /// Stops the faults, lets every machine call until nothing changes, and checks all promises.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.settling = true;
        self.faults_stop()?;
        self.turn_day();
        // Machines of one office take turns, so that each can connect; three rounds, so that the first learns what the
        // last one gave.
        for _ in 0..3 {
            for turn in self.turns() {
                for machine in 0..self.machines.len() {
                    let up = &mut self.machines[machine];
                    up.online = turn.contains(&machine);
                    up.wait = 1_000;
                    self.plan.longest_wait = 1_000;
                    if up.online {
                        self.call_later(machine, 1);
                    } else if let Some(conn) = self.machines[machine].line {
                        self.cut(conn);
                    }
                }
                self.run_until_rest()?;
                let end = self.hub.journal.end().position;
                turn.iter().for_each(|machine| self.machines[*machine].rested = end);
            }
        }
        self.check()?;
        self.check_proof()?;
        self.check_verdicts()?;
        self.check_sealed()?;
        self.check_clocks()?;
        self.check_stores(FOLDED)?;
        self.check_files()?;
        self.check_all_order()
    }

    fn faults_stop(&mut self) -> Result<()> {
        self.liar_leaves();
        self.clocks_stop();
        self.room(None)?;
        self.hub.journal.connection().commit_hook(None::<fn() -> bool>).map_err(super::machine::sql)?;
        let conns: Vec<u64> = self.conns.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.cut(conn));
        for machine in 0..self.machines.len() {
            let (boot, up) = (self.machines[machine].boot, &mut self.machines[machine]);
            set_full(up.journal.connection(), false)?;
            up.journal.connection().commit_hook(None::<fn() -> bool>).map_err(super::machine::sql)?;
            up.online = false;
            up.skew = 0;
            if up.paused {
                self.wakes(machine, boot)?;
            }
            self.starts(machine, boot)?;
        }
        if !self.hub.running {
            self.hub_starts(self.hub.boot)?;
        }
        Ok(())
    }

    /// Groups of machines with at most one machine of each office.
    fn turns(&self) -> Vec<Vec<usize>> {
        let mut turns: Vec<(HashSet<OfficeId>, Vec<usize>)> = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            if machine.replaced {
                continue;
            }
            match turns.iter_mut().find(|(offices, _)| !offices.contains(&machine.office)) {
                Some((offices, turn)) => {
                    offices.insert(machine.office);
                    turn.push(index);
                }
                None => turns.push((HashSet::from([machine.office]), vec![index])),
            }
        }
        turns.into_iter().map(|(_, turn)| turn).collect()
    }

    fn run_until_rest(&mut self) -> Result<()> {
        // People answer when all is quiet; then the time to come to rest starts again.
        for _ in 0..QUESTIONS {
            self.register_again();
            self.run_until_quiet()?;
            if !self.approve()? {
                return self.check_rest();
            }
        }
        Err(Violation(format!("Progress: questions without end, {QUESTIONS} times")))
    }

    fn run_until_quiet(&mut self) -> Result<()> {
        let (begun, mut spoken) = (self.now, self.now);
        while self.events.peek().is_some_and(|next| next.time <= begun + REST) {
            match self.next_event() {
                // Events that only await a time chosen by people are not pending work.
                Some(Event::Act | Event::Room { .. } | Event::Online { .. } | Event::ClockBack { .. })
                | None => {}
                Some(event) => {
                    if matches!(event, Event::ToHub { .. } | Event::ToNode { .. }) {
                        spoken = self.now;
                    }
                    self.happen(event)?;
                }
            }
        }
        if spoken + QUIET > begun + REST {
            return Err(Violation("Progress: no rest within 30 minutes".into()));
        }
        Ok(())
    }

    /// Promise Progress: every machine that may connect works with the hub normally, and continues where the hub's line
    /// ends.
    fn check_rest(&self) -> Result<()> {
        for (machine, up) in self.machines.iter().enumerate() {
            let apart = up.lie.as_ref().is_some_and(|lie| !lie.must_heal());
            if !up.online || !up.running || up.replaced || apart {
                continue;
            }
            if !self.is_on(machine) {
                return Err(Violation(format!("Progress: machine {machine} does not come to rest")));
            }
            let line = self.line(up.office)?;
            if line != up.journal.tip() {
                let tip = up.journal.tip();
                return Err(Violation(format!(
                    "Progress: machine {machine} is at {tip:?}, its line at {line:?}"
                )));
            }
        }
        Ok(())
    }

    fn check(&mut self) -> Result<()> {
        let all = self.hub.journal.reads().after(0, usize::MAX >> 1)?;
        let mut at_hub: HashSet<(OfficeId, Link)> = HashSet::new();
        let mut places = BTreeSet::new();
        for stored in &all {
            let entry = &stored.entry;
            if !places.insert(entry.header.place()) {
                return Err(Violation(format!("Place: {:?} twice", entry.header.place())));
            }
            at_hub.insert((entry.header.ledger, entry.link()));
        }
        self.check_gaps(&all, &at_hub)?;
        self.check_receipts(&at_hub)?;
        for link in &self.hub.acked {
            if !at_hub.contains(&(HUB, *link)) {
                return Err(Violation(format!("Durable: the hub lost {link:?}")));
            }
        }
        self.check_refusals(&all)?;
        self.check_left(&all)?;
        for machine in 0..self.machines.len() {
            if self.machines[machine].replaced {
                continue;
            }
            if self.check_lie(machine, &all)? {
                self.check_machine(machine, &all, &at_hub)?;
            }
        }
        Ok(())
    }

    /// Promise Gap: no entry without its predecessor. Islands are exempt: the entries before them may be lost with a
    /// hub.
    fn check_gaps(&self, all: &[Stored], at_hub: &HashSet<(OfficeId, Link)>) -> Result<()> {
        let reads = self.hub.journal.reads();
        for stored in all {
            let entry = &stored.entry;
            if let Some(seat) = entry.header.predecessor() {
                let link = Link { seat, hash: entry.prev };
                if at_hub.contains(&(entry.header.ledger, link)) {
                    continue;
                }
                let island =
                    self.truth.hub_went_back && !reads.complete(entry.header.ledger, &entry.link())?;
                if !island {
                    return Err(Violation(format!("Gap: before {:?}", entry.header.place())));
                }
            }
        }
        Ok(())
    }

    /// Promise Receipt: receipted entries are in the hub's journal, unless only disks that were set back had them. Of its
    /// own, an office gives back no island before what the hub has: that is evidence.
    fn check_receipts(&self, at_hub: &HashSet<(OfficeId, Link)>) -> Result<()> {
        for (office, link) in &self.truth.receipted {
            if at_hub.contains(&(*office, *link)) {
                continue;
            }
            let mut holders = Vec::new();
            for (number, machine) in self.machines.iter().enumerate().filter(|(_, machine)| !machine.replaced)
            {
                let island = machine.office == *office && self.is_island(machine, link)?;
                if !island && machine.journal.reads().holds(*office, link)? {
                    holders.push(number);
                }
            }
            if !self.truth.hub_went_back || !holders.is_empty() {
                let why = format!("Receipt: {office} {link:?} is gone; machines {holders:?} hold it");
                return Err(Violation(why));
            }
        }
        Ok(())
    }

    /// Whether a machine lacks an entry before this one of its own, and the hub has this one as evidence.
    fn is_island(&self, machine: &Machine, link: &Link) -> Result<bool> {
        let reads = machine.journal.reads();
        let mut whole = true;
        let mut at = self.truth.book.get(&link.hash);
        while let (true, Some(entry)) = (whole, at) {
            whole = reads.holds(machine.office, &entry.link())?;
            at = self.truth.book.get(&entry.prev);
        }
        Ok(!whole && self.hub.journal.reads().is_evidence(machine.office, link)?)
    }

    /// Promise Applied: entries behind a line that was moved are kept for their author, who may lack them.
    fn check_left(&self, all: &[Stored]) -> Result<()> {
        let reads = self.hub.journal.reads();
        let mut on_line = HashSet::new();
        for office in self.keys.keys() {
            let mut at = reads.line(*office)?.map(|(link, _)| link.hash);
            while let Some(entry) = at.and_then(|hash| self.truth.book.get(&hash)) {
                on_line.insert(entry.hash);
                at = Some(entry.prev);
            }
        }
        for stored in all {
            let entry = &stored.entry;
            if !on_line.contains(&entry.hash) && !stored.given_back() && entry.header.ledger != HUB {
                let place = entry.header.place();
                return Err(Violation(format!("Applied: {place:?} was left behind and nobody is told")));
            }
        }
        Ok(())
    }

    fn check_machine(
        &mut self,
        machine: usize,
        all: &[Stored],
        at_hub: &HashSet<(OfficeId, Link)>,
    ) -> Result<()> {
        let up = &self.machines[machine];
        let office = up.office;
        let journal = up.journal.reads();
        // Promise Durable: what was acknowledged is on the disk, byte for byte.
        for link in &up.acked {
            if !journal.holds(office, link)? && !journal.is_aside(link)? {
                return Err(Violation(format!("Durable: {office} lost {link:?}")));
            }
        }
        if let Some(tip) = journal.tip()?
            && !journal.on_chain(Some(tip), &tip)?
        {
            return Err(Violation(format!("OwnChain: {office} does not hold its tip")));
        }
        let held: Vec<Stored> = journal.after(0, usize::MAX >> 1)?;
        let mut here: HashSet<(OfficeId, Link)> = HashSet::new();
        let mut missing = Vec::new();
        for stored in &held {
            let entry = &stored.entry;
            // What the machine itself refuses counts for nothing, and may stay where nothing else belongs.
            if !self.truth.book.contains_key(&entry.hash) && up.lie.as_ref().is_some_and(Told::is_refused) {
                continue;
            }
            here.insert((entry.header.ledger, entry.link()));
            if entry.header.ledger != office && !self.is_mail(entry, office)? {
                return Err(Violation(format!("Secrecy: {office} holds {:?}", entry.header.place())));
            }
            if !at_hub.contains(&(entry.header.ledger, entry.link())) {
                let island = self.truth.hub_went_back
                    && entry.header.ledger == office
                    && self.is_island(up, &entry.link())?;
                if !island {
                    missing.push((entry.header.place(), entry.hash));
                }
            }
        }
        // Promise Applied: every entry addressed to the office is there once (places are unique).
        for stored in all {
            let entry = &stored.entry;
            let own = entry.header.ledger == office;
            let addressed = self.hub.map.places.addresses(entry, office, stored.position);
            let due = own || addressed && !self.truth.refused.contains_key(&entry.hash);
            // Later turns bring news for machines whose turn is over.
            let due = due && stored.position <= up.rested;
            if due && !here.contains(&(entry.header.ledger, entry.link())) && !self.truth.snapshots {
                let place = entry.header.place();
                return Err(Violation(format!("Applied: {office} lacks {place:?} at {}", stored.position)));
            }
        }
        let resuming = journal.resuming()?;
        // Promise Progress: everything on a disk is at the hub; after a live snapshot at least as evidence.
        for (place, hash) in missing {
            if !self.truth.snapshots {
                return Err(Violation(format!("Progress: {office} holds {place:?}, the hub does not")));
            }
            if !self.is_evidence(hash)? {
                return Err(Violation(format!("Fork: {place:?} is nowhere but at {office}")));
            }
        }
        if resuming && !self.truth.snapshots {
            return Err(Violation(format!("Progress: {office} still knows itself behind")));
        }
        Ok(())
    }

    /// Hash over the content of every store, place by place in its own order, without times.
    pub(crate) fn effects(&self) -> Result<u64> {
        let mut hasher = std::hash::DefaultHasher::new();
        let stores = self.machines.iter().map(|up| &up.journal).chain([&self.hub.journal]);
        for journal in stores {
            for stored in journal.reads().after(0, usize::MAX >> 1)? {
                let header = &stored.entry.header;
                hasher.write(header.ledger.0.as_bytes());
                hasher.write_u64(header.seat.incarnation.0);
                hasher.write_u64(header.seat.seq);
                hasher.write(header.record.0.as_bytes());
            }
            hasher.write_u8(0);
        }
        Ok(hasher.finish())
    }
}
