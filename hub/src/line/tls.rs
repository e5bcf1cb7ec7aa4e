//! The hub's side of TLS: version 1.3 only, every certificate looked up at every handshake, no resumption.

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
    /// In force for this office.
    Valid(OfficeId),
    /// Revoked, or its machine was replaced by a newer one; the peer is told.
    Revoked,
    /// The registry does not know it.
    Unknown,
}

/// The lookup of a certificate: asked in every handshake, and again and again while a session lasts.
pub trait CertificateLookup: Debug + Send + Sync {
    /// The standing of the certificate with this SHA-256, on the key with that SHA-256. Renewals keep the key, so that
    /// all certificates of one machine stand or fall together, and a hub that went back still knows certificates that
    /// it issued in between.
    fn standing(&self, certificate: &Hash, key: &Hash) -> Standing;

    /// What logs call an office: its code and name, where they are known.
    fn named(&self, office: OfficeId) -> String {
        office.to_string()
    }
}

/// The standings of TLS keys and certificates, in memory. The map is keyed by key; by certificate for credentials of
/// older hubs, which do not name the key. It is replaced as a whole when the registry changes.
#[derive(Debug, Default)]
pub struct Certificates {
    standings: ArcSwap<HashMap<Hash, Standing>>,
    names: ArcSwap<HashMap<OfficeId, String>>,
}

impl Certificates {
    /// Replaces all standings.
    pub fn replace(&self, all: HashMap<Hash, Standing>) {
        self.standings.store(Arc::new(all));
    }

    /// Replaces the names by which logs call offices.
    pub fn name(&self, names: HashMap<OfficeId, String>) {
        self.names.store(Arc::new(names));
    }

    /// Sets the standing of one key or certificate. It copies the whole map: for single changes, not for loading.
    pub fn set(&self, name: Hash, standing: Standing) {
        self.standings.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(name, standing);
            all
        });
    }
}

impl CertificateLookup for Certificates {
    fn standing(&self, certificate: &Hash, key: &Hash) -> Standing {
        let all = self.standings.load();
        all.get(key).or_else(|| all.get(certificate)).copied().unwrap_or(Standing::Unknown)
    }

    fn named(&self, office: OfficeId) -> String {
        self.names.load().get(&office).cloned().unwrap_or_else(|| office.to_string())
    }
}

/// What the session listener shows, trusts and asks.
#[derive(Clone, Debug)]
pub struct SessionTls {
    /// The hub's key and certificate. The chain up to, and without, the trusted certificate is sent along.
    pub identity: TlsIdentity,
    /// The authorities, one of which must have issued a peer's certificate, directly or through others.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The registry, which must know the certificate.
    pub gate: Arc<dyn CertificateLookup>,
    /// How long after its end a certificate may still be used to ask for renewal. Before its beginning it always may.
    pub lapsed: Duration,
    /// The clock by which certificates are judged.
    pub clock: Clock,
}

/// TLS for the session listener: the peer must show a certificate of an authority that the gate accepts.
pub fn session_config(door: SessionTls) -> Result<Arc<ServerConfig>, rustls::Error> {
    let SessionTls { identity, authorities, gate, lapsed, clock } = door;
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
        .with_client_cert_verifier(Arc::new(RegistryVerifier { chain, gate, lapsed }))
        .with_single_cert(shown.collect(), identity.key)?;
    Ok(finish(config))
}

/// TLS for the enrolment listener: no client certificate. The hub sends its authority along, which a new machine knows
/// only by the fingerprint in its code.
pub fn enrolment_config(identity: TlsIdentity) -> Result<Arc<ServerConfig>, rustls::Error> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(identity.certificates, identity.key)?;
    Ok(finish(config))
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    // When a session is resumed, rustls asks no verifier: a revoked node would get in.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

/// Verifies a peer's certificate: first its chain, then its standing in the registry.
#[derive(Debug)]
struct RegistryVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    gate: Arc<dyn CertificateLookup>,
    lapsed: Duration,
}

impl RegistryVerifier {
    /// Verifies the chain as of now; or as of the certificate's end, if that was less than `lapsed` ago; or as of its
    /// beginning, if that is still to come, since a clock was wrong when it was made. Such callers may only ask for
    /// renewal; see [`crate::line::caller::Caller`].
    fn verify_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        (not_before, not_after): (u64, u64),
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now);
        let lapsed = if planted("certificates.lapsed.for-ever") { u64::MAX } else { self.lapsed.as_secs() };
        let renewable = not_after < now.as_secs() && now.as_secs() - not_after <= lapsed;
        let early = not_before > now.as_secs() && !planted("certificates.early.locked-out");
        if verified.is_ok() || !renewable && !early {
            return verified;
        }
        let chain: Vec<CertificateDer<'_>> = [end_entity].into_iter().chain(intermediates).cloned().collect();
        let good = Duration::from_secs(certificate::moment_within(&chain, now.as_secs()));
        self.chain.verify_client_cert(end_entity, intermediates, UnixTime::since_unix_epoch(good))
    }
}

impl ClientCertVerifier for RegistryVerifier {
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
        let life = certificate::life(end_entity).map_err(strange)?;
        let leaf = certificate::read(end_entity).map_err(strange)?;
        let standing = self.gate.standing(&leaf.hash, &leaf.key_hash);
        let known = standing == Standing::Revoked || standing == Standing::Valid(leaf.office);
        let refused = |reason: &dyn Debug| {
            if known {
                let office = self.gate.named(leaf.office);
                tracing::warn!(office, ?reason, "the machine of an office is refused");
            }
        };
        let verified = self.verify_chain(end_entity, intermediates, life, now);
        let verified = verified.inspect_err(|error| refused(error))?;
        if standing == Standing::Revoked {
            refused(&standing);
        }
        match standing {
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
