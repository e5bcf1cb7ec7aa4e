//! No false alarm: whatever happened to machines and hub, what lies in their journals verifies.

use truc_node::identity::Identity;
use truc_node::proof::verify_journal;
use truc_proto::proof::Wrong;

use super::lie::Told;
use super::offices::HUB;
use super::{Result, Violation, World};

impl World {
    /// Every journal of the run, looked at as `verify` does. Keys are not announced in these journals, so signatures are
    /// left to the check of entries.
    pub(crate) fn check_proof(&self) -> Result<()> {
        let (hub, hub_key) = (HUB, self.hub.key.verifying_key());
        // Who was lied to rightly raises an alarm.
        let honest = self.machines.iter().filter(|machine| !machine.lie.as_ref().is_some_and(Told::is_told));
        let nodes = honest.map(|machine| (machine.office, &machine.key, &machine.journal));
        for (office, key, journal) in nodes.chain([(hub, &self.hub.key, &self.hub.journal)]) {
            let identity = Identity { office, key: key.clone(), hub, hub_key };
            let verdict = verify_journal(journal.reads(), &identity)
                .map_err(|failure| Violation(format!("FalseAlarm: {failure}")))?;
            let alarm = verdict.findings.some.iter().find(|fault| {
                let lied = fault.place.is_some_and(|place| place.ledger == self.liar.office);
                !(lied || matches!(fault.wrong, Wrong::NoKey | Wrong::Signature) && fault.place.is_some())
            });
            if let Some(fault) = alarm {
                return Err(Violation(format!(
                    "FalseAlarm: the store of {office} does not verify: {fault:?}"
                )));
            }
        }
        Ok(())
    }
}
