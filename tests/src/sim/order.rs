//! Order and Misdelivered: what reaches whom, and after what.

use truc_proto::entry::Entry;
use truc_proto::id::Hash;
use truc_proto::wire::Urgency;

use super::{Result, Violation, World};

impl World {
    /// Order and Misdelivered, for mail that was just written at a machine; `in_turn`: not ahead of the queue;
    /// `since`: where the journal ended before.
    ///
    /// Asked of every entry of another office that the machine now holds: it is addressed to this office
    /// (Misdelivered), and every entry before it on its own chain (predecessor by predecessor, over all incarnations,
    /// as it was written, not as some journal tells it) that is addressed to this office is held, and stands before it
    /// in the journal. Other branches of that ledger are other chains: between them there is no order.
    ///
    /// Not asked, and why:
    /// - The office's own entries: what it lost of them comes back in the hub's order, and `OwnChain` says what
    ///   must be there.
    /// - An entry that was not taken because another stands at its place; `Fork` is about these.
    /// - An urgent entry that came ahead of the queue: that is what urgency is for. What came after it is
    ///   asked about it like about any other, and so is itself when its turn comes, but for its place in the
    ///   journal.
    /// - After the hub went back, an earlier entry that the hub lacked, or had later, when it handed out this one:
    ///   somebody gave the one back before somebody else gave the other (an island). Only that very pair is excused.
    /// - After the hub went back, an earlier entry that stood where it was not for this office: what is given back may
    ///   come to stand before or behind a change of the map.
    /// - What the rules refuse goes to nobody, so what follows it comes without it.
    ///
    /// Live snapshots are no excuse: what the hub takes is one chain at every place, whoever wrote it.
    pub(crate) fn check_order(
        &mut self,
        machine: usize,
        entries: &[Entry],
        in_turn: bool,
        since: u64,
    ) -> Result<()> {
        if self.machines[machine].lie.is_some() {
            return Ok(());
        }
        for entry in entries {
            let urgent = entry.header.urgency != Urgency::Normal;
            if entry.header.ledger != self.machines[machine].office && (in_turn || !urgent) {
                self.check_before(machine, entry, since)?;
            }
        }
        Ok(())
    }

    /// Order, for everything that a machine holds: all of it is in turn by now.
    pub(crate) fn check_all_order(&mut self) -> Result<()> {
        for machine in 0..self.machines.len() {
            if self.machines[machine].running && !self.machines[machine].replaced {
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
        if !self.is_mail(entry, office)? {
            return Err(Violation(format!("Misdelivered: {office} got {place:?}")));
        }
        let urgent = entry.header.urgency != Urgency::Normal;
        let excused = self.truth.excused.get(&(office, entry.hash));
        let islands = self.truth.islands.get(&entry.hash);
        let mut late = Vec::new();
        let mut prev = entry.prev;
        while prev != Hash::ZERO {
            let Some(before) = self.truth.book.get(&prev) else {
                return Err(Violation(format!("Order: nobody wrote what {place:?} follows")));
            };
            prev = before.prev;
            let known = excused.is_some_and(|excused| excused.contains(&before.hash));
            let moved = self.truth.hub_went_back && self.truth.unowed.contains(&(office, before.hash));
            let excusable = moved || islands.is_some_and(|islands| islands.contains(&before.hash));
            if !self.is_mail(before, office)? || self.truth.refused.contains_key(&before.hash) {
                // It may become this office's mail, if it comes to stand behind a change of the map.
                if self.truth.moved && excusable {
                    late.push(before.hash);
                }
                continue;
            }
            match held(before)? {
                // What came in turn, and without excuse, was asked itself: all before it is in order.
                Some(at) if at < position => {
                    let in_turn = before.header.urgency == Urgency::Normal;
                    if in_turn && !self.truth.excused.contains_key(&(office, before.hash)) {
                        break;
                    }
                }
                Some(_) if urgent || known || moved => {}
                Some(_) if position > since && excusable => late.push(before.hash),
                Some(_) => {
                    let before = before.header.place();
                    return Err(Violation(format!("Order: {place:?} came to {office} before {before:?}")));
                }
                None if excusable => late.push(before.hash),
                None => {
                    let before = before.header.place();
                    return Err(Violation(format!("Order: {place:?} came to {office} without {before:?}")));
                }
            }
        }
        if !late.is_empty() {
            self.reach("island delivered");
            self.truth.excused.entry((office, entry.hash)).or_default().extend(late);
        }
        Ok(())
    }
}
