//! The sealing keys of an office: a file of the store that only its owner may read. It survives an enrolment that
//! replaces the other keys, and goes into backups.

use std::io;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use ed25519_dalek::pkcs8::spki::der::pem;
use truc_proto::seal::{Ring, SealingKey};
use truc_proto::time::Hlc;
use zeroize::Zeroizing;

use super::keys::{self, KeyError};
use crate::clock::unix_millis;

/// The file of the keys, in the store's folder.
pub const FILE: &str = "sealing.keys";

const LABEL: &str = "TRUC SEALING KEYS";

/// The sealing keys as a running office holds them: more may come while it runs. A hub has none.
pub type SharedRing = Arc<ArcSwapOption<Ring>>;

/// The sealing keys of the store at `folder`.
pub fn shared(folder: &Path) -> Result<SharedRing, KeyError> {
    Ok(Arc::new(ArcSwapOption::from_pointee(load(folder)?)))
}

/// Makes the first sealing key of the store at `folder`, if it has none.
pub fn first(folder: &Path, ring: &SharedRing) -> Result<(), KeyError> {
    if ring.load().is_none() {
        let made = Ring::of(new_key()?);
        save(folder, &made)?;
        ring.store(Some(Arc::new(made)));
    }
    Ok(())
}

/// A key that is made now.
pub fn new_key() -> Result<SealingKey, KeyError> {
    Ok(SealingKey::new(Hlc::at(unix_millis()), Zeroizing::new(keys::random()?)))
}

/// Reads the sealing keys of the store at `folder`; none: it has no file of them.
pub fn load(folder: &Path) -> Result<Option<Ring>, KeyError> {
    match read(&folder.join(FILE)) {
        Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Reads a file of sealing keys.
pub fn read(path: &Path) -> Result<Ring, KeyError> {
    let text = keys::read_private(path)?;
    let ring = match pem::decode_vec(&text) {
        Ok((LABEL, bytes)) => Ring::decode(Zeroizing::new(bytes)).ok(),
        _ => None,
    };
    ring.ok_or_else(|| KeyError::Format { path: path.to_owned(), what: "file of sealing keys" })
}

/// Writes the sealing keys into the store at `folder`, whole or not at all.
pub fn save(folder: &Path, ring: &Ring) -> Result<(), KeyError> {
    let pem = Zeroizing::new(keys::pem_block(LABEL, &ring.encode()));
    keys::write_private(&folder.join(FILE), pem.as_bytes())
}
