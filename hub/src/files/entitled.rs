//! Which office may upload or download a file. Upload: the office wrote an entry that names the file. Download: it was
//! the first to name the file, or it is an addressee of an entry that names the file, by an office that had it.

use std::sync::Arc;

use truc_node::derive::views::read;
use truc_node::office::OfficeError;
use truc_proto::audience::Scope;
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};

use crate::files::service::May;
use crate::hub::Hub;

/// The rule, decided from the hub's store.
pub struct FileRule(pub Arc<Hub>);

impl FileRule {
    /// Whether an office may download a file. The access spreads in the order of the journal: from the office that
    /// named the file first to the addressees of its entries, and from those to the addressees of theirs. An office
    /// that names a hash it has merely heard of gains nothing.
    fn entitled(&self, office: OfficeId, hash: Hash) -> Result<bool, OfficeError> {
        let hub = &self.0.office;
        let registry = hub.registry();
        let mut rows = hub.view(|views| read::files_named(views, hash))?;
        rows.sort_by_key(|row| row.position);
        let mut first = None;
        let mut sent: Vec<(Scope, u64)> = Vec::new();
        for row in rows {
            if hub.read(|journal| journal.refused(row.position))?.is_some() {
                continue;
            }
            let author = *first.get_or_insert(row.ledger);
            let reached =
                |office| sent.iter().any(|(scope, position)| registry.addressed(office, *scope, *position));
            if row.ledger != author && !reached(row.ledger) {
                continue;
            }
            let Some(stored) = hub.read(|journal| journal.at_position(row.position))? else { continue };
            let audience = stored.entry.header.audience.iter();
            sent.extend(audience.map(|channel| (channel.scope, row.position)));
        }
        let reached = sent.iter().any(|(scope, position)| registry.addressed(office, *scope, *position));
        Ok(first == Some(office) || reached)
    }
}

impl May for FileRule {
    fn may_put(&self, office: OfficeId, hash: Hash) -> Option<u64> {
        let rows = self.0.office.view(|views| read::files_named(views, hash));
        let rows = rows.inspect_err(|error| tracing::error!(%error, "file entries cannot be read")).ok()?;
        rows.into_iter().find(|row| row.ledger == office).map(|row| row.file.size)
    }

    fn may_get(&self, office: OfficeId, hash: Hash) -> bool {
        planted("files.heard-of")
            || self.entitled(office, hash).unwrap_or_else(|error| {
                tracing::error!(%error, "file entries cannot be read");
                false
            })
    }
}
