//! The proof of a road: which entries of the office's ledger led to a paper, and whether their hashes come to the one that
//! the paper bears. Whoever holds the ledger checks the rest: that these entries stand where they say, before the paper, and
//! who signed them.

use serde_json::json;
use truc_proto::id::{Hash, Seat};
use truc_proto::record;
use truc_proto::record::draft::{KIND, road};

use super::super::page::{Page, list, text};
use super::super::{Context, Output};
use super::draft_of;
use super::issue::issued;
use super::told::seen;
use crate::derive::views::read::{self, Filter};
use crate::derive::views::story;
use crate::words::failure::{ExitCode, Failure};

/// The entries, the hash that they come to, and the one that the paper bears. Fails if they differ.
pub(super) fn proof(context: &Context<'_>, asked: &str) -> Result<Output, Failure> {
    let record = draft_of(context, asked)?;
    let draft = seen(context, record)?.draft;
    let (number, date, paper) = issued(&draft)?;
    let told = context.look(|views, look| story::of_own(views, look.me, record, KIND.number))?;
    let mut entries: Vec<(Seat, Hash)> = Vec::new();
    let mut shown = Vec::new();
    for row in told.iter().take_while(|row| row.mv != "issue" || row.outcome != "applied") {
        let stored = context.office.read(|journal| journal.at_position(row.position))?;
        let lost = || Failure::new(ExitCode::Store, "store-entry-damaged").with("position", row.position);
        let entry = stored.ok_or_else(lost)?.entry;
        entries.push((entry.header.seat, entry.hash));
        shown.push(json!({
            "place": entry.header.place().to_string(),
            "hash": entry.hash.to_string(),
            "move": row.mv,
            "by": row.author,
            "time": row.time,
        }));
    }
    let found = road(&entries);
    let row = context.office.view(|views| read::list(views, &Filter::id(paper)))?.into_iter().next();
    let position = row.map(|row| row.position);
    let stored = match position {
        Some(position) => context.office.read(|journal| journal.at_position(position))?,
        None => None,
    };
    let mv = stored.and_then(|stored| record::of(&stored.entry).ok());
    let borne = mv.as_ref().and_then(|mv| mv.paper()).and_then(|paper| paper.road);
    if borne != Some(found) {
        return Err(Failure::new(ExitCode::Unexpected, "draft-road-differs").with("number", number));
    }
    Ok(json!({
        "draft": record.to_string(),
        "paper": paper.to_string(),
        "number": number,
        "date": date.to_string(),
        "version_hash": draft.hash().to_string(),
        "entries": shown,
        "road": found.to_string(),
    }))
}

pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-number", text(&value["number"]));
    page.field("draft-road-hash", text(&value["road"]));
    page.field("draft-version-hash", text(&value["version_hash"]));
    let rows: Vec<Vec<String>> = list(&value["entries"])
        .iter()
        .map(|entry| {
            let word = page.word(&format!("mv-draft-{}", text(&entry["move"])));
            let hash = text(&entry["hash"]);
            vec![
                text(&entry["place"]),
                super::super::page::when(&entry["time"]),
                text(&entry["by"]),
                word,
                hash,
            ]
        })
        .collect();
    page.table(&["cli-place", "cli-time", "cli-author", "cli-move", "cli-hash"], &rows);
}
