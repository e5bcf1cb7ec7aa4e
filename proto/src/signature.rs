//! Ed25519 signatures, made and checked in one place.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Signs bytes. They must begin with their domain (such as `truc/sign/2\0`), so that no signature fits another message.
pub(crate) fn sign(key: &SigningKey, bytes: &[u8]) -> [u8; 64] {
    #[cfg(feature = "faults")]
    if let Some(stub) = crate::fault::stub_signature(&key.verifying_key(), bytes) {
        return stub;
    }
    key.sign(bytes).to_bytes()
}

/// Checks a signature, strictly (RFC 8032, no small-order or non-canonical points).
pub(crate) fn verify(key: &VerifyingKey, bytes: &[u8], signature: &[u8; 64]) -> bool {
    #[cfg(feature = "faults")]
    if let Some(stub) = crate::fault::stub_signature(key, bytes) {
        return stub == *signature;
    }
    key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
}
