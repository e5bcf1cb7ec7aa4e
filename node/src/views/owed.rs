//! What everybody owes, for those who look at a whole province: tables read in the order of their keys and
//! joined on the way, never strand by strand.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;

use rusqlite::{Connection, Row, params};
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::{Act as _, directive, registry};
use truc_proto::time::Hlc;

use super::Result;
use super::read::uuid;

/// A record by its id and the number of its kind.
pub type Matter = (RecordId, u32);

/// Something owed until a deadline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// To whom.
    pub owner: OfficeId,
    /// Task or item; empty: the record itself.
    pub part: String,
    /// By whom.
    pub by: Scope,
    /// Unix milliseconds.
    pub due: i64,
    /// What is to be done, shortened.
    pub content: String,
}

/// A directive that is to be accepted at once (hỏa tốc).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Express {
    /// Who sent it.
    pub owner: OfficeId,
    /// Trích yếu.
    pub title: String,
    /// Whom it is for.
    pub audience: Vec<Scope>,
    /// When it was sent, Unix milliseconds.
    pub sent: i64,
    /// Its deadline, Unix milliseconds.
    pub due: Option<i64>,
}

/// What an office says of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Who.
    pub office: OfficeId,
    /// Of what; empty: of the record itself.
    pub part: String,
    /// For the record itself, where it stands with the office; else empty.
    pub word: String,
    /// Newest word.
    pub said: Hlc,
    /// When it was finished.
    pub done: Option<Hlc>,
}

/// What an owner does not take for done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    /// Who says so.
    pub owner: OfficeId,
    /// Of what.
    pub part: String,
    /// Of whom.
    pub office: OfficeId,
    /// When.
    pub said: Hlc,
}

/// All that is owed for one record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Owed {
    /// What has a deadline.
    pub duties: Vec<Duty>,
    /// Set for express directives; two only if two offices opened one id.
    pub express: Vec<Express>,
    /// What offices say.
    pub answers: Vec<Answer>,
    /// What owners say to that.
    pub denials: Vec<Denial>,
}

/// Records about which something was said after a position; none: offices came, moved or ended, or something
/// was refused afterwards, so that every record may stand differently.
pub fn touched(conn: &Connection, after: u64) -> Result<Option<HashSet<Matter>>> {
    let mut statement = conn.prepare_cached("SELECT record, kind, move FROM story WHERE position > ?1")?;
    let mut rows = statement.query([after as i64])?;
    let mut found = HashSet::new();
    while let Some(row) = rows.next()? {
        let kind: u32 = row.get(1)?;
        if kind == registry::Move::KIND {
            if matches!(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?, "office" | "refused") {
                return Ok(None);
            }
            continue;
        }
        found.insert((RecordId(uuid(row, 0)?), kind));
    }
    Ok(Some(found))
}

const DUTIES: &str =
    "SELECT record, kind, owner, part, office, subtree, due, content FROM duty WHERE due IS NOT NULL";
const ANSWERS: &str = "SELECT record, kind, office, part, word, said, done FROM answer";
const DENIALS: &str = "SELECT record, kind, owner, part, office, said FROM denial";
const EXPRESS: &str = "SELECT id, kind, owner, title, audience, opened, due FROM record
    WHERE kind = ?1 AND urgency >= 3";

/// What is owed for one record.
pub fn one(conn: &Connection, (record, kind): Matter) -> Result<Owed> {
    let key = params![record.0.as_bytes(), kind];
    let mut owed = Owed::default();
    let of = |sql: &str, glue: &str| format!("{sql} {glue} record = ?1 AND kind = ?2");
    let mut duties = conn.prepare_cached(&of(DUTIES, "AND"))?;
    for duty in duties.query_map(key, duty)? {
        owed.duties.push(duty?.1);
    }
    if kind == directive::Move::KIND {
        let mut express = conn.prepare_cached(&format!("{EXPRESS} AND id = ?2"))?;
        for found in express.query_map(params![kind, record.0.as_bytes()], express_row)? {
            owed.express.push(expressed(found?)?.1);
        }
    }
    if !owed.duties.is_empty() || !owed.express.is_empty() {
        let mut answers = conn.prepare_cached(&of(ANSWERS, "WHERE"))?;
        for answer in answers.query_map(key, answer)? {
            owed.answers.push(answer?.1);
        }
        let mut denials = conn.prepare_cached(&of(DENIALS, "WHERE"))?;
        for denial in denials.query_map(key, denial)? {
            owed.denials.push(denial?.1);
        }
    }
    Ok(owed)
}

/// What is owed for every record: each table is read once.
pub fn all(conn: &Connection, mut each: impl FnMut(Matter, Owed)) -> Result<()> {
    let mut express: HashMap<Matter, Vec<Express>> = HashMap::new();
    let mut statement = conn.prepare(EXPRESS)?;
    for found in statement.query_map([directive::Move::KIND], express_row)? {
        let (matter, found) = expressed(found?)?;
        express.entry(matter).or_default().push(found);
    }
    let ordered = |sql: &str| format!("{sql} ORDER BY record, kind");
    let (mut duties, mut answers, mut denials) =
        (conn.prepare(&ordered(DUTIES))?, conn.prepare(&ordered(ANSWERS))?, conn.prepare(&ordered(DENIALS))?);
    let mut duties = duties.query_map([], duty)?.peekable();
    let mut answers = answers.query_map([], answer)?.peekable();
    let mut denials = denials.query_map([], denial)?.peekable();
    while let Some(matter) = next_key(&mut duties)? {
        let owed = Owed {
            duties: group(&mut duties, matter)?,
            express: express.remove(&matter).unwrap_or_default(),
            answers: group(&mut answers, matter)?,
            denials: group(&mut denials, matter)?,
        };
        each(matter, owed);
    }
    // Express papers that ask for nothing but to be accepted.
    for (matter, express) in express {
        let mut owed = Owed { express, ..Owed::default() };
        let mut answers = conn.prepare_cached(&format!("{ANSWERS} WHERE record = ?1 AND kind = ?2"))?;
        for answer in answers.query_map(params![matter.0.0.as_bytes(), matter.1], answer)? {
            owed.answers.push(answer?.1);
        }
        each(matter, owed);
    }
    Ok(())
}

type Keyed<T> = rusqlite::Result<(Matter, T)>;

fn next_key<T>(rows: &mut Peekable<impl Iterator<Item = Keyed<T>>>) -> Result<Option<Matter>> {
    match rows.peek() {
        Some(Ok((matter, _))) => Ok(Some(*matter)),
        // An error is taken out to be said.
        Some(Err(_)) => rows.next().transpose().map(|_| None).map_err(Into::into),
        None => Ok(None),
    }
}

/// The rows of one key; those of keys before it are passed over.
fn group<T>(rows: &mut Peekable<impl Iterator<Item = Keyed<T>>>, wanted: Matter) -> Result<Vec<T>> {
    let mut found = Vec::new();
    while let Some(key) = next_key(rows)?
        && key <= wanted
    {
        if let Some(row) = rows.next().transpose()?
            && key == wanted
        {
            found.push(row.1);
        }
    }
    Ok(found)
}

fn matter(row: &Row<'_>) -> rusqlite::Result<Matter> {
    Ok((RecordId(uuid(row, 0)?), row.get(1)?))
}

fn duty(row: &Row<'_>) -> Keyed<Duty> {
    let by = Scope { office: OfficeId(uuid(row, 4)?), subtree: row.get(5)? };
    let duty = Duty {
        owner: OfficeId(uuid(row, 2)?),
        part: row.get(3)?,
        by,
        due: row.get(6)?,
        content: row.get(7)?,
    };
    Ok((matter(row)?, duty))
}

fn answer(row: &Row<'_>) -> Keyed<Answer> {
    let done = row.get::<_, Option<i64>>(6)?.map(|done| Hlc(done as u64));
    let (office, said) = (OfficeId(uuid(row, 2)?), Hlc(row.get::<_, i64>(5)? as u64));
    Ok((matter(row)?, Answer { office, part: row.get(3)?, word: row.get(4)?, said, done }))
}

fn denial(row: &Row<'_>) -> Keyed<Denial> {
    let said = Hlc(row.get::<_, i64>(5)? as u64);
    let (owner, office) = (OfficeId(uuid(row, 2)?), OfficeId(uuid(row, 4)?));
    Ok((matter(row)?, Denial { owner, part: row.get(3)?, office, said }))
}

fn express_row(row: &Row<'_>) -> Keyed<(Express, String)> {
    let sent = Hlc(row.get::<_, i64>(5)? as u64).millis() as i64;
    let (owner, title, due) = (OfficeId(uuid(row, 2)?), row.get(3)?, row.get(6)?);
    Ok((matter(row)?, (Express { owner, title, audience: Vec::new(), sent, due }, row.get(4)?)))
}

fn expressed((matter, (express, audience)): (Matter, (Express, String))) -> Result<(Matter, Express)> {
    Ok((matter, Express { audience: serde_json::from_str(&audience)?, ..express }))
}
