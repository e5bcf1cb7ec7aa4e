//! The hub of a run: a disk and a mail index around the session driver of `truc-hub`. It commits what waits in groups,
//! and lets the index follow.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::mpsc;
use truc_hub::delivery::index::{MailIndex, NewMail};
use truc_hub::delivery::mail::{self, Asked, MailBatch};
use truc_hub::line::quotas::Later;
use truc_hub::recover::life::Life;
use truc_hub::recover::refill::Refill;
use truc_hub::session::driver::Driver;
use truc_hub::session::offers::{self, GivenBack};
use truc_hub::session::outbox::outbox;
use truc_hub::session::store::{News, Store};
use truc_hub::session::write::{self, Done};
use truc_node::identity::Identity;
use truc_node::store::journal::{Draft, Journal, JournalError};
use truc_proto::audience::Scope;
use truc_proto::clock::Guard;
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId};
use truc_proto::registry::Registry;
use truc_proto::session::{End, HubEvent};
use truc_proto::wire;
use truc_proto::wire::registry_move::Move as Word;

use super::clocks::{START, Told};
use super::files::HubDisk;
use super::machine::{is_broken, is_full, sql};
use super::map::Map;
use super::watch::Judged;
use super::{Event, Result, Violation, World};

pub(crate) struct Session {
    pub(crate) office: OfficeId,
    /// None while it works.
    driver: Option<Driver>,
    /// Facts by which its Hello was last judged.
    pub(crate) judged: Option<Judged>,
    /// Frames that wait because enough writes are queued.
    inbox: VecDeque<wire::NodeFrame>,
    /// When it is next looked whether the session is due.
    alarm: Option<u64>,
}

/// Work queued for the hub's disk.
#[derive(Debug)]
pub(crate) enum Write {
    /// An entry of the hub's own ledger.
    Own { draft: Draft, random: u32 },
    /// The session of an office asks for it.
    Session { conn: u64, office: OfficeId, write: write::Write },
}

#[expect(clippy::large_enum_variant, reason = "a few stand in the queue of one run")]
enum Finished {
    Own(Box<Entry>),
    Session(Done),
}

/// The hub: a disk, and the program if it runs.
pub(crate) struct Hub {
    pub(crate) identity: Identity,
    pub(crate) journal: Journal,
    pub(crate) queue: VecDeque<Write>,
    committing: bool,
    pub(crate) running: bool,
    pub(crate) boot: u64,
    /// Whether its disk is full.
    pub(crate) full: bool,
    /// Offset of its clock, ms.
    pub(crate) clock: i64,
    /// What its program makes of that clock, and what offices told it.
    pub(crate) guard: RefCell<Guard>,
    pub(crate) told: Told,
    pub(crate) sessions: BTreeMap<u64, Session>,
    /// Newest line of each office.
    pub(crate) by_office: BTreeMap<OfficeId, u64>,
    /// Newest credential of each office.
    pub(crate) credentials: HashMap<OfficeId, u64>,
    /// Own entries acknowledged to people.
    pub(crate) acked: Vec<Link>,
    pub(crate) backup: Option<HubBackup>,
    /// What is folded of its journal.
    pub(crate) map: Map,
    /// The day that it last said has come, since it started.
    pub(crate) turned: Option<Date>,
    pub(crate) life: Life,
    pub(crate) refill: Refill,
    /// Files on its disk.
    pub(crate) disk: HubDisk,
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
    pub(crate) disk: HubDisk,
}

impl Hub {
    pub(crate) fn new(identity: Identity, journal: Journal, map: Map) -> Result<Self> {
        let (index, notices) = index(Connection::open_in_memory().map_err(sql)?, &journal)?;
        let credentials = map.registry.offices().map(|(office, _)| (office, 1)).collect();
        Ok(Self {
            identity,
            journal,
            queue: VecDeque::new(),
            committing: false,
            running: true,
            boot: 0,
            full: false,
            clock: 0,
            guard: RefCell::new(Guard::new(None, START, 0)),
            told: Told::new(),
            sessions: BTreeMap::new(),
            by_office: BTreeMap::new(),
            credentials,
            acked: Vec::new(),
            backup: None,
            map,
            turned: None,
            life: Life::in_memory(0),
            refill: Refill::in_memory(None),
            disk: HubDisk::default(),
            index,
            notices,
            following: false,
        })
    }

    pub(crate) fn close(&mut self, conn: u64) {
        if let Some(session) = self.sessions.remove(&conn)
            && self.by_office.get(&session.office) == Some(&conn)
        {
            self.by_office.remove(&session.office);
        }
    }

    /// Starts a program that reads everything from the disk. `anew`: the disk is another one.
    pub(crate) fn replace(&mut self, journal: Journal, mail: Connection, anew: bool) -> Result<()> {
        (self.index, self.notices) = index(mail, &journal)?;
        if anew {
            self.map = self.map.anew();
            self.map.catch_up(&journal)?;
        }
        self.journal = journal;
        Ok(())
    }

    /// The program is gone, with everything that was not durable.
    pub(crate) fn die(&mut self) {
        self.boot += 1;
        self.running = false;
        self.committing = false;
        self.following = false;
        self.turned = None;
        self.queue.clear();
    }
}

type Notices = mpsc::UnboundedReceiver<(NewMail, Arc<Registry>)>;

fn index(conn: Connection, journal: &Journal) -> Result<(MailIndex, Notices)> {
    let (told, notices) = mpsc::unbounded_channel();
    let index = MailIndex::from_connection(conn, journal.end().position, told).map_err(sql)?;
    Ok((index, notices))
}

/// The hub, as the session on one line sees it.
struct HubStore<'w> {
    world: &'w mut World,
    conn: u64,
    office: OfficeId,
}

impl Store for HubStore<'_> {
    type Error = Violation;

    fn identity(&self) -> &Identity {
        &self.world.hub.identity
    }

    fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.world.hub.map.registry)
    }

    fn millis(&self) -> u64 {
        self.world.hub_time().millis
    }

    fn life(&self) -> &Life {
        &self.world.hub.life
    }

    fn refill(&self) -> &Refill {
        &self.world.hub.refill
    }

    fn mail(&mut self, after: u64, own: bool, urgent: bool) -> Result<Option<MailBatch>> {
        let Hub { index, journal, map, .. } = &self.world.hub;
        let (most, office) = (self.world.plan.most, self.office);
        let asked = Asked { office, after, own, urgent };
        let piece = mail::read(index.connection(), journal.reads(), &map.registry, asked, most)?;
        for (position, entry) in &piece.entries {
            self.world.hands_out(office, *position, entry)?;
        }
        for (position, entry, _) in piece.ahead.iter().flatten() {
            self.world.reach("urgent ones of a backlog went first");
            self.world.hands_out(office, *position, entry)?;
        }
        if !piece.end {
            self.world.reach("mail in several pieces");
        }
        Ok(Some(piece))
    }

    fn early(&mut self, position: u64) -> Result<Option<(Entry, u64)>> {
        let stored = self.world.hub.journal.reads().at_position(position)?;
        if let Some(stored) = &stored {
            self.world.hands_out(self.office, position, &stored.entry)?;
        }
        Ok(stored.map(|stored| (stored.entry, stored.arrived.unwrap_or(0))))
    }

    fn offer(&mut self, given_back: &Arc<Mutex<GivenBack>>, entries: Vec<Entry>) -> Result<()> {
        let giver = self.office;
        let hub = &self.world.hub;
        let new = offers::unknown(entries, hub.journal.reads(), hub.identity.office, hub.map.upto)?;
        let mut given_back = given_back.lock().unwrap_or_else(PoisonError::into_inner);
        let put_back = given_back.put_back(hub.life.put_back());
        let (genuine, forged) = given_back.genuine(new, &hub.map.registry, put_back);
        if forged > 0 {
            self.world.reach("forged offer dropped");
            self.world.liar_dropped(self.conn);
        }
        self.submit(write::Write::Offer { entries: genuine, giver, put_back })
    }

    fn spend(&mut self, _: &[Entry], _: bool) -> std::result::Result<(), Later> {
        Ok(())
    }

    fn later(&self) -> Option<Later> {
        None
    }

    fn submit(&mut self, write: write::Write) -> Result<()> {
        let (conn, office) = (self.conn, self.office);
        self.world.hub.queue.push_back(Write::Session { conn, office, write });
        self.world.hub_commits_later();
        Ok(())
    }

    fn tell(&mut self, news: News<'_>) -> Result<()> {
        let (world, conn, office) = (&mut *self.world, self.conn, self.office);
        match news {
            News::Question(credential) => {
                world.check_question(conn)?;
                let question = wire::QuestionRaised { office: office.to_wire(), credential };
                world.say(Word::Question(question), vec![Scope::office(office)]);
            }
            News::WentBack { cursor, common } => {
                world.check_went_back(conn)?;
                let back = wire::HubWentBack { office: office.to_wire(), cursor, common };
                world.say(Word::WentBack(back), vec![Scope::office(office)]);
            }
            News::Branched => world.reach("branch taken"),
            News::Forked => world.check_forked(conn)?,
            News::Hello(hello) => world.hub_hears(office, hello.clock),
            News::Status(status) => world.hub_hears(office, status.clock),
            News::Arrived(_) | News::Obstacle(_) => {}
        }
        Ok(())
    }
}

impl World {
    /// A session begins, and the line has the other end of what it sends.
    pub(crate) fn hub_opens(&mut self, conn: u64, office: OfficeId) {
        let peer = self.shown(conn, office);
        let (out, frames) = outbox();
        let driver = Driver::new(peer, out, self.now, &HubStore { world: self, conn, office });
        let session =
            Session { office, driver: Some(driver), judged: None, inbox: VecDeque::new(), alarm: None };
        self.hub.sessions.insert(conn, session);
        if let Some(line) = self.conns.get_mut(&conn) {
            line.frames = Some(frames);
        }
        self.hub_alarm(conn);
    }

    /// A frame arrives. It is read unless too many writes are queued.
    pub(crate) fn hub_frame(&mut self, conn: u64, frame: wire::NodeFrame) -> Result<()> {
        self.check_credential(conn)?;
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        session.inbox.push_back(frame);
        self.read_on(conn)
    }

    fn read_on(&mut self, conn: u64) -> Result<()> {
        while let Some(session) = self.hub.sessions.get_mut(&conn) {
            if session.driver.as_ref().is_some_and(Driver::busy) {
                self.reach("hub read no more while it wrote");
                return Ok(());
            }
            let Some(frame) = session.inbox.pop_front() else { return Ok(()) };
            self.hub_event(conn, HubEvent::Frame(frame))?;
        }
        Ok(())
    }

    pub(crate) fn hub_event(&mut self, conn: u64, event: HubEvent) -> Result<()> {
        self.hub_drives(conn, |driver, now, store| driver.on(event, now, store))
    }

    /// What the session on a line asked for was written: it hears of it, if it is still there.
    pub(crate) fn hub_done(&mut self, conn: u64, giver: OfficeId, done: Done) -> Result<()> {
        for (office, end) in done.ends(giver) {
            if let Some(&moved) = self.hub.by_office.get(&office) {
                self.reach("line moved under a session");
                self.hub_event(moved, HubEvent::End(end))?;
            }
        }
        if let Done::Facts(found) = &done {
            self.note_judged(conn, giver, &found.facts)?;
        }
        self.hub_drives(conn, |driver, now, store| driver.done(done, now, store))?;
        self.read_on(conn)
    }

    /// A session has waited for long.
    pub(crate) fn hub_due(&mut self, conn: u64) -> Result<()> {
        if let Some(session) = self.hub.sessions.get_mut(&conn) {
            session.alarm = None;
        }
        self.hub_drives(conn, |driver, now, store| driver.due(now, store))
    }

    /// Drives a session, and passes on what it sends. The frame that says why it is over is under way; the line closes
    /// behind it.
    fn hub_drives(
        &mut self,
        conn: u64,
        drive: impl FnOnce(&mut Driver, u64, &mut HubStore<'_>) -> Result<Option<End>>,
    ) -> Result<()> {
        let Some(session) = self.hub.sessions.get_mut(&conn) else { return Ok(()) };
        let (office, now) = (session.office, self.now);
        let Some(mut driver) = session.driver.take() else { return Ok(()) };
        let end = drive(&mut driver, now, &mut HubStore { world: self, conn, office })?;
        if let Some(session) = self.hub.sessions.get_mut(&conn) {
            session.driver = Some(driver);
        }
        self.takes_down(conn)?;
        match end {
            Some(end) => {
                self.check_end(conn, &end)?;
                self.hang_up_hub(conn)
            }
            None => {
                self.hub_alarm(conn);
                Ok(())
            }
        }
    }

    /// One event looks whether a session is due; when it comes too early it is planned anew.
    fn hub_alarm(&mut self, conn: u64) {
        if let Some(session) = self.hub.sessions.get_mut(&conn)
            && let Some(deadline) = session.driver.as_ref().map(Driver::deadline)
            && session.alarm.is_none_or(|alarm| deadline < alarm)
        {
            session.alarm = Some(deadline);
            self.at(deadline.max(self.now), Event::HubDue { conn });
        }
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
        self.check_hub_clock()?;
        let waiting = std::mem::take(&mut self.hub.queue);
        let mut finished = Vec::new();
        let lines = self.lines_given_back(&waiting)?;
        match self.hub_group(&waiting, &mut finished) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                self.reach("a full disk refused a write of the hub");
                // Writes queued for a session are lost, and the session with them.
                for write in waiting {
                    if let Write::Session { conn, write, .. } = write
                        && write.is_needed()
                    {
                        self.hang_up_hub(conn)?;
                    }
                }
                return Ok(());
            }
            Err(error) if is_broken(&error) => {
                self.reach("power cut within a commit of the hub");
                return self.crash_hub();
            }
            Err(error) => return Err(error.into()),
        }
        let offers = finished.iter().filter_map(|finished| match finished {
            Finished::Session(Done::Offered(offered)) => Some(offered),
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
        waiting: &VecDeque<Write>,
        finished: &mut Vec<Finished>,
    ) -> std::result::Result<(), JournalError> {
        let now = self.hub_time().millis;
        let Hub { journal, identity, .. } = &mut self.hub;
        journal.group(|journal| {
            for write in waiting {
                finished.push(match write {
                    Write::Own { draft, random } => {
                        let (_, entry) = journal.append(draft.clone(), &identity.key, now, *random)?;
                        Finished::Own(Box::new(entry))
                    }
                    Write::Session { write, .. } => {
                        Finished::Session(write.clone().make(journal, &identity.hub_key, now)?)
                    }
                });
            }
            Ok(())
        })
    }

    fn committed(&mut self, write: Write, finished: Finished) -> Result<()> {
        match (write, finished) {
            (_, Finished::Own(entry)) => {
                self.hub.acked.push(entry.link());
                self.written(&entry, self.hub_time().millis);
                self.check_channels(&entry)
            }
            (Write::Session { conn, office, write }, Finished::Session(done)) => {
                self.check_done(conn, office, &write, &done)?;
                self.soon(Event::HubDone { conn, office, done: Box::new(done) });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a write of a session left in the hub's journal.
    fn check_done(&mut self, conn: u64, office: OfficeId, write: &write::Write, done: &Done) -> Result<()> {
        match (write, done) {
            (write, Done::Admitted(admission)) => {
                if let write::Write::Admit { entries, .. } = write
                    && let Some(last) = entries.last()
                    && let Some(stored) = self.hub.journal.reads().at(office, last.header.seat)?
                {
                    self.check_when(&stored)?;
                }
                if admission.line_beyond {
                    self.reach("island completed");
                }
                self.check_admission(conn, office, admission)
            }
            (_, Done::Offered(offered)) => {
                if offered.new > 0 {
                    self.reach("lost entry given back");
                }
                if offered.held > 0 {
                    self.reach("offered entry kept as evidence");
                }
                self.liar_offered(conn, offered)
            }
            (write::Write::Hold(entries), _) => {
                self.reach("evidence held");
                self.check_held(entries)
            }
            (write::Write::Delivered { position, .. }, _) => self.check_delivered(office, *position),
            _ => Ok(()),
        }
    }

    /// People at the hub approve all waiting machines.
    pub(crate) fn approve(&mut self) -> Result<bool> {
        let sessions = self.hub.sessions.iter();
        let asked = |session: &Session| session.driver.as_ref().is_some_and(Driver::questioned);
        let waiting: Vec<u64> =
            sessions.filter(|(_, session)| asked(session)).map(|(conn, _)| *conn).collect();
        let honest = waiting.iter().copied().filter(|conn| self.is_honest(*conn)).collect::<Vec<_>>();
        for conn in &honest {
            self.reach("question approved");
            self.hub_event(*conn, HubEvent::Approved)?;
        }
        Ok(!honest.is_empty())
    }
}
