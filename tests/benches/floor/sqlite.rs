//! Floor: rows into SQLite (WAL, `synchronous=FULL`), so many a commit, by one thread with nothing else to do.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::Result;
use crate::bodies::{BODY, Bodies};

/// The table of the bare writer and of the sketch.
pub(crate) const SCHEMA: &str = "CREATE TABLE entry (position INTEGER PRIMARY KEY, hash BLOB NOT NULL, \
     signature BLOB NOT NULL, content BLOB NOT NULL) STRICT;";

/// Adds a row.
pub(crate) const INSERT: &str = "INSERT INTO entry (hash, signature, content) VALUES (?1, ?2, ?3)";

/// Opens a store with the settings of the journal.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err("SQLite has no WAL here".into());
    }
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")?;
    Ok(conn)
}

/// Writes `rows` rows of 1 KiB with a hash and a signature, `at_once` a commit. Says how long it took.
pub(crate) fn write(folder: &Path, rows: usize, at_once: usize) -> Result<Duration> {
    let store = tempfile::tempdir_in(folder)?;
    let mut conn = open(&store.path().join("bare.db"))?;
    conn.execute_batch(SCHEMA)?;
    let mut bodies = Bodies::new(7)?;
    let contents: Vec<Vec<u8>> = (0..rows).map(|_| bodies.bytes(BODY)).collect();
    let (hash, signature) = (bodies.bytes(32), bodies.bytes(64));
    let from = Instant::now();
    for group in contents.chunks(at_once) {
        let transaction = conn.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for content in group {
                insert.execute(params![hash, signature, content])?;
            }
        }
        transaction.commit()?;
    }
    Ok(from.elapsed())
}
