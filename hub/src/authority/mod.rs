//! A certificate authority: a private key that never leaves the hub, and a chain of certificates. The hub's own
//! authority is one self-signed certificate; if the province has an authority above, the chain leads up to that one.

pub mod codes;
pub mod followed;
pub mod in_use;
mod ledger_key;
pub mod rollover;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer};
use time::OffsetDateTime;
use truc_node::identity::certificate::{self, OFFICE_URN, fingerprint, signed_by};
use truc_node::identity::keys::{self, KeyError, TlsIdentity};
use truc_proto::code::split_address;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;

/// Name of the file with the authority's private key.
pub const AUTHORITY_KEY: &str = "authority.key";

/// Why the authority cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The folder already holds an authority; it is left as it is.
    #[error("{}: there is an authority already", .0.display())]
    Exists(PathBuf),
    /// Reading or writing the files failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Key and certificates of the authority do not belong together, or the chain is too long or broken.
    #[error("{}: certificate and key of the authority do not belong together", .0.display())]
    Mismatch(PathBuf),
    /// An address of the hub is not `host:port`.
    #[error("{0} is not host:port")]
    Address(String),
    /// A node's certificate request is malformed, unsigned, too large, or for a kind of key that is not allowed.
    #[error("the certificate request is not in order: {0}")]
    Request(&'static str),
    /// The certificate library refused.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A certificate of the authority's chain has ended; the authority can issue nothing any more.
    #[error("the authority's certificate has ended")]
    Ended,
    /// The hub does not believe its own clock.
    #[error("the hub does not believe its own clock, so it signs no certificates")]
    Doubted,
    /// A time that a certificate cannot express.
    #[error("the clock is out of range")]
    Clock,
}

/// How long certificates live. Tests make them short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lives {
    /// The life of an office's certificate.
    pub node: Duration,
    /// The life of the hub's own certificate.
    pub hub: Duration,
    /// How long after its end an office's certificate may still be used to ask for renewal.
    pub lapsed: Duration,
}

impl Default for Lives {
    fn default() -> Self {
        Self { node: limits::NODE_CERTIFICATE, hub: limits::HUB_CERTIFICATE, lapsed: limits::LAPSED }
    }
}

/// A certificate for an office, just made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// The certificate in DER.
    pub certificate: CertificateDer<'static>,
    /// SHA-256 of the public key that the certificate is for.
    pub key: Hash,
    /// SHA-256 of the certificate.
    pub hash: Hash,
    /// `notAfter` of the certificate, Unix seconds.
    pub not_after: u64,
}

/// Names of the files of an authority.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Files {
    /// The private key (PKCS#8 in PEM).
    pub key: &'static str,
    /// The certificates in PEM: the issuing one first, the trusted one last.
    pub certificates: &'static str,
}

/// Files of the authority that is in use.
pub const CURRENT: Files = Files { key: AUTHORITY_KEY, certificates: keys::AUTHORITY_CERTIFICATE };
/// Files of the authority that takes over.
pub const NEXT: Files = Files { key: "authority.next.key", certificates: "authority.next.crt" };

/// An authority that is ready to issue certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Never empty: the issuing certificate first, the trusted one last.
    chain: Vec<CertificateDer<'static>>,
    /// When the first certificate of the chain ends, Unix seconds. No issued certificate lives longer.
    ends: u64,
    lives: Lives,
}

impl Authority {
    /// Makes a new authority in `folder`, which must hold none. `name` stands in the certificate, for people. `now` is
    /// in Unix seconds, here and in all functions below.
    pub fn init(folder: &Path, name: &str, now: u64) -> Result<Self, AuthorityError> {
        for file in [CURRENT.key, CURRENT.certificates] {
            if folder.join(file).exists() {
                return Err(AuthorityError::Exists(folder.to_owned()));
            }
        }
        Self::make(folder, CURRENT, name, now)
    }

    /// Makes a new authority in these files and overwrites what they hold. The key is written first: a crash then
    /// leaves a key without certificates, which is not taken for an authority.
    pub(crate) fn make(folder: &Path, files: Files, name: &str, now: u64) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params(name, now, now.saturating_add(limits::AUTHORITY_CERTIFICATE.as_secs()))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.der().clone();
        keys::make_folder(folder)?;
        let pem = zeroize::Zeroizing::new(key.serialize_pem());
        keys::write_private(&folder.join(files.key), pem.as_bytes())?;
        keys::save_certificates(&folder.join(files.certificates), std::slice::from_ref(&certificate))?;
        Self::new(key, vec![certificate], folder)
    }

    /// Reads the authority in use from `folder`. Its files may have been made elsewhere.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        Self::read(folder, CURRENT)
    }

    /// Reads an authority from the named files.
    pub(crate) fn read(folder: &Path, files: Files) -> Result<Self, AuthorityError> {
        let chain = keys::load_certificates(&folder.join(files.certificates))?;
        Self::new(read_key(folder, files)?, chain, folder)
    }

    fn new(key: KeyPair, chain: Vec<CertificateDer<'static>>, folder: &Path) -> Result<Self, AuthorityError> {
        let wrong = || AuthorityError::Mismatch(folder.to_owned());
        let issuing = chain.first().filter(|issuing| belongs(&key, issuing)).ok_or_else(wrong)?;
        if chain.len() >= limits::CHAIN || chain.iter().any(|der| der.len() > limits::AUTHORITY_DER) {
            return Err(wrong());
        }
        for pair in chain.windows(2) {
            signed_by(&pair[0], &pair[1]).map_err(|_| wrong())?;
        }
        let mut ends = u64::MAX;
        for certificate in &chain {
            ends = ends.min(certificate::life(certificate).map_err(|_| wrong())?.1);
        }
        let issuer = Issuer::from_ca_cert_der(issuing, key)?;
        Ok(Self { issuer, chain, ends, lives: Lives::default() })
    }

    /// The same authority, with other lives for the certificates that it issues.
    pub fn living(self, lives: Lives) -> Self {
        Self { lives, ..self }
    }

    /// The certificate that every machine of the province trusts.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.chain[self.chain.len() - 1]
    }

    /// The chain between issued certificates and the trusted one; empty if the trusted certificate issues directly.
    pub fn between(&self) -> &[CertificateDer<'static>] {
        &self.chain[..self.chain.len() - 1]
    }

    /// SHA-256 of the trusted certificate; enrolment codes carry it.
    pub fn fingerprint(&self) -> Hash {
        fingerprint(self.certificate())
    }

    /// When the first certificate of the chain ends, Unix seconds.
    pub fn ends(&self) -> u64 {
        self.ends
    }

    /// How long issued certificates live.
    pub fn lives(&self) -> Lives {
        self.lives
    }

    /// When a certificate that is issued now with this life ends, Unix seconds: never later than the chain above it.
    fn until(&self, now: u64, life: Duration) -> Result<u64, AuthorityError> {
        if self.ends <= now {
            return Err(AuthorityError::Ended);
        }
        Ok(now.saturating_add(life.as_secs()).min(self.ends))
    }

    /// Issues a key and a certificate for the hub's listeners, valid for the hosts of these `host:port`. The leaf is
    /// followed by its chain up to and including the trusted certificate. Key and certificate are kept in memory only:
    /// the hub makes new ones at each start, and before they end while it runs.
    pub fn issue_server(&self, addresses: &[&str], now: u64) -> Result<TlsIdentity, AuthorityError> {
        let mut params = params("truc-hub", now, self.until(now, self.lives.hub)?)?;
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
        Ok(TlsIdentity { certificates: self.chain_from(leaf), key })
    }

    /// A certificate followed by its chain, the trusted certificate last.
    pub fn chain_from(&self, leaf: CertificateDer<'static>) -> Vec<CertificateDer<'static>> {
        [leaf].into_iter().chain(self.chain.iter().cloned()).collect()
    }

    /// Issues a certificate for an office on the key of its request. Nothing else of the request is used: the hub
    /// decides what a certificate says.
    pub fn issue_office(&self, office: OfficeId, csr: &[u8], now: u64) -> Result<Issued, AuthorityError> {
        if csr.len() > limits::CSR {
            return Err(AuthorityError::Request("too large"));
        }
        let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr))
            .map_err(|_| AuthorityError::Request("malformed or not signed by its own key"))?;
        let key = &request.public_key;
        // The library tells the kind of key from the signature algorithm alone, so the form of the key is checked too.
        let p256 = PublicKeyData::algorithm(key) == &PKCS_ECDSA_P256_SHA256
            && key.der_bytes().len() == 65
            && key.der_bytes()[0] == 4;
        let ed25519 = PublicKeyData::algorithm(key) == &PKCS_ED25519 && key.der_bytes().len() == 32;
        if !p256 && !ed25519 {
            return Err(AuthorityError::Request("neither an ECDSA P-256 nor an Ed25519 key"));
        }
        self.issue(office, key, now)
    }

    /// Issues a new certificate for an office on the key of an earlier certificate (SubjectPublicKeyInfo, DER).
    pub fn renew_office(&self, office: OfficeId, key: &[u8], now: u64) -> Result<Issued, AuthorityError> {
        self.issue(office, &SubjectPublicKeyInfo::from_der(key)?, now)
    }

    fn issue(&self, office: OfficeId, key: &impl PublicKeyData, now: u64) -> Result<Issued, AuthorityError> {
        let not_after = self.until(now, self.lives.node)?;
        let mut params = params(&office.to_string(), now, not_after)?;
        params.subject_alt_names = vec![SanType::URI(format!("{OFFICE_URN}{office}").try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(key, &self.issuer)?.der().clone();
        let hash = fingerprint(&certificate);
        Ok(Issued { certificate, key: fingerprint(&key.subject_public_key_info()), hash, not_after })
    }
}

/// Reads the private key from an authority's files.
pub(crate) fn read_key(folder: &Path, files: Files) -> Result<KeyPair, AuthorityError> {
    let path = folder.join(files.key);
    let pem = keys::read_private(&path)?;
    let key = std::str::from_utf8(&pem).ok().and_then(|text| KeyPair::from_pem(text).ok());
    Ok(key.ok_or(KeyError::Format { path, what: "private key (PKCS#8)" })?)
}

/// What all certificates of the authority share: a random serial, a life, key usage, the authority's key id.
fn params(name: &str, now: u64, until: u64) -> Result<CertificateParams, AuthorityError> {
    let at = |seconds: u64| {
        let seconds = i64::try_from(seconds).map_err(|_| AuthorityError::Clock)?;
        OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| AuthorityError::Clock)
    };
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&keys::random::<16>()?));
    // The start is backdated by at most 1 % of the life, so that a short life does not begin long before it is issued.
    let backdate = limits::CERTIFICATE_BACKDATE.as_secs().min(until.saturating_sub(now) / 100);
    params.not_before = at(now.saturating_sub(backdate))?;
    params.not_after = at(until)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

pub(crate) fn belongs(key: &KeyPair, certificate: &CertificateDer<'_>) -> bool {
    use x509_parser::prelude::{FromDer, X509Certificate};
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.public_key().raw == key.subject_public_key_info())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::MetadataExt;

    use truc_node::identity::certificate::read;
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
        assert_eq!(read(&issue(&good).unwrap().certificate).unwrap().office, office);
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
