//! A simulated office: keys, a place on the line, and a ledger that it writes beforehand.

use std::net::SocketAddr;

use bytes::Bytes;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::receipt::Receipt;
use truc_proto::wire;
use truc_tests::peer::{Ledger, Machine};

use crate::Result;
use crate::bodies::{Bodies, Content};
use crate::line::Connector;

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
    /// What it has written; all before a Hello have been receipted.
    pub(crate) ledger: Ledger,
    /// The newest receipt.
    pub(crate) receipt: Option<wire::Receipt>,
    /// The download cursor.
    pub(crate) mark: Option<wire::Mark>,
    /// Wants all mail again, as after the loss of a disk.
    pub(crate) resuming: bool,
    /// Makes what it writes.
    pub(crate) bodies: Bodies,
}

impl Office {
    /// The `number`th machine of a run.
    pub(crate) fn new(machine: Machine, number: usize, hub: SocketAddr) -> Result<Self> {
        let random = machine.office.0.as_u64_pair().1 ^ number as u64;
        Ok(Self {
            id: machine.office,
            connector: Connector::new(machine.config, machine.source),
            hub,
            credential: machine.credential,
            ledger: Ledger::new(machine.office, machine.key, random as u32),
            receipt: None,
            mark: None,
            resuming: false,
            bodies: Bodies::new(random)?,
        })
    }

    /// Height of the newest entry.
    pub(crate) fn height(&self) -> u64 {
        self.ledger.height()
    }

    /// Writes and signs the next entry.
    pub(crate) fn write(&mut self, content: Content, audience: Scope) -> Result<Entry> {
        let (kind, body) = self.bodies.make(content);
        let header = self.ledger.header(kind, audience);
        Ok(self.write_about(header.record, kind, body, audience))
    }

    /// Writes and signs the next entry: that body about that record.
    pub(crate) fn write_about(&mut self, record: RecordId, kind: u32, body: Bytes, audience: Scope) -> Entry {
        let mut header = self.ledger.header(kind, audience);
        header.record = record;
        let tip = self.ledger.tip.map_or(Hash::ZERO, |tip| tip.hash);
        let receipt = self.receipt.as_ref().and_then(|receipt| Receipt::from_wire(receipt, Some(tip)));
        header.seen = receipt.map(|receipt| receipt.seen());
        self.ledger.append(&header, body)
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
