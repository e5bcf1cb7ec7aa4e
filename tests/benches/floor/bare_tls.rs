//! Floor: mutual TLS 1.3 and nothing behind it. Greets with one byte, then says back what it hears.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use truc_hub::authority::Authority;
use truc_node::clock::unix_now;
use truc_node::identity::keys::provider;
use truc_tests::programs::Process;

use crate::Result;

/// What a TLS server does at least to know its clients: their chain, no resumption.
pub(super) fn server_config(folder: &Path) -> Result<Arc<ServerConfig>> {
    let authority = Authority::load(folder)?;
    let identity = authority.issue_server(&["127.0.0.1:1"], unix_now())?;
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone())?;
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build()?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(identity.certificates.into_iter().take(1).collect(), identity.key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// Starts it for the authority in `folder`.
pub(crate) fn start(folder: &Path) -> Result<(Process, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--floor", "tls", "--dir"]).arg(folder);
    let (process, address) = Process::start_told(&mut command);
    Ok((process, address.parse()?))
}

/// In the child.
pub(super) async fn serve(folder: &Path) -> Result<()> {
    let acceptor = TlsAcceptor::from(server_config(folder)?);
    let listener = listen()?;
    println!("{}", listener.local_addr()?);
    loop {
        let (tcp, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Whatever happens to one connection is its own end only.
            let _ = echo(acceptor, tcp).await;
        });
    }
}

fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    Ok(socket.listen(truc_proto::limits::BACKLOG)?)
}

async fn echo(acceptor: TlsAcceptor, tcp: tokio::net::TcpStream) -> std::io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut tls = acceptor.accept(tcp).await?;
    tls.write_all(&[1]).await?;
    tls.flush().await?;
    let mut heard = vec![0; 16 * 1024];
    loop {
        let count = tls.read(&mut heard).await?;
        if count == 0 {
            return Ok(());
        }
        tls.write_all(&heard[..count]).await?;
        tls.flush().await?;
    }
}
