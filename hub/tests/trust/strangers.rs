//! Certificates that must not get in, each with a chain that is almost right, next to one that is right. A refusal
//! takes at most 10 seconds and 1 MiB.

use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use tokio::time::timeout;
use truc_hub::line::listener::Settings;
use truc_hub::line::tls::{SessionTls, Standing, session_config};
use truc_node::identity::certificate::{OFFICE_URN, fingerprint};
use truc_node::identity::keys::TlsIdentity;
use truc_node::line::dial::{ConnectError, connect};
use truc_proto::id::OfficeId;
use truc_proto::limits;
use uuid::Uuid;

use crate::support::{Hub, OFFICE, door, many_at_once, now};

/// An authority that issues anything.
struct Maker {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(now() as i64 + seconds).unwrap()
}

impl Maker {
    fn root(name: &str) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority(name));
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// An authority below this one, with a life of its own (seconds from now).
    fn below(&self, name: &str, from: i64, until: i64) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), authority(name));
        (params.not_before, params.not_after) = (at(from), at(until));
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A certificate with this common name and these alternative names, on a key that the registry has for [`OFFICE`].
    fn leaf(&self, hub: &Hub, common: &str, names: &[String]) -> TlsIdentity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common);
        params.subject_alt_names =
            names.iter().map(|name| SanType::URI(name.as_str().try_into().unwrap())).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        (params.not_before, params.not_after) = (at(-60), at(3600));
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let known = fingerprint(&key.subject_public_key_info());
        hub.registry.gate.set(known, Standing::Valid(OFFICE));
        TlsIdentity { certificates: vec![certificate], key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }
}

fn urn(office: OfficeId) -> String {
    format!("{OFFICE_URN}{office}")
}

/// A hub that trusts this authority only.
fn trusting(root: &Maker) -> Hub {
    let hub = Hub::start(many_at_once());
    let identity = hub.authority.issue_server(&["127.0.0.1:1"], now()).unwrap();
    let door = door(&hub.authority, &hub.registry, identity, hub.clock.clock());
    let config = session_config(SessionTls { authorities: vec![root.certificate.clone()], ..door }).unwrap();
    hub.config.store(config);
    hub
}

async fn call(hub: &Hub, mut identity: TlsIdentity, above: &[&Maker]) -> Result<(), ConnectError> {
    identity.certificates.extend(above.iter().map(|maker| maker.certificate.clone()));
    let begun = Instant::now();
    let called = timeout(limits::TLS_HANDSHAKE, connect(&hub.sessions, hub.client(identity))).await;
    assert!(begun.elapsed() < limits::TLS_HANDSHAKE);
    called.expect("an answer in time").map(|_| ())
}

#[tokio::test]
async fn a_chain_is_good_as_a_whole_or_not_at_all() {
    let root = Maker::root("Gốc");
    let hub = trusting(&root);
    let good = root.below("Trung gian", -60, 3600);
    // Chains that are in order get in; the refusals below differ from them in one thing each.
    assert!(call(&hub, root.leaf(&hub, "x", &[urn(OFFICE)]), &[]).await.is_ok());
    assert!(call(&hub, good.leaf(&hub, "x", &[urn(OFFICE)]), &[&good]).await.is_ok());

    let over = root.below("Trung gian hết hạn", -7200, -3600);
    let refused = call(&hub, over.leaf(&hub, "x", &[urn(OFFICE)]), &[&over]).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "an intermediate that has ended: {refused:?}");
    let early = root.below("Trung gian chưa tới", 3600, 7200);
    let refused = call(&hub, early.leaf(&hub, "x", &[urn(OFFICE)]), &[&early]).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "one that has not begun: {refused:?}");
    let refused = call(&hub, good.leaf(&hub, "x", &[urn(OFFICE)]), &[]).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "the link is missing: {refused:?}");
    let other = Maker::root("Gốc");
    let refused = call(&hub, other.leaf(&hub, "x", &[urn(OFFICE)]), &[&root]).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "another root of the same name: {refused:?}");
}

#[tokio::test]
async fn the_office_is_read_from_one_place() {
    let root = Maker::root("Gốc");
    let hub = trusting(&root);
    let other = OfficeId(Uuid::from_u128(0x43));
    assert!(call(&hub, root.leaf(&hub, &urn(other), &[urn(OFFICE)]), &[]).await.is_ok(), "the name decides");
    for (what, common, names) in [
        ("only the common name says it", urn(OFFICE), vec![]),
        ("it names another office than the registry", urn(OFFICE), vec![urn(other)]),
        ("it names two", urn(OFFICE), vec![urn(OFFICE), urn(other)]),
        ("it names something else", urn(OFFICE), vec!["https://office.example/".to_owned()]),
    ] {
        let refused = call(&hub, root.leaf(&hub, &common, &names), &[]).await;
        assert!(matches!(refused, Err(ConnectError::Refused(_))), "{what}: {refused:?}");
    }
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// 32 calls at once, each with 100 kB of certificates. Both ends live in this process, and the bound is for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_end_costs_little() {
    const MANY: usize = 32;
    let root = Maker::root("Gốc");
    let hub = trusting(&root);
    let mut endless = root.leaf(&hub, "x", &[urn(OFFICE)]);
    let filler = root.below("Trung gian", -60, 3600).certificate;
    while endless.certificates.iter().map(|der| der.len()).sum::<usize>() < 100_000 {
        endless.certificates.push(filler.clone());
    }
    // One call before the measurement, so that what is made once and stays is not counted.
    assert!(call(&hub, endless.clone(), &[]).await.is_err());
    let before = resident();
    let calls = (0..MANY).map(|_| connect(&hub.sessions, hub.client(endless.clone())));
    let refused = timeout(Duration::from_secs(10), futures_util::future::join_all(calls)).await.unwrap();
    assert!(refused.iter().all(Result::is_err));
    let each = resident().saturating_sub(before) / MANY;
    assert!(each <= 1024 * 1024, "{each} bytes each");
    assert!(call(&hub, root.leaf(&hub, "x", &[urn(OFFICE)]), &[]).await.is_ok(), "others get in as ever");
    assert_eq!(Settings::default().handshake, limits::TLS_HANDSHAKE);
}

/// A certificate lives 30 days; for 180 days after its end a machine may come in, and only renew.
#[tokio::test]
async fn one_that_has_ended_comes_in_to_renew_only_and_not_for_ever() {
    let hub = Hub::start(Settings::default());
    let life = limits::NODE_CERTIFICATE.as_secs() as i64;
    let (identity, issued) = hub.registered(OFFICE);
    let client = hub.client(identity);
    hub.clock.set(life + 3600);
    let channel = connect(&hub.sessions, client.clone()).await.unwrap();
    let no = crate::support::who_am_i(channel).await.unwrap_err();
    assert_eq!(no.code(), tonic::Code::PermissionDenied);
    assert_eq!(hub.connections.count(), 1);
    hub.clock.set(life + limits::LAPSED.as_secs() as i64 + 3600);
    assert!(connect(&hub.sessions, client.clone()).await.is_err());
    hub.clock.set(life + 3600);
    hub.registry.gate.set(issued.key, Standing::Revoked);
    assert!(connect(&hub.sessions, client).await.is_err(), "revoked is revoked");
}
