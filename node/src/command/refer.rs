//! References to offices and records, and addresses of the hub, as people type them.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use truc_proto::audience::Scope;
use truc_proto::code::{BadAddress, reachable};
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::identifier;
use truc_proto::registry::{Fact, Registry};
use uuid::Uuid;

use super::Context;
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::office::OfficeError;
use crate::words::failure::{ExitCode, Failure};

/// Prefix of a code that means the office and all below it.
pub const SUBTREE: &str = "subtree:";
/// Word for the hub's own office.
pub const HUB: &str = "hub";
/// Number of candidates named in the failure for an ambiguous reference.
const NAMED: usize = 5;

/// The office that a code (as of that day), a UUID, `hub`, or the name of one open office alone means.
pub fn office(registry: &Registry, text: &str, date: Date) -> Result<OfficeId, Failure> {
    let typed = text;
    let text = &*identifier::code(text).unwrap_or_else(|_| identifier::plain(text));
    if text == HUB {
        return Ok(registry.hub());
    }
    let by_id = text.parse().ok().filter(|id| registry.office(*id).is_some());
    if let Some(found) = by_id.or_else(|| registry.by_code(text, date)) {
        return Ok(found);
    }
    match *named(registry, typed, date) {
        [one] => Ok(one),
        [] => Err(Failure::new(ExitCode::NotFound, "office-unknown").with("office", typed)),
        [..] => Err(Failure::new(ExitCode::Input, "office-ambiguous").with("office", typed)),
    }
}

/// The offices open on a day that bear a name, of the unit or of its committee: the whole one, or if none does, the place
/// alone.
fn named(registry: &Registry, text: &str, date: Date) -> Vec<OfficeId> {
    let plain = |text: &str| identifier::plain(text).to_lowercase();
    let wanted = plain(text);
    let open = || {
        registry.offices().filter_map(|(id, _)| {
            let fact = registry.fact_at(id, date).filter(|fact| !fact.closed)?;
            Some((id, fact))
        })
    };
    let is = |fact: &Fact| [&fact.name, &fact.committee()].into_iter().any(|name| plain(name) == wanted);
    let whole: Vec<OfficeId> = open().filter(|(_, fact)| is(fact)).map(|(id, _)| id).collect();
    if !whole.is_empty() || wanted.is_empty() {
        return whole;
    }
    let short = |fact: &Fact| {
        let name = plain(&fact.name);
        let rest = name.strip_prefix(&plain(&fact.kind)).map(|rest| rest.trim().to_owned());
        rest.as_ref() == Some(&wanted) || plain(&fact.place()) == wanted
    };
    open().filter(|(_, fact)| short(fact)).map(|(id, _)| id).collect()
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
    one(context.office.view(|views| records(views, Some(kind), text))?, text)
}

/// The record of any kind that they mean, in the views of a store that is only read.
pub fn any_record(views: &Connection, text: &str) -> Result<RecordRow, Failure> {
    one(records(views, None, text).map_err(OfficeError::from)?, text)
}

fn records(
    views: &Connection,
    kind: Option<u32>,
    text: &str,
) -> crate::derive::views::Result<Vec<RecordRow>> {
    let by_number = Filter { kind, number: Some(identifier::number(text)), ..Filter::default() };
    let mut rows = read::list(views, &by_number)?;
    if rows.is_empty() {
        for id in by_prefix(views, kind, text)? {
            rows.extend(read::list(views, &Filter { kind, ..Filter::id(id) })?);
        }
    }
    Ok(rows)
}

fn one(mut found: Vec<RecordRow>, text: &str) -> Result<RecordRow, Failure> {
    if found.len() > 1 {
        let named: Vec<String> =
            found.iter().take(NAMED).map(|row| format!("{} ({})", row.id, row.title)).collect();
        return Err(Failure::new(ExitCode::Input, "record-ambiguous")
            .with("record", text)
            .with("found", named.join("; ")));
    }
    found.pop().ok_or_else(|| Failure::new(ExitCode::NotFound, "record-unknown").with("record", text))
}

fn by_prefix(
    views: &Connection,
    kind: Option<u32>,
    text: &str,
) -> crate::derive::views::Result<Vec<RecordId>> {
    let hex: String = text.chars().filter(|digit| *digit != '-').collect();
    if hex.len() < 4 || hex.len() > 32 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let bound = |fill: &str| {
        let full = format!("{hex}{}", fill.repeat(32 - hex.len()));
        Uuid::parse_str(&full).unwrap_or_default()
    };
    let mut statement = views.prepare_cached(
        "SELECT DISTINCT id FROM record WHERE (?1 IS NULL OR kind = ?1) AND id >= ?2 AND id <= ?3 LIMIT 10",
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_proto::wire;

    use super::*;

    #[test]
    fn an_office_is_meant_by_its_name_if_it_alone_bears_it() {
        let id = |number| OfficeId(Uuid::from_u128(number));
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        let mut registry = Registry::new(id(1), key);
        let offices = [
            (10, "17464", "xã", "Xã Diễn Châu"),
            (11, "2", "xã", "Xã Tân Phú"),
            (12, "3", "phường", "Phường Tân Phú"),
        ];
        for (position, (office, code, kind, name)) in offices.into_iter().enumerate() {
            let fact = wire::OfficeFact {
                office: id(office).to_wire(),
                since: "2025-07-01".into(),
                tier: "commune".into(),
                parent: id(1).to_wire(),
                code: code.into(),
                kind: kind.into(),
                name: name.into(),
                ..Default::default()
            };
            let mv = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
            assert!(registry.apply(position as u64, &mv));
        }
        let of = |text: &str| office(&registry, text, "2026-01-01".parse().unwrap());
        for text in [
            "17464",
            "Xã Diễn Châu",
            "xã diễn châu",
            "Đảng ủy xã Diễn Châu",
            "Diễn Châu",
            " Xa\u{303} Diê\u{303}n Châu ",
        ] {
            assert_eq!(of(text).unwrap(), id(10), "{text}");
        }
        assert_eq!(of("Phường Tân Phú").unwrap(), id(12));
        assert_eq!(of("Tân Phú").unwrap_err().key, "office-ambiguous");
        assert_eq!(of("Dien Chau").unwrap_err().key, "office-unknown", "marks tell names apart");
        assert_eq!(of("").unwrap_err().key, "office-unknown");
    }
}
