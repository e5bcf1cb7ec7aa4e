//! The line to the hub: TLS 1.3 with our own certificate, the province's authority as the only root.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use truc_proto::code::split_address;
use truc_proto::id::Hash;
use truc_proto::limits;

use crate::certificate::{self, fingerprint};
use crate::clock::Clock;
use crate::keys::TlsIdentity;

/// Why the hub will not have this machine, as far as its TLS alert tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The certificate was revoked: a person must say why and enrol anew.
    Revoked,
    /// The certificate has expired, or one of the two clocks is wrong.
    Expired,
    /// The hub does not know this certificate: another province's, or one that was replaced.
    Unknown,
    /// Any other alert on our certificate.
    Other,
}

/// Why there is no line to the hub.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The hub was reached and refused our certificate.
    #[error("the hub refused this machine's certificate: {0:?}")]
    Refused(Refusal),
    /// Somebody was reached who is not the hub of our authority, or our clock is wrong.
    #[error("the other end is not the hub we trust: {0}")]
    NotTheHub(rustls::Error),
    /// Neither: the line, the name, the port, a time limit. Worth another try.
    #[error("the hub cannot be reached: {0}")]
    Network(Arc<io::Error>),
    /// The address in the configuration is not `host:port`, or the keys do not make a TLS identity.
    #[error("the configuration does not allow a connection: {0}")]
    Configuration(String),
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        match rustls_error_in(&error) {
            Some(tls) => Self::from_tls(tls),
            None => Self::Network(Arc::new(error)),
        }
    }
}

impl ConnectError {
    fn from_tls(error: &rustls::Error) -> Self {
        use AlertDescription as Alert;
        match error {
            rustls::Error::AlertReceived(alert) => match alert {
                Alert::CertificateRevoked => Self::Refused(Refusal::Revoked),
                Alert::CertificateExpired => Self::Refused(Refusal::Expired),
                Alert::UnknownCA | Alert::AccessDenied => Self::Refused(Refusal::Unknown),
                Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateUnknown
                | Alert::CertificateRequired
                | Alert::DecryptError => Self::Refused(Refusal::Other),
                _ => Self::Network(Arc::new(io::Error::other(error.clone()))),
            },
            rustls::Error::InvalidCertificate(_) => Self::NotTheHub(error.clone()),
            _ => Self::Network(Arc::new(io::Error::other(error.clone()))),
        }
    }

    /// Finds the reason in what tonic made of it: in TLS 1.3 a refusal may show only at a later call.
    /// None: the error is not about the line.
    pub fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<ConnectError>() {
                return Some(found.clone());
            }
            if let Some(found) = error.downcast_ref::<io::Error>() {
                return Some(match rustls_error_in(found) {
                    Some(tls) => Self::from_tls(tls),
                    None => Self::Network(Arc::new(io::Error::new(found.kind(), found.to_string()))),
                });
            }
            next = error.source();
        }
        None
    }
}

fn rustls_error_in(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>()
}

/// The cryptography of all TLS here; never the process's default, which two libraries could fight over.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// For sessions: our certificate, and the authorities that the hub has told us; nobody else's.
pub fn session_config(
    identity: TlsIdentity,
    authorities: &[CertificateDer<'static>],
    clock: Clock,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let config = ClientConfig::builder_with_details(provider(), Arc::new(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Patient(chain)))
        .with_client_auth_cert(identity.certificates, identity.key)?;
    Ok(finish(config))
}

/// For enrolment: no certificate of our own yet; trusts exactly the authority with this fingerprint.
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
    // A resumed session would skip the certificate check at the hub, so neither end takes part in it.
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// As usual, but for a hub whose certificate is not valid *yet*: then our clock is behind, as on a machine whose
/// battery died, and the certificate is looked at as of its first moment. One that has ended stays refused.
#[derive(Debug)]
struct Patient(Arc<WebPkiServerVerifier>);

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
            |now| self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let begins = || certificate::life(end_entity).ok().map(|(begins, _)| Duration::from_secs(begins));
        match verify(now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            )) => verify(begins().map_or(now, UnixTime::since_unix_epoch)),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Accepts a server whose chain contains the authority that the enrolment code names, and is valid under it.
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
        // What may lie between, where the authority is not the hub's own.
        let between: Vec<_> =
            intermediates.iter().filter(|certificate| *certificate != authority).cloned().collect();
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, &between, server_name, ocsp_response, now)
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

/// Opens a TLS connection and waits for the hub's first bytes. In TLS 1.3 our side is done before the hub
/// has looked at our certificate; its first bytes (HTTP/2 SETTINGS, or the alert) tell which it is.
pub async fn open(address: &str, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, ConnectError> {
    let wrong = || ConnectError::Configuration(format!("{address} is not host:port"));
    let (host, port) = split_address(address).ok_or_else(wrong)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
    let tcp = timeout(limits::CONNECT, TcpStream::connect((host, port))).await.map_err(|_| too_slow())??;
    tcp.set_nodelay(true)?;
    let handshake = async {
        let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
        if tls.fill_buf().await?.is_empty() {
            return Err(ConnectError::Network(Arc::new(io::ErrorKind::UnexpectedEof.into())));
        }
        Ok(tls)
    };
    timeout(limits::TLS_HANDSHAKE, handshake).await.map_err(|_| too_slow())?
}

fn too_slow() -> ConnectError {
    ConnectError::Network(Arc::new(io::ErrorKind::TimedOut.into()))
}

/// Connects for tonic; hand it to `Endpoint::connect_with_connector` together with [`endpoint`].
#[derive(Clone, Debug)]
pub struct HubConnector {
    config: Arc<ClientConfig>,
}

impl HubConnector {
    /// With the configuration of a session or of an enrolment.
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self { config }
    }
}

impl tower::Service<Uri> for HubConnector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let config = Arc::clone(&self.config);
        Box::pin(async move {
            let address = uri.authority().map_or("", |authority| authority.as_str());
            open(address, config).await.map(TokioIo::new)
        })
    }
}

/// The endpoint of a hub with every HTTP/2 setting of `limits`. The scheme is `http` on purpose: with
/// `https` tonic would insist on its own TLS, which knows no pinned authority and no typed refusal.
pub fn endpoint(address: &str) -> Result<Endpoint, ConnectError> {
    let wrong = || ConnectError::Configuration(format!("{address} is not host:port"));
    split_address(address).ok_or_else(wrong)?;
    Ok(Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_| wrong())?
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .http2_max_header_list_size(limits::HEADER_LIST)
        .http2_max_local_error_reset_streams(limits::LOCAL_ERROR_RESETS)
        .http2_keep_alive_interval(limits::KEEPALIVE_INTERVAL)
        .keep_alive_timeout(limits::KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true))
}

/// Connects to a hub, with a typed reason if that fails.
pub async fn connect(address: &str, config: Arc<ClientConfig>) -> Result<Channel, ConnectError> {
    endpoint(address)?.connect_with_connector(HubConnector::new(config)).await.map_err(|error| {
        ConnectError::within(&error)
            .unwrap_or_else(|| ConnectError::Network(Arc::new(io::Error::other(error.to_string()))))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn io_of(error: rustls::Error) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }

    #[test]
    fn a_refusal_is_told_from_a_broken_line() {
        let alert = |alert| ConnectError::from(io_of(rustls::Error::AlertReceived(alert)));
        assert!(matches!(
            alert(AlertDescription::CertificateRevoked),
            ConnectError::Refused(Refusal::Revoked)
        ));
        assert!(matches!(
            alert(AlertDescription::CertificateExpired),
            ConnectError::Refused(Refusal::Expired)
        ));
        assert!(matches!(alert(AlertDescription::UnknownCA), ConnectError::Refused(Refusal::Unknown)));
        assert!(matches!(alert(AlertDescription::AccessDenied), ConnectError::Refused(Refusal::Unknown)));
        assert!(matches!(
            alert(AlertDescription::CertificateRequired),
            ConnectError::Refused(Refusal::Other)
        ));
        assert!(matches!(alert(AlertDescription::InternalError), ConnectError::Network(_)));
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(matches!(ConnectError::from(broken), ConnectError::Network(_)));
        let not_the_hub = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(matches!(ConnectError::from(io_of(not_the_hub)), ConnectError::NotTheHub(_)));
    }

    #[test]
    fn the_reason_is_found_below_other_errors() {
        #[derive(Debug, thiserror::Error)]
        #[error("transport error")]
        struct Wrapped(#[source] io::Error);
        let error = Wrapped(io_of(rustls::Error::AlertReceived(AlertDescription::CertificateRevoked)));
        let found = ConnectError::within(&error);
        assert!(matches!(found, Some(ConnectError::Refused(Refusal::Revoked))), "{found:?}");
        assert!(ConnectError::within(&std::fmt::Error).is_none());
    }

    #[test]
    fn an_address_that_is_none_is_a_matter_of_configuration() {
        assert!(matches!(endpoint("hub"), Err(ConnectError::Configuration(_))));
        assert!(endpoint("[::1]:7443").is_ok());
    }
}
