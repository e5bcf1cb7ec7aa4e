//! What is to be destroyed here: the copy of a paper that was taken back with this office's agreement.

use std::collections::{BTreeMap, BTreeSet};

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
    let mut files = BTreeSet::new();
    let mut named = conn.prepare_cached("SELECT hash FROM attachment WHERE position = ?1")?;
    let mut naming = conn.prepare_cached("SELECT position FROM attachment WHERE hash = ?1")?;
    for body in &bodies {
        let hashes = named.query_map([*body as i64], |row| row.get(0))?;
        for hash in hashes.collect::<rusqlite::Result<Vec<[u8; 32]>>>()? {
            let by = naming.query_map([hash], |row| Ok(row.get::<_, i64>(0)? as u64))?;
            let by = by.collect::<rusqlite::Result<Vec<_>>>()?;
            if by.iter().all(|position| bodies.contains(position)) {
                files.insert(Hash(hash));
            }
        }
    }
    Ok(TakenBack { bodies, files: files.into_iter().collect() })
}

/// Files that only entries name whose bodies were destroyed: none of them may lie in the store, whole or in part.
pub fn gone(conn: &Connection) -> Result<Vec<Hash>> {
    let mut select = conn.prepare_cached(
        "SELECT DISTINCT hash FROM gone WHERE NOT EXISTS (SELECT 1 FROM attachment a WHERE a.hash = gone.hash)",
    )?;
    let rows = select.query_map([], |row| Ok(Hash(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What agreements of this office order and is still here, by the position of the agreement: what came after it, or came
/// again to a store that was put back.
pub fn due(conn: &Connection, me: OfficeId) -> Result<BTreeMap<u64, TakenBack>> {
    let mut select = conn.prepare_cached(
        "SELECT position, record FROM story WHERE move = 'agreed' AND ledger = ?1 AND kind = ?2
         AND outcome = 'applied'",
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
