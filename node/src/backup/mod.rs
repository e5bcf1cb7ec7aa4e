//! Backups: one file that holds all of a store that cannot be made anew, consistent though the store is in use, and
//! found good before it counts as made.
//!
//! The file is a tar archive. Its first member, `backup.json`, says whose store it is, as of when, and the SHA-256 of every
//! other member; then come copies of the databases, keys and certificates, and attachments. Views, search and mail are left
//! out: they are made from the journal. The file holds private keys, so it is for its owner's eyes only.

mod make;
mod read;

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use truc_proto::id::{Hash, Mark, OfficeId};

use crate::clock::unix_millis;
use crate::store::attachments;
use crate::store::journal::{self, JOURNAL, Reads};
use crate::words::failure::{ExitCode, Failure};

pub(crate) use make::PREPARING;
pub use make::{Made, make, make_into, note};
pub use read::{Restored, restore};

/// First member of the archive.
pub const MANIFEST: &str = "backup.json";
/// Beside the store: when it was last backed up, and where to.
pub const LAST: &str = "last-backup.json";
/// Ending of the names of backups.
pub const ENDING: &str = "backup";
/// Version of the form described here.
const FORMAT: u32 = 1;
/// Databases of a store that cannot be made anew; each is copied as of one moment.
const DATABASES: [&str; 3] = [JOURNAL, crate::accounts::ACCOUNTS, "codes.db"];
/// Folders of keys and certificates.
const FOLDERS: [&str; 2] = [crate::identity::IDENTITY, crate::identity::WEB_TLS];
/// What lies beside them: keys, certificates, the hub's configuration.
const ENDINGS: [&str; 3] = ["key", "crt", "toml"];

/// Which program's store it is. A backup of the one is nothing for the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An office's.
    Node,
    /// A hub's.
    Hub,
    /// A hub's own word alone, to rebuild it from.
    Registry,
}

/// What a backup says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose program.
    pub kind: Kind,
    /// Its version, for people.
    pub program: String,
    /// Whose store.
    pub office: OfficeId,
    /// When it was taken, Unix milliseconds by that machine's clock.
    pub taken: u64,
    /// Entries in the journal.
    pub position: u64,
    /// The journal's running hash there.
    pub running: Hash,
    /// The other members, in their order in the archive.
    pub files: Vec<Member>,
}

/// A member of the archive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Relative to the store's folder.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Hash,
}

/// The last backup of a store, as kept beside it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Last {
    /// Unix milliseconds.
    pub taken: u64,
    /// The file; none: it was handed over at the desk or written to standard output.
    pub to: Option<PathBuf>,
    /// Bytes.
    pub bytes: u64,
    /// Entries in the journal then.
    pub position: u64,
}

impl Last {
    /// The last backup of the store in `dir`, if there was one and its note can be read.
    pub fn of(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(dir.join(LAST)).ok()?).ok()
    }
}

/// What a backup of this office that is taken now is called. Names sort by office, then by time.
pub fn name(office: OfficeId) -> String {
    format!("{}-{:013}.{ENDING}", prefix(office), unix_millis())
}

/// How the names of an office's backups begin.
pub(crate) fn prefix(office: OfficeId) -> String {
    format!("truc-{}", office.0.simple())
}

/// Whether a member may lie there in a store: nothing that a backup says leads out of the folder, or to a file that is
/// not of a store.
fn belongs(path: &Path) -> bool {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_str().unwrap_or_default()),
            _ => return false,
        }
    }
    let plain = |name: &str| !name.is_empty() && !name.starts_with('.') && name.is_ascii();
    match names[..] {
        [file] => DATABASES.contains(&file) || (plain(file) && ending(file)),
        [folder, file] if folder == attachments::FOLDER => Hash::from_hex(file).is_some(),
        [folder, file] => FOLDERS.contains(&folder) && plain(file),
        _ => false,
    }
}

fn ending(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

/// Sums up what is written into it.
#[derive(Default)]
struct Sum {
    hasher: Sha256,
    size: u64,
}

impl Sum {
    fn finish(self) -> (u64, Hash) {
        (self.size, Hash(self.hasher.finalize().into()))
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Not a backup, or one that was changed since it was made.
fn damaged(what: impl std::fmt::Display) -> Failure {
    Failure::new(ExitCode::Input, "backup-damaged").with("file", what.to_string())
}

/// Reads a journal from its first entry to its last: pages, hashes, running hash.
fn checked(journal: &Path, office: OfficeId) -> Result<Mark, Failure> {
    let conn = journal::open_own_reader(journal, office)?;
    let sound: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(Failure::new(ExitCode::Store, "store-damaged").because(sound));
    }
    let reads = Reads::new(&conn, office);
    let end = reads.end()?;
    let mut mark = Mark::START;
    while mark.position < end.position {
        mark = journal::verify(reads, mark, None)?;
    }
    journal::tail(reads)?;
    Ok(mark)
}

#[cfg(test)]
mod tests;
