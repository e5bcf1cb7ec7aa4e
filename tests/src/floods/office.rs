//! A minimal office: ledger and mail in memory; it detects entries that arrive twice.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, Urgency, Verdict};
use truc_proto::{batch, limits};

use crate::peer::{self, Ledger, Machine, UNKNOWN_KIND};
use crate::province::Result;

/// An office.
pub struct Office {
    machine: Machine,
    ledger: Ledger,
    receipt: Option<wire::Receipt>,
    /// Own entries that the hub has not yet receipted.
    unsent: Vec<Entry>,
    cursor: Option<wire::Mark>,
    /// Authors and seqs of the received entries.
    pub mail: HashSet<(OfficeId, u64)>,
    /// Entries received again.
    pub twice: usize,
}

/// A session of an office.
pub struct Session {
    peer: peer::Session,
    caught_up: bool,
}

impl Office {
    /// An office with an empty ledger.
    pub fn new(machine: Machine) -> Self {
        Self {
            ledger: Ledger::new(machine.office, machine.key.clone(), machine.credential as u32),
            machine,
            receipt: None,
            unsent: Vec::new(),
            cursor: None,
            mail: HashSet::new(),
            twice: 0,
        }
    }

    /// Id of the office.
    pub fn id(&self) -> OfficeId {
        self.machine.office
    }

    /// Number of entries written.
    pub fn height(&self) -> u64 {
        self.ledger.height()
    }

    /// Whether all own entries have receipts.
    pub fn receipted(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Writes an entry; the next [`Self::call`] or [`Self::push`] sends it.
    pub fn write(&mut self, to: Scope, body: Bytes) {
        self.write_as(UNKNOWN_KIND, to, body);
    }

    /// Like [`Self::write`], for an entry of another kind.
    pub fn write_as(&mut self, kind: u32, to: Scope, body: Bytes) {
        let header = self.ledger.header(kind, to);
        self.unsent.push(self.ledger.append(&header, body));
    }

    /// Like [`Self::write`], for an entry that may overtake others.
    pub fn write_express(&mut self, to: Scope, body: Bytes) {
        let mut header = self.ledger.header(UNKNOWN_KIND, to);
        header.urgency = Urgency::Express;
        self.unsent.push(self.ledger.append(&header, body));
    }

    /// Connects, sends Hello, pushes the entries without receipts.
    pub async fn call(&self, hub: SocketAddr) -> Result<Session> {
        let hello = wire::Hello {
            tip: self.ledger.tip.map(Into::into),
            receipt: self.receipt.clone(),
            cursor: self.cursor.iter().cloned().collect(),
            ..peer::hello(self.machine.credential)
        };
        let (peer, welcome) = peer::Session::open(self.machine.channel(hub).await?, hello).await?;
        // An honest office must be let in: calling again would not help.
        assert_eq!(welcome.verdict(), Verdict::Continue, "an honest office is answered with {welcome:?}");
        let session = Session { peer, caught_up: false };
        self.push_after(&session, welcome.line.map_or(0, |line| line.seq)).await?;
        Ok(session)
    }

    async fn push_after(&self, session: &Session, height: u64) -> Result<()> {
        let missing: Vec<&Entry> =
            self.unsent.iter().filter(|entry| entry.header.seat.seq > height).collect();
        if !missing.is_empty() {
            session.peer.push(batch::pack(missing)).await?;
        }
        Ok(())
    }

    /// Pushes the newest entry.
    pub async fn push(&self, session: &Session) -> Result<()> {
        self.push_after(session, self.height() - 1).await
    }

    /// Receives the next frame; keeps and acknowledges mail.
    pub async fn take(&mut self, session: &mut Session) -> Result<()> {
        let frame = session.peer.next().await?;
        self.heed(session, frame).await
    }

    /// Like [`Self::take`], if a frame arrives within the time.
    pub async fn take_within(&mut self, session: &mut Session, time: Duration) -> Result<()> {
        match tokio::time::timeout(time, session.peer.next()).await {
            Ok(frame) => self.heed(session, frame?).await,
            Err(_) => Ok(()),
        }
    }

    async fn heed(&mut self, session: &mut Session, frame: Down) -> Result<()> {
        match frame {
            Down::Receipt(mut receipt) => {
                // Short receipts leave out the hash, because the node has the entry.
                let its = self.unsent.iter().find(|entry| entry.header.seat.seq == receipt.seq);
                if let Some(entry) = its.filter(|_| receipt.hash.is_empty()) {
                    receipt.hash = entry.hash.to_wire();
                }
                self.unsent.retain(|entry| entry.header.seat.seq > receipt.seq);
                self.receipt = Some(receipt);
            }
            Down::Deliver(deliver) => {
                for entry in batch::unpack(deliver.batch.unwrap_or_default())? {
                    let place = (entry.header.ledger, entry.header.seat.seq);
                    self.twice += usize::from(!self.mail.insert(place));
                }
                self.taken(session, deliver.mark).await?;
            }
            Down::CaughtUp(caught_up) => {
                session.caught_up = true;
                self.taken(session, caught_up.mark).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn taken(&mut self, session: &Session, mark: Option<wire::Mark>) -> Result<()> {
        if mark.is_some() {
            self.cursor.clone_from(&mark);
            session.peer.send(Up::Delivered(wire::Delivered { mark })).await?;
        }
        Ok(())
    }

    /// Receives frames until all own entries have receipts and all mail has arrived.
    pub async fn settle(&mut self, session: &mut Session) -> Result<()> {
        while !(self.receipted() && session.caught_up) {
            self.take(session).await?;
        }
        Ok(())
    }

    /// Calls until settled, waiting between failures with full jitter (`limits::BACKOFF_FIRST`, doubled up to
    /// `limits::BACKOFF_CAP`). Returns the session and the number of calls.
    pub async fn come_back(&mut self, hub: SocketAddr) -> (Session, usize) {
        let (mut wait, mut calls) = (limits::BACKOFF_FIRST, 0);
        loop {
            tokio::time::sleep(wait.mul_f64(jitter())).await;
            wait = (wait * 2).min(limits::BACKOFF_CAP);
            calls += 1;
            if let Ok(mut session) = self.call(hub).await
                && self.settle(&mut session).await.is_ok()
            {
                return (session, calls);
            }
        }
    }
}

/// A random number, uniform from 0 to 1.
fn jitter() -> f64 {
    f64::from(u16::from_le_bytes(truc_node::identity::keys::random().unwrap())) / 65_536.0
}
