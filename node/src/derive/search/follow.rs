//! The index as a follower of the journal.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use truc_proto::id::OfficeId;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;

use super::{Index, Result, SEARCH, entries};
use crate::derive::pump::Follower;
use crate::derive::views::{self, VIEWS};
use crate::store::journal::{self, JOURNAL, Reads, Stored};

/// Keeps the index of a store up to date.
pub struct Follow {
    index: Index,
    own: OfficeId,
    journal: Connection,
    views: Connection,
}

impl Follow {
    /// Opens the index in a store's folder, where journal and views have been opened already.
    pub fn open(dir: &Path, own: OfficeId, journal_end: u64) -> Result<Self> {
        let index = Index::open(&dir.join(SEARCH), journal_end)?;
        let journal = journal::open_reader(&dir.join(JOURNAL))?;
        Ok(Self { index, own, journal, views: views::reader(&dir.join(VIEWS))? })
    }
}

impl Follower for Follow {
    fn upto(&self) -> u64 {
        self.index.upto()
    }

    fn begin_anew(&mut self) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.index.begin_anew()?)
    }

    /// Ignores the verdict: the views hold it, too.
    fn entry(
        &mut self,
        stored: &Stored,
        _: Option<Refusal>,
    ) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
        self.index.take(stored.position, &stored.entry);
        Ok(())
    }

    fn commit(
        &mut self,
        upto: u64,
        registry: &Arc<Registry>,
    ) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
        let journal = Reads::new(&self.journal, self.own);
        Ok(self.index.commit(upto, registry, &self.views, &entries(journal))?)
    }
}
