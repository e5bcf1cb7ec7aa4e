//! The registry as the end of the journal knows it. Who may connect, and who is who, never waits for the views: while
//! these are folded anew, the registry is read from the hub's ledger alone.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ed25519_dalek::VerifyingKey;
use truc_proto::id::{OfficeId, Seat};
use truc_proto::record::{self, Move};
use truc_proto::registry::{Registry, Told, Words};
use truc_proto::wire::{RegistryMove, registry_move};

use crate::derive::vet::vet;
use crate::store::journal::{JournalError, Reads};

/// A registry, and the position in the journal up to which it knows everything.
#[derive(Clone, Debug)]
pub struct Known {
    /// The registry.
    pub registry: Arc<Registry>,
    /// Position in the journal.
    pub upto: u64,
}

/// The registry, shared with all readers.
#[derive(Clone, Debug)]
pub struct SharedRegistry(Arc<RwLock<Known>>);

impl SharedRegistry {
    /// Shares a registry.
    pub fn new(registry: Arc<Registry>, upto: u64) -> Self {
        Self(Arc::new(RwLock::new(Known { registry, upto })))
    }

    /// The registry as known now.
    pub fn known(&self) -> Known {
        // A poisoned lock still holds a complete registry: it is replaced in one assignment.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The registry as known now, without its position.
    pub fn current(&self) -> Arc<Registry> {
        self.known().registry
    }

    /// Replaces the registry, unless the one shared knows more.
    pub fn advance(&self, registry: &Arc<Registry>, upto: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if upto >= known.upto {
            *known = Known { registry: Arc::clone(registry), upto };
        }
    }
}

/// Reads the registry of a hub from a journal, up to a position, and without the views.
pub fn from_journal(
    journal: Reads<'_>,
    hub: OfficeId,
    hub_key: VerifyingKey,
    upto: u64,
) -> Result<Registry, JournalError> {
    let vetted = journal.vetted()?;
    let mut told = Told::new(hub, hub_key);
    let mut words: BTreeMap<Seat, (u64, RegistryMove)> = BTreeMap::new();
    for position in journal.own_positions(hub, 0, i64::MAX as usize)? {
        if position > upto {
            break;
        }
        let entry = match journal.at_position(position) {
            Ok(Some(stored)) => stored.entry,
            // A damaged word is missing here as it is in the views; the verification tells of it.
            Ok(None) | Err(JournalError::Damaged(..)) => continue,
            Err(error) => return Err(error),
        };
        let Ok(Move::Registry(word)) = record::of(&entry) else { continue };
        let good = if hub == journal.own() {
            true
        } else if position <= vetted {
            journal.refused(position)?.is_none()
        } else {
            told.settle(in_order(&words))?;
            vet(told.registry(), &entry, None).is_ok()
        };
        let seat = entry.header.seat;
        if good && !matches!(word.0.r#move, Some(registry_move::Move::Refused(_))) {
            words.insert(seat, (position, word.0.clone()));
            told.take(seat, position, &word.0, in_order(&words))?;
        }
    }
    told.settle(in_order(&words))?;
    Ok(Registry::clone(told.registry()))
}

fn in_order(words: &BTreeMap<Seat, (u64, RegistryMove)>) -> impl Words<JournalError> {
    |each: &mut dyn FnMut(u64, &RegistryMove)| {
        words.values().for_each(|(position, word)| each(*position, word));
        Ok(())
    }
}
