//! Reports on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use truc_proto::paper::DocumentType;
use truc_proto::record::report::{Indicator, Move, Submitted};
use truc_proto::record::{Act as _, State};

use super::act::{self, ListArgs, Which};
use super::page::{Page, list, text};
use super::paper::{self, Levels, PaperArgs, Part, SendArgs, part};
use super::{Context, Output, listed};
use crate::derive::views::kinds::report as views;
use crate::words::failure::{ExitCode, Failure};

part! {
    /// A figure as given.
    IndicatorArg, "ID|LABEL|UNIT|VALUE|NOTE", 2, {
        /// Its name in the form.
        id,
        /// What it counts.
        label,
        /// In what.
        unit,
        /// The figure; empty: no data.
        value,
        /// Why there is no data, or why it jumps.
        note,
    }
}

/// What can be done with reports.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Submit a report to an office above.
    #[command(
        visible_alias = "submit",
        after_help = "Example: truc-node report create --title 'Báo cáo tháng 10' --to 40 --form VP-T/2026 \
                      --period month:2026-10-01:2026-10-31 --indicator 'A01|Văn bản đến|văn bản|412'"
    )]
    Create(Box<Create>),
    /// Submit a new version in place of the newest; it replaces it whole.
    #[command(after_help = "Example: truc-node report resubmit 12-BC/ĐU --title 'Báo cáo tháng 10' \
                            --indicator 'A01|Văn bản đến|văn bản|421'")]
    Resubmit(Box<Resubmit>),
    /// List reports, newest first.
    #[command(after_help = "Example: truc-node report list --owner 16732")]
    List(ListArgs),
    /// Show one with its figures.
    #[command(after_help = "Example: truc-node report show 12-BC/ĐU")]
    Show(Which),
    /// An office that it was submitted to accepts the newest version.
    #[command(after_help = "Example: truc-node report accept 12-BC/ĐU")]
    Accept(Judge),
    /// An office that it was submitted to returns the newest version for correction.
    #[command(after_help = "Example: truc-node report return 12-BC/ĐU --note 'thiếu A07'")]
    Return(Judge),
}

/// A new report.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub send: SendArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub content: Content,
}

/// A new version.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Resubmit {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub paper: PaperArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub content: Content,
}

/// Form, period, figures.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Content {
    /// Code of the form.
    #[arg(long, default_value = "")]
    pub form: String,
    /// What it covers: KIND:FROM:TO, for example month:2026-10-01:2026-10-31.
    #[arg(long)]
    pub period: Option<String>,
    /// A figure: `ID|LABEL|UNIT|VALUE|NOTE`; an empty value is "no data", not zero. May be given more than once.
    #[arg(long = "indicator", value_name = "INDICATOR")]
    pub indicators: Vec<Part<IndicatorArg>>,
}

/// A judgement.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Judge {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
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
            Self::Resubmit(again) => {
                again.paper.prepare()?;
                act::prepare_files(&mut again.levels, opened)
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        match self {
            Self::Create(create) => {
                let indicators = create.content.indicators()?;
                let period = paper::period(create.content.period.as_deref())?;
                let (paper, numbering) = create.paper.paper(context, DocumentType::Report, None)?;
                let form = create.content.form;
                let submitted = Submitted { paper, form, period, indicators, version: 1 };
                act::open(context, &create.send, Move::Submitted(submitted), numbering).await
            }
            Self::Resubmit(again) => again.execute(context).await,
            Self::List(args) => {
                let filter = args.filter(context)?;
                listed(context.office.view(|conn| views::list(conn, &filter))?, args.last)
            }
            Self::Show(which) => act::show(context, Move::KIND, &which),
            Self::Accept(judge) => judge.execute(context, true).await,
            Self::Return(judge) => judge.execute(context, false).await,
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => page.records(&["cli-form", "cli-version"], |_, record| {
                vec![text(&record["form"]), text(&record["version"])]
            }),
            Self::Show(_) => show(page),
            _ => page.written(),
        }
    }
}

impl Content {
    fn indicators(&self) -> Result<Vec<Indicator>, Failure> {
        let read = |part: &Part<IndicatorArg>| {
            let IndicatorArg { id, label, unit, value, note } = part.read()?;
            let value = match value.as_str() {
                "" => None,
                figure => Some(figure.parse().map_err(|_| paper::wrong(figure))?),
            };
            Ok(Indicator { id, label, unit, value, note })
        };
        self.indicators.iter().map(read).collect()
    }
}

impl Resubmit {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        act::allowed(context, &record, "submitted")?;
        let Some(State::Report(strand)) = act::own_strand(context, &record.row)? else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "submitted"));
        };
        let indicators = self.content.indicators()?;
        let Some(before) = strand.owner.map(|owner| owner.submitted) else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "submitted"));
        };
        let period = paper::period(self.content.period.as_deref())?.or(before.period);
        let form = Some(self.content.form).filter(|form| !form.is_empty()).unwrap_or(before.form);
        let (paper, numbering) = self.paper.paper(context, DocumentType::Report, Some(&before.paper))?;
        let submitted = Submitted { paper, form, period, indicators, version: before.version + 1 };
        let mv = Move::Submitted(submitted);
        act::answer_numbered(context, &record, mv, &self.levels, numbering).await
    }
}

impl Judge {
    async fn execute(self, context: &Context<'_>, accepted: bool) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        let version = match &record.shown {
            crate::derive::views::kinds::Shown::Report(shown) => shown.version,
            _ => 0,
        };
        let mv = Move::Judged { version, accepted, note: self.note };
        act::answer(context, &record, mv, &Levels::default()).await
    }
}

fn show(page: &mut Page<'_>) {
    page.head();
    let value = page.value;
    page.field("cli-form", text(&value["form"]));
    page.field("cli-period", period(&value["period"]));
    page.field("cli-version", text(&value["version"]));
    let status = text(&value["status"]);
    page.field("cli-status", page.word(&format!("cli-report-{status}")));
    let figures: Vec<Vec<String>> = list(&value["indicators"])
        .iter()
        .map(|indicator| {
            let figure =
                serde_json::from_value::<truc_proto::record::report::Decimal>(indicator["value"].clone());
            vec![
                text(&indicator["id"]),
                text(&indicator["label"]),
                figure.map_or_else(|_| page.word("rep-no-data"), |figure| figure.to_string()),
                text(&indicator["unit"]),
                text(&indicator["note"]),
            ]
        })
        .collect();
    page.line("");
    page.table(&["cli-id", "cli-indicator", "cli-value", "cli-unit", "cli-note"], &figures);
    let judged = value["judged"].as_object().into_iter().flatten();
    let judged: Vec<Vec<String>> = judged
        .map(|(office, verdict)| {
            let verdict = page.verdict(verdict, "rep-accepted", "rep-returned");
            vec![page.office(&office.as_str().into()), verdict]
        })
        .collect();
    page.table(&["cli-office", "cli-status"], &judged);
    page.foot();
}

/// A period in words.
pub(super) fn period(period: &serde_json::Value) -> String {
    let (from, to) = (text(&period["from"]), text(&period["to"]));
    if from.is_empty() { from } else { format!("{from} – {to}") }
}
