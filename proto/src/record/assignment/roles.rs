//! Who has a work on a day, on whose page it stands, who confirms it, who sees it: functions of the house, the work and the
//! day. They are asked by every page, list, rule and print, so all agree, and no day's change in the house writes anything.

use super::due::day;
use super::part::Part;
use super::state::{Contribution, Stage, Work};
use crate::date::Date;
use crate::house::{Class, House, Lent, Right};

/// Who has a work on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder<'a> {
    /// This person.
    Person(&'a str),
    /// Nobody, so it waits to be assigned.
    Nobody(Why),
}

impl<'a> Holder<'a> {
    /// The person.
    pub fn person(self) -> Option<&'a str> {
        match self {
            Self::Person(person) => Some(person),
            Self::Nobody(_) => None,
        }
    }
}

/// Why nobody has a work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// It is only proposed.
    Proposed,
    /// It was given back.
    Back,
    /// The person has left.
    Left,
    /// It was given to a unit, and none of its people has taken it.
    Unit,
    /// It was given to a unit that has ended.
    UnitEnded,
    /// It was given to a unit of which nobody has an account: somebody follows it for them.
    UnitWithoutAccounts,
}

impl Why {
    /// The stable name in catalogues.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Back => "back",
            Self::Left => "left",
            Self::Unit => "unit",
            Self::UnitEnded => "unit-ended",
            Self::UnitWithoutAccounts => "unit-no-account",
        }
    }
}

/// Who has a work on a day.
pub fn holder<'a>(house: &House, work: &'a Work, day: Date) -> Holder<'a> {
    let lead = work.lead.as_str();
    if work.stage == Stage::Proposed {
        Holder::Nobody(Why::Proposed)
    } else if work.back.is_some() {
        Holder::Nobody(Why::Back)
    } else if house.person(lead, day).is_some() {
        Holder::Person(lead)
    } else if house.known_person(lead, day).is_some() {
        Holder::Nobody(Why::Left)
    } else if house.unit(lead, day).is_none() {
        Holder::Nobody(Why::UnitEnded)
    } else if house.members(lead, day).any(|member| member.account.is_some()) {
        Holder::Nobody(Why::Unit)
    } else {
        Holder::Nobody(Why::UnitWithoutAccounts)
    }
}

/// Who answers on a day for what a person answered for: the person; else who heads his unit; else the chief.
pub fn answers<'h>(house: &'h House, person: &str, day: Date) -> Option<&'h str> {
    let head = || {
        let unit = &house.known_person(person, day)?.unit;
        house.unit(unit, day).and_then(|unit| house.head(&unit.id, day))
    };
    house.person(person, day).or_else(head).or_else(|| house.chief(day)).map(|person| person.id.as_str())
}

/// On whose page a work without a person stands: of the head of its unit, of the heir's head, or of who answers for
/// whoever handed it down; in the end of the chief.
pub fn page<'h>(house: &'h House, work: &'h Work, why: Why, day: Date) -> Option<&'h str> {
    let head = match why {
        Why::Unit => house.head(&work.lead, day),
        Why::UnitEnded => house.heir(&work.lead, day).and_then(|heir| house.head(&heir.id, day)),
        _ => return answers(house, work.above(), day),
    };
    head.or_else(|| house.chief(day)).map(|person| person.id.as_str())
}

/// Who wants to see the result on a day before it is confirmed; none: nobody. Whoever has the work, or handed it in, sees it
/// anyway: a check that falls to him is none, or the work would wait for ever.
pub fn checker<'h>(house: &'h House, work: &Work, day: Date) -> Option<&'h str> {
    let open = work.checks.iter().rev().filter(|check| !check.done);
    open.filter_map(|check| answers(house, &check.by, day)).find(|who| {
        let his = [&work.lead, &work.taker, &work.author].into_iter().any(|own| own == who);
        !his
    })
}

/// Who confirms a work on a day: first those who wanted to see the result, the last first; then the confirmer. Nobody
/// confirms what he has himself, but for works that he gave himself: then [`last_to_ask`] says who does.
pub fn confirmer<'h>(house: &'h House, work: &Work, day: Date) -> Option<&'h str> {
    if let Some(checker) = checker(house, work, day) {
        return Some(checker);
    }
    decider(house, work, day)
}

/// Whose word a later date that is asked for waits for: the confirmer's, whoever wants to see the result before. Nobody
/// grants himself more time, but for works that he gave himself.
pub fn decider<'h>(house: &'h House, work: &Work, day: Date) -> Option<&'h str> {
    let confirmer = answers(house, work.confirmer(), day)?;
    if confirmer == work.lead && work.confirmer() != work.lead {
        return last_to_ask(house, day).into_iter().find(|other| *other != work.lead);
    }
    Some(confirmer)
}

/// The two who are asked in the end where nobody else is left who may confirm: the chief, the secretary, who gives work by
/// right, the other people of the office who have an account, in this order. Two are enough: one of them does not have the
/// work.
pub fn last_to_ask(house: &House, day: Date) -> Vec<&str> {
    let first = [house.chief(day), house.secretary(day)].into_iter().flatten();
    let assigns = house.people(day).filter(|person| house.has_right(&person.id, Right::Assign, day));
    let others =
        house.people(day).filter(|person| person.account.is_some() && is_own(house, &person.id, day));
    let mut two: Vec<&str> = Vec::with_capacity(2);
    for person in first.chain(assigns).chain(others) {
        if two.len() < 2 && !two.contains(&person.id.as_str()) {
            two.push(&person.id);
        }
    }
    two
}

/// Whether somebody gives work to anybody on a day, and approves what is proposed: by the right, or as the chief of an
/// office in which nobody has it, or what waits would wait for ever.
pub fn assigns(house: &House, person: &str, day: Date) -> bool {
    let nobody = || !house.people(day).any(|other| house.has_right(&other.id, Right::Assign, day));
    house.has_right(person, Right::Assign, day)
        || house.chief(day).is_some_and(|chief| chief.id == person) && nobody()
}

/// Those who help and have not said their word. A unit has said it when one of its people of that day has.
pub fn silent<'a>(house: &House, work: &'a Work) -> Vec<&'a str> {
    work.helping.iter().map(String::as_str).filter(|helping| !has_said(house, work, helping)).collect()
}

fn has_said(house: &House, work: &Work, helping: &str) -> bool {
    let is_of = |said: &Contribution| is_in(house, &said.by, helping, day(said.time.millis() as i64));
    work.contributions.iter().any(|said| said.by == helping || is_of(said))
}

/// Whether somebody has a part in a work: gave, handed down, has, had, confirms, checks, helps, or is to know of it.
pub fn is_involved(house: &House, work: &Work, person: &str, day: Date) -> bool {
    let chain = work.chain.iter().flat_map(|link| [&link.from, &link.to]);
    let checks = work.checks.iter().map(|check| &check.by);
    let lists = work.helping.iter().chain(&work.informed).chain(chain).chain(checks);
    let named = [work.giver.as_str(), work.confirmer(), &work.lead, &work.unit];
    let mut names = named.into_iter().chain(lists.map(String::as_str)).filter(|name| !name.is_empty());
    names.any(|name| name == person || is_in(house, person, name, day))
}

/// Whether it is a person's turn on a day, though the work may not name him: it stands on his page, or he answers for who
/// gave or confirms it.
pub fn has_turn(house: &House, work: &Work, person: &str, day: Date) -> bool {
    let page = match holder(house, work, day) {
        Holder::Nobody(why) => page(house, work, why, day),
        Holder::Person(holder) => Some(holder),
    };
    let giver = answers(house, &work.giver, day);
    [page, giver, confirmer(house, work, day), decider(house, work, day)].contains(&Some(person))
}

/// Whether a person sees a work on a day. `part`: that for which it, or the work of which it is a part, is done.
pub fn sees(house: &House, work: &Work, part: Option<&Part>, person: &str, day: Date) -> bool {
    let his =
        is_involved(house, work, person, day) || work.stage.is_live() && has_turn(house, work, person, day);
    his && !is_about(part, person) || sees_part(house, part, person, day)
}

/// The same for somebody who acts in the place of a person. A petition is seen so only where that person has a part in the
/// work, because the right to see petitions is lent to nobody; and never by whom it is about.
pub fn sees_for(house: &House, work: &Work, part: Option<&Part>, by: &str, person: &str, day: Date) -> bool {
    let is_petition = part.is_some_and(|part| part.petition.is_some());
    if by == person || !is_petition {
        return sees(house, work, part, person, day);
    }
    let turn = work.stage.is_live() && has_turn(house, work, person, day);
    !is_about(part, by) && !is_about(part, person) && (turn || is_involved(house, work, person, day))
}

/// Whether a person sees a part on a day, as somebody of the house: the office's own people see all but petitions, which
/// those see who hold the right. Whoever a petition is about sees nothing of it. An account that the house does not know, as
/// its administrator's may be, sees what the office's own people see.
pub fn sees_part(house: &House, part: Option<&Part>, person: &str, day: Date) -> bool {
    match part.and_then(|part| part.petition.as_ref()) {
        Some(_) => !is_about(part, person) && house.has_right(person, Right::Petitions, day),
        None => is_own(house, person, day) || house.known_person(person, day).is_none(),
    }
}

/// Whether a person belongs to a unit on a day.
pub(in crate::record) fn is_in(house: &House, person: &str, unit: &str, day: Date) -> bool {
    house.units_of(person, day).any(|of| of == unit)
}

/// Whether a person belongs to the office itself on a day, not only to an agency or a cell beside it.
pub(in crate::record) fn is_own(house: &House, person: &str, day: Date) -> bool {
    let is_own = |unit: &str| house.unit(unit, day).is_some_and(|unit| unit.class == Class::Own);
    house.units_of(person, day).any(is_own)
}

/// Whether somebody may act for a person on a day: stands in, or was lent the right to give work by a paper. Whoever was lent
/// the signature, or the cars, gives no work.
pub fn may_act(house: &House, by: &str, person: &str, day: Date) -> bool {
    by == person
        || house.acts(person, day).is_some_and(|acts| acts.id == by)
        || house.person(by, day).is_some()
            && house.lent(person, by, day).is_some_and(|lent| lent.what.contains(&Lent::Right(Right::Assign)))
}

fn is_about(part: Option<&Part>, person: &str) -> bool {
    part.and_then(|part| part.petition.as_ref()).is_some_and(|petition| petition.about == person)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::moves::{Act, Actor, Given, Move};
    use super::*;
    use crate::house::House;
    use crate::id::{Incarnation, Seat};
    use crate::record::Strand as _;
    use crate::record::assignment::Strand;
    use crate::time::{Hlc, When};

    /// Of a secret paper nobody says why, and giving back is giving back all the same.
    #[test]
    fn a_work_is_given_back_without_a_word_too() {
        let mut strand = Strand::default();
        let given = Given { lead: "hoa".into(), ..Given::default() };
        for (act, seq) in [Act::Give(given), Act::Back(String::new())].into_iter().zip(1..) {
            let seat = Seat { incarnation: Incarnation(1 << 32), seq };
            let mv = Move { actor: Actor::himself("hoa"), act };
            strand.apply(seat, When::of(Hlc(seq << 16), None, Some(seq)), mv);
        }
        let day = "2026-11-02".parse().unwrap();
        let work = strand.work.unwrap();
        assert_eq!(holder(&House::default(), &work, day), Holder::Nobody(Why::Back));
    }
}
