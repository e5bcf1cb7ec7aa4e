//! The story: what was said, entry by entry. Timelines, newest entries, refused ones.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::id::{OfficeId, RecordId, Seat};
use uuid::Uuid;

use super::Result;
use super::columns::seat_of;
use super::columns::{millis, uuid};
use super::read::{RecordRow, Viewpoint};

/// An entry in a timeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoryRow {
    /// Position in this store's journal.
    pub position: u64,
    /// The record that it is about.
    pub record: RecordId,
    /// Number of the record's kind.
    pub kind: u32,
    /// The office that wrote it.
    pub ledger: OfficeId,
    /// Its place in that office's ledger.
    pub seat: Seat,
    /// When it was done, as far as anybody can know, Unix milliseconds.
    pub time: i64,
    /// The time that its author signed, Unix milliseconds.
    pub signed: i64,
    /// When the hub had it, Unix milliseconds; none: not yet, or nobody knows.
    pub arrived: Option<i64>,
    /// The account that acted.
    pub author: String,
    /// Name of the move.
    #[serde(rename = "move")]
    pub mv: String,
    /// The one office that it is about; none: it is about the record.
    pub about: Option<OfficeId>,
    /// Content, shortened.
    pub brief: String,
    /// `applied`, `not-allowed: REASON`, `refused: CODE` or `newer`.
    pub outcome: String,
}

pub(super) const STORY: &str = "SELECT position, record, kind, ledger, incarnation, seq, time, author, move, brief, outcome, signed, arrived, about FROM story";

/// What its owner, and the offices that it is or was for, said about a record, by signed time. What others write about it
/// has no part in it.
pub fn of(conn: &Connection, look: &Viewpoint<'_>, record: &RecordRow) -> Result<Vec<StoryRow>> {
    let sql = format!("{STORY} WHERE record = ?1 AND kind = ?2 ORDER BY time, ledger, incarnation, seq");
    let mut told = stories(conn, &sql, params![record.id.0.as_bytes(), record.kind])?;
    told.retain(|entry| {
        let mut within = look.registry.memberships(entry.ledger).iter();
        entry.ledger == record.owner || within.any(|stretch| record.audience.contains(&stretch.scope))
    });
    Ok(told)
}

/// The newest move of an office about a record that had an effect.
pub fn newest_own(conn: &Connection, me: OfficeId, id: RecordId, kind: u32) -> Result<Option<StoryRow>> {
    let sql = format!(
        "{STORY} WHERE record = ?1 AND kind = ?2 AND ledger = ?3 AND outcome = 'applied'
         ORDER BY incarnation DESC, seq DESC LIMIT 1"
    );
    Ok(stories(conn, &sql, params![id.0.as_bytes(), kind, me.0.as_bytes()])?.pop())
}

/// What an office said about a record, in the order in which it said it.
pub fn of_own(conn: &Connection, me: OfficeId, id: RecordId, kind: u32) -> Result<Vec<StoryRow>> {
    let sql = format!("{STORY} WHERE record = ?1 AND kind = ?2 AND ledger = ?3 ORDER BY incarnation, seq");
    stories(conn, &sql, params![id.0.as_bytes(), kind, me.0.as_bytes()])
}

/// Position of the entry with which an office opened a record; none: it did not.
pub fn opened(conn: &Connection, office: OfficeId, id: RecordId, kind: u32, mv: &str) -> Result<Option<u64>> {
    let position: Option<i64> = conn
        .prepare_cached(
            "SELECT min(position) FROM story
             WHERE record = ?1 AND kind = ?2 AND ledger = ?3 AND move = ?4 AND outcome = 'applied'",
        )?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes(), mv], |row| row.get(0))?;
    Ok(position.map(|position| position as u64))
}

/// The newest entries of others about records of known kinds, newest first. That a paper has arrived is no news: the
/// machines say it.
pub fn newest_of_others(conn: &Connection, me: OfficeId, limit: usize) -> Result<Vec<StoryRow>> {
    let registry = truc_proto::record::registry::Move::KIND;
    let sql = format!(
        "{STORY} WHERE ledger <> ?1 AND kind <> ?2 AND move <> 'arrived' AND outcome = 'applied' ORDER BY position DESC LIMIT ?3"
    );
    stories(conn, &sql, params![me.0.as_bytes(), registry, limit as i64])
}

/// An office's newest entries, newest first.
pub fn newest_of(conn: &Connection, office: OfficeId, limit: usize) -> Result<Vec<StoryRow>> {
    let sql = format!("{STORY} WHERE ledger = ?1 ORDER BY incarnation DESC, seq DESC LIMIT ?2");
    stories(conn, &sql, params![office.0.as_bytes(), limit as i64])
}

/// Number of refused entries of each office, refused by the hub or by this store.
pub fn refused_by_office(conn: &Connection) -> Result<HashMap<OfficeId, u64>> {
    let mut statement = conn.prepare_cached(
        "SELECT ledger, count(*) FROM (SELECT DISTINCT ledger, incarnation, seq, hash FROM refusal) GROUP BY ledger",
    )?;
    let rows = statement.query_map([], |row| Ok((OfficeId(uuid(row, 0)?), row.get::<_, i64>(1)? as u64)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Entries that this store or the hub refused, newest first.
pub fn refused(conn: &Connection) -> Result<Vec<StoryRow>> {
    let sql =
        format!("{STORY} WHERE outcome <> 'applied' AND outcome LIKE 'refused:%' ORDER BY position DESC");
    stories(conn, &sql, [])
}

/// Entries that need a newer program, newest first.
pub fn newer(conn: &Connection) -> Result<Vec<StoryRow>> {
    let sql = format!("{STORY} WHERE outcome <> 'applied' AND outcome = 'newer' ORDER BY position DESC");
    stories(conn, &sql, [])
}

pub(super) fn stories(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<StoryRow>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| {
        Ok(StoryRow {
            position: row.get::<_, i64>(0)? as u64,
            record: RecordId(uuid(row, 1)?),
            kind: row.get(2)?,
            ledger: OfficeId(uuid(row, 3)?),
            seat: seat_of(row.get(4)?, row.get(5)?),
            time: millis(row, 6)?,
            signed: millis(row, 11)?,
            arrived: row.get(12)?,
            author: row.get(7)?,
            mv: row.get(8)?,
            about: row.get::<_, Option<[u8; 16]>>(13)?.map(|about| OfficeId(Uuid::from_bytes(about))),
            brief: row.get(9)?,
            outcome: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
