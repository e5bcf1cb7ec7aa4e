//! Enrolment at the hub: checks requests and issues certificates. [`Enrolments`] stores codes and credentials.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ed25519_dalek::{Signature, VerifyingKey};
use rustls::pki_types::CertificateDer;
use subtle::ConstantTimeEq;
use tonic::{Request, Response, Status};
use truc_node::strangers::throttle::{Patience, Throttle, network};
use truc_proto::enrolment::{EnrolmentRefusal, REASON, proof_bytes, secret_hash};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::enrolment_server::{Enrolment, EnrolmentServer};
use truc_proto::wire::{EnrolReply, EnrolRequest};

use crate::authority::{AuthorityError, Issued};
use crate::line::caller::Source;

/// An enrolment code that the hub gave out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// [`secret_hash`] of the code's secret; the secret itself is not stored.
    pub secret_hash: Hash,
    /// The office that the code enrols.
    pub office: OfficeId,
    /// The office's name today.
    pub office_name: String,
    /// When the code expires, Unix seconds.
    pub expires: u64,
    /// The ledger key that enrolled with the code, if one has.
    pub used_by: Option<[u8; 32]>,
}

/// A machine that showed a valid code and proved that it holds its keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redemption {
    /// Hash of the code's secret.
    pub secret_hash: Hash,
    /// The code's office.
    pub office: OfficeId,
    /// Ed25519 public key of the machine's ledger.
    pub ledger_key: [u8; 32],
    /// SHA-256 of the certificate issued to the machine.
    pub certificate: Hash,
    /// SHA-256 of the TLS key that the certificate is for.
    pub tls_key: Hash,
    /// `notAfter` of the certificate, Unix seconds.
    pub not_after: u64,
}

/// Issues certificates to machines that enrol.
pub trait Issue: Send + Sync {
    /// The time now, Unix seconds.
    fn now(&self) -> u64;

    /// Issues a certificate for an office on the key of its request, with the chain up to the authority named in codes.
    fn issue(
        &self,
        office: OfficeId,
        csr: &[u8],
    ) -> Result<(Issued, Vec<CertificateDer<'static>>), AuthorityError>;
}

/// Why a code was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// Another ledger key has used the code, or it has ended meanwhile.
    #[error("the code is used")]
    Used,
    /// The code's office has ended, or was taken back.
    #[error("the code's office may have no machine")]
    Ended,
    /// The office has enrolled too often today.
    #[error("the office has enrolled too often today")]
    TooOften,
    /// The machine's ledger key is that of another office's machine.
    #[error("the ledger key is another office's")]
    OtherOffice,
    /// The store failed. The code may be marked as used by this ledger key; the same key may try again.
    #[error("the store failed: {0}")]
    Store(String),
}

/// Where codes and credentials are stored.
#[tonic::async_trait]
pub trait Enrolments: Send + Sync + 'static {
    /// The code whose secret has this hash. Used and expired codes are found for some time too, so that a person hears
    /// what is wrong with theirs.
    async fn offer(&self, secret_hash: Hash) -> Result<Option<Offer>, RedeemError>;

    /// Marks the code as used by this ledger key and registers the credential; returns its number once both are
    /// durable. A code used by *another* ledger key is [`RedeemError::Used`]. The same key may come again, because its
    /// first answer was lost: it gets the same number, with the certificate issued now.
    async fn redeem(&self, redemption: Redemption) -> Result<u64, RedeemError>;

    /// Writes a suspicion into the audit, with the number of cases since the last note.
    async fn suspect(&self, what: Suspicion, times: u64, source: IpAddr);
}

/// What the audit notes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suspicion {
    /// A code that was never given out; calls refused by the throttle count too.
    Guessed,
    /// A code that another machine has used.
    Used,
}

/// Limits the notes about suspicions of one kind: after one, no other for [`limits::ENROLMENT_WAIT`], whatever is tried.
#[derive(Debug, Default)]
struct Suspects {
    times: u64,
    noted: Option<Instant>,
}

impl Suspects {
    /// Counts a case. If a note is due, returns how many cases it must mention.
    fn count(&mut self) -> Option<u64> {
        self.times += 1;
        if self.noted.is_some_and(|noted| noted.elapsed() < limits::ENROLMENT_WAIT) {
            return None;
        }
        self.noted = Some(Instant::now());
        Some(std::mem::take(&mut self.times))
    }
}

/// An answer, for the time within which it is repeated.
#[derive(Clone, Debug)]
struct Given {
    tls_key: Hash,
    ledger_key: [u8; 32],
    at: Instant,
    reply: EnrolReply,
}

/// What a new machine is told of the hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HubFacts {
    /// Id of the hub's own office.
    pub office: OfficeId,
    /// Ed25519 public key of the hub's ledger.
    pub ledger_key: [u8; 32],
    /// `host:port` of the session listener.
    pub session_address: String,
}

/// The throttle on wrong codes: the wait never gets longer.
const PATIENCE: Patience = Patience {
    tries: limits::ENROLMENT_TRIES,
    wait: limits::ENROLMENT_WAIT,
    longest: limits::ENROLMENT_WAIT,
    forget: limits::ENROLMENT_WAIT,
    remembered: limits::ENROLMENT_SOURCES,
};

/// The service behind the enrolment listener.
pub struct EnrolmentService {
    enrolments: Arc<dyn Enrolments>,
    issue: Arc<dyn Issue>,
    hub: HubFacts,
    throttle: Mutex<Throttle<IpAddr>>,
    /// By kind: a guess must not hide that a used code was shown again.
    suspects: Mutex<HashMap<Suspicion, Suspects>>,
    /// Answers given a moment ago, by the code's hash: the same request gets the same answer, and nothing is written.
    given: tokio::sync::Mutex<HashMap<Hash, Given>>,
    /// When the service started; the throttle counts time from here.
    begun: Instant,
}

impl EnrolmentService {
    /// Makes the service for a tonic server, with message sizes limited.
    pub fn server(
        enrolments: Arc<dyn Enrolments>,
        issue: Arc<dyn Issue>,
        hub: HubFacts,
    ) -> EnrolmentServer<Self> {
        let throttle = Mutex::new(Throttle::new(PATIENCE));
        let (suspects, given) = Default::default();
        EnrolmentServer::new(Self {
            enrolments,
            issue,
            hub,
            throttle,
            suspects,
            given,
            begun: Instant::now(),
        })
        .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
        .max_encoding_message_size(limits::ENROLMENT_MESSAGE)
    }

    async fn enrol_from(&self, source: Source, request: EnrolRequest) -> Result<EnrolReply, Status> {
        let ip = network(source.0.ip());
        let secret: [u8; 16] =
            request.secret[..].try_into().map_err(|_| refused(EnrolmentRefusal::Request))?;
        if !self.may_try(&ip) {
            tracing::debug!(source = %source.0, "enrolment throttled");
            self.suspect(Suspicion::Guessed, ip).await;
            return Err(refused(EnrolmentRefusal::Throttled));
        }
        let sought = secret_hash(&secret);
        let offer = self.enrolments.offer(sought).await.map_err(unavailable)?;
        // However the store searched, the last comparison takes constant time.
        let Some(offer) = offer.filter(|offer| bool::from(offer.secret_hash.0.ct_eq(&sought.0))) else {
            tracing::warn!(source = %source.0, "wrong enrolment secret");
            self.suspect(Suspicion::Guessed, ip).await;
            return Err(refused(EnrolmentRefusal::Unknown));
        };
        self.throttle().take_back(&ip);
        let ledger_key = proved_key(&request).ok_or_else(|| refused(EnrolmentRefusal::Request))?;
        if offer.used_by.is_some_and(|user| user != ledger_key) {
            tracing::warn!(source = %source.0, office = %offer.office, "used enrolment code shown again");
            self.suspect(Suspicion::Used, ip).await;
            return Err(refused(EnrolmentRefusal::Used));
        }
        if !request.office.is_empty() && request.office != offer.office.to_wire() {
            return Err(refused(EnrolmentRefusal::OtherOffice));
        }
        if self.issue.now() >= offer.expires {
            return Err(refused(EnrolmentRefusal::Expired));
        }
        let name = offer.office_name.clone();
        let (issued, chain) = self.issue.issue(offer.office, &request.csr).map_err(|error| match error {
            AuthorityError::Request(_) => refused(EnrolmentRefusal::Request),
            AuthorityError::Doubted => refused(EnrolmentRefusal::Clock),
            other => unavailable(other),
        })?;
        // Held to the end: who asks twice at once must not be enrolled twice.
        let mut given = self.given.lock().await;
        given.retain(|_, given| given.at.elapsed() < limits::ENROLMENT_REPEATED);
        if let Some(given) = given.get(&sought).filter(|given| given.ledger_key == ledger_key) {
            if given.tls_key == issued.key {
                return Ok(given.reply.clone());
            }
            // Another TLS key: each is another machine to everybody, and its number is said to all offices.
            tracing::warn!(source = %source.0, office = %offer.office, "enrolled a moment ago with another key");
            return Err(refused(EnrolmentRefusal::Throttled));
        }
        let redemption = Redemption {
            secret_hash: sought,
            office: offer.office,
            ledger_key,
            certificate: issued.hash,
            tls_key: issued.key,
            not_after: issued.not_after,
        };
        let credential = self.enrolments.redeem(redemption).await.map_err(|error| match error {
            RedeemError::Used => refused(EnrolmentRefusal::Used),
            RedeemError::Ended => refused(EnrolmentRefusal::Expired),
            RedeemError::TooOften => refused(EnrolmentRefusal::Throttled),
            RedeemError::OtherOffice => refused(EnrolmentRefusal::OtherOffice),
            other => unavailable(other),
        })?;
        tracing::info!(source = %source.0, office = %offer.office, name, credential, "office enrolled");
        let reply = EnrolReply {
            office: offer.office.to_wire(),
            office_name: offer.office_name,
            certificates: chain.iter().map(|der| bytes::Bytes::copy_from_slice(der)).collect(),
            credential,
            hub_office: self.hub.office.to_wire(),
            hub_ledger_key: bytes::Bytes::copy_from_slice(&self.hub.ledger_key),
            session_address: self.hub.session_address.clone(),
        };
        let at = Instant::now();
        given.insert(sought, Given { tls_key: issued.key, ledger_key, at, reply: reply.clone() });
        Ok(reply)
    }

    /// Counts the attempt as wrong in advance, so that many attempts at once gain nothing over one after the other.
    fn may_try(&self, ip: &IpAddr) -> bool {
        let (mut throttle, now) = (self.throttle(), self.begun.elapsed());
        let may = throttle.wait(ip, now).is_zero() || planted("certificates.guesses.free");
        if may {
            throttle.wrong(ip, now);
        }
        may
    }

    async fn suspect(&self, what: Suspicion, source: IpAddr) {
        let times = {
            let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
            suspects.entry(what).or_default().count()
        };
        if let Some(times) = times {
            self.enrolments.suspect(what, times, source).await;
        }
    }

    fn throttle(&self) -> std::sync::MutexGuard<'_, Throttle<IpAddr>> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        let source = request.extensions().get::<Source>().copied();
        let source = source.ok_or_else(|| Status::internal("not behind the enrolment listener"))?;
        self.enrol_from(source, request.into_inner()).await.map(Response::new)
    }
}

/// The ledger key, if the request proves that the machine holds it.
fn proved_key(request: &EnrolRequest) -> Option<[u8; 32]> {
    let bytes: [u8; 32] = request.ledger_key[..].try_into().ok()?;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
    let proof = Signature::from_slice(&request.proof).ok()?;
    key.verify_strict(&proof_bytes(&request.secret, &request.csr), &proof).ok()?;
    Some(bytes)
}

fn refused(why: EnrolmentRefusal) -> Status {
    let mut status = match why {
        EnrolmentRefusal::Unknown => Status::not_found("no such enrolment code"),
        EnrolmentRefusal::Used => Status::already_exists("the enrolment code is used"),
        EnrolmentRefusal::Expired => Status::failed_precondition("the enrolment code has expired"),
        EnrolmentRefusal::Throttled => Status::resource_exhausted("too many wrong codes; wait"),
        EnrolmentRefusal::OtherOffice => Status::failed_precondition("the code is for another office"),
        EnrolmentRefusal::Clock => Status::unavailable("the hub does not believe its own clock; ask later"),
        EnrolmentRefusal::Request => Status::invalid_argument("the enrolment request is not in order"),
    };
    status.metadata_mut().insert(REASON, tonic::metadata::MetadataValue::from_static(why.code()));
    status
}

fn unavailable(error: impl std::fmt::Display) -> Status {
    tracing::error!(%error, "enrolment failed at the hub");
    Status::internal("the hub could not enrol; nothing was changed")
}
