//! What each kind of record keeps in the views and how it is shown: one file a kind.
//!
//! To add a kind, write its file and add its line to `kinds!`; `ARCHITECTURE.md` has the whole recipe.

pub mod assignment;
pub mod directive;
pub mod draft;
pub mod guidance;
pub mod house;
pub mod inspection;
pub mod outside;
pub mod programme;
pub mod registry;
pub mod report;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::authority;
use truc_proto::date::Date;
use truc_proto::entry::Header;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::kind::{Of, Relation};
use truc_proto::record::{self, Confirmation, Paper, Period, Progress, State};
use truc_proto::time::{Hlc, When};

use crate::derive::views::Result;
use crate::derive::views::owed::{Spoken, was_there};
pub(crate) use crate::derive::views::read::list_with;
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Key of a strand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key {
    pub(crate) record: RecordId,
    pub(crate) kind: u32,
    pub(crate) office: OfficeId,
}

impl Key {
    pub(crate) fn of(header: &Header) -> Self {
        Self { record: header.record, kind: header.kind, office: header.ledger }
    }
}

/// Something owed, as an opening move says it.
pub(crate) struct Duty {
    /// Task or item; empty: the record itself.
    pub(crate) part: String,
    pub(crate) by: Scope,
    pub(crate) due: Option<Due>,
    pub(crate) content: String,
}

/// What an office says of something that it owes.
pub(crate) struct Answer<'a> {
    /// Task, item or question; empty: the record itself.
    pub(crate) part: Cow<'a, str>,
    /// For the record itself, where it stands with the office; else empty.
    pub(crate) word: &'static str,
    /// When it last said something of it.
    pub(crate) said: Hlc,
    /// When it was finished.
    pub(crate) done: Option<When>,
}

/// What the owner says of what an office says.
pub(crate) struct Verdict<'a> {
    /// Task, item or question; empty: the record itself.
    pub(crate) part: Cow<'a, str>,
    /// Whose.
    pub(crate) office: OfficeId,
    /// When it said so.
    pub(crate) said: Hlc,
    /// Whether that settles it; if not, the owner does not take it for done.
    pub(crate) accepted: bool,
}

/// What the views ask of a kind.
pub(crate) trait Kind {
    /// Its strands.
    type Strand;
    /// What people see of one record.
    type Shown: Serialize;
    /// Its own table, one row for each record, keyed by `record` and `owner`; empty: it needs none.
    const TABLE: &str;
    /// Creates that table.
    const SCHEMA: &str;

    /// The paper of the version in force, if this strand is the owner's.
    fn paper(strand: &Self::Strand) -> Option<&Paper>;
    /// Where this office is with the record, in one word; empty: nothing to say.
    fn status(strand: &Self::Strand) -> &'static str;
    /// The arrival number (số đến) that this office gave the record, and when; most kinds have none.
    fn arrival(_: &Self::Strand) -> (Cow<'_, str>, Option<Hlc>) {
        (Cow::Borrowed(""), None)
    }
    /// Writes the row of its table, from the owner's strand.
    fn write(conn: &Connection, key: Key, strand: &Self::Strand) -> Result<()>;
    /// Writes what its table holds of a strand that changed, for a kind whose records bear no paper.
    fn follow(_: &Connection, _: Key, _: &Self::Strand) -> Result<()> {
        Ok(())
    }
    /// Who owes what, from the owner's strand.
    fn duties(strand: &Self::Strand, audience: &[Scope]) -> Vec<Duty>;
    /// What this office says of what it owes: each part that it spoke of.
    fn answers(strand: &Self::Strand) -> Vec<Answer<'_>>;
    /// What the owner says of what offices say, from the owner's strand; some kinds know no such word.
    fn verdicts(_: &Self::Strand) -> Vec<Verdict<'_>> {
        Vec::new()
    }
    /// Joins the strands; none if the record is not opened by `row.owner`.
    fn show(
        look: &Viewpoint<'_>,
        row: &RecordRow,
        strands: &BTreeMap<OfficeId, Self::Strand>,
    ) -> Option<Self::Shown>;
}

macro_rules! kinds {
    ($($name:ident $module:ident)*) => {
        /// The kinds' own tables.
        pub(crate) const SCHEMAS: &[&str] = &[$(<$module::Tables as Kind>::SCHEMA),*];

        /// What people see of one record of any kind.
        #[derive(Debug, Serialize)]
        #[serde(untagged)]
        pub enum Shown {
            $(#[doc = concat!("A ", stringify!($module), ".")] $name($module::Shown),)*
        }

        pub(crate) fn paper(state: &State) -> Option<&Paper> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::paper(strand),)* }
        }

        pub(crate) fn status(state: &State) -> &'static str {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::status(strand),)* }
        }

        pub(crate) fn arrival(state: &State) -> (Cow<'_, str>, Option<Hlc>) {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::arrival(strand),)* }
        }

        pub(crate) fn write(conn: &Connection, key: Key, state: &State) -> Result<()> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::write(conn, key, strand),)* }
        }

        pub(crate) fn follow(conn: &Connection, key: Key, state: &State) -> Result<()> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::follow(conn, key, strand),)* }
        }

        pub(crate) fn duties(state: &State, audience: &[Scope]) -> Vec<Duty> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::duties(strand, audience),)* }
        }

        pub(crate) fn answers(state: &State) -> Vec<Answer<'_>> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::answers(strand),)* }
        }

        pub(crate) fn verdicts(state: &State) -> Vec<Verdict<'_>> {
            match state { $(State::$name(strand) => <$module::Tables as Kind>::verdicts(strand),)* }
        }

        /// Removes what a record has in the kind's table and among the duties.
        pub(crate) fn forget(conn: &Connection, key: Key) -> Result<()> {
            let values = params![key.record.0.as_bytes(), key.kind, key.office.0.as_bytes()];
            conn.prepare_cached("DELETE FROM duty WHERE record = ?1 AND kind = ?2 AND owner = ?3")?.execute(values)?;
            let table = match State::of_kind(key.kind) {
                $(Some(State::$name(_)) => <$module::Tables as Kind>::TABLE,)*
                None => "",
            };
            if !table.is_empty() {
                let sql = format!("DELETE FROM {table} WHERE record = ?1 AND owner = ?2");
                conn.prepare_cached(&sql)?.execute(params![key.record.0.as_bytes(), key.office.0.as_bytes()])?;
            }
            Ok(())
        }

        fn shown(look: &Viewpoint<'_>, row: &RecordRow, strands: BTreeMap<OfficeId, State>) -> Option<Shown> {
            match strands.get(&row.owner)? {
                $(State::$name(_) => {
                    let same = strands.into_iter().filter_map(|(office, state)| match state {
                        State::$name(strand) => Some((office, strand)),
                        _ => None,
                    });
                    let strands = same.collect();
                    <$module::Tables as Kind>::show(look, row, &strands).map(Shown::$name)
                })*
            }
        }
    };
}

kinds! {
    Programme programme
    Directive directive
    Report report
    Guidance guidance
    Inspection inspection
    House house
    Assignment assignment
    Draft draft
    Outside outside
}

/// One record with everything that people see of it.
#[derive(Debug, Serialize)]
pub struct Record {
    /// As in lists.
    #[serde(flatten)]
    pub row: RecordRow,
    /// What its kind shows.
    #[serde(flatten)]
    pub shown: Shown,
    /// Moves that the looking office may make now.
    pub next: Vec<&'static str>,
}

/// One record by its id; more than one only if several offices opened that id.
pub fn show(conn: &Connection, look: &Viewpoint<'_>, id: RecordId) -> Result<Vec<Record>> {
    let mut found = Vec::new();
    for row in read::list(conn, &Filter::id(id))? {
        let strands = read::strands(conn, row.id, row.kind)?;
        let strands: BTreeMap<OfficeId, State> =
            strands.into_iter().map(|(office, strand)| (office, strand.state)).collect();
        let mine = strands.get(&look.me).cloned().or_else(|| State::of_kind(row.kind));
        // An owner is never its own addressee.
        let is_addressed = row.owner != look.me && addressed(look, &row.audience, look.me);
        let mut next = match (&mine, strands.get(&row.owner)) {
            (Some(mine), Some(owner)) => mine.next(owner, look.me, look.registry.hub(), is_addressed),
            _ => Vec::new(),
        };
        next.retain(|name| may_go(look, &row, name));
        if let Some(shown) = shown(look, &row, strands) {
            found.push(Record { row, shown, next });
        }
    }
    Ok(found)
}

/// Whether the table of the kind lets a move of the looking office go to those whom it would be for: to the owner, or
/// from the owner to its addressees, of whom one is enough for a move about one.
fn may_go(look: &Viewpoint<'_>, row: &RecordRow, name: &str) -> bool {
    let Some(rule) = record::kind(row.kind).and_then(|kind| kind.rule(name)) else { return true };
    let day = Date::of_millis(look.now).unwrap_or(Date::LAST);
    let may = |scope: &Scope| {
        let relations = authority::relations(look.registry, look.me, *scope, day);
        relations.is_ok_and(|relations| relations.iter().all(|relation| rule.may[*relation as usize]))
    };
    match (row.owner == look.me, rule.of) {
        _ if rule.is_inward() => true,
        (false, _) => may(&Scope::office(row.owner)),
        // What it says of its own part stays with it.
        (true, _) if !rule.may[Relation::Below as usize] => true,
        (true, Of::Part) => row.audience.is_empty() || row.audience.iter().any(may),
        (true, Of::Record) => row.audience.iter().all(may),
    }
}

pub(crate) fn addressed(look: &Viewpoint<'_>, audience: &[Scope], office: OfficeId) -> bool {
    audience.iter().any(|scope| look.in_scope(*scope, office))
}

/// Whether the looking office is told how an office is with a record of an owner: the owner is told of all, the hub holds
/// all, everybody knows itself. Of others an office knows what it holds of their words; it says nothing of the rest, so
/// that nobody is called silent by who was not to hear of him.
pub(crate) fn is_told<S>(
    look: &Viewpoint<'_>,
    owner: OfficeId,
    office: OfficeId,
    strands: &BTreeMap<OfficeId, S>,
) -> bool {
    [owner, look.registry.hub(), office].contains(&look.me) || strands.contains_key(&office)
}

/// The offices that a record is for and of which the looking office is told: open now and there when it was sent, or
/// closed since and having answered; never the owner.
pub(crate) fn addressees<S>(
    look: &Viewpoint<'_>,
    row: &RecordRow,
    strands: &BTreeMap<OfficeId, S>,
    answered: impl Fn(&S) -> bool,
) -> Vec<OfficeId> {
    let mut offices: BTreeSet<OfficeId> =
        row.audience.iter().flat_map(|scope| look.registry.resolve(*scope)).collect();
    let sent = Hlc::at(row.opened.max(0) as u64);
    offices.retain(|office| {
        was_there(look.registry, *office, sent) && is_told(look, row.owner, *office, strands)
    });
    let answering = strands.iter().filter(|(_, strand)| answered(strand)).map(|(office, _)| *office);
    offices.extend(answering.filter(|office| addressed(look, &row.audience, *office)));
    offices.remove(&row.owner);
    offices.into_iter().collect()
}

/// What an office says of its tasks or items.
fn progress_answers<'a>(progress: impl Iterator<Item = (&'a String, &'a Progress)>) -> Vec<Answer<'a>> {
    // Nothing is called by no name; an empty one means the record itself.
    progress
        .filter(|(part, _)| !part.is_empty())
        .map(|(part, said)| Answer { part: part.into(), word: "", said: said.time, done: said.done })
        .collect()
}

/// What an office said of a task or item.
fn spoken(progress: &Progress) -> Spoken {
    Spoken { at: progress.time, done: progress.done }
}

/// When the owner said that something is not done, if that was its last word on it.
fn denied(confirmed: Option<&Confirmation>) -> Option<Hlc> {
    confirmed.filter(|verdict| !verdict.accepted).map(|verdict| verdict.time)
}

/// Kind and days of a period for a table; empty: no period.
fn period_columns(period: Option<&Period>) -> (&str, String, String) {
    period.map_or(("", String::new(), String::new()), |period| {
        (&period.kind, period.from.to_string(), period.to.to_string())
    })
}

fn text(value: Value) -> String {
    if let Value::Text(text) = value { text } else { String::new() }
}

fn number(value: Value) -> i64 {
    if let Value::Integer(number) = value { number } else { 0 }
}
