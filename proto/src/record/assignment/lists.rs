//! What stands on whose page: for each work, the lines of one person on a day. Lists, pages and figures are these lines.

use super::moves::Source;
use super::part::Part;
use super::roles::{
    Holder, Why, answers, assigns, confirmer, decider, holder, is_in, last_to_ask, page, silent,
};
use super::state::{Stage, Work};
use crate::date::Date;
use crate::house::{Class, House, Person, What};
use crate::paper::Due;

/// Why a work stands on somebody's page; in the order of the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Section {
    /// He is to do it.
    Work,
    /// A result, or a later date that is asked for, waits for his word.
    Decide,
    /// He helps, and has not said his word.
    Help,
    /// He is to know of it, and has not seen it.
    Inform,
    /// Nobody has it, and he is to assign it.
    Assign,
    /// It waits for somebody of his unit to take it.
    Unit,
    /// Whoever asked for it has ended it: he gave it, and is to confirm or withdraw it.
    Over,
}

/// What is said beside a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside<'a> {
    /// Nothing.
    Nothing,
    /// He stands in for this person.
    StandsFor(&'a str),
    /// He is away, and this person acts for him; none: nobody does.
    Away(Option<&'a str>),
    /// Nobody has it, for this reason.
    Nobody(Why),
}

/// A line of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Why it stands there.
    pub section: Section,
    /// The later date that is asked for, where that is what waits.
    pub asked: Option<Due>,
    /// What is said beside it.
    pub beside: Beside<'a>,
}

impl<'a> Line<'a> {
    fn new(section: Section, beside: Beside<'a>) -> Self {
        Self { section, asked: None, beside }
    }
}

/// The lines of a work on the page of a person on a day (Việc của tôi). Who is not in the office that day has no page.
pub fn mine<'a>(house: &'a House, work: &'a Work, who: &str, day: Date) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    if !work.stage.is_live() || house.person(who, day).is_none() {
        return lines;
    }
    if work.stage == Stage::Proposed {
        // What is proposed for a part of a paper stands with the part.
        if !matches!(work.source, Source::Paper { .. }) && may_assign(house, who, day) {
            lines.push(Line::new(Section::Assign, Beside::Nobody(Why::Proposed)));
        }
        return lines;
    }
    let acts = |person: &'a str| house.acts(person, day).map(|acts| acts.id.as_str());
    let is_for = |name: &str| name == who || house.head(name, day).is_some_and(|head| head.id == who);
    let has = holder(house, work, day);
    if let Some(person) = has.person().filter(|_| work.stage.is_open()) {
        let acts = acts(person);
        let beside = match (person == who, acts == Some(who)) {
            (true, true) => Some(Beside::Nothing),
            (true, false) => Some(Beside::Away(acts)),
            (false, true) => Some(Beside::StandsFor(person)),
            (false, false) => None,
        };
        lines.extend(beside.map(|beside| Line::new(Section::Work, beside)));
    }
    let asked = work.asked.as_ref().filter(|_| work.stage != Stage::HandedIn).map(|asked| asked.until);
    if let Some(decides) = decides(house, work, day)
        && (decides == who || acts(decides) == Some(who))
    {
        let beside = if decides == who { Beside::Nothing } else { Beside::StandsFor(decides) };
        lines.push(Line { asked, ..Line::new(Section::Decide, beside) });
    }
    if work.stage.is_open() {
        let helping = silent(house, work).into_iter().filter(|name| is_for(name));
        lines.extend(helping.map(|_| Line::new(Section::Help, Beside::Nothing)));
    }
    let informed =
        work.informed.iter().filter(|name| is_for(name) && !work.seen.iter().any(|seen| seen == who));
    lines.extend(informed.map(|_| Line::new(Section::Inform, Beside::Nothing)));
    if let Holder::Nobody(why) = has {
        if page(house, work, why, day) == Some(who) {
            lines.push(Line::new(Section::Assign, Beside::Nobody(why)));
        } else if why == Why::Unit && is_in(house, who, &work.lead, day) {
            lines.push(Line::new(Section::Unit, Beside::Nothing));
        }
    }
    lines
}

/// Whether somebody assigns on a day, or acts for somebody who does.
pub fn may_assign(house: &House, who: &str, day: Date) -> bool {
    let acts = |person: &Person| house.acts(&person.id, day).is_some_and(|acts| acts.id == who);
    assigns(house, who, day)
        || house
            .absences(day)
            .filter_map(|away| house.person(&away.person, day))
            .any(|person| acts(person) && assigns(house, &person.id, day))
}

/// The question that stands on a person's page when whoever asked for a live work has ended it: its giver is to confirm or
/// withdraw it.
pub fn over<'a>(
    house: &'a House,
    work: &'a Work,
    part: Option<&Part>,
    who: &str,
    day: Date,
) -> Option<Line<'a>> {
    let asked =
        work.stage.is_live() && work.stage != Stage::Proposed && part.is_some_and(Part::is_over_above);
    let giver = answers(house, &work.giver, day).filter(|_| asked)?;
    let acts = || house.acts(giver, day).is_some_and(|acts| acts.id == who);
    let beside = match giver == who {
        true => Beside::Nothing,
        false if acts() => Beside::StandsFor(giver),
        false => return None,
    };
    Some(Line::new(Section::Over, beside))
}

/// The people and units whose works may stand on somebody's page on a day: his own name, those for whom he acts or answers,
/// and the units whose works come to him. Whatever [`mine`] has for him names one of them.
pub fn names(house: &House, who: &str, day: Date) -> Vec<String> {
    let is_who = |person: &Person| person.id == who;
    let acts = |person: &str| house.acts(person, day).is_some_and(is_who);
    let last = last_to_ask(house, day).contains(&who);
    let person = |id: &str| match house.person(id, day) {
        Some(person) => is_who(person) || acts(id),
        // They confirm in the end what nobody else can.
        None => last || answers(house, id, day).is_some_and(|answers| answers == who || acts(answers)),
    };
    let unit = |id: &str| {
        let of = house.unit(id, day).or_else(|| house.heir(id, day));
        let head = of.and_then(|unit| house.head(&unit.id, day)).or_else(|| house.chief(day));
        is_in(house, who, id, day) || head.is_some_and(is_who)
    };
    let mut names: Vec<String> = house
        .facts()
        .filter_map(|fact| match fact.what {
            What::Person(known) if person(&known.id) => Some(known.id),
            What::Unit(known) if unit(&known.id) => Some(known.id),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names in a live work of whoever may have it on his page; see [`names`]. None where nothing of it waits. Who gave it or
/// handed it down has it on his page only while nobody has it: such works are few, and found as such ([`unassigned`]).
pub fn named(work: &Work) -> Vec<&str> {
    if !work.stage.is_live() || work.stage == Stage::Proposed {
        return Vec::new();
    }
    let decides = work.stage == Stage::HandedIn || work.asked.is_some();
    let checks = work.checks.iter().filter(|check| !check.done).map(|check| check.by.as_str());
    let checks = checks.chain(std::iter::once(work.confirmer())).filter(|_| decides);
    let lists = work.helping.iter().chain(&work.informed).map(String::as_str);
    let mut names: Vec<&str> = std::iter::once(work.lead.as_str()).chain(lists).chain(checks).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whose word a result waits for, or a later date that is asked for; none: nothing waits.
fn decides<'a>(house: &'a House, work: &'a Work, day: Date) -> Option<&'a str> {
    match work.stage {
        Stage::HandedIn => confirmer(house, work, day),
        _ => work.asked.as_ref().and_then(|_| decider(house, work, day)),
    }
}

/// On whose page a work stands now: of whoever has it, is to assign it, or is to confirm it; none: a proposal, which waits
/// for anybody who assigns, or a work that has ended.
pub fn at<'a>(house: &'a House, work: &'a Work, day: Date) -> Option<&'a str> {
    match work.stage {
        Stage::HandedIn => confirmer(house, work, day),
        Stage::Given | Stage::Taken => match holder(house, work, day) {
            Holder::Person(person) => Some(person),
            Holder::Nobody(why) => page(house, work, why, day),
        },
        Stage::Proposed | Stage::Done | Stage::Withdrawn | Stage::Kept => None,
    }
}

/// Why a live work waits to be assigned, and on whose page; none: somebody has it.
pub fn unassigned<'a>(house: &'a House, work: &'a Work, day: Date) -> Option<(Why, Option<&'a str>)> {
    match holder(house, work, day) {
        Holder::Nobody(why) if work.stage.is_live() && work.stage != Stage::Proposed => {
            Some((why, page(house, work, why, day)))
        }
        _ => None,
    }
}

/// On whose page a live work stands as one that he gave (Tôi giao); none: a proposal, or a work that somebody gave to
/// himself.
pub fn given<'a>(house: &'a House, work: &'a Work, day: Date) -> Option<&'a str> {
    let given = work.stage.is_live() && work.stage != Stage::Proposed && work.giver != work.lead;
    answers(house, &work.giver, day).filter(|_| given)
}

/// The agency or cell beside the office that owes an open work (Nơi khác phải làm); none: the office's own people do it.
pub fn owed_by<'a>(house: &'a House, work: &'a Work, day: Date) -> Option<&'a str> {
    let beside = |unit: &&str| house.known_unit(unit, day).is_some_and(|unit| unit.class != Class::Own);
    let mut units = [work.unit.as_str(), &work.lead].into_iter().chain(house.units_of(&work.lead, day));
    units.find(beside).filter(|_| work.stage.is_open())
}

/// What is wrong with a live work on a day: what the invariant does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Orphan {
    /// It stands on nobody's page.
    NoPage,
    /// Nobody confirms it.
    NoConfirmer,
    /// Whoever has it confirms it, and did not give it to himself.
    ConfirmedByHimself,
}

/// What is wrong with a work on a day; none: it has a page and a confirmer.
pub fn orphan(house: &House, work: &Work, day: Date) -> Option<Orphan> {
    if !work.stage.is_live() {
        return None;
    }
    if work.stage == Stage::Proposed {
        let anybody = house.people(day).any(|person| assigns(house, &person.id, day));
        return (!anybody).then_some(Orphan::NoPage);
    }
    let has = holder(house, work, day);
    let page = match has {
        Holder::Person(person) => Some(person),
        Holder::Nobody(why) => page(house, work, why, day),
    };
    let confirms = confirmer(house, work, day);
    if page.is_none() {
        Some(Orphan::NoPage)
    } else if confirms.is_none() {
        Some(Orphan::NoConfirmer)
    } else if confirms == has.person() && work.confirmer() != work.lead {
        Some(Orphan::ConfirmedByHimself)
    } else {
        None
    }
}
