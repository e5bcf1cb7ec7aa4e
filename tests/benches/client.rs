//! The other end of a session, as little of it as a hub can talk to: Hello, Push, receipts counted, mail
//! acknowledged. It keeps nothing and checks nothing, so that the load is not what is measured.

use std::sync::Arc;

use tokio::sync::mpsc;
use truc_node::clock::unix_millis;
use truc_node::line::dial;
use truc_proto::entry::Entry;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, Verdict};
use truc_proto::{batch, limits};
use truc_tests::peer;

use crate::Result;
use crate::line::Traffic;
use crate::office::Office;

/// What came down.
#[derive(Debug)]
pub(crate) enum Event {
    /// Own entries up to this height are durable at the hub.
    Receipt(wire::Receipt),
    /// Mail; acknowledged already.
    Mail(wire::Deliver),
    /// Nothing more waits.
    CaughtUp,
    /// Anything else.
    Other,
}

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    peer: peer::Session,
    /// Its bytes.
    pub(crate) traffic: Arc<Traffic>,
    /// Whether mail is acknowledged as it comes; otherwise by whoever made it durable.
    pub(crate) acknowledges: bool,
}

impl Session {
    /// Connects, says Hello, waits for Welcome.
    pub(crate) async fn open(office: &Office) -> Result<Self> {
        let endpoint = dial::endpoint(&office.hub.to_string())?;
        let channel = endpoint.connect_with_connector(office.connector.clone()).await?;
        let (peer, welcome) = peer::Session::open(channel, hello(office)).await?;
        match welcome.verdict() {
            Verdict::Continue => {
                let traffic = Arc::clone(&office.connector.traffic);
                Ok(Self { peer, traffic, acknowledges: true })
            }
            _ => Err(format!("the hub answers Hello with {welcome:?}").into()),
        }
    }

    /// The same, and takes all mail that waits.
    pub(crate) async fn open_caught_up(office: &mut Office) -> Result<Self> {
        let mut session = Self::open(office).await?;
        while !matches!(session.next(office).await?, Event::CaughtUp) {}
        Ok(session)
    }

    /// The next thing that comes; mail is acknowledged, and the office remembers where it is.
    pub(crate) async fn next(&mut self, office: &mut Office) -> Result<Event> {
        Ok(match self.peer.next().await? {
            Down::Receipt(receipt) => {
                office.receipt = Some(receipt.clone());
                Event::Receipt(receipt)
            }
            Down::Deliver(deliver) => {
                if self.acknowledges {
                    self.delivered(office, deliver.mark.clone()).await?;
                }
                Event::Mail(deliver)
            }
            Down::CaughtUp(caught_up) => {
                self.delivered(office, caught_up.mark).await?;
                Event::CaughtUp
            }
            _ => Event::Other,
        })
    }

    async fn delivered(&self, office: &mut Office, mark: Option<wire::Mark>) -> Result<()> {
        // Urgent entries handed over early have no mark: the ordered copy follows.
        if mark.is_some() {
            office.mark.clone_from(&mark);
            self.peer.send(Up::Delivered(wire::Delivered { mark })).await?;
        }
        Ok(())
    }

    /// A handle for whoever sends beside the one who receives.
    pub(crate) fn sender(&self) -> mpsc::Sender<wire::NodeFrame> {
        self.peer.sender()
    }

    /// Pushes everything, at most `limits::UNRECEIPTED_ENTRIES` ahead of the receipts, and waits for the last
    /// receipt. `from` is the height before the first of them. Says how many receipts came.
    pub(crate) async fn push_all(
        &mut self,
        office: &mut Office,
        from: u64,
        pushes: Vec<Pushed>,
    ) -> Result<usize> {
        let (mut sent, mut durable, mut receipts) = (from, from, 0);
        let mut pushes = pushes.into_iter().peekable();
        loop {
            while let Some(push) = pushes.next_if(|push| {
                sent == durable || sent + push.entries - durable <= limits::UNRECEIPTED_ENTRIES as u64
            }) {
                sent += push.entries;
                self.peer.send(push.frame).await?;
            }
            if durable == sent && pushes.peek().is_none() {
                return Ok(receipts);
            }
            if let Event::Receipt(receipt) = self.next(office).await? {
                durable = durable.max(receipt.seq);
                receipts += 1;
            }
        }
    }
}

/// A Push frame ready to go.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    frame: Up,
    entries: u64,
}

/// Makes Push frames of at most `at_most` entries, packed as a node packs them, or plain for the sketch.
pub(crate) fn pushes(entries: &[Entry], at_most: usize, packed: bool) -> Vec<Pushed> {
    let mut frames = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(batch::fitting(rest).min(at_most));
        rest = later;
        let batch = match packed {
            true => batch::pack(now),
            false => plain(now),
        };
        let push = Up::Push(wire::Push { batch: Some(batch) });
        frames.push(Pushed { frame: push, entries: now.len() as u64 });
    }
    frames
}

fn plain(entries: &[Entry]) -> wire::Batch {
    // The sketch stores a hash with each row and computes none.
    let entries = entries.iter().map(|entry| batch::to_wire(entry, true)).collect();
    wire::Batch { entries, ..Default::default() }
}

fn hello(office: &Office) -> wire::Hello {
    let receipt = office.receipt.clone().map(|mut receipt| {
        // Short receipts leave the hash out; it is that of the entry, which is the tip.
        if let Some(tip) =
            office.ledger.tip.filter(|tip| receipt.hash.is_empty() && tip.seat.seq == receipt.seq)
        {
            receipt.hash = tip.hash.to_wire();
        }
        receipt
    });
    wire::Hello {
        tip: office.ledger.tip.map(Into::into),
        receipt,
        cursor: office.mark.iter().cloned().collect(),
        resuming: office.resuming,
        clock: unix_millis(),
        program: "spine".into(),
        ..peer::hello(office.credential)
    }
}
