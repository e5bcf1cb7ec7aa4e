//! What came from outside, in the views: papers, stubs of secret papers, petitions. They bear no paper of the network, so
//! they stand in no list of records; their own table finds them by book and number, by what is on the paper, and by what is
//! still to be done.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::{Connection, Params, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::identifier::number_key;
use truc_proto::record::outside::{Book, KIND, Outside, Strand, What};
use truc_proto::record::{Paper, State};
use truc_proto::time::Hlc;
use truc_proto::vietnamese::fold;

use super::{Answer, Duty, Key, Kind};
use crate::derive::views::Result;
use crate::derive::views::columns::uuid;
use crate::derive::views::read::{RecordRow, Viewpoint};

/// What came from outside, in the views.
pub struct Tables;

/// What lists of records would show: they have none of this kind.
#[derive(Debug, Serialize)]
pub struct Shown {}

/// A paper, stub or petition and its record.
#[derive(Clone, Debug)]
pub struct OutsideRow {
    /// The record.
    pub record: RecordId,
    /// What it is.
    pub outside: Outside,
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "outside";
    const SCHEMA: &str = "
        CREATE TABLE outside (
          record     BLOB    NOT NULL,
          owner      BLOB    NOT NULL,
          book       TEXT    NOT NULL,   -- incoming, secret, petitions; empty: it has no number of its own
          arrival    INTEGER NOT NULL,   -- so den; 0: none
          registered INTEGER NOT NULL,   -- when, Unix milliseconds
          petition   INTEGER NOT NULL,   -- 1: it is a petition
          about      TEXT    NOT NULL,   -- the person of the house whom it is about
          open       INTEGER NOT NULL,   -- 1: neither void nor decided
          settled    INTEGER NOT NULL,   -- 1: a work for it is done, or it was kept
          awaited    INTEGER NOT NULL,   -- 1: it was passed on, and nobody has answered
          number     TEXT    NOT NULL,   -- number_key of the paper's number; empty: it has none, or is void
          copy_of    BLOB,               -- the paper of the network of which it is a copy
          party      TEXT    NOT NULL,   -- who sent it
          search     TEXT    NOT NULL,   -- numbers, sender's body and title, folded
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX outside_book ON outside (owner, book, registered);
        CREATE INDEX outside_number ON outside (owner, number) WHERE number <> '';
        CREATE INDEX outside_open ON outside (owner) WHERE open = 1 AND settled = 0;
        CREATE INDEX outside_awaited ON outside (owner) WHERE awaited = 1;
        CREATE INDEX outside_petition ON outside (owner) WHERE petition = 1;
        CREATE INDEX outside_copy ON outside (copy_of) WHERE copy_of IS NOT NULL;
        -- A paper asks for nothing more once a work for it is done; of a petition it is decided then.
        CREATE TRIGGER outside_settled AFTER INSERT ON work WHEN NEW.paper IS NOT NULL BEGIN
          UPDATE outside SET settled = petition = 0 AND EXISTS (SELECT 1 FROM work WHERE paper = NEW.paper AND over = 1)
          WHERE record = NEW.paper AND owner = NEW.owner;
        END;";

    fn paper(_: &Strand) -> Option<&Paper> {
        None
    }

    fn status(_: &Strand) -> &'static str {
        ""
    }

    /// Papers from outside and papers of the network have one series of arrival numbers; other books have their own.
    fn arrival(strand: &Strand) -> (Cow<'_, str>, Option<Hlc>) {
        match strand.paper().filter(|outside| outside.paper.book == Book::Incoming) {
            Some(outside) => (outside.paper.arrival.to_string().into(), Some(outside.registered.time)),
            None => ("".into(), None),
        }
    }

    fn write(_: &Connection, _: Key, _: &Strand) -> Result<()> {
        Ok(())
    }

    fn follow(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let (record, owner) = (key.record.0.as_bytes(), key.office.0.as_bytes());
        conn.prepare_cached("DELETE FROM outside WHERE record = ?1 AND owner = ?2")?
            .execute(params![record, owner])?;
        let Some(what) = &strand.what else { return Ok(()) };
        let row = Columns::of(what);
        conn.prepare_cached(
            "INSERT INTO outside (record, owner, book, arrival, registered, petition, about, open, settled, awaited, number,
                                  copy_of, party, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                     ?6 = 0 AND EXISTS (SELECT 1 FROM work WHERE paper = ?1 AND over = 1), ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            record,
            owner,
            row.book,
            row.arrival,
            row.registered.millis() as i64,
            row.petition,
            row.about,
            row.open,
            row.awaited,
            row.number,
            row.copy_of.as_ref().map(|id| id.0.as_bytes()),
            row.party,
            row.search
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

/// What a row of the table holds.
struct Columns<'a> {
    book: &'static str,
    arrival: u32,
    registered: Hlc,
    petition: bool,
    about: &'a str,
    open: bool,
    awaited: bool,
    number: String,
    copy_of: Option<RecordId>,
    party: &'a str,
    search: String,
}

impl<'a> Columns<'a> {
    fn of(what: &'a What) -> Self {
        let nothing = |registered, copy_of| Self {
            book: "",
            arrival: 0,
            registered,
            petition: false,
            about: "",
            open: false,
            awaited: false,
            number: String::new(),
            copy_of,
            party: "",
            search: String::new(),
        };
        let outside = match what {
            What::Paper(outside) => outside,
            What::Copy { copied, said } => return nothing(said.time, Some(copied.record)),
            What::FullRegister(said) => return nothing(said.time, None),
        };
        let paper = &outside.paper;
        let number = if outside.void.is_some() { String::new() } else { number_key(&paper.number) };
        Self {
            book: paper.book.into(),
            arrival: paper.arrival,
            registered: outside.registered.time,
            petition: paper.petition.is_some(),
            about: paper.petition.as_ref().map_or("", |petition| &petition.about),
            open: outside.void.is_none() && outside.decided.is_none(),
            awaited: outside.awaited().is_some(),
            search: fold(&format!("{} {} {} {}", paper.arrival, paper.number, paper.party, paper.title)),
            number,
            copy_of: None,
            party: &paper.party,
        }
    }
}

/// One paper, stub or petition; none: the record is none.
pub fn one(conn: &Connection, me: OfficeId, record: RecordId) -> Result<Option<OutsideRow>> {
    let condition = "outside.record = ?1 AND outside.owner = ?2";
    Ok(select(conn, condition, params![record.0.as_bytes(), me.0.as_bytes()])?.pop())
}

/// A book in a stretch of time (Unix milliseconds, without its end), by its numbers.
pub fn book(conn: &Connection, me: OfficeId, book: Book, since: i64, until: i64) -> Result<Vec<OutsideRow>> {
    let condition = "outside.owner = ?1 AND outside.book = ?2 AND outside.registered >= ?3
        AND outside.registered < ?4 ORDER BY outside.arrival, outside.registered, outside.record";
    select(conn, condition, params![me.0.as_bytes(), <&str>::from(book), since, until])
}

/// Those with this number in a book, within a stretch of time.
pub fn numbered(
    conn: &Connection,
    me: OfficeId,
    book: Book,
    arrival: u32,
    since: i64,
    until: i64,
) -> Result<Vec<OutsideRow>> {
    let condition = "outside.owner = ?1 AND outside.book = ?2 AND outside.registered >= ?3
        AND outside.registered < ?4 AND outside.arrival = ?5";
    select(conn, condition, params![me.0.as_bytes(), <&str>::from(book), since, until, arrival])
}

/// The highest number that a book has since a time, Unix milliseconds; 0: none.
pub fn highest(conn: &Connection, me: OfficeId, book: Book, since: i64) -> Result<i64> {
    let sql =
        "SELECT coalesce(max(arrival), 0) FROM outside WHERE owner = ?1 AND book = ?2 AND registered >= ?3";
    Ok(conn
        .prepare_cached(sql)?
        .query_row(params![me.0.as_bytes(), <&str>::from(book), since], |row| row.get(0))?)
}

/// Those whose paper bears a number, as [`number_key`] has it.
pub fn of_number(conn: &Connection, me: OfficeId, number: &str) -> Result<Vec<OutsideRow>> {
    select(conn, "outside.owner = ?1 AND outside.number = ?2", params![me.0.as_bytes(), number])
}

/// Those for which something is still to be decided or done, and no work is.
pub fn open(conn: &Connection, me: OfficeId) -> Result<Vec<RecordId>> {
    records(conn, "owner = ?1 AND open = 1 AND settled = 0", params![me.0.as_bytes()])
}

/// Those that were passed on and not answered.
pub fn awaited(conn: &Connection, me: OfficeId) -> Result<Vec<OutsideRow>> {
    select(conn, "outside.owner = ?1 AND outside.awaited = 1", params![me.0.as_bytes()])
}

/// All petitions, and whom each is about; empty: nobody.
pub fn petitions(conn: &Connection, me: OfficeId) -> Result<BTreeMap<RecordId, String>> {
    let mut statement =
        conn.prepare_cached("SELECT record, about FROM outside WHERE owner = ?1 AND petition = 1")?;
    let rows = statement.query_map([me.0.as_bytes()], |row| Ok((RecordId(uuid(row, 0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The newest ones whose numbers, sender and title contain all words; `parties`: for each word, the ids of bodies whose
/// names contain it.
pub fn search(
    conn: &Connection,
    me: OfficeId,
    words: &[(String, Vec<String>)],
    most: u32,
) -> Result<Vec<OutsideRow>> {
    let words: Vec<_> = words.iter().map(|(word, parties)| serde_json::json!([word, parties])).collect();
    let condition = "outside.owner = ?1 AND outside.book <> '' AND NOT EXISTS (
            SELECT 1 FROM json_each(?2) word
            WHERE instr(outside.search, json_extract(word.value, '$[0]')) = 0
              AND outside.party NOT IN (SELECT value FROM json_each(word.value, '$[1]')))
        ORDER BY outside.registered DESC, outside.record DESC LIMIT ?3";
    select(conn, condition, params![me.0.as_bytes(), serde_json::to_string(&words)?, most])
}

/// The days on which paper copies of a paper of the network came, as they were noted.
pub fn copies(conn: &Connection, me: OfficeId, of: RecordId) -> Result<Vec<What>> {
    let condition = "outside.owner = ?1 AND outside.copy_of = ?2 ORDER BY outside.registered, outside.record";
    states(conn, condition, params![me.0.as_bytes(), of.0.as_bytes()])
        .map(|all| all.into_iter().map(|(_, what)| what).collect())
}

/// When the register of petitions was made with all senders, by whom and why.
pub fn full_registers(conn: &Connection, me: OfficeId) -> Result<Vec<What>> {
    let condition =
        "outside.owner = ?1 AND outside.book = '' AND outside.copy_of IS NULL ORDER BY outside.registered";
    states(conn, condition, params![me.0.as_bytes()])
        .map(|all| all.into_iter().map(|(_, what)| what).collect())
}

/// The records whose ids begin with these hexadecimal digits; at most two.
pub fn beginning(conn: &Connection, me: OfficeId, begin: &str) -> Result<Vec<RecordId>> {
    records(conn, "owner = ?1 AND lower(hex(record)) LIKE ?2 || '%' LIMIT 2", params![me.0.as_bytes(), begin])
}

fn records(conn: &Connection, condition: &str, values: impl Params) -> Result<Vec<RecordId>> {
    let mut statement = conn.prepare_cached(&format!("SELECT record FROM outside WHERE {condition}"))?;
    let rows = statement.query_map(values, |row| Ok(RecordId(uuid(row, 0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn select(conn: &Connection, condition: &str, values: impl Params) -> Result<Vec<OutsideRow>> {
    let rows = states(conn, condition, values)?.into_iter();
    let paper = |(record, what)| match what {
        What::Paper(outside) => Some(OutsideRow { record, outside: *outside }),
        _ => None,
    };
    Ok(rows.filter_map(paper).collect())
}

fn states(conn: &Connection, condition: &str, values: impl Params) -> Result<Vec<(RecordId, What)>> {
    let sql = format!(
        "SELECT outside.record, strand.state FROM outside JOIN strand ON strand.record = outside.record
           AND strand.kind = {} AND strand.office = outside.owner WHERE {condition}",
        KIND.number
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let state: State = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        if let State::Outside(Strand { what: Some(what) }) = state {
            all.push((RecordId(uuid(row, 0)?), what));
        }
    }
    Ok(all)
}
