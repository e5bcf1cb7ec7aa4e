//! Queries on the views that do not depend on the kind of record.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::entry::Attachment;
use truc_proto::id::{Hash, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::paper::{Due, EXPRESS};
use truc_proto::record::directive::{self, Status};
use truc_proto::record::duty::{self, DutyStatus, Thresholds};
use truc_proto::record::{Act as _, Ends, State};
use truc_proto::registry::Registry;
use truc_proto::time::{Hlc, When};
use uuid::Uuid;

use super::Result;
use super::columns::{finished, millis, seat_of, uuid};
pub use super::filter::{Filter, StateOf};
use super::owed::{self, Spoken, Word};

/// Who looks, and when: computed states depend on that.
pub struct Viewpoint<'a> {
    /// The office that looks.
    pub me: OfficeId,
    /// The registry.
    pub registry: &'a Registry,
    /// Current time, Unix milliseconds.
    pub now: i64,
    /// Figures (due soon, silence) by which states are computed.
    pub figures: Thresholds,
    /// When an office was last heard from, Unix milliseconds; none: never. For `me` it is now.
    pub heard: &'a dyn Fn(OfficeId) -> Option<i64>,
}

impl Viewpoint<'_> {
    /// Status of an office's duty.
    pub fn status(&self, office: OfficeId, due: Option<Due>, word: Word) -> DutyStatus {
        let (started, done) = match word.by(self.now) {
            Word::Nothing => (false, None),
            Word::Started => (true, None),
            Word::Done(done) => (true, Some(done)),
        };
        duty::status(due, started, done, self.figures, self.now, (self.heard)(office))
    }

    /// Whether an office was silent for longer than the figures allow.
    pub fn silent(&self, office: OfficeId) -> bool {
        self.figures.silent((self.heard)(office), self.now)
    }

    /// Whether a scope includes an office now.
    pub fn in_scope(&self, scope: Scope, office: OfficeId) -> bool {
        scope.office == office || scope.subtree && self.registry.is_above(scope.office, office)
    }
}

/// A record in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RecordRow {
    /// Id of the record.
    pub id: RecordId,
    /// Number of the record's kind.
    pub kind: u32,
    /// The office that opened it.
    pub owner: OfficeId,
    /// Code of the document type.
    pub document_type: String,
    /// Title (trích yếu).
    pub title: String,
    /// Number, as written; empty: not numbered.
    pub number: String,
    /// Term (nhiệm kỳ).
    pub term: String,
    /// Date on the paper.
    pub issued: Option<String>,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// Urgency (độ khẩn), 0 to 4.
    pub urgency: u32,
    /// Secrecy level (độ mật), 0 to 3.
    pub confidentiality: u32,
    /// Whom it is for.
    pub audience: Vec<Scope>,
    /// When its first version was written, Unix milliseconds.
    pub opened: i64,
    /// Position of the version in force in this store's journal, where text and attachments are.
    pub position: u64,
}

/// Another's records of a kind that are for the looking office, by where each stands with it.
pub fn received(look: &Viewpoint<'_>, kind: u32) -> Filter {
    Filter {
        kind: Some(kind),
        not_of: Some(look.me),
        reaches: Some((look.me, look.registry.ancestors(look.me).collect())),
        state_of: Some(StateOf::Office(look.me)),
        ..Filter::default()
    }
}

impl RecordRow {
    /// Whether it is an express paper (hỏa tốc).
    pub fn is_express(&self) -> bool {
        self.urgency >= EXPRESS
    }
}

const ROW: &str = "record.id, record.kind, record.owner, record.document_type, record.title, record.number,
    record.term, record.issued, record.due, record.urgency, record.confidentiality, record.audience,
    record.opened, record.position";
const ROW_COLUMNS: usize = 14;

/// Records that match a filter.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<RecordRow>> {
    list_with(conn, filter, "", "", |row, _| Ok(row))
}

/// Records that match a filter, joined with columns of the kind's own table, which `more` gets by index.
pub(crate) fn list_with<T>(
    conn: &Connection,
    filter: &Filter,
    table: &str,
    columns: &str,
    more: impl Fn(RecordRow, &dyn Fn(usize) -> rusqlite::Result<Value>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let (conditions, values) = filter.sql();
    let join = joined(table);
    let comma = if columns.is_empty() { "" } else { ", " };
    let limit = if filter.limit == 0 { 100 } else { filter.limit };
    let sql = format!(
        "SELECT {ROW}{comma}{columns} FROM record {join} WHERE {conditions} ORDER BY {} LIMIT {limit} OFFSET {}",
        filter.order(conn)?,
        filter.skip
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

fn joined(table: &str) -> String {
    if table.is_empty() {
        return String::new();
    }
    format!("JOIN {table} ON {table}.record = record.id AND {table}.owner = record.owner")
}

/// A record with its state and arrival number at the office that the filter asks about.
pub type TakenIn = (RecordRow, String, String);

/// Records that match a filter, with where each stands at the office that the filter asks about.
pub fn list_taken_in(conn: &Connection, filter: &Filter) -> Result<Vec<TakenIn>> {
    let of = filter.state_of;
    let columns = of.map_or("'', ''".to_owned(), |of| format!("{}, {}", of.sql(), of.arrival()));
    list_with(conn, filter, "", &columns, |row, column| {
        let text = |value| if let Value::Text(text) = value { text } else { String::new() };
        Ok((row, text(column(0)?), text(column(1)?)))
    })
}

/// A record of a list that is counted and sorted by more than the views know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRow {
    /// Id of the record.
    pub id: RecordId,
    /// The office that opened it.
    pub owner: OfficeId,
    /// Urgency (độ khẩn), 0 to 4.
    pub urgency: u32,
    /// Whom it is for, as the views keep it.
    pub audience: String,
    /// When it was opened.
    pub opened: Hlc,
}

/// All records that match a filter, in its order, whatever its page.
pub fn keys(conn: &Connection, filter: &Filter) -> Result<Vec<KeyRow>> {
    let (conditions, values) = filter.sql();
    let sql = format!(
        "SELECT id, owner, urgency, audience, opened FROM record WHERE {conditions} ORDER BY {}",
        filter.order(conn)?
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let (id, owner) = (RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?));
        let opened = Hlc(row.get::<_, i64>(4)? as u64);
        Ok(KeyRow { id, owner, urgency: row.get(2)?, audience: row.get(3)?, opened })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whose records match a filter, and how many of each.
pub fn senders(conn: &Connection, filter: &Filter) -> Result<Vec<(OfficeId, usize)>> {
    let (conditions, values) = filter.sql();
    let sql = format!("SELECT owner, count(*) FROM record WHERE {conditions} GROUP BY 1 ORDER BY 1");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok((OfficeId(uuid(row, 0)?), row.get::<_, i64>(1)? as usize))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many records match a filter, in each state; `table` is the kind's own, for conditions and states that need it.
pub fn counts(conn: &Connection, filter: &Filter, table: &str) -> Result<BTreeMap<String, usize>> {
    let (conditions, values) = filter.sql();
    let state = filter.state_of.map_or("''".to_owned(), |of| of.sql());
    let sql = format!("SELECT {state}, count(*) FROM record {} WHERE {conditions} GROUP BY 1", joined(table));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as usize)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_row(row: &SqlRow<'_>, audience: Vec<Scope>) -> rusqlite::Result<RecordRow> {
    Ok(RecordRow {
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
    /// The office that wrote it.
    pub office: OfficeId,
    /// State that its entries add up to.
    pub state: State,
    /// State in one word.
    pub status: String,
    /// Time of the newest entry, Unix milliseconds.
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

/// State of one office's strand of a record.
pub fn strand(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<Option<State>> {
    let state = written_strand(conn, id, kind, office)?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?)
}

/// The same as it is written.
pub(super) fn written_strand(
    conn: &Connection,
    id: RecordId,
    kind: u32,
    office: OfficeId,
) -> Result<Option<String>> {
    let state = conn
        .prepare_cached("SELECT state FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| row.get(0));
    Ok(state.optional()?)
}

/// Whether so many moves of an office about a record count that no further one does.
pub fn is_full(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<bool> {
    let moves: Option<i64> = conn
        .prepare_cached("SELECT moves FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(moves.is_some_and(|moves| moves >= limits::STRAND_MOVES as i64))
}

/// A record's status at an office, in one word; empty: the office said nothing.
pub fn status(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<String> {
    let status: Option<String> = conn
        .prepare_cached("SELECT status FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(status.unwrap_or_default())
}

/// A record's status at an office, in one word, and its arrival number there.
pub fn taken_in(conn: &Connection, id: RecordId, kind: u32, office: OfficeId) -> Result<(String, String)> {
    let found = conn
        .prepare_cached("SELECT status, arrival FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3")?
        .query_row(params![id.0.as_bytes(), kind, office.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The highest arrival number that an office has given since a time (Unix milliseconds); 0: none.
pub fn highest_arrival(conn: &Connection, office: OfficeId, since: i64) -> Result<u64> {
    let since = ((since.max(0) as u64) << 16).cast_signed();
    let highest: Option<i64> = conn
        .prepare_cached(
            "SELECT max(CAST(arrival AS INTEGER)) FROM strand WHERE office = ?1 AND accepted >= ?2",
        )?
        .query_row(params![office.0.as_bytes(), since], |row| row.get(0))?;
    Ok(highest.unwrap_or(0).max(0) as u64)
}

/// The records to which an office has given this arrival number since a time (Unix milliseconds).
pub fn arrived_as(conn: &Connection, office: OfficeId, since: i64, number: u32) -> Result<Vec<RecordId>> {
    let since = ((since.max(0) as u64) << 16).cast_signed();
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT record FROM strand WHERE office = ?1 AND accepted >= ?2 AND CAST(arrival AS INTEGER) = ?3",
    )?;
    let rows = statement
        .query_map(params![office.0.as_bytes(), since, number], |row| Ok(RecordId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A duty of an office.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DutyRow {
    /// The record.
    pub record: RecordId,
    /// Number of the record's kind.
    pub kind: u32,
    /// Office to which it is owed.
    pub owner: OfficeId,
    /// Task or item; empty: the record itself.
    pub part: String,
    /// What is to be done, shortened.
    pub content: String,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// When it was done.
    pub done: Option<When>,
    /// Status of the duty.
    pub status: DutyStatus,
}

/// What an office owes and how it stands, earliest deadline first, those without one last. What it refused or gave
/// back, and what a record asked for that its owner ended, it owes no more.
pub fn duties(conn: &Connection, look: &Viewpoint<'_>, office: OfficeId) -> Result<Vec<DutyRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT d.record, d.kind, d.owner, d.part, d.due, d.content, o.word, d.given, n.said, w.word,
                a.said, a.done, a.done_signed, a.done_arrived
         FROM duty d
         LEFT JOIN answer a ON a.record = d.record AND a.kind = d.kind AND a.office = ?3 AND a.part = d.part
         LEFT JOIN answer w ON w.record = d.record AND w.kind = d.kind AND w.office = ?3 AND w.part = ''
         LEFT JOIN verdict n ON n.record = d.record AND n.kind = d.kind AND n.owner = d.owner
                           AND n.part = d.part AND n.office = ?3 AND n.accepted = 0
         LEFT JOIN answer o ON o.record = d.record AND o.kind = d.kind AND o.office = d.owner AND o.part = ''
         WHERE d.office = ?1 AND (d.subtree = 1 OR ?2) AND NOT (d.subtree = 1 AND d.owner = ?3)",
    )?;
    let time = |row: &SqlRow<'_>, column| {
        row.get::<_, Option<i64>>(column).map(|time| time.map(|time| Hlc(time as u64)))
    };
    let mut found: BTreeMap<(i64, RecordId, OfficeId, String), DutyRow> = BTreeMap::new();
    for above in std::iter::once(office).chain(look.registry.ancestors(office)) {
        let mut rows = statement.query(params![above.0.as_bytes(), above == office, office.0.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let spoken = |said| {
                Ok::<_, rusqlite::Error>(match time(row, said)? {
                    Some(at) => Some(Spoken { at, done: finished(row, said + 1)? }),
                    None => None,
                })
            };
            let (record, kind, owner) = (RecordId(uuid(row, 0)?), row.get(1)?, OfficeId(uuid(row, 2)?));
            let given = time(row, 7)?.unwrap_or_default();
            if !owed::may_owe(look.registry, office, owner)
                || !owed::was_there(look.registry, office, given)
                || !owed::is_heard(kind, look.me, owner, office)
            {
                continue;
            }
            let said = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
            if owed::ends(kind, &said(6)?) == Ends::Record {
                continue;
            }
            let Some(word) = owed::word(kind, &said(9)?, spoken(10)?, time(row, 8)?) else { continue };
            let word = word.not_before(given);
            let (part, due): (String, Option<i64>) = (row.get(3)?, row.get(4)?);
            let status = look.status(office, due.map(Due), word);
            let key = (due.unwrap_or(i64::MAX), record, owner, part.clone());
            found.insert(
                key,
                DutyRow { record, kind, owner, part, content: row.get(5)?, due, done: word.done(), status },
            );
        }
    }
    Ok(found.into_values().collect())
}

/// Directives that an office has taken in and that nobody waits for by a day: so they stand on no list of duties.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inside {
    /// Accepted, and assigned to nobody.
    pub unassigned: Vec<RecordRow>,
    /// Assigned or being handled, and nothing of them is owed.
    pub undated: Vec<RecordRow>,
}

/// What an office has taken in and not finished, beside its open duties `owed`; oldest first.
pub fn inside(conn: &Connection, office: OfficeId, owed: &HashSet<RecordId>) -> Result<Inside> {
    let mut statement = conn.prepare_cached(
        "SELECT record, status FROM strand
         WHERE kind = ?1 AND office = ?2 AND status IN (?3, ?4, ?5) ORDER BY updated, record",
    )?;
    let [accepted, assigned, processing] =
        [Status::Accepted, Status::Assigned, Status::Processing].map(Status::name);
    let values = params![directive::Move::KIND, office.0.as_bytes(), accepted, assigned, processing];
    let mut rows = statement.query(values)?;
    let mut found = Inside::default();
    while let Some(row) = rows.next()? {
        let id = RecordId(uuid(row, 0)?);
        let is_accepted = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? == accepted;
        let list = match (is_accepted, owed.contains(&id)) {
            (true, _) => &mut found.unassigned,
            (false, true) => continue,
            (false, false) => &mut found.undated,
        };
        list.extend(self::list(conn, &Filter { kind: Some(directive::Move::KIND), ..Filter::id(id) })?);
    }
    Ok(found)
}

/// An entry for this office that the hub has not delivered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
    /// The office that wrote it.
    pub ledger: OfficeId,
    /// Its seat in that office's ledger.
    pub seat: Seat,
    /// The channel's scope.
    pub scope: Scope,
}

/// Gaps: back-pointers to entries for this office that are missing (promise 4). Not counted are entries that the hub
/// refused, those to scopes that this office is not in, and those sent to a subtree before this office joined it.
pub fn gaps(conn: &Connection, look: &Viewpoint<'_>) -> Result<Vec<Gap>> {
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

/// Seats of the entries that name a missing one as the one before them.
pub fn named_by(conn: &Connection, gap: &Gap) -> Result<Vec<Seat>> {
    let mut statement = conn.prepare_cached(
        "SELECT by_incarnation, by_seq FROM missing WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3
           AND office = ?4 AND subtree = ?5",
    )?;
    let key = params![
        gap.ledger.0.as_bytes(),
        gap.seat.incarnation.0 as i64,
        gap.seat.seq as i64,
        gap.scope.office.0.as_bytes(),
        gap.scope.subtree
    ];
    let rows = statement.query_map(key, |row| Ok(seat_of(row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How much of a ledger is held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LedgerRow {
    /// The office whose ledger it is.
    pub office: OfficeId,
    /// Number of entries held.
    pub entries: u64,
    /// Highest seat.
    pub last: Seat,
    /// Latest signed time, Unix milliseconds.
    pub time: i64,
}

/// All ledgers with entries here.
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

/// How many entries nobody here can open.
pub fn closed(conn: &Connection) -> Result<u64> {
    let sql = "SELECT count(*) FROM story WHERE outcome <> 'applied' AND outcome = 'sealed'";
    Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64)
}

/// Edition of the journal when the views were begun. Views of another edition were made anew: what was read of the earlier
/// ones may not stand any more.
pub fn edition(conn: &Connection) -> Result<u64> {
    Ok(conn.query_row("SELECT edition FROM folded", [], |row| row.get::<_, i64>(0))? as u64)
}

pub(super) fn offices(conn: &Connection, sql: &str) -> Result<HashSet<OfficeId>> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(OfficeId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the hub has refused exactly this entry.
pub fn hub_refused(conn: &Connection, hash: &Hash) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM refusal WHERE hash = ?1 AND by_hub = 1)")?
        .query_row([hash.0], |row| row.get(0))?)
}

/// An entry that this store refused and the hub has not yet.
#[derive(Clone, Debug)]
pub struct Unsaid {
    /// Position in the journal.
    pub position: u64,
    /// Whose ledger it is in.
    pub ledger: OfficeId,
    /// The code of the reason.
    pub reason: String,
}

/// Entries after a position that this store refused and the hub has not yet; at most `most`. The hub's own are not among
/// them: its word about itself would not count.
pub fn refused_unsaid(conn: &Connection, hub: OfficeId, after: u64, most: usize) -> Result<Vec<Unsaid>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, ledger, reason FROM refusal AS own WHERE by_hub = 0 AND position > ?2 AND ledger <> ?3
         AND NOT EXISTS (SELECT 1 FROM refusal WHERE hash = own.hash AND by_hub = 1) ORDER BY position LIMIT ?1",
    )?;
    let rows = statement.query_map(params![most as i64, after as i64, hub.0.as_bytes()], |row| {
        let (position, reason) = (row.get::<_, i64>(0)? as u64, row.get(2)?);
        Ok(Unsaid { position, ledger: OfficeId(uuid(row, 1)?), reason })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How far the views have folded, how many entries had been set aside by then, and what they say of a stretch of the
/// journal, all as of one moment.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// Position up to which everything is folded.
    pub position: u64,
    /// Edition of the journal that is folded.
    pub edition: u64,
    /// Positions after the one asked for of entries that this store refused, with the code.
    pub refused: BTreeMap<u64, String>,
}

/// How far the views have folded, with this store's own verdicts on the entries after a position, up to another.
pub fn folded(conn: &Connection, after: u64, upto: u64) -> Result<Folded> {
    let moment = conn.unchecked_transaction()?;
    let (position, edition) = moment
        .prepare_cached("SELECT position, edition FROM folded")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))?;
    let mut refused = moment.prepare_cached(
        "SELECT position, reason FROM refusal WHERE by_hub = 0 AND position > ?1 AND position <= ?2",
    )?;
    let refused = refused
        .query_map(params![after as i64, upto.min(i64::MAX as u64) as i64], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Folded { position, edition, refused })
}

/// An entry that could not be folded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Undigested {
    /// Position in this store's journal.
    pub position: u64,
    /// Whose entry it is; none: it cannot even be read.
    pub ledger: Option<OfficeId>,
    /// What failed, in English.
    pub reason: String,
}

/// Entries that could not be folded, in the order of the journal.
pub fn undigested(conn: &Connection) -> Result<Vec<Undigested>> {
    let mut statement =
        conn.prepare_cached("SELECT position, ledger, reason FROM undigested ORDER BY position")?;
    let rows = statement.query_map([], |row| {
        let ledger: Option<[u8; 16]> = row.get(1)?;
        Ok(Undigested {
            position: row.get::<_, i64>(0)? as u64,
            ledger: ledger.map(|ledger| OfficeId(Uuid::from_bytes(ledger))),
            reason: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A file that an entry names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// Position of the entry in this store's journal.
    pub position: u64,
    /// The office whose entry it is.
    pub ledger: OfficeId,
    /// Urgency of the entry, 0 to 4.
    pub urgency: u8,
    /// The file, as the entry describes it.
    pub file: Attachment,
}

/// Files that entries name, in the order of their entries, after a file of an entry: an entry may name several. What it
/// names by two names is one file.
pub fn files_after(conn: &Connection, after: (u64, Hash), limit: usize) -> Result<Vec<FileRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, hash, size, name, media_type, ledger, urgency FROM attachment
         WHERE (position, hash) > (?1, ?2) GROUP BY position, hash ORDER BY position, hash LIMIT ?3",
    )?;
    let (position, hash) = after;
    let rows = statement.query_map(params![position as i64, hash.0, limit as i64], file_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Entries after a position and up to another that name a file and were not refused by this store, in their order.
pub fn files_named(
    conn: &Connection,
    hash: Hash,
    after: u64,
    upto: u64,
    limit: usize,
) -> Result<Vec<FileRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, hash, size, name, media_type, ledger, urgency FROM attachment
         WHERE hash = ?1 AND position > ?2 AND position <= ?3
         AND NOT EXISTS (SELECT 1 FROM refusal WHERE by_hub = 0 AND refusal.position = attachment.position)
         ORDER BY position LIMIT ?4",
    )?;
    let limits = params![hash.0, after as i64, i64::try_from(upto).unwrap_or(i64::MAX), limit as i64];
    let rows = statement.query_map(limits, file_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn file_row(row: &SqlRow<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        position: row.get::<_, i64>(0)? as u64,
        ledger: OfficeId(Uuid::from_bytes(row.get(5)?)),
        urgency: row.get(6)?,
        file: Attachment {
            hash: Hash(row.get(1)?),
            size: row.get::<_, i64>(2)? as u64,
            name: row.get(3)?,
            media_type: row.get(4)?,
        },
    })
}
