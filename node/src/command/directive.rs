//! Directives and letters on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use truc_proto::id::OfficeId;
use truc_proto::paper::DocumentType;
use truc_proto::record::Act as _;
use truc_proto::record::directive::{AGREED, DECLINED, Issued, Move, Status, TAKE_BACK, Task};
use truc_proto::record::outside::Book;

use super::act::{self, ListArgs, Which};
use super::page::{Page, list, said, text};
use super::paper::{self, Levels, PaperArgs, Part, SendArgs, part};
use super::{Context, Output, listed, number};
use crate::derive::views::kinds::directive::{self as views, ShownTask, TaskOffice};
use crate::derive::views::kinds::{Record, Shown};
use crate::office::Numbering;
use crate::words::failure::Failure;

part! {
    /// A task as given.
    TaskArg, "ID|CONTENT|OFFICES|DUE|PRODUCT", 3, {
        /// Its name within the paper.
        id,
        /// What is to be done.
        content,
        /// By whom, separated by commas.
        offices,
        /// Deadline; empty: none.
        due,
        /// Expected product; empty: none.
        product,
    }
}

part! {
    /// A task that is done, as given.
    DoneArg, "ID|NOTE", 1, {
        /// The task's id.
        id,
        /// What is to be said of it.
        note,
    }
}

/// What can be done with directives.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Issue a paper: a directive to one's own and offices below, a letter to any.
    #[command(
        visible_alias = "send",
        after_help = "Example: truc-node directive create --type CV --title 'Ứng phó bão số 9' \
                      --to subtree:40 --urgency express --task 'T1|Cấm biển|16708,16732|2027-10-05'"
    )]
    Create(Box<Create>),
    /// List directives, newest first.
    #[command(after_help = "Example: truc-node directive list --search 'bao so 9'")]
    List(ListArgs),
    /// Show one with tasks, addressees and story.
    #[command(after_help = "Example: truc-node directive show 913-CV/TU")]
    Show(Which),
    /// 02: refused; say why with --note.
    #[command(after_help = "Example: truc-node directive refuse 913-CV/TU --note 'gửi nhầm'")]
    Refuse(Say),
    /// 03: accepted into the arrivals register.
    #[command(after_help = "Example: truc-node directive accept 913-CV/TU --arrival-number 1204")]
    Accept(Say),
    /// 04: assigned by the leader.
    #[command(after_help = "Example: truc-node directive assign 913-CV/TU --assigned-to 'Văn phòng'")]
    Assign(Say),
    /// 05: being handled.
    #[command(after_help = "Example: truc-node directive process 913-CV/TU")]
    Process(Say),
    /// 06: completed. Each task of this office that is open is to be accounted for.
    #[command(
        after_help = "Example: truc-node directive complete 913-CV/TU --done 'T1|đã cấm biển' --done 'T2|đã sơ tán'"
    )]
    Complete(Complete),
    /// How far this office is with a task.
    #[command(after_help = "Example: truc-node directive progress 913-CV/TU T2 60 --note 'đã sơ tán 400 hộ'")]
    Progress(Progress),
    /// The issuer: a task is done by an office, or is not.
    #[command(after_help = "Example: truc-node directive confirm 913-CV/TU T2 16732")]
    Confirm(Confirm),
    /// The issuer: đôn đốc.
    #[command(after_help = "Example: truc-node directive remind 913-CV/TU --note 'còn 3 xã chưa báo cáo'")]
    Remind(Say),
    /// 13: the issuer asks to take it back.
    #[command(after_help = "Example: truc-node directive take-back 913-CV/TU")]
    TakeBack(Say),
    /// 15: agrees to the take-back; the copy is destroyed.
    #[command(after_help = "Example: truc-node directive agree 913-CV/TU")]
    Agree(Say),
    /// 16: declines the take-back.
    #[command(after_help = "Example: truc-node directive decline 913-CV/TU --note 'đã triển khai'")]
    Decline(Say),
}

/// A new paper.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub send: SendArgs,
    /// A task: `ID|CONTENT|OFFICES|DUE|PRODUCT`, offices separated by commas; may be given more than once.
    #[arg(long = "task", value_name = "TASK")]
    pub tasks: Vec<Part<TaskArg>>,
    /// The directive that it answers or transmits.
    #[arg(long, value_name = "RECORD")]
    pub in_reply_to: Option<String>,
}

/// A status with its words.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Say {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    /// Số đến, with accept.
    #[arg(long, default_value = "")]
    pub arrival_number: String,
    /// Whom the leader assigned, with assign.
    #[arg(long, default_value = "")]
    pub assigned_to: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

/// The word that all is done.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Complete {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// In words; with --all of each open task.
    #[arg(long, default_value = "")]
    pub note: String,
    /// An open task of this office that is done, with what is to be said of it: `ID|NOTE`; may be given more than once.
    #[arg(long, value_name = "TASK")]
    pub done: Vec<Part<DoneArg>>,
    /// All open tasks of this office are done; --note says it of each.
    #[arg(long, requires = "note")]
    pub all: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

/// Progress of a task.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Progress {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// The task's id.
    pub task: String,
    /// 0 to 100; 100 is done.
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
    pub percent: u32,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

/// The issuer's word on a task.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Confirm {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// The task's id.
    pub task: String,
    /// Which office did it.
    pub office: String,
    /// It is not done.
    #[arg(long)]
    pub not_done: bool,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
}

impl Verb {
    pub(super) fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                create.paper.prepare()?;
                act::prepare_files(&mut create.send.levels, opened)
            }
            Self::Progress(said) => act::prepare_files(&mut said.levels, opened),
            Self::Complete(said) => act::prepare_files(&mut said.levels, opened),
            Self::List(_) | Self::Show(_) | Self::Confirm(_) => Ok(()),
            _ => self.say().map_or(Ok(()), |(_, say)| act::prepare_files(&mut say.levels, opened)),
        }
    }

    /// The status code that a command stands for, with its arguments; an empty code is a reminder.
    fn say(&mut self) -> Option<(&'static str, &mut Say)> {
        Some(match self {
            Self::Refuse(say) => (Status::Refused.code(), say),
            Self::Accept(say) => (Status::Accepted.code(), say),
            Self::Assign(say) => (Status::Assigned.code(), say),
            Self::Process(say) => (Status::Processing.code(), say),
            Self::TakeBack(say) => (TAKE_BACK, say),
            Self::Agree(say) => (AGREED, say),
            Self::Decline(say) => (DECLINED, say),
            Self::Remind(say) => ("", say),
            _ => return None,
        })
    }

    pub(super) async fn execute(mut self, context: &Context<'_>) -> Result<Output, Failure> {
        if let Some((code, say)) = self.say() {
            // A number is given with the acceptance, and with nothing else.
            say.arrival_number = match code == Status::Accepted.code() {
                true => number::arrival(&say.arrival_number)?,
                false if say.arrival_number.is_empty() => String::new(),
                false => return Err(paper::wrong(&say.arrival_number)),
            };
            let taken_in = [Status::Accepted.code(), Status::Refused.code()].contains(&code);
            let accepts = code == Status::Accepted.code();
            let numbering =
                if accepts { number::of_arrival(context, Book::Incoming) } else { Numbering::AsWritten };
            let mv = match code {
                "" => Move::Reminder { note: say.note.clone() },
                code => Move::Status {
                    code: code.to_owned(),
                    arrival_number: say.arrival_number.clone(),
                    assigned_to: say.assigned_to.clone(),
                    note: say.note.clone(),
                },
            };
            loop {
                let record = act::find(context, Move::KIND, &say.which)?;
                // The record asks for "arrived" before "accepted" or "refused": it is written first if the program has not
                // yet. If the program is first now, it is not written again.
                let arriving = taken_in && record.next.contains(&Status::Arrived.name());
                let first: Vec<_> =
                    arriving.then(|| Move::status(Status::Arrived.code())).into_iter().collect();
                let done =
                    act::answer_after(context, &record, first, mv.clone(), &say.levels, numbering.clone())
                        .await;
                if done.is_ok() || !arriving || !act::has_arrived(context, &record)? {
                    return done;
                }
            }
        }
        match self {
            Self::Create(create) => create.execute(context).await,
            Self::List(args) => {
                let filter = args.filter(context)?;
                listed(context.office.view(|conn| views::list(conn, &filter))?, args.last)
            }
            Self::Show(which) => act::show(context, Move::KIND, &which),
            Self::Progress(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let mv = Move::Progress { task: said.task, percent: said.percent, note: said.note };
                act::answer(context, &record, mv, &said.levels).await
            }
            Self::Confirm(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let office = paper::office(context, &said.office)?;
                let mv =
                    Move::Confirmed { task: said.task, office, accepted: !said.not_done, note: said.note };
                act::answer(context, &record, mv, &Levels::default()).await
            }
            Self::Complete(said) => said.execute(context).await,
            // Status commands are handled at the beginning.
            _ => Ok(Value::Null),
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => page.records(&["cli-tasks"], |_, record| vec![text(&record["tasks"])]),
            Self::Show(_) => show(page),
            _ => page.written(),
        }
    }
}

impl Complete {
    /// Reports each task and then the whole, in one turn.
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        let done = |task: String, note: String| Move::Progress { task, percent: 100, note };
        let mut first = Vec::new();
        for part in &self.done {
            let DoneArg { id, note } = part.read()?;
            first.push(done(id, note));
        }
        if self.all {
            let named: Vec<String> =
                self.done.iter().map(|part| Ok(part.read()?.id)).collect::<Result<_, Failure>>()?;
            let open = open_tasks(&record, context.office.id()).into_iter().map(|open| &open.task.id);
            let open = open.filter(|id| !named.contains(id));
            first.extend(open.map(|id| done(id.clone(), self.note.clone())));
        }
        let code = Status::Completed.code().to_owned();
        let (arrival_number, assigned_to) = (String::new(), String::new());
        let mv = Move::Status { code, arrival_number, assigned_to, note: self.note };
        act::answer_after(context, &record, first, mv, &self.levels, Numbering::AsWritten).await
    }
}

/// The tasks of an office that it has not finished, or of which the issuer has said since that they are not done.
pub fn open_tasks(record: &Record, me: OfficeId) -> Vec<&ShownTask> {
    let Shown::Directive(shown) = &record.shown else { return Vec::new() };
    let open = |office: &TaskOffice| office.office == me && office.done.is_none();
    shown.tasks.iter().filter(|task| task.offices.iter().any(open)).collect()
}

impl Create {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let tasks = self.tasks.iter().map(|task| {
            let TaskArg { id, content, offices, due, product } = task.read()?;
            let assignees = paper::offices(context, &offices)?;
            Ok(Task { id, content, assignees, due, product })
        });
        let tasks = tasks.collect::<Result<_, Failure>>()?;
        let in_reply_to = match &self.in_reply_to {
            Some(text) => Some(super::refer::record(context, Move::KIND, text)?.id),
            None => None,
        };
        let (paper, numbering) = self.paper.paper(context, DocumentType::OfficialLetter, None)?;
        act::open(context, &self.send, Move::Issued(Issued { paper, tasks, in_reply_to }), numbering).await
    }
}

fn show(page: &mut Page<'_>) {
    page.head();
    let value = page.value;
    page.field("cli-take-back", said(&value["take_back"]));
    page.field("cli-reminders", Some(text(&value["reminders"])).filter(|n| n != "0").unwrap_or_default());
    let mut tasks = Vec::new();
    for task in list(&value["tasks"]) {
        tasks.push(vec![text(&task["id"]), text(&task["content"]), String::new(), text(&task["due"])]);
        for office in list(&task["offices"]) {
            let percent = text(&office["progress"]["percent"]);
            let [signed, came] = page.both(&office["done"]);
            tasks.push(vec![
                String::new(),
                page.office(&office["office"]),
                if percent.is_empty() { percent } else { format!("{percent} %") },
                page.duty(&office["status"]),
                signed,
                came,
                page.verdict(&office["confirmed"], "cli-done", "cli-not-done"),
            ]);
        }
    }
    page.line("");
    let heads =
        ["cli-task", "cli-content", "cli-percent", "cli-status", "cli-signed", "cli-came", "cli-confirmed"];
    page.table(&heads, &tasks);
    let addressees: Vec<Vec<String>> = list(&value["addressees"])
        .iter()
        .map(|addressee| {
            let status = text(&addressee["status"]);
            let [signed, came] = page.both(&addressee["since"][&status]);
            vec![
                page.office(&addressee["office"]),
                if status.is_empty() { status } else { page.word(&format!("cli-status-{status}")) },
                signed,
                came,
                text(&addressee["arrival_number"]),
                text(&addressee["assigned_to"]),
                text(&addressee["note"]),
            ]
        })
        .collect();
    page.line("");
    let heads =
        ["cli-office", "cli-status", "cli-signed", "cli-came", "cli-arrival", "cli-assigned", "cli-note"];
    page.table(&heads, &addressees);
    page.foot();
}
