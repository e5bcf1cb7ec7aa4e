//! A machine on which an office's node runs: a disk around the session driver of `truc-node`. It commits what waits in
//! groups.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use truc_node::identity::Identity;
use truc_node::line::driver::{Broken, Driver, Store};
use truc_node::line::state::Standing;
use truc_node::office::unsent::Unsent;
use truc_node::store::journal::{Draft, Journal, JournalError, Reads, SessionWrites, node_facts};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::head::Head;
use truc_proto::id::{Link, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::seal::Ring;
use truc_proto::session::{End, NodeFacts, NodeWrite, OwnKeys, Wrote};
use truc_proto::wire::{self, Confidentiality, Urgency};
use uuid::Uuid;

use super::clocks::OfficeTime;
use super::files::{Carrier, Disk};
use super::lie::{Told, vet_signatures};
use super::map::Map;
use super::offices::{HUB, PROVINCES, office_id};
use super::{Event, Result, Violation, World};

/// Work queued for the disk.
#[derive(Debug)]
pub(crate) enum Write {
    /// An entry written by people.
    People { draft: Draft, random: u32 },
    /// A write that the session on this line asks for.
    Session { conn: u64, write: NodeWrite },
    /// A head of the hub's journal.
    Head(Head),
    /// Checks the signatures of what came.
    Vet,
    /// Reads the facts for Hello, in order with the writes.
    Facts,
}

/// A session at work.
pub(crate) struct Session {
    driver: Driver,
    frames: UnboundedReceiver<wire::NodeFrame>,
    /// It will be looked how the office stands.
    looks: bool,
}

/// Report from the disk to the program.
#[derive(Debug)]
pub(crate) enum Done {
    /// People's entry is durable, and they are told so.
    Saved(Link),
    /// A write of this line's session is durable.
    Wrote { conn: u64, wrote: Wrote },
    /// The tip has moved.
    Appended,
    /// A write of this line's session was refused.
    Failed { conn: u64 },
    /// The facts for Hello.
    Facts(Box<NodeFacts>),
}

/// A copy of a machine's disk.
pub(crate) struct Backup {
    pub(crate) journal: Connection,
    /// Own entries acknowledged by then.
    pub(crate) acked: Vec<Link>,
    pub(crate) disk: Disk,
    pub(crate) ring: Option<Ring>,
}

/// A machine: a disk, and the program if it runs.
pub(crate) struct Machine {
    pub(crate) office: OfficeId,
    pub(crate) identity: Identity,
    pub(crate) credential: u64,
    pub(crate) journal: Journal,
    pub(crate) queue: VecDeque<Write>,
    committing: bool,
    pub(crate) running: bool,
    /// Whether its line works.
    pub(crate) online: bool,
    /// Whether it is paused; its events wait meanwhile.
    pub(crate) paused: bool,
    pub(crate) deferred: Vec<Event>,
    /// Whether the hub has enrolled another machine in its place.
    pub(crate) replaced: bool,
    /// Number of starts: events planned before a start are void.
    pub(crate) boot: u64,
    pub(crate) line: Option<u64>,
    /// None: there is none, or it works.
    pub(crate) session: Option<Session>,
    /// Writes of each session that still has some under way.
    writes: BTreeMap<u64, SessionWrites>,
    /// Longest wait before the next call, ms.
    pub(crate) wait: u64,
    /// The certificate that it shows next lasts only so long, seconds.
    pub(crate) expires: Option<u64>,
    /// Offset of its clock, ms.
    pub(crate) clock: i64,
    /// What its program makes of that clock.
    pub(crate) time: OfficeTime,
    /// Version in the next Hello, as an offset; 0: ours.
    pub(crate) skew: u32,
    /// Own entries acknowledged to people and, as far as known, still on this disk.
    pub(crate) acked: Vec<Link>,
    /// A copy of the disk.
    pub(crate) backup: Option<Backup>,
    /// Whether the hub may rightly question it: it was set back silently, copied, or is the original of a copy.
    pub(crate) suspect: bool,
    /// Whether it was ever set back or enrolled again.
    pub(crate) restored: bool,
    /// Counts changes of disk or chain, after which the newest receipt may be an older one.
    pub(crate) chain: u64,
    /// Newest receipt on this disk and chain.
    pub(crate) newest_receipt: Option<(u64, Seat)>,
    /// End of the hub's journal when this machine last came to rest.
    pub(crate) rested: u64,
    /// What it has folded of its journal since it started, if it was asked.
    pub(crate) map: Option<Map>,
    /// The keys on its disk that open what is sealed; none before it sealed anything.
    pub(crate) ring: Option<Ring>,
    /// Files on its disk, and what carries them.
    pub(crate) disk: Disk,
    pub(crate) carrier: Carrier,
    /// The lie that the hub told it.
    pub(crate) lie: Option<super::lie::Told>,
}

impl Machine {
    pub(crate) fn new(identity: Identity, credential: u64, journal: Journal) -> Self {
        let time = OfficeTime::begins(journal.receipt());
        Self {
            office: identity.office,
            identity,
            credential,
            journal,
            queue: VecDeque::new(),
            committing: false,
            running: true,
            online: true,
            paused: false,
            deferred: Vec::new(),
            replaced: false,
            boot: 0,
            line: None,
            session: None,
            writes: BTreeMap::new(),
            wait: limits::BACKOFF_FIRST.as_millis() as u64,
            expires: None,
            clock: 0,
            time,
            skew: 0,
            acked: Vec::new(),
            backup: None,
            suspect: false,
            restored: false,
            chain: 0,
            newest_receipt: None,
            rested: 0,
            map: None,
            ring: None,
            carrier: Carrier::new(&Disk::default()),
            disk: Disk::default(),
            lie: None,
        }
    }

    /// The program is gone, with everything that was not durable.
    pub(crate) fn die(&mut self) {
        self.boot += 1;
        self.running = false;
        self.paused = false;
        self.committing = false;
        self.session = None;
        self.writes.clear();
        self.queue.clear();
        self.deferred.clear();
    }
}

/// Copies a database in memory.
pub(crate) fn copy(from: &Connection) -> Result<Connection> {
    let mut to = Connection::open_in_memory().map_err(sql)?;
    {
        let backup = rusqlite::backup::Backup::new(from, &mut to).map_err(sql)?;
        backup.step(-1).map_err(sql)?;
    }
    Ok(to)
}

pub(crate) fn sql(error: rusqlite::Error) -> Violation {
    Violation(format!("sqlite: {error}"))
}

/// Whether a group failed because the disk is full: nothing of it is stored and the program continues.
pub(crate) fn is_full(error: &JournalError) -> bool {
    matches!(error, JournalError::Sqlite(error)
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
}

/// Whether a group failed at its commit, by [`fail_commits`].
pub(crate) fn is_broken(error: &JournalError) -> bool {
    matches!(error, JournalError::Sqlite(error)
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_COMMITHOOK))
}

/// Makes all commits after the next `after` fail, as if the power were cut in each.
pub(crate) fn fail_commits(conn: &mut Connection, mut after: u64) -> Result<()> {
    let fails = move || {
        let fails = after == 0;
        after = after.saturating_sub(1);
        fails
    };
    conn.commit_hook(Some(fails)).map_err(sql)
}

/// Makes the disk full, or gives it room again.
pub(crate) fn set_full(conn: &Connection, full: bool) -> Result<()> {
    let pages: i64 =
        if full { conn.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(sql)? } else { 1 << 30 };
    conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(sql)
}

/// Whether an office may write to others now, by what it knows.
fn may_write(registry: &Registry, office: OfficeId, now: u64) -> bool {
    let turned = registry.turned().map_or(0, |day| day.start_millis());
    let day = i64::try_from(now).ok().and_then(|now| Date::of_millis(now.max(turned)));
    registry.judged(office, day.unwrap_or(Date::LAST)).is_some_and(|fact| !fact.closed)
}

impl World {
    /// Queues reading the facts for a new session, after the writes that an earlier session asked for.
    pub(crate) fn read_facts(&mut self, machine: usize) {
        if !self.machines[machine].queue.iter().any(|write| matches!(write, Write::Facts)) {
            if self.machines[machine].lie.as_ref().is_some_and(Told::is_refused) {
                self.machines[machine].queue.push_back(Write::Vet);
            }
            self.machines[machine].queue.push_back(Write::Facts);
            self.commit_later(machine);
        }
    }

    /// People at a machine write an entry.
    pub(crate) fn write(&mut self, machine: usize) -> Result<()> {
        if self.machines[machine].running {
            let registry = self.known_to(machine)?;
            let mut draft = self.draft(self.machines[machine].office, &registry);
            self.attach(&mut draft);
            let draft = self.seals(machine, draft)?;
            let random = self.rng.draw() as u32;
            self.machines[machine].queue.push_back(Write::People { draft, random });
            self.commit_later(machine);
        }
        Ok(())
    }

    /// A draft for everybody, a province, the hub, one other office, or the author alone, by what the author knows.
    pub(crate) fn draft(&mut self, author: OfficeId, registry: &Registry) -> Draft {
        let founded = self.founded.iter().filter_map(|fact| OfficeId::from_wire(&fact.office));
        let mut others: Vec<OfficeId> = (0..self.plan.offices).map(office_id).collect();
        others.extend(founded.filter(|office| registry.office(*office).is_some()));
        let other = others[self.rng.below(others.len() as u64) as usize];
        let province = office_id(self.rng.below(PROVINCES as u64) as usize);
        let audience = match self.rng.below(6) {
            0 => vec![],
            1 => vec![Scope::subtree(HUB)],
            2 => vec![Scope::office(HUB), Scope::office(other)],
            3 => vec![Scope::subtree(province)],
            4 => vec![Scope::subtree(province), Scope::office(other)],
            _ => vec![Scope::office(other)],
        };
        let size = 1 + self.rng.below(200) as usize;
        let urgent = self.rng.chance(20);
        Draft {
            author: "clerk".into(),
            record: RecordId(Uuid::from_u128(self.rng.draw() as u128)),
            // Kinds unknown to this program: stored, relayed, shown to people as newer.
            kind: if self.rng.chance(90) { 99 } else { 1_000_000 },
            body: vec![author.0.as_bytes()[15]; size].into(),
            audience,
            urgency: if urgent { Urgency::Express } else { Urgency::Normal },
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        }
    }

    /// A session begins on a line.
    pub(crate) fn node_starts(&mut self, machine: usize, conn: u64, facts: NodeFacts) -> Result<()> {
        let (out, frames) = unbounded_channel();
        self.machines[machine].line = Some(conn);
        let (driver, end) = Driver::start(facts, out, &mut MachineStore::new(self, machine, conn))?;
        // A look at how the office stands is taken with each session.
        self.soon(Event::NodeLooks { machine, conn });
        self.node_goes_on(machine, conn, Session { driver, frames, looks: true }, end)?;
        self.carries(machine)
    }

    /// Drives the session of a machine, if it has one.
    pub(crate) fn node_drives(
        &mut self,
        machine: usize,
        drive: impl FnOnce(&mut Driver, u64, &mut MachineStore<'_>) -> Result<Option<End>>,
    ) -> Result<()> {
        let up = &mut self.machines[machine];
        let (Some(conn), Some(mut session)) = (up.line, up.session.take()) else { return Ok(()) };
        let now = self.now;
        let end = drive(&mut session.driver, now, &mut MachineStore::new(self, machine, conn))?;
        self.node_goes_on(machine, conn, session, end)
    }

    /// Passes on what a session sends.
    fn node_goes_on(
        &mut self,
        machine: usize,
        conn: u64,
        mut session: Session,
        end: Option<End>,
    ) -> Result<()> {
        while let Ok(frame) = session.frames.try_recv() {
            let frame = self.skewed(machine, frame);
            self.send_up(conn, frame)?;
        }
        if session.driver.standing() == Standing::On {
            self.machines[machine].wait = limits::BACKOFF_FIRST.as_millis() as u64;
        }
        if let Some(due) = session.driver.look_due().filter(|_| !session.looks) {
            session.looks = true;
            self.at(due.max(self.now), Event::NodeLooks { machine, conn });
        }
        self.machines[machine].session = Some(session);
        match end {
            Some(end) => self.node_ended(machine, &end),
            None => Ok(()),
        }
    }

    /// How the office stands, but for what clocks say: they may change nothing.
    pub(crate) fn node_looks(&mut self, machine: usize, conn: u64) -> Result<()> {
        let up = &mut self.machines[machine];
        let Some(session) = up.session.as_mut().filter(|_| up.line == Some(conn)) else { return Ok(()) };
        session.looks = false;
        session.driver.look();
        let unsent = Unsent::read(up.journal.reads(), up.office)?;
        let status = wire::Status { backlog: unsent.by_urgency.to_vec(), ..Default::default() };
        self.node_drives(machine, |driver, now, store| driver.looked(status, now, store))
    }

    /// Whether a machine works with the hub as usual.
    pub(crate) fn is_on(&self, machine: usize) -> bool {
        let session = self.machines[machine].session.as_ref();
        session.is_some_and(|session| session.driver.standing() == Standing::On)
    }

    fn commit_later(&mut self, machine: usize) {
        if !std::mem::replace(&mut self.machines[machine].committing, true) {
            let wait = 1 + self.rng.below(self.plan.commit_gap);
            let boot = self.machines[machine].boot;
            self.at(self.now + wait, Event::NodeCommits { machine, boot });
        }
    }

    /// Commits one group: all or nothing. Nobody is told before it is durable.
    pub(crate) fn node_commits(&mut self, machine: usize, boot: u64) -> Result<()> {
        if self.machines[machine].boot != boot || !self.machines[machine].running {
            return Ok(());
        }
        self.check_office_clock(machine)?;
        let now = self.office_time(machine);
        let up = &mut self.machines[machine];
        up.committing = false;
        let waiting = std::mem::take(&mut up.queue);
        if waiting.len() > 1 {
            self.reach("several writes in one group");
        }
        let alone = waiting.len() == 1;
        let tip = self.machines[machine].journal.tip();
        let mut wrote = Vec::new();
        let outcome = self.node_group(machine, &waiting, now, &mut wrote);
        match outcome {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                self.reach("a full disk refused a write");
                for write in waiting {
                    match write {
                        Write::People { .. } | Write::Head(_) | Write::Vet => {}
                        Write::Session { conn, .. } => {
                            self.machines[machine].writes.entry(conn).or_default().fail();
                            self.soon(Event::NodeDone { machine, boot, done: Done::Failed { conn } });
                        }
                        Write::Facts => self.call_after_backoff(machine),
                    }
                }
                return Ok(());
            }
            Err(error) if is_broken(&error) => {
                self.reach("power cut within a commit");
                return self.crash(machine);
            }
            Err(error) => return Err(error.into()),
        }
        for (write, (wrote, since)) in waiting.into_iter().zip(wrote) {
            let done = match (write, wrote) {
                (Write::People { .. }, Finished::Entry(entry)) => {
                    self.written(&entry, now);
                    self.files_saved(machine, &entry);
                    self.check_channels(&entry)?;
                    self.note(|| format!("wrote {:?} {:?}", entry.header.place(), entry.hash));
                    Done::Saved(entry.link())
                }
                (Write::Facts, Finished::Facts(facts)) => Done::Facts(facts),
                (Write::Session { conn, write }, Finished::Wrote(wrote)) => {
                    self.check_write(machine, conn, &write, since, alone)?;
                    self.reach_write(&write, wrote);
                    Done::Wrote { conn, wrote }
                }
                _ => continue,
            };
            self.soon(Event::NodeDone { machine, boot, done });
        }
        if self.machines[machine].journal.tip() != tip {
            self.soon(Event::NodeDone { machine, boot, done: Done::Appended });
        }
        self.files_named(machine)
    }

    fn node_group(
        &mut self,
        machine: usize,
        waiting: &VecDeque<Write>,
        now: u64,
        wrote: &mut Vec<(Finished, u64)>,
    ) -> std::result::Result<(), JournalError> {
        let registry = self.known_to(machine)?;
        let shows = self.now_by(self.machines[machine].clock);
        let up = &mut self.machines[machine];
        let (key, hub_key) = (up.identity.key.clone(), self.hub.identity.hub_key);
        let keys = OwnKeys::new(up.office, key.verifying_key(), hub_key, &self.hub.map.registry);
        let writes = &mut up.writes;
        up.journal.group(|journal| {
            for write in waiting {
                let since = journal.end().position;
                let finished = match write {
                    Write::People { draft, random } => {
                        let mut draft = draft.clone();
                        // The program refuses at home what the rules would refuse; people keep it to themselves.
                        if !may_write(&registry, up.office, now) {
                            draft.audience.clear();
                        }
                        Finished::Entry(Box::new(journal.append(draft, &key, now, *random)?.1))
                    }
                    Write::Session { conn, write } => {
                        match writes.entry(*conn).or_default().make(journal, write.clone())? {
                            Some(wrote) => Finished::Wrote(wrote),
                            None => Finished::NotMade,
                        }
                    }
                    Write::Head(head) => {
                        journal.keep_head(head)?;
                        Finished::NotMade
                    }
                    Write::Vet => {
                        vet_signatures(journal, &self.hub.map.registry)?;
                        Finished::NotMade
                    }
                    Write::Facts => Finished::Facts(Box::new(
                        journal.in_turn(|reads| node_facts(reads, hub_key, keys.clone(), shows, "sim"))?,
                    )),
                };
                wrote.push((finished, since));
            }
            Ok(())
        })
    }

    pub(crate) fn node_done(&mut self, machine: usize, boot: u64, done: Done) -> Result<()> {
        if self.machines[machine].boot != boot || !self.machines[machine].running {
            return Ok(());
        }
        let line = self.machines[machine].line;
        match done {
            Done::Saved(link) => self.machines[machine].acked.push(link),
            Done::Wrote { conn, wrote } if line == Some(conn) => {
                return self.node_drives(machine, |driver, now, store| driver.wrote(wrote, now, store));
            }
            // The session is over; its write stays.
            Done::Wrote { .. } => self.reach("a write outlived its session"),
            Done::Appended => {
                let tip = self.machines[machine].journal.tip();
                return self.node_drives(machine, |driver, now, store| driver.reached(tip, now, store));
            }
            Done::Facts(facts) => return self.hello(machine, *facts),
            // A disk that refuses now will still refuse in half a second.
            Done::Failed { conn } if line == Some(conn) => {
                self.drop_session(machine);
                self.machines[machine].wait = self.plan.longest_wait;
                self.call_after_backoff(machine);
            }
            Done::Failed { .. } => {}
        }
        Ok(())
    }

    fn reach_write(&mut self, write: &NodeWrite, wrote: Wrote) {
        if matches!(write, NodeWrite::Aside { .. }) {
            self.reach("branch set aside");
        }
        match wrote {
            Wrote::TipMoved => self.reach("people wrote while adopting"),
            Wrote::Incomplete => self.reach("line came before what it follows"),
            _ => {}
        }
    }
}

/// The office, as the session on one line sees it.
pub(crate) struct MachineStore<'w> {
    world: &'w mut World,
    machine: usize,
    conn: u64,
}

impl<'w> MachineStore<'w> {
    fn new(world: &'w mut World, machine: usize, conn: u64) -> Self {
        Self { world, machine, conn }
    }

    fn queue(&mut self, write: Write) {
        self.world.machines[self.machine].queue.push_back(write);
        self.world.commit_later(self.machine);
    }
}

impl Store for MachineStore<'_> {
    type Error = Violation;

    fn identity(&self) -> &Identity {
        &self.world.machines[self.machine].identity
    }

    fn read<T>(&self, read: impl FnOnce(Reads<'_>) -> std::result::Result<T, JournalError>) -> Result<T> {
        Ok(read(self.world.machines[self.machine].journal.reads())?)
    }

    fn submit(&mut self, write: NodeWrite) -> Result<()> {
        let conn = self.conn;
        self.queue(Write::Session { conn, write });
        Ok(())
    }

    fn keep(&mut self, head: Head) -> Result<()> {
        self.world.reach("head kept");
        self.queue(Write::Head(head));
        Ok(())
    }
}

impl From<Broken> for Violation {
    fn from(broken: Broken) -> Self {
        Violation(format!("line: {broken}"))
    }
}

enum Finished {
    Entry(Box<Entry>),
    Wrote(Wrote),
    NotMade,
    Facts(Box<NodeFacts>),
}
