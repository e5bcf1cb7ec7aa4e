//! Which office may bring or fetch a file. To bring: an entry of the office names it with that size. To fetch: an entry
//! that passes the file on is the office's own or is addressed to it. An entry passes the file on if its author has
//! brought all bytes itself, or had been sent the file before.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use truc_node::derive::views::read;
use truc_node::office::OfficeError;
use truc_proto::audience::Scope;
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;

use crate::files::brought::{Brought, BroughtError};
use crate::hub::Hub;

/// How far one file has spread, in the order of the journal: from its sources to the addressees of their entries, and
/// from those to the addressees of theirs. An office that names a hash it has merely heard of opens it to nobody, and
/// keeps nobody from it who has the bytes.
#[derive(Debug, Default)]
pub struct Spread {
    /// Position up to which entries are taken in.
    upto: u64,
    sources: HashSet<OfficeId>,
    /// Scopes that entries have sent the file to, with their positions.
    sent: Vec<(Scope, u64)>,
    /// Of each office that was asked about, how much of `sent` was looked at and whether it was reached.
    looked: HashMap<OfficeId, (usize, bool)>,
    /// Offices whose entries name the file.
    named: HashMap<OfficeId, Named>,
}

/// What the entries of one office say of the file.
#[derive(Debug, Default)]
struct Named {
    /// Sizes that they give it.
    sizes: BTreeSet<u64>,
    /// One of them does not pass the file on, unless the office brings it.
    waits: bool,
}

impl Spread {
    /// The spread of a file with these sources, of which no entry was taken in.
    pub fn of(sources: impl IntoIterator<Item = OfficeId>) -> Self {
        Self { sources: sources.into_iter().collect(), ..Self::default() }
    }

    /// Takes in the next entry that names the file. `scopes` are asked for if it passes the file on.
    pub fn entry<E>(
        &mut self,
        registry: &Registry,
        (position, ledger, size): (u64, OfficeId, u64),
        scopes: impl FnOnce() -> Result<Vec<Scope>, E>,
    ) -> Result<(), E> {
        let passes = self.sources.contains(&ledger) || self.reached(registry, ledger);
        if passes {
            self.sent.extend(scopes()?.into_iter().map(|scope| (scope, position)));
        }
        let named = self.named.entry(ledger).or_default();
        if named.sizes.len() < limits::FILE_SIZES {
            named.sizes.insert(size);
        }
        named.waits |= !passes;
        self.upto = self.upto.max(position);
        Ok(())
    }

    /// Whether an entry that passes the file on is addressed to an office.
    fn reached(&mut self, registry: &Registry, office: OfficeId) -> bool {
        let (looked, reached) = self.looked.entry(office).or_default();
        let mut rest = self.sent[*looked..].iter();
        *reached = *reached || rest.any(|(scope, position)| registry.addressed(office, *scope, *position));
        *looked = self.sent.len();
        *reached
    }

    /// Whether an office may fetch the file.
    pub fn may_get(&mut self, registry: &Registry, office: OfficeId) -> bool {
        self.sources.contains(&office) && self.named.contains_key(&office) || self.reached(registry, office)
    }

    /// Whether an office is to bring the file. `whole`: the hub has it.
    pub fn wants(&self, office: OfficeId, size: u64, whole: bool) -> bool {
        let named = self.named.get(&office).filter(|named| named.sizes.contains(&size));
        named.is_some_and(|named| !whole || named.waits && !self.sources.contains(&office))
    }
}

/// Why it cannot be said who may bring or fetch a file.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Journal or views.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The memory of who brought which file.
    #[error(transparent)]
    Brought(#[from] BroughtError),
}

/// The rule, decided from the hub's store.
pub struct FileRule {
    hub: Arc<Hub>,
    brought: Brought,
    spreads: Mutex<Spreads>,
}

/// Spreads of the files asked about last.
#[derive(Default)]
struct Spreads {
    /// Each with the moment since when it is followed.
    known: HashMap<Hash, (Instant, Spread)>,
    /// Counts the sources noted: what was read before one was noted is not kept.
    noted: u64,
}

impl Spreads {
    fn keep(&mut self, hash: Hash, since: Instant, spread: Spread) {
        if self.known.len() >= limits::FILES_REMEMBERED {
            self.known.retain(|_, (since, _)| is_fresh(since));
        }
        if self.known.len() >= limits::FILES_REMEMBERED
            && let Some(oldest) =
                self.known.iter().min_by_key(|(_, (since, _))| *since).map(|(hash, _)| *hash)
        {
            self.known.remove(&oldest);
        }
        self.known.insert(hash, (since, spread));
    }
}

fn is_fresh(since: &Instant) -> bool {
    since.elapsed() < limits::FILES_READ_ANEW
}

/// Entries that name a file, in one read.
const PAGE: usize = 500;

impl FileRule {
    /// The rule of a hub that remembers who brought which file.
    pub fn new(hub: Arc<Hub>, brought: Brought) -> Self {
        Self { hub, brought, spreads: Mutex::default() }
    }

    /// The memory of who brought which file.
    pub fn brought(&self) -> &Brought {
        &self.brought
    }

    /// The hub whose rule it is.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Asks the spread of a file, after it has taken in all entries that are folded.
    fn ask<T>(&self, hash: Hash, question: impl FnOnce(&mut Spread, &Registry) -> T) -> Result<T, RuleError> {
        // In this order: the registry that is published knows all that is folded.
        let folded = *self.hub.office.folded()?.borrow();
        let registry = self.hub.office.registry();
        let (known, noted) = {
            let mut spreads = self.spreads();
            (spreads.known.remove(&hash).filter(|(since, _)| is_fresh(since)), spreads.noted)
        };
        let (since, mut spread) = match known {
            Some(known) => known,
            // The hub itself has what its entries name.
            None => {
                let sources = self.brought.sources(hash)?.into_iter().chain([self.hub.office.id()]);
                (Instant::now(), Spread::of(sources))
            }
        };
        // Not under the lock: a file that many entries name delays the questions about no other.
        while self.follow(hash, &mut spread, folded, &registry)? {}
        let answer = question(&mut spread, &registry);
        let mut spreads = self.spreads();
        if spreads.noted == noted {
            spreads.keep(hash, since, spread);
        }
        Ok(answer)
    }

    fn spreads(&self) -> MutexGuard<'_, Spreads> {
        self.spreads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a page of entries up to a position; returns whether there may be more.
    fn follow(
        &self,
        hash: Hash,
        spread: &mut Spread,
        folded: u64,
        registry: &Registry,
    ) -> Result<bool, RuleError> {
        let office = &self.hub.office;
        let rows = office.view(|views| {
            // Views that are folded anew hold less than was folded once.
            let upto = folded.min(read::folded_to(views)?);
            read::files_named(views, hash, spread.upto, upto, PAGE)
        })?;
        for row in &rows {
            spread.entry(registry, (row.position, row.ledger, row.file.size), || {
                let stored = office.read(|journal| journal.at_position(row.position))?;
                let channels = stored.map(|stored| stored.entry.header.audience).unwrap_or_default();
                Ok::<_, OfficeError>(channels.iter().map(|channel| channel.scope).collect())
            })?;
        }
        spread.upto = rows.last().map_or(spread.upto, |row| row.position);
        Ok(rows.len() == PAGE)
    }

    /// Whether an office is to bring a file; see [`Spread::wants`].
    pub fn wants(&self, office: OfficeId, hash: Hash, size: u64, whole: bool) -> Result<bool, RuleError> {
        if whole && self.brought.is_source(office, hash)? {
            return Ok(false);
        }
        self.ask(hash, |spread, _| spread.wants(office, size, whole))
    }

    /// Whether an office may fetch a file.
    pub fn may_get(&self, office: OfficeId, hash: Hash) -> Result<bool, RuleError> {
        if planted("files.heard-of") {
            return Ok(true);
        }
        self.ask(hash, |spread, registry| spread.may_get(registry, office))
    }

    /// Notes that an office has brought the whole file, and returns those of the offices that may fetch it now.
    pub fn note(
        &self,
        office: OfficeId,
        hash: Hash,
        size: u64,
        among: Vec<OfficeId>,
    ) -> Result<Vec<OfficeId>, RuleError> {
        self.brought.note(office, hash, size, self.hub.clock().millis())?;
        let mut spreads = self.spreads();
        spreads.known.remove(&hash);
        spreads.noted += 1;
        drop(spreads);
        self.ask(hash, |spread, registry| {
            among.into_iter().filter(|office| spread.may_get(registry, *office)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::convert::Infallible;

    use ed25519_dalek::SigningKey;
    use truc_proto::wire::registry_move::Move as Word;
    use truc_proto::wire::{OfficeFact, RegistryMove};
    use uuid::Uuid;

    use super::*;

    const HUB: u128 = 1;
    const SIZE: u64 = 20;

    fn office(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    /// The hub, and offices 2 to 9 under it.
    fn registry() -> Registry {
        let mut registry = Registry::new(office(HUB), SigningKey::from_bytes(&[1; 32]).verifying_key());
        for number in 2..10 {
            let fact = OfficeFact {
                office: office(number).to_wire(),
                since: "2025-07-01".into(),
                tier: "commune".into(),
                parent: office(HUB).to_wire(),
                ..Default::default()
            };
            assert!(registry.apply(0, &RegistryMove { r#move: Some(Word::Office(fact)) }));
        }
        registry
    }

    /// A spread after entries of these authors to these addressees.
    fn spread(registry: &Registry, sources: &[u128], entries: &[(u128, u128)]) -> Spread {
        let mut spread = Spread::of(sources.iter().copied().map(office));
        for (position, (author, to)) in (1..).zip(entries) {
            let scopes = || Ok::<_, Infallible>(vec![Scope::office(office(*to))]);
            spread.entry(registry, (position, office(*author), SIZE), scopes).unwrap();
        }
        spread
    }

    #[test]
    fn whoever_brought_the_bytes_passes_them_on_and_a_name_opens_nothing() {
        let registry = registry();
        // 2 and 3 have the same form; 9 names it first; 5 passes on what 4 was sent by 2, 6 what nobody sent it.
        let entries = [(9, 9), (9, 8), (5, 7), (2, 4), (3, 8), (4, 5), (5, 6)];
        let may = |sources: &[u128]| -> Vec<u128> {
            let mut spread = spread(&registry, sources, &entries);
            (2..10).filter(|number| spread.may_get(&registry, office(*number))).collect()
        };
        assert_eq!(may(&[]), [0_u128; 0]);
        assert_eq!(may(&[2]), [2, 4, 5, 6], "5 had it only for its second entry");
        assert_eq!(may(&[3]), [3, 8]);
        assert_eq!(may(&[2, 3]), [2, 3, 4, 5, 6, 8]);
        assert_eq!(may(&[5]), [5, 6, 7]);
        assert_eq!(may(&[9]), [8, 9]);
        // A source that names it nowhere is none: it cannot have become one without an entry.
        assert_eq!(may(&[6]), [0_u128; 0]);
    }

    #[test]
    fn it_is_asked_of_those_whose_entries_wait_for_it() {
        let registry = registry();
        let entries = [(9, 9), (5, 7), (2, 4), (4, 5), (5, 6)];
        let wanted = |sources: &[u128], whole| -> Vec<u128> {
            let spread = spread(&registry, sources, &entries);
            (2..10).filter(|number| spread.wants(office(*number), SIZE, whole)).collect()
        };
        assert_eq!(wanted(&[], false), [2, 4, 5, 9]);
        assert_eq!(wanted(&[2], true), [5, 9], "4 only passes on; the first entry of 5 came too early");
        assert_eq!(wanted(&[2, 5], true), [9]);
        assert_eq!(wanted(&[2, 5], false), [2, 4, 5, 9], "the hub has lost it: whoever has it brings it");
        let mut sizes = spread(&registry, &[], &[]);
        for size in 0..1000 {
            sizes.entry(&registry, (size, office(2), size), || Ok::<_, Infallible>(vec![])).unwrap();
        }
        assert!(sizes.wants(office(2), 3, false) && !sizes.wants(office(3), 3, false));
        assert_eq!(sizes.named[&office(2)].sizes.len(), limits::FILE_SIZES);
    }

    #[test]
    fn forty_thousand_names_cost_one_reading() {
        let registry = registry();
        let mut spread = spread(&registry, &[2], &[(2, 3)]);
        let mut read = 0;
        for position in 2..40_000 {
            let scopes = || {
                read += 1;
                Ok::<_, Infallible>(vec![])
            };
            spread.entry(&registry, (position, office(9), SIZE), scopes).unwrap();
        }
        assert_eq!(read, 0, "entries that pass nothing on are not even read");
        assert_eq!(spread.looked[&office(9)], (1, false), "and each address is looked at once");
    }
}
