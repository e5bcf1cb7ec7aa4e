//! What offices owe and how far each is with it. Only this file decides what counts.
//!
//! Questions about a whole province read each table once, in the order of its key, and join on the way, instead of
//! strand by strand.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::iter::Peekable;

use rusqlite::{Connection, Row, params};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::EXPRESS;
use truc_proto::record::{self, Act as _, Ends, Kind, directive, registry};
use truc_proto::registry::Registry;
use truc_proto::time::{Hlc, When};

use super::Result;
use super::columns::{finished, uuid};

/// A record: its id and the number of its kind.
pub type Matter = (RecordId, u32);

/// A duty: something that offices owe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// Office to which it is owed.
    pub owner: OfficeId,
    /// Task or item; empty: the record itself.
    pub part: String,
    /// Offices that owe it.
    pub by: Scope,
    /// Deadline, Unix milliseconds; none: it has none.
    pub due: Option<i64>,
    /// What is to be done, shortened.
    pub content: String,
    /// When it was given: it cannot have been done before.
    pub given: Hlc,
}

/// A directive that must be accepted at once (hỏa tốc).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Express {
    /// Office that sent it.
    pub owner: OfficeId,
    /// Title (trích yếu).
    pub title: String,
    /// Whom it is for.
    pub audience: Vec<Scope>,
    /// When it was sent, Unix milliseconds.
    pub sent: i64,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
}

/// What an office says about a part of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The office that says it.
    pub office: OfficeId,
    /// Task or item; empty: the record itself.
    pub part: String,
    /// For the record itself, its status at the office; else empty.
    pub word: String,
    /// Time of the newest statement.
    pub said: Hlc,
    /// When it was finished; none: it is not.
    pub done: Option<When>,
}

/// An owner's statement that something is not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    /// The owner.
    pub owner: OfficeId,
    /// Task or item.
    pub part: String,
    /// The office whose work it is.
    pub office: OfficeId,
    /// When the owner said so.
    pub said: Hlc,
}

/// Everything owed for one record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Owed {
    /// What is to be done.
    pub duties: Vec<Duty>,
    /// Set for express directives; two only if two offices opened one id.
    pub express: Vec<Express>,
    /// What offices say about it.
    pub answers: Vec<Answer>,
    /// What owners deny.
    pub denials: Vec<Denial>,
}

/// How far an office is with a duty, whatever the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// It has said nothing about it.
    Nothing,
    /// It has said something about it.
    Started,
    /// It finished it at this time.
    Done(When),
}

impl Word {
    /// The same, for something that was given at a time: it was not done before.
    pub fn not_before(self, given: Hlc) -> Self {
        if let Self::Done(done) = self { Self::Done(done.not_before(given)) } else { self }
    }

    /// When it was done; none: it is not.
    pub fn done(self) -> Option<When> {
        if let Self::Done(done) = self { Some(done) } else { None }
    }

    /// The same, as it is known now: what was done in the future by a wrong clock is done by now.
    pub fn by(self, now: i64) -> Self {
        let now = Hlc::at(u64::try_from(now).unwrap_or(0));
        if let Self::Done(done) = self { Self::Done(done.by(now)) } else { self }
    }
}

/// What an office said about a part or about the whole record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spoken {
    /// When it last said something.
    pub at: Hlc,
    /// When it was finished; none: it is not.
    pub done: Option<When>,
}

/// How far an office is with a part (or with a record without parts): `said` is the record's status at the office,
/// `part` what the office says about the part, or about a record without parts, `denied` when the owner last said that the part is
/// not done.
///
/// None: it is out of it, by a word that ends its share. A part is done by a word on that part alone, as far as the owner
/// has not said since that it is not: whoever says that the whole is done (code 06) has said so of each.
pub fn word(kind: u32, said: &str, part: Option<Spoken>, denied: Option<Hlc>) -> Option<Word> {
    if ends(kind, said) == Ends::Share {
        return None;
    }
    let counts = |spoken: &Spoken| denied.is_none_or(|denied| denied < spoken.at);
    let done = part.filter(counts).and_then(|spoken| spoken.done);
    Some(match (done, part) {
        (Some(done), _) => Word::Done(done),
        (None, Some(_)) => Word::Started,
        (None, None) => Word::Nothing,
    })
}

/// What a word of that kind ends.
pub(crate) fn ends(kind: u32, said: &str) -> Ends {
    record::kind(kind).map_or(Ends::Nothing, |kind| kind.ends(said))
}

/// The offices that a scope makes owe something to the owner, given at a time: the office named, or all under it without
/// the owner. An office that was founded later owes nothing of it.
pub fn meant(registry: &Registry, scope: Scope, owner: OfficeId, given: Hlc) -> Vec<OfficeId> {
    let mut offices = registry.resolve(scope);
    offices.retain(|office| {
        !(scope.subtree && *office == owner)
            && may_owe(registry, *office, owner)
            && was_there(registry, *office, given)
    });
    offices
}

/// Whether there was an office when something was given or sent.
pub fn was_there(registry: &Registry, office: OfficeId, given: Hlc) -> bool {
    Date::of_millis(given.millis() as i64).is_none_or(|day| registry.fact_at(office, day).is_some())
}

/// Whether an office can owe something to an owner: to one above it, or to itself. One below or beside it may ask and not
/// direct: the day in its letter is a wish.
pub fn may_owe(registry: &Registry, office: OfficeId, owner: OfficeId) -> bool {
    office == owner || registry.is_above(owner, office)
}

/// Whether the office that looks hears how far another one is with what it owes to an owner. What an owner does of its own
/// paper it tells nobody where the kind lets a word on a part go up only; then nobody else may call it late.
pub fn is_heard(kind: u32, me: OfficeId, owner: OfficeId, office: OfficeId) -> bool {
    let goes_down = || record::kind(kind).is_none_or(Kind::tells_down);
    office != owner || me == owner || goes_down()
}

impl Owed {
    /// Each thing with each office that owes it and how far that is, as far as `me` hears of it; once only, though an
    /// office may be meant twice, by name and as one of all. Nothing is owed of a record that its owner ended.
    pub fn each<'a>(
        &'a self,
        kind: u32,
        registry: &Registry,
        me: OfficeId,
        mut take: impl FnMut(&'a Duty, OfficeId, Word),
    ) {
        let answers: HashMap<(OfficeId, &str), &Answer> =
            self.answers.iter().map(|answer| ((answer.office, answer.part.as_str()), answer)).collect();
        let denials: HashMap<(OfficeId, OfficeId, &str), Hlc> = self
            .denials
            .iter()
            .map(|denial| ((denial.owner, denial.office, denial.part.as_str()), denial.said))
            .collect();
        let spoken = |office, part| answers.get(&(office, part)).map(|answer| answer.spoken());
        let said = |office| answers.get(&(office, "")).map_or("", |answer| answer.word.as_str());
        let mut seen = HashSet::new();
        for duty in self.duties.iter().filter(|duty| ends(kind, said(duty.owner)) != Ends::Record) {
            let part = duty.part.as_str();
            for office in meant(registry, duty.by, duty.owner, duty.given) {
                if !is_heard(kind, me, duty.owner, office) || !seen.insert((duty.owner, part, office)) {
                    continue;
                }
                let denied = denials.get(&(duty.owner, office, part)).copied();
                if let Some(word) = word(kind, said(office), spoken(office, part), denied) {
                    take(duty, office, word.not_before(duty.given));
                }
            }
        }
    }

    /// The record's status at each office that said something about it as a whole.
    pub fn words(&self) -> impl Iterator<Item = (OfficeId, &str)> {
        self.answers
            .iter()
            .filter(|answer| answer.part.is_empty())
            .map(|answer| (answer.office, &*answer.word))
    }
}

impl Answer {
    fn spoken(&self) -> Spoken {
        Spoken { at: self.said, done: self.done }
    }
}

/// Records about which something was said after a position; none: offices came, moved or ended, or an entry was
/// refused, so every record may have changed.
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

const DUTIES: &str = "SELECT record, kind, owner, part, office, subtree, due, content, given FROM duty";
const ANSWERS: &str =
    "SELECT record, kind, office, part, word, said, done, done_signed, done_arrived FROM answer";
const DENIALS: &str =
    "SELECT record, kind, owner, part, office, said FROM (SELECT * FROM verdict WHERE accepted = 0)";
/// Express records of a kind.
fn express_rows() -> String {
    format!(
        "SELECT id, kind, owner, title, audience, opened, due FROM record WHERE kind = ?1 AND urgency >= {EXPRESS}"
    )
}

/// What is owed for one record.
pub fn one(conn: &Connection, (record, kind): Matter) -> Result<Owed> {
    let key = params![record.0.as_bytes(), kind];
    let mut owed = Owed::default();
    let of = |sql: &str| format!("{sql} WHERE record = ?1 AND kind = ?2");
    for duty in conn.prepare_cached(&of(DUTIES))?.query_map(key, duty)? {
        owed.duties.push(duty?.1);
    }
    for answer in conn.prepare_cached(&of(ANSWERS))?.query_map(key, answer)? {
        owed.answers.push(answer?.1);
    }
    for denial in conn.prepare_cached(&of(DENIALS))?.query_map(key, denial)? {
        owed.denials.push(denial?.1);
    }
    if kind == directive::Move::KIND {
        let mut express = conn.prepare_cached(&format!("{} AND id = ?2", express_rows()))?;
        for found in express.query_map(params![kind, record.0.as_bytes()], express_row)? {
            owed.express.push(expressed(found?)?.1);
        }
    }
    Ok(owed)
}

/// Calls `each` for every record about which anything is owed or said; reads each table once.
pub fn all(conn: &Connection, mut each: impl FnMut(Matter, Owed)) -> Result<()> {
    let mut express: BTreeMap<Matter, Vec<Express>> = BTreeMap::new();
    let mut statement = conn.prepare(&express_rows())?;
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
    loop {
        let first = express.first_key_value().map(|(matter, _)| *matter);
        let keys = [next_key(&mut duties)?, next_key(&mut answers)?, next_key(&mut denials)?, first];
        let Some(matter) = keys.into_iter().flatten().min() else { return Ok(()) };
        let owed = Owed {
            duties: group(&mut duties, matter)?,
            express: express.remove(&matter).unwrap_or_default(),
            answers: group(&mut answers, matter)?,
            denials: group(&mut denials, matter)?,
        };
        each(matter, owed);
    }
}

type Keyed<T> = rusqlite::Result<(Matter, T)>;

fn next_key<T>(rows: &mut Peekable<impl Iterator<Item = Keyed<T>>>) -> Result<Option<Matter>> {
    match rows.peek() {
        Some(Ok((matter, _))) => Ok(Some(*matter)),
        // Takes the error out, to return it.
        Some(Err(_)) => rows.next().transpose().map(|_| None).map_err(Into::into),
        None => Ok(None),
    }
}

/// The rows of one key, if it comes next.
fn group<T>(rows: &mut Peekable<impl Iterator<Item = Keyed<T>>>, wanted: Matter) -> Result<Vec<T>> {
    let mut found = Vec::new();
    while next_key(rows)? == Some(wanted) {
        if let Some(row) = rows.next().transpose()? {
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
        given: Hlc(row.get::<_, i64>(8)? as u64),
    };
    Ok((matter(row)?, duty))
}

fn answer(row: &Row<'_>) -> Keyed<Answer> {
    let done = finished(row, 6)?;
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
