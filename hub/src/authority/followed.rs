//! Which offices have followed while a new authority takes over: an office has followed once its machine showed a
//! certificate of the new authority in a session. Only then is it certain that the machine has it on its disk.
//!
//! The list is kept in `followed.json` beside the journal. If the file is lost, offices count as not having followed
//! until they call again; that only delays the retirement of the old authority.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use truc_node::blocking::Coalesced;
use truc_node::identity::certificate::fingerprint;
use truc_node::identity::keys::{self, KeyError};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::registry::Credential;

use crate::line::caller::Peer;

/// Name of the file in the hub's folder.
const FOLLOWED: &str = "followed.json";

/// What the file holds.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
struct State {
    /// Fingerprint of the authority that takes over. What the file says about any other authority does not count.
    authority: Option<Hash>,
    /// For each office, the SHA-256 of the TLS key of the machine that showed a certificate of that authority. Another
    /// machine of the same office has to follow by itself.
    shown: BTreeMap<OfficeId, Hash>,
}

/// The list of offices that have followed.
#[derive(Debug)]
pub struct Followed {
    path: PathBuf,
    state: Arc<Mutex<State>>,
    saving: Arc<Coalesced>,
}

impl Followed {
    /// Reads the list from a hub's folder. An unreadable file counts as an empty list.
    pub fn open(dir: &Path) -> Self {
        let path = dir.join(FOLLOWED);
        let state = match keys::read_private(&path) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "followed.json cannot be read; every office counts as waiting");
                State::default()
            }),
            Err(_) => State::default(),
        };
        Self { path, state: Arc::new(Mutex::new(state)), saving: Arc::default() }
    }

    /// Notes, while `newest` takes over, whether a machine that opens a session shows a certificate of that authority
    /// (`behind`). A machine that went back to an older certificate no longer counts as having followed. What changed
    /// is saved a little later, once for all that came meanwhile.
    pub fn met(&self, peer: &Peer, newest: &CertificateDer<'_>, behind: bool) {
        let authority = Some(fingerprint(newest));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.authority == authority && state.shown.get(&peer.office) == Some(&peer.key);
        if known == behind {
            return;
        }
        if state.authority != authority {
            *state = State { authority, shown: BTreeMap::new() };
        }
        if behind {
            state.shown.insert(peer.office, peer.key);
        } else {
            state.shown.remove(&peer.office);
        }
        drop(state);
        let (path, state) = (self.path.clone(), Arc::clone(&self.state));
        self.saving.run(move || {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Err(error) = save(&path, &state) {
                // The list in memory counts until the hub stops; then the office counts as waiting until it calls again.
                tracing::warn!(%error, "which offices follow the new authority could not be saved");
            }
        });
    }

    /// Whether the machine with this credential has shown a certificate of `newest`.
    pub fn has(&self, office: OfficeId, credential: &Credential, newest: &CertificateDer<'_>) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.authority == Some(fingerprint(newest))
            && state.shown.get(&office).is_some_and(|key| credential.tls_key == Some(*key))
    }
}

fn save(path: &Path, state: &State) -> Result<(), KeyError> {
    let text = serde_json::to_vec_pretty(state).unwrap_or_default();
    keys::write_private(path, &text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use uuid::Uuid;

    use super::*;

    const OFFICE: OfficeId = OfficeId(Uuid::from_u128(7));

    fn peer(key: u8) -> Peer {
        Peer {
            source: ([127, 0, 0, 1], 1).into(),
            office: OFFICE,
            certificate: Hash([0; 32]),
            public_key: bytes::Bytes::new(),
            key: Hash([key; 32]),
            not_after: 0,
        }
    }

    fn credential(key: u8) -> Credential {
        Credential {
            number: 1,
            key: SigningKey::from_bytes(&[1; 32]).verifying_key(),
            certificate: Hash([0; 32]),
            not_after: 0,
            tls_key: Some(Hash([key; 32])),
            position: 1,
        }
    }

    #[test]
    fn who_has_followed_is_remembered_by_machine_and_authority() {
        let dir = tempfile::tempdir().unwrap();
        let (new, newer) = (CertificateDer::from(vec![1]), CertificateDer::from(vec![2]));
        let followed = Followed::open(dir.path());
        followed.met(&peer(5), &new, false);
        assert!(!followed.has(OFFICE, &credential(5), &new), "it showed an older one");
        followed.met(&peer(5), &new, true);
        let again = Followed::open(dir.path());
        for followed in [&followed, &again] {
            assert!(followed.has(OFFICE, &credential(5), &new));
            assert!(!followed.has(OFFICE, &credential(6), &new), "another machine");
            assert!(!followed.has(OFFICE, &credential(5), &newer), "another authority");
        }
        again.met(&peer(5), &new, false);
        assert!(!Followed::open(dir.path()).has(OFFICE, &credential(5), &new), "it went back");
        again.met(&peer(5), &newer, true);
        assert!(again.has(OFFICE, &credential(5), &newer) && !again.has(OFFICE, &credential(5), &new));
    }

    #[test]
    fn a_file_that_cannot_be_read_makes_offices_wait() {
        let dir = tempfile::tempdir().unwrap();
        let new = CertificateDer::from(vec![1]);
        Followed::open(dir.path()).met(&peer(5), &new, true);
        std::fs::write(dir.path().join(FOLLOWED), "{").unwrap();
        assert!(!Followed::open(dir.path()).has(OFFICE, &credential(5), &new));
    }
}
