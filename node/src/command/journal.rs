//! `log` and `show`: the raw journal; every entry is hashed again and its signature checked.

use clap::Args;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::record::{self, Move, kind_name};
use truc_proto::registry::Registry;

use super::page::{Page, list, text, when};
use super::{Context, Output, act, refer};
use crate::derive::vet;
use crate::store::journal::Stored;
use crate::words::failure::{ExitCode, Failure};

/// Entries read per chunk.
const PIECE: usize = 256;

/// Which entries the log shows.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Log {
    /// Only this office's entries; `own` for the own ledger.
    #[arg(long, value_name = "OFFICE")]
    pub office: Option<String>,
    /// Entries after this position, oldest first; default: the newest ones.
    #[arg(long, value_name = "POSITION")]
    pub after: Option<u64>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: usize,
}

/// Which entry.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// Position in this store, place (OFFICE/INCARNATION/SEQ as `log` prints it), or the beginning of its hash.
    pub entry: String,
}

impl Log {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let registry = context.office.registry();
        let ledger = match self.office.as_deref() {
            None => None,
            Some("own") => Some(context.office.id()),
            Some(text) => Some(refer::office(&registry, text, context.today())?),
        };
        let entries = context.office.read(|journal| {
            let positions = match ledger {
                Some(ledger) => journal.own_positions(ledger, self.after.unwrap_or(0), usize::MAX >> 1)?,
                None => {
                    let end = journal.end()?.position;
                    let from = self.after.unwrap_or(end.saturating_sub(self.last as u64));
                    (from + 1..=end.min(from.saturating_add(self.last as u64))).collect()
                }
            };
            let skip = if self.after.is_none() { positions.len().saturating_sub(self.last) } else { 0 };
            let mut rows = Vec::new();
            for position in positions.into_iter().skip(skip).take(self.last) {
                if let Some(stored) = journal.at_position(position)? {
                    let refused = journal.refused(position)?;
                    rows.push(line(&registry, context.office.id(), &stored, refused));
                }
            }
            Ok(rows)
        })?;
        Ok(json!({ "entries": entries }))
    }
}

/// An entry in one line. Of what another office wrote to itself, the header alone.
fn line(registry: &Registry, own: OfficeId, stored: &Stored, refused: Option<String>) -> Value {
    let header = &stored.entry.header;
    let mv = record::of(&stored.entry).ok();
    let told = mv.as_ref().filter(|_| !vet::inward(own, header));
    json!({
        "position": stored.position,
        "hub_position": stored.hub_position,
        "place": header.place().to_string(),
        "hash": stored.entry.hash,
        "office": header.ledger,
        "time": header.time.millis(),
        "author": header.author,
        "kind": kind_name(header.kind),
        "move": mv.as_ref().map_or("malformed", Move::name),
        "record": header.record,
        "brief": told.map(|mv| mv.brief()).unwrap_or_default(),
        "verified": verified(registry, &stored.entry),
        "refused": refused,
    })
}

/// Whether an entry is signed with a key that was issued to its author's office, even if revoked since.
fn verified(registry: &Registry, entry: &Entry) -> bool {
    let keys = registry.keys(entry.header.ledger);
    let issued = registry.office(entry.header.ledger).map(|office| office.credentials());
    batch::verify_any(entry, &keys).is_ok()
        || issued.is_some_and(|mut issued| issued.any(|credential| entry.verify(&credential.key).is_ok()))
}

impl Show {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let unknown = || Failure::new(ExitCode::NotFound, "entry-unknown").with("entry", &*self.entry);
        let position = self.position(context)?.ok_or_else(unknown)?;
        let stored = context.office.read(|journal| journal.at_position(position))?.ok_or_else(unknown)?;
        let refused = context.office.read(|journal| journal.refused(position))?;
        let own = context.office.id();
        let mut output = line(&context.office.registry(), own, &stored, refused);
        let header = &stored.entry.header;
        let hidden = vet::inward(own, header);
        let body = match record::of(&stored.entry) {
            _ if hidden => Value::Null,
            Ok(Move::Unknown { .. }) | Err(_) => Value::Null,
            Ok(mv) => format!("{mv:#?}").into(),
        };
        let audience: Vec<_> = header.audience.iter().map(|channel| channel.scope).collect();
        if let Value::Object(object) = &mut output {
            object.insert("previous".into(), json!(stored.entry.prev));
            object.insert("base".into(), json!(header.base));
            object.insert("seen".into(), json!(header.seen.map(|seen| seen.position)));
            object.insert("audience".into(), json!(audience));
            object.insert("urgency".into(), json!(header.urgency as i32));
            object.insert("confidentiality".into(), json!(header.confidentiality as i32));
            object.insert("bytes".into(), json!(stored.entry.content.len()));
            object
                .insert("attachments".into(), act::files(context, Some(&stored.entry).filter(|_| !hidden))?);
            object.insert("body".into(), body);
        }
        Ok(output)
    }

    fn position(&self, context: &Context<'_>) -> Result<Option<u64>, Failure> {
        let text = self.entry.trim();
        // Text shorter than 8 characters that is a number is a position; longer text is first looked up as the
        // beginning of a hash.
        if text.len() < 8
            && let Ok(position) = text.parse()
        {
            return Ok(Some(position));
        }
        let found = context.office.read(|journal| {
            let end = journal.end()?.position;
            let mut after = 0;
            while after < end {
                let piece = journal.after(after, PIECE)?;
                let Some(last) = piece.last() else { break };
                after = last.position;
                let hit = piece.iter().find(|stored| {
                    stored.entry.header.place().to_string() == text
                        || text.len() >= 6 && stored.entry.hash.to_string().starts_with(text)
                });
                if let Some(hit) = hit {
                    return Ok(Some(hit.position));
                }
            }
            Ok(None)
        })?;
        Ok(found.or_else(|| text.parse().ok()))
    }
}

/// Renders the log for people.
pub(super) fn render_log(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = list(&page.value["entries"])
        .iter()
        .map(|entry| {
            vec![
                text(&entry["position"]),
                text(&entry["hash"]).chars().take(8).collect(),
                when(&entry["time"]),
                page.office(&entry["office"]),
                text(&entry["author"]),
                format!("{} {}", text(&entry["kind"]), text(&entry["move"])),
                text(&entry["brief"]),
                page.word(if entry["verified"] == true { "cli-yes" } else { "cli-no" }),
                text(&entry["refused"]),
            ]
        })
        .collect();
    let heads = [
        "cli-position",
        "cli-hash",
        "cli-time",
        "cli-office",
        "cli-author",
        "cli-move",
        "cli-brief",
        "cli-verified",
        "cli-refused",
    ];
    page.table(&heads, &rows);
}

/// Renders one entry for people.
pub(super) fn render_entry(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-position", text(&value["position"]));
    page.field("cli-hub-position", text(&value["hub_position"]));
    page.field("cli-place", text(&value["place"]));
    page.field("cli-hash", text(&value["hash"]));
    page.field("cli-previous", text(&value["previous"]));
    page.field("cli-office", page.office(&value["office"]));
    page.field("cli-time", when(&value["time"]));
    page.field("cli-author", text(&value["author"]));
    page.field("cli-move", format!("{} {}", text(&value["kind"]), text(&value["move"])));
    page.field("cli-record", text(&value["record"]));
    page.field("cli-audience", page.scopes(&value["audience"]));
    page.field("cli-verified", page.word(if value["verified"] == true { "cli-yes" } else { "cli-no" }));
    page.field("cli-refused", text(&value["refused"]));
    let files: Vec<Vec<String>> = list(&value["attachments"])
        .iter()
        .map(|file| vec![text(&file["name"]), text(&file["size"]), text(&file["hash"])])
        .collect();
    page.table(&["cli-file", "cli-size", "cli-hash"], &files);
    page.line("");
    let body = text(&value["body"]);
    page.line(&body);
}

/// Result of a counting query, such as the number of refused entries in `status`.
pub(super) fn count(conn: &Connection, sql: &str) -> crate::derive::views::Result<u64> {
    Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64)
}

#[cfg(test)]
mod tests {
    use truc_proto::record::{Act as _, kind_name};

    use super::*;

    #[test]
    fn kinds_have_their_names() {
        assert_eq!(kind_name(record::registry::Move::KIND), "registry");
        assert_eq!(kind_name(record::directive::Move::KIND), "directive");
        assert_eq!(kind_name(99), "unknown");
    }
}
