//! The life of the hub's journal: another one begins when the hub was put back.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use truc_node::identity::keys;

/// File name.
const LIFE: &str = "life";

/// The life of the journal. After the hub was put back, positions have other entries, and heads another life. Kept in a
/// file of its own beside the journal, which no backup holds.
#[derive(Debug)]
pub struct Life {
    path: PathBuf,
    now: Mutex<Now>,
}

#[derive(Clone, Copy, Debug)]
struct Now {
    life: u64,
    /// It went back since it was started, at most once: a file is put back while nobody serves it.
    went_back: bool,
}

impl Life {
    /// Of a store that was last put back at `put_back`, Unix milliseconds; 0: never, as far as it knows.
    pub fn open(dir: &Path, put_back: u64) -> Self {
        let path = dir.join(LIFE);
        let kept = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { path, now: Mutex::new(Now { life: put_back.max(kept), went_back: false }) }
    }

    /// The life as of now.
    pub fn now(&self) -> u64 {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).life
    }

    /// A node knows a later state of the journal, and nobody has said before that the hub was put back. Blocks on the
    /// disk, once after a start.
    pub fn went_back(&self, millis: u64) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.went_back {
            return;
        }
        *now = Now { life: millis.max(now.life + 1), went_back: true };
        if let Err(error) = keys::write_private(&self.path, now.life.to_string().as_bytes()) {
            tracing::warn!(%error, "the journal's life could not be noted");
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
        life.went_back(700);
        life.went_back(800);
        assert_eq!(life.now(), 700, "everybody notices the same");
        let again = Life::open(dir.path(), 0);
        assert_eq!(again.now(), 700);
        again.went_back(600);
        assert_eq!(again.now(), 701, "by a clock that was set back, still another");
        assert_eq!(Life::open(dir.path(), 900).now(), 900, "restored, and it says so");
    }
}
