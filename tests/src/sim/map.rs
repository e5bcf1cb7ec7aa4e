//! The map of offices: what the hub says of offices while faults happen, what a store makes of these words, and who
//! belongs where at which position of the hub's journal.
//!
//! [`Map`] folds the words with the product's registry, in the order of the journal, as the views do. [`Places`] says
//! the same by itself, from the words alone, and is what the checks go by: whom an entry is for is decided by the words
//! that stand before it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use truc_node::derive::vet::vet;
use truc_node::store::journal::{Journal, JournalError, Stored};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::id::{OfficeId, Seat};
use truc_proto::record::registry::Move;
use truc_proto::refusal::Refusal;
use truc_proto::registry::{Fact, Office, Registry, Tier, Told};
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{self, OfficeFact};

use super::machine::Machine;
use super::offices::{self, HUB, office_id};
use super::{Result, Violation, World};

/// Offices that one run may found.
const FOUNDED: usize = 3;
/// Communes that are never closed: somebody must be left to move.
const LEFT: usize = 2;

/// The hub's words in its order, each with its position in a store's journal.
type Words = BTreeMap<Seat, (u64, wire::RegistryMove)>;

/// What a store has folded of the hub's words.
#[derive(Clone)]
pub(crate) struct Map {
    /// What is known before the first entry.
    base: Arc<Registry>,
    told: Told,
    /// Keys of machines beyond the base: the simulation announces these beside the journal.
    keys: Vec<(OfficeId, u64, SigningKey)>,
    words: Words,
    pub(crate) registry: Arc<Registry>,
    pub(crate) places: Places,
    /// Position in the store's journal up to which everything is folded.
    pub(crate) upto: u64,
    /// The store's own verdicts on entries that the rules refuse, by position.
    refused: BTreeMap<u64, Refusal>,
}

impl Map {
    pub(crate) fn new(base: Registry, facts: &[wire::RegistryMove]) -> Self {
        let base = Arc::new(base);
        Self {
            registry: Arc::clone(&base),
            told: Told::over(Arc::clone(&base)),
            base,
            keys: Vec::new(),
            words: BTreeMap::new(),
            places: Places::new(facts),
            upto: 0,
            refused: BTreeMap::new(),
        }
    }

    /// The same before anything is folded.
    pub(crate) fn anew(&self) -> Self {
        Self {
            registry: self.with_keys(Registry::clone(&self.base)),
            places: self.places.anew(),
            words: BTreeMap::new(),
            upto: 0,
            refused: BTreeMap::new(),
            told: Told::over(Arc::clone(&self.base)),
            base: Arc::clone(&self.base),
            keys: self.keys.clone(),
        }
    }

    /// Announces the key of another machine. An office that is not known yet gets it with its first fact.
    pub(crate) fn announce(&mut self, office: OfficeId, number: u64, key: SigningKey) {
        self.keys.push((office, number, key));
        self.registry = self.with_keys(Registry::clone(&self.registry));
    }

    fn with_keys(&self, mut registry: Registry) -> Arc<Registry> {
        for (office, number, key) in &self.keys {
            let lacks = |office: &Office| office.credentials().all(|known| known.number != *number);
            if registry.office(*office).is_some_and(lacks) {
                offices::credential(&mut registry, *office, *number, key);
            }
        }
        Arc::new(registry)
    }

    /// Folds what a journal holds beyond what is folded.
    pub(crate) fn catch_up(&mut self, journal: &Journal) -> Result<()> {
        for stored in journal.reads().after(self.upto, usize::MAX >> 1)? {
            self.fold(&stored);
        }
        Ok(())
    }

    /// Whether the entry at a position was refused.
    pub(crate) fn refuses(&self, position: u64) -> bool {
        self.refused.contains_key(&position)
    }

    /// Folds the hub's own words alone: enough to know who is who.
    fn hear(&mut self, journal: &Journal) -> std::result::Result<(), JournalError> {
        let (reads, end) = (journal.reads(), journal.end().position);
        for position in reads.own_positions(HUB, self.upto, usize::MAX >> 1)? {
            if let Some(stored) = reads.at_position(position)? {
                self.fold(&stored);
            }
        }
        self.upto = end;
        Ok(())
    }

    /// Folds the next entry, and returns the verdict on it: that of its place, also when it is asked for again.
    pub(crate) fn fold(&mut self, stored: &Stored) -> Option<Refusal> {
        let (position, entry) = (stored.position, &stored.entry);
        if position <= self.upto {
            return self.refused.get(&position).copied();
        }
        self.upto = position;
        if entry.header.ledger != HUB {
            let refusal = vet(&self.registry, entry, stored.arrived).err();
            self.refused.extend(refusal.map(|refusal| (position, refusal)));
            return refusal;
        }
        if let Some(word) = word(entry) {
            self.hears(entry.header.seat, position, word);
        }
        None
    }

    fn hears(&mut self, seat: Seat, position: u64, word: wire::RegistryMove) {
        let late = self.words.last_key_value().is_some_and(|(last, _)| *last > seat);
        self.words.insert(seat, (position, word.clone()));
        let words = |each: &mut dyn FnMut(u64, &wire::RegistryMove)| -> std::result::Result<(), Infallible> {
            self.words.values().for_each(|(position, word)| each(*position, word));
            Ok(())
        };
        let Ok(()) = self.told.take(seat, position, &word, words);
        let Ok(()) = self.told.settle(words);
        let of_offices = matches!(word.r#move, Some(Word::Office(_) | Word::Turned(_) | Word::Credential(_)));
        if late || of_offices {
            self.registry = self.with_keys(Registry::clone(self.told.registry()));
        } else {
            Arc::make_mut(&mut self.registry).apply(position, &word);
        }
        self.places.hear(position, &word, &self.words);
    }
}

/// The hub's word on offices and machines in an entry. That an entry was refused is none.
fn word(entry: &Entry) -> Option<wire::RegistryMove> {
    let Move(word) = (entry.header.kind == Move::KIND).then(|| Move::decode(&entry.body).ok()?)??;
    (!matches!(word.r#move, Some(Word::Refused(_)) | None)).then_some(word)
}

/// Where an office stands: under whom, and whether it is open. None: it is still to come.
type Stands = BTreeMap<OfficeId, Option<(OfficeId, bool)>>;

/// Who stands where, from which position on.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    base: Vec<wire::RegistryMove>,
    /// By the first position at which it holds; the first one is 0.
    from: Vec<(u64, Arc<Stands>)>,
}

impl Places {
    fn new(base: &[wire::RegistryMove]) -> Self {
        Self { base: base.to_vec(), from: vec![(0, Arc::new(stands(base.iter())))] }
    }

    fn anew(&self) -> Self {
        Self { base: self.base.clone(), from: vec![self.from[0].clone()] }
    }

    /// One more word stands at a position: with it, these are all that were said up to there, in the hub's order.
    fn hear(&mut self, position: u64, word: &wire::RegistryMove, all: &Words) {
        if matches!(word.r#move, Some(Word::Office(_) | Word::Turned(_))) {
            let all = self.base.iter().chain(all.values().map(|(_, word)| word));
            let stands = Arc::new(stands(all));
            self.from.push((position, stands));
        }
    }

    /// Whether no word has changed anything yet.
    pub(crate) fn are_first(&self) -> bool {
        self.from.len() == 1
    }

    /// Whether an office belongs to a scope at a position.
    fn belongs(&self, office: OfficeId, scope: Scope, position: u64) -> bool {
        let at = self.from.partition_point(|(from, _)| *from <= position).saturating_sub(1);
        let stands = &self.from[at].1;
        if scope == Scope::subtree(HUB) {
            // A newcomer needs the hub's entries from the first on.
            return self.from.iter().any(|(_, stands)| stands.contains_key(&office));
        }
        if !scope.subtree {
            return scope.office == office && stands.contains_key(&office);
        }
        let mut at = office;
        while let Some(Some((above, open))) = stands.get(&at) {
            // An office that has ended is in no subtree.
            if at == office && !open {
                return false;
            }
            if at == scope.office {
                return true;
            }
            at = *above;
        }
        false
    }

    /// Whether an entry at a position is mail of an office.
    pub(crate) fn addresses(&self, entry: &Entry, office: OfficeId, position: u64) -> bool {
        entry.header.audience.iter().any(|channel| self.belongs(office, channel.scope, position))
    }

    /// Whether an entry is mail of an office at some position.
    fn may_address(&self, entry: &Entry, office: OfficeId) -> bool {
        self.from.iter().any(|(from, _)| self.addresses(entry, office, *from))
    }
}

/// What some words add up to: of the facts whose day has come, the one of the latest day holds; of one day, the last.
fn stands<'w>(words: impl Iterator<Item = &'w wire::RegistryMove>) -> Stands {
    let mut turned = "";
    let mut facts: BTreeMap<OfficeId, Vec<&OfficeFact>> = BTreeMap::new();
    for word in words {
        match &word.r#move {
            Some(Word::Office(fact)) => {
                let office = OfficeId::from_wire(&fact.office);
                facts.entry(office.unwrap_or(HUB)).or_default().push(fact);
            }
            Some(Word::Turned(said)) => turned = turned.max(&said.day),
            _ => {}
        }
    }
    let stand = |facts: &[&OfficeFact]| {
        let come = |fact: &&&OfficeFact| {
            fact.said.is_empty() || fact.since <= fact.said || &fact.since[..] <= turned
        };
        let newest = facts.iter().filter(come).max_by(|one, other| one.since.cmp(&other.since));
        newest.map(|fact| (OfficeId::from_wire(&fact.parent).unwrap_or(HUB), !fact.closed))
    };
    facts.iter().map(|(office, facts)| (*office, stand(facts))).collect()
}

impl World {
    /// The day by the hub's clock.
    fn today(&self) -> Date {
        i64::try_from(self.hub_time().millis).ok().and_then(Date::of_millis).unwrap_or(Date::LAST)
    }

    /// Whether something is wrong in the province at this moment: a line is broken, a machine is down, or the hub was
    /// put back.
    fn amid_faults(&self) -> bool {
        let well = |machine: &Machine| machine.replaced || machine.session.is_some() && machine.running;
        self.truth.hub_went_back || !self.machines.iter().all(well)
    }

    /// People at the hub change the map: a commune is moved, closed with an heir, or merged with another into a new
    /// one, or a new one is founded; from today on, or from tomorrow.
    pub(crate) fn map_changes(&mut self) {
        if !self.hub.running {
            return;
        }
        let (what, ahead, faults) = (self.rng.below(4), self.rng.chance(50), self.amid_faults());
        let today = self.today();
        let tomorrow = today.civil().tomorrow().ok().and_then(|day| Date::try_from(day).ok());
        let since = tomorrow.filter(|_| ahead).unwrap_or(today);
        let registry = Arc::clone(&self.hub.map.registry);
        let last = |office: &OfficeId| registry.office(*office)?.facts().next_back().cloned();
        // What was said of a later day would come into force over it.
        let mut open: Vec<(OfficeId, Fact)> = registry
            .offices()
            .filter_map(|(office, _)| Some((office, last(&office)?)))
            .filter(|(office, fact)| {
                fact.tier == Tier::Commune
                    && !fact.closed
                    && fact.since <= since
                    && *office != self.liar.office
            })
            .collect();
        open.sort_unstable_by_key(|(office, _)| *office);
        let mut draw = |from: &mut Vec<(OfficeId, Fact)>| {
            (!from.is_empty()).then(|| from.remove(self.rng.below(from.len() as u64) as usize))
        };
        let Some((first, fact)) = draw(&mut open) else { return };
        let fact = OfficeFact { since: since.to_string(), said: today.to_string(), ..said_of(first, &fact) };
        match what {
            0 => {
                let above = [HUB, office_id(0), office_id(1)];
                let others: Vec<OfficeId> =
                    above.into_iter().filter(|above| above.to_wire() != fact.parent).collect();
                let parent = others[self.rng.below(others.len() as u64) as usize];
                self.reach(if faults { "office moved amid faults" } else { "office moved" });
                self.say_fact(OfficeFact { parent: parent.to_wire(), ..fact });
            }
            1 | 2 if open.len() < LEFT => {}
            1 => {
                let Some((heir, _)) = draw(&mut open) else { return };
                self.reach(if faults { "office closed amid faults" } else { "office closed" });
                self.say_fact(OfficeFact { closed: true, successors: vec![heir.to_wire()], ..fact });
            }
            2 => {
                let Some((second, other)) = draw(&mut open) else { return };
                let Some(heir) = self.found(&fact) else { return };
                self.reach(if faults { "offices merged amid faults" } else { "offices merged" });
                let other = OfficeFact {
                    since: fact.since.clone(),
                    said: fact.said.clone(),
                    ..said_of(second, &other)
                };
                for fact in [fact, other] {
                    self.say_fact(OfficeFact { closed: true, successors: vec![heir.to_wire()], ..fact });
                }
            }
            _ => {
                if self.found(&fact).is_some() {
                    self.reach(if faults { "office founded amid faults" } else { "office founded" });
                }
            }
        }
    }

    /// Registers a new commune beside another, from the same day on. Its machine is enrolled once the hub knows it.
    fn found(&mut self, beside: &OfficeFact) -> Option<OfficeId> {
        let number = self.plan.offices + 1 + self.founded.len();
        if self.founded.len() >= FOUNDED {
            return None;
        }
        let office = office_id(number);
        let key = offices::key(office.0.as_u128() as usize, 1);
        self.keys.insert(office, vec![key.clone()]);
        self.hub.credentials.insert(office, 1);
        self.hub.map.announce(office, 1, key);
        let fact = OfficeFact {
            office: office.to_wire(),
            code: number.to_string(),
            name: format!("office {number}"),
            ..beside.clone()
        };
        self.founded.push(fact.clone());
        self.say_fact(fact);
        Some(office)
    }

    /// People register and enrol again the offices of which a hub that was put back knows nothing, because nobody else
    /// had heard of them.
    pub(crate) fn register_again(&mut self) {
        let forgotten = |fact: &&OfficeFact| {
            let office = OfficeId::from_wire(&fact.office).and_then(|id| self.hub.map.registry.office(id));
            office.is_none_or(|office| office.facts().next().is_none())
        };
        for fact in self.founded.iter().filter(forgotten).cloned().collect::<Vec<_>>() {
            self.reach("office registered again");
            let office = OfficeId::from_wire(&fact.office).unwrap_or(HUB);
            self.say_fact(fact);
            let keys = self.keys[&office].clone();
            for (number, key) in (1..).zip(&keys) {
                self.say_key(office, number, key);
            }
        }
    }

    fn say_fact(&mut self, fact: OfficeFact) {
        self.truth.moved = true;
        self.reach("the map changed");
        self.truth.ended.extend(fact.closed.then(|| fact.clone()));
        self.say(Word::Office(fact), vec![Scope::subtree(HUB)]);
    }

    /// The hub says that a day has come on which facts come into force, as the program does every few seconds.
    pub(crate) fn turn_day(&mut self) {
        let (today, next) = (self.today(), self.hub.map.registry.next_turn());
        let believed = self.hub_time().doubt.is_none();
        if self.hub.running
            && believed
            && next.is_some_and(|day| day <= today)
            && self.hub.turned != Some(today)
        {
            self.hub.turned = Some(today);
            self.say(Word::Turned(wire::DayTurned { day: today.to_string() }), vec![Scope::subtree(HUB)]);
        }
    }

    /// The hub folds the next entry of its journal, and does what follows: a day has turned, a new office enrols.
    pub(crate) fn hub_folds(&mut self, stored: &Stored) -> Result<Option<Refusal>> {
        if stored.position <= self.hub.map.upto {
            return Ok(self.hub.map.fold(stored));
        }
        let refused = self.hub.map.fold(stored);
        if stored.entry.header.ledger == HUB {
            match word(&stored.entry).and_then(|word| word.r#move) {
                Some(Word::Turned(_)) if self.amid_faults() => self.reach("day turned amid faults"),
                Some(Word::Office(fact)) => self.enrols(&fact)?,
                _ => {}
            }
        }
        if self.plan.moves() {
            self.note_unowed(stored);
        }
        Ok(refused)
    }

    /// The machine of a new office is enrolled.
    fn enrols(&mut self, fact: &OfficeFact) -> Result<()> {
        let Some(office) = OfficeId::from_wire(&fact.office) else { return Ok(()) };
        let new = self.founded.iter().any(|founded| founded.office == fact.office);
        if !new || self.machines.iter().any(|machine| machine.office == office) {
            return Ok(());
        }
        let key = self.keys[&office][0].clone();
        let mut journal = Journal::in_memory(office, false)?;
        journal.group(|journal| journal.enrolled(1))?;
        self.machines.push(Machine::new(offices::identity(office, key.clone()), 1, journal));
        self.say_key(office, 1, &key);
        let wait = 1 + self.rng.below(1_000);
        self.call_later(self.machines.len() - 1, wait);
        Ok(())
    }

    /// The key of an office that was founded is announced in the journal too: whoever gives its entries back gives that
    /// back before them.
    pub(crate) fn say_key(&mut self, office: OfficeId, number: u64, key: &SigningKey) {
        if self.founded.iter().any(|founded| founded.office == office.to_wire()) {
            self.say(Word::Credential(offices::issued(office, number, key)), vec![Scope::subtree(HUB)]);
        }
    }

    /// Notes for whom an entry is not, at the place where the hub has it: after the hub went back it may stand at
    /// another one.
    fn note_unowed(&mut self, stored: &Stored) {
        let (places, entry) = (&self.hub.map.places, &stored.entry);
        if entry.header.audience.iter().any(|channel| channel.scope.subtree) {
            for office in self.machines.iter().map(|machine| machine.office) {
                if !places.addresses(entry, office, stored.position) {
                    self.truth.unowed.insert((office, entry.hash));
                }
            }
        }
    }

    /// The hub is about to go back: notes whose mail what it has is not.
    pub(crate) fn note_all_unowed(&mut self) -> Result<()> {
        if self.plan.moves() {
            for stored in self.hub.journal.reads().after(0, usize::MAX >> 1)? {
                self.note_unowed(&stored);
            }
        }
        Ok(())
    }

    /// Promise Misdelivered, for what the hub hands out: it is for this office at the place where it stands.
    pub(crate) fn hands_out(&mut self, office: OfficeId, position: u64, entry: &Entry) -> Result<()> {
        let places = &self.hub.map.places;
        if entry.header.ledger == office {
            return Ok(());
        }
        if !places.addresses(entry, office, position) {
            let place = entry.header.place();
            return Err(Violation(format!(
                "Misdelivered: {place:?} at {position} is handed out to {office}"
            )));
        }
        if self.plan.moves() {
            if !places.addresses(entry, office, u64::MAX) {
                self.reach("mail of an older map handed out");
            }
            self.truth.handed.insert((office, entry.hash));
        }
        Ok(())
    }

    /// Whether an entry is mail of an office: at the place where the hub has it, or because it was handed out once.
    pub(crate) fn is_mail(&self, entry: &Entry, office: OfficeId) -> Result<bool> {
        let places = &self.hub.map.places;
        if !self.truth.moved {
            return Ok(places.addresses(entry, office, 0));
        }
        if self.truth.handed.contains(&(office, entry.hash)) {
            return Ok(true);
        }
        if places.are_first() || !places.may_address(entry, office) {
            return Ok(places.addresses(entry, office, 0));
        }
        let found = self.hub.journal.reads().hash_at(entry.header.ledger, entry.header.seat)?;
        let here = found.filter(|(hash, _)| *hash == entry.hash);
        Ok(here.is_some_and(|(_, position)| places.addresses(entry, office, position)))
    }

    /// What a machine knows of offices, by its own journal.
    pub(crate) fn known_to(&mut self, machine: usize) -> std::result::Result<Arc<Registry>, JournalError> {
        if !self.truth.moved {
            return Ok(Arc::clone(&self.hub.map.registry));
        }
        let anew = || self.hub.map.anew();
        let up = &mut self.machines[machine];
        let map = up.map.get_or_insert_with(anew);
        if map.keys.len() < self.hub.map.keys.len() {
            map.keys.clone_from(&self.hub.map.keys);
            map.registry = map.with_keys(Registry::clone(&map.registry));
        }
        map.hear(&up.journal)?;
        Ok(Arc::clone(&map.registry))
    }

    /// Promise Refused: the rules refuse an honest office's entry only because the office had ended by what the hub had
    /// said up to that day, or because its first day was still to come.
    pub(crate) fn refused_rightly(&self, entry: &Entry, refusal: Refusal) -> bool {
        let header = &entry.header;
        let day = truc_proto::authority::day(header, None).to_string();
        let ended = |fact: &OfficeFact| {
            fact.closed && fact.office == header.ledger.to_wire() && fact.since <= day && fact.said <= day
        };
        // Its clock may show the day already.
        let to_come = |fact: &OfficeFact| {
            fact.office == header.ledger.to_wire() && (fact.since > day || fact.since > fact.said)
        };
        match refusal {
            Refusal::OfficeEnded => self.truth.ended.iter().any(ended),
            Refusal::OfficeNotYet => self.founded.iter().any(to_come),
            _ => false,
        }
    }

    /// Promise Refused, at rest: every store, folding what it holds from the first entry on, finds the same.
    pub(crate) fn check_verdicts(&mut self) -> Result<()> {
        for machine in 0..self.machines.len() {
            let up = &self.machines[machine];
            if up.replaced || up.lie.is_some() || !self.truth.moved {
                continue;
            }
            let (mut map, office) = (self.hub.map.anew(), up.office);
            for stored in up.journal.reads().after(0, usize::MAX >> 1)? {
                let place = stored.entry.header.place();
                if let Some(refusal) = map.fold(&stored)
                    && place.ledger != office
                    && !self.truth.refused.contains_key(&stored.entry.hash)
                    // A hub that was put back may have taken it before it heard again that the office had ended.
                    && !(self.truth.hub_went_back && self.refused_rightly(&stored.entry, refusal))
                {
                    let code = refusal.code();
                    return Err(Violation(format!("Refused: {office} refuses {place:?}: {code}")));
                }
            }
        }
        Ok(())
    }
}

/// What was last said of an office, to be said again with changes.
fn said_of(office: OfficeId, fact: &Fact) -> OfficeFact {
    OfficeFact {
        office: office.to_wire(),
        tier: fact.tier.name().into(),
        parent: fact.parent.map(OfficeId::to_wire).unwrap_or_default(),
        code: fact.code.clone(),
        name: fact.name.clone(),
        ..OfficeFact::default()
    }
}
