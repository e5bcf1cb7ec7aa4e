//! The open connections of offices. A handshake checks a certificate once, but a connection may last for weeks, so it
//! is cut when its certificate is no longer valid.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use truc_node::clock::Clock;
use truc_node::identity::certificate;
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
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, One>,
}

#[derive(Debug)]
struct One {
    caller: Caller,
    chain: Vec<CertificateDer<'static>>,
    cut: CancellationToken,
}

impl Open {
    /// The oldest connection of an office that has more than [`limits::CONNECTIONS`], not counting those already cut.
    fn too_many(&self, office: OfficeId) -> Option<&One> {
        let its =
            self.all.iter().filter(|(_, one)| one.caller.peer().office == office && !one.cut.is_cancelled());
        let mut its: Vec<(&u64, &One)> = its.collect();
        if its.len() <= limits::CONNECTIONS || planted("limits.connections") {
            return None;
        }
        its.sort_unstable_by_key(|(number, _)| **number);
        its.first().map(|(_, one)| *one)
    }
}

impl Connections {
    /// No connections yet. Certificates are judged by `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, open: Mutex::default() }
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
        open.all.insert(number, One { caller, chain, cut });
        if let Some(oldest) = open.too_many(office) {
            tracing::warn!(%office, "too many connections; the oldest is cut");
            oldest.cut.cancel();
        }
        drop(open);
        Lease { connections: Arc::clone(self), number, ended, over: Box::pin(sleep(left)) }
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
        let open = self.open();
        let mut shown = open.all.values().filter(|one| one.caller.peer().certificate == peer.certificate);
        shown.any(|one| {
            let at = certificate::moment_within(&one.chain, now);
            certificate::leads_to(&one.chain, std::slice::from_ref(authority), at).is_ok()
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

    fn cut(&self, good: impl Fn(&One) -> bool) {
        let cut: Vec<CancellationToken> = {
            let open = self.open();
            let bad = open.all.values().filter(|one| !good(one));
            bad.map(|one| one.cut.clone()).collect()
        };
        if cut.is_empty() || planted("certificates.cut.never") {
            return;
        }
        tracing::info!(connections = cut.len(), "certificates are no longer good; connections are cut");
        tokio::spawn(async move {
            sleep(limits::CUT).await;
            cut.iter().for_each(CancellationToken::cancel);
        });
    }

    /// The number of open connections.
    pub fn count(&self) -> usize {
        self.open().all.len()
    }
}

/// A connection's registration. It tells when the connection must end, and is undone when dropped.
#[derive(Debug)]
pub struct Lease {
    connections: Arc<Connections>,
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
        self.connections.open().all.remove(&self.number);
    }
}
