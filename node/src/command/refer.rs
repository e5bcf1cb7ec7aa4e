//! References to offices and records, and addresses of the hub, as people type them.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use truc_proto::audience::Scope;
use truc_proto::code::{BadAddress, reachable};
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::identifier;
use truc_proto::registry::Registry;
use uuid::Uuid;

use super::Context;
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::words::failure::{ExitCode, Failure};

/// Prefix of a code that means the office and all below it.
pub const SUBTREE: &str = "subtree:";
/// Word for the hub's own office.
pub const HUB: &str = "hub";
/// Number of candidates named in the failure for an ambiguous reference.
const NAMED: usize = 5;

/// The office that a code (as of that day), a UUID, or `hub` means.
pub fn office(registry: &Registry, text: &str, date: Date) -> Result<OfficeId, Failure> {
    let typed = text;
    let text = &*identifier::code(text).unwrap_or_else(|_| identifier::plain(text));
    if text == HUB {
        return Ok(registry.hub());
    }
    let by_id = text.parse().ok().filter(|id| registry.office(*id).is_some());
    by_id
        .or_else(|| registry.by_code(text, date))
        .ok_or_else(|| Failure::new(ExitCode::NotFound, "office-unknown").with("office", typed))
}

/// Checks an address at which others are to reach the hub.
pub fn address(text: &str) -> Result<(), Failure> {
    let key = match reachable(text) {
        Ok(()) => return Ok(()),
        Err(BadAddress::Form) => "address-form",
        Err(BadAddress::Letters) => "address-letters",
        Err(BadAddress::Figures) => "address-figures",
        Err(BadAddress::Unspecified) => "address-unspecified",
    };
    Err(Failure::new(ExitCode::Input, key).with("address", text))
}

/// The scope that an office, or `subtree:` and an office, means.
pub fn scope(registry: &Registry, text: &str, date: Date) -> Result<Scope, Failure> {
    Ok(match text.trim().strip_prefix(SUBTREE) {
        Some(root) => Scope::subtree(office(registry, root, date)?),
        None => Scope::office(office(registry, text, date)?),
    })
}

/// Scopes without duplicates.
pub fn scopes(registry: &Registry, texts: &[String], date: Date) -> Result<Vec<Scope>, Failure> {
    let mut all = Vec::new();
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let scope = scope(registry, text, date)?;
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    Ok(all)
}

/// The record of a kind that an id, an unambiguous beginning of it, or a number means.
pub fn record(context: &Context<'_>, kind: u32, text: &str) -> Result<RecordRow, Failure> {
    let mut found = context.office.view(|views| {
        let by_number =
            Filter { kind: Some(kind), number: Some(identifier::number(text)), ..Filter::default() };
        let mut rows = read::list(views, &by_number)?;
        if rows.is_empty() {
            for id in by_prefix(views, kind, text)? {
                let filter = Filter { kind: Some(kind), ..Filter::id(id) };
                rows.extend(read::list(views, &filter)?);
            }
        }
        Ok(rows)
    })?;
    if found.len() > 1 {
        let named: Vec<String> =
            found.iter().take(NAMED).map(|row| format!("{} ({})", row.id, row.title)).collect();
        return Err(Failure::new(ExitCode::Input, "record-ambiguous")
            .with("record", text)
            .with("found", named.join("; ")));
    }
    found.pop().ok_or_else(|| Failure::new(ExitCode::NotFound, "record-unknown").with("record", text))
}

fn by_prefix(views: &Connection, kind: u32, text: &str) -> crate::derive::views::Result<Vec<RecordId>> {
    let hex: String = text.chars().filter(|digit| *digit != '-').collect();
    if hex.len() < 4 || hex.len() > 32 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let bound = |fill: &str| {
        let full = format!("{hex}{}", fill.repeat(32 - hex.len()));
        Uuid::parse_str(&full).unwrap_or_default()
    };
    let mut statement = views.prepare_cached(
        "SELECT DISTINCT id FROM record WHERE kind = ?1 AND id >= ?2 AND id <= ?3 LIMIT 10",
    )?;
    let (low, high) = (bound("0"), bound("f"));
    let rows = statement.query_map(params![kind, low.as_bytes(), high.as_bytes()], |row| {
        Ok(RecordId(Uuid::from_bytes(row.get(0)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Adds `offices` to a result: code and name of every office whose id it contains.
pub fn name_offices(output: &mut Value, registry: &Registry, date: Date) {
    let mut ids = BTreeSet::new();
    ids_in(output, registry, &mut ids);
    let named = ids.into_iter().map(|id| {
        let fact = registry.fact_at(id, date).or_else(|| registry.office(id)?.current());
        let code = fact.map_or("", |fact| fact.code.as_str());
        let name = fact.map_or_else(String::new, |fact| fact.committee());
        (id.to_string(), json!({ "code": code, "name": name }))
    });
    let named: Map<String, Value> = named.collect();
    if let (Value::Object(object), false) = (output, named.is_empty()) {
        object.insert("offices".to_owned(), Value::Object(named));
    }
}

fn ids_in(value: &Value, registry: &Registry, found: &mut BTreeSet<OfficeId>) {
    let mut add = |text: &str| {
        // Only the form in which ids are written, so that a file name or number is not taken for one.
        let id = (text.len() == 36).then(|| text.parse().ok()).flatten();
        found.extend(id.filter(|id| registry.office(*id).is_some()));
    };
    match value {
        Value::String(text) => add(text),
        Value::Array(list) => list.iter().for_each(|value| ids_in(value, registry, found)),
        Value::Object(object) => {
            object.keys().for_each(|key| add(key));
            object.values().for_each(|value| ids_in(value, registry, found));
        }
        _ => {}
    }
}
