//! Backups: one file with everything of a store that cannot be made anew, consistent although the store is in use, and
//! read back before it counts as made.
//!
//! The file is a tar archive. Its first member, `backup.json`, names the store, the moment, and the SHA-256 of every
//! other member; then come copies of the databases, keys and certificates, files of drafts, and attachments. Views,
//! search and mail are
//! left out: they are derived from the journal. The file holds private keys, so only its owner may read it.

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
use crate::store::uploads::{self, UPLOADS};
use crate::words::failure::{ExitCode, Failure};

pub(crate) use make::PREPARING;
pub use make::{Made, make, make_into, note};
pub use read::{Restored, restore};

/// First member of the archive.
pub const MANIFEST: &str = "backup.json";
/// File beside the store that notes the last backup.
pub const LAST: &str = "last-backup.json";
/// Ending of the names of backups.
pub const ENDING: &str = "backup";
/// Version of the archive's format.
const FORMAT: u32 = 1;
/// Databases of a store that cannot be made anew; each is copied as of one moment.
const DATABASES: [&str; 4] = [JOURNAL, crate::accounts::ACCOUNTS, "codes.db", "files.db"];
/// Folders of keys and certificates.
const FOLDERS: [&str; 2] = [crate::identity::IDENTITY, crate::identity::WEB_TLS];
/// Endings of further files in the store's folder: keys, certificates, the hub's configuration.
const ENDINGS: [&str; 4] = ["key", "keys", "crt", "toml"];

/// Whose store it is. The one program cannot use a backup of the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// An office's store.
    Node,
    /// A hub's store.
    Hub,
    /// The hub's own ledger alone, to rebuild a hub from.
    Registry,
}

/// What a backup says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the archive's format.
    pub format: u32,
    /// Whose store it is.
    pub kind: StoreKind,
    /// Version of the program, for people.
    pub program: String,
    /// The office whose store it is.
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
    /// Path relative to the store's folder.
    pub path: PathBuf,
    /// Size, bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Hash,
}

/// The last backup of a store, as kept beside it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Last {
    /// When it was taken, Unix milliseconds.
    pub taken: u64,
    /// The file; none: it was handed over at the desk, or written to standard output.
    pub to: Option<PathBuf>,
    /// Size, bytes.
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

/// Name of a backup of this office taken now. Names sort by office, then by time.
pub fn name(office: OfficeId) -> String {
    format!("{}-{:013}.{ENDING}", prefix(office), unix_millis())
}

/// Prefix of the names of an office's backups.
pub(crate) fn prefix(office: OfficeId) -> String {
    format!("truc-{}", office.0.simple())
}

/// Whether a member's path is that of a file of a store. Others are refused, so no member leads out of the store's
/// folder.
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
        [folder, id, file] => folder == UPLOADS && uploads::id_of(&format!("{id}/{file}")).is_some(),
        _ => false,
    }
}

fn ending(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

/// Adds up size and SHA-256 of what is written into it.
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

/// The failure for a backup that was changed since it was made.
fn damaged(what: impl std::fmt::Display) -> Failure {
    Failure::new(ExitCode::Input, "backup-damaged").with("file", what.to_string())
}

/// Verifies a whole journal: pages, hashes, running hash.
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
