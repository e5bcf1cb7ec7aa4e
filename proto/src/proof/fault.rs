//! Faults that the judge finds.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::id::{OfficeId, Place};
use crate::limits;

macro_rules! wrongs {
    ($($name:ident $code:literal $doc:literal)*) => {
        /// What is wrong at a place, or with a file.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Wrong {
            $(#[doc = $doc] $name,)*
        }

        impl Wrong {
            /// All of them.
            pub const ALL: &[Wrong] = &[$(Self::$name),*];

            /// The stable code for machines.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

wrongs! {
    Unreadable "unreadable" "The bytes are no entry."
    Hash "hash" "The bytes do not have the hash that they are kept under."
    Signature "signature" "No key that counts at this place made the signature."
    NoKey "no-key" "The hub announced no key of this office."
    Chain "chain" "The predecessor is another entry than the one that this one continues."
    Missing "missing" "The predecessor of this entry is missing."
    Repeated "repeated" "A second entry at the same place."
    Time "time" "The time of the entry lies before its predecessor's."
    Seen "seen" "Its author had seen more of the hub's journal before."
    Channel "channel" "The back-pointer of a channel does not name the entry before it on that channel."
    Hole "hole" "The hub's entry to everybody before this one is missing."
    Position "position" "A position is left out, or comes again."
    Running "running" "The journal's running hash differs."
    ReceiptSignature "receipt-signature" "A receipt is not signed by the hub."
    ReceiptedMissing "receipted-missing" "The hub gave a receipt for this entry, which is missing: the end was cut off."
    ReceiptedOther "receipted-other" "The hub gave a receipt for another entry at this place."
    Tip "tip" "The newest own entry is missing: the end was cut off."
    Withheld "withheld" "The content is left out, though the hub did not refuse the entry."
    Row "row" "A column beside an entry differs from the entry."
    Keys "keys" "The list of keys differs from the hub's entries."
    Offices "offices" "The list of offices differs from the hub's entries."
    Attachment "attachment" "A file does not have the hash that names it."
    AttachmentMissing "attachment-missing" "An attachment that must be here is missing."
    FileMissing "file-missing" "A file that the manifest names is missing."
    FileAltered "file-altered" "A file does not have the checksum of the manifest."
    FileExtra "file-extra" "A file that no manifest names."
    Manifest "manifest" "The manifest itself is not in order."
    Seal "seal" "The archive's seal is not by the office that made it, or is on another manifest."
    Authority "authority" "The hub's key is not vouched for by this authority."
    Head "head" "A head of the hub's journal is not signed by the hub."
    TwoHistories "two-histories" "The hub signed two histories of its journal."
    Count "count" "A number differs from what the archive says of itself."
}

impl Wrong {
    /// Whether two entries contradict each other, each whole in itself.
    pub fn contradiction(self) -> bool {
        matches!(self, Self::Chain | Self::Time | Self::Seen | Self::Channel)
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Place of the entry; none: the fault is about a file.
    pub place: Option<Place>,
    /// Position in the journal, if it has one.
    pub position: Option<u64>,
    /// What is wrong.
    pub wrong: Wrong,
    /// The seat, file, column or number concerned; may be empty.
    pub about: String,
}

impl Fault {
    /// A fault of the entry at a place.
    pub fn at(place: Place, position: Option<u64>, wrong: Wrong) -> Self {
        Self { place: Some(place), position, wrong, about: String::new() }
    }

    /// A fault of a file.
    pub fn of(file: impl Display, wrong: Wrong) -> Self {
        Self { place: None, position: None, wrong, about: file.to_string() }
    }

    /// Sets what the fault is about.
    #[must_use]
    pub fn about(mut self, what: impl Display) -> Self {
        self.about = what.to_string();
        self
    }

    /// Sort key: entries by position, then places without one, then files.
    fn order(&self) -> (u64, bool) {
        (self.position.unwrap_or(u64::MAX), self.place.is_none())
    }
}

/// Everything found. Without a fault, the collection is proven.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Entries judged.
    pub entries: u64,
    /// Ledgers of those entries.
    pub ledgers: usize,
    /// Receipts signed by the hub.
    pub receipts: u64,
    /// Entries without a counting signature, which the hub refused for that.
    pub refused: u64,
    /// Own entries that lost a fork.
    pub aside: u64,
    /// Entries given back to a hub that had lost their predecessors, which are still missing.
    pub islands: u64,
    /// Hub entries to everybody whose predecessor on that channel is missing. It may still come to a store; an archive
    /// lacks it.
    pub holes: u64,
    /// The first such hole.
    pub hole: Option<Fault>,
    /// Offices whose entries contradict each other though they signed them: the first such entry of each. It is proof
    /// against the office and no fault of the collection.
    pub lies: BTreeMap<OfficeId, Fault>,
    /// Number of faults.
    pub faults: u64,
    /// The fault with the lowest position, which is told first.
    pub first: Option<Fault>,
    /// Some of the faults, in the order found; at most [`limits::PROOF_FAULTS`].
    pub some: Vec<Fault>,
}

impl Findings {
    /// Adds a contradiction between entries that their author signed.
    pub fn lie(&mut self, fault: Fault) {
        if let Some(place) = fault.place {
            self.lies.entry(place.ledger).or_insert(fault);
        }
    }

    /// Adds a fault.
    pub fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        if self.first.as_ref().is_none_or(|first| fault.order() < first.order()) {
            self.first = Some(fault.clone());
        }
        if self.some.len() < limits::PROOF_FAULTS {
            self.some.push(fault);
        }
    }
}
