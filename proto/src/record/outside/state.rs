//! The state of what came from outside, folded from its moves. Folding knows neither the house nor the clock: who may make
//! a move is judged where it is made. A move that is not allowed at its place changes nothing.

use serde::{Deserialize, Serialize};

use super::content::{Answered, Arrived, Copied, Corrected, Field, Kept, Reason, Sender, Transferred};
use super::moves::{Act, Move};
use crate::house::PetitionClass;
use crate::id::{OfficeId, Seat};
use crate::paper::Due;
use crate::record::likeness::Likeness;
use crate::record::{Around, Outcome, Unfit};
use crate::time::{Hlc, When};

/// Words that somebody said, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// For whom they were said.
    pub by: String,
    /// When.
    pub time: Hlc,
    /// The words; may be empty.
    pub note: String,
}

/// Which way a paper or petition went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Road {
    /// Lưu, for this reason.
    Kept(Reason),
    /// Hướng dẫn.
    Guided,
    /// Trả lời.
    Answered,
    /// Chuyển.
    Transferred,
}

/// What was decided of a paper or petition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Which way it goes.
    pub road: Road,
    /// Number of the paper that does it; empty: none does.
    pub paper: String,
    /// Who decided, when, and what was said.
    pub said: Said,
}

/// A transfer, until its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transfer {
    /// The unit or outside body.
    pub to: String,
    /// Until when it is to answer.
    pub answer_by: Due,
    /// Who signed for it, and when.
    pub receipt: Option<Said>,
    /// The answer: its number, and when it came.
    pub reply: Option<Answer>,
}

/// An answer to a transfer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Number of the paper.
    pub paper: String,
    /// Who noted it, and when.
    pub said: Said,
}

/// Where it is said who sent a petition. Names stay in their entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// Place of that entry.
    pub seat: Seat,
    /// How many signed.
    pub signers: u32,
    /// The envelope that keeps the name; empty: none does.
    pub envelope: String,
    /// Nobody signed.
    pub anonymous: bool,
    /// What name and address are like, so that no text names them.
    pub likeness: Vec<Likeness>,
}

/// A correction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Correction {
    /// Both values.
    pub what: Corrected,
    /// For whom it was made.
    pub by: String,
    /// When.
    pub time: Hlc,
}

/// A paper, stub or petition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outside {
    /// What came, as corrected.
    pub paper: Arrived,
    /// Who registered it, and when.
    pub registered: Said,
    /// Why its number is void.
    pub void: Option<Said>,
    /// What was corrected.
    pub corrections: Vec<Correction>,
    /// Who sent the petition.
    pub sender: Option<Sent>,
    /// Since when this office resolves the petition.
    pub accepted: Option<Said>,
    /// What was decided.
    pub decided: Option<Decision>,
    /// To whom it went.
    pub transfer: Option<Transfer>,
    /// Who looked at the sender of a denunciation.
    pub opened: Vec<Said>,
    /// What else was said of it.
    pub notes: Vec<Said>,
}

/// What a record of this kind is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Something that came.
    Paper(Box<Outside>),
    /// A paper copy of what the network brought.
    Copy {
        /// Of what, and which day.
        copied: Copied,
        /// Who noted it, and when.
        said: Said,
    },
    /// The register of petitions with all senders was made: who, when, why.
    FullRegister(Said),
}

impl Outside {
    /// What people call it: its number, else its number in the book; of a petition, `Đơn số 41`.
    pub fn name(&self) -> String {
        let paper = &self.paper;
        match (&paper.petition, paper.number.is_empty()) {
            (Some(_), _) => format!("Đơn số {}", paper.arrival),
            (None, true) => format!("Số đến {}", paper.arrival),
            (None, false) => paper.number.clone(),
        }
    }

    /// Whether somebody denounces somebody.
    pub fn is_denunciation(&self) -> bool {
        self.paper.petition.as_ref().is_some_and(|petition| petition.class == PetitionClass::Denunciation)
    }

    /// Whether the paper is secret.
    pub fn is_secret(&self) -> bool {
        self.paper.level > 0
    }

    /// Whether a text names who denounced.
    pub fn names_sender(&self, text: &str) -> bool {
        let likeness = self.sender.iter().flat_map(|sent| &sent.likeness);
        self.is_denunciation() && likeness.into_iter().any(|likeness| likeness.is_in(text))
    }

    /// What is owed to this office: a transfer that nobody has answered.
    pub fn awaited(&self) -> Option<&Transfer> {
        self.transfer.as_ref().filter(|transfer| transfer.reply.is_none())
    }

    /// The value of a field, as a correction writes it.
    pub fn value(&self, field: Field) -> String {
        let paper = &self.paper;
        match field {
            Field::Party => paper.party.clone(),
            Field::Number => paper.number.clone(),
            Field::Issued => paper.issued.map(|day| day.to_string()).unwrap_or_default(),
            Field::DocumentType => paper.document_type.clone(),
            Field::Title => paper.title.clone(),
            Field::Channel => <&str>::from(paper.channel).to_owned(),
            Field::Pages => paper.pages.to_string(),
        }
    }

    /// Writes a field; an error where the value is none.
    fn set(&mut self, field: Field, value: &str) -> Result<(), &'static str> {
        let secret = self.is_secret();
        let paper = &mut self.paper;
        match field {
            Field::Party => value.clone_into(&mut paper.party),
            Field::Number => value.clone_into(&mut paper.number),
            Field::Issued if value.is_empty() => paper.issued = None,
            Field::Issued => paper.issued = Some(value.parse().map_err(|_| "no-day")?),
            Field::DocumentType => value.clone_into(&mut paper.document_type),
            Field::Title if secret => return Err("secret"),
            Field::Title => value.clone_into(&mut paper.title),
            Field::Channel => paper.channel = value.parse().map_err(|_| "no-channel")?,
            Field::Pages => paper.pages = value.parse().map_err(|_| "no-count")?,
        }
        Ok(())
    }

    fn decide(&mut self, road: Road, paper: String, said: Said) -> Result<(), &'static str> {
        if self.decided.is_some() {
            return Err("decided");
        }
        self.decided = Some(Decision { road, paper, said });
        Ok(())
    }

    /// Whether it holds so many words that it takes no more.
    fn is_full(&self) -> bool {
        let corrections = self.corrections.iter().map(|correction| {
            correction.what.was.len() + correction.what.now.len() + correction.what.note.len()
        });
        let said = self.opened.iter().chain(&self.notes).map(|said| said.by.len() + said.note.len());
        crate::record::parts::is_full(corrections.chain(said))
    }

    /// What a move does; an error names the reason why it does nothing.
    fn make(&mut self, seat: Seat, act: Act, said: impl Fn(String) -> Said) -> Result<(), &'static str> {
        let petition = self.paper.petition.is_some();
        let needs = |holds: bool, reason| if holds { Ok(()) } else { Err(reason) };
        match act {
            Act::Arrive(_) | Act::PaperCopy(_) | Act::FullRegister(_) => return Err("already-registered"),
            _ if self.is_full() => return Err("too-many"),
            Act::Note(note) => self.notes.push(said(note)),
            _ if self.void.is_some() => return Err("void"),
            Act::Void(note) => {
                needs(self.decided.is_none(), "decided")?;
                self.void = Some(said(note));
            }
            Act::Correct(what) => {
                self.set(what.field, &what.now)?;
                let Said { by, time, .. } = said(String::new());
                self.corrections.push(Correction { what, by, time });
            }
            Act::Summary(title) => {
                needs(petition, "no-petition")?;
                self.paper.title = title;
            }
            Act::Classify(classified) => {
                needs(petition, "no-petition")?;
                needs(self.decided.is_none(), "decided")?;
                self.paper.petition = Some(classified.0);
            }
            Act::Sender(sender) => {
                needs(petition, "no-petition")?;
                let Sender { name, address, signers, envelope, anonymous } = sender;
                let likeness = [&name, &address].into_iter().filter_map(|text| Likeness::of(text)).collect();
                self.sender = Some(Sent { seat, signers, envelope, anonymous, likeness });
            }
            Act::Identity(note) => {
                needs(self.sender.is_some(), "no-sender")?;
                self.opened.push(said(note));
            }
            Act::Accept(note) => {
                needs(petition, "no-petition")?;
                needs(self.decided.is_none(), "decided")?;
                self.accepted = Some(said(note));
            }
            Act::Keep(Kept { reason, note }) => {
                needs(petition, "no-petition")?;
                self.decide(Road::Kept(reason.ok_or("no-reason")?), String::new(), said(note))?;
            }
            Act::Guide(note) => {
                needs(petition, "no-petition")?;
                self.decide(Road::Guided, String::new(), said(note))?;
            }
            Act::Answer(Answered { paper, note }) => self.decide(Road::Answered, paper, said(note))?,
            Act::Transfer(Transferred { to, paper, answer_by, note }) => {
                let answer_by = answer_by.ok_or("no-date")?;
                self.decide(Road::Transferred, paper, said(note))?;
                self.transfer = Some(Transfer { to, answer_by, receipt: None, reply: None });
            }
            Act::Receipt(note) => {
                let transfer = self.transfer.as_mut().ok_or("not-transferred")?;
                needs(transfer.receipt.is_none(), "signed")?;
                transfer.receipt = Some(said(note));
            }
            Act::Reply(Answered { paper, note }) => {
                let transfer = self.transfer.as_mut().ok_or("not-transferred")?;
                needs(transfer.reply.is_none(), "answered")?;
                transfer.reply = Some(Answer { paper, said: said(note) });
            }
        }
        Ok(())
    }
}

/// The office's strand of such a record. Nobody else has one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// What it is; none before the first move.
    pub what: Option<What>,
}

impl Strand {
    /// The paper, stub or petition; none: it is something else.
    pub fn paper(&self) -> Option<&Outside> {
        match &self.what {
            Some(What::Paper(paper)) => Some(paper),
            _ => None,
        }
    }
}

impl crate::record::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, Move { actor, act }: Move) -> Outcome {
        let said = |note| Said { by: actor.person().to_owned(), time: when.time, note };
        let made = match (&mut self.what, act) {
            (None, Act::Arrive(paper)) => {
                self.what = Some(What::Paper(Box::new(Outside {
                    paper,
                    registered: said(String::new()),
                    void: None,
                    corrections: Vec::new(),
                    sender: None,
                    accepted: None,
                    decided: None,
                    transfer: None,
                    opened: Vec::new(),
                    notes: Vec::new(),
                })));
                Ok(())
            }
            (None, Act::PaperCopy(copied)) => {
                self.what = Some(What::Copy { copied, said: said(String::new()) });
                Ok(())
            }
            (None, Act::FullRegister(note)) => {
                self.what = Some(What::FullRegister(said(note)));
                Ok(())
            }
            (None, _) => Err("not-registered"),
            (Some(What::Paper(paper)), act) => paper.make(seat, act, said),
            (Some(_), Act::Note(_)) => Ok(()),
            (Some(_), _) => Err("no-paper"),
        };
        made.map_or_else(Outcome::NotAllowed, |()| Outcome::Applied)
    }

    fn owns(&self) -> bool {
        self.what.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        let paper = match &self.what {
            None if owner.owns() => return Vec::new(),
            None => return vec!["arrive", "paper-copy", "full-register"],
            Some(What::Paper(paper)) => paper,
            Some(_) => return vec!["note"],
        };
        let mut next = vec!["note"];
        if paper.void.is_some() {
            return next;
        }
        next.push("correct");
        let (petition, decided) = (paper.paper.petition.is_some(), paper.decided.is_some());
        if petition {
            next.extend(["summary", "sender"]);
        }
        if paper.sender.is_some() {
            next.push("identity");
        }
        if petition && !decided {
            next.extend(["classify", "accept", "keep", "guide"]);
        }
        if !decided {
            next.extend(["answer", "transfer", "void"]);
        }
        if let Some(transfer) = &paper.transfer {
            next.extend(transfer.receipt.is_none().then_some("receipt"));
            next.extend(transfer.reply.is_none().then_some("reply"));
        }
        next
    }

    /// The rules about people are [`super::judge`]'s, which knows the house.
    fn fits(&self, _: &Move, _: &Around<'_, Self>) -> Result<(), Unfit> {
        Ok(())
    }
}
