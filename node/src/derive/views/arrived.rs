//! Directives of which this office has not said yet that they have arrived.

use rusqlite::{Connection, params};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::Act as _;
use truc_proto::record::directive::Move;
use truc_proto::registry::Registry;

use super::Result;
use super::columns::uuid;
use super::filter::{Filter, StateOf};
use super::read;

/// Those that came after a position, each with its sender, in the order in which they came.
pub fn unsaid(
    conn: &Connection,
    registry: &Registry,
    me: OfficeId,
    after: u64,
) -> Result<Vec<(RecordId, OfficeId)>> {
    let mut select = conn.prepare_cached(
        "SELECT DISTINCT record, ledger FROM story
         WHERE position > ?1 AND kind = ?2 AND ledger <> ?3 AND move = 'issued' AND outcome = 'applied'
         ORDER BY position",
    )?;
    let rows = select.query_map(params![after as i64, Move::KIND, me.0.as_bytes()], |row| {
        Ok((RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?)))
    })?;
    let came: Vec<(RecordId, OfficeId)> = rows.collect::<rusqlite::Result<_>>()?;
    let reaches: Vec<OfficeId> = registry.ancestors(me).collect();
    let mut unsaid = Vec::new();
    for (record, owner) in came {
        let waits = Filter {
            kind: Some(Move::KIND),
            owner: Some(owner),
            reaches: Some((me, reaches.clone())),
            state_of: Some(StateOf::Office(me)),
            states: vec![String::new()],
            ..Filter::id(record)
        };
        unsaid.extend(read::list(conn, &waits)?.into_iter().map(|row| (row.id, row.owner)));
    }
    Ok(unsaid)
}
