//! A small hub on loopback: authority, both listeners, registry in memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use ed25519_dalek::SigningKey;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};
use truc_hub::authority::{Authority, Issued};
use truc_hub::enrolment::{EnrolmentService, Enrolments, HubFacts, Offer, RedeemError, Redemption};
use truc_hub::listener::{Peer, Settings, Source, TlsListener, enrolment_server_builder, server_builder};
use truc_hub::tls::{Certificates, Standing, enrolment_config, session_config};
use truc_node::keys::TlsIdentity;
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::secret_hash;
use truc_proto::id::{Hash, OfficeId};
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

/// Answers with the office that the listener saw.
struct WhoAmI;

#[tonic::async_trait]
impl Enrolment for WhoAmI {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let peer = request.extensions().get::<Peer>().expect("behind the session listener");
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

/// The registry as these tests need it.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) gate: Arc<Certificates>,
    pub(crate) offers: Mutex<HashMap<Hash, (Offer, u64)>>,
}

#[tonic::async_trait]
impl Enrolments for Registry {
    async fn offer(&self, secret_hash: Hash) -> Result<Option<Offer>, RedeemError> {
        Ok(self.offers.lock().unwrap().get(&secret_hash).map(|(offer, _)| offer.clone()))
    }

    async fn redeem(&self, redemption: Redemption) -> Result<u64, RedeemError> {
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
        self.gate.set(redemption.certificate, Standing::Valid(redemption.office));
        Ok(*number)
    }
}

pub(crate) struct Hub {
    _folder: TempDir,
    pub(crate) authority: Arc<Authority>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) config: Arc<ArcSwap<rustls::ServerConfig>>,
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
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(Authority::init(folder.path(), "Thử nghiệm", now()).unwrap());
        let registry = Arc::new(Registry::default());
        let identity = authority.issue_server(&["127.0.0.1:1", "localhost:1"], now()).unwrap();
        let gate = Arc::clone(&registry.gate);
        let config = session_config(identity.clone(), authority.certificate().clone(), gate).unwrap();
        let config = Arc::new(ArcSwap::new(config));
        let listener = TlsListener::<Peer>::bind(loopback(), settings, Arc::clone(&config)).unwrap();
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
            Arc::clone(&authority),
            facts.clone(),
        );
        let (enrolment, task) = serve_enrolment(service, identity);
        tasks.push(task);
        Self { _folder: folder, authority, registry, config, sessions, enrolment, facts, tasks }
    }

    /// A machine of `office` with a certificate of this authority, not registered yet.
    pub(crate) fn machine(&self, office: OfficeId, at: u64) -> (TlsIdentity, Issued) {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap();
        let issued = self.authority.issue_office(office, csr.der(), at).unwrap();
        let certificates = vec![issued.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        (TlsIdentity { certificates, key }, issued)
    }

    pub(crate) fn registered(&self, office: OfficeId) -> (TlsIdentity, Issued) {
        let (identity, issued) = self.machine(office, now());
        self.registry.gate.set(issued.hash, Standing::Valid(office));
        (identity, issued)
    }

    pub(crate) fn client(&self, identity: TlsIdentity) -> Arc<rustls::ClientConfig> {
        truc_node::tls::session_config(identity, self.authority.certificate().clone()).unwrap()
    }

    /// Gives out a code.
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

pub(crate) fn serve_enrolment<S: Enrolment>(
    service: EnrolmentServer<S>,
    identity: TlsIdentity,
) -> (String, JoinHandle<()>) {
    let config = Arc::new(ArcSwap::new(enrolment_config(identity).unwrap()));
    let listener = TlsListener::<Source>::bind(loopback(), many_at_once(), config).unwrap();
    let address = listener.address().to_string();
    let serve = enrolment_server_builder().add_service(service).serve_with_incoming(listener);
    (address, tokio::spawn(async move { serve.await.unwrap() }))
}
