//! What all offices owe, kept in memory for pages: read whole once, then only the records about which
//! something was said. The time of day is not in it: how an office stands is decided when somebody looks.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use tokio::time::timeout;
use truc_node::failure::{ExitCode, Failure};
use truc_node::office::{OfficeError, unix_millis};
use truc_node::views::owed::{self, Matter, Owed};
use truc_node::views::read;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::Registry;

use super::glance::Owing;
use crate::hub::Hub;

/// Something that one office owes and that is worth showing.
#[derive(Clone, Debug)]
pub struct Open {
    /// Who.
    pub office: OfficeId,
    /// What is decided from.
    pub owing: Owing,
    /// What it is, in words.
    pub what: Arc<str>,
    /// To whom.
    pub owner: OfficeId,
}

/// All that was owed when the views stood at a position.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// By record; records of which nothing is open are not in it.
    pub open: HashMap<Matter, Arc<[Open]>>,
    /// How far the views were.
    pub position: u64,
    /// When they were read, Unix milliseconds.
    pub read: i64,
}

/// The newest facts, renewed when somebody asks; one renewal at a time.
#[derive(Debug)]
pub struct Keeper {
    hub: Weak<Hub>,
    latest: RwLock<Option<Arc<Facts>>>,
    one: Mutex<()>,
}

impl Keeper {
    /// Of that hub; nothing is read yet.
    pub fn new(hub: &Arc<Hub>) -> Arc<Self> {
        Arc::new(Self { hub: Arc::downgrade(hub), latest: RwLock::default(), one: Mutex::default() })
    }

    fn latest(&self) -> Option<Arc<Facts>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest facts; older ones if reading takes too long for a page, which is then asked to come again.
    /// The first time it waits as long as it takes.
    pub async fn current(self: &Arc<Self>) -> Result<Arc<Facts>, Failure> {
        let hub = self.hub.upgrade().ok_or(OfficeError::Stopped)?;
        let wanted = *hub.office.folded()?.borrow();
        let before = self.latest();
        if let Some(facts) = before.as_ref().filter(|facts| facts.position >= wanted) {
            return Ok(Arc::clone(facts));
        }
        let keeper = Arc::clone(self);
        let mut renewal = tokio::task::spawn_blocking(move || keeper.renew(&hub, wanted));
        let broken =
            |error: tokio::task::JoinError| Failure::new(ExitCode::Unexpected, "local-cut").because(error);
        let Some(before) = before else { return Ok(renewal.await.map_err(broken)??) };
        match timeout(limits::GLANCE_WAIT, &mut renewal).await {
            Ok(renewed) => Ok(renewed.map_err(broken)??),
            Err(_) => {
                let keeper = Arc::clone(self);
                tokio::spawn(async move {
                    if let Ok(Err(error)) = renewal.await {
                        tracing::warn!(%error, "the province could not be looked at anew");
                    } else if let Some(hub) = keeper.hub.upgrade() {
                        hub.sessions.stir();
                    }
                });
                Ok(before)
            }
        }
    }

    /// Reads what is new, unless somebody else has.
    fn renew(&self, hub: &Hub, wanted: u64) -> Result<Arc<Facts>, OfficeError> {
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.latest();
        if let Some(facts) = before.as_ref().filter(|facts| facts.position >= wanted) {
            return Ok(Arc::clone(facts));
        }
        let registry = hub.office.registry();
        let facts = hub.office.view(|views| {
            // One transaction, so that position and tables are of one moment.
            let views = views.unchecked_transaction()?;
            let position = read::folded_to(&views)?;
            let now = unix_millis() as i64;
            let touched = match &before {
                Some(before) => owed::touched(&views, before.position)?,
                None => None,
            };
            let mut facts = Facts { position, read: now, ..Facts::default() };
            match (before, touched) {
                (Some(before), Some(touched)) => {
                    facts.open.clone_from(&before.open);
                    for matter in touched {
                        facts.put(matter, &owed::one(&views, matter)?, &registry);
                    }
                }
                _ => owed::all(&views, |matter, owed| facts.put(matter, &owed, &registry))?,
            }
            Ok(facts)
        })?;
        let facts = Arc::new(facts);
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&facts));
        Ok(facts)
    }
}

impl Facts {
    fn put(&mut self, matter: Matter, owed: &Owed, registry: &Registry) {
        let open = open(owed, registry, self.read);
        if open.is_empty() {
            self.open.remove(&matter);
        } else {
            self.open.insert(matter, open.into());
        }
    }

    /// All of it, by office.
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

/// Whom a scope means of those that can owe the owner something: all under it without itself, or just those
/// that are named.
fn meant(registry: &Registry, scope: Scope, owner: OfficeId) -> Vec<OfficeId> {
    let mut offices = registry.resolve(scope);
    offices.retain(|office| !(scope.subtree && *office == owner));
    offices
}

/// What is still open of a record, or was finished late and lately.
fn open(owed: &Owed, registry: &Registry, now: i64) -> Vec<Open> {
    let answers: HashMap<(OfficeId, &str), &owed::Answer> =
        owed.answers.iter().map(|answer| ((answer.office, answer.part.as_str()), answer)).collect();
    let denials: HashMap<(OfficeId, OfficeId, &str), &owed::Denial> = owed
        .denials
        .iter()
        .map(|denial| ((denial.owner, denial.office, denial.part.as_str()), denial))
        .collect();
    // A paper that was refused or given back asks for nothing more; one that is completed, for none of its tasks.
    let ended = |office| matches!(word(&answers, office), "refused" | "agreed");
    let mut found = Vec::new();
    // Somebody may be meant twice, by name and as one of all.
    let mut seen = HashSet::new();
    for duty in &owed.duties {
        let what: Arc<str> = duty.content.as_str().into();
        for office in meant(registry, duty.by, duty.owner) {
            if ended(office) || !seen.insert((duty.owner, duty.part.as_str(), office)) {
                continue;
            }
            let denied = denials.get(&(duty.owner, office, duty.part.as_str()));
            let done = [duty.part.as_str(), ""]
                .into_iter()
                .filter_map(|part| answers.get(&(office, part)))
                .filter(|said| denied.is_none_or(|denied| denied.said < said.said))
                .find_map(|said| said.done)
                .map(|done| done.millis() as i64);
            let lately = limits::DONE_LATE_SHOWN.as_millis() as i64;
            if done.is_some_and(|done| done <= duty.due || now.saturating_sub(done) > lately) {
                continue;
            }
            let owing = Owing::Until { due: duty.due, done };
            found.push(Open { office, owing, what: Arc::clone(&what), owner: duty.owner });
        }
    }
    for express in &owed.express {
        let what: Arc<str> = express.title.as_str().into();
        let scopes = express.audience.iter();
        let offices: HashSet<OfficeId> =
            scopes.flat_map(|scope| meant(registry, *scope, express.owner)).collect();
        for office in offices {
            if matches!(word(&answers, office), "" | "arrived") {
                let owing = Owing::Express;
                found.push(Open { office, owing, what: Arc::clone(&what), owner: express.owner });
            }
        }
    }
    found
}

/// Where the record stands with an office; empty: it said nothing.
fn word<'a>(answers: &HashMap<(OfficeId, &str), &'a owed::Answer>, office: OfficeId) -> &'a str {
    answers.get(&(office, "")).map_or("", |answer| answer.word.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_node::views::owed::{Answer, Denial, Duty, Express};
    use truc_proto::time::Hlc;
    use truc_proto::wire;
    use uuid::Uuid;

    use super::*;

    const DUE: i64 = 1_000_000_000_000;

    fn id(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    /// Hub 1, province 2, communes 10, 11, 12.
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
                since: "2020-01-01".into(),
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
            owner: id(2), part: part.into(), by: Scope::subtree(id(2)), due: DUE, content: "việc".into()
        }
    }

    fn answer(office: u128, part: &str, word: &str, done: Option<i64>) -> Answer {
        let at = |millis: i64| Hlc((millis as u64) << 16);
        let said = at(done.unwrap_or(DUE - 500));
        Answer { office: id(office), part: part.into(), word: word.into(), said, done: done.map(at) }
    }

    fn left(owed: &Owed) -> Vec<(u128, Owing)> {
        let mut found: Vec<_> = open(owed, &registry(), DUE)
            .into_iter()
            .map(|open| (open.office.0.as_u128(), open.owing))
            .collect();
        found.sort_by_key(|(office, _)| *office);
        found
    }

    const OPEN: Owing = Owing::Until { due: DUE, done: None };

    #[test]
    fn who_has_not_answered_still_owes_and_the_sender_owes_nothing() {
        let owed = Owed { duties: vec![duty("T1")], ..Owed::default() };
        assert_eq!(left(&owed), [(10, OPEN), (11, OPEN), (12, OPEN)]);
        let named = Duty { by: Scope::office(id(2)), ..duty("T1") };
        assert_eq!(left(&Owed { duties: vec![named], ..Owed::default() }), [(2, OPEN)], "named by itself");
    }

    #[test]
    fn what_is_done_is_closed_unless_the_sender_says_no() {
        let mut owed = Owed {
            duties: vec![duty("T1")],
            answers: vec![
                answer(10, "T1", "", Some(DUE - 100)),
                answer(11, "", "refused", None),
                answer(12, "", "completed", Some(DUE - 5)),
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
            audience: vec![Scope::subtree(id(2)), Scope::office(id(10))],
            sent: 0,
            due: None,
        };
        let answers = vec![answer(10, "", "arrived", None), answer(11, "", "accepted", None)];
        let owed = Owed { express: vec![express], answers, ..Owed::default() };
        assert_eq!(left(&owed), [(10, Owing::Express), (12, Owing::Express)]);
    }
}
