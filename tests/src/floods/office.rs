//! An office as light as can be: it keeps its ledger and its mail in memory, and checks that nothing comes twice.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use truc_node::clock::unix_millis;
use truc_node::line::dial;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::session::VERSIONS;
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::sync_client::SyncClient;
use truc_proto::wire::{self, Confidentiality, Urgency, Verdict};
use truc_proto::{batch, limits};
use uuid::Uuid;

use super::ground::Machine;
use super::line::shake;

/// Why there is no session, or no longer.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A kind that no program knows: relayed as it is.
const UNKNOWN_KIND: u32 = 9_999;

/// The office.
pub struct Office {
    machine: Machine,
    incarnation: Incarnation,
    tip: Option<Link>,
    receipt: Option<wire::Receipt>,
    channels: std::collections::HashMap<[u8; 17], Seat>,
    /// Own entries that the hub has not yet receipted.
    unsent: Vec<Entry>,
    cursor: Option<wire::Mark>,
    /// Places of the entries that came.
    pub mail: HashSet<(OfficeId, u64)>,
    /// Entries that came although they were there.
    pub twice: usize,
}

/// A session of it.
pub struct Session {
    up: mpsc::Sender<wire::NodeFrame>,
    down: Streaming<wire::HubFrame>,
    caught_up: bool,
}

impl Office {
    /// With an empty ledger.
    pub fn new(machine: Machine) -> Self {
        Self {
            incarnation: Incarnation::after(None, machine.credential as u32),
            machine,
            tip: None,
            receipt: None,
            channels: Default::default(),
            unsent: Vec::new(),
            cursor: None,
            mail: HashSet::new(),
            twice: 0,
        }
    }

    /// Whose.
    pub fn id(&self) -> OfficeId {
        self.machine.office
    }

    /// Entries that it has written.
    pub fn height(&self) -> u64 {
        self.tip.map_or(0, |tip| tip.seat.seq)
    }

    /// Whether the hub has all of it.
    pub fn receipted(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Writes an entry; it goes out with the next [`Self::call`] or [`Self::push`].
    pub fn write(&mut self, to: Scope, body: Bytes) {
        self.write_as(UNKNOWN_KIND, to, body);
    }

    /// The same of a kind.
    pub fn write_as(&mut self, kind: u32, to: Scope, body: Bytes) {
        let seat = Seat { incarnation: self.incarnation, seq: self.height() + 1 };
        let header = Header {
            ledger: self.machine.office,
            seat,
            base: None,
            time: Hlc::tick(Hlc::default(), unix_millis()),
            seen: None,
            author: "van-thu".into(),
            record: RecordId(Uuid::now_v7()),
            kind,
            audience: vec![Channel { scope: to, previous: self.channels.get(&to.key()).copied() }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: Vec::new(),
        };
        let before = self.tip.map_or(Hash::ZERO, |tip| tip.hash);
        let entry = Entry::write(&header, body, before, &self.machine.key).unwrap();
        self.channels.insert(to.key(), seat);
        self.tip = Some(entry.link());
        self.unsent.push(entry);
    }

    fn hello(&self) -> wire::Hello {
        wire::Hello {
            version_min: VERSIONS.0,
            version_max: VERSIONS.1,
            tip: self.tip.map(Into::into),
            receipt: self.receipt.clone(),
            cursor: self.cursor.iter().cloned().collect(),
            credential: self.machine.credential,
            ..Default::default()
        }
    }

    /// Connects, says Hello, pushes what the hub has not yet.
    pub async fn call(&self, hub: SocketAddr) -> Result<Session, Error> {
        let machine = self.machine.clone();
        let connector = tower::service_fn(move |_| {
            let machine = machine.clone();
            async move {
                let tls = shake(hub, machine.source, Arc::clone(&machine.config)).await?;
                Ok::<_, io::Error>(TokioIo::new(tls))
            }
        });
        let channel = dial::endpoint(&hub.to_string())?.connect_with_connector(connector).await?;
        let (up, frames) = mpsc::channel(16);
        up.send(frame(Up::Hello(self.hello()))).await?;
        let mut client = SyncClient::new(channel).max_decoding_message_size(limits::FRAME);
        let down = client.open(ReceiverStream::new(frames)).await?.into_inner();
        let mut session = Session { up, down, caught_up: false };
        match session.frame().await? {
            Down::Welcome(welcome) if welcome.verdict() == Verdict::Continue => {
                let has = welcome.line.map_or(0, |line| line.seq);
                self.push_after(&session, has).await?;
                Ok(session)
            }
            // Calling again would not help.
            Down::Welcome(welcome) => panic!("an honest office is answered with {welcome:?}"),
            other => Err(format!("the hub answers Hello with {other:?}").into()),
        }
    }

    async fn push_after(&self, session: &Session, height: u64) -> Result<(), Error> {
        let missing: Vec<&Entry> =
            self.unsent.iter().filter(|entry| entry.header.seat.seq > height).collect();
        if !missing.is_empty() {
            let push = wire::Push { batch: Some(batch::pack(missing)) };
            session.up.send(frame(Up::Push(push))).await?;
        }
        Ok(())
    }

    /// Pushes the newest entry.
    pub async fn push(&self, session: &Session) -> Result<(), Error> {
        self.push_after(session, self.height() - 1).await
    }

    /// Takes the next frame: mail is kept and acknowledged.
    pub async fn take(&mut self, session: &mut Session) -> Result<(), Error> {
        let frame = session.frame().await?;
        self.heed(session, frame).await
    }

    /// The same if one comes within a time.
    pub async fn take_within(&mut self, session: &mut Session, time: Duration) -> Result<(), Error> {
        match tokio::time::timeout(time, session.frame()).await {
            Ok(frame) => self.heed(session, frame?).await,
            Err(_) => Ok(()),
        }
    }

    async fn heed(&mut self, session: &mut Session, frame: Down) -> Result<(), Error> {
        match frame {
            Down::Receipt(mut receipt) => {
                // Short receipts leave out the hash of the entry that the node has.
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

    async fn taken(&mut self, session: &Session, mark: Option<wire::Mark>) -> Result<(), Error> {
        if mark.is_some() {
            self.cursor.clone_from(&mark);
            session.up.send(frame(Up::Delivered(wire::Delivered { mark }))).await?;
        }
        Ok(())
    }

    /// Takes frames until all of it is receipted and all mail is here.
    pub async fn settle(&mut self, session: &mut Session) -> Result<(), Error> {
        while !(self.receipted() && session.caught_up) {
            self.take(session).await?;
        }
        Ok(())
    }

    /// Calls, again after a wait with full jitter each time that it fails (`limits::BACKOFF_FIRST`, doubled up to
    /// `limits::BACKOFF_CAP`), until it is settled. How many calls it took.
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

/// Evenly from 0 to 1.
fn jitter() -> f64 {
    f64::from(u16::from_le_bytes(truc_node::identity::keys::random().unwrap())) / 65_536.0
}

impl Session {
    async fn frame(&mut self) -> Result<Down, Error> {
        let frame = self.down.message().await?.ok_or("the hub closed the session")?;
        match frame.frame.ok_or("an empty frame")? {
            Down::Ended(ended) => Err(format!("the hub ends the session: {ended:?}").into()),
            frame => Ok(frame),
        }
    }
}

/// A frame of a node.
pub fn frame(frame: Up) -> wire::NodeFrame {
    wire::NodeFrame { frame: Some(frame) }
}
