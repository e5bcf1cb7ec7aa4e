//! The hub of a run: drives its ends of the sessions, commits queued writes in groups, lets the mail index follow, as
//! `truc-hub` does.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use rusqlite::Connection;
use tokio::sync::mpsc;
use truc_hub::delivery::mail::{MailIndex, Notice};
use truc_node::store::journal::{Admission, ConnectFacts, Draft, Journal, JournalError, Offered, Reads};
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Link, Mark, OfficeId, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::registry::Registry;
use truc_proto::session::{Admitted, End, HubEvent, HubFacts, HubSession, HubWork};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{self, EndReason};

use super::machine::{is_broken, is_full, sql};
use super::watch::Judged;
use super::{Event, Result, Violation, World};

pub(crate) struct Session {
    pub(crate) office: OfficeId,
    pub(crate) machine: HubSession,
    /// Facts by which its Hello was last judged.
    pub(crate) judged: Option<Judged>,
    /// Frames that wait because enough writes are queued.
    inbox: VecDeque<wire::NodeFrame>,
}

/// Work queued for the hub's disk.
#[derive(Debug)]
pub(crate) enum Write {
    /// An entry of the hub's own ledger.
    Own {
        draft: Draft,
        random: u32,
    },
    /// Reads the facts for a Hello, in order with the writes.
    Facts {
        conn: u64,
        office: OfficeId,
        hello: Box<wire::Hello>,
        refilled: bool,
    },
    Admit {
        conn: u64,
        office: OfficeId,
        entries: Vec<Entry>,
        branch: bool,
    },
    Offer {
        conn: u64,
        entries: Vec<Entry>,
    },
    Hold {
        conn: u64,
        entries: Vec<Entry>,
    },
    Delivered {
        office: OfficeId,
        mark: Mark,
    },
}

enum Finished {
    Own(Box<Entry>),
    Facts(Box<ConnectFacts>),
    Admitted(Admission),
    Offered(Offered),
    Held(Option<Seat>),
    Delivered,
}

/// The hub: a disk, and the program if it runs.
pub(crate) struct Hub {
    pub(crate) key: SigningKey,
    pub(crate) journal: Journal,
    pub(crate) queue: VecDeque<Write>,
    committing: bool,
    pub(crate) running: bool,
    pub(crate) boot: u64,
    /// Whether its disk is full.
    pub(crate) full: bool,
    /// Offset of its clock, ms.
    pub(crate) clock: i64,
    pub(crate) sessions: BTreeMap<u64, Session>,
    /// Newest line of each office.
    pub(crate) by_office: BTreeMap<OfficeId, u64>,
    /// Newest credential of each office.
    pub(crate) credentials: HashMap<OfficeId, u64>,
    /// Own entries acknowledged to people.
    pub(crate) acked: Vec<Link>,
    pub(crate) backup: Option<HubBackup>,
    /// The registry, which exists before the first entry; only credentials are added.
    pub(crate) registry: Arc<Registry>,
    pub(crate) index: MailIndex,
    pub(crate) notices: Notices,
    /// Whether an update of the mail index is scheduled.
    pub(crate) following: bool,
}

/// A copy of the hub's disk, with the entries acknowledged by then.
pub(crate) struct HubBackup {
    pub(crate) journal: Connection,
    pub(crate) index: Connection,
    pub(crate) acked: Vec<Link>,
}

impl Hub {
    pub(crate) fn new(key: SigningKey, journal: Journal, registry: Registry) -> Result<Self> {
        let (index, notices) = index(Connection::open_in_memory().map_err(sql)?, &journal)?;
        let credentials = registry.offices().map(|(office, _)| (office, 1)).collect();
        Ok(Self {
            key,
            journal,
            queue: VecDeque::new(),
            committing: false,
            running: true,
            boot: 0,
            full: false,
            clock: 0,
            sessions: BTreeMap::new(),
            by_office: BTreeMap::new(),
            credentials,
            acked: Vec::new(),
            backup: None,
            registry: Arc::new(registry),
            index,
            notices,
            following: false,
        })
    }

    pub(crate) fn open(&mut self, conn: u64, office: OfficeId) {
        let machine = HubSession::new(office);
        self.sessions.insert(conn, Session { office, machine, judged: None, inbox: VecDeque::new() });
    }

    pub(crate) fn close(&mut self, conn: u64) {
        if let Some(session) = self.sessions.remove(&conn)
            && self.by_office.get(&session.office) == Some(&conn)
        {
            self.by_office.remove(&session.office);
        }
    }

    /// Starts a program that reads everything from the disk.
    pub(crate) fn replace(&mut self, journal: Journal, mail: Connection) -> Result<()> {
        (self.index, self.notices) = index(mail, &journal)?;
        self.journal = journal;
        Ok(())
    }

    /// The program is gone, with everything that was not durable.
    pub(crate) fn die(&mut self) {
        self.boot += 1;
        self.running = false;
        self.committing = false;
        self.following = false;
        self.queue.clear();
    }

    /// Whether an entry is mail of an office. No office moves in the simulation, so the position does not matter.
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

impl World {
    /// A frame arrives. It is read unless too many writes are queued.
    pub(crate) fn hub_frame(&mut self, conn: u64, frame: wire::NodeFrame) -> Result<()> {
        self.check_credential(conn)?;
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        session.inbox.push_back(frame);
        self.read_on(conn)
    }

    fn read_on(&mut self, conn: u64) -> Result<()> {
        while let Some(session) = self.hub.sessions.get_mut(&conn) {
            if session.machine.busy() {
                self.reach("hub read no more while it wrote");
                return Ok(());
            }
            let Some(frame) = session.inbox.pop_front() else { return Ok(()) };
            self.hub_event(conn, HubEvent::Frame(frame))?;
        }
        Ok(())
    }

    pub(crate) fn hub_done(&mut self, conn: u64, event: HubEvent) -> Result<()> {
        self.hub_event(conn, event)?;
        self.read_on(conn)
    }

    /// Does what a session asks for: reads at once, writes queued in order.
    pub(crate) fn hub_event(&mut self, conn: u64, event: HubEvent) -> Result<()> {
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        let office = session.office;
        let mut work: VecDeque<HubWork> = session.machine.step(event).into();
        while let Some(next) = work.pop_front() {
            let write = match next {
                HubWork::Send(frame) => {
                    self.check_judgement(conn, &frame)?;
                    self.send_down(conn, frame)?;
                    continue;
                }
                HubWork::Admit { entries, branch } => {
                    match batch::vouch(&entries, &self.hub.registry.keys(office)) {
                        Ok(()) => Write::Admit { conn, office, entries, branch },
                        Err(error) => {
                            let end = End { reason: EndReason::EndEntry, detail: error.code().into() };
                            self.answer(conn, HubEvent::End(end), &mut work);
                            continue;
                        }
                    }
                }
                HubWork::Offer(entries) => Write::Offer { conn, entries: self.genuine(entries) },
                HubWork::Hold(entries) => Write::Hold { conn, entries },
                HubWork::Delivered(mark) => Write::Delivered { office, mark },
                HubWork::Facts { hello, refilled } => Write::Facts { conn, office, hello, refilled },
                HubWork::ReadMail { after, own } => {
                    let mail = self.mail(office, after, own)?;
                    self.answer(conn, mail, &mut work);
                    continue;
                }
                HubWork::ReadEarly(position) => {
                    self.reach("urgent entry overtook");
                    if let Some(stored) = self.hub.journal.reads().at_position(position)? {
                        self.note_island(&stored)?;
                        self.answer(conn, HubEvent::Early(position, stored.entry), &mut work);
                    }
                    continue;
                }
                HubWork::Question { credential } => {
                    self.check_question(conn)?;
                    let question = wire::QuestionRaised { office: office.to_wire(), credential };
                    self.say(Word::Question(question), vec![Scope::office(office)]);
                    continue;
                }
                HubWork::WentBack { cursor, common } => {
                    self.check_went_back(conn)?;
                    let back = wire::HubWentBack { office: office.to_wire(), cursor, common };
                    self.say(Word::WentBack(back), vec![Scope::office(office)]);
                    continue;
                }
                HubWork::Branched => {
                    self.reach("branch taken");
                    continue;
                }
                HubWork::Forked => {
                    self.check_forked(conn)?;
                    continue;
                }
                HubWork::Status(_) => continue,
                HubWork::End(end) => {
                    self.check_end(conn, &end)?;
                    // The frame that gives the reason is under way; the line closes after it.
                    self.hang_up_hub(conn);
                    return Ok(());
                }
            };
            self.hub.queue.push_back(write);
            self.hub_commits_later();
        }
        Ok(())
    }

    fn answer(&mut self, conn: u64, event: HubEvent, work: &mut VecDeque<HubWork>) {
        if let Some(session) = self.hub.sessions.get_mut(&conn) {
            work.extend(session.machine.step(event));
        }
    }

    /// Returned entries with valid signatures; the others are dropped.
    fn genuine(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let before = entries.len();
        let registry = Arc::clone(&self.hub.registry);
        let keys = |entry: &Entry| -> Vec<VerifyingKey> { registry.keys(entry.header.ledger) };
        let genuine = batch::genuine(entries, keys);
        if genuine.len() < before {
            self.reach("forged offer dropped");
        }
        genuine
    }

    fn hub_time(&self) -> Hlc {
        Hlc::tick(Hlc::default(), self.now_by(self.hub.clock))
    }

    fn hub_facts(&mut self, conn: u64, office: OfficeId, found: ConnectFacts) -> Result<HubFacts> {
        let mut facts = found.facts;
        facts.replaced = self.shown_credential(conn) < self.hub.credentials[&office];
        let hub_time = self.hub_time();
        let line =
            found.line.map(|(link, position)| Receipt::sign(office, link, position, hub_time, &self.hub.key));
        let receipt = self.conns.get(&conn).and_then(|line| line.hello).and_then(|hello| hello.receipt);
        let forgot = match receipt {
            Some(link) => !self.hub.journal.reads().complete(office, &link)?,
            None => false,
        };
        if let Some(session) = self.hub.sessions.get_mut(&conn) {
            let line = line.map(|line| line.link);
            session.judged = Some(Judged { facts: facts.clone(), line, forgot });
        }
        Ok(HubFacts { facts, line, from: found.from, push_after: found.push_after, hub_time })
    }

    pub(crate) fn hub_commits_later(&mut self) {
        if !std::mem::replace(&mut self.hub.committing, true) {
            let wait = 1 + self.rng.below(self.plan.commit_gap);
            let boot = self.hub.boot;
            self.at(self.now + wait, Event::HubCommits { boot });
        }
    }

    /// Queues an entry of the hub's own ledger.
    pub(crate) fn hub_writes(&mut self, draft: Draft) {
        if self.hub.running {
            let random = self.rng.draw() as u32;
            self.hub.queue.push_back(Write::Own { draft, random });
            self.hub_commits_later();
        }
    }

    pub(crate) fn hub_commits(&mut self, boot: u64) -> Result<()> {
        if self.hub.boot != boot || !self.hub.running {
            return Ok(());
        }
        self.hub.committing = false;
        let mut waiting = std::mem::take(&mut self.hub.queue);
        let mut finished = Vec::new();
        let lines = self.lines_given_back(&waiting)?;
        match self.hub_group(&mut waiting, &mut finished) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                self.reach("a full disk refused a write of the hub");
                // Writes queued for a session are lost, and the session with them.
                let conns: Vec<u64> = self.hub.sessions.keys().copied().collect();
                conns.into_iter().for_each(|conn| self.hang_up_hub(conn));
                return Ok(());
            }
            Err(error) if is_broken(&error) => {
                self.reach("power cut within a commit of the hub");
                return self.crash_hub();
            }
            Err(error) => return Err(error.into()),
        }
        let offers = finished.iter().filter_map(|finished| match finished {
            Finished::Offered(offered) => Some(offered),
            _ => None,
        });
        self.check_moved(&lines, offers)?;
        for (write, finished) in waiting.into_iter().zip(finished) {
            self.committed(write, finished)?;
        }
        self.follow_later();
        Ok(())
    }

    fn hub_group(
        &mut self,
        waiting: &mut VecDeque<Write>,
        finished: &mut Vec<Finished>,
    ) -> std::result::Result<(), JournalError> {
        let now = self.now_by(self.hub.clock);
        let key = self.hub.key.clone();
        let hub_key = key.verifying_key();
        self.hub.journal.group(|journal| {
            for write in waiting.iter_mut() {
                finished.push(match write {
                    Write::Own { draft, random } => {
                        Finished::Own(Box::new(journal.append(draft.clone(), &key, now, *random)?.1))
                    }
                    Write::Facts { office, hello, refilled, .. } => {
                        let read =
                            |reads: Reads<'_>| reads.connect_facts(*office, hello, &hub_key, *refilled);
                        Finished::Facts(Box::new(journal.in_turn(read)?))
                    }
                    Write::Admit { entries, branch, .. } => {
                        Finished::Admitted(journal.admit(entries.clone(), *branch, now)?)
                    }
                    Write::Offer { entries, .. } => {
                        let mut offered = Offered::default();
                        for entry in entries {
                            journal.offered(entry, &mut offered)?;
                        }
                        Finished::Offered(offered)
                    }
                    Write::Hold { entries, .. } => {
                        for entry in entries.iter() {
                            journal.hold(entry)?;
                        }
                        Finished::Held(entries.last().map(|entry| entry.header.seat))
                    }
                    Write::Delivered { office, mark } => {
                        journal.delivered(*office, mark.position)?;
                        Finished::Delivered
                    }
                });
            }
            Ok(())
        })
    }

    fn committed(&mut self, write: Write, finished: Finished) -> Result<()> {
        let (conn, event) = match (write, finished) {
            (Write::Own { .. }, Finished::Own(entry)) => {
                self.hub.acked.push(entry.link());
                self.written(&entry);
                self.check_channels(&entry)?;
                return Ok(());
            }
            (Write::Facts { conn, office, .. }, Finished::Facts(found)) => {
                (conn, HubEvent::Facts(Box::new(self.hub_facts(conn, office, *found)?)))
            }
            (Write::Admit { conn, office, .. }, Finished::Admitted(admission)) => {
                self.check_admission(conn, office, &admission)?;
                let hub_time = self.hub_time();
                let receipt = admission
                    .last
                    .map(|(link, position)| Receipt::sign(office, link, position, hub_time, &self.hub.key));
                if admission.line_beyond {
                    self.reach("island completed");
                }
                let new = admission.new > 0;
                let Admission { rest, line_beyond, .. } = admission;
                (conn, HubEvent::Admitted(Admitted { receipt, new, rest, line_beyond }))
            }
            (Write::Offer { conn, .. }, Finished::Offered(offered)) => {
                self.offered(conn, &offered)?;
                (conn, HubEvent::Offered)
            }
            (Write::Hold { conn, entries }, Finished::Held(Some(seat))) => {
                self.reach("evidence held");
                self.check_held(&entries)?;
                (conn, HubEvent::Held(seat))
            }
            (Write::Delivered { office, mark }, _) => {
                return self.check_delivered(office, mark.position);
            }
            _ => return Ok(()),
        };
        self.soon(Event::HubDone { conn, event: Box::new(event) });
        Ok(())
    }

    fn offered(&mut self, conn: u64, offered: &Offered) -> Result<()> {
        if offered.new > 0 {
            self.reach("lost entry given back");
        }
        if offered.held > 0 && !self.truth.snapshots {
            return Err(Violation("Place: an offered entry's place is taken".into()));
        }
        let giver = self.hub.sessions.get(&conn).map(|session| session.office);
        for office in offered.moved.iter().filter(|office| Some(**office) != giver) {
            if let Some(&moved) = self.hub.by_office.get(office) {
                self.reach("line moved under a session");
                let end = End { reason: EndReason::EndAgain, detail: "the line moved".into() };
                self.hub_event(moved, HubEvent::End(end))?;
            }
        }
        Ok(())
    }

    /// People at the hub approve all waiting machines.
    pub(crate) fn approve(&mut self) -> Result<bool> {
        let sessions = self.hub.sessions.iter();
        let waiting: Vec<u64> =
            sessions.filter(|(_, session)| session.machine.questioned()).map(|(conn, _)| *conn).collect();
        let honest = waiting.iter().copied().filter(|conn| self.is_honest(*conn)).collect::<Vec<_>>();
        for conn in &honest {
            self.reach("question approved");
            self.hub_event(*conn, HubEvent::Approved)?;
        }
        Ok(!honest.is_empty())
    }
}
