//! Encryption to the holder of a private key: HPKE (RFC 9180), base mode, one message a key. DHKEM(X25519,
//! HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. Nobody else in this crate calls the library.

use std::convert::Infallible;
use std::fmt;

use bytes::Bytes;
use hkdf::Hkdf;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// Bytes of an ephemeral public key.
pub(super) const ENC: usize = 32;
/// Bytes by which an encrypted message is longer.
pub(super) const TAG: usize = 16;

const EPHEMERAL: &[u8] = b"truc/ephemeral/1\0";

/// 32 secret bytes; gone from memory with their last owner.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// HKDF-SHA-256 without a salt: 32 bytes for this use of a secret.
pub(super) fn derive(secret: &[u8; 32], info: &[&[u8]]) -> Secret {
    let mut derived = Zeroizing::new([0; 32]);
    let hkdf = Hkdf::<Sha256>::new(None, secret);
    hkdf.expand_multi_info(info, derived.as_mut()).expect("HKDF gives up to 8160 bytes");
    derived
}

/// A public key (X25519) to which something can be sealed: none of the few to which anybody could open it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads 32 bytes; none if they are no key, or one of small order.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let key = Self(bytes.try_into().ok()?);
        // With a point of small order the shared secret is zero, which HPKE refuses whatever the ephemeral key is.
        key.seal(&[0; 32], b"", b"", b"").map(|_| key)
    }

    /// The 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 32 bytes of the wire.
    pub fn to_wire(self) -> Bytes {
        Bytes::copy_from_slice(&self.0)
    }

    /// What two people compare by telephone or on paper: the first digits of the key's SHA-256. Each group of five
    /// digits is the rest of five bytes, big endian, divided by 100,000; six groups are in a hash.
    pub fn fingerprint(&self, groups: usize) -> String {
        let hash = Sha256::digest(self.0);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        let groups = hash.chunks_exact(5).take(groups);
        groups.map(|bytes| format!("{:05}", number(bytes) % 100_000)).collect::<Vec<_>>().join(" ")
    }

    /// Encrypts `plain` to the holder of the private key, bound to `info` and `aad`: ephemeral public key and encrypted
    /// message. The ephemeral key follows from `secret`, which is random and known to nobody else but the holder, and
    /// from all that the message is bound to: no two bindings share one. None for a key of small order.
    pub(super) fn seal(
        &self,
        secret: &[u8; 32],
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Option<([u8; ENC], Vec<u8>)> {
        let to = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).ok()?;
        let mut drawn = Drawn(derive(secret, &[EPHEMERAL, &self.0, info, aad]));
        let (enc, sealed) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &to,
            info,
            plain,
            aad,
            &mut drawn,
        )
        .ok()?;
        Some((enc.to_bytes().into(), sealed))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint(2))
    }
}

/// A private key (X25519).
#[derive(Clone)]
pub(super) struct PrivateKey(<Kem as hpke::Kem>::PrivateKey);

impl PrivateKey {
    /// Any 32 bytes are a key; five bits are the same in all keys, and are set here.
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(<Kem as hpke::Kem>::PrivateKey::from_bytes(bytes).expect("32 bytes are a private key of X25519"))
    }

    pub(super) fn bytes(&self) -> Secret {
        Zeroizing::new(self.0.to_bytes().into())
    }

    pub(super) fn public(&self) -> PublicKey {
        PublicKey(Kem::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Decrypts what was sealed to the public key with this `info` and `aad`.
    pub(super) fn open(
        &self,
        enc: &[u8],
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        hpke::single_shot_open::<Aead, Kdf, Kem>(&OpModeR::Base, &self.0, &enc, info, sealed, aad)
            .ok()
            .map(Zeroizing::new)
    }
}

/// Hands HPKE the bytes of its ephemeral key, where it would draw random ones: 32, once. Whatever it asked for beyond
/// them would follow from them by SHA-256.
struct Drawn(Secret);

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for part in into.chunks_mut(32) {
            part.copy_from_slice(&self.0[..part.len()]);
            self.0 = Zeroizing::new(Sha256::digest(*self.0).into());
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
