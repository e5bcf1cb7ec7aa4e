//! Drafts in the views. They have no paper, so they stand in no list of records: their own table finds those that go on, and
//! the draft that became a paper.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::draft::{Draft, Ended, KIND, Strand};
use truc_proto::record::{Paper, State};

use super::{Answer, Duty, Key, Kind};
use crate::derive::views::Result;
use crate::derive::views::columns::uuid;
use crate::derive::views::read::{RecordRow, Viewpoint};

/// Drafts in the views.
pub struct Tables;

/// A draft as lists of records would show it: they have none.
#[derive(Debug, Serialize)]
pub struct Shown {}

/// A draft and its record.
#[derive(Clone, Debug, Serialize)]
pub struct DraftRow {
    /// The record.
    pub record: RecordId,
    /// The draft.
    #[serde(flatten)]
    pub draft: Draft,
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "draft";
    const SCHEMA: &str = "
        CREATE TABLE draft (
          record  BLOB    NOT NULL,
          owner   BLOB    NOT NULL,
          live    INTEGER NOT NULL,   -- 1: neither issued nor withdrawn nor superseded
          drafter TEXT    NOT NULL,
          begun   INTEGER NOT NULL,
          paper   BLOB,               -- the record of the paper that it became; NULL: none
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX draft_live ON draft (owner, begun) WHERE live = 1;
        CREATE INDEX draft_begun ON draft (owner, begun);
        CREATE INDEX draft_paper ON draft (paper) WHERE paper IS NOT NULL;";

    fn paper(_: &Strand) -> Option<&Paper> {
        None
    }

    fn status(_: &Strand) -> &'static str {
        ""
    }

    fn write(_: &Connection, _: Key, _: &Strand) -> Result<()> {
        Ok(())
    }

    fn follow(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let (record, owner) = (key.record.0.as_bytes(), key.office.0.as_bytes());
        conn.prepare_cached("DELETE FROM draft WHERE record = ?1 AND owner = ?2")?
            .execute(params![record, owner])?;
        let Some(draft) = &strand.draft else { return Ok(()) };
        let paper = match &draft.ended {
            Some(Ended::Issued { paper, .. }) => Some(paper.0),
            _ => None,
        };
        conn.prepare_cached(
            "INSERT INTO draft (record, owner, live, drafter, begun, paper) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            record,
            owner,
            draft.ended.is_none(),
            draft.drafter,
            draft.begun,
            paper.as_ref().map(|id| id.as_bytes())
        ])?;
        Ok(())
    }

    fn duties(_: &Strand, _: &[Scope]) -> Vec<Duty> {
        Vec::new()
    }

    fn answers(_: &Strand) -> Vec<Answer<'_>> {
        Vec::new()
    }

    fn show(_: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        strands.contains_key(&row.owner).then_some(Shown {})
    }
}

/// A draft of an office; none: there is no such draft.
pub fn draft(conn: &Connection, me: OfficeId, record: RecordId) -> Result<Option<DraftRow>> {
    let values = params![record.0.as_bytes(), me.0.as_bytes()];
    Ok(select(conn, "draft.record = ?1 AND draft.owner = ?2", values)?.pop())
}

/// All drafts that go on, those first that were begun first.
pub fn live(conn: &Connection, me: OfficeId) -> Result<Vec<DraftRow>> {
    select(conn, "draft.owner = ?1 AND draft.live = 1 ORDER BY draft.begun", params![me.0.as_bytes()])
}

/// The newest drafts, whatever became of them, newest first.
pub fn newest(conn: &Connection, me: OfficeId, most: u32) -> Result<Vec<DraftRow>> {
    select(conn, "draft.owner = ?1 ORDER BY draft.begun DESC LIMIT ?2", params![me.0.as_bytes(), most])
}

/// The draft that became a paper.
pub fn of_paper(conn: &Connection, me: OfficeId, paper: RecordId) -> Result<Option<DraftRow>> {
    let values = params![paper.0.as_bytes(), me.0.as_bytes()];
    Ok(select(conn, "draft.paper = ?1 AND draft.owner = ?2", values)?.pop())
}

fn select(conn: &Connection, condition: &str, values: impl Params) -> Result<Vec<DraftRow>> {
    let sql = format!(
        "SELECT draft.record, strand.state FROM draft JOIN strand ON strand.record = draft.record
           AND strand.kind = {} AND strand.office = draft.owner WHERE {condition}",
        KIND.number
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut drafts = Vec::new();
    while let Some(row) = rows.next()? {
        let state: State = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        if let State::Draft(Strand { draft: Some(draft) }) = state {
            drafts.push(DraftRow { record: RecordId(uuid(row, 0)?), draft });
        }
    }
    Ok(drafts)
}

/// The records of drafts whose ids begin with these hexadecimal digits; at most two.
pub fn beginning(conn: &Connection, me: OfficeId, begin: &str) -> Result<Vec<RecordId>> {
    let sql = "SELECT record FROM draft WHERE owner = ?1 AND lower(hex(record)) LIKE ?2 || '%' LIMIT 2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![me.0.as_bytes(), begin], |row| Ok(RecordId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
