//! The house of the office. What is lent and taken back in the play is said of it as it is said of any house.

use std::collections::BTreeMap;

use toml::Table;
use truc_proto::date::Date;
use truc_proto::house::{Absence, Delegation, Fact, Holiday, Lent, Party, Regime, Span, Thing, What};
use truc_proto::house::{House as Facts, Table as Tables};
use truc_proto::paper::DocumentType;
use truc_proto::record::draft::bench::OnDay;
use truc_proto::registry::Tier;

use super::roads;
use super::{day, millis};

pub(crate) struct House {
    facts: Facts,
    data: Table,
}

fn said(span: Span, what: What) -> Fact {
    Fact { span, what }
}

impl House {
    pub(crate) fn read() -> Self {
        let mut facts = roads::house();
        let new_year: Date = "2027-01-01".parse().unwrap();
        let holiday = Holiday { date: new_year, working: false, name: "Tết Dương lịch".into() };
        facts.say(said(Span::ALWAYS, What::Holiday(holiday)));
        for id in ["40", "16732", "17248", "UBND", "BXDD", "UBKT", "MTTQ"] {
            let party = Party { id: id.into(), name: id.into(), regime: Regime::Party, unit: None };
            facts.say(said(Span::ALWAYS, What::Party(party)));
        }
        let pbttt = facts.on(&Thing::new(Tables::People, &["pbttt"]), new_year).unwrap();
        let What::Person(mut driver) = pbttt.what.clone() else { unreachable!() };
        (driver.id, driver.name) = ("laixe".into(), "laixe".into());
        facts.say(said(Span::ALWAYS, What::Person(driver)));
        Self { facts, data: roads::data() }
    }

    /// A signature is lent by a paper; the clerk who is on leave names who stands in.
    pub(crate) fn lend(&mut self, of: &str, said_of: &BTreeMap<String, String>) {
        let at = |name: &str| Some(day(millis(&said_of[name])));
        let span = Span { from: at("since"), to: at("until") };
        let (person, to_person) = (of.to_owned(), said_of["to"].clone());
        let what = match said_of["what"].split(':').next() {
            Some("sign") => What::Delegation(Delegation {
                person,
                to_person,
                what: vec![Lent::Signature],
                paper: said_of["basis"].clone(),
            }),
            _ => What::Absence(Absence { person, stand_in: Some(to_person) }),
        };
        self.facts.say(said(span, what));
    }

    pub(crate) fn take_back(&mut self, of: &str, now: i64) {
        let today = day(now);
        let running = |fact: &Fact| {
            matches!(&fact.what, What::Delegation(lent) if lent.person == of) && fact.span.holds(today)
        };
        let running: Vec<Fact> = self.facts.facts().filter(running).collect();
        for fact in running {
            self.facts.say(said(Span { to: Some(today.plus(-1)), ..fact.span }, fact.what));
        }
    }

    pub(crate) fn people(&self) -> Vec<String> {
        let all = self.facts.people("2026-12-01".parse().unwrap());
        let mut all: Vec<String> = all.map(|person| person.id.clone()).collect();
        all.sort();
        all
    }

    pub(crate) fn at(&self, now: i64) -> OnDay<'_> {
        OnDay { house: &self.facts, tier: Tier::Commune, day: day(now) }
    }

    /// Register and symbol of a body.
    pub(crate) fn register(&self, body: &str, now: i64) -> (String, String) {
        let issuer = self.facts.issuer_of_body(body, day(now)).unwrap();
        (issuer.id.clone(), issuer.symbol.clone())
    }

    /// The last number that was given by hand.
    pub(crate) fn opening(&self, register: &str, kind: &str, now: i64) -> u32 {
        let kind = DocumentType::from_code(kind).unwrap();
        self.facts.opening(register, kind, day(now)).unwrap_or(0)
    }

    pub(crate) fn is_unnumbered(&self, kind: &str) -> bool {
        roads::texts(self.data["unnumbered"].as_table().unwrap(), "types").iter().any(|id| id == kind)
    }
}
