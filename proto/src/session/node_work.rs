//! What the node's machine is told, and what it wants done.

use ed25519_dalek::VerifyingKey;

use super::End;
use crate::entry::Entry;
use crate::id::{Link, Mark, OfficeId, Seat};
use crate::receipt::Receipt;
use crate::wire;

/// What the node's store says when a session begins.
#[derive(Clone, Debug)]
pub struct NodeFacts {
    /// This office.
    pub office: OfficeId,
    /// The hub's ledger key, known since enrolment.
    pub hub_key: VerifyingKey,
    /// The entry that the next own entry will continue.
    pub tip: Option<Link>,
    /// The newest receipt for an entry on the tip's chain.
    pub receipt: Option<Receipt>,
    /// The cursor, newest mark first.
    pub cursor: Vec<Mark>,
    /// The store knows itself behind.
    pub resuming: bool,
    /// It holds entries that the hub may lack.
    pub beyond: bool,
    /// Number of its credential.
    pub credential: u64,
    /// Own entries without a receipt.
    pub backlog: u64,
    /// The machine's clock, Unix milliseconds: told, never used to decide.
    pub clock: u64,
    /// Name and version of the program.
    pub program: String,
}

/// What happened at the node.
#[derive(Clone, Debug)]
pub enum NodeEvent {
    /// A frame from the hub.
    Frame(wire::HubFrame),
    /// Own entries became durable.
    Appended,
    /// Answers [`NodeWork::OnChain`].
    OnChain(bool),
    /// Answers [`NodeWork::ReadChain`]; `end` when the tip is among them or nothing follows.
    Chain {
        /// Own entries in chain order.
        entries: Vec<Entry>,
        /// Nothing follows them.
        end: bool,
    },
    /// Answers [`NodeWork::ReadBeyond`].
    Beyond {
        /// In journal order.
        entries: Vec<Entry>,
        /// Where to read on; none: that was all.
        next: Option<u64>,
    },
    /// Answers [`NodeWork::Write`].
    Wrote(Wrote),
    /// The office wants to tell the hub how it stands. Before the verdict it waits, and goes out right after it.
    Status(wire::Status),
}

/// What a write found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrote {
    /// Done.
    Done,
    /// After [`NodeWrite::Welcome`].
    Welcomed {
        /// The hub's line is on the tip's chain (none is on every chain).
        on_chain: bool,
        /// The store holds the hub's line, be it as evidence.
        held: bool,
    },
    /// After [`NodeWrite::Aside`].
    Aside {
        /// What the next own entry will continue.
        tip: Option<Link>,
    },
    /// After [`MailEnd::Adopt`]: the line is held, but not all that lies before it on its chain.
    Incomplete,
    /// [`MailEnd::Adopt`] was asked for, but people wrote meanwhile: the tip was left alone.
    TipMoved,
}

/// What is to be made durable, each in one transaction.
#[derive(Clone, Debug)]
pub enum NodeWrite {
    /// The hub's verdict.
    Welcome {
        /// Where mail starts: the cursor goes back to it if it is later, and the store knows itself behind.
        from: Mark,
        /// The store is behind: the verdict says so, or the hub has mail in its hand of which it has none.
        resuming: bool,
        /// The hub's line, stored as newest receipt if it is on the tip's chain and not behind the stored one.
        line: Option<Receipt>,
    },
    /// A receipt for an entry on the tip's chain.
    Receipt {
        /// The receipt.
        receipt: Receipt,
        /// The store is no longer behind.
        resumed: bool,
    },
    /// Entries of others (and lost own ones), with the cursor after them.
    Mail {
        /// With their positions at the hub.
        entries: Vec<(u64, Entry)>,
        /// The new cursor; none for entries handed over early.
        mark: Option<Mark>,
        /// What this mail completes.
        end: MailEnd,
    },
    /// The chain after this seat (none: from its start) lost a fork, with what people have written on it since Hello:
    /// kept, shown, never sent again. What won takes its places.
    Aside {
        /// The last entry that the hub has.
        after: Option<Seat>,
    },
    /// A person at the hub approved this machine.
    Resume,
}

/// What a piece of mail completes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailEnd {
    /// Nothing.
    None,
    /// The store is no longer behind.
    Resumed,
    /// The hub's line becomes tip and newest receipt and the store is no longer behind, provided that the
    /// tip is still the one named.
    Adopt {
        /// The tip said in Hello.
        tip: Option<Link>,
        /// The hub's line.
        line: Receipt,
    },
}

/// What the node is to do.
#[derive(Clone, Debug)]
pub enum NodeWork {
    /// Send a frame.
    Send(wire::NodeFrame),
    /// Say whether this entry is on the tip's chain.
    OnChain(Link),
    /// Read own entries of the tip's chain that come after this seat; at most `limits::BATCH_ENTRIES`.
    ReadChain(Option<Seat>),
    /// Read entries that the hub may lack, from this journal position on; at most one batch.
    ReadBeyond(u64),
    /// Make durable.
    Write(NodeWrite),
    /// The session is over.
    End(End),
}
