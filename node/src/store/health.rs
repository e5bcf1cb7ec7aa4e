//! Whether a store takes writes, for status, pages and log.

use serde::{Deserialize, Serialize};

use crate::store::journal::JournalError;

/// What keeps a store from taking writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The disk is full. Reads go on, and writes as soon as there is room.
    Full,
    /// The disk is read-only, or not ours to write. The store is only read.
    ReadOnly,
    /// The disk failed to write, to flush or to read.
    Failing,
    /// The disk holds something else than was written.
    Damaged,
    /// Another program has the store, and answers nobody. The store is only read.
    InUse,
}

impl Trouble {
    /// The trouble that an error of the journal shows; none: the write alone is at fault, and the store is well.
    pub fn of(error: &JournalError) -> Option<Self> {
        use rusqlite::ErrorCode::{
            ConstraintViolation, DatabaseCorrupt, DiskFull, NotADatabase, SystemIoFailure, TooBig,
            TypeMismatch,
        };
        match error {
            JournalError::Entry(_) | JournalError::Seal(_) => None,
            // What the write brought does not fit the tables.
            JournalError::Sqlite(error)
                if matches!(error.sqlite_error_code(), Some(ConstraintViolation | TooBig | TypeMismatch)) =>
            {
                None
            }
            JournalError::Sqlite(error) => Some(match error.sqlite_error_code() {
                Some(DiskFull) => Self::Full,
                // SQLite reports in this way that the WAL index, a file of its own, cannot grow.
                Some(SystemIoFailure)
                    if error
                        .sqlite_error()
                        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) =>
                {
                    Self::Full
                }
                Some(DatabaseCorrupt | NotADatabase) => Self::Damaged,
                _ => Self::Failing,
            }),
            JournalError::Damaged(..)
            | JournalError::Shorter { .. }
            | JournalError::Gone
            | JournalError::State(_) => Some(Self::Damaged),
            JournalError::OtherOffice(_)
            | JournalError::Newer(_)
            | JournalError::Older(_)
            | JournalError::Setting(_) => Some(Self::Failing),
        }
    }
}

/// Whether the store takes writes, and if not, since when and why.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Health {
    /// None: it takes writes.
    pub trouble: Option<Trouble>,
    /// Since when there is trouble, Unix milliseconds.
    pub since: u64,
    /// Cause in English, for the log.
    pub detail: String,
}
