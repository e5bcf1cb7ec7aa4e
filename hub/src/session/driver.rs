//! One session at the hub: does what the machine says, and decides what takes more than the machine knows — which
//! certificate counts, whose entries are genuine, how long a node may stay silent.
//!
//! The driver has no clock, no task and no network of its own: it is told what happens and when, it reads and writes
//! through a [`Store`], and it sends into an [`Outbox`]. The simulation drives this very code.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use truc_node::blocking::in_place;
use truc_node::store::journal::ConnectFacts;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::head::Head;
use truc_proto::id::{Incarnation, Link, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::session::{Admitted, End, HubEvent, HubFacts, HubSession, HubWork};
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame;
use truc_proto::wire::{self, EndReason, Verdict};

use crate::delivery::mail::MailBatch;
use crate::line::caller::Peer;
use crate::line::quotas::Later;
use crate::session::heads::Heads;
use crate::session::offers::GivenBack;
use crate::session::outbox::{Outbox, Unread};
use crate::session::store::{News, Store};
use crate::session::write::{Done, Found, Write};

/// One session at work. Times are milliseconds of a clock that only goes on.
#[derive(Debug)]
pub struct Driver {
    peer: Peer,
    machine: HubSession,
    heads: Heads,
    given_back: Arc<Mutex<GivenBack>>,
    out: Outbox,
    /// The certificate ends.
    expires: u64,
    /// By when the node must have said its first frame; none: it has.
    first: Option<u64>,
    /// Mail was sent up to this position and is not yet answered by Delivered; when some of it last was.
    owed: Option<(u64, u64)>,
    /// When the node last said how it stands.
    status: Option<u64>,
}

impl Driver {
    /// A session that begins now with the machine that showed this certificate.
    pub fn new(peer: Peer, out: Outbox, now: u64, store: &impl Store) -> Self {
        let life = peer.not_after.saturating_sub(store.millis() / 1000).saturating_mul(1000);
        // Told a little before, so that what is being written is still answered; the connection is cut in any case.
        let expires = now.saturating_add(life.saturating_sub(limits::DRAIN.as_millis() as u64));
        Self {
            machine: HubSession::new(peer.office),
            peer,
            heads: Heads::default(),
            given_back: Arc::default(),
            out,
            expires,
            first: Some(now + limits::FIRST_FRAME.as_millis() as u64),
            owed: None,
            status: None,
        }
    }

    /// Whether enough of what the node sent is still being written: no more should be read from it now.
    pub fn busy(&self) -> bool {
        self.machine.busy()
    }

    /// Whether a person is being asked about this machine.
    pub fn questioned(&self) -> bool {
        self.machine.questioned()
    }

    /// The session is over: what it sends into, for a last word.
    pub fn into_outbox(self) -> Outbox {
        self.out
    }

    /// When [`Driver::due`] must be called, unless something happens before.
    pub fn deadline(&self) -> u64 {
        self.limit().0
    }

    /// When the session ends by itself, and why.
    fn limit(&self) -> (u64, End) {
        let wait =
            if planted("limits.delivered-soon") { limits::FIRST_FRAME } else { limits::DELIVERED_WAIT };
        let first = self.first.filter(|_| !planted("limits.first-frame"));
        let owed = self.owed.filter(|_| !planted("limits.delivered-wait"));
        // No fault of anybody's, perhaps: a line may be as slow.
        let silence = match (first, owed) {
            (Some(first), _) => Some((first, "said nothing")),
            (None, Some((_, since))) => Some((since + wait.as_millis() as u64, "mail was not taken")),
            (None, None) => None,
        };
        match silence {
            Some((at, detail)) if at < self.expires => {
                (at, End { reason: EndReason::EndUnspecified, detail: detail.into() })
            }
            _ => {
                let detail = "the certificate ends".into();
                (self.expires, End { reason: EndReason::EndCredential, detail })
            }
        }
    }

    /// Time has passed. Returns the end of the session if it is over.
    pub fn due<S: Store>(&mut self, now: u64, store: &mut S) -> Result<Option<End>, S::Error> {
        match self.limit() {
            (at, end) if at <= now => self.on(HubEvent::End(end), now, store),
            _ => Ok(None),
        }
    }

    /// A write was made. Returns the end of the session if it is over.
    pub fn done<S: Store>(&mut self, done: Done, now: u64, store: &mut S) -> Result<Option<End>, S::Error> {
        let event = match done {
            Done::Facts(found) => HubEvent::Facts(Box::new(self.facts(*found, store))),
            Done::Admitted(admission) => {
                store.tell(News::Arrived(admission.new as u64))?;
                if let Some((_, obstacle)) = &admission.rest {
                    store.tell(News::Obstacle(*obstacle))?;
                }
                let hub_time = Hlc::tick(Hlc::default(), store.millis());
                HubEvent::Admitted(Admitted {
                    receipt: admission.last.map(|last| self.receipt(last, hub_time, store)),
                    new: admission.new > 0,
                    rest: admission.rest,
                    line_beyond: admission.line_beyond,
                })
            }
            Done::Held(seat) => HubEvent::Held(seat.unwrap_or(Seat { incarnation: Incarnation(0), seq: 0 })),
            Done::Offered(_) => HubEvent::Offered,
            Done::Delivered => HubEvent::Delivered,
            Done::Mail(batch) => self.mail(batch),
            Done::Early(position, entry, at) => HubEvent::Early(position, entry, at),
            Done::Over(end) => HubEvent::End(end),
        };
        self.on(event, now, store)
    }

    /// Something happened. Returns the end of the session if it is over.
    pub fn on<S: Store>(
        &mut self,
        event: HubEvent,
        now: u64,
        store: &mut S,
    ) -> Result<Option<End>, S::Error> {
        tracing::trace!(office = %self.peer.office, ?event, "session");
        if matches!(event, HubEvent::Frame(_)) {
            self.first = None;
        }
        // Nothing is lost: the node also asks by itself. Many at once must not end the session of a slow line.
        if matches!(event, HubEvent::FileReady(_)) && self.out.frames() > limits::UNREAD_FRAMES / 2 {
            return Ok(None);
        }
        let mut work: VecDeque<HubWork> = self.machine.step(event).into();
        while let Some(next) = work.pop_front() {
            match self.act(next, now, store)? {
                ControlFlow::Continue(None) => {}
                ControlFlow::Continue(Some(answer)) => work.extend(self.machine.step(answer)),
                ControlFlow::Break(end) => {
                    // What is replaced, or not read, would wait for as long as the connection lasts.
                    if matches!(
                        end.reason,
                        EndReason::EndReplaced | EndReason::EndProtocol | EndReason::EndUnspecified
                    ) {
                        self.out.abandon();
                    }
                    return Ok(Some(end));
                }
            }
        }
        Ok(None)
    }

    /// Does what the machine says: breaks with the end of the session, or goes on with what is known at once. What is
    /// written is answered later.
    fn act<S: Store>(
        &mut self,
        work: HubWork,
        now: u64,
        store: &mut S,
    ) -> Result<ControlFlow<End, Option<HubEvent>>, S::Error> {
        let office = self.peer.office;
        let mut answer = None;
        match work {
            HubWork::Send(frame) => {
                if let Err(Unread) = self.send(frame, now, store)? {
                    let detail = "what is sent is not read".into();
                    return Ok(ControlFlow::Break(End { reason: EndReason::EndProtocol, detail }));
                }
            }
            HubWork::Facts { hello, refilled } => {
                store.tell(News::Hello(&hello))?;
                let head = own_head(&hello, store);
                store.submit(Write::Facts { office, hello, refilled, head })?;
            }
            HubWork::Admit { entries, branch } => match self.taken(&entries, false, store) {
                Ok(()) => store.submit(Write::Admit { entries, branch })?,
                Err(end) => answer = Some(HubEvent::End(end)),
            },
            HubWork::Offer(entries) => store.offer(&self.given_back, entries)?,
            HubWork::Hold(entries) => match self.taken(&entries, true, store) {
                Ok(()) => store.submit(Write::Hold(entries))?,
                Err(end) => answer = Some(HubEvent::End(end)),
            },
            HubWork::ReadMail { after, own, urgent } => {
                answer = store.mail(after, own, urgent)?.map(|batch| self.mail(batch));
            }
            // It comes in order too.
            HubWork::ReadEarly(_) if self.out.bytes() > limits::UNREAD_EARLY => {}
            HubWork::ReadEarly(position) => {
                answer = store.early(position)?.map(|(entry, at)| HubEvent::Early(position, entry, at));
            }
            HubWork::Delivered(mark) => {
                let owed = self.owed.filter(|(owed, _)| mark.position < *owed);
                self.owed = owed.map(|(owed, _)| (owed, now));
                store.submit(Write::Delivered { office, position: mark.position })?;
            }
            HubWork::Question { credential } => store.tell(News::Question(credential))?,
            HubWork::WentBack { cursor, common, proven } => {
                // Where a restore said so, its nodes are expected to notice, each once.
                let expected = store.refill().expects(office);
                let proven = proven || planted("went-back.any-word");
                if proven {
                    self.given_back.lock().unwrap_or_else(PoisonError::into_inner).prove();
                }
                if proven && !expected {
                    in_place(|| store.life().went_back(store.millis()));
                }
                // A mark is a word of the node's own. Where none of them is part of this history, it proves nothing.
                if proven || expected || common > 0 {
                    store.tell(News::WentBack { cursor, common })?;
                }
            }
            HubWork::Branched => store.tell(News::Branched)?,
            HubWork::Forked => store.tell(News::Forked)?,
            HubWork::Status(status) => {
                // An honest node tells no more often; pages that show it reload each time.
                let soon = (limits::STATUS_EVERY / 2).as_millis() as u64;
                if self.status.is_none_or(|last| now.saturating_sub(last) >= soon) {
                    self.status = Some(now);
                    store.tell(News::Status(&status))?;
                }
            }
            HubWork::End(end) => return Ok(ControlFlow::Break(end)),
        }
        Ok(ControlFlow::Continue(answer))
    }

    /// Whether pushed entries may be taken: signed by the office, and within what it may bring.
    fn taken(&self, entries: &[Entry], evidence: bool, store: &mut impl Store) -> Result<(), End> {
        let office = self.peer.office;
        batch::vouch(entries, &store.registry().keys(office)).map_err(|error| {
            tracing::warn!(%office, %error, "a push was refused");
            End { reason: EndReason::EndEntry, detail: error.code().into() }
        })?;
        store.spend(entries, evidence).map_err(later)
    }

    /// Sends a frame with the head that goes with it, and notes what follows from it.
    fn send<S: Store>(
        &mut self,
        mut frame: wire::HubFrame,
        now: u64,
        store: &mut S,
    ) -> Result<Result<(), Unread>, S::Error> {
        let mark = match &frame.frame {
            // The node has given back what it holds beyond its chain, unless more is asked for, or a person.
            Some(Frame::Welcome(welcome))
                if !matches!(welcome.verdict(), Verdict::Refill | Verdict::Question) =>
            {
                store.refill().called(self.peer.office);
                None
            }
            Some(Frame::Deliver(deliver)) => deliver.mark.as_ref(),
            Some(Frame::CaughtUp(caught_up)) => caught_up.mark.as_ref(),
            _ => None,
        };
        if let Some(mark) = mark {
            self.owed = Some((mark.position, self.owed.map_or(now, |(_, since)| since)));
        }
        frame.head = self.heads.with(store, &frame).map(|head| head.to_wire());
        Ok(self.out.send(Ok(frame)))
    }

    /// What a Hello is judged by.
    fn facts(&mut self, found: Found, store: &impl Store) -> HubFacts {
        let Found { facts: ConnectFacts { mut facts, line, from, push_after }, proven, end } = found;
        self.heads.end = Some(end);
        // The certificate that counts is the one shown, not the number that is claimed.
        let registry = store.registry();
        let newest = registry.credential(self.peer.office);
        facts.replaced = newest.is_none_or(|newest| !self.peer.holds(newest));
        let hub_time = Hlc::tick(Hlc::default(), store.millis());
        let line = line.map(|line| self.receipt(line, hub_time, store));
        let later = store.later().map(Later::to_wire);
        HubFacts { facts, line, from, push_after, hub_time, proven, later }
    }

    /// A piece of mail was read.
    fn mail(&mut self, batch: MailBatch) -> HubEvent {
        let MailBatch { entries, arrivals, mark, end, round, ahead } = batch;
        self.heads.round = round;
        HubEvent::Mail { entries, arrivals, mark, end, ahead }
    }

    fn receipt(&self, (link, position): (Link, u64), hub_time: Hlc, store: &impl Store) -> Receipt {
        Receipt::sign(self.peer.office, link, position, hub_time, &store.identity().key)
    }
}

/// The end of a session whose office must wait.
fn later(wait: Later) -> End {
    End { reason: EndReason::EndLater, detail: wait.what.name().into() }
}

/// The head that a node shows, if this hub signed it in the present life of its journal.
fn own_head(hello: &wire::Hello, store: &impl Store) -> Option<Head> {
    let head = hello.head.as_ref().and_then(Head::from_wire)?;
    let identity = store.identity();
    let signed = head.verify(identity.hub, &identity.hub_key) || planted("head.any-word");
    let own = head.life == store.life().now() && signed;
    own.then_some(head)
}
