//! Kind 3: văn bản chỉ đạo. The issuer sends a paper with tasks. Each addressee reports how far it has handled the
//! paper (edXML status codes 01–06) and its tasks, and answers a take-back (13) with 15 or 16.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::around::must;
use super::kind::{ANYWHERE, DOWN, Ends, Kind, OWN, Of, Rule, UP};
use super::parts::{self, joined, line, note, office, percent};
use super::{Act, Around, Confirmation, Malformed, Outcome, Paper, Progress, Said, Unfit};
use crate::audience::Scope;
use crate::id::{OfficeId, RecordId, Seat};
use crate::identifier;
use crate::limits;
use crate::time::When;
use crate::wire::{self, directive_move};

/// How far an addressee has handled a paper: edXML status messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// 01 đã đến.
    Arrived,
    /// 02 từ chối tiếp nhận.
    Refused,
    /// 03 đã tiếp nhận.
    Accepted,
    /// 04 phân công.
    Assigned,
    /// 05 đang xử lý.
    Processing,
    /// 06 hoàn thành.
    Completed,
}

/// Which status may follow which; nothing follows 02 and 06.
const FLOW: &[(Option<Status>, &[Status])] = &[
    (None, &[Status::Arrived]),
    (Some(Status::Arrived), &[Status::Refused, Status::Accepted]),
    (Some(Status::Accepted), &[Status::Assigned, Status::Processing, Status::Completed]),
    (Some(Status::Assigned), &[Status::Processing, Status::Completed]),
    (Some(Status::Processing), &[Status::Completed]),
];

impl Status {
    /// The two-digit code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Arrived => "01",
            Self::Refused => "02",
            Self::Accepted => "03",
            Self::Assigned => "04",
            Self::Processing => "05",
            Self::Completed => "06",
        }
    }

    /// The status with a two-digit code.
    pub fn from_code(code: &str) -> Option<Self> {
        use Status::{Accepted, Arrived, Assigned, Completed, Processing, Refused};
        [Arrived, Refused, Accepted, Assigned, Processing, Completed].into_iter().find(|s| s.code() == code)
    }

    const fn rule(self) -> &'static Rule {
        match self {
            Self::Arrived => &ARRIVED,
            Self::Refused => &REFUSED,
            Self::Accepted => &ACCEPTED,
            Self::Assigned => &ASSIGNED,
            Self::Processing => &PROCESSING,
            Self::Completed => &COMPLETED,
        }
    }

    /// The name of the move that says it.
    pub const fn name(self) -> &'static str {
        self.rule().name
    }

    /// The status that a move with this name reports.
    pub fn from_name(name: &str) -> Option<Self> {
        use Status::{Accepted, Arrived, Assigned, Completed, Processing, Refused};
        [Arrived, Refused, Accepted, Assigned, Processing, Completed].into_iter().find(|s| s.name() == name)
    }

    /// The statuses that may follow.
    pub fn after(status: Option<Status>) -> &'static [Status] {
        FLOW.iter().find(|(from, _)| *from == status).map_or(&[], |(_, to)| to)
    }
}

/// Asks to take the paper back (lấy lại).
pub const TAKE_BACK: &str = "13";
/// The author of what the program says in an office's name: [`Status::Arrived`].
pub const PROGRAM: &str = "truc";
/// Agrees to the take-back: the copy is destroyed, the flow ends.
pub const AGREED: &str = "15";
/// Declines the take-back: the flow goes on.
pub const DECLINED: &str = "16";

/// One task (nhiệm vụ).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// The task's id within the paper: "T1".
    pub id: String,
    /// What is to be done.
    pub content: String,
    /// Offices that are to do it.
    pub assignees: Vec<Scope>,
    /// Deadline as written; empty: none.
    pub due: String,
    /// Expected product; empty: none named.
    pub product: String,
}

/// A paper with its tasks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// The paper.
    pub paper: Paper,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The record that this paper answers or transmits.
    pub in_reply_to: Option<RecordId>,
}

/// What can be done with a directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// Opens the record.
    Issued(Issued),
    /// An addressee reports a status (01–06) or answers a take-back (15, 16); the issuer asks for the paper back (13).
    Status {
        /// Two digits. A code that this program does not know is kept and changes nothing.
        code: String,
        /// Số đến, with 03.
        arrival_number: String,
        /// The person whom the office's leader assigned, with 04.
        assigned_to: String,
        /// Reason or note.
        note: String,
    },
    /// An assignee reports progress on one task.
    Progress {
        /// Id of the task.
        task: String,
        /// 0 to 100; 100 means finished.
        percent: u32,
        /// A note; may be empty.
        note: String,
    },
    /// The issuer says whether an office has finished a task.
    Confirmed {
        /// Id of the task.
        task: String,
        /// The assignee.
        office: OfficeId,
        /// Whether the task is finished.
        accepted: bool,
        /// A note; may be empty.
        note: String,
    },
    /// The issuer sends a reminder (đôn đốc).
    Reminder {
        /// Text of the reminder.
        note: String,
    },
}

impl Move {
    /// The move that reports a status, without a note.
    pub fn status(code: &str) -> Self {
        let code = code.to_owned();
        Self::Status { code, arrival_number: String::new(), assigned_to: String::new(), note: String::new() }
    }

    /// What is left of the move where its body was destroyed: that it was made, and the line of a register, with type,
    /// number, date and abstract of the paper.
    #[must_use]
    pub fn without_content(self) -> Self {
        let note = String::new();
        match self {
            Self::Issued(issued) => Self::Issued(Issued {
                paper: Paper { due: String::new(), ..issued.paper.without_text() },
                tasks: Vec::new(),
                in_reply_to: issued.in_reply_to,
            }),
            Self::Status { code, arrival_number, .. } => {
                Self::Status { code, arrival_number, assigned_to: String::new(), note }
            }
            Self::Progress { task, percent, .. } => Self::Progress { task, percent, note },
            Self::Confirmed { task, office, accepted, .. } => {
                Self::Confirmed { task, office, accepted, note }
            }
            Self::Reminder { .. } => Self::Reminder { note },
        }
    }
}

// Letters go anywhere; binding papers and tasks are held back by rules of their own.
const ISSUED: Rule = Rule::new("issued", ANYWHERE, Of::Record).opens().paper();
const TAKING_BACK: Rule = Rule::new("take-back", ANYWHERE, Of::Record);
const ARRIVED: Rule = Rule::new("arrived", ANYWHERE, Of::Record);
const REFUSED: Rule = Rule::new("refused", ANYWHERE, Of::Record).ends(Ends::Share);
const ACCEPTED: Rule = Rule::new("accepted", ANYWHERE, Of::Record);
// Who in an office does the work, and what its leader notes for that person, is the office's own.
const ASSIGNED: Rule = Rule::new("assigned", OWN, Of::Record);
const PROCESSING: Rule = Rule::new("processing", ANYWHERE, Of::Record);
const COMPLETED: Rule = Rule::new("completed", ANYWHERE, Of::Record);
pub(super) const GIVING_BACK: Rule = Rule::new("agreed", ANYWHERE, Of::Record).ends(Ends::Share);
const KEEPING: Rule = Rule::new("declined", ANYWHERE, Of::Record);
const OTHER_STATUS: Rule = Rule::new("status", ANYWHERE, Of::Record);
const PROGRESS: Rule = Rule::new("progress", UP, Of::Part);
const CONFIRMED: Rule = Rule::new("confirmed", DOWN, Of::Part);
const REMINDER: Rule = Rule::new("reminder", DOWN, Of::Record);

/// What a directive is.
pub const KIND: Kind = Kind {
    number: 3,
    name: "directive",
    moves: &[
        ISSUED,
        TAKING_BACK,
        ARRIVED,
        REFUSED,
        ACCEPTED,
        ASSIGNED,
        PROCESSING,
        COMPLETED,
        GIVING_BACK,
        KEEPING,
        OTHER_STATUS,
        PROGRESS,
        CONFIRMED,
        REMINDER,
    ],
    asks_word: Some(&[ARRIVED.name]),
    gives_tasks: true,
    steers: true,
    inward: false,
};

impl Act for Move {
    type Message = wire::DirectiveMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::DirectiveMove::decode(body).map_err(|_| Malformed("directive"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        Ok(Some(match mv {
            directive_move::Move::Issued(issued) => Self::Issued(Issued {
                paper: Paper::from_wire(issued.paper)?,
                tasks: parts::parts(issued.tasks, task_from_wire, |task| &task.id)?,
                in_reply_to: match issued.in_reply_to.as_ref() {
                    [] => None,
                    bytes => Some(RecordId::from_wire(bytes).ok_or(Malformed("in reply to"))?),
                },
            }),
            directive_move::Move::Status(said) => {
                [&said.code, &said.arrival_number, &said.assigned_to]
                    .into_iter()
                    .try_for_each(|text| line(text))?;
                let arrival = &said.arrival_number;
                if !arrival.is_empty()
                    && identifier::whole(arrival).is_none_or(|whole| whole.to_string() != *arrival)
                {
                    return Err(Malformed("arrival number"));
                }
                Self::Status {
                    code: said.code,
                    arrival_number: said.arrival_number,
                    assigned_to: said.assigned_to,
                    note: note(said.note)?,
                }
            }
            directive_move::Move::Progress(said) => {
                line(&said.task)?;
                Self::Progress { task: said.task, percent: percent(said.percent)?, note: note(said.note)? }
            }
            directive_move::Move::Confirmed(said) => {
                line(&said.task)?;
                Self::Confirmed {
                    task: said.task,
                    office: office(&said.office)?,
                    accepted: said.accepted,
                    note: note(said.note)?,
                }
            }
            directive_move::Move::Reminder(said) => Self::Reminder { note: note(said.note)? },
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Issued(issued) => directive_move::Move::Issued(wire::DirectiveIssued {
                paper: issued.paper.to_wire(),
                tasks: issued.tasks.into_iter().map(task_to_wire).collect(),
                in_reply_to: issued.in_reply_to.map(RecordId::to_wire).unwrap_or_default(),
            }),
            Self::Status { code, arrival_number, assigned_to, note } => {
                directive_move::Move::Status(wire::DirectiveStatus {
                    code,
                    arrival_number,
                    assigned_to,
                    note,
                })
            }
            Self::Progress { task, percent, note } => {
                directive_move::Move::Progress(wire::TaskProgress { task, percent, note })
            }
            Self::Confirmed { task, office, accepted, note } => {
                let office = office.to_wire();
                directive_move::Move::Confirmed(wire::TaskConfirmed { task, office, accepted, note })
            }
            Self::Reminder { note } => directive_move::Move::Reminder(wire::DirectiveReminder { note }),
        };
        wire::DirectiveMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Issued(_) => &ISSUED,
            Self::Status { code, .. } => match code.as_str() {
                TAKE_BACK => &TAKING_BACK,
                AGREED => &GIVING_BACK,
                DECLINED => &KEEPING,
                code => Status::from_code(code).map_or(&OTHER_STATUS, Status::rule),
            },
            Self::Progress { .. } => &PROGRESS,
            Self::Confirmed { .. } => &CONFIRMED,
            Self::Reminder { .. } => &REMINDER,
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Issued(issued) => joined(&[&issued.paper.number, &issued.paper.title]),
            Self::Status { code, arrival_number, assigned_to, note } => {
                joined(&[code, arrival_number, assigned_to, note])
            }
            Self::Progress { task, percent, note } => joined(&[task, &format!("{percent} %"), note]),
            Self::Confirmed { task, accepted, note, .. } => {
                joined(&[task, &if *accepted { "+" } else { "−" }, note])
            }
            Self::Reminder { note } => note.clone(),
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
            Self::Issued(issued) => {
                issued.tasks.iter().flat_map(|task| task.assignees.iter().copied()).collect()
            }
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
            Self::Issued(Issued { paper, tasks, .. }) => {
                let tasks = tasks.iter().flat_map(|task| [&*task.content, &task.product]);
                std::iter::once(&*paper.text).chain(tasks).collect()
            }
            Self::Status { arrival_number, assigned_to, note, .. } => {
                vec![arrival_number, assigned_to, note]
            }
            Self::Progress { note, .. } | Self::Confirmed { note, .. } | Self::Reminder { note } => {
                vec![note]
            }
        }
    }

    fn lacks_reason(&self) -> bool {
        match self {
            Self::Status { code, note, .. } => {
                let graver = [Status::Refused.code(), TAKE_BACK, DECLINED];
                graver.contains(&code.as_str()) && note.trim().is_empty()
            }
            Self::Confirmed { accepted, note, .. } => !accepted && note.trim().is_empty(),
            _ => false,
        }
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Issued(issued) => !issued.paper.text.is_empty() || !issued.tasks.is_empty(),
            // The arrival number and the person assigned are the addressee's own, and not content of the paper.
            Self::Status { note, .. }
            | Self::Progress { note, .. }
            | Self::Confirmed { note, .. }
            | Self::Reminder { note } => !note.is_empty(),
        }
    }
}

fn task_from_wire(task: wire::Task) -> Result<Task, Malformed> {
    parts::due(&task.due)?;
    Ok(Task {
        id: task.id,
        content: note(task.content)?,
        assignees: parts::scopes(task.assignees.iter().map(|a| parts::scope(&a.office, a.subtree)))?,
        due: task.due,
        product: note(task.product)?,
    })
}

fn task_to_wire(task: Task) -> wire::Task {
    let assignee = |scope: Scope| wire::Assignee { office: scope.office.to_wire(), subtree: scope.subtree };
    wire::Task {
        id: task.id,
        content: task.content,
        assignees: task.assignees.into_iter().map(assignee).collect(),
        due: task.due,
        product: task.product,
    }
}

/// The part of a strand that only the issuer has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The paper without its text, and the tasks.
    pub issued: Issued,
    /// Place of the entry that issued it.
    pub seat: Seat,
    /// The issuer's request for the paper back.
    pub take_back: Option<Said>,
    /// How many reminders the issuer has sent.
    pub reminders: u32,
    /// The newest reminder.
    pub reminder: Option<Said>,
    /// The issuer's verdicts on tasks, by task and office.
    pub confirmed: BTreeMap<String, BTreeMap<OfficeId, Confirmation>>,
}

/// An answer to a take-back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakeBackAnswer {
    /// 15 (agreed); otherwise 16 (declined).
    pub agreed: bool,
    /// Time and reason.
    pub said: Said,
}

/// One office's strand of a directive.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The issuer's part; none in other offices' strands.
    pub owner: Option<Owner>,
    /// How far this office has handled the paper.
    pub status: Option<Status>,
    /// When this office first reported each status.
    pub since: BTreeMap<Status, When>,
    /// Số đến.
    pub arrival_number: String,
    /// The person whom the office's leader assigned.
    pub assigned_to: String,
    /// The note with the newest status; with 02 it is the reason.
    pub note: String,
    /// The answer to a take-back: the newest one counts, but an agreement is final.
    pub take_back: Option<TakeBackAnswer>,
    /// This office's progress by task.
    pub progress: BTreeMap<String, Progress>,
}

impl Strand {
    /// Whether the paper was refused or given back, so that nothing more can follow.
    fn ended(&self) -> bool {
        self.status == Some(Status::Refused) || self.take_back.as_ref().is_some_and(|answer| answer.agreed)
    }

    fn is_full(&self) -> bool {
        let verdicts = self.owner.iter().flat_map(|owner| &owner.confirmed).flat_map(|(task, by)| {
            std::iter::once(task.len()).chain(by.values().map(|verdict| verdict.note.len()))
        });
        parts::is_full(self.progress.iter().map(Progress::bytes).chain(verdicts))
    }

    fn apply_status(&mut self, seat: Seat, when: When, said: (&str, &str, &str, &str)) -> Outcome {
        let (code, arrival_number, assigned_to, note) = said;
        match code {
            TAKE_BACK => {
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                owner.take_back.get_or_insert(Said { seat, when, text: note.to_owned() });
                return Outcome::Applied;
            }
            AGREED | DECLINED => {
                if self.take_back.as_ref().is_some_and(|answer| answer.agreed) {
                    return Outcome::NotAllowed("ended");
                }
                let said = Said { seat, when, text: note.to_owned() };
                self.take_back = Some(TakeBackAnswer { agreed: code == AGREED, said });
                return Outcome::Applied;
            }
            _ => {}
        }
        let Some(status) = Status::from_code(code) else { return Outcome::NotAllowed("unknown-code") };
        if self.ended() {
            return Outcome::NotAllowed("ended");
        }
        if !Status::after(self.status).contains(&status) {
            return Outcome::NotAllowed("out-of-order");
        }
        self.status = Some(status);
        self.since.insert(status, when);
        self.note = note.to_owned();
        if !arrival_number.is_empty() {
            self.arrival_number = arrival_number.to_owned();
        }
        if !assigned_to.is_empty() {
            self.assigned_to = assigned_to.to_owned();
        }
        Outcome::Applied
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        match mv {
            Move::Issued(new) => {
                if self.owner.is_some() {
                    return Outcome::NotAllowed("already-issued");
                }
                self.owner = Some(Owner {
                    issued: Issued { paper: new.paper.without_text(), ..new },
                    seat,
                    take_back: None,
                    reminders: 0,
                    reminder: None,
                    confirmed: BTreeMap::new(),
                });
            }
            Move::Status { code, arrival_number, assigned_to, note } => {
                return self.apply_status(seat, when, (&code, &arrival_number, &assigned_to, &note));
            }
            Move::Progress { task, percent, note } => {
                if self.ended() {
                    return Outcome::NotAllowed("ended");
                }
                let before = self.progress.get(&task);
                if self.is_full() || before.is_none() && self.progress.len() >= limits::PARTS {
                    return Outcome::NotAllowed("too-many");
                }
                let progress = Progress::after(before, percent, note, when);
                self.progress.insert(task, progress);
            }
            Move::Confirmed { task, office, accepted, note } => {
                let full = self.is_full();
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                if !owner.issued.tasks.iter().any(|known| known.id == task) {
                    return Outcome::NotAllowed("no-such-part");
                }
                let of_task = owner.confirmed.entry(task).or_default();
                if full || of_task.len() >= limits::AUDIENCE && !of_task.contains_key(&office) {
                    return Outcome::NotAllowed("too-many");
                }
                of_task.insert(office, Confirmation { accepted, note, time: when.time });
            }
            Move::Reminder { note } => {
                let Some(owner) = &mut self.owner else { return Outcome::NotAllowed("not-owner") };
                owner.reminders = owner.reminders.saturating_add(1);
                owner.reminder = Some(Said { seat, when, text: note });
            }
        }
        Outcome::Applied
    }

    fn fits(&self, mv: &Move, around: &Around<'_, Self>) -> Result<(), Unfit> {
        let Some(Owner { issued, confirmed, .. }) = &around.opened.owner else { return Ok(()) };
        let verdict = |task: &str, office: OfficeId| confirmed.get(task).and_then(|by| by.get(&office));
        let known =
            |id: &str| issued.tasks.iter().find(|task| task.id == id).ok_or(Unfit::new("no-such-part"));
        match mv {
            Move::Progress { task, .. } => {
                must(around.is_work_of(&known(task)?.assignees, around.me), "not-assigned")?;
                parts::reportable(self.progress.get(task), verdict(task, around.me))
            }
            Move::Confirmed { task, office, .. } => {
                must(around.is_work_of(&known(task)?.assignees, *office), "not-assigned")?;
                let progress = (around.strands)(*office).and_then(|strand| strand.progress.get(task));
                parts::judgeable(progress, verdict(task, *office))
            }
            // Nothing is finished by a word on the whole.
            Move::Status { code, .. } if code == Status::Completed.code() => {
                let open = |task: &&Task| {
                    let progress = self.progress.get(&task.id);
                    let finished =
                        progress.and_then(|progress| progress.finished(verdict(&task.id, around.me)));
                    around.is_work_of(&task.assignees, around.me) && finished.is_none()
                };
                let open = issued.tasks.iter().filter(open).map(|task| task.id.clone());
                Unfit::none("open-parts", open.collect())
            }
            _ => Ok(()),
        }
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, me: OfficeId, addressed: bool) -> Vec<&'static str> {
        let Some(issuer) = &owner.owner else { return vec!["issued"] };
        let mut names = Vec::new();
        if self.owner.is_some() {
            names.extend(["confirmed", "reminder"]);
            if issuer.take_back.is_none() {
                names.push("take-back");
            }
            // The issuer may take on work of its own paper.
            let own = Scope::office(me);
            names.extend(
                issuer.issued.tasks.iter().any(|task| task.assignees.contains(&own)).then_some("progress"),
            );
        }
        if addressed && !self.ended() {
            names.extend(Status::after(self.status).iter().map(|status| status.name()));
            names.extend((!issuer.issued.tasks.is_empty()).then_some("progress"));
            if issuer.take_back.is_some() {
                names.extend(["agreed", "declined"]);
            }
        }
        names
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::{note, office, paper};
    let task = Task {
        id: "A".into(),
        content: note(),
        assignees: vec![Scope::subtree(office(10)), Scope::office(office(100))],
        due: "2026-12-01".into(),
        product: note(),
    };
    let in_reply_to = Some(RecordId(uuid::Uuid::from_u128(5)));
    let mut all = vec![
        Move::Issued(Issued { paper: paper("CV"), tasks: vec![task], in_reply_to }),
        Move::Progress { task: "A".into(), percent: 40, note: note() },
        Move::Confirmed { task: "A".into(), office: office(10), accepted: false, note: note() },
        Move::Reminder { note: note() },
    ];
    let codes = ["01", "02", "03", "04", "05", "06", TAKE_BACK, AGREED, DECLINED, "77"];
    all.extend(codes.map(Move::status));
    all
}
