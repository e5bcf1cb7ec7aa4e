//! `aside`: own entries that lost a fork, because two machines wrote as this office. Nobody else ever saw them.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::record::{self, Move};

use super::page::{Page, list, text, when};
use super::{Context, Output};
use crate::clock::unix_millis;
use crate::identity::keys;
use crate::office::{Intent, OfficeError};
use crate::store::journal::Aside;
use crate::words::failure::{ExitCode, Failure};
use truc_proto::record::kind_name;

/// What can be done with them.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// What was set aside, and what of it was issued anew.
    #[command(after_help = "Example: truc-node aside list")]
    List,
    /// Issues anew, in the name of the account that asks: one entry, or all that were not yet.
    #[command(after_help = "Example: truc-node aside reissue 17\n         truc-node aside reissue --all")]
    Reissue {
        /// Positions, as `list` shows them.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        positions: Vec<u64>,
        /// All that were not issued anew yet, in the order in which they were written.
        #[arg(long)]
        all: bool,
    },
}

impl Verb {
    pub(super) async fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let asides = context.office.read(|journal| journal.asides())?;
        match self {
            Self::List => Ok(json!({ "entries": asides.iter().map(line).collect::<Vec<_>>() })),
            Self::Reissue { positions, .. } => {
                let mut chosen = Vec::new();
                for position in positions {
                    let found = asides.iter().find(|aside| aside.position == *position);
                    let unknown =
                        || Failure::new(ExitCode::NotFound, "aside-unknown").with("position", *position);
                    chosen.push(found.filter(|aside| aside.again.is_none()).ok_or_else(unknown)?.clone());
                }
                if positions.is_empty() {
                    chosen.extend(asides.into_iter().filter(|aside| aside.again.is_none()));
                }
                let mut written = Vec::new();
                for aside in chosen {
                    written
                        .push(json!({ "aside": aside.position, "position": reissue(context, aside).await? }));
                }
                Ok(json!({ "entries": written }))
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let rows = list(&page.value["entries"]).iter();
        match self {
            Self::List => {
                let rows: Vec<Vec<String>> = rows
                    .map(|row| {
                        let cells = ["position", "author", "move", "brief", "again"];
                        let mut cells: Vec<String> = cells.iter().map(|cell| text(&row[*cell])).collect();
                        cells.insert(1, when(&row["time"]));
                        cells
                    })
                    .collect();
                if rows.is_empty() {
                    let line = page.word("cli-empty");
                    return page.line(&line);
                }
                page.table(
                    &["cli-position", "cli-time", "cli-author", "cli-move", "cli-brief", "cli-again"],
                    &rows,
                );
            }
            Self::Reissue { .. } => {
                let rows: Vec<Vec<String>> =
                    rows.map(|row| vec![text(&row["aside"]), text(&row["position"])]).collect();
                page.table(&["cli-position", "cli-again"], &rows);
            }
        }
    }
}

fn line(aside: &Aside) -> Value {
    let header = &aside.entry.header;
    let mv = record::of(&aside.entry).ok();
    json!({
        "position": aside.position,
        "place": header.place().to_string(),
        "hash": aside.entry.hash,
        "time": header.time.millis(),
        "author": header.author,
        "kind": kind_name(header.kind),
        "move": mv.as_ref().map_or("malformed", Move::name),
        "record": header.record,
        "brief": mv.as_ref().map(Move::brief).unwrap_or_default(),
        "again": aside.again,
    })
}

/// Issues an entry anew. The rules are checked again, because the registry may have changed since it was written.
async fn reissue(context: &Context<'_>, aside: Aside) -> Result<u64, Failure> {
    let author = context.author()?.to_owned();
    let draft = aside.draft(author.clone());
    let readable = record::of(&aside.entry).ok().filter(|mv| !matches!(mv, Move::Sealed { .. }));
    let mv = readable.ok_or_else(|| {
        Failure::new(ExitCode::NotAllowed, "aside-unreadable").with("position", aside.position)
    })?;
    let intent = Intent {
        urgency: draft.urgency,
        confidentiality: draft.confidentiality,
        attachments: draft.attachments,
        ..Intent::new(author.clone(), draft.record, mv, draft.audience)
    };
    context.office.permits(&intent).map_err(OfficeError::Refused)?;
    let key = context.office.identity().key.clone();
    let chance = keys::random::<16>()?;
    let writer = context.office.writer().map_err(OfficeError::from)?;
    let written =
        writer.write(move |journal| journal.reissue(&aside, author, &key, unix_millis(), chance)).await;
    Ok(written.map_err(OfficeError::from)?.0)
}
