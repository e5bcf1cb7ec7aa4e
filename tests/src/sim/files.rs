//! Files that entries name: what each disk has of them, and how they travel beside the line. The dispatcher of the node
//! and the rule of the hub decide; disks and transfers are played.
//!
//! Promise *Files*: a file that somebody can bring is at the hub at rest, and with everybody who was sent it; nobody
//! else is ever given it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use truc_hub::files::entitled::Spread;
use truc_node::line::dispatch::{Answer, Arrival, AtHub, Carried, Dispatcher, Found};
use truc_node::line::freight::{Load, News, Way};
use truc_node::store::journal::{Draft, Journal};
use truc_proto::entry::{Attachment, Entry};
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::wire;
use truc_proto::wire::hub_frame::Frame as Down;

use super::line::Peer;
use super::offices::HUB;
use super::{Event, Result, Rng, Violation, World};

/// Longest travel time of a question or a file, ms: a slow line slows them all alike.
const LATENCY: u64 = 3_000;

/// What people know of files, and the random numbers of all that concerns files: runs without them draw none.
pub(crate) struct Files {
    rng: Rng,
    /// Whether entries of this run name files.
    drawn: bool,
    /// Every file so far, with its size.
    known: Vec<(Hash, u64)>,
    /// The records whose author has the files that he names, not only heard of them.
    has: HashSet<RecordId>,
    /// Who has brought what.
    brought: HashSet<(OfficeId, Hash)>,
}

impl Files {
    pub(crate) fn draw(seed: u64, storm: bool) -> Self {
        let mut rng = Rng::new(seed ^ 0xf11e);
        let drawn = rng.chance(8) && !storm;
        Self { rng, drawn, known: Vec::new(), has: HashSet::new(), brought: HashSet::new() }
    }

    /// What the hub's memory of who brought what is called, once it may have forgotten something.
    pub(crate) fn memory(&mut self) -> u64 {
        self.rng.draw()
    }
}

/// What a machine's disk has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    whole: BTreeSet<Hash>,
    noted: Carried,
}

/// The carrier of a program.
pub(crate) struct Carrier {
    dispatcher: Dispatcher,
    conn: Option<u64>,
    /// Number of the file that travels in each lane.
    lanes: [u64; 2],
    travels: u64,
    alarm: Option<u64>,
}

impl Carrier {
    pub(crate) fn new(disk: &Disk) -> Self {
        let dispatcher = Dispatcher::new(disk.noted);
        Self { dispatcher, conn: None, lanes: [0; 2], travels: 0, alarm: None }
    }
}

/// What the hub's disk has.
#[derive(Clone, Debug, Default)]
pub(crate) struct HubDisk {
    whole: BTreeSet<Hash>,
    brought: BTreeMap<Hash, BTreeSet<OfficeId>>,
    /// What the memory of who brought what is called.
    memory: u64,
    /// Positions of entries that name a file and were not refused.
    named: BTreeMap<Hash, BTreeSet<u64>>,
    upto: u64,
}

impl HubDisk {
    fn number_brought(&self, office: OfficeId) -> u64 {
        self.brought.values().filter(|by| by.contains(&office)).count() as u64
    }

    /// As it is after the hub was put back to this copy; with `memory`, the hub knows that.
    pub(crate) fn put_back(self, memory: Option<u64>) -> Self {
        let memory = memory.unwrap_or(self.memory);
        Self { memory, named: BTreeMap::new(), upto: 0, ..self }
    }
}

/// A part of a file's way.
#[derive(Debug)]
pub(crate) enum Step {
    /// A question reaches the hub.
    Asks(Vec<Load>),
    /// Its answer reaches the machine.
    Answers(Answer),
    /// A transfer ends at the hub: a file is there, or is read.
    Travels { load: Load, number: u64 },
    /// The machine hears how a transfer ended.
    Arrives { load: Load, number: u64, arrival: Arrival },
    /// The hub says that a file is whole.
    Ready(Hash),
    /// Something may be due at the machine.
    Due,
}

impl Step {
    /// Whether it happens at the machine.
    pub(crate) fn is_here(&self) -> bool {
        !matches!(self, Self::Asks(_) | Self::Travels { .. })
    }
}

impl World {
    /// People at a machine add a file to what they write: a new one, one that is there, or one they have heard of.
    pub(crate) fn attach(&mut self, draft: &mut Draft) {
        let Files { rng, known, has, drawn, .. } = &mut self.files;
        if !*drawn || !rng.chance(30) {
            return;
        }
        let drawn = rng.below(10);
        if drawn >= 2 || known.is_empty() {
            has.insert(draft.record);
        }
        // The same form lies with several offices.
        let (hash, size) = if drawn < 3 && !known.is_empty() {
            known[rng.below(known.len() as u64) as usize]
        } else {
            let mut hash = Hash::ZERO;
            hash.0[..8].copy_from_slice(&rng.draw().to_be_bytes());
            hash.0[8] = 1;
            known.push((hash, 1 + rng.below(1 << 20)));
            known[known.len() - 1]
        };
        draft.attachments.push(Attachment {
            hash,
            size,
            name: "a.pdf".into(),
            media_type: "application/pdf".into(),
        });
    }

    /// What people wrote at a machine is saved, and the files of it.
    pub(crate) fn files_saved(&mut self, machine: usize, entry: &Entry) {
        if self.files.has.contains(&entry.header.record) {
            let files = entry.header.attachments.iter().map(|file| file.hash);
            self.machines[machine].disk.whole.extend(files);
        }
    }

    /// Something has changed at a machine: its carrier begins what can begin.
    pub(crate) fn carries(&mut self, machine: usize) -> Result<()> {
        if !self.files.drawn || !self.machines[machine].running {
            return Ok(());
        }
        let now = Duration::from_millis(self.now);
        let up = &mut self.machines[machine];
        let (conn, boot) = (up.line, up.boot);
        if up.carrier.conn != conn {
            up.carrier.conn = conn;
            up.carrier.dispatcher.line_is(conn.is_some(), now);
        }
        if let Some(seen) = up.carrier.dispatcher.look(now) {
            let found = look(&up.journal, &up.disk, up.office, seen)?;
            let asides = up.journal.reads().asides_count()?;
            up.carrier.dispatcher.looked(&found, asides, false, now);
            if !up.carrier.dispatcher.travels(Way::Down) {
                up.carrier.lanes[usize::from(true)] = 0;
            }
        }
        let mut steps = Vec::new();
        if let Some(loads) = up.carrier.dispatcher.ask(now) {
            steps.push(Step::Asks(loads.to_vec()));
        }
        for (lane, way) in [Way::Up, Way::Down].into_iter().enumerate() {
            if let Some(load) = up.carrier.dispatcher.set_off(way, now) {
                up.carrier.travels += 1;
                let number = up.carrier.travels;
                up.carrier.lanes[lane] = number;
                steps.push(match way {
                    Way::Up if !up.disk.whole.contains(&load.hash) => {
                        Step::Arrives { load, number, arrival: Arrival::Absent }
                    }
                    _ => Step::Travels { load, number },
                });
            }
        }
        let (carried, waits) = up.carrier.dispatcher.carried();
        if !waits || self.files.rng.chance(30) {
            up.disk.noted = carried;
        }
        let due = up.carrier.dispatcher.due().map(|due| due.as_millis() as u64 + 1);
        if let Some(due) = due.filter(|due| up.carrier.alarm.is_none_or(|alarm| *due < alarm)) {
            up.carrier.alarm = Some(due);
            self.at(due.max(self.now), Event::File { machine, boot, conn, step: Step::Due });
        }
        for step in steps {
            self.file_later(machine, boot, conn, step);
        }
        Ok(())
    }

    fn file_later(&mut self, machine: usize, boot: u64, conn: Option<u64>, step: Step) {
        let wait = 1 + self.files.rng.below(self.plan.latency.min(LATENCY));
        self.at(self.now + wait, Event::File { machine, boot, conn, step });
    }

    /// New entries may be at a machine.
    pub(crate) fn files_named(&mut self, machine: usize) -> Result<()> {
        let now = Duration::from_millis(self.now);
        self.machines[machine].carrier.dispatcher.news(now);
        self.carries(machine)
    }

    /// What a frame of the hub tells a machine of files.
    pub(crate) fn files_heard(&mut self, machine: usize, frame: &wire::HubFrame) -> Result<()> {
        let mut news = News::default();
        match &frame.frame {
            Some(Down::Welcome(welcome)) if welcome.verdict() == wire::Verdict::Refill => news.refill = true,
            Some(Down::Receipt(_)) => news.receipt = true,
            _ => return Ok(()),
        }
        let now = Duration::from_millis(self.now);
        self.machines[machine].carrier.dispatcher.heard(news, now);
        self.carries(machine)
    }

    /// The next step of a file's way.
    pub(crate) fn file_step(
        &mut self,
        machine: usize,
        boot: u64,
        conn: Option<u64>,
        step: Step,
    ) -> Result<()> {
        let up = &mut self.machines[machine];
        let now = Duration::from_millis(self.now);
        if up.boot != boot || !up.running {
            return Ok(());
        }
        if matches!(step, Step::Due) {
            up.carrier.alarm = None;
            return self.carries(machine);
        }
        if up.line != conn || up.carrier.conn != conn {
            return Ok(());
        }
        match step {
            Step::Asks(loads) => {
                if conn.is_some_and(|conn| self.reaches_hub(conn)) {
                    let answer = self.answer(machine, &loads)?;
                    self.file_later(machine, boot, conn, Step::Answers(answer));
                }
                return Ok(());
            }
            Step::Travels { load, number } => {
                if conn.is_some_and(|conn| self.reaches_hub(conn)) {
                    let arrival = self.transfer(machine, &load)?;
                    self.file_later(machine, boot, conn, Step::Arrives { load, number, arrival });
                }
                return Ok(());
            }
            Step::Answers(answer) => up.carrier.dispatcher.answered(Some(answer), now),
            Step::Arrives { load, number, arrival } => {
                let lane = usize::from(load.way == Way::Down);
                if up.carrier.lanes[lane] != number {
                    return Ok(());
                }
                up.carrier.lanes[lane] = 0;
                if (load.way, arrival) == (Way::Down, Arrival::Fetched) {
                    up.disk.whole.insert(load.hash);
                }
                up.carrier.dispatcher.arrived(load.way, arrival, now);
            }
            Step::Ready(hash) => {
                let news = News { ready: [hash].into(), ..News::default() };
                up.carrier.dispatcher.heard(news, now);
            }
            Step::Due => {}
        }
        self.carries(machine)
    }

    /// The hub's answer about files, by what it has folded.
    fn answer(&mut self, machine: usize, loads: &[Load]) -> Result<Answer> {
        let office = self.machines[machine].office;
        let mut files = Vec::with_capacity(loads.len());
        for load in loads {
            let whole = self.hub.disk.whole.contains(&load.hash);
            let wanted = self.wants(office, load, whole)?;
            files.push(AtHub { whole: whole && self.may_get(office, load.hash)?, wanted });
        }
        Ok(Answer { memory: self.hub.disk.memory, brought: self.hub.disk.number_brought(office), files })
    }

    fn wants(&mut self, office: OfficeId, load: &Load, whole: bool) -> Result<bool> {
        let brought = self.hub.disk.brought.get(&load.hash).is_some_and(|by| by.contains(&office));
        Ok(!(whole && brought) && self.spread(load.hash)?.wants(office, load.size, whole))
    }

    fn may_get(&mut self, office: OfficeId, hash: Hash) -> Result<bool> {
        let mut spread = self.spread(hash)?;
        Ok(spread.may_get(&self.hub.map.registry, office))
    }

    /// How far a file has spread, by what the hub has folded.
    fn spread(&mut self, hash: Hash) -> Result<Spread> {
        let (disk, map) = (&mut self.hub.disk, &self.hub.map);
        let reads = self.hub.journal.reads();
        if disk.upto < map.upto {
            for stored in reads.after(disk.upto, usize::MAX >> 1)? {
                if stored.position <= map.upto && !map.refuses(stored.position) {
                    for file in &stored.entry.header.attachments {
                        disk.named.entry(file.hash).or_default().insert(stored.position);
                    }
                }
            }
            disk.upto = map.upto;
        }
        let sources = disk.brought.get(&hash).into_iter().flatten().copied();
        let mut spread = Spread::of(sources.chain([HUB]));
        for position in disk.named.get(&hash).into_iter().flatten() {
            let Some(stored) = reads.at_position(*position)? else { continue };
            let header = stored.entry.header;
            for file in header.attachments.iter().filter(|file| file.hash == hash) {
                let scopes = || Ok::<_, Violation>(header.audience.iter().map(|to| to.scope).collect());
                spread.entry(&map.registry, (*position, header.ledger, file.size), scopes)?;
            }
        }
        Ok(spread)
    }

    /// A file has travelled to the hub, or is to leave it.
    fn transfer(&mut self, machine: usize, load: &Load) -> Result<Arrival> {
        let (office, hash) = (self.machines[machine].office, load.hash);
        let whole = self.hub.disk.whole.contains(&hash);
        if self.files.rng.chance(10) && !self.settling {
            self.reach("file transfer broken");
            return Ok(Arrival::Later);
        }
        if load.way == Way::Down {
            let given = whole && self.may_get(office, hash)?;
            if given {
                self.reach("file fetched");
                self.check_entitled(office, hash)?;
            }
            return Ok(if given { Arrival::Fetched } else { Arrival::Later });
        }
        if !self.wants(office, load, whole)? {
            let done = whole && self.may_get(office, hash)?;
            let brought = Arrival::Brought(self.hub.disk.number_brought(office));
            return Ok(if done { brought } else { Arrival::Later });
        }
        if self.hub.full {
            self.reach("no room for a file");
            return Ok(Arrival::Later);
        }
        self.hub.disk.brought.entry(hash).or_default().insert(office);
        let again = !self.files.brought.insert((office, hash));
        self.reach(if again { "file brought again" } else { "file brought" });
        self.hub.disk.whole.insert(hash);
        let sessions: Vec<(OfficeId, u64)> =
            self.hub.by_office.iter().map(|(office, conn)| (*office, *conn)).collect();
        for (office, conn) in sessions {
            if let Some(Peer::Machine(other)) = self.conns.get(&conn).map(|line| line.peer)
                && self.may_get(office, hash)?
            {
                let boot = self.machines[other].boot;
                self.file_later(other, boot, Some(conn), Step::Ready(hash));
            }
        }
        Ok(Arrival::Brought(self.hub.disk.number_brought(office)))
    }

    /// Nobody is given a file who neither wrote nor was sent an entry that names it.
    fn check_entitled(&mut self, office: OfficeId, hash: Hash) -> Result<()> {
        let named = self.hub.disk.named.get(&hash).cloned().unwrap_or_default();
        for position in named {
            if let Some(stored) = self.hub.journal.reads().at_position(position)?
                && (stored.entry.header.ledger == office || self.is_mail(&stored.entry, office)?)
            {
                return Ok(());
            }
        }
        Err(Violation(format!("Files: {office} was given {hash:?}, which nobody sent it")))
    }

    /// Promise Files, at rest.
    pub(crate) fn check_files(&mut self) -> Result<()> {
        let known = self.files.known.clone();
        for (hash, size) in known {
            let mut spread = self.spread(hash)?;
            let at_hub = self.hub.disk.whole.contains(&hash);
            let mut held = false;
            for machine in 0..self.machines.len() {
                let up = &self.machines[machine];
                if up.replaced || up.lie.is_some() || !self.is_on(machine) {
                    continue;
                }
                let here = up.disk.whole.contains(&hash);
                held |= here && spread.wants(up.office, size, at_hub);
                if !here
                    && at_hub
                    && spread.may_get(&self.hub.map.registry, up.office)
                    && names(&up.journal, hash)?
                {
                    return Err(Violation(format!("Files: machine {machine} lacks {hash:?}")));
                }
            }
            if held {
                return Err(Violation(format!("Files: nobody has brought {hash:?} to the hub")));
            }
        }
        Ok(())
    }
}

/// The files that a machine's entries name after a file of an entry, in their order.
fn look(journal: &Journal, disk: &Disk, own: OfficeId, seen: (u64, Hash)) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for stored in journal.reads().after(seen.0.saturating_sub(1), usize::MAX >> 1)? {
        let header = &stored.entry.header;
        let mut once = HashSet::new();
        let mut files: Vec<&Attachment> = header.attachments.iter().collect();
        files.sort_by_key(|file| file.hash);
        for file in files.into_iter().filter(|file| once.insert(file.hash)) {
            if (stored.position, file.hash) > seen {
                found.push(Found {
                    hash: file.hash,
                    size: file.size,
                    urgency: header.urgency as u8,
                    position: stored.position,
                    own: header.ledger == own,
                    whole: disk.whole.contains(&file.hash),
                });
            }
        }
    }
    Ok(found)
}

fn names(journal: &Journal, hash: Hash) -> Result<bool> {
    let all = journal.reads().after(0, usize::MAX >> 1)?;
    Ok(all.iter().any(|stored| stored.entry.header.attachments.iter().any(|file| file.hash == hash)))
}
