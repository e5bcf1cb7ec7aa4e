//! Works inside the office in the views. They have no paper, so they stand in no list of records: their own table finds
//! them by who has, gave or waits for them, and by what they are done for.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::assignment::{KIND, Source, Stage, Strand, Work, lists};
use truc_proto::record::{Paper, State};
use truc_proto::vietnamese::fold;

use super::{Answer, Duty, Key, Kind};
use crate::derive::views::Result;
use crate::derive::views::columns::uuid;
use crate::derive::views::read::{RecordRow, Viewpoint};

/// Works in the views.
pub struct Tables;

/// A work as lists of records would show it: they have none.
#[derive(Debug, Serialize)]
pub struct Shown {}

/// A work and its record.
#[derive(Clone, Debug, Serialize)]
pub struct WorkRow {
    /// The record.
    pub record: RecordId,
    /// The work.
    #[serde(flatten)]
    pub work: Work,
}

impl AsRef<Work> for WorkRow {
    fn as_ref(&self) -> &Work {
        &self.work
    }
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "work";
    const SCHEMA: &str = "
        CREATE TABLE work (
          record BLOB    NOT NULL,
          owner  BLOB    NOT NULL,
          live   INTEGER NOT NULL,   -- 1: proposed, given, taken or handed in
          over   INTEGER NOT NULL,   -- 1: done or kept
          paper  BLOB,               -- the record for whose part it is done; NULL: for none
          part   TEXT    NOT NULL,   -- task or item of the paper; empty: the paper itself
          parent BLOB,               -- the work of which it is a part; NULL: of none
          lead   TEXT    NOT NULL,   -- person or unit responsible
          giver  TEXT    NOT NULL,
          back   INTEGER NOT NULL,   -- 1: it was given back
          wish   INTEGER NOT NULL,   -- 1: it is only proposed
          due    INTEGER,
          words  TEXT    NOT NULL,   -- what people wrote of it, folded, to be found by
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX work_live ON work (owner, due) WHERE live = 1;
        CREATE INDEX work_lead ON work (owner, lead, due) WHERE live = 1;
        CREATE INDEX work_giver ON work (owner, giver, due) WHERE live = 1;
        CREATE INDEX work_back ON work (owner, due) WHERE live = 1 AND back = 1;
        CREATE INDEX work_part ON work (paper, part) WHERE paper IS NOT NULL;
        CREATE INDEX work_parent ON work (parent) WHERE parent IS NOT NULL;
        -- On whose page a live work may stand: people and units that it names.
        CREATE TABLE work_name (
          owner  BLOB NOT NULL,
          name   TEXT NOT NULL,
          record BLOB NOT NULL,
          PRIMARY KEY (owner, name, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX work_named ON work_name (record);
        CREATE TRIGGER work_gone AFTER DELETE ON work BEGIN
          DELETE FROM work_name WHERE record = OLD.record AND owner = OLD.owner;
        END;";

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
        conn.prepare_cached("DELETE FROM work WHERE record = ?1 AND owner = ?2")?
            .execute(params![record, owner])?;
        let Some(work) = &strand.work else { return Ok(()) };
        let (paper, part, parent) = match &work.source {
            Source::Word => (None, "", None),
            Source::Paper { record, part } => (Some(record.0), part.as_str(), None),
            Source::Work(parent) => (None, "", Some(parent.0)),
        };
        conn.prepare_cached(
            "INSERT INTO work (record, owner, live, over, paper, part, parent, lead, giver, back, wish, due, words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            record,
            owner,
            work.stage.is_live(),
            matches!(work.stage, Stage::Done | Stage::Kept),
            paper.as_ref().map(|id| id.as_bytes()),
            part,
            parent.as_ref().map(|id| id.as_bytes()),
            work.lead,
            work.giver,
            work.back.is_some(),
            work.stage == Stage::Proposed,
            work.due.map(|due| due.0),
            fold(&[work.content.as_str(), &work.remark, &work.result].join(" "))
        ])?;
        let mut name =
            conn.prepare_cached("INSERT INTO work_name (owner, name, record) VALUES (?1, ?2, ?3)")?;
        for named in lists::named(work) {
            name.execute(params![owner, named, record])?;
        }
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

/// A work of an office; none: there is no such work.
pub fn work(conn: &Connection, me: OfficeId, record: RecordId) -> Result<Option<WorkRow>> {
    Ok(select(conn, "work.record = ?1 AND work.owner = ?2", params![record.0.as_bytes(), me.0.as_bytes()])?
        .pop())
}

/// The works for a part of a paper, whatever became of them.
pub fn of_part(conn: &Connection, me: OfficeId, paper: RecordId, part: &str) -> Result<Vec<WorkRow>> {
    let condition = "work.owner = ?1 AND work.paper = ?2 AND work.part = ?3";
    select(conn, condition, params![me.0.as_bytes(), paper.0.as_bytes(), part])
}

/// The parts of a work, whatever became of them.
pub fn children(conn: &Connection, me: OfficeId, parent: RecordId) -> Result<Vec<WorkRow>> {
    select(conn, "work.owner = ?1 AND work.parent = ?2", params![me.0.as_bytes(), parent.0.as_bytes()])
}

/// All works, whatever became of them, those first that were given first.
pub fn all(conn: &Connection, me: OfficeId) -> Result<Vec<WorkRow>> {
    select(conn, "work.owner = ?1 ORDER BY work.record", params![me.0.as_bytes()])
}

/// All live works, those first that are due first.
pub fn live(conn: &Connection, me: OfficeId) -> Result<Vec<WorkRow>> {
    select(conn, "work.owner = ?1 AND work.live = 1 ORDER BY work.due", params![me.0.as_bytes()])
}

/// Live works that were given back.
pub fn given_back(conn: &Connection, me: OfficeId) -> Result<Vec<WorkRow>> {
    select(conn, "work.owner = ?1 AND work.live = 1 AND work.back = 1", params![me.0.as_bytes()])
}

/// Works in whose words all of these stand, or which are for a paper whose number has this text in it; the live ones first,
/// and no more than `most`.
pub fn matching(
    conn: &Connection,
    me: OfficeId,
    words: &[String],
    number: &str,
    most: usize,
) -> Result<Vec<WorkRow>> {
    let each: Vec<String> =
        (0..words.len()).map(|at| format!("instr(work.words, ?{}) > 0", at + 3)).collect();
    let condition = format!(
        "work.owner = ?1 AND (({}) OR work.paper IN (SELECT id FROM record WHERE instr(lower(number), ?2) > 0))
         ORDER BY work.live DESC, work.record DESC LIMIT {most}",
        each.join(" AND "),
    );
    let me = me.0.as_bytes().as_slice();
    let texts = std::iter::once(number).chain(words.iter().map(String::as_str));
    let texts: Vec<&str> = texts.collect();
    let mut values: Vec<&dyn rusqlite::ToSql> = vec![&me];
    values.extend(texts.iter().map(|text| text as &dyn rusqlite::ToSql));
    select(conn, &condition, values.as_slice())
}

/// Works that one of these has or had last, whatever became of them.
pub fn of_lead(conn: &Connection, me: OfficeId, names: &[&str], most: usize) -> Result<Vec<WorkRow>> {
    let condition =
        format!("work.owner = ?1 AND work.lead = ?2 ORDER BY work.live DESC, work.record DESC LIMIT {most}");
    each(conn, me, names, &condition)
}

/// Proposals for no part of a paper: they stand with none.
pub fn proposed(conn: &Connection, me: OfficeId) -> Result<Vec<WorkRow>> {
    let condition = "work.owner = ?1 AND work.live = 1 AND work.wish = 1 AND work.paper IS NULL";
    select(conn, condition, params![me.0.as_bytes()])
}

/// Live works that one of these gave, for papers of which something was said that may end them: confirmed, taken back,
/// closed, gone on with, or issued anew.
pub fn maybe_over(conn: &Connection, me: OfficeId, names: &[&str]) -> Result<Vec<WorkRow>> {
    let condition = "work.owner = ?1 AND work.giver = ?2 AND work.live = 1 AND work.wish = 0 AND (
        EXISTS (SELECT 1 FROM story WHERE story.record = work.paper AND story.outcome = 'applied'
          AND story.move IN ('confirmed', 'agreed', 'closed', 'verifying', 'concluded'))
        OR (SELECT count(*) FROM story WHERE story.record = work.paper AND story.outcome = 'applied'
          AND story.move = 'issued') > 1)";
    each(conn, me, names, condition)
}

/// Live works for which one of these is responsible.
pub fn led_by(conn: &Connection, me: OfficeId, names: &[&str]) -> Result<Vec<WorkRow>> {
    each(conn, me, names, "work.owner = ?1 AND work.lead = ?2 AND work.live = 1")
}

/// Live works that one of these gave.
pub fn given_by(conn: &Connection, me: OfficeId, names: &[&str]) -> Result<Vec<WorkRow>> {
    each(conn, me, names, "work.owner = ?1 AND work.giver = ?2 AND work.live = 1")
}

/// Live works that may stand on somebody's page because they name one of these.
pub fn naming(conn: &Connection, me: OfficeId, names: &[&str]) -> Result<Vec<WorkRow>> {
    let condition = "work.owner = ?1
        AND work.record IN (SELECT record FROM work_name WHERE owner = ?1 AND name = ?2)";
    each(conn, me, names, condition)
}

/// Works that match for one of these names, each once.
fn each(conn: &Connection, me: OfficeId, names: &[&str], condition: &str) -> Result<Vec<WorkRow>> {
    let mut all = BTreeMap::new();
    for name in names {
        let found = select(conn, condition, params![me.0.as_bytes(), name])?;
        all.extend(found.into_iter().map(|row| (row.record, row)));
    }
    Ok(all.into_values().collect())
}

fn select(conn: &Connection, condition: &str, values: impl Params) -> Result<Vec<WorkRow>> {
    let sql = format!(
        "SELECT work.record, strand.state FROM work JOIN strand ON strand.record = work.record
           AND strand.kind = {} AND strand.office = work.owner WHERE {condition}",
        KIND.number
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut works = Vec::new();
    while let Some(row) = rows.next()? {
        let state: State = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        if let State::Assignment(Strand { work: Some(work) }) = state {
            works.push(WorkRow { record: RecordId(uuid(row, 0)?), work });
        }
    }
    Ok(works)
}

/// The records of works whose ids begin with these hexadecimal digits; at most two.
pub fn beginning(conn: &Connection, me: OfficeId, begin: &str) -> Result<Vec<RecordId>> {
    let sql = "SELECT record FROM work WHERE owner = ?1 AND lower(hex(record)) LIKE ?2 || '%' LIMIT 2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![me.0.as_bytes(), begin], |row| Ok(RecordId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
