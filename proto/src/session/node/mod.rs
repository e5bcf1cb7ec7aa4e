//! The node's end of the session.

mod push;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::node_work::{MailEnd, NodeEvent, NodeFacts, NodeWork, NodeWrite, Wrote};
use super::{End, VERSIONS};
use crate::entry::Entry;
use crate::fault::planted;
use crate::id::{Incarnation, Link, Mark, Seat};
use crate::receipt::{Receipt, seat_of};
use crate::wire::node_frame::Frame as Up;
use crate::wire::{self, EndReason, Verdict, hub_frame, instruct};
use crate::{batch, limits};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Hello is sent.
    Greeting,
    /// The verdict is being written.
    Welcomed(Verdict),
    /// Giving back what the hub may lack.
    Refilling,
    /// Pushing after the line, taking mail.
    Continuing,
    /// Taking the own ledger back; pushing nothing.
    Adopting,
    /// Sending a branch; the hub may yet say that it lost.
    Branching,
    /// Waiting for a person at the hub; what is pushed is evidence.
    Questioned,
    /// Over.
    Ended,
}

/// The node's end of one session. It sends one Hello: whenever something must be judged again, the session ends with
/// "again" and the driver calls anew.
#[derive(Debug)]
pub struct NodeSession {
    facts: NodeFacts,
    state: State,
    /// The cursor as stored; a Welcome may set it back.
    cursor: Mark,
    resuming: bool,
    /// The hub's line, from Welcome.
    line: Option<Receipt>,
    line_held: bool,
    /// The delivered mark's position, from Welcome.
    delivered: u64,
    /// The newest own entry on the tip's chain that the hub is known to have.
    receipted: Option<Seat>,
    /// The newest receipt in the store; it only moves forward, even if `receipted` does not.
    stored: Option<Seat>,
    /// The last own entry read for pushing.
    read: Option<Seat>,
    /// Seat after which the branch begins: if it loses, all after it is set aside.
    branch_after: Option<Seat>,
    branch_done: bool,
    reading: bool,
    /// Nothing of the chain follows `read`.
    at_end: bool,
    /// Something was appended since the last read began.
    appended: bool,
    /// Own entries pushed and not yet answered, with the size of each in bytes.
    waiting: VecDeque<(Link, usize)>,
    /// Sum of those sizes, bytes.
    waiting_bytes: usize,
    /// Frames that came while the Welcome was being written.
    early: VecDeque<hub_frame::Frame>,
    /// Writes under way, oldest first.
    writing: VecDeque<Written>,
    /// Status to be sent after the verdict.
    status: Option<wire::Status>,
    /// The hub takes no own entries in this session.
    later: Option<wire::Later>,
}

/// What to do when a write under way is durable.
#[derive(Clone, Copy, Debug)]
enum Written {
    Nothing,
    Welcome,
    Mail(Option<Mark>, bool),
    AsideThenAdopt,
    Again,
}

impl NodeSession {
    /// Begins a session by sending Hello.
    pub fn start(facts: NodeFacts) -> (Self, Vec<NodeWork>) {
        let cursor = facts.cursor.first().copied().unwrap_or(Mark::START);
        let hello = wire::Hello {
            version_min: VERSIONS.0,
            version_max: VERSIONS.1,
            tip: facts.tip.map(Into::into),
            receipt: facts.receipt.filter(|_| !planted("hello.no-receipt")).map(|receipt| receipt.to_wire()),
            cursor: facts.cursor.iter().map(|mark| (*mark).into()).collect(),
            // A store without mail, which a rebuilt hub has sent back to the start, looks like an old copy: it says
            // that it is behind.
            resuming: facts.resuming || cursor == Mark::START,
            beyond: facts.beyond,
            credential: facts.credential,
            backlog: facts.backlog,
            clock: facts.clock,
            program: facts.program.clone(),
            head: facts.head.map(|head| head.to_wire()),
            machine: facts.machine.clone(),
        };
        let session = Self {
            state: State::Greeting,
            cursor,
            resuming: facts.resuming,
            line: None,
            line_held: false,
            delivered: 0,
            receipted: None,
            stored: facts.receipt.map(|receipt| receipt.link.seat),
            read: None,
            branch_after: None,
            branch_done: false,
            reading: false,
            at_end: false,
            appended: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            early: VecDeque::new(),
            writing: VecDeque::new(),
            status: None,
            later: None,
            facts,
        };
        (session, vec![send(Up::Hello(hello))])
    }

    /// Whether the verdict was Continue, or has become so: the office works with the hub as usual.
    pub fn settled(&self) -> bool {
        matches!(self.state, State::Continuing)
    }

    /// Whether enough of what the hub sent is still being written: no more should be read from it now.
    pub fn busy(&self) -> bool {
        self.writing.len() >= limits::UNWRITTEN_FRAMES
    }

    /// Whether a person at the hub is being asked about this machine.
    pub fn questioned(&self) -> bool {
        self.state == State::Questioned
    }

    /// What the hub takes no more of in this session, and when to say Hello again; none: everything.
    pub fn later(&self) -> Option<&wire::Later> {
        self.later.as_ref()
    }

    /// Takes an event and returns the work to be done.
    pub fn step(&mut self, event: NodeEvent) -> Vec<NodeWork> {
        let mut work = Vec::new();
        if self.state == State::Ended {
            return work;
        }
        let result = match event {
            NodeEvent::Frame(frame) => match frame.frame {
                // Frames that follow a Welcome wait until it is written.
                Some(frame) if matches!(self.state, State::Welcomed(_)) => {
                    self.early.push_back(frame);
                    if self.early.len() > limits::UNDELIVERED_FRAMES + limits::EARLY_ENTRIES + 1 {
                        Err(broken("too much after a welcome"))
                    } else {
                        Ok(())
                    }
                }
                Some(frame) => self.frame(frame, &mut work),
                None => Err(broken("empty frame")),
            },
            NodeEvent::Appended => {
                self.at_end = false;
                self.appended = true;
                Ok(())
            }
            NodeEvent::OnChain(on_chain) => {
                work.push(send(Up::Standing(wire::StandingAnswer { on_chain })));
                Ok(())
            }
            NodeEvent::Chain { entries, end } => {
                self.chain(entries, end, &mut work);
                Ok(())
            }
            NodeEvent::Beyond { entries, next } => {
                self.beyond(entries, next, &mut work);
                Ok(())
            }
            NodeEvent::Wrote(wrote) => self.wrote(wrote, &mut work),
            NodeEvent::Status(status) => {
                if matches!(self.state, State::Greeting | State::Refilling | State::Welcomed(_)) {
                    // The clock's time will be old when this is sent, and Hello has carried one.
                    self.status = Some(wire::Status { clock: 0, ..status });
                } else {
                    work.push(send(Up::Status(status)));
                }
                Ok(())
            }
        };
        match result {
            Ok(()) => self.push_on(&mut work),
            Err(end) => self.end(end, &mut work),
        }
        work
    }

    fn frame(&mut self, frame: hub_frame::Frame, work: &mut Vec<NodeWork>) -> Result<(), End> {
        use hub_frame::Frame;
        match frame {
            Frame::Standing(standing) if matches!(self.state, State::Greeting | State::Refilling) => {
                let line = standing.line.as_ref().ok_or_else(|| broken("standing without a line"))?;
                work.push(NodeWork::OnChain(line.try_into().map_err(broken)?));
                Ok(())
            }
            Frame::Welcome(welcome) => self.welcome(welcome, work),
            Frame::Receipt(receipt) => self.receipt(receipt, work),
            Frame::Held(held)
                if matches!(self.state, State::Questioned | State::Branching | State::Continuing) =>
            {
                let seat = Seat { incarnation: Incarnation(held.incarnation), seq: held.seq };
                self.answered(seat)?;
                // The entry does not continue the line, though the session began with Continue: a person is asked.
                if self.state == State::Continuing {
                    self.state = State::Questioned;
                }
                Ok(())
            }
            Frame::AdoptNow(adopt) => self.adopt_now(adopt, work),
            Frame::Deliver(deliver) => self.deliver(deliver, work),
            Frame::CaughtUp(caught_up) => {
                let mark = caught_up.mark.as_ref().ok_or_else(|| broken("caught up without a mark"))?;
                self.mail(Vec::new(), Vec::new(), Some(mark.try_into().map_err(broken)?), work)
            }
            Frame::Instruct(instruct) => match instruct.what {
                Some(instruct::What::Resume(true)) => {
                    self.write(NodeWrite::Resume, Written::Again, work);
                    Ok(())
                }
                // Renewal is left to the driver, which owns the keys. Unknown instructions are those of a newer hub.
                _ => Ok(()),
            },
            // Files travel beside the session: the driver of this machine tells whoever carries them.
            Frame::FileReady(_) => Ok(()),
            Frame::Ended(ended) => {
                let reason = EndReason::try_from(ended.reason).unwrap_or(EndReason::EndUnspecified);
                Err(End::new(reason, ended.detail))
            }
            _ => Err(broken("frame out of turn")),
        }
    }

    fn welcome(&mut self, welcome: wire::Welcome, work: &mut Vec<NodeWork>) -> Result<(), End> {
        if !matches!(self.state, State::Greeting | State::Refilling) {
            return Err(broken("second welcome"));
        }
        if !(VERSIONS.0..=VERSIONS.1).contains(&welcome.version) {
            return Err(End::new(EndReason::EndVersion, "the hub chose a version that was not offered"));
        }
        let line = match &welcome.line {
            Some(line) => {
                let line = Receipt::from_wire(line, None).ok_or_else(|| broken("line of a welcome"))?;
                if !line.verify(self.facts.office, &self.facts.hub_key) {
                    return Err(broken("signature of the line"));
                }
                Some(line)
            }
            None => None,
        };
        let from = match &welcome.from {
            Some(from) => from.try_into().map_err(broken)?,
            None => Mark::START,
        };
        let verdict = welcome.verdict();
        if verdict == Verdict::Unspecified {
            return Err(broken("no verdict"));
        }
        self.line = line;
        self.delivered = welcome.delivered;
        self.read =
            welcome.push_after.map(|base| Seat { incarnation: Incarnation(base.incarnation), seq: base.seq });
        self.branch_after = self.read;
        self.later = welcome.later;
        self.state = State::Welcomed(verdict);
        let forgotten = self.cursor == Mark::START && self.delivered > 0;
        let behind = forgotten || matches!(verdict, Verdict::Adopt | Verdict::Branch | Verdict::Fork);
        if self.cursor.position > from.position {
            self.cursor = from;
            self.resuming = true;
        }
        self.resuming |= behind;
        self.write(NodeWrite::Welcome { from, resuming: behind, line }, Written::Welcome, work);
        Ok(())
    }

    fn welcomed(&mut self, on_chain: bool, held: bool, work: &mut Vec<NodeWork>) -> Result<(), End> {
        let State::Welcomed(verdict) = self.state else {
            return Err(broken("welcome written twice"));
        };
        self.line_held = held;
        if verdict != Verdict::Refill {
            // Sent before any push, since the hub counts the backlog down from it.
            work.extend(self.status.take().map(|status| send(Up::Status(status))));
        }
        if on_chain {
            self.receipted = self.line.map(|line| line.link.seat);
            self.stored = self.stored.max(self.receipted);
        }
        match verdict {
            Verdict::Refill if planted("refill.nothing-offered") => {
                self.state = State::Refilling;
                work.push(send(Up::OfferDone(wire::OfferDone {})));
            }
            Verdict::Refill => {
                self.state = State::Refilling;
                work.push(NodeWork::ReadBeyond(0));
            }
            Verdict::Continue if !on_chain => return Err(broken("continue after a line not ours")),
            Verdict::Continue => {
                self.state = State::Continuing;
                self.finish(work);
            }
            // Whose chain holds the line lacks nothing of it: such a verdict would undo what was written after it.
            Verdict::Adopt | Verdict::Branch | Verdict::Fork if on_chain && !planted("adopt.line-behind") => {
                return Err(broken("the line of this verdict is on the own chain"));
            }
            Verdict::Adopt => {
                self.state = State::Adopting;
                self.finish(work);
            }
            Verdict::Branch | Verdict::Fork => self.state = State::Branching,
            Verdict::Question => self.state = State::Questioned,
            Verdict::Unspecified => return Err(broken("no verdict")),
        }
        while let Some(frame) = self.early.pop_front() {
            self.frame(frame, work)?;
        }
        Ok(())
    }

    /// Ends a verdict that needs no mail or receipt to be complete, by an empty write.
    fn finish(&mut self, work: &mut Vec<NodeWork>) {
        let end = self.mail_end(self.cursor);
        if end != MailEnd::None {
            let write = NodeWrite::Mail { entries: Vec::new(), arrivals: Vec::new(), mark: None, end };
            self.write(write, Written::Mail(None, matches!(end, MailEnd::Adopt { .. })), work);
        }
    }

    fn receipt(&mut self, receipt: wire::Receipt, work: &mut Vec<NodeWork>) -> Result<(), End> {
        if !matches!(self.state, State::Continuing | State::Branching) {
            return Err(broken("receipt out of turn"));
        }
        let link = self.answered(seat_of(&receipt))?;
        let receipt = Receipt::from_wire(&receipt, Some(link.hash)).ok_or_else(|| broken("receipt"))?;
        let signed = receipt.verify(self.facts.office, &self.facts.hub_key) || planted("receipt.unsigned");
        if receipt.link != link || !signed {
            return Err(broken("signature of a receipt"));
        }
        self.receipted = Some(link.seat);
        if self.state == State::Branching && self.branch_done && self.waiting.is_empty() {
            self.state = State::Continuing;
        }
        // A hub that forgot entries receipts older ones again; the newest receipt in the store never goes back.
        let newer = self.stored < Some(link.seat);
        let resumed = self.resuming && self.resumed(self.cursor);
        if newer || resumed {
            self.resuming &= !resumed;
            self.stored = self.stored.max(Some(link.seat));
            if newer {
                self.write(NodeWrite::Receipt { receipt, resumed }, Written::Nothing, work);
            } else {
                let write = NodeWrite::Mail {
                    entries: Vec::new(),
                    arrivals: Vec::new(),
                    mark: None,
                    end: MailEnd::Resumed,
                };
                self.write(write, Written::Nothing, work);
            }
        }
        Ok(())
    }

    fn adopt_now(&mut self, adopt: wire::AdoptNow, work: &mut Vec<NodeWork>) -> Result<(), End> {
        if self.state != State::Branching || !self.branch_done {
            return Err(broken("adopt out of turn"));
        }
        let line = adopt.line.as_ref().and_then(|line| Receipt::from_wire(line, None));
        let line = line.ok_or_else(|| broken("adopt without a line"))?;
        if !line.verify(self.facts.office, &self.facts.hub_key) {
            return Err(broken("signature of the line"));
        }
        if self.facts.tip.is_none() {
            return Err(broken("adopt for an empty branch"));
        }
        self.line = Some(line);
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.state = State::Adopting;
        let write = NodeWrite::Aside { after: self.receipted.or(self.branch_after) };
        self.write(write, Written::AsideThenAdopt, work);
        Ok(())
    }

    fn deliver(&mut self, deliver: wire::Deliver, work: &mut Vec<NodeWork>) -> Result<(), End> {
        let batch = deliver.batch.ok_or_else(|| broken("delivery without a batch"))?;
        let entries = batch::unpack(batch).map_err(|error| End::new(EndReason::EndEntry, error.code()))?;
        if entries.len() != deliver.positions.len() {
            return Err(broken("positions of a delivery"));
        }
        if entries.len() != deliver.arrivals.len() {
            return Err(broken("arrivals of a delivery"));
        }
        let mark: Option<Mark> = match (&deliver.mark, deliver.early) {
            (Some(mark), false) => Some(mark.try_into().map_err(broken)?),
            (None, true) => None,
            _ => return Err(broken("mark of a delivery")),
        };
        // In order and up to the mark, the first after the cursor: what is said of positions is kept.
        let last = mark.map_or(limits::NUMBER, |mark| mark.position);
        let after = if deliver.early { 0 } else { self.cursor.position };
        let positions = std::iter::once(after).chain(deliver.positions.iter().copied());
        let ascending = positions.is_sorted_by(|before, next| before < next);
        if !ascending || deliver.positions.last().is_some_and(|position| *position > last) {
            return Err(broken("positions of a delivery"));
        }
        entries.iter().for_each(|entry| self.facts.keys.hear(entry));
        let mail = deliver.positions.into_iter().zip(entries).zip(deliver.arrivals);
        // The word about an earlier machine's key may come only in order; so does an early entry, once more.
        let wanted = |(_, entry): &(u64, Entry)| !deliver.early || self.facts.keys.vouch(entry);
        let (entries, arrivals): (Vec<(u64, Entry)>, Vec<u64>) =
            mail.filter(|(entry, _)| wanted(entry)).unzip();
        let forged: Vec<Entry> = entries
            .iter()
            .filter(|(_, entry)| !self.facts.keys.vouch(entry))
            .map(|(_, entry)| entry.clone())
            .collect();
        if !forged.is_empty() {
            self.write(NodeWrite::Forged(forged), Written::Nothing, work);
            return Err(End::new(EndReason::EndEntry, "an own entry that no machine of this office signed"));
        }
        self.mail(entries, arrivals, mark, work)
    }

    fn mail(
        &mut self,
        entries: Vec<(u64, Entry)>,
        arrivals: Vec<u64>,
        mark: Option<Mark>,
        work: &mut Vec<NodeWork>,
    ) -> Result<(), End> {
        if !matches!(self.state, State::Continuing | State::Adopting | State::Branching) {
            return Err(broken("mail out of turn"));
        }
        let own = |link: &Link| {
            entries.iter().any(|(_, entry)| entry.header.ledger == self.facts.office && entry.link() == *link)
        };
        self.line_held |= self.line.is_some_and(|line| own(&line.link));
        if let Some(mark) = mark {
            if mark.position < self.cursor.position {
                return Err(broken("mail goes back"));
            }
            self.cursor = mark;
        }
        if let Some(mark) = mark.filter(|_| planted("delivered.before-durable")) {
            work.push(send(Up::Delivered(wire::Delivered { mark: Some(mark.into()) })));
        }
        let end = if mark.is_some() { self.mail_end(self.cursor) } else { MailEnd::None };
        let again = matches!(end, MailEnd::Adopt { .. });
        self.write(NodeWrite::Mail { entries, arrivals, mark, end }, Written::Mail(mark, again), work);
        Ok(())
    }

    fn mail_end(&mut self, cursor: Mark) -> MailEnd {
        match (self.state, self.line) {
            (State::Adopting, Some(line)) if self.line_held && cursor.position >= self.delivered => {
                MailEnd::Adopt { tip: self.facts.tip, line }
            }
            (State::Continuing | State::Branching, _) if self.resuming && self.resumed(cursor) => {
                self.resuming = false;
                MailEnd::Resumed
            }
            _ => MailEnd::None,
        }
    }

    /// Whether all mail up to the delivered mark is in hand, and the hub has all own entries up to Hello's tip.
    fn resumed(&self, cursor: Mark) -> bool {
        let mail = cursor.position >= self.delivered || planted("resuming.before-mail");
        let own = self.facts.tip.is_none_or(|tip| self.receipted >= Some(tip.seat));
        mail && (own || planted("resuming.before-receipts"))
    }

    fn wrote(&mut self, wrote: Wrote, work: &mut Vec<NodeWork>) -> Result<(), End> {
        let done = self.writing.pop_front().ok_or_else(|| broken("write that was not asked for"))?;
        match (done, wrote) {
            (Written::Welcome, Wrote::Welcomed { on_chain, held }) => self.welcomed(on_chain, held, work),
            (Written::Mail(mark, adopting), wrote) => {
                if let Some(mark) = mark {
                    work.push(send(Up::Delivered(wire::Delivered { mark: Some(mark.into()) })));
                }
                match (adopting, wrote) {
                    // The ledger is whole again, or people have written meanwhile: both need a new Hello.
                    (true, Wrote::TipMoved | Wrote::Done) => Err(again("adopted")),
                    _ => Ok(()),
                }
            }
            (Written::AsideThenAdopt, Wrote::Aside { tip }) => {
                self.facts.tip = tip;
                self.finish(work);
                Ok(())
            }
            (Written::Again, _) => Err(again("approved")),
            (Written::Nothing, _) => Ok(()),
            (Written::Welcome | Written::AsideThenAdopt, _) => Err(broken("answer to a write")),
        }
    }

    fn write(&mut self, write: NodeWrite, then: Written, work: &mut Vec<NodeWork>) {
        self.writing.push_back(then);
        work.push(NodeWork::Write(write));
    }

    fn end(&mut self, end: End, work: &mut Vec<NodeWork>) {
        self.state = State::Ended;
        work.push(NodeWork::End(end));
    }
}

fn send(frame: Up) -> NodeWork {
    NodeWork::Send(wire::NodeFrame { frame: Some(frame) })
}

fn broken(detail: &str) -> End {
    End::new(EndReason::EndProtocol, detail)
}

fn again(detail: &str) -> End {
    End::new(EndReason::EndAgain, detail)
}
