//! What the node's state machine is told, and what it wants done.

use ed25519_dalek::VerifyingKey;

use super::{End, OwnKeys};
use crate::entry::Entry;
use crate::head::Head;
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
    /// Who may have signed the own ledger.
    pub keys: OwnKeys,
    /// The entry that the next own entry will continue.
    pub tip: Option<Link>,
    /// The newest receipt for an entry on the tip's chain.
    pub receipt: Option<Receipt>,
    /// The cursor, newest mark first.
    pub cursor: Vec<Mark>,
    /// The store knows that it is behind: a restored copy, or one that has lost mail.
    pub resuming: bool,
    /// The store holds entries that the hub may lack.
    pub beyond: bool,
    /// Number of the machine's credential.
    pub credential: u64,
    /// Own entries without a receipt.
    pub backlog: u64,
    /// The machine's clock, Unix milliseconds: told, never used to decide.
    pub clock: u64,
    /// Name and version of the program.
    pub program: String,
    /// The newest head of the hub's journal that is kept.
    pub head: Option<Head>,
    /// By what a person tells two copies of this machine: told, never used to decide.
    pub machine: Option<wire::Machine>,
}

/// What happened at the node.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a frame is handed on at once and never kept")]
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
        /// Entries in journal order.
        entries: Vec<Entry>,
        /// Journal position to read on from; none: that was all.
        next: Option<u64>,
    },
    /// Answers [`NodeWork::Write`].
    Wrote(Wrote),
    /// How the node stands, for the hub's oversight. Kept until the verdict is written, then sent.
    Status(wire::Status),
}

/// Result of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrote {
    /// Done.
    Done,
    /// Answers [`NodeWrite::Welcome`].
    Welcomed {
        /// The hub's line is on the tip's chain; no line is on every chain.
        on_chain: bool,
        /// The store holds the hub's line, if only as evidence.
        held: bool,
    },
    /// Answers [`NodeWrite::Aside`].
    Aside {
        /// The entry that the next own entry will continue.
        tip: Option<Link>,
    },
    /// Answers [`MailEnd::Adopt`]: the line is held, but not its whole chain.
    Incomplete,
    /// Answers [`MailEnd::Adopt`]: people have written meanwhile, so the tip was left alone.
    TipMoved,
}

/// What is to be made durable, each in one transaction.
#[derive(Clone, Debug)]
pub enum NodeWrite {
    /// The hub's verdict.
    Welcome {
        /// Where mail starts. A later cursor is set back to it, and then the store is behind.
        from: Mark,
        /// The store is behind: the verdict says so, or the hub has delivered mail to this office and the store has
        /// none.
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
        /// When the hub had each of them, Unix milliseconds; 0, or none for it: nobody knows.
        arrivals: Vec<u64>,
        /// The new cursor; none for entries handed over early.
        mark: Option<Mark>,
        /// What this mail completes.
        end: MailEnd,
    },
    /// Entries that the hub handed over as this office's own, and that no machine of this office signed: evidence.
    Forged(Vec<Entry>),
    /// The own chain after a seat lost a fork, with what people have written on it since Hello: it is kept and shown,
    /// but never sent again, and the entries that won take its places.
    Aside {
        /// The last entry of the chain that the hub has; none: the whole chain lost.
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
