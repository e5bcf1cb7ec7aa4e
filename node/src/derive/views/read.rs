//! Questions to the views that do not depend on the kind of record.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::entry::Attachment;
use truc_proto::id::{Hash, OfficeId, RecordId, Seat};
use truc_proto::paper::Due;
use truc_proto::record::duty::{self, DutyStatus, Figures};
use truc_proto::record::{State, programme};
use truc_proto::registry::Registry;
use truc_proto::time::Hlc;
use truc_proto::vietnamese::fold;
use uuid::Uuid;

use super::Result;
use super::columns::{millis, seat_of, uuid};
use super::owed::{self, Spoken, Word};

/// Who looks, and when: what states are computed from.
pub struct Look<'a> {
    /// The office that looks.
    pub me: OfficeId,
    /// Offices and how they stand to each other.
    pub registry: &'a Registry,
    /// Unix milliseconds.
    pub now: i64,
    /// By which figures.
    pub figures: Figures,
    /// When an office was last heard from, Unix milliseconds; none: never. For `me`: now.
    pub heard: &'a dyn Fn(OfficeId) -> Option<i64>,
}

impl Look<'_> {
    /// How a duty of an office stands.
    pub fn status(&self, office: OfficeId, due: Option<Due>, word: Word) -> DutyStatus {
        let (started, done) = match word {
            Word::Nothing => (false, None),
            Word::Started => (true, None),
            Word::Done(done) => (true, Some(done.millis() as i64)),
        };
        duty::status(due, started, done, self.figures, self.now, (self.heard)(office))
    }

    /// Whether nothing was heard of an office for longer than silence takes.
    pub fn silent(&self, office: OfficeId) -> bool {
        self.figures.silent((self.heard)(office), self.now)
    }

    /// Whether a scope means that office now.
    pub fn in_scope(&self, scope: Scope, office: OfficeId) -> bool {
        scope.office == office || scope.subtree && self.registry.is_above(scope.office, office)
    }
}

/// A record in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// Its id.
    pub id: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Who opened it.
    pub owner: OfficeId,
    /// Code of the document type.
    pub document_type: String,
    /// Trích yếu.
    pub title: String,
    /// As written; empty: not numbered.
    pub number: String,
    /// Nhiệm kỳ.
    pub term: String,
    /// Date on the paper.
    pub issued: Option<String>,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// Độ khẩn, 0 to 4.
    pub urgency: u32,
    /// Độ mật, 0 to 3.
    pub confidentiality: u32,
    /// Whom it is for.
    pub audience: Vec<Scope>,
    /// When its first version was written, Unix milliseconds.
    pub opened: i64,
    /// Position of the version in force in this store's journal: its text and attachments are there.
    pub position: u64,
}

/// Which records a list shows. Empty: all, newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this id.
    pub id: Option<RecordId>,
    /// Only this kind.
    pub kind: Option<u32>,
    /// Only this office's.
    pub owner: Option<OfficeId>,
    /// Only this number, as written.
    pub number: Option<String>,
    /// Only this term.
    pub term: Option<String>,
    /// Only those whose number and title contain all these words, with or without marks.
    pub search: String,
    /// Only those opened before (Unix milliseconds): the next page of a list.
    pub before: Option<i64>,
    /// At most so many; 0: 100.
    pub limit: u32,
}

impl Filter {
    /// One record by its id.
    pub fn id(id: RecordId) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// Conditions on table `record` and their values.
    fn sql(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values = Vec::new();
        let mut add = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(condition.replace("?", &format!("?{}", values.len())));
        };
        if let Some(id) = self.id {
            add("record.id = ?", id.0.as_bytes().to_vec().into());
        }
        if let Some(kind) = self.kind {
            add("record.kind = ?", kind.into());
        }
        if let Some(owner) = self.owner {
            add("record.owner = ?", owner.0.as_bytes().to_vec().into());
        }
        if let Some(number) = &self.number {
            add("record.number = ?", number.clone().into());
        }
        if let Some(term) = &self.term {
            add("record.term = ?", term.clone().into());
        }
        if let Some(before) = self.before {
            add("record.opened < ?", ((before as u64) << 16).cast_signed().into());
        }
        for word in fold(&self.search).split_whitespace() {
            let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            add("record.search LIKE ? ESCAPE '\\'", format!("%{escaped}%").into());
        }
        (conditions.join(" AND "), values)
    }
}

const ROW: &str = "record.id, record.kind, record.owner, record.document_type, record.title, record.number,
    record.term, record.issued, record.due, record.urgency, record.confidentiality, record.audience,
    record.opened, record.position";
const ROW_COLUMNS: usize = 14;

/// Records that match.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<Row>> {
    list_with(conn, filter, "", "", |row, _| Ok(row))
}

/// Records that match, with columns of the kind's own table; `more` gets those from its index on.
pub(crate) fn list_with<T>(
    conn: &Connection,
    filter: &Filter,
    table: &str,
    columns: &str,
    more: impl Fn(Row, &dyn Fn(usize) -> rusqlite::Result<Value>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let (conditions, values) = filter.sql();
    let (join, comma) = match table {
        "" => (String::new(), ""),
        _ => (format!("JOIN {table} ON {table}.record = record.id AND {table}.owner = record.owner"), ", "),
    };
    let limit = if filter.limit == 0 { 100 } else { filter.limit };
    let sql = format!(
        "SELECT {ROW}{comma}{columns} FROM record {join} WHERE {conditions}
         ORDER BY record.opened DESC, record.id, record.owner LIMIT {limit}"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let audience = serde_json::from_str(row.get_ref(11)?.as_str().map_err(rusqlite::Error::from)?)?;
        found.push(more(read_row(row, audience)?, &|column| row.get(ROW_COLUMNS + column))?);
    }
    Ok(found)
}

fn read_row(row: &SqlRow<'_>, audience: Vec<Scope>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: RecordId(uuid(row, 0)?),
        kind: row.get(1)?,
        owner: OfficeId(uuid(row, 2)?),
        document_type: row.get(3)?,
        title: row.get(4)?,
        number: row.get(5)?,
        term: row.get(6)?,
        issued: row.get(7)?,
        due: row.get(8)?,
        urgency: row.get(9)?,
        confidentiality: row.get(10)?,
        audience,
        opened: millis(row, 12)?,
        position: row.get::<_, i64>(13)? as u64,
    })
}

/// One office's strand of a record.
#[derive(Clone, PartialEq, Debug)]
pub struct StrandRow {
    /// Whose.
    pub office: OfficeId,
    /// What it adds up to.
    pub state: State,
    /// In one word.
    pub status: String,
    /// Time of its newest entry, Unix milliseconds.
    pub updated: i64,
}

/// All strands of a record, by office.
pub fn strands(conn: &Connection, id: RecordId, kind: u32) -> Result<BTreeMap<OfficeId, StrandRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT office, status, updated, state FROM strand WHERE record = ?1 AND kind = ?2",
    )?;
    let mut rows = statement.query(params![id.0.as_bytes(), kind])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let office = OfficeId(uuid(row, 0)?);
        let state = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        found.insert(office, StrandRow { office, state, status: row.get(1)?, updated: millis(row, 2)? });
    }
    Ok(found)
}

/// One office's strand of a record.
pub fn strand(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<Option<State>> {
    let state: Option<String> = conn
        .prepare_cached("SELECT state FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?)
}

/// Where an office is with a record, in one word; empty: it said nothing.
pub fn status(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<String> {
    let status: Option<String> = conn
        .prepare_cached("SELECT status FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(status.unwrap_or_default())
}

/// Where an office is with a record, in one word, and the arrival number that it gave it.
pub fn taken_in(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<(String, String)> {
    let found = conn
        .prepare_cached("SELECT status, arrival FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The highest arrival number that an office has given since an instant (Unix milliseconds); 0: none yet.
pub fn highest_arrival(conn: &Connection, office: OfficeId, since: i64) -> Result<u64> {
    let since = ((since.max(0) as u64) << 16).cast_signed();
    let highest: Option<i64> = conn
        .prepare_cached(
            "SELECT max(CAST(arrival AS INTEGER)) FROM strand WHERE office = ?1 AND accepted >= ?2",
        )?
        .query_row(params![office.0.as_bytes(), since], |row| row.get(0))?;
    Ok(highest.unwrap_or(0).max(0) as u64)
}

/// What an office owes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DutyRow {
    /// Which record.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// To whom.
    pub owner: OfficeId,
    /// Task or item; empty: the record itself.
    pub part: String,
    /// What is to be done, shortened.
    pub content: String,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// How it stands.
    pub status: DutyStatus,
}

/// What an office owes and how it stands, earliest deadline first, those without one last. What it refused or gave
/// back, and what a closed programme asked for, it owes no more.
pub fn duties(conn: &Connection, look: &Look<'_>, office: OfficeId) -> Result<Vec<DutyRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT d.record, d.kind, d.owner, d.part, d.due, d.content, a.said, a.done, w.word, w.said, w.done, n.said
         FROM duty d
         LEFT JOIN answer a ON a.record = d.record AND a.kind = d.kind AND a.office = ?3 AND a.part = d.part
         LEFT JOIN answer w ON w.record = d.record AND w.kind = d.kind AND w.office = ?3 AND w.part = ''
         LEFT JOIN denial n ON n.record = d.record AND n.kind = d.kind AND n.owner = d.owner
                           AND n.part = d.part AND n.office = ?3
         WHERE d.office = ?1 AND (d.subtree = 1 OR ?2) AND NOT (d.subtree = 1 AND d.owner = ?3)
           AND NOT EXISTS (SELECT 1 FROM answer c WHERE c.record = d.record AND c.kind = d.kind
                           AND c.office = d.owner AND c.part = '' AND c.word = ?4)",
    )?;
    let time = |row: &SqlRow<'_>, column| {
        row.get::<_, Option<i64>>(column).map(|time| time.map(|time| Hlc(time as u64)))
    };
    let mut found: BTreeMap<(i64, RecordId, OfficeId, String), DutyRow> = BTreeMap::new();
    for above in std::iter::once(office).chain(look.registry.ancestors(office)) {
        let mut rows = statement.query(params![
            above.0.as_bytes(),
            above == office,
            office.0.as_bytes(),
            programme::CLOSED
        ])?;
        while let Some(row) = rows.next()? {
            let spoken = |said, done| {
                Ok::<_, rusqlite::Error>(match time(row, said)? {
                    Some(at) => Some(Spoken { at, done: time(row, done)? }),
                    None => None,
                })
            };
            let said: Option<String> = row.get(8)?;
            let (part, whole) = (spoken(6, 7)?, spoken(9, 10)?);
            let Some(word) = owed::word(said.as_deref().unwrap_or_default(), whole, part, time(row, 11)?)
            else {
                continue;
            };
            let (record, kind, owner) = (RecordId(uuid(row, 0)?), row.get(1)?, OfficeId(uuid(row, 2)?));
            let (part, due): (String, Option<i64>) = (row.get(3)?, row.get(4)?);
            let status = look.status(office, due.map(Due), word);
            let key = (due.unwrap_or(i64::MAX), record, owner, part.clone());
            found.insert(key, DutyRow { record, kind, owner, part, content: row.get(5)?, due, status });
        }
    }
    Ok(found.into_values().collect())
}

/// An entry that the hub has not delivered although it was meant for this office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
    /// Whose.
    pub ledger: OfficeId,
    /// The place that is not held.
    pub seat: Seat,
    /// On which channel.
    pub scope: Scope,
}

/// Back-pointers that lead nowhere although they should: promise 4. Not gaps are what the hub refused,
/// what went to scopes that the looking office is not in, and what a subtree was sent before it joined.
pub fn gaps(conn: &Connection, look: &Look<'_>) -> Result<Vec<Gap>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT m.ledger, m.incarnation, m.seq, m.office, m.subtree FROM missing m
         JOIN channel c ON c.ledger = m.ledger AND c.office = m.office AND c.subtree = m.subtree
         WHERE NOT (m.subtree = 1 AND m.by_incarnation = c.first_incarnation AND m.by_seq = c.first_seq)
           AND NOT EXISTS (SELECT 1 FROM refusal r WHERE r.ledger = m.ledger
                 AND r.incarnation = m.incarnation AND r.seq = m.seq AND r.by_hub = 1)
         ORDER BY m.ledger, m.incarnation, m.seq, m.office, m.subtree",
    )?;
    let rows = statement.query_map([], |row| {
        let scope = Scope { office: OfficeId(uuid(row, 3)?), subtree: row.get(4)? };
        Ok(Gap { ledger: OfficeId(uuid(row, 0)?), seat: seat_of(row.get(1)?, row.get(2)?), scope })
    })?;
    let gaps = rows.collect::<rusqlite::Result<Vec<Gap>>>()?;
    Ok(gaps.into_iter().filter(|gap| look.in_scope(gap.scope, look.me)).collect())
}

/// How much of a ledger is here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LedgerRow {
    /// Whose.
    pub office: OfficeId,
    /// Entries held.
    pub entries: u64,
    /// Its highest seat.
    pub last: Seat,
    /// Its latest signed time, Unix milliseconds.
    pub time: i64,
}

/// All ledgers of which anything is here.
pub fn ledgers(conn: &Connection) -> Result<Vec<LedgerRow>> {
    let mut statement =
        conn.prepare_cached("SELECT office, entries, incarnation, seq, time FROM ledger ORDER BY office")?;
    let rows = statement.query_map([], |row| {
        Ok(LedgerRow {
            office: OfficeId(uuid(row, 0)?),
            entries: row.get::<_, i64>(1)? as u64,
            last: seat_of(row.get(2)?, row.get(3)?),
            time: millis(row, 4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Position in the journal up to which everything is folded.
pub fn folded_to(conn: &Connection) -> Result<u64> {
    Ok(conn.query_row("SELECT position FROM folded", [], |row| row.get::<_, i64>(0))? as u64)
}

pub(super) fn offices(conn: &Connection, sql: &str) -> Result<HashSet<OfficeId>> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(OfficeId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the hub has said of this very entry that it is refused.
pub fn hub_refused(conn: &Connection, hash: &Hash) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM refusal WHERE hash = ?1 AND by_hub = 1)")?
        .query_row([hash.0], |row| row.get(0))?)
}

/// Positions and reasons of entries that this store refused and the hub has not yet said so of, at most so many.
pub fn refused_unsaid(conn: &Connection, most: usize) -> Result<Vec<(u64, String)>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, reason FROM refusal AS own WHERE by_hub = 0 AND NOT EXISTS
           (SELECT 1 FROM refusal WHERE hash = own.hash AND by_hub = 1) ORDER BY position LIMIT ?1",
    )?;
    let rows = statement.query_map([most as i64], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A file that an entry names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// Position of the entry in this store's journal.
    pub position: u64,
    /// Whose entry.
    pub ledger: OfficeId,
    /// The file.
    pub file: Attachment,
}

/// Files that entries after a position name, in the order of their entries.
pub fn files_after(conn: &Connection, position: u64, limit: usize) -> Result<Vec<FileRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, hash, size, name, media_type, ledger FROM attachment
         WHERE position > ?1 ORDER BY position LIMIT ?2",
    )?;
    let rows = statement.query_map(params![position as i64, limit as i64], file_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Entries that name a file.
pub fn files_named(conn: &Connection, hash: Hash) -> Result<Vec<FileRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, hash, size, name, media_type, ledger FROM attachment WHERE hash = ?1",
    )?;
    let rows = statement.query_map([hash.0], file_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn file_row(row: &SqlRow<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        position: row.get::<_, i64>(0)? as u64,
        ledger: OfficeId(Uuid::from_bytes(row.get(5)?)),
        file: Attachment {
            hash: Hash(row.get(1)?),
            size: row.get::<_, i64>(2)? as u64,
            name: row.get(3)?,
            media_type: row.get(4)?,
        },
    })
}
