//! What the judge finds.

use std::fmt::Display;

use crate::id::Place;
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
    Missing "missing" "What this entry continues is not here."
    Repeated "repeated" "The place comes a second time."
    Channel "channel" "The back-pointer of a channel does not name the entry before it on that channel."
    Hole "hole" "What the hub told everybody before is not here."
    Position "position" "A position is left out, or comes again."
    Running "running" "The journal's running hash is another."
    ReceiptSignature "receipt-signature" "A receipt is not the hub's."
    ReceiptedMissing "receipted-missing" "The hub gave a receipt for this entry, and it is not here: the end was cut off."
    ReceiptedOther "receipted-other" "The hub gave a receipt for another entry at this place."
    Tip "tip" "The newest own entry is not here: the end was cut off."
    Withheld "withheld" "The content is left out, though the hub did not refuse the entry."
    Row "row" "What is written beside an entry is not what the entry says."
    Keys "keys" "The list of keys is not what the hub's entries say."
    Offices "offices" "The list of offices is not what the hub's entries say."
    Attachment "attachment" "A file does not have the hash that names it."
    AttachmentMissing "attachment-missing" "A file that should be here is not."
    FileMissing "file-missing" "A file that the manifest names is not here."
    FileAltered "file-altered" "A file does not have the checksum of the manifest."
    FileExtra "file-extra" "A file that no manifest names."
    Manifest "manifest" "The manifest itself is not in order."
    Seal "seal" "The archive's seal is not of the office that made it, or not on this manifest."
    Authority "authority" "The hub's key is not vouched for by this authority."
    Head "head" "A head of the hub's journal is not the hub's."
    TwoHistories "two-histories" "The hub signed two histories of its journal."
    Count "count" "There are more or fewer than the archive says of itself."
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where; none: it is about a file.
    pub place: Option<Place>,
    /// Position in the journal, if it has one.
    pub position: Option<u64>,
    /// What.
    pub wrong: Wrong,
    /// The seat, file, column or number that it is about; may be empty.
    pub about: String,
}

impl Fault {
    /// At a place.
    pub fn at(place: Place, position: Option<u64>, wrong: Wrong) -> Self {
        Self { place: Some(place), position, wrong, about: String::new() }
    }

    /// About a file.
    pub fn of(file: impl Display, wrong: Wrong) -> Self {
        Self { place: None, position: None, wrong, about: file.to_string() }
    }

    /// With what it is about.
    #[must_use]
    pub fn about(mut self, what: impl Display) -> Self {
        self.about = what.to_string();
        self
    }

    /// Entries by position; then places without one, then files.
    fn order(&self) -> (u64, bool) {
        (self.position.unwrap_or(u64::MAX), self.place.is_none())
    }
}

/// Everything found. Without a fault, what was judged is proven.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Entries looked at.
    pub entries: u64,
    /// Ledgers that they belong to.
    pub ledgers: usize,
    /// Receipts that are the hub's.
    pub receipts: u64,
    /// Entries whose signature counts for nothing, and which the hub refused for it.
    pub refused: u64,
    /// Own entries that lost a fork.
    pub aside: u64,
    /// Entries that hang in the air: given back to a hub that had lost what stands before them.
    pub islands: u64,
    /// Words to everybody that point back at one that is not here. A store may wait for it; an archive lacks it.
    pub holes: u64,
    /// The first of them.
    pub hole: Option<Fault>,
    /// How much is wrong.
    pub faults: u64,
    /// The first, by position; what is said first of all.
    pub first: Option<Fault>,
    /// Some more, as they were found.
    pub some: Vec<Fault>,
}

impl Findings {
    /// Notes that something is wrong.
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
