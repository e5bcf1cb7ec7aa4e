//! The hub of a run.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use rusqlite::Connection;
use tokio::sync::mpsc;
use truc_hub::mail::{self, MailIndex, Notice};
use truc_node::journal::{Journal, Offered};
use truc_node::pump::Follower;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId};
use truc_proto::receipt::Receipt;
use truc_proto::registry::Registry;
use truc_proto::session::{Admitted, End, HubEvent, HubFacts, HubSession, HubWork};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{EndReason, OfficeFact, RegistryMove};

use super::machine::sql;
use super::{Event, Result, Violation, World, office_id};

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
    pub(crate) backup: Option<HubBackup>,
    /// Which office is in which scope. Said before the first entry, and nothing changes it.
    pub(crate) registry: Arc<Registry>,
    pub(crate) index: MailIndex,
    notices: Notices,
    /// The index is about to follow the journal.
    pub(crate) following: bool,
}

/// A copy of the hub's disk with what was acknowledged then.
pub(crate) struct HubBackup {
    pub(crate) journal: Connection,
    pub(crate) index: Connection,
    pub(crate) acked: Vec<Link>,
}

impl Hub {
    pub(crate) fn new(office: OfficeId, key: SigningKey, journal: Journal, offices: usize) -> Result<Self> {
        let registry = Arc::new(registry(office, key.verifying_key(), offices)?);
        let (index, notices) = index(Connection::open_in_memory().map_err(sql)?, &journal)?;
        Ok(Self {
            office,
            key,
            journal,
            running: true,
            sessions: BTreeMap::new(),
            credentials: HashMap::new(),
            acked: Vec::new(),
            backup: None,
            registry,
            index,
            notices,
            following: false,
        })
    }

    pub(crate) fn open(&mut self, conn: u64, office: OfficeId) {
        self.sessions.insert(conn, Session { machine: HubSession::new(office), queue: VecDeque::new() });
    }

    /// A program that starts reads everything from its disk.
    pub(crate) fn replace(&mut self, journal: Journal, mail: Connection) -> Result<()> {
        (self.index, self.notices) = index(mail, &journal)?;
        self.journal = journal;
        self.sessions.clear();
        Ok(())
    }

    /// Whether an entry is mail of an office. No office ever moves here, so any position gives the answer.
    pub(crate) fn addressed(&self, entry: &Entry, office: OfficeId) -> bool {
        let mut audience = entry.header.audience.iter();
        audience.any(|channel| self.registry.addressed(office, channel.scope, 0))
    }
}

type Notices = mpsc::UnboundedReceiver<(Notice, Arc<Registry>)>;

fn index(conn: Connection, journal: &Journal) -> Result<(MailIndex, Notices)> {
    let (told, notices) = mpsc::unbounded_channel();
    let index = MailIndex::from_connection(conn, journal.end().position, told).map_err(sql)?;
    Ok((index, notices))
}

/// A province under the hub, and communes under the province.
fn registry(hub: OfficeId, key: VerifyingKey, offices: usize) -> Result<Registry> {
    let mut registry = Registry::new(hub, key);
    for number in 0..offices {
        let (tier, parent) = if number == 0 { ("province", hub) } else { ("commune", office_id(0)) };
        let fact = OfficeFact {
            office: office_id(number).to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: parent.to_wire(),
            code: number.to_string(),
            name: format!("office {number}"),
            ..Default::default()
        };
        if !registry.apply(0, &RegistryMove { r#move: Some(Word::Office(fact)) }) {
            return Err(Violation(format!("the registry refuses office {number}")));
        }
    }
    Ok(registry)
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
        let now = self.now;
        let admission = self.hub.journal.group(|journal| journal.admit(entries, branch, now))?;
        let hub_time = Hlc::tick(Hlc::default(), self.now);
        let receipt = admission
            .last
            .map(|(link, position)| Receipt::sign(office, link, position, hub_time, &self.hub.key));
        if admission.line_beyond {
            self.reach("island completed");
        }
        self.follow_later();
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
        self.follow_later();
        Ok(())
    }

    /// The mail index follows after a while: the longer, the more commits it takes in one go.
    pub(crate) fn follow_later(&mut self) {
        if !self.hub.following {
            self.hub.following = true;
            let wait = 1 + self.rng.below(self.plan.follow_gap);
            self.at(self.now + wait, Event::HubFollows);
        }
    }

    /// The mail index takes in what was committed since, and sessions are told: as the pump does it, without
    /// what else the pump does. Nothing is vetted, for every machine here writes what the rules allow and
    /// pushes were vouched for already; there are no views.
    pub(crate) fn hub_follows(&mut self) -> Result<()> {
        self.hub.following = false;
        let failed = |error| Violation(format!("mail index: {error}"));
        let stored = self.hub.journal.reads().after(self.hub.index.upto(), usize::MAX >> 1)?;
        let Some(upto) = stored.last().map(|stored| stored.position) else { return Ok(()) };
        for stored in &stored {
            self.hub.index.entry(stored, None).map_err(failed)?;
        }
        self.hub.index.commit(upto, &self.hub.registry).map_err(failed)?;
        if stored.len() > 1 {
            self.reach("several entries announced at once");
        }
        while let Ok((notice, registry)) = self.hub.notices.try_recv() {
            let connected = self.hub.sessions.values().map(|session| session.machine.office());
            let mut told = Vec::new();
            notice.tell(&registry, connected, |office, waiting| told.push((office, waiting)));
            let scopes = &notice.scopes;
            let beside = |scope, urgent| scopes.iter().any(|other| other.0 == scope && other.2 != urgent);
            if scopes.iter().any(|&(scope, _, urgent)| beside(scope, urgent)) {
                self.reach("urgent entry announced beside an ordinary one");
            }
            for (office, waiting) in told {
                let mut sessions = self.hub.sessions.iter();
                let conn = sessions.find(|(_, session)| session.machine.office() == office);
                if let Some((&conn, _)) = conn {
                    self.hub_event(conn, waiting)?;
                }
            }
        }
        Ok(())
    }

    fn mail(&mut self, office: OfficeId, after: u64, own: bool) -> Result<HubEvent> {
        let Hub { index, journal, registry, .. } = &self.hub;
        let most = self.plan.most;
        let piece = mail::read(index.connection(), journal.reads(), registry, office, after, own, most)?;
        if !piece.end {
            self.reach("mail in several pieces");
        }
        Ok(HubEvent::Mail { entries: piece.entries, mark: piece.mark, end: piece.end })
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
        self.written(&entry);
        self.follow_later();
        Ok(())
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
