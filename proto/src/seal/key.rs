//! The sealing keys of an office: what is sealed to it opens with one of them.

use std::fmt;

use bytes::Bytes;
use prost::Message;
use zeroize::Zeroizing;

use super::hybrid::{PrivateKey, PublicKey};
use crate::time::Hlc;
use crate::{crowd, limits, wire};

/// The public half of a sealing key, as the office's own ledger says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SealingPublic {
    /// Number of the key, from 1.
    pub number: u32,
    /// The key.
    pub key: PublicKey,
}

/// A sealing key.
#[derive(Clone)]
pub struct SealingKey {
    number: u32,
    since: Hlc,
    secret: PrivateKey,
}

impl SealingKey {
    /// Number of the key, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// When it was made, by the office's clock.
    pub fn since(&self) -> Hlc {
        self.since
    }

    /// What others seal to.
    pub fn public(&self) -> SealingPublic {
        SealingPublic { number: self.number, key: self.secret.public() }
    }

    pub(super) fn secret(&self) -> &PrivateKey {
        &self.secret
    }
}

/// The private key stays out of logs.
impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey")
            .field("number", &self.number)
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

/// All sealing keys of an office, ascending by number. Others seal to the newest; every one opens.
#[derive(Clone, Debug)]
pub struct Ring {
    older: Vec<SealingKey>,
    newest: SealingKey,
}

impl Ring {
    /// The ring of an office with its first key. `random`: 32 random bytes.
    pub fn new(since: Hlc, random: Zeroizing<[u8; 32]>) -> Self {
        Self { older: Vec::new(), newest: SealingKey { number: 1, since, secret: PrivateKey::new(&random) } }
    }

    /// The key that others seal to.
    pub fn newest(&self) -> &SealingKey {
        &self.newest
    }

    /// The key with this number.
    pub fn key(&self, number: u32) -> Option<&SealingKey> {
        self.keys().find(|key| key.number == number)
    }

    /// All keys, the newest last.
    pub fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        self.older.iter().chain([&self.newest])
    }

    /// Takes a new key for the newest; the others still open. `random`: 32 random bytes.
    pub fn rotate(&mut self, since: Hlc, random: Zeroizing<[u8; 32]>) -> Result<(), RingError> {
        let number = self.newest.number.checked_add(1).ok_or(RingError::Full)?;
        if self.older.len() + 1 >= limits::SEALING_KEYS {
            return Err(RingError::Full);
        }
        let newest = SealingKey { number, since, secret: PrivateKey::new(&random) };
        self.older.push(std::mem::replace(&mut self.newest, newest));
        Ok(())
    }

    /// The ring as bytes (an encoded `KeyRing`), with all private keys.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let key = |key: &SealingKey| wire::SealingKey {
            number: key.number,
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
        let mut keys = ring
            .keys
            .into_iter()
            .map(|key| {
                let secret = key.secret.as_ref().try_into().map_err(|_| Malformed("length of a key"))?;
                Ok(SealingKey { number: key.number, since: Hlc(key.since), secret: PrivateKey::new(secret) })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let rising = keys.windows(2).all(|two| two[0].number < two[1].number);
        if !rising || keys.first().is_some_and(|key| key.number == 0) {
            return Err(Malformed("numbers of keys"));
        }
        let newest = keys.pop().ok_or(Malformed("no key"))?;
        Ok(Self { older: keys, newest })
    }
}
