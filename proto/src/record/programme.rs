//! Kind 2: chương trình công tác. The owner issues a programme with items, adjusts it by issuing a whole new version,
//! confirms items that their leads report as finished, and closes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::kind::{Ends, Kind, Of, Rule, UP_AND_DOWN};
use super::parts::{self, joined, line, note, office, percent};
use super::{Act, Confirmation, Malformed, Outcome, Paper, Period, Progress, Said};
use crate::audience::Scope;
use crate::id::{OfficeId, Seat};
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
}

/// What can be done with a programme.
#[derive(Clone, PartialEq, Eq, Debug)]
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
        /// Whether the item is finished.
        accepted: bool,
        /// A note; may be empty.
        note: String,
    },
    /// The owner closes the programme: nothing more will follow.
    Closed {
        /// A note; may be empty.
        note: String,
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
            }),
            programme_move::Move::Progress(said) => {
                line(&said.item)?;
                Self::Progress { item: said.item, percent: percent(said.percent)?, note: note(said.note)? }
            }
            programme_move::Move::Confirmed(said) => {
                line(&said.item)?;
                Self::Confirmed { item: said.item, accepted: said.accepted, note: note(said.note)? }
            }
            programme_move::Move::Closed(said) => Self::Closed { note: note(said.note)? },
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Issued(issued) => programme_move::Move::Issued(wire::ProgrammeIssued {
                paper: issued.paper.to_wire(),
                period: issued.period.as_ref().map(Period::to_wire),
                items: issued.items.into_iter().map(item_to_wire).collect(),
                version: issued.version,
            }),
            Self::Progress { item, percent, note } => {
                programme_move::Move::Progress(wire::ItemProgress { item, percent, note })
            }
            Self::Confirmed { item, accepted, note } => {
                programme_move::Move::Confirmed(wire::ItemConfirmed { item, accepted, note })
            }
            Self::Closed { note } => programme_move::Move::Closed(wire::ProgrammeClosed { note }),
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
            Self::Issued(issued) => joined(&[&issued.paper.number, &issued.paper.title]),
            Self::Progress { item, percent, note } => joined(&[item, &format!("{percent} %"), note]),
            Self::Confirmed { item, accepted, note } => {
                joined(&[item, &if *accepted { "+" } else { "−" }, note])
            }
            Self::Closed { note } => note.clone(),
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

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Issued(Issued { paper, items, .. }) => {
                let items = items
                    .iter()
                    .flat_map(|item| [&*item.content, &item.product, &item.preparer, &item.place]);
                std::iter::once(&*paper.text).chain(items).collect()
            }
            Self::Progress { note, .. } | Self::Confirmed { note, .. } | Self::Closed { note } => vec![note],
        }
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Issued(issued) => !issued.paper.text.is_empty() || !issued.items.is_empty(),
            Self::Progress { note, .. } | Self::Confirmed { note, .. } | Self::Closed { note } => {
                !note.is_empty()
            }
        }
    }
}

fn item_from_wire(item: wire::ProgrammeItem) -> Result<Item, Malformed> {
    parts::due(&item.due)?;
    parts::due(&item.starts)?;
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
    })
}

fn item_to_wire(item: Item) -> wire::ProgrammeItem {
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
    /// The closing.
    pub closed: Option<Said>,
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
        parts::is_full(self.progress.iter().map(Progress::bytes).chain(verdicts))
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        match mv {
            Move::Issued(new) => {
                let version = new.version;
                let issued = Issued { paper: new.paper.without_text(), ..new };
                match &mut self.owner {
                    _ if version == 0 => return Outcome::NotAllowed("no-version"),
                    None => {
                        let versions = BTreeMap::from([(version, when.time)]);
                        let confirmed = BTreeMap::new();
                        self.owner = Some(Owner { issued, seat, versions, confirmed, closed: None });
                    }
                    Some(owner) if owner.closed.is_some() => return Outcome::NotAllowed("closed"),
                    Some(owner) if version <= owner.issued.version => {
                        return Outcome::NotAllowed("version-taken");
                    }
                    Some(owner) if owner.versions.len() >= limits::PARTS => {
                        return Outcome::NotAllowed("too-many");
                    }
                    Some(owner) => {
                        owner.issued = issued;
                        owner.seat = seat;
                        owner.versions.insert(version, when.time);
                    }
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
            Move::Confirmed { item, accepted, note } => {
                let full = self.is_full();
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if owner.closed.is_some() {
                    return Outcome::NotAllowed("closed");
                }
                if full {
                    return Outcome::NotAllowed("too-many");
                }
                if !owner.issued.items.iter().any(|known| known.id == item) {
                    return Outcome::NotAllowed("no-such-part");
                }
                let verdict = Confirmation { accepted, note, time: when.time };
                owner.confirmed.insert(item, verdict);
            }
            Move::Closed { note } => {
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if owner.closed.is_some() {
                    return Outcome::NotAllowed("closed");
                }
                owner.closed = Some(Said { seat, when, text: note });
            }
        }
        Outcome::Applied
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, _: bool) -> Vec<&'static str> {
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
    };
    vec![
        Move::Issued(Issued { paper: paper("CTr"), period: period(), items: vec![item], version: 1 }),
        Move::Progress { item: "A".into(), percent: 100, note: note() },
        Move::Confirmed { item: "A".into(), accepted: true, note: note() },
        Move::Closed { note: note() },
    ]
}
