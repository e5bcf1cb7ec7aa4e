//! Listening: plain HTTP for this machine only, TLS 1.3 for all others.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::accounts::Accounts;
use crate::blocking::blocking;
use crate::identity::{WEB_TLS, keys};
use crate::store::uploads;
use crate::words::failure::{ExitCode, Failure};

use super::serve;

/// How long open streams may take to end when the program stops.
const GRACE: Duration = Duration::from_secs(2);

/// Address to serve pages at; written `off` for none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// Pages are not served.
    Off,
    /// Pages are served at this address.
    At(SocketAddr),
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            text => text
                .parse()
                .map(Self::At)
                .map_err(|error| format!("`off`, or an address with a port: {error}")),
        }
    }
}

/// A bound listener.
pub struct Bound {
    tcp: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    address: SocketAddr,
}

/// Binds the address. An address that other machines reach is served over TLS.
pub async fn bind(address: Address, dir: &Path, accounts: &Accounts) -> Result<Bound, Failure> {
    let Address::At(address) = address else {
        return Err(Failure::new(ExitCode::Usage, "configuration-wrong"));
    };
    let (dir_too, accounts) = (dir.to_owned(), accounts.clone());
    let tidied = blocking(move || {
        let named = accounts.uploads_named()?;
        let io = |error| Failure::io(&dir_too.join(uploads::UPLOADS), error);
        uploads::tidy(&dir_too, &named).map_err(io)?;
        accounts.forget_files_but(&uploads::ids(&dir_too).map_err(io)?)
    });
    if let Err(failure) = tidied.await {
        // What is left lying takes room and does no harm; the pages are needed.
        tracing::warn!(%failure, "what was handed in and never sent was not tidied up");
    }
    let bound = TcpListener::bind(address).await;
    let tcp = bound.map_err(|error| Failure::from(error).about(address))?;
    let address = tcp.local_addr()?;
    let tls = if address.ip().is_loopback() { None } else { Some(tls(&dir.join(WEB_TLS))?) };
    Ok(Bound { tcp, tls, address })
}

fn tls(folder: &Path) -> Result<Arc<ServerConfig>, Failure> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    if !certificate.exists() {
        make(folder, &certificate, &key)?;
    }
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::new(ExitCode::Store, "keys-unusable").about(folder.display()).because(error)
    };
    let chain = CertificateDer::pem_file_iter(&certificate).map_err(|error| wrong(&error))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| wrong(&error))?
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut config = config.map_err(|error| wrong(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Generates a self-signed certificate for all names of this machine.
fn make(folder: &Path, certificate: &Path, key: &Path) -> Result<(), Failure> {
    let made = || -> Result<(String, String), rcgen::Error> {
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let names = ["localhost".to_owned(), host.trim().to_owned()];
        let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let pair = KeyPair::generate()?;
        let signed = CertificateParams::new(names)?.self_signed(&pair)?;
        Ok((signed.pem(), pair.serialize_pem()))
    };
    let (signed, pair) =
        made().map_err(|error| Failure::new(ExitCode::Unexpected, "keys-unusable").because(error))?;
    std::fs::create_dir_all(folder).map_err(|error| Failure::io(folder, error))?;
    keys::write_private(key, pair.as_bytes())?;
    keys::write_private(certificate, signed.as_bytes())?;
    Ok(())
}

impl Bound {
    /// Whether pages are served over TLS.
    pub fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The URL to type into a browser.
    pub fn url(&self) -> String {
        let scheme = if self.secure() { "https" } else { "http" };
        format!("{scheme}://{}/", self.address)
    }

    /// Serves until `stop` is true, then gives open streams `GRACE` to end.
    pub async fn serve(self, router: Router, stop: watch::Receiver<bool>) {
        let last = serve::stopped(stop.clone());
        tokio::select! {
            () = serve::serve(self.tcp, self.tls, router, stop) => {}
            () = async { last.await; tokio::time::sleep(GRACE).await } => {}
        }
    }
}
