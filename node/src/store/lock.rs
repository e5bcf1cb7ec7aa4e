//! The lock of a store: only one process may use it.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::Mode;

use super::journal::JOURNAL;
use crate::words::failure::{ExitCode, Failure};

/// Name of the locked file within a store.
pub const LOCK: &str = "lock";

/// Pause between two tries to take a lock.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to write in a store. The kernel takes it back when the process ends, in whatever way.
#[derive(Debug)]
pub struct Lock {
    dir: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks the store in `dir`, making the folder (for its owner only) if there is none. Fails with `store-locked` if
    /// another process has it, and with the system's error otherwise.
    pub fn take(dir: &Path) -> Result<Self, Failure> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| Failure::io(dir, error))?;
        let path = dir.join(LOCK);
        // Not truncated on opening: the process id in it is the owner's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| Failure::io(&path, error))?;
        let locked = match file.try_lock() {
            // A reader may be asking who has it ([`Lock::held`]): it has done so in a moment.
            Err(TryLockError::WouldBlock) => {
                sleep(PAUSE);
                file.try_lock()
            }
            locked => locked,
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(Failure::io(&path, error)),
        }
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        if let Err(error) = noted {
            // The lock holds on a full disk too: who has it is for people.
            tracing::debug!(%error, "the lock does not say whose it is");
        }
        private(dir);
        Ok(Self { dir: dir.to_owned(), _file: file })
    }

    /// The failure with which [`Lock::take`] would say that another process has the store; none: nobody has it, as far
    /// as can be seen. Nothing is written.
    pub fn held(dir: &Path) -> Option<Failure> {
        let mut file = File::open(dir.join(LOCK)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(taken(dir, &mut file)),
            _ => None,
        }
    }

    /// As [`Lock::take`], but waits up to `patience` for another process that has it, as long as that is `worth` it: a
    /// command may be at work when a service starts.
    pub fn wait(
        dir: &Path,
        patience: Duration,
        mut worth: impl FnMut(&Failure) -> bool,
    ) -> Result<Self, Failure> {
        let begun = Instant::now();
        loop {
            match Self::take(dir) {
                Err(locked)
                    if locked.key == "store-locked" && begun.elapsed() < patience && worth(&locked) =>
                {
                    sleep(PAUSE);
                }
                taken => return taken,
            }
        }
    }

    /// The store's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// That another process has the store, and which, as the file says.
fn taken(dir: &Path, file: &mut File) -> Failure {
    let mut owner = String::new();
    // Only for people: the lock itself is the kernel's.
    let read = file.take(20).read_to_string(&mut owner);
    let owner = if read.is_ok() && !owner.is_empty() { owner } else { "?".to_owned() };
    Failure::new(ExitCode::Store, "store-locked").with("pid", owner.trim()).about(dir.display())
}

/// Keeps the files of a store to their owner: those that this process makes from now on, and those in the folder. A
/// folder that others may enter stays as it is, since somebody may want it so, and is warned of. So do the files of a
/// folder that is no store, which somebody may have named by mistake.
fn private(dir: &Path) {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    if !dir.join(JOURNAL).exists() {
        return;
    }
    let open = |about: &Metadata| about.permissions().mode() & 0o077 != 0;
    if dir.metadata().is_ok_and(|about| open(&about)) {
        tracing::warn!(dir = %dir.display(), "others may enter the store's folder: take their rights (chmod 700)");
    }
    for found in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if found.metadata().is_ok_and(|about| about.is_file() && open(&about)) {
            let closed = std::fs::set_permissions(found.path(), Permissions::from_mode(0o600));
            let file = found.path();
            match closed {
                Ok(()) => {
                    tracing::warn!(file = %file.display(), "others could read it; now its owner alone can")
                }
                Err(error) => tracing::warn!(file = %file.display(), %error, "others may read it"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_one_has_it_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a/b");
        let lock = Lock::take(&dir).unwrap();
        assert_eq!(lock.dir(), dir);
        let refused = Lock::take(&dir).unwrap_err();
        assert_eq!(refused.exit, ExitCode::Store);
        assert_eq!(refused.args[0].1, std::process::id().to_string().into());
        drop(lock);
        Lock::take(&dir).unwrap();
    }

    #[test]
    fn files_of_a_store_are_made_private_and_those_of_another_folder_are_not() {
        for (store, mode) in [(true, 0o600), (false, 0o644)] {
            let folder = tempfile::tempdir().unwrap();
            let (journal, other) = (folder.path().join(JOURNAL), folder.path().join("passwd"));
            let files = [Some(other.clone()), store.then_some(journal)];
            for file in files.iter().flatten() {
                std::fs::write(file, "x").unwrap();
                std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
            }
            let _lock = Lock::take(folder.path()).unwrap();
            assert_eq!(other.metadata().unwrap().permissions().mode() & 0o777, mode, "{store}");
        }
    }

    #[test]
    fn who_asks_who_has_it_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Lock::held(folder.path()).is_none());
        assert!(!folder.path().join(LOCK).exists());
        let lock = Lock::take(folder.path()).unwrap();
        let held = Lock::held(folder.path()).unwrap();
        assert_eq!((&*held.key, held.exit), ("store-locked", ExitCode::Store));
        assert_eq!(held.args[0].1, std::process::id().to_string().into());
        drop(lock);
        assert!(Lock::held(folder.path()).is_none());
    }

    #[test]
    fn a_service_waits_for_a_command_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        let patience = Duration::from_secs(60);
        let dir = folder.path().to_owned();
        let waiting = std::thread::spawn(move || {
            Lock::wait(&dir, patience, |locked| told.send(locked.key.to_string()).is_ok()).map(|_| ())
        });
        assert_eq!(heard.recv().unwrap(), "store-locked");
        drop(lock);
        waiting.join().unwrap().unwrap();
        let _lock = Lock::take(folder.path()).unwrap();
        for (patience, worth) in [(Duration::from_millis(1), true), (patience, false)] {
            let refused = Lock::wait(folder.path(), patience, |_| worth).unwrap_err();
            assert_eq!(refused.key, "store-locked", "patience has an end, and its reason");
        }
    }

    #[test]
    fn a_leftover_file_locks_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "4294967295 and more than fits").unwrap();
        Lock::take(folder.path()).unwrap();
        let left = std::fs::read_to_string(folder.path().join(LOCK)).unwrap();
        assert_eq!(left, std::process::id().to_string());
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert!(Lock::take(&path).is_err());
    }

    #[test]
    fn the_files_of_a_store_are_their_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("journal.db");
        std::fs::write(&old, "").unwrap();
        std::fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        let _lock = Lock::take(folder.path()).unwrap();
        let new = folder.path().join("views.db");
        rusqlite::Connection::open(&new).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
        for file in [old, new] {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }
}
