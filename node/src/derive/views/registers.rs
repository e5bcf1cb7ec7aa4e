//! The registers of papers: sổ đăng ký văn bản đi and văn bản đến. Each paper that an office wrote or got has one line,
//! whatever kind of record carries it; further versions of a paper are told in its line.

use rusqlite::{Connection, Row as SqlRow, params};
use truc_proto::audience::Scope;
use truc_proto::entry::Header;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::{Paper, State};
use truc_proto::time::Hlc;

use super::Result;
use super::columns::uuid;

/// A line of a register: what the paper was when it was first written.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// The record that carries it.
    pub record: RecordId,
    /// The number of the record's kind.
    pub kind: u32,
    /// Whose paper it is.
    pub office: OfficeId,
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
    /// Who signed; its last line is the name.
    pub signer: String,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// Urgency (độ khẩn), 0 to 4.
    pub urgency: u32,
    /// Secrecy level (độ mật), 0 to 3.
    pub confidentiality: u32,
    /// Whom it is for.
    pub audience: Vec<Scope>,
    /// When it was written, Unix milliseconds.
    pub at: i64,
    /// Why it is refused; none: it is not.
    pub refused: Option<String>,
    /// How many versions of it there are.
    pub versions: u32,
    /// How many records of its office bear its number, of this type and term.
    pub bearers: u32,
    /// What this office's own entries about the record add up to.
    pub own: Option<State>,
}

/// Notes the paper of an entry.
pub(super) fn note(conn: &Connection, position: u64, header: &Header, paper: &Paper) -> Result<()> {
    let audience: Vec<Scope> = header.audience.iter().map(|channel| channel.scope).collect();
    conn.prepare_cached(
        "INSERT OR IGNORE INTO paper
           (position, office, record, kind, document_type, title, number, term, issued, due, urgency, confidentiality,
            audience, signer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        position as i64,
        header.ledger.0.as_bytes(),
        header.record.0.as_bytes(),
        header.kind,
        paper.document_type,
        paper.title,
        paper.number,
        paper.term,
        paper.issued.map(|day| day.to_string()),
        paper.due().map(|due| due.0),
        header.urgency as i32,
        header.confidentiality as i32,
        serde_json::to_string(&audience)?,
        paper.signer
    ])?;
    Ok(())
}

/// The first version of each paper, with what this office says of its record; `?1`: this office.
const LINES: &str = "
    SELECT paper.record, paper.kind, paper.office, paper.document_type, paper.title, paper.number, paper.term,
           paper.issued, paper.due, paper.urgency, paper.confidentiality, paper.audience, story.time, story.outcome,
           version.versions,
           (SELECT count(DISTINCT other.record) FROM paper other
            WHERE paper.number <> '' AND other.office = paper.office AND other.number = paper.number
              AND other.document_type = paper.document_type AND other.term = paper.term),
           strand.state, paper.signer
    FROM (SELECT min(position) AS position, count(*) AS versions FROM paper
          GROUP BY office, record, kind, number) version
    JOIN paper ON paper.position = version.position
    JOIN story ON story.position = paper.position
    LEFT JOIN strand ON strand.record = paper.record AND strand.kind = paper.kind AND strand.office = ?1";

/// The papers that an office wrote under a number, refused ones too, because their numbers are used. In no order.
pub fn outgoing(conn: &Connection, me: OfficeId) -> Result<Vec<Line>> {
    lines(conn, me, "paper.office = ?1 AND paper.number <> ''")
}

/// The papers that came to an office and count, numbered or not. In no order.
pub fn incoming(conn: &Connection, me: OfficeId) -> Result<Vec<Line>> {
    lines(conn, me, "paper.office <> ?1 AND story.outcome = 'applied'")
}

fn lines(conn: &Connection, me: OfficeId, wanted: &str) -> Result<Vec<Line>> {
    let mut statement = conn.prepare_cached(&format!("{LINES} WHERE {wanted}"))?;
    let mut rows = statement.query(params![me.0.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(line(row)?);
    }
    Ok(found)
}

fn line(row: &SqlRow<'_>) -> Result<Line> {
    let (audience, outcome, state): (String, String, Option<String>) =
        (row.get(11)?, row.get(13)?, row.get(16)?);
    Ok(Line {
        record: RecordId(uuid(row, 0)?),
        kind: row.get(1)?,
        office: OfficeId(uuid(row, 2)?),
        document_type: row.get(3)?,
        title: row.get(4)?,
        number: row.get(5)?,
        term: row.get(6)?,
        issued: row.get(7)?,
        signer: row.get(17)?,
        due: row.get(8)?,
        urgency: row.get(9)?,
        confidentiality: row.get(10)?,
        audience: serde_json::from_str(&audience)?,
        at: Hlc(row.get::<_, i64>(12)?.cast_unsigned()).millis() as i64,
        refused: outcome.strip_prefix("refused: ").map(str::to_owned),
        versions: row.get(14)?,
        bearers: row.get(15)?,
        own: state.map(|state| serde_json::from_str(&state)).transpose()?,
    })
}
