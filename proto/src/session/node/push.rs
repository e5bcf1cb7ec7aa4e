//! What the node sends of its journal: own entries along the chain as far as credit lasts, and what the hub may lack.

use super::{NodeSession, State, broken, send};
use crate::entry::Entry;
use crate::fault::planted;
use crate::id::{Link, Seat};
use crate::session::End;
use crate::session::node_work::NodeWork;
use crate::wire::node_frame::Frame as Up;
use crate::{batch, limits, wire};

impl NodeSession {
    /// Takes the entries up to `seat`, which an answer covers, from the queue; returns the link of the last.
    pub(super) fn answered(&mut self, seat: Seat) -> Result<Link, End> {
        while let Some((link, bytes)) = self.waiting.pop_front() {
            self.waiting_bytes -= bytes;
            if link.seat == seat {
                return Ok(link);
            }
        }
        Err(broken("answer for an entry that was not sent"))
    }

    /// Pushes the own entries just read, in batches.
    pub(super) fn chain(&mut self, entries: Vec<Entry>, end: bool, work: &mut Vec<NodeWork>) {
        self.reading = false;
        self.at_end = end && !self.appended;
        if let Some(last) = entries.last() {
            self.read = Some(last.header.seat);
        }
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch::fitting(rest));
            self.waiting.extend(now.iter().map(|entry| (entry.link(), entry.content.len())));
            self.waiting_bytes += now.iter().map(|entry| entry.content.len()).sum::<usize>();
            work.push(send(Up::Push(wire::Push { batch: Some(batch::pack(now)) })));
            rest = later;
        }
        let tip_sent = self.facts.tip.is_none_or(|tip| self.read >= Some(tip.seat));
        if self.state == State::Branching && tip_sent && !self.branch_done {
            self.branch_done = true;
            work.push(send(Up::BranchDone(wire::BranchDone {})));
        }
    }

    /// Offers the hub entries that it may lack.
    pub(super) fn beyond(&mut self, entries: Vec<Entry>, next: Option<u64>, work: &mut Vec<NodeWork>) {
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch::fitting(rest));
            work.push(send(Up::Offer(wire::Offer { batch: Some(batch::pack(now)) })));
            rest = later;
        }
        match next {
            Some(next) => work.push(NodeWork::ReadBeyond(next)),
            None => work.push(send(Up::OfferDone(wire::OfferDone {}))),
        }
    }

    /// Reads on along the chain while credit lasts.
    pub(super) fn push_on(&mut self, work: &mut Vec<NodeWork>) {
        let pushes = match self.state {
            State::Continuing | State::Questioned => true,
            // Nothing newer is pushed until the hub has decided about the branch.
            State::Branching => !self.branch_done,
            _ => false,
        };
        let credit = self.waiting.len() + limits::BATCH_ENTRIES <= limits::UNRECEIPTED_ENTRIES
            && self.waiting_bytes <= limits::UNRECEIPTED_BYTES
            || planted("push.no-credit");
        if pushes
            && self.later.is_none()
            && (credit || self.waiting.is_empty())
            && !self.reading
            && !self.at_end
        {
            self.reading = true;
            self.appended = false;
            work.push(NodeWork::ReadChain(self.read));
        }
    }
}
