//! The hub's end of the session with one office.

use std::collections::VecDeque;

use super::hub_work::{Admitted, HubEvent, HubFacts, HubWork, Obstacle};
use super::judge::{Judgement, judge};
use super::{End, VERSIONS};
use crate::entry::{Entry, EntryError};
use crate::fault::planted;
use crate::id::{Mark, OfficeId};
use crate::wire::hub_frame::Frame as Down;
use crate::wire::{self, EndReason, Verdict, node_frame};
use crate::{batch, limits};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Waiting for Hello.
    New,
    /// Facts are being read.
    Judging,
    /// The node was asked whether the line is on its chain.
    Asking,
    /// The node gives back what this hub may lack.
    Refilling,
    /// Offers are done; waiting for them to be durable.
    Refilled,
    Continuing,
    Adopting,
    Branching,
    Forked,
    Questioned,
    Ended,
}

/// The hub's end of one session.
#[derive(Debug)]
pub struct HubSession {
    office: OfficeId,
    state: State,
    hello: Option<Box<wire::Hello>>,
    facts: Option<Box<HubFacts>>,
    /// Deliver the office's own entries too.
    own: bool,
    /// Position up to which mail has been sent.
    sent: u64,
    /// Marks sent that the node has not acknowledged as durable.
    in_flight: VecDeque<Mark>,
    /// The newest mark that it has acknowledged.
    answered: Option<Mark>,
    reading: bool,
    /// Mail may wait after `sent`.
    more: bool,
    /// CaughtUp has been said.
    caught_up: bool,
    /// Urgent entries sent ahead since no mail waited.
    early: usize,
    /// The urgent entries of what waited at Welcome have been sent ahead.
    overtaken: bool,
    /// Admit, Hold and Offer work that is still unanswered.
    offers: usize,
    holds: usize,
    admits: usize,
    /// The verdict was Branch or Fork, and BranchDone has not come.
    branching: bool,
    /// BranchDone has come.
    branch_done: bool,
    /// A delivered mark is being written; the newest one that came meanwhile waits, and those between need no write.
    delivering: bool,
    delivered: Option<Mark>,
}

impl HubSession {
    /// A session of the office that the certificate names.
    pub fn new(office: OfficeId) -> Self {
        Self {
            office,
            state: State::New,
            hello: None,
            facts: None,
            own: false,
            sent: 0,
            in_flight: VecDeque::new(),
            answered: None,
            reading: false,
            more: true,
            caught_up: false,
            early: 0,
            overtaken: false,
            offers: 0,
            holds: 0,
            admits: 0,
            branching: false,
            branch_done: false,
            delivering: false,
            delivered: None,
        }
    }

    /// The office of this session.
    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// Whether a person is being asked about this machine.
    pub fn questioned(&self) -> bool {
        self.state == State::Questioned
    }

    /// Whether so much of what the node sent is still being written that no more should be read from it.
    pub fn busy(&self) -> bool {
        self.admits + self.holds + self.offers >= limits::UNWRITTEN_BATCHES
    }

    /// Takes an event and returns the work to be done.
    pub fn step(&mut self, event: HubEvent) -> Vec<HubWork> {
        let mut work = Vec::new();
        if self.state == State::Ended {
            return work;
        }
        let result = match event {
            HubEvent::Frame(frame) => match frame.frame {
                Some(frame) => self.frame(frame, &mut work),
                None => Err(broken("empty frame")),
            },
            HubEvent::Facts(facts) => self.judge(facts, &mut work),
            HubEvent::Admitted(admitted) => self.admitted(admitted, &mut work),
            HubEvent::Held(seat) => {
                self.holds = self.holds.saturating_sub(1);
                work.push(send(Down::Held(wire::Held { incarnation: seat.incarnation.0, seq: seat.seq })));
                self.fork_settled(&mut work);
                Ok(())
            }
            HubEvent::Offered => {
                self.offers = self.offers.saturating_sub(1);
                self.refilled(&mut work);
                Ok(())
            }
            HubEvent::Delivered => {
                self.delivering = false;
                self.deliver_on(&mut work);
                Ok(())
            }
            HubEvent::Mail { entries, arrivals, mark, end, ahead } => {
                self.overtake(ahead, end, &mut work);
                self.mail(entries, arrivals, mark, end, &mut work);
                Ok(())
            }
            HubEvent::Early(position, entry, arrival) => {
                // Who waits for a person, or for the end of a branch, gets no mail ahead either.
                if self.delivers() && self.sent < position {
                    work.push(early(position, &entry, arrival));
                }
                Ok(())
            }
            HubEvent::Waiting { position, urgent, registry } => {
                let queued = self.reading || !self.in_flight.is_empty() || self.more;
                let known = self.sent >= registry && self.early < limits::EARLY_ENTRIES;
                let early = urgent && queued && known;
                if early && self.delivers() && position > self.sent {
                    self.early += 1;
                    work.push(HubWork::ReadEarly(position));
                }
                self.more = true;
                Ok(())
            }
            // A node that does not get mail yet asks for the files when it does.
            HubEvent::FileReady(hash) if self.delivers() => {
                work.push(send(Down::FileReady(wire::FileReady { hash: hash.to_wire() })));
                Ok(())
            }
            HubEvent::FileReady(_) => Ok(()),
            HubEvent::Approved if self.state == State::Questioned => {
                let what = Some(wire::instruct::What::Resume(true));
                work.push(send(Down::Instruct(wire::Instruct { what })));
                Ok(())
            }
            HubEvent::Approved => Ok(()),
            HubEvent::End(end) => Err(end),
        };
        match result {
            Ok(()) => self.read_on(&mut work),
            Err(end) => {
                self.state = State::Ended;
                work.push(send(Down::Ended(wire::Ended {
                    reason: end.reason.into(),
                    detail: end.detail.clone(),
                })));
                work.push(HubWork::End(end));
            }
        }
        work
    }

    fn frame(&mut self, frame: node_frame::Frame, work: &mut Vec<HubWork>) -> Result<(), End> {
        use node_frame::Frame;
        match frame {
            Frame::Hello(hello) if self.state == State::New => {
                if hello.version_min > VERSIONS.1 || hello.version_max < VERSIONS.0 {
                    return Err(End::new(EndReason::EndVersion, format!("{}..{}", VERSIONS.0, VERSIONS.1)));
                }
                marks_in_order(&hello.cursor)?;
                let hello = Box::new(hello);
                self.hello = Some(hello.clone());
                self.state = State::Judging;
                work.push(HubWork::Facts { hello, refilled: false });
                Ok(())
            }
            Frame::Standing(answer) if self.state == State::Asking => {
                let mut facts = self.facts.take().ok_or_else(|| broken("standing"))?;
                facts.facts.line_on_chain = Some(answer.on_chain);
                self.judge(facts, work)
            }
            Frame::Offer(offer) if self.state == State::Refilling => {
                self.offers += 1;
                work.push(HubWork::Offer(unpack(offer.batch)?));
                Ok(())
            }
            Frame::OfferDone(_) if self.state == State::Refilling => {
                self.state = State::Refilled;
                self.refilled(work);
                Ok(())
            }
            Frame::Push(push) => self.push(unpack(push.batch)?, work),
            Frame::BranchDone(_) if self.branching => {
                (self.branching, self.branch_done) = (false, true);
                self.fork_settled(work);
                Ok(())
            }
            Frame::Delivered(delivered) => {
                let mark = delivered.mark.as_ref().ok_or_else(|| broken("delivered without a mark"))?;
                let mark: Mark = mark.try_into().map_err(broken)?;
                // It answers a frame, and those before it too. A node that got a frame twice answers twice.
                match self.in_flight.iter().position(|sent| *sent == mark) {
                    Some(place) => {
                        self.in_flight.drain(..=place);
                        self.answered = Some(mark);
                        self.delivered = Some(mark);
                        self.deliver_on(work);
                        Ok(())
                    }
                    None if self.answered == Some(mark) => Ok(()),
                    None => Err(broken("delivered what was not sent")),
                }
            }
            Frame::Status(status) => {
                work.push(HubWork::Status(status));
                Ok(())
            }
            _ => Err(broken("frame out of turn")),
        }
    }

    fn judge(&mut self, facts: Box<HubFacts>, work: &mut Vec<HubWork>) -> Result<(), End> {
        let verdict = match judge(&facts.facts) {
            Judgement::Replaced => {
                return Err(End::new(EndReason::EndCredential, "replaced by a newer credential"));
            }
            Judgement::Ask => {
                let line = facts.line.map(|line| line.link.into());
                self.facts = Some(facts);
                self.state = State::Asking;
                work.push(send(Down::Standing(wire::Standing { line })));
                return Ok(());
            }
            Judgement::Verdict(verdict) => verdict,
        };
        self.state = match verdict {
            Verdict::Refill => State::Refilling,
            Verdict::Continue => State::Continuing,
            Verdict::Adopt => State::Adopting,
            // Which entries of the branch are known shows at Push; the first unknown one decides between branch and
            // fork.
            Verdict::Branch | Verdict::Fork => State::Branching,
            _ => State::Questioned,
        };
        self.branching = self.state == State::Branching;
        self.sent = facts.from.position;
        let hello = self.hello.as_deref();
        let cursor_went_back = facts.facts.cursor > facts.from.position;
        self.own |= hello.is_some_and(|hello| hello.resuming || hello.beyond)
            || cursor_went_back
            || matches!(verdict, Verdict::Adopt | Verdict::Branch | Verdict::Fork);
        let after = match verdict {
            Verdict::Continue => facts.line.map(|line| line.link.seat),
            _ => facts.push_after,
        };
        work.push(send(Down::Welcome(wire::Welcome {
            verdict: verdict.into(),
            version: VERSIONS.1.min(hello.map_or(VERSIONS.1, |hello| hello.version_max)),
            line: facts.line.filter(|_| !planted("welcome.no-line")).map(|line| line.to_wire()),
            from: Some(facts.from.into()),
            delivered: facts.facts.delivered,
            hub_time: facts.hub_time.0,
            push_after: after.map(|seat| wire::Base { incarnation: seat.incarnation.0, seq: seat.seq }),
            later: facts.later.clone(),
        })));
        match verdict {
            Verdict::Refill if !facts.facts.cursor_fits => work.push(HubWork::WentBack {
                cursor: facts.facts.cursor,
                common: facts.from.position,
                proven: facts.proven,
            }),
            Verdict::Question => {
                let credential = hello.map_or(0, |hello| hello.credential);
                work.push(HubWork::Question { credential });
            }
            _ => {}
        }
        self.facts = Some(facts);
        Ok(())
    }

    fn refilled(&mut self, work: &mut Vec<HubWork>) {
        if self.state == State::Refilled
            && self.offers == 0
            && let Some(hello) = &self.hello
        {
            self.state = State::Judging;
            work.push(HubWork::Facts { hello: hello.clone(), refilled: true });
        }
    }

    fn push(&mut self, entries: Vec<Entry>, work: &mut Vec<HubWork>) -> Result<(), End> {
        let foreign = entries.iter().any(|entry| entry.header.ledger != self.office);
        if foreign && !planted("push.other-ledger") {
            return Err(End::new(EndReason::EndEntry, "other-ledger"));
        }
        match self.state {
            State::Continuing | State::Branching => {
                self.admits += 1;
                let branch = self.state == State::Branching;
                work.push(HubWork::Admit { entries, branch });
            }
            State::Forked | State::Questioned => {
                self.holds += 1;
                work.push(HubWork::Hold(entries));
            }
            _ => return Err(broken("push out of turn")),
        }
        Ok(())
    }

    fn admitted(&mut self, admitted: Admitted, work: &mut Vec<HubWork>) -> Result<(), End> {
        self.admits = self.admits.saturating_sub(1);
        if let Some(receipt) = admitted.receipt {
            work.push(send(Down::Receipt(receipt.to_short_wire())));
        }
        if admitted.new && self.state == State::Branching {
            self.state = State::Continuing;
            work.push(HubWork::Branched);
        }
        if let Some((rest, obstacle)) = admitted.rest {
            if obstacle == Obstacle::Chain {
                return Err(End::new(EndReason::EndEntry, EntryError::Chain.code()));
            }
            match (self.state, obstacle) {
                (State::Branching, Obstacle::Taken) => {
                    self.state = State::Forked;
                    work.push(HubWork::Forked);
                }
                (State::Continuing | State::Branching, _) => {
                    self.state = State::Questioned;
                    let credential = self.hello.as_ref().map_or(0, |hello| hello.credential);
                    work.push(HubWork::Question { credential });
                }
                _ => {}
            }
            self.holds += 1;
            work.push(HubWork::Hold(rest));
        }
        if admitted.line_beyond {
            return Err(End::new(EndReason::EndAgain, "the line lies further on"));
        }
        self.fork_settled(work);
        Ok(())
    }

    /// Lets the node adopt the line, once its whole branch is kept as evidence.
    fn fork_settled(&mut self, work: &mut Vec<HubWork>) {
        if self.state == State::Forked && self.branch_done && self.holds == 0 && self.admits == 0 {
            let line = self.facts.as_ref().and_then(|facts| facts.line).map(|line| line.to_wire());
            self.state = State::Adopting;
            work.push(send(Down::AdoptNow(wire::AdoptNow { line })));
        }
    }

    fn delivers(&self) -> bool {
        // No mail before a branch is settled: if the branch loses its places, the node needs them for the entries that
        // won.
        matches!(self.state, State::Continuing | State::Adopting)
    }

    /// Sends the urgent entries of what waited at Welcome ahead of it, once. Later ones are announced one by one.
    fn overtake(&mut self, ahead: Option<Vec<(u64, Entry, u64)>>, end: bool, work: &mut Vec<HubWork>) {
        if !self.delivers() || self.overtaken {
            return;
        }
        self.overtaken = end || ahead.is_some();
        for (position, entry, arrival) in ahead.into_iter().flatten() {
            self.early += 1;
            work.push(early(position, &entry, arrival));
        }
    }

    fn mail(
        &mut self,
        entries: Vec<(u64, Entry)>,
        arrivals: Vec<u64>,
        mark: Mark,
        end: bool,
        work: &mut Vec<HubWork>,
    ) {
        self.reading = false;
        if end {
            self.early = 0;
        }
        // `more` stays set if mail was announced during the read: it may lie behind the read's end.
        self.more |= !end;
        if !self.delivers() {
            return;
        }
        let wire_mark = Some(mark.into());
        if !entries.is_empty() {
            work.push(send(Down::Deliver(wire::Deliver {
                positions: entries.iter().map(|(position, _)| *position).collect(),
                batch: Some(batch::pack(entries.iter().map(|(_, entry)| entry))),
                mark: wire_mark,
                early: false,
                arrivals,
            })));
        } else if end && !self.caught_up {
            work.push(send(Down::CaughtUp(wire::CaughtUp { mark: wire_mark })));
        } else {
            return;
        }
        self.caught_up |= end && entries.is_empty();
        self.in_flight.push_back(mark);
        self.sent = mark.position;
        if end && !self.caught_up {
            self.more = true;
        }
    }

    /// Has the newest delivered mark written, one at a time.
    fn deliver_on(&mut self, work: &mut Vec<HubWork>) {
        if !self.delivering
            && let Some(mark) = self.delivered.take()
        {
            self.delivering = true;
            work.push(HubWork::Delivered(mark));
        }
    }

    fn read_on(&mut self, work: &mut Vec<HubWork>) {
        let credit = self.in_flight.len() < limits::UNDELIVERED_FRAMES || planted("mail.no-credit");
        if self.delivers() && self.more && credit && !self.reading {
            self.reading = true;
            self.more = false;
            let urgent = !self.overtaken;
            work.push(HubWork::ReadMail { after: self.sent, own: self.own, urgent });
        }
    }
}

/// Marks come newest first, each with a whole running hash.
fn marks_in_order(marks: &[wire::Mark]) -> Result<(), End> {
    if marks.len() > limits::OLDER_MARKS + 1 {
        return Err(broken("too many marks"));
    }
    let mut before = u64::MAX;
    for mark in marks {
        let mark: Mark = match mark.try_into() {
            Err(_) if planted("marks.any") => continue,
            mark => mark.map_err(broken)?,
        };
        if mark.position >= before && !planted("marks.any") {
            return Err(broken("order of marks"));
        }
        before = mark.position;
    }
    Ok(())
}

fn unpack(batch: Option<wire::Batch>) -> Result<Vec<Entry>, End> {
    let batch = batch.ok_or_else(|| broken("no batch"))?;
    let entries = batch::unpack(batch).map_err(|error| End::new(EndReason::EndEntry, error.code()))?;
    if entries.is_empty() {
        return Err(broken("empty batch"));
    }
    Ok(entries)
}

fn send(frame: Down) -> HubWork {
    HubWork::Send(wire::HubFrame { frame: Some(frame), head: None })
}

/// An entry ahead of its turn.
fn early(position: u64, entry: &Entry, arrival: u64) -> HubWork {
    send(Down::Deliver(wire::Deliver {
        positions: vec![position],
        batch: Some(batch::pack([entry])),
        mark: None,
        early: true,
        arrivals: vec![arrival],
    }))
}

fn broken(detail: &str) -> End {
    End::new(EndReason::EndProtocol, detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use uuid::Uuid;

    use super::*;
    use crate::entry::{Header, SALT};
    use crate::id::{Hash, Incarnation, RecordId, Seat};
    use crate::session::Facts;
    use crate::time::Hlc;
    use crate::wire::{Confidentiality, Urgency};

    const OFFICE: OfficeId = OfficeId(Uuid::from_u128(1));

    fn mark(position: u64) -> Mark {
        Mark { position, running: Hash([position as u8; 32]) }
    }

    fn said(frame: node_frame::Frame) -> HubEvent {
        HubEvent::Frame(wire::NodeFrame { frame: Some(frame) })
    }

    fn hello(cursor: Vec<wire::Mark>) -> HubEvent {
        let (version_min, version_max) = VERSIONS;
        said(node_frame::Frame::Hello(wire::Hello { version_min, version_max, cursor, ..Default::default() }))
    }

    fn entry() -> Entry {
        let header = Header {
            ledger: OfficeId(Uuid::from_u128(2)),
            seat: Seat { incarnation: Incarnation(1 << 32), seq: 1 },
            base: None,
            time: Hlc(1),
            seen: None,
            author: "a".into(),
            record: RecordId(Uuid::from_u128(3)),
            kind: 99,
            mv: 0,
            audience: vec![],
            urgency: Urgency::Express,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        Entry::write(&header, &[], [0; SALT], Hash::ZERO, &SigningKey::from_bytes(&[1; 32])).unwrap()
    }

    fn working() -> HubSession {
        let mut session = HubSession::new(OFFICE);
        session.step(hello(vec![]));
        let facts = Facts {
            replaced: false,
            beyond: false,
            refilled: false,
            cursor_fits: true,
            cursor: 0,
            delivered: 0,
            resuming: false,
            forgot: false,
            tip: false,
            tip_known: false,
            tip_taken: false,
            line_on_chain: Some(true),
        };
        let (from, hub_time) = (Mark::START, Hlc(1));
        let found =
            HubFacts { facts, line: None, from, push_after: None, hub_time, proven: false, later: None };
        session.step(HubEvent::Facts(Box::new(found)));
        session
    }

    #[test]
    fn nothing_comes_ahead_where_no_mail_comes() {
        let sends = |work: Vec<HubWork>| work.iter().any(|work| matches!(work, HubWork::Send(_)));
        assert!(!sends(HubSession::new(OFFICE).step(HubEvent::Early(5, entry(), 0))));
        assert!(sends(working().step(HubEvent::Early(5, entry(), 0))));
    }

    #[test]
    fn the_urgent_of_a_backlog_go_first_and_once() {
        let sent = |work: Vec<HubWork>| -> Vec<(Vec<u64>, bool)> {
            let delivers = work.into_iter().filter_map(|work| match work {
                HubWork::Send(wire::HubFrame { frame: Some(Down::Deliver(deliver)), .. }) => {
                    Some((deliver.positions, deliver.early))
                }
                _ => None,
            });
            delivers.collect()
        };
        let piece = |position, ahead: Option<&[u64]>| HubEvent::Mail {
            entries: vec![(position, entry())],
            arrivals: vec![0],
            mark: mark(position),
            end: false,
            ahead: ahead.map(|ahead| ahead.iter().map(|position| (*position, entry(), 0)).collect()),
        };
        let asks = |work: &[HubWork]| {
            work.iter().find_map(|work| match work {
                HubWork::ReadMail { urgent, .. } => Some(*urgent),
                _ => None,
            })
        };
        let mut session = working();
        // The newest entry of the registry is still to come: it is asked again.
        let work = session.step(piece(1, None));
        assert_eq!((asks(&work), sent(work)), (Some(true), vec![(vec![1], false)]));
        let work = session.step(piece(2, Some(&[9, 7])));
        assert_eq!(asks(&work), Some(false));
        assert_eq!(sent(work), [(vec![9], true), (vec![7], true), (vec![2], false)]);
        assert_eq!(sent(session.step(piece(3, Some(&[9])))), [(vec![3], false)]);
    }

    #[test]
    fn delivered_marks_are_written_one_at_a_time_and_the_newest_last() {
        let mut session = working();
        let written = |work: Vec<HubWork>| -> Vec<u64> {
            let marks = work.into_iter().filter_map(|work| match work {
                HubWork::Delivered(mark) => Some(mark.position),
                _ => None,
            });
            marks.collect()
        };
        for position in 1..=3 {
            session.step(HubEvent::Mail {
                entries: vec![(position, entry())],
                arrivals: vec![0],
                mark: mark(position),
                end: false,
                ahead: None,
            });
        }
        let delivered = |position| {
            said(node_frame::Frame::Delivered(wire::Delivered { mark: Some(mark(position).into()) }))
        };
        assert_eq!(written(session.step(delivered(1))), [1]);
        assert!(
            written(session.step(delivered(2))).is_empty() && written(session.step(delivered(3))).is_empty()
        );
        assert_eq!(written(session.step(HubEvent::Delivered)), [3]);
        assert!(written(session.step(HubEvent::Delivered)).is_empty());
    }

    #[test]
    fn marks_that_no_node_says_end_the_session() {
        let short = wire::Mark { position: 1, running: vec![0; 31].into() };
        let ends = |cursor: Vec<wire::Mark>| {
            HubSession::new(OFFICE).step(hello(cursor)).iter().any(|work| matches!(work, HubWork::End(_)))
        };
        assert!(ends(vec![short]));
        assert!(ends(vec![mark(1).into(), mark(2).into()]));
        assert!(ends(vec![mark(2).into(), mark(2).into()]));
        assert!(!ends(vec![mark(2).into(), mark(1).into()]));
    }
}
