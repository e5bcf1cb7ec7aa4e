//! No false alarm: whatever faults occurred, the journals of machines and hub verify.

use truc_node::proof::verify_journal;
use truc_proto::proof::Wrong;

use super::lie::Told;
use super::{Result, Violation, World};

impl World {
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
