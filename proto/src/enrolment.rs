//! What hub and node must agree on for enrolment and renewal, beside the messages: proof, hash of a secret, refusals.

use sha2::{Digest, Sha256};
use strum::{EnumString, IntoStaticStr, VariantArray};
use zeroize::Zeroizing;

use crate::id::Hash;

/// Metadata key of a refused enrolment; its value is [`EnrolmentRefusal::code`].
pub const REASON: &str = "truc-reason";

/// Why the hub refuses an enrolment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum EnrolmentRefusal {
    /// The hub gave out no such secret.
    Unknown,
    /// Another machine has enrolled with this code.
    Used,
    /// The code has expired, or ended with its office.
    Expired,
    /// Too many wrong secrets from this address, another key of a machine that enrolled a moment ago, or too many
    /// enrolments of the office today; wait.
    Throttled,
    /// Certificate request, key or proof are not in order.
    Request,
    /// The code is for another office than that of the store.
    OtherOffice,
    /// The hub does not believe its own clock, so it signs no certificates; a person must look at it.
    Clock,
}

impl EnrolmentRefusal {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Reads the code; none if it is a newer hub's.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

/// What the ledger key signs to show that the machine holds it: `"truc/enrol/1\0" || secret || csr`, so that nobody can
/// use a proof with another code or TLS key.
pub fn proof_bytes(secret: &[u8], csr: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(b"truc/enrol/1\0".to_vec());
    bytes.extend_from_slice(secret);
    bytes.extend_from_slice(csr);
    bytes
}

/// The form in which the hub keeps a secret, so that a copy of its store contains no usable codes. It needs no salt,
/// since a secret is 128 random bits.
pub fn secret_hash(secret: &[u8; 16]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"truc/secret/1\0");
    hasher.update(secret);
    Hash(hasher.finalize().into())
}

/// Why the hub opens no session, or renews no certificate. Sent under [`REASON`], too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum CallRefusal {
    /// The certificate has ended: it opens renewal and nothing else.
    Lapsed,
    /// The certificate is no longer good: revoked, replaced, or of an authority that has ended.
    Credential,
    /// A certificate was issued a moment ago: use that one, or ask later.
    Soon,
    /// The hub cannot write now; calling again at once will not help.
    Store,
    /// The hub does not believe its own clock, so it signs no certificates; a person must look at it.
    Clock,
}

impl CallRefusal {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Reads the code; none if it is a newer hub's.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

/// Why the hub takes no bytes of a file now. Sent under [`REASON`], too. What it has stays, and later it takes more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum FileRefusal {
    /// What is free on the hub's disk is kept for entries.
    Room,
    /// The office has brought as much as it may for now, or has too many uploads unfinished.
    Quota,
    /// Several uploads of the office did not have their hash.
    Wrong,
}

impl FileRefusal {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Reads the code; none if it is a newer hub's.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_own_word() {
        let words: Vec<_> = EnrolmentRefusal::VARIANTS.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(words, ["unknown", "used", "expired", "throttled", "request", "other-office", "clock"]);
        for refusal in EnrolmentRefusal::VARIANTS {
            assert_eq!(EnrolmentRefusal::from_code(refusal.code()), Some(*refusal));
        }
        assert_eq!(EnrolmentRefusal::from_code("later"), None);
        let words: Vec<_> = CallRefusal::VARIANTS.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(words, ["lapsed", "credential", "soon", "store", "clock"]);
        for refusal in CallRefusal::VARIANTS {
            assert_eq!(CallRefusal::from_code(refusal.code()), Some(*refusal));
        }
        let words: Vec<_> = FileRefusal::VARIANTS.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(words, ["room", "quota", "wrong"]);
        for refusal in FileRefusal::VARIANTS {
            assert_eq!(FileRefusal::from_code(refusal.code()), Some(*refusal));
        }
    }

    #[test]
    fn a_proof_is_bound_to_code_and_request() {
        assert_eq!(proof_bytes(&[1; 16], b"csr")[..], [&b"truc/enrol/1\0"[..], &[1; 16], b"csr"].concat());
        assert_ne!(secret_hash(&[1; 16]), secret_hash(&[2; 16]));
    }
}
