//! What the moves carry, and how it is read from their messages.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::date::Date;
use crate::house::PetitionClass;
use crate::id::RecordId;
use crate::paper::Due;
use crate::record::Malformed;
use crate::record::parts::{line, note};
use crate::wire::{self, Confidentiality, Urgency};
use crate::{identifier, limits};

/// The books in which papers get their arrival numbers (số đến), each by the calendar year.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Book {
    /// Sổ văn bản đến: papers of the network stand in it, too.
    #[default]
    Incoming,
    /// Sổ văn bản mật đến.
    Secret,
    /// Sổ tiếp nhận đơn thư.
    Petitions,
}

/// How a paper came.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Bưu điện.
    #[default]
    Post,
    /// Gửi trực tiếp.
    Hand,
    /// Fax.
    Fax,
    /// Thư điện tử.
    Mail,
    /// Trục liên thông văn bản.
    Axis,
    /// Tiếp dân.
    Reception,
    /// Cơ quan khác chuyển đến.
    Forwarded,
}

/// Why a petition is kept without anything done.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nặc danh.
    Anonymous,
    /// Trùng với đơn trước.
    Repeated,
    /// Đã giải quyết.
    Settled,
    /// Người gửi rút đơn.
    TakenBack,
}

/// What of a paper can be corrected.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Field {
    Party,
    Number,
    Issued,
    DocumentType,
    Title,
    Channel,
    Pages,
}

/// What makes a paper a petition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Petition {
    /// Its class.
    pub class: PetitionClass,
    /// The person of the house whom it is about; empty: nobody.
    pub about: String,
    /// The same matter before.
    pub earlier: Option<RecordId>,
    /// Until when it is to be decided; none: the house said no limit that day.
    pub limit: Option<Date>,
}

impl Petition {
    fn from_wire(wire: wire::OutsidePetition) -> Result<Self, Malformed> {
        line(&wire.about)?;
        Ok(Self {
            class: wire.class.parse().map_err(|_| Malformed("class"))?,
            about: wire.about,
            earlier: record(&wire.earlier)?,
            limit: day(&wire.limit)?,
        })
    }

    fn to_wire(&self) -> wire::OutsidePetition {
        wire::OutsidePetition {
            class: <&str>::from(self.class).to_owned(),
            about: self.about.clone(),
            earlier: self.earlier.map(|earlier| earlier.to_wire()).unwrap_or_default(),
            limit: self.limit.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

/// What came.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Arrived {
    /// The book in which it is registered.
    pub book: Book,
    /// Its arrival number; 0: not given yet.
    pub arrival: u32,
    /// The day on which it came.
    pub received: Option<Date>,
    /// The body that sent it: its id in the house, else its name; empty: a petition.
    pub party: String,
    /// Số, ký hiệu; empty: none.
    pub number: String,
    /// Date on the paper.
    pub issued: Option<Date>,
    /// Code of the document type; empty: not said.
    pub document_type: String,
    /// Trích yếu; of a petition: what it says. Nothing of a secret paper.
    pub title: String,
    /// Urgency (độ khẩn), 0 to 4.
    pub urgency: u32,
    /// Secrecy level (độ mật), 0 to 3.
    pub level: u32,
    /// How it came.
    pub channel: Channel,
    /// How many pages it has; 0: not counted.
    pub pages: u32,
    /// It is a petition.
    pub petition: Option<Petition>,
}

/// A paper copy of what came by the network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Copied {
    /// The paper's record.
    pub record: RecordId,
    /// The day on which the copy came.
    pub day: Option<Date>,
}

/// One field, with both values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Corrected {
    /// Which.
    pub field: Field,
    /// What it said.
    pub was: String,
    /// What it says from now on.
    pub now: String,
    /// Why.
    pub note: String,
}

/// The class of a petition, with what hangs on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Classified(pub Petition);

/// Who sent a petition.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sender {
    /// Names, as they stand on it; empty: they are in the envelope, or nobody signed.
    pub name: String,
    /// The address; empty: as for the name, or none is said.
    pub address: String,
    /// How many signed it.
    pub signers: u32,
    /// The envelope that keeps name and address; empty: none does.
    pub envelope: String,
    /// Nobody signed it.
    pub anonymous: bool,
}

/// A petition of which nothing comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Why; none: it was not said, which is refused where it is made.
    pub reason: Option<Reason>,
    /// More words.
    pub note: String,
}

/// A paper that answers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answered {
    /// Its number.
    pub paper: String,
    /// Words.
    pub note: String,
}

/// A paper or petition that goes to somebody else, who is to answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transferred {
    /// A unit or an outside body of the house.
    pub to: String,
    /// Number of the transfer slip.
    pub paper: String,
    /// Until when they are to answer.
    pub answer_by: Option<Due>,
    /// Words.
    pub note: String,
}

fn record(bytes: &[u8]) -> Result<Option<RecordId>, Malformed> {
    if bytes.is_empty() {
        return Ok(None);
    }
    RecordId::from_wire(bytes).map(Some).ok_or(Malformed("record"))
}

fn day(text: &str) -> Result<Option<Date>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Malformed("day"))
}

fn number(text: String) -> Result<String, Malformed> {
    line(&text)?;
    if identifier::number(&text) == text { Ok(text) } else { Err(Malformed("number")) }
}

/// How the content of a move stands in its message, beside who acted.
pub(super) trait Content: Sized {
    type Wire;
    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed>;
    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire;
    /// The texts that people wrote.
    fn texts(&self) -> Vec<&str>;
}

impl Content for Arrived {
    type Wire = wire::OutsideArrived;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        line(&wire.party)?;
        line(&wire.document_type)?;
        let urgency = Urgency::try_from(wire.urgency as i32).map_err(|_| Malformed("urgency"))?;
        let level = Confidentiality::try_from(wire.level as i32).map_err(|_| Malformed("level"))?;
        let arrived = Self {
            book: wire.book.parse().map_err(|_| Malformed("book"))?,
            arrival: wire.arrival,
            received: day(&wire.received)?,
            party: wire.party,
            number: number(wire.number)?,
            issued: day(&wire.issued)?,
            document_type: wire.document_type,
            title: note(wire.title)?,
            urgency: urgency as u32,
            level: level as u32,
            channel: wire.channel.parse().map_err(|_| Malformed("channel"))?,
            pages: wire.pages,
            petition: wire.petition.map(Petition::from_wire).transpose()?,
        };
        if (1..=limits::FIGURE).contains(&arrived.arrival) && arrived.received.is_some() && arrived.agrees() {
            Ok((wire.actor, arrived))
        } else {
            Err(Malformed("arrival"))
        }
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let arrived = self.clone();
        wire::OutsideArrived {
            actor,
            book: <&str>::from(self.book).to_owned(),
            arrival: self.arrival,
            received: self.received.map(|day| day.to_string()).unwrap_or_default(),
            party: arrived.party,
            number: arrived.number,
            issued: self.issued.map(|day| day.to_string()).unwrap_or_default(),
            document_type: arrived.document_type,
            title: arrived.title,
            urgency: self.urgency,
            level: self.level,
            channel: <&str>::from(self.channel).to_owned(),
            pages: self.pages,
            petition: self.petition.as_ref().map(Petition::to_wire),
        }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.title]
    }
}

impl Arrived {
    /// Whether book, level, petition and words belong together: a secret paper bears no words.
    fn agrees(&self) -> bool {
        let secret = self.level > 0;
        let book = (self.book == Book::Secret) == secret
            && (self.book == Book::Petitions) == self.petition.is_some();
        book && (!secret || self.title.is_empty())
    }
}

impl Content for Copied {
    type Wire = wire::OutsideCopy;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        let record = record(&wire.record)?.ok_or(Malformed("record"))?;
        Ok((wire.actor, Self { record, day: day(&wire.day)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let day = self.day.map(|day| day.to_string()).unwrap_or_default();
        wire::OutsideCopy { actor, record: self.record.to_wire(), day }
    }

    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Content for String {
    type Wire = wire::OutsideWord;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        Ok((wire.actor, note(wire.note)?))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::OutsideWord { actor, note: self.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Content for Corrected {
    type Wire = wire::OutsideCorrected;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        let corrected = Self {
            field: wire.field.parse().map_err(|_| Malformed("field"))?,
            was: note(wire.was)?,
            now: note(wire.now)?,
            note: note(wire.note)?,
        };
        Ok((wire.actor, corrected))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { field, was, now, note } = self.clone();
        wire::OutsideCorrected { actor, field: <&str>::from(field).to_owned(), was, now, note }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.now, &self.note]
    }
}

impl Content for Classified {
    type Wire = wire::OutsideClassified;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        let petition = Petition::from_wire(wire.petition.ok_or(Malformed("class"))?)?;
        Ok((wire.actor, Self(petition)))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::OutsideClassified { actor, petition: Some(self.0.to_wire()) }
    }

    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Content for Sender {
    type Wire = wire::OutsideSender;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        line(&wire.envelope)?;
        let sender = Self {
            name: note(wire.name)?,
            address: note(wire.address)?,
            signers: wire.signers,
            envelope: wire.envelope,
            anonymous: wire.anonymous,
        };
        let typed = !sender.name.is_empty() || !sender.address.is_empty();
        let ways = [typed, !sender.envelope.is_empty(), sender.anonymous];
        if ways.iter().filter(|way| **way).count() == 1 {
            Ok((wire.actor, sender))
        } else {
            Err(Malformed("sender"))
        }
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { name, address, signers, envelope, anonymous } = self.clone();
        wire::OutsideSender { actor, name, address, signers, envelope, anonymous }
    }

    /// Nothing: who sent a petition is found by no search and stands in no story.
    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Content for Kept {
    type Wire = wire::OutsideKept;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        let reason = wire.reason.parse().map_err(|_| Malformed("reason"))?;
        Ok((wire.actor, Self { reason: Some(reason), note: note(wire.note)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let reason = self.reason.map(|reason| <&str>::from(reason).to_owned()).unwrap_or_default();
        wire::OutsideKept { actor, reason, note: self.note.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note]
    }
}

impl Content for Answered {
    type Wire = wire::OutsideAnswered;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        Ok((wire.actor, Self { paper: number(wire.paper)?, note: note(wire.note)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::OutsideAnswered { actor, paper: self.paper.clone(), note: self.note.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note]
    }
}

impl Content for Transferred {
    type Wire = wire::OutsideTransferred;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        line(&wire.to)?;
        if wire.to.is_empty() || wire.answer_by <= 0 {
            return Err(Malformed("transfer"));
        }
        let transferred = Self {
            to: wire.to,
            paper: number(wire.paper)?,
            answer_by: Some(Due(wire.answer_by)),
            note: note(wire.note)?,
        };
        Ok((wire.actor, transferred))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::OutsideTransferred {
            actor,
            to: self.to.clone(),
            paper: self.paper.clone(),
            answer_by: self.answer_by.map_or(0, |due| due.0),
            note: self.note.clone(),
        }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note]
    }
}
