//! Kind 6: kiểm tra, giám sát. For each target: notified → self-reported → verifying → concluded → remediating →
//! closed. Some steps are written by the inspecting office, the others by the target.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::around::must;
use super::kind::{DOWN, Kind, Of, Rule, UP};
use super::parts::{self, joined, line, note, office};
use super::{Act, Around, Malformed, Outcome, Paper, Period, Said, Unfit};
use crate::audience::Scope;
use crate::id::{OfficeId, Seat};
use crate::limits;
use crate::time::When;
use crate::wire::{self, inspection_move};

/// One question of the checklist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Question {
    /// The question's id within the checklist: "K1".
    pub id: String,
    /// What is asked.
    pub question: String,
}

/// A target's own judgement on one question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Not stated.
    Unspecified,
    /// Đạt.
    Met,
    /// Đạt một phần.
    Partly,
    /// Chưa đạt.
    NotMet,
}

/// A target's answer to one question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Id of the question.
    pub id: String,
    /// The target's own judgement.
    pub finding: Finding,
    /// The answer in words.
    pub answer: String,
    /// File name or description; empty: none.
    pub evidence: String,
}

/// What opens an inspection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// The paper.
    pub paper: Paper,
    /// The period examined.
    pub period: Option<Period>,
    /// The checklist.
    pub checklist: Vec<Question>,
    /// Whether it is a supervision (giám sát); otherwise an inspection (kiểm tra).
    pub supervision: bool,
}

/// What can be done with an inspection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// The inspecting office opens the record and notifies the targets.
    Opened(Opened),
    /// A target reports on itself.
    SelfReported {
        /// The report's paper.
        paper: Paper,
        /// The answers to the checklist.
        answers: Vec<Answer>,
    },
    /// The inspecting office begins to verify one target.
    Verifying {
        /// The target.
        office: OfficeId,
        /// A note; may be empty.
        note: String,
    },
    /// The inspecting office concludes on one target.
    Concluded {
        /// The target.
        office: OfficeId,
        /// The conclusion.
        conclusion: String,
        /// Deadline for remedies as written; empty: nothing to remedy.
        remedy_by: String,
    },
    /// A target reports that it has remedied what was found.
    Remediated {
        /// The report; may be empty.
        note: String,
    },
    /// The inspecting office closes the inspection of one target.
    Closed {
        /// The target.
        office: OfficeId,
        /// A note; may be empty.
        note: String,
    },
}

const OPENED: Rule = Rule::new("opened", DOWN, Of::Record).opens().paper();
const SELF_REPORTED: Rule = Rule::new("self-reported", UP, Of::Record).paper();
const VERIFYING: Rule = Rule::new("verifying", DOWN, Of::Part);
const CONCLUDED: Rule = Rule::new("concluded", DOWN, Of::Part);
const REMEDIATED: Rule = Rule::new("remediated", UP, Of::Record);
const CLOSED: Rule = Rule::new("closed", DOWN, Of::Part);

/// What an inspection is.
pub const KIND: Kind = Kind {
    number: 6,
    name: "inspection",
    moves: &[OPENED, SELF_REPORTED, VERIFYING, CONCLUDED, REMEDIATED, CLOSED],
    asks_word: Some(&[]),
    gives_tasks: false,
    steers: false,
    inward: false,
};

impl Act for Move {
    type Message = wire::InspectionMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::InspectionMove::decode(body).map_err(|_| Malformed("inspection"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        Ok(Some(match mv {
            inspection_move::Move::Opened(said) => {
                let question =
                    |item: wire::ChecklistItem| Ok(Question { id: item.id, question: note(item.question)? });
                Self::Opened(Opened {
                    paper: Paper::from_wire(said.paper)?,
                    period: Period::from_wire(said.period)?,
                    checklist: parts::parts(said.checklist, question, |question| &question.id)?,
                    supervision: said.supervision,
                })
            }
            inspection_move::Move::SelfReported(said) => Self::SelfReported {
                paper: Paper::from_wire(said.paper)?,
                answers: parts::parts(said.answers, answer_from_wire, |answer| &answer.id)?,
            },
            inspection_move::Move::Verifying(said) => {
                Self::Verifying { office: office(&said.office)?, note: note(said.note)? }
            }
            inspection_move::Move::Concluded(said) => {
                parts::due(&said.remedy_by)?;
                Self::Concluded {
                    office: office(&said.office)?,
                    conclusion: note(said.conclusion)?,
                    remedy_by: said.remedy_by,
                }
            }
            inspection_move::Move::Remediated(said) => Self::Remediated { note: note(said.note)? },
            inspection_move::Move::Closed(said) => {
                Self::Closed { office: office(&said.office)?, note: note(said.note)? }
            }
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Opened(said) => inspection_move::Move::Opened(wire::InspectionOpened {
                paper: said.paper.to_wire(),
                period: said.period.as_ref().map(Period::to_wire),
                checklist: said
                    .checklist
                    .into_iter()
                    .map(|item| wire::ChecklistItem { id: item.id, question: item.question })
                    .collect(),
                supervision: said.supervision,
            }),
            Self::SelfReported { paper, answers } => {
                let answers = answers.into_iter().map(answer_to_wire).collect();
                inspection_move::Move::SelfReported(wire::SelfReported { paper: paper.to_wire(), answers })
            }
            Self::Verifying { office, note } => {
                inspection_move::Move::Verifying(wire::VerificationStarted { office: office.to_wire(), note })
            }
            Self::Concluded { office, conclusion, remedy_by } => {
                let office = office.to_wire();
                inspection_move::Move::Concluded(wire::InspectionConcluded { office, conclusion, remedy_by })
            }
            Self::Remediated { note } => {
                inspection_move::Move::Remediated(wire::RemediationReported { note })
            }
            Self::Closed { office, note } => {
                inspection_move::Move::Closed(wire::InspectionClosed { office: office.to_wire(), note })
            }
        };
        wire::InspectionMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Opened(_) => &OPENED,
            Self::SelfReported { .. } => &SELF_REPORTED,
            Self::Verifying { .. } => &VERIFYING,
            Self::Concluded { .. } => &CONCLUDED,
            Self::Remediated { .. } => &REMEDIATED,
            Self::Closed { .. } => &CLOSED,
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Opened(Opened { paper, .. }) | Self::SelfReported { paper, .. } => {
                joined(&[&paper.number, &paper.title])
            }
            Self::Concluded { conclusion, remedy_by, .. } => joined(&[conclusion, remedy_by]),
            Self::Verifying { note, .. } | Self::Remediated { note } | Self::Closed { note, .. } => {
                note.clone()
            }
        }
    }

    fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Opened(Opened { paper, .. }) | Self::SelfReported { paper, .. } => Some(paper),
            _ => None,
        }
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        match self {
            Self::Opened(Opened { paper, .. }) | Self::SelfReported { paper, .. } => Some(paper),
            _ => None,
        }
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        match self {
            Self::Verifying { office, .. } | Self::Concluded { office, .. } | Self::Closed { office, .. } => {
                Some(*office)
            }
            _ => None,
        }
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Opened(Opened { paper, checklist, .. }) => {
                std::iter::once(&*paper.text).chain(checklist.iter().map(|item| &*item.question)).collect()
            }
            Self::SelfReported { paper, answers } => {
                let answers = answers.iter().flat_map(|answer| [&*answer.answer, &answer.evidence]);
                [&*paper.number, &paper.title, &paper.text].into_iter().chain(answers).collect()
            }
            Self::Concluded { conclusion: text, .. }
            | Self::Verifying { note: text, .. }
            | Self::Remediated { note: text }
            | Self::Closed { note: text, .. } => vec![text],
        }
    }

    fn lacks_reason(&self) -> bool {
        false
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Opened(said) => !said.paper.text.is_empty() || !said.checklist.is_empty(),
            Self::SelfReported { paper, answers } => !paper.text.is_empty() || !answers.is_empty(),
            Self::Concluded { conclusion, .. } => !conclusion.is_empty(),
            Self::Verifying { note, .. } | Self::Remediated { note } | Self::Closed { note, .. } => {
                !note.is_empty()
            }
        }
    }
}

fn answer_from_wire(answer: wire::ChecklistAnswer) -> Result<Answer, Malformed> {
    let finding = match wire::Finding::try_from(answer.finding) {
        Ok(wire::Finding::Met) => Finding::Met,
        Ok(wire::Finding::Partly) => Finding::Partly,
        Ok(wire::Finding::NotMet) => Finding::NotMet,
        Ok(wire::Finding::Unspecified) | Err(_) => Finding::Unspecified,
    };
    line(&answer.evidence)?;
    Ok(Answer { id: answer.id, finding, answer: note(answer.answer)?, evidence: answer.evidence })
}

fn answer_to_wire(answer: Answer) -> wire::ChecklistAnswer {
    let finding = match answer.finding {
        Finding::Unspecified => wire::Finding::Unspecified,
        Finding::Met => wire::Finding::Met,
        Finding::Partly => wire::Finding::Partly,
        Finding::NotMet => wire::Finding::NotMet,
    };
    let finding = finding.into();
    wire::ChecklistAnswer { id: answer.id, finding, answer: answer.answer, evidence: answer.evidence }
}

/// What the inspecting office has written about one target.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Target {
    /// The beginning of verification.
    pub verifying: Option<Said>,
    /// The conclusion.
    pub concluded: Option<Said>,
    /// Deadline for remedies as written; empty: nothing to remedy.
    pub remedy_by: String,
    /// The closing.
    pub closed: Option<Said>,
}

/// What the remedies that a conclusion orders are called as a part of an inspection: they are owed beside the self-report.
pub const REMEDY: &str = "remedy";

impl Target {
    /// Whether it was concluded that something is to be remedied, and the matter is open.
    pub fn is_to_remedy(&self) -> bool {
        self.concluded.is_some() && !self.remedy_by.is_empty() && self.closed.is_none()
    }
}

/// The part of a strand that only the inspecting office has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The opening move; its paper without text.
    pub opened: Opened,
    /// Place of the entry that opened it.
    pub seat: Seat,
    /// What was written about each target. A target that is missing here has only been notified.
    pub targets: BTreeMap<OfficeId, Target>,
}

/// A target's report on itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SelfReport {
    /// The paper, without its text.
    pub paper: Paper,
    /// The answers to the checklist.
    pub answers: Vec<Answer>,
    /// Place of the entry.
    pub seat: Seat,
    /// When it was given.
    #[serde(flatten)]
    pub when: When,
}

/// One office's strand of an inspection.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The inspecting office's part; none in other offices' strands.
    pub owner: Option<Owner>,
    /// This target's newest report on itself.
    pub self_report: Option<SelfReport>,
    /// This target's newest report on remedies.
    pub remediated: Option<Said>,
}

/// The stage of an inspection at one target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The target has been notified.
    Notified,
    /// The target has reported on itself.
    SelfReported,
    /// Verification is under way (thẩm tra, xác minh).
    Verifying,
    /// Concluded, and nothing is left to remedy: it can be closed.
    Concluded,
    /// Remedies are outstanding (khắc phục).
    Remediating,
    /// Closed (lưu hồ sơ).
    Closed,
}

/// The stage that follows from what the inspecting office and the target have written.
pub fn stage(owner: &Owner, office: OfficeId, target: Option<&Strand>) -> Stage {
    let said = owner.targets.get(&office);
    let self_reported = target.is_some_and(|strand| strand.self_report.is_some());
    // What was said before the conclusion is no word on what it orders.
    let remedied = |concluded: &Said| {
        let word = target.and_then(|strand| strand.remediated.as_ref());
        word.is_some_and(|word| word.when.time > concluded.when.time)
    };
    match said {
        Some(said) if said.closed.is_some() => Stage::Closed,
        Some(Target { concluded: Some(concluded), remedy_by, .. }) => {
            if remedy_by.is_empty() || remedied(concluded) { Stage::Concluded } else { Stage::Remediating }
        }
        Some(said) if said.verifying.is_some() => Stage::Verifying,
        _ if self_reported => Stage::SelfReported,
        _ => Stage::Notified,
    }
}

impl Strand {
    fn apply_to_target(
        &mut self,
        id: OfficeId,
        change: impl FnOnce(&mut Target) -> Result<(), &'static str>,
    ) -> Outcome {
        let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
        let words = owner
            .targets
            .values()
            .flat_map(|target| [&target.verifying, &target.concluded, &target.closed].into_iter().flatten());
        if parts::is_full(words.map(|said| said.text.len()))
            || !owner.targets.contains_key(&id) && owner.targets.len() >= limits::AUDIENCE
        {
            return Outcome::NotAllowed("too-many");
        }
        let mut target = owner.targets.get(&id).cloned().unwrap_or_default();
        match change(&mut target) {
            Ok(()) => {
                owner.targets.insert(id, target);
                Outcome::Applied
            }
            Err(reason) => Outcome::NotAllowed(reason),
        }
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        let said = |text: String| Some(Said { seat, when, text });
        match mv {
            Move::Opened(new) => {
                if self.owner.is_some() {
                    return Outcome::NotAllowed("already-opened");
                }
                let opened = Opened { paper: new.paper.without_text(), ..new };
                self.owner = Some(Owner { opened, seat, targets: BTreeMap::new() });
                Outcome::Applied
            }
            Move::SelfReported { paper, answers } => {
                let paper = paper.without_text();
                self.self_report = Some(SelfReport { paper, answers, seat, when });
                Outcome::Applied
            }
            Move::Remediated { note } => {
                self.remediated = said(note);
                Outcome::Applied
            }
            Move::Verifying { office, note } => self.apply_to_target(office, |target| {
                if target.verifying.is_some() {
                    return Err("out-of-order");
                }
                target.verifying = said(note);
                Ok(())
            }),
            Move::Concluded { office, conclusion, remedy_by } => self.apply_to_target(office, |target| {
                if target.verifying.is_none() || target.concluded.is_some() {
                    return Err("out-of-order");
                }
                target.concluded = said(conclusion);
                target.remedy_by = remedy_by;
                Ok(())
            }),
            Move::Closed { office, note } => self.apply_to_target(office, |target| {
                if target.concluded.is_none() || target.closed.is_some() {
                    return Err("out-of-order");
                }
                target.closed = said(note);
                Ok(())
            }),
        }
    }

    fn fits(&self, mv: &Move, around: &Around<'_, Self>) -> Result<(), Unfit> {
        let Some(Owner { opened, .. }) = &around.opened.owner else { return Ok(()) };
        match mv {
            Move::Verifying { office, .. } | Move::Concluded { office, .. } | Move::Closed { office, .. } => {
                must(around.is_addressee(*office), "not-addressee")
            }
            Move::SelfReported { answers, .. } => {
                let asked = |id: &str| opened.checklist.iter().any(|question| question.id == id);
                let strange =
                    answers.iter().filter(|answer| !asked(&answer.id)).map(|answer| answer.id.clone());
                Unfit::none("no-such-part", strange.collect())?;
                let said = |id: &str| {
                    answers.iter().any(|answer| answer.id == id && answer.finding != Finding::Unspecified)
                };
                let open = opened.checklist.iter().filter(|question| !said(&question.id));
                Unfit::none("unanswered", open.map(|question| question.id.clone()).collect())
            }
            Move::Opened(_) | Move::Remediated { .. } => Ok(()),
        }
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, me: OfficeId, addressed: bool) -> Vec<&'static str> {
        let Some(inspecting) = &owner.owner else { return vec!["opened"] };
        let mut names = Vec::new();
        if self.owner.is_some() {
            names.extend(["verifying", "concluded", "closed"]);
        }
        if addressed {
            let said = inspecting.targets.get(&me);
            if said.is_none_or(|said| said.concluded.is_none()) {
                names.push("self-reported");
            }
            if said.is_some_and(|said| said.is_to_remedy()) {
                names.push("remediated");
            }
        }
        names
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::{note, office, paper, period};
    let checklist = vec![Question { id: "K1".into(), question: note() }];
    let (finding, evidence) = (Finding::Partly, "K1.pdf".into());
    let answers = vec![Answer { id: "K1".into(), finding, answer: note(), evidence }];
    vec![
        Move::Opened(Opened { paper: paper("CV"), period: period(), checklist, supervision: true }),
        Move::SelfReported { paper: paper("BC"), answers },
        Move::Verifying { office: office(10), note: note() },
        Move::Concluded { office: office(10), conclusion: note(), remedy_by: "2026-12-31".into() },
        Move::Remediated { note: note() },
        Move::Closed { office: office(10), note: note() },
    ]
}
