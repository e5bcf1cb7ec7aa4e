//! TLS 1.3 of a node: its own certificate to show, and the province's authorities as the only trusted roots.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use truc_proto::id::Hash;

use super::certificate::{self, fingerprint};
use super::keys::{TlsIdentity, provider};
use crate::clock::Clock;

/// Configuration for sessions: shows this machine's certificate and trusts only the authorities named by the hub.
pub fn session_config(
    identity: TlsIdentity,
    authorities: &[CertificateDer<'static>],
    clock: Clock,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    session_config_after(identity, authorities, clock, 0)
}

/// The same. `floor`: Unix seconds of a moment that has passed by the hub's word.
pub fn session_config_after(
    identity: TlsIdentity,
    authorities: &[CertificateDer<'static>],
    clock: Clock,
    floor: u64,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let config = ClientConfig::builder_with_details(provider(), Arc::new(clock.after(floor)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Patient { chain, clock }))
        .with_client_auth_cert(identity.certificates, identity.key)?;
    Ok(finish(config))
}

/// Configuration for enrolment: no certificate to show yet; trusts only the authority with this fingerprint.
pub fn enrolment_config(authority: Hash) -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { authority, provider: provider() }))
        .with_no_client_auth();
    Ok(finish(config))
}

fn finish(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would skip the certificate check at the hub, so neither end uses resumption.
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// Verifies a hub's certificate, but accepts one that is not valid *yet*: this machine's clock is behind then (its
/// battery died), so the certificate is judged as of its first moment. One that has ended by the hub's word counts if it
/// has not by this machine's clock: the hub's may have been wrong. One that has ended by both stays refused.
#[derive(Debug)]
struct Patient {
    chain: Arc<WebPkiServerVerifier>,
    clock: Clock,
}

impl ServerCertVerifier for Patient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verify =
            |now| self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match patient(end_entity, now, verify) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            )) => verify(UnixTime::since_unix_epoch(Duration::from_secs(self.clock.now()))),
            verified => verified,
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

/// Verifies as of now, or as of the certificate's first moment if that is still to come.
fn patient<T>(
    certificate: &CertificateDer<'_>,
    now: UnixTime,
    verify: impl Fn(UnixTime) -> Result<T, rustls::Error>,
) -> Result<T, rustls::Error> {
    let begins = || certificate::life(certificate).ok().map(|(begins, _)| Duration::from_secs(begins));
    match verify(now) {
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => verify(begins().map_or(now, UnixTime::since_unix_epoch)),
        verified => verified,
    }
}

/// Accepts a server whose chain contains the authority that the enrolment code names, and is valid under it, now or
/// later: one of the two clocks may be wrong.
#[derive(Debug)]
struct Pinned {
    authority: Hash,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates
            .iter()
            .find(|certificate| fingerprint(certificate) == self.authority)
            .ok_or(CertificateError::UnknownIssuer)?;
        // Intermediate certificates, where the hub's authority stands below another.
        let between: Vec<_> =
            intermediates.iter().filter(|certificate| *certificate != authority).cloned().collect();
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
        let verify = |now| verifier.verify_server_cert(end_entity, &between, server_name, ocsp_response, now);
        patient(end_entity, now, verify)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
