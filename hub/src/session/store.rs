//! What a session needs of its hub: reading, writing, and telling people.

use std::sync::{Arc, Mutex};

use truc_node::identity::Identity;
use truc_proto::entry::Entry;
use truc_proto::registry::Registry;
use truc_proto::session::Obstacle;
use truc_proto::wire;

use crate::delivery::mail::MailBatch;
use crate::line::quotas::Later;
use crate::recover::life::Life;
use crate::recover::refill::Refill;
use crate::session::offers::GivenBack;
use crate::session::write::Write;

/// What a session needs of its hub.
pub trait Store {
    /// Why the hub cannot read or write.
    type Error;
    /// Who signs receipts and heads.
    fn identity(&self) -> &Identity;
    /// The registry as folded so far.
    fn registry(&self) -> Arc<Registry>;
    /// Unix milliseconds, by the clock by which certificates are judged.
    fn millis(&self) -> u64;
    /// The life of the journal.
    fn life(&self) -> &Life;
    /// Which offices have called since the hub was put back, if it was.
    fn refill(&self) -> &Refill;
    /// Reads a piece of the office's mail after a position; `own`: with its own entries; `urgent`: with those of what
    /// waits that come ahead of it. None: it comes later, by
    /// [`Driver::done`](super::driver::Driver::done), because a disk must be waited for.
    fn mail(&mut self, after: u64, own: bool, urgent: bool) -> Result<Option<MailBatch>, Self::Error>;
    /// Reads an urgent entry ahead of its turn. None: it comes later, or is not here.
    fn early(&mut self, position: u64) -> Result<Option<(Entry, u64)>, Self::Error>;
    /// Takes entries that the office gives back: of those that are new here the signatures are checked, one frame after
    /// the other, and the rest is handed in as [`Write::Offer`].
    fn offer(&mut self, given_back: &Arc<Mutex<GivenBack>>, entries: Vec<Entry>) -> Result<(), Self::Error>;
    /// Counts what the office pushes, or what of it is kept as evidence; an error: it must wait.
    fn spend(&mut self, entries: &[Entry], evidence: bool) -> Result<(), Later>;
    /// Why the office may push nothing now.
    fn later(&self) -> Option<Later>;
    /// Hands in a write. What it found comes back by [`Driver::done`](super::driver::Driver::done), in the order in which writes were handed in.
    fn submit(&mut self, write: Write) -> Result<(), Self::Error>;
    /// Tells people, and the pages that they look at.
    fn tell(&mut self, news: News<'_>) -> Result<(), Self::Error>;
}

/// What people are told of a session.
#[derive(Debug)]
pub enum News<'a> {
    /// What the node said of itself when it called.
    Hello(&'a wire::Hello),
    /// What it says of itself now.
    Status(&'a wire::Status),
    /// So many new entries of the office arrived.
    Arrived(u64),
    /// Entries that were pushed do not fit the ledger.
    Obstacle(Obstacle),
    /// The machine does not continue the one met last; it showed this credential.
    Question(u64),
    /// The hub's journal is older than the office remembers.
    WentBack {
        /// The office's cursor.
        cursor: u64,
        /// The newest common mark.
        common: u64,
    },
    /// A restored machine goes on on a branch.
    Branched,
    /// Two entries stand at one place.
    Forked,
}
