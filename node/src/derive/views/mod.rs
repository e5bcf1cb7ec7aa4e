//! Views: SQL tables derived from the journal, in a file of their own that may be deleted at any time.
//!
//! The tables are a function of the set of entries folded, whatever their order. One [`Views`] writes; readers open
//! connections of their own and use [`read`] and [`crate::derive::views::kinds`].

pub mod across;
pub mod arrived;
pub mod asked;
pub mod below;
pub(crate) mod columns;
pub mod destroyed;
pub mod files;
pub mod filter;
mod fold;
pub mod inside;
pub mod kinds;
pub mod numbers;
pub mod on_road;
pub mod owed;
pub mod read;
pub mod registers;
pub mod story;
#[cfg(test)]
pub(crate) mod tests;
pub mod unheard;

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, params};
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::refusal::Refusal;
use truc_proto::registry::{Registry, Told};

use crate::derive::guard::{self, Cause};
use crate::store::journal::{JournalError, Stored};
use crate::store::scour::Scour;

pub use fold::Fold;

/// File name of the views in a store's folder.
pub const VIEWS: &str = "views.db";

/// Version of the tables, in `PRAGMA user_version`. Views of another version are dropped and folded anew.
pub const SCHEMA: i64 = 14;

/// Why the views cannot be used. Nothing is lost: they are derived from the journal.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The journal could not give back an entry that a strand needs.
    #[error("the journal does not give back an entry: {0}")]
    Source(#[source] Box<dyn Error + Send + Sync>),
    /// A stored state does not decode; folding anew repairs it.
    #[error("a stored state does not read back: {0}")]
    State(#[from] serde_json::Error),
    /// A file of old views cannot be removed.
    #[error("old views cannot be removed: {0}")]
    Remove(#[from] std::io::Error),
}

impl ViewsError {
    /// What the error comes from. What the journal does not give back is no fault of the views.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Sqlite(error) => guard::cause(error),
            Self::Source(error) => match error.downcast_ref() {
                Some(JournalError::Sqlite(error)) if guard::cause(error) == Cause::Disk => Cause::Disk,
                _ => Cause::Content,
            },
            Self::State(_) => Cause::Damage,
            Self::Remove(_) => Cause::Disk,
        }
    }
}

/// Result of the views.
pub type Result<T> = std::result::Result<T, ViewsError>;

/// Gives back folded entries by their position: a journal.
pub trait Source {
    /// The entry at a position that was folded.
    fn entry_at(
        &self,
        position: u64,
    ) -> std::result::Result<(Entry, Option<u64>), Box<dyn Error + Send + Sync>>;
}

/// The views, with their one writer. One per store.
#[derive(Debug)]
pub struct Views {
    conn: Connection,
    told: Told,
    hub: (OfficeId, VerifyingKey),
    folded_to: u64,
    edition: u64,
    scour: Scour,
    /// Ledgers with back-pointers to entries that are missing. May name too many, never too few.
    with_missing: HashSet<OfficeId>,
    /// Ledgers with entries that the hub refused.
    with_refusals: HashSet<OfficeId>,
    /// The file; none: they are in memory.
    path: Option<PathBuf>,
    /// What is kept in memory differs from the tables, since it could not be read after a batch was given up.
    stale: bool,
    /// Why the file was made anew when it was opened.
    mended: Option<String>,
}

impl Views {
    /// Opens the views in a file. Views of another version and damaged ones are dropped: then [`Views::folded_to`] is
    /// 0, and the journal must be folded from its start.
    pub fn open(path: &Path, hub: OfficeId, hub_key: VerifyingKey) -> Result<Self> {
        match Self::try_open(path, hub, hub_key) {
            Ok(Some(views)) => Ok(views),
            Ok(None) => Self::create(path, hub, hub_key),
            Err(ViewsError::Sqlite(error)) if guard::cause_at_opening(&error) == Cause::Damage => {
                let mended = Some(error.to_string());
                Ok(Self { mended, ..Self::create(path, hub, hub_key)? })
            }
            Err(error @ ViewsError::State(_)) => {
                let mended = Some(error.to_string());
                Ok(Self { mended, ..Self::create(path, hub, hub_key)? })
            }
            Err(error) => Err(error),
        }
    }

    /// Drops the views in a file and makes them anew.
    pub fn create(path: &Path, hub: OfficeId, hub_key: VerifyingKey) -> Result<Self> {
        guard::remove_database(path)?;
        let conn = Connection::open(path)?;
        tables(&conn)?;
        Self::with(conn, hub, hub_key, Some(path))
    }

    /// Drops the views and makes them anew, since their file is damaged.
    pub fn make_anew(&mut self) -> Result<()> {
        let Some(path) = self.path.clone() else { return self.begin_anew(0) };
        // The last connection to a database removes the log beside it by its name when it is closed: it must not be the
        // new one's.
        self.conn = Connection::open_in_memory()?;
        *self = Self::create(&path, self.hub.0, self.hub.1)?;
        Ok(())
    }

    /// Why the file was made anew when it was opened, once; none: it was sound, or there was none.
    pub fn mended(&mut self) -> Option<String> {
        self.mended.take()
    }

    /// The hub whose words the registry is made of, with its key.
    pub fn hub(&self) -> (OfficeId, VerifyingKey) {
        self.hub
    }

    /// The first own entry of which it is not known when the hub had it; none: there is none.
    pub fn waits(&self, own: OfficeId) -> Result<Option<u64>> {
        let sql = "SELECT min(position) FROM story WHERE ledger = ?1 AND arrived IS NULL";
        let first: Option<i64> =
            self.conn.prepare_cached(sql)?.query_row([own.0.as_bytes()], |row| row.get(0))?;
        Ok(first.map(|position| position as u64))
    }

    /// Views in memory, for tests and the simulation.
    pub fn in_memory(hub: OfficeId, hub_key: VerifyingKey) -> Result<Self> {
        let conn = Connection::open_in_memory()?;
        tables(&conn)?;
        Self::with(conn, hub, hub_key, None)
    }

    /// None: there are no views, or views of another version.
    fn try_open(path: &Path, hub: OfficeId, hub_key: VerifyingKey) -> Result<Option<Self>> {
        let conn = Connection::open(path)?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != SCHEMA {
            return Ok(None);
        }
        Self::with(conn, hub, hub_key, Some(path)).map(Some)
    }

    /// The registry in a file of views that is only read. None: there are no views of this version.
    pub fn read_registry(path: &Path, hub: OfficeId, hub_key: VerifyingKey) -> Result<Option<Arc<Registry>>> {
        let conn = reader(path)?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != SCHEMA {
            return Ok(None);
        }
        let mut views = Self::of(conn, hub, hub_key, None);
        views.rebuild_registry()?;
        Ok(Some(views.registry()))
    }

    fn with(conn: Connection, hub: OfficeId, hub_key: VerifyingKey, path: Option<&Path>) -> Result<Self> {
        // In WAL mode NORMAL stays consistent over a power cut: a commit may be lost, and is folded again.
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "NORMAL")?;
        // What a paper said is gone with the paper, also from free pages.
        conn.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        conn.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        conn.pragma_update(None, "cache_size", -8_000)?;
        conn.set_prepared_statement_cache_capacity(128);
        let mut views = Self::of(conn, hub, hub_key, path);
        views.reload()?;
        views.scour = Scour::opened(views.edition);
        views.scour.run(&views.conn, VIEWS);
        Ok(views)
    }

    fn of(conn: Connection, hub: OfficeId, hub_key: VerifyingKey, path: Option<&Path>) -> Self {
        Self {
            conn,
            told: Told::new(hub, hub_key),
            hub: (hub, hub_key),
            folded_to: 0,
            edition: 0,
            scour: Scour::Done,
            with_missing: HashSet::new(),
            with_refusals: HashSet::new(),
            path: path.map(Path::to_owned),
            stale: false,
            mended: None,
        }
    }

    /// Reads anew what is kept in memory, after a batch was given up.
    fn reload(&mut self) -> Result<()> {
        self.stale = true;
        self.folded_to = read::folded_to(&self.conn)?;
        self.edition = read::edition(&self.conn)?;
        self.with_missing = read::offices(&self.conn, "SELECT DISTINCT ledger FROM missing")?;
        self.with_refusals =
            read::offices(&self.conn, "SELECT DISTINCT ledger FROM refusal WHERE by_hub = 1")?;
        self.rebuild_registry()?;
        self.stale = false;
        Ok(())
    }

    /// Position in the journal up to which everything is folded.
    pub fn folded_to(&self) -> u64 {
        self.folded_to
    }

    /// Edition of the journal that was folded ([`Reads::edition`](crate::store::journal::Reads::edition)). If it is another
    /// by now, the views show entries that lost a fork, or lack what can be read by now.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Empties the views in one transaction, so that readers never see half; the journal must be folded from its start.
    pub fn begin_anew(&mut self, edition: u64) -> Result<()> {
        let transaction = self.conn.transaction()?;
        guard::empty(&transaction)?;
        transaction.execute_batch(&all_tables())?;
        transaction.execute("UPDATE folded SET edition = ?1", [edition as i64])?;
        transaction.commit()?;
        self.reload()?;
        self.scour = Scour::Due;
        self.scour.run(&self.conn, VIEWS);
        Ok(())
    }

    /// The office registry as folded.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(self.told.registry())
    }

    /// The writer's connection, for reading.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Begins a batch: one transaction, which takes effect with [`Fold::commit`] or not at all.
    pub fn batch<'a>(&'a mut self, source: &'a dyn Source) -> Result<Fold<'a>> {
        if self.stale {
            self.reload()?;
        }
        Fold::begin(self, source)
    }

    /// Passes an entry that cannot be folded, and notes why. Its place counts as held; `refused` is the store's own
    /// verdict. None: the entry cannot even be read.
    pub fn undigested(
        &mut self,
        position: u64,
        entry: Option<(&Stored, Option<Refusal>)>,
        why: &str,
    ) -> Result<()> {
        let transaction = self.conn.transaction()?;
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO undigested (position, ledger, reason) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![
                position as i64,
                entry.map(|(stored, _)| *stored.entry.header.ledger.0.as_bytes()),
                why
            ])?;
        if let Some((stored, refused)) = entry {
            fold::pass_over(&transaction, stored, refused, why)?;
        }
        transaction.execute("UPDATE folded SET position = ?1", [position as i64])?;
        transaction.commit()?;
        self.folded_to = position;
        Ok(())
    }
}

/// Opens a reading connection to views.
pub fn reader(path: &Path) -> Result<Connection> {
    let conn = crate::store::reading::open(path)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

fn all_tables() -> String {
    let kinds: String = kinds::SCHEMAS.iter().flat_map(|schema| [*schema, "\n"]).collect();
    format!("{}\n{kinds}", include_str!("schema.sql"))
}

fn tables(conn: &Connection) -> Result<()> {
    // States are long rows: larger pages waste less space and split less often.
    conn.pragma_update(None, "page_size", 16_384)?;
    conn.execute_batch(&format!("BEGIN;\n{}\nPRAGMA user_version = {SCHEMA};\nCOMMIT;", all_tables()))?;
    Ok(())
}
