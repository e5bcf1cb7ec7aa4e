//! `refill`: what a hub that went back has received again and what it lacks. `evidence`: the entries kept aside.

use clap::Args;
use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::page::{Page, list, text, when};
use truc_node::command::{Context, refer};
use truc_node::words::failure::Failure;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::record::{self, Move};

use crate::hub::Hub;

/// Options of `evidence`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Evidence {
    /// Code or id; all if none is given.
    pub office: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: usize,
    /// With `--json`: also all that proves them and what stands at their places: contents, signatures, keys.
    #[arg(long)]
    pub full: bool,
}

/// How far the refill is of a hub that was restored or rebuilt: how many offices have called, which have not, and which
/// entries are still known to be missing.
pub fn refill(hub: &Hub) -> Result<Value, Failure> {
    let registry = hub.office.registry();
    let missing = hub.office.read(|journal| journal.missing())?;
    let missing: Vec<Value> = missing
        .iter()
        .map(|missing| json!({ "office": missing.ledger, "from": missing.from, "to": missing.to }))
        .collect();
    let state = hub.refill.state();
    let waiting = state.as_ref().map(|state| state.waiting(&registry)).unwrap_or_default();
    let called = state.as_ref().map_or(0, |state| state.called.len());
    Ok(json!({
        "since": state.as_ref().map(|state| state.since),
        "taken": state.as_ref().map(|state| state.taken),
        "from": state.as_ref().map(|state| state.from),
        "called": called,
        "waiting": waiting,
        "missing": missing,
        "done": waiting.is_empty() && missing.is_empty(),
    }))
}

impl Evidence {
    pub(super) fn execute(&self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let registry = hub.office.registry();
        let ledger = self.office.as_deref().map(|office| refer::office(&registry, office, context.today()));
        let ledger = ledger.transpose()?;
        let entries = hub.office.read(|journal| {
            let held = journal.evidence(ledger, self.last)?;
            held.into_iter()
                .map(|entry| {
                    let header = &entry.header;
                    let stands = journal.hash_at(header.ledger, header.seat)?;
                    let mv = record::of(&entry).ok();
                    let keys = registry.keys(header.ledger);
                    let mut shown = json!({
                        "office": header.ledger, "place": header.place().to_string(), "hash": entry.hash,
                        "instead": stands.map(|(hash, _)| hash), "time": header.time.millis(),
                        "author": header.author, "record": header.record,
                        "move": mv.as_ref().map_or("malformed", Move::name),
                        "brief": mv.as_ref().map(Move::brief).unwrap_or_default(),
                        "verified": batch::verify_any(&entry, &keys).is_ok(),
                    });
                    if self.full {
                        let stands = stands.map(|(_, position)| journal.at_position(position)).transpose()?;
                        let stands = stands.flatten().map(|stored| proof(&stored.entry, &keys));
                        shown["held"] = proof(&entry, &keys);
                        shown["stands"] = json!(stands);
                    }
                    Ok(shown)
                })
                .collect::<Result<Vec<Value>, _>>()
        })?;
        Ok(json!({ "entries": entries }))
    }
}

/// What proves an entry to third parties, in hexadecimal. `key`: the office's key that signed it, or null.
fn proof(entry: &Entry, keys: &[VerifyingKey]) -> Value {
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    let key = keys.iter().find(|key| entry.verify(key).is_ok());
    json!({
        "prev": entry.prev, "hash": entry.hash, "signature": hex(&entry.signature),
        "key": key.map(|key| hex(key.as_bytes())), "content": hex(&entry.content),
    })
}

/// Prints the outcome of `refill` for people.
pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    if value["since"].is_null() {
        let line = page.word("refill-none");
        return page.line(&line);
    }
    page.field("cli-since", when(&value["since"]));
    page.field("cli-backup-taken", when(&value["taken"]));
    page.field("cli-called", text(&value["called"]));
    page.field("cli-not-called", list(&value["waiting"]).len().to_string());
    for office in list(&value["waiting"]) {
        let name = page.office(office);
        page.line(&format!("  {name}"));
    }
    let rows: Vec<Vec<String>> = list(&value["missing"])
        .iter()
        .map(|row| vec![page.office(&row["office"]), format!("{}–{}", text(&row["from"]), text(&row["to"]))])
        .collect();
    if !rows.is_empty() {
        page.table(&["cli-office", "cli-lacking"], &rows);
    } else if value["done"] == true {
        let line = page.word("refill-done");
        page.line(&line);
    }
}

/// Prints the outcome of `evidence` for people.
pub(super) fn render_evidence(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = list(&page.value["entries"])
        .iter()
        .map(|row| {
            vec![
                page.office(&row["office"]),
                text(&row["place"]),
                text(&row["hash"]).chars().take(8).collect(),
                text(&row["instead"]).chars().take(8).collect(),
                when(&row["time"]),
                text(&row["author"]),
                text(&row["brief"]),
                page.word(if row["verified"] == true { "cli-yes" } else { "cli-no" }),
            ]
        })
        .collect();
    if rows.is_empty() {
        let line = page.word("cli-empty");
        return page.line(&line);
    }
    let heads = [
        "cli-office",
        "cli-place",
        "cli-hash",
        "cli-instead",
        "cli-time",
        "cli-author",
        "cli-brief",
        "cli-verified",
    ];
    page.table(&heads, &rows);
}
