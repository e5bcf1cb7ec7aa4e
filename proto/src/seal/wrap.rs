//! Wraps: the content key, encrypted to each addressee. Each is bound to the record, to the key's commitment and to the
//! whole list of addressees, so that none opens in another entry or beside a longer list.

use sha2::{Digest, Sha256};

use super::SUITE;
use super::about::About;
use super::content::ContentKey;
use super::hybrid::{ENC, TAG};
use super::key::{SealingKey, SealingPublic};
use crate::id::{Hash, OfficeId};
use crate::wire::Wrap;

const INFO: &[u8] = b"truc/wrap/1\0";
/// Bytes of a wrapped content key.
pub(super) const WRAPPED: usize = 32 + TAG;

/// "truc/wrap/1\0" || suite (u32, big endian).
fn info() -> Vec<u8> {
    [INFO, &SUITE.to_be_bytes()].concat()
}

/// What wraps are bound to: ledger (16 bytes) || record (16) || kind (u32, big endian) || commit (32) || SHA-256 over
/// office (16) and number of its key (u32, big endian) of all addressees in the order of their wraps.
pub(super) fn bound(about: &About, commit: Hash, to: impl Iterator<Item = (OfficeId, u32)>) -> [u8; 100] {
    let mut list = Sha256::new();
    for (office, number) in to {
        list.update(office.0.as_bytes());
        list.update(number.to_be_bytes());
    }
    let mut bytes = [0; 100];
    bytes[..36].copy_from_slice(&about.bytes()[..36]);
    bytes[36..68].copy_from_slice(&commit.0);
    bytes[68..].copy_from_slice(&list.finalize());
    bytes
}

/// The content key, wrapped for one office; none if nothing can be sealed to its key.
pub(super) fn wrap(key: &ContentKey, bound: &[u8], office: OfficeId, to: &SealingPublic) -> Option<Wrap> {
    let (enc, wrapped) = to.key.seal(key.bytes(), &info(), bound, key.bytes())?;
    Some(Wrap { office: office.to_wire(), key: to.number, enc: enc.to_vec().into(), wrapped: wrapped.into() })
}

/// The content key in a wrap that was made for this sealing key.
pub(super) fn unwrap(wrap: &Wrap, bound: &[u8], key: &SealingKey) -> Option<ContentKey> {
    let opened = key.secret().open(&wrap.enc, &info(), bound, &wrap.wrapped)?;
    opened.as_slice().try_into().ok().map(ContentKey::new)
}

/// Office and number of the key of a wrap of the right form.
pub(super) fn addressee(wrap: &Wrap) -> Option<(OfficeId, u32)> {
    let office = OfficeId::from_wire(&wrap.office)?;
    (wrap.key > 0 && wrap.enc.len() == ENC && wrap.wrapped.len() == WRAPPED).then_some((office, wrap.key))
}
