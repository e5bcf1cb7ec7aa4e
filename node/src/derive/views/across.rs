//! Queries across all offices, for a hub that holds all ledgers: table by table, never record by record.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::paper::EXPRESS;
use truc_proto::record::{Act as _, State, report};
use truc_proto::time::Hlc;

use super::Result;
use super::columns::uuid;
use super::read::{self, Filter, RecordRow};
use super::story::{self, StoryRow};

/// A form of report for a kind of period, as offices have used it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormRow {
    /// Code of the form, as the newest report writes it.
    pub form: String,
    /// What all writings of the code have in common.
    pub key: String,
    /// Kind of period: year, quarter, month …
    pub period_kind: String,
    /// Last day of the newest period.
    pub newest: String,
    /// Number of reports.
    pub reports: i64,
}

/// Forms of periodic reports, those with the newest periods first; what one office alone reports on comes behind, however
/// many forms and years it invents. At most [`limits::FORMS`].
pub fn forms(conn: &Connection) -> Result<Vec<FormRow>> {
    let mut statement = conn.prepare_cached(
        // The bare column `form` is that of the row with the newest period.
        "SELECT form, period_kind, max(period_to), count(*), form_key FROM report WHERE period_kind <> ''
         GROUP BY form_key, period_kind
         ORDER BY min(owner) <> max(owner) DESC, 3 DESC, form_key, period_kind LIMIT ?1",
    )?;
    let rows = statement.query_map([limits::FORMS as i64], |row| {
        let (form, period_kind, newest) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(FormRow { form, key: row.get(4)?, period_kind, newest, reports: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Express records opened after a moment (Unix milliseconds), whoever they are for: the newest [`limits::NOTIFIED`].
pub fn express(conn: &Connection, since: i64) -> Result<Vec<RecordRow>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT DISTINCT id, kind FROM record WHERE urgency >= {EXPRESS} AND opened > ?1
         ORDER BY opened DESC LIMIT ?2"
    ))?;
    let found = statement.query_map(params![since.max(0) << 16, limits::NOTIFIED as i64], |row| {
        Ok((RecordId(uuid(row, 0)?), row.get::<_, u32>(1)?))
    })?;
    let mut rows = Vec::new();
    for found in found {
        let (id, kind) = found?;
        rows.extend(read::list(conn, &Filter { kind: Some(kind), ..Filter::id(id) })?);
    }
    Ok(rows)
}

/// A periodic report, as the page on completeness needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct ReportRow {
    /// The record.
    pub record: RecordId,
    /// The office that reported.
    pub owner: OfficeId,
    /// First day of the period.
    pub from: String,
    /// Last day of the period.
    pub to: String,
    /// Number of the newest version.
    pub version: u32,
    /// When its first version was signed, Unix milliseconds.
    pub signed: i64,
    /// Position of the first version in the journal.
    pub first: u64,
    /// Number, as written.
    pub number: String,
    /// Deadline on the paper, Unix milliseconds.
    pub due: Option<i64>,
    /// Whom it was sent to.
    pub audience: Vec<Scope>,
    /// Verdicts on the newest version: the office, and whether it accepted.
    pub verdicts: Vec<(OfficeId, bool)>,
}

/// Reports of a form, however its code is written, and kind of period that ends between two days, both included.
pub fn reports(conn: &Connection, form: &str, kind: &str, from: &str, to: &str) -> Result<Vec<ReportRow>> {
    let form = report::form_key(form);
    let values = params![form, kind, from, to, report::Move::KIND];
    let mut statement = conn.prepare_cached(
        "SELECT p.record, p.owner, p.period_from, p.period_to, p.version, r.opened, r.number, r.due, r.audience,
                CASE WHEN p.version = 1 THEN r.position ELSE
                  (SELECT min(s.position) FROM story s WHERE s.record = p.record AND s.kind = ?5
                   AND s.ledger = p.owner AND s.move = 'submitted' AND s.outcome = 'applied') END
         FROM report p JOIN record r ON r.id = p.record AND r.kind = ?5 AND r.owner = p.owner
         WHERE p.form_key = ?1 AND p.period_kind = ?2 AND p.period_to BETWEEN ?3 AND ?4
         ORDER BY p.period_to, r.opened",
    )?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    let mut at: HashMap<(RecordId, OfficeId), usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (record, owner) = (RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?));
        at.insert((record, owner), found.len());
        found.push(ReportRow {
            record,
            owner,
            from: row.get(2)?,
            to: row.get(3)?,
            version: row.get(4)?,
            signed: Hlc(row.get::<_, i64>(5)? as u64).millis() as i64,
            first: row.get::<_, Option<i64>>(9)?.unwrap_or(0) as u64,
            number: row.get(6)?,
            due: row.get(7)?,
            audience: serde_json::from_str(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?,
            verdicts: Vec::new(),
        });
    }
    let mut statement = conn.prepare_cached(
        "SELECT p.record, p.owner, j.office,
                json_extract(j.state, '$.Report.judged.\"' || p.version || '\".accepted')
         FROM report p JOIN strand j ON j.record = p.record AND j.kind = ?5 AND j.office <> p.owner
         WHERE p.form_key = ?1 AND p.period_kind = ?2 AND p.period_to BETWEEN ?3 AND ?4",
    )?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        let key = (RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?));
        let verdict: Option<bool> = row.get(3)?;
        if let (Some(report), Some(accepted)) = (at.get(&key).and_then(|at| found.get_mut(*at)), verdict) {
            report.verdicts.push((OfficeId(uuid(row, 2)?), accepted));
        }
    }
    Ok(found)
}

/// Somebody asks offices for something that names a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The office that asks.
    pub owner: OfficeId,
    /// The offices that it asks.
    pub by: Scope,
    /// Until when, Unix milliseconds.
    pub due: i64,
    /// What it asks for, shortened.
    pub content: String,
}

/// Duties with a deadline whose words name a form: the requests of reports, until forms carry calls of their own.
pub fn requests(conn: &Connection, form: &str) -> Result<Vec<Request>> {
    let wanted = report::form_key(form);
    let mut statement =
        conn.prepare_cached("SELECT owner, office, subtree, due, content FROM duty WHERE due IS NOT NULL")?;
    let rows = statement.query_map([], |row| {
        let by = Scope { office: OfficeId(uuid(row, 1)?), subtree: row.get(2)? };
        Ok(Request { owner: OfficeId(uuid(row, 0)?), by, due: row.get(3)?, content: row.get(4)? })
    })?;
    let names = |request: &Request| names(&report::form_key(&request.content), &wanted);
    let found: Vec<Request> =
        rows.filter(|request| request.as_ref().map_or(true, names)).collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// Whether a text has a code as a word of its own.
fn names(text: &str, code: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    !code.is_empty()
        && text.match_indices(code).any(|(at, _)| {
            ends(text[..at].chars().next_back()) && ends(text[at + code.len()..].chars().next())
        })
}

/// The figures in the newest version of a report.
pub fn figures(conn: &Connection, record: RecordId, owner: OfficeId) -> Result<Vec<report::Indicator>> {
    Ok(match read::strand(conn, record, report::Move::KIND, owner)? {
        Some(State::Report(strand)) => {
            strand.owner.map(|owner| owner.submitted.indicators).unwrap_or_default()
        }
        _ => Vec::new(),
    })
}

/// Which entries of the story to show.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// Only entries before this position of the journal.
    pub before: Option<u64>,
    /// Only entries of this office.
    pub ledger: Option<OfficeId>,
    /// Only entries of this kind.
    pub kind: Option<u32>,
    /// Only entries by this account; empty: by all.
    pub author: String,
    /// Only entries without effect: refused, not allowed, or for a newer program.
    pub other: bool,
    /// Most entries to return.
    pub limit: usize,
    /// Most positions to look at, so that a rare match does not read the whole journal.
    pub span: u64,
}

/// The entries, newest first, and the position before which to go on; none: that was all.
pub fn trail(conn: &Connection, asked: &Trail) -> Result<(Vec<StoryRow>, Option<u64>)> {
    let end: Option<i64> = conn.query_row("SELECT max(position) FROM story", [], |row| row.get(0))?;
    let before = asked.before.unwrap_or(u64::MAX >> 1).min(end.unwrap_or(0) as u64 + 1);
    let (conditions, values, lowest) = conditions(conn, asked, before)?;
    let order = if asked.ledger.is_some() { "incarnation DESC, seq DESC" } else { "position DESC" };
    let sql = format!("{} WHERE {conditions} ORDER BY {order} LIMIT {}", story::STORY, asked.limit);
    let found = story::stories(conn, &sql, params_from_iter(values))?;
    let next = if found.len() == asked.limit { found.last().map(|last| last.position) } else { lowest };
    Ok((found, next))
}

/// SQL conditions with their values, and the lowest position that they reach; none: all.
fn conditions(conn: &Connection, asked: &Trail, before: u64) -> Result<(String, Vec<Value>, Option<u64>)> {
    let mut conditions = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut add = |condition: &str, new: Vec<Value>| {
        conditions.push(condition.to_owned());
        values.extend(new);
    };
    let mut lowest = None;
    if let Some(ledger) = asked.ledger {
        // A ledger is read in its own order, for which there is an index.
        add("ledger = ?", vec![ledger.0.as_bytes().to_vec().into()]);
        let seat: Option<(i64, i64)> = conn
            .prepare_cached("SELECT incarnation, seq FROM story WHERE position = ?1 AND ledger = ?2")?
            .query_row(params![before as i64, ledger.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((incarnation, seq)) = seat {
            add("(incarnation, seq) < (?, ?)", vec![incarnation.into(), seq.into()]);
        }
    } else {
        add("position < ?", vec![(before as i64).into()]);
        // Entries without effect have an index of their own.
        if !asked.other {
            let from = before.saturating_sub(asked.span);
            add("position >= ?", vec![(from as i64).into()]);
            lowest = (from > 1).then_some(from);
        }
    }
    if let Some(kind) = asked.kind {
        add("kind = ?", vec![kind.into()]);
    }
    if !asked.author.is_empty() {
        add("author = ?", vec![asked.author.clone().into()]);
    }
    if asked.other {
        add("outcome <> 'applied'", Vec::new());
    }
    Ok((conditions.join(" AND "), values, lowest))
}
