//! TLS certificates of the province: the office they name, their key, their life.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use sha2::{Digest, Sha256};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::identity::{IDENTITY, keys};

/// Prefix of the one URI name of an office's certificate; the office's UUID in lower case follows.
pub const OFFICE_URN: &str = "urn:truc:office:";

/// SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to the 32 bytes of the key itself.
pub const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a certificate does not show an office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are not one X.509 certificate.
    #[error("not an X.509 certificate")]
    Malformed,
    /// No URI name of an office, more than one URI name, or one spelled differently than the authority does.
    #[error("the certificate does not name exactly one office")]
    NoOffice,
    /// Not signed by this authority.
    #[error("the certificate is not signed by this authority")]
    Signature,
}

/// What an office's certificate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficeCertificate {
    /// The office that it names.
    pub office: OfficeId,
    /// SHA-256 of the certificate (DER); registry and revocations name it by that.
    pub hash: Hash,
    /// Start of its life, Unix seconds.
    pub not_before: u64,
    /// End of its life, Unix seconds.
    pub not_after: u64,
    /// Public key (SubjectPublicKeyInfo, DER).
    pub public_key: Vec<u8>,
    /// SHA-256 of that key; the registry names a machine's TLS key by that.
    pub key_hash: Hash,
}

/// SHA-256 of a certificate or a key (DER).
pub fn fingerprint(certificate: &[u8]) -> Hash {
    Hash(Sha256::digest(certificate).into())
}

/// Reads an office's certificate. The signature is not checked.
pub fn read(certificate: &[u8]) -> Result<OfficeCertificate, CertificateError> {
    let parsed = parse(certificate)?;
    let seconds = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).unwrap_or(0);
    Ok(OfficeCertificate {
        office: office_in(&parsed)?,
        hash: fingerprint(certificate),
        not_before: seconds(parsed.validity().not_before),
        not_after: seconds(parsed.validity().not_after),
        public_key: parsed.public_key().raw.to_vec(),
        key_hash: fingerprint(parsed.public_key().raw),
    })
}

/// Checks that `authority` itself, with nothing between, signed `certificate`.
pub fn signed_by(
    certificate: &CertificateDer<'_>,
    authority: &CertificateDer<'_>,
) -> Result<(), CertificateError> {
    let (certificate, authority) = (parse(certificate)?, parse(authority)?);
    if certificate.issuer() != authority.subject() {
        return Err(CertificateError::Signature);
    }
    certificate.verify_signature(Some(authority.public_key())).map_err(|_| CertificateError::Signature)
}

/// Start and end of any certificate's life, Unix seconds.
pub fn life(certificate: &[u8]) -> Result<(u64, u64), CertificateError> {
    let parsed = parse(certificate)?;
    let validity = parsed.validity();
    let seconds = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).unwrap_or(0);
    Ok((seconds(validity.not_before), seconds(validity.not_after)))
}

/// A moment within the life of a chain, Unix seconds: `now`, unless a certificate of it has not begun then, or the leaf
/// has ended.
pub fn moment_within(chain: &[CertificateDer<'_>], now: u64) -> u64 {
    let ends = chain.first().and_then(|leaf| life(leaf).ok()).map_or(now, |(_, ends)| ends);
    now.max(begun(chain)).min(ends)
}

/// From when to when the certificates hold that a store in `dir` may show, Unix seconds; none: it has none.
pub fn held(dir: &Path) -> Option<(u64, u64)> {
    let folder = dir.join(IDENTITY);
    let lives = [keys::TLS_CERTIFICATE, keys::TLS_BEFORE].into_iter().filter_map(|name| {
        let chain = keys::load_certificates(&folder.join(name)).ok()?;
        life(chain.first()?).ok()
    });
    lives.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// When all certificates of a chain have begun, Unix seconds. A leaf is backdated, so it may begin before the
/// certificate that signed it.
pub fn begun(chain: &[CertificateDer<'_>]) -> u64 {
    chain.iter().filter_map(|certificate| life(certificate).ok()).map(|(begins, _)| begins).max().unwrap_or(0)
}

/// Checks that a chain, the leaf for clients first, leads to one of the authorities at a moment (Unix seconds).
pub fn leads_to(
    chain: &[CertificateDer<'_>],
    authorities: &[CertificateDer<'_>],
    at: u64,
) -> Result<(), CertificateError> {
    let (leaf, between) = chain.split_first().ok_or(CertificateError::Malformed)?;
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone().into_owned()).map_err(|_| CertificateError::Malformed)?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crate::identity::keys::provider())
            .build()
            .map_err(|_| CertificateError::Signature)?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
    verifier.verify_client_cert(leaf, between, at).map(|_| ()).map_err(|_| CertificateError::Signature)
}

fn parse(certificate: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        _ => Err(CertificateError::Malformed),
    }
}

/// The office that a certificate names, from its one URI name and from nothing else.
fn office_in(certificate: &X509Certificate<'_>) -> Result<OfficeId, CertificateError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| CertificateError::Malformed)?
        .ok_or(CertificateError::NoOffice)?;
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let (Some(uri), None) = (uris.next(), uris.next()) else { return Err(CertificateError::NoOffice) };
    let office: OfficeId = uri
        .strip_prefix(OFFICE_URN)
        .and_then(|office| office.parse().ok())
        .ok_or(CertificateError::NoOffice)?;
    // One office has one spelling: no braces, no capitals, no second prefix.
    if uri[OFFICE_URN.len()..] != office.to_string() {
        return Err(CertificateError::NoOffice);
    }
    Ok(office)
}

/// When a certificate is to be renewed, Unix seconds: after a third of its life and a part more that follows from its
/// hash, so that it stays the same over restarts and differs between offices.
pub fn renewal_due(leaf: &OfficeCertificate) -> u64 {
    renewal_due_at(leaf.not_before, leaf.not_after, leaf.hash)
}

/// As [`renewal_due`], from what the registry knows of a certificate.
pub fn renewal_due_at(not_before: u64, not_after: u64, hash: Hash) -> u64 {
    let life = Duration::from_secs(not_after.saturating_sub(not_before));
    let drawn = f64::from(u16::from_be_bytes([hash.0[0], hash.0[1]])) / 65_536.0;
    not_before.saturating_add(life.mul_f64(limits::RENEW_FROM + drawn * limits::RENEW_SPREAD).as_secs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 86_400;

    proptest! {
        #[test]
        fn renewal_is_due_from_day_10_and_before_day_14(hash: [u8; 32], made in 0..u64::from(u32::MAX)) {
            let at = renewal_due_at(made, made + 30 * DAY, Hash(hash));
            prop_assert!(at >= made + 10 * DAY && at < made + 13 * DAY + 1);
            prop_assert_eq!(at, renewal_due_at(made, made + 30 * DAY, Hash(hash)));
        }
    }

    #[test]
    fn offices_do_not_come_all_at_once() {
        let days = |first: u8| renewal_due_at(0, 30 * DAY, Hash([first; 32])) / 3600;
        let spread: std::collections::BTreeSet<u64> = (0..=255).map(days).collect();
        assert!(spread.len() > 60, "over 3 days: {}", spread.len());
    }

    fn office_of(certificate: &[u8]) -> Result<OfficeId, CertificateError> {
        read(certificate).map(|read| read.office)
    }

    const ID: &str = "0198c0de-0000-7000-8000-000000000001";

    fn with_names(names: &[SanType]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.to_vec();
        params.distinguished_name.push(DnType::CommonName, format!("{OFFICE_URN}{ID}"));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn uri(text: String) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    #[test]
    fn the_office_is_the_one_uri_name_and_nothing_else() {
        let good = uri(format!("{OFFICE_URN}{ID}"));
        let dns = SanType::DnsName("office.example".try_into().unwrap());
        let der = with_names(&[dns, good.clone()]);
        assert_eq!(office_of(&der).unwrap().to_string(), ID);
        let read = read(&der).unwrap();
        assert_eq!(read.hash, fingerprint(&der));
        assert!(read.not_before < read.not_after);
        for names in [
            vec![],
            vec![good.clone(), good.clone()],
            vec![good, uri("urn:other".into())],
            vec![uri(format!("{OFFICE_URN}{}", ID.to_uppercase()))],
            vec![uri(format!("{OFFICE_URN}{}", ID.replace('-', "")))],
            vec![uri(format!("{OFFICE_URN}{{{ID}}}"))],
            vec![uri(format!("{OFFICE_URN}{OFFICE_URN}{ID}"))],
            vec![uri(format!("https://example/{ID}"))],
            vec![SanType::DnsName(ID.try_into().unwrap())],
        ] {
            assert_eq!(office_of(&with_names(&names)), Err(CertificateError::NoOffice), "{names:?}");
        }
    }

    #[test]
    fn other_bytes_are_not_a_certificate() {
        assert_eq!(office_of(b""), Err(CertificateError::Malformed));
        let mut der = with_names(&[]);
        der.push(0);
        assert_eq!(office_of(&der), Err(CertificateError::Malformed));
    }
}
