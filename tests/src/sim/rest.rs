//! At rest, the stores themselves: each opens again as a program opens it at its start, and its views fold whatever it
//! holds.

use truc_node::derive::pump::catch_up;
use truc_node::derive::views::{Views, read};
use truc_node::store::journal::Journal;
use truc_proto::id::OfficeId;

use super::machine::copy;
use super::offices::HUB;
use super::{Result, Violation, World};

/// Stores that are too many to open each again: those of a storm.
const MANY: usize = 100;

impl World {
    /// Promise Digested: every journal opens again and ends where it ended. In one run of `one_in` its views are folded
    /// too, from the first entry on: that takes all of them in, and nothing of an honest office stays undigested.
    pub(crate) fn check_stores(&mut self, one_in: u64) -> Result<()> {
        let folds = self.rng.below(one_in) == 0;
        let hub_key = self.hub.identity.hub_key;
        if self.machines.len() >= MANY {
            return Ok(());
        }
        for which in 0..=self.machines.len() {
            let (office, journal) = match self.machines.get_mut(which) {
                Some(machine) => (machine.office, &mut machine.journal),
                None => (HUB, &mut self.hub.journal),
            };
            let end = journal.end();
            let fault = |why: String| Violation(format!("Digested: the store of {office}: {why}"));
            let disk = copy(journal.connection())?;
            let mut again = Journal::from_connection(disk, office, office == HUB)
                .map_err(|error| fault(format!("does not open: {error}")))?;
            if again.end() != end {
                return Err(fault(format!("ends at {:?}, not {end:?}", again.end())));
            }
            if folds {
                // The offices are not announced in these journals, so the verdicts are those of the run.
                let stored = again.reads().after(0, usize::MAX >> 1)?;
                let refused = stored.iter().filter_map(|stored| {
                    let code = self.truth.refused.get(&stored.entry.hash)?;
                    Some((stored.position, (*code).to_owned()))
                });
                let refused: Vec<(u64, String)> = refused.collect();
                again.group(|journal| journal.vetted(end.position, &refused))?;
                self.fold(office, &again, hub_key)?;
            }
        }
        if folds {
            self.reach("views folded at rest");
        }
        Ok(())
    }

    fn fold(&self, office: OfficeId, journal: &Journal, hub_key: ed25519_dalek::VerifyingKey) -> Result<()> {
        let fault = |why: String| Violation(format!("Digested: the views of {office}: {why}"));
        let views = Views::in_memory(HUB, hub_key).map_err(|error| fault(error.to_string()))?;
        let views = catch_up(journal.reads(), views, |_, _| {}).map_err(|error| fault(error.to_string()))?;
        if views.folded_to() != journal.end().position {
            return Err(fault(format!("end at {}", views.folded_to())));
        }
        let undigested = read::undigested(views.connection()).map_err(|error| fault(error.to_string()))?;
        match undigested.iter().find(|one| one.ledger != Some(self.liar.office)) {
            Some(one) => Err(fault(format!("{one:?}"))),
            None => Ok(()),
        }
    }
}
