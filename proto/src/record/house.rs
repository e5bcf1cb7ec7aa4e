//! Kind 7: nếp nhà, what an office is from within. One record an office, for the office itself alone; each move says facts
//! of [`crate::house`].

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kind::{Kind, OWN, Of, Rule};
use super::parts::{joined, line};
use super::{Act, Around, Malformed, Outcome, Paper, Unfit};
use crate::audience::Scope;
use crate::crowd;
use crate::date::Date;
use crate::house::check::check;
use crate::house::finding::{Finding, Problem};
use crate::house::row::Row;
use crate::house::{Fact, House};
use crate::id::{Incarnation, OfficeId, RecordId, Seat};
use crate::limits;
use crate::time::{Hlc, When};
use crate::wire::{self, house_move};

/// What is done with the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A file is read in.
    Import,
    /// Something is said.
    Say,
    /// Something gets its last day.
    End,
    /// Somebody is away.
    Away,
    /// Somebody's rights are lent.
    Delegate,
}

/// What can be done with the house: facts are said. All moves carry the same; they differ in who may make them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// What is done.
    pub deed: Deed,
    /// The account that acts. It stands here because the header of what is for the office alone names no person.
    pub by: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

const IMPORT: Rule = Rule::new("import", OWN, Of::Record).opens();
const SAY: Rule = Rule::new("say", OWN, Of::Record).opens();
const END: Rule = Rule::new("end", OWN, Of::Record);
const AWAY: Rule = Rule::new("away", OWN, Of::Record);
const DELEGATE: Rule = Rule::new("delegate", OWN, Of::Record);

/// What the house is as a kind.
pub const KIND: Kind = Kind {
    number: 7,
    name: "house",
    moves: &[IMPORT, SAY, END, AWAY, DELEGATE],
    asks_word: None,
    gives_tasks: false,
    steers: false,
    inward: true,
};

/// The one record of an office's house.
pub fn record(office: OfficeId) -> RecordId {
    RecordId::of(office, KIND.number, Uuid::nil())
}

impl Act for Move {
    type Message = wire::HouseMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let path = |mv: u32| crowd::fields(body, &[mv, 2]);
        if (1..=5).any(|mv| path(mv) > limits::HOUSE_FACTS * limits::HOUSE_FIELDS) {
            return Err(Malformed("too many facts"));
        }
        let mv = wire::HouseMove::decode(body).map_err(|_| Malformed("house"))?;
        let (deed, said) = match mv.r#move {
            None => return Ok(None),
            Some(house_move::Move::Import(said)) => (Deed::Import, said),
            Some(house_move::Move::Say(said)) => (Deed::Say, said),
            Some(house_move::Move::End(said)) => (Deed::End, said),
            Some(house_move::Move::Away(said)) => (Deed::Away, said),
            Some(house_move::Move::Delegate(said)) => (Deed::Delegate, said),
        };
        line(&said.by)?;
        if said.facts.is_empty() || said.facts.len() > limits::HOUSE_FACTS {
            return Err(Malformed("facts"));
        }
        let facts = said.facts.into_iter().map(Fact::from_wire).collect::<Option<_>>();
        Ok(Some(Self { deed, by: said.by, facts: facts.ok_or(Malformed("fact"))? }))
    }

    fn encode(&self) -> Bytes {
        let facts = self.facts.iter().map(Fact::to_wire).collect();
        let said = wire::HouseFacts { by: self.by.clone(), facts };
        let mv = match self.deed {
            Deed::Import => house_move::Move::Import(said),
            Deed::Say => house_move::Move::Say(said),
            Deed::End => house_move::Move::End(said),
            Deed::Away => house_move::Move::Away(said),
            Deed::Delegate => house_move::Move::Delegate(said),
        };
        wire::HouseMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self.deed {
            Deed::Import => &IMPORT,
            Deed::Say => &SAY,
            Deed::End => &END,
            Deed::Away => &AWAY,
            Deed::Delegate => &DELEGATE,
        }
    }

    /// Of what is said; of a file, how much.
    fn brief(&self) -> String {
        match &self.facts[..] {
            [fact] => {
                let thing = fact.what.thing();
                joined(&[&<&str>::from(thing.table), &thing.key.join(" ")])
            }
            facts => facts.len().to_string(),
        }
    }

    fn by(&self) -> Option<&str> {
        Some(&self.by)
    }

    fn paper(&self) -> Option<&Paper> {
        None
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        None
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        None
    }

    /// Nothing: the house has a page of its own, and search finds papers.
    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }

    fn lacks_reason(&self) -> bool {
        false
    }

    fn carries_content(&self) -> bool {
        true
    }
}

/// What one entry said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// Place of the entry.
    pub seat: Seat,
    /// When it was said.
    #[serde(flatten)]
    pub when: When,
    /// What was done.
    pub deed: Deed,
    /// The account that acted.
    pub by: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

impl Statement {
    /// The day on which it was said, in the country.
    pub fn day(&self) -> Date {
        i64::try_from(self.when.time.millis()).ok().and_then(Date::of_millis).unwrap_or(Date::LAST)
    }
}

/// Why facts are not said that somebody prepared with an older map of the house.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clash {
    /// Somebody said something else of the same thing meanwhile.
    Said {
        /// Who.
        by: String,
        /// When.
        time: Hlc,
        /// What.
        fact: Box<Fact>,
    },
    /// With what was said meanwhile they are wrong.
    Wrong(Finding),
}

/// The office's strand of its house: everything that was said, in the order of its places.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// What was said.
    pub said: Vec<Statement>,
}

impl Strand {
    /// The house as of everything that was said.
    pub fn house(&self) -> House {
        Self::fold(self.said.iter())
    }

    /// The place of the newest entry; before all places where nothing was said.
    pub fn newest(&self) -> Seat {
        self.said.last().map_or(Seat { incarnation: Incarnation(0), seq: 0 }, |said| said.seat)
    }

    /// Whether facts still fit that somebody prepared when he knew what was said up to a place: nobody has said something
    /// else of the same things since, and the house with them has no fault.
    pub fn fits_still(&self, saw: Seat, mv: &Move) -> Result<(), Clash> {
        let later: Vec<&Statement> = self.said.iter().filter(|said| said.seat > saw).collect();
        if later.is_empty() {
            return Ok(());
        }
        for fact in &mv.facts {
            let thing = fact.what.thing();
            let other = |known: &&Fact| known.what.thing() == thing && *known != fact;
            for said in later.iter().rev() {
                if let Some(known) = said.facts.iter().rev().find(other) {
                    let fact = Box::new(known.clone());
                    return Err(Clash::Said { by: said.by.clone(), time: said.when.time, fact });
                }
            }
        }
        let rows: Vec<Row> = mv.facts.iter().map(Fact::to_row).collect();
        let found = check(&self.house(), &rows).findings.into_iter();
        // A fact that is taken back ends before it begins.
        let mut wrong = found.filter(|finding| {
            let ends = mv.deed == Deed::End && finding.problem == Problem::DateOrder;
            !finding.problem.is_warning() && !ends
        });
        wrong.next().map_or(Ok(()), |finding| Err(Clash::Wrong(finding)))
    }

    /// The house as it was known at the end of a day.
    pub fn known_on(&self, day: Date) -> House {
        Self::fold(self.said.iter().filter(|said| said.day() <= day))
    }

    /// The house as it was known before a place.
    pub fn known_before(&self, seat: Seat) -> House {
        Self::fold(self.said.iter().filter(|said| said.seat < seat))
    }

    fn fold<'a>(said: impl Iterator<Item = &'a Statement>) -> House {
        let mut house = House::default();
        said.flat_map(|said| &said.facts).cloned().for_each(|fact| house.say(fact));
        house
    }
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        if self.said.is_empty() && !mv.rule().opens {
            return Outcome::NotAllowed("not-owner");
        }
        let held: usize = self.said.iter().map(|said| said.facts.len()).sum();
        if held + mv.facts.len() > limits::HOUSE_SAID {
            return Outcome::NotAllowed("too-many");
        }
        let Move { deed, by, facts } = mv;
        self.said.push(Statement { seat, when, deed, by, facts });
        Outcome::Applied
    }

    fn owns(&self) -> bool {
        !self.said.is_empty()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        match (self.owns(), owner.owns()) {
            (true, _) => KIND.moves.iter().map(|rule| rule.name).collect(),
            (false, false) => vec![IMPORT.name, SAY.name],
            // Another office's house is nobody else's business.
            (false, true) => Vec::new(),
        }
    }

    fn fits(&self, _: &Move, _: &Around<'_, Self>) -> Result<(), Unfit> {
        Ok(())
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use crate::house::tests::every_fact;
    let deeds = [Deed::Import, Deed::Say, Deed::End, Deed::Away, Deed::Delegate];
    deeds.map(|deed| Move { deed, by: "cvp".into(), facts: every_fact() }).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::house::{Class, Person, Right, Setting, Span, Unit, What};
    use crate::record::Strand as _;
    use crate::time::Hlc;

    fn said(strand: &mut Strand, seq: u64, day: &str, deed: Deed, facts: Vec<Fact>) -> Outcome {
        let seat = Seat { incarnation: Incarnation(1 << 32), seq };
        let noon = day.parse::<Date>().unwrap().close_millis().cast_unsigned();
        strand.apply(seat, When::unsent(Hlc::at(noon)), Move { deed, by: "cvp".into(), facts })
    }

    fn lead(days: u32) -> Vec<Fact> {
        vec![Fact { span: Span::ALWAYS, what: What::Setting(Setting::InternalLead(days)) }]
    }

    #[test]
    fn the_same_thing_is_not_said_twice_at_once() {
        let mut strand = Strand::default();
        let nothing = strand.newest();
        let say = |facts| Move { deed: Deed::Say, by: "minh".into(), facts };
        assert_eq!(strand.fits_still(nothing, &say(lead(2))), Ok(()));
        let unit = |id: &str| Fact {
            span: Span::ALWAYS,
            what: What::Unit(Unit {
                id: id.into(),
                name: id.into(),
                class: Class::Own,
                parent: None,
                heir: None,
                keywords: Vec::new(),
            }),
        };
        said(&mut strand, 1, "2026-11-02", Deed::Import, [lead(2), vec![unit("VP")]].concat());
        assert!(
            matches!(strand.fits_still(nothing, &say(lead(4))), Err(Clash::Said { by, .. }) if by == "cvp")
        );
        // Another thing, the same word, and what was seen before, stay.
        for (saw, facts) in [(nothing, vec![unit("BXD")]), (nothing, lead(2)), (strand.newest(), lead(4))] {
            assert_eq!(strand.fits_still(saw, &say(facts)), Ok(()));
        }
        // Two who head one unit, each said when the other was not there.
        let head = |id: &str| {
            let person = Person {
                id: id.into(),
                name: id.into(),
                title: "trưởng ban".into(),
                unit: "VP".into(),
                head: true,
                account: None,
            };
            vec![Fact { span: Span::ALWAYS, what: What::Person(person) }]
        };
        let saw = strand.newest();
        said(&mut strand, 2, "2026-11-02", Deed::Say, head("hoa"));
        assert!(matches!(strand.fits_still(saw, &say(head("minh"))), Err(Clash::Wrong(_))));
    }

    #[test]
    fn a_house_is_read_as_it_was_known_on_a_day() {
        let mut strand = Strand::default();
        assert_eq!(said(&mut strand, 1, "2026-11-02", Deed::End, lead(9)), Outcome::NotAllowed("not-owner"));
        assert_eq!(said(&mut strand, 2, "2026-11-02", Deed::Import, lead(2)), Outcome::Applied);
        assert_eq!(said(&mut strand, 3, "2026-11-05", Deed::Say, lead(4)), Outcome::Applied);
        let lead = |house: House| house.settings("2026-01-01".parse().unwrap()).internal_lead;
        assert_eq!(lead(strand.house()), 4);
        assert_eq!(lead(strand.known_on("2026-11-04".parse().unwrap())), 2);
        assert_eq!(lead(strand.known_before(Seat { incarnation: Incarnation(1 << 32), seq: 3 })), 2);
        assert!(strand.known_on("2026-11-01".parse().unwrap()).is_empty());
    }

    #[test]
    fn bodies_that_say_nothing_or_not_in_the_one_form_are_malformed() {
        let decode = |change: &dyn Fn(&mut wire::HouseFacts)| {
            let facts = Move { deed: Deed::Say, by: "cvp".into(), facts: crate::house::tests::every_fact() };
            let Some(house_move::Move::Say(mut said)) =
                wire::HouseMove::decode(&facts.encode()[..]).unwrap().r#move
            else {
                unreachable!()
            };
            change(&mut said);
            Move::decode(&wire::HouseMove { r#move: Some(house_move::Move::Say(said)) }.encode_to_vec())
        };
        assert!(decode(&|_| ()).is_ok());
        assert!(decode(&|said| said.facts.clear()).is_err());
        assert!(decode(&|said| said.facts[0].what = None).is_err());
        assert!(decode(&|said| said.facts[0].from = "mai".into()).is_err());
        assert!(decode(&|said| said.facts = vec![said.facts[0].clone(); limits::HOUSE_FACTS + 1]).is_err());
        let named = |id: &str, name: &str| wire::HouseParty {
            id: id.into(),
            name: name.into(),
            regime: "state".into(),
            unit: String::new(),
        };
        let party = |id: &str, name: &str| {
            let what = Some(wire::house_fact::What::Party(named(id, name)));
            decode(&|said| said.facts = vec![wire::HouseFact { what: what.clone(), ..Default::default() }])
        };
        assert!(party("SNV", "Sở Nội vụ").is_ok());
        for (id, name) in
            [("snv", "Sở"), ("SỞ", "Sở"), ("", "Sở"), ("SNV", "So\u{302}\u{309}"), ("SNV", &"x".repeat(600))]
        {
            assert!(party(id, name).is_err(), "{id} {name}");
        }
        let right = |right: &str| {
            let grant = wire::HouseGrant { person: "lan".into(), right: right.into() };
            let what = Some(wire::house_fact::What::Grant(grant));
            decode(&|said| said.facts = vec![wire::HouseFact { what: what.clone(), ..Default::default() }])
        };
        assert!(right(Right::House.into()).is_ok() && right("khac").is_err());
    }
}
