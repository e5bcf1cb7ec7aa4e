//! Files that can be made anew from the journal: what an error of one means, and how one is dropped.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Error, ErrorCode};

/// What an error of a derived database comes from, and so what mends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The disk is full, fails or is locked, or memory is short: the same work is tried again later.
    Disk,
    /// The file does not hold what was written: it is dropped and made anew.
    Damage,
    /// What is to be written does not fit the tables: the disk and the file are well, this piece of work is at fault.
    Content,
}

/// What an error comes from.
pub fn cause(error: &Error) -> Cause {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, FileLockingProtocolFailed,
        NoLargeFileSupport, NotADatabase, OperationInterrupted, OutOfMemory, PermissionDenied, ReadOnly,
        SystemIoFailure,
    };
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            DatabaseCorrupt | NotADatabase => Cause::Damage,
            CannotOpen
            | DatabaseBusy
            | DatabaseLocked
            | DiskFull
            | FileLockingProtocolFailed
            | NoLargeFileSupport
            | OperationInterrupted
            | OutOfMemory
            | PermissionDenied
            | ReadOnly
            | SystemIoFailure => Cause::Disk,
            _ => Cause::Content,
        },
        // A stored value does not read back.
        Error::FromSqlConversionFailure(..)
        | Error::InvalidColumnType(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..) => Cause::Damage,
        _ => Cause::Content,
    }
}

/// The cause of an error at opening, where nothing new is written: whatever is not the disk's is the file's.
pub fn cause_at_opening(error: &Error) -> Cause {
    match cause(error) {
        Cause::Disk => Cause::Disk,
        Cause::Damage | Cause::Content => Cause::Damage,
    }
}

/// Removes a database that can be made anew, with the files beside it. No connection of this program may be writing it.
pub fn remove_database(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(PathBuf::from(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Drops every table of a database that can be made anew.
pub(super) fn empty(conn: &Connection) -> rusqlite::Result<()> {
    // Virtual tables first: their own tables go with them.
    let names: Vec<String> = conn
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    names.iter().try_for_each(|name| conn.execute_batch(&format!("DROP TABLE IF EXISTS \"{name}\"")))
}
