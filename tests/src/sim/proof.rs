//! No false alarm: whatever faults occurred, the journals of machines and hub verify.

use truc_node::derive::views::Views;
use truc_node::proof::verify_journal;
use truc_node::store::journal::Journal;
use truc_proto::proof::Wrong;
use truc_proto::refusal::Refusal;

use super::lie::{Entries, Told};
use super::machine::copy;
use super::offices::HUB;
use super::{Result, Violation, World};

impl World {
    /// Promise Digest: what the hub admitted, whoever wrote it, can be folded and opened again.
    pub(crate) fn check_digest(&mut self) -> Result<()> {
        if !self.outcome.reached.contains_key("liar's entry admitted") {
            return Ok(());
        }
        let digest = |error: &dyn std::fmt::Display| Violation(format!("Digest: {error}"));
        let journal = copy(self.hub.journal.connection())?;
        let journal = Journal::from_connection(journal, HUB, true).map_err(|error| digest(&error))?;
        let mut views = Views::in_memory(HUB, self.hub.identity.hub_key)?;
        let source = Entries(journal.reads());
        let mut fold = views.batch(&source).map_err(|error| digest(&error))?;
        for stored in journal.reads().after(0, usize::MAX >> 1)? {
            let refused = self.truth.refused.get(&stored.entry.hash);
            let refused = refused.and_then(|code| Refusal::from_code(code));
            fold.entry(stored.position, &stored.entry, stored.arrived, refused)
                .map_err(|error| digest(&error))?;
        }
        fold.commit().map_err(|error| digest(&error))
    }

    /// Verifies every journal of the run as `verify` does. Keys are not announced in these journals, so signatures are
    /// left to the check of entries.
    pub(crate) fn check_proof(&self) -> Result<()> {
        // A machine that was lied to is right to raise an alarm.
        let honest = self.machines.iter().filter(|machine| !machine.lie.as_ref().is_some_and(Told::is_told));
        let nodes = honest.map(|machine| (&machine.identity, &machine.journal));
        for (identity, journal) in nodes.chain([(&self.hub.identity, &self.hub.journal)]) {
            let verdict = verify_journal(journal.reads(), identity)
                .map_err(|failure| Violation(format!("FalseAlarm: {failure}")))?;
            let alarm = verdict.findings.some.iter().find(|fault| {
                let lied = fault.place.is_some_and(|place| place.ledger == self.liar.office);
                !(lied || matches!(fault.wrong, Wrong::NoKey | Wrong::Signature) && fault.place.is_some())
            });
            if let Some(fault) = alarm {
                return Err(Violation(format!(
                    "FalseAlarm: the store of {} does not verify: {fault:?}",
                    identity.office
                )));
            }
        }
        Ok(())
    }
}
