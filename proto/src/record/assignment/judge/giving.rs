//! Giving, proposing and keeping: what a work is done for, who is to do it, and who may say so.

use super::Judging;
use crate::house::Role;
use crate::paper::DocumentType;
use crate::record::assignment::moves::{Given, Kept, Source};
use crate::record::assignment::part::{Part, Standing, standing};
use crate::record::assignment::refusal::{Arg, Key, Refusal};
use crate::record::assignment::roles::{Holder, answers, holder, is_in, is_own, sees, sees_part};
use crate::record::assignment::state::Work;

impl Judging<'_> {
    pub(super) fn give(&self, given: &Given, at_once: bool) -> Result<(), Refusal> {
        self.source(&given.source)?;
        self.is_new()?;
        self.must(!self.is_secret() || given.texts_are_empty(), || Key::SecretNoText.into())?;
        self.must(self.is_secret() || !given.content.trim().is_empty(), || Key::ContentMissing.into())?;
        self.roles(&given.lead, &given.helping, &given.informed, &given.confirmer)?;
        self.must(given.product.is_empty() || DocumentType::from_code(&given.product).is_some(), || {
            Refusal::new(Key::ProductUnknown).with("what", given.product.as_str())
        })?;
        if at_once {
            self.reach(&given.lead)?;
        } else {
            self.must(self.proposes(), || {
                Refusal::new(Key::NoRight).with("what", Arg::Word("propose".into()))
            })?;
        }
        if let (true, Some(parent)) = (at_once, self.setting.parent) {
            self.splits(parent)?;
        }
        self.due(given.due, &given.beyond)
    }

    /// Whether each of those who are to have a role can be given one, and no one has two.
    pub(super) fn roles(
        &self,
        lead: &str,
        helping: &[String],
        informed: &[String],
        confirmer: &str,
    ) -> Result<(), Refusal> {
        let others = helping.iter().chain(informed).map(String::as_str);
        let names: Vec<&str> = std::iter::once(lead).chain(others).collect();
        names.iter().try_for_each(|name| self.somebody(name))?;
        if !confirmer.is_empty() {
            self.somebody(confirmer)?;
        }
        for (at, name) in names.iter().enumerate() {
            self.must(!names[..at].contains(name), || {
                Refusal::new(Key::RoleTwice).with("who", self.name(name))
            })?;
        }
        names.iter().try_for_each(|name| self.is_not_about(name))
    }

    /// Whether this person proposes work: one of the office's own people who has an account.
    fn proposes(&self) -> bool {
        self.may_assign()
            || self.house.has_account(self.me, self.day) && is_own(self.house, self.me, self.day)
    }

    /// Whether this person splits a work: whoever has it, gave it, or heads the unit that has it; or by the right.
    fn splits(&self, parent: &Work) -> Result<(), Refusal> {
        let (house, day, me) = (self.house, self.day, self.me);
        let has = holder(house, parent, day);
        let heads = |unit: &str| house.head(unit, day).is_some_and(|head| head.id == me);
        let within =
            heads(&parent.lead) || has.person().is_some_and(|one| house.units_of(one, day).any(heads));
        let his = has == Holder::Person(me) || answers(house, &parent.giver, day) == Some(me);
        self.must(his || within || self.stands_here(parent, has) || self.may_assign(), || {
            self.not_yours(parent)
        })
    }

    /// Whether what a work is to be done for is there, seen, and waits for one.
    pub(super) fn source(&self, source: &Source) -> Result<(), Refusal> {
        match source {
            Source::Word => Ok(()),
            Source::Work(_) => {
                let parent = self
                    .setting
                    .parent
                    .filter(|parent| sees(self.house, parent, self.setting.part, self.me, self.day));
                let parent = parent.ok_or(Refusal::new(Key::NotFound))?;
                self.alive(parent, &[])
            }
            Source::Paper { part: name, record } => {
                let part = self.setting.part;
                let seen = part.filter(|_| sees_part(self.house, part, self.me, self.day));
                let Some(part) = seen else {
                    let name = if name.is_empty() { record.to_string() } else { name.clone() };
                    return Err(Refusal::new(Key::PartUnknown).with("what", name));
                };
                match standing(part, self.setting.works) {
                    Standing::ToAssign(_) | Standing::ToReport(_) => Ok(()),
                    Standing::Given(_) | Standing::Closed(_) => Err(self.not_open(part)),
                }
            }
        }
    }

    pub(super) fn is_not_about(&self, name: &str) -> Result<(), Refusal> {
        let petition = self.setting.part.and_then(|part| part.petition.as_ref());
        let Some(about) = petition.map(|petition| petition.about.as_str()).filter(|about| !about.is_empty())
        else {
            return Ok(());
        };
        let of = if name == about { "person" } else { "unit" };
        self.must(name != about && !is_in(self.house, about, name, self.day), || {
            Refusal::new(Key::AboutHimself).with("who", self.name(name)).with("of", Arg::Word(of.into()))
        })
    }

    pub(super) fn keep(&self, kept: &Kept) -> Result<(), Refusal> {
        let part = self.setting.part;
        let seen = part.filter(|_| sees_part(self.house, part, self.me, self.day));
        let part = seen.ok_or(Refusal::new(Key::NotFound))?;
        self.keeps(part)?;
        self.must(!self.is_secret() || kept.note.is_empty(), || Key::SecretNoText.into())?;
        match standing(part, self.setting.works) {
            Standing::ToAssign(_) | Standing::ToReport(_) => self.is_new(),
            Standing::Given(_) | Standing::Closed(_) => Err(self.not_open(part)),
        }
    }

    /// Whether this person says that a part asks for no work, or takes that back.
    pub(super) fn keeps(&self, part: &Part) -> Result<(), Refusal> {
        let is_clerk =
            self.house.person(self.me, self.day).is_some_and(|person| person.account == Some(Role::Clerk));
        // A petition is kept by a word of its own, which says why.
        let keeps = part.petition.is_none() && (is_clerk || self.may_assign());
        self.must(keeps, || Refusal::new(Key::NoRight).with("what", Arg::Word("keep".into())))
    }

    /// Fails if the work is there already.
    fn is_new(&self) -> Result<(), Refusal> {
        self.setting.work.map_or(Ok(()), |work| Err(self.given(&work.content, work)))
    }
}

impl Given {
    fn texts_are_empty(&self) -> bool {
        [&self.content, &self.remark, &self.beyond].iter().all(|text| text.is_empty())
    }
}
