//! Enrolment, at both ends.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tonic::{Request, Response, Status};
use truc_hub::line::listener::Settings;
use truc_hub::trust::enrolment::Suspicion;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::tls::enrolment_config;
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::dial::{ConnectError, connect};
use truc_node::line::enrol::{EnrolError, enrol};
use truc_proto::code::{CodeError, EnrolmentCode};
use truc_proto::enrolment::{REASON, proof_bytes};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::enrolment_client::EnrolmentClient;
use truc_proto::wire::enrolment_server::{Enrolment, EnrolmentServer};
use truc_proto::wire::{EnrolReply, EnrolRequest};
use uuid::Uuid;

use crate::support::{HUB, Hub, OFFICE, now, serve_enrolment, who_am_i};

const SECRET: [u8; 16] = [9; 16];

fn soon() -> u64 {
    now() + limits::ENROLMENT_CODE_LIFE.as_secs()
}

/// Enrols with a code that must fail, and checks that no file stays behind.
async fn failed(code: &str) -> EnrolError {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let error = enrol(code, &store).await.expect_err("must not enrol");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind: {error}");
    error
}

fn text(code: &EnrolmentCode) -> String {
    code.to_text().unwrap().to_string()
}

#[tokio::test]
async fn a_machine_enrols_and_gets_in_with_what_it_got() {
    let hub = Hub::start(Settings::default());
    let code = text(&hub.code(SECRET, soon()));
    let folder = tempfile::tempdir().unwrap();
    let enrolled = enrol(&code, folder.path()).await.unwrap();
    assert_eq!((enrolled.office, enrolled.hub_office, enrolled.credential), (OFFICE, HUB, 1));
    assert_eq!(enrolled.name, "Văn phòng Đảng uỷ xã Diễn Châu");
    assert_eq!(enrolled.hub_ledger_key, Hash(hub.facts.ledger_key));
    assert_eq!(enrolled.session_address, hub.sessions);

    assert_eq!(Enrolled::load(folder.path()).unwrap(), Some(enrolled));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let identity = folder.path().join(IDENTITY);
    assert_eq!(fs::metadata(&identity).unwrap().mode() & 0o777, 0o700);
    for private in [keys::LEDGER_KEY, keys::TLS_KEY] {
        assert_eq!(fs::metadata(identity.join(private)).unwrap().mode() & 0o777, 0o600);
    }
    let ledger = keys::load_ledger_key(&identity).unwrap();
    let used_by = hub.registry.offers.lock().unwrap().values().next().unwrap().0.used_by;
    assert_eq!(used_by, Some(ledger.verifying_key().to_bytes()));

    let client = hub.client(keys::load_tls(&identity).unwrap());
    let channel = connect(&hub.sessions, client).await.unwrap();
    assert_eq!(who_am_i(channel).await.unwrap().office, OFFICE.to_wire());

    let again = enrol(&code, folder.path()).await.unwrap_err();
    assert!(matches!(again, EnrolError::AlreadyEnrolled(_)), "{again}");
    let elsewhere = failed(&code).await;
    assert!(matches!(elsewhere, EnrolError::Used), "{elsewhere}");
}

#[tokio::test]
async fn each_bad_code_is_told_for_what_it_is() {
    let hub = Hub::start(Settings::default());
    let good = hub.code(SECRET, soon());
    let error = failed(&text(&EnrolmentCode { secret: [8; 16], ..good.clone() })).await;
    assert!(matches!(error, EnrolError::Wrong), "{error}");
    let error = failed(&text(&hub.code([7; 16], now() - 1))).await;
    assert!(matches!(error, EnrolError::Expired), "{error}");
    let mut damaged = text(&good);
    let last = damaged.pop().unwrap();
    damaged.push(if last == '0' { '4' } else { '0' });
    assert!(matches!(failed(&damaged).await, EnrolError::Code(CodeError::Damaged)));
    assert!(matches!(failed("xin chào").await, EnrolError::Code(CodeError::NotACode)));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = failed(&text(&EnrolmentCode { address: nobody.clone(), ..good.clone() })).await;
    assert!(matches!(error, EnrolError::Connect(ConnectError::Network(_))), "{error}");
    let late = EnrolmentCode { address: nobody, expires: now() - 1, ..good.clone() };
    assert!(matches!(failed(&text(&late)).await, EnrolError::Expired));
    // The authority at that address is another one.
    let error = failed(&text(&EnrolmentCode { authority: Hash([1; 32]), ..good.clone() })).await;
    assert!(matches!(error, EnrolError::Connect(ConnectError::NotTheHub(_))), "{error}");
    // None of these attempts used up the code.
    let folder = tempfile::tempdir().unwrap();
    assert!(enrol(&text(&good), folder.path()).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_does_not_cost_the_code() {
    let hub = Hub::start(Settings::default());
    let code = text(&hub.code(SECRET, soon()));
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("file");
    fs::write(&occupied, "x").unwrap();
    let error = enrol(&code, &occupied).await.unwrap_err();
    assert!(matches!(error, EnrolError::Key(_)), "{error}");
    assert_eq!(fs::read(&occupied).unwrap(), b"x");
    assert!(enrol(&code, folder.path()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_wins() {
    let hub = Hub::start(Settings::default());
    let code = text(&hub.code(SECRET, soon()));
    let folders: [TempDir; 2] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let (one, other) = tokio::join!(enrol(&code, folders[0].path()), enrol(&code, folders[1].path()));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert!(matches!(one.err().or(other.err()), Some(EnrolError::Used)));
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let hub = Hub::start(Settings::default());
    let good = hub.code(SECRET, soon());
    let wrong = text(&EnrolmentCode { secret: [8; 16], ..good.clone() });
    for _ in 0..limits::ENROLMENT_TRIES {
        assert!(matches!(failed(&wrong).await, EnrolError::Wrong));
    }
    assert!(matches!(failed(&wrong).await, EnrolError::Throttled));
    assert!(matches!(failed(&text(&good)).await, EnrolError::Throttled));
}

/// Guesses at full speed over 4 connections. The store is asked only as often as one address may try, the other guesses
/// cost nothing, and the audit gets one note.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_guesses_is_throttled_and_noted() {
    let hub = Hub::start(Settings::default());
    hub.code(SECRET, soon());
    let config = enrolment_config(hub.authority.fingerprint()).unwrap();
    let mut guessers = Vec::new();
    for connection in 0..4_u8 {
        let channel = connect(&hub.enrolment, Arc::clone(&config)).await.unwrap();
        for stream in 0..6_u8 {
            let mut client = EnrolmentClient::new(channel.clone());
            guessers.push(tokio::spawn(async move {
                let mut throttled = 0_u32;
                for guess in 0..100_u8 {
                    let mut secret = [0; 16];
                    secret[..3].copy_from_slice(&[connection, stream, guess]);
                    let status =
                        client.enrol(EnrolRequest { secret: secret.to_vec().into(), ..Default::default() });
                    let reason = status.await.unwrap_err().metadata().get(REASON).unwrap().clone();
                    assert!(reason == "unknown" || reason == "throttled", "{reason:?}");
                    throttled += u32::from(reason == "throttled");
                }
                throttled
            }));
        }
    }
    let mut throttled = 0;
    for guesser in guessers {
        throttled += guesser.await.unwrap();
    }
    assert_eq!(throttled, 4 * 6 * 100 - limits::ENROLMENT_TRIES);
    let asked = hub.registry.asked.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(asked, limits::ENROLMENT_TRIES as usize);
    assert_eq!(hub.registry.suspicions.lock().unwrap()[..], [(Suspicion::Guessed, 1)]);
}

#[tokio::test]
async fn a_guess_does_not_hide_that_a_used_code_was_shown_again() {
    let hub = Hub::start(Settings::default());
    let code = text(&hub.code(SECRET, soon()));
    let folder = tempfile::tempdir().unwrap();
    enrol(&code, folder.path()).await.unwrap();
    let config = enrolment_config(hub.authority.fingerprint()).unwrap();
    let mut client = EnrolmentClient::new(connect(&hub.enrolment, config).await.unwrap());
    let guess = EnrolRequest { secret: vec![8; 16].into(), ..Default::default() };
    assert!(client.enrol(guess).await.is_err());
    assert!(matches!(failed(&code).await, EnrolError::Used));
    let noted = hub.registry.suspicions.lock().unwrap().clone();
    assert_eq!(noted, [(Suspicion::Guessed, 1), (Suspicion::Used, 1)]);
}

#[tokio::test]
async fn a_code_of_one_office_makes_no_machine_of_another() {
    let hub = Hub::start(Settings::default());
    let code = text(&hub.code(SECRET, soon()));
    let folder = tempfile::tempdir().unwrap();
    let enrolled = enrol(&code, folder.path()).await.unwrap();
    // The code decides which office the machine is of; nothing that the machine says does.
    let certificate = truc_node::identity::certificate::read(&enrolled.certificates[0]).unwrap();
    assert_eq!((enrolled.office, certificate.office), (OFFICE, OFFICE));
    // Another machine that shows the same code is refused, and that is noted.
    assert!(matches!(failed(&code).await, EnrolError::Used));
    assert_eq!(hub.registry.suspicions.lock().unwrap()[..], [(Suspicion::Used, 1)]);
}

fn request(secret: &[u8], ledger: &SigningKey) -> EnrolRequest {
    let key = KeyPair::generate().unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
    EnrolRequest {
        secret: secret.to_vec().into(),
        proof: ledger.sign(&proof_bytes(secret, &csr)).to_vec().into(),
        csr: csr.into(),
        ledger_key: ledger.verifying_key().to_bytes().to_vec().into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_hub_checks_possession_and_repeats_a_lost_answer() {
    let hub = Hub::start(Settings::default());
    hub.code(SECRET, soon());
    let config = enrolment_config(hub.authority.fingerprint()).unwrap();
    let mut client = EnrolmentClient::new(connect(&hub.enrolment, config).await.unwrap());
    let ledger = SigningKey::from_bytes(&[1; 32]);
    let good = request(&SECRET, &ledger);
    let other_csr = request(&SECRET, &ledger).csr;
    let other_key = request(&SECRET, &SigningKey::from_bytes(&[2; 32])).ledger_key;
    let mut torn = good.csr.to_vec();
    torn[40] ^= 1;
    let resigned = ledger.sign(&proof_bytes(&SECRET, &torn)).to_vec().into();
    for bad in [
        EnrolRequest { csr: other_csr, ..good.clone() },
        EnrolRequest { ledger_key: other_key, ..good.clone() },
        EnrolRequest { proof: vec![0; 64].into(), ..good.clone() },
        EnrolRequest { secret: vec![9; 15].into(), ..good.clone() },
        EnrolRequest { csr: torn.into(), proof: resigned, ..good.clone() },
    ] {
        let status = client.enrol(bad).await.unwrap_err();
        assert_eq!(status.metadata().get(REASON).unwrap(), "request");
    }
    let too_large = EnrolRequest { csr: vec![0; limits::ENROLMENT_MESSAGE].into(), ..good.clone() };
    assert!(client.enrol(too_large).await.is_err());

    let first = client.enrol(good.clone()).await.unwrap().into_inner();
    let again = client.enrol(good).await.unwrap().into_inner();
    assert_eq!(first, again);
    let redeemed = || hub.registry.redeemed.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(redeemed(), 1, "what comes again is answered again, and written once");
    // Another TLS key of the same machine would be another credential, said to everybody, as often as it asks.
    let status = client.enrol(request(&SECRET, &ledger)).await.unwrap_err();
    assert_eq!(status.metadata().get(REASON).unwrap(), "throttled");
    assert_eq!(redeemed(), 1);
    let thief = request(&SECRET, &SigningKey::from_bytes(&[3; 32]));
    let status = client.enrol(thief).await.unwrap_err();
    assert_eq!(status.metadata().get(REASON).unwrap(), "used");
}

/// A hub that answers honestly except for one thing.
struct Liar<F> {
    hub: Arc<Hub>,
    lie: F,
}

#[tonic::async_trait]
impl<F: Fn(&mut EnrolReply) + Send + Sync + 'static> Enrolment for Liar<F> {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let issued = self.hub.authority.issue_office(OFFICE, &request.get_ref().csr, now()).unwrap();
        let mut reply = EnrolReply {
            office: OFFICE.to_wire(),
            office_name: "Xã".into(),
            certificates: [&issued.certificate, self.hub.authority.certificate()]
                .map(|der| der.to_vec().into())
                .to_vec(),
            credential: 1,
            hub_office: HUB.to_wire(),
            hub_ledger_key: self.hub.facts.ledger_key.to_vec().into(),
            session_address: self.hub.sessions.clone(),
        };
        (self.lie)(&mut reply);
        Ok(Response::new(reply))
    }
}

async fn answer_of(
    hub: &Arc<Hub>,
    lie: impl Fn(&mut EnrolReply) + Send + Sync + 'static,
) -> Option<EnrolError> {
    let identity = hub.authority.issue_server(&["127.0.0.1:1"], now()).unwrap();
    let liar = EnrolmentServer::new(Liar { hub: Arc::clone(hub), lie });
    let (address, task) = serve_enrolment(liar, identity);
    let code = EnrolmentCode { address, ..hub.code(SECRET, soon()) };
    let folder = tempfile::tempdir().unwrap();
    let error = enrol(&text(&code), folder.path()).await.err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), usize::from(error.is_none()));
    task.abort();
    error
}

#[tokio::test]
async fn an_answer_that_does_not_hold_is_thrown_away() {
    let hub = Arc::new(Hub::start(Settings::default()));
    let other = Hub::start(Settings::default());
    assert!(answer_of(&hub, |_| {}).await.is_none());
    let stranger = OfficeId(Uuid::from_u128(0x99)).to_wire();
    let another_machine = hub.machine(OFFICE, now()).1.certificate.to_vec();
    let foreign = other.machine(OFFICE, now()).1.certificate.to_vec();
    let authority = other.authority.certificate().to_vec();
    type Lie = Box<dyn Fn(&mut EnrolReply) + Send + Sync>;
    let lies: [(&str, Lie); 8] = [
        ("names another office", Box::new(move |reply| reply.office = stranger.clone())),
        ("another key", Box::new(move |reply| reply.certificates[0] = another_machine.clone().into())),
        ("does not stand behind", Box::new(move |reply| reply.certificates[0] = foreign.clone().into())),
        ("another authority", Box::new(move |reply| reply.certificates[1] = authority.clone().into())),
        ("not a certificate", Box::new(|reply| reply.certificates.truncate(1))),
        ("no address", Box::new(|reply| reply.session_address.clear())),
        ("ledger key", Box::new(|reply| reply.hub_ledger_key = vec![0; 32].into())),
        ("no office", Box::new(|reply| reply.office.clear())),
    ];
    for (said, lie) in lies {
        let error = answer_of(&hub, lie).await.expect(said);
        assert!(matches!(&error, EnrolError::Answer(why) if why.contains(said)), "{said}: {error}");
    }
}
