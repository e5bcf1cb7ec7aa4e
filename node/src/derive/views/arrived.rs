//! Directives of which this office has not said yet that they have arrived.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::Act as _;
use truc_proto::record::directive::{Move, PROGRAM, Status};
use truc_proto::registry::Registry;

use super::Result;
use super::columns::uuid;
use super::filter::Filter;
use super::read;

/// Entries that are looked at in one go.
const AT_ONCE: i64 = 1_000;

/// A directive of which it is to be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsaid {
    /// Position of the entry that brought it.
    pub position: u64,
    /// The directive.
    pub record: RecordId,
    /// Who sent it.
    pub sender: OfficeId,
}

/// Directives, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Came {
    /// These.
    pub unsaid: Vec<Unsaid>,
    /// Position after which there may be more; none: these are all.
    pub more: Option<u64>,
}

/// The first of those that came after a position.
pub fn unsaid(conn: &Connection, registry: &Registry, me: OfficeId, after: u64) -> Result<Came> {
    let mut select = conn.prepare_cached(
        "SELECT position, record, ledger FROM story s
         WHERE position > ?1 AND kind = ?2 AND ledger <> ?3 AND move = 'issued' AND outcome = 'applied'
           AND NOT EXISTS (SELECT 1 FROM strand m WHERE m.record = s.record AND m.kind = s.kind AND m.office = ?3
                 AND m.status <> '')
         ORDER BY position LIMIT ?4",
    )?;
    let rows = select.query_map(params![after as i64, Move::KIND, me.0.as_bytes(), AT_ONCE], |row| {
        let (record, sender) = (RecordId(uuid(row, 1)?), OfficeId(uuid(row, 2)?));
        Ok(Unsaid { position: row.get::<_, i64>(0)? as u64, record, sender })
    })?;
    let came: Vec<Unsaid> = rows.collect::<rusqlite::Result<_>>()?;
    let more = came.last().filter(|_| came.len() as i64 == AT_ONCE).map(|last| last.position);
    let reaches: Vec<OfficeId> = registry.ancestors(me).collect();
    let mut unsaid = Vec::new();
    for one in came {
        let reaches = Some((me, reaches.clone()));
        let to_me =
            Filter { kind: Some(Move::KIND), owner: Some(one.sender), reaches, ..Filter::id(one.record) };
        if !read::list(conn, &to_me)?.is_empty() {
            unsaid.push(one);
        }
    }
    Ok(Came { unsaid, more })
}

/// How many arrivals the program said on a day, by the sender of the paper.
pub fn said_on(conn: &Connection, me: OfficeId, day: Date) -> Result<HashMap<OfficeId, usize>> {
    let mut select = conn.prepare_cached(
        "SELECT r.owner, count(*) FROM story s JOIN record r ON r.id = s.record AND r.kind = s.kind
         WHERE s.ledger = ?1 AND s.kind = ?2 AND s.move = ?3 AND s.author = ?4 AND s.signed >= ?5 GROUP BY r.owner",
    )?;
    let since = day.start_millis() << 16;
    let values = params![me.0.as_bytes(), Move::KIND, Status::Arrived.name(), PROGRAM, since];
    let rows =
        select.query_map(values, |row| Ok((OfficeId(uuid(row, 0)?), row.get::<_, i64>(1)? as usize)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
