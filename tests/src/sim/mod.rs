//! The simulation: the same session machines and drivers, journal and mail code as in the programs, on SQLite in memory,
//! under simulated time: lines that break, machines that die, pause, are restored and cloned, disks that fill, clocks
//! that jump, a hub that goes back, peers that lie, offices that are moved, merged, closed and founded.
//!
//! One seed determines everything: run twice, it gives the same event hash.
//!
//! `plan` draws sizes and faults; `machine`, `hub`, `line` and `files` play the programs around what decides in them;
//! `fate`, `map` and `liar` cause the faults; `watch` checks promises at every step, `check` at rest;
//! `sealed` seals what stays inside an office, and opens it with sheets.

mod audit;
mod check;
mod clocks;
mod fate;
mod files;
mod forged;
mod gate;
mod hub;
mod liar;
mod lie;
mod line;
mod machine;
mod map;
mod moved;
mod offices;
mod order;
mod plan;
mod planted;
mod post;
mod proof;
mod reached;
mod rest;
pub mod rng;
mod sealed;
mod watch;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::hash::Hasher;

use ed25519_dalek::SigningKey;
use truc_hub::session::write::Done;
use truc_node::store::journal::{Journal, JournalError};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, OfficeId};
use truc_proto::wire::{self, OfficeFact};

pub use gate::{Job, Report, jobs, regressions, run_all};
pub use plan::{Plan, Size};
pub use planted::{Layer, PLANTED, Planted, SEEDS, seeds};
pub use reached::REACHED;
pub use rng::Rng;

use self::hub::Hub;
use self::liar::Liar;
use self::line::Conn;
use self::machine::Machine;
use self::offices::{HUB, office_id};

/// Result of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Hash over all events, in order.
    pub hash: u64,
    /// Hash over the final content of all stores, without times.
    pub effects: u64,
    /// Simulated events.
    pub events: u64,
    /// Own entries written by offices and hub.
    pub written: u64,
    /// Simulated milliseconds, without the time to come to rest.
    pub lasted: u64,
    /// States that the run reached, by name.
    pub reached: BTreeMap<&'static str, u64>,
}

/// A broken promise: its name, and what was seen.
#[derive(Debug)]
pub struct Violation(pub String);

impl From<JournalError> for Violation {
    fn from(error: JournalError) -> Self {
        Violation(format!("journal: {error}"))
    }
}

/// Shorthand.
pub(crate) type Result<T> = std::result::Result<T, Violation>;

/// Variations of a seed's run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Print every event.
    pub trace: bool,
    /// Use right clocks: only times may differ from the plain run.
    pub right_clocks: bool,
}

/// An event at a simulated time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A call reaches the hub.
    Opens { conn: u64 },
    /// A frame arrives at a machine.
    ToNode { conn: u64, frame: wire::HubFrame },
    /// A frame arrives at the hub.
    ToHub { conn: u64, frame: wire::NodeFrame },
    /// The hub notices that the peer's end is closed.
    NodeGone { conn: u64 },
    /// A machine notices that the hub's end is closed.
    HubGone { conn: u64 },
    /// A machine calls the hub.
    Call { machine: usize, boot: u64 },
    /// The queue of a machine's disk becomes durable.
    NodeCommits { machine: usize, boot: u64 },
    /// A machine's program is told what became durable.
    NodeDone { machine: usize, boot: u64, done: machine::Done },
    /// The session of a machine looks how the office stands.
    NodeLooks { machine: usize, conn: u64 },
    /// The queue of the hub's disk becomes durable.
    HubCommits { boot: u64 },
    /// A session of the hub is told what became durable.
    HubDone { conn: u64, office: OfficeId, done: Box<Done> },
    /// A session of the hub may have waited for too long.
    HubDue { conn: u64 },
    /// The hub's mail index takes in what was committed.
    HubFollows { boot: u64 },
    /// A program starts on its disk.
    Starts { machine: usize, boot: u64 },
    /// The hub starts on its disk.
    HubStarts { boot: u64 },
    /// A paused machine continues.
    Wakes { machine: usize, boot: u64 },
    /// A machine's line works again.
    Online { machine: usize },
    /// A clock is set right; none: the hub's.
    ClockBack { machine: Option<usize> },
    /// A full disk has room again; none: the hub's.
    Room { machine: Option<usize> },
    /// A part of a file's way happens at a machine or at the hub.
    File { machine: usize, boot: u64, conn: Option<u64>, step: files::Step },
    /// The next act of the plan.
    Act,
}

struct Timed {
    time: u64,
    order: u64,
    event: Event,
}

impl PartialEq for Timed {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Timed {}

impl PartialOrd for Timed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timed {
    /// Reversed for the heap: the earliest is the greatest; among equals, the one planned first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.order).cmp(&(self.time, self.order))
    }
}

/// The true history, whatever the stores contain; the checks compare with it.
#[derive(Default)]
pub(crate) struct Truth {
    /// Every entry ever written, on whichever disks it is now.
    book: HashMap<Hash, Entry>,
    /// Every receipt that reached a machine's disk: office and entry.
    receipted: Vec<(OfficeId, Link)>,
    /// Position up to which each office reported its mail as durable, since the hub last went back.
    delivered: HashMap<OfficeId, u64>,
    /// Entries that the hub handed out while it lacked these earlier ones of their chain, or had them later.
    islands: HashMap<Hash, HashSet<Hash>>,
    /// Entries that came to an office without, or before, these earlier ones: islands.
    excused: HashMap<(OfficeId, Hash), HashSet<Hash>>,
    /// When entries were written, by the true time, Unix milliseconds, and whether their programs knew it.
    wrote: HashMap<Hash, (u64, bool)>,
    /// Entries that the rules refuse, with the code.
    refused: HashMap<Hash, &'static str>,
    /// Whether the hub said anything of offices since the run began.
    moved: bool,
    /// What the hub said of the ends of offices.
    ended: Vec<OfficeFact>,
    /// What was handed out to an office, in runs whose map changes.
    handed: HashSet<(OfficeId, Hash)>,
    /// What stood where it was not mail of an office, though it would have been at another place.
    unowed: HashSet<(OfficeId, Hash)>,
    /// Whether the hub was ever set back.
    hub_went_back: bool,
    /// Whether two machines of one office ran from one memory image: forks may exist.
    snapshots: bool,
}

/// Complete state of a run.
pub struct World {
    rng: Rng,
    /// Random numbers for clocks, separate so that the rest of a run does not depend on them.
    clock_rng: Rng,
    plan: Plan,
    manner: Manner,
    now: u64,
    order: u64,
    events: BinaryHeap<Timed>,
    conns: BTreeMap<u64, Conn>,
    next_conn: u64,
    hub: Hub,
    machines: Vec<Machine>,
    liar: Liar,
    files: files::Files,
    sealing: sealed::Sealing,
    keys: HashMap<OfficeId, Vec<SigningKey>>,
    /// The offices that people at the hub have founded, with what was first said of them.
    founded: Vec<OfficeFact>,
    truth: Truth,
    settling: bool,
    outcome: Outcome,
    hasher: std::hash::DefaultHasher,
}

/// Runs one seed to its end and checks every promise on the way.
pub fn run(seed: u64, size: Size, manner: Manner) -> std::result::Result<Outcome, Violation> {
    crate::disk::memory::keep_no_books();
    let plan = Plan::draw(&mut Rng::new(seed), size);
    truc_proto::fault::stub_signatures(!plan.real_keys);
    World::new(seed, plan, size, manner)?.play()
}

impl World {
    fn new(seed: u64, plan: Plan, size: Size, manner: Manner) -> Result<Self> {
        let hub_key = SigningKey::from_bytes(&offices::HUB_KEY);
        let mut keys = HashMap::from([(HUB, vec![hub_key.clone()])]);
        let mut machines = Vec::new();
        for number in 0..plan.offices {
            let (office, key) = (office_id(number), offices::key(number, 1));
            keys.insert(office, vec![key.clone()]);
            let mut journal = Journal::in_memory(office, false)?;
            journal.group(|journal| journal.enrolled(1))?;
            machines.push(Machine::new(offices::identity(office, key), 1, journal));
        }
        let liar = Liar::new(plan.offices);
        keys.insert(liar.office, vec![liar.key.clone()]);
        let map = offices::map(&keys, plan.offices)?;
        let hub = Hub::new(offices::identity(HUB, hub_key), Journal::in_memory(HUB, true)?, map)?;
        let mut world = Self {
            rng: Rng::new(seed ^ 0x5eed),
            clock_rng: Rng::new(seed ^ 0xc10c),
            plan,
            manner,
            now: 0,
            order: 0,
            events: BinaryHeap::new(),
            conns: BTreeMap::new(),
            next_conn: 1,
            hub,
            machines,
            liar,
            files: files::Files::draw(seed, size == Size::Storm),
            sealing: sealed::Sealing::new(seed),
            keys,
            founded: Vec::new(),
            truth: Truth::default(),
            settling: false,
            outcome: Outcome::default(),
            hasher: std::hash::DefaultHasher::new(),
        };
        for machine in 0..world.machines.len() {
            world.call_later(machine, 10);
        }
        let first = world.rng.below(50) + 1;
        world.at(first, Event::Act);
        Ok(world)
    }

    fn play(mut self) -> Result<Outcome> {
        while self.now < self.plan.lasts {
            let Some(event) = self.next_event() else {
                return Err(Violation("nothing happens any more".into()));
            };
            if matches!(event, Event::Act) {
                self.act()?;
                let wait = self.plan.wait(&mut self.rng);
                self.at(self.now + wait, Event::Act);
            } else {
                self.happen(event)?;
            }
        }
        self.outcome.lasted = self.now;
        self.settle()?;
        self.outcome.effects = self.effects()?;
        self.outcome.hash = self.hasher.finish();
        Ok(self.outcome)
    }

    pub(crate) fn at(&mut self, time: u64, event: Event) {
        self.order += 1;
        self.events.push(Timed { time, order: self.order, event });
    }

    pub(crate) fn soon(&mut self, event: Event) {
        self.at(self.now + 1, event);
    }

    pub(crate) fn next_event(&mut self) -> Option<Event> {
        let Timed { time, order, event } = self.events.pop()?;
        self.now = time;
        self.outcome.events += 1;
        self.hasher.write_u64(time);
        self.hasher.write_u64(order);
        match &event {
            Event::ToNode { frame, .. } => self.hasher.write(&prost_bytes(frame)),
            Event::ToHub { frame, .. } => self.hasher.write(&prost_bytes(frame)),
            _ => {}
        }
        if self.manner.trace {
            println!("{}", format!("{time} {event:?}").chars().take(400).collect::<String>());
        }
        Some(event)
    }

    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        if self.manner.trace {
            println!("  {}", text());
        }
    }

    pub(crate) fn reach(&mut self, name: &'static str) {
        self.note(|| format!("* {name}"));
        *self.outcome.reached.entry(name).or_default() += 1;
    }

    /// Handles an event. Events of a paused machine wait until it continues.
    fn happen(&mut self, event: Event) -> Result<()> {
        let at = match &event {
            Event::ToNode { conn, .. } | Event::HubGone { conn } => {
                self.conns.get(conn).and_then(|conn| conn.machine())
            }
            Event::Call { machine, .. }
            | Event::NodeCommits { machine, .. }
            | Event::NodeLooks { machine, .. }
            | Event::NodeDone { machine, .. } => Some(*machine),
            Event::File { machine, step, .. } if step.is_here() => Some(*machine),
            _ => None,
        };
        if let Some(machine) = at
            && self.machines[machine].paused
        {
            self.machines[machine].deferred.push(event);
            return Ok(());
        }
        match event {
            Event::Opens { conn } => self.opens(conn),
            Event::ToNode { conn, frame } => self.comes_down(conn, frame),
            Event::ToHub { conn, frame } => self.comes_up(conn, frame),
            Event::NodeGone { conn } => self.node_gone(conn),
            Event::HubGone { conn } => self.hub_gone(conn),
            Event::Call { machine, boot } => self.call(machine, boot),
            Event::NodeCommits { machine, boot } => self.node_commits(machine, boot),
            Event::NodeDone { machine, boot, done } => self.node_done(machine, boot, done),
            Event::NodeLooks { machine, conn } => self.node_looks(machine, conn),
            Event::HubCommits { boot } => self.hub_commits(boot),
            Event::HubDone { conn, office, done } => self.hub_done(conn, office, *done),
            Event::HubDue { conn } => self.hub_due(conn),
            Event::HubFollows { boot } => self.hub_follows(boot),
            Event::Starts { machine, boot } => self.starts(machine, boot),
            Event::HubStarts { boot } => self.hub_starts(boot),
            Event::Wakes { machine, boot } => self.wakes(machine, boot),
            Event::Online { machine } => self.online(machine),
            Event::ClockBack { machine } => {
                self.clock_back(machine);
                Ok(())
            }
            Event::Room { machine } => self.room(machine),
            Event::File { machine, boot, conn, step } => self.file_step(machine, boot, conn, step),
            Event::Act => Ok(()),
        }
    }

    /// Notes that an own entry is on a disk. `by`: the time that its program went by.
    pub(crate) fn written(&mut self, entry: &Entry, by: u64) {
        self.outcome.written += 1;
        self.note_when(entry, by);
        self.truth.book.insert(entry.hash, entry.clone());
    }
}

fn prost_bytes(frame: &impl prost::Message) -> Vec<u8> {
    frame.encode_to_vec()
}
