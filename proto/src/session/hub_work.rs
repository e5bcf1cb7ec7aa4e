//! What the hub's machine is told, and what it wants done.

use super::End;
use super::judge::Facts;
use crate::entry::Entry;
use crate::id::{Mark, Seat};
use crate::receipt::Receipt;
use crate::time::Hlc;
use crate::wire;

/// What happened at the hub.
#[derive(Clone, Debug)]
pub enum HubEvent {
    /// A frame from the node.
    Frame(wire::NodeFrame),
    /// Answers [`HubWork::Facts`].
    Facts(Box<HubFacts>),
    /// Answers [`HubWork::Admit`].
    Admitted(Admitted),
    /// Answers [`HubWork::Hold`]: the last entry that is evidence now.
    Held(Seat),
    /// Answers [`HubWork::Offer`]: the entries are durable, known, or evidence.
    Offered,
    /// Answers [`HubWork::ReadMail`].
    Mail {
        /// Entries for this office with their positions, ascending.
        entries: Vec<(u64, Entry)>,
        /// All mail up to here is among them.
        mark: Mark,
        /// Nothing more waits.
        end: bool,
    },
    /// Answers [`HubWork::ReadEarly`].
    Early(u64, Entry),
    /// An entry for this office became deliverable.
    Waiting {
        /// Its position.
        position: u64,
        /// It may overtake.
        urgent: bool,
        /// But not the registry up to this position: nobody can check an author he does not know.
        registry: u64,
    },
    /// A person approved the machine in question.
    Approved,
    /// The session must end: its ledger's line moved, a newer session came, the certificate is gone.
    End(End),
}

/// What the store says about a Hello, and what a Welcome tells.
#[derive(Clone, Debug)]
pub struct HubFacts {
    /// For the decision.
    pub facts: Facts,
    /// The line of this office's ledger with a receipt for it.
    pub line: Option<Receipt>,
    /// The newest mark of the node's cursor that is of this journal's history.
    pub from: Mark,
    /// Own entries are wanted after this seat if the line does not say so.
    pub push_after: Option<Seat>,
    /// The hub's time.
    pub hub_time: Hlc,
}

/// Why the rest of a batch was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// It does not continue the line.
    NotNext,
    /// Another entry stands at its place.
    Taken,
}

/// What became of a pushed batch.
#[derive(Clone, Debug, Default)]
pub struct Admitted {
    /// For the last entry that was admitted or known.
    pub receipt: Option<Receipt>,
    /// Something new was admitted.
    pub new: bool,
    /// Entries not admitted, and why the first of them was not.
    pub rest: Option<(Vec<Entry>, Obstacle)>,
    /// An island was completed: the line lies further on than the batch.
    pub line_beyond: bool,
}

/// What the hub is to do.
#[derive(Clone, Debug)]
pub enum HubWork {
    /// Send a frame.
    Send(wire::HubFrame),
    /// Look up what the decision needs; `refilled`: entries were offered in this session.
    Facts {
        /// What the node said.
        hello: Box<wire::Hello>,
        /// Row 2 is behind us.
        refilled: bool,
    },
    /// Admit entries that continue the line, in one transaction.
    Admit {
        /// Hashed, head signature not yet checked.
        entries: Vec<Entry>,
        /// The first unknown one may continue any complete entry (a sanctioned branch).
        branch: bool,
    },
    /// Take entries given back by an office: each verified as any entry.
    Offer(Vec<Entry>),
    /// Keep entries as evidence.
    Hold(Vec<Entry>),
    /// Read mail after this position; `own`: with the office's own entries.
    ReadMail {
        /// After this.
        after: u64,
        /// The office lost entries of its own.
        own: bool,
    },
    /// Read one entry by its position.
    ReadEarly(u64),
    /// The office holds all mail up to this mark: raise the delivered mark.
    Delivered(Mark),
    /// Tell people: a machine does not continue the one met last.
    Question {
        /// Number of its credential.
        credential: u64,
    },
    /// Tell people: the hub's journal is older than this office remembers.
    WentBack {
        /// The office's cursor.
        cursor: u64,
        /// The newest common mark.
        common: u64,
    },
    /// Tell people: the branch of a restored machine goes on.
    Branched,
    /// Tell people: two entries at one place.
    Forked,
    /// What the node says of itself.
    Status(wire::Status),
    /// The session is over; the frame that says so has been sent.
    End(End),
}
