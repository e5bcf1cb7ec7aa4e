//! Checks a house as a whole: whoever is named must be there, one head for a unit, one owner for a symbol.

use std::collections::BTreeSet;

use super::House;
use super::fact::{Class, Fact, Person, Right, Span, Unit, What};
use super::finding::{Finding, Problem};
use super::road;
use super::row::Row;
use super::thing::{Table, Thing};
use crate::date::Date;
use crate::registry::Tier;

/// The beginnings of the forms in which people sign (36-HD/VPTW, 05-HD/VPTW).
const FORMS: [&str; 6] = ["T/M ", "T/L ", "K/T ", "CHÁNH VĂN PHÒNG", "TRƯỞNG BAN", "CHỦ NHIỆM"];
/// Signing for the head of a body; a committee is a collective and has none.
const FOR_HEAD: &str = "K/T";

/// A fact and the row in which it stands; no row: it was said before.
pub(super) struct Placed<'a> {
    pub(super) fact: Fact,
    pub(super) row: Option<&'a Row>,
    /// The days on which it holds, beside the other facts of its thing.
    pub(super) holds: Span,
}

/// The house as it would be, being checked.
pub(super) struct Whole<'a> {
    /// The house with the new facts in it.
    house: &'a House,
    all: &'a [Placed<'a>],
    findings: Vec<Finding>,
}

impl<'a> Whole<'a> {
    /// What is wrong with a house that holds all these facts.
    pub(super) fn check(house: &'a House, all: &'a [Placed<'a>]) -> Vec<Finding> {
        let mut whole = Self { house, all, findings: Vec::new() };
        whole.references();
        whole.units();
        whole.heads();
        whole.rights();
        whole.issuers();
        whole.absences();
        whole.findings.extend(road::check::findings(house, all));
        whole.findings
    }

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
        What::Charge(charge) => vec![person("person", &charge.person)],
        What::Member(member) => vec![person("person", &member.person)],
        What::Road(road) => road.signer.people().into_iter().map(|id| person("signer", id)).collect(),
        What::Opening(opening) => vec![("issuer", &opening.issuer, Table::Issuers)],
        What::Term(term) => vec![("issuer", &term.issuer, Table::Issuers)],
        What::Party(party) => some("unit", &party.unit, Table::Units).into_iter().collect(),
        What::Setting(_) | What::Issuer(_) | What::Silence(_) | What::Resource(_) | What::Holiday(_) => {
            Vec::new()
        }
    }
}
