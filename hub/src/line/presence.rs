//! The sessions of connected offices: what each machine last reported, and how the rest of the hub reaches a session.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use truc_node::clock::unix_millis;
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::session::{End, HubEvent};
use truc_proto::time::Moment;
use truc_proto::wire::{self, EndReason};

use crate::delivery::index::NewMail;
use crate::line::caller::Peer;
use crate::line::tls::{CertificateLookup, Standing};

/// A session as other parts of the hub see it.
#[derive(Debug)]
struct LiveSession {
    number: u64,
    /// Sends events to the session: mail waits, a person approved the machine, the session must end.
    tell: mpsc::UnboundedSender<HubEvent>,
    peer: Peer,
    seen: MachineStatus,
}

/// What is known of a connected office's machine.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct MachineStatus {
    /// When the session began, Unix milliseconds.
    pub since: u64,
    /// Whether a person is being asked about this machine.
    pub questioned: bool,
    /// Own entries that the node holds without a receipt: as it last reported, less the entries that arrived since.
    pub backlog: u64,
    /// When the oldest of them was written, Unix milliseconds; none: not reported, or there is none.
    pub oldest: Option<u64>,
    /// Free bytes on the disk of its store; none: not reported.
    pub disk_free: Option<u64>,
    /// How far its clock is ahead of the hub's, milliseconds; none: not reported.
    pub clock_off: Option<i64>,
    /// Name and version of its program.
    pub program: String,
}

impl MachineStatus {
    pub(crate) fn hello(&mut self, hello: &wire::Hello, now: u64) {
        self.backlog = hello.backlog;
        self.clock_off = ahead(hello.clock, now);
        self.program = brief(&hello.program);
    }

    pub(crate) fn status(&mut self, status: &wire::Status, now: u64) {
        self.backlog = status.backlog.iter().fold(0, |sum, count| sum.saturating_add(*count));
        self.oldest = Some(status.oldest_unsent).filter(|oldest| *oldest > 0);
        self.disk_free = Some(status.disk_free).filter(|free| *free > 0);
        self.clock_off = ahead(status.clock, now).or(self.clock_off);
        if !status.program.is_empty() {
            self.program = brief(&status.program);
        }
    }
}

/// Cuts a program's name to [`limits::PROGRAM`] bytes, because it is kept in memory for as long as the hub runs.
fn brief(program: &str) -> String {
    cut(program, limits::PROGRAM)
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

/// How far a clock is ahead of `now`, milliseconds; 0 on the wire means that it was not reported.
fn ahead(clock: u64, now: u64) -> Option<i64> {
    (clock > 0).then(|| i64::try_from(clock).unwrap_or(i64::MAX).saturating_sub(now as i64))
}

/// A machine of an office, as a person tells it from its copies.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct MachineSeen {
    /// From where it calls.
    pub source: IpAddr,
    /// Name of its host, as it says.
    pub host: String,
    /// When its system was started, Unix milliseconds, as it says; none: not told.
    pub booted: Option<u64>,
    /// When its program was started, Unix milliseconds, as it says; none: not told.
    pub started: Option<u64>,
    /// Name and version of its program.
    pub program: String,
    /// When it first called since the hub started, Unix milliseconds.
    pub since: u64,
    /// When it last called, Unix milliseconds.
    pub last: u64,
    /// How often it called.
    pub calls: u64,
    /// Whether a person is asked about it; otherwise the hub took it for the right one when it last called.
    pub asked: bool,
}

impl MachineSeen {
    fn new(source: IpAddr, hello: &wire::Hello, now: u64) -> Self {
        let machine = hello.machine.clone().unwrap_or_default();
        let known = |millis: u64| Some(millis).filter(|millis| *millis > 0);
        Self {
            source,
            host: cut(&machine.host, limits::HOST),
            booted: known(machine.booted),
            started: known(machine.started),
            program: cut(&hello.program, limits::PROGRAM),
            since: now,
            last: now,
            calls: 1,
            asked: false,
        }
    }

    /// Whether both are the same run of a program.
    fn is(&self, other: &Self) -> bool {
        let tells = |one: &Self| (one.source, one.booted, one.started);
        tells(self) == tells(other) && self.host == other.host
    }
}

/// An office that has been connected since the hub started.
#[derive(Clone, Debug)]
pub struct LastSession {
    /// What was last known of its machine.
    pub seen: MachineStatus,
    /// When its session ended, Unix milliseconds; none: it is connected.
    pub left: Option<u64>,
}

/// A machine that a person is asked about. Two copies of one machine end each other's sessions and call in turn; all
/// their calls count as one question.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PendingQuestion {
    /// When it first called, Unix milliseconds.
    pub since: u64,
    /// When it last called, Unix milliseconds.
    pub last: u64,
    /// How often it called.
    pub calls: u64,
    /// Whether it is connected now and waits for the answer.
    pub waiting: bool,
    /// Name and version of its program.
    pub program: String,
    /// The machines that have called for the office since the hub started, the last caller first.
    pub machines: Vec<MachineSeen>,
}

impl PendingQuestion {
    fn is_shown(&self, now: u64) -> bool {
        Moment::millis(self.last).is_within(limits::QUESTION_SHOWN, Moment::millis(now))
    }
}

/// The sessions of connected offices: at most one for each office, the newest one.
#[derive(Debug, Default)]
pub struct Sessions {
    live: Mutex<HashMap<OfficeId, LiveSession>>,
    /// What was last known of offices that are no longer connected.
    gone: Mutex<HashMap<OfficeId, LastSession>>,
    /// Machines that a person is asked about, until the answer.
    asked: Mutex<HashMap<OfficeId, PendingQuestion>>,
    /// The machines that have called for each office, the last caller first: [`limits::MACHINES_KEPT`] at most.
    machines: Mutex<HashMap<OfficeId, Vec<MachineSeen>>>,
    next: std::sync::atomic::AtomicU64,
    /// Grows when an office comes, goes or reports something, so that pages that show it reload.
    stirs: watch::Sender<u64>,
}

impl Sessions {
    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<OfficeId, LiveSession>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes when an office comes, goes or reports something.
    pub fn stirs(&self) -> watch::Receiver<u64> {
        self.stirs.subscribe()
    }

    /// Makes pages that are open reload.
    pub fn stir(&self) {
        self.stirs.send_modify(|count| *count += 1);
    }

    /// Registers a session and ends the office's older one, before the new one is judged. Returns the session's number.
    pub(crate) fn enter(&self, peer: Peer, tell: mpsc::UnboundedSender<HubEvent>) -> u64 {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let seen = MachineStatus { since: unix_millis(), ..MachineStatus::default() };
        let older = self.live().insert(peer.office, LiveSession { number, tell, peer, seen });
        if let Some(older) = older
            && !planted("sessions.two-live")
        {
            let end = End { reason: EndReason::EndReplaced, detail: "a newer session of this office".into() };
            let _ = older.tell.send(HubEvent::End(end));
        }
        self.stir();
        number
    }

    pub(crate) fn leave(&self, office: OfficeId, number: u64) {
        let mut live = self.live();
        if live.get(&office).is_some_and(|session| session.number == number) {
            let met =
                live.remove(&office).map(|live| LastSession { seen: live.seen, left: Some(unix_millis()) });
            drop(live);
            if let Some(met) = met {
                self.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(office, met);
            }
            self.stir();
        }
    }

    pub(crate) fn see(&self, office: OfficeId, number: u64, change: impl FnOnce(&mut MachineStatus)) {
        if let Some(session) = self.live().get_mut(&office)
            && session.number == number
        {
            change(&mut session.seen);
        }
        self.stir();
    }

    /// The connected offices.
    pub fn connected(&self) -> HashMap<OfficeId, MachineStatus> {
        let asked = self.asked(unix_millis());
        let live = self.live();
        let seen = live.iter().map(|(office, live)| {
            let questioned = live.seen.questioned || asked.contains_key(office);
            (*office, MachineStatus { questioned, ..live.seen.clone() })
        });
        seen.collect()
    }

    fn machines(&self) -> std::sync::MutexGuard<'_, HashMap<OfficeId, Vec<MachineSeen>>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes which machine of an office has called.
    pub(crate) fn called(&self, office: OfficeId, source: IpAddr, hello: &wire::Hello, now: u64) {
        let new = MachineSeen::new(source, hello, now);
        let mut all = self.machines();
        let its = all.entry(office).or_default();
        let known = its.iter().position(|known| known.is(&new)).map(|at| its.remove(at));
        let since = known.as_ref().map_or(now, |known| known.since);
        let calls = known.as_ref().map_or(0, |known| known.calls) + 1;
        its.insert(0, MachineSeen { since, calls, ..new });
        its.truncate(limits::MACHINES_KEPT);
    }

    /// Notes that a person is asked about the machine that has just called.
    pub(crate) fn questioned(&self, office: OfficeId, number: u64, now: u64) {
        self.see(office, number, |seen| seen.questioned = true);
        if let Some(caller) = self.machines().get_mut(&office).and_then(|its| its.first_mut()) {
            caller.asked = true;
        }
        let program = self.live().get(&office).map_or_else(String::new, |live| live.seen.program.clone());
        let machines = Vec::new();
        let new = PendingQuestion { since: now, last: now, calls: 0, waiting: true, program, machines };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = asked.remove(&office).filter(|known| known.is_shown(now)).unwrap_or_else(|| new.clone());
        asked.insert(
            office,
            PendingQuestion { last: now, calls: known.calls + 1, program: new.program, ..known },
        );
    }

    /// Machines that a person is asked about and has not answered. Those no longer connected stay for
    /// [`limits::QUESTION_SHOWN`] after their last call.
    pub fn asked(&self, now: u64) -> HashMap<OfficeId, PendingQuestion> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let live = self.live();
        let machines = self.machines();
        asked.retain(|office, asked| {
            asked.machines = machines.get(office).cloned().unwrap_or_default();
            asked.waiting = live.get(office).is_some_and(|session| session.seen.questioned);
            asked.waiting || asked.is_shown(now)
        });
        asked
    }

    /// Removes a question that a person has answered.
    pub(crate) fn answered(&self, office: OfficeId) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&office);
        for machine in self.machines().get_mut(&office).into_iter().flatten() {
            machine.asked = false;
        }
        self.stir();
    }

    /// Every office that has been connected since the hub started, with what was last known of its machine.
    pub fn met(&self) -> HashMap<OfficeId, LastSession> {
        let mut met = self.gone.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let live = self.connected().into_iter();
        met.extend(live.map(|(office, seen)| (office, LastSession { seen, left: None })));
        met
    }

    /// Subtracts entries that arrived from the office's backlog.
    pub(crate) fn arrived(&self, office: OfficeId, number: u64, entries: u64) {
        if let Some(session) = self.live().get_mut(&office)
            && session.number == number
        {
            session.seen.backlog = session.seen.backlog.saturating_sub(entries);
            if session.seen.backlog == 0 {
                session.seen.oldest = None;
            }
        }
    }

    /// Whether an office is connected.
    pub fn is_connected(&self, office: OfficeId) -> bool {
        self.live().contains_key(&office)
    }

    /// When an office was last connected since the hub started, Unix milliseconds; `now` if it is connected.
    pub fn last(&self, office: OfficeId, now: i64) -> Option<i64> {
        if self.is_connected(office) {
            return Some(now);
        }
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.get(&office)?.left.and_then(|left| i64::try_from(left).ok())
    }

    /// Tells the sessions for which something became deliverable.
    pub fn notify(&self, notice: &NewMail, registry: &Registry) {
        let live = self.live();
        notice.tell(registry, live.keys().copied(), |office, waiting| {
            if let Some(session) = live.get(&office) {
                let _ = session.tell.send(waiting);
            }
        });
    }

    /// The offices that are connected.
    pub fn offices(&self) -> Vec<OfficeId> {
        self.live().keys().copied().collect()
    }

    /// Tells the sessions of these offices that a file is whole.
    pub fn file_ready(&self, offices: &[OfficeId], hash: Hash) {
        let live = self.live();
        for session in offices.iter().filter_map(|office| live.get(office)) {
            let _ = session.tell.send(HubEvent::FileReady(hash));
        }
    }

    /// Approves the machine of this office that waits for a person's answer. `false`: none waits.
    pub fn approve(&self, office: OfficeId) -> bool {
        let live = self.live();
        let waiting = live.get(&office).filter(|session| session.seen.questioned);
        waiting.is_some_and(|session| session.tell.send(HubEvent::Approved).is_ok())
    }

    /// Ends the session of an office.
    pub fn end(&self, office: OfficeId, reason: EndReason, detail: &str) {
        if let Some(session) = self.live().get(&office) {
            let _ = session.tell.send(HubEvent::End(End { reason, detail: detail.into() }));
        }
    }

    /// Ends every session, because the hub stops.
    pub fn end_all(&self, detail: &str) {
        for session in self.live().values() {
            let end = End { reason: EndReason::EndUnavailable, detail: detail.into() };
            let _ = session.tell.send(HubEvent::End(end));
        }
    }

    /// Ends the sessions whose certificate the registry no longer accepts.
    pub fn recheck(&self, gate: &dyn CertificateLookup) {
        for session in self.live().values() {
            let peer = &session.peer;
            if gate.standing(&peer.certificate, &peer.key) != Standing::Valid(peer.office) {
                let end = End { reason: EndReason::EndCredential, detail: "revoked or replaced".into() };
                let _ = session.tell.send(HubEvent::End(end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_is_asked_about_is_shown_once_until_the_answer() {
        let (sessions, office) = (Sessions::default(), OfficeId(uuid::Uuid::from_u128(1)));
        for now in [1_000, 2_000, 3_000] {
            sessions.questioned(office, 0, now);
        }
        let asked = sessions.asked(3_000).remove(&office);
        let told = asked.map(|asked| (asked.since, asked.last, asked.calls, asked.waiting));
        assert_eq!(told, Some((1_000, 3_000, 3, false)));
        let shown = limits::QUESTION_SHOWN.as_millis() as u64;
        assert!(sessions.asked(2_999 + shown).contains_key(&office));
        assert!(sessions.asked(3_001 + shown).is_empty(), "it has not called for long");
        sessions.questioned(office, 0, 3_001 + shown);
        assert_eq!(sessions.asked(3_001 + shown).get(&office).map(|asked| asked.calls), Some(1), "anew");
        sessions.answered(office);
        assert!(sessions.asked(3_001 + shown).is_empty());
    }

    #[test]
    fn two_copies_are_told_by_where_they_call_from_and_when_they_were_started() {
        let (sessions, office) = (Sessions::default(), OfficeId(uuid::Uuid::from_u128(1)));
        let call = |source: [u8; 4], host: &str, booted: u64, now: u64, asked: bool| {
            let machine = wire::Machine { host: host.into(), booted, started: booted + 1 };
            let hello = wire::Hello { machine: Some(machine), program: "p".into(), ..Default::default() };
            sessions.called(office, source.into(), &hello, now);
            if asked {
                sessions.questioned(office, 0, now);
            }
        };
        for now in [1_000, 3_000] {
            call([10, 0, 0, 1], "may-1", 5, now, false);
            call([10, 0, 0, 1], "may-1", 9, now + 1, true);
        }
        call([10, 0, 0, 2], &"x".repeat(1_000), 9, 9_000, false);
        let seen = sessions.asked(9_000).remove(&office).map(|asked| asked.machines).unwrap_or_default();
        let told: Vec<_> =
            seen.iter().map(|one| (one.booted, one.calls, one.since, one.last, one.asked)).collect();
        let expected = [
            (Some(9), 1, 9_000, 9_000, false),
            (Some(9), 2, 1_001, 3_001, true),
            (Some(5), 2, 1_000, 3_000, false),
        ];
        assert_eq!(told, expected);
        assert_eq!((seen[0].host.len(), seen[2].host.as_str()), (limits::HOST, "may-1"));
        for booted in 20..40 {
            call([10, 0, 0, 3], "may", booted, 9_500, false);
        }
        assert_eq!(sessions.machines()[&office].len(), limits::MACHINES_KEPT, "no more than these are kept");
    }

    #[test]
    fn what_a_node_says_of_itself_is_kept() {
        let mut seen = MachineStatus::default();
        let hello =
            wire::Hello { backlog: 40, clock: 7_000, program: "truc-node 1.0".into(), ..Default::default() };
        seen.hello(&hello, 5_000);
        assert_eq!((seen.backlog, seen.clock_off, seen.disk_free), (40, Some(2_000), None));
        let status =
            wire::Status { backlog: vec![1, 0, 2], oldest_unsent: 9, disk_free: 11, ..Default::default() };
        seen.status(&status, 6_000);
        assert_eq!((seen.backlog, seen.oldest, seen.disk_free), (3, Some(9), Some(11)));
        assert_eq!(
            (seen.clock_off, seen.program.as_str()),
            (Some(2_000), "truc-node 1.0"),
            "what is not said stays"
        );
        seen.status(&wire::Status { backlog: vec![u64::MAX, 1], clock: 1, ..Default::default() }, 6_000);
        assert_eq!((seen.backlog, seen.oldest, seen.clock_off), (u64::MAX, None, Some(-5_999)));
        let program = "ữ".repeat(1_000);
        seen.status(&wire::Status { program: program.clone(), ..Default::default() }, 6_000);
        assert!(program.starts_with(&seen.program) && seen.program.len() <= limits::PROGRAM);
    }
}
