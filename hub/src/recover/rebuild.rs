//! Rebuilds a hub from two things in a safe, the authority's key and an export of the registry; nodes give back the
//! rest.
//!
//! The export is a backup of a store with the hub's own ledger only: offices, credentials, revocations, its letters. It
//! also holds the ledger's signing key, because nodes accept receipts of that key alone. The key is sealed with the
//! authority's key (HKDF-SHA256, AES-256-GCM); without that one, the export reveals no secret.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use serde_json::{Value, json};
use truc_node::backup::{self, Manifest, StoreKind};
use truc_node::command::page::{Page, text, when};
use truc_node::fault;
use truc_node::identity::keys::{self, AUTHORITY_CERTIFICATE, LEDGER_KEY};
use truc_node::store::journal::{self, Giver, JOURNAL, Journal, Offered, Reads};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::limits;
use zeroize::Zeroizing;

use crate::authority::{AUTHORITY_KEY, Authority};
use crate::config::{CONFIG, Config};
use crate::recover::refill::Refill;
use truc_node::identity::IDENTITY;

/// Name of the file with the sealed ledger key, in an export.
const SEALED: &str = "sealed.key";
/// Purpose of the key, bound into the derivation and the seal.
const PURPOSE: &[u8] = b"truc hub ledger key 1";
const SALT: usize = 32;

/// Exports the registry of the hub in `dir` into the new file `to`. The hub may be running.
pub fn export(dir: &Path, to: &Path) -> Result<Value, Failure> {
    let config = Config::load(dir)?;
    let work = Work::new(dir)?;
    let mut own = Journal::open(&work.0.join(JOURNAL), config.office, true)?;
    let conn = journal::open_own_reader(&dir.join(JOURNAL), config.office)?;
    let reads = Reads::new(&conn, config.office);
    let giver = Giver { author: true, put_back: true };
    let mut after = 0;
    loop {
        let positions = reads.own_positions(config.office, after, limits::READ_ENTRIES)?;
        let Some(last) = positions.last() else { break };
        after = *last;
        own.group(|own| {
            for position in positions {
                if let Some(stored) = reads.at_position(position)? {
                    own.offered(&stored.entry, giver, &mut Offered::default())?;
                }
            }
            Ok(())
        })?;
    }
    let entries = own.end().position;
    drop(own);
    for name in [CONFIG, AUTHORITY_CERTIFICATE] {
        let from = dir.join(name);
        fs::copy(&from, work.0.join(name)).map_err(|error| Failure::io(&from, error))?;
    }
    let ledger = keys::read_private(&dir.join(IDENTITY).join(LEDGER_KEY))?;
    let authority = keys::read_private(&dir.join(AUTHORITY_KEY))?;
    keys::write_private(&work.0.join(SEALED), &seal(&authority, &ledger)?)?;
    let made = backup::make(&work.0, StoreKind::Registry, config.office, to, false, &mut |_, _| {})?;
    Ok(json!({ "file": to, "bytes": made.bytes, "journal": entries, "taken": made.manifest.taken }))
}

/// Makes a hub in the empty folder `dir` from the authority's key and an export. Nodes give back the rest.
pub fn rebuild(dir: &Path, authority: &Path, export: &Path) -> Result<Value, Failure> {
    let file = File::open(export).map_err(|error| Failure::io(export, error))?;
    let key = keys::read_private(authority)?;
    let restored = backup::restore(dir, StoreKind::Registry, BufReader::new(file), |stage, manifest| {
        let sealed = stage.join(SEALED);
        let ledger =
            keys::read_private(&sealed).map_err(Failure::from).and_then(|sealed| open(&key, &sealed))?;
        fault::point("rebuild.keys.before");
        keys::write_private(&stage.join(AUTHORITY_KEY), &key)?;
        Authority::load(stage)?;
        let identity = stage.join(IDENTITY);
        keys::make_folder(&identity)?;
        keys::write_private(&identity.join(LEDGER_KEY), &ledger)?;
        fs::remove_file(&sealed).map_err(|error| Failure::io(&sealed, error))?;
        fault::point("rebuild.keys.after");
        behind(stage, manifest)
    })?;
    let manifest = restored.manifest;
    Ok(
        json!({ "office": manifest.office, "taken": manifest.taken, "journal": manifest.position, "dir": dir }),
    )
}

/// Notes in a store that was restored that its nodes know more than it does.
pub fn behind(stage: &Path, manifest: &Manifest) -> Result<(), Failure> {
    Refill::begin(stage, manifest.kind, manifest.taken)
}

/// Prints an export's outcome for people.
pub fn render_exported(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-file", text(&value["file"]));
    page.field("cli-size", text(&value["bytes"]));
    page.field("cli-journal", text(&value["journal"]));
    let line = page.word("registry-exported");
    page.line(&line);
}

/// Prints a rebuild's outcome for people.
pub fn render_rebuilt(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-id", text(&value["office"]));
    page.field("cli-backup-taken", when(&value["taken"]));
    page.field("cli-journal", text(&value["journal"]));
    let line = page.word("rebuild-done");
    page.line(&line);
}

/// A working folder inside the store's, deleted when dropped.
struct Work(std::path::PathBuf);

impl Work {
    fn new(dir: &Path) -> Result<Self, Failure> {
        let folder = dir.join("export.new");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| Failure::io(&folder, error))?;
        }
        keys::make_folder(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // A failure does not matter: the next export deletes the folder too.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unusable(_: ring::error::Unspecified) -> Failure {
    Failure::new(ExitCode::Store, "keys-unusable")
}

fn sealing_key(authority: &[u8], salt: &[u8]) -> Result<LessSafeKey, Failure> {
    let secret = Salt::new(HKDF_SHA256, salt).extract(authority);
    let key = secret.expand(&[PURPOSE], &AES_256_GCM).map_err(unusable)?;
    Ok(LessSafeKey::new(UnboundKey::from(key)))
}

/// Seals `secret`: salt, then ciphertext. Each sealing key is used once (new salt), so the nonce may be constant.
fn seal(authority: &[u8], secret: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut sealed: Vec<u8> = keys::random::<SALT>()?.into();
    let mut inside = secret.to_vec();
    let key = sealing_key(authority, &sealed)?;
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    key.seal_in_place_append_tag(nonce, Aad::from(PURPOSE), &mut inside).map_err(unusable)?;
    sealed.append(&mut inside);
    Ok(sealed)
}

fn open(authority: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let other = || Failure::new(ExitCode::Input, "rebuild-other-authority");
    let (salt, inside) = sealed.split_at_checked(SALT).ok_or_else(other)?;
    let mut inside = Zeroizing::new(inside.to_vec());
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let opened = sealing_key(authority, salt)?.open_in_place(nonce, Aad::from(PURPOSE), &mut inside);
    let length = opened.map_err(|_| other())?.len();
    inside.truncate(length);
    Ok(inside)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_authoritys_key_opens_what_it_sealed() {
        let sealed = seal(b"authority", b"ledger key").unwrap();
        assert_eq!(&**open(b"authority", &sealed).unwrap(), b"ledger key");
        assert_eq!(open(b"another", &sealed).unwrap_err().key, "rebuild-other-authority");
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(open(b"authority", &bad).is_err(), "byte {at}");
        }
        assert!(open(b"authority", &sealed[..10]).is_err());
        assert_ne!(sealed, seal(b"authority", b"ledger key").unwrap(), "each with a salt of its own");
    }
}
