//! The hub of a run.

use std::collections::{BTreeMap, HashMap, VecDeque};

use ed25519_dalek::{SigningKey, VerifyingKey};
use rusqlite::Connection;
use truc_node::journal::{Journal, Offered};
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId};
use truc_proto::receipt::Receipt;
use truc_proto::session::{Admitted, End, HubEvent, HubFacts, HubSession, HubWork};
use truc_proto::time::Hlc;
use truc_proto::wire::{EndReason, Urgency};

use super::{Event, Result, Violation, World};

pub(crate) struct Session {
    pub(crate) machine: HubSession,
    pub(crate) queue: VecDeque<HubWork>,
}

/// The hub: a disk, and the program that runs on it or does not.
pub(crate) struct Hub {
    pub(crate) office: OfficeId,
    pub(crate) key: SigningKey,
    pub(crate) journal: Journal,
    pub(crate) running: bool,
    pub(crate) sessions: BTreeMap<u64, Session>,
    /// The newest credential of each office.
    pub(crate) credentials: HashMap<OfficeId, u64>,
    /// Own entries acknowledged, as for a machine.
    pub(crate) acked: Vec<Link>,
    pub(crate) backup: Option<(Connection, Vec<Link>)>,
    /// Mail up to here was announced.
    announced: u64,
}

impl Hub {
    pub(crate) fn new(office: OfficeId, key: SigningKey, journal: Journal) -> Self {
        Self {
            office,
            key,
            journal,
            running: true,
            sessions: BTreeMap::new(),
            credentials: HashMap::new(),
            acked: Vec::new(),
            backup: None,
            announced: 0,
        }
    }

    pub(crate) fn open(&mut self, conn: u64, office: OfficeId) {
        self.sessions.insert(conn, Session { machine: HubSession::new(office), queue: VecDeque::new() });
    }

    /// A program that starts reads everything from its disk.
    pub(crate) fn replace(&mut self, journal: Journal) {
        self.announced = journal.end().position;
        self.journal = journal;
        self.sessions.clear();
    }
}

/// Whether an entry is for an office. In these runs every office has been under the hub from the start.
pub(crate) fn addressed(entry: &Entry, office: OfficeId, hub: OfficeId) -> bool {
    entry
        .header
        .audience
        .iter()
        .any(|channel| channel.scope == Scope::subtree(hub) || channel.scope.office == office)
}

impl World {
    pub(crate) fn hub_event(&mut self, conn: u64, event: HubEvent) -> Result<()> {
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        let idle = session.queue.is_empty();
        session.queue.extend(session.machine.step(event));
        if idle && !session.queue.is_empty() {
            let wait = 1 + self.rng.below(3);
            self.at(self.now + wait, Event::HubWorks { conn });
        }
        Ok(())
    }

    fn office_keys(&self, office: OfficeId) -> Vec<VerifyingKey> {
        self.keys[&office].iter().rev().map(SigningKey::verifying_key).collect()
    }

    /// Does the next piece of work of one of the hub's sessions.
    pub(crate) fn hub_works(&mut self, conn: u64) -> Result<()> {
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        let Some(work) = session.queue.pop_front() else { return Ok(()) };
        let office = session.machine.office();
        let answer = match work {
            HubWork::Send(frame) => {
                let latency = self.latency();
                let now = self.now;
                if let Some(line) = self.conns.get_mut(&conn) {
                    line.last_down = line.last_down.max(now + latency);
                    let time = line.last_down;
                    self.at(time, Event::ToNode { conn, frame });
                }
                None
            }
            HubWork::Facts { hello, refilled } => {
                Some(HubEvent::Facts(Box::new(self.hub_facts(office, &hello, refilled)?)))
            }
            HubWork::Admit { entries, branch } => Some(self.admit(office, entries, branch)?),
            HubWork::Offer(entries) => {
                self.offer(conn, &entries)?;
                Some(HubEvent::Offered)
            }
            HubWork::Hold(entries) => {
                self.reach("evidence held");
                let last = entries.last().map(|entry| entry.header.seat);
                self.hub.journal.group(|journal| {
                    for entry in &entries {
                        journal.hold(entry)?;
                    }
                    Ok(())
                })?;
                last.map(HubEvent::Held)
            }
            HubWork::ReadMail { after, own } => Some(self.mail(office, after, own)?),
            HubWork::ReadEarly(position) => {
                self.reach("urgent entry overtook");
                let stored = self.hub.journal.reads().at_position(position)?;
                stored.map(|stored| HubEvent::Early(position, stored.entry))
            }
            HubWork::Delivered(mark) => {
                self.hub.journal.group(|journal| journal.delivered(office, mark.position))?;
                None
            }
            HubWork::Question { .. } => {
                self.reach("question raised");
                if !self.disturbed {
                    return Err(Violation("FalseAlarm: a question in a clean run".into()));
                }
                None
            }
            HubWork::WentBack { .. } => {
                self.reach("hub went back noticed");
                if !self.hub_went_back {
                    return Err(Violation("FalseAlarm: the hub did not go back".into()));
                }
                None
            }
            HubWork::Branched => {
                self.reach("branch taken");
                None
            }
            HubWork::Forked => {
                self.reach("fork raised");
                if !self.snapshots {
                    return Err(Violation("Fork: without a live snapshot".into()));
                }
                None
            }
            HubWork::Status(_) => None,
            HubWork::End(end) => {
                if end.reason == EndReason::EndProtocol || end.reason == EndReason::EndEntry {
                    return Err(Violation(format!("hub: {:?} {}", end.reason, end.detail)));
                }
                // The frame that says why is under way; the line closes when the node has read it.
                self.hub.sessions.remove(&conn);
                return Ok(());
            }
        };
        if let Some(answer) = answer
            && let Some(session) = self.hub.sessions.get_mut(&conn)
        {
            session.queue.extend(session.machine.step(answer));
        }
        if self.hub.sessions.get(&conn).is_some_and(|session| !session.queue.is_empty()) {
            let wait = 1 + self.rng.below(3);
            self.at(self.now + wait, Event::HubWorks { conn });
        }
        Ok(())
    }

    fn hub_facts(
        &mut self,
        office: OfficeId,
        hello: &truc_proto::wire::Hello,
        refilled: bool,
    ) -> Result<HubFacts> {
        let found = self.hub.journal.reads().connect_facts(office, hello, refilled)?;
        let mut facts = found.facts;
        facts.replaced = hello.credential < self.hub.credentials[&office];
        let hub_time = Hlc::tick(Hlc::default(), self.now);
        let line =
            found.line.map(|(link, position)| Receipt::sign(office, link, position, hub_time, &self.hub.key));
        self.check_verdict(office, &facts)?;
        Ok(HubFacts { facts, line, from: found.from, push_after: found.push_after, hub_time })
    }

    fn admit(&mut self, office: OfficeId, entries: Vec<Entry>, branch: bool) -> Result<HubEvent> {
        batch::vouch(&entries, &self.office_keys(office))
            .map_err(|error| Violation(format!("push of {office}: {error}")))?;
        let admission = self.hub.journal.group(|journal| journal.admit(entries, branch))?;
        let hub_time = Hlc::tick(Hlc::default(), self.now);
        let receipt = admission
            .last
            .map(|(link, position)| Receipt::sign(office, link, position, hub_time, &self.hub.key));
        if admission.line_beyond {
            self.reach("island completed");
        }
        self.announce()?;
        Ok(HubEvent::Admitted(Admitted {
            receipt,
            new: admission.new > 0,
            rest: admission.rest,
            line_beyond: admission.line_beyond,
        }))
    }

    fn offer(&mut self, conn: u64, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            batch::verify_any(entry, &self.office_keys(entry.header.ledger))
                .map_err(|error| Violation(format!("offer: {error}")))?;
        }
        let mut offered = Offered::default();
        self.hub.journal.group(|journal| {
            for entry in entries {
                journal.offered(entry, &mut offered)?;
            }
            Ok(())
        })?;
        if offered.new > 0 {
            self.reach("lost entry given back");
        }
        if offered.held > 0 && !self.snapshots {
            return Err(Violation("Place: an offered entry's place is taken".into()));
        }
        let giver = self.hub.sessions.get(&conn).map(|session| session.machine.office());
        let moved: Vec<u64> = self
            .hub
            .sessions
            .iter()
            .filter(|(_, session)| {
                let office = session.machine.office();
                Some(office) != giver && offered.moved.contains(&office)
            })
            .map(|(conn, _)| *conn)
            .collect();
        for conn in moved {
            self.reach("line moved under a session");
            let end = End { reason: EndReason::EndAgain, detail: "the line moved".into() };
            self.hub_event(conn, HubEvent::End(end))?;
        }
        self.announce()
    }

    /// Tells sessions that mail waits for them.
    pub(crate) fn announce(&mut self) -> Result<()> {
        let stored = self.hub.journal.reads().after(self.hub.announced, usize::MAX >> 1)?;
        for stored in stored {
            self.hub.announced = stored.position;
            let urgent = stored.entry.header.urgency != Urgency::Normal;
            let conns: Vec<u64> = self
                .hub
                .sessions
                .iter()
                .filter(|(_, session)| addressed(&stored.entry, session.machine.office(), self.hub.office))
                .map(|(conn, _)| *conn)
                .collect();
            for conn in conns {
                self.hub_event(conn, HubEvent::Waiting { position: stored.position, urgent, registry: 0 })?;
            }
        }
        Ok(())
    }

    fn mail(&mut self, office: OfficeId, after: u64, own: bool) -> Result<HubEvent> {
        const FRAME: usize = 4;
        let reads = self.hub.journal.reads();
        let mut entries = Vec::new();
        let mut upto = after;
        let mut end = true;
        for stored in reads.after(after, usize::MAX >> 1)? {
            if entries.len() == FRAME {
                end = false;
                break;
            }
            upto = stored.position;
            let mine = stored.entry.header.ledger == office;
            let wanted = if mine {
                own || stored.given_back()
            } else {
                addressed(&stored.entry, office, self.hub.office)
            };
            if wanted {
                entries.push((stored.position, stored.entry));
            }
        }
        let mark = reads.mark_at(upto)?.ok_or_else(|| Violation("mark of a mail".into()))?;
        Ok(HubEvent::Mail { entries, mark, end })
    }

    /// The hub itself writes.
    pub(crate) fn hub_write(&mut self) -> Result<()> {
        if !self.hub.running {
            return Ok(());
        }
        let draft = self.draft(self.hub.office);
        let random = self.rng.draw() as u32;
        let now = self.now;
        let key = self.hub.key.clone();
        let (_, entry) = self.hub.journal.group(|journal| journal.append(draft, &key, now, random))?;
        self.hub.acked.push(entry.link());
        self.outcome.written += 1;
        self.announce()
    }

    /// A person at the hub approves the machine that waits.
    pub(crate) fn approve(&mut self) -> Result<bool> {
        let waiting: Vec<u64> = self
            .hub
            .sessions
            .iter()
            .filter(|(_, session)| session.machine.questioned())
            .map(|(conn, _)| *conn)
            .collect();
        for conn in &waiting {
            self.reach("question approved");
            self.hub_event(*conn, HubEvent::Approved)?;
        }
        Ok(!waiting.is_empty())
    }
}
