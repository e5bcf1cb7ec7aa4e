//! The hub's side of TLS: 1.3 only, every certificate looked up at every handshake, nothing resumed.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
};
use truc_node::certificate::{fingerprint, office_of};
use truc_node::keys::TlsIdentity;
use truc_node::tls::provider;
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
    /// The standing of the certificate with this SHA-256.
    fn standing(&self, certificate: &Hash) -> Standing;
}

/// The registry's certificates in memory; replaced as a whole when the registry changes.
#[derive(Debug, Default)]
pub struct Certificates(ArcSwap<HashMap<Hash, Standing>>);

impl Certificates {
    /// From now on, these and no others.
    pub fn replace(&self, all: HashMap<Hash, Standing>) {
        self.0.store(Arc::new(all));
    }

    /// One certificate changed; the others stay. Copies the whole: for single events, not for loading.
    pub fn set(&self, certificate: Hash, standing: Standing) {
        self.0.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(certificate, standing);
            all
        });
    }
}

impl Gate for Certificates {
    fn standing(&self, certificate: &Hash) -> Standing {
        self.0.load().get(certificate).copied().unwrap_or(Standing::Unknown)
    }
}

/// For the listener of sessions: a certificate of the authority is required, and the gate must know it.
pub fn session_config(
    identity: TlsIdentity,
    authority: CertificateDer<'static>,
    gate: Arc<dyn Gate>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(Gated { chain, gate }))
        // The node has the authority already.
        .with_single_cert(identity.certificates.into_iter().take(1).collect(), identity.key)?;
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
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        let named = office_of(end_entity).map_err(|_| CertificateError::ApplicationVerificationFailure)?;
        match self.gate.standing(&fingerprint(end_entity)) {
            Standing::Valid(office) if office == named => Ok(verified),
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
