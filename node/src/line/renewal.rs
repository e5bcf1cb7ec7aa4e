//! Renewal of a machine's certificate: when, and the call. The keys stay the same, so the old and the new certificate
//! are equally good until the old one ends, and the old one is kept until the new one has worked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::transport::Channel;
use truc_proto::enrolment::{CallRefusal, REASON};
use truc_proto::fault::planted;
use truc_proto::limits;
use truc_proto::wire::RenewRequest;
use truc_proto::wire::renewal_client::RenewalClient;

use crate::clock::unix_millis;
use crate::identity::certificate::{OfficeCertificate, renewal_due};
use crate::identity::keys;
use crate::identity::trust::{Trust, TrustError};
use crate::office::Office;

/// A failed renewal, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failed {
    /// When it failed, Unix milliseconds.
    pub at: u64,
    /// `line`, `refused`, `clock`, `answer` or `disk`.
    pub why: String,
    /// English text, for the log.
    pub detail: String,
}

/// Why a certificate was not renewed; the one held still counts.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The hub did not answer.
    #[error("no answer: {0}")]
    Line(String),
    /// The hub refused.
    #[error("the hub refused: {0}")]
    Refused(String),
    /// The hub does not believe its own clock.
    #[error("the hub does not believe its own clock, so it signs no certificates")]
    Clock,
    /// The answer is not valid, or could not be saved.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The last try is too recent.
    #[error("it was tried a short time ago")]
    Early,
}

impl RenewError {
    fn told(&self) -> Option<Failed> {
        let why = match self {
            Self::Line(_) => "line",
            Self::Refused(_) => "refused",
            Self::Clock => "clock",
            Self::Trust(TrustError::Wrong(_)) => "answer",
            Self::Trust(TrustError::Key(_)) => "disk",
            Self::Early => return None,
        };
        Some(Failed { at: unix_millis(), why: why.to_owned(), detail: self.to_string() })
    }
}

/// What sessions learn from the hub for renewal.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    /// The hub's time, Unix seconds, and this machine's steady clock then, milliseconds.
    time: Option<(u64, u64)>,
}

/// The renewals of one machine, over all its sessions.
#[derive(Debug)]
pub struct Renewals {
    trust: Arc<Trust>,
    said: watch::Sender<Said>,
    /// When renewal was last tried, successfully or not.
    tried: Mutex<Option<Instant>>,
    /// When to renew although it is not due: the hub asked, or there is a new authority.
    prompted: Mutex<Option<Instant>>,
    /// The authorities could not be kept: when that is tried again, and the pause after the next failure.
    again: Mutex<Option<(Instant, Duration)>>,
}

impl Renewals {
    /// Renewals of the machine that holds this certificate.
    pub fn new(trust: Arc<Trust>) -> Self {
        Self {
            trust,
            said: watch::Sender::default(),
            tried: Mutex::default(),
            prompted: Mutex::default(),
            again: Mutex::default(),
        }
    }

    /// Takes the hub's time, Unix milliseconds: renewal goes by it, not by this machine's clock.
    pub fn hub_time(&self, millis: u64) {
        let time = Some((millis / 1000, self.trust.clock().steady()));
        self.said.send_modify(|said| said.time = time);
    }

    /// Takes the hub's request to renew now.
    pub fn asked(&self) {
        self.prompt(Duration::ZERO);
        self.said.send_modify(|_| {});
    }

    fn prompt(&self, within: Duration) {
        let at = Instant::now() + within;
        let mut prompted = self.prompted.lock().unwrap_or_else(PoisonError::into_inner);
        *prompted = Some(prompted.map_or(at, |before| before.min(at)));
    }

    /// Takes the authorities that the hub's entries name. If a new one does not stand behind this machine's
    /// certificate, renewal is due soon.
    pub fn follow(&self, office: &Office) -> Result<(), TrustError> {
        if self.trust.take_authorities(&office.registry().authorities().certificates)? {
            tracing::info!("the hub's authorities have changed");
        }
        if !self.trust.is_of_newest_authority() {
            let life = life(&self.trust.held().leaf);
            let random = keys::random().map_or(1 << 15, u16::from_le_bytes);
            self.prompt(life.mul_f64(limits::RENEW_ROLLED * f64::from(random) / 65_536.0));
        }
        Ok(())
    }

    /// When what failed is tried again, and the pause after the next failure.
    fn failed(&self) -> Option<(Instant, Duration)> {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Renewals::follow`]; after a failure the next try comes later and later.
    fn follow_on(&self, office: &Office) -> Result<(), TrustError> {
        let followed = self.follow(office);
        let pause = self.failed().map_or(limits::STORE_RETRY, |(_, pause)| pause);
        let again = (Instant::now() + pause, (pause * 2).min(limits::BACKOFF_CAP));
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = followed.is_err().then_some(again);
        followed
    }

    /// Waits until the certificate is to be renewed, and renews it over this channel.
    pub async fn turn(&self, office: &Office, channel: Channel) -> Result<(), RenewError> {
        let mut said = self.said.subscribe();
        let Ok(mut folded) = office.folded() else { return std::future::pending().await };
        let mut authorities = None;
        loop {
            let position = office.registry().authorities().position;
            let due = self.failed().is_none_or(|(again, _)| again <= Instant::now());
            if authorities != Some(position) && due {
                self.follow_on(office)?;
                authorities = Some(position);
            }
            let again = self.failed().filter(|_| authorities != Some(position)).map(|(again, _)| again);
            said.borrow_and_update();
            let wait = self.wait();
            tokio::select! {
                biased;
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => return self.renew(channel, false).await,
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
                _ = said.changed() => {}
                changed = folded.changed() => if changed.is_err() {
                    // The office is closing.
                    return std::future::pending().await;
                },
            }
        }
    }

    /// Time until renewal; none: the hub has not told its time yet, and this machine's clock may be wrong.
    fn wait(&self) -> Option<Duration> {
        let leaf = &self.trust.held().leaf;
        let clock = self.trust.clock();
        let (time, then) = self.said.borrow().time?;
        let passed = clock.steady().saturating_sub(then) / 1000;
        let now = if planted("certificates.clock.own") { clock.now() } else { time.saturating_add(passed) };
        let until = Duration::from_secs(renewal_due(leaf).saturating_sub(now));
        let prompted = *self.prompted.lock().unwrap_or_else(PoisonError::into_inner);
        let prompted = prompted.map(|at| at.saturating_duration_since(Instant::now()));
        Some(prompted.map_or(until, |prompted| until.min(prompted)).max(self.pause(leaf)))
    }

    /// What is left of the pause after the last try.
    fn pause(&self, leaf: &OfficeCertificate) -> Duration {
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.map_or(Duration::ZERO, |tried| {
            life(leaf).mul_f64(limits::RENEW_AGAIN).saturating_sub(tried.elapsed())
        })
    }

    /// Renews now, unless the last try is too recent. On success the new certificate is on disk, and later calls show
    /// it. `refused`: the hub takes the one held for nothing else, because of its dates.
    pub async fn renew(&self, channel: Channel, refused: bool) -> Result<(), RenewError> {
        if !self.pause(&self.trust.held().leaf).is_zero() {
            return Err(RenewError::Early);
        }
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let mut client = RenewalClient::new(channel)
            .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
            .max_encoding_message_size(limits::ENROLMENT_MESSAGE);
        let called =
            timeout(limits::RENEW_CALL, client.renew(RenewRequest { clock: self.trust.clock().millis() }))
                .await;
        let reply = match called {
            Ok(Ok(reply)) => reply.into_inner(),
            Ok(Err(status)) if refusal(&status) == Some(CallRefusal::Clock) => return Err(RenewError::Clock),
            Ok(Err(status)) if status.code() == tonic::Code::Unavailable => {
                return Err(RenewError::Line(status.message().to_owned()));
            }
            Ok(Err(status)) => return Err(RenewError::Refused(status.message().to_owned())),
            Err(late) => return Err(RenewError::Line(late.to_string())),
        };
        let chain = reply.certificates.into_iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        self.trust.take_certificate(chain, refused)?;
        *self.prompted.lock().unwrap_or_else(PoisonError::into_inner) = None;
        tracing::info!(until = self.trust.held().leaf.not_after, "the certificate is renewed");
        Ok(())
    }

    /// Time until what failed is tried again.
    pub fn next_try(&self) -> Duration {
        let follows = self.failed().map(|(again, _)| again.saturating_duration_since(Instant::now()));
        follows.unwrap_or_else(|| self.pause(&self.trust.held().leaf))
    }

    /// What to tell people of a failure; none: nothing.
    pub fn told(&self, error: &RenewError) -> Option<Failed> {
        let told = error.told()?;
        tracing::warn!(%error, "the certificate was not renewed; the one held still counts");
        Some(told)
    }
}

fn life(leaf: &OfficeCertificate) -> Duration {
    Duration::from_secs(leaf.not_after.saturating_sub(leaf.not_before))
}

/// The hub's reason for not opening a session, if it gave one.
pub fn refusal(status: &tonic::Status) -> Option<CallRefusal> {
    let reason = status.metadata().get(REASON)?;
    CallRefusal::from_code(reason.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use bytes::Bytes;
    use ed25519_dalek::SigningKey;
    use futures_util::FutureExt as _;
    use rcgen::KeyPair;
    use truc_proto::id::RecordId;
    use truc_proto::record::{Move, registry};
    use truc_proto::wire::registry_move::Move as Word;
    use truc_proto::wire::{AuthoritiesTrusted, OfficeFact, RegistryMove};
    use uuid::Uuid;

    use super::*;
    use crate::identity::trust::tests::{Maker, OFFICE, machine};
    use crate::identity::{IDENTITY, Identity};
    use crate::office::Intent;

    /// A new authority is announced to a machine whose disk takes nothing.
    #[tokio::test]
    async fn authorities_that_cannot_be_kept_are_tried_again_later_and_later() {
        let (old, new, key) = (Maker::new(), Maker::new(), KeyPair::generate().unwrap());
        let (dir, trust) = machine(&old, &key);
        let (trust, store) = (Arc::new(trust), tempfile::tempdir().unwrap());
        let hub = SigningKey::from_bytes(&[1; 32]);
        let identity = Identity {
            office: OFFICE,
            hub: OFFICE,
            hub_key: hub.verifying_key(),
            key: hub,
            ring: Default::default(),
        };
        let office = Office::open(store.path(), identity, Vec::new()).unwrap();
        let certificates: Vec<Bytes> =
            [&new, &old].map(|maker| Bytes::copy_from_slice(maker.certificate())).into();
        let fact = OfficeFact {
            office: OFFICE.to_wire(),
            since: "2025-07-01".into(),
            tier: "hub".into(),
            name: "A".into(),
            ..Default::default()
        };
        for said in [Word::Office(fact), Word::Authorities(AuthoritiesTrusted { certificates })] {
            let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(said) }));
            office.append(Intent::new("hub", RecordId(Uuid::now_v7()), mv, Vec::new())).await.unwrap();
        }
        while office.registry().authorities().certificates.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let kept = dir.path().join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE);
        let taken = || trust.held().authorities.len() == 2;
        fs::remove_file(&kept).unwrap();
        fs::create_dir(&kept).unwrap();
        let renewals = Renewals::new(Arc::clone(&trust));
        let channel = tonic::transport::Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        // As a session does it: after a failure the turn begins anew, and then waits.
        let turn = || renewals.turn(&office, channel.clone()).now_or_never();
        assert!(matches!(turn(), Some(Err(RenewError::Trust(_)))));
        assert!(turn().is_none() && turn().is_none(), "it is tried without end");
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let (again, _) = renewals.failed().unwrap();
            pauses.push(again.saturating_duration_since(Instant::now()).as_secs_f64().round() as u64);
            assert!(renewals.follow_on(&office).is_err());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60], "later and later");
        assert!(!taken());
        fs::remove_dir(&kept).unwrap();
        renewals.follow_on(&office).unwrap();
        assert!(taken() && renewals.failed().is_none());
    }
}
