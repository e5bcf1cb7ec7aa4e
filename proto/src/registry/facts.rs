//! What was said of one office, over time. A fact has two dates: the day from which it is true, and the day on which it
//! was said. So there are two questions with a day: who was it on that day, as is known now, or as was known then? What
//! was done on a day is judged by the second answer, whenever word of it arrives.

use serde::{Deserialize, Serialize};

use super::Tier;
use crate::date::Date;
use crate::id::OfficeId;

/// Dated fact: the state of an office from a day on, until the next fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// First day.
    pub since: Date,
    /// The hub's day when it was said.
    pub said: Date,
    /// The hub's day when it was taken back as a mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Date>,
    /// How many facts of the office were said before.
    #[serde(skip)]
    pub order: usize,
    /// Level in the tree.
    pub tier: Tier,
    /// The office above; none only for the hub.
    pub parent: Option<OfficeId>,
    /// Administrative code.
    pub code: String,
    /// tỉnh, huyện, xã, phường …
    pub kind: String,
    /// Full name.
    pub name: String,
    /// The office has ended.
    pub closed: bool,
    /// The offices that took over.
    pub successors: Vec<OfficeId>,
    /// Symbols with which it numbers its papers, as they were said; empty: those of its level ([`Fact::symbols`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
}

impl Fact {
    /// The symbols with which the office numbers its papers, the usual one first; none: it has no register.
    pub fn symbols(&self) -> Vec<&str> {
        match &self.symbols[..] {
            [] => self.tier.symbols().to_vec(),
            said => said.iter().map(String::as_str).collect(),
        }
    }

    /// Whether its day was still to come when it was said.
    pub fn is_ahead(&self) -> bool {
        self.since > self.said
    }

    /// The name that the office bears on pages and papers. Lists of offices name the units of the State; those who write
    /// here are their Party committees: "Xã Diễn Châu" is "Đảng ủy xã Diễn Châu". Any other name stays as it is.
    pub fn committee(&self) -> String {
        match self.unit() {
            Some((unit, place)) if !self.name.to_lowercase().starts_with(&unit.committee.to_lowercase()) => {
                format!("{} {place}", unit.committee)
            }
            _ => self.name.trim().to_owned(),
        }
    }

    /// The Party organisation that the office leads, as papers of offices under it name it above their own: "Đảng bộ
    /// tỉnh Nghệ An". None: the office leads none by its name.
    pub fn organisation(&self) -> Option<String> {
        self.unit().map(|(unit, place)| format!("Đảng bộ {} {place}", unit.name).trim_end().to_owned())
    }

    /// The place in the office's name, as papers say where they were made: "Diễn Châu". Empty: there is none.
    pub fn place(&self) -> String {
        self.unit().map(|(_, place)| place).unwrap_or_default()
    }

    /// The unit whose committee the office is, and the unit's own name.
    fn unit(&self) -> Option<(&'static Unit, String)> {
        let after = |head: &str| {
            let mut name = self.name.trim().chars();
            for letter in head.chars() {
                if !name.next()?.to_lowercase().eq(letter.to_lowercase()) {
                    return None;
                }
            }
            let rest = name.as_str();
            (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim().to_owned())
        };
        // "Tỉnh ủy" and "Huyện đoàn" are bodies, no units.
        let plain = |unit: &Unit| {
            let bodies = ["ủy", "uỷ", "đoàn"];
            after(unit.name).filter(|place| !place.is_empty()).filter(|place| {
                !bodies.iter().any(|body| place.to_lowercase().split(' ').next() == Some(*body))
            })
        };
        UNITS.iter().find_map(|unit| Some((unit, after(unit.committee).or_else(|| plain(unit))?)))
    }

    /// Whether it was known on a day.
    fn is_known_on(&self, day: Date) -> bool {
        self.said <= day && self.withdrawn.is_none_or(|withdrawn| day < withdrawn)
    }
}

/// A unit of the State, and its Party committee.
struct Unit {
    name: &'static str,
    committee: &'static str,
}

const UNITS: [Unit; 9] = [
    Unit { name: "tỉnh", committee: "Tỉnh ủy" },
    Unit { name: "thành phố", committee: "Thành ủy" },
    Unit { name: "huyện", committee: "Huyện ủy" },
    Unit { name: "thị xã", committee: "Thị ủy" },
    Unit { name: "quận", committee: "Quận ủy" },
    Unit { name: "xã", committee: "Đảng ủy xã" },
    Unit { name: "phường", committee: "Đảng ủy phường" },
    Unit { name: "thị trấn", committee: "Đảng ủy thị trấn" },
    Unit { name: "đặc khu", committee: "Đảng ủy đặc khu" },
];

/// All facts of an office.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// In order of their days; of one day, the fact that was said last stands last.
    all: Vec<Fact>,
    /// Index of the fact that delivery follows.
    in_force: Option<usize>,
}

impl Facts {
    /// Takes one more fact.
    pub(super) fn say(&mut self, fact: Fact) {
        let fact = Fact { order: self.all.len(), ..fact };
        let place = self.all.partition_point(|known| known.since <= fact.since);
        self.all.insert(place, fact);
    }

    /// Takes back the facts of one day, or all of them. Returns whether there were any.
    pub(super) fn withdraw(&mut self, since: Option<Date>, said: Date) -> bool {
        let mut any = false;
        let meant = |fact: &&mut Fact| fact.withdrawn.is_none() && since.is_none_or(|day| fact.since == day);
        for fact in self.all.iter_mut().filter(meant) {
            fact.withdrawn = Some(said);
            any = true;
        }
        any
    }

    /// The facts that stand, oldest first.
    pub(super) fn standing(&self) -> impl DoubleEndedIterator<Item = &Fact> {
        self.all.iter().filter(|fact| fact.withdrawn.is_none())
    }

    /// All facts, also those that were taken back.
    pub(super) fn all(&self) -> &[Fact] {
        &self.all
    }

    /// The fact that held on a day, as is known now.
    pub(super) fn at(&self, day: Date) -> Option<&Fact> {
        self.standing().rfind(|fact| fact.since <= day)
    }

    /// The fact that held on a day, as was known on another.
    pub(super) fn known(&self, day: Date, known: Date) -> Option<&Fact> {
        self.all.iter().rfind(|fact| fact.since <= day && fact.is_known_on(known))
    }

    /// The fact by which is judged what was done on a day: the one that held, as was known on that day. An office that
    /// the hub came to know late is taken for what it was then, as nothing older contradicts.
    pub(super) fn judged(&self, day: Date) -> Option<&Fact> {
        let late = || self.standing().find(|fact| fact.order == 0 && !fact.is_ahead());
        self.known(day, day).or_else(late)
    }

    /// Whether there was such an office at all, as was known on a day.
    pub(super) fn exists_on(&self, day: Date) -> bool {
        self.all.iter().any(|fact| fact.withdrawn.is_none_or(|withdrawn| day < withdrawn))
    }

    /// The days of facts that rest until a day turns.
    pub(super) fn resting(&self, turned: Option<Date>) -> impl Iterator<Item = Date> {
        self.standing().filter(move |fact| rests(fact, turned)).map(|fact| fact.since)
    }

    /// Finds anew what is in force when the day has turned; returns whether another fact is than before.
    pub(super) fn turn(&mut self, turned: Option<Date>) -> bool {
        let force = |fact: &Fact| fact.withdrawn.is_none() && !rests(fact, turned);
        let before = self.in_force().cloned();
        self.in_force = self.all.iter().rposition(force);
        self.in_force() != before.as_ref()
    }

    /// The fact that delivery follows.
    pub(super) fn in_force(&self) -> Option<&Fact> {
        self.all.get(self.in_force?)
    }
}

fn rests(fact: &Fact, turned: Option<Date>) -> bool {
    fact.is_ahead() && turned.is_none_or(|turned| fact.since > turned)
}
