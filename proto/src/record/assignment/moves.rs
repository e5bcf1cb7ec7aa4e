//! The moves of a work, and their messages.

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use crate::audience::Scope;
use crate::id::{OfficeId, RecordId};
use crate::limits;
use crate::paper::Due;
use crate::record::kind::{Kind, OWN, Of, Rule};
use crate::record::parts::{joined, line, note, percent};
use crate::record::{Malformed, Paper};
use crate::wire::{self, assignment_move};

/// Who acted, by ids of the house. The header of a sealed entry names a duty, so the body names the person.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Actor {
    /// The person.
    pub by: String,
    /// The person whose place the actor holds; empty: the actor acts for himself.
    pub stands_for: String,
}

impl Actor {
    /// Somebody who acts for himself.
    pub fn himself(person: &str) -> Self {
        Self { by: person.to_owned(), stands_for: String::new() }
    }

    /// Whose right is used: the person for whom the actor acts.
    pub fn person(&self) -> &str {
        if self.stands_for.is_empty() { &self.by } else { &self.stands_for }
    }

    pub(in crate::record) fn from_wire(actor: Option<wire::Actor>) -> Result<Self, Malformed> {
        let actor = actor.ok_or(Malformed("actor"))?;
        name(&actor.by)?;
        line(&actor.stands_for)?;
        Ok(Self { by: actor.by, stands_for: actor.stands_for })
    }

    pub(in crate::record) fn to_wire(&self) -> Option<wire::Actor> {
        Some(wire::Actor { by: self.by.clone(), stands_for: self.stands_for.clone() })
    }
}

/// What a work is done for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Source {
    /// The giver's word alone (bút phê).
    #[default]
    Word,
    /// A part of a paper.
    Paper {
        /// The paper's record.
        record: RecordId,
        /// Its task or item; empty: the paper itself.
        part: String,
    },
    /// Another work, of which this one is a part.
    Work(RecordId),
}

impl Source {
    fn from_wire(source: Option<wire::Source>) -> Result<Self, Malformed> {
        let Some(source) = source else { return Ok(Self::Word) };
        let record = RecordId::from_wire(&source.record).ok_or(Malformed("source"))?;
        line(&source.part)?;
        match (source.work, source.part.is_empty()) {
            (false, _) => Ok(Self::Paper { record, part: source.part }),
            (true, true) => Ok(Self::Work(record)),
            (true, false) => Err(Malformed("source")),
        }
    }

    fn to_wire(&self) -> Option<wire::Source> {
        match self {
            Self::Word => None,
            Self::Paper { record, part } => {
                Some(wire::Source { record: record.to_wire(), part: part.clone(), work: false })
            }
            Self::Work(record) => {
                Some(wire::Source { record: record.to_wire(), part: String::new(), work: true })
            }
        }
    }
}

/// A work as it is given or proposed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// What it is done for.
    pub source: Source,
    /// What is to be done.
    pub content: String,
    /// The person or unit responsible.
    pub lead: String,
    /// People and units that help.
    pub helping: Vec<String>,
    /// People and units that are only to know of it.
    pub informed: Vec<String>,
    /// Who confirms the result; empty: who gives the work.
    pub confirmer: String,
    /// When it is due; none: no date, which was said aloud.
    pub due: Option<Due>,
    /// Code of the document type that is expected; empty: none.
    pub product: String,
    /// A remark; may be empty.
    pub remark: String,
    /// Why it is due after the outer date; empty: it is not.
    pub beyond: String,
}

/// A proposal that is given as it is, or with another lead or date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Approved {
    /// The person or unit responsible; empty: as proposed.
    pub lead: String,
    /// When it is due; none: as proposed.
    pub due: Option<Due>,
    /// Why it is due after the outer date; empty: it is not.
    pub beyond: String,
}

/// A part of a paper that asks nothing of anybody.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// The part.
    pub source: Source,
    /// A note; may be empty.
    pub note: String,
}

/// A work that goes to somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Passed {
    /// The person or unit that is now responsible.
    pub to: String,
    /// When it is due; none: as before.
    pub due: Option<Due>,
    /// Who passes it on wants to see the result before the confirmer does.
    pub check: bool,
    /// Why, where it is given anew.
    pub note: String,
    /// Why it is due after the outer date; empty: it is not.
    pub beyond: String,
}

/// How far a work is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u32,
    /// The words; may be empty.
    pub note: String,
}

/// A result. Its files are attachments of the entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandedIn {
    /// Number of the paper that it is; empty: none.
    pub number: String,
    /// The words; may be empty.
    pub note: String,
    /// Why there is no product where one was expected; empty: there is one.
    pub without_product: String,
    /// Those who help and have said nothing, as the author knows.
    pub silent: Vec<String>,
}

/// A date, and why.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dated {
    /// The date; none: it stays as it is.
    pub due: Option<Due>,
    /// Why.
    pub note: String,
    /// Why it lies after the outer date; empty: it does not.
    pub beyond: String,
}

/// What can be done with a work, and who did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// Who acted.
    pub actor: Actor,
    /// What was done.
    pub act: Act,
}

/// How the content of a move stands in its message, beside who acted.
trait Content: Sized {
    type Wire;
    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed>;
    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire;
    /// The texts that people wrote.
    fn texts(&self) -> Vec<&str>;
}

macro_rules! acts {
    ($($name:ident($content:ty) $text:literal $($opens:ident)?, $doc:literal)*) => {
        /// What can be done with a work. A move that says no more than words has them as its content.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Act {
            $(#[doc = $doc] $name($content),)*
        }

        /// What a work is.
        pub const KIND: Kind = Kind {
            number: 8,
            name: "assignment",
            moves: &[$(Rule::new($text, OWN, Of::Record)$(.$opens())?),*],
            asks_word: None,
            gives_tasks: false,
            steers: false,
            inward: true,
        };

        impl Act {
            /// Its row of the kind's table.
            pub fn rule(&self) -> &'static Rule {
                match self { $(Self::$name(_) => const { &Rule::new($text, OWN, Of::Record)$(.$opens())? },)* }
            }

            /// The texts that people wrote.
            pub(super) fn texts(&self) -> Vec<&str> {
                match self { $(Self::$name(content) => Content::texts(content),)* }
            }
        }

        fn read(mv: assignment_move::Move) -> Result<Move, Malformed> {
            let (actor, act) = match mv {
                $(assignment_move::Move::$name(wire) => {
                    let (actor, content) = <$content as Content>::from_wire(wire)?;
                    (actor, Act::$name(content))
                })*
            };
            Ok(Move { actor: Actor::from_wire(actor)?, act })
        }

        fn written(mv: &Move) -> assignment_move::Move {
            let actor = mv.actor.to_wire();
            match &mv.act {
                $(Act::$name(content) => assignment_move::Move::$name(content.to_wire(actor)),)*
            }
        }
    };
}

acts! {
    Give(Given) "give" opens, "Somebody gives a work."
    Propose(Given) "propose" opens, "Somebody proposes that it be given."
    Approve(Approved) "approve", "What was proposed is given."
    Keep(Kept) "keep" opens, "A part of a paper asks nothing of anybody."
    Take(String) "take", "Who is responsible, or somebody of the unit, takes it."
    Pass(Passed) "pass", "Who is responsible hands it down."
    Back(String) "back", "Who is responsible gives it back to who handed it down."
    Reassign(Passed) "reassign", "It is given to somebody else."
    Progress(Progress) "progress", "How far it is."
    Contribute(String) "contribute", "Somebody who helps has said his word."
    Seen(String) "seen", "Somebody who is only to know of it has seen it."
    Note(String) "note", "A line of its story."
    HandIn(HandedIn) "hand-in", "The result."
    Check(String) "check", "Who handed it down has seen the result, which goes on to the confirmer."
    Return(String) "return", "The result is not good yet."
    Confirm(String) "confirm", "The work is done."
    Ask(Dated) "ask", "Who is responsible asks for a later date."
    Grant(Dated) "grant", "The later date is granted."
    Deny(String) "deny", "The later date is not granted."
    MoveDue(Dated) "move-due", "The date is another one."
    Withdraw(String) "withdraw", "The work is no longer to be done."
    Reopen(Dated) "reopen", "A work that was done goes on."
}

impl Move {
    /// What the work is done for that this move opens; the giver's word, where it opens none.
    pub fn source(&self) -> &Source {
        match &self.act {
            Act::Give(given) | Act::Propose(given) => &given.source,
            Act::Keep(kept) => &kept.source,
            _ => &Source::Word,
        }
    }
}

impl crate::record::Act for Move {
    type Message = wire::AssignmentMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::AssignmentMove::decode(body).map_err(|_| Malformed("assignment"))?;
        mv.r#move.map(read).transpose()
    }

    fn encode(&self) -> Bytes {
        wire::AssignmentMove { r#move: Some(written(self)) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        self.act.rule()
    }

    fn brief(&self) -> String {
        match &self.act {
            Act::Progress(said) => joined(&[&format!("{}%", said.percent), &said.note]),
            act => joined(&act.texts().iter().map(|text| text as &dyn std::fmt::Display).collect::<Vec<_>>()),
        }
    }

    fn by(&self) -> Option<&str> {
        Some(&self.actor.by)
    }

    fn paper(&self) -> Option<&Paper> {
        None
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        None
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        None
    }

    fn texts(&self) -> Vec<&str> {
        self.act.texts()
    }

    fn carries_content(&self) -> bool {
        self.act.texts().iter().any(|text| !text.is_empty())
    }

    /// Reasons are asked for by [`super::judge`], in the order of its questions.
    fn lacks_reason(&self) -> bool {
        false
    }
}

/// Checks the name of a person or unit: it must be there. Whether the house knows it is asked where the move is made.
fn name(text: &str) -> Result<(), Malformed> {
    if text.is_empty() { Err(Malformed("nobody")) } else { line(text) }
}

fn names(list: Vec<String>) -> Result<Vec<String>, Malformed> {
    if list.len() > limits::PARTS {
        return Err(Malformed("too many names"));
    }
    list.iter().try_for_each(|text| name(text))?;
    Ok(list)
}

/// Reads a date of a message: 0 is none, and no date lies before 1970.
fn due(millis: i64) -> Result<Option<Due>, Malformed> {
    match millis {
        0 => Ok(None),
        1.. => Ok(Some(Due(millis))),
        _ => Err(Malformed("due date")),
    }
}

fn millis(due: Option<Due>) -> i64 {
    due.map_or(0, |due| due.0)
}

impl Content for Given {
    type Wire = wire::AssignmentGiven;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        name(&wire.lead)?;
        line(&wire.confirmer)?;
        line(&wire.product)?;
        let given = Self {
            source: Source::from_wire(wire.source)?,
            content: note(wire.content)?,
            lead: wire.lead,
            helping: names(wire.helping)?,
            informed: names(wire.informed)?,
            confirmer: wire.confirmer,
            due: due(wire.due)?,
            product: wire.product,
            remark: note(wire.remark)?,
            beyond: note(wire.beyond)?,
        };
        Ok((wire.actor, given))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let given = self.clone();
        wire::AssignmentGiven {
            actor,
            source: self.source.to_wire(),
            content: given.content,
            lead: given.lead,
            helping: given.helping,
            informed: given.informed,
            confirmer: given.confirmer,
            due: millis(self.due),
            product: given.product,
            remark: given.remark,
            beyond: given.beyond,
        }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.content, &self.remark, &self.beyond]
    }
}

impl Content for Approved {
    type Wire = wire::AssignmentApproved;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        line(&wire.lead)?;
        Ok((wire.actor, Self { lead: wire.lead, due: due(wire.due)?, beyond: note(wire.beyond)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { lead, due, beyond } = self.clone();
        wire::AssignmentApproved { actor, lead, due: millis(due), beyond }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.beyond]
    }
}

impl Content for Kept {
    type Wire = wire::AssignmentKept;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        let source = Source::from_wire(wire.source)?;
        if !matches!(source, Source::Paper { .. }) {
            return Err(Malformed("source"));
        }
        Ok((wire.actor, Self { source, note: note(wire.note)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::AssignmentKept { actor, source: self.source.to_wire(), note: self.note.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note]
    }
}

impl Content for String {
    type Wire = wire::AssignmentWord;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        Ok((wire.actor, note(wire.note)?))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::AssignmentWord { actor, note: self.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Content for Passed {
    type Wire = wire::AssignmentPassed;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        name(&wire.to)?;
        let passed = Self {
            to: wire.to,
            due: due(wire.due)?,
            check: wire.check,
            note: note(wire.note)?,
            beyond: note(wire.beyond)?,
        };
        Ok((wire.actor, passed))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { to, due, check, note, beyond } = self.clone();
        wire::AssignmentPassed { actor, to, due: millis(due), check, note, beyond }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note, &self.beyond]
    }
}

impl Content for Progress {
    type Wire = wire::AssignmentProgress;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        Ok((wire.actor, Self { percent: percent(wire.percent)?, note: note(wire.note)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        wire::AssignmentProgress { actor, percent: self.percent, note: self.note.clone() }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note]
    }
}

impl Content for HandedIn {
    type Wire = wire::AssignmentHandedIn;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        line(&wire.number)?;
        let handed = Self {
            number: wire.number,
            note: note(wire.note)?,
            without_product: note(wire.without_product)?,
            silent: names(wire.silent)?,
        };
        Ok((wire.actor, handed))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { number, note, without_product, silent } = self.clone();
        wire::AssignmentHandedIn { actor, number, note, without_product, silent }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.number, &self.note, &self.without_product]
    }
}

impl Content for Dated {
    type Wire = wire::AssignmentDated;

    fn from_wire(wire: Self::Wire) -> Result<(Option<wire::Actor>, Self), Malformed> {
        Ok((wire.actor, Self { due: due(wire.due)?, note: note(wire.note)?, beyond: note(wire.beyond)? }))
    }

    fn to_wire(&self, actor: Option<wire::Actor>) -> Self::Wire {
        let Self { due, note, beyond } = self.clone();
        wire::AssignmentDated { actor, due: millis(due), note, beyond }
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note, &self.beyond]
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(in crate::record) fn samples() -> Vec<Move> {
    use uuid::Uuid;

    use crate::record::tests::note;
    let due = Some(Due(1_800_000_000_000));
    let source = Source::Paper { record: RecordId(Uuid::from_u128(5)), part: "T1".into() };
    let given = Given {
        source: source.clone(),
        content: "Báo cáo quý IV".into(),
        lead: "minh".into(),
        helping: vec!["hoa".into(), "BXDD".into()],
        informed: vec!["pbttt".into()],
        confirmer: "pbttt".into(),
        due,
        product: "BC".into(),
        remark: note(),
        beyond: note(),
    };
    let passed = || Passed { to: "hoa".into(), due, check: true, note: note(), beyond: note() };
    let dated = || Dated { due, note: note(), beyond: note() };
    let handed_in = HandedIn {
        number: "88-BC/ĐU".into(),
        note: note(),
        without_product: note(),
        silent: vec!["BXDD".into()],
    };
    let acts = vec![
        Act::Give(given.clone()),
        Act::Propose(given),
        Act::Approve(Approved { lead: "hoa".into(), due, beyond: note() }),
        Act::Keep(Kept { source, note: note() }),
        Act::Take(note()),
        Act::Pass(passed()),
        Act::Back(note()),
        Act::Reassign(passed()),
        Act::Progress(Progress { percent: 40, note: note() }),
        Act::Contribute(note()),
        Act::Seen(note()),
        Act::Note(note()),
        Act::HandIn(handed_in),
        Act::Check(note()),
        Act::Return(note()),
        Act::Confirm(note()),
        Act::Ask(dated()),
        Act::Grant(dated()),
        Act::Deny(note()),
        Act::MoveDue(dated()),
        Act::Withdraw(note()),
        Act::Reopen(dated()),
    ];
    let actor = Actor { by: "pcvp".into(), stands_for: "cvp".into() };
    acts.into_iter().map(|act| Move { actor: actor.clone(), act }).collect()
}
