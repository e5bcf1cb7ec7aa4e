//! Renewal at the hub: issues a new certificate on the key of the one shown, for the machine that the registry names as
//! the office's. The handshake has proved possession of the key, so nothing in the request is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use tonic::{Request, Response, Status};
use truc_node::clock::unix_millis;
use truc_proto::audience::Scope;
use truc_proto::enrolment::{CallRefusal, REASON};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Credential;
use truc_proto::time::Moment;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::renewal_server::{Renewal, RenewalServer};
use truc_proto::wire::{CredentialIssued, RenewReply, RenewRequest};

use crate::authority::rollover::Authorities;
use crate::hub::{Hub, ITSELF, NotRenewed};
use crate::line::caller::{Caller, Peer, refused};
use crate::trust::keeper::Trust;

/// A certificate given out since the hub started, kept to repeat the answer in case it was lost.
#[derive(Clone, Debug)]
struct Given {
    key: Hash,
    authority: Hash,
    at: u64,
    certificates: Vec<Bytes>,
}

/// Renewals under way at once.
const TURNS: usize = 64;

/// The gRPC service.
pub struct RenewalService {
    hub: Arc<Hub>,
    trust: Arc<Trust>,
    given: Mutex<HashMap<OfficeId, Given>>,
    /// One is locked during a renewal, by office, so that a machine that asks twice at once does not get two
    /// certificates. Different offices seldom wait for each other.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

impl RenewalService {
    /// Makes the service for a tonic server, with message sizes limited.
    pub fn server(hub: Arc<Hub>, trust: Arc<Trust>) -> RenewalServer<Self> {
        let service =
            Self { hub, trust, given: Mutex::default(), turns: std::array::from_fn(|_| Default::default()) };
        RenewalServer::new(service)
            .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
            .max_encoding_message_size(limits::ENROLMENT_MESSAGE)
    }

    async fn renew_for(&self, peer: &Peer) -> Result<Vec<Bytes>, Status> {
        let turn = peer.office.0.as_u128() % TURNS as u128;
        let _turn = self.turns[turn as usize].lock().await;
        let registry = self.hub.office.registry();
        // The registry is asked again, because the connection may be older than its newest facts.
        let credential = registry.credential(peer.office).filter(|credential| peer.holds(credential));
        let credential = credential.ok_or_else(|| refused(CallRefusal::Credential))?;
        if self.hub.time.doubt().is_some() && !planted("certificates.clock.believed") {
            return Err(refused(CallRefusal::Clock));
        }
        let authorities = self.trust.authorities();
        let now = self.hub.clock().now();
        let (moment, pause) = (Moment::seconds(now), pause(&authorities));
        if let Some(given) = self.given(peer.office)
            && given.key == peer.key
            && given.authority == authorities.newest().fingerprint()
            && !planted("certificates.renewal.twice")
            && Moment::seconds(given.at).is_within(pause, moment)
        {
            return Ok(given.certificates);
        }
        // A certificate given out before a restart cannot be repeated, and a new one for each try must not be made.
        let life = authorities.newest().lives().node.as_secs();
        let fresh = Moment::seconds(credential.not_after.saturating_sub(life)).is_within(pause, moment);
        if fresh
            && credential.position > registry.authorities().position
            && peer.certificate != credential.certificate
        {
            return Err(refused(CallRefusal::Soon));
        }
        self.issue(peer, credential, &authorities, now).await
    }

    async fn issue(
        &self,
        peer: &Peer,
        credential: &Credential,
        authorities: &Authorities,
        now: u64,
    ) -> Result<Vec<Bytes>, Status> {
        let authority = authorities.newest();
        let issued = authority.renew_office(peer.office, &peer.public_key, now).map_err(unavailable)?;
        let word = Word::Credential(CredentialIssued {
            office: peer.office.to_wire(),
            number: credential.number + u64::from(planted("certificates.renewal.counts")),
            ledger_key: Bytes::copy_from_slice(credential.key.as_bytes()),
            certificate: issued.hash.to_wire(),
            not_after: issued.not_after,
            tls_key: issued.key.to_wire(),
        });
        // Only the office and the hub's audit get this entry: other offices need keys and numbers, which do not change.
        // The key stays the same, so nothing waits for the views to know it.
        self.hub.note(ITSELF, word, vec![Scope::office(peer.office)]).await.map_err(unavailable)?;
        let chain = [&issued.certificate].into_iter().chain(authority.between());
        let certificates: Vec<Bytes> =
            chain.map(|der: &CertificateDer<'_>| Bytes::copy_from_slice(der)).collect();
        let given = Given {
            key: peer.key,
            authority: authority.fingerprint(),
            at: now,
            certificates: certificates.clone(),
        };
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(peer.office, given);
        tracing::info!(
            office = self.hub.called(peer.office),
            until = issued.not_after,
            "certificate renewed"
        );
        Ok(certificates)
    }

    fn given(&self, office: OfficeId) -> Option<Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).get(&office).cloned()
    }
}

/// How long a certificate given out is repeated instead of issuing another one.
fn pause(authorities: &Authorities) -> Duration {
    authorities.newest().lives().node.mul_f64(limits::RENEW_PAUSE)
}

#[tonic::async_trait]
impl Renewal for RenewalService {
    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<RenewReply>, Status> {
        let caller = Caller::of(&request)?;
        let peer = caller.peer();
        self.hub.time.hear(peer.office, request.get_ref().clock);
        match self.renew_for(peer).await {
            Ok(certificates) => {
                self.hub.renewed(peer.office, None);
                Ok(Response::new(RenewReply { certificates }))
            }
            Err(status) => {
                let why =
                    status.metadata().get(REASON).and_then(|reason| reason.to_str().ok()).unwrap_or("store");
                self.hub.renewed(peer.office, Some(NotRenewed { at: unix_millis(), why: why.to_owned() }));
                let office = self.hub.called(peer.office);
                tracing::warn!(office, reason = status.message(), "certificate not renewed");
                Err(status)
            }
        }
    }
}

fn unavailable(error: impl std::fmt::Display) -> Status {
    tracing::error!(%error, "renewal failed at the hub");
    Status::unavailable("the hub could not renew; the certificate held still counts")
}
