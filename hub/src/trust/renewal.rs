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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::time::Instant;

    use ed25519_dalek::SigningKey;
    use rcgen::{KeyPair, PublicKeyData};
    use rusqlite::Connection;
    use truc_node::clock::unix_now;
    use truc_node::derive::views::VIEWS;
    use truc_node::identity::Identity;
    use truc_node::identity::certificate::fingerprint;
    use truc_proto::wire::OfficeFact;
    use uuid::Uuid;

    use super::*;
    use crate::authority::{Authority, Lives};
    use crate::config::{Allowed, Config, FileQuotas};

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

    fn service(dir: &Path) -> RenewalService {
        Authority::init(dir, "Thử nghiệm", unix_now()).unwrap();
        let key = SigningKey::from_bytes(&[1; 32]);
        let identity =
            Identity { office: HUB, hub: HUB, hub_key: key.verifying_key(), key, ring: Default::default() };
        let hub = Hub::open(dir, identity).unwrap();
        let config = Config {
            office: HUB,
            name: "Trung tâm".into(),
            address: "127.0.0.1:1".into(),
            enrol_address: "127.0.0.1:2".into(),
            listen: "127.0.0.1:1".parse().unwrap(),
            enrol_listen: "127.0.0.1:2".parse().unwrap(),
            handshakes_per_source: 1,
            quota: Allowed::default(),
            files: FileQuotas::default(),
        };
        let trust = Trust::open(dir, config, Arc::clone(&hub), Lives::default()).unwrap();
        RenewalService {
            hub,
            trust,
            given: Mutex::default(),
            turns: std::array::from_fn(|_| Default::default()),
        }
    }

    /// A machine of a new office.
    async fn machine(hub: &Hub, office: OfficeId) -> Peer {
        let public_key = Bytes::from(KeyPair::generate().unwrap().subject_public_key_info());
        let key = fingerprint(&public_key);
        let certificate = Hash([office.0.as_u128() as u8; 32]);
        let fact = OfficeFact {
            office: office.to_wire(),
            since: "2025-07-01".into(),
            tier: "commune".into(),
            parent: HUB.to_wire(),
            name: "A".into(),
            ..Default::default()
        };
        let issued = CredentialIssued {
            office: office.to_wire(),
            number: 1,
            ledger_key: SigningKey::from_bytes(&[office.0.as_u128() as u8; 32])
                .verifying_key()
                .to_bytes()
                .to_vec()
                .into(),
            certificate: certificate.to_wire(),
            not_after: unix_now() + 60,
            tls_key: key.to_wire(),
        };
        for said in [Word::Office(fact), Word::Credential(issued)] {
            hub.say(ITSELF, said, vec![Scope::office(office)]).await.unwrap();
        }
        let source = "127.0.0.1:9".parse().unwrap();
        Peer { source, office, certificate, public_key, key, not_after: unix_now() + 60 }
    }

    /// After a new authority was announced, everybody comes within seconds.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_renewal_waits_neither_for_another_offices_nor_for_the_views() {
        let dir = tempfile::tempdir().unwrap();
        let service = service(dir.path());
        let mut machines = Vec::new();
        for number in 2..8 {
            machines.push(machine(&service.hub, OfficeId(Uuid::from_u128(number))).await);
        }
        let (slow, others) = machines.split_first().unwrap();
        // One is under way, and somebody keeps the views from being written.
        let under_way = service.turns[slow.office.0.as_u128() as usize % TURNS].lock().await;
        let views = Connection::open(dir.path().join(VIEWS)).unwrap();
        views.execute_batch("BEGIN IMMEDIATE").unwrap();
        let begun = Instant::now();
        let renewed = futures_util::future::join_all(others.iter().map(|peer| service.renew_for(peer)));
        let renewed = tokio::time::timeout(limits::RENEW_CALL, renewed).await.unwrap();
        assert!(renewed.iter().all(Result::is_ok), "{renewed:?}");
        // Whoever waits for the views gives them up after five seconds.
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        drop(under_way);
        service.renew_for(slow).await.unwrap();
        views.execute_batch("ROLLBACK").unwrap();
        tokio::task::spawn_blocking(move || drop(service)).await.unwrap();
    }
}
