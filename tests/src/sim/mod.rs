//! The simulation: the same session machines and the same journal code as the programs, on SQLite in
//! memory, under simulated time, network, crashes, restores, clones and a hub that goes back.
//!
//! One seed draws everything. A run is a function of its seed: run twice, it gives the same event hash.

mod check;
mod hub;
mod machine;
mod plan;
mod proof;
pub mod rng;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use truc_node::journal::{Journal, JournalError};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, OfficeId};
use truc_proto::session::{End, HubEvent, NodeEvent, NodeSession};
use truc_proto::wire;
use uuid::Uuid;

pub use plan::Plan;
pub use rng::Rng;

use self::hub::Hub;
use self::machine::Machine;

/// What a run saw.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Over all events, in order.
    pub hash: [u8; 32],
    /// Simulated events.
    pub events: u64,
    /// Own entries written by offices and hub.
    pub written: u64,
    /// States that the run reached, by name.
    pub reached: BTreeMap<&'static str, u64>,
}

/// A broken promise: which, and what was seen.
#[derive(Debug)]
pub struct Violation(pub String);

impl From<JournalError> for Violation {
    fn from(error: JournalError) -> Self {
        Violation(format!("journal: {error}"))
    }
}

/// Shorthand.
pub(crate) type Result<T> = std::result::Result<T, Violation>;

/// One thing that happens at one time.
#[derive(Debug)]
enum Event {
    /// A frame arrives at a machine.
    ToNode { conn: u64, frame: wire::HubFrame },
    /// A frame arrives at the hub.
    ToHub { conn: u64, frame: wire::NodeFrame },
    /// A machine does its next piece of work.
    NodeWorks { conn: u64 },
    /// The hub does the next piece of work of a session.
    HubWorks { conn: u64 },
    /// A machine calls the hub.
    Call { machine: usize, boot: u64 },
    /// The hub's mail index takes in what was committed.
    HubFollows,
    /// The next act of the plan.
    Act,
}

/// A line between a machine and the hub.
#[derive(Debug)]
struct Conn {
    machine: usize,
    /// When the last frame under way arrives, up and down: frames do not overtake each other.
    last_up: u64,
    last_down: u64,
}

/// Everything there is in one run.
pub struct World {
    rng: Rng,
    plan: Plan,
    now: u64,
    order: u64,
    events: BinaryHeap<Reverse<(u64, u64)>>,
    bodies: HashMap<u64, Event>,
    conns: BTreeMap<u64, Conn>,
    next_conn: u64,
    hub: Hub,
    machines: Vec<Machine>,
    keys: HashMap<OfficeId, Vec<SigningKey>>,
    /// Every entry ever written, on whatever disks it still is.
    book: HashMap<Hash, Entry>,
    /// Entries that came to an office without these earlier ones, because the hub itself lacked them then.
    excused: HashMap<(OfficeId, Hash), HashSet<Hash>>,
    /// Every receipt that reached a machine's disk: office and entry.
    receipted: Vec<(OfficeId, Link)>,
    /// Restores, clones and the like happened: a question may be rightly asked.
    disturbed: bool,
    /// The hub was put back at least once.
    hub_went_back: bool,
    /// Two machines of one office ran from one memory image: forks may exist.
    snapshots: bool,
    outcome: Outcome,
    hasher: Sha256,
    trace: bool,
}

fn office_id(number: usize) -> OfficeId {
    OfficeId(Uuid::from_u128(100 + number as u128))
}

/// Runs one seed to its end and checks every promise on the way.
pub fn run(seed: u64) -> std::result::Result<Outcome, Violation> {
    World::new(seed, false)?.play()
}

/// As [`run`], printing every event.
pub fn trace(seed: u64) -> std::result::Result<Outcome, Violation> {
    World::new(seed, true)?.play()
}

impl World {
    fn new(seed: u64, trace: bool) -> Result<Self> {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng);
        let hub_office = OfficeId(Uuid::from_u128(1));
        let hub_key = SigningKey::from_bytes(&[1; 32]);
        let mut keys = HashMap::new();
        keys.insert(hub_office, vec![hub_key.clone()]);
        let mut machines = Vec::new();
        for number in 0..plan.offices {
            let office = office_id(number);
            let key = SigningKey::from_bytes(&[10 + number as u8; 32]);
            keys.insert(office, vec![key.clone()]);
            let journal = Journal::in_memory(office, false)?;
            machines.push(Machine::new(office, key, 1, journal));
        }
        let hub = Hub::new(hub_office, hub_key, Journal::in_memory(hub_office, true)?, plan.offices)?;
        let mut world = Self {
            rng,
            plan,
            now: 0,
            order: 0,
            events: BinaryHeap::new(),
            bodies: HashMap::new(),
            conns: BTreeMap::new(),
            next_conn: 1,
            hub,
            machines,
            keys,
            book: HashMap::new(),
            excused: HashMap::new(),
            receipted: Vec::new(),
            disturbed: false,
            hub_went_back: false,
            snapshots: false,
            outcome: Outcome::default(),
            hasher: Sha256::new(),
            trace,
        };
        for machine in 0..world.machines.len() {
            world.machines[machine].journal.group(|journal| journal.enrolled(1))?;
            world.hub.credentials.insert(world.machines[machine].office, 1);
            world.call_later(machine, 10);
        }
        let first = world.rng.below(50) + 1;
        world.at(first, Event::Act);
        Ok(world)
    }

    fn play(mut self) -> Result<Outcome> {
        let acts = self.plan.acts;
        let mut done = 0;
        while done < acts {
            let Some(event) = self.next_event() else {
                return Err(Violation("nothing happens any more".into()));
            };
            if matches!(event, Event::Act) {
                done += 1;
                self.act()?;
                let wait = self.rng.below(self.plan.act_gap) + 1;
                self.at(self.now + wait, Event::Act);
            } else {
                self.happen(event)?;
            }
        }
        self.settle()?;
        self.outcome.hash = std::mem::take(&mut self.hasher).finalize().into();
        Ok(self.outcome)
    }

    fn at(&mut self, time: u64, event: Event) {
        self.order += 1;
        self.events.push(Reverse((time, self.order)));
        self.bodies.insert(self.order, event);
    }

    fn next_event(&mut self) -> Option<Event> {
        let Reverse((time, order)) = self.events.pop()?;
        self.now = time;
        self.outcome.events += 1;
        let event = self.bodies.remove(&order)?;
        self.note(&format!("{time} {event:?}"));
        Some(event)
    }

    fn note(&mut self, text: &str) {
        self.hasher.update(text.as_bytes());
        if self.trace {
            println!("{}", text.chars().take(400).collect::<String>());
        }
    }

    fn reach(&mut self, name: &'static str) {
        if self.trace {
            println!("  * {name}");
        }
        *self.outcome.reached.entry(name).or_default() += 1;
    }

    fn happen(&mut self, event: Event) -> Result<()> {
        match event {
            Event::ToNode { conn, frame } => {
                let Some(machine) = self.conns.get(&conn).map(|conn| conn.machine) else { return Ok(()) };
                self.node_event(machine, NodeEvent::Frame(frame))
            }
            Event::ToHub { conn, frame } => self.hub_event(conn, HubEvent::Frame(frame)),
            Event::NodeWorks { conn } => self.node_works(conn),
            Event::HubWorks { conn } => self.hub_works(conn),
            Event::Call { machine, boot } => self.call(machine, boot),
            Event::HubFollows => self.hub_follows(),
            Event::Act => Ok(()),
        }
    }

    /// An own entry was acknowledged to people.
    fn written(&mut self, entry: &Entry) {
        self.outcome.written += 1;
        self.book.insert(entry.hash, entry.clone());
    }

    fn call_later(&mut self, machine: usize, wait: u64) {
        let boot = self.machines[machine].boot;
        self.at(self.now + wait, Event::Call { machine, boot });
    }

    /// A machine calls the hub: the newest session of an office ends the older one before it is judged.
    fn call(&mut self, machine: usize, boot: u64) -> Result<()> {
        let up = &self.machines[machine];
        if !up.running || up.boot != boot || up.conn.is_some() {
            return Ok(());
        }
        if !self.hub.running || self.machines[machine].offline {
            let wait = 200 + self.rng.below(400);
            self.call_later(machine, wait);
            return Ok(());
        }
        let office = self.machines[machine].office;
        let older = self.conns.iter().find(|(_, conn)| self.machines[conn.machine].office == office);
        if let Some((&older, _)) = older {
            self.cut(older);
        }
        let conn = self.next_conn;
        self.next_conn += 1;
        self.conns.insert(conn, Conn { machine, last_up: self.now, last_down: self.now });
        self.hub.open(conn, office);
        let facts = truc_node::journal::node_facts(
            self.machines[machine].journal.reads(),
            self.hub.key.verifying_key(),
            self.now,
            "sim",
        )?;
        let (session, work) = NodeSession::start(facts);
        let up = &mut self.machines[machine];
        up.conn = Some(conn);
        up.session = Some(session);
        up.queue = work.into();
        self.at(self.now + 1, Event::NodeWorks { conn });
        Ok(())
    }

    /// The line is gone; frames under way are lost, both ends notice.
    fn cut(&mut self, conn: u64) {
        let Some(gone) = self.conns.remove(&conn) else { return };
        self.hub.sessions.remove(&conn);
        let machine = &mut self.machines[gone.machine];
        machine.conn = None;
        machine.session = None;
        machine.queue.clear();
        let wait = 20 + self.rng.below(300);
        self.call_later(gone.machine, wait);
    }

    fn ended(&mut self, conn: u64, end: &End) {
        let Some(gone) = self.conns.remove(&conn) else { return };
        self.hub.sessions.remove(&conn);
        let machine = &mut self.machines[gone.machine];
        machine.conn = None;
        machine.session = None;
        machine.queue.clear();
        if end.reason == wire::EndReason::EndCredential {
            machine.running = false;
            self.reach("replaced machine refused");
            return;
        }
        let wait = if end.again() { 5 } else { 100 + self.rng.below(300) };
        self.call_later(gone.machine, wait);
    }

    fn latency(&mut self) -> u64 {
        1 + self.rng.below(self.plan.latency)
    }
}
