//! What an archive says of itself, and which entries it holds.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::entry::Header;
use truc_proto::head::Head;
use truc_proto::id::{Hash, Link, Mark, OfficeId, RecordId};
use truc_proto::record::registry;
use truc_proto::time::Hlc;

/// Which entries an archive holds: those that meet all conditions. The hub's registry entries and its entries to
/// everybody are always included, since without them no signature could be checked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Selection {
    /// Only from these offices' ledgers; empty: from all.
    #[serde(default)]
    pub offices: Vec<OfficeId>,
    /// Only about these records; empty: about all.
    #[serde(default)]
    pub records: Vec<RecordId>,
    /// Only from this day on, by signed time in UTC+7.
    pub from: Option<Date>,
    /// Only up to this day, inclusive.
    pub to: Option<Date>,
}

impl Selection {
    /// Whether it selects everything.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it selects an entry. `hub`: the hub's office.
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

/// A mark, as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reached {
    /// Position.
    pub position: u64,
    /// Running hash.
    pub running: Hash,
}

/// Content of `archive.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Version of the format.
    pub format: u32,
    /// Name and version of the program.
    pub program: String,
    /// When it was made, UTC.
    pub made: String,
    /// The office that made it, from its own journal.
    pub office: OfficeId,
    /// The hub's office.
    pub hub: OfficeId,
    /// Which entries it holds.
    pub selection: Selection,
    /// It holds the whole journal: no position is left out.
    pub journal: bool,
    /// Ledgers that it holds whole; none: all.
    pub whole: Option<Vec<OfficeId>>,
    /// Number of entries.
    pub entries: u64,
    /// Number of entries whose content is withheld.
    pub withheld: u64,
    /// Where the journal ended from which it was made.
    pub mark: Reached,
    /// The newest mark of the hub's journal that the office knew; archives of two offices can be compared by it.
    pub hub_mark: Option<Reached>,
    /// The newest entry of the hub's own ledger in the archive.
    pub hub_head: Option<Link>,
    /// Heads of the hub's journal that the office was shown, as signed by the hub.
    #[serde(default)]
    pub heads: Vec<Signed>,
}

/// A head of the hub's journal, as text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// Life of the hub's journal.
    pub life: u64,
    /// Position.
    pub position: u64,
    /// Running hash.
    pub running: Hash,
    /// Hub time, hybrid logical.
    pub hub_time: u64,
    /// Ed25519 signature, hexadecimal.
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
    /// Decodes the head, unchecked; none if the signature is not 64 bytes in hexadecimal.
    pub fn head(&self) -> Option<Head> {
        let signature = HEXLOWER.decode(self.signature.as_bytes()).ok()?.try_into().ok()?;
        let mark = Mark { position: self.position, running: self.running };
        Some(Head { life: self.life, mark, hub_time: Hlc(self.hub_time), signature })
    }
}
