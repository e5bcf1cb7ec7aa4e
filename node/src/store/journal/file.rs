//! The journal as a file: how it is opened, with which settings, and what stands beside it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use truc_proto::fault::planted;
use truc_proto::id::{Mark, OfficeId};
use truc_proto::limits;

use super::guard::Guard;
use super::{Journal, JournalError, Reads, Result, known_version, owned};

/// What the name of a journal's file becomes for the file that says where it ended.
const END: &str = "-end";

/// A journal that is not open: which file, whose, and how far it was durable.
#[derive(Clone, Debug)]
pub struct Shut {
    path: PathBuf,
    vfs: Option<String>,
    own: OfficeId,
    hub: bool,
    known: Mark,
}

impl Shut {
    pub(super) fn new(path: &Path, own: OfficeId, hub: bool, vfs: Option<&str>) -> Self {
        Self { path: path.to_owned(), vfs: vfs.map(str::to_owned), own, hub, known: Mark::START }
    }

    /// Opens it, and verifies its tail as it is on disk; fails if what was durable before is not there.
    pub fn open(&self) -> Result<Journal> {
        if self.known != Mark::START {
            for suffix in ["", "-wal"] {
                forget_cached(&beside(&self.path, suffix));
            }
        }
        let conn = match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, OpenFlags::default(), vfs.as_str())?,
            None => Connection::open(&self.path)?,
        };
        let source =
            Source { path: self.path.clone(), vfs: self.vfs.clone(), guard: None, frames: Arc::default() };
        let journal = Journal::with(conn, self.own, self.hub, Some(source))?;
        journal.reads().reaches(self.known)?;
        Ok(journal)
    }
}

/// The file of an open journal.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    vfs: Option<String>,
    guard: Option<Guard>,
    /// Frames in the log after the last commit, told by SQLite.
    frames: Arc<AtomicU32>,
}

impl Source {
    pub(super) fn shut(self, own: OfficeId, hub: bool, known: Mark) -> Shut {
        Shut { path: self.path, vfs: self.vfs, own, hub, known }
    }

    /// Makes the settings that the promises rest on, and reads each back.
    pub(super) fn settings(&mut self, conn: &mut Connection) -> Result<()> {
        conn.busy_timeout(Duration::from_secs(5))?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(JournalError::Setting("journal_mode = WAL"));
        }
        let synchronous = if planted("journal.normal") { 1 } else { 2 };
        conn.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; \
             PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000;"
        ))?;
        let expected = [("synchronous", synchronous), ("cell_size_check", 1), ("trusted_schema", 0)];
        for (name, value) in expected {
            let found: i64 = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
            if found != value {
                return Err(JournalError::Setting(name));
            }
        }
        // In the place of SQLite's own, which folds the log within a commit: its failure would be the commit's.
        let frames = Arc::clone(&self.frames);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            frames.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(())
    }

    /// Holds the journal against where it ended before, and goes on from where it ends.
    pub(super) fn check_end(&mut self, reads: Reads<'_>) -> Result<()> {
        let opened = Guard::open(&beside(&self.path, END)).and_then(|guard| Ok((guard.read()?, guard)));
        match opened {
            Ok((said, guard)) => {
                // A store that knows itself behind is what a restored backup is.
                if let Some(known) = said.filter(|_| !reads.resuming().unwrap_or(false)) {
                    reads.reaches(known)?;
                }
                self.guard = Some(guard);
                self.reached(reads.end()?);
            }
            // A full or read-only disk: the journal itself says so better.
            Err(error) => tracing::debug!(%error, "where the journal ended is not known"),
        }
        Ok(())
    }

    /// Notes where the journal ends now.
    pub(super) fn reached(&mut self, end: Mark) {
        if let Some(error) = self.guard.as_ref().and_then(|guard| guard.write(end).err()) {
            // It is behind now, and that is no harm.
            tracing::debug!(%error, "where the journal ends was not noted");
        }
    }

    /// Whether the log has grown long.
    pub(super) fn checkpoint_due(&self) -> bool {
        self.frames.load(Ordering::Relaxed) >= limits::WAL_FRAMES
    }
}

/// The file beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push(suffix);
    file.into()
}

/// After a failed flush the system shows what should be on disk, not what is: let it read anew.
fn forget_cached(path: &Path) {
    if let Ok(file) = File::open(path) {
        // A help only. What it cannot let go of is what somebody else is just reading.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

/// What is bound to a query decides nothing about its plan. SQLite would plan every query with `LIMIT ?` anew at each
/// use, to no gain: how much is read here is always about a batch.
pub fn plan_once(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Opens a reading connection to the journal of this office; fails, as opening it to write does, if a newer
/// program or another office wrote it.
pub fn open_own_reader(path: &Path, own: OfficeId) -> Result<Connection> {
    let conn = open_reader(path)?;
    known_version(&conn)?;
    owned(&conn, own)?;
    Ok(conn)
}

/// Opens a reading connection to a journal's file; it sees what is committed.
pub fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    plan_once(&conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    Ok(conn)
}
