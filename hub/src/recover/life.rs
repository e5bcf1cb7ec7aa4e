//! The life of the hub's journal; a new one begins when the hub was put back to an earlier state.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use truc_node::identity::keys;

/// Name of the file in the hub's folder.
const LIFE: &str = "life";

/// Names the history of the journal. After the hub was put back, other entries get the positions beyond that state, so
/// heads signed from then on name another life. The life is kept in a file beside the journal that no backup contains.
#[derive(Debug)]
pub struct Life {
    /// None: in memory only.
    path: Option<PathBuf>,
    now: Mutex<Now>,
}

#[derive(Clone, Copy, Debug)]
struct Now {
    life: u64,
    /// Whether a node has noticed since the start that the hub was put back. Once is enough: a store can only be put
    /// back while no process serves it.
    went_back: bool,
}

impl Life {
    /// Reads the life of a store. `put_back`: when the store was last restored or rebuilt, Unix milliseconds; 0: never,
    /// as far as the store knows.
    pub fn open(dir: &Path, put_back: u64) -> Self {
        let path = dir.join(LIFE);
        let kept = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { path: Some(path), ..Self::in_memory(put_back.max(kept)) }
    }

    /// A life that is noted nowhere.
    pub fn in_memory(life: u64) -> Self {
        Self { path: None, now: Mutex::new(Now { life, went_back: false }) }
    }

    /// The present life: when it began, Unix milliseconds (or a greater number); 0: the hub was never put back.
    pub fn now(&self) -> u64 {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).life
    }

    /// Whether this hub was ever put back, as far as it knows: what an office or another of its machines still has of the
    /// time before may come late.
    pub fn put_back(&self) -> bool {
        self.now() > 0
    }

    /// Begins a new life, once after a start: a node knows a later state of the journal, and no restore has explained
    /// that. `millis`: the time now. Writes to the disk (and blocks).
    pub fn went_back(&self, millis: u64) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.went_back {
            return;
        }
        *now = Now { life: millis.max(now.life + 1), went_back: true };
        if let Some(path) = &self.path
            && let Err(error) = keys::write_private(path, now.life.to_string().as_bytes())
        {
            tracing::warn!(%error, "the journal's life could not be saved");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_life_begins_when_the_hub_was_put_back_and_once_after_a_start() {
        let dir = tempfile::tempdir().unwrap();
        let life = Life::open(dir.path(), 0);
        assert_eq!(life.now(), 0);
        assert!(!life.put_back());
        life.went_back(700);
        life.went_back(800);
        assert_eq!(life.now(), 700, "everybody notices the same");
        let again = Life::open(dir.path(), 0);
        assert_eq!(again.now(), 700);
        assert!(again.put_back(), "who comes later need not prove it");
        again.went_back(600);
        assert_eq!(again.now(), 701, "by a clock that was set back, still another");
        assert_eq!(Life::open(dir.path(), 900).now(), 900, "restored, and it says so");
    }
}
