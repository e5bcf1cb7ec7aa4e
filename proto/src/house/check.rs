//! Reads rows into facts and checks them, each alone and the house as a whole: what is wrong, in which line, with what its
//! sentence says. Nothing is written of rows with an error; a warning only speaks.

use std::collections::{BTreeMap, BTreeSet};

use super::House;
use super::fact::{Fact, Span, What};
use super::finding::{Finding, Problem};
use super::road;
use super::row::{Row, Value, canonical, composed, is_id};
use super::setting::Setting;
use super::thing::{Table, Thing};
use super::whole::{Placed, Whole};
use super::written::{self, Fault};
use crate::date::Date;
use crate::{identifier, limits};

/// What rows come to.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Their facts, in the order of the rows.
    pub facts: Vec<Fact>,
    /// What is wrong, by line and key. Facts must be said only if it holds warnings alone.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether something is wrong that keeps the facts from being said.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| !finding.problem.is_warning())
    }
}

/// Reads rows and checks them with what the house holds. What a row says again replaces it there.
pub fn check(house: &House, rows: &[Row]) -> Checked {
    let mut findings = Vec::new();
    let clean: Vec<Row> = rows.iter().map(|row| cleaned(row, &mut findings)).collect();
    let mut told: Vec<Placed<'_>> = Vec::new();
    for (row, typed) in clean.iter().zip(rows) {
        let fact = fact(row, typed, &mut findings);
        told.extend(fact.map(|fact| Placed { holds: fact.span, fact, row: Some(row) }));
    }
    twice(&told, &mut findings);
    let facts: Vec<Fact> = told.iter().map(|placed| placed.fact.clone()).collect();
    let mut after = house.clone();
    facts.iter().cloned().for_each(|fact| after.say(fact));
    // The whole house: what was said before and still stands, then the rows.
    let said: BTreeSet<(Thing, Option<Date>)> =
        facts.iter().map(|fact| (fact.what.thing(), fact.span.from)).collect();
    let mut all: Vec<Placed<'_>> = house
        .facts()
        .filter(|fact| !said.contains(&(fact.what.thing(), fact.span.from)))
        .map(|fact| Placed { holds: fact.span, fact, row: None })
        .collect();
    all.extend(told);
    for placed in &mut all {
        placed.holds = after.effective(&placed.fact);
    }
    findings.extend(Whole::check(&after, &all));
    findings.sort_by_key(|finding| (finding.line, finding.problem.key()));
    Checked { facts, findings }
}

/// The row with each text in its one form.
fn cleaned(row: &Row, findings: &mut Vec<Finding>) -> Row {
    let mut clean = row.clone();
    for field in &mut clean.fields {
        let (table, name, line) = (row.table, &field.name, field.line);
        match &mut field.value {
            Value::Text(text) => {
                if name == "name" && composed(text) != text.trim() {
                    findings.push(Finding::new(Problem::NotNfc, line));
                }
                *text = canonical(table, name, text);
                if text.len() > limits::LINE {
                    findings.push(Finding::new(Problem::TooLong, line).text("field", name.clone()));
                    text.clear();
                }
            }
            Value::List(texts) => {
                for text in &mut *texts {
                    *text = canonical(table, name, text);
                }
                if texts.len() > limits::HOUSE_LIST || texts.iter().any(|text| text.len() > limits::LINE) {
                    findings.push(Finding::new(Problem::TooLong, line).text("field", name.clone()));
                    texts.clear();
                }
            }
            Value::Bare(_) | Value::Yes(_) | Value::Day(_) | Value::Named(_) | Value::Tables(_) => {}
        }
    }
    clean
}

/// Reads one row, and checks what can be said of it alone. `typed`: the row as it was written.
fn fact(row: &Row, typed: &Row, findings: &mut Vec<Finding>) -> Option<Fact> {
    let table: &str = row.table.into();
    for field in &row.fields {
        let known = matches!(field.name.as_str(), "from" | "to")
            || row.table.fields().contains(&field.name.as_str())
            || row.table == Table::Settings && Setting::is_name(&field.name);
        if !known {
            let unknown = Finding::new(Problem::UnknownKey, field.line).text("field", &*field.name);
            findings.push(unknown.text("table", table));
        }
    }
    let mut end = |name: &'static str| {
        let field = row.field(name)?;
        let day = match &field.value {
            Value::Day(day) => Some(*day),
            Value::Text(text) => identifier::day(text).ok(),
            _ => None,
        };
        if day.is_none() {
            findings.push(wrong(row, typed, name));
        }
        day
    };
    let span = Span { from: end("from"), to: end("to") };
    if let (Some(from), Some(to)) = (span.from, span.to)
        && to < from
    {
        let order = Finding::new(Problem::DateOrder, row.line_of("to"));
        findings.push(order.day("to", to).day("from", from));
    }
    if row.table == Table::Absences && span.from.is_none() && row.field("from").is_none() {
        findings.push(missing(row, "from"));
    }
    let mut faults = Vec::new();
    let what = written::read(row, &mut faults);
    for fault in faults {
        findings.push(match fault {
            Fault::Missing(name) => missing(row, name),
            Fault::Wrong(name) => wrong(row, typed, name),
        });
    }
    if let (Table::Settings, None) = (row.table, &what)
        && let Some(field) = row.fields.iter().find(|field| Setting::is_name(&field.name))
    {
        let wrong = Finding::new(Problem::ValueWrong, field.line).text("field", &*field.name);
        findings.push(wrong.text("value", field.value.shown()));
    }
    if let Some(field) = row.field("id")
        && let Value::Text(id) = &field.value
        && !is_id(id)
    {
        let shown = typed.field("id").map(|field| field.value.shown()).unwrap_or_default();
        findings.push(Finding::new(Problem::BadId, field.line).text("value", shown));
    }
    if let Some(What::Issuer(issuer)) = &what
        && identifier::symbol(&issuer.symbol).as_ref() != Some(&issuer.symbol)
    {
        findings.push(wrong(row, typed, "symbol"));
    }
    Some(Fact { span, what: what? })
}

fn missing(row: &Row, name: &'static str) -> Finding {
    let table: &str = row.table.into();
    Finding::new(Problem::FieldMissing, row.line).text("field", name).text("table", table)
}

/// A field has a value that it cannot have.
fn wrong(row: &Row, typed: &Row, name: &'static str) -> Finding {
    if row.table == Table::Roads
        && let Some(field) = row.field(name)
        && let Some((line, step)) = road::unreadable(&field.value)
    {
        return Finding::new(Problem::RoadStep, if line == 0 { field.line } else { line })
            .text("where", step);
    }
    let problem = match (row.table, name) {
        (Table::Units, "class") => Problem::ClassUnknown,
        (Table::People, "account") => Problem::RoleUnknown,
        (Table::Rights, "right") => Problem::RightUnknown,
        _ => Problem::ValueWrong,
    };
    let value = typed.field(name).map(|field| field.value.shown()).unwrap_or_default();
    Finding::new(problem, row.line_of(name)).text("field", name).text("value", value)
}

/// Ids that two rows have at the same time.
fn twice(told: &[Placed<'_>], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<Thing, Vec<&Placed<'_>>> = BTreeMap::new();
    for placed in told {
        let Some(row) = placed.row.filter(|row| row.field("id").is_some()) else { continue };
        let same = seen.entry(placed.fact.what.thing()).or_default();
        if let Some(first) = same.iter().find(|first| first.fact.span.meets(&placed.fact.span)) {
            let before = first.row.map_or(0, |row| row.line_of("id"));
            let id = row.field("id").map(|field| field.value.shown()).unwrap_or_default();
            let twice = Finding::new(Problem::IdTwice, row.line_of("id"));
            findings.push(twice.text("value", id).line("first", before));
        }
        same.push(placed);
    }
}
