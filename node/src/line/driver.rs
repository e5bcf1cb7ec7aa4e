//! One session at the node: does what the machine says, and decides what takes more than the machine knows — whether
//! the hub's heads hold, what of the hub's mail is overdue, when to tell how the office stands.
//!
//! The driver has no clock, no task and no network of its own: it is told what happens and when, it reads and writes
//! through a [`Store`], and it sends into a queue. The simulation drives this very code.

use std::collections::VecDeque;

use tokio::sync::mpsc::UnboundedSender;
use truc_proto::head::Head;
use truc_proto::id::Link;
use truc_proto::session::{End, NodeEvent, NodeFacts, NodeSession, NodeWork, NodeWrite, Telling, Wrote};
use truc_proto::wire;
use truc_proto::wire::hub_frame::Frame;

use crate::identity::Identity;
use crate::line::heads::{self, Owed};
use crate::line::state::Standing;
use crate::store::journal::{JournalError, Reads};

/// What a session needs of its office.
pub trait Store {
    /// Why the office cannot read or write, or what is wrong with the line.
    type Error: From<Broken>;
    /// Whose keys and heads count.
    fn identity(&self) -> &Identity;
    /// Reads the journal.
    fn read<T>(&self, read: impl FnOnce(Reads<'_>) -> Result<T, JournalError>) -> Result<T, Self::Error>;
    /// Hands in a write. What it found comes back by [`Driver::wrote`], in the order in which writes were handed in.
    fn submit(&mut self, write: NodeWrite) -> Result<(), Self::Error>;
    /// Keeps a head of the hub's journal. It is evidence, and nothing waits for it.
    fn keep(&mut self, head: Head) -> Result<(), Self::Error>;
}

/// What is wrong with the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// Nothing can be sent any more.
    #[error("the line broke")]
    Line,
    /// A head of the hub's journal does not hold.
    #[error("{0}")]
    Head(&'static str),
}

/// One session at work. Times are milliseconds of a clock that only goes on. What drives it returns the end of the
/// session if it is over.
#[derive(Debug)]
pub struct Driver {
    machine: NodeSession,
    /// Unbounded in form only: the machine's credit bounds what is pushed, answers are small.
    out: UnboundedSender<wire::NodeFrame>,
    telling: Telling,
    /// It is being looked how the office stands.
    looking: bool,
    owed: Owed,
    tip: Option<Link>,
}

impl Driver {
    /// A session begins: Hello is sent. A first look at how the office stands is to be taken.
    pub fn start<S: Store>(
        facts: NodeFacts,
        out: UnboundedSender<wire::NodeFrame>,
        store: &mut S,
    ) -> Result<(Self, Option<End>), S::Error> {
        let tip = facts.tip;
        let (machine, work) = NodeSession::start(facts);
        let mut driver =
            Self { machine, out, telling: Telling::default(), looking: true, owed: Owed::default(), tip };
        let end = driver.work(work, store)?;
        Ok((driver, end))
    }

    /// How the line stands while the session lasts.
    pub fn standing(&self) -> Standing {
        if self.machine.questioned() {
            Standing::Questioned
        } else if self.machine.settled() {
            Standing::On
        } else {
            Standing::Joining
        }
    }

    /// Whether enough of what the hub sent is still being written: no more should be read from it now.
    pub fn busy(&self) -> bool {
        self.machine.busy()
    }

    /// When people should be told that mail of the hub's is overdue; none: nothing is owed.
    pub fn overdue(&self) -> Option<u64> {
        self.owed.due()
    }

    /// What the hub takes no more of in this session, and when to call again; none: it takes everything.
    pub fn later(&self) -> Option<&wire::Later> {
        self.machine.later()
    }

    /// When to look how the office stands; none: not before something happens.
    pub fn look_due(&self) -> Option<u64> {
        self.telling.due().filter(|_| !self.looking)
    }

    /// It is being looked how the office stands.
    pub fn look(&mut self) {
        self.telling.look();
        self.looking = true;
    }

    /// What was seen. The hub is told if it is news.
    pub fn looked<S: Store>(
        &mut self,
        status: wire::Status,
        now: u64,
        store: &mut S,
    ) -> Result<Option<End>, S::Error> {
        self.looking = false;
        if self.telling.tells(now, &status) { self.on(NodeEvent::Status(status), store) } else { Ok(None) }
    }

    /// A frame arrived. Its head counts before anything else in it does.
    pub fn frame<S: Store>(
        &mut self,
        frame: wire::HubFrame,
        now: u64,
        store: &mut S,
    ) -> Result<Option<End>, S::Error> {
        let head = heads::read(&frame, store.identity()).map_err(Broken::Head)?;
        self.owed.take(&frame, head.as_ref(), now);
        if let (Some(head), Some(Frame::Deliver(_) | Frame::CaughtUp(_))) = (head, &frame.frame) {
            store.keep(head)?;
        }
        self.on(NodeEvent::Frame(frame), store)
    }

    /// A write was made.
    pub fn wrote<S: Store>(
        &mut self,
        wrote: Wrote,
        now: u64,
        store: &mut S,
    ) -> Result<Option<End>, S::Error> {
        self.telling.stir(now);
        self.on(NodeEvent::Wrote(wrote), store)
    }

    /// The office's own entries end here now.
    pub fn reached<S: Store>(
        &mut self,
        tip: Option<Link>,
        now: u64,
        store: &mut S,
    ) -> Result<Option<End>, S::Error> {
        if std::mem::replace(&mut self.tip, tip) == tip {
            return Ok(None);
        }
        self.telling.stir(now);
        self.on(NodeEvent::Appended, store)
    }

    fn on<S: Store>(&mut self, event: NodeEvent, store: &mut S) -> Result<Option<End>, S::Error> {
        tracing::trace!(?event, "session");
        let work = self.machine.step(event);
        self.work(work, store)
    }

    /// Does work and what follows from reads at once; writes answer later, in order.
    fn work<S: Store>(&mut self, work: Vec<NodeWork>, store: &mut S) -> Result<Option<End>, S::Error> {
        let mut work: VecDeque<NodeWork> = work.into();
        while let Some(next) = work.pop_front() {
            let answer = match next {
                NodeWork::Send(frame) => {
                    self.out.send(frame).map_err(|_| Broken::Line)?;
                    continue;
                }
                NodeWork::Write(write) => {
                    store.submit(write)?;
                    continue;
                }
                NodeWork::OnChain(link) => {
                    NodeEvent::OnChain(store.read(|journal| journal.on_chain(journal.tip()?, &link))?)
                }
                NodeWork::ReadChain(after) => {
                    let (entries, end) = store.read(|journal| journal.chain_after(after))?;
                    NodeEvent::Chain { entries, end }
                }
                NodeWork::ReadBeyond(from) => {
                    let (entries, next) = store.read(|journal| journal.beyond(from))?;
                    NodeEvent::Beyond { entries, next }
                }
                NodeWork::End(end) => return Ok(Some(end)),
            };
            work.extend(self.machine.step(answer));
        }
        Ok(None)
    }
}
