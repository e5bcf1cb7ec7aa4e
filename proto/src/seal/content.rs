//! The content key of an entry, and the keys that follow from it.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hybrid::{self, Secret};
use super::pieces::PieceKey;
use crate::id::Hash;

const COMMIT: &[u8] = b"truc/commit/1\0";
const PIECES: &[u8] = b"truc/pieces/1\0";
const FILE: &[u8] = b"truc/file/1\0";

/// The key of one sealed entry. It stands nowhere but in the wraps of its entry. One key seals one body: a second one
/// under the same key would tell both.
#[derive(Clone)]
pub struct ContentKey(Secret);

impl ContentKey {
    /// A key of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// What the header says of the key, so that all wraps must hold the same one: SHA-256("truc/commit/1\0" || key).
    /// The cipher alone would let an author make one text that two keys open to two texts.
    pub fn commit(&self) -> Hash {
        Hash(Sha256::new().chain_update(COMMIT).chain_update(*self.0).finalize().into())
    }

    /// The key of the entry's file with this index, counted from 0 in the order of the header.
    pub fn for_file(&self, index: u32) -> PieceKey {
        PieceKey::new(hybrid::derive(&self.0, &[FILE, &index.to_be_bytes()]))
    }

    /// The key of the entry's body.
    pub(super) fn for_body(&self) -> PieceKey {
        PieceKey::new(hybrid::derive(&self.0, &[PIECES]))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key stays out of logs.
impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentKey(commit {:?})", self.commit())
    }
}
