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
    /// Hello is said.
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

/// The node's end. One Hello a session: whenever something must be judged again, the session ends with
/// "again" and the driver calls anew.
#[derive(Debug)]
pub struct NodeSession {
    facts: NodeFacts,
    state: State,
    /// What the second Welcome may still change: the cursor as stored.
    cursor: Mark,
    resuming: bool,
    /// The hub's line as told in Welcome.
    line: Option<Receipt>,
    line_held: bool,
    /// The delivered mark as told in Welcome.
    delivered: u64,
    /// The newest own entry that the hub is known to have, on the tip's chain.
    receipted: Option<Seat>,
    /// Whether `receipted` may only grow: the newest receipt in the store.
    stored: Option<Seat>,
    /// The last own entry read for pushing.
    read: Option<Seat>,
    /// Where the branch began, for setting it aside.
    branch_after: Option<Seat>,
    branch_done: bool,
    reading: bool,
    /// Nothing of the chain follows `read`.
    at_end: bool,
    /// Something was appended since the last read began.
    appended: bool,
    /// Pushed and not yet answered, with the bytes of each.
    waiting: VecDeque<(Link, usize)>,
    /// The sum of those bytes.
    waiting_bytes: usize,
    /// Frames that came while the Welcome was being written.
    early: VecDeque<hub_frame::Frame>,
    /// Writes under way, oldest first.
    writing: VecDeque<Written>,
    /// How the office stands, to be told after the verdict.
    status: Option<wire::Status>,
}

/// A write under way and what to do when it is durable.
#[derive(Clone, Copy, Debug)]
enum Written {
    Nothing,
    Welcome,
    Mail(Option<Mark>, bool),
    AsideThenAdopt,
    Again,
}

impl NodeSession {
    /// Begins a session: says Hello.
    pub fn start(facts: NodeFacts) -> (Self, Vec<NodeWork>) {
        let cursor = facts.cursor.first().copied().unwrap_or(Mark::START);
        let hello = wire::Hello {
            version_min: VERSIONS.0,
            version_max: VERSIONS.1,
            tip: facts.tip.map(Into::into),
            receipt: facts.receipt.filter(|_| !planted("hello.no-receipt")).map(|receipt| receipt.to_wire()),
            cursor: facts.cursor.iter().map(|mark| (*mark).into()).collect(),
            // With no mail in hand nobody can tell a store that a hub without memory sent back from an old copy.
            resuming: facts.resuming || cursor == Mark::START,
            beyond: facts.beyond,
            credential: facts.credential,
            backlog: facts.backlog,
            clock: facts.clock,
            program: facts.program.clone(),
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
            facts,
        };
        (session, vec![send(Up::Hello(hello))])
    }

    /// Whether the hub has answered and the office works with it as usual.
    pub fn settled(&self) -> bool {
        matches!(self.state, State::Continuing)
    }

    /// Whether a person at the hub is being asked about this machine.
    pub fn questioned(&self) -> bool {
        self.state == State::Questioned
    }

    /// Takes what happened, says what is to be done.
    pub fn step(&mut self, event: NodeEvent) -> Vec<NodeWork> {
        let mut work = Vec::new();
        if self.state == State::Ended {
            return work;
        }
        let result = match event {
            NodeEvent::Frame(frame) => match frame.frame {
                // What follows a Welcome is understood once the Welcome is written.
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
                    // Until then its time is past, and Hello has said one.
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
                // What continued the line no longer does: a person is asked.
                if self.state == State::Continuing {
                    self.state = State::Questioned;
                }
                Ok(())
            }
            Frame::AdoptNow(adopt) => self.adopt_now(adopt, work),
            Frame::Deliver(deliver) => self.deliver(deliver, work),
            Frame::CaughtUp(caught_up) => {
                let mark = caught_up.mark.as_ref().ok_or_else(|| broken("caught up without a mark"))?;
                self.mail(Vec::new(), Some(mark.try_into().map_err(broken)?), work)
            }
            Frame::Instruct(instruct) => match instruct.what {
                Some(instruct::What::Resume(true)) => {
                    self.write(NodeWrite::Resume, Written::Again, work);
                    Ok(())
                }
                // Renewal is the driver's: it owns the keys. Unknown instructions are newer than us.
                _ => Ok(()),
            },
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
            // Ahead of what is pushed: the hub counts down from it.
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

    /// A verdict whose end is reached without any mail or receipt: an empty write closes it.
    fn finish(&mut self, work: &mut Vec<NodeWork>) {
        let end = self.mail_end(self.cursor);
        if end != MailEnd::None {
            let write = NodeWrite::Mail { entries: Vec::new(), mark: None, end };
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
        // A hub that forgot receipts older entries again: the newest receipt never goes back.
        let newer = self.stored < Some(link.seat);
        let resumed = self.resuming && self.resumed(self.cursor);
        if newer || resumed {
            self.resuming &= !resumed;
            self.stored = self.stored.max(Some(link.seat));
            if newer {
                self.write(NodeWrite::Receipt { receipt, resumed }, Written::Nothing, work);
            } else {
                let write = NodeWrite::Mail { entries: Vec::new(), mark: None, end: MailEnd::Resumed };
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
        let mark = match (&deliver.mark, deliver.early) {
            (Some(mark), false) => Some(mark.try_into().map_err(broken)?),
            (None, true) => None,
            _ => return Err(broken("mark of a delivery")),
        };
        self.mail(deliver.positions.into_iter().zip(entries).collect(), mark, work)
    }

    fn mail(
        &mut self,
        entries: Vec<(u64, Entry)>,
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
        self.write(NodeWrite::Mail { entries, mark, end }, Written::Mail(mark, again), work);
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

    /// All mail up to the delivered mark is in hand, and the hub has all own entries up to Hello's tip.
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
                    // The ledger is whole again, or people wrote on the old one: either way Hello says it anew.
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
