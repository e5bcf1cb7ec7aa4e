//! TLS connections to the hub: this machine's certificate, the province's authorities as the only roots.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig};
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use truc_proto::code::split_address;
use truc_proto::limits;

/// Why the hub refused this machine, as far as its TLS alert tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The certificate was revoked: a person must find out why, and enrol anew.
    Revoked,
    /// The certificate has expired, or one of the two clocks is wrong.
    Expired,
    /// The hub does not know the certificate: it is another province's, or was replaced.
    Unknown,
    /// Any other alert about the certificate.
    Other,
}

/// Why there is no connection to the hub.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The hub was reached and refused this machine's certificate.
    #[error("the hub refused this machine's certificate: {0:?}")]
    Refused(Refusal),
    /// The other end is not the hub of this machine's authority, or this machine's clock is wrong.
    #[error("the other end is not the hub we trust: {0}")]
    NotTheHub(rustls::Error),
    /// Network, name, port or time limit. Worth another try.
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

    /// Finds the reason within an error of tonic: in TLS 1.3 a refusal may show only at a later call. None: the error
    /// has another cause.
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

/// Opens a TLS connection and waits for the hub's first bytes. In TLS 1.3 the client's handshake ends before the hub
/// has looked at the certificate; only the first bytes (HTTP/2 SETTINGS or an alert) tell whether it was accepted.
pub async fn open(address: &str, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, ConnectError> {
    let wrong = || ConnectError::Configuration(format!("{address} is not host:port"));
    let (host, port) = split_address(address).ok_or_else(wrong)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
    let tcp = timeout(limits::CONNECT, TcpStream::connect((host, port))).await.map_err(|_| too_slow())??;
    tcp.set_nodelay(true)?;
    let handshake = async {
        let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
        if tls.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(ConnectError::Network(Arc::new(io::ErrorKind::Unsupported.into())));
        }
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

/// Opens connections for tonic; pass it to `Endpoint::connect_with_connector` of an [`endpoint`].
#[derive(Clone, Debug)]
pub struct HubConnector {
    config: Arc<ClientConfig>,
}

impl HubConnector {
    /// A connector with the TLS configuration of sessions or of enrolment.
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

/// The endpoint of a hub, with every HTTP/2 setting of `limits`. The scheme is `http` on purpose: with `https`, tonic
/// would use its own TLS, which knows no pinned authority and no typed refusal.
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

/// Connects to a hub; a failure has a typed reason.
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
        let not_the_hub = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
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
