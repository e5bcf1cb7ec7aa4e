//! The hub's side of TLS: 1.3 only, every certificate looked up at every handshake, nothing resumed.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
};
use truc_node::clock::Clock;
use truc_node::identity::certificate;
use truc_node::identity::keys::{TlsIdentity, provider};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};

/// What the registry says of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// In force, for this office.
    Valid(OfficeId),
    /// Revoked: its bearer hears so.
    Revoked,
    /// Never issued, or replaced.
    Unknown,
}

/// Looked at in every handshake, and by every session again and again while it lasts.
pub trait Gate: Debug + Send + Sync {
    /// The standing of the certificate with this SHA-256, on the key with that SHA-256. Renewals keep the key, so
    /// all certificates of one machine stand or fall together, and a hub that was set back knows those that it
    /// gave out since.
    fn standing(&self, certificate: &Hash, key: &Hash) -> Standing;
}

/// The registry's keys and certificates in memory (those of which an older hub did not say the key); replaced as a whole when the registry changes.
#[derive(Debug, Default)]
pub struct Certificates(ArcSwap<HashMap<Hash, Standing>>);

impl Certificates {
    /// From now on, these and no others.
    pub fn replace(&self, all: HashMap<Hash, Standing>) {
        self.0.store(Arc::new(all));
    }

    /// One key or certificate changed; the others stay. Copies the whole: for single events, not for loading.
    pub fn set(&self, name: Hash, standing: Standing) {
        self.0.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(name, standing);
            all
        });
    }
}

impl Gate for Certificates {
    fn standing(&self, certificate: &Hash, key: &Hash) -> Standing {
        let all = self.0.load();
        all.get(key).or_else(|| all.get(certificate)).copied().unwrap_or(Standing::Unknown)
    }
}

/// What the listener of sessions goes by.
#[derive(Clone, Debug)]
pub struct Door {
    /// What it shows; what leads to the trusted authority is sent along, the trusted one itself is not.
    pub identity: TlsIdentity,
    /// One of them must stand behind a caller's certificate.
    pub authorities: Vec<CertificateDer<'static>>,
    /// And the registry must know it.
    pub gate: Arc<dyn Gate>,
    /// How long after its end a certificate still opens renewal.
    pub lapsed: Duration,
    /// What time it is.
    pub clock: Clock,
}

/// For the listener of sessions: a certificate of an authority is required, and the gate must know it.
pub fn session_config(door: Door) -> Result<Arc<ServerConfig>, rustls::Error> {
    let Door { identity, authorities, gate, lapsed, clock } = door;
    let mut roots = RootCertStore::empty();
    for authority in &authorities {
        roots.add(authority.clone())?;
    }
    let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let shown = identity.certificates.into_iter().filter(|certificate| !authorities.contains(certificate));
    let config = ServerConfig::builder_with_details(provider(), Arc::new(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(Gated { chain, gate, lapsed }))
        .with_single_cert(shown.collect(), identity.key)?;
    Ok(finish(config))
}

/// For the enrolment listener: no client certificate. The chain includes the authority, which the
/// newcomer knows by its fingerprint only.
pub fn enrolment_config(identity: TlsIdentity) -> Result<Arc<ServerConfig>, rustls::Error> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(identity.certificates, identity.key)?;
    Ok(finish(config))
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    // rustls asks no verifier when a session is resumed: a revoked node would walk in.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

/// The chain first, then the registry.
#[derive(Debug)]
struct Gated {
    chain: Arc<dyn ClientCertVerifier>,
    gate: Arc<dyn Gate>,
    lapsed: Duration,
}

impl Gated {
    /// The chain as of now; as of the certificate's last moment if that has passed, but not long ago: such a caller
    /// may renew, see [`crate::line::caller::Caller`].
    fn verify_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        not_after: u64,
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now);
        let lapsed = if planted("certificates.lapsed.for-ever") { u64::MAX } else { self.lapsed.as_secs() };
        let renewable = not_after < now.as_secs() && now.as_secs() - not_after <= lapsed;
        if verified.is_ok() || !renewable {
            return verified;
        }
        let last = UnixTime::since_unix_epoch(Duration::from_secs(not_after));
        self.chain.verify_client_cert(end_entity, intermediates, last)
    }
}

impl ClientCertVerifier for Gated {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let strange = |_| CertificateError::ApplicationVerificationFailure;
        let not_after = certificate::life(end_entity).map_err(strange)?.1;
        let verified = self.verify_chain(end_entity, intermediates, not_after, now)?;
        let leaf = certificate::read(end_entity).map_err(strange)?;
        match self.gate.standing(&leaf.hash, &leaf.key_hash) {
            Standing::Valid(office) if office == leaf.office || planted("certificates.office.any") => {
                Ok(verified)
            }
            Standing::Revoked => Err(CertificateError::Revoked.into()),
            Standing::Valid(_) | Standing::Unknown => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
