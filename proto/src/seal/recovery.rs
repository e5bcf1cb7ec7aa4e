//! The recovery key of an office opens its deposit: all sealing keys, sealed to it. It stands on paper alone, in
//! sheets.

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::hybrid::{ENC, PrivateKey, PublicKey, Secret};
use super::key::{Ring, RingError};
use crate::id::OfficeId;

const INFO: &[u8] = b"truc/deposit/1\0";

/// The private recovery key. Nothing keeps it; people put it together from sheets and forget it again.
pub struct RecoveryKey(PrivateKey);

impl RecoveryKey {
    /// A key of 32 random bytes.
    pub fn new(random: Zeroizing<[u8; 32]>) -> Self {
        Self(PrivateKey::new(&random))
    }

    /// What deposits are sealed to.
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }

    pub(super) fn bytes(&self) -> Secret {
        self.0.bytes()
    }

    /// The ring in a deposit of this office.
    pub fn open(&self, office: OfficeId, deposit: &[u8]) -> Result<Ring, DepositError> {
        let (enc, sealed) = deposit.split_at_checked(ENC).ok_or(DepositError::Closed)?;
        let ring = self.0.open(enc, INFO, office.0.as_bytes(), sealed).ok_or(DepositError::Closed)?;
        Ok(Ring::decode(ring)?)
    }
}

/// The key stays out of logs.
impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryKey(public {:?})", self.public())
    }
}

/// Why there is no deposit, or none that opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DepositError {
    /// Nothing can be sealed to this recovery key.
    #[error("nothing can be sealed to this recovery key")]
    Key,
    /// The deposit is damaged, of another office, or sealed to another recovery key.
    #[error("the deposit does not open: it is damaged, or of another office or recovery key")]
    Closed,
    /// It opened to something else.
    #[error("the deposit holds no keys: {0}")]
    Ring(#[from] RingError),
}

/// All keys of an office, sealed to its recovery key: ephemeral public key (32 bytes) || the encrypted `KeyRing`, bound
/// to the office's id. `random`: 32 random bytes.
pub fn deposit(
    ring: &Ring,
    office: OfficeId,
    to: &PublicKey,
    random: &[u8; 32],
) -> Result<Bytes, DepositError> {
    let sealed = to.seal(random, INFO, office.0.as_bytes(), &ring.encode());
    let (enc, sealed) = sealed.ok_or(DepositError::Key)?;
    Ok([&enc[..], &sealed].concat().into())
}
