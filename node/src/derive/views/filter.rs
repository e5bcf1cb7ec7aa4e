//! Which records a list shows, in what order, and which part of them: all of it said to the store, so that what a list
//! counts and leaves out is counted before it is cut.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::inspection::REMEDY;
use truc_proto::registry::{Fact, Registry};
use truc_proto::vietnamese::fold;

use super::Result;
use crate::words::order::order;
use crate::words::sought::{Sought, Word};

/// Names of offices, in the order of a dictionary.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<[(OfficeId, String)]>);

impl Names {
    /// The newest name of each office, of unit and committee.
    pub fn of(registry: &Registry) -> Self {
        let named = registry.offices().filter_map(|(id, known)| Some((id, known.current()?)));
        let mut named: Vec<(OfficeId, &Fact)> = named.collect();
        named.sort_by_cached_key(|(id, fact)| (order(&fact.committee()), *id));
        let names = |fact: &Fact| fold(&format!("{} {}", fact.committee(), fact.name));
        Self(named.into_iter().map(|(id, fact)| (id, names(fact))).collect())
    }

    /// The offices whose name has a folded text.
    pub fn with(&self, text: &str) -> impl Iterator<Item = OfficeId> {
        self.0.iter().filter(move |(_, name)| name.contains(text)).map(|(id, _)| *id)
    }
}

/// Whose word says in what state a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StateOf {
    /// An office's own: what it has done with the record.
    Office(OfficeId),
    /// An office's own about an inspection, or `remediating`: what it was told to remedy is still to be done.
    Inspected(OfficeId),
    /// Those who judged a report's newest version: returned if one of them returned it, accepted if all accepted it.
    Report,
    /// The same, except that another's report whose newest version an office has not judged waits for it: `judge`.
    Judging(OfficeId),
}

/// What an office's strand says of a report's newest version, as an expression.
const VERDICT: &str = "json_extract(j.state, '$.Report.judged.\"' || report.version || '\".accepted')";

impl StateOf {
    /// The state as an expression on the table `record`.
    pub(crate) fn sql(self) -> String {
        match self {
            Self::Office(_) => format!("coalesce({}, '')", self.strand("status")),
            Self::Inspected(office) => format!(
                "CASE WHEN EXISTS (SELECT 1 FROM duty d
                  LEFT JOIN answer a ON a.record = d.record AND a.kind = d.kind AND a.office = d.office AND a.part = d.part
                  LEFT JOIN verdict v ON v.record = d.record AND v.kind = d.kind AND v.owner = d.owner
                        AND v.part = d.part AND v.office = d.office
                  WHERE d.record = record.id AND d.kind = record.kind AND d.owner = record.owner
                    AND d.part = '{REMEDY}' AND d.office = X'{}' AND (a.said IS NULL OR a.said <= v.said))
                  THEN 'remediating' ELSE {} END",
                office.0.simple(),
                Self::Office(office).sql()
            ),
            Self::Report => format!(
                "(SELECT CASE WHEN sum(said = 0) > 0 THEN 'returned' WHEN sum(said = 1) > 0 THEN 'accepted'
                  ELSE 'submitted' END FROM (SELECT {VERDICT} AS said FROM strand j
                  WHERE j.record = record.id AND j.kind = record.kind))"
            ),
            Self::Judging(office) => format!(
                "CASE WHEN record.owner <> X'{office}' AND NOT EXISTS (SELECT 1 FROM strand j
                  WHERE j.record = record.id AND j.kind = record.kind AND j.office = X'{office}'
                  AND {VERDICT} IS NOT NULL) THEN 'judge' ELSE {} END",
                Self::Report.sql(),
                office = office.0.simple()
            ),
        }
    }

    /// Whether a column is the office whose word it is, as a condition.
    pub(crate) fn whose(self, column: &str) -> String {
        match self {
            Self::Office(office) | Self::Inspected(office) | Self::Judging(office) => {
                format!("{column} = X'{}'", office.0.simple())
            }
            Self::Report => "0".to_owned(),
        }
    }

    /// The arrival number that the office gave, as an expression; empty: none.
    pub(crate) fn arrival(self) -> String {
        match self {
            Self::Office(_) => format!("coalesce({}, '')", self.strand("arrival")),
            Self::Inspected(_) | Self::Report | Self::Judging(_) => "''".to_owned(),
        }
    }

    fn strand(self, column: &str) -> String {
        let Self::Office(office) = self else { return "NULL".to_owned() };
        let office = office.0.simple();
        format!(
            "(SELECT s.{column} FROM strand s WHERE s.record = record.id AND s.kind = record.kind
              AND s.office = X'{office}')"
        )
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderBy {
    /// A column with numbers, times or days.
    Column(&'static str),
    /// A column with words, as in a dictionary.
    Words(&'static str),
    /// The name of the office that wrote it.
    Owner,
    /// The state that the filter asks about.
    State,
    /// The arrival number given here.
    Arrival,
}

/// Which records a list shows. The default is all, newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only the record with this id.
    pub id: Option<RecordId>,
    /// Only records with one of these ids; none: with any.
    pub ids: Option<Vec<RecordId>>,
    /// Only records of this kind.
    pub kind: Option<u32>,
    /// Only records of this office.
    pub owner: Option<OfficeId>,
    /// Only records of one of these offices; none: of all.
    pub owners: Option<Vec<OfficeId>>,
    /// No records of this office.
    pub not_of: Option<OfficeId>,
    /// Only records that are for an office; with it the offices above it, whose subtrees it is in.
    pub reaches: Option<(OfficeId, Vec<OfficeId>)>,
    /// Only records with this number, as written.
    pub number: Option<String>,
    /// Only records of this term.
    pub term: Option<String>,
    /// Only records of this document type.
    pub document_type: Option<String>,
    /// Only records of at least this urgency.
    pub urgency: u32,
    /// Only records opened on this day or later.
    pub since: Option<Date>,
    /// Only records opened on this day or earlier.
    pub until: Option<Date>,
    /// Only records of which number, title, sender or a date contain all these words, with or without marks.
    pub search: String,
    /// Names by which `search` and sorting know senders.
    pub names: Names,
    /// Whose word says in what state a record is.
    pub state_of: Option<StateOf>,
    /// Only records in one of these states; empty: in any. Asks for `state_of`.
    pub states: Vec<String>,
    /// Further conditions, on the table `record` or on the kind's own, with their values.
    pub also: Vec<(Cow<'static, str>, Vec<Value>)>,
    /// What comes first; none: the newest.
    pub order: Option<OrderBy>,
    /// Whether the order is turned.
    pub down: bool,
    /// How many records to pass over.
    pub skip: u64,
    /// Most records to return; 0: 100.
    pub limit: u32,
}

/// Day of a moment in a column, as people write it, in the country's time.
fn day(seconds: &str) -> String {
    format!("strftime('%d/%m/%Y', {seconds} + 25200, 'unixepoch')")
}

impl Filter {
    /// The record with one id.
    pub fn id(id: RecordId) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// SQL conditions on the table `record`, and their values.
    pub(crate) fn sql(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut add = |condition: &str, new: Vec<Value>| {
            let mut written = String::new();
            let mut new = new.into_iter();
            for letter in condition.chars() {
                written.push(letter);
                if letter == '?' {
                    values.extend(new.next());
                    written.push_str(&values.len().to_string());
                }
            }
            conditions.push(written);
        };
        let one = |office: OfficeId| Value::Blob(office.0.as_bytes().to_vec());
        let marks = |count: usize| vec!["?"; count].join(", ");
        if let Some(id) = self.id {
            add("record.id = ?", vec![id.0.as_bytes().to_vec().into()]);
        }
        if let Some(ids) = &self.ids {
            let values = ids.iter().map(|id| id.0.as_bytes().to_vec().into()).collect();
            add(&format!("record.id IN ({})", marks(ids.len())), values);
        }
        if let Some(kind) = self.kind {
            add("record.kind = ?", vec![kind.into()]);
        }
        if let Some(owner) = self.owner {
            add("record.owner = ?", vec![one(owner)]);
        }
        if let Some(owners) = &self.owners {
            let values = owners.iter().map(|owner| one(*owner)).collect();
            add(&format!("record.owner IN ({})", marks(owners.len())), values);
        }
        if let Some(office) = self.not_of {
            add("record.owner <> ?", vec![one(office)]);
        }
        if let Some(number) = &self.number {
            add("record.number = ?", vec![number.clone().into()]);
        }
        if let Some(term) = &self.term {
            add("record.term = ?", vec![term.clone().into()]);
        }
        if let Some(code) = &self.document_type {
            add("record.document_type = ?", vec![code.clone().into()]);
        }
        if self.urgency > 0 {
            add("record.urgency >= ?", vec![self.urgency.into()]);
        }
        if let Some(since) = self.since {
            add("record.opened >= ?", vec![(since.start_millis().max(0) << 16).into()]);
        }
        if let Some(until) = self.until {
            let end = until.start_millis() + 86_400_000;
            add("record.opened < ?", vec![(end.max(0) << 16).into()]);
        }
        for word in Sought::of(&self.search).words() {
            let (condition, new) = self.has(word);
            add(&condition, new);
        }
        if let (Some(of), false) = (self.state_of, self.states.is_empty()) {
            let states = self.states.iter().map(|state| state.clone().into()).collect();
            add(&format!("{} IN ({})", of.sql(), marks(self.states.len())), states);
        }
        if let Some((office, above)) = &self.reaches {
            let text = |office: &OfficeId| Value::Text(office.to_string());
            let scopes = std::iter::once(office).chain(above).map(text);
            let condition = format!(
                "EXISTS (SELECT 1 FROM json_each(record.audience) a WHERE a.value ->> 'office' = ?
                 OR a.value ->> 'subtree' AND a.value ->> 'office' IN ({}))",
                marks(above.len() + 1)
            );
            add(&condition, std::iter::once(text(office)).chain(scopes).collect());
        }
        for (condition, new) in &self.also {
            add(condition, new.clone());
        }
        (conditions.join(" AND "), values)
    }

    /// That number, title, sender or a date has a word.
    fn has(&self, word: &Word) -> (String, Vec<Value>) {
        let escaped = word.text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let mut any = vec!["record.search LIKE ? ESCAPE '\\'".to_owned()];
        let mut values: Vec<Value> = vec![format!("%{escaped}%").into()];
        if let Some(date) = &word.date {
            // Within a text, a day is not part of another one.
            any = vec!["' ' || record.search || ' ' GLOB ?".to_owned()];
            values = vec![format!("*[^0-9]{}[^0-9]*", word.text).into()];
            let days = ["(record.opened >> 16) / 1000", "record.due / 1000"].map(day);
            for day in days.into_iter().chain(["strftime('%d/%m/%Y', record.issued)".to_owned()]) {
                any.push(format!("{day} LIKE ?"));
                values.push(format!("%{date}%").into());
            }
        }
        let named: Vec<OfficeId> = self.names.with(&word.text).collect();
        if !named.is_empty() {
            any.push(format!("record.owner IN ({})", vec!["?"; named.len()].join(", ")));
            values.extend(named.iter().map(|office| Value::Blob(office.0.as_bytes().to_vec())));
        }
        (format!("({})", any.join(" OR ")), values)
    }

    /// What the records are sorted by, in SQL. Creates the functions that it needs.
    pub(crate) fn order(&self, conn: &Connection) -> Result<String> {
        const NEWEST: &str = "record.opened DESC, record.id, record.owner";
        let Some(order_by) = self.order else { return Ok(NEWEST.to_owned()) };
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        let (empty, key) = match order_by {
            OrderBy::Column(column) => (format!("{column} IS NULL"), column.to_owned()),
            OrderBy::Words(column) => {
                conn.create_scalar_function("truc_order", 1, flags, |context| {
                    Ok(order(&context.get::<String>(0)?))
                })?;
                (format!("{column} = ''"), format!("truc_order({column})"))
            }
            OrderBy::Owner => {
                let ranks: std::collections::HashMap<[u8; 16], i64> =
                    self.names.0.iter().zip(0..).map(|((id, _), rank)| (*id.0.as_bytes(), rank)).collect();
                conn.create_scalar_function("truc_rank", 1, flags, move |context| {
                    Ok(ranks.get(&context.get::<[u8; 16]>(0)?).copied())
                })?;
                ("record.owner IS NULL".to_owned(), "truc_rank(record.owner)".to_owned())
            }
            OrderBy::State => match self.state_of {
                Some(of) => (format!("{} = ''", of.sql()), of.sql()),
                None => return Ok(NEWEST.to_owned()),
            },
            OrderBy::Arrival => match self.state_of {
                Some(of) => (format!("{} = ''", of.arrival()), format!("CAST({} AS INTEGER)", of.arrival())),
                None => return Ok(NEWEST.to_owned()),
            },
        };
        let turn = if self.down { " DESC" } else { "" };
        Ok(format!("{empty}, {key}{turn}, {NEWEST}"))
    }
}
