//! The session listener.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair, SanType};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use truc_hub::line::listener::Settings;
use truc_hub::line::tls::{Standing, session_config};
use truc_node::clock::Clock;
use truc_node::identity::certificate::OFFICE_URN;
use truc_node::identity::keys::{TlsIdentity, provider};
use truc_node::line::dial::{ConnectError, Refusal, connect, open};
use truc_proto::id::OfficeId;
use truc_proto::limits;
use uuid::Uuid;

use crate::support::{Hub, OFFICE, door, many_at_once, now, who_am_i};

async fn refusal(hub: &Hub, identity: TlsIdentity) -> ConnectError {
    connect(&hub.sessions, hub.client(identity)).await.expect_err("must not get in")
}

#[tokio::test]
async fn a_registered_machine_gets_in_and_its_office_is_seen() {
    let hub = Hub::start(Settings::default());
    let (identity, issued) = hub.registered(OFFICE);
    let channel = connect(&hub.sessions, hub.client(identity)).await.unwrap();
    let seen = who_am_i(channel).await.unwrap();
    assert_eq!(seen.office, OFFICE.to_wire());
    assert_eq!(seen.certificates, [issued.hash.to_wire()]);
    assert_eq!(seen.credential, issued.not_after);
}

#[tokio::test]
async fn without_a_certificate_nobody_gets_in() {
    let hub = Hub::start(Settings::default());
    let nobody = truc_node::identity::tls::enrolment_config(hub.authority.fingerprint()).unwrap();
    // The session listener does not send its authority, so a client with only the fingerprint refuses the hub first.
    let refused = connect(&hub.sessions, nobody).await.unwrap_err();
    assert!(matches!(refused, ConnectError::NotTheHub(_)), "{refused:?}");
    let mut roots = RootCertStore::empty();
    roots.add(hub.authority.certificate().clone()).unwrap();
    let mut nobody = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    nobody.alpn_protocols = vec![b"h2".to_vec()];
    let refused = connect(&hub.sessions, Arc::new(nobody)).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Other)), "{refused:?}");
}

#[tokio::test]
async fn certificates_that_others_made_are_refused() {
    let hub = Hub::start(Settings::default());
    let other = Hub::start(Settings::default());
    let (foreign, _) = other.registered(OFFICE);
    let refused = refusal(&hub, foreign).await;
    assert!(matches!(refused, ConnectError::Refused(_)), "{refused:?}");

    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(format!("{OFFICE_URN}{OFFICE}").try_into().unwrap())];
    let own = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let refused = refusal(&hub, TlsIdentity { certificates: vec![own.clone()], key }).await;
    assert!(matches!(refused, ConnectError::Refused(_)), "{refused:?}");

    // A valid certificate among hundreds of others is too much to look at.
    let (mut flood, _) = hub.registered(OFFICE);
    flood.certificates.extend(std::iter::repeat_n(own, 300));
    assert!(connect(&hub.sessions, hub.client(flood)).await.is_err());
}

#[tokio::test]
async fn the_registry_has_the_last_word() {
    let hub = Hub::start(Settings::default());
    let (unregistered, _) = hub.machine(OFFICE, now());
    let refused = refusal(&hub, unregistered).await;
    assert!(matches!(refused, ConnectError::Refused(Refusal::Unknown)), "{refused:?}");

    // The registry has this key for one office, the certificate names another.
    let (identity, issued) = hub.machine(OFFICE, now());
    hub.registry.gate.set(issued.key, Standing::Valid(OfficeId(Uuid::from_u128(0x43))));
    let refused = refusal(&hub, identity).await;
    assert!(matches!(refused, ConnectError::Refused(Refusal::Unknown)), "{refused:?}");

    let long_ago = limits::NODE_CERTIFICATE + limits::LAPSED;
    let (expired, _) = hub.registered_at(OFFICE, now() - long_ago.as_secs() - 60);
    let refused = refusal(&hub, expired).await;
    assert!(matches!(refused, ConnectError::Refused(Refusal::Expired)), "{refused:?}");

    // A key of another machine does not fit the certificate.
    let ((mut mixed, _), (other, _)) = (hub.registered(OFFICE), hub.registered(OFFICE));
    mixed.key = other.key;
    assert!(
        truc_node::identity::tls::session_config(
            mixed,
            &[hub.authority.certificate().clone()],
            Clock::default()
        )
        .is_err()
    );
}

#[tokio::test]
async fn a_revoked_machine_is_told_so_and_cannot_resume() {
    let hub = Hub::start(Settings::default());
    let (identity, issued) = hub.registered(OFFICE);
    // A client that would resume if it could; the node's own client never tries.
    let mut roots = RootCertStore::empty();
    roots.add(hub.authority.certificate().clone()).unwrap();
    let mut eager = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(identity.certificates.clone(), identity.key.clone_key())
        .unwrap();
    eager.alpn_protocols = vec![b"h2".to_vec()];
    let eager = Arc::new(eager);
    for _ in 0..2 {
        let stream = open(&hub.sessions, Arc::clone(&eager)).await.unwrap();
        let tls = stream.get_ref().1;
        assert_eq!(tls.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(tls.tls13_tickets_received(), 0);
    }
    hub.registry.gate.set(issued.key, Standing::Revoked);
    let refused = open(&hub.sessions, eager).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Revoked)), "{refused:?}");
    let refused = refusal(&hub, identity).await;
    assert!(matches!(refused, ConnectError::Refused(Refusal::Revoked)), "{refused:?}");
    let (renewed, _) = hub.registered(OFFICE);
    assert!(connect(&hub.sessions, hub.client(renewed)).await.is_ok());
}

#[tokio::test]
async fn a_false_hub_and_a_dead_line_are_told_apart() {
    let hub = Hub::start(Settings::default());
    let other = Hub::start(Settings::default());
    let (identity, _) = hub.registered(OFFICE);
    let refused = connect(&other.sessions, hub.client(identity.clone())).await.unwrap_err();
    assert!(matches!(refused, ConnectError::NotTheHub(_)), "{refused:?}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = connect(&nobody.to_string(), hub.client(identity.clone())).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Network(_)), "{refused:?}");
    // The hub's certificate is for 127.0.0.1 and localhost.
    let (_, port) = hub.sessions.rsplit_once(':').unwrap();
    assert!(connect(&format!("localhost:{port}"), hub.client(identity.clone())).await.is_ok());
    let refused = connect(&format!("127.0.0.2:{port}"), hub.client(identity)).await.unwrap_err();
    assert!(matches!(refused, ConnectError::NotTheHub(_) | ConnectError::Network(_)), "{refused:?}");
}

#[tokio::test]
async fn a_new_configuration_takes_effect_at_once_and_cuts_nobody() {
    let hub = Hub::start(Settings::default());
    let (identity, _) = hub.registered(OFFICE);
    let client = hub.client(identity);
    let before = connect(&hub.sessions, Arc::clone(&client)).await.unwrap();
    let certificate = |stream: &tokio_rustls::client::TlsStream<TcpStream>| {
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let old = certificate(&open(&hub.sessions, Arc::clone(&client)).await.unwrap());
    let fresh = hub.authority.issue_server(&["127.0.0.1:1"], now()).unwrap();
    let door = door(&hub.authority, &hub.registry, fresh, Clock::default());
    hub.config.store(session_config(door).unwrap());
    let new = certificate(&open(&hub.sessions, client).await.unwrap());
    assert_ne!(old, new);
    assert!(who_am_i(before).await.is_ok());
}

#[tokio::test]
async fn slow_handshakes_are_cut_and_keep_nobody_out() {
    let settings =
        Settings { handshakes_per_source: 2, handshake: Duration::from_secs(2), ..Settings::default() };
    let hub = Hub::start(settings);
    let start = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..2 {
        slow.push(TcpStream::connect(&hub.sessions).await.unwrap());
    }
    // An office behind the same address is let in all the same, and the oldest of the silent ones is dropped for it.
    let (identity, _) = hub.registered(OFFICE);
    assert!(connect(&hub.sessions, hub.client(identity)).await.is_ok());
    assert_eq!(hub.connections.turned_away.seen().times, 1);
    let mut byte = [0];
    for (number, mut stream) in slow.into_iter().enumerate() {
        let cut = timeout(Duration::from_secs(5), stream.read(&mut byte)).await.unwrap();
        assert!(!matches!(cut, Ok(1)), "{cut:?}");
        assert_eq!(start.elapsed() >= settings.handshake, number == 1, "the other one at its deadline");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_machines_come_at_once_and_none_is_lost() {
    let hub = Hub::start(many_at_once());
    let machines: Vec<_> = (0..60u128)
        .map(|n| OfficeId(Uuid::from_u128(0x100 + n)))
        .map(|office| (office, hub.client(hub.registered(office).0)))
        .collect();
    let calls = machines.into_iter().map(|(office, client)| {
        let address = hub.sessions.clone();
        tokio::spawn(async move {
            let channel = connect(&address, client).await.unwrap();
            assert_eq!(who_am_i(channel).await.unwrap().office, office.to_wire());
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn who_does_not_ask_for_http_2_is_not_served() {
    let hub = Hub::start(Settings::default());
    let (identity, _) = hub.registered(OFFICE);
    let mut silent = ClientConfig::clone(&hub.client(identity));
    silent.alpn_protocols.clear();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let tcp = TcpStream::connect(&hub.sessions).await.unwrap();
    let mut tls = TlsConnector::from(Arc::new(silent)).connect(name, tcp).await.unwrap();
    // It hears no SETTINGS: the connection is closed.
    let heard = tls.read(&mut [0; 9]).await;
    assert!(heard.as_ref().map_or(true, |read| *read == 0), "{heard:?}");
}

/// SETTINGS as RFC 9113, section 6.5, writes them.
#[tokio::test]
async fn the_hub_announces_its_limits() {
    let hub = Hub::start(Settings::default());
    let (identity, _) = hub.registered(OFFICE);
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let tcp = TcpStream::connect(&hub.sessions).await.unwrap();
    let mut tls = TlsConnector::from(hub.client(identity)).connect(name, tcp).await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut head = [0; 9];
    tls.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "SETTINGS come first");
    let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    tls.read_exact(&mut settings).await.unwrap();
    let value = |id: u16| {
        settings
            .chunks(6)
            .find(|setting| setting[..2] == id.to_be_bytes())
            .map(|setting| u32::from_be_bytes(setting[2..].try_into().unwrap()))
    };
    assert_eq!(value(3), Some(limits::STREAMS));
    assert_eq!(value(4), Some(limits::STREAM_WINDOW));
    assert_eq!(value(5), Some(limits::HTTP_FRAME));
    assert_eq!(value(6), Some(limits::HEADER_LIST));
}
