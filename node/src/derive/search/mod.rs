//! Search as one types, over everything that an office holds: papers, answers, notes, names of files.
//!
//! An index in a file of its own (`search.db`) that may be deleted at any time. It follows the views: which
//! version of a record is in force and which entries are refused, they have decided already. Words are kept
//! folded ([`truc_proto::vietnamese`]); what a hit shows is read from the journal as it was written.

mod find;
mod follow;
mod index;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use truc_proto::entry::Entry;
use truc_proto::id::{OfficeId, RecordId};

pub use find::find;
pub use follow::Follow;
pub use index::{Index, dump};
pub use words::{Pieces, marked};

use crate::derive::views::ViewsError;
use crate::store::journal::{JournalError, Reads};

/// File name of the index in a store's folder.
pub const SEARCH: &str = "search.db";

/// What can go wrong with the index. None of it loses anything: the journal is the truth.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The views could not be asked.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of an old index cannot be removed.
    #[error("an old index cannot be removed: {0}")]
    Remove(#[from] std::io::Error),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, SearchError>;

/// The entry at a position, if it is there: a journal.
pub type Entries<'a> = &'a dyn Fn(u64) -> Result<Option<Entry>>;

/// A journal as the index asks it.
pub fn entries(journal: Reads<'_>) -> impl Fn(u64) -> Result<Option<Entry>> {
    move |position| Ok(journal.at_position(position)?.map(|stored| stored.entry))
}

/// What somebody looks for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words, with or without marks, each whole or only begun: all must be found of a record.
    pub text: String,
    /// Only this kind.
    pub kind: Option<u32>,
    /// Only this office's.
    pub owner: Option<OfficeId>,
    /// At most so many; 0: 20.
    pub limit: u32,
    /// So many are passed over: the next page.
    pub offset: u32,
}

/// A record that was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Hit {
    /// Its id.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Who opened it.
    pub owner: OfficeId,
    /// As written; empty: not numbered.
    pub number: String,
    /// Trích yếu.
    pub title: String,
    /// Code of the document type.
    pub document_type: String,
    /// When its first version was written, Unix milliseconds.
    pub opened: i64,
    /// Position of the version in force in this store's journal.
    pub position: u64,
    /// Where the words stand, as written; `true`: one of the words. Empty if they stand only in the number
    /// or in names.
    pub shown: Pieces,
}

/// A connection for a reader of an index in a file.
pub fn reader(path: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "cache_size", -8_000)?;
    Ok(conn)
}
