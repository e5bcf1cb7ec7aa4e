//! A file that is being received.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use truc_proto::fault::planted;
use truc_proto::id::Hash;
use truc_proto::limits;

use super::{AttachmentError, Attachments};

/// A transfer of one file into the store. The bytes appended stay when it is dropped, also over a restart.
///
/// Of several transfers into one place only the newest may write. Bytes spoilt by a power cut cost the transfer but
/// never make a wrong file: the whole is hashed from disk before it gets its name.
#[derive(Debug)]
pub struct Receiving {
    store: Attachments,
    hash: Hash,
    size: u64,
    path: PathBuf,
    /// None once the file is whole.
    file: Option<File>,
    have: u64,
    claim: Arc<Mutex<u64>>,
    turn: u64,
}

impl Receiving {
    /// Goes on in the file at `path`. With `anew` all bytes are taken although the whole file is here.
    pub(super) fn resume(
        store: Attachments,
        path: PathBuf,
        hash: Hash,
        size: u64,
        anew: bool,
    ) -> Result<Self, AttachmentError> {
        if size > limits::ATTACHMENT_SIZE {
            return Err(AttachmentError::TooLarge(path, size));
        }
        store.room()?;
        let claim = Arc::clone(locked(&store.claims).entry(path.clone()).or_default());
        let mut turn = locked(&claim);
        *turn += 1;
        let mine = *turn;
        let whole = store.have(hash)?;
        let (file, have) = if whole.complete && !anew {
            (None, whole.bytes)
        } else {
            let io = || AttachmentError::io(&path);
            let file = OpenOptions::new()
                .append(true)
                .read(true)
                .create(true)
                .mode(0o600)
                .open(&path)
                .map_err(io())?;
            let mut have = file.metadata().map_err(io())?.len();
            if have > size {
                file.set_len(0).map_err(io())?;
                have = 0;
            }
            (Some(file), have)
        };
        drop(turn);
        // A whole file may have another size than its sender says; its hash is what counts.
        let size = if file.is_none() { have } else { size };
        Ok(Self { store, hash, size, path, file, have, claim, turn: mine })
    }

    /// Bytes that are here; the next chunk begins there.
    pub fn have(&self) -> u64 {
        self.have
    }

    /// Whether all bytes are here, so that [`Self::finish`] may be called.
    pub fn is_full(&self) -> bool {
        self.have == self.size
    }

    /// Adds a chunk that begins at `offset`. After an I/O error drop the transfer and resume: the disk decides how far
    /// the file is.
    pub fn append(&mut self, offset: u64, data: &[u8]) -> Result<(), AttachmentError> {
        let claim = Arc::clone(&self.claim);
        let _turn = self.turn(&claim)?;
        let end = offset.checked_add(data.len() as u64);
        let (Some(file), Some(end)) = (&mut self.file, end.filter(|end| *end <= self.size)) else {
            return Err(AttachmentError::Offset { hash: self.hash, offset, have: self.have });
        };
        if offset != self.have {
            return Err(AttachmentError::Offset { hash: self.hash, offset, have: self.have });
        }
        self.store.room()?;
        file.write_all(data).map_err(AttachmentError::io(&self.path))?;
        self.have = end;
        self.store.step("attachments.append.after", &self.path)
    }

    /// Flushes, hashes the file from disk, and gives it its name. A wrong hash discards all bytes. A file that is whole
    /// already is no error. What was received bears no time: nobody here is about to write of it, so that it is not
    /// spared when the papers that name it are destroyed.
    pub fn finish(mut self) -> Result<(), AttachmentError> {
        let claim = Arc::clone(&self.claim);
        let _turn = self.turn(&claim)?;
        let Some(file) = self.file.take() else { return Ok(()) };
        if self.have != self.size {
            return Err(AttachmentError::Offset { hash: self.hash, offset: self.size, have: self.have });
        }
        file.set_modified(UNIX_EPOCH).map_err(AttachmentError::io(&self.path))?;
        // After a failed flush nobody knows what is on disk, and a second flush would succeed all the same.
        if let Err(error) = file.sync_all() {
            let _ = fs::remove_file(&self.path);
            return Err(AttachmentError::io(&self.path)(error));
        }
        drop(file);
        self.store.step("attachments.flush.after", &self.path)?;
        if self.hash_of_partial()? != self.hash && !planted("attachment.unhashed") {
            fs::remove_file(&self.path).map_err(AttachmentError::io(&self.path))?;
            return Err(AttachmentError::Wrong(self.hash));
        }
        self.store.step("attachments.verify.after", &self.path)?;
        self.store.show(&self.path, self.hash)
    }

    fn hash_of_partial(&self) -> Result<Hash, AttachmentError> {
        let hash = File::open(&self.path).and_then(|mut file| super::hash_of(&mut file));
        hash.map_err(AttachmentError::io(&self.path))
    }

    /// Takes the right to write, unless a later transfer has taken over.
    fn turn<'a>(&self, claim: &'a Mutex<u64>) -> Result<MutexGuard<'a, u64>, AttachmentError> {
        let turn = locked(claim);
        if *turn == self.turn { Ok(turn) } else { Err(AttachmentError::Superseded(self.hash)) }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let mut claims = locked(&self.store.claims);
        // Only the map and this transfer hold the claim, so nobody waits for it.
        if claims.get(&self.path).is_some_and(|claim| Arc::ptr_eq(claim, &self.claim))
            && Arc::strong_count(&self.claim) == 2
        {
            claims.remove(&self.path);
        }
    }
}

/// Locks even after a panic elsewhere: what these locks guard is consistent at every moment.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
