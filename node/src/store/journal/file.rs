//! The journal as a file: how it is opened, its settings, and the files beside it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
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

/// Suffix of the file, beside the journal's, that says where the journal ended.
const END: &str = "-end";

/// A closed journal: its file, its office, and how far it was durable.
#[derive(Clone, Debug)]
pub struct Shut {
    path: PathBuf,
    vfs: Option<String>,
    own: OfficeId,
    hub: bool,
    known: Mark,
    /// Device and inode of the file that was open; none: it was not open yet, or they could not be read.
    file: Option<(u64, u64)>,
}

impl Shut {
    pub(super) fn new(path: &Path, own: OfficeId, hub: bool, vfs: Option<&str>) -> Self {
        Self { path: path.to_owned(), vfs: vfs.map(str::to_owned), own, hub, known: Mark::START, file: None }
    }

    /// Opens the journal and verifies its tail as it is on disk; fails if something is missing that was durable before.
    /// What was open is opened again only if it is the same file: readers have it open still, and an empty or another one
    /// in its place would hide that it is gone.
    pub fn open(&self) -> Result<Journal> {
        is_there(&self.path, self.file)?;
        if self.known != Mark::START {
            for suffix in ["", "-wal"] {
                forget_cached(&beside(&self.path, suffix));
            }
        }
        let mut flags = OpenFlags::default();
        if self.file.is_some() {
            flags.remove(OpenFlags::SQLITE_OPEN_CREATE);
        }
        let conn = match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, flags, vfs.as_str())?,
            None => Connection::open_with_flags(&self.path, flags)?,
        };
        let source = Source {
            path: self.path.clone(),
            vfs: self.vfs.clone(),
            guard: None,
            file: fs::metadata(&self.path).ok().map(|file| inode(&file)),
            frames: Arc::default(),
        };
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
    /// Device and inode of the file that was opened; none: they could not be read.
    file: Option<(u64, u64)>,
    /// WAL frames after the last commit, as SQLite reports them.
    frames: Arc<AtomicU32>,
}

impl Source {
    pub(super) fn shut(self, own: OfficeId, hub: bool, known: Mark) -> Shut {
        Shut { path: self.path, vfs: self.vfs, own, hub, known, file: self.file }
    }

    /// Makes the settings that the promises need, and reads each back.
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
             PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA cache_size = -8000;"
        ))?;
        let expected = [
            ("synchronous", synchronous),
            ("cell_size_check", 1),
            ("trusted_schema", 0),
            ("secure_delete", 1),
        ];
        for (name, value) in expected {
            let found: i64 = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
            if found != value {
                return Err(JournalError::Setting(name));
            }
        }
        // Replaces SQLite's own hook, which would make a checkpoint within a commit, so that its failure would be the
        // commit's.
        let frames = Arc::clone(&self.frames);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            frames.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(())
    }

    /// Compares the journal with the end noted before, and notes the end from now on.
    pub(super) fn check_end(&mut self, reads: Reads<'_>) -> Result<()> {
        let opened = Guard::open(&beside(&self.path, END)).and_then(|guard| Ok((guard.read()?, guard)));
        match opened {
            Ok((said, guard)) => {
                // A restored backup may end earlier, and knows that it is behind.
                if let Some(known) = said.filter(|_| !reads.resuming().unwrap_or(false)) {
                    reads.reaches(known)?;
                }
                self.guard = Some(guard);
                self.reached(reads.end()?);
            }
            // On a full or read-only disk, the journal itself will fail with a better error.
            Err(error) => tracing::debug!(%error, "where the journal ended is not known"),
        }
        Ok(())
    }

    /// Notes where the journal ends.
    pub(super) fn reached(&mut self, end: Mark) {
        if let Some(error) = self.guard.as_ref().and_then(|guard| guard.write(end).err()) {
            // The note is older than the journal then, which does no harm.
            tracing::debug!(%error, "where the journal ends was not noted");
        }
    }

    /// Fails if the file that was opened is no longer in its folder.
    pub(super) fn is_there(&self) -> Result<()> {
        is_there(&self.path, self.file)
    }

    /// Whether the WAL is long enough for a checkpoint.
    pub(super) fn checkpoint_due(&self) -> bool {
        self.frames.load(Ordering::Relaxed) >= limits::WAL_FRAMES
    }
}

/// Device and inode of a file.
fn inode(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Fails if another file than the one that was opened, or none, is at a path. If the disk does not say, nothing is known
/// to be wrong: the commit itself shows whether the disk works.
fn is_there(path: &Path, opened: Option<(u64, u64)>) -> Result<()> {
    let Some(opened) = opened else { return Ok(()) };
    match fs::metadata(path) {
        Ok(found) if inode(&found) != opened => Err(JournalError::Gone),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(JournalError::Gone),
        _ => Ok(()),
    }
}

/// Path of a file beside a database: the same name with a suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push(suffix);
    file.into()
}

/// Makes the system read a file from disk again: after a failed flush its cache shows what should be there, not what
/// is.
fn forget_cached(path: &Path) {
    if let Ok(file) = File::open(path) {
        // Best effort: pages that somebody is reading stay cached.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

/// Lets SQLite plan each query once. Otherwise it plans queries with `LIMIT ?` anew at each use, which gains nothing
/// here: all read about one batch.
pub fn plan_once(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Opens a reading connection to the journal of this office; fails if a newer program or another office wrote it.
pub fn open_own_reader(path: &Path, own: OfficeId) -> Result<Connection> {
    let conn = open_reader(path)?;
    if known_version(&conn)? == 0 {
        return Err(JournalError::State("no tables"));
    }
    owned(&conn, own)?;
    Ok(conn)
}

/// Opens a reading connection to a journal's file; it sees what is committed.
pub fn open_reader(path: &Path) -> Result<Connection> {
    let conn = crate::store::reading::open(path)?;
    plan_once(&conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    Ok(conn)
}
