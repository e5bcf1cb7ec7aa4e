//! What is to be destroyed here: the copy of a paper that was taken back with this office's agreement.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::record::Act as _;
use truc_proto::record::directive::Move;

use super::Result;

/// What one agreement orders to be destroyed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TakenBack {
    /// Positions of the entries whose bodies go: all of the sender's about the paper, but for the request itself.
    pub bodies: Vec<u64>,
    /// Files that only these entries brought.
    pub files: Vec<Hash>,
}

/// The copy of a paper of another office.
pub fn of(conn: &Connection, me: OfficeId, record: RecordId) -> Result<TakenBack> {
    let mut select = conn.prepare_cached(
        "SELECT position FROM story WHERE record = ?1 AND kind = ?2 AND ledger <> ?3 AND move <> 'take-back'
         AND destroyed = 0 AND ledger IN (SELECT owner FROM record WHERE id = ?1 AND kind = ?2) ORDER BY position",
    )?;
    let rows = select.query_map(params![record.0.as_bytes(), Move::KIND, me.0.as_bytes()], |row| {
        Ok(row.get::<_, i64>(0)? as u64)
    })?;
    let bodies = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut files = Vec::new();
    let mut named = conn.prepare_cached(
        "SELECT a.hash, (SELECT count(*) FROM attachment b JOIN story s ON s.position = b.position
                         WHERE b.hash = a.hash AND (s.record <> ?2 OR s.ledger = ?3))
         FROM attachment a WHERE a.position = ?1",
    )?;
    for body in &bodies {
        let rows = named.query_map(params![*body as i64, record.0.as_bytes(), me.0.as_bytes()], |row| {
            Ok((Hash(row.get(0)?), row.get::<_, i64>(1)?))
        })?;
        for row in rows {
            let (hash, others) = row?;
            files.extend((others == 0).then_some(hash));
        }
    }
    Ok(TakenBack { bodies, files })
}

/// What agreements of this office, with a sender who asked for the paper, order and is still here, by the position of the agreement: what came after it, or came
/// again to a store that was put back.
pub fn due(conn: &Connection, me: OfficeId) -> Result<BTreeMap<u64, TakenBack>> {
    let mut select = conn.prepare_cached(
        "SELECT position, record FROM story s WHERE move = 'agreed' AND ledger = ?1 AND kind = ?2
         AND outcome = 'applied' AND EXISTS (SELECT 1 FROM story t JOIN record r ON r.id = t.record AND r.kind = t.kind
           WHERE t.record = s.record AND t.kind = s.kind AND t.ledger = r.owner AND t.move = 'take-back'
             AND t.outcome = 'applied')",
    )?;
    let rows = select.query_map(params![me.0.as_bytes(), Move::KIND], |row| {
        Ok((row.get::<_, i64>(0)? as u64, RecordId(super::columns::uuid(row, 1)?)))
    })?;
    let mut due = BTreeMap::new();
    for row in rows {
        let (position, record) = row?;
        let copy = of(conn, me, record)?;
        if !copy.bodies.is_empty() {
            due.insert(position, copy);
        }
    }
    Ok(due)
}
