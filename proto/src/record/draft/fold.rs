//! What each move does to a draft.

use std::collections::BTreeMap;

use super::content::{
    Adopted, Answer, Asked, Begun, Comment, Decision, Met, Opinion, Part, PartText, Remarked, Saved, Signed,
    Stance, Verdict, Weight,
};
use super::ends::ends;
use super::moves::Act;
use super::remark::{Origin, Remark, Standing};
use super::road::{Doing, Step};
use super::slip::{Given, Slip};
use super::state::{
    Approval, Beside, Commented, Consultation, Draft, Ended, Matter, Signature, Version, hash, part,
};
use crate::id::Hash;

/// What lists show of a version: title and urgency.
fn told(parts: &[PartText]) -> BTreeMap<Part, String> {
    let shown = parts.iter().filter(|text| matches!(text.part, Part::Title | Part::Urgency));
    shown.map(|text| (text.part, text.text.clone())).collect()
}

/// Why a move does nothing.
type Nothing = &'static str;

impl Draft {
    /// A draft as it is begun.
    pub(super) fn begun(begun: Begun, time: i64) -> Self {
        let author = if begun.author.is_empty() { begun.by } else { begun.author };
        let step = begun.road.steps.first().map(|step| step.id.clone()).unwrap_or_default();
        let mut draft = Self {
            issuer: begun.issuer,
            document_type: begun.document_type,
            source: begun.source,
            title: String::new(),
            urgency: String::new(),
            drafter: begun.drafter,
            joint: begun.joint,
            signer: begun.signer,
            slots: begun.slots,
            begun: time,
            back_to: step.clone(),
            step,
            since: time,
            acted: false,
            versions: Vec::new(),
            parts: BTreeMap::new(),
            beside: Vec::new(),
            approvals: Vec::new(),
            remarks: Vec::new(),
            slips: Vec::new(),
            consultations: Vec::new(),
            comments: Vec::new(),
            signed: Vec::new(),
            passed: Vec::new(),
            ended: None,
            moves: 1,
            road: begun.road,
        };
        draft.tell(&told(&begun.parts));
        let hashes = begun.parts.iter().map(|text| (text.part, (Weight::Heavy, part(&text.text)))).collect();
        draft.version_of(author, time, hashes, 1);
        draft
    }

    fn tell(&mut self, told: &BTreeMap<Part, String>) {
        let kept = |part, known: &mut String| {
            if let Some(text) = told.get(&part) {
                known.clone_from(text);
            }
        };
        kept(Part::Title, &mut self.title);
        kept(Part::Urgency, &mut self.urgency);
    }

    fn version_of(&mut self, by: String, time: i64, parts: BTreeMap<Part, (Weight, Hash)>, written: u32) {
        let heavy = parts.iter().any(|(part, (weight, _))| *weight == Weight::Heavy && !part.is_small());
        self.parts.extend(parts.iter().map(|(part, (_, hash))| (*part, *hash)));
        let parts = parts.into_iter().map(|(part, (weight, _))| (part, weight)).collect();
        let heavy = heavy || self.versions.is_empty();
        self.versions.push(Version { by, time, parts, heavy, hash: hash(&self.parts), written });
    }

    /// Ends what the newest version ends, which was written at a step.
    fn end_by_newest(&mut self, doing: Doing) {
        let number = self.version();
        let Some(newest) = self.versions.last() else { return };
        for approval in self.approvals.iter_mut().filter(|approval| approval.ended_by.is_none()) {
            let ended =
                newest.parts.iter().any(|(part, weight)| ends(&approval.matter, doing, *part, *weight));
            if ended {
                approval.ended_by = Some(number);
            }
        }
        self.signed.clear();
    }

    fn here(&self) -> Result<Step, Nothing> {
        self.at().cloned().ok_or("no-step")
    }

    /// Goes on to a step, and over those whose approvals hold.
    fn enter(&mut self, to: &str, time: i64) -> Result<(), Nothing> {
        let mut next = to.to_owned();
        for _ in 0..=self.road.steps.len() {
            let step = self.road.step(&next).ok_or("no-step")?;
            let matters: Vec<Matter> = match step.doing {
                Doing::Appraise => step.layers.iter().map(|layer| Matter::Appraised(*layer)).collect(),
                Doing::Approve => vec![Matter::Approved],
                Doing::Opinions => vec![Matter::Opinions],
                Doing::Meeting => vec![Matter::Met(step.id.clone())],
                Doing::Initial => vec![Matter::Initialled],
                Doing::Draft | Doing::Absorb | Doing::Sign | Doing::Issue => Vec::new(),
            };
            if matters.is_empty() || !matters.iter().all(|matter| self.holds(matter)) {
                break;
            }
            let yes = step.yes.clone();
            self.passed.push((std::mem::replace(&mut next, yes), time));
        }
        let signs = self.road.step(&next).ok_or("no-step")?.doing == Doing::Sign;
        self.step = next;
        self.since = time;
        self.acted = false;
        if signs && self.slots.is_empty() && self.signer.is_empty() {
            self.signer.clone_from(&self.road.signer);
        }
        Ok(())
    }

    /// Goes to a step to which it is returned: the drafter has it from there on.
    fn enter_back(&mut self, to: &str, time: i64) -> Result<(), Nothing> {
        self.road.step(to).ok_or("no-step")?;
        self.step = to.to_owned();
        self.back_to = to.to_owned();
        self.since = time;
        self.acted = false;
        Ok(())
    }

    fn approve(&mut self, matter: Matter, by: &str, event: &str, time: i64) {
        let version = self.version();
        if matter != Matter::Initialled {
            let same = |known: &&mut Approval| known.ended_by.is_none() && known.matter == matter;
            self.approvals.iter_mut().filter(same).for_each(|known| known.ended_by = Some(version));
        }
        let (by, event) = (by.to_owned(), event.to_owned());
        self.approvals.push(Approval { matter, by, time, version, event, ended_by: None });
    }

    fn remark_of(&mut self, by: &str, text: &str, must: bool, origin: Origin, time: i64) -> String {
        let id = format!("R{}", self.remarks.len() + 1);
        self.remarks.push(Remark {
            id: id.clone(),
            by: by.to_owned(),
            time,
            text: text.to_owned(),
            must,
            origin,
            standing: Standing::Open,
            how: None,
            answer: String::new(),
            version: self.version(),
            answered_at: 0,
            checked_by: String::new(),
        });
        id
    }

    fn remarks_of(&mut self, by: &str, remarks: &[Remarked], origin: &Origin, time: i64) {
        for remark in remarks {
            self.remark_of(by, &remark.text, !remark.suggestion, origin.clone(), time);
        }
    }

    /// Who lets a draft pass accepts the answers to his own remarks.
    fn accept_own(&mut self, by: &str) {
        let own = |remark: &&mut Remark| remark.by == by && remark.standing == Standing::Answered;
        for remark in self.remarks.iter_mut().filter(own) {
            remark.standing = Standing::Checked;
            remark.checked_by = by.to_owned();
        }
    }

    fn open_slip(&mut self) -> Result<&mut Slip, Nothing> {
        self.slips.iter_mut().find(|slip| slip.closed.is_none()).ok_or("no-slip")
    }

    /// What a move does at this step; an error names the reason why it does nothing.
    pub(super) fn make(&mut self, act: Act, time: i64) -> Result<(), Nothing> {
        let by = act.by().to_owned();
        match act {
            Act::Begin(_) => return Err("begun"),
            Act::Save(saved) => self.save(saved, time)?,
            Act::Adopt(adopted) => self.adopt(&adopted, time)?,
            Act::HandIn(_) => {
                let step = self.here()?;
                self.back_to = step.id;
                self.enter(&step.yes, time)?;
            }
            Act::TakeBack(_) => {
                if self.acted {
                    return Err("acted");
                }
                self.step = self.back_to.clone();
                self.since = time;
            }
            Act::Appraise(verdict) => self.verdict(&verdict, time)?,
            Act::Approve(verdict) => self.verdict(&verdict, time)?,
            Act::Ask(asked) => self.ask(asked, time)?,
            Act::Opinion(opinion) => self.opinion(opinion, time)?,
            Act::ExtendAsk(extended) => self.open_slip()?.until = extended.until,
            Act::CloseAsk(_) => self.close_ask(&by, time)?,
            Act::Consult(asked) => {
                let version = self.version();
                let (offices, until) = (asked.offices, asked.until);
                self.consultations.push(Consultation { by, time, offices, until, version, closed: None });
            }
            Act::Comment(comment) => self.comment(comment, time)?,
            Act::CloseConsult(_) => {
                let open = self.consultations.iter_mut().find(|asked| asked.closed.is_none());
                open.ok_or("not-asked")?.closed = Some(time);
            }
            Act::Answer(answer) => self.answer(answer)?,
            Act::Check(checked) => {
                let version = self.version();
                let known = self.remarks.iter_mut().find(|remark| remark.id == checked.remark);
                let remark = known.ok_or("no-remark")?;
                if checked.reopened {
                    remark.standing = Standing::Open;
                    remark.version = version;
                } else {
                    remark.standing = Standing::Checked;
                    remark.checked_by = by;
                }
            }
            Act::Meeting(met) => self.meet(&met, time)?,
            Act::Initial(_) => {
                let step = self.here()?;
                self.acted = true;
                self.accept_own(&by);
                self.approve(Matter::Initialled, &by, "", time);
                self.enter(&step.yes, time)?;
            }
            Act::Redirect(named) => {
                self.signer = named.to;
                self.since = time;
            }
            Act::Sign(signed) => self.sign(signed, time)?,
            Act::Unsign(_) => {
                self.signed.clear();
                let step = self.road.first(Doing::Sign).ok_or("no-step")?.id.clone();
                self.enter(&step, time)?;
            }
            Act::Return(word) => {
                let step = self.here()?;
                self.signed.clear();
                self.remark_of(&by, &word.note, true, Origin::Return, time);
                self.enter_back(&step.no, time)?;
            }
            Act::Issue(issued) => {
                let (paper, number, date, road) = (issued.paper, issued.number, issued.date, issued.road);
                self.ended = Some(Ended::Issued { paper, number, date, by, time, road });
            }
            Act::Withdraw(word) => self.ended = Some(Ended::Withdrawn { why: word.note }),
            Act::Resume(_) => {
                let version = self.version();
                let open = self.approvals.iter_mut().filter(|approval| approval.ended_by.is_none());
                open.for_each(|approval| approval.ended_by = Some(version));
                self.signed.clear();
                self.ended = None;
                let first = self.road.first(Doing::Draft).ok_or("no-step")?.id.clone();
                self.enter_back(&first, time)?;
            }
            Act::Supersede(other) => self.ended = Some(Ended::Superseded { by: other.draft }),
            Act::Reassign(named) => self.drafter = named.to,
        }
        Ok(())
    }

    fn save(&mut self, saved: Saved, time: i64) -> Result<(), Nothing> {
        let doing = self.here()?.doing;
        let now = self.version();
        if !(1..=now).contains(&saved.base) || saved.parts.is_empty() {
            return Err("no-version");
        }
        let written = self.moves;
        let parts: BTreeMap<_, _> =
            saved.parts.iter().map(|text| (text.part, (text.weight, part(&text.text)))).collect();
        let since = self.versions.iter().skip(saved.base as usize);
        if since.flat_map(|version| version.parts.keys()).any(|changed| parts.contains_key(changed)) {
            let (by, base, told) = (saved.by, saved.base, told(&saved.parts));
            self.beside.push(Beside { by, time, base, parts, told, written, open: true });
            return Ok(());
        }
        self.tell(&told(&saved.parts));
        self.version_of(saved.by, time, parts, written);
        self.end_by_newest(doing);
        Ok(())
    }

    fn adopt(&mut self, adopted: &Adopted, time: i64) -> Result<(), Nothing> {
        let doing = self.here()?.doing;
        let place = (adopted.beside as usize).checked_sub(1);
        let beside = place.and_then(|place| self.beside.get_mut(place)).filter(|beside| beside.open);
        let beside = beside.ok_or("no-version")?;
        beside.open = false;
        if !adopted.dropped {
            let (by, parts, written) = (beside.by.clone(), beside.parts.clone(), beside.written);
            let told = beside.told.clone();
            self.tell(&told);
            self.version_of(by, time, parts, written);
            self.end_by_newest(doing);
        }
        Ok(())
    }

    fn verdict(&mut self, verdict: &Verdict, time: i64) -> Result<(), Nothing> {
        let step = self.here()?;
        let origin = if step.doing == Doing::Appraise { Origin::Appraisal } else { Origin::Standing };
        self.remarks_of(&verdict.by, &verdict.remarks, &origin, time);
        self.acted = true;
        if verdict.back {
            return self.enter_back(&step.no, time);
        }
        self.accept_own(&verdict.by);
        match step.doing {
            Doing::Appraise => {
                for layer in &step.layers {
                    self.approve(Matter::Appraised(*layer), &verdict.by, "", time);
                }
            }
            _ => self.approve(Matter::Approved, &verdict.by, "", time),
        }
        self.enter(&step.yes, time)
    }

    fn ask(&mut self, asked: Asked, time: i64) -> Result<(), Nothing> {
        if self.slip().is_some() {
            return Err("asked");
        }
        self.acted = true;
        self.slips.push(Slip {
            by: asked.by,
            time,
            until: asked.until,
            first_until: asked.until,
            members: asked.members,
            version: self.version(),
            question: asked.question,
            silence_agrees: asked.silence_agrees && !asked.basis.is_empty(),
            basis: asked.basis,
            given: Vec::new(),
            closed: None,
        });
        Ok(())
    }

    fn opinion(&mut self, opinion: Opinion, time: i64) -> Result<(), Nothing> {
        let slip = self.open_slip()?;
        let of = if opinion.of.is_empty() { opinion.by.clone() } else { opinion.of };
        if !slip.members.contains(&of) {
            return Err("not-asked");
        }
        slip.given.push(Given {
            of,
            by: opinion.by,
            time,
            stance: opinion.opinion,
            text: opinion.text,
            late: time > slip.until,
            slip: opinion.slip,
        });
        Ok(())
    }

    fn close_ask(&mut self, by: &str, time: i64) -> Result<(), Nothing> {
        let step = self.here()?;
        let slip = self.open_slip()?;
        slip.closed = Some(time);
        let carried = slip.tally(None).carried();
        let words: Vec<(String, String)> = slip
            .last(None)
            .into_iter()
            .filter(|given| Stance::has_words(given.stance))
            .map(|given| (given.of.clone(), given.text.clone()))
            .collect();
        for (of, text) in words {
            self.remark_of(&of, &text, true, Origin::Opinion, time);
        }
        if !carried {
            return self.enter_back(&step.no, time);
        }
        self.approve(Matter::Opinions, by, "", time);
        self.enter(&step.yes, time)
    }

    fn comment(&mut self, comment: Comment, time: i64) -> Result<(), Nothing> {
        let asked = self.consultations.iter().find(|asked| asked.offices.contains(&comment.office));
        let asked = asked.ok_or("not-asked")?;
        let (late, after, version) = (time > asked.until, asked.closed.is_some(), asked.version);
        let (office, text) = (comment.office, comment.text);
        let remark = match after || text.is_empty() {
            true => String::new(),
            false => self.remark_of(&office, &text, true, Origin::Comment, time),
        };
        self.comments.push(Commented { office, time, text, late, after, version, remark });
        Ok(())
    }

    fn answer(&mut self, answer: Answer) -> Result<(), Nothing> {
        let version = self.version();
        let remark = self.remarks.iter_mut().find(|remark| remark.id == answer.remark).ok_or("no-remark")?;
        remark.standing = Standing::Answered;
        remark.how = Some(answer.how);
        remark.answer = answer.text;
        remark.answered_at = version;
        remark.checked_by = String::new();
        Ok(())
    }

    fn meet(&mut self, met: &Met, time: i64) -> Result<(), Nothing> {
        let step = self.here()?;
        self.acted = true;
        self.remarks_of(&met.by, &met.remarks, &Origin::Meeting(met.event.clone()), time);
        if met.result != Decision::Back {
            self.approve(Matter::Met(step.id.clone()), &met.by, &met.event, time);
        }
        match met.result {
            Decision::Pass => self.enter(&step.yes, time),
            Decision::Changes => {
                let absorbs = self.road.step(&step.yes).is_some_and(|next| next.doing == Doing::Absorb);
                self.enter_back(if absorbs { &step.yes } else { &step.no }, time)
            }
            Decision::Back => self.enter_back(&step.no, time),
        }
    }

    fn sign(&mut self, signed: Signed, time: i64) -> Result<(), Nothing> {
        if signed.hash != self.hash() {
            return Err("other-version");
        }
        let step = self.here()?;
        let version = self.version();
        let (by, form, of) = (signed.by, signed.form, signed.of);
        if self.slots.is_empty() {
            self.accept_own(&by);
            self.signed.clear();
        } else if self.next_slot().is_none_or(|slot| slot.person != by || slot.form != form) {
            return Err("not-next");
        }
        self.signed.push(Signature { by, form, time, version, of });
        self.acted = true;
        if self.slots.is_empty() || self.next_slot().is_none() {
            self.enter(&step.yes, time)?;
        }
        Ok(())
    }
}
