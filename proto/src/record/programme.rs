//! Kind 2: chương trình công tác. The owner issues a programme with items, adjusts it by issuing a whole new version,
//! confirms items that their leads report as finished, and closes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::around::must;
use super::kind::{Ends, Kind, Of, Rule, UP_AND_DOWN};
use super::parts::{self, joined, line, note, office, percent};
use super::{Act, Around, Confirmation, Malformed, Outcome, Paper, Period, Progress, Said, Unfit};
use crate::audience::Scope;
use crate::id::{OfficeId, RecordId, Seat};
use crate::limits;
use crate::time::{Hlc, When};
use crate::wire::{self, programme_move};

/// One item (nội dung) of a programme.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The item's id within the programme: "CT26-01".
    pub id: String,
    /// What is to be done.
    pub content: String,
    /// Chủ trì.
    pub lead: OfficeId,
    /// Phối hợp.
    pub coordinating: Vec<Scope>,
    /// Deadline as written; empty: none.
    pub due: String,
    /// Expected product; empty: none named.
    pub product: String,
    /// Who prepares it, as free text.
    pub preparer: String,
    /// When it begins, as a date or RFC 3339; empty: not stated.
    pub starts: String,
    /// Where it takes place; empty: not stated.
    pub place: String,
    /// The item of an earlier programme that it carries on.
    pub carries: Option<Carried>,
}

/// An item of another programme of the same office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Carried {
    /// The programme.
    pub record: RecordId,
    /// Id of the item in it.
    pub item: String,
}

/// An item that ends without a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dropped {
    /// Id of the item.
    pub item: String,
    /// Why; empty only for an item that was done.
    pub reason: String,
}

/// A programme as issued or adjusted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// The paper.
    pub paper: Paper,
    /// The period that it plans for.
    pub period: Option<Period>,
    /// The items.
    pub items: Vec<Item>,
    /// Version: 1, 2, 3 …
    pub version: u32,
    /// Items of the version before that are not in this one.
    pub dropped: Vec<Dropped>,
}

/// What can be done with a programme.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "moves are read one at a time and never kept")]
pub enum Move {
    /// The owner issues a version. Version 1 opens the record; each later one replaces the programme as a whole.
    Issued(Issued),
    /// The lead of an item reports progress.
    Progress {
        /// Id of the item.
        item: String,
        /// 0 to 100; 100 means finished.
        percent: u32,
        /// A note; may be empty.
        note: String,
    },
    /// The owner says whether an item is finished.
    Confirmed {
        /// Id of the item.
        item: String,
        /// Its lead.
        office: OfficeId,
        /// Whether the item is finished.
        accepted: bool,
        /// A note; may be empty.
        note: String,
    },
    /// The owner closes the programme: nothing more will follow.
    Closed {
        /// A note; may be empty.
        note: String,
        /// Items that end without a result.
        dropped: Vec<Dropped>,
        /// The programme of this office that carries on all others that are open.
        carried: Option<RecordId>,
    },
}

const ISSUED: Rule = Rule::new("issued", UP_AND_DOWN, Of::Record).opens().paper();
const PROGRESS: Rule = Rule::new("progress", UP_AND_DOWN, Of::Part);
const CONFIRMED: Rule = Rule::new("confirmed", UP_AND_DOWN, Of::Part);
/// The move that ends a programme.
pub const CLOSED: Rule = Rule::new("closed", UP_AND_DOWN, Of::Record).ends(Ends::Record);

/// What a programme is.
pub const KIND: Kind = Kind {
    number: 2,
    name: "programme",
    moves: &[ISSUED, PROGRESS, CONFIRMED, CLOSED],
    asks_word: None,
    gives_tasks: true,
    steers: false,
    inward: false,
};

impl Act for Move {
    type Message = wire::ProgrammeMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::ProgrammeMove::decode(body).map_err(|_| Malformed("programme"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        Ok(Some(match mv {
            programme_move::Move::Issued(issued) => Self::Issued(Issued {
                paper: Paper::from_wire(issued.paper)?,
                period: Period::from_wire(issued.period)?,
                items: parts::parts(issued.items, item_from_wire, |item| &item.id)?,
                version: issued.version,
                dropped: parts::parts(issued.dropped, dropped_from_wire, |dropped| &dropped.item)?,
            }),
            programme_move::Move::Progress(said) => {
                line(&said.item)?;
                Self::Progress { item: said.item, percent: percent(said.percent)?, note: note(said.note)? }
            }
            programme_move::Move::Confirmed(said) => {
                line(&said.item)?;
                Self::Confirmed {
                    item: said.item,
                    office: office(&said.office)?,
                    accepted: said.accepted,
                    note: note(said.note)?,
                }
            }
            programme_move::Move::Closed(said) => Self::Closed {
                note: note(said.note)?,
                dropped: parts::parts(said.dropped, dropped_from_wire, |dropped| &dropped.item)?,
                carried: carried(&said.carried)?,
            },
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Issued(issued) => programme_move::Move::Issued(wire::ProgrammeIssued {
                paper: issued.paper.to_wire(),
                period: issued.period.as_ref().map(Period::to_wire),
                items: issued.items.into_iter().map(item_to_wire).collect(),
                version: issued.version,
                dropped: issued.dropped.into_iter().map(dropped_to_wire).collect(),
            }),
            Self::Progress { item, percent, note } => {
                programme_move::Move::Progress(wire::ItemProgress { item, percent, note })
            }
            Self::Confirmed { item, office, accepted, note } => {
                let office = office.to_wire();
                programme_move::Move::Confirmed(wire::ItemConfirmed { item, office, accepted, note })
            }
            Self::Closed { note, dropped, carried } => programme_move::Move::Closed(wire::ProgrammeClosed {
                note,
                dropped: dropped.into_iter().map(dropped_to_wire).collect(),
                carried: carried.map(RecordId::to_wire).unwrap_or_default(),
            }),
        };
        wire::ProgrammeMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Issued(_) => &ISSUED,
            Self::Progress { .. } => &PROGRESS,
            Self::Confirmed { .. } => &CONFIRMED,
            Self::Closed { .. } => &CLOSED,
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Issued(issued) => {
                joined(&[&issued.paper.number, &issued.paper.title, &brief_of(&issued.dropped)])
            }
            Self::Progress { item, percent, note } => joined(&[item, &format!("{percent} %"), note]),
            Self::Confirmed { item, accepted, note, .. } => {
                joined(&[item, &if *accepted { "+" } else { "−" }, note])
            }
            Self::Closed { note, dropped, .. } => joined(&[note, &brief_of(dropped)]),
        }
    }

    fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Issued(issued) => Some(&issued.paper),
            _ => None,
        }
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        match self {
            Self::Issued(issued) => Some(&mut issued.paper),
            _ => None,
        }
    }

    fn work(&self) -> Vec<Scope> {
        match self {
            Self::Issued(issued) => issued.items.iter().map(|item| Scope::office(item.lead)).collect(),
            _ => Vec::new(),
        }
    }

    fn about(&self) -> Option<OfficeId> {
        match self {
            Self::Confirmed { office, .. } => Some(*office),
            _ => None,
        }
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Issued(Issued { paper, items, dropped, .. }) => {
                let items = items
                    .iter()
                    .flat_map(|item| [&*item.content, &item.product, &item.preparer, &item.place]);
                std::iter::once(&*paper.text)
                    .chain(items)
                    .chain(dropped.iter().map(|one| &*one.reason))
                    .collect()
            }
            Self::Closed { note, dropped, .. } => {
                std::iter::once(&**note).chain(dropped.iter().map(|one| &*one.reason)).collect()
            }
            Self::Progress { note, .. } | Self::Confirmed { note, .. } => vec![note],
        }
    }

    fn lacks_reason(&self) -> bool {
        matches!(self, Self::Confirmed { accepted: false, note, .. } if note.trim().is_empty())
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Issued(issued) => {
                !issued.paper.text.is_empty() || !issued.items.is_empty() || !issued.dropped.is_empty()
            }
            Self::Closed { note, dropped, .. } => !note.is_empty() || !dropped.is_empty(),
            Self::Progress { note, .. } | Self::Confirmed { note, .. } => !note.is_empty(),
        }
    }
}

/// Dropped items for a timeline.
fn brief_of(dropped: &[Dropped]) -> String {
    let one = |dropped: &Dropped| format!("−{}: {}", dropped.item, dropped.reason);
    dropped.iter().filter(|dropped| !dropped.reason.is_empty()).map(one).collect::<Vec<_>>().join("; ")
}

fn dropped_from_wire(dropped: wire::DroppedItem) -> Result<Dropped, Malformed> {
    Ok(Dropped { item: dropped.item, reason: note(dropped.reason)? })
}

fn dropped_to_wire(dropped: Dropped) -> wire::DroppedItem {
    wire::DroppedItem { item: dropped.item, reason: dropped.reason }
}

fn carried(record: &[u8]) -> Result<Option<RecordId>, Malformed> {
    match record {
        [] => Ok(None),
        bytes => RecordId::from_wire(bytes).map(Some).ok_or(Malformed("carried")),
    }
}

fn item_from_wire(item: wire::ProgrammeItem) -> Result<Item, Malformed> {
    parts::due(&item.due)?;
    parts::due(&item.starts)?;
    line(&item.carries_item)?;
    let carries = carried(&item.carries_record)?;
    Ok(Item {
        id: item.id,
        content: note(item.content)?,
        lead: office(&item.lead)?,
        coordinating: parts::scopes(item.coordinating.iter().map(|c| parts::scope(&c.office, c.subtree)))?,
        due: item.due,
        product: note(item.product)?,
        preparer: note(item.preparer)?,
        starts: item.starts,
        place: note(item.place)?,
        carries: carries.map(|record| Carried { record, item: item.carries_item }),
    })
}

fn item_to_wire(item: Item) -> wire::ProgrammeItem {
    let (carries_record, carries_item) =
        item.carries.map(|carries| (carries.record.to_wire(), carries.item)).unwrap_or_default();
    let coordinator =
        |scope: Scope| wire::Coordinator { office: scope.office.to_wire(), subtree: scope.subtree };
    wire::ProgrammeItem {
        id: item.id,
        content: item.content,
        lead: item.lead.to_wire(),
        coordinating: item.coordinating.into_iter().map(coordinator).collect(),
        due: item.due,
        product: item.product,
        preparer: item.preparer,
        starts: item.starts,
        place: item.place,
        carries_record,
        carries_item,
    }
}

/// The part of a strand that only the owner has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The version in force; its paper without text.
    pub issued: Issued,
    /// Place of the entry of that version.
    pub seat: Seat,
    /// When each version was issued.
    pub versions: BTreeMap<u32, Hlc>,
    /// The owner's verdicts by item.
    pub confirmed: BTreeMap<String, Confirmation>,
    /// The deadlines that each item had before its present one, oldest first.
    pub earlier: BTreeMap<String, Vec<String>>,
    /// Items that ended without a result, as they were, and why.
    pub dropped: BTreeMap<String, Gone>,
    /// The closing.
    pub closed: Option<Said>,
    /// The programme that carries on what was open at the closing.
    pub carried: Option<RecordId>,
}

/// An item that is no longer in the programme.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gone {
    /// The item as it was.
    pub item: Item,
    /// Why; empty: it was done.
    pub reason: String,
    /// When it was dropped.
    pub time: Hlc,
}

impl Owner {
    fn new(issued: Issued, seat: Seat, time: Hlc) -> Self {
        Self {
            versions: BTreeMap::from([(issued.version, time)]),
            issued,
            seat,
            confirmed: BTreeMap::new(),
            earlier: BTreeMap::new(),
            dropped: BTreeMap::new(),
            closed: None,
            carried: None,
        }
    }

    /// An item of the version in force.
    fn item(&self, id: &str) -> Option<&Item> {
        self.issued.items.iter().find(|item| item.id == id)
    }

    /// Items of the version in force that are neither in a new version nor dropped by it.
    fn lost(&self, new: &Issued) -> Vec<String> {
        let kept = |item: &&Item| new.items.iter().any(|new| new.id == item.id);
        let dropped = |item: &&Item| new.dropped.iter().any(|dropped| dropped.item == item.id);
        let items = self.issued.items.iter().filter(|item| !kept(item) && !dropped(item));
        items.map(|item| item.id.clone()).collect()
    }

    fn drop_items(&mut self, dropped: Vec<Dropped>, time: Hlc) {
        for Dropped { item: id, reason } in dropped {
            if let Some(item) = self.item(&id) {
                let gone = Gone { item: item.clone(), reason, time };
                self.dropped.insert(id, gone);
            }
        }
    }

    /// Goes over to a new version.
    fn adjust(&mut self, mut new: Issued, seat: Seat, time: Hlc) {
        self.drop_items(std::mem::take(&mut new.dropped), time);
        for item in &new.items {
            self.dropped.remove(&item.id);
            let Some(before) = self.issued.items.iter().find(|before| before.id == item.id) else { continue };
            if before.due != item.due {
                self.earlier.entry(item.id.clone()).or_default().push(before.due.clone());
            }
            if before.lead != item.lead {
                // The verdict was on another office's work.
                self.confirmed.remove(&item.id);
            }
        }
        self.versions.insert(new.version, time);
        self.issued = new;
        self.seat = seat;
    }

    /// Whether an item is open: its lead, with this strand, has not finished it, or the owner has denied that since.
    fn is_open(&self, item: &Item, lead: Option<&Strand>) -> bool {
        let progress = lead.and_then(|lead| lead.progress.get(&item.id));
        progress.and_then(|progress| progress.finished(self.confirmed.get(&item.id))).is_none()
    }

    /// Whether this programme, open itself, carries on an item.
    fn carries_on(&self, record: RecordId, item: &str) -> bool {
        let mut carried = self.issued.items.iter().filter_map(|item| item.carries.as_ref());
        self.closed.is_none() && carried.any(|carried| carried.record == record && carried.item == item)
    }
}

/// One office's strand of a programme.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The owner's part; none in other offices' strands.
    pub owner: Option<Owner>,
    /// This office's progress by item that it leads.
    pub progress: BTreeMap<String, Progress>,
}

impl Strand {
    fn is_full(&self) -> bool {
        let confirmed = self.owner.iter().flat_map(|owner| &owner.confirmed);
        let verdicts = confirmed.map(|(item, verdict)| item.len() + verdict.note.len());
        let owner = self.owner.iter();
        let gone = owner.clone().flat_map(|owner| owner.dropped.values());
        let gone = gone.map(|gone| gone.item.content.len() + gone.item.product.len() + gone.reason.len());
        let dues = owner.flat_map(|owner| owner.earlier.values().flatten()).map(String::len);
        parts::is_full(self.progress.iter().map(Progress::bytes).chain(verdicts).chain(gone).chain(dues))
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        match mv {
            Move::Issued(new) => {
                let (version, full) = (new.version, self.is_full());
                let issued = Issued { paper: new.paper.without_text(), ..new };
                match &mut self.owner {
                    _ if version == 0 => return Outcome::NotAllowed("no-version"),
                    None => self.owner = Some(Owner::new(issued, seat, when.time)),
                    Some(owner) if owner.closed.is_some() => return Outcome::NotAllowed("closed"),
                    Some(owner) if version <= owner.issued.version => {
                        return Outcome::NotAllowed("version-taken");
                    }
                    Some(owner) if full || owner.versions.len() >= limits::PARTS => {
                        return Outcome::NotAllowed("too-many");
                    }
                    // No item goes without a word, whether it was done or not: who reads this version does not know.
                    Some(owner) if !owner.lost(&issued).is_empty() => {
                        return Outcome::NotAllowed("open-items");
                    }
                    Some(owner) => owner.adjust(issued, seat, when.time),
                }
            }
            Move::Progress { item, percent, note } => {
                if let Some(owner) = &self.owner {
                    if owner.closed.is_some() {
                        return Outcome::NotAllowed("closed");
                    }
                    if !owner.issued.items.iter().any(|known| known.id == item) {
                        return Outcome::NotAllowed("no-such-part");
                    }
                }
                let before = self.progress.get(&item);
                if self.is_full() || before.is_none() && self.progress.len() >= limits::PARTS {
                    return Outcome::NotAllowed("too-many");
                }
                let progress = Progress::after(before, percent, note, when);
                self.progress.insert(item, progress);
            }
            Move::Confirmed { item, office, accepted, note } => {
                let full = self.is_full();
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if owner.closed.is_some() {
                    return Outcome::NotAllowed("closed");
                }
                if full {
                    return Outcome::NotAllowed("too-many");
                }
                if !owner.issued.items.iter().any(|known| known.id == item && known.lead == office) {
                    return Outcome::NotAllowed("no-such-part");
                }
                let verdict = Confirmation { accepted, note, time: when.time };
                owner.confirmed.insert(item, verdict);
            }
            Move::Closed { note, dropped, carried } => {
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if owner.closed.is_some() {
                    return Outcome::NotAllowed("closed");
                }
                owner.drop_items(dropped, when.time);
                owner.carried = carried;
                owner.closed = Some(Said { seat, when, text: note });
            }
        }
        Outcome::Applied
    }

    fn asks(&self, mv: &Move) -> Vec<OfficeId> {
        match mv {
            Move::Issued(_) | Move::Closed { .. } => {
                let items = self.owner.iter().flat_map(|owner| &owner.issued.items);
                items.map(|item| item.lead).collect()
            }
            _ => mv.about().into_iter().collect(),
        }
    }

    fn fits(&self, mv: &Move, around: &Around<'_, Self>) -> Result<(), Unfit> {
        let Some(owner) = &around.opened.owner else { return Ok(()) };
        let lead = |office: OfficeId| if office == around.me { Some(self) } else { (around.strands)(office) };
        let is_open = |item: &&Item| owner.is_open(item, lead(item.lead));
        // An item goes without a reason only if it was done.
        let in_silence = |dropped: &[Dropped]| {
            let reasoned = |id: &str| {
                dropped.iter().any(|dropped| dropped.item == id && !dropped.reason.trim().is_empty())
            };
            let open = owner.issued.items.iter().filter(is_open);
            open.filter(|item| !reasoned(&item.id)).map(|item| item.id.clone()).collect::<Vec<_>>()
        };
        let strange = |dropped: &[Dropped]| {
            let strange = dropped.iter().filter(|dropped| owner.item(&dropped.item).is_none());
            Unfit::none("no-such-part", strange.map(|dropped| dropped.item.clone()).collect())
        };
        match mv {
            Move::Progress { item, .. } => {
                let known = owner.item(item).ok_or(Unfit::new("no-such-part"))?;
                must(known.lead == around.me, "not-assigned")?;
                parts::reportable(self.progress.get(item), owner.confirmed.get(item))
            }
            Move::Confirmed { item, office, .. } => {
                let progress = lead(*office).and_then(|lead| lead.progress.get(item));
                parts::judgeable(progress, owner.confirmed.get(item))
            }
            Move::Issued(new) => {
                strange(&new.dropped)?;
                let mut lost = in_silence(&new.dropped);
                lost.retain(|id| !new.items.iter().any(|item| item.id == *id));
                Unfit::none("open-items", lost)
            }
            Move::Closed { dropped, carried, .. } => {
                strange(dropped)?;
                let next =
                    around.successor.and_then(|next| next.owner.as_ref()).filter(|_| carried.is_some());
                let mut lost = in_silence(dropped);
                lost.retain(|id| !next.is_some_and(|next| next.carries_on(around.record, id)));
                Unfit::none("open-items", lost)
            }
        }
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        match (&self.owner, &owner.owner) {
            (None, None) => vec!["issued"],
            (Some(mine), _) if mine.closed.is_none() => vec!["issued", "progress", "confirmed", "closed"],
            (None, Some(theirs)) if theirs.closed.is_none() => vec!["progress"],
            _ => Vec::new(),
        }
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::{note, office, paper, period};
    let item = Item {
        id: "A".into(),
        content: note(),
        lead: office(10),
        coordinating: vec![Scope::subtree(office(2))],
        due: "2026-10-12T10:00:00+07:00".into(),
        product: "báo cáo".into(),
        preparer: "Văn phòng".into(),
        starts: "2026-11-23T07:30:00+07:00".into(),
        place: "Phòng họp số 2".into(),
        carries: Some(Carried { record: RecordId(uuid::Uuid::from_u128(6)), item: "B".into() }),
    };
    let dropped = vec![Dropped { item: "C".into(), reason: note() }];
    vec![
        Move::Issued(Issued {
            paper: paper("CTr"),
            period: period(),
            items: vec![item],
            version: 1,
            dropped: dropped.clone(),
        }),
        Move::Progress { item: "A".into(), percent: 100, note: note() },
        Move::Confirmed { item: "A".into(), office: office(10), accepted: true, note: note() },
        Move::Closed { note: note(), dropped, carried: Some(RecordId(uuid::Uuid::from_u128(6))) },
    ]
}
