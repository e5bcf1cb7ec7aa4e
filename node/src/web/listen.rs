//! Listening: plain HTTP for this machine only, TLS 1.3 for all others.

use std::net::{IpAddr, SocketAddr, UdpSocket};
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
    let tls = if address.ip().is_loopback() { None } else { Some(tls(&dir.join(WEB_TLS), address.ip())?) };
    Ok(Bound { tcp, tls, address })
}

fn tls(folder: &Path, bound: IpAddr) -> Result<Arc<ServerConfig>, Failure> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    if !certificate.exists() {
        make(folder, &certificate, &key, bound)?;
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

/// The addresses of this machine by which browsers open the pages: the one that is listened at, or if that is every one,
/// those from which others are reached. Nothing is sent to find them.
fn own_addresses(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    // Addresses for documentation (RFC 5737, 3849): the system says from which of its own it would send there.
    let ways = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    let from = |(here, there): (&str, &str)| -> std::io::Result<IpAddr> {
        let socket = UdpSocket::bind(here)?;
        socket.connect(there)?;
        Ok(socket.local_addr()?.ip())
    };
    ways.into_iter().filter_map(|way| from(way).ok()).filter(|ip| !ip.is_unspecified()).collect()
}

/// Generates a self-signed certificate for the names and addresses of this machine.
fn make(folder: &Path, certificate: &Path, key: &Path, bound: IpAddr) -> Result<(), Failure> {
    let made = || -> Result<(String, String), rcgen::Error> {
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let names = ["localhost".to_owned(), host.trim().to_owned()].into_iter();
        let addresses = own_addresses(bound).into_iter().map(|address| address.to_string());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).chain(addresses).collect();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use x509_parser::extensions::GeneralName;

    use super::*;

    #[test]
    fn the_certificate_names_the_address_that_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("certificate.pem"), dir.path().join("key.pem"));
        make(dir.path(), &certificate, &key, IpAddr::from([192, 0, 2, 7])).unwrap();
        let der = CertificateDer::from_pem_file(&certificate).unwrap();
        let (_, read) = x509_parser::parse_x509_certificate(&der).unwrap();
        let names = read.subject_alternative_name().unwrap().unwrap();
        assert!(names.value.general_names.contains(&GeneralName::IPAddress(&[192, 0, 2, 7])));
        assert!(names.value.general_names.contains(&GeneralName::DNSName("localhost")));
        // Whoever listens everywhere is opened by an address of this machine.
        assert!(own_addresses(IpAddr::from([0, 0, 0, 0])).iter().all(|ip| !ip.is_unspecified()));
    }
}
