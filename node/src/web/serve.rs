//! Connections of browsers, limited in number and in idle time.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use truc_proto::limits;

use crate::strangers::places::ConnectionQuota;
use crate::strangers::prompt::Prompt;

/// Address of the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Source(pub SocketAddr);

/// Accepts connections until told to stop, then waits until the last one has ended.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    // Without TLS, all connections come from this machine's one address, also those through a proxy.
    let per_source = if tls.is_some() { limits::WEB_CONNECTIONS_PER_SOURCE } else { usize::MAX };
    let places = ConnectionQuota::new(per_source, limits::WEB_CONNECTIONS);
    let tls = tls.map(TlsAcceptor::from);
    let open = TaskTracker::new();
    let mut ended = pin!(stopped(stop.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let Ok((tcp, source)) = accepted else {
            // Usually out of file descriptors: retrying at once would only burn the processor.
            sleep(limits::BACKOFF_FIRST).await;
            continue;
        };
        let Some(place) = places.take(source.ip()) else {
            tracing::debug!(%source, "too many connections of browsers; one is dropped");
            continue;
        };
        let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
        open.spawn(async move {
            accept(tcp, source, tls, router, stop).await;
            drop(place);
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn accept(
    tcp: TcpStream,
    source: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    // Sends small responses without delay. A failure here shows again at the next read.
    let _ = tcp.set_nodelay(true);
    match tls {
        None => connection(Prompt::new(tcp, limits::FIRST_FRAME), source, router, stop).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(limits::TLS_HANDSHAKE, tls.accept(tcp)).await {
                connection(Prompt::new(stream, limits::FIRST_FRAME), source, router, stop).await;
            }
        }
    }
}

/// Serves HTTP/1 or HTTP/2, as the browser chooses. Only the timers end a connection that stands still.
async fn connection<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    io: T,
    source: SocketAddr,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits::WEB_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::WEB_STREAMS)
        .max_header_list_size(limits::HEADER_LIST)
        .max_pending_accept_reset_streams(limits::PENDING_RESETS)
        .max_local_error_reset_streams(limits::LOCAL_ERROR_RESETS)
        .keep_alive_interval(limits::KEEPALIVE_INTERVAL)
        .keep_alive_timeout(limits::KEEPALIVE_TIMEOUT);
    let service = router.map_request(move |request: Request<_>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(Source(source)));
        request
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(service)));
    let mut ending = pin!(stopped(stop));
    let mut told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%source, error, "a browser's connection ended");
                }
                return;
            }
            () = &mut ending, if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Completes when the program is to stop.
pub(super) async fn stopped(mut stop: watch::Receiver<bool>) {
    // A dropped sender means stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}
