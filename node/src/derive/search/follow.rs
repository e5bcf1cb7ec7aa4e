//! The index as a follower of the journal.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use truc_proto::id::OfficeId;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;

use super::{Index, SEARCH, SearchError, entries};
use crate::derive::follow::{FollowError, Follower, Plan, Start};
use crate::derive::vet;
use crate::derive::views::ViewsError;
use crate::identity::sealing::SharedRing;
use crate::store::journal::{self, JOURNAL, Reads, Stored};
use crate::store::readers::Readers;

/// The index of a store, as a follower to be. It is opened in its own thread, so that no trouble with it keeps a store
/// from opening. `found`: connections that read the index.
pub fn plan(
    dir: &Path,
    own: OfficeId,
    ring: SharedRing,
    views: Arc<Readers<ViewsError>>,
    found: Arc<Readers<SearchError>>,
) -> Plan {
    let (path, journal) = (dir.join(SEARCH), dir.join(JOURNAL));
    let open = move |start| {
        let index = match start {
            Start::Kept(end) => Index::open(&path, end),
            Start::Anew => Index::create(&path),
        };
        // Whoever opened the file before may read one that is gone.
        found.replaced();
        let journal = journal::open_reader(&journal).map_err(FollowError::Journal)?;
        let (ring, views) = (ring.clone(), Arc::clone(&views));
        Ok(Box::new(Follow { index: index?, own, journal, ring, views }) as Box<dyn Follower>)
    };
    Plan { name: SEARCH, opened: None, open: Box::new(open) }
}

/// Keeps the index of a store up to date.
struct Follow {
    index: Index,
    own: OfficeId,
    journal: Connection,
    ring: SharedRing,
    views: Arc<Readers<ViewsError>>,
}

impl From<SearchError> for FollowError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Sqlite(error) => Self::Own(error),
            SearchError::Views(error) => Self::Views(error),
            SearchError::Journal(error) => Self::Journal(error),
            SearchError::Remove(error) => Self::Io(error),
        }
    }
}

impl Follower for Follow {
    fn upto(&self) -> u64 {
        self.index.upto()
    }

    fn edition(&self) -> u64 {
        self.index.edition()
    }

    fn begin_anew(&mut self, edition: u64) -> Result<(), FollowError> {
        Ok(self.index.begin_anew(edition)?)
    }

    /// Ignores the verdict: the views hold it, too.
    fn entry(&mut self, stored: &Stored, _: Option<Refusal>) -> Result<(), FollowError> {
        if !vet::inward(self.own, &stored.entry.header) {
            self.index.take(stored.position, &stored.entry);
        }
        Ok(())
    }

    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), FollowError> {
        let ring = self.ring.load();
        let journal = Reads::new(&self.journal, self.own).opening(ring.as_deref());
        let index = &mut self.index;
        Ok(self.views.with(|views| index.commit(upto, registry, views, &entries(journal)))?)
    }

    fn give_up(&mut self) {
        self.index.give_up();
    }

    fn mended(&mut self) -> Option<String> {
        self.index.mended()
    }
}
