//! What an archive says of itself, and what goes into one.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::entry::Header;
use truc_proto::head::Head;
use truc_proto::id::{Hash, Link, Mark, OfficeId, RecordId};
use truc_proto::record::{Act as _, registry};
use truc_proto::time::Hlc;

/// Which entries: those for which all that is said here holds. The hub's registry and what it told everybody is always
/// with them, or nobody could check a signature.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Selection {
    /// Of these offices' ledgers; empty: of all.
    #[serde(default)]
    pub offices: Vec<OfficeId>,
    /// About these records; empty: about all.
    #[serde(default)]
    pub records: Vec<RecordId>,
    /// From this day on, by the author's clock in the country's time.
    pub from: Option<Date>,
    /// To this day.
    pub to: Option<Date>,
}

impl Selection {
    /// Everything.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an entry belongs to it. `hub` is the hub's office.
    pub fn takes(&self, header: &Header, hub: OfficeId) -> bool {
        let to_all = |channel: &truc_proto::entry::Channel| channel.scope == Scope::subtree(hub);
        let registry = header.kind == registry::Move::KIND;
        if header.ledger == hub && (registry || header.audience.iter().any(to_all)) {
            return true;
        }
        let day = Date::of_millis(header.time.millis() as i64);
        (self.offices.is_empty() || self.offices.contains(&header.ledger))
            && (self.records.is_empty() || self.records.contains(&header.record))
            && self.from.is_none_or(|from| day.is_some_and(|day| day >= from))
            && self.to.is_none_or(|to| day.is_some_and(|day| day <= to))
    }
}

/// A position with its running hash, in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reached {
    /// Position.
    pub position: u64,
    /// Running hash.
    pub running: Hash,
}

/// `archive.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Version of the format.
    pub format: u32,
    /// Name and version of the program.
    pub program: String,
    /// When it was made, UTC.
    pub made: String,
    /// Who made it: from this office's journal.
    pub office: OfficeId,
    /// The hub's office.
    pub hub: OfficeId,
    /// What is in it.
    pub selection: Selection,
    /// It is the whole journal: no position is left out.
    pub journal: bool,
    /// These ledgers are whole; none said: all are.
    pub whole: Option<Vec<OfficeId>>,
    /// Entries in it.
    pub entries: u64,
    /// Of these, entries whose content does not leave the house.
    pub withheld: u64,
    /// What the journal had reached that it was made from.
    pub mark: Reached,
    /// The newest mark of the hub's journal that its office knew: archives of two offices can be compared by it.
    pub hub_mark: Option<Reached>,
    /// The newest entry of the hub's own ledger in it.
    pub hub_head: Option<Link>,
    /// Heads of the hub's journal that its office was shown, signed by the hub.
    #[serde(default)]
    pub heads: Vec<Signed>,
}

/// A head of the hub's journal, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// The life of the journal.
    pub life: u64,
    /// Position.
    pub position: u64,
    /// Running hash.
    pub running: Hash,
    /// By the hub's clock, hybrid logical.
    pub hub_time: u64,
    /// Ed25519, hexadecimal.
    pub signature: String,
}

impl From<&Head> for Signed {
    fn from(head: &Head) -> Self {
        Self {
            life: head.life,
            position: head.mark.position,
            running: head.mark.running,
            hub_time: head.hub_time.0,
            signature: HEXLOWER.encode(&head.signature),
        }
    }
}

impl Signed {
    /// The head, unchecked; none if the signature is no hexadecimal of 64 bytes.
    pub fn head(&self) -> Option<Head> {
        let signature = HEXLOWER.decode(self.signature.as_bytes()).ok()?.try_into().ok()?;
        let mark = Mark { position: self.position, running: self.running };
        Some(Head { life: self.life, mark, hub_time: Hlc(self.hub_time), signature })
    }
}
