//! Search over everything that an office holds: papers, answers, notes, names of files.
//!
//! The index is in a file of its own (`search.db`) that may be deleted at any time. It follows the views, which decide
//! which version of a record is in force and which entries are refused. Words are folded ([`truc_proto::vietnamese`]);
//! excerpts are read from the journal, as written.

mod find;
mod follow;
mod index;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;
use truc_proto::entry::Entry;
use truc_proto::id::{OfficeId, RecordId};

pub use find::find;
pub use follow::plan;
pub use index::{Index, dump, upto};
pub use words::{Pieces, marked};

use crate::derive::views::ViewsError;
use crate::store::journal::{JournalError, Reads};

/// File name of the index in a store's folder.
pub const SEARCH: &str = "search.db";

/// Why the index cannot be used. Nothing is lost: it is derived from the journal.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The views could not be read.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of an old index cannot be removed.
    #[error("an old index cannot be removed: {0}")]
    Remove(#[from] std::io::Error),
}

/// Result of the index.
pub type Result<T> = std::result::Result<T, SearchError>;

/// Reads the entry at a position of a journal; none if none is there.
pub type Entries<'a> = &'a dyn Fn(u64) -> Result<Option<Entry>>;

/// [`Entries`] of a journal.
pub fn entries(journal: Reads<'_>) -> impl Fn(u64) -> Result<Option<Entry>> {
    move |position| Ok(journal.at_position(position)?.map(|stored| stored.entry))
}

/// A search.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Words that a record must all contain, with or without marks, whole or only begun.
    pub text: String,
    /// Only records of this kind.
    pub kind: Option<u32>,
    /// Only records of this office.
    pub owner: Option<OfficeId>,
    /// Most hits to return; 0: 20.
    pub limit: u32,
    /// Hits to skip, for further pages.
    pub offset: u32,
}

/// A record that was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Hit {
    /// Id of the record.
    pub record: RecordId,
    /// Number of the record's kind.
    pub kind: u32,
    /// The office that opened it.
    pub owner: OfficeId,
    /// Number, as written; empty: not numbered.
    pub number: String,
    /// Title (trích yếu).
    pub title: String,
    /// Code of the document type.
    pub document_type: String,
    /// When its first version was written, Unix milliseconds.
    pub opened: i64,
    /// Position of the version in force in this store's journal.
    pub position: u64,
    /// Excerpt in pieces, as written; `true`: a word that was found. Empty if the words are only in the number or in
    /// names.
    pub shown: Pieces,
}

/// Opens a reading connection to an index.
pub fn reader(path: &Path) -> Result<Connection> {
    let conn = crate::store::reading::open(path)?;
    conn.pragma_update(None, "cache_size", -8_000)?;
    Ok(conn)
}
