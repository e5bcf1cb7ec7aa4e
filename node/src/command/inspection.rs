//! Inspections on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::Act as _;
use truc_proto::record::inspection::{Answer, Finding, Move, Opened, Question};

use super::act::{self, ListArgs, Which};
use super::page::{Page, list, said, text};
use super::paper::{self, Levels, PaperArgs, Part, SendArgs, part};
use super::{Context, Output, listed};
use crate::derive::views::kinds::inspection as views;
use crate::office::Numbering;
use crate::words::failure::Failure;

part! {
    /// A question as given.
    QuestionArg, "ID|QUESTION", 2, {
        /// Its name within the checklist.
        id,
        /// What is asked.
        question,
    }
}

part! {
    /// An answer as given.
    AnswerArg, "ID|FINDING|ANSWER|EVIDENCE", 2, {
        /// Which question.
        id,
        /// met, partly, not-met.
        finding,
        /// In words.
        answer,
        /// File name or description; empty: none.
        evidence,
    }
}

/// What can be done with inspections.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Open an inspection of offices below.
    #[command(
        visible_alias = "open",
        after_help = "Example: truc-node inspection create --title 'Tự kiểm tra công tác văn phòng' \
                      --to 16732 --question 'K1|Sổ đăng ký văn bản liên tục?' --due 2027-11-13"
    )]
    Create(Box<Create>),
    /// List inspections, newest first.
    #[command(after_help = "Example: truc-node inspection list")]
    List(ListArgs),
    /// Show one with targets, answers and stage.
    #[command(after_help = "Example: truc-node inspection show 1318-CV/VPTU")]
    Show(Which),
    /// A target reports on itself.
    #[command(
        after_help = "Example: truc-node inspection self-report 1318-CV/VPTU --title 'Báo cáo tự kiểm tra' \
                            --answer 'K1|met|Sổ liên tục|so.pdf'"
    )]
    SelfReport(Box<SelfReport>),
    /// The inspecting office begins to verify targets; each hears of itself alone.
    #[command(after_help = "Example: truc-node inspection verify 1318-CV/VPTU 16732 16681")]
    Verify(Targets),
    /// The inspecting office concludes on a target.
    #[command(after_help = "Example: truc-node inspection conclude 1318-CV/VPTU 16732 'K6 chưa đạt' \
                            --remedy-by 2026-12-31")]
    Conclude(Conclude),
    /// A target reports what it remedied.
    #[command(after_help = "Example: truc-node inspection remedy 1318-CV/VPTU --note 'đã khôi phục thử'")]
    Remedy(Remedy),
    /// The inspecting office closes the matter with a target.
    #[command(after_help = "Example: truc-node inspection close 1318-CV/VPTU 16732")]
    Close(Target),
}

/// A new inspection.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub send: SendArgs,
    /// The period examined: KIND:FROM:TO.
    #[arg(long)]
    pub period: Option<String>,
    /// A question of the checklist: `ID|QUESTION`; may be given more than once.
    #[arg(long = "question", value_name = "QUESTION")]
    pub questions: Vec<Part<QuestionArg>>,
    /// Giám sát rather than kiểm tra.
    #[arg(long)]
    pub supervision: bool,
}

/// A self-report.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct SelfReport {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
    /// An answer: `ID|FINDING|ANSWER|EVIDENCE`, the finding one of met, partly, not-met. May be given more than once.
    #[arg(long = "answer", value_name = "ANSWER")]
    pub answers: Vec<Part<AnswerArg>>,
}

/// One target.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Target {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// Which target.
    pub office: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// One target or more.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Targets {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// Which targets: all of them or none.
    #[arg(required = true, value_name = "OFFICE")]
    pub offices: Vec<String>,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// A conclusion.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Conclude {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// Which target.
    pub office: String,
    /// The conclusion.
    pub conclusion: String,
    /// Deadline of the remedy; without it nothing is to be remedied.
    #[arg(long, default_value = "")]
    pub remedy_by: String,
}

/// A remedy.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Remedy {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

impl Verb {
    pub(super) fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                create.paper.prepare()?;
                act::prepare_files(&mut create.send.levels, opened)
            }
            Self::SelfReport(report) => {
                report.paper.prepare()?;
                act::prepare_files(&mut report.levels, opened)
            }
            Self::Remedy(remedy) => act::prepare_files(&mut remedy.levels, opened),
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let none = Levels::default();
        match self {
            Self::Create(create) => create.execute(context).await,
            Self::List(args) => {
                let filter = args.filter(context)?;
                listed(context.office.view(|conn| views::list(conn, &filter))?, args.last)
            }
            Self::Show(which) => act::show(context, Move::KIND, &which),
            Self::SelfReport(report) => report.execute(context).await,
            Self::Verify(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let mut moves = Vec::new();
                for office in &said.offices {
                    let office = paper::office(context, office)?;
                    moves.push(Move::Verifying { office, note: said.note.clone() });
                }
                let last = moves.pop().ok_or_else(|| paper::wrong(""))?;
                act::answer_after(context, &record, moves, last, &none, Numbering::AsWritten).await
            }
            Self::Conclude(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let office = paper::office(context, &said.office)?;
                Due::parse(&said.remedy_by).map_err(|_| paper::wrong(&said.remedy_by))?;
                let (conclusion, remedy_by) = (said.conclusion, said.remedy_by);
                act::answer(context, &record, Move::Concluded { office, conclusion, remedy_by }, &none).await
            }
            Self::Remedy(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                act::answer(context, &record, Move::Remediated { note: said.note }, &said.levels).await
            }
            Self::Close(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let office = paper::office(context, &said.office)?;
                act::answer(context, &record, Move::Closed { office, note: said.note }, &none).await
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => {
                page.records(&["cli-questions"], |_, record| vec![text(&record["questions"])]);
            }
            Self::Show(_) => show(page),
            _ => page.written(),
        }
    }
}

impl Create {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let checklist = self.questions.iter().map(|part| {
            let QuestionArg { id, question } = part.read()?;
            Ok(Question { id, question })
        });
        let checklist = checklist.collect::<Result<_, Failure>>()?;
        let period = paper::period(self.period.as_deref())?;
        let (paper, numbering) = self.paper.paper(context, DocumentType::OfficialLetter, None)?;
        let opened = Opened { paper, period, checklist, supervision: self.supervision };
        act::open(context, &self.send, Move::Opened(opened), numbering).await
    }
}

impl SelfReport {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        act::allowed(context, &record, "self-reported")?;
        let answers = self.answers.iter().map(|part| {
            let AnswerArg { id, finding, answer, evidence } = part.read()?;
            let finding = match finding.as_str() {
                "met" => Finding::Met,
                "partly" => Finding::Partly,
                "not-met" => Finding::NotMet,
                other => return Err(paper::wrong(other)),
            };
            Ok(Answer { id, finding, answer, evidence })
        });
        let answers = answers.collect::<Result<_, Failure>>()?;
        let (paper, numbering) = self.paper.paper(context, DocumentType::Report, None)?;
        let mv = Move::SelfReported { paper, answers };
        act::answer_numbered(context, &record, mv, &self.levels, numbering).await
    }
}

fn show(page: &mut Page<'_>) {
    page.head();
    let value = page.value;
    page.field("cli-period", super::report::period(&value["period"]));
    let questions: Vec<Vec<String>> = list(&value["checklist"])
        .iter()
        .map(|question| vec![text(&question["id"]), text(&question["question"])])
        .collect();
    page.line("");
    page.table(&["cli-id", "cli-question"], &questions);
    let mut targets = Vec::new();
    for target in list(&value["targets"]) {
        let [signed, came] = page.both(&target["done"]);
        targets.push(vec![
            page.office(&target["office"]),
            page.word(&format!("cli-stage-{}", text(&target["stage"]))),
            page.duty(&target["status"]),
            signed,
            came,
            said(&target["said"]["concluded"]),
            text(&target["said"]["remedy_by"]),
            said(&target["remediated"]),
        ]);
        for answer in list(&target["self_report"]["answers"]) {
            let finding = match text(&answer["finding"]).as_str() {
                "met" => page.word("insp-met"),
                "partly" => page.word("insp-partly"),
                "not-met" => page.word("insp-not-met"),
                _ => String::new(),
            };
            targets.push(vec![format!("  {} {finding}", text(&answer["id"])), text(&answer["answer"])]);
        }
    }
    page.line("");
    let heads = [
        "cli-office",
        "cli-stage",
        "cli-status",
        "cli-signed",
        "cli-came",
        "cli-conclusion",
        "cli-remedy-by",
        "cli-remedied",
    ];
    page.table(&heads, &targets);
    page.foot();
}
