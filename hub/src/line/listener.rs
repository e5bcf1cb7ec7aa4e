//! The listener: TCP, a bounded number of TLS handshakes at once, and connections with a known peer.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::Stream;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use truc_node::identity::certificate;
use truc_node::strangers::places::{ConnectionQuota, Slot};
use truc_node::strangers::prompt::Prompt;
use truc_node::strangers::throttle::network;
use truc_node::supervise;
use truc_proto::fault::planted;
use truc_proto::limits;

use crate::line::caller::{Caller, Peer, Source};
use crate::line::connections::{Connections, Lease, TurnedAway};

/// How many finished handshakes may wait for tonic to take them.
const READY: usize = 128;
/// Pause after a failed accept (usually: no file handles left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Largest HTTP/2 window, for tests that remove the limit.
const MOST_WINDOW: u32 = (1 << 31) - 1;
/// Largest HTTP/2 frame, for tests that remove the limit.
const MOST_FRAME: u32 = (1 << 24) - 1;
/// How long a refused client has to read why.
const LINGER: Duration = Duration::from_secs(1);

/// Settings that differ between installations and tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Length of the kernel's queue of connections not yet accepted. If it is too short, connections are lost when all
    /// offices come back at once.
    pub backlog: u32,
    /// How many handshakes from one address may be under way at once; offices behind one router need more.
    pub handshakes_per_source: usize,
    /// How many handshakes from all addresses may be under way at once.
    pub handshakes: usize,
    /// How long one handshake may take.
    pub handshake: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backlog: limits::BACKLOG,
            handshakes_per_source: limits::HANDSHAKES_PER_SOURCE,
            handshakes: set("limits.handshakes", limits::HANDSHAKES, usize::MAX),
            handshake: set("limits.handshake", limits::TLS_HANDSHAKE, limits::LAPSED),
        }
    }
}

/// `limit`; or `without`, if a test has planted the fault `name`, which removes the limit.
fn set<T>(name: &str, limit: T, without: T) -> T {
    if planted(name) { without } else { limit }
}

/// What a listener learns of the peer in a handshake, for its services.
pub trait Identify: Clone + Send + Sync + Sized + 'static {
    /// Whether a connection keeps its place among the handshakes until it closes. Where anybody may connect, the limits
    /// on handshakes then limit connections too.
    const UNTIL_CLOSED: bool;

    /// Identifies the peer. None: the connection is dropped. With a lease: the connection ends when the lease is over.
    fn identify(
        source: SocketAddr,
        tls: &rustls::ServerConnection,
        connections: &Arc<Connections>,
    ) -> Option<(Self, Option<Lease>)>;
}

impl Identify for Caller {
    const UNTIL_CLOSED: bool = false;

    fn identify(
        source: SocketAddr,
        tls: &rustls::ServerConnection,
        connections: &Arc<Connections>,
    ) -> Option<(Self, Option<Lease>)> {
        let chain = tls.peer_certificates()?;
        let leaf = certificate::read(chain.first()?).ok()?;
        let peer = Peer {
            source,
            office: leaf.office,
            certificate: leaf.hash,
            key: leaf.key_hash,
            public_key: leaf.public_key.into(),
            not_after: leaf.not_after,
        };
        let now = connections.clock().now();
        let caller = Self::new(peer, leaf.not_after < now || now < leaf.not_before);
        let chain = chain.iter().map(|der| der.clone().into_owned()).collect();
        let lease = connections.enter(caller.clone(), chain);
        Some((caller, Some(lease)))
    }
}

impl Identify for Source {
    const UNTIL_CLOSED: bool = true;

    fn identify(
        source: SocketAddr,
        _: &rustls::ServerConnection,
        _: &Arc<Connections>,
    ) -> Option<(Self, Option<Lease>)> {
        Some((Self(source), None))
    }
}

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct TlsConnection<P> {
    stream: Prompt<TlsStream<TcpStream>>,
    peer: P,
    lease: Option<Lease>,
    _place: Option<Slot>,
}

impl<P> TlsConnection<P> {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.lease.as_mut().is_some_and(|lease| lease.is_over(cx))
    }
}

impl<P: Identify> Connected for TlsConnection<P> {
    type ConnectInfo = P;

    fn connect_info(&self) -> P {
        self.peer.clone()
    }
}

impl<P: Unpin> AsyncRead for TlsConnection<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The peer sees an aborted connection, as if the line had failed.
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<P: Unpin> AsyncWrite for TlsConnection<P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A listener; it stops when dropped. A stream of connections for tonic's `serve_with_incoming_shutdown`.
#[derive(Debug)]
pub struct TlsListener<P> {
    address: SocketAddr,
    ready: mpsc::Receiver<TlsConnection<P>>,
    accepting: JoinHandle<()>,
}

impl<P: Identify> TlsListener<P> {
    /// Listens at `address`. The TLS configuration is read anew for each connection, so that a change of it takes
    /// effect at once and does not disturb open connections.
    pub fn bind(
        address: SocketAddr,
        settings: Settings,
        config: Arc<ArcSwap<ServerConfig>>,
        connections: Arc<Connections>,
    ) -> io::Result<Self> {
        let listener = match listen(address, settings.backlog) {
            Err(error) => match instead(address, &error) {
                Some(address) => listen(address, settings.backlog)?,
                None => return Err(error),
            },
            listening => listening?,
        };
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(READY);
        let accepting = supervise::spawn("accept", accept(listener, settings, config, connections, done));
        Ok(Self { address, ready, accepting })
    }

    /// The address on which it listens, with the port that the system chose if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl<P> Drop for TlsListener<P> {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl<P> Stream for TlsListener<P> {
    type Item = io::Result<TlsConnection<P>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready.poll_recv(cx).map(|connection| connection.map(Ok))
    }
}

fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

/// Where to listen instead of on all addresses of a machine that has no IPv6: on all that it has.
fn instead(address: SocketAddr, error: &io::Error) -> Option<SocketAddr> {
    // EAFNOSUPPORT: the kernel was built or started without it. EADDRNOTAVAIL: it is switched off.
    let without = error.raw_os_error() == Some(97) || error.kind() == io::ErrorKind::AddrNotAvailable;
    let all = address.is_ipv6() && address.ip().is_unspecified();
    (all && without).then(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()))
}

/// Handshakes under way, and who must make room for a new one. A caller who is silent holds a place until the deadline;
/// so where there is no place left, the oldest of the address with the most is dropped: an honest handshake takes
/// milliseconds, and has long finished.
#[derive(Debug)]
struct Handshakes {
    per_source: usize,
    all: usize,
    under_way: Mutex<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    next: u64,
    count: usize,
    sources: HashMap<IpAddr, VecDeque<(u64, CancellationToken)>>,
}

/// One handshake under way; over when dropped.
#[derive(Debug)]
struct Shaking {
    handshakes: Arc<Handshakes>,
    source: IpAddr,
    number: u64,
    dropped: CancellationToken,
}

impl Handshakes {
    fn new(per_source: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { per_source, all, under_way: Mutex::default() })
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a handshake, and drops another one if there are too many.
    fn begin(self: &Arc<Self>, source: IpAddr, turned_away: &TurnedAway) -> Shaking {
        let source = network(source);
        let mut under_way = self.under_way();
        let here = under_way.sources.get(&source).map_or(0, VecDeque::len);
        let crowded = if here >= self.per_source {
            Some(source)
        } else if under_way.count >= self.all {
            under_way.sources.iter().max_by_key(|(_, its)| its.len()).map(|(source, _)| *source)
        } else {
            None
        };
        if let Some(crowded) = crowded
            && let Some((_, oldest)) = under_way.sources.get_mut(&crowded).and_then(VecDeque::pop_front)
        {
            under_way.count -= 1;
            oldest.cancel();
            turned_away.add(crowded);
        }
        let (number, dropped) = (under_way.next, CancellationToken::new());
        under_way.next += 1;
        under_way.count += 1;
        under_way.sources.entry(source).or_default().push_back((number, dropped.clone()));
        Shaking { handshakes: Arc::clone(self), source, number, dropped }
    }
}

impl Drop for Shaking {
    fn drop(&mut self) {
        let mut under_way = self.handshakes.under_way();
        let Some(its) = under_way.sources.get_mut(&self.source) else { return };
        let before = its.len();
        its.retain(|(number, _)| *number != self.number);
        let gone = before - its.len();
        if its.is_empty() {
            under_way.sources.remove(&self.source);
        }
        under_way.count -= gone;
    }
}

async fn accept<P: Identify>(
    listener: TcpListener,
    settings: Settings,
    config: Arc<ArcSwap<ServerConfig>>,
    connections: Arc<Connections>,
    done: mpsc::Sender<TlsConnection<P>>,
) {
    let handshakes = Handshakes::new(settings.handshakes_per_source, settings.handshakes);
    let places = ConnectionQuota::new(settings.handshakes_per_source, settings.handshakes);
    loop {
        let (tcp, source) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Where anybody may connect, who is connected keeps its place: a stranger cannot push others out.
        let place = match P::UNTIL_CLOSED {
            false => None,
            true => match places.take(source.ip()) {
                None => {
                    connections.turned_away.add(source.ip());
                    continue;
                }
                place => place,
            },
        };
        let shaking = (!P::UNTIL_CLOSED).then(|| handshakes.begin(source.ip(), &connections.turned_away));
        let acceptor = TlsAcceptor::from(config.load_full());
        let done = done.clone();
        let connections = Arc::clone(&connections);
        supervise::spawn("handshake", async move {
            let shaken = handshake(acceptor, tcp, source, place, &connections);
            let dropped = shaking.as_ref().map(|shaking| shaking.dropped.clone()).unwrap_or_default();
            let connection = tokio::select! {
                connection = timeout(settings.handshake, shaken) => connection,
                () = dropped.cancelled() => return,
            };
            drop(shaking);
            match connection {
                // If the receiver is gone, the listener has stopped, and the connection is dropped.
                Ok(Some(connection)) => drop(done.send(connection).await),
                Ok(None) => {}
                Err(_) => tracing::debug!(%source, "handshake took too long"),
            }
        });
    }
}

async fn handshake<P: Identify>(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    source: SocketAddr,
    place: Option<Slot>,
    connections: &Arc<Connections>,
) -> Option<TlsConnection<P>> {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%source, %error, "connection lost before the handshake");
        return None;
    }
    match acceptor.accept(tcp).into_fallible().await {
        // A client that does not say h2 would be spoken to in what it may not understand.
        Ok(stream) if stream.get_ref().1.alpn_protocol() != Some(b"h2") => {
            tracing::info!(%source, "a client that does not ask for HTTP/2 (ALPN h2) was dropped");
            None
        }
        Ok(stream) => {
            let (peer, lease) = P::identify(source, stream.get_ref().1, connections)?;
            let stream = Prompt::new(stream, set("limits.silent", limits::FIRST_FRAME, limits::LAPSED));
            Some(TlsConnection { stream, peer, lease, _place: place })
        }
        Err((error, tcp)) => {
            tracing::info!(%source, %error, "handshake refused");
            linger(tcp).await;
            None
        }
    }
}

/// Reads for a moment before closing: closing with unread bytes would send a reset, which may overtake the alert that
/// tells the client why it was refused.
async fn linger(mut tcp: TcpStream) {
    let mut rest = [0; 1024];
    let drain = async {
        if tcp.shutdown().await.is_ok() {
            let mut left: usize = 64;
            while left > 0 && tcp.read(&mut rest).await.is_ok_and(|read| read > 0) {
                left -= 1;
            }
        }
    };
    // A client that takes longer gets the reset.
    let _ = timeout(LINGER, drain).await;
}

/// A gRPC server with every HTTP/2 limit set. Each service sets its own message sizes.
pub fn server_builder() -> Server {
    Server::builder()
        .max_concurrent_streams(set("limits.streams", Some(limits::STREAMS), None))
        .initial_stream_window_size(set("limits.windows", limits::STREAM_WINDOW, MOST_WINDOW))
        .initial_connection_window_size(set("limits.windows", limits::CONNECTION_WINDOW, MOST_WINDOW))
        .http2_max_header_list_size(set("limits.header-list", limits::HEADER_LIST, u32::MAX))
        .http2_max_pending_accept_reset_streams(Some(set(
            "limits.pending-resets",
            limits::PENDING_RESETS,
            usize::MAX,
        )))
        .http2_max_local_error_reset_streams(set(
            "limits.local-error-resets",
            Some(limits::LOCAL_ERROR_RESETS),
            None,
        ))
        .http2_keepalive_interval(set("limits.keepalive", Some(limits::KEEPALIVE_INTERVAL), None))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        .max_frame_size(set("limits.http-frame", limits::HTTP_FRAME, MOST_FRAME))
}

/// A gRPC server for the enrolment port, where anybody may connect: calls and connections end soon.
pub fn enrolment_server_builder() -> Server {
    server_builder()
        .timeout(limits::ENROLMENT_CALL)
        .max_connection_age(limits::ENROLMENT_CONNECTION)
        .max_connection_age_grace(limits::ENROLMENT_CALL)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_machine_without_ipv6_listens_on_what_it_has() {
        let errors = [97, 99].map(io::Error::from_raw_os_error);
        for error in &errors {
            assert_eq!(instead("[::]:7443".parse().unwrap(), error), Some("0.0.0.0:7443".parse().unwrap()));
            assert_eq!(instead("[2001:db8::1]:7443".parse().unwrap(), error), None, "one was meant");
        }
        let taken = io::Error::from(io::ErrorKind::AddrInUse);
        assert_eq!(instead("[::]:7443".parse().unwrap(), &taken), None);
    }

    #[test]
    fn the_oldest_handshake_of_the_most_crowded_address_makes_room() {
        let (handshakes, turned) = (Handshakes::new(3, 5), TurnedAway::default());
        let begin = |ip: &str| handshakes.begin(ip.parse().unwrap(), &turned);
        let mut first: Vec<Shaking> = (0..3).map(|_| begin("10.0.0.1")).collect();
        let fourth = begin("10.0.0.1");
        let dropped = |all: &[Shaking]| all.iter().map(|one| one.dropped.is_cancelled()).collect::<Vec<_>>();
        assert_eq!(dropped(&first), [true, false, false], "no more than three from one address");
        drop(first.remove(0));
        let others = [begin("10.0.0.2"), begin("10.0.0.3")];
        assert_eq!(turned.seen().times, 1);
        let one_more = begin("10.0.0.4");
        assert_eq!(dropped(&first), [true, false], "no more than five in all; the others keep theirs");
        assert_eq!((dropped(&others), turned.seen().times), (vec![false, false], 2));
        drop((first, others, one_more, fourth));
        let under_way = handshakes.under_way();
        assert!(under_way.count == 0 && under_way.sources.is_empty());
    }
}
