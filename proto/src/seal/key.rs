//! The sealing keys of an office: what is sealed to it opens with one of them.

use std::fmt;

use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hybrid::{PrivateKey, PublicKey};
use crate::time::Hlc;
use crate::{crowd, limits, wire};

const NUMBER: &[u8] = b"truc/sealing-key/1\0";

/// The public half of a sealing key, as the office's own ledger says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SealingPublic {
    /// Number of the key: of the office's keys no other has it.
    pub number: u32,
    /// The key.
    pub key: PublicKey,
}

impl SealingPublic {
    /// A key with its number: the first 4 bytes of SHA-256("truc/sealing-key/1\0" || key), big endian, never 0. A machine
    /// that has lost the others gives its new key a number without knowing theirs.
    pub fn of(key: PublicKey) -> Self {
        let digest = Sha256::new().chain_update(NUMBER).chain_update(key.bytes()).finalize();
        Self { number: u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]).max(1), key }
    }
}

/// A sealing key.
#[derive(Clone)]
pub struct SealingKey {
    since: Hlc,
    secret: PrivateKey,
    public: SealingPublic,
}

impl SealingKey {
    /// A new key. `since`: when it is made, by the office's clock; `random`: 32 random bytes.
    pub fn new(since: Hlc, random: Zeroizing<[u8; 32]>) -> Self {
        let secret = PrivateKey::new(&random);
        Self { since, public: SealingPublic::of(secret.public()), secret }
    }

    /// Number of the key.
    pub fn number(&self) -> u32 {
        self.public.number
    }

    /// When it was made, by the office's clock.
    pub fn since(&self) -> Hlc {
        self.since
    }

    /// What others seal to.
    pub fn public(&self) -> SealingPublic {
        self.public
    }

    pub(super) fn secret(&self) -> &PrivateKey {
        &self.secret
    }
}

/// The private key stays out of logs.
impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey")
            .field("number", &self.number())
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// Why bytes are no ring, or a ring takes no further key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RingError {
    /// The bytes are no ring of keys.
    #[error("this is not a ring of sealing keys: {0}")]
    Malformed(&'static str),
    /// The office has as many keys as an office may have.
    #[error("the office has {} sealing keys, and may have no more", limits::SEALING_KEYS)]
    Full,
}

/// All sealing keys of an office, in the order in which they were made. The newest seals; every one opens.
#[derive(Clone, Debug)]
pub struct Ring {
    older: Vec<SealingKey>,
    newest: SealingKey,
}

impl Ring {
    /// The ring of an office with its first key.
    pub fn of(first: SealingKey) -> Self {
        Self { older: Vec::new(), newest: first }
    }

    /// The key that seals.
    pub fn newest(&self) -> &SealingKey {
        &self.newest
    }

    /// The key with this number.
    pub fn key(&self, number: u32) -> Option<&SealingKey> {
        self.keys().find(|key| key.number() == number)
    }

    /// All keys, the newest last.
    pub fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        self.older.iter().chain([&self.newest])
    }

    /// Takes a new key for the newest; the others still open.
    pub fn rotate(&mut self, newest: SealingKey) -> Result<(), RingError> {
        if self.older.len() + 1 >= limits::SEALING_KEYS {
            return Err(RingError::Full);
        }
        self.older.push(std::mem::replace(&mut self.newest, newest));
        Ok(())
    }

    /// Takes in the keys of another ring of the office, which open what they opened there. Of all of them the one that was
    /// made last seals: a key that was superseded does not come back.
    pub fn take_in(&mut self, other: &Self) -> Result<(), RingError> {
        let unknown: Vec<SealingKey> =
            other.keys().filter(|key| self.key(key.number()).is_none()).cloned().collect();
        if self.older.len() + 1 + unknown.len() > limits::SEALING_KEYS {
            return Err(RingError::Full);
        }
        for key in unknown {
            let older =
                if key.since > self.newest.since { std::mem::replace(&mut self.newest, key) } else { key };
            self.older.push(older);
        }
        self.older.sort_by_key(SealingKey::since);
        Ok(())
    }

    /// The ring as bytes (an encoded `KeyRing`), with all private keys.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let key = |key: &SealingKey| wire::SealingKey {
            since: key.since.0,
            secret: Bytes::from_owner(key.secret.bytes()),
        };
        Zeroizing::new(wire::KeyRing { keys: self.keys().map(key).collect() }.encode_to_vec())
    }

    /// Reads what [`Ring::encode`] made.
    pub fn decode(bytes: Zeroizing<Vec<u8>>) -> Result<Self, RingError> {
        use RingError::Malformed;
        if crowd::fields(&bytes, &[]) > limits::SEALING_KEYS {
            return Err(Malformed("too many keys"));
        }
        let ring =
            wire::KeyRing::decode(Bytes::from_owner(bytes)).map_err(|_| Malformed("it does not decode"))?;
        let mut keys = Vec::with_capacity(ring.keys.len());
        for key in ring.keys {
            let secret = key.secret.as_ref().try_into().map_err(|_| Malformed("length of a key"))?;
            keys.push(SealingKey::new(Hlc(key.since), Zeroizing::new(secret)));
        }
        let newest = keys.pop().ok_or(Malformed("no key"))?;
        let ring = Self { older: keys, newest };
        let twice = |key: &SealingKey| ring.keys().filter(|one| one.number() == key.number()).count() > 1;
        if ring.keys().any(twice) { Err(Malformed("a key twice")) } else { Ok(ring) }
    }
}
