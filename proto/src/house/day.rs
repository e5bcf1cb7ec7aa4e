//! The questions of a day. Each takes a day and nothing else, so nobody's leaving, absence or reorganisation writes into
//! a work: the day passes, and the answer is another.

use super::{
    Absence, Class, Delegation, Fact, Grant, House, Issuer, Lent, Party, Person, Post, Resource, Right, Role,
    Signer, Table, Term, Thing, Unit, What,
};
use crate::date::Date;

/// The last line of the form in which the chief of the office (Chánh Văn phòng) signs.
const CHIEF: &str = "CHÁNH VĂN PHÒNG";
/// The last line of the form in which the secretary (Bí thư) signs.
const SECRETARY: &str = "BÍ THƯ";

/// Reads one table of the house: all of a day, and one by its key.
macro_rules! table {
    ($(#[$all_doc:meta])* $all:ident $table:ident $variant:ident $type:ident) => {
        $(#[$all_doc])*
        pub fn $all(&self, day: Date) -> impl Iterator<Item = &$type> {
            self.all(Table::$table, day).filter_map(|fact| match &fact.what {
                What::$variant(what) => Some(what),
                _ => None,
            })
        }
    };
}

impl House {
    table! {
        /// The units of a day, in the order of the house.
        units Units Unit Unit
    }
    table! {
        /// The people of a day, in the order of the house.
        people People Person Person
    }
    table! {
        /// The posts of a day beside the main ones, also of people who have left.
        posts Posts Post Post
    }
    table! {
        /// The rights of a day as they were said, also of people who have left.
        grants Rights Grant Grant
    }
    table! {
        /// Who is away on a day.
        absences Absences Absence Absence
    }
    table! {
        /// What is lent on a day.
        delegations Delegations Delegation Delegation
    }
    table! {
        /// The bodies that issue papers on a day.
        issuers Issuers Issuer Issuer
    }
    table! {
        /// The signers of a day as they were said, also people who have left.
        signers Signers Signer Signer
    }
    table! {
        /// The terms of a day.
        terms Terms Term Term
    }
    table! {
        /// The bodies outside the network on a day.
        parties Parties Party Party
    }
    table! {
        /// The rooms and vehicles of a day.
        resources Resources Resource Resource
    }

    /// The person, if in the office on that day.
    pub fn person(&self, id: &str, day: Date) -> Option<&Person> {
        as_person(self.on(&Thing::new(Table::People, &[id]), day)?)
    }

    /// What is known of a person on a day: as on that day, else as last, else as first.
    pub fn known_person(&self, id: &str, day: Date) -> Option<&Person> {
        as_person(self.nearest(&Thing::new(Table::People, &[id]), day)?)
    }

    /// The unit, if there is one on that day.
    pub fn unit(&self, id: &str, day: Date) -> Option<&Unit> {
        as_unit(self.on(&Thing::new(Table::Units, &[id]), day)?)
    }

    /// What is known of a unit on a day: as on that day, else as last, else as first.
    pub fn known_unit(&self, id: &str, day: Date) -> Option<&Unit> {
        as_unit(self.nearest(&Thing::new(Table::Units, &[id]), day)?)
    }

    /// The body outside the network.
    pub fn party(&self, id: &str, day: Date) -> Option<&Party> {
        match &self.on(&Thing::new(Table::Parties, &[id]), day)?.what {
            What::Party(party) => Some(party),
            _ => None,
        }
    }

    /// The last day of a person that is known on a day; none: until further notice, or nobody knows the person.
    pub fn last_day(&self, person: &str, day: Date) -> Option<Date> {
        self.nearest(&Thing::new(Table::People, &[person]), day)?.span.to
    }

    /// The last day of a unit that is known on a day; none: until further notice, or nobody knows the unit.
    pub fn last_day_of_unit(&self, unit: &str, day: Date) -> Option<Date> {
        self.nearest(&Thing::new(Table::Units, &[unit]), day)?.span.to
    }

    /// The name of a person, unit or outside body as of a day; the id itself if nobody knows it.
    pub fn name<'a>(&'a self, id: &'a str, day: Date) -> &'a str {
        let party = || match &self.nearest(&Thing::new(Table::Parties, &[id]), day)?.what {
            What::Party(party) => Some(party.name.as_str()),
            _ => None,
        };
        let person = self.known_person(id, day).map(|person| person.name.as_str());
        let unit = || self.known_unit(id, day).map(|unit| unit.name.as_str());
        person.or_else(unit).or_else(party).unwrap_or(id)
    }

    /// Units and whether the person heads them: the main post first. Nothing for who is not in the office.
    fn posts_of<'a>(&'a self, person: &'a str, day: Date) -> impl Iterator<Item = (&'a str, bool)> {
        let active = self.person(person, day);
        let main = active.map(|person| (person.unit.as_str(), person.head));
        let more = self.posts(day).filter(move |post| active.is_some() && post.person == person);
        main.into_iter().chain(more.map(|post| (post.unit.as_str(), post.head)))
    }

    /// The units to which a person belongs on a day, the main one first. Ended units are not among them.
    pub fn units_of<'a>(&'a self, person: &'a str, day: Date) -> impl Iterator<Item = &'a str> {
        self.posts_of(person, day).map(|(unit, _)| unit).filter(move |unit| self.unit(unit, day).is_some())
    }

    /// Whether a person is a guest of the office on a day: of agencies and cells beside it alone, or gone, or still to come.
    /// Whom the house does not know is none: an administrator may be nobody of it.
    pub fn is_guest(&self, person: &str, day: Date) -> bool {
        let is_own = |unit: &str| self.unit(unit, day).is_some_and(|unit| unit.class == Class::Own);
        self.known_person(person, day).is_some() && !self.units_of(person, day).any(is_own)
    }

    /// Who belongs to a unit on a day, in the order of the house.
    pub fn members<'a>(&'a self, unit: &'a str, day: Date) -> impl Iterator<Item = &'a Person> {
        self.people(day).filter(move |person| self.units_of(&person.id, day).any(|of| of == unit))
    }

    /// Who heads a unit on a day.
    pub fn head<'a>(&'a self, unit: &'a str, day: Date) -> Option<&'a Person> {
        self.people(day).find(|person| self.posts_of(&person.id, day).any(|(of, head)| head && of == unit))
    }

    /// The units that a person heads on a day.
    pub fn heads<'a>(&'a self, person: &'a str, day: Date) -> impl Iterator<Item = &'a str> {
        self.posts_of(person, day).filter(|(_, head)| *head).map(|(unit, _)| unit)
    }

    /// Whether a person is in the office on a day and has an account.
    pub fn has_account(&self, person: &str, day: Date) -> bool {
        self.person(person, day).is_some_and(|person| person.account.is_some())
    }

    /// Whether a person has a right on a day: of their own, or lent by somebody who has it.
    pub fn has_right(&self, person: &str, right: Right, day: Date) -> bool {
        let lends = |lent: &Delegation| {
            lent.to_person == person
                && lent.what.contains(&Lent::Right(right))
                && self.has_own_right(&lent.person, right, day)
        };
        self.has_own_right(person, right, day)
            || (self.person(person, day).is_some() && self.delegations(day).any(lends))
    }

    /// Whether a person has a right on a day that nobody lent.
    pub fn has_own_right(&self, person: &str, right: Right, day: Date) -> bool {
        self.person(person, day).is_some()
            && self.on(&Thing::new(Table::Rights, &[person, right.into()]), day).is_some()
    }

    /// What one person has lent to another on a day.
    pub fn lent(&self, person: &str, to_person: &str, day: Date) -> Option<&Delegation> {
        match &self.on(&Thing::new(Table::Delegations, &[person, to_person]), day)?.what {
            What::Delegation(lent) => Some(lent),
            _ => None,
        }
    }

    /// The absence of a person on a day.
    pub fn absent(&self, person: &str, day: Date) -> Option<&Absence> {
        match &self.on(&Thing::new(Table::Absences, &[person]), day)?.what {
            What::Absence(absence) => Some(absence),
            _ => None,
        }
    }

    /// Who acts for a person on a day: the person, else the stand-in, else whoever stands in for that one. None if the
    /// chain is broken or goes round, or somebody in it has left.
    pub fn acts<'a>(&'a self, person: &'a str, day: Date) -> Option<&'a Person> {
        let mut asked: Vec<&str> = Vec::new();
        let mut next = person;
        loop {
            let acts = self.person(next, day).filter(|_| !asked.contains(&next))?;
            asked.push(next);
            match self.absent(next, day) {
                None => return Some(acts),
                Some(absence) => next = absence.stand_in.as_deref()?,
            }
        }
    }

    /// The unit that has the works of an ended unit on a day: its heir, or the heir's. None while the unit has not
    /// ended, and where nobody said an heir.
    pub fn heir(&self, unit: &str, day: Date) -> Option<&Unit> {
        let mut asked = vec![unit];
        let mut next = self.ended(unit, day)?.heir.as_deref()?;
        loop {
            if let Some(heir) = self.unit(next, day) {
                return Some(heir);
            }
            if asked.contains(&next) {
                return None;
            }
            asked.push(next);
            next = self.ended(next, day)?.heir.as_deref()?;
        }
    }

    /// The unit as it was last, if it has ended before a day.
    fn ended(&self, unit: &str, day: Date) -> Option<&Unit> {
        let last = self.nearest(&Thing::new(Table::Units, &[unit]), day)?;
        as_unit(last).filter(|_| last.span.to.is_some_and(|to| to < day))
    }

    /// Whether a unit is under another one on a day, at any distance. No unit is under itself.
    pub fn is_below(&self, unit: &str, ancestor: &str, day: Date) -> bool {
        let mut asked = vec![unit];
        let mut next = unit;
        while let Some(parent) = self.unit(next, day).and_then(|unit| unit.parent.as_deref()) {
            if parent == ancestor {
                return unit != ancestor;
            }
            if asked.contains(&parent) {
                return false;
            }
            asked.push(parent);
            next = parent;
        }
        false
    }

    /// The chief of the office (Chánh Văn phòng) on a day: who signs as such. An office without one has its secretary.
    pub fn chief(&self, day: Date) -> Option<&Person> {
        self.signs_as(CHIEF, day).or_else(|| self.secretary(day))
    }

    /// The secretary (Bí thư) on a day: who signs as such. Where nobody does: the first with the role chief.
    pub fn secretary(&self, day: Date) -> Option<&Person> {
        self.signs_as(SECRETARY, day)
            .or_else(|| self.people(day).find(|person| person.account == Some(Role::Chief)))
    }

    /// Who signs in a form whose last line is this one.
    fn signs_as(&self, line: &str, day: Date) -> Option<&Person> {
        let signs = |signer: &&Signer| !signer.lent && signer.lines().next_back() == Some(line);
        self.signers(day).filter(signs).find_map(|signer| self.person(&signer.person, day))
    }

    /// Who may sign for an issuer on a day, with the form. Whoever has left may not.
    pub fn signers_of<'a>(
        &'a self,
        issuer: &'a str,
        day: Date,
    ) -> impl Iterator<Item = (&'a Signer, &'a Person)> {
        let of = move |signer: &&Signer| signer.issuer == issuer && !signer.lent;
        self.signers(day)
            .filter(of)
            .filter_map(move |signer| Some((signer, self.person(&signer.person, day)?)))
    }

    /// The term of an issuer on a day.
    pub fn term(&self, issuer: &str, day: Date) -> Option<&Term> {
        match &self.on(&Thing::new(Table::Terms, &[issuer]), day)?.what {
            What::Term(term) => Some(term),
            _ => None,
        }
    }
}

fn as_person(fact: &Fact) -> Option<&Person> {
    match &fact.what {
        What::Person(person) => Some(person),
        _ => None,
    }
}

fn as_unit(fact: &Fact) -> Option<&Unit> {
    match &fact.what {
        What::Unit(unit) => Some(unit),
        _ => None,
    }
}
