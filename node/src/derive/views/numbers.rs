//! The numbers of papers: consecutive per office, document type, term and symbol. Each paper that was ever written has
//! its row, refused ones too, because their numbers were given out.

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::identifier::number_key;
use truc_proto::record::Paper;

use super::Result;
use super::columns::uuid;

/// Digits that a running number has at most; longer figures are part of the text.
const DIGITS: usize = 9;

/// A register of numbers within one office, and a place in it, however the number is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbered {
    /// Code of the document type.
    pub document_type: String,
    /// Nhiệm kỳ.
    pub term: String,
    /// What stands after the figure, as [`number_key`] has it: `-cv/tu`.
    pub tail: String,
    /// The figure; 0: the number begins with none.
    pub figure: i64,
}

impl Numbered {
    /// The place that a number has; none if the paper has no number.
    pub fn of(paper: &Paper) -> Option<Self> {
        let number = &*number_key(&paper.number);
        if number.is_empty() {
            return None;
        }
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let (figure, tail) = if digits <= DIGITS { number.split_at(digits) } else { ("", number) };
        Some(Self {
            document_type: paper.document_type.clone(),
            term: paper.term.clone(),
            tail: tail.to_owned(),
            figure: figure.parse().unwrap_or(0),
        })
    }
}

/// Notes the number of a paper that an office wrote.
pub(super) fn note(
    conn: &Connection,
    position: u64,
    office: OfficeId,
    record: RecordId,
    paper: &Paper,
) -> Result<()> {
    let Some(number) = Numbered::of(paper) else { return Ok(()) };
    conn.prepare_cached(
        "INSERT OR IGNORE INTO number (position, office, document_type, term, tail, figure, record, written)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        position as i64,
        office.0.as_bytes(),
        number.document_type,
        number.term,
        number.tail,
        number.figure,
        record.0.as_bytes(),
        paper.number
    ])?;
    Ok(())
}

/// The highest figure of a number's register; 0: it is empty.
pub fn highest(conn: &Connection, office: OfficeId, number: &Numbered) -> Result<i64> {
    let highest: Option<i64> = conn
        .prepare_cached(
            "SELECT max(figure) FROM number WHERE office = ?1 AND document_type = ?2 AND term = ?3 AND tail = ?4",
        )?
        .query_row(params![office.0.as_bytes(), number.document_type, number.term, number.tail], |row| {
            row.get(0)
        })?;
    Ok(highest.unwrap_or(0))
}

/// The records whose papers bear a number. Usually one: the versions of a paper share its number.
pub fn bearers(conn: &Connection, office: OfficeId, number: &Numbered) -> Result<Vec<RecordId>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT record FROM number
         WHERE office = ?1 AND document_type = ?2 AND term = ?3 AND tail = ?4 AND figure = ?5",
    )?;
    let rows = statement.query_map(
        params![office.0.as_bytes(), number.document_type, number.term, number.tail, number.figure],
        |row| Ok(RecordId(uuid(row, 0)?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Positions of the entries whose papers bear a number, in order.
pub fn positions(conn: &Connection, office: OfficeId, number: &Numbered) -> Result<Vec<u64>> {
    let mut statement = conn.prepare_cached(
        "SELECT position FROM number
         WHERE office = ?1 AND document_type = ?2 AND term = ?3 AND tail = ?4 AND figure = ?5 ORDER BY position",
    )?;
    let rows = statement.query_map(
        params![office.0.as_bytes(), number.document_type, number.term, number.tail, number.figure],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?)
}

/// A number that several papers of an office bear.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Doubled {
    /// Code of the document type.
    pub document_type: String,
    /// Nhiệm kỳ.
    pub term: String,
    /// The number.
    pub number: String,
    /// The records with it.
    pub records: Vec<RecordId>,
}

/// Numbers that two papers of an office bear: two machines of it wrote at the same time, each without knowing the other.
pub fn doubled(conn: &Connection, office: OfficeId) -> Result<Vec<Doubled>> {
    let mut statement = conn.prepare_cached(
        "SELECT document_type, term, tail, figure, min(written) FROM number WHERE office = ?1
         GROUP BY document_type, term, tail, figure HAVING min(record) <> max(record)",
    )?;
    let rows = statement.query_map([office.0.as_bytes()], |row| {
        let (document_type, term, tail) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((Numbered { document_type, term, tail, figure: row.get(3)? }, row.get(4)?))
    })?;
    let numbers = rows.collect::<rusqlite::Result<Vec<(Numbered, String)>>>()?;
    let told = |(number, written): (Numbered, String)| {
        let records = bearers(conn, office, &number)?;
        Ok(Doubled { document_type: number.document_type, term: number.term, number: written, records })
    };
    numbers.into_iter().map(told).collect()
}
