//! A hub that came back from a backup, or was rebuilt: which of its nodes have called since, and what is still missing.
//!
//! Kept in a file of its own beside the journal, `refill.json`; it decides nothing. What comes back is the session's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use truc_node::backup::Kind;
use truc_node::clock::unix_millis;
use truc_node::fault;
use truc_node::identity::keys::{self, KeyError};
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;
use truc_proto::registry::Registry;

/// File name.
const REFILL: &str = "refill.json";

/// What is known of the refill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// What the hub came back from.
    pub from: Kind,
    /// When that was taken, Unix milliseconds.
    pub taken: u64,
    /// When it was put in place, Unix milliseconds.
    pub since: u64,
    /// Offices that have given back what they hold, and when, Unix milliseconds.
    pub called: BTreeMap<OfficeId, u64>,
}

impl State {
    /// Offices with a machine that has not called yet.
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

/// The refill of a hub's store, if there is or was one.
#[derive(Debug)]
pub struct Refill {
    path: PathBuf,
    state: Mutex<Option<State>>,
}

impl Refill {
    /// Notes in a store that its nodes know more than it does.
    pub fn begin(dir: &Path, from: Kind, taken: u64) -> Result<(), Failure> {
        let state = State { from, taken, since: unix_millis(), called: BTreeMap::new() };
        Ok(save(&dir.join(REFILL), &state)?)
    }

    /// Reads what is noted in a store.
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
        Ok(Self { path, state: Mutex::new(state) })
    }

    /// What is known; none: this hub never went back.
    pub fn state(&self) -> Option<State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An office has given back what it holds. Calls block on the disk, the first time for each office.
    pub fn called(&self, office: OfficeId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = state.as_mut().filter(|state| !state.called.contains_key(&office)) else { return };
        known.called.insert(office, unix_millis());
        if let Err(error) = save(&self.path, known) {
            // Noted again when the office next calls after a start.
            tracing::warn!(%error, "a refill could not be noted");
        }
    }
}

fn save(path: &Path, state: &State) -> Result<(), KeyError> {
    let text = serde_json::to_vec_pretty(state).unwrap_or_default();
    fault::point("refill.note.before");
    keys::write_private(path, &text)?;
    fault::point("refill.note.after");
    Ok(())
}
