//! The journal verified in the background, from the first entry to the last, with a bound on what it costs.
//!
//! Entries are verified when they come and when they are read; disks spoil what nobody reads. A pass takes slices and
//! rests between them, goes on after a restart where it was, and begins anew a week after it came to the end.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Mark};
use truc_proto::limits;

use crate::journal::{self, JournalError, Reads};
use crate::keys;
use crate::office::{Identity, Office, OfficeError, unix_millis};

/// File in a store's folder that says how far the verification is.
pub const VERIFIED: &str = "verified.json";
/// Progress is noted after so many slices.
const NOTE_EVERY: u32 = 50;
/// After an error that is no damage it waits so long.
const PAUSE: Duration = Duration::from_secs(60);

/// How far the journal is verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// Every entry up to this position was found good in this pass.
    pub upto: u64,
    /// Running hash there.
    pub running: Hash,
    /// When the pass began, Unix milliseconds.
    pub begun: u64,
    /// When the newest whole pass ended, Unix milliseconds.
    pub finished: Option<u64>,
    /// What is damaged; none: nothing that was found.
    pub damage: Option<Damage>,
}

/// The first bad place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Damage {
    /// Position in the journal.
    pub position: u64,
    /// What is wrong with it, in English, for the log.
    pub what: String,
}

impl Default for Verified {
    fn default() -> Self {
        let Mark { position: upto, running } = Mark::START;
        Self { upto, running, begun: 0, finished: None, damage: None }
    }
}

impl Verified {
    /// As noted in a store's folder; from the beginning if it is not known.
    pub fn load(dir: &Path) -> Self {
        let noted = std::fs::read(dir.join(VERIFIED)).ok();
        noted.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn save(&self, dir: &Path) {
        let saved = serde_json::to_vec(self).map_err(|error| error.to_string()).and_then(|json| {
            keys::write_private(&dir.join(VERIFIED), &json).map_err(|error| error.to_string())
        });
        if let Err(error) = saved {
            // The next pass begins earlier than it need: no harm.
            tracing::debug!(error, "how far the journal is verified was not noted");
        }
    }

    fn mark(&self) -> Mark {
        Mark { position: self.upto, running: self.running }
    }

    /// What one slice says.
    fn next(&mut self, slice: Result<Mark, JournalError>, now: u64) -> Step {
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
            Err(error) if crate::health::Trouble::of(&error) == Some(crate::health::Trouble::Damaged) => {
                self.damage = Some(Damage { position: self.upto + 1, what: error.to_string() });
                Step::Bad
            }
            Err(error) => {
                tracing::warn!(%error, "the journal could not be verified further");
                Step::Later
            }
        }
    }
}

enum Step {
    On,
    Whole,
    Bad,
    Later,
}

/// Verifies the journal of an office, which is found in `house`, again and again until told to stop.
pub async fn run<H: Send + Sync + 'static>(
    house: Arc<H>,
    office: fn(&H) -> &Office,
    mut stop: watch::Receiver<bool>,
) {
    let mut verified = office(&house).verified().borrow().clone();
    let mut slices = 0;
    loop {
        let due = verified.begun + limits::VERIFY_EVERY.as_millis() as u64;
        let ended = verified.finished.is_some_and(|finished| finished >= verified.begun);
        let mut pause = PAUSE;
        // Looked at now and then instead of one long sleep: clocks are set, machines are put to sleep.
        if !ended || unix_millis() >= due {
            if ended || verified.begun == 0 {
                verified = Verified {
                    begun: unix_millis(),
                    finished: verified.finished,
                    damage: verified.damage,
                    ..Verified::default()
                };
            }
            let begun = Instant::now();
            let (house_too, from) = (Arc::clone(&house), verified.mark());
            let slice = tokio::task::spawn_blocking(move || slice(office(&house_too), from)).await;
            let Ok(slice) = slice else { return };
            let step = verified.next(slice, unix_millis());
            slices += 1;
            if !matches!(step, Step::On) || slices % NOTE_EVERY == 0 {
                verified.save(office(&house).dir());
            }
            office(&house).verified_to(verified.clone());
            match step {
                Step::On => pause = begun.elapsed() * limits::VERIFY_REST,
                Step::Whole => tracing::info!(upto = verified.upto, "the whole journal was verified"),
                Step::Bad => {
                    if let Some(damage) = &verified.damage {
                        tracing::error!(
                            position = damage.position,
                            what = damage.what,
                            "the journal is damaged"
                        );
                    }
                    return;
                }
                Step::Later => {}
            }
        }
        tokio::select! {
            () = sleep(pause) => {}
            // A sender that is gone means the same.
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

fn slice(office: &Office, from: Mark) -> Result<Mark, JournalError> {
    let registry = office.registry();
    let keys = Keys::of(office.identity(), &registry);
    let read = office.read(|reads| {
        // Another history than the one that was verified so far: from the beginning.
        let from = if reads.mark_of(from.position)? == Some(from) { from } else { Mark::START };
        journal::verify(reads, from, Some(&|position, entry| keys.good(reads, position, entry)))
    });
    match read {
        Err(OfficeError::Journal(error)) => Err(error),
        // Nothing else can come of reading the journal.
        other => other.map_err(|_| JournalError::State("not read")),
    }
}

/// Every key that ever signed for an office, also those revoked since: what they signed before stays signed.
pub struct Keys<'a> {
    identity: &'a Identity,
    registry: &'a truc_proto::registry::Registry,
}

impl<'a> Keys<'a> {
    /// As the registry knows them.
    pub fn of(identity: &'a Identity, registry: &'a truc_proto::registry::Registry) -> Self {
        Self { identity, registry }
    }

    /// Whether an entry's signature holds. What the check refused when it came is not asked again, nor what is from
    /// an office whose keys are not known here.
    pub fn good(&self, reads: Reads<'_>, position: u64, entry: &Entry) -> bool {
        let ledger = entry.header.ledger;
        let mut keys: Vec<_> = self
            .registry
            .office(ledger)
            .into_iter()
            .flat_map(|office| office.credentials())
            .map(|credential| credential.key)
            .collect();
        if keys.is_empty() && ledger != self.identity.hub {
            return true;
        }
        if ledger == self.identity.hub {
            keys.push(self.identity.hub_key);
        }
        if ledger == self.identity.office {
            keys.push(self.identity.key.verifying_key());
        }
        batch::verify_any(entry, &keys).is_ok()
            || reads.refused(position).is_ok_and(|refused| refused.is_some())
    }
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
        // A disk that fails to read says nothing of what was written.
        let failing = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(10), None);
        assert!(matches!(verified.next(Err(failing.into()), 3), Step::Later));
        assert!(verified.damage.is_none());
    }
}
