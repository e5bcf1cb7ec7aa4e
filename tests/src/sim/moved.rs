//! Promise Told: an office whose line moves because others return what the hub lost is judged again.

use std::collections::{BTreeMap, VecDeque};

use truc_hub::session::write::Write as Asked;
use truc_node::store::journal::Offered;
use truc_proto::id::{Link, OfficeId};

use super::hub::Write;
use super::offices::HUB;
use super::{Result, Violation, World};

/// The ends of some ledgers' lines.
pub(crate) type Lines = BTreeMap<OfficeId, Option<Link>>;

impl World {
    /// The lines that these writes may move only by returned entries.
    pub(crate) fn lines_given_back(&self, writes: &VecDeque<Write>) -> Result<Lines> {
        let mut lines = Lines::new();
        for write in writes {
            if let Write::Session { write: Asked::Offer { entries, .. }, .. } = write {
                for entry in entries {
                    lines.insert(entry.header.ledger, self.line(entry.header.ledger)?);
                }
            }
        }
        for write in writes {
            match write {
                Write::Session { office, write: Asked::Admit { .. }, .. } => lines.remove(office),
                Write::Own { .. } => lines.remove(&HUB),
                _ => None,
            };
        }
        Ok(lines)
    }

    /// Promise Told: the journal names every line that was moved.
    pub(crate) fn check_moved<'a>(
        &self,
        before: &Lines,
        offers: impl Iterator<Item = &'a Offered> + Clone,
    ) -> Result<()> {
        for (office, before) in before {
            let named = offers.clone().any(|offered| offered.moved.contains(office));
            if self.line(*office)? != *before && !named {
                return Err(Violation(format!("Told: the line of {office} moved, and nobody is told")));
            }
        }
        Ok(())
    }

    pub(crate) fn line(&self, office: OfficeId) -> Result<Option<Link>> {
        Ok(self.hub.journal.reads().line(office)?.map(|(link, _)| link))
    }
}
