//! Which office has brought which file, in a file beside the journal: whoever brought all bytes of a file is a source
//! of it. If it is lost or damaged, it is made anew, and offices bring again what their entries name.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use truc_node::derive::guard::{self, Cause};
use truc_node::identity::keys;
use truc_proto::id::{Hash, OfficeId};
use uuid::Uuid;

/// Name of the file in the hub's folder.
pub const FILES: &str = "files.db";
/// A day, milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Reading or writing the file failed.
#[derive(Debug, thiserror::Error)]
#[error("who brought which file: {0}")]
pub struct BroughtError(#[from] pub rusqlite::Error);

/// The memory of who brought which file.
#[derive(Debug)]
pub struct Brought {
    conn: Mutex<Connection>,
    number: u64,
}

impl Brought {
    /// Opens or creates the file in a hub's folder. `life`: another one after the hub was put back, when it may have
    /// forgotten what offices brought.
    pub fn open(dir: &Path, life: u64) -> Result<Self, BroughtError> {
        let path = dir.join(FILES);
        Self::of(&path, life).or_else(|error| {
            if guard::cause_at_opening(&error.0) == Cause::Disk {
                return Err(error);
            }
            tracing::error!(%error, "who brought which file is not known any more; offices bring their files again");
            // What cannot be removed is told by the second try.
            let _ = guard::remove_database(&path);
            Self::of(&path, life)
        })
    }

    fn of(path: &Path, life: u64) -> Result<Self, BroughtError> {
        let conn = Connection::open(path)?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        let sound: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(damaged, Some(sound)).into());
        }
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS brought (
               hash   BLOB NOT NULL,     -- SHA-256
               office BLOB NOT NULL,     -- UUID
               size   INTEGER NOT NULL,
               at     INTEGER NOT NULL,  -- Unix milliseconds
               PRIMARY KEY (hash, office)
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS brought_office ON brought (office, at);
             -- One row: what this memory is called, in the life of the hub for which it holds.
             CREATE TABLE IF NOT EXISTS memory (number BLOB NOT NULL, life INTEGER NOT NULL) STRICT;",
        )?;
        let random: [u8; 8] = keys::random().unwrap_or_else(|_| Uuid::new_v4().as_u64_pair().0.to_be_bytes());
        conn.execute("DELETE FROM memory WHERE life <> ?1", [life as i64])?;
        conn.execute(
            "INSERT INTO memory SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM memory)",
            params![random, life as i64],
        )?;
        let number: [u8; 8] = conn.query_row("SELECT number FROM memory", [], |row| row.get(0))?;
        Ok(Self { conn: Mutex::new(conn), number: u64::from_be_bytes(number) })
    }

    /// What this memory is called: another number means that something may be forgotten.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an office has brought the whole file. `now`: Unix milliseconds.
    pub fn note(&self, office: OfficeId, hash: Hash, size: u64, now: u64) -> Result<(), BroughtError> {
        self.conn()
            .prepare_cached("INSERT OR IGNORE INTO brought (hash, office, size, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![hash.0, office.0.as_bytes(), size as i64, now as i64])?;
        Ok(())
    }

    /// Whether an office has brought the whole file.
    pub fn is_source(&self, office: OfficeId, hash: Hash) -> Result<bool, BroughtError> {
        Ok(self
            .conn()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM brought WHERE hash = ?1 AND office = ?2)")?
            .query_row(params![hash.0, office.0.as_bytes()], |row| row.get(0))?)
    }

    /// The offices that have brought the whole file.
    pub fn sources(&self, hash: Hash) -> Result<Vec<OfficeId>, BroughtError> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached("SELECT office FROM brought WHERE hash = ?1")?;
        let rows = statement.query_map([hash.0], |row| Ok(OfficeId(Uuid::from_bytes(row.get(0)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Number of files that an office has brought.
    pub fn number_by(&self, office: OfficeId) -> Result<u64, BroughtError> {
        let query = "SELECT count(*) FROM brought WHERE office = ?1";
        let number: i64 =
            self.conn().prepare_cached(query)?.query_row([office.0.as_bytes()], |row| row.get(0))?;
        Ok(number as u64)
    }

    /// Bytes that an office has brought within the last day. What a clock that was ahead has noted does not count.
    pub fn within_a_day(&self, office: OfficeId, now: u64) -> Result<u64, BroughtError> {
        let query = "SELECT coalesce(sum(size), 0) FROM brought WHERE office = ?1 AND at > ?2 AND at <= ?3";
        let bytes: i64 =
            self.conn().prepare_cached(query)?.query_row(
                params![office.0.as_bytes(), now.saturating_sub(DAY) as i64, now as i64],
                |row| row.get(0),
            )?;
        Ok(bytes as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn office(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    #[test]
    fn what_was_brought_is_remembered_and_named_anew_only_where_it_may_be_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Brought::open(dir.path(), 0).unwrap();
        memory.note(office(1), Hash([1; 32]), 7, 1_000).unwrap();
        let number = memory.number();
        drop(memory);
        let memory = Brought::open(dir.path(), 0).unwrap();
        assert_eq!(memory.number(), number);
        assert_eq!(memory.sources(Hash([1; 32])).unwrap(), [office(1)]);
        assert!(!memory.is_source(office(2), Hash([1; 32])).unwrap());
        assert_eq!((memory.number_by(office(1)).unwrap(), memory.number_by(office(2)).unwrap()), (1, 0));
        drop(memory);
        // Put back: what it remembers stays true, and there may be more.
        let memory = Brought::open(dir.path(), 9).unwrap();
        assert!(memory.number() != number && memory.is_source(office(1), Hash([1; 32])).unwrap());
        drop(memory);
        // Damaged: made anew.
        let number = Brought::open(dir.path(), 9).unwrap().number();
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(dir.path().join(format!("{FILES}{ending}")));
        }
        std::fs::write(dir.path().join(FILES), vec![0xAA; 8192]).unwrap();
        let memory = Brought::open(dir.path(), 9).unwrap();
        assert!(memory.number() != number && !memory.is_source(office(1), Hash([1; 32])).unwrap());
    }

    #[test]
    fn a_day_is_counted_back_from_now_whatever_the_clock_was() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Brought::open(dir.path(), 0).unwrap();
        let now = 100 * DAY;
        for (hash, at) in [(1, now), (2, now - DAY + 1), (3, now - DAY), (4, now + 1), (5, 0)] {
            memory.note(office(1), Hash([hash; 32]), 10, at).unwrap();
        }
        assert_eq!(memory.within_a_day(office(1), now).unwrap(), 20);
        assert_eq!(memory.within_a_day(office(2), now).unwrap(), 0);
    }
}
