//! Whether somebody may make a move of a draft, asked where the move is made, in the turn of the writer. The order of the
//! questions is the order of the answers.

use super::bench::{Bench, Duty};
use super::content::{
    Adopted, Answer, Asked, Begun, Checked, Comment, Consulted, Decision, Extended, How, Issued, Met, Named,
    Opinion, Part, Remarked, Saved, Signed, Superseded, Verdict, Weight,
};
use super::lists::may_sign;
use super::moves::Act;
use super::refusal::{Arg, Key, Refusal};
use super::remark::{Remark, Standing};
use super::road::Doing;
use super::slip::Slip;
use super::state::{Draft, Ended, State, Strand};
use crate::date::{Date, local};
use crate::id::{Incarnation, Seat};
use crate::limits;
use crate::record::Strand as _;
use crate::time::{Hlc, When};

/// What a move is held against.
pub struct Setting<'a> {
    /// What the house says now.
    pub bench: &'a dyn Bench,
    /// Now, Unix milliseconds.
    pub now: i64,
    /// The draft; none: there is none yet.
    pub draft: Option<&'a Draft>,
    /// Whether what is said is open: a secret paper is not drafted here.
    pub open: bool,
    /// Whether the draft that is to replace this one is there.
    pub other: bool,
}

/// Whether a move may be made, and what came of it.
pub fn judge(setting: &Setting<'_>, act: &Act) -> Result<Option<Refusal>, Refusal> {
    let Setting { bench, now, .. } = *setting;
    let by = act.by();
    must(bench.knows(by), || Refusal::new(Key::PersonUnknown).with("who", by))?;
    if let Act::Begin(begun) = act {
        return begin(setting, begun).map(|()| None);
    }
    let draft = setting.draft.ok_or(Key::DraftUnknown)?;
    let judging = Judging { bench, now, draft, by };
    let ended = draft.ended.is_some() && !matches!(act, Act::Resume(_));
    must(!ended, || judging.ended())?;
    judging.act(act, setting.other)?;
    Ok(judging.said(act))
}

/// Completes a move by what the house and the draft say: the road of the day, the members of the group, the version that
/// is there, whose right a signature uses.
pub fn settle(setting: &Setting<'_>, act: &mut Act) {
    let bench = setting.bench;
    if let Act::Begin(begun) = act {
        begun.road = bench.road(&begun.issuer, &begun.document_type).unwrap_or_default();
    }
    let Some(draft) = setting.draft else { return };
    let now = draft.version();
    let seen = |version: &mut u32, now: u32| {
        if *version == 0 {
            *version = now;
        }
    };
    match act {
        Act::Ask(asked) => {
            let silence = bench.silence(&draft.road.group, &draft.document_type);
            asked.members = bench.group(&draft.road.group);
            asked.silence_agrees = silence.agrees;
            asked.basis = if silence.agrees { silence.basis } else { String::new() };
        }
        Act::Appraise(verdict) | Act::Approve(verdict) => seen(&mut verdict.version, now),
        Act::Opinion(opinion) => {
            seen(&mut opinion.version, draft.slip().map_or(now, |slip| slip.version));
        }
        Act::Meeting(met) => seen(&mut met.version, now),
        Act::Initial(initial) => seen(&mut initial.version, now),
        Act::Sign(signed) => {
            seen(&mut signed.version, now);
            signed.hash = draft.hash();
            let right = bench.signs(&signed.by, &draft.issuer, &draft.document_type);
            let right = right.filter(|_| draft.slots.is_empty());
            if signed.form.is_empty() {
                let slot = draft.next_slot().map(|slot| &slot.form);
                signed.form = slot.or(right.as_ref().map(|right| &right.form)).cloned().unwrap_or_default();
            }
            signed.of = right.map(|right| right.of).unwrap_or_default();
        }
        _ => {}
    }
}

fn must(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
}

fn reason(text: &str) -> Result<(), Refusal> {
    must(!text.trim().is_empty(), || Key::ReturnNoReason.into())
}

fn begin(setting: &Setting<'_>, begun: &Begun) -> Result<(), Refusal> {
    let bench = setting.bench;
    let title = begun.parts.iter().find(|text| text.part == Part::Title);
    must(title.is_some_and(|title| !title.text.trim().is_empty()), || Key::DraftNoTitle.into())?;
    must(setting.open, || Key::SecretStub.into())?;
    let named = [&begun.drafter].into_iter().chain(&begun.joint);
    for who in named {
        must(bench.knows(who), || Refusal::new(Key::PersonUnknown).with("who", who.as_str()))?;
        must(bench.is(who, Duty::Drafter), || Key::DraftNotDrafter.into())?;
    }
    let (issuer, kind) = (begun.issuer.as_str(), begun.document_type.as_str());
    must(bench.issues(issuer, kind), || {
        Refusal::new(Key::TypeNotForBody).with("body", bench.name(issuer)).with("type", word_of(kind))
    })?;
    must(!begun.road.steps.is_empty(), || {
        Refusal::new(Key::DraftNoRoad).with("type", word_of(kind)).with("issuer", bench.name(issuer))
    })
}

/// The code of a document type, which the catalogues name.
fn word_of(kind: &str) -> Arg {
    Arg::Text(kind.to_owned())
}

/// A move under judgement.
struct Judging<'a> {
    bench: &'a dyn Bench,
    now: i64,
    draft: &'a Draft,
    /// Who acts.
    by: &'a str,
}

impl Judging<'_> {
    fn is(&self, duty: Duty) -> bool {
        self.bench.is(self.by, duty)
    }

    fn state(&self, key: Key) -> Refusal {
        Refusal::new(key).with("state", Arg::Word(self.draft.state().name().to_owned()))
    }

    fn ended(&self) -> Refusal {
        let refusal = self.state(Key::DraftEnded);
        match &self.draft.ended {
            Some(Ended::Issued { number, .. }) => refusal.with("number", number.as_str()),
            _ => refusal.with("number", ""),
        }
    }

    fn at(&self, doings: &[Doing]) -> Result<(), Refusal> {
        let there = self.draft.doing().is_some_and(|doing| doings.contains(&doing));
        must(there, || self.state(Key::DraftNotThere))
    }

    fn not_yours(&self) -> Refusal {
        Refusal::new(Key::DraftNotYours).with("drafter", self.bench.name(&self.draft.drafter))
    }

    fn writes(&self) -> Result<(), Refusal> {
        must(self.draft.drafts(self.by), || self.not_yours())
    }

    fn is_drafter(&self) -> bool {
        self.draft.drafter == self.by
    }

    fn seen(&self, version: u32) -> Result<(), Refusal> {
        let now = self.draft.version();
        must(version == 0 || version == now, || Refusal::new(Key::VersionMoved).with("now", now))
    }

    fn names<'n>(&self, ids: impl IntoIterator<Item = &'n str>) -> String {
        ids.into_iter().map(|id| self.bench.name(id)).collect::<Vec<_>>().join(", ")
    }

    /// Remarks that the draft waits for.
    fn held(&self, waits: impl Fn(&&Remark) -> bool) -> String {
        let held = self.draft.remarks.iter().filter(|remark| remark.holds()).filter(waits);
        held.map(|remark| remark.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn act(&self, act: &Act, other: bool) -> Result<(), Refusal> {
        match act {
            Act::Begin(_) => Err(self.state(Key::DraftNotThere)),
            Act::Save(saved) => self.save(saved),
            Act::Adopt(adopted) => self.adopt(adopted),
            Act::HandIn(_) => self.hand_in(),
            Act::TakeBack(_) => self.take_back(),
            Act::Appraise(verdict) => self.appraise(verdict),
            Act::Approve(verdict) => self.approve(verdict),
            Act::Ask(asked) => self.ask(asked),
            Act::Opinion(opinion) => self.opinion(opinion),
            Act::ExtendAsk(extended) => self.extend(extended),
            Act::CloseAsk(_) => self.close_ask(),
            Act::Consult(asked) => self.consult(asked),
            Act::Comment(comment) => self.comment(comment),
            Act::CloseConsult(_) => self.close_consult(),
            Act::Answer(answer) => self.answer(answer),
            Act::Check(checked) => self.check(checked),
            Act::Meeting(met) => self.meet(met),
            Act::Initial(initial) => {
                self.at(&[Doing::Initial])?;
                must(self.is(Duty::Chief), || Key::DraftNotChief.into())?;
                self.seen(initial.version)
            }
            Act::Redirect(named) => self.redirect(named),
            Act::Sign(signed) => self.sign(signed),
            Act::Unsign(word) => {
                self.at(&[Doing::Issue])?;
                must(self.draft.signed.iter().any(|signed| signed.by == self.by), || self.not_yours())?;
                reason(&word.note)
            }
            Act::Return(word) => self.give_back(&word.note),
            Act::Issue(issued) => self.issue(issued),
            Act::Withdraw(word) => {
                must(self.is_drafter() || self.is(Duty::Chief), || self.not_yours())?;
                reason(&word.note)?;
                self.unsigned()
            }
            Act::Resume(_) => {
                must(self.draft.state() == State::Withdrawn, || self.ended())?;
                must(self.is_drafter(), || self.not_yours())
            }
            Act::Supersede(superseded) => self.supersede(superseded, other),
            Act::Reassign(named) => self.reassign(named),
        }
    }

    fn unsigned(&self) -> Result<(), Refusal> {
        let signed = self.draft.doing() == Some(Doing::Issue) || !self.draft.signed.is_empty();
        must(!signed, || Key::WithdrawSigned.into())
    }

    fn save(&self, saved: &Saved) -> Result<(), Refusal> {
        let doing = self.draft.doing();
        if doing.is_some_and(Doing::writes) {
            self.writes()?;
        } else {
            let appraises =
                doing == Some(Doing::Appraise) && self.is(Duty::Appraiser) && !self.draft.wrote(self.by);
            must(appraises, || self.state(Key::DraftLocked))?;
            let light = saved.parts.iter().all(|text| text.weight == Weight::Light);
            must(light, || Key::AppraiseLightOnly.into())?;
        }
        must((1..=self.draft.version()).contains(&saved.base), || Key::VersionUnknown.into())
    }

    fn adopt(&self, adopted: &Adopted) -> Result<(), Refusal> {
        self.at(&[Doing::Draft, Doing::Absorb])?;
        self.writes()?;
        let place = (adopted.beside as usize).checked_sub(1);
        let beside = place.and_then(|place| self.draft.beside.get(place));
        must(beside.is_some_and(|beside| beside.open), || Key::VersionUnknown.into())
    }

    fn hand_in(&self) -> Result<(), Refusal> {
        self.at(&[Doing::Draft, Doing::Absorb])?;
        must(self.is_drafter(), || self.not_yours())?;
        must(!self.draft.beside.iter().any(|beside| beside.open), || Key::DraftBeside.into())?;
        let open = self.held(|remark| remark.standing == Standing::Open);
        must(open.is_empty(), || Refusal::new(Key::RemarkOpen).with("list", open))?;
        if self.draft.doing() == Some(Doing::Absorb) {
            self.all_checked()?;
        }
        let asked = self.draft.consultations.iter().any(|asked| asked.closed.is_none());
        must(!asked, || Key::ConsultOpen.into())
    }

    fn all_checked(&self) -> Result<(), Refusal> {
        self.checked(|_| true)
    }

    fn checked(&self, waits: impl Fn(&&Remark) -> bool) -> Result<(), Refusal> {
        let list = self.held(waits);
        must(list.is_empty(), || Refusal::new(Key::RemarkUnchecked).with("list", list))
    }

    fn take_back(&self) -> Result<(), Refusal> {
        let doing = self.draft.doing();
        must(doing.is_some_and(|doing| !doing.writes()), || self.state(Key::DraftNotThere))?;
        must(self.is_drafter(), || self.not_yours())?;
        must(!self.draft.acted && doing != Some(Doing::Issue), || Key::TakenAlready.into())
    }

    fn back_has_words(verdict: &Verdict) -> Result<(), Refusal> {
        must(!verdict.back || has_words(&verdict.remarks), || Key::ReturnNoReason.into())
    }

    fn appraise(&self, verdict: &Verdict) -> Result<(), Refusal> {
        self.at(&[Doing::Appraise])?;
        must(self.is(Duty::Appraiser), || Key::DraftNotAppraiser.into())?;
        must(!self.draft.wrote(self.by), || Key::AppraiseOwn.into())?;
        self.seen(verdict.version)?;
        Self::back_has_words(verdict)?;
        if verdict.back || self.draft.road.absorbs_after(&self.draft.step) {
            return Ok(());
        }
        must(verdict.remarks.iter().all(|remark| remark.suggestion), || Key::PassWithMust.into())?;
        self.checked(|remark| !self.accepts(remark))
    }

    /// Whether letting the draft pass accepts the answer to a remark.
    fn accepts(&self, remark: &Remark) -> bool {
        remark.by == self.by && remark.standing == Standing::Answered
    }

    fn approve(&self, verdict: &Verdict) -> Result<(), Refusal> {
        self.at(&[Doing::Approve])?;
        must(self.is(Duty::Standing), || Key::DraftNotStanding.into())?;
        self.seen(verdict.version)?;
        Self::back_has_words(verdict)
    }

    fn secretary(&self) -> Result<(), Refusal> {
        must(self.is(Duty::Secretary), || Key::DraftNotSecretary.into())
    }

    fn slip(&self) -> Result<&Slip, Refusal> {
        self.draft.slip().ok_or_else(|| Key::AskNone.into())
    }

    fn ask(&self, asked: &Asked) -> Result<(), Refusal> {
        self.at(&[Doing::Opinions])?;
        self.secretary()?;
        must(self.draft.slip().is_none(), || Key::AskOpen.into())?;
        let hours = i64::from(limits::DRAFT_ASK_HOURS) * 3_600_000;
        must(asked.until - self.now >= hours, ask_until)
    }

    fn extend(&self, extended: &Extended) -> Result<(), Refusal> {
        self.at(&[Doing::Opinions])?;
        let slip = self.slip()?;
        self.secretary()?;
        reason(&extended.why)?;
        must(extended.until > slip.until && extended.until > self.now, ask_until)
    }

    fn opinion(&self, opinion: &Opinion) -> Result<(), Refusal> {
        self.at(&[Doing::Opinions])?;
        let of = if opinion.of.is_empty() { &opinion.by } else { &opinion.of };
        let Some(slip) = self.draft.slip() else {
            let closed = self.draft.slips.last().and_then(|slip| slip.closed);
            return Err(match closed {
                Some(at) => Refusal::new(Key::OpinionClosed).with("at", told(at)),
                None => Key::AskNone.into(),
            });
        };
        must(slip.members.contains(of), || Key::OpinionNotAsked.into())?;
        let himself = *of == opinion.by;
        let entered = self.is(Duty::Secretary) && !opinion.slip.trim().is_empty();
        must(himself || entered, || Key::OpinionNoSlip.into())?;
        must(opinion.version == 0 || opinion.version == slip.version, || {
            Refusal::new(Key::VersionMoved).with("now", slip.version)
        })?;
        let words = !opinion.opinion.has_words() || !opinion.text.trim().is_empty();
        must(words, || Key::OpinionNoWords.into())
    }

    fn close_ask(&self) -> Result<(), Refusal> {
        self.at(&[Doing::Opinions])?;
        let slip = self.slip()?;
        self.secretary()?;
        let silent = slip.tally(None).silent;
        must(self.now >= slip.until || silent.is_empty(), || {
            Refusal::new(Key::AskNotDue).with("silent", self.names(silent))
        })
    }

    fn consults(&self) -> Result<(), Refusal> {
        must(self.is_drafter() || self.is(Duty::Secretary), || self.not_yours())
    }

    fn consult(&self, asked: &Consulted) -> Result<(), Refusal> {
        self.at(&[Doing::Draft, Doing::Absorb, Doing::Appraise])?;
        self.consults()?;
        let unknown = asked.offices.iter().filter(|office| !self.bench.is_office(office));
        let unknown: Vec<&str> = unknown.map(String::as_str).collect();
        must(unknown.is_empty(), || Refusal::new(Key::OfficeUnknown).with("office", unknown.join(", ")))?;
        must(asked.until > self.now, ask_until)
    }

    fn comment(&self, comment: &Comment) -> Result<(), Refusal> {
        let asked = self.draft.consultations.iter().any(|asked| asked.offices.contains(&comment.office));
        must(asked, || Key::CommentNotAsked.into())?;
        self.consults()
    }

    fn close_consult(&self) -> Result<(), Refusal> {
        let open = self.draft.consultations.iter().find(|asked| asked.closed.is_none());
        let asked = open.ok_or(Key::CommentNotAsked)?;
        self.consults()?;
        let said = |office: &&String| self.draft.comments.iter().any(|comment| comment.office == **office);
        let rest: Vec<&str> =
            asked.offices.iter().filter(|office| !said(office)).map(String::as_str).collect();
        must(self.now >= asked.until || rest.is_empty(), || {
            Refusal::new(Key::AskNotDue).with("silent", self.names(rest))
        })
    }

    fn remark(&self, id: &str) -> Result<&Remark, Refusal> {
        self.draft.remark(id).ok_or_else(|| Key::RemarkUnknown.into())
    }

    fn answer(&self, answer: &Answer) -> Result<(), Refusal> {
        self.at(&[Doing::Draft, Doing::Absorb])?;
        self.writes()?;
        let remark = self.remark(&answer.remark)?;
        match answer.how {
            How::Explained => must(!answer.text.trim().is_empty(), || Key::RemarkEmpty.into()),
            How::Taken => must(self.draft.version() > remark.version, || Key::RemarkNotTaken.into()),
        }
    }

    fn check(&self, checked: &Checked) -> Result<(), Refusal> {
        let remark = self.remark(&checked.remark)?;
        must(!self.draft.wrote(self.by), || Key::CheckOwn.into())?;
        must(remark.by == self.by || self.is(Duty::Appraiser), || Key::DraftNotAppraiser.into())?;
        must(remark.standing != Standing::Checked, || Key::RemarkDone.into())?;
        must(remark.standing == Standing::Answered, || Key::RemarkNotAnswered.into())?;
        if checked.reopened { reason(&checked.why) } else { Ok(()) }
    }

    fn meet(&self, met: &Met) -> Result<(), Refusal> {
        self.at(&[Doing::Meeting])?;
        self.secretary()?;
        must(!met.event.trim().is_empty(), || Key::MeetingNoEvent.into())?;
        self.seen(met.version)?;
        let back = met.result == Decision::Back;
        must(!back || has_words(&met.remarks), || Key::ReturnNoReason.into())
    }

    fn no_right(&self) -> Refusal {
        let draft = self.draft;
        Refusal::new(Key::SignerNoRight)
            .with("type", word_of(&draft.document_type))
            .with("issuer", self.bench.name(&draft.issuer))
    }

    fn redirect(&self, named: &Named) -> Result<(), Refusal> {
        self.at(&[Doing::Sign])?;
        must(self.is(Duty::Chief), || Key::DraftNotChief.into())?;
        reason(&named.why)?;
        let draft = self.draft;
        let right = self.bench.signs(&named.to, &draft.issuer, &draft.document_type);
        must(right.is_some(), || self.no_right())
    }

    fn sign(&self, signed: &Signed) -> Result<(), Refusal> {
        self.at(&[Doing::Sign])?;
        self.seen(signed.version)?;
        let draft = self.draft;
        let form =
            |right: &str| must(signed.form == right, || Refusal::new(Key::SignForm).with("right", right));
        if let Some(next) = draft.next_slot() {
            must(draft.slots.iter().any(|slot| slot.person == self.by), || self.no_right())?;
            must(next.person == self.by, || {
                Refusal::new(Key::SignOrder).with("first", self.bench.name(&next.person))
            })?;
            return form(&next.form);
        }
        let right = self.bench.signs(self.by, &draft.issuer, &draft.document_type);
        let right = right.ok_or_else(|| self.no_right())?;
        must(may_sign(self.bench, draft, self.by), || {
            Refusal::new(Key::SignOther).with("signer", self.bench.name(&draft.signer))
        })?;
        form(&right.form)?;
        self.checked(|remark| !self.accepts(remark))
    }

    fn give_back(&self, why: &str) -> Result<(), Refusal> {
        self.at(&[Doing::Approve, Doing::Initial, Doing::Sign, Doing::Issue])?;
        let has_it = match self.draft.doing() {
            Some(Doing::Approve) => self.is(Duty::Standing),
            Some(Doing::Initial) => self.is(Duty::Chief),
            Some(Doing::Sign) => may_sign(self.bench, self.draft, self.by),
            _ => self.is(Duty::Clerk),
        };
        must(has_it, || self.not_yours())?;
        reason(why)
    }

    fn issue(&self, issued: &Issued) -> Result<(), Refusal> {
        must(self.is(Duty::Clerk), || Key::IssueNotClerk.into())?;
        must(self.draft.doing() == Some(Doing::Issue), || self.state(Key::IssueUnsigned))?;
        let today = Date::of_millis(self.now).unwrap_or(Date::LAST);
        must(issued.date <= today, || Key::IssueFuture.into())?;
        let signed = self.draft.signed.iter().map(|signed| signed.time).max().and_then(Date::of_millis);
        must(signed.is_none_or(|signed| issued.date >= signed), || Key::IssueBeforeSignature.into())
    }

    fn supersede(&self, _: &Superseded, other: bool) -> Result<(), Refusal> {
        must(self.is_drafter() || self.is(Duty::Chief), || self.not_yours())?;
        must(other, || Key::DraftUnknown.into())?;
        self.unsigned()
    }

    fn reassign(&self, named: &Named) -> Result<(), Refusal> {
        must(self.is(Duty::Chief), || Key::DraftNotChief.into())?;
        let to = named.to.as_str();
        must(self.bench.knows(to), || Refusal::new(Key::PersonUnknown).with("who", to))?;
        must(self.bench.is(to, Duty::Drafter), || Key::DraftNotDrafter.into())
    }

    /// What comes of a move that may be made: read from the draft after it.
    fn said(&self, act: &Act) -> Option<Refusal> {
        let before = self.draft;
        let mut strand = Strand { draft: Some(before.clone()) };
        let seat = Seat { incarnation: Incarnation(0), seq: 0 };
        let time = Hlc::at(self.now.cast_unsigned());
        strand.apply(seat, When::unsent(time), super::Move(act.clone()));
        let after = strand.draft?;
        match act {
            Act::Save(_) if after.beside.len() > before.beside.len() => {
                let by = before.versions.last().map_or("", |version| &version.by);
                let beside = u32::try_from(after.beside.len()).unwrap_or(u32::MAX);
                Some(Refusal::new(Key::DraftEdited).with("by", self.bench.name(by)).with("beside", beside))
            }
            Act::Save(saved) if saved.base != before.version() => {
                let by = before.versions.last().map_or("", |version| &version.by);
                Some(Refusal::new(Key::DraftMerged).with("by", self.bench.name(by)))
            }
            Act::CloseAsk(_) => {
                let tally = before.slip()?.tally(None);
                (!tally.carried()).then(|| Key::AskNotCarried.into())
            }
            Act::Comment(_) => match after.comments.last()? {
                comment if comment.after => Some(Key::CommentAfter.into()),
                comment if comment.late => Some(Key::CommentLate.into()),
                _ => None,
            },
            _ => None,
        }
    }
}

fn has_words(remarks: &[Remarked]) -> bool {
    remarks.iter().any(|remark| !remark.text.trim().is_empty())
}

fn ask_until() -> Refusal {
    Refusal::new(Key::AskUntil).with("hours", limits::DRAFT_ASK_HOURS)
}

/// A moment as people read it.
fn told(millis: i64) -> String {
    local(millis).map(|time| time.strftime("%H:%M %d/%m/%Y").to_string()).unwrap_or_default()
}
