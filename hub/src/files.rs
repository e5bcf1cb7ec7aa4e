//! Who may bring and fetch which file: whoever wrote, or was sent, an admitted entry that names it.

use std::sync::Arc;

use truc_node::office::OfficeError;
use truc_node::views::read;
use truc_proto::id::{Hash, OfficeId};

use crate::attachments::May;
use crate::hub::Hub;

/// The rule on the hub's store.
pub struct FileRule(pub Arc<Hub>);

impl FileRule {
    fn sent_to(&self, office: OfficeId, hash: Hash) -> Result<bool, OfficeError> {
        let hub = &self.0.office;
        let registry = hub.registry();
        for row in hub.view(|views| read::files_named(views, hash))? {
            if row.ledger == office {
                return Ok(true);
            }
            if hub.read(|journal| journal.refused(row.position))?.is_some() {
                continue;
            }
            let Some(stored) = hub.read(|journal| journal.at_position(row.position))? else { continue };
            let audience = stored.entry.header.audience.iter();
            if audience
                .map(|channel| channel.scope)
                .any(|scope| registry.addressed(office, scope, row.position))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl May for FileRule {
    fn may_put(&self, office: OfficeId, hash: Hash) -> Option<u64> {
        let rows = self.0.office.view(|views| read::files_named(views, hash));
        let rows = rows.inspect_err(|error| tracing::error!(%error, "files cannot be looked up")).ok()?;
        rows.into_iter().find(|row| row.ledger == office).map(|row| row.file.size)
    }

    fn may_get(&self, office: OfficeId, hash: Hash) -> bool {
        self.sent_to(office, hash).unwrap_or_else(|error| {
            tracing::error!(%error, "files cannot be looked up");
            false
        })
    }
}
