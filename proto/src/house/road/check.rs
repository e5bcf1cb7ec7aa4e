//! The check of roads: everything that is wrong with one, each fault with the step at which it is, before it is taken.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fact::{Fact, Span, What};
use super::super::finding::{Finding, Problem};
use super::super::row::Value;
use super::super::whole::Placed;
use super::super::{House, Table, Thing};
use super::{Act, CountsAs, Duty, Road, Step};
use crate::authority::bodies;
use crate::date::Date;
use crate::limits;
use crate::registry::Tier;

/// Something that is wrong with a road.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What.
    pub problem: Problem,
    /// Where: a step, or what else the sentence names.
    pub place: String,
    /// The step at which it is, counted from 0; none: it is the whole road's.
    pub step: Option<usize>,
}

/// What is wrong with a road on which drafts begin on these days, in the order in which a person reads it.
pub fn faults(road: &Road, house: &House, days: &Span) -> Vec<Fault> {
    let mut check = Check { road, house, days, faults: Vec::new() };
    check.steps();
    if !check.faults.is_empty() {
        return check.faults;
    }
    if road.steps.is_empty() {
        check.say(Problem::RoadEmpty, &road.id, None);
        return check.faults;
    }
    check.ends();
    let reached = check.reached_from(0);
    for at in 0..road.steps.len() {
        if !reached.contains(&at) {
            check.at(Problem::RoadUnreachable, at);
        }
    }
    match check.rounds() {
        Some(at) => check.at(Problem::RoadLoop, at),
        None => check.ways(&reached),
    }
    for at in 0..road.steps.len() {
        check.step(at);
    }
    check.types();
    check.faults
}

struct Check<'a> {
    road: &'a Road,
    house: &'a House,
    days: &'a Span,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn say(&mut self, problem: Problem, place: impl Into<String>, step: Option<usize>) {
        self.faults.push(Fault { problem, place: place.into(), step });
    }

    /// A fault of a step alone.
    fn at(&mut self, problem: Problem, at: usize) {
        self.say(problem, &self.road.steps[at].id, Some(at));
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.road.steps.iter().position(|step| step.id == id)
    }

    /// The step to which `yes` leads.
    fn next(&self, at: usize) -> Option<usize> {
        self.place(self.road.steps[at].yes.as_deref()?)
    }

    /// Ids that are given twice, and those that nobody has.
    fn steps(&mut self) {
        let road = self.road;
        for (at, step) in road.steps.iter().enumerate() {
            if self.place(&step.id) != Some(at) {
                self.at(Problem::RoadStepTwice, at);
            }
        }
        for (at, step) in road.steps.iter().enumerate() {
            for (name, to) in [("yes", &step.yes), ("no", &step.no)] {
                if let Some(to) = to
                    && self.place(to).is_none()
                {
                    self.say(Problem::RoadUnknownStep, format!("{}.{name}={to}", step.id), Some(at));
                }
            }
        }
    }

    /// One step of drafting, the first; one of issuing, with nothing after it.
    fn ends(&mut self) {
        let road = self.road;
        let all = |act: Act| road.steps.iter().filter(move |step| step.act == act);
        let told = |steps: Vec<&Step>| match &steps[..] {
            [] => "none".to_owned(),
            steps => steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>().join(","),
        };
        let drafts: Vec<&Step> = all(Act::Draft).collect();
        if drafts.len() != 1 || road.steps[0].act != Act::Draft {
            self.say(Problem::RoadStart, told(drafts), None);
        }
        let ends: Vec<&Step> = all(Act::Issue).collect();
        if ends.len() != 1 || ends[0].yes.is_some() {
            self.say(Problem::RoadEnd, told(ends), None);
        }
    }

    /// The steps that can be reached from one, that one among them.
    fn reached_from(&self, at: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([at]);
        let mut todo = vec![at];
        while let Some(at) = todo.pop() {
            let step = &self.road.steps[at];
            let next = [&step.yes, &step.no].into_iter().flatten().filter_map(|to| self.place(to));
            todo.extend(next.filter(|to| reached.insert(*to)));
        }
        reached
    }

    /// The first step from which the way forward never ends.
    fn rounds(&self) -> Option<usize> {
        let count = self.road.steps.len();
        (0..count).find(|first| {
            let way = std::iter::successors(Some(*first), |at| self.next(*at));
            way.take(count + 1).count() > count
        })
    }

    /// The way forward ends with issuing, after a signature; opinions are taken in.
    fn ways(&mut self, reached: &BTreeSet<usize>) {
        let road = self.road;
        let act = |at: usize| road.steps[at].act;
        for at in 0..road.steps.len() {
            if reached.contains(&at) && !self.reached_from(at).iter().any(|to| act(*to) == Act::Issue) {
                self.at(Problem::RoadDeadEnd, at);
            }
        }
        let way: Vec<usize> = std::iter::successors(Some(0), |at| self.next(*at)).collect();
        let first = |wanted: Act| way.iter().position(|at| act(*at) == wanted);
        let signed = first(Act::Sign);
        if first(Act::Issue).is_some_and(|issued| signed.is_none_or(|signed| signed > issued)) {
            self.say(Problem::RoadNoSign, &road.id, None);
        }
        if let Some(signed) = signed
            && let Some(after) = way.get(signed + 1)
            && way[signed + 1..].iter().any(|at| !matches!(act(*at), Act::Sign | Act::Issue))
        {
            self.at(Problem::RoadChangeAfterSign, *after);
        }
        for (place, at) in way.iter().enumerate() {
            if act(*at) == Act::Opinions && !way[place..].iter().any(|at| act(*at) == Act::Absorb) {
                self.at(Problem::RoadNoAbsorb, *at);
            }
        }
    }

    /// What can be said of a step alone, and whether somebody can do it.
    fn step(&mut self, at: usize) {
        let road = self.road;
        let step = &road.steps[at];
        if let Some(no) = &step.no
            && step.act != Act::Opinions
            && road.step(no).is_some_and(|to| !to.act.writes())
        {
            self.say(Problem::RoadBackNowhere, format!("{}→{no}", step.id), Some(at));
        }
        if step.act == Act::Opinions {
            if step.until.is_none() {
                self.at(Problem::RoadNoDeadline, at);
            }
            if self.group().is_empty() {
                self.at(Problem::RoadNobody, at);
            }
        }
        if step.act == Act::Sign {
            return self.signature(at);
        }
        let people = step.duty().map(|duty| self.on_duty(duty)).unwrap_or_default();
        if people.is_empty() {
            self.say(Problem::RoadNobody, format!("{}: {}", step.id, step.who), Some(at));
        } else if step.act == Act::Appraise && people.is_subset(&self.on_duty(Duty::Drafter)) {
            self.at(Problem::RoadOwnAppraisal, at);
        }
    }

    /// For each body and type somebody signs.
    fn signature(&mut self, at: usize) {
        let road = self.road;
        for body in &road.issuers {
            for kind in &road.types {
                let signs = self.within(Table::Signers).any(|what| {
                    matches!(what, What::Signer(signer)
                        if signer.body() == body && !signer.lent && signer.signs(*kind) && self.is_here(&signer.person))
                });
                if !signs {
                    let place = format!("{}: {body} {}", road.steps[at].id, kind.code());
                    self.say(Problem::RoadNobody, place, Some(at));
                }
            }
        }
    }

    /// The bodies issue papers of these types. Whose symbol is a committee's tells which regulation is theirs.
    fn types(&mut self) {
        let (road, house) = (self.road, self.house);
        let day = self.days.to.unwrap_or(Date::LAST);
        let committee = |tier: &Tier| {
            let symbol = tier.symbols().first();
            house.issuers(day).any(|issuer| Some(&issuer.symbol.as_str()) == symbol)
        };
        let Some(tier) = [Tier::Province, Tier::District, Tier::Commune].into_iter().find(committee) else {
            return;
        };
        for body in &road.issuers {
            let Some(issuer) = house.issuer_of_body(body, day) else { continue };
            for kind in &road.types {
                if !bodies::issues(tier, Some(&issuer.symbol), *kind, day) {
                    self.say(Problem::RoadType, format!("{body} {}", kind.code()), None);
                }
            }
        }
    }

    /// What holds of a table on some of the days.
    fn within(&self, table: Table) -> impl Iterator<Item = &What> {
        let facts = self.house.tables.get(&table).into_iter().flatten().flatten();
        facts
            .filter(|fact| !fact.span.is_empty() && self.house.effective(fact).meets(self.days))
            .map(|fact| &fact.what)
    }

    /// Whether a person is in the office on some of the days.
    fn is_here(&self, person: &str) -> bool {
        let timeline = self.house.timeline(&Thing::new(Table::People, &[person]));
        timeline.iter().any(|fact| self.house.effective(fact).meets(self.days))
    }

    fn group(&self) -> BTreeSet<&str> {
        let members = self.within(Table::Groups).filter_map(|what| match what {
            What::Member(member) if Some(&member.group) == self.road.group.as_ref() => Some(&*member.person),
            _ => None,
        });
        members.filter(|person| self.is_here(person)).collect()
    }

    fn on_duty(&self, duty: Duty) -> BTreeSet<&str> {
        let named = self.within(Table::Roles).filter_map(|what| match what {
            What::Charge(charge) if charge.role == duty => Some(&*charge.person),
            _ => None,
        });
        let mut named: BTreeSet<&str> = named.filter(|person| self.is_here(person)).collect();
        if named.is_empty() && duty == Duty::Chief {
            let day = self.days.from.unwrap_or(Date::FIRST);
            named.extend(self.house.chief(day).map(|chief| &*chief.id));
        }
        named
    }
}

/// What is wrong with the roads of a house that holds all these facts, as far as they stand in rows.
pub(in super::super) fn findings(house: &House, all: &[Placed<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, placed) in all.iter().enumerate() {
        // What is taken back never holds.
        let Some(row) = placed.row.filter(|_| !placed.fact.span.is_empty()) else { continue };
        let mut say = |problem: Problem, line: u32, place: &str| {
            findings.push(Finding::new(problem, line).text("where", place));
        };
        match &placed.fact.what {
            What::Silence(silence) if silence.counts_as == CountsAs::Agree && silence.basis.is_none() => {
                say(Problem::RoadSilence, row.line, &silence.group);
            }
            What::Road(road) => {
                for fault in faults(road, house, &placed.holds) {
                    let steps = row.field("steps").map(|field| &field.value);
                    let field = match (fault.step, steps) {
                        (Some(step), Some(Value::Tables(steps))) => steps.get(step).and_then(|it| it.first()),
                        _ => None,
                    };
                    let whole = if fault.step.is_some() { row.line_of("steps") } else { row.line };
                    say(fault.problem, field.map_or(whole, |field| field.line), &fault.place);
                }
                let others = || {
                    all.iter().enumerate().filter(|(other, with)| *other != at && !with.fact.span.is_empty())
                };
                for (other, with) in others() {
                    let What::Road(known) = &with.fact.what else { continue };
                    let both = both(known, road);
                    if let Some(both) = both
                        && (other < at || with.row.is_none())
                        && with.holds.meets(&placed.holds)
                    {
                        say(Problem::RoadTwice, row.line, &format!("{} {}: {both}", known.id, road.id));
                    }
                    let later = with.fact.span.from < placed.fact.span.from;
                    if known.id == road.id && later && known.version >= road.version {
                        let place = format!("{} {}", road.id, road.version);
                        say(Problem::RoadVersion, row.line_of("version"), &place);
                    }
                }
            }
            _ => {}
        }
    }
    let roads: BTreeMap<&str, u32> = all
        .iter()
        .filter_map(|placed| match &placed.fact.what {
            What::Road(road) => Some((&*road.id, placed.row.map_or(0, |row| row.line))),
            _ => None,
        })
        .collect();
    if roads.len() > limits::HOUSE_ROADS {
        let line = roads.values().max().copied().unwrap_or(0);
        findings.push(Finding::new(Problem::RoadMany, line).text("where", limits::HOUSE_ROADS.to_string()));
    }
    findings
}

/// The first body and type that two roads are for.
fn both(one: &Road, other: &Road) -> Option<String> {
    let bodies: BTreeSet<&String> = one.issuers.iter().filter(|body| other.issuers.contains(body)).collect();
    let types = one.types.iter().filter(|kind| other.types.contains(kind)).map(|kind| kind.code());
    Some(format!("{} {}", bodies.first()?, types.min()?))
}

/// What these facts would change of roads on days that have passed. A road is dated ahead: drafts have begun on what held.
/// Only the first version of all may have begun before anybody said it.
pub fn backwards(house: &House, news: &[Fact], today: Date) -> Vec<Finding> {
    let changes_past = |fact: &&Fact| {
        let timeline = house.timeline(&fact.what.thing());
        let known: Vec<&Fact> = timeline.iter().filter(|known| !known.span.is_empty()).collect();
        let is_past = |day: Option<Date>| day.is_some_and(|day| day < today);
        match known.iter().find(|known| known.span.from == fact.span.from) {
            Some(known) if known.span.from.is_none_or(|from| from <= today) => {
                known.what != fact.what || is_past(known.span.to) || is_past(fact.span.to)
            }
            Some(_) => false,
            None => !known.is_empty() && fact.span.from.is_none_or(|from| from < today),
        }
    };
    let roads = news.iter().filter(|fact| matches!(fact.what, What::Road(_)));
    let finding = |fact: &Fact| {
        let id = fact.what.thing().key.concat();
        Finding::new(Problem::RoadBackwards, 0).text("where", id).day("day", today)
    };
    roads.filter(changes_past).map(finding).collect()
}
