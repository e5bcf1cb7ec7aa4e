//! Enrolment at the hub: a thin shell that checks proofs and issues; what is kept stands behind [`Enrolments`].

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ed25519_dalek::{Signature, VerifyingKey};
use subtle::ConstantTimeEq;
use tonic::{Request, Response, Status};
use truc_node::certificate::unix_now;
use truc_node::throttle::{Patience, Throttle, network};
use truc_proto::enrolment::{EnrolmentRefusal, REASON, proof_bytes, secret_hash};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::enrolment_server::{Enrolment, EnrolmentServer};
use truc_proto::wire::{EnrolReply, EnrolRequest};

use crate::authority::{Authority, AuthorityError};
use crate::listener::Source;

/// A code that the hub gave out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// [`secret_hash`] of its secret; the secret itself is not kept.
    pub secret_hash: Hash,
    /// Whom it enrols.
    pub office: OfficeId,
    /// That office's name today.
    pub office_name: String,
    /// Unix seconds; worth nothing from then on.
    pub expires: u64,
    /// The ledger key that enrolled with it, if one has.
    pub used_by: Option<[u8; 32]>,
}

/// A machine that showed a good code and possession of its keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redemption {
    /// Which code.
    pub secret_hash: Hash,
    /// Whose.
    pub office: OfficeId,
    /// Ed25519 public key of the ledger.
    pub ledger_key: [u8; 32],
    /// SHA-256 of the certificate issued to it.
    pub certificate: Hash,
    /// Unix seconds of the certificate's last moment.
    pub not_after: u64,
}

/// Why a code was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// Another machine was faster.
    #[error("the code is used")]
    Used,
    /// Nothing was changed.
    #[error("the store failed: {0}")]
    Store(String),
}

/// What the registry keeps of codes and credentials.
#[tonic::async_trait]
pub trait Enrolments: Send + Sync + 'static {
    /// The code with this hash. Used and expired ones are still answered, for some days at least, so
    /// that a person hears what is wrong with them.
    async fn offer(&self, secret_hash: Hash) -> Result<Option<Offer>, RedeemError>;

    /// In one transaction: marks the code used by this ledger key and registers the credential; returns
    /// its number once that is durable. A code used by *another* ledger key is [`RedeemError::Used`]. The
    /// same ledger key may come again (its first answer was lost) and gets the same number with the
    /// certificate now issued.
    async fn redeem(&self, redemption: Redemption) -> Result<u64, RedeemError>;
}

/// What a newcomer is told of the hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HubFacts {
    /// The hub's own office.
    pub office: OfficeId,
    /// Ed25519 public key of its ledger.
    pub ledger_key: [u8; 32],
    /// `host:port` of the session listener.
    pub session_address: String,
}

/// Who guesses codes waits, always as long.
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
    authority: Arc<Authority>,
    hub: HubFacts,
    throttle: Mutex<Throttle<IpAddr>>,
    /// What the throttle counts from.
    begun: Instant,
}

impl EnrolmentService {
    /// Ready for tonic, with the message sizes limited.
    pub fn server(
        enrolments: Arc<dyn Enrolments>,
        authority: Arc<Authority>,
        hub: HubFacts,
    ) -> EnrolmentServer<Self> {
        let throttle = Mutex::new(Throttle::new(PATIENCE));
        EnrolmentServer::new(Self { enrolments, authority, hub, throttle, begun: Instant::now() })
            .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
            .max_encoding_message_size(limits::ENROLMENT_MESSAGE)
    }

    async fn enrol_from(&self, source: Source, request: EnrolRequest) -> Result<EnrolReply, Status> {
        let ip = network(source.0.ip());
        if !self.throttle().wait(&ip, self.begun.elapsed()).is_zero() {
            tracing::warn!(source = %source.0, "enrolment throttled");
            return Err(refused(EnrolmentRefusal::Throttled));
        }
        let secret: [u8; 16] =
            request.secret[..].try_into().map_err(|_| refused(EnrolmentRefusal::Request))?;
        let sought = secret_hash(&secret);
        let offer = self.enrolments.offer(sought).await.map_err(unavailable)?;
        // Whatever way the store looked, the last word compares in constant time.
        let Some(offer) = offer.filter(|offer| bool::from(offer.secret_hash.0.ct_eq(&sought.0))) else {
            self.throttle().wrong(&ip, self.begun.elapsed());
            tracing::warn!(source = %source.0, "wrong enrolment secret");
            return Err(refused(EnrolmentRefusal::Unknown));
        };
        let ledger_key = proved_key(&request).ok_or_else(|| refused(EnrolmentRefusal::Request))?;
        if offer.used_by.is_some_and(|user| user != ledger_key) {
            tracing::warn!(source = %source.0, office = %offer.office, "used enrolment code shown again");
            return Err(refused(EnrolmentRefusal::Used));
        }
        let now = unix_now();
        if now >= offer.expires {
            return Err(refused(EnrolmentRefusal::Expired));
        }
        let issued =
            self.authority.issue_office(offer.office, &request.csr, now).map_err(|error| match error {
                AuthorityError::Request(_) => refused(EnrolmentRefusal::Request),
                other => unavailable(other),
            })?;
        let redemption = Redemption {
            secret_hash: sought,
            office: offer.office,
            ledger_key,
            certificate: issued.hash,
            not_after: issued.not_after,
        };
        let credential = self.enrolments.redeem(redemption).await.map_err(|error| match error {
            RedeemError::Used => refused(EnrolmentRefusal::Used),
            other => unavailable(other),
        })?;
        tracing::info!(source = %source.0, office = %offer.office, credential, "office enrolled");
        Ok(EnrolReply {
            office: offer.office.to_wire(),
            office_name: offer.office_name,
            certificates: [&issued.certificate, self.authority.certificate()]
                .map(|der| bytes::Bytes::copy_from_slice(der))
                .to_vec(),
            credential,
            hub_office: self.hub.office.to_wire(),
            hub_ledger_key: bytes::Bytes::copy_from_slice(&self.hub.ledger_key),
            session_address: self.hub.session_address.clone(),
        })
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
        EnrolmentRefusal::Request => Status::invalid_argument("the enrolment request is not in order"),
    };
    status.metadata_mut().insert(REASON, tonic::metadata::MetadataValue::from_static(why.code()));
    status
}

fn unavailable(error: impl std::fmt::Display) -> Status {
    tracing::error!(%error, "enrolment failed at the hub");
    Status::internal("the hub could not enrol; nothing was changed")
}
