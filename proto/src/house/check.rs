//! Reads rows into facts and checks them with the rest of the house, as a whole: what is wrong, in which line, with what
//! its sentence says. Nothing is written of rows with an error; a warning only speaks.

use std::collections::{BTreeMap, BTreeSet};

use strum::IntoStaticStr;

use super::House;
use super::fact::{Class, Fact, Person, Right, Span, Table, Thing, Unit, What};
use super::row::{Row, Value, canonical, composed, is_id};
use super::setting::Setting;
use super::written::{self, Fault};
use crate::date::Date;
use crate::registry::Tier;
use crate::{identifier, limits};

/// The beginnings of the forms in which people sign (36-HD/VPTW, 05-HD/VPTW).
const FORMS: [&str; 6] = ["T/M ", "T/L ", "K/T ", "CHÁNH VĂN PHÒNG", "TRƯỞNG BAN", "CHỦ NHIỆM"];
/// Signing for the head of a body; a committee is a collective and has none.
const FOR_HEAD: &str = "K/T";

/// What can be wrong with a house. The names are the keys of sentences.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Problem {
    /// The file cannot be read from this line on.
    Toml,
    /// The file is another office's.
    OtherOffice,
    /// The table has no such field.
    UnknownKey,
    /// The id is none.
    BadId,
    /// Another row has the id at the same time.
    IdTwice,
    /// There is no such unit.
    UnitUnknown,
    /// The unit is under itself.
    UnitLoop,
    /// There is no such class of units.
    ClassUnknown,
    /// There is no such person.
    PersonUnknown,
    /// There is no such issuer.
    IssuerUnknown,
    /// The last day is before the first.
    DateOrder,
    /// Two people head a unit at the same time.
    TwoHeads,
    /// Two issuers have one symbol at the same time.
    SymbolTwice,
    /// Two terms of an issuer share days.
    TermOverlap,
    /// The form of the signature is in no table.
    FormUnknown,
    /// For a committee nobody signs K/T.
    FormCollective,
    /// There is no such right.
    RightUnknown,
    /// The right to open identities goes with the right to see petitions.
    IdentityWithoutPetitions,
    /// There is no such role.
    RoleUnknown,
    /// A field that must be there is missing.
    FieldMissing,
    /// The field cannot have this value.
    ValueWrong,
    /// A text or list is too long.
    TooLong,
    /// Warning: a unit ends and nobody says who has its works.
    NoHeir,
    /// Warning: nobody heads the unit.
    NoHead,
    /// Warning: the signer has left before the last day on which the fact lets him sign.
    SignerLeft,
    /// Warning: on some day nobody stands in.
    StandInAway,
    /// Warning: a name is not composed.
    NotNfc,
}

impl Problem {
    /// Its key, with which its sentence is found.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// Whether it only warns.
    pub fn is_warning(self) -> bool {
        matches!(self, Self::NoHeir | Self::NoHead | Self::SignerLeft | Self::StandInAway | Self::NotNfc)
    }
}

/// A value in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arg {
    /// A name, id or other text.
    Text(String),
    /// A day.
    Day(Date),
    /// A line of the file.
    Line(u32),
}

/// Something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What.
    pub problem: Problem,
    /// The line of the file, from 1; 0: there is no file.
    pub line: u32,
    /// What its sentence says, by name.
    pub args: Vec<(&'static str, Arg)>,
}

impl Finding {
    /// A finding without arguments.
    pub fn new(problem: Problem, line: u32) -> Self {
        Self { problem, line, args: Vec::new() }
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.args.push((name, Arg::Text(text.into())));
        self
    }

    /// Adds a day.
    #[must_use]
    fn day(mut self, name: &'static str, day: Date) -> Self {
        self.args.push((name, Arg::Day(day)));
        self
    }

    /// Adds a line.
    #[must_use]
    fn line(mut self, name: &'static str, line: u32) -> Self {
        self.args.push((name, Arg::Line(line)));
        self
    }
}

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

/// A fact and the row in which it stands; no row: it was said before.
struct Placed<'a> {
    fact: Fact,
    row: Option<&'a Row>,
    /// The days on which it holds, beside the other facts of its thing.
    holds: Span,
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
    let mut whole = Whole { house: &after, all: &all, findings };
    whole.references();
    whole.units();
    whole.heads();
    whole.rights();
    whole.issuers();
    whole.absences();
    let mut findings = whole.findings;
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
                    *text = composed(text).into_owned();
                }
                if texts.len() > limits::HOUSE_LIST || texts.iter().any(|text| text.len() > limits::LINE) {
                    findings.push(Finding::new(Problem::TooLong, line).text("field", name.clone()));
                    texts.clear();
                }
            }
            Value::Bare(_) | Value::Yes(_) | Value::Day(_) | Value::Named(_) => {}
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

/// The house as it would be, being checked.
struct Whole<'a> {
    house: &'a House,
    all: &'a [Placed<'a>],
    findings: Vec<Finding>,
}

impl<'a> Whole<'a> {
    /// Something is wrong with a row; what was said before is not looked at again.
    fn say(
        &mut self,
        placed: &Placed<'_>,
        problem: Problem,
        field: &str,
        args: impl FnOnce(Finding) -> Finding,
    ) {
        if let Some(row) = placed.row {
            self.findings.push(args(Finding::new(problem, row.line_of(field))));
        }
    }

    /// A name as of the first day of a fact.
    fn name(&self, id: &str, span: &Span) -> String {
        self.house.name(id, span.from.unwrap_or(Date::FIRST)).to_owned()
    }

    fn knows(&self, table: Table, id: &str) -> bool {
        !self.house.timeline(&Thing::new(table, &[id])).is_empty()
    }

    /// Whoever is named must be there, on whatever day.
    fn references(&mut self) {
        for placed in self.all {
            for (name, id, table) in named(&placed.fact.what) {
                if self.knows(table, id) {
                    continue;
                }
                let problem = match table {
                    Table::Units => Problem::UnitUnknown,
                    Table::Issuers => Problem::IssuerUnknown,
                    _ => Problem::PersonUnknown,
                };
                let of: &str = placed.fact.what.thing().table.into();
                self.say(placed, problem, name, |finding| finding.text("value", id).text("table", of));
            }
        }
    }

    fn units(&mut self) {
        let all = self.all;
        let units: Vec<(&Placed<'_>, &Unit)> =
            all.iter().filter_map(|placed| Some((placed, unit(placed)?))).collect();
        for (placed, unit) in &units {
            let parent = |id: &str| {
                units.iter().rfind(|(_, unit)| unit.id == id).and_then(|(_, unit)| unit.parent.as_deref())
            };
            let mut seen = vec![unit.id.as_str()];
            let mut next = unit.parent.as_deref();
            while let Some(above) = next.filter(|above| self.knows(Table::Units, above)) {
                if seen.contains(&above) {
                    self.say(placed, Problem::UnitLoop, "parent", |finding| finding.text("name", &unit.name));
                    break;
                }
                seen.push(above);
                next = parent(above);
            }
            let ends = placed.fact.span.to.is_some();
            if ends
                && self.house.last_day_of_unit(&unit.id, Date::LAST) == placed.fact.span.to
                && unit.heir.is_none()
            {
                self.say(placed, Problem::NoHeir, "to", |finding| finding.text("name", &unit.name));
            }
        }
    }

    /// Who heads which unit on which days: main posts first.
    fn heads(&mut self) {
        let all = self.all;
        let people = all.iter().filter_map(|placed| match &placed.fact.what {
            What::Person(person) if person.head => Some((placed, &person.unit, &person.id, placed.holds)),
            _ => None,
        });
        let posts = all.iter().filter_map(|placed| match &placed.fact.what {
            What::Post(post) if post.head => {
                let left = self.house.last_day(&post.person, Date::LAST);
                let to = [placed.holds.to, left].into_iter().flatten().min();
                Some((placed, &post.unit, &post.person, Span { to, ..placed.holds }))
            }
            _ => None,
        });
        let heads: Vec<_> = people.chain(posts).collect();
        for (at, (placed, unit, person, days)) in heads.iter().enumerate() {
            for (_, other_unit, other, other_days) in &heads[..at] {
                if unit == other_unit && person != other && days.meets(other_days) {
                    let names = [*other, *person].map(|id| self.name(id, days));
                    let unit = self.name(unit, days);
                    self.say(placed, Problem::TwoHeads, "head", |finding| {
                        finding.text("name", unit).text("people", names.join(", "))
                    });
                }
            }
        }
        for placed in all {
            if let Some(unit) = unit(placed)
                && unit.class == Class::Own
                && !heads.iter().any(|(_, of, ..)| **of == unit.id)
            {
                self.say(placed, Problem::NoHead, "", |finding| finding.text("name", &unit.name));
            }
        }
    }

    fn rights(&mut self) {
        let all = self.all;
        let has = |person: &str| {
            all.iter().any(|placed| {
                matches!(&placed.fact.what,
                What::Grant(grant) if grant.person == person && grant.right == Right::Petitions)
            })
        };
        for placed in all {
            if let What::Grant(grant) = &placed.fact.what
                && grant.right == Right::Identity
                && !has(&grant.person)
            {
                self.say(placed, Problem::IdentityWithoutPetitions, "right", |finding| finding);
            }
        }
    }

    /// Issuers, their terms and who signs for them.
    fn issuers(&mut self) {
        let all = self.all;
        for (at, placed) in all.iter().enumerate() {
            match &placed.fact.what {
                What::Issuer(issuer) => {
                    for other in &all[..at] {
                        if let What::Issuer(first) = &other.fact.what
                            && first.symbol == issuer.symbol
                            && first.id != issuer.id
                            && other.holds.meets(&placed.holds)
                        {
                            self.say(placed, Problem::SymbolTwice, "symbol", |finding| {
                                finding.text("value", &issuer.symbol).text("name", &first.line2)
                            });
                        }
                    }
                }
                What::Term(term) => {
                    for other in all[..at].iter().filter(|other| other.row.is_some()) {
                        if let What::Term(first) = &other.fact.what
                            && first.issuer == term.issuer
                            && other.fact.span.meets(&placed.fact.span)
                        {
                            self.say(placed, Problem::TermOverlap, "from", |finding| {
                                finding.text("value", &term.term).text("other", &first.term)
                            });
                        }
                    }
                }
                What::Signer(signer) => {
                    if !FORMS.iter().any(|form| signer.form.starts_with(form)) {
                        self.say(placed, Problem::FormUnknown, "form", |finding| {
                            finding.text("value", &signer.form)
                        });
                    }
                    if signer.form.starts_with(FOR_HEAD) && self.is_committee(&signer.issuer) {
                        self.say(placed, Problem::FormCollective, "form", |finding| finding);
                    }
                    if let Some((person, left)) = self.leaves(&signer.person)
                        && placed.holds.to.is_none_or(|to| to > left)
                    {
                        self.say(placed, Problem::SignerLeft, "person", |finding| {
                            finding.text("name", &person.name).day("day", left)
                        });
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether an issuer is a committee: the first symbol of an office of its level.
    fn is_committee(&self, issuer: &str) -> bool {
        let committees =
            [Tier::Province, Tier::District, Tier::Commune].map(|tier| tier.symbols().first().copied());
        self.house.timeline(&Thing::new(Table::Issuers, &[issuer])).iter().any(
            |fact| matches!(&fact.what, What::Issuer(issuer) if committees.contains(&Some(&*issuer.symbol))),
        )
    }

    /// A person who leaves, and the last day.
    fn leaves(&self, id: &str) -> Option<(&'a Person, Date)> {
        let person = self.house.known_person(id, Date::LAST)?;
        Some((person, self.house.last_day(id, Date::LAST)?))
    }

    /// Absences with a stand-in for whom, on some day, nobody acts. Who acts changes only on the first days of absences
    /// and after last days, so no other day is asked.
    fn absences(&mut self) {
        let all = self.all;
        let mut days: BTreeSet<Date> = BTreeSet::new();
        for placed in all {
            if matches!(placed.fact.what, What::Absence(_) | What::Person(_)) {
                days.extend(placed.holds.from);
                days.extend(placed.holds.to.map(|to| to.plus(1)));
            }
        }
        for placed in all {
            let What::Absence(absence) = &placed.fact.what else { continue };
            let nobody = |day: &&Date| {
                let away = placed.holds.holds(**day) && self.house.person(&absence.person, **day).is_some();
                away && self.house.acts(&absence.person, **day).is_none()
            };
            if absence.stand_in.is_some()
                && let Some(day) = days.iter().find(nobody)
            {
                let name = self.name(&absence.person, &placed.holds);
                self.say(placed, Problem::StandInAway, "stand_in", |finding| {
                    finding.day("day", *day).text("name", name)
                });
            }
        }
    }
}

fn unit<'a>(placed: &'a Placed<'_>) -> Option<&'a Unit> {
    match &placed.fact.what {
        What::Unit(unit) => Some(unit),
        _ => None,
    }
}

/// Whom and what a fact names: the field, the id, the table in which it must be.
fn named(what: &What) -> Vec<(&'static str, &str, Table)> {
    fn some<'a>(
        name: &'static str,
        id: &'a Option<String>,
        table: Table,
    ) -> Option<(&'static str, &'a str, Table)> {
        id.as_deref().map(|id| (name, id, table))
    }
    let person = |name, id| (name, id, Table::People);
    match what {
        What::Unit(unit) => {
            [some("parent", &unit.parent, Table::Units), some("heir", &unit.heir, Table::Units)]
                .into_iter()
                .flatten()
                .collect()
        }
        What::Person(of) => vec![("unit", &of.unit, Table::Units)],
        What::Post(post) => vec![person("person", &*post.person), ("unit", &post.unit, Table::Units)],
        What::Grant(grant) => vec![person("person", &grant.person)],
        What::Absence(absence) => {
            let stand_in = some("stand_in", &absence.stand_in, Table::People);
            [person("person", &absence.person)].into_iter().chain(stand_in).collect()
        }
        What::Delegation(lent) => vec![person("person", &lent.person), person("to_person", &lent.to_person)],
        What::Signer(signer) => {
            vec![person("person", &signer.person), ("issuer", &signer.issuer, Table::Issuers)]
        }
        What::Term(term) => vec![("issuer", &term.issuer, Table::Issuers)],
        What::Party(party) => some("unit", &party.unit, Table::Units).into_iter().collect(),
        What::Setting(_) | What::Issuer(_) | What::Resource(_) | What::Holiday(_) => Vec::new(),
    }
}
