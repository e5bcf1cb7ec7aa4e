//! The refill of a hub that was restored or rebuilt: which nodes have called since, and what is still missing.
//!
//! It is kept in `refill.json` beside the journal, for people; the sessions decide what nodes give back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use truc_node::backup::StoreKind;
use truc_node::blocking::Coalesced;
use truc_node::clock::unix_millis;
use truc_node::fault;
use truc_node::identity::keys::{self, KeyError};
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;
use truc_proto::registry::Registry;

/// Name of the file in the hub's folder.
const REFILL: &str = "refill.json";

/// What the file holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// Whether the hub came back from a backup or from an export of the registry.
    pub from: StoreKind,
    /// When the backup or export was made, Unix milliseconds.
    pub taken: u64,
    /// When it was put into place, Unix milliseconds.
    pub since: u64,
    /// Offices that have given back what they hold, and when, Unix milliseconds.
    pub called: BTreeMap<OfficeId, u64>,
}

impl State {
    /// Offices with an enrolled machine that has not called yet.
    pub fn waiting(&self, registry: &Registry) -> BTreeSet<OfficeId> {
        registry
            .offices()
            .filter(|(id, office)| {
                let enrolled = office.highest_credential() > office.revoked_up_to();
                enrolled && *id != registry.hub() && !self.called.contains_key(id)
            })
            .map(|(id, _)| id)
            .collect()
    }
}

/// The refill of a hub's store, under way or past.
#[derive(Debug)]
pub struct Refill {
    /// None: in memory only.
    path: Option<PathBuf>,
    state: Arc<Mutex<Option<State>>>,
    saving: Arc<Coalesced>,
}

impl Refill {
    /// Notes in a store that its nodes know more than it does.
    pub fn begin(dir: &Path, from: StoreKind, taken: u64) -> Result<(), Failure> {
        let state = State { from, taken, since: unix_millis(), called: BTreeMap::new() };
        Ok(save(&dir.join(REFILL), &state)?)
    }

    /// Reads the file of a store.
    pub fn open(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join(REFILL);
        let state = match path.exists() {
            true => {
                let text = keys::read_private(&path)?;
                let read = serde_json::from_slice(&text);
                Some(read.map_err(|_| KeyError::Format { path: path.clone(), what: "refill" })?)
            }
            false => None,
        };
        Ok(Self { path: Some(path), ..Self::in_memory(state) })
    }

    /// A refill that is noted nowhere.
    pub fn in_memory(state: Option<State>) -> Self {
        Self { path: None, state: Arc::new(Mutex::new(state)), saving: Arc::default() }
    }

    /// The state of the refill; none: this hub never went back.
    pub fn state(&self) -> Option<State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether an office is expected to notice that this hub went back, and has not yet.
    pub fn expects(&self, office: OfficeId) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().is_some_and(|state| !state.called.contains_key(&office))
    }

    /// Notes that an office has given back what it holds. It is saved a little later, once for all that called meanwhile.
    pub fn called(&self, office: OfficeId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = state.as_mut().filter(|state| !state.called.contains_key(&office)) else { return };
        known.called.insert(office, unix_millis());
        drop(state);
        let (Some(path), state) = (self.path.clone(), Arc::clone(&self.state)) else { return };
        self.saving.run(move || {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(Err(error)) = state.map(|state| save(&path, &state)) {
                // If the note is lost, it is made again when the office calls after a restart.
                tracing::warn!(%error, "an office's refill could not be saved");
            }
        });
    }
}

fn save(path: &Path, state: &State) -> Result<(), KeyError> {
    let text = serde_json::to_vec_pretty(state).unwrap_or_default();
    fault::point("refill.note.before");
    keys::write_private(path, &text)?;
    fault::point("refill.note.after");
    Ok(())
}
