//! The state of a draft, folded from its moves. Folding knows neither the house nor the clock: who may make a move is judged
//! where it is made. A move that the step does not allow changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::content::{Part, Slot, Weight};
use super::moves::{Act, KIND, Move};
use super::remark::Remark;
use super::road::{Doing, Layer, Road, Step};
use super::slip::Slip;
use crate::date::Date;
use crate::id::{Hash, OfficeId, RecordId, Seat};
use crate::limits;
use crate::record::{Around, Outcome, Unfit};
use crate::time::When;

/// What somebody approved.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// It was appraised.
    Appraised(Layer),
    /// It may go out for opinions.
    Approved,
    /// Those who were asked are for it.
    Opinions,
    /// The meeting of this step passed it.
    Met(String),
    /// It was initialled.
    Initialled,
}

impl Matter {
    /// The stable name in catalogues and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Appraised(layer) => layer.into(),
            Self::Approved => "approve",
            Self::Opinions => "opinions",
            Self::Met(_) => "meeting",
            Self::Initialled => "initial",
        }
    }
}

/// An approval, which is about a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Approval {
    /// Of what.
    pub matter: Matter,
    /// Whose.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// About which version.
    pub version: u32,
    /// The meeting; empty: it was none.
    pub event: String,
    /// The version by which it ended; none: it holds.
    pub ended_by: Option<u32>,
}

/// A version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Who wrote it.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// What changed, and how much.
    pub parts: BTreeMap<Part, Weight>,
    /// Whether the words changed.
    pub heavy: bool,
    /// Hash over all its parts.
    pub hash: Hash,
    /// The move that wrote it, counted from 1 in the draft's own moves that changed it.
    pub written: u32,
}

/// A text that was kept beside, because somebody saved the same part before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Beside {
    /// Who wrote it.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// The version from which it was made.
    pub base: u32,
    /// What changed, how much, and the hash of the part.
    pub parts: BTreeMap<Part, (Weight, Hash)>,
    /// Title and urgency, if they are among these.
    pub told: BTreeMap<Part, String>,
    /// The move that wrote it.
    pub written: u32,
    /// Whether it waits to be taken or dropped.
    pub open: bool,
}

/// A signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signature {
    /// Who signed.
    pub by: String,
    /// The lines above the name.
    pub form: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// Which version.
    pub version: u32,
    /// Whose right it is, where it was lent; empty: the signer's own.
    pub of: String,
}

/// Other offices that were asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consultation {
    /// Who asked.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// Which offices.
    pub offices: Vec<String>,
    /// Until when.
    pub until: i64,
    /// About which version.
    pub version: u32,
    /// When it was closed; none: it is open.
    pub closed: Option<i64>,
}

/// What an office answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Commented {
    /// Which.
    pub office: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// The words; empty: it has no remark.
    pub text: String,
    /// It came after the time.
    pub late: bool,
    /// It came after it was closed, and is no remark.
    pub after: bool,
    /// About which version.
    pub version: u32,
    /// The remark that it is; empty: none.
    pub remark: String,
}

/// How a draft ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It is a paper now.
    Issued {
        /// The paper.
        paper: RecordId,
        /// Its number; empty: it bears none.
        number: String,
        /// Its date.
        date: Date,
        /// The clerk.
        by: String,
        /// When, Unix milliseconds.
        time: i64,
        /// The hash over the entries of the draft before.
        road: Hash,
    },
    /// It is not carried on.
    Withdrawn {
        /// Why.
        why: String,
    },
    /// Another draft replaces it.
    Superseded {
        /// Which.
        by: RecordId,
    },
}

/// Where a draft stands, in one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// At a step where this is done.
    At(Doing),
    /// Issued.
    Issued,
    /// Withdrawn.
    Withdrawn,
    /// Superseded.
    Superseded,
}

impl State {
    /// The stable name in catalogues and answers of commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::At(doing) => doing.into(),
            Self::Issued => "issued",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
        }
    }
}

/// A draft.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// The road, as it was when the draft was begun.
    pub road: Road,
    /// The body that is to issue it.
    pub issuer: String,
    /// Code of the document type.
    pub document_type: String,
    /// What it answers or follows; may be empty.
    pub source: String,
    /// Trích yếu, as of the newest version.
    pub title: String,
    /// Độ khẩn, as of the newest version; empty: none.
    pub urgency: String,
    /// Who drafts it.
    pub drafter: String,
    /// Who drafts it too.
    pub joint: Vec<String>,
    /// Who is to sign; empty: it has not come so far.
    pub signer: String,
    /// Where several sign: who, in their order.
    pub slots: Vec<Slot>,
    /// When it was begun, Unix milliseconds.
    pub begun: i64,
    /// The step.
    pub step: String,
    /// Since when it stands there, Unix milliseconds.
    pub since: i64,
    /// Whether somebody has acted there.
    pub acted: bool,
    /// The step to which the drafter takes it back.
    pub back_to: String,
    /// The versions, the first is number 1.
    pub versions: Vec<Version>,
    /// The hash of each part as of the newest version.
    pub parts: BTreeMap<Part, Hash>,
    /// Texts that were kept beside.
    pub beside: Vec<Beside>,
    /// Approvals, also those that ended.
    pub approvals: Vec<Approval>,
    /// Remarks.
    pub remarks: Vec<Remark>,
    /// Slips for opinions.
    pub slips: Vec<Slip>,
    /// Other offices that were asked.
    pub consultations: Vec<Consultation>,
    /// What they answered.
    pub comments: Vec<Commented>,
    /// Signatures that hold.
    pub signed: Vec<Signature>,
    /// Steps that were passed over because their approvals held, and when.
    pub passed: Vec<(String, i64)>,
    /// How it ended; none: it goes on.
    pub ended: Option<Ended>,
    /// How many moves changed it.
    pub moves: u32,
}

/// The hash over the parts of a version.
pub(super) fn hash(parts: &BTreeMap<Part, Hash>) -> Hash {
    let mut sum = Sha256::new().chain_update(b"truc draft version 1");
    for (part, hash) in parts {
        sum.update(<&str>::from(part));
        sum.update([0]);
        sum.update(hash.0);
    }
    Hash(sum.finalize().into())
}

/// The hash over the entries of a draft, which its paper bears: place and hash of each, in their order.
pub fn road(entries: &[(Seat, Hash)]) -> Hash {
    let mut sum = Sha256::new().chain_update(b"truc road version 1");
    for (seat, hash) in entries {
        sum.update(seat.incarnation.0.to_be_bytes());
        sum.update(seat.seq.to_be_bytes());
        sum.update(hash.0);
    }
    Hash(sum.finalize().into())
}

/// The hash of a part's text.
pub fn part(text: &str) -> Hash {
    Hash(Sha256::digest(text).into())
}

impl Draft {
    /// The number of the newest version.
    pub fn version(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap_or(u32::MAX)
    }

    /// The hash of the newest version.
    pub fn hash(&self) -> Hash {
        self.versions.last().map_or(Hash::ZERO, |version| version.hash)
    }

    /// The step at which it stands.
    pub fn at(&self) -> Option<&Step> {
        self.road.step(&self.step)
    }

    /// What is done there; none: it has ended.
    pub fn doing(&self) -> Option<Doing> {
        self.at().filter(|_| self.ended.is_none()).map(|step| step.doing)
    }

    /// Where it stands, in one word.
    pub fn state(&self) -> State {
        match &self.ended {
            Some(Ended::Issued { .. }) => State::Issued,
            Some(Ended::Withdrawn { .. }) => State::Withdrawn,
            Some(Ended::Superseded { .. }) => State::Superseded,
            None => State::At(self.at().map_or(Doing::Draft, |step| step.doing)),
        }
    }

    /// Whether an approval of this matter holds.
    pub fn holds(&self, matter: &Matter) -> bool {
        self.approval(matter).is_some()
    }

    /// The approval of this matter that holds.
    pub fn approval(&self, matter: &Matter) -> Option<&Approval> {
        self.approvals.iter().rev().find(|known| known.ended_by.is_none() && known.matter == *matter)
    }

    /// Whether somebody wrote words of it: he appraises none of them, and checks no answer.
    pub fn wrote(&self, person: &str) -> bool {
        self.drafts(person) || self.versions.iter().any(|version| version.heavy && version.by == person)
    }

    /// Whether somebody drafts it.
    pub fn drafts(&self, person: &str) -> bool {
        self.drafter == person || self.joint.iter().any(|joint| joint == person)
    }

    /// The remark with this id.
    pub fn remark(&self, id: &str) -> Option<&Remark> {
        self.remarks.iter().find(|remark| remark.id == id)
    }

    /// The slip that is open.
    pub fn slip(&self) -> Option<&Slip> {
        self.slips.iter().find(|slip| slip.closed.is_none())
    }

    /// Whose signature comes next, where several sign.
    pub fn next_slot(&self) -> Option<&Slot> {
        let has =
            |slot: &&Slot| self.signed.iter().any(|done| done.by == slot.person && done.form == slot.form);
        self.slots.iter().find(|slot| !has(slot))
    }

    /// Whether the draft holds so many words that it takes no more.
    fn is_full(&self) -> bool {
        let remarks = self.remarks.iter().map(|remark| remark.text.len() + remark.answer.len());
        let opinions = self.slips.iter().flat_map(|slip| &slip.given).map(|given| given.text.len());
        let comments = self.comments.iter().map(|comment| comment.text.len());
        let versions = self.versions.iter().map(|version| version.by.len());
        crate::record::parts::is_full(remarks.chain(opinions).chain(comments).chain(versions))
    }

    /// The moves that its step allows to somebody.
    fn allowed(&self) -> Vec<&'static str> {
        let Some(doing) = self.doing() else {
            return if self.state() == State::Withdrawn { vec!["resume"] } else { Vec::new() };
        };
        let mut names = vec!["withdraw", "supersede", "reassign", "check", "comment", "close-consult"];
        names.extend(match doing {
            Doing::Draft | Doing::Absorb => vec!["save", "adopt", "hand-in", "answer", "consult"],
            Doing::Appraise => vec!["appraise", "save", "take-back", "consult"],
            Doing::Approve => vec!["approve", "return", "take-back"],
            Doing::Opinions => vec!["ask", "opinion", "extend-ask", "close-ask", "take-back"],
            Doing::Meeting => vec!["meeting", "take-back"],
            Doing::Initial => vec!["initial", "return", "take-back"],
            Doing::Sign => vec!["sign", "redirect", "return", "take-back"],
            Doing::Issue => vec!["issue", "unsign", "return"],
        });
        names
    }
}

/// The office's strand of a draft. Nobody else has one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The draft; none before the first move.
    pub draft: Option<Draft>,
}

impl crate::record::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, _: Seat, when: When, Move(act): Move) -> Outcome {
        let time = when.time.millis() as i64;
        let Some(draft) = &mut self.draft else {
            let Act::Begin(begun) = act else { return Outcome::NotAllowed("not-begun") };
            self.draft = Some(Draft::begun(begun, time));
            return Outcome::Applied;
        };
        let writes = matches!(act, Act::Save(_) | Act::Adopt(_));
        if draft.is_full() || writes && draft.versions.len() >= limits::DRAFT_VERSIONS {
            return Outcome::NotAllowed("too-many");
        }
        if !draft.allowed().contains(&act.rule().name) {
            return Outcome::NotAllowed("not-there");
        }
        draft.moves += 1;
        match draft.make(act, time) {
            Ok(()) => Outcome::Applied,
            Err(reason) => {
                draft.moves -= 1;
                Outcome::NotAllowed(reason)
            }
        }
    }

    fn owns(&self) -> bool {
        self.draft.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        match &self.draft {
            Some(draft) => draft.allowed(),
            None if owner.owns() => Vec::new(),
            None => KIND.moves.iter().filter(|rule| rule.opens).map(|rule| rule.name).collect(),
        }
    }

    /// The rules about people are [`super::judge`]'s, which knows the house.
    fn fits(&self, _: &Move, _: &Around<'_, Self>) -> Result<(), Unfit> {
        Ok(())
    }
}
