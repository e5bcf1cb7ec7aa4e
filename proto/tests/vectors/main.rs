//! The test vectors in `proto/vectors`: computed here from fixed keys, compared with the files.
//!
//! `TRUC_VECTORS=rewrite cargo test -p truc-proto --test vectors` writes them anew. A changed vector means
//! a changed protocol: old and new programs would no longer understand each other.
#![allow(clippy::unwrap_used, missing_docs)]

mod chain;
mod entries;
mod facts;
mod refused;
mod rules;
mod seal;
mod sessions;

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use truc_proto::id::OfficeId;

/// A commune's office, whose ledger the vectors show.
const OFFICE: &str = "0198c0de-0000-7000-8000-000000000002";
/// The province's office above it.
const PROVINCE: &str = "0198c0de-0000-7000-8000-000000000001";

fn office(id: &str) -> OfficeId {
    id.parse().unwrap()
}

/// The office's ledger key: seed of 32 bytes 0x01.
fn ledger_key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// The hub's ledger key: seed of 32 bytes 0x02.
fn hub_key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file)
}

fn rewriting() -> bool {
    std::env::var("TRUC_VECTORS").is_ok_and(|value| value == "rewrite")
}

fn committed<T: DeserializeOwned>(file: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap()
}

/// Compares what was computed with the committed file, or writes the file.
fn compare(file: &str, computed: &impl Serialize) {
    let text = serde_json::to_string_pretty(computed).unwrap() + "\n";
    if rewriting() {
        std::fs::create_dir_all(path("")).unwrap();
        std::fs::write(path(file), text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path(file)).unwrap();
    assert_eq!(found, text, "{file} differs from what this program makes");
}
