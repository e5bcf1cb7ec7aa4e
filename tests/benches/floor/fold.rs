//! Floor: reads all rows of a journal in order and writes a small row for each into a file without any sync.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::Result;

/// Reads `journal` whole; says how many rows there were and how long it took.
pub(crate) fn run(folder: &Path, journal: &Connection) -> Result<(u64, Duration)> {
    let store = tempfile::tempdir_in(folder)?;
    let mut views = Connection::open(store.path().join("views.db"))?;
    views.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
         CREATE TABLE view (position INTEGER PRIMARY KEY, hash BLOB, size INTEGER, said BLOB) STRICT;",
    )?;
    let from = Instant::now();
    let mut count = 0;
    let transaction = views.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO view VALUES (?1, ?2, ?3, ?4)")?;
        let mut read = journal.prepare("SELECT position, hash, content FROM entry ORDER BY position")?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            let content = row.get_ref(2)?.as_blob()?;
            let position: i64 = row.get(0)?;
            let said = &content[..content.len().min(64)];
            insert.execute(params![position, row.get_ref(1)?.as_blob()?, content.len() as i64, said])?;
            count += 1;
        }
    }
    transaction.commit()?;
    Ok((count, from.elapsed()))
}
