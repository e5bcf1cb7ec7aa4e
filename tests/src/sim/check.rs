//! The promises, checked: some at every step, all at rest.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, OfficeId};
use truc_proto::session::{Facts, Judgement, judge};
use truc_proto::wire::{Urgency, Verdict};

use super::{Event, Result, Violation, World};

impl World {
    /// Detect: the hub takes nothing from an overtaken life that nobody sanctioned.
    pub(crate) fn check_verdict(&mut self, office: OfficeId, facts: &Facts) -> Result<()> {
        let Judgement::Verdict(verdict) = judge(facts) else { return Ok(()) };
        self.reach(match verdict {
            Verdict::Refill => "verdict refill",
            Verdict::Continue => "verdict continue",
            Verdict::Adopt => "verdict adopt",
            Verdict::Branch => "verdict branch",
            Verdict::Fork => "verdict fork",
            _ => "verdict question",
        });
        if facts.resuming || facts.forgot || verdict == Verdict::Refill || self.hub_went_back {
            return Ok(());
        }
        let machine = self
            .conns
            .values()
            .map(|conn| &self.machines[conn.machine])
            .find(|machine| machine.office == office);
        let Some(machine) = machine else { return Ok(()) };
        for stored in self.hub.journal.reads().after(0, usize::MAX >> 1)? {
            let entry = &stored.entry;
            if entry.header.ledger == office
                && !stored.given_back()
                && machine.journal.reads().hash_at(office, entry.header.seat)?.is_none()
                && verdict == Verdict::Continue
            {
                return Err(Violation(format!("Detect: {} lacks {:?}", office, entry.header.place())));
            }
        }
        Ok(())
    }

    /// Stops the faults, lets every machine call until nothing changes, and checks all promises.
    pub(crate) fn settle(&mut self) -> Result<()> {
        for machine in &mut self.machines {
            machine.offline = true;
        }
        let conns: Vec<u64> = self.conns.keys().copied().collect();
        for conn in conns {
            self.cut(conn);
        }
        // Machines of one office take turns, so that each can be heard; twice, so that the first learns
        // what the last one gave.
        let rounds = 3;
        for _ in 0..rounds {
            let turns = self.turns();
            for turn in turns {
                for &machine in &turn {
                    self.machines[machine].offline = false;
                    self.call_later(machine, 1);
                }
                self.run_until_rest()?;
                for &machine in &turn {
                    self.machines[machine].offline = true;
                    if let Some(conn) = self.machines[machine].conn {
                        self.cut(conn);
                    }
                }
            }
        }
        self.check()?;
        self.check_proof()?;
        self.check_all_order()
    }

    /// Groups of machines with at most one of each office.
    fn turns(&self) -> Vec<Vec<usize>> {
        let mut turns: Vec<Vec<usize>> = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            if !machine.running {
                continue;
            }
            let free = turns
                .iter_mut()
                .find(|turn| turn.iter().all(|other| self.machines[*other].office != machine.office));
            match free {
                Some(turn) => turn.push(index),
                None => turns.push(vec![index]),
            }
        }
        turns
    }

    fn run_until_rest(&mut self) -> Result<()> {
        let mut steps = 0;
        loop {
            // Only retries of machines that may not call are left.
            let busy = self.bodies.values().any(|event| match event {
                Event::Act => false,
                Event::Call { machine, boot } => {
                    let up = &self.machines[*machine];
                    !up.offline && up.running && up.boot == *boot && up.conn.is_none()
                }
                _ => true,
            });
            if !busy && !self.approve()? {
                return Ok(());
            }
            let Some(event) = self.next_event() else { return Ok(()) };
            if !matches!(event, Event::Act) {
                self.happen(event)?;
            }
            steps += 1;
            if steps > 200_000 {
                return Err(Violation("Progress: no rest within 200,000 events".into()));
            }
        }
    }

    fn check(&mut self) -> Result<()> {
        let reads = self.hub.journal.reads();
        let all = reads.after(0, usize::MAX >> 1)?;
        let mut at_hub: HashSet<(OfficeId, Link)> = HashSet::new();
        let mut places = BTreeSet::new();
        for stored in &all {
            let entry = &stored.entry;
            if !places.insert(entry.header.place()) {
                return Err(Violation(format!("Place: {:?} twice", entry.header.place())));
            }
            at_hub.insert((entry.header.ledger, entry.link()));
        }
        // Gap: no entry without its predecessor. Islands are exempt: what lay before them may be gone with a hub.
        for stored in &all {
            let entry = &stored.entry;
            if let Some(seat) = entry.header.predecessor() {
                let link = Link { seat, hash: entry.prev };
                let island = self.hub_went_back && !reads.complete(entry.header.ledger, &entry.link())?;
                if !at_hub.contains(&(entry.header.ledger, link)) && !island {
                    return Err(Violation(format!("Gap: before {:?}", entry.header.place())));
                }
            }
        }
        // Receipt: what was receipted is in the hub's journal, unless only disks that were set back had it.
        for (office, link) in &self.receipted {
            let anywhere = self.machines.iter().any(|machine| {
                machine.running && machine.journal.reads().holds(*office, link).unwrap_or(false)
            });
            let lost = self.hub_went_back && !anywhere;
            if !at_hub.contains(&(*office, *link)) && !lost && !self.snapshots {
                return Err(Violation(format!("Receipt: {office} {link:?} is gone")));
            }
        }
        let mut held: BTreeMap<OfficeId, u64> = BTreeMap::new();
        for machine in self.machines.iter().filter(|machine| machine.running) {
            let office = machine.office;
            let journal = machine.journal.reads();
            // Durable: what was acknowledged is on the disk, byte for byte.
            for link in &machine.acked {
                if !journal.holds(office, link)? && !journal.is_aside(link)? {
                    return Err(Violation(format!("Durable: {office} lost {link:?}")));
                }
            }
            // OwnChain, and Progress: everything on a disk is at the hub.
            if let Some(tip) = journal.tip()?
                && !journal.on_chain(Some(tip), &tip)?
            {
                return Err(Violation(format!("OwnChain: {office} does not hold its tip")));
            }
            for stored in journal.after(0, usize::MAX >> 1)? {
                let entry = &stored.entry;
                if !at_hub.contains(&(entry.header.ledger, entry.link())) {
                    if self.snapshots {
                        *held.entry(office).or_default() += 1;
                        continue;
                    }
                    return Err(Violation(format!(
                        "Progress: {office} holds {:?}, the hub does not",
                        entry.header.place()
                    )));
                }
            }
            // Applied: every entry addressed to the office is there, once (places are unique).
            for stored in &all {
                let entry = &stored.entry;
                let own = entry.header.ledger == office;
                if (own || self.hub.addressed(entry, office))
                    && !journal.holds(entry.header.ledger, &entry.link())?
                    && !self.snapshots
                {
                    return Err(Violation(format!(
                        "Applied: {office} lacks {:?} at {}",
                        entry.header.place(),
                        stored.position
                    )));
                }
            }
            if journal.resuming()? && !self.snapshots {
                return Err(Violation(format!("Progress: {office} still knows itself behind")));
            }
        }
        for link in &self.hub.acked {
            if !at_hub.contains(&(self.hub.office, *link)) {
                return Err(Violation(format!("Durable: the hub lost {link:?}")));
            }
        }
        for (office, count) in held {
            if self.hub.journal.reads().held(office)? == 0 {
                return Err(Violation(format!("Fork: {count} entries of {office} are nowhere")));
            }
        }
        Ok(())
    }

    /// Order and Misdelivered, for mail that was just written at a machine; `in_turn`: not ahead of the queue;
    /// `since`: where the journal ended before.
    ///
    /// Asked of every entry of another office that the machine now holds: it is addressed to this office
    /// (Misdelivered), and every entry before it on its own chain (predecessor by predecessor, over all incarnations, as it was
    /// written, not as some journal tells it) that is addressed to this office is held, and stands before it
    /// in the journal. Other branches of that ledger are other chains: between them there is no order.
    ///
    /// Not asked, and why:
    /// - The office's own entries: what it lost of them comes back in the hub's order, and `OwnChain` says what
    ///   must be there.
    /// - An entry that was not taken because another stands at its place; `Fork` is about these.
    /// - An urgent entry that came ahead of the queue: that is what urgency is for. What came after it is
    ///   asked about it like about any other, and so is itself when its turn comes, but for its place in the
    ///   journal.
    /// - After the hub went back, an earlier entry that the hub lacks, or got later: somebody gave the one back
    ///   before somebody else gave the other (an island). Only that very pair is excused, only where it was met
    ///   so, and only if the hub's journal says so at that moment.
    ///
    /// Live snapshots are no excuse: what the hub takes is one chain at every place, whoever wrote it.
    pub(crate) fn check_order(
        &mut self,
        machine: usize,
        entries: &[Entry],
        in_turn: bool,
        since: u64,
    ) -> Result<()> {
        for entry in entries {
            let urgent = entry.header.urgency != Urgency::Normal;
            if entry.header.ledger != self.machines[machine].office && (in_turn || !urgent) {
                self.check_before(machine, entry, since)?;
            }
        }
        Ok(())
    }

    /// Order, for everything that a machine holds: all of it is in turn by now.
    fn check_all_order(&mut self) -> Result<()> {
        for machine in 0..self.machines.len() {
            if self.machines[machine].running {
                let stored = self.machines[machine].journal.reads().after(0, usize::MAX >> 1)?;
                let entries: Vec<Entry> = stored.into_iter().map(|stored| stored.entry).collect();
                self.check_order(machine, &entries, true, u64::MAX)?;
            }
        }
        Ok(())
    }

    fn check_before(&mut self, machine: usize, entry: &Entry, since: u64) -> Result<()> {
        let office = self.machines[machine].office;
        let held = |entry: &Entry| -> Result<Option<u64>> {
            let found =
                self.machines[machine].journal.reads().hash_at(entry.header.ledger, entry.header.seat)?;
            Ok(found.filter(|(hash, _)| *hash == entry.hash).map(|(_, position)| position))
        };
        let Some(position) = held(entry)? else { return Ok(()) };
        let place = entry.header.place();
        if !self.hub.addressed(entry, office) {
            return Err(Violation(format!("Misdelivered: {office} got {place:?}")));
        }
        let urgent = entry.header.urgency != Urgency::Normal;
        let excused = self.excused.get(&(office, entry.hash));
        let mut late = Vec::new();
        let mut prev = entry.prev;
        while prev != Hash::ZERO {
            let Some(before) = self.book.get(&prev) else {
                return Err(Violation(format!("Order: nobody wrote what {place:?} follows")));
            };
            prev = before.prev;
            if !self.hub.addressed(before, office) {
                continue;
            }
            let known = excused.is_some_and(|excused| excused.contains(&before.hash));
            let excusable = || -> Result<bool> { Ok(!self.hub_has_before(before, entry)?) };
            match held(before)? {
                // What came in turn, and without excuse, was asked itself: all before it is in order.
                Some(at) if at < position => {
                    let in_turn = before.header.urgency == Urgency::Normal;
                    if in_turn && !self.excused.contains_key(&(office, before.hash)) {
                        break;
                    }
                }
                Some(_) if urgent || known => {}
                Some(_) if position > since && excusable()? => late.push(before.hash),
                Some(_) => {
                    let before = before.header.place();
                    return Err(Violation(format!("Order: {place:?} came to {office} before {before:?}")));
                }
                None if excusable()? => late.push(before.hash),
                None => {
                    let before = before.header.place();
                    return Err(Violation(format!("Order: {place:?} came to {office} without {before:?}")));
                }
            }
        }
        if !late.is_empty() {
            self.reach("island delivered");
            self.excused.entry((office, entry.hash)).or_default().extend(late);
        }
        Ok(())
    }

    /// Whether the hub must have had `before` when it read `entry` from its mail: always, but for what was
    /// given back to a hub that went back.
    fn hub_has_before(&self, before: &Entry, entry: &Entry) -> Result<bool> {
        let reads = self.hub.journal.reads();
        let row = |entry: &Entry| reads.at(entry.header.ledger, entry.header.seat);
        let island = row(entry)?.filter(|stored| self.hub_went_back && stored.given_back());
        let Some(island) = island else { return Ok(true) };
        let before = row(before)?.filter(|stored| stored.entry.hash == before.hash);
        Ok(before.is_some_and(|stored| stored.position < island.position))
    }
}
