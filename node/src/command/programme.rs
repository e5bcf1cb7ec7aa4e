//! Programmes on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use truc_proto::paper::DocumentType;
use truc_proto::record::programme::{Issued, Item, Move};
use truc_proto::record::{Act as _, State};

use super::act::{self, ListArgs, Which};
use super::page::{Page, list, said, text};
use super::paper::{self, Levels, PaperArgs, Part, SendArgs, part};
use super::{Context, Output, listed};
use crate::derive::views::kinds::programme as views;
use crate::words::failure::{ExitCode, Failure};

part! {
    /// An item as given.
    ItemArg, "ID|CONTENT|LEAD|DUE|PRODUCT|COORDINATING|STARTS|PLACE", 3, {
        /// Its name within the programme.
        id,
        /// What is to be done.
        content,
        /// Who leads.
        lead,
        /// Deadline; empty: none.
        due,
        /// Expected product; empty: none.
        product,
        /// Who else works on it, separated by commas.
        coordinating,
        /// When it begins, RFC 3339; empty: no hour.
        starts,
        /// Where; empty: not said.
        place,
    }
}

/// What can be done with programmes.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Issue a programme with its items.
    #[command(
        after_help = "Example: truc-node programme create --title 'Chương trình năm 2026' --to subtree:40 \
                            --period year:2027-01-01:2027-12-31 --item 'CT27-01|Sơ kết quý I|40|2027-04-10'"
    )]
    Create(Box<Create>),
    /// Issue a new version; it replaces the one in force whole.
    #[command(after_help = "Example: truc-node programme adjust 02-CTr/TU --title 'Chương trình năm 2026' \
                            --item 'CT27-01|Sơ kết quý I|40|2027-04-20'")]
    Adjust(Box<Adjust>),
    /// List programmes, newest first.
    #[command(after_help = "Example: truc-node programme list")]
    List(ListArgs),
    /// Show one with its items and how they stand.
    #[command(after_help = "Example: truc-node programme show 02-CTr/TU")]
    Show(Which),
    /// The lead of an item: how far it is.
    #[command(after_help = "Example: truc-node programme progress 02-CTr/TU CT26-01 100")]
    Progress(Progress),
    /// The owner: an item is done, or is not.
    #[command(after_help = "Example: truc-node programme confirm 02-CTr/TU CT26-01")]
    Confirm(Confirm),
    /// The owner: nothing more is to come.
    #[command(after_help = "Example: truc-node programme close 02-CTr/TU")]
    Close(Close),
}

/// A new programme.
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
pub struct Adjust {
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

/// Period and items.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Content {
    /// What it plans for: KIND:FROM:TO, for example year:2026-01-01:2026-12-31.
    #[arg(long)]
    pub period: Option<String>,
    /// An item: `ID|CONTENT|LEAD|DUE|PRODUCT|COORDINATING|STARTS|PLACE`; may be given more than once.
    #[arg(long = "item", value_name = "ITEM")]
    pub items: Vec<Part<ItemArg>>,
}

/// Progress of an item.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Progress {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// The item's id.
    pub item: String,
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

/// The owner's word on an item.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Confirm {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub which: Which,
    /// The item's id.
    pub item: String,
    /// It is not done.
    #[arg(long)]
    pub not_done: bool,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// The end.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Close {
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
            Self::Adjust(adjust) => {
                adjust.paper.prepare()?;
                act::prepare_files(&mut adjust.levels, opened)
            }
            Self::Progress(said) => act::prepare_files(&mut said.levels, opened),
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let none = Levels::default();
        match self {
            Self::Create(mut create) => {
                let items = create.content.items(context)?;
                let period = paper::period(create.content.period.as_deref())?;
                // A calendar of the week is no paper of a register: a number is given to it only if somebody types one.
                create.paper.no_number |= create.paper.number.is_none()
                    && period.as_ref().is_some_and(|period| period.kind == "week");
                let (paper, numbering) = create.paper.paper(context, DocumentType::Programme, None)?;
                let issued = Issued { paper, period, items, version: 1 };
                act::open(context, &create.send, Move::Issued(issued), numbering).await
            }
            Self::Adjust(adjust) => adjust.execute(context).await,
            Self::List(args) => {
                let filter = args.filter(context)?;
                listed(context.office.view(|conn| views::list(conn, &filter))?, args.last)
            }
            Self::Show(which) => act::show(context, Move::KIND, &which),
            Self::Progress(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let mv = Move::Progress { item: said.item, percent: said.percent, note: said.note };
                act::answer(context, &record, mv, &said.levels).await
            }
            Self::Confirm(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let mv = Move::Confirmed { item: said.item, accepted: !said.not_done, note: said.note };
                act::answer(context, &record, mv, &none).await
            }
            Self::Close(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                act::answer(context, &record, Move::Closed { note: said.note }, &none).await
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => page.records(&["cli-items", "cli-version"], |_, record| {
                vec![text(&record["items"]), text(&record["version"])]
            }),
            Self::Show(_) => show(page),
            _ => page.written(),
        }
    }
}

impl Content {
    fn items(&self, context: &Context<'_>) -> Result<Vec<Item>, Failure> {
        let read = |part: &Part<ItemArg>| {
            let ItemArg { id, content, lead, due, product, coordinating, starts, place } = part.read()?;
            if !starts.is_empty() {
                truc_proto::date::rfc3339_millis(&starts).map_err(|_| paper::wrong(&starts))?;
            }
            let lead = paper::office(context, &lead)?;
            let coordinating = paper::offices(context, &coordinating)?;
            Ok(Item { id, content, lead, coordinating, due, product, preparer: String::new(), starts, place })
        };
        self.items.iter().map(read).collect()
    }
}

impl Adjust {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        act::allowed(&record, "issued")?;
        let own = act::own_strand(context, &record.row)?;
        let Some(State::Programme(strand)) = own else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "issued"));
        };
        let Some(before) = strand.owner.map(|owner| owner.issued) else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "issued"));
        };
        let items = self.content.items(context)?;
        let period = paper::period(self.content.period.as_deref())?.or(before.period);
        let (paper, numbering) = self.paper.paper(context, DocumentType::Programme, Some(&before.paper))?;
        let issued = Issued { paper, period, items, version: before.version + 1 };
        let mv = Move::Issued(issued);
        act::answer_numbered(context, &record, mv, &self.levels, numbering).await
    }
}

fn show(page: &mut Page<'_>) {
    page.head();
    let value = page.value;
    page.field("cli-period", super::report::period(&value["period"]));
    page.field("cli-version", text(&value["version"]));
    page.field("cli-closed", said(&value["closed"]));
    let items: Vec<Vec<String>> = list(&value["items"])
        .iter()
        .map(|item| {
            let percent = text(&item["progress"]["percent"]);
            let [signed, came] = page.both(&item["done"]);
            vec![
                text(&item["id"]),
                text(&item["content"]),
                page.office(&item["lead"]),
                text(&item["due"]),
                if percent.is_empty() { percent } else { format!("{percent} %") },
                page.duty(&item["status"]),
                signed,
                came,
                page.verdict(&item["confirmed"], "cli-done", "cli-not-done"),
            ]
        })
        .collect();
    page.line("");
    let heads = [
        "cli-item",
        "cli-content",
        "cli-lead",
        "cli-due",
        "cli-percent",
        "cli-status",
        "cli-signed",
        "cli-came",
        "cli-confirmed",
    ];
    page.table(&heads, &items);
    page.foot();
}
