//! Programmes on the command line.

use std::fs::File;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use truc_proto::id::OfficeId;
use truc_proto::paper::DocumentType;
use truc_proto::record::programme::{Carried, Dropped, Issued, Item, Move};
use truc_proto::record::{Act as _, State};

use super::act::{self, ListArgs, Which};
use super::failures::move_key;
use super::page::{Page, list, said, text};
use super::paper::{self, Levels, PaperArgs, Part, SendArgs, part};
use super::{Context, Output, listed, refer};
use crate::derive::views::kinds::{Record, Shown, programme as views};
use crate::words::failure::{ExitCode, Failure};

part! {
    /// An item as given.
    ItemArg, "ID|CONTENT|LEAD|DUE|PRODUCT|COORDINATING|STARTS|PLACE|PREPARER", 3, {
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
        /// Who prepares it, in words; empty: not said.
        preparer,
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
                            --item 'CT27-01|Sơ kết quý I|40|2027-04-20' --drop CT27-02 --reason 'đã gộp'")]
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
    /// The owner: nothing more is to come. Each open item is dropped with a reason, or carried on by another programme.
    #[command(
        after_help = "Example: truc-node programme close 02-CTr/TU --drop CT26-03 --reason 'đã giao Sở' \
                      --carry 01-CTr/TU"
    )]
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
    /// A programme of this office whose open items this one carries on; an item given with the same id replaces its own.
    #[arg(long, value_name = "PROGRAMME")]
    pub carry: Option<String>,
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
    /// Further addressees, beside those that it has: an office, or subtree:OFFICE.
    #[arg(long, value_name = "OFFICE", value_delimiter = ',')]
    pub to: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub drops: Drops,
    /// The version that is adjusted; refused if another is in force by then. Default: the one in force.
    #[arg(long, value_name = "VERSION")]
    pub of: Option<u32>,
}

/// Open items that end without a result.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Drops {
    /// An open item that ends without a result; may be given more than once.
    #[arg(long, value_name = "ITEM", requires = "reason")]
    pub drop: Vec<String>,
    /// Why: once for all, or once for each --drop in the same order.
    #[arg(long, requires = "drop")]
    pub reason: Vec<String>,
}

/// Period and items.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Content {
    /// What it plans for: KIND:FROM:TO, for example year:2026-01-01:2026-12-31.
    #[arg(long)]
    pub period: Option<String>,
    /// An item: `ID|CONTENT|LEAD|DUE|PRODUCT|COORDINATING|STARTS|PLACE|PREPARER`; may be given more than once.
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
    pub drops: Drops,
    /// The programme of this office that carries on all other open items.
    #[arg(long, value_name = "PROGRAMME")]
    pub carry: Option<String>,
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
                let mut items = create.content.items(context)?;
                if let Some(before) = &create.carry {
                    carry_on(context, before, &mut items)?;
                }
                let period = paper::period(create.content.period.as_deref())?;
                // A calendar of the week is no paper of a register: a number is given to it only if somebody types one.
                create.paper.no_number |= create.paper.number.is_none()
                    && period.as_ref().is_some_and(|period| period.kind == "week");
                let (paper, numbering) = create.paper.paper(context, DocumentType::Programme, None)?;
                let issued = Issued { paper, period, items, version: 1, dropped: Vec::new() };
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
                let office = lead(&record, &said.item)?;
                let mv =
                    Move::Confirmed { item: said.item, office, accepted: !said.not_done, note: said.note };
                act::answer(context, &record, mv, &none).await
            }
            Self::Close(said) => {
                let record = act::find(context, Move::KIND, &said.which)?;
                let carried =
                    said.carry.as_deref().map(|next| refer::record(context, Move::KIND, next)).transpose()?;
                let carried = carried.map(|row| row.id);
                let dropped = said.drops.read()?;
                act::answer(context, &record, Move::Closed { note: said.note, dropped, carried }, &none).await
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

/// The lead of an item.
fn lead(record: &Record, item: &str) -> Result<OfficeId, Failure> {
    let Shown::Programme(shown) = &record.shown else { return Err(paper::wrong(item)) };
    let found = shown.items.iter().find(|shown| shown.item.id == item);
    found.map(|shown| shown.item.lead).ok_or_else(|| paper::wrong(item))
}

impl Content {
    fn items(&self, context: &Context<'_>) -> Result<Vec<Item>, Failure> {
        let read = |part: &Part<ItemArg>| {
            let ItemArg { id, content, lead, due, product, coordinating, starts, place, preparer } =
                part.read()?;
            if !starts.is_empty() {
                truc_proto::date::rfc3339_millis(&starts).map_err(|_| paper::wrong(&starts))?;
            }
            let lead = paper::office(context, &lead)?;
            let coordinating = paper::offices(context, &coordinating)?;
            Ok(Item { id, content, lead, coordinating, due, product, preparer, starts, place, carries: None })
        };
        self.items.iter().map(read).collect()
    }
}

/// Takes over the open items of an own programme.
fn carry_on(context: &Context<'_>, before: &str, items: &mut Vec<Item>) -> Result<(), Failure> {
    let which = Which { record: before.to_owned() };
    let record = act::find(context, Move::KIND, &which)?;
    let Shown::Programme(shown) = &record.shown else { return Err(paper::wrong(before)) };
    if record.row.owner != context.office.id() {
        return Err(paper::wrong(before));
    }
    for open in shown.items.iter().filter(|item| item.is_open()) {
        let carries = Some(Carried { record: record.row.id, item: open.item.id.clone() });
        match items.iter_mut().find(|item| item.id == open.item.id) {
            Some(item) => item.carries = carries,
            None => items.push(Item { carries, ..open.item.clone() }),
        }
    }
    Ok(())
}

impl Drops {
    fn read(&self) -> Result<Vec<Dropped>, Failure> {
        let reason = |at: usize| match self.reason.as_slice() {
            [one] => Some(one),
            each if each.len() == self.drop.len() => each.get(at),
            _ => None,
        };
        let one = |(at, item): (usize, &String)| {
            let reason = reason(at).filter(|reason| !reason.trim().is_empty());
            let reason = reason.ok_or_else(|| paper::wrong(&self.reason.join(", ")))?;
            Ok(Dropped { item: item.clone(), reason: reason.clone() })
        };
        self.drop.iter().enumerate().map(one).collect()
    }
}

impl Adjust {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = act::find(context, Move::KIND, &self.which)?;
        act::allowed(context, &record, "issued")?;
        let own = act::own_strand(context, &record.row)?;
        let Some(State::Programme(strand)) = own else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "issued"));
        };
        let Some(before) = strand.owner.map(|owner| owner.issued) else {
            return Err(Failure::new(ExitCode::NotAllowed, "move-none").with("move", "issued"));
        };
        // Whoever looked at another version has not accounted for the items of this one.
        if self.of.is_some_and(|of| of != before.version) {
            let failure = Failure::new(ExitCode::NotAllowed, "move-no-effect");
            return Err(failure.with("move", move_key(Move::KIND, "issued")).with("reason", "version-taken"));
        }
        let mut items = self.content.items(context)?;
        for item in &mut items {
            // What it carries on it carries on in each version.
            let same = before.items.iter().find(|before| before.id == item.id);
            item.carries = same.and_then(|before| before.carries.clone());
        }
        let period = paper::period(self.content.period.as_deref())?.or(before.period);
        let (paper, numbering) = self.paper.paper(context, DocumentType::Programme, Some(&before.paper))?;
        let mut dropped = self.drops.read()?;
        for item in before.items.iter().map(|item| &item.id) {
            let kept = items.iter().any(|new| new.id == *item);
            if !kept && !dropped.iter().any(|dropped| dropped.item == *item) {
                // Whether it was done, and needs no reason, is asked where it is written.
                dropped.push(Dropped { item: item.clone(), reason: String::new() });
            }
        }
        let issued = Issued { paper, period, items, version: before.version + 1, dropped };
        let more = refer::scopes(&context.office.registry(), &self.to, context.today())?;
        let mut record = record;
        let new: Vec<_> = more.into_iter().filter(|scope| !record.row.audience.contains(scope)).collect();
        record.row.audience.extend(new);
        let mv = Move::Issued(issued);
        act::answer_numbered(context, &record, mv, &self.levels, numbering).await
    }
}

/// The deadline of an item, with those that it had before.
fn dues(item: &Value) -> String {
    let earlier = list(&item["earlier"]).iter().map(text);
    earlier.chain([text(&item["due"])]).collect::<Vec<_>>().join(" → ")
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
                dues(item),
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
    let dropped: Vec<Vec<String>> = list(&value["dropped"])
        .iter()
        .map(|gone| {
            let item = &gone["item"];
            vec![text(&item["id"]), text(&item["content"]), page.office(&item["lead"]), text(&gone["reason"])]
        })
        .collect();
    if !dropped.is_empty() {
        page.line("");
        page.table(&["cli-dropped", "cli-content", "cli-lead", "cli-reason"], &dropped);
    }
    page.foot();
}
