//! The state of a work, folded from its moves. Folding knows neither the house nor the clock: who may make a move is judged
//! where it is made. A move that the stage of the work does not allow changes nothing.

use serde::{Deserialize, Serialize};

use super::moves::{Act, Actor, Given, Kept, Move, Passed, Source};
use crate::id::{OfficeId, Seat};
use crate::paper::Due;
use crate::record::{Around, Outcome, Unfit};
use crate::time::{Hlc, When};

/// Where a work stands.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, strum::AsRefStr, strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Stage {
    /// Đề xuất: somebody proposes that it be given.
    Proposed,
    /// Chờ nhận: given, and nobody has taken it.
    Given,
    /// Đang làm.
    Taken,
    /// Đã nộp, chờ xác nhận.
    HandedIn,
    /// Hoàn thành.
    Done,
    /// Rút.
    Withdrawn,
    /// Lưu, không giao việc: no work at all, but the word that the part asks for none.
    Kept,
}

impl Stage {
    /// Whether something is still to be done: proposed, given, taken or handed in.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Proposed | Self::Given | Self::Taken | Self::HandedIn)
    }

    /// Whether somebody is to work on it now: given or taken.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Given | Self::Taken)
    }
}

/// One step of the chain: who handed the work down to whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Who handed it down.
    pub from: String,
    /// Person or unit that got it.
    pub to: String,
}

/// Somebody who handed the work down and wants to see the result first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Who.
    pub by: String,
    /// Whether the result that is handed in now was seen.
    pub done: bool,
}

/// A date that was moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The date from then on.
    pub due: Due,
    /// When it was moved.
    pub time: Hlc,
    /// Why.
    pub why: String,
}

/// A later date that was asked for and is not decided yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The date.
    pub until: Due,
    /// Why.
    pub why: String,
}

/// Who took the work (ký nhận).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// The person.
    pub by: String,
    /// When.
    pub time: Hlc,
}

/// The word of somebody who helps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contribution {
    /// The person.
    pub by: String,
    /// When.
    pub time: Hlc,
    /// The word.
    pub text: String,
}

/// The newest move that changed something, for whoever comes second.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Last {
    /// Name of the move.
    pub mv: String,
    /// Who made it.
    pub actor: Actor,
    /// When.
    pub time: Hlc,
    /// Where it stands in the office's ledger.
    pub seat: Seat,
}

/// A work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Work {
    /// What it is done for.
    pub source: Source,
    /// What is to be done.
    pub content: String,
    /// Where it stands.
    pub stage: Stage,
    /// Who gave it; of a proposal: who proposes.
    pub giver: String,
    /// Who was named to confirm; empty: the giver.
    pub named_confirmer: String,
    /// The person or unit responsible; empty if the part was kept.
    pub lead: String,
    /// People and units that help.
    pub helping: Vec<String>,
    /// People and units that are only to know of it.
    pub informed: Vec<String>,
    /// When it is due; none: it has no date.
    pub due: Option<Due>,
    /// When it was due first.
    pub first_due: Option<Due>,
    /// How the date moved since.
    pub changes: Vec<Change>,
    /// Why the date lies after the outer one; empty: it does not.
    pub beyond: String,
    /// Code of the document type that is expected; empty: none.
    pub product: String,
    /// The remark with which it was given or kept.
    pub remark: String,
    /// Who handed it down to whom.
    pub chain: Vec<Link>,
    /// Who wants to see the result before the confirmer, in the order in which they handed the work down.
    pub checks: Vec<Check>,
    /// When it was given or proposed.
    pub given: Hlc,
    /// Who took it last; kept when it goes on to somebody else.
    pub taker: String,
    /// Since when somebody works on it; none: nobody does.
    pub taken: Option<Hlc>,
    /// The unit to which it was given, before one of its people took it; empty: it was given to a person.
    pub unit: String,
    /// Why it was given back, and waits for whoever handed it down; none: it was not. Of a secret paper nobody says why.
    pub back: Option<String>,
    /// 0 to 100.
    pub progress: u32,
    /// The words of those who help.
    pub contributions: Vec<Contribution>,
    /// Who of those who are only to know of it has seen it.
    pub seen: Vec<String>,
    /// The later date that is asked for.
    pub asked: Option<Asked>,
    /// When the result was handed in that counts.
    pub handed_in: Option<Hlc>,
    /// Number of the paper that the result is, or its words; empty: neither.
    pub result: String,
    /// Who handed it in, also in the place of somebody else; empty: nobody did.
    pub author: String,
    /// Those who had said nothing when it was handed in.
    pub silent: Vec<String>,
    /// How often a result was given back.
    pub returns: u32,
    /// When it was done, withdrawn or kept.
    pub ended: Option<Hlc>,
    /// The newest move that changed something: more than a line of the story, or that somebody has seen it.
    pub last: Last,
}

impl AsRef<Work> for Work {
    fn as_ref(&self) -> &Work {
        self
    }
}

impl Work {
    fn given(given: Given, stage: Stage, last: Last) -> Self {
        Self {
            source: given.source,
            content: given.content,
            stage,
            giver: last.actor.person().to_owned(),
            named_confirmer: given.confirmer,
            lead: given.lead,
            helping: given.helping,
            informed: given.informed,
            due: given.due,
            first_due: given.due,
            changes: Vec::new(),
            beyond: given.beyond,
            product: given.product,
            remark: given.remark,
            chain: Vec::new(),
            checks: Vec::new(),
            given: last.time,
            taker: String::new(),
            taken: None,
            unit: String::new(),
            back: None,
            progress: 0,
            contributions: Vec::new(),
            seen: Vec::new(),
            asked: None,
            handed_in: None,
            result: String::new(),
            author: String::new(),
            silent: Vec::new(),
            returns: 0,
            ended: None,
            last,
        }
    }

    fn kept(kept: Kept, last: Last) -> Self {
        let given = Given { source: kept.source, remark: kept.note, ..Given::default() };
        Self { ended: Some(last.time), ..Self::given(given, Stage::Kept, last) }
    }

    /// Who is to confirm it, as was said when it was given.
    pub fn confirmer(&self) -> &str {
        if self.named_confirmer.is_empty() { &self.giver } else { &self.named_confirmer }
    }

    /// Whether somebody gave it to himself, and confirms it himself.
    pub fn is_own(&self) -> bool {
        self.giver == self.lead && self.confirmer() == self.lead
    }

    /// Who handed it to whoever has it now: the last of the chain, or the giver.
    pub fn above(&self) -> &str {
        self.chain.last().map_or(&self.giver, |link| &link.from)
    }

    /// Whether the result came after the date; none: nothing was handed in.
    pub fn is_late(&self) -> Option<bool> {
        let handed_in = self.handed_in?;
        Some(self.due.is_some_and(|due| handed_in.millis() as i64 > due.0))
    }

    fn set_due(&mut self, due: Option<Due>, time: Hlc, why: String, beyond: String) {
        let Some(due) = due else { return };
        if self.due != Some(due) {
            self.changes.push(Change { due, time, why });
            self.beyond = beyond;
        }
        self.due = Some(due);
    }

    fn hand_down(&mut self, passed: &Passed, by: String) {
        self.chain.push(Link { from: by, to: passed.to.clone() });
        self.lead.clone_from(&passed.to);
        self.taken = None;
        self.back = None;
        self.stage = Stage::Given;
    }

    fn begin(&mut self, by: &str, time: Hlc) {
        if self.taken.is_none() {
            self.taken = Some(time);
            self.taker = by.to_owned();
        }
        self.stage = Stage::Taken;
    }

    fn end(&mut self, stage: Stage, time: Hlc) {
        self.stage = stage;
        self.ended = Some(time);
        self.asked = None;
    }

    /// Whether the work holds so many words that it takes no more.
    fn is_full(&self) -> bool {
        let links = self.chain.iter().map(|link| link.from.len() + link.to.len());
        let changes = self.changes.iter().map(|change| change.why.len());
        let contributions = self.contributions.iter().map(|said| said.by.len() + said.text.len());
        let seen = self.seen.iter().map(String::len);
        crate::record::parts::is_full(links.chain(changes).chain(contributions).chain(seen))
    }

    /// What a move does at this stage; an error names the reason why it does nothing.
    fn make(&mut self, act: Act, actor: Actor, time: Hlc) -> Result<(), &'static str> {
        let open = self.stage.is_open();
        let by = actor.person().to_owned();
        match act {
            Act::Give(_) | Act::Propose(_) | Act::Keep(_) => return Err("already-given"),
            Act::Note(_) => {}
            Act::Seen(_) => {
                if !self.seen.contains(&by) {
                    self.seen.push(by);
                }
            }
            Act::Approve(approved) => {
                if self.stage != Stage::Proposed {
                    return Err("not-proposed");
                }
                if !approved.lead.is_empty() {
                    self.lead = approved.lead;
                }
                if approved.due.is_some() {
                    self.due = approved.due;
                    self.first_due = approved.due;
                    self.beyond = approved.beyond;
                }
                self.giver = by;
                self.given = time;
                self.stage = Stage::Given;
            }
            Act::Take(_) => {
                if self.stage != Stage::Given {
                    return Err("not-given");
                }
                // Somebody else than the one responsible takes only what was given to his unit.
                let unit = if self.lead == by { String::new() } else { self.lead.clone() };
                self.unit = unit;
                self.lead.clone_from(&by);
                self.taken = None;
                self.begin(&by, time);
            }
            Act::Withdraw(_) if open || matches!(self.stage, Stage::Proposed | Stage::Kept) => {
                self.end(Stage::Withdrawn, time);
            }
            Act::Pass(_)
            | Act::Back(_)
            | Act::Reassign(_)
            | Act::Progress(_)
            | Act::Contribute(_)
            | Act::HandIn(_)
            | Act::Ask(_)
                if !open =>
            {
                return Err("not-open");
            }
            Act::Pass(passed) => {
                self.hand_down(&passed, by.clone());
                if passed.check {
                    self.checks.push(Check { by, done: false });
                }
                self.set_due(passed.due, time, passed.note, passed.beyond);
            }
            Act::Reassign(passed) => {
                self.hand_down(&passed, by);
                self.set_due(passed.due, time, passed.note, passed.beyond);
            }
            Act::Back(note) => {
                self.back = Some(note);
                self.stage = Stage::Given;
            }
            Act::Progress(progress) => {
                self.progress = progress.percent;
                self.begin(&by, time);
            }
            Act::Contribute(text) => self.contributions.push(Contribution { by, time, text }),
            Act::HandIn(result) => {
                self.begin(&by, time);
                self.handed_in = Some(time);
                self.author = actor.by;
                self.result = if result.number.is_empty() { result.note } else { result.number };
                self.silent = result.silent;
                self.checks.iter_mut().for_each(|check| check.done = false);
                self.stage = Stage::HandedIn;
                if self.is_own() {
                    self.end(Stage::Done, time);
                }
            }
            Act::Ask(asked) => {
                let until = asked.due.ok_or("no-date")?;
                if self.asked.is_some() {
                    return Err("asked");
                }
                self.asked = Some(Asked { until, why: asked.note });
            }
            Act::Grant(granted) => {
                let asked = self.asked.take().ok_or("not-asked")?;
                self.set_due(granted.due.or(Some(asked.until)), time, asked.why, granted.beyond);
            }
            Act::Deny(_) => {
                self.asked.take().ok_or("not-asked")?;
            }
            Act::MoveDue(moved) => {
                if !open && self.stage != Stage::HandedIn {
                    return Err("not-open");
                }
                self.set_due(moved.due, time, moved.note, moved.beyond);
            }
            Act::Check(_) | Act::Return(_) if self.stage != Stage::HandedIn => return Err("not-handed-in"),
            Act::Check(_) => {
                let by_him = |check: &Check| !check.done && check.by == by;
                let last = self.checks.iter().rposition(by_him);
                let last = last.or_else(|| self.checks.iter().rposition(|check| !check.done));
                if let Some(check) = last.and_then(|at| self.checks.get_mut(at)) {
                    check.done = true;
                }
            }
            Act::Return(_) => {
                self.returns += 1;
                self.handed_in = None;
                self.stage = Stage::Taken;
            }
            Act::Confirm(_) => {
                if !open && self.stage != Stage::HandedIn {
                    return Err("not-open");
                }
                self.handed_in = self.handed_in.or(Some(time));
                self.end(Stage::Done, time);
            }
            Act::Withdraw(_) => return Err("not-open"),
            Act::Reopen(reopened) => {
                if self.stage != Stage::Done {
                    return Err("not-done");
                }
                self.ended = None;
                self.handed_in = None;
                self.stage = Stage::Taken;
                self.set_due(reopened.due, time, reopened.note, reopened.beyond);
            }
        }
        Ok(())
    }
}

/// The office's strand of a work. Nobody else has one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The work; none before the first move.
    pub work: Option<Work>,
}

impl crate::record::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, Move { actor, act }: Move) -> Outcome {
        let last = Last { mv: act.rule().name.to_owned(), actor: actor.clone(), time: when.time, seat };
        let changes = !matches!(act, Act::Note(_) | Act::Seen(_));
        let Some(work) = &mut self.work else {
            self.work = match act {
                Act::Give(given) => Some(Work::given(given, Stage::Given, last)),
                Act::Propose(given) => Some(Work::given(given, Stage::Proposed, last)),
                Act::Keep(kept) => Some(Work::kept(kept, last)),
                _ => return Outcome::NotAllowed("not-given"),
            };
            return Outcome::Applied;
        };
        if work.is_full() {
            return Outcome::NotAllowed("too-many");
        }
        match work.make(act, actor, last.time) {
            Ok(()) => {
                if changes {
                    work.last = last;
                }
                Outcome::Applied
            }
            Err(reason) => Outcome::NotAllowed(reason),
        }
    }

    fn owns(&self) -> bool {
        self.work.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        let Some(work) = &self.work else {
            return if owner.owns() { Vec::new() } else { vec!["give", "propose", "keep"] };
        };
        let mut next = match work.stage {
            Stage::Proposed => vec!["approve", "withdraw"],
            Stage::Given => vec![
                "take",
                "pass",
                "back",
                "reassign",
                "progress",
                "contribute",
                "hand-in",
                "confirm",
                "ask",
                "move-due",
                "withdraw",
            ],
            Stage::Taken => vec![
                "pass",
                "back",
                "reassign",
                "progress",
                "contribute",
                "hand-in",
                "confirm",
                "ask",
                "move-due",
                "withdraw",
            ],
            Stage::HandedIn => vec!["check", "return", "confirm", "move-due"],
            Stage::Done => vec!["reopen"],
            Stage::Kept => vec!["withdraw"],
            Stage::Withdrawn => vec![],
        };
        if work.asked.is_some() {
            next.retain(|name| *name != "ask");
            next.extend(["grant", "deny"]);
        }
        if !work.informed.is_empty() {
            next.push("seen");
        }
        next.push("note");
        next
    }

    /// The rules about people are [`super::judge`]'s, which knows the house.
    fn fits(&self, _: &Move, _: &Around<'_, Self>) -> Result<(), Unfit> {
        Ok(())
    }
}
