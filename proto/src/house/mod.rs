//! The house (nếp nhà): what an office is from within, as dated facts. Units, people, posts, rights, absences,
//! delegations; who issues papers, by which road, and who signs them; outside bodies, rooms, days off, default dates.
//!
//! A fact has two dates: the day from which it holds, and the place in the ledger where it was said. A [`House`] is what
//! was said up to a place; whoever asks as of an earlier place folds fewer entries. [`day`] answers the questions of a
//! day. Nothing here knows a clock, so a page, a list and a print of last month agree.

pub mod check;
pub mod day;
pub mod fact;
pub mod finding;
pub mod road;
pub mod row;
pub mod setting;
pub mod settings;
#[cfg(test)]
pub(crate) mod tests;
pub mod thing;
mod whole;
mod written;

use std::collections::{BTreeMap, HashMap};

pub use fact::{
    Absence, Class, Delegation, Fact, Grant, Holiday, Issuer, Lent, Party, Person, Post, Regime, Resource,
    ResourceKind, Right, Role, Signer, Span, Term, Unit, What,
};
pub use setting::{Counting, Denouncer, Hours, Limit, PetitionClass, Setting, TimeOfDay, Weekday};
pub use settings::Settings;
pub use thing::{Table, Thing};

use crate::date::Date;

/// All facts that were said up to a place.
///
/// Facts of one thing make a timeline by their first days: each holds until its last day, at most until the next one
/// begins. Whoever says a thing again with the same first day replaces what was said.
#[derive(Clone, Default, Debug)]
pub struct House {
    /// Timelines of each table, in the order in which their things were first said.
    tables: BTreeMap<Table, Vec<Vec<Fact>>>,
    /// Where the timeline of a thing is in its table.
    places: HashMap<Thing, usize>,
}

impl House {
    /// A fact is said.
    pub fn say(&mut self, fact: Fact) {
        let thing = fact.what.thing();
        let timelines = self.tables.entry(thing.table).or_default();
        let place = *self.places.entry(thing).or_insert_with(|| {
            timelines.push(Vec::new());
            timelines.len() - 1
        });
        let timeline = &mut timelines[place];
        match timeline.binary_search_by_key(&fact.span.from, |known| known.span.from) {
            Ok(same) => timeline[same] = fact,
            Err(after) => timeline.insert(after, fact),
        }
    }

    /// Whether nothing was said yet.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All facts with the days on which they hold: table by table, in the order in which their things were first said, each
    /// by its first day. What was taken back is not among them.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        let real = |fact: &&Fact| !fact.span.is_empty();
        let timelines = self.tables.values().flatten();
        timelines
            .flatten()
            .filter(real)
            .map(|fact| Fact { span: self.effective(fact), what: fact.what.clone() })
    }

    /// The days on which a fact holds beside the others of its thing: until the next one begins.
    pub fn effective(&self, fact: &Fact) -> Span {
        let later = |next: &&Fact| !next.span.is_empty() && next.span.from > fact.span.from;
        let next = self.timeline(&fact.what.thing()).iter().find(later);
        let ends = next.and_then(|next| next.span.from).map(|from| from.plus(-1));
        Span { to: [fact.span.to, ends].into_iter().flatten().min(), ..fact.span }
    }

    /// Those of these facts that the house does not hold as they are.
    pub fn news(&self, facts: Vec<Fact>) -> Vec<Fact> {
        let holds = |fact: &Fact| {
            let same = |known: &&Fact| known.span.from == fact.span.from && known.what == fact.what;
            let known = self.timeline(&fact.what.thing()).iter().find(same);
            known.is_some_and(|known| known.span == fact.span || self.effective(known) == fact.span)
        };
        facts.into_iter().filter(|fact| !holds(fact)).collect()
    }

    /// All facts of a thing, by their first days.
    pub fn timeline(&self, thing: &Thing) -> &[Fact] {
        let timeline = |&place: &usize| self.tables.get(&thing.table)?.get(place);
        self.places.get(thing).and_then(timeline).map_or(&[], Vec::as_slice)
    }

    /// What holds of a thing on a day.
    pub fn on(&self, thing: &Thing, day: Date) -> Option<&Fact> {
        holding(self.timeline(thing), day)
    }

    /// What is known of a thing on a day: what holds, else what held last, else what will hold first.
    pub fn nearest(&self, thing: &Thing, day: Date) -> Option<&Fact> {
        let timeline = self.timeline(thing);
        let real = |fact: &&Fact| !fact.span.is_empty();
        begun(timeline, day).or_else(|| timeline.iter().find(real))
    }

    /// All of a table that begins after a day, in the order in which its things were first said.
    pub fn ahead(&self, table: Table, day: Date) -> impl Iterator<Item = &Fact> {
        let later =
            move |fact: &&Fact| !fact.span.is_empty() && fact.span.from.is_some_and(|from| from > day);
        self.tables.get(&table).into_iter().flatten().flatten().filter(later)
    }

    /// All that holds of a table on a day, in the order in which its things were first said.
    pub fn all(&self, table: Table, day: Date) -> impl Iterator<Item = &Fact> {
        self.tables.get(&table).into_iter().flatten().filter_map(move |timeline| holding(timeline, day))
    }
}

/// The newest fact of a timeline that has begun on a day. Facts that never held are not looked at.
fn begun(timeline: &[Fact], day: Date) -> Option<&Fact> {
    let real = |fact: &&Fact| !fact.span.is_empty() && fact.span.from.is_none_or(|from| from <= day);
    timeline.iter().rfind(real)
}

fn holding(timeline: &[Fact], day: Date) -> Option<&Fact> {
    begun(timeline, day).filter(|fact| fact.span.holds(day))
}
