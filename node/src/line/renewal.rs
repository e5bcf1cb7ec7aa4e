//! Renewal: when a machine's certificate is to be renewed, and the call that does it. The keys stay the same, so
//! the old certificate and the new one are equally good until the old one ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
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

/// A renewal that failed, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failed {
    /// Unix milliseconds.
    pub at: u64,
    /// `line`, `refused`, `answer` or `disk`.
    pub why: String,
    /// For the log.
    pub detail: String,
}

/// Why a certificate was not renewed; the old one still counts.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The hub did not answer.
    #[error("no answer: {0}")]
    Line(String),
    /// The hub will not.
    #[error("the hub refused: {0}")]
    Refused(String),
    /// What came does not hold, or could not be kept.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A try was made a short time ago.
    #[error("it was tried a short time ago")]
    Early,
}

impl RenewError {
    fn told(&self) -> Option<Failed> {
        let why = match self {
            Self::Line(_) => "line",
            Self::Refused(_) => "refused",
            Self::Trust(TrustError::Wrong(_)) => "answer",
            Self::Trust(TrustError::Key(_)) => "disk",
            Self::Early => return None,
        };
        Some(Failed { at: unix_millis(), why: why.to_owned(), detail: self.to_string() })
    }
}

/// What the hub said that bears on it.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    /// The hub's clock less ours, seconds.
    ahead: Option<i64>,
}

/// The renewals of one machine, over all its sessions.
#[derive(Debug)]
pub struct Renewals {
    trust: Arc<Trust>,
    said: watch::Sender<Said>,
    /// When it was last tried, with what result ever.
    tried: Mutex<Option<Instant>>,
    /// Not to wait for the due time: the hub asked, or there is a new authority.
    prompted: Mutex<Option<Instant>>,
}

impl Renewals {
    /// Of the machine with this certificate.
    pub fn new(trust: Arc<Trust>) -> Self {
        Self { trust, said: watch::Sender::default(), tried: Mutex::default(), prompted: Mutex::default() }
    }

    /// What the hub's clock shows, Unix milliseconds: it counts, not ours.
    pub fn hub_time(&self, millis: u64) {
        let ahead = (millis / 1000) as i64 - self.trust.clock().now() as i64;
        self.said.send_modify(|said| said.ahead = Some(ahead));
    }

    /// The hub wants it now.
    pub fn asked(&self) {
        self.prompt(Duration::ZERO);
        self.said.send_modify(|_| {});
    }

    fn prompt(&self, within: Duration) {
        let at = Instant::now() + within;
        let mut prompted = self.prompted.lock().unwrap_or_else(PoisonError::into_inner);
        *prompted = Some(prompted.map_or(at, |before| before.min(at)));
    }

    /// Takes in what the hub's entries say of authorities. A new one stands behind certificates that it issued, so
    /// ours is renewed soon.
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

    /// Waits until the certificate is to be renewed, and renews it over this channel.
    pub async fn turn(&self, office: &Office, channel: Channel) -> Result<(), RenewError> {
        let mut said = self.said.subscribe();
        let Ok(mut folded) = office.folded() else { return std::future::pending().await };
        let mut authorities = None;
        loop {
            let position = office.registry().authorities().position;
            if authorities.replace(position) != Some(position) {
                self.follow(office)?;
            }
            said.borrow_and_update();
            let wait = self.wait();
            tokio::select! {
                biased;
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => return self.renew(channel).await,
                _ = said.changed() => {}
                changed = folded.changed() => if changed.is_err() {
                    // The office is closing.
                    return std::future::pending().await;
                },
            }
        }
    }

    /// How long to wait from now on; none: the hub has not yet said what time it is, and ours may be wrong.
    fn wait(&self) -> Option<Duration> {
        let leaf = &self.trust.held().leaf;
        let ahead = if planted("certificates.clock.own") { 0 } else { self.said.borrow().ahead? };
        let now = (self.trust.clock().now() as i64).saturating_add(ahead);
        let until = Duration::from_secs(u64::try_from(renewal_due(leaf) as i64 - now).unwrap_or(0));
        let prompted = *self.prompted.lock().unwrap_or_else(PoisonError::into_inner);
        let prompted = prompted.map(|at| at.saturating_duration_since(Instant::now()));
        Some(prompted.map_or(until, |prompted| until.min(prompted)).max(self.pause(leaf)))
    }

    /// What is left of the pause after a try.
    fn pause(&self, leaf: &OfficeCertificate) -> Duration {
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.map_or(Duration::ZERO, |tried| {
            life(leaf).mul_f64(limits::RENEW_AGAIN).saturating_sub(tried.elapsed())
        })
    }

    /// Renews now, unless it was tried a short time ago. The new certificate is on disk when this ends well; calls
    /// from then on show it.
    pub async fn renew(&self, channel: Channel) -> Result<(), RenewError> {
        if !self.pause(&self.trust.held().leaf).is_zero() {
            return Err(RenewError::Early);
        }
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let mut client = RenewalClient::new(channel)
            .max_decoding_message_size(limits::ENROLMENT_MESSAGE)
            .max_encoding_message_size(limits::ENROLMENT_MESSAGE);
        let called = timeout(limits::RENEW_CALL, client.renew(RenewRequest {})).await;
        let reply = match called {
            Ok(Ok(reply)) => reply.into_inner(),
            Ok(Err(status)) if status.code() == tonic::Code::Unavailable => {
                return Err(RenewError::Line(status.message().to_owned()));
            }
            Ok(Err(status)) => return Err(RenewError::Refused(status.message().to_owned())),
            Err(late) => return Err(RenewError::Line(late.to_string())),
        };
        let chain = reply.certificates.into_iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        self.trust.take_certificate(chain)?;
        *self.prompted.lock().unwrap_or_else(PoisonError::into_inner) = None;
        tracing::info!(until = self.trust.held().leaf.not_after, "the certificate is renewed");
        Ok(())
    }

    /// What people should know of a failure; none: it is nothing to speak of.
    pub fn told(&self, error: &RenewError) -> Option<Failed> {
        let told = error.told()?;
        tracing::warn!(%error, "the certificate was not renewed; the one held still counts");
        Some(told)
    }
}

fn life(leaf: &OfficeCertificate) -> Duration {
    Duration::from_secs(leaf.not_after.saturating_sub(leaf.not_before))
}

/// Why the hub did not open a session, if it said so.
pub fn refusal(status: &tonic::Status) -> Option<CallRefusal> {
    let reason = status.metadata().get(REASON)?;
    CallRefusal::from_code(reason.to_str().ok()?)
}
