//! Whether somebody may make a move of a work, asked where the move is made, in the turn of the writer. The order of the
//! questions is the order of the answers: whoever may not see a work hears nothing else of it.

mod giving;

use super::due::{day, told, told_date, told_day, told_moment};
use super::moves::{Act, Actor, HandedIn, Move, Passed};
use super::part::{Ended, How, Part, Standing, standing};
use super::refusal::{Arg, Key, Refusal};
use super::roles::{
    Holder, answers, assigns, checker, confirmer, decider, holder, is_in, is_own, may_act, page, sees, silent,
};
use super::setting::Setting;
use super::state::{Stage, Work};
use crate::date::Date;
use crate::house::{House, Right};
use crate::paper::Due;
use crate::time::Hlc;

/// Whether a move may be made.
pub fn judge(setting: &Setting<'_>, mv: &Move) -> Result<(), Refusal> {
    let judging = stand_in(setting, &mv.actor)?;
    match &mv.act {
        Act::Give(given) => judging.give(given, true),
        Act::Propose(given) => judging.give(given, false),
        Act::Keep(kept) => judging.keep(kept),
        act => judging.work(act),
    }?;
    // The last question: what it answers is for those alone who may write the text.
    let petition = setting.part.and_then(|part| part.petition.as_ref());
    let named =
        |text: &str| petition.is_some_and(|petition| petition.sender.iter().any(|one| one.is_in(text)));
    judging.must(!mv.act.texts().into_iter().any(named), || Key::IdentityInText.into())
}

/// Whether somebody may tell whoever asked for a part that it is done: its work must be confirmed first.
pub fn may_report(setting: &Setting<'_>, actor: &Actor) -> Result<(), Refusal> {
    let judging = stand_in(setting, actor)?;
    judging
        .must(judging.may_assign(), || Refusal::new(Key::NoRight).with("what", Arg::Word("report".into())))?;
    let Some(part) = setting.part else { return Err(Key::PartUnknown.into()) };
    match standing(part, setting.works) {
        Standing::Closed(_) => Err(judging.not_open(part)),
        Standing::Given(works) => {
            let work = works[0];
            let who = holder(judging.house, work, judging.day).person().unwrap_or(&work.lead);
            Err(Refusal::new(Key::RootOpen).with("who", judging.name(who)))
        }
        Standing::ToReport(_) | Standing::ToAssign(_) => Ok(()),
    }
}

/// Whether a part may be closed by what this office says of the paper as a whole: not while the work for it goes on.
pub fn may_close(setting: &Setting<'_>) -> Result<(), Refusal> {
    let Some(part) = setting.part else { return Ok(()) };
    let day = day(setting.now);
    match standing(part, setting.works) {
        Standing::Given(works) => {
            let who = holder(setting.house, works[0], day).person().unwrap_or(&works[0].lead);
            Err(Refusal::new(Key::RootOpen).with("who", setting.house.name(who, day)))
        }
        _ => Ok(()),
    }
}

fn stand_in<'a>(setting: &'a Setting<'a>, actor: &'a Actor) -> Result<Judging<'a>, Refusal> {
    let judging =
        Judging { setting, house: setting.house, day: day(setting.now), me: actor.person(), by: &actor.by };
    judging.must(may_act(judging.house, judging.by, judging.me, judging.day), || {
        Refusal::new(Key::StandInNot)
            .with("by", judging.name(judging.by))
            .with("who", judging.name(judging.me))
            .with("day", told_day(judging.day))
    })?;
    Ok(judging)
}

/// A move under judgement.
struct Judging<'a> {
    setting: &'a Setting<'a>,
    house: &'a House,
    day: Date,
    /// Whose right is used.
    me: &'a str,
    /// Who acts.
    by: &'a str,
}

impl<'a> Judging<'a> {
    fn must(&self, holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(refusal()) }
    }

    /// A reason is due, but for secret papers, of which nobody writes a word.
    fn reason(&self, note: &str) -> Result<(), Refusal> {
        self.must(self.is_secret() || !note.trim().is_empty(), || Key::ReasonMissing.into())
    }

    fn name(&self, id: &str) -> String {
        self.house.name(id, self.day).to_owned()
    }

    fn names<'n>(&self, ids: impl IntoIterator<Item = &'n str>) -> String {
        ids.into_iter().map(|id| self.house.name(id, self.day)).collect::<Vec<_>>().join(", ")
    }

    fn may_assign(&self) -> bool {
        assigns(self.house, self.me, self.day)
    }

    fn moment(&self, time: Hlc) -> String {
        told_moment(millis(time), self.setting.now)
    }

    fn told(&self, due: Due) -> String {
        told(self.house, due, self.day)
    }

    /// Whether a work that nobody has stands on this person's page.
    fn stands_here(&self, work: &Work, has: Holder<'_>) -> bool {
        matches!(has, Holder::Nobody(why) if page(self.house, work, why, self.day) == Some(self.me))
    }

    fn is_secret(&self) -> bool {
        self.setting.part.is_some_and(|part| part.secret)
    }

    /// Why nothing can be given for a part that does not wait to be given.
    fn not_open(&self, part: &Part) -> Refusal {
        match standing(part, self.setting.works) {
            Standing::Given(works) => self.given(&part.name, works[0]),
            Standing::Closed(ended) => Refusal::new(Key::PartClosed)
                .with("what", part.name.clone())
                .with("how", Arg::Word(how(&ended).into()))
                .with("why", ended.why)
                .with("day", told_day(day(millis(ended.time)))),
            Standing::ToReport(_) | Standing::ToAssign(_) => Key::PartUnknown.into(),
        }
    }

    fn given(&self, what: &str, work: &Work) -> Refusal {
        Refusal::new(Key::PartGiven)
            .with("what", what)
            .with("who", self.name(&work.lead))
            .with("time", self.moment(work.given))
            .with("by", self.name(&work.giver))
    }

    /// Whether a person or unit can be given something on this day.
    fn somebody(&self, id: &str) -> Result<(), Refusal> {
        let (house, day) = (self.house, self.day);
        let next = |last: Option<Date>| last.map_or_else(String::new, |last| told_day(last.plus(1)));
        if let Some(person) = house.known_person(id, day) {
            self.must(house.person(id, day).is_some(), || {
                Refusal::new(Key::PersonLeft)
                    .with("who", person.name.as_str())
                    .with("day", next(house.last_day(id, day)))
            })?;
            return self.must(person.account.is_some() || is_own(house, id, day), || {
                Refusal::new(Key::NoAccount)
                    .with("who", person.name.as_str())
                    .with("unit", self.name(&person.unit))
            });
        }
        let Some(unit) = house.known_unit(id, day) else {
            return Err(Refusal::new(Key::PersonUnknown).with("who", id).with("day", told_day(day)));
        };
        self.must(house.unit(id, day).is_some(), || {
            let heir = house.heir(id, day).map_or("", |heir| &heir.name);
            Refusal::new(Key::UnitEnded)
                .with("who", unit.name.as_str())
                .with("day", next(house.last_day_of_unit(id, day)))
                .with("heir", heir)
        })
    }

    /// Whether this person may give work to another: with the right to anybody; who heads a unit within it and those under
    /// it; everybody to himself.
    fn reach(&self, to: &str) -> Result<(), Refusal> {
        let (house, day) = (self.house, self.day);
        if to == self.me || self.may_assign() {
            return Ok(());
        }
        let heads: Vec<&str> = house.heads(self.me, day).collect();
        let under = |unit: &str| heads.iter().any(|head| *head == unit || house.is_below(unit, head, day));
        let reached: Vec<&str> =
            house.units(day).map(|unit| unit.id.as_str()).filter(|unit| under(unit)).collect();
        let within = reached.iter().any(|unit| *unit == to || is_in(house, to, unit, day));
        self.must(within, || {
            let units = match reached.is_empty() {
                true => Arg::Word("own-parts".into()),
                false => self.names(reached).into(),
            };
            Refusal::new(Key::NoRightAssign).with("units", units).with("who", self.name(to))
        })
    }

    /// Whether a date is neither past nor later than the outer one without a word.
    fn due(&self, due: Option<Due>, beyond: &str) -> Result<(), Refusal> {
        let Some(due) = due else { return Ok(()) };
        self.not_past(due)?;
        match self.setting.outer() {
            Some(outer) if due > outer && beyond.trim().is_empty() => Err(match self.setting.parent {
                Some(_) => Refusal::new(Key::DueAfterOwn).with("own", self.told(outer)),
                None => Refusal::new(Key::DueAfterOuter).with("outer", self.told(outer)),
            }),
            _ => Ok(()),
        }
    }

    fn not_past(&self, due: Due) -> Result<(), Refusal> {
        self.must(day(due.0) >= self.day, || {
            Refusal::new(Key::DueBeforeToday)
                .with("due", told_date(day(due.0)))
                .with("today", told_date(self.day))
        })
    }

    /// Fails unless the work goes on; one that was handed in goes on for these moves only that name it.
    fn alive(&self, work: &Work, stages: &[Stage]) -> Result<(), Refusal> {
        match work.stage {
            Stage::Done | Stage::Withdrawn | Stage::Kept => Err(Refusal::new(Key::Closed)
                .with("state", Arg::Word(work.stage.as_ref().to_owned()))
                .with("time", work.ended.map_or_else(String::new, |time| self.moment(time)))),
            Stage::HandedIn if !stages.contains(&Stage::HandedIn) => {
                let who = confirmer(self.house, work, self.day).unwrap_or_default();
                Err(Refusal::new(Key::WaitsForConfirm)
                    .with("time", work.handed_in.map_or_else(String::new, |time| self.moment(time)))
                    .with("who", self.name(who)))
            }
            Stage::Proposed if !stages.contains(&Stage::Proposed) => Err(self.not_yours(work)),
            _ => Ok(()),
        }
    }

    fn not_yours(&self, work: &Work) -> Refusal {
        Refusal::new(Key::NotYours).with("who", self.name(&work.lead))
    }

    fn work(&self, act: &Act) -> Result<(), Refusal> {
        let (house, day, me, setting) = (self.house, self.day, self.me, self.setting);
        let seen = setting.work.filter(|work| sees(house, work, setting.part, me, day));
        let work = seen.ok_or(Refusal::new(Key::NotFound))?;
        let wordless = act.texts().iter().all(|text| text.is_empty()) && !setting.files;
        self.must(!self.is_secret() || wordless, || Key::SecretNoText.into())?;
        self.must(setting.saw.is_none_or(|saw| saw.holds(work)), || {
            let actor = &work.last.actor;
            let place = match actor.stands_for.as_str() {
                "" => Arg::Word("none".into()),
                person => self.name(person).into(),
            };
            Refusal::new(Key::Changed)
                .with("by", self.name(&actor.by))
                .with("place", place)
                .with("act", Arg::Word(work.last.mv.clone()))
                .with("time", self.moment(work.last.time))
        })?;
        let has = holder(house, work, day);
        let is_mine = has == Holder::Person(me);
        let is_units = work.back.is_none() && is_in(house, me, &work.lead, day);
        let giver = answers(house, &work.giver, day).unwrap_or_default();
        let mine = || self.must(is_mine, || self.not_yours(work));
        let gives = || {
            self.must(me == giver || self.may_assign(), || {
                Refusal::new(Key::NotYours).with("who", self.name(giver))
            })
        };
        match act {
            Act::Give(_) | Act::Propose(_) | Act::Keep(_) => Err(self.given(&work.content, work)),
            Act::Note(_) => Ok(()),
            Act::Seen(_) => self.has_role(&work.informed),
            Act::Take(_) => {
                self.alive(work, &[])?;
                if work.stage == Stage::Taken {
                    let his = me == work.lead || is_in(house, me, &work.unit, day);
                    self.must(!his, || {
                        Refusal::new(Key::AlreadyTaken)
                            .with("who", self.name(&work.lead))
                            .with("time", work.taken.map_or_else(String::new, |time| self.moment(time)))
                    })?;
                }
                self.must(is_mine && work.stage == Stage::Given || is_units, || self.not_yours(work))
            }
            Act::Progress(said) => {
                self.alive(work, &[])?;
                mine()?;
                self.must(said.percent <= 100, || Key::OutOfRange.into())?;
                self.must(said.percent >= work.progress || !said.note.trim().is_empty(), || {
                    Refusal::new(Key::ProgressBack).with("n", work.progress)
                })
            }
            Act::Pass(passed) => {
                self.alive(work, &[])?;
                let heads = house.head(&work.lead, day).is_some_and(|head| head.id == me);
                let waits = self.stands_here(work, has);
                self.must(is_mine || heads || waits, || self.not_yours(work))?;
                self.pass(work, passed, has)
            }
            Act::Back(note) => {
                self.alive(work, &[])?;
                self.must(is_mine || is_units, || self.not_yours(work))?;
                self.reason(note)
            }
            Act::Reassign(passed) => {
                self.alive(work, &[])?;
                let heads = |unit: &str| house.head(unit, day).is_some_and(|head| head.id == me);
                let within = has.person().is_some_and(|person| house.units_of(person, day).any(heads));
                let waits = self.stands_here(work, has);
                self.must(within || waits || me == giver || self.may_assign(), || self.not_yours(work))?;
                self.reason(&passed.note)?;
                self.somebody(&passed.to)?;
                self.must(passed.to != work.lead || work.back.is_some(), || {
                    Refusal::new(Key::SamePerson).with("who", self.name(&passed.to))
                })?;
                self.is_not_about(&passed.to)?;
                self.reach(&passed.to)?;
                self.due(passed.due, &passed.beyond)
            }
            Act::Contribute(_) => {
                self.alive(work, &[])?;
                self.has_role(&work.helping)
            }
            Act::HandIn(result) => {
                self.alive(work, &[])?;
                mine()?;
                self.hand_in(work, result)
            }
            Act::Ask(asked) => {
                self.alive(work, &[])?;
                mine()?;
                self.reason(&asked.note)?;
                if let Some(pending) = &work.asked {
                    let who = decider(house, work, day).unwrap_or_default();
                    return Err(Refusal::new(Key::AskPending)
                        .with("until", self.told(pending.until))
                        .with("who", self.name(who)));
                }
                self.must(asked.due.is_some_and(|until| work.due.is_some_and(|due| until > due)), || {
                    Refusal::new(Key::UntilNotLater)
                        .with("due", work.due.map_or_else(String::new, |due| self.told(due)))
                })
            }
            Act::Grant(granted) => {
                self.decides(work, giver)?;
                let asked = work.asked.as_ref().ok_or(Refusal::new(Key::NoAsk))?;
                self.due(granted.due.or(Some(asked.until)), &granted.beyond)
            }
            Act::Deny(note) => {
                self.decides(work, giver)?;
                self.must(work.asked.is_some(), || Key::NoAsk.into())?;
                self.reason(note)
            }
            Act::Check(_) | Act::Return(_) | Act::Confirm(_) => self.receive(work, act),
            Act::Approve(approved) => {
                self.must(work.stage == Stage::Proposed, || {
                    Refusal::new(Key::Closed)
                        .with("state", Arg::Word(Stage::Given.as_ref().to_owned()))
                        .with("time", self.moment(work.last.time))
                })?;
                self.must(self.may_assign(), || {
                    Refusal::new(Key::NoRight).with("what", Arg::Word(<&str>::from(Right::Assign).into()))
                })?;
                self.source(&work.source)?;
                // Days may have passed since it was proposed.
                let lead = if approved.lead.is_empty() { &work.lead } else { &approved.lead };
                self.roles(lead, &work.helping, &work.informed, &work.named_confirmer)?;
                match approved.due {
                    Some(due) => self.due(Some(due), &approved.beyond),
                    None => self.due(work.due, &work.beyond),
                }
            }
            Act::MoveDue(moved) => {
                self.alive(work, &[Stage::HandedIn])?;
                gives()?;
                self.reason(&moved.note)?;
                self.due(moved.due, &moved.beyond)
            }
            Act::Withdraw(note) if work.stage == Stage::Kept => {
                self.keeps(setting.part.ok_or(Refusal::new(Key::NotFound))?)?;
                self.reason(note)
            }
            Act::Withdraw(note) => {
                self.alive(work, &[Stage::Proposed])?;
                gives()?;
                self.reason(note)?;
                self.no_children()
            }
            Act::Reopen(reopened) => {
                if work.stage != Stage::Done {
                    self.alive(work, &[])?;
                    return Err(self.given(&work.content, work));
                }
                if let Some(part) = setting.part
                    && part.ended.as_ref().is_some_and(|ended| ended.how == How::Confirmed)
                {
                    return Err(Refusal::new(Key::OuterClosed).with("what", part.name.as_str()));
                }
                gives()?;
                self.reason(&reopened.note)?;
                if let Some(part) = setting.part.filter(|_| setting.parent.is_none())
                    && let Standing::Given(works) = standing(part, setting.works)
                {
                    return Err(self.given(&part.name, works[0]));
                }
                self.due(reopened.due, &reopened.beyond)
            }
        }
    }

    fn has_role(&self, names: &[String]) -> Result<(), Refusal> {
        let has = |name: &String| name == self.me || is_in(self.house, self.me, name, self.day);
        self.must(names.iter().any(has), || Key::NotCoordinating.into())
    }

    fn pass(&self, work: &Work, passed: &Passed, has: Holder<'_>) -> Result<(), Refusal> {
        self.somebody(&passed.to)?;
        let handed_down = work.giver == passed.to
            || work.chain.iter().any(|link| link.from == passed.to || link.to == passed.to);
        self.must(!handed_down || has == Holder::Person(&passed.to), || {
            Refusal::new(Key::InChain).with("who", self.name(&passed.to))
        })?;
        self.is_not_about(&passed.to)?;
        self.reach(&passed.to)?;
        passed.due.map_or(Ok(()), |due| self.not_past(due))?;
        match (passed.due, work.due) {
            (Some(due), Some(own)) if due > own => {
                Err(Refusal::new(Key::DueAfterOwn).with("own", self.told(own)))
            }
            _ => Ok(()),
        }
    }

    fn no_children(&self) -> Result<(), Refusal> {
        let children = self.setting.children;
        self.must(children.is_empty(), || {
            Refusal::new(Key::ChildrenOpen).with("n", children.len() as u32).with("list", children.join("; "))
        })
    }

    fn hand_in(&self, work: &Work, result: &HandedIn) -> Result<(), Refusal> {
        let has_product =
            self.setting.files || !result.number.is_empty() || !result.without_product.is_empty();
        // Of a secret paper the result lies on paper, and nothing here names it.
        self.must(work.product.is_empty() || has_product || self.is_secret(), || {
            Refusal::new(Key::ProductMissing).with("what", work.product.as_str())
        })?;
        self.no_children()?;
        let mut silent = silent(self.house, work);
        silent.retain(|name| !result.silent.iter().any(|known| known == name));
        self.must(silent.is_empty(), || {
            Refusal::new(Key::CoordinatingSilent).with("list", self.names(silent))
        })
    }

    /// Whether this person decides on a later date.
    fn decides(&self, work: &Work, giver: &str) -> Result<(), Refusal> {
        self.alive(work, &[Stage::HandedIn])?;
        let who = decider(self.house, work, self.day);
        let named = || Refusal::new(Key::NotConfirmer).with("who", self.name(who.unwrap_or_default()));
        self.must(who == Some(self.me) || self.me == giver || self.may_assign(), named)?;
        let his = [self.me, self.by].into_iter().any(|one| one == work.lead);
        self.must(!his || work.confirmer() == work.lead, || {
            Refusal::new(Key::OwnWork).with("who", self.name(who.unwrap_or_default()))
        })
    }

    fn not_confirmer(&self, work: &Work) -> Refusal {
        let who = confirmer(self.house, work, self.day).unwrap_or_default();
        Refusal::new(Key::NotConfirmer).with("who", self.name(who))
    }

    /// A result is seen, given back or confirmed, by whoever it waits for.
    fn receive(&self, work: &Work, act: &Act) -> Result<(), Refusal> {
        self.alive(work, &[Stage::HandedIn])?;
        let confirms = matches!(act, Act::Confirm(_));
        let who = confirmer(self.house, work, self.day);
        let own_work = || Refusal::new(Key::OwnWork).with("who", self.name(who.unwrap_or_default()));
        let others = work.confirmer() != work.lead;
        let his = self.me == work.lead || self.me == work.taker;
        self.must(!(confirms && his && others), own_work)?;
        self.must(who == Some(self.me), || self.not_confirmer(work))?;
        self.must(self.by != work.lead && self.by != work.author || !others, own_work)?;
        if work.stage != Stage::HandedIn {
            let Act::Confirm(note) = act else {
                return Err(Refusal::new(Key::NotHandedIn).with("who", self.name(&work.lead)));
            };
            self.reason(note)?;
        }
        let to_check = checker(self.house, work, self.day).is_some();
        match act {
            Act::Return(note) => self.reason(note),
            Act::Check(_) => self.must(to_check, || self.not_confirmer(work)),
            _ => self.no_children(),
        }
    }
}

/// The word for an end: whoever kept a part may have said why.
fn how(ended: &Ended) -> &'static str {
    if ended.how == How::Kept && !ended.why.is_empty() { "kept-because" } else { ended.how.name() }
}

fn millis(time: Hlc) -> i64 {
    time.millis() as i64
}
