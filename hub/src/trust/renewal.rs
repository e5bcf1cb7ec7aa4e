//! Renewal at the hub: issues a new certificate on the key of the one shown, for the machine that the registry names as
//! the office's. The handshake has proved possession of the key, so nothing in the request is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// The gRPC service.
pub struct RenewalService {
    hub: Arc<Hub>,
    trust: Arc<Trust>,
    given: Mutex<HashMap<OfficeId, Given>>,
    /// Locked during a renewal, so that a machine that asks twice at once does not get two certificates.
    turn: tokio::sync::Mutex<()>,
}

impl RenewalService {
    /// Makes the service for a tonic server, with message sizes limited.
    pub fn server(hub: Arc<Hub>, trust: Arc<Trust>) -> RenewalServer<Self> {
        let service = Self { hub, trust, given: Mutex::default(), turn: tokio::sync::Mutex::default() };
        RenewalServer::new(service)
            .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
            .max_encoding_message_size(limits::ENROLMENT_MESSAGE)
    }

    async fn renew_for(&self, peer: &Peer) -> Result<Vec<Bytes>, Status> {
        let _turn = self.turn.lock().await;
        let registry = self.hub.office.registry();
        // The registry is asked again, because the connection may be older than its newest facts.
        let credential = registry.credential(peer.office).filter(|credential| peer.holds(credential));
        let credential = credential.ok_or_else(|| refused(CallRefusal::Credential))?;
        let authorities = self.trust.authorities();
        let now = self.hub.clock().now();
        if let Some(given) = self.given(peer.office)
            && given.key == peer.key
            && given.authority == authorities.newest().fingerprint()
            && !planted("certificates.renewal.twice")
            && now < given.at.saturating_add(pause(&authorities))
        {
            return Ok(given.certificates);
        }
        // A certificate given out before a restart cannot be repeated, and a new one for each try must not be made.
        let life = authorities.newest().lives().node.as_secs();
        let fresh = credential.not_after > now.saturating_add(life).saturating_sub(pause(&authorities));
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
        self.hub.say(ITSELF, word, vec![Scope::office(peer.office)]).await.map_err(unavailable)?;
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

/// How long a certificate given out is repeated instead of issuing another one, seconds.
fn pause(authorities: &Authorities) -> u64 {
    authorities.newest().lives().node.mul_f64(limits::RENEW_PAUSE).as_secs()
}

#[tonic::async_trait]
impl Renewal for RenewalService {
    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<RenewReply>, Status> {
        let caller = Caller::of(&request)?;
        let peer = caller.peer();
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
