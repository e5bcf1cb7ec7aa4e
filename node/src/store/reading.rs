//! Databases opened only to be read, also where nothing can be written: on a full or read-only disk.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
use rusqlite::{Connection, OpenFlags};

/// How long a reader waits for a writer that folds the log into the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a database for reading; it sees what is committed.
///
/// A reader of a database with a write-ahead log shares an index of the log with the writer, a file that the first of
/// them makes. Where it cannot be made and the log is empty, nobody writes, and the database is read as it stands.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let tried = |conn: Connection| {
        conn.busy_timeout(PATIENCE)?;
        conn.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
        Ok(conn)
    };
    match Connection::open_with_flags(path, flags).and_then(tried) {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(CannotOpen | DiskFull | ReadOnly | SystemIoFailure)
            ) && is_still(path) =>
        {
            Connection::open_with_flags(unchanging(path), flags | OpenFlags::SQLITE_OPEN_URI).and_then(tried)
        }
        opened => opened,
    }
}

/// Whether the database has no log beside it.
fn is_still(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    path.exists() && std::fs::metadata(log).map_or(true, |log| log.len() == 0)
}

/// The address by which SQLite opens a file that nobody changes.
fn unchanging(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                address.push(char::from(*byte))
            }
            // Writing to a string does not fail.
            other => drop(write!(address, "%{other:02X}")),
        }
    }
    address + "?immutable=1"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn names_are_addresses_whatever_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kho #1?50%.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (7);").unwrap();
        drop(conn);
        let read = Connection::open_with_flags(
            unchanging(&path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        );
        let seven: i64 = read.unwrap().query_row("SELECT b FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(seven, 7);
    }

    #[test]
    fn a_log_that_cannot_be_joined_is_not_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, "").unwrap();
        assert!(is_still(&path));
        std::fs::write(folder.path().join("a.db-wal"), "more").unwrap();
        assert!(!is_still(&path));
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    }
}
