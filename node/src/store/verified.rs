//! How far the journal is verified from its first entry on, as noted in the store's folder.

use std::path::Path;

use serde::{Deserialize, Serialize};
use truc_proto::id::{Hash, Mark};

use super::health::Trouble;
use super::journal::JournalError;
use crate::identity::keys;

/// File of the note, in a store's folder.
pub const VERIFIED: &str = "verified.json";
/// How far the journal is verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// Position up to which this pass found every entry good.
    pub upto: u64,
    /// Running hash of the journal at that position.
    pub running: Hash,
    /// When the pass began, Unix milliseconds.
    pub begun: u64,
    /// When the newest whole pass ended, Unix milliseconds.
    pub finished: Option<u64>,
    /// The damage found; none: no damage was found.
    pub damage: Option<Damage>,
}

/// The first damaged place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Damage {
    /// Position in the journal.
    pub position: u64,
    /// What is wrong, in English for the log.
    pub what: String,
}

impl Default for Verified {
    fn default() -> Self {
        let Mark { position: upto, running } = Mark::START;
        Self { upto, running, begun: 0, finished: None, damage: None }
    }
}

impl Verified {
    /// Reads the note in a store's folder; without one, verification starts from the beginning.
    pub fn load(dir: &Path) -> Self {
        let noted = std::fs::read(dir.join(VERIFIED)).ok();
        noted.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(crate) fn save(&self, dir: &Path) {
        let saved = serde_json::to_vec(self).map_err(|error| error.to_string()).and_then(|json| {
            keys::write_private(&dir.join(VERIFIED), &json).map_err(|error| error.to_string())
        });
        if let Err(error) = saved {
            // The next pass repeats a part, which does no harm.
            tracing::debug!(error, "how far the journal is verified was not noted");
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { position: self.upto, running: self.running }
    }

    /// Takes the result of one slice.
    pub(crate) fn next(&mut self, slice: Result<Mark, JournalError>, now: u64) -> Step {
        match slice {
            Ok(mark) if mark == self.mark() => {
                self.finished = Some(now);
                self.damage = None;
                Step::Whole
            }
            Ok(mark) => {
                (self.upto, self.running) = (mark.position, mark.running);
                Step::On
            }
            Err(JournalError::Damaged(position, what)) => {
                self.damage = Some(Damage { position, what: what.into() });
                Step::Bad
            }
            Err(error @ (JournalError::Shorter { .. } | JournalError::State(_))) => {
                self.damage = Some(Damage { position: self.upto, what: error.to_string() });
                Step::Bad
            }
            Err(error) if Trouble::of(&error) == Some(Trouble::Damaged) => {
                self.damage = Some(Damage { position: self.upto + 1, what: error.to_string() });
                Step::Bad
            }
            Err(error) => {
                tracing::warn!(%error, "the journal could not be verified further");
                Step::Later(error.to_string())
            }
        }
    }
}

/// Result of one slice.
#[derive(Debug)]
pub(crate) enum Step {
    /// Good so far; the journal goes on.
    On,
    /// The end of the journal was reached: all of it is good.
    Whole,
    /// Damage, named in [`Verified::damage`].
    Bad,
    /// The disk did not answer, so nothing is known yet; why, in English.
    Later(String),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mark(position: u64) -> Mark {
        Mark { position, running: Hash([position as u8; 32]) }
    }

    #[test]
    fn a_pass_goes_on_where_it_was_and_ends_where_it_comes_no_further() {
        let dir = tempfile::tempdir().unwrap();
        let mut verified = Verified::load(dir.path());
        assert_eq!(verified, Verified::default());
        assert!(matches!(verified.next(Ok(mark(500)), 7), Step::On));
        verified.save(dir.path());
        let mut verified = Verified::load(dir.path());
        assert_eq!(verified.mark(), mark(500));
        assert!(matches!(verified.next(Ok(mark(500)), 9), Step::Whole));
        assert_eq!((verified.finished, verified.damage), (Some(9), None));
    }

    #[test]
    fn damage_is_kept_until_a_pass_finds_none() {
        let mut verified = Verified::default();
        assert!(matches!(verified.next(Err(JournalError::Damaged(7, "hash")), 1), Step::Bad));
        assert_eq!(verified.damage.as_ref().unwrap().position, 7);
        assert!(matches!(verified.next(Ok(mark(9)), 1), Step::On));
        assert!(verified.damage.is_some());
        assert!(matches!(verified.next(Ok(mark(9)), 2), Step::Whole));
        assert!(verified.damage.is_none());
        // A disk that fails to read says nothing about what was written.
        let failing = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(10), None);
        assert!(matches!(verified.next(Err(failing.into()), 3), Step::Later(_)));
        assert!(verified.damage.is_none());
    }
}
