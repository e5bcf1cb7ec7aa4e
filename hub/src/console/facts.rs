//! What all offices owe, kept in memory for the console's pages. Everything is read once; later only the records about
//! which something was said since. Nothing depends on the time of day: how an office stands is decided by each page.
//!
//! Each task and item costs one byte for each office.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use tokio::time::timeout;
use truc_node::blocking::blocking;
use truc_node::derive::views::owed::{self, Matter, Owed, Word};
use truc_node::derive::views::read;
use truc_node::office::OfficeError;
use truc_node::supervise;
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::paper::Due;
use truc_proto::record::directive::Status;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{self, Act as _, directive};
use truc_proto::registry::Registry;
use truc_proto::time::{Hlc, When};

use super::glance::Owing;
use crate::hub::Hub;

/// Something that one office owes and that a page may show.
#[derive(Clone, Debug)]
pub struct Open {
    /// The office that owes it.
    pub office: OfficeId,
    /// Deadline and completion; the office's state is decided from them.
    pub owing: Owing,
    /// What is to be done, in words.
    pub what: Arc<str>,
    /// The office that asked for it.
    pub owner: OfficeId,
}

/// How far an office is with a task or item, in one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The office does not owe it, or no longer does.
    NotAsked,
    /// The office has reported nothing.
    Nothing,
    /// The office has reported something, but not that it is finished.
    Started,
    /// Finished in time, or without a deadline.
    Done,
    /// Finished after the deadline.
    DoneLate,
    /// Finished, and nobody knows when the hub had word of it.
    DoneUnjudged,
}

impl Stage {
    fn of(word: Word, due: Option<i64>) -> Self {
        match word {
            Word::Nothing => Self::Nothing,
            Word::Started => Self::Started,
            Word::Done(done) => match DutyStatus::done(due.map(Due), done) {
                DutyStatus::CompletedLate => Self::DoneLate,
                DutyStatus::CompletedUnjudged => Self::DoneUnjudged,
                _ => Self::Done,
            },
        }
    }
}

/// A task of a directive, an item of a programme, or a whole paper with a deadline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The record that it belongs to.
    pub matter: Matter,
    /// The office that asked for it.
    pub owner: OfficeId,
    /// Id of the task or item; empty: the record as a whole.
    pub part: Arc<str>,
    /// What is to be done, shortened.
    pub content: Arc<str>,
    /// Deadline, Unix milliseconds.
    pub due: Option<i64>,
    /// Each office's stage, in the order of [`Facts::offices`].
    pub stages: Box<[Stage]>,
}

/// How many offices have accepted and completed a directive, by what each reported last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Handled {
    /// Offices that accepted it, whatever they have done with it since.
    pub accepted: usize,
    /// Offices that completed it.
    pub completed: usize,
}

const COMPLETED: &str = Status::Completed.name();
const ACCEPTED: [&str; 4] =
    [Status::Accepted.name(), Status::Assigned.name(), Status::Processing.name(), COMPLETED];

/// The facts about one record.
struct Told {
    open: Vec<Open>,
    parts: Vec<Part>,
    handled: Handled,
}

/// What all offices owed when the views stood at a position.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Open offices, sorted by name.
    pub offices: Arc<[OfficeId]>,
    /// What is still open, by record. A record of which nothing is open is not in it.
    pub open: HashMap<Matter, Arc<[Open]>>,
    /// Tasks and items, finished or not, by record.
    pub parts: HashMap<Matter, Arc<[Part]>>,
    /// By directive. A directive that nobody accepted is not in it.
    pub handled: HashMap<Matter, Handled>,
    /// The position up to which the views were folded.
    pub position: u64,
    /// When they were read, Unix milliseconds.
    pub read: i64,
}

/// Keeps the newest facts. They are renewed when a page asks, by one thread at a time.
#[derive(Debug)]
pub struct FactsCache {
    hub: Weak<Hub>,
    latest: RwLock<Option<Arc<Facts>>>,
    one: Mutex<()>,
}

impl FactsCache {
    /// For this hub, with nothing read yet.
    pub fn new(hub: &Arc<Hub>) -> Arc<Self> {
        Arc::new(Self { hub: Arc::downgrade(hub), latest: RwLock::default(), one: Mutex::default() })
    }

    fn latest(&self) -> Option<Arc<Facts>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest facts. If reading them takes longer than [`limits::GLANCE_WAIT`], the previous ones are returned, and
    /// open pages are told to reload once the new ones are there. The very first call waits for as long as it takes.
    pub async fn current(self: &Arc<Self>) -> Result<Arc<Facts>, Failure> {
        let hub = self.hub.upgrade().ok_or(OfficeError::Stopped)?;
        let wanted = *hub.office.folded()?.borrow();
        let before = self.latest();
        if let Some(facts) = before.as_ref().filter(|facts| facts.position >= wanted) {
            return Ok(Arc::clone(facts));
        }
        let keeper = Arc::clone(self);
        let mut renewal = Box::pin(blocking(move || keeper.renew(&hub, wanted).map_err(Failure::from)));
        let Some(before) = before else { return renewal.await };
        match timeout(limits::GLANCE_WAIT, &mut renewal).await {
            Ok(renewed) => renewed,
            Err(_) => {
                let keeper = Arc::clone(self);
                supervise::spawn("facts", async move {
                    if let Err(error) = renewal.await {
                        tracing::warn!(%error, "the province could not be looked at anew");
                    } else if let Some(hub) = keeper.hub.upgrade() {
                        hub.sessions.stir();
                    }
                });
                Ok(before)
            }
        }
    }

    /// When these facts were read (Unix milliseconds), if the views have moved on since; none: they are the newest.
    pub fn as_of(&self, facts: &Facts) -> Result<Option<i64>, Failure> {
        let hub = self.hub.upgrade().ok_or(OfficeError::Stopped)?;
        let folded = *hub.office.folded()?.borrow();
        Ok((facts.position < folded).then_some(facts.read))
    }

    /// Reads what is new, unless another thread has done so meanwhile.
    fn renew(&self, hub: &Hub, wanted: u64) -> Result<Arc<Facts>, OfficeError> {
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.latest();
        if let Some(facts) = before.as_ref().filter(|facts| facts.position >= wanted) {
            return Ok(Arc::clone(facts));
        }
        let registry = hub.office.registry();
        let places = Places::of(&registry);
        let facts = hub.office.view(|views| {
            // One transaction, so that position and tables belong to the same moment.
            let views = views.unchecked_transaction()?;
            let position = read::folded_to(&views)?;
            let now = hub.clock().millis() as i64;
            let known = before.filter(|before| before.offices == places.offices);
            let touched = match &known {
                Some(known) => owed::touched(&views, known.position)?,
                None => None,
            };
            let told = |matter, owed| told(matter, &owed, &registry, &places, hub.office.id(), now);
            let offices = Arc::clone(&places.offices);
            let mut facts = Facts { offices, position, read: now, ..Facts::default() };
            match (known, touched) {
                (Some(known), Some(touched)) => {
                    facts = Facts { position, read: now, ..Facts::clone(&known) };
                    for matter in touched {
                        facts.put(matter, told(matter, owed::one(&views, matter)?));
                    }
                }
                _ => owed::all(&views, |matter, owed| facts.put(matter, told(matter, owed)))?,
            }
            Ok(facts)
        })?;
        let facts = Arc::new(facts);
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&facts));
        Ok(facts)
    }
}

/// The open offices, sorted by name, and the index of each.
struct Places {
    offices: Arc<[OfficeId]>,
    at: HashMap<OfficeId, usize>,
}

impl Places {
    fn of(registry: &Registry) -> Self {
        let mut named: Vec<(Vec<u8>, OfficeId)> = registry
            .offices()
            .filter(|(id, _)| registry.is_open(*id))
            .filter_map(|(id, office)| Some((order(&office.current()?.name), id)))
            .collect();
        named.sort_unstable();
        let offices: Arc<[OfficeId]> = named.into_iter().map(|(_, id)| id).collect();
        let at = offices.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        Self { offices, at }
    }
}

fn replace<T>(all: &mut HashMap<Matter, T>, matter: Matter, new: Option<T>) {
    match new {
        Some(new) => all.insert(matter, new),
        None => all.remove(&matter),
    };
}

impl Facts {
    fn put(&mut self, matter: Matter, told: Told) {
        let handled = (told.handled != Handled::default()).then_some(told.handled);
        replace(&mut self.open, matter, (!told.open.is_empty()).then(|| told.open.into()));
        replace(&mut self.parts, matter, (!told.parts.is_empty()).then(|| told.parts.into()));
        replace(&mut self.handled, matter, handled.filter(|_| matter.1 == directive::Move::KIND));
    }

    /// What is open, by office.
    pub fn by_office(&self) -> HashMap<OfficeId, Vec<(Matter, &Open)>> {
        let mut all: HashMap<OfficeId, Vec<(Matter, &Open)>> = HashMap::new();
        for (matter, open) in &self.open {
            for one in open.iter() {
                all.entry(one.office).or_default().push((*matter, one));
            }
        }
        all
    }
}

/// The facts about one record: what is open or was finished late a short time ago, and the stage of every office.
fn told(matter: Matter, owed: &Owed, registry: &Registry, places: &Places, me: OfficeId, now: i64) -> Told {
    let lately = limits::DONE_LATE_SHOWN.as_millis() as i64;
    let mut open = Vec::new();
    let mut parts: BTreeMap<(OfficeId, &str), Part> = BTreeMap::new();
    let mut what: HashMap<(OfficeId, &str), Arc<str>> = HashMap::new();
    let listed = record::kind(matter.1).is_some_and(|kind| kind.gives_tasks);
    owed.each(matter.1, registry, me, |duty, office, word| {
        let (key, word) = ((duty.owner, duty.part.as_str()), word.by(now));
        let content = what.entry(key).or_insert_with(|| duty.content.as_str().into());
        let done = word.done();
        if listed && let Some(place) = places.at.get(&office) {
            let part = parts.entry(key).or_insert_with(|| Part {
                matter,
                owner: duty.owner,
                part: duty.part.as_str().into(),
                content: Arc::clone(content),
                due: duty.due,
                stages: vec![Stage::NotAsked; places.offices.len()].into(),
            });
            part.stages[*place] = Stage::of(word, duty.due);
        }
        let Some(due) = duty.due else { return };
        let ago = |done: When| now.saturating_sub(done.time.millis() as i64);
        if done.is_none_or(|done| done.is_by(due) == Some(false) && ago(done) <= lately) {
            let done = done.map(|done| done.time.millis() as i64);
            let owing = Owing::Until { due, done };
            open.push(Open { office, owing, what: Arc::clone(content), owner: duty.owner });
        }
    });
    let words: HashMap<OfficeId, &str> = owed.words().collect();
    for express in &owed.express {
        let what: Arc<str> = express.title.as_str().into();
        let answered = express.sent.saturating_add(limits::EXPRESS_ANSWERED.as_millis() as i64);
        let from = express.due.map_or(answered, |due| due.min(answered));
        let sent = Hlc::at(express.sent.max(0) as u64);
        let scopes = express.audience.iter();
        let offices: HashSet<OfficeId> =
            scopes.flat_map(|scope| owed::meant(registry, *scope, express.owner, sent)).collect();
        // Nobody accepts his own paper.
        for office in offices.into_iter().filter(|office| *office != express.owner) {
            if directive::KIND.awaits(words.get(&office).copied().unwrap_or_default()) {
                let owing = Owing::Express { from };
                open.push(Open { office, owing, what: Arc::clone(&what), owner: express.owner });
            }
        }
    }
    let handled = Handled {
        accepted: words.values().filter(|word| ACCEPTED.contains(word)).count(),
        completed: words.values().filter(|word| **word == COMPLETED).count(),
    };
    Told { open, parts: parts.into_values().collect(), handled }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_node::derive::views::owed::{Answer, Denial, Duty, Express};
    use truc_proto::audience::Scope;
    use truc_proto::id::RecordId;
    use truc_proto::wire;
    use uuid::Uuid;

    use super::*;

    const DUE: i64 = 1_000_000_000_000;

    fn id(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    /// Registry of hub 1, province 2, and communes 10, 11, 12 under it.
    fn registry() -> Registry {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        let mut registry = Registry::new(id(1), key);
        for (position, (office, tier, parent)) in
            [(2, "province", 1), (10, "commune", 2), (11, "commune", 2), (12, "commune", 2)]
                .into_iter()
                .enumerate()
        {
            let fact = wire::OfficeFact {
                office: id(office).to_wire(),
                since: "1970-01-01".into(),
                tier: tier.into(),
                parent: id(parent).to_wire(),
                name: office.to_string(),
                ..Default::default()
            };
            let mv = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
            assert!(registry.apply(position as u64, &mv));
        }
        registry
    }

    fn duty(part: &str) -> Duty {
        Duty {
            owner: id(2),
            part: part.into(),
            by: Scope::subtree(id(2)),
            due: Some(DUE),
            content: "việc".into(),
            given: Hlc::default(),
        }
    }

    fn answer(office: u128, part: &str, word: &str, done: Option<i64>) -> Answer {
        let at = |millis: i64| Hlc((millis as u64) << 16);
        let said = at(done.unwrap_or(DUE - 500));
        let done = done.map(|done| When::of(at(done), None, Some(done as u64)));
        Answer { office: id(office), part: part.into(), word: word.into(), said, done }
    }

    fn left(owed: &Owed) -> Vec<(u128, Owing)> {
        left_to(id(1), owed)
    }

    /// What is open, as an office sees it.
    fn left_to(me: OfficeId, owed: &Owed) -> Vec<(u128, Owing)> {
        let registry = registry();
        let matter = (RecordId(Uuid::from_u128(50)), directive::Move::KIND);
        let told = told(matter, owed, &registry, &Places::of(&registry), me, DUE + 100);
        let mut found: Vec<_> =
            told.open.into_iter().map(|open| (open.office.0.as_u128(), open.owing)).collect();
        found.sort_by_key(|(office, _)| *office);
        found
    }

    const EXPRESS: Owing = Owing::Express { from: 30 * 60_000 };
    const OPEN: Owing = Owing::Until { due: DUE, done: None };

    #[test]
    fn who_has_not_answered_still_owes_and_the_sender_owes_nothing() {
        let owed = Owed { duties: vec![duty("T1")], ..Owed::default() };
        assert_eq!(left(&owed), [(10, OPEN), (11, OPEN), (12, OPEN)]);
        let named = Owed { duties: vec![Duty { by: Scope::office(id(2)), ..duty("T1") }], ..Owed::default() };
        assert_eq!(left_to(id(2), &named), [(2, OPEN)], "named by itself");
        assert_eq!(left(&named), [], "nobody else hears whether it is done");
    }

    #[test]
    fn what_is_done_is_closed_unless_the_sender_says_no() {
        let mut owed = Owed {
            duties: vec![duty("T1")],
            answers: vec![
                answer(10, "T1", "", Some(DUE - 100)),
                answer(11, "", "refused", None),
                answer(12, "T1", "", Some(DUE - 5)),
            ],
            ..Owed::default()
        };
        assert!(left(&owed).is_empty());
        let said = Hlc((DUE as u64 - 99) << 16);
        owed.denials = vec![Denial { owner: id(2), part: "T1".into(), office: id(10), said }];
        assert_eq!(left(&owed), [(10, OPEN)]);
        owed.answers[0] = answer(10, "T1", "", Some(DUE - 50));
        assert!(left(&owed).is_empty(), "it said so again");
        owed.answers[0] = answer(10, "T1", "", Some(DUE + 50));
        assert_eq!(left(&owed), [(10, Owing::Until { due: DUE, done: Some(DUE + 50) })], "late, and lately");
    }

    #[test]
    fn express_papers_wait_for_those_who_have_not_accepted() {
        let express = Express {
            owner: id(2),
            title: "bão".into(),
            audience: vec![Scope::subtree(id(2)), Scope::office(id(10)), Scope::office(id(2))],
            sent: 0,
            due: None,
        };
        let answers = vec![answer(10, "", "arrived", None), answer(11, "", "accepted", None)];
        let owed = Owed { express: vec![express], answers, ..Owed::default() };
        assert_eq!(left(&owed), [(10, EXPRESS), (12, EXPRESS)]);
    }
}
