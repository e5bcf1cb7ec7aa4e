//! The open connections of offices. A handshake checks a certificate once, but a connection may last for weeks, so it
//! is cut when its certificate is no longer valid.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use truc_node::clock::{Clock, unix_millis};
use truc_node::identity::certificate;
use truc_node::supervise;
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::limits;

use crate::line::caller::{Caller, Peer};
use crate::line::tls::{CertificateLookup, Standing};

/// The open connections.
#[derive(Debug, Default)]
pub struct Connections {
    clock: Clock,
    open: Mutex<Open>,
    /// Callers turned away before they said who they are.
    pub turned_away: TurnedAway,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, One>,
    /// The connections of each office, the oldest first; of many thousands only its own are gone through.
    by_office: HashMap<OfficeId, Vec<u64>>,
}

#[derive(Clone, Debug)]
struct One {
    caller: Caller,
    chain: Arc<Vec<CertificateDer<'static>>>,
    cut: CancellationToken,
}

impl Open {
    /// The oldest connection of an office that has more than [`limits::CONNECTIONS`], not counting those already cut.
    fn too_many(&self, office: OfficeId) -> Option<&One> {
        let its: Vec<&One> = self.of(office).filter(|one| !one.cut.is_cancelled()).collect();
        if its.len() <= limits::CONNECTIONS || planted("limits.connections") {
            return None;
        }
        its.first().copied()
    }

    fn of(&self, office: OfficeId) -> impl Iterator<Item = &One> {
        self.by_office.get(&office).into_iter().flatten().filter_map(|number| self.all.get(number))
    }
}

impl Connections {
    /// No connections yet. Certificates are judged by `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, open: Mutex::default(), turned_away: TurnedAway::default() }
    }

    /// The clock by which certificates are judged.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a new connection with the certificates that the peer showed. The connection ends at the latest with
    /// the peer's certificate; one that may only ask for renewal, after [`limits::ENROLMENT_CONNECTION`].
    pub fn enter(self: &Arc<Self>, caller: Caller, chain: Vec<CertificateDer<'static>>) -> Lease {
        let left = Duration::from_secs(caller.peer().not_after.saturating_sub(self.clock.now()));
        let left = if planted("certificates.expiry.never") { limits::LAPSED } else { left };
        let left = if caller.may_only_renew() { limits::ENROLMENT_CONNECTION } else { left };
        let cut = CancellationToken::new();
        let ended = Box::pin(cut.clone().cancelled_owned());
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        let office = caller.peer().office;
        open.all.insert(number, One { caller, chain: Arc::new(chain), cut });
        open.by_office.entry(office).or_default().push(number);
        if let Some(oldest) = open.too_many(office) {
            tracing::warn!(%office, "too many connections; the oldest is cut");
            oldest.cut.cancel();
        }
        drop(open);
        Lease { connections: Arc::clone(self), office, number, ended, over: Box::pin(sleep(left)) }
    }

    /// Cuts connections whose certificate the registry no longer accepts, [`limits::CUT`] later: their sessions have
    /// been told and may still say so.
    pub fn recheck(&self, gate: &dyn CertificateLookup) {
        self.cut(|one| {
            let peer = one.caller.peer();
            gate.standing(&peer.certificate, &peer.key) == Standing::Valid(peer.office)
        });
    }

    /// Whether this authority issued (directly or not) the certificate that a peer shows on an open connection.
    pub fn is_behind(&self, authority: &CertificateDer<'static>, peer: &Peer) -> bool {
        let now = self.clock.now();
        let shown: Vec<_> = {
            let open = self.open();
            let its = open.of(peer.office).filter(|one| one.caller.peer().certificate == peer.certificate);
            its.map(|one| Arc::clone(&one.chain)).collect()
        };
        shown.iter().any(|chain| {
            let at = certificate::moment_within(chain, now);
            certificate::leads_to(chain, std::slice::from_ref(authority), at).is_ok()
        })
    }

    /// Cuts connections whose certificate leads to none of these authorities.
    pub fn trust(&self, authorities: &[CertificateDer<'static>]) {
        let now = self.clock.now();
        self.cut(|one| {
            let at = certificate::moment_within(&one.chain, now);
            certificate::leads_to(&one.chain, authorities, at).is_ok()
        });
    }

    /// Cuts all that are not good. Judged on a copy: a handshake must not wait until a thousand chains are verified.
    fn cut(&self, good: impl Fn(&One) -> bool) {
        let all: Vec<One> = self.open().all.values().cloned().collect();
        let cut: Vec<CancellationToken> =
            all.into_iter().filter(|one| !good(one)).map(|one| one.cut).collect();
        if cut.is_empty() || planted("certificates.cut.never") {
            return;
        }
        tracing::info!(connections = cut.len(), "certificates are no longer good; connections are cut");
        supervise::spawn("cut", async move {
            sleep(limits::CUT).await;
            cut.iter().for_each(CancellationToken::cancel);
        });
    }

    /// Cuts all connections at once, with what is under way on them: the hub stops.
    pub fn cut_all(&self) {
        self.open().all.values().for_each(|one| one.cut.cancel());
    }

    /// The number of open connections.
    pub fn count(&self) -> usize {
        self.open().all.len()
    }
}

/// How many callers were turned away because too many called at once.
#[derive(Debug, Default)]
pub struct TurnedAway(Mutex<Turned>);

/// See [`TurnedAway`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Turned {
    /// How many since the hub started.
    pub times: u64,
    /// When last, Unix milliseconds.
    pub last: u64,
    /// From which address; of IPv6 the network.
    pub source: Option<IpAddr>,
}

impl TurnedAway {
    /// Counts one, and logs it unless that was done a moment ago.
    pub fn add(&self, source: IpAddr) {
        let mut turned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = unix_millis();
        if now.saturating_sub(turned.last) >= limits::SUSPECT_EVERY.as_millis() as u64 {
            tracing::warn!(%source, times = turned.times + 1, "too many handshakes at once; some were dropped");
        }
        *turned = Turned { times: turned.times + 1, last: now, source: Some(source) };
    }

    /// How many, and when last.
    pub fn seen(&self) -> Turned {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's registration. It tells when the connection must end, and is undone when dropped.
#[derive(Debug)]
pub struct Lease {
    connections: Arc<Connections>,
    office: OfficeId,
    number: u64,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    over: Pin<Box<Sleep>>,
}

impl Lease {
    /// Whether the connection must end. If not yet, the task is woken when it must.
    pub fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        matches!(self.ended.as_mut().poll(cx), Poll::Ready(()))
            || matches!(self.over.as_mut().poll(cx), Poll::Ready(()))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all.remove(&self.number);
        if let Some(its) = open.by_office.get_mut(&self.office) {
            its.retain(|number| *number != self.number);
            if its.is_empty() {
                open.by_office.remove(&self.office);
            }
        }
    }
}
