//! TLS connections to the hub: this machine's certificate, the province's authorities as the only roots.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig};
use tokio::io::AsyncBufReadExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};
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

/// Which machine address answered last, so that the next call goes there first.
#[derive(Clone, Debug, Default)]
pub struct Answered(Arc<Mutex<Option<SocketAddr>>>);

impl Answered {
    fn get(&self) -> Option<SocketAddr> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, address: SocketAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }
}

/// Opens a TLS connection to the first of the hub's addresses that answers as the hub, and waits for its first bytes.
/// In TLS 1.3 the client's handshake ends before the hub has looked at the certificate; only the first bytes (HTTP/2
/// SETTINGS or an alert) tell whether it was accepted.
pub async fn open_any(
    addresses: &[String],
    answered: &Answered,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let mut failed = None;
    let mut ways = Vec::new();
    for found in futures_util::future::join_all(addresses.iter().map(|address| resolve(address))).await {
        match found {
            Ok(found) => ways.push(found),
            Err(error) => worst(&mut failed, error),
        }
    }
    let mut ways = in_turn(ways);
    if let Some(known) = answered.get() {
        // Stable: the rest stays in its order.
        ways.sort_by_key(|(_, address)| *address != known);
    }
    let mut race = Race::new(ways, |(_, address)| async move {
        timeout(limits::CONNECT, TcpStream::connect(address))
            .await
            .map_err(|_| too_slow())?
            .map_err(Into::into)
    });
    while let Some(((name, address), connected)) = race.next().await {
        let opened = match connected {
            Ok(tcp) => handshake(tcp, name, Arc::clone(&config)).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(tls) => {
                answered.set(address);
                return Ok(tls);
            }
            // It is the hub, and its word counts at each of its addresses.
            Err(refused @ ConnectError::Refused(_)) => return Err(refused),
            Err(error) => worst(&mut failed, error),
        }
    }
    Err(failed.unwrap_or_else(|| ConnectError::Configuration("no address of the hub is known".into())))
}

/// As [`open_any`], at one address.
pub async fn open(address: &str, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, ConnectError> {
    open_any(&[address.to_owned()], &Answered::default(), config).await
}

/// Keeps the error that tells most: another's machine at an address is worth more than an address that is dead.
fn worst(kept: &mut Option<ConnectError>, error: ConnectError) {
    let tells = |error: &ConnectError| match error {
        ConnectError::Refused(_) => 3,
        ConnectError::NotTheHub(_) => 2,
        ConnectError::Network(_) => 1,
        ConnectError::Configuration(_) => 0,
    };
    if kept.as_ref().is_none_or(|kept| tells(kept) < tells(&error)) {
        *kept = Some(error);
    }
}

type Way = (ServerName<'static>, SocketAddr);

/// The machine addresses of `host:port`, those of both families in turn, as RFC 8305 has it.
async fn resolve(address: &str) -> Result<Vec<Way>, ConnectError> {
    let wrong = || ConnectError::Configuration(format!("{address} is not host:port"));
    let (host, port) = split_address(address).ok_or_else(wrong)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
    let found = timeout(limits::CONNECT, lookup_host((host, port))).await.map_err(|_| too_slow())??;
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) = found.partition(SocketAddr::is_ipv6);
    Ok(in_turn(vec![first, second]).into_iter().map(|address| (name.clone(), address)).collect())
}

/// The first of each list, then the second of each, and so on: at most [`limits::HUB_WAYS`].
fn in_turn<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let round: Vec<T> = lists.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() || all.len() >= limits::HUB_WAYS {
            all.truncate(limits::HUB_WAYS);
            return all;
        }
        all.extend(round);
    }
}

async fn handshake(
    tcp: TcpStream,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ConnectError> {
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

/// Tries ways one after the other, each [`limits::NEXT_WAY`] after the one before or as soon as that has failed, and
/// goes on with those begun: a dead address costs a moment, not the call.
struct Race<W, C, F> {
    waiting: std::vec::IntoIter<W>,
    connect: C,
    begun: FuturesUnordered<F>,
}

impl<W, C, F, T> Race<W, C, futures_util::future::Map<F, Box<dyn FnOnce(T) -> (W, T) + Send>>>
where
    W: Clone + Send + 'static,
    C: Fn(W) -> F,
    F: Future<Output = T>,
{
    fn new(ways: Vec<W>, connect: C) -> Self {
        Self { waiting: ways.into_iter(), connect, begun: FuturesUnordered::new() }
    }

    fn begin(&mut self) -> bool {
        let Some(way) = self.waiting.next() else { return false };
        let kept = way.clone();
        let named: Box<dyn FnOnce(T) -> (W, T) + Send> = Box::new(move |outcome| (kept, outcome));
        self.begun.push((self.connect)(way).map(named));
        true
    }

    /// The next way that came to an end, with its outcome; none: all have.
    async fn next(&mut self) -> Option<(W, T)> {
        loop {
            let more = self.begin();
            if self.begun.is_empty() {
                return None;
            }
            tokio::select! {
                Some(ended) = self.begun.next() => return Some(ended),
                () = sleep(limits::NEXT_WAY), if more => {}
            }
        }
    }
}

fn too_slow() -> ConnectError {
    ConnectError::Network(Arc::new(io::ErrorKind::TimedOut.into()))
}

/// Opens connections for tonic; pass it to `Endpoint::connect_with_connector` of an [`endpoint`].
#[derive(Clone, Debug)]
pub struct HubConnector {
    addresses: Arc<[String]>,
    answered: Answered,
    config: Arc<ClientConfig>,
}

impl tower::Service<Uri> for HubConnector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { addresses, answered, config } = self.clone();
        Box::pin(async move { open_any(&addresses, &answered, config).await.map(TokioIo::new) })
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

/// As [`connect_any`], at one address.
pub async fn connect(address: &str, config: Arc<ClientConfig>) -> Result<Channel, ConnectError> {
    connect_any(&[address.to_owned()], &Answered::default(), config).await
}

/// Connects to a hub at the first of its addresses that answers; a failure has a typed reason.
pub async fn connect_any(
    addresses: &[String],
    answered: &Answered,
    config: Arc<ClientConfig>,
) -> Result<Channel, ConnectError> {
    let none = || ConnectError::Configuration("no address of the hub is known".into());
    let endpoint = endpoint(addresses.first().ok_or_else(none)?)?;
    let connector = HubConnector { addresses: addresses.into(), answered: answered.clone(), config };
    endpoint.connect_with_connector(connector).await.map_err(|error| {
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

    #[tokio::test]
    async fn a_dead_address_costs_a_moment() {
        let began = std::time::Instant::now();
        let mut race = Race::new(vec!["dead", "slow", "good"], |way| async move {
            match way {
                "dead" => std::future::pending().await,
                "slow" => Err("refused"),
                _ => Ok(()),
            }
        });
        assert_eq!(race.next().await, Some(("slow", Err("refused"))));
        assert_eq!(race.next().await, Some(("good", Ok(()))), "without waiting for the dead one");
        assert!(began.elapsed() < limits::CONNECT / 2, "{:?}", began.elapsed());
        let mut none = Race::new(Vec::<u8>::new(), |_| async {});
        assert_eq!(none.next().await, None);
    }

    #[test]
    fn ways_alternate_between_names_and_families() {
        assert_eq!(in_turn(vec![vec![1, 2, 3], vec![], vec![9]]), [1, 9, 2, 3]);
        assert_eq!(in_turn(vec![vec![0; 100]; 3]).len(), limits::HUB_WAYS);
    }

    #[test]
    fn the_error_that_tells_most_is_kept() {
        let network = || ConnectError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        let stranger = || {
            ConnectError::NotTheHub(rustls::Error::InvalidCertificate(
                rustls::CertificateError::UnknownIssuer,
            ))
        };
        for order in [[network(), stranger()], [stranger(), network()]] {
            let mut kept = None;
            order.into_iter().for_each(|error| worst(&mut kept, error));
            assert!(matches!(kept, Some(ConnectError::NotTheHub(_))), "{kept:?}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_a_matter_of_configuration() {
        assert!(matches!(endpoint("hub"), Err(ConnectError::Configuration(_))));
        assert!(endpoint("[::1]:7443").is_ok());
    }
}
