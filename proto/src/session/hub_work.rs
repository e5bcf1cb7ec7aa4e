//! What the hub's state machine is told, and what it wants done.

use super::End;
use super::judge::Facts;
use crate::entry::Entry;
use crate::id::{Hash, Mark, Seat};
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
    /// Answers [`HubWork::Hold`]: seat of the last entry kept as evidence.
    Held(Seat),
    /// Answers [`HubWork::Offer`]: the entries are durable, known, or evidence.
    Offered,
    /// Answers [`HubWork::Delivered`].
    Delivered,
    /// Answers [`HubWork::ReadMail`].
    Mail {
        /// Entries for this office with their positions, ascending.
        entries: Vec<(u64, Entry)>,
        /// When the hub had each of them, Unix milliseconds; 0: nobody knows.
        arrivals: Vec<u64>,
        /// All mail up to this mark is among the entries.
        mark: Mark,
        /// No more mail waits.
        end: bool,
        /// Urgent entries that come ahead of this and of all that waits behind it, each with its position and arrival;
        /// none: nobody asked, or the newest entry of the registry is still to come.
        ahead: Option<Vec<(u64, Entry, u64)>>,
    },
    /// Answers [`HubWork::ReadEarly`].
    Early(u64, Entry, u64),
    /// An entry for this office became deliverable.
    Waiting {
        /// Position of the entry.
        position: u64,
        /// The entry may overtake other mail.
        urgent: bool,
        /// Position of the newest registry entry, which nothing may overtake: without it the node cannot verify the
        /// author.
        registry: u64,
    },
    /// A file that this office may fetch is whole.
    FileReady(Hash),
    /// A person approved the machine in question.
    Approved,
    /// The session must end: its ledger's line moved, a newer session came, the certificate is gone.
    End(End),
}

/// What the store says about a Hello, and what a Welcome tells.
#[derive(Clone, Debug)]
pub struct HubFacts {
    /// Input of the connect decision.
    pub facts: Facts,
    /// Receipt for the hub's line of this office's ledger.
    pub line: Option<Receipt>,
    /// The newest mark of the node's cursor that is part of this journal's history.
    pub from: Mark,
    /// Seat after which the node pushes own entries; with Continue, the line's is used instead.
    pub push_after: Option<Seat>,
    /// The hub's time.
    pub hub_time: Hlc,
    /// The node has shown a word of this hub's own about a state of the journal that is not here: the journal is older.
    pub proven: bool,
    /// The hub takes no more entries of this office for now.
    pub later: Option<wire::Later>,
}

/// Why the rest of a batch was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The entry does not continue the line.
    NotNext,
    /// Another entry stands at the entry's place.
    Taken,
    /// The entry contradicts what its author wrote before: see [`crate::chain`].
    Chain,
}

/// What became of a pushed batch.
#[derive(Clone, Debug, Default)]
pub struct Admitted {
    /// Receipt for the last entry that was admitted or known.
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
#[expect(clippy::large_enum_variant, reason = "a frame is handed on at once and never kept")]
pub enum HubWork {
    /// Send a frame.
    Send(wire::HubFrame),
    /// Look up what the decision needs.
    Facts {
        /// The node's Hello.
        hello: Box<wire::Hello>,
        /// The node has offered what the hub may lack, so row 2 is done.
        refilled: bool,
    },
    /// Admit entries that continue the line, in one transaction.
    Admit {
        /// Decoded and hashed entries; the signature of the head is still unchecked.
        entries: Vec<Entry>,
        /// The first unknown one may continue any complete entry (a sanctioned branch).
        branch: bool,
    },
    /// Take entries that an office gives back; each signature must be checked.
    Offer(Vec<Entry>),
    /// Keep entries as evidence.
    Hold(Vec<Entry>),
    /// Read mail.
    ReadMail {
        /// Position after which to read.
        after: u64,
        /// Include the office's own entries, some of which it has lost.
        own: bool,
        /// Say which urgent entries come ahead of what waits.
        urgent: bool,
    },
    /// Read one entry by its position.
    ReadEarly(u64),
    /// The office holds all mail up to this mark: raise the delivered mark.
    Delivered(Mark),
    /// Tell people: this machine does not continue the one that the hub met last.
    Question {
        /// Number of the machine's credential.
        credential: u64,
    },
    /// Tell people: the hub's journal is older than this office remembers.
    WentBack {
        /// The office's cursor.
        cursor: u64,
        /// The newest common mark.
        common: u64,
        /// The hub's own signature proves it.
        proven: bool,
    },
    /// Tell people: the branch of a restored machine goes on.
    Branched,
    /// Tell people: there are two entries at one place.
    Forked,
    /// The node's report on itself.
    Status(wire::Status),
    /// The session is over; the frame that says so has been sent.
    End(End),
}
