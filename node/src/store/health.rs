//! Whether a store takes writes, told to whoever asks: status, pages, the log.

use serde::{Deserialize, Serialize};

use crate::store::journal::JournalError;

/// What keeps a store from taking writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The disk is full. Reads go on, and writes as soon as there is room.
    Full,
    /// The disk failed to write, to flush or to read.
    Failing,
    /// What is on the disk is not what was written.
    Damaged,
}

impl Trouble {
    /// What an error of the journal means; none: it concerns the write alone, and the store is well.
    pub fn of(error: &JournalError) -> Option<Self> {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase, SystemIoFailure};
        match error {
            JournalError::Entry(_) => None,
            JournalError::Sqlite(error) => Some(match error.sqlite_error_code() {
                Some(DiskFull) => Self::Full,
                // The index of the log is a file of its own; that it cannot grow is told in this way.
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
            JournalError::Damaged(..) | JournalError::Shorter { .. } | JournalError::State(_) => {
                Some(Self::Damaged)
            }
            JournalError::OtherOffice(_) | JournalError::Newer(_) | JournalError::Setting(_) => {
                Some(Self::Failing)
            }
        }
    }
}

/// How the store is.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Health {
    /// None: it takes writes.
    pub trouble: Option<Trouble>,
    /// Unix milliseconds since when there is trouble.
    pub since: u64,
    /// The cause in English, for the log.
    pub detail: String,
}
