//! Archives for third parties: BagIt folders (RFC 8493), which common tools can read and check in twenty years.
//! `deploy/ARCHIVE.md` specifies their format.

mod bag;
mod facts;
mod read;
mod tables;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use truc_proto::id::{Hash, OfficeId};

use crate::words::failure::{ExitCode, Failure};

pub use facts::{Facts, Selection, Signed};
pub use read::verify;
pub use write::{Made, Source, write};

/// Version of the archive's format.
pub const FORMAT: u32 = 2;

/// Files of the payload, below `data/`.
mod name {
    pub(super) const FACTS: &str = "data/archive.json";
    pub(super) const INDEX: &str = "data/index.csv";
    pub(super) const RECEIPTS: &str = "data/receipts.csv";
    pub(super) const KEYS: &str = "data/keys.csv";
    pub(super) const OFFICES: &str = "data/offices.csv";
    pub(super) const FILES: &str = "data/attachments.csv";
    pub(super) const ENTRIES: &str = "data/entries";
    pub(super) const ATTACHMENTS: &str = "data/attachments";
    pub(super) const CERTIFICATES: &str = "data/certificates";
    pub(super) const DEFINITIONS: &str = "data/format/truc/v1";
    /// Files beside the payload, which explain it and vouch for it.
    pub(super) const README: &str = "README.txt";
    pub(super) const SEAL: &str = "seal.txt";
}

/// Why an archive could not be written or read. Faults *within* a readable one are in the verdict.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The folder holds no archive of Trục.
    #[error("{}: not an archive of Trục: {why}", path.display())]
    Not {
        /// Which file or folder.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// A newer program made it.
    #[error("{}: made by a newer program (format {format})", path.display())]
    Newer {
        /// File with the format's version.
        path: PathBuf,
        /// The archive's format.
        format: u32,
    },
    /// The folder to write an archive into is not empty.
    #[error("{}: there is something already", .0.display())]
    Exists(PathBuf),
}

impl ArchiveError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    fn not(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::Not { path: path.to_owned(), why: why.to_string() }
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let cause = error.to_string();
        match error {
            ArchiveError::Io { path, source } => return Self::io(&path, source),
            ArchiveError::Not { path, .. } => {
                Self::new(ExitCode::Input, "archive-not-one").about(path.display())
            }
            ArchiveError::Newer { path, format } => {
                Self::new(ExitCode::Input, "archive-newer").with("version", format).about(path.display())
            }
            ArchiveError::Exists(path) => Self::new(ExitCode::Input, "archive-exists").about(path.display()),
        }
        .because(cause)
    }
}

/// The bytes that a seal signs: the office that made the archive, and the hash of its manifest.
fn sealed_bytes(office: OfficeId, manifest: Hash) -> Vec<u8> {
    let mut bytes = b"truc/archive/1\0".to_vec();
    bytes.extend_from_slice(office.0.as_bytes());
    bytes.extend_from_slice(&manifest.0);
    bytes
}

/// The seal as a file: one value a line, hexadecimal except for the office.
fn seal(office: OfficeId, manifest: Hash, key: &SigningKey) -> String {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let signed = sealed_bytes(office, manifest);
    format!(
        "office: {office}\nkey: {}\nmanifest: {manifest}\nsigned: {}\nsignature: {}\n",
        hex(key.verifying_key().as_bytes()),
        hex(&signed),
        hex(&key.sign(&signed).to_bytes()),
    )
}

/// Reads a seal: the office and key that sealed this manifest, if the signature is good.
fn sealed_by(text: &str, manifest: Hash) -> Option<(OfficeId, VerifyingKey)> {
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim);
    let hex = |name: &str| data_encoding::HEXLOWER_PERMISSIVE.decode(field(name)?.as_bytes()).ok();
    let office: OfficeId = field("office")?.parse().ok()?;
    let key = VerifyingKey::from_bytes(&hex("key")?.try_into().ok()?).ok()?;
    let signature = Signature::from_slice(&hex("signature")?).ok()?;
    key.verify_strict(&sealed_bytes(office, manifest), &signature).ok()?;
    Some((office, key))
}
