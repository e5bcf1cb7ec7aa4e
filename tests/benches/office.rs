//! A simulated office: keys, a place on the line, and a ledger that it writes beforehand.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use rustls::pki_types::CertificateDer;
use truc_node::identity::keys::TlsIdentity;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;
use truc_proto::wire::{self, Confidentiality, Urgency};

use crate::Result;
use crate::bodies::{Bodies, Content};
use crate::line::Connector;

/// What a machine got when it was enrolled.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) office: OfficeId,
    pub(crate) identity: TlsIdentity,
    pub(crate) authority: CertificateDer<'static>,
    pub(crate) key: SigningKey,
    pub(crate) credential: u64,
}

/// An office whose store is this struct.
#[derive(Debug)]
pub(crate) struct Office {
    /// Whose.
    pub(crate) id: OfficeId,
    /// The way to the hub.
    pub(crate) connector: Connector,
    /// Where the hub's session listener is.
    pub(crate) hub: SocketAddr,
    /// Number of the credential.
    pub(crate) credential: u64,
    /// The newest entry written; all before a Hello have been receipted.
    pub(crate) tip: Option<Link>,
    /// The newest receipt.
    pub(crate) receipt: Option<wire::Receipt>,
    /// The download cursor.
    pub(crate) mark: Option<wire::Mark>,
    /// Wants all mail again, as after the loss of a disk.
    pub(crate) resuming: bool,
    /// Makes what it writes.
    pub(crate) bodies: Bodies,
    key: SigningKey,
    incarnation: Incarnation,
    time: Hlc,
    channels: HashMap<[u8; 17], Seat>,
}

impl Office {
    /// The `number`th machine of a run.
    pub(crate) fn new(machine: Machine, number: usize, hub: SocketAddr) -> Result<Self> {
        let config = truc_node::identity::tls::session_config(
            machine.identity,
            &[machine.authority],
            Default::default(),
        )?;
        let random = machine.office.0.as_u64_pair().1 ^ number as u64;
        Ok(Self {
            id: machine.office,
            connector: Connector::new(config, number),
            hub,
            credential: machine.credential,
            tip: None,
            receipt: None,
            mark: None,
            resuming: false,
            bodies: Bodies::new(random)?,
            key: machine.key,
            incarnation: Incarnation::after(None, random as u32),
            time: Hlc::default(),
            channels: HashMap::new(),
        })
    }

    /// Height of the newest entry.
    pub(crate) fn height(&self) -> u64 {
        self.tip.map_or(0, |tip| tip.seat.seq)
    }

    /// Writes and signs the next entry.
    pub(crate) fn write(&mut self, content: Content, audience: Scope) -> Result<Entry> {
        let (record, kind, body) = self.bodies.make(content);
        self.write_about(record, kind, body, audience)
    }

    /// Writes and signs the next entry: that body about that record.
    pub(crate) fn write_about(
        &mut self,
        record: RecordId,
        kind: u32,
        body: Bytes,
        audience: Scope,
    ) -> Result<Entry> {
        let seat = Seat { incarnation: self.incarnation, seq: self.height() + 1 };
        self.time = Hlc::tick(self.time, now_ms());
        let hash = self.tip.map_or(Hash::ZERO, |tip| tip.hash);
        let header = Header {
            ledger: self.id,
            seat,
            base: None,
            time: self.time,
            seen: self
                .receipt
                .as_ref()
                .and_then(|receipt| Receipt::from_wire(receipt, Some(hash)))
                .map(|receipt| receipt.seen()),
            author: "chanh-van-phong".into(),
            record,
            kind,
            audience: vec![Channel {
                scope: audience,
                previous: self.channels.get(&audience.key()).copied(),
            }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: Vec::new(),
        };
        let entry = Entry::write(&header, body, hash, &self.key)?;
        self.channels.insert(audience.key(), seat);
        self.tip = Some(entry.link());
        Ok(entry)
    }

    /// Writes `count` entries.
    pub(crate) fn write_many(
        &mut self,
        count: usize,
        content: Content,
        audience: Scope,
    ) -> Result<Vec<Entry>> {
        (0..count).map(|_| self.write(content, audience)).collect()
    }
}

/// The wall clock, Unix milliseconds.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
