//! Guidance on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use truc_proto::paper::DocumentType;
use truc_proto::record::Act as _;
use truc_proto::record::guidance::Move;

use super::act::{self, ListArgs, Which};
use super::page::{Page, list, said, text};
use super::paper::{self, Levels, PaperArgs, SendArgs};
use super::{Context, Output, listed};
use crate::derive::views::read::{self, Filter};
use crate::words::failure::Failure;

/// What can be done with guidance.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Issue guidance to offices below.
    #[command(
        visible_alias = "send",
        after_help = "Example: truc-node guidance create --title 'Gửi, nhận văn bản' --to subtree:40 --text-file hd.md"
    )]
    Create(Box<Create>),
    /// List guidance, newest first.
    #[command(after_help = "Example: truc-node guidance list")]
    List(ListArgs),
    /// Show one with acknowledgements, questions and answers.
    #[command(after_help = "Example: truc-node guidance show 05-HD/VPTU")]
    Show(Which),
    /// An addressee: read and understood.
    #[command(after_help = "Example: truc-node guidance acknowledge 05-HD/VPTU")]
    Acknowledge(Note),
    /// An addressee asks.
    #[command(after_help = "Example: truc-node guidance ask 05-HD/VPTU 'Áp dụng từ ngày nào?'")]
    Ask(Ask),
    /// The issuer answers the office that asked.
    #[command(after_help = "Example: truc-node guidance answer 05-HD/VPTU 16732 1 'Từ ngày ký.'")]
    Answer(Answer),
}

/// New guidance.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub send: SendArgs,
}

/// A move with words.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Note {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// A question.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Ask {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// The question.
    pub question: String,
}

/// An answer.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Answer {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// Who asked.
    pub office: String,
    /// Which of its questions.
    pub number: u32,
    /// The answer.
    pub answer: String,
}

impl Verb {
    pub(super) fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        let Self::Create(create) = self else { return Ok(()) };
        create.paper.prepare()?;
        act::prepare_files(&mut create.send.levels, opened)
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let levels = Levels::default();
        match self {
            Self::Create(create) => {
                let (paper, numbering) = create.paper.paper(context, DocumentType::Guidance, None)?;
                act::open(context, &create.send, Move::Issued { paper }, numbering).await
            }
            Self::List(args) => {
                let filter = Filter { kind: Some(Move::KIND), ..args.filter(context)? };
                listed(context.office.view(|conn| read::list(conn, &filter))?, args.last)
            }
            Self::Show(which) => act::show(context, Move::KIND, &which),
            Self::Acknowledge(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                act::answer(context, &record, Move::Acknowledged { note: said.note }, &levels).await
            }
            Self::Ask(ask) => {
                let record = act::find(context, Move::KIND, &ask.which)?;
                // It gets its number where it is written: two may ask at once.
                let mv = Move::Question { number: 0, text: ask.question };
                act::answer(context, &record, mv, &levels).await
            }
            Self::Answer(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let office = paper::office(context, &said.office)?;
                let mv = Move::Answer { office, number: said.number, text: said.answer };
                act::answer(context, &record, mv, &levels).await
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => page.records(&[], |_, _| Vec::new()),
            Self::Show(_) => show(page),
            _ => page.written(),
        }
    }
}

fn show(page: &mut Page<'_>) {
    page.head();
    let mut rows = Vec::new();
    for addressee in list(&page.value["addressees"]) {
        let office = page.office(&addressee["office"]);
        let [signed, came] = page.both(&addressee["acknowledged"]);
        rows.push(vec![office, said(&addressee["acknowledged"]), signed, came]);
        for question in list(&addressee["questions"]) {
            rows.push(vec![
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                format!("{}. {}", text(&question["number"]), text(&question["asked"]["text"])),
                text(&question["answered"]["text"]),
            ]);
        }
    }
    page.line("");
    let heads = ["cli-office", "cli-acknowledged", "cli-signed", "cli-came", "cli-question", "cli-answer"];
    page.table(&heads, &rows);
    page.foot();
}
