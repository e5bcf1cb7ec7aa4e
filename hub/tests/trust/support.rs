//! A small hub on loopback: an authority, both listeners, a registry in memory.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use ed25519_dalek::SigningKey;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};
use truc_hub::authority::{Authority, AuthorityError, Issued};
use truc_hub::line::caller::{Caller, Source};
use truc_hub::line::connections::Connections;
use truc_hub::line::listener::{Settings, TlsListener, enrolment_server_builder, server_builder};
use truc_hub::line::tls::{Certificates, SessionTls, Standing, enrolment_config, session_config};
use truc_hub::trust::enrolment::{
    EnrolmentService, Enrolments, HubFacts, Issue, Offer, RedeemError, Redemption, Suspicion,
};
use truc_node::clock::{Clock, unix_millis};
use truc_node::identity::keys::TlsIdentity;
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::secret_hash;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::enrolment_client::EnrolmentClient;
use truc_proto::wire::enrolment_server::{Enrolment, EnrolmentServer};
use truc_proto::wire::{EnrolReply, EnrolRequest};
use uuid::Uuid;

pub(crate) const OFFICE: OfficeId = OfficeId(Uuid::from_u128(0x42));
pub(crate) const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub(crate) fn many_at_once() -> Settings {
    Settings { handshakes_per_source: 64, ..Settings::default() }
}

/// Answers with the office that the listener has identified.
struct WhoAmI;

#[tonic::async_trait]
impl Enrolment for WhoAmI {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let peer = Caller::in_force(&request)?;
        let reply = EnrolReply {
            office: peer.office.to_wire(),
            credential: peer.not_after,
            certificates: vec![peer.certificate.to_wire()],
            ..EnrolReply::default()
        };
        Ok(Response::new(reply))
    }
}

pub(crate) async fn who_am_i(channel: tonic::transport::Channel) -> Result<EnrolReply, Status> {
    EnrolmentClient::new(channel).enrol(EnrolRequest::default()).await.map(Response::into_inner)
}

/// The registry, as far as these tests need it.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) gate: Arc<Certificates>,
    pub(crate) offers: Mutex<HashMap<Hash, (Offer, u64)>>,
    /// How often a code was looked up.
    pub(crate) asked: AtomicUsize,
    pub(crate) suspicions: Mutex<Vec<(Suspicion, u64)>>,
    /// How often a code was redeemed.
    pub(crate) redeemed: AtomicUsize,
}

#[tonic::async_trait]
impl Enrolments for Registry {
    async fn offer(&self, secret_hash: Hash) -> Result<Option<Offer>, RedeemError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.offers.lock().unwrap().get(&secret_hash).map(|(offer, _)| offer.clone()))
    }

    async fn redeem(&self, redemption: Redemption) -> Result<u64, RedeemError> {
        self.redeemed.fetch_add(1, Ordering::SeqCst);
        // Lets the other side of a race come this far too.
        tokio::task::yield_now().await;
        let mut offers = self.offers.lock().unwrap();
        let next = offers.values().map(|(_, number)| *number).max().unwrap_or(0) + 1;
        let (offer, number) = offers.get_mut(&redemption.secret_hash).unwrap();
        match offer.used_by {
            Some(user) if user != redemption.ledger_key => return Err(RedeemError::Used),
            Some(_) => {}
            None => *number = next,
        }
        offer.used_by = Some(redemption.ledger_key);
        self.gate.set(redemption.tls_key, Standing::Valid(redemption.office));
        Ok(*number)
    }

    async fn suspect(&self, what: Suspicion, times: u64, _: IpAddr) {
        self.suspicions.lock().unwrap().push((what, times));
    }
}

/// Issues certificates of one authority.
pub(crate) struct Issuer(pub(crate) Arc<Authority>);

impl Issue for Issuer {
    fn now(&self) -> u64 {
        now()
    }

    fn issue(
        &self,
        office: OfficeId,
        csr: &[u8],
    ) -> Result<(Issued, Vec<CertificateDer<'static>>), AuthorityError> {
        let issued = self.0.issue_office(office, csr, now())?;
        let chain = self.0.chain_from(issued.certificate.clone());
        Ok((issued, chain))
    }
}

pub(crate) struct Hub {
    _folder: TempDir,
    pub(crate) authority: Arc<Authority>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) config: Arc<ArcSwap<rustls::ServerConfig>>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) clock: TestClock,
    pub(crate) sessions: String,
    pub(crate) enrolment: String,
    pub(crate) facts: HubFacts,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Hub {
    pub(crate) fn start(settings: Settings) -> Self {
        // Arms a planted fault if the environment names one; does nothing in an ordinary build.
        truc_node::fault::arm();
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(Authority::init(folder.path(), "Thử nghiệm", now()).unwrap());
        let registry = Arc::new(Registry::default());
        let identity = authority.issue_server(&["127.0.0.1:1", "localhost:1"], now()).unwrap();
        let clock = TestClock::default();
        let connections = Arc::new(Connections::new(clock.clock()));
        let door = door(&authority, &registry, identity.clone(), clock.clock());
        let config = Arc::new(ArcSwap::new(session_config(door).unwrap()));
        let listener =
            TlsListener::<Caller>::bind(loopback(), settings, Arc::clone(&config), Arc::clone(&connections))
                .unwrap();
        let sessions = listener.address().to_string();
        let serve = server_builder().add_service(EnrolmentServer::new(WhoAmI)).serve_with_incoming(listener);
        let mut tasks = vec![tokio::spawn(async move { serve.await.unwrap() })];

        let facts = HubFacts {
            office: HUB,
            ledger_key: SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes(),
            session_address: sessions.clone(),
        };
        let service = EnrolmentService::server(
            Arc::clone(&registry) as Arc<dyn Enrolments>,
            Arc::new(Issuer(Arc::clone(&authority))),
            facts.clone(),
        );
        let (enrolment, task) = serve_enrolment(service, identity);
        tasks.push(task);
        Self {
            _folder: folder,
            authority,
            registry,
            config,
            connections,
            clock,
            sessions,
            enrolment,
            facts,
            tasks,
        }
    }

    /// A machine of `office` with a certificate of this authority that the registry does not know. `at`: Unix seconds.
    pub(crate) fn machine(&self, office: OfficeId, at: u64) -> (TlsIdentity, Issued) {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap();
        let issued = self.authority.issue_office(office, csr.der(), at).unwrap();
        let certificates = vec![issued.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        (TlsIdentity { certificates, key }, issued)
    }

    pub(crate) fn registered(&self, office: OfficeId) -> (TlsIdentity, Issued) {
        self.registered_at(office, now())
    }

    /// A registered machine whose certificate was issued at another time, Unix seconds.
    pub(crate) fn registered_at(&self, office: OfficeId, at: u64) -> (TlsIdentity, Issued) {
        let (identity, issued) = self.machine(office, at);
        self.registry.gate.set(issued.key, Standing::Valid(office));
        (identity, issued)
    }

    pub(crate) fn client(&self, identity: TlsIdentity) -> Arc<rustls::ClientConfig> {
        truc_node::identity::tls::session_config(
            identity,
            &[self.authority.certificate().clone()],
            Clock::default(),
        )
        .unwrap()
    }

    /// Gives out an enrolment code.
    pub(crate) fn code(&self, secret: [u8; 16], expires: u64) -> EnrolmentCode {
        let offer = Offer {
            secret_hash: secret_hash(&secret),
            office: OFFICE,
            office_name: "Văn phòng Đảng uỷ xã Diễn Châu".into(),
            expires,
            used_by: None,
        };
        self.registry.offers.lock().unwrap().insert(offer.secret_hash, (offer, 0));
        EnrolmentCode {
            secret,
            authority: self.authority.fingerprint(),
            address: self.enrolment.clone(),
            expires,
        }
    }
}

/// A clock that a test sets.
#[derive(Clone, Default)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Clock::new(move || unix_millis().saturating_add_signed(ahead.load(Ordering::SeqCst) * 1000))
    }

    /// Sets how many seconds the clock is ahead of the real one; negative: behind.
    pub(crate) fn set(&self, ahead: i64) {
        self.0.store(ahead, Ordering::SeqCst);
    }
}

pub(crate) fn door(
    authority: &Authority,
    registry: &Registry,
    identity: TlsIdentity,
    clock: Clock,
) -> SessionTls {
    SessionTls {
        identity,
        authorities: vec![authority.certificate().clone()],
        gate: Arc::clone(&registry.gate) as Arc<_>,
        lapsed: limits::LAPSED,
        clock,
    }
}

pub(crate) fn serve_enrolment<S: Enrolment>(
    service: EnrolmentServer<S>,
    identity: TlsIdentity,
) -> (String, JoinHandle<()>) {
    let config = Arc::new(ArcSwap::new(enrolment_config(identity).unwrap()));
    let listener = TlsListener::<Source>::bind(loopback(), many_at_once(), config, Arc::default()).unwrap();
    let address = listener.address().to_string();
    let serve = enrolment_server_builder().add_service(service).serve_with_incoming(listener);
    (address, tokio::spawn(async move { serve.await.unwrap() }))
}
