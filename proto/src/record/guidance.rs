//! Kind 5: hướng dẫn. An office above issues it; each addressee acknowledges it and may ask; the issuer answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::around::must;
use super::kind::{DOWN, Kind, Of, Rule, UP};
use super::parts::{self, joined, note, office};
use super::{Act, Around, Malformed, Outcome, Paper, Said, Unfit};
use crate::audience::Scope;
use crate::id::{OfficeId, Seat};
use crate::limits;
use crate::time::When;
use crate::wire::{self, guidance_move};

/// What can be done with guidance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// The issuer opens the record.
    Issued {
        /// The paper.
        paper: Paper,
    },
    /// An addressee has read and understood it.
    Acknowledged {
        /// A note; may be empty.
        note: String,
    },
    /// An addressee asks a question.
    Question {
        /// Number of the question: 1, 2, 3 … for each asking office.
        number: u32,
        /// The question.
        text: String,
    },
    /// The issuer answers a question.
    Answer {
        /// The office that asked.
        office: OfficeId,
        /// Number of that office's question.
        number: u32,
        /// The answer.
        text: String,
    },
}

const ISSUED: Rule = Rule::new("issued", DOWN, Of::Record).opens().paper();
const ACKNOWLEDGED: Rule = Rule::new("acknowledged", UP, Of::Record);
const QUESTION: Rule = Rule::new("question", UP, Of::Record);
const ANSWER: Rule = Rule::new("answer", DOWN, Of::Part);

/// What guidance is.
pub const KIND: Kind = Kind {
    number: 5,
    name: "guidance",
    moves: &[ISSUED, ACKNOWLEDGED, QUESTION, ANSWER],
    asks_word: Some(&[QUESTION.name]),
    gives_tasks: false,
    steers: false,
    inward: false,
};

impl Act for Move {
    type Message = wire::GuidanceMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::GuidanceMove::decode(body).map_err(|_| Malformed("guidance"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        Ok(Some(match mv {
            guidance_move::Move::Issued(said) => Self::Issued { paper: Paper::from_wire(said.paper)? },
            guidance_move::Move::Acknowledged(said) => Self::Acknowledged { note: note(said.note)? },
            guidance_move::Move::Question(said) => {
                Self::Question { number: said.number, text: note(said.text)? }
            }
            guidance_move::Move::Answer(said) => {
                Self::Answer { office: office(&said.office)?, number: said.number, text: note(said.text)? }
            }
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Issued { paper } => {
                guidance_move::Move::Issued(wire::GuidanceIssued { paper: paper.to_wire() })
            }
            Self::Acknowledged { note } => {
                guidance_move::Move::Acknowledged(wire::GuidanceAcknowledged { note })
            }
            Self::Question { number, text } => {
                guidance_move::Move::Question(wire::GuidanceQuestion { number, text })
            }
            Self::Answer { office, number, text } => {
                let office = office.to_wire();
                guidance_move::Move::Answer(wire::GuidanceAnswer { office, number, text })
            }
        };
        wire::GuidanceMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Issued { .. } => &ISSUED,
            Self::Acknowledged { .. } => &ACKNOWLEDGED,
            Self::Question { .. } => &QUESTION,
            Self::Answer { .. } => &ANSWER,
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Issued { paper } => joined(&[&paper.number, &paper.title]),
            Self::Acknowledged { note } => note.clone(),
            Self::Question { number, text } | Self::Answer { number, text, .. } => joined(&[number, text]),
        }
    }

    fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Issued { paper } => Some(paper),
            _ => None,
        }
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        match self {
            Self::Issued { paper } => Some(paper),
            _ => None,
        }
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        match self {
            Self::Answer { office, .. } => Some(*office),
            _ => None,
        }
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Issued { paper } => vec![&paper.text],
            Self::Acknowledged { note: text } | Self::Question { text, .. } | Self::Answer { text, .. } => {
                vec![text]
            }
        }
    }

    fn lacks_reason(&self) -> bool {
        false
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Issued { paper } => !paper.text.is_empty(),
            Self::Acknowledged { note } => !note.is_empty(),
            Self::Question { text, .. } | Self::Answer { text, .. } => !text.is_empty(),
        }
    }
}

/// The part of a strand that only the issuer has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The paper, without its text.
    pub paper: Paper,
    /// Place of the entry that issued it.
    pub seat: Seat,
    /// The issuer's answers, by asking office and number of the question; the newest one counts.
    pub answers: BTreeMap<OfficeId, BTreeMap<u32, Said>>,
}

/// One office's strand of guidance.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The issuer's part; none in other offices' strands.
    pub owner: Option<Owner>,
    /// The acknowledgement; the first one counts.
    pub acknowledged: Option<Said>,
    /// This office's questions, by number.
    pub questions: BTreeMap<u32, Said>,
}

impl Strand {
    fn is_full(&self) -> bool {
        let answers = self.owner.iter().flat_map(|owner| owner.answers.values()).flat_map(BTreeMap::values);
        parts::is_full(self.questions.values().chain(answers).map(|said| said.text.len()))
    }

    /// The number of this office's next question.
    pub fn next_question(&self) -> u32 {
        self.questions.keys().next_back().map_or(1, |last| last.saturating_add(1))
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        let said = |text: String| Said { seat, when, text };
        match mv {
            Move::Issued { paper } => {
                if self.owner.is_some() {
                    return Outcome::NotAllowed("already-issued");
                }
                self.owner = Some(Owner { paper: paper.without_text(), seat, answers: BTreeMap::new() });
            }
            Move::Acknowledged { note } => {
                if self.acknowledged.is_some() {
                    return Outcome::NotAllowed("already-acknowledged");
                }
                self.acknowledged = Some(said(note));
            }
            Move::Question { number, text } => {
                if number < self.next_question() {
                    return Outcome::NotAllowed("number-taken");
                }
                if self.is_full() || self.questions.len() >= limits::PARTS {
                    return Outcome::NotAllowed("too-many");
                }
                self.questions.insert(number, said(text));
            }
            Move::Answer { office, number, text } => {
                let full = self.is_full();
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if full || !owner.answers.contains_key(&office) && owner.answers.len() >= limits::AUDIENCE {
                    return Outcome::NotAllowed("too-many");
                }
                let to_office = owner.answers.entry(office).or_default();
                if !to_office.contains_key(&number) && to_office.len() >= limits::PARTS {
                    return Outcome::NotAllowed("too-many");
                }
                to_office.insert(number, said(text));
            }
        }
        Outcome::Applied
    }

    fn fits(&self, mv: &Move, around: &Around<'_, Self>) -> Result<(), Unfit> {
        let Move::Answer { office, number, .. } = mv else { return Ok(()) };
        let asked = (around.strands)(*office).is_some_and(|strand| strand.questions.contains_key(number));
        must(asked && around.is_addressee(*office), "not-asked")?;
        // Of two people who answer, the second is told of the first.
        let owner = around.opened.owner.as_ref();
        let answered =
            owner.and_then(|owner| owner.answers.get(office)).is_some_and(|by| by.contains_key(number));
        must(!answered, "answered")
    }

    /// A question that has no number yet gets the next.
    fn complete(&self, mv: &mut Move) {
        if let Move::Question { number, .. } = mv
            && *number == 0
        {
            *number = self.next_question();
        }
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        match (&self.owner, &owner.owner) {
            (None, None) => vec!["issued"],
            (Some(_), _) => vec!["answer"],
            (None, Some(_)) if self.acknowledged.is_none() => vec!["acknowledged", "question"],
            (None, Some(_)) => vec!["question"],
        }
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::{note, office, paper};
    vec![
        Move::Issued { paper: paper("HD") },
        Move::Acknowledged { note: note() },
        Move::Question { number: 1, text: note() },
        Move::Answer { office: office(10), number: 1, text: note() },
    ]
}
