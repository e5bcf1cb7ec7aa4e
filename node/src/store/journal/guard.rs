//! The guard: a file beside a journal that says where the journal ended.
//!
//! SQLite takes a WAL with a damaged page, or a missing one, for a shorter one. The guard file holds the last durable
//! end, so that such a journal is refused. It is written after each commit and not flushed: it may be behind the
//! journal, but never ahead of it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};
use truc_proto::id::{Hash, Mark};

/// Position, running hash, and the SHA-256 of both.
const SIZE: usize = 8 + 32 + 32;

/// The open guard file.
#[derive(Debug)]
pub(super) struct Guard(File);

impl Guard {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        Ok(Self(options))
    }

    /// The end noted; none if the file is new or was torn.
    pub(super) fn read(&self) -> io::Result<Option<Mark>> {
        let mut bytes = [0; SIZE];
        match self.0.read_exact_at(&mut bytes, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (said, sum) = bytes.split_at(40);
        if Sha256::digest(said)[..] != *sum {
            return Ok(None);
        }
        let (mut position, mut running) = ([0; 8], [0; 32]);
        position.copy_from_slice(&said[..8]);
        running.copy_from_slice(&said[8..]);
        Ok(Some(Mark { position: u64::from_le_bytes(position), running: Hash(running) }))
    }

    /// Notes where the journal ends.
    pub(super) fn write(&self, end: Mark) -> io::Result<()> {
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&end.position.to_le_bytes());
        bytes[8..40].copy_from_slice(&end.running.0);
        let sum = Sha256::digest(&bytes[..40]);
        bytes[40..].copy_from_slice(&sum);
        self.0.write_all_at(&bytes, 0)
    }
}
