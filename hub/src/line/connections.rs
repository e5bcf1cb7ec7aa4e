//! Connections of offices, so that one can be cut when its certificate is no longer good. A handshake looks once;
//! a connection may last for weeks.

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
use crate::line::tls::{Gate, Standing};

/// Those that are open.
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
    /// The oldest connection of an office that has more than it may, and is not yet cut.
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
    /// None yet. The clock says when certificates end.
    pub fn new(clock: Clock) -> Self {
        Self { clock, open: Mutex::default() }
    }

    /// The clock by which certificates are judged here.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection begins, with the certificates that were shown. It ends with the first of them, at the latest;
    /// one that may only renew, soon.
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

    /// Cuts those whose certificate the registry no longer takes. Their sessions have been told: they get a moment to
    /// say so.
    pub fn recheck(&self, gate: &dyn Gate) {
        self.cut(|one| {
            let peer = one.caller.peer();
            gate.standing(&peer.certificate, &peer.key) == Standing::Valid(peer.office)
        });
    }

    /// Whether this authority stands behind a certificate that is shown on an open connection.
    pub fn is_behind(&self, authority: &CertificateDer<'static>, peer: &Peer) -> bool {
        let at = peer.not_after.min(self.clock.now());
        let open = self.open();
        let mut shown = open.all.values().filter(|one| one.caller.peer().certificate == peer.certificate);
        shown.any(|one| certificate::leads_to(&one.chain, std::slice::from_ref(authority), at).is_ok())
    }

    /// Cuts those behind whose certificate none of these authorities stands.
    pub fn trust(&self, authorities: &[CertificateDer<'static>]) {
        self.cut(|one| {
            let at = one.caller.peer().not_after.min(self.clock.now());
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

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().all.len()
    }
}

/// The time that a connection has. Ready when it is over.
#[derive(Debug)]
pub struct Lease {
    connections: Arc<Connections>,
    number: u64,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    over: Pin<Box<Sleep>>,
}

impl Lease {
    /// Whether the connection must end; wakes the task when it must.
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
