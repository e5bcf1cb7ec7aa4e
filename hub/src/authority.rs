//! The province's certificate authority: ECDSA P-256, in two files that never leave the hub.

mod ledger_key;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer};
use time::OffsetDateTime;
use truc_node::certificate::{OFFICE_URN, fingerprint};
use truc_node::keys::{self, KeyError, TlsIdentity};
use truc_proto::code::split_address;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;

pub use ledger_key::{VouchError, vouch};

/// The authority's private key.
pub const AUTHORITY_KEY: &str = "authority.key";

/// Why the authority cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A folder that already holds an authority is left alone.
    #[error("{}: there is an authority already", .0.display())]
    Exists(PathBuf),
    /// Reading or writing the files failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Key and certificate do not belong together.
    #[error("{}: certificate and key of the authority do not belong together", .0.display())]
    Mismatch(PathBuf),
    /// The hub's own name is not `host:port`.
    #[error("{0} is not host:port")]
    Address(String),
    /// The certificate request of a node is not in order.
    #[error("the certificate request is not in order: {0}")]
    Request(&'static str),
    /// The library refused.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A time outside of what certificates can say.
    #[error("the clock is out of range")]
    Clock,
}

/// A certificate for an office, just made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// DER.
    pub certificate: CertificateDer<'static>,
    /// SHA-256 of it.
    pub hash: Hash,
    /// Unix seconds of its last moment.
    pub not_after: u64,
}

/// The authority, ready to issue.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Makes a new authority in `folder`; `name` is for people. `now`: Unix seconds, as everywhere here.
    pub fn init(folder: &Path, name: &str, now: u64) -> Result<Self, AuthorityError> {
        for file in [AUTHORITY_KEY, keys::AUTHORITY_CERTIFICATE] {
            if folder.join(file).exists() {
                return Err(AuthorityError::Exists(folder.to_owned()));
            }
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params(name, now, limits::AUTHORITY_CERTIFICATE)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.der().clone();
        keys::make_folder(folder)?;
        let pem = zeroize::Zeroizing::new(key.serialize_pem());
        keys::write_private(&folder.join(AUTHORITY_KEY), pem.as_bytes())?;
        keys::save_certificates(
            &folder.join(keys::AUTHORITY_CERTIFICATE),
            std::slice::from_ref(&certificate),
        )?;
        Self::new(key, certificate)
    }

    /// Reads the authority from `folder`; one made elsewhere will do as well.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join(AUTHORITY_KEY);
        let format = || KeyError::Format { path: path.clone(), what: "private key (PKCS#8)" };
        let pem = keys::read_private(&path)?;
        let text = std::str::from_utf8(&pem).map_err(|_| format())?;
        let key = KeyPair::from_pem(text).map_err(|_| format())?;
        let path = folder.join(keys::AUTHORITY_CERTIFICATE);
        let certificate = keys::load_certificates(&path)?.swap_remove(0);
        if !belongs(&key, &certificate) {
            return Err(AuthorityError::Mismatch(folder.to_owned()));
        }
        Self::new(key, certificate)
    }

    fn new(key: KeyPair, certificate: CertificateDer<'static>) -> Result<Self, AuthorityError> {
        Ok(Self { issuer: Issuer::from_ca_cert_der(&certificate, key)?, certificate })
    }

    /// The certificate that every machine of the province trusts.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What an enrolment code carries of it.
    pub fn fingerprint(&self) -> Hash {
        fingerprint(&self.certificate)
    }

    /// A key and certificate for the hub's listeners, for the hosts of these `host:port`. Not written
    /// down: the hub makes a new one at each start, and can at any time.
    pub fn issue_server(&self, addresses: &[&str], now: u64) -> Result<TlsIdentity, AuthorityError> {
        let mut params = params("truc-hub", now, limits::HUB_CERTIFICATE)?;
        for address in addresses {
            let (host, _) =
                split_address(address).ok_or_else(|| AuthorityError::Address((*address).to_owned()))?;
            let name = match host.parse() {
                Ok(ip) => SanType::IpAddress(ip),
                Err(_) => SanType::DnsName(host.try_into()?),
            };
            if !params.subject_alt_names.contains(&name) {
                params.subject_alt_names.push(name);
            }
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = params.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Ok(TlsIdentity { certificates: vec![leaf, self.certificate.clone()], key })
    }

    /// A certificate for an office, on the key of its request. Nothing else of the request is looked at:
    /// what a certificate says is ours to decide.
    pub fn issue_office(&self, office: OfficeId, csr: &[u8], now: u64) -> Result<Issued, AuthorityError> {
        if csr.len() > limits::CSR {
            return Err(AuthorityError::Request("too large"));
        }
        let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr))
            .map_err(|_| AuthorityError::Request("malformed or not signed by its own key"))?;
        let key = &request.public_key;
        // The library takes the kind of key from the signature alone, so its form is looked at too.
        let p256 = PublicKeyData::algorithm(key) == &PKCS_ECDSA_P256_SHA256
            && key.der_bytes().len() == 65
            && key.der_bytes()[0] == 4;
        let ed25519 = PublicKeyData::algorithm(key) == &PKCS_ED25519 && key.der_bytes().len() == 32;
        if !p256 && !ed25519 {
            return Err(AuthorityError::Request("neither an ECDSA P-256 nor an Ed25519 key"));
        }
        let mut params = params(&office.to_string(), now, limits::NODE_CERTIFICATE)?;
        params.subject_alt_names = vec![SanType::URI(format!("{OFFICE_URN}{office}").try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(key, &self.issuer)?.der().clone();
        let hash = fingerprint(&certificate);
        Ok(Issued { certificate, hash, not_after: now + limits::NODE_CERTIFICATE.as_secs() })
    }
}

/// What all our certificates share: own random serial, a life, key usage, the authority's key id.
fn params(name: &str, now: u64, life: Duration) -> Result<CertificateParams, AuthorityError> {
    let at = |seconds: u64| {
        let seconds = i64::try_from(seconds).map_err(|_| AuthorityError::Clock)?;
        OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| AuthorityError::Clock)
    };
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&keys::random::<16>()?));
    params.not_before = at(now.saturating_sub(limits::CERTIFICATE_BACKDATE.as_secs()))?;
    params.not_after = at(now.saturating_add(life.as_secs()))?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn belongs(key: &KeyPair, certificate: &CertificateDer<'_>) -> bool {
    use x509_parser::prelude::{FromDer, X509Certificate};
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.public_key().raw == key.subject_public_key_info())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::MetadataExt;

    use truc_node::certificate::{office_of, read, signed_by};
    use uuid::Uuid;
    use x509_parser::extensions::GeneralName;
    use x509_parser::prelude::{FromDer, X509Certificate};

    use super::*;

    const NOW: u64 = 1_795_000_000;

    fn csr(alg: &'static rcgen::SignatureAlgorithm, wish: CertificateParams) -> (KeyPair, Vec<u8>) {
        let key = KeyPair::generate_for(alg).unwrap();
        let csr = wish.serialize_request(&key).unwrap().der().to_vec();
        (key, csr)
    }

    #[test]
    fn an_authority_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let made = Authority::init(folder, "Nghệ An", NOW).unwrap();
        assert_eq!(folder.join(AUTHORITY_KEY).metadata().unwrap().mode() & 0o777, 0o600);
        assert!(matches!(Authority::init(folder, "Nghệ An", NOW), Err(AuthorityError::Exists(_))));
        let read = Authority::load(folder).unwrap();
        assert_eq!(read.fingerprint(), made.fingerprint());
        let (_, request) = csr(&PKCS_ECDSA_P256_SHA256, CertificateParams::default());
        let issued = read.issue_office(OfficeId(Uuid::from_u128(1)), &request, NOW).unwrap();
        assert_eq!(signed_by(&issued.certificate, made.certificate()), Ok(()));

        let other = tempfile::tempdir().unwrap();
        Authority::init(other.path(), "Khác", NOW).unwrap();
        let key = AUTHORITY_KEY;
        std::fs::copy(other.path().join(key), folder.join(key)).unwrap();
        assert!(matches!(Authority::load(folder), Err(AuthorityError::Mismatch(_))));
    }

    #[test]
    fn an_office_gets_what_we_decide_and_not_what_it_asks_for() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::init(folder.path(), "Nghệ An", NOW).unwrap();
        let office = OfficeId(Uuid::from_u128(1));
        let mut wish = CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
        wish.subject_alt_names.push(SanType::URI(format!("{OFFICE_URN}{}", Uuid::nil()).try_into().unwrap()));
        wish.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let (key, request) = csr(&PKCS_ECDSA_P256_SHA256, wish);
        let issued = authority.issue_office(office, &request, NOW).unwrap();
        let seen = read(&issued.certificate).unwrap();
        assert_eq!((seen.office, seen.hash), (office, issued.hash));
        assert_eq!(seen.public_key, key.subject_public_key_info());
        assert_eq!((seen.not_before, seen.not_after), (NOW - 300, NOW + 30 * 86_400));
        assert_eq!(seen.not_after, issued.not_after);

        let (_, parsed) = X509Certificate::from_der(&issued.certificate).unwrap();
        assert!(!parsed.is_ca());
        let usage = parsed.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && !usage.key_cert_sign());
        assert_eq!(parsed.subject_alternative_name().unwrap().unwrap().value.general_names.len(), 1);
        assert!(parsed.extended_key_usage().unwrap().unwrap().value.client_auth);
        assert!(!parsed.extended_key_usage().unwrap().unwrap().value.server_auth);
        let has_key_id = parsed.extensions().iter().any(|extension| {
            matches!(
                extension.parsed_extension(),
                x509_parser::extensions::ParsedExtension::AuthorityKeyIdentifier(id) if id.key_identifier.is_some()
            )
        });
        assert!(has_key_id);
        let again = authority.issue_office(office, &request, NOW).unwrap();
        let (_, again) = X509Certificate::from_der(&again.certificate).unwrap();
        assert_ne!(again.raw_serial(), parsed.raw_serial());
        assert!(parsed.raw_serial().len() >= 14);
    }

    #[test]
    fn a_request_that_is_not_in_order_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::init(folder.path(), "Nghệ An", NOW).unwrap();
        let office = OfficeId(Uuid::from_u128(1));
        let issue = |request: &[u8]| authority.issue_office(office, request, NOW);
        let (_, good) = csr(&PKCS_ED25519, CertificateParams::default());
        assert_eq!(office_of(&issue(&good).unwrap().certificate), Ok(office));
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let (_, p384) = csr(&rcgen::PKCS_ECDSA_P384_SHA384, CertificateParams::default());
        for bad in [&flipped[..], &p384, &good[..good.len() - 1], b"", &vec![0x30; limits::CSR + 1]] {
            assert!(matches!(issue(bad), Err(AuthorityError::Request(_))));
        }
    }

    #[test]
    fn the_hub_is_named_by_its_addresses() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::init(folder.path(), "Nghệ An", NOW).unwrap();
        let addresses = ["hub.example:1", "127.0.0.1:2", "[::1]:3", "hub.example:4"];
        let identity = authority.issue_server(&addresses, NOW).unwrap();
        assert_eq!(signed_by(&identity.certificates[0], authority.certificate()), Ok(()));
        let (_, parsed) = X509Certificate::from_der(&identity.certificates[0]).unwrap();
        let names = &parsed.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert_eq!(names.len(), 3);
        assert_eq!(names[0], GeneralName::DNSName("hub.example"));
        assert!(matches!(authority.issue_server(&["hub"], NOW), Err(AuthorityError::Address(_))));
    }
}
