//! Whether somebody may make a move of a paper from outside or a petition, asked where the move is made, in the turn of the
//! writer. The order of the questions is the order of the answers: whoever may not see it hears nothing else of it.

use super::content::{Arrived, Book, Corrected, Field, Petition, Sender, Transferred};
use super::moves::{Act, Move};
use super::sight::{is_transferee, sees, unit};
use super::state::{Decision, Outside, Road, Strand, What};
use crate::date::Date;
use crate::house::{Counting, Denouncer, House, PetitionClass, Right, Role};
use crate::identifier;
use crate::paper::DocumentType;
use crate::record::assignment::due::{day, told_date, told_day, told_hour};
use crate::record::assignment::refusal::{Arg, Key, Refusal};
use crate::record::assignment::roles::{is_in, may_act};
use crate::record::assignment::{Stage, Work};
use crate::record::likeness::Likeness;
use crate::time::Hlc;

/// A paper of the same body, number and date that is here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alike {
    /// Its arrival number; 0: none was given.
    pub arrival: u32,
    /// It came by the network.
    pub network: bool,
}

/// What a move is held against.
pub struct Setting<'a> {
    /// The house, as it is known now.
    pub house: &'a House,
    /// Now, Unix milliseconds.
    pub now: i64,
    /// The record; nothing of it where the move opens one.
    pub strand: &'a Strand,
    /// The works that were given, proposed or kept for it.
    pub works: &'a [&'a Work],
    /// The papers that are here and alike, of the body, number and date that the move says.
    pub alike: &'a [Alike],
    /// Another paper of the book and year has the arrival number that the move says.
    pub used: bool,
    /// Whether files go with the move.
    pub files: bool,
}

/// What two writings of a body's name have in common: nothing between the letters, no capitals.
pub fn body_key(name: &str) -> String {
    identifier::plain(name).to_lowercase().split_whitespace().collect()
}

/// By what a paper is known again: its body, its number and its date; none: it has no number.
pub fn paper_key(body: &str, number: &str, issued: Option<Date>) -> Option<String> {
    let number = identifier::number_key(number);
    let issued = issued.map(|day| day.to_string()).unwrap_or_default();
    (!number.is_empty()).then(|| format!("{}\n{number}\n{issued}", body_key(body)))
}

/// The key of a paper that a move says, by the names of the house; none: it says none, or it is not looked for.
pub fn key_of(house: &House, today: Date, strand: &Strand, mv: &Move) -> Option<String> {
    let corrected;
    let paper = match &mv.act {
        Act::Arrive(arrived) => arrived,
        Act::Correct(change) => {
            corrected = corrected_paper(strand, change)?;
            &corrected
        }
        _ => return None,
    };
    paper_key(house.name(&paper.party, today), &paper.number, paper.issued)
}

/// The paper as a correction would leave it.
fn corrected_paper(strand: &Strand, change: &Corrected) -> Option<Arrived> {
    let mut paper = strand.paper()?.paper.clone();
    match change.field {
        Field::Party => change.now.clone_into(&mut paper.party),
        Field::Number => change.now.clone_into(&mut paper.number),
        Field::Issued => paper.issued = change.now.parse().ok(),
        _ => return None,
    }
    Some(paper)
}

/// Completes a move by what the house and the record say: numbers in their form, the body by its id, the limit of a petition by the house of the
/// day on which it came, the value that a correction replaces.
pub fn settle(house: &House, now: i64, strand: &Strand, mv: &mut Move) {
    let today = day(now);
    match &mut mv.act {
        Act::Arrive(arrived) => {
            arrived.party = party(house, today, &arrived.party);
            arrived.number = identifier::number(&arrived.number);
            let received = arrived.received.unwrap_or(today);
            arrived.received = Some(received);
            if let Some(petition) = &mut arrived.petition {
                petition.limit = limit(house, received, petition.class);
            }
        }
        Act::Classify(classified) => {
            let paper = strand.paper().map(|outside| &outside.paper);
            let received = paper.and_then(|paper| paper.received).unwrap_or(today);
            classified.0.limit = limit(house, received, classified.0.class);
        }
        Act::Correct(change) => {
            match change.field {
                Field::Party => change.now = party(house, today, &change.now),
                Field::Number => change.now = identifier::number(&change.now),
                _ => {}
            }
            change.was = strand.paper().map(|outside| outside.value(change.field)).unwrap_or_default();
        }
        Act::Answer(said) | Act::Reply(said) => said.paper = identifier::number(&said.paper),
        Act::Transfer(said) => said.paper = identifier::number(&said.paper),
        _ => {}
    }
}

/// The id of the outside body that a name or id means; the name itself if the house knows none.
fn party(house: &House, today: Date, text: &str) -> String {
    let key = body_key(text);
    let same = |name: &str| body_key(name) == key;
    let known = house.parties(today).find(|party| same(&party.name) || same(&party.id));
    known.map_or_else(|| identifier::plain(text), |party| party.id.clone())
}

/// Until when a petition of a class is to be decided that came on a day, by the house of that day; none: the office has
/// confirmed no limit.
pub fn limit(house: &House, received: Date, class: PetitionClass) -> Option<Date> {
    let limit = *house.settings(received).limits.get(&class)?;
    Some(match limit.kind {
        Counting::Working => house.working_after(received, limit.days),
        Counting::Calendar => {
            house.working_from(received.plus(i32::try_from(limit.days).unwrap_or(i32::MAX)))
        }
    })
}

/// Whether a move may be made. [`settle`] comes first.
pub fn judge(setting: &Setting<'_>, mv: &Move) -> Result<(), Refusal> {
    let actor = &mv.actor;
    let judging =
        Judging { setting, house: setting.house, day: day(setting.now), me: actor.person(), by: &actor.by };
    must(may_act(judging.house, judging.by, judging.me, judging.day), || {
        Refusal::new(Key::StandInNot)
            .with("by", judging.name(judging.by))
            .with("who", judging.name(judging.me))
            .with("day", told_day(judging.day))
    })?;
    match &mv.act {
        Act::Arrive(arrived) => judging.arrive(arrived),
        Act::PaperCopy(_) => judging.right(judging.is_clerk() || judging.may_assign(), "register"),
        Act::FullRegister(why) => {
            judging.right(judging.keeps_petitions(), Right::Petitions.into())?;
            judging.may_open(why)
        }
        act => judging.known(act),
    }
}

fn must(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
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

impl Judging<'_> {
    fn name(&self, id: &str) -> String {
        self.house.name(id, self.day).to_owned()
    }

    fn has(&self, right: Right) -> bool {
        self.house.has_right(self.me, right, self.day)
    }

    fn may_assign(&self) -> bool {
        self.has(Right::Assign)
    }

    fn keeps_petitions(&self) -> bool {
        self.has(Right::Petitions)
    }

    fn is_clerk(&self) -> bool {
        self.house.person(self.me, self.day).is_some_and(|person| person.account == Some(Role::Clerk))
    }

    fn right(&self, holds: bool, what: &str) -> Result<(), Refusal> {
        must(holds, || Refusal::new(Key::NoRight).with("what", Arg::Word(what.to_owned())))
    }

    fn reason(&self, why: &str) -> Result<(), Refusal> {
        must(!why.trim().is_empty(), || Key::ReasonMissing.into())
    }

    fn may_open(&self, why: &str) -> Result<(), Refusal> {
        must(self.has(Right::Identity), || {
            let holders = self.house.grants(self.day).filter(|grant| grant.right == Right::Identity);
            let list: Vec<String> = holders.map(|grant| self.name(&grant.person)).collect();
            Refusal::new(Key::NoRightIdentity).with("list", list.join(", "))
        })?;
        self.reason(why)
    }

    fn arrive(&self, arrived: &Arrived) -> Result<(), Refusal> {
        let keeps = arrived.book == Book::Petitions && self.keeps_petitions();
        self.right(self.is_clerk() || self.may_assign() || keeps, "register")?;
        if let Some(What::Paper(known)) = &self.setting.strand.what {
            return Err(Refusal::new(Key::NumberUsed).with("n", known.paper.arrival));
        }
        must(!self.setting.used, || Refusal::new(Key::NumberUsed).with("n", arrived.arrival))?;
        self.secret(arrived.level > 0, !arrived.title.is_empty() || self.setting.files)?;
        self.product(&arrived.document_type)?;
        if let Some(petition) = &arrived.petition {
            self.about(petition)?;
            must(petition.about != self.me, || self.is_about(&petition.about, "person"))?;
        }
        self.is_new(arrived)
    }

    /// Of a secret paper there are no words and no files here.
    fn secret(&self, secret: bool, says: bool) -> Result<(), Refusal> {
        must(!secret || !says, || Key::SecretNoText.into())
    }

    fn product(&self, code: &str) -> Result<(), Refusal> {
        must(code.is_empty() || DocumentType::from_code(code).is_some(), || {
            Refusal::new(Key::ProductUnknown).with("what", code)
        })
    }

    /// The person whom a petition is about is of the house.
    fn about(&self, petition: &Petition) -> Result<(), Refusal> {
        let about = &petition.about;
        must(about.is_empty() || self.house.known_person(about, self.day).is_some(), || {
            Refusal::new(Key::PersonUnknown).with("who", about.as_str()).with("day", told_day(self.day))
        })
    }

    fn is_about(&self, who: &str, of: &str) -> Refusal {
        Refusal::new(Key::AboutHimself).with("who", self.name(who)).with("of", Arg::Word(of.into()))
    }

    /// Fails if the paper is here already. By the network or on paper: one paper has one number.
    fn is_new(&self, paper: &Arrived) -> Result<(), Refusal> {
        let by_network = self.setting.alike.iter().find(|alike| alike.network);
        let Some(alike) = by_network.or(self.setting.alike.first()) else { return Ok(()) };
        let key = if alike.network { Key::PaperCopy } else { Key::DuplicatePaper };
        let issued = paper.issued.map(told_date).unwrap_or_default();
        Err(Refusal::new(key)
            .with("what", paper.number.as_str())
            .with("who", self.name(&paper.party))
            .with("day", issued)
            .with("n", alike.arrival))
    }

    /// A move of something that is registered.
    fn known(&self, act: &Act) -> Result<(), Refusal> {
        let works = self.setting.works.iter().copied();
        let seen =
            self.setting.strand.paper().filter(|paper| sees(self.house, paper, works, self.me, self.day));
        let outside = seen.ok_or(Refusal::new(Key::NotFound))?;
        self.void(outside, act)?;
        let texts = || act.texts().into_iter();
        let says = match act {
            Act::Correct(change) => change.field == Field::Title || !change.note.is_empty(),
            _ => texts().any(|text| !text.is_empty()),
        };
        self.secret(outside.is_secret(), self.setting.files || says)?;
        match act {
            Act::Arrive(_) | Act::PaperCopy(_) | Act::FullRegister(_) => Err(Key::NotFound.into()),
            Act::Note(_) => Ok(()),
            Act::Void(why) => {
                self.right(self.is_clerk() || self.may_assign(), "void")?;
                self.reason_of(outside, why)?;
                self.undecided(outside)?;
                self.free(outside)
            }
            Act::Correct(change) => self.correct(outside, change),
            Act::Summary(_) => self.of_petition(outside),
            Act::Sender(sender) => {
                self.of_petition(outside)?;
                self.sender(outside, sender)
            }
            Act::Classify(classified) => {
                self.of_petition(outside)?;
                self.undecided(outside)?;
                self.about(&classified.0)
            }
            Act::Identity(why) => {
                must(outside.sender.is_some(), || Key::NotFound.into())?;
                self.may_open(why)
            }
            Act::Accept(_) | Act::Keep(_) | Act::Guide(_) | Act::Answer(_) | Act::Transfer(_) => {
                self.decide(outside, act)
            }
            Act::Receipt(_) | Act::Reply(_) => self.answered(outside, act),
        }?;
        must(!texts().any(|text| outside.names_sender(text)), || Key::IdentityInText.into())
    }

    /// A number that is void takes no more moves.
    fn void(&self, outside: &Outside, act: &Act) -> Result<(), Refusal> {
        match &outside.void {
            Some(void) if !matches!(act, Act::Note(_)) => Err(Refusal::new(Key::PartClosed)
                .with("what", outside.name())
                .with("how", Arg::Word("void".into()))
                .with("why", void.note.as_str())
                .with("day", told_day(day(millis(void.time))))),
            _ => Ok(()),
        }
    }

    /// A reason is due, but for secret papers, of which nobody writes a word.
    fn reason_of(&self, outside: &Outside, why: &str) -> Result<(), Refusal> {
        if outside.is_secret() { Ok(()) } else { self.reason(why) }
    }

    fn of_petition(&self, outside: &Outside) -> Result<(), Refusal> {
        must(outside.paper.petition.is_some(), || Key::NotFound.into())?;
        self.right(self.keeps_petitions(), Right::Petitions.into())
    }

    fn correct(&self, outside: &Outside, change: &Corrected) -> Result<(), Refusal> {
        let keeps = outside.paper.petition.is_some() && self.keeps_petitions();
        self.right(self.is_clerk() || self.may_assign() || keeps, "register")?;
        if change.field == Field::DocumentType {
            self.product(&change.now)?;
        }
        let paper = corrected_paper(self.setting.strand, change);
        self.is_new(paper.as_ref().unwrap_or(&outside.paper))
    }

    /// Who denounces is not typed where the office keeps that in envelopes, and nothing that was typed before names him.
    fn sender(&self, outside: &Outside, sender: &Sender) -> Result<(), Refusal> {
        let typed = !sender.name.is_empty() || !sender.address.is_empty();
        let received = outside.paper.received.unwrap_or(self.day);
        let on_paper = self.house.settings(received).denouncer == Denouncer::Paper;
        must(!(outside.is_denunciation() && typed && on_paper), || Key::IdentityOnPaper.into())?;
        let mut likeness = [&sender.name, &sender.address].into_iter().filter_map(|text| Likeness::of(text));
        let named = outside.is_denunciation() && likeness.any(|one| one.is_in(&outside.paper.title));
        must(!named, || Key::IdentityInText.into())
    }

    fn decide(&self, outside: &Outside, act: &Act) -> Result<(), Refusal> {
        let petition = outside.paper.petition.is_some();
        let own = if petition { self.keeps_petitions() } else { self.is_clerk() };
        self.right(own || self.may_assign(), "decide")?;
        let for_petitions = matches!(act, Act::Accept(_) | Act::Keep(_) | Act::Guide(_));
        must(petition || !for_petitions, || Key::NotFound.into())?;
        self.undecided(outside)?;
        self.free(outside)?;
        match act {
            Act::Keep(kept) => must(kept.reason.is_some(), || Key::ReasonMissing.into()),
            Act::Guide(note) => self.reason(note),
            Act::Transfer(transferred) => self.transfer(outside, transferred),
            _ => Ok(()),
        }
    }

    fn transfer(&self, outside: &Outside, transferred: &Transferred) -> Result<(), Refusal> {
        let (house, today, to) = (self.house, self.day, transferred.to.as_str());
        must(house.party(to, today).is_some() || house.unit(to, today).is_some(), || {
            Refusal::new(Key::PartyUnknown).with("who", to)
        })?;
        let about = outside.paper.petition.as_ref().map_or("", |petition| petition.about.as_str());
        must(about.is_empty() || !is_in(house, about, unit(house, to, today), today), || {
            self.is_about(to, "unit")
        })?;
        let answer_by = transferred.answer_by.ok_or(Refusal::new(Key::AnswerByMissing))?;
        must(day(answer_by.0) >= today, || {
            Refusal::new(Key::DueBeforeToday)
                .with("due", told_date(day(answer_by.0)))
                .with("today", told_date(today))
        })
    }

    /// They signed or answered: somebody of theirs says so, or the clerk for whoever has no account here.
    fn answered(&self, outside: &Outside, act: &Act) -> Result<(), Refusal> {
        let transfer = outside.transfer.as_ref().ok_or(Refusal::new(Key::NotFound))?;
        let theirs = is_transferee(self.house, outside, self.me, self.day);
        let ours = self.is_clerk() || self.may_assign() || self.keeps_petitions();
        self.right(theirs || ours, "decide")?;
        let done = match act {
            Act::Receipt(_) => transfer.receipt.as_ref(),
            _ => transfer.reply.as_ref().map(|reply| &reply.said),
        };
        done.map_or(Ok(()), |said| {
            Err(Refusal::new(Key::AlreadyTaken)
                .with("who", self.name(&said.by))
                .with("time", told_hour(millis(said.time))))
        })
    }

    fn undecided(&self, outside: &Outside) -> Result<(), Refusal> {
        let Some(decided) = &outside.decided else { return Ok(()) };
        let petition = outside.paper.petition.is_some();
        let key = if petition { Key::PetitionDecided } else { Key::PartClosed };
        Err(Refusal::new(key)
            .with("what", outside.name())
            .with("how", Arg::Word(road(decided).to_owned()))
            .with("why", [decided.paper.as_str(), &decided.said.note].join(" ").trim())
            .with("day", told_day(day(millis(decided.said.time)))))
    }

    /// Fails if somebody works on it, or it was kept as what asks nothing of anybody.
    fn free(&self, outside: &Outside) -> Result<(), Refusal> {
        let given = |work: &&&Work| {
            work.stage == Stage::Kept || work.stage.is_live() && work.stage != Stage::Proposed
        };
        let Some(work) = self.setting.works.iter().find(given) else { return Ok(()) };
        Err(Refusal::new(Key::PartGiven)
            .with("what", outside.name())
            .with("who", self.name(if work.lead.is_empty() { &work.giver } else { &work.lead }))
            .with("time", told_hour(millis(work.given)))
            .with("by", self.name(&work.giver)))
    }
}

/// The word for a decision.
fn road(decided: &Decision) -> &'static str {
    match decided.road {
        Road::Kept(_) => "kept",
        Road::Guided => "guided",
        Road::Answered => "answered",
        Road::Transferred => "transferred",
    }
}

fn millis(time: Hlc) -> i64 {
    time.millis() as i64
}
