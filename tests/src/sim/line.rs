//! Lines between machines and the hub: calls, frames under way, and the ways in which a line ends.
//!
//! Each end notices the end of a line at its own time. Frames under way may still arrive, so a hub may read late frames
//! of a machine that has already called again.

use std::collections::VecDeque;

use bytes::Bytes;
use truc_hub::line::caller::Peer as Shown;
use truc_hub::session::outbox::Frames;
use truc_proto::id::{Hash, Link, OfficeId};
use truc_proto::limits;
use truc_proto::session::{End, HubEvent, NodeFacts};
use truc_proto::time::Hlc;
use truc_proto::wire::{self, EndReason};

use super::{Event, Result, Violation, World};

/// The peer of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    /// An honest machine.
    Machine(usize),
    /// The liar.
    Liar,
}

/// The content of an honest machine's disk when it sent Hello.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hello {
    pub(crate) tip: Option<Link>,
    pub(crate) receipt: Option<Link>,
    pub(crate) resuming: bool,
}

/// A line between a peer and the hub.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) peer: Peer,
    /// Whether the peer's end is open, and the hub's.
    pub(crate) node_up: bool,
    pub(crate) hub_up: bool,
    /// Whether frames under way are lost, in both directions.
    lost: bool,
    /// When the last frame under way arrives, up and down: frames do not overtake each other.
    last_up: u64,
    last_down: u64,
    /// What the session at the hub sends and the line has not taken.
    pub(crate) frames: Option<Frames>,
    /// Frames that the line has taken and the peer has not read.
    unread: usize,
    /// The peer will hear that the hub's end is gone.
    closed: bool,
    /// Marks of mail that was sent and not yet reported as durable.
    undelivered: VecDeque<u64>,
    /// Own entries pushed and not yet answered.
    unanswered: VecDeque<(u64, u64)>,
    /// The facts in its Hello: the disk may have changed by the time that it is judged.
    pub(crate) hello: Option<Hello>,
    /// Number of the peer's credential.
    pub(crate) credential: u64,
    /// Whether the credential is void: then the session must have ended.
    pub(crate) void: bool,
}

impl Conn {
    pub(crate) fn machine(&self) -> Option<usize> {
        match self.peer {
            Peer::Machine(machine) => Some(machine),
            Peer::Liar => None,
        }
    }
}

/// Time after which a silent end is given up: ping and patience of HTTP/2.
const KEEPALIVE: u64 =
    (limits::KEEPALIVE_INTERVAL.as_millis() + limits::KEEPALIVE_TIMEOUT.as_millis()) as u64;

impl World {
    pub(crate) fn latency(&mut self) -> u64 {
        let most = if self.settling { self.plan.latency.min(300) } else { self.plan.latency };
        1 + self.rng.below(most)
    }

    /// Schedules a call of a machine.
    pub(crate) fn call_later(&mut self, machine: usize, wait: u64) {
        let boot = self.machines[machine].boot;
        self.at(self.now + wait, Event::Call { machine, boot });
    }

    /// Schedules a call with full jitter, as the program does.
    pub(crate) fn call_after_backoff(&mut self, machine: usize) {
        let most = self.machines[machine].wait;
        self.machines[machine].wait = (most * 2).min(self.plan.longest_wait);
        let wait = 1 + self.rng.below(most);
        self.call_later(machine, wait);
    }

    pub(crate) fn call(&mut self, machine: usize, boot: u64) -> Result<()> {
        let up = &self.machines[machine];
        if !up.running || up.boot != boot || up.line.is_some() || up.replaced {
            return Ok(());
        }
        // A machine that is offline calls when its line works again; one that finds no hub tries again.
        if !up.online {
            return Ok(());
        }
        if !self.hub.running {
            self.call_after_backoff(machine);
            return Ok(());
        }
        self.read_facts(machine);
        Ok(())
    }

    /// Sends Hello, unless the machine has gone offline meanwhile.
    pub(crate) fn hello(&mut self, machine: usize, facts: NodeFacts) -> Result<()> {
        let up = &self.machines[machine];
        if up.line.is_some() || !up.online || up.replaced {
            return Ok(());
        }
        let hello = Hello {
            tip: facts.tip,
            receipt: facts.receipt.map(|receipt| receipt.link),
            resuming: facts.resuming || facts.cursor.first().is_none_or(|mark| mark.position == 0),
        };
        let conn = self.connect(Peer::Machine(machine));
        if let Some(line) = self.conns.get_mut(&conn) {
            line.hello = Some(hello);
        }
        self.node_starts(machine, conn, facts)
    }

    /// What the hub sees of the certificate that a peer shows.
    pub(crate) fn shown(&mut self, conn: u64, office: OfficeId) -> Shown {
        let (credential, machine) = match self.conns.get(&conn) {
            Some(line) => (line.credential, line.machine()),
            None => (0, None),
        };
        // The registry knows a certificate by the ledger key that was announced with it.
        let key = credential.checked_sub(1).and_then(|at| self.keys[&office].get(at as usize));
        let certificate = key.map_or(Hash::ZERO, |key| Hash(key.verifying_key().to_bytes()));
        let life = machine.and_then(|machine| self.machines[machine].expires.take());
        let now = self.hub_time().millis / 1000;
        Shown {
            source: ([127, 0, 0, 1], 0).into(),
            office,
            certificate,
            public_key: Bytes::new(),
            key: Hash::ZERO,
            not_after: life.map_or(u64::MAX, |life| now + limits::DRAIN.as_secs() + life),
        }
    }

    /// Opens a line, which is under way to the hub.
    pub(crate) fn connect(&mut self, peer: Peer) -> u64 {
        let conn = self.next_conn;
        self.next_conn += 1;
        let opens = self.now + self.latency();
        let credential = match peer {
            Peer::Machine(machine) => self.machines[machine].credential,
            Peer::Liar => 1,
        };
        self.conns.insert(
            conn,
            Conn {
                peer,
                node_up: true,
                hub_up: true,
                lost: false,
                last_up: opens,
                last_down: opens,
                frames: None,
                unread: 0,
                closed: false,
                undelivered: VecDeque::new(),
                unanswered: VecDeque::new(),
                hello: None,
                credential,
                void: false,
            },
        );
        self.at(opens, Event::Opens { conn });
        conn
    }

    /// The line reaches the hub: an office's newest session ends the older one before it is judged.
    pub(crate) fn opens(&mut self, conn: u64) -> Result<()> {
        let Some(line) = self.conns.get(&conn).filter(|line| line.node_up && !line.lost) else {
            return Ok(());
        };
        let peer = line.peer;
        let office = match peer {
            Peer::Machine(machine) => self.machines[machine].office,
            Peer::Liar => self.liar.office,
        };
        if !self.hub.running {
            return self.hang_up_hub(conn);
        }
        if let Some(older) = self.hub.by_office.insert(office, conn) {
            let end = End { reason: EndReason::EndReplaced, detail: "a newer session of this office".into() };
            self.hub_event(older, HubEvent::End(end))?;
        }
        self.hub_opens(conn, office);
        Ok(())
    }

    pub(crate) fn send_up(&mut self, conn: u64, frame: wire::NodeFrame) -> Result<()> {
        let latency = self.latency();
        let now = self.now;
        let Some(line) = self.conns.get_mut(&conn) else { return Ok(()) };
        line.last_up = line.last_up.max(now + latency);
        let time = line.last_up;
        self.count_up(conn, &frame)?;
        self.at(time, Event::ToHub { conn, frame });
        Ok(())
    }

    fn send_down(&mut self, conn: u64, frame: wire::HubFrame) -> Result<()> {
        let latency = self.latency();
        let now = self.now;
        let Some(line) = self.conns.get_mut(&conn) else { return Ok(()) };
        line.last_down = line.last_down.max(now + latency);
        let time = line.last_down;
        self.check_judgement(conn, &frame)?;
        self.count_down(conn, &frame)?;
        self.note_mail(&frame)?;
        for frame in self.lied(conn, frame)? {
            if let Some(line) = self.conns.get_mut(&conn) {
                line.unread += 1;
            }
            self.at(time, Event::ToNode { conn, frame });
        }
        Ok(())
    }

    /// The line takes what waits at the hub as long as its window is open. When nothing comes any more the peer hears
    /// that the hub's end is gone, after what is under way.
    pub(crate) fn takes_down(&mut self, conn: u64) -> Result<()> {
        let window = if self.settling { usize::MAX } else { self.plan.window };
        while let Some(line) = self.conns.get_mut(&conn)
            && let Some(frames) = &mut line.frames
        {
            if line.unread >= window && line.node_up {
                self.reach("the line took no more for a while");
                return Ok(());
            }
            let Some(Ok(frame)) = frames.take() else { break };
            self.send_down(conn, frame)?;
        }
        if self.conns.get(&conn).is_some_and(|line| !line.hub_up && !line.closed) {
            self.close_down(conn);
        }
        Ok(())
    }

    fn close_down(&mut self, conn: u64) {
        let latency = self.latency();
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.closed = true;
        if line.node_up {
            let time = line.last_down.max(self.now + latency);
            self.at(time, Event::HubGone { conn });
        } else {
            self.conns.remove(&conn);
        }
    }

    pub(crate) fn comes_down(&mut self, conn: u64, frame: wire::HubFrame) -> Result<()> {
        let Some(line) = self.conns.get_mut(&conn) else { return Ok(()) };
        line.unread -= 1;
        if line.node_up && !line.lost {
            let peer = line.peer;
            self.answered_down(conn, &frame);
            match peer {
                Peer::Machine(machine) => {
                    if self.machines[machine].line == Some(conn) {
                        if let Some(wire::hub_frame::Frame::Welcome(welcome)) = &frame.frame {
                            self.office_hears(machine, Hlc(welcome.hub_time).millis());
                        }
                        self.files_heard(machine, &frame)?;
                    }
                    self.node_drives(machine, |driver, now, store| driver.frame(frame, now, store))?;
                }
                Peer::Liar => self.liar_hears(conn, frame)?,
            }
        }
        self.takes_down(conn)
    }

    pub(crate) fn comes_up(&mut self, conn: u64, frame: wire::NodeFrame) -> Result<()> {
        let Some(line) = self.conns.get(&conn).filter(|line| line.hub_up && !line.lost) else {
            return Ok(());
        };
        if !line.node_up {
            self.reach("late frame of a machine that is gone");
        }
        self.answered_up(conn, &frame);
        self.hub_frame(conn, frame)
    }

    /// The peer's end closes; the hub notices after the frames under way.
    pub(crate) fn hang_up_node(&mut self, conn: u64) {
        let latency = self.latency();
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.node_up = false;
        if line.hub_up {
            let time = line.last_up.max(self.now + latency);
            self.at(time, Event::NodeGone { conn });
        } else {
            self.conns.remove(&conn);
        }
    }

    /// The hub's end is gone, but for what the line still has to take.
    pub(crate) fn hang_up_hub(&mut self, conn: u64) -> Result<()> {
        self.hub.close(conn);
        if let Some(line) = self.conns.get_mut(&conn) {
            line.hub_up = false;
        }
        self.takes_down(conn)
    }

    /// Whether what a machine says on a line reaches the hub.
    pub(crate) fn reaches_hub(&self, conn: u64) -> bool {
        self.hub.running && self.conns.get(&conn).is_some_and(|line| line.hub_up && !line.lost)
    }

    /// The line is cut: frames under way are lost, and each end notices at its own time.
    pub(crate) fn cut(&mut self, conn: u64) {
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.lost = true;
        let most = if self.rng.chance(70) { 5 } else { KEEPALIVE };
        let (up, down) = (1 + self.rng.below(most), 1 + self.rng.below(most));
        self.at(self.now + up, Event::NodeGone { conn });
        self.at(self.now + down, Event::HubGone { conn });
    }

    pub(crate) fn node_gone(&mut self, conn: u64) -> Result<()> {
        if self.conns.get(&conn).is_some_and(|line| line.hub_up) {
            self.hang_up_hub(conn)?;
        }
        Ok(())
    }

    pub(crate) fn hub_gone(&mut self, conn: u64) -> Result<()> {
        let Some(line) = self.conns.get(&conn).filter(|line| line.node_up) else { return Ok(()) };
        match line.peer {
            Peer::Machine(machine) => {
                self.drop_session(machine);
                if self.hub.full {
                    self.machines[machine].wait = self.plan.longest_wait;
                }
                self.call_after_backoff(machine);
            }
            Peer::Liar => self.hang_up_node(conn),
        }
        Ok(())
    }

    /// The machine's program drops its session.
    pub(crate) fn drop_session(&mut self, machine: usize) {
        self.machines[machine].session = None;
        if let Some(conn) = self.machines[machine].line.take() {
            self.hang_up_node(conn);
        }
    }

    /// The machine's own end of the session reports the end.
    pub(crate) fn node_ended(&mut self, machine: usize, end: &End) -> Result<()> {
        self.note(|| format!("machine {machine} ended {end:?}"));
        let broken = matches!(end.reason, EndReason::EndProtocol | EndReason::EndEntry);
        if broken && !self.answers_a_lie(Some(machine), end) && !self.may_be_lied_to(machine, end.reason) {
            return Err(Violation(format!("machine {machine}: protocol broken: {}", end.detail)));
        }
        self.drop_session(machine);
        let office = self.machines[machine].office;
        if end.reason == EndReason::EndCredential
            && self.machines[machine].credential < self.hub.credentials[&office]
        {
            self.machines[machine].replaced = true;
            self.reach("replaced machine refused");
            return Ok(());
        }
        if end.reason == EndReason::EndReplaced {
            self.machines[machine].wait = self.plan.longest_wait;
        }
        if end.again() {
            self.call_later(machine, 5);
        } else {
            self.call_after_backoff(machine);
        }
        Ok(())
    }

    /// Counts what waits for an answer: neither end may have more under way than agreed.
    fn count_down(&mut self, conn: u64, frame: &wire::HubFrame) -> Result<()> {
        use wire::hub_frame::Frame;
        let mark = match &frame.frame {
            Some(Frame::Deliver(deliver)) if !deliver.early => &deliver.mark,
            Some(Frame::CaughtUp(caught_up)) => &caught_up.mark,
            _ => return Ok(()),
        };
        let Some(line) = self.conns.get_mut(&conn) else { return Ok(()) };
        line.undelivered.push_back(mark.as_ref().map_or(0, |mark| mark.position));
        let count = line.undelivered.len();
        if count > limits::UNDELIVERED_FRAMES {
            return Err(Violation(format!("Bounds: {count} pieces of mail under way")));
        }
        if count == limits::UNDELIVERED_FRAMES {
            self.reach("mail waited for a slow reader");
        }
        Ok(())
    }

    fn count_up(&mut self, conn: u64, frame: &wire::NodeFrame) -> Result<()> {
        use wire::node_frame::Frame;
        let (Some(Frame::Push(push)), Some(line)) = (&frame.frame, self.conns.get_mut(&conn)) else {
            return Ok(());
        };
        if line.peer == Peer::Liar {
            return Ok(());
        }
        let entries = truc_proto::batch::unpack(push.batch.clone().unwrap_or_default())
            .map_err(|error| Violation(error.to_string()))?;
        let seats = entries.iter().map(|entry| entry.header.seat);
        line.unanswered.extend(seats.map(|seat| (seat.incarnation.0, seat.seq)));
        let count = line.unanswered.len();
        // A chain of several batches may exceed the agreed number by less than a batch.
        if count > limits::UNRECEIPTED_ENTRIES {
            return Err(Violation(format!("Bounds: {count} entries pushed and not answered")));
        }
        if count + limits::BATCH_ENTRIES > limits::UNRECEIPTED_ENTRIES {
            self.reach("pushes waited for receipts");
        }
        Ok(())
    }

    /// Removes what an arriving frame answers from the counts.
    fn answered_down(&mut self, conn: u64, frame: &wire::HubFrame) {
        use wire::hub_frame::Frame;
        let seat = match &frame.frame {
            Some(Frame::Receipt(receipt)) => (receipt.incarnation, receipt.seq),
            Some(Frame::Held(held)) => (held.incarnation, held.seq),
            _ => return,
        };
        let Some(line) = self.conns.get_mut(&conn) else { return };
        if let Some(at) = line.unanswered.iter().position(|pushed| *pushed == seat) {
            line.unanswered.drain(..=at);
        }
    }

    fn answered_up(&mut self, conn: u64, frame: &wire::NodeFrame) {
        use wire::node_frame::Frame;
        let Some(Frame::Delivered(delivered)) = &frame.frame else { return };
        let upto = delivered.mark.as_ref().map_or(0, |mark| mark.position);
        let Some(line) = self.conns.get_mut(&conn) else { return };
        while line.undelivered.front().is_some_and(|mark| *mark <= upto) {
            line.undelivered.pop_front();
        }
    }
}
