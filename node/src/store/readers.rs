//! Connections that read a database: lent one by one, and kept for who reads next.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

/// Connections kept open while nobody reads.
const KEPT: usize = 4;

/// The reading connections of one database file. Nobody waits for one: while more threads read than connections are
/// kept, more are opened, so a reader may read a second database, or the same one again, while it reads.
#[derive(Debug)]
pub struct Readers<E> {
    path: PathBuf,
    open: fn(&Path) -> Result<Connection, E>,
    free: Mutex<Free>,
}

#[derive(Debug, Default)]
struct Free {
    connections: Vec<Connection>,
    /// How often the file was replaced by another.
    life: u64,
}

impl<E> Readers<E> {
    /// Those of the file at a path, each opened so.
    pub fn new(path: PathBuf, open: fn(&Path) -> Result<Connection, E>) -> Self {
        Self { path, open, free: Mutex::default() }
    }

    /// Reads. A connection with which it failed is closed: the next reader gets one that knows nothing of the trouble.
    pub fn with<T, F: From<E>>(&self, work: impl FnOnce(&Connection) -> Result<T, F>) -> Result<T, F> {
        let (kept, life) = {
            let mut free = self.free();
            (free.connections.pop(), free.life)
        };
        let conn = kept.map_or_else(|| (self.open)(&self.path), Ok)?;
        let value = work(&conn)?;
        let mut free = self.free();
        if free.connections.len() < KEPT && free.life == life {
            free.connections.push(conn);
        }
        Ok(value)
    }

    /// Closes all connections, those lent out when they come back: another file stands at the path.
    pub fn replaced(&self) {
        let mut free = self.free();
        free.life += 1;
        let old = std::mem::take(&mut free.connections);
        drop(free);
        drop(old);
    }

    /// How often the file was replaced. An error of a connection says nothing of the file if this changed meanwhile.
    pub fn life(&self) -> u64 {
        self.free().life
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_connection_is_kept_for_the_next_unless_it_failed() {
        let readers = Readers::new(PathBuf::new(), |_| Connection::open_in_memory());
        let named = |conn: &Connection| conn.execute_batch("CREATE TABLE mine (a)");
        readers.with(named).unwrap();
        assert!(readers.with(named).is_err(), "it is the same one");
        readers.with(named).unwrap();
        readers
            .with(|first| {
                assert!(named(first).is_err());
                readers.with(named)
            })
            .unwrap();
        assert_eq!(readers.free().connections.len(), 2);
    }

    #[test]
    fn no_connection_outlives_the_file_that_it_reads() {
        let readers = Readers::new(PathBuf::new(), |_| Connection::open_in_memory());
        let named = |conn: &Connection| conn.execute_batch("CREATE TABLE mine (a)");
        readers.with(named).unwrap();
        readers
            .with(|_| {
                readers.replaced();
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
        assert_eq!(readers.free().connections.len(), 0);
        readers.with(named).unwrap();
    }
}
