//! The step from the authority's certificate to the key of the hub's ledger.

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;
use rustls::pki_types::CertificateDer;
use truc_proto::id::OfficeId;

use crate::identity::certificate::{self, ED25519};

/// The key of the hub's ledger, if one of these authorities vouches for it, directly or over certificates that it
/// signed. Whether a certificate has ended does not matter: it is about the past.
pub fn vouched_key(
    chain: &[Bytes],
    hub: OfficeId,
    authorities: &[CertificateDer<'_>],
) -> Option<VerifyingKey> {
    let read = certificate::read(chain.first()?).ok().filter(|read| read.office == hub)?;
    let key = read.public_key.strip_prefix(&ED25519)?;
    let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok().filter(|key| !key.is_weak())?;
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(&der[..])).collect();
    let signed = |by: &CertificateDer<'_>, of: &CertificateDer<'_>| certificate::signed_by(of, by).is_ok();
    let linked = chain.windows(2).all(|pair| signed(&pair[1], &pair[0]));
    let last = chain.last()?;
    (linked && authorities.iter().any(|authority| signed(authority, last))).then_some(key)
}
