//! Verifies the journal in the background, from the first entry to the last, at a bounded cost.
//!
//! Entries are verified when they come and when they are read, but disks also spoil what nobody reads. A pass works in
//! slices with rests between them, goes on after a restart where it was, and starts anew a week after the last one
//! started.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::Mark;
use truc_proto::limits;
use truc_proto::time::Moment;

use crate::identity::Identity;
use crate::office::{Office, OfficeError};
use crate::store::journal::{self, JournalError, Reads};
use crate::store::verified::{Step, Verified};
use crate::supervise::Loop;

/// Slices after which progress is saved.
const NOTE_EVERY: u32 = 50;
/// Pause after an error that is no damage.
const PAUSE: Duration = Duration::from_secs(60);

/// Verifies the journal of the office in `house`, again and again until told to stop.
pub async fn run<H: Send + Sync + 'static>(
    house: Arc<H>,
    office: fn(&H) -> &Office,
    mut stop: watch::Receiver<bool>,
) {
    let mut verified = office(&house).verified().borrow().clone();
    let mut slices = 0;
    loop {
        let fresh = Moment::millis(verified.begun)
            .is_within(limits::VERIFY_EVERY, Moment::millis(office(&house).time().millis()));
        let ended = verified.finished.is_some_and(|finished| finished >= verified.begun);
        let mut pause = PAUSE;
        // Checked every minute instead of one long sleep: clocks are set, and machines sleep.
        if !ended || !fresh {
            if ended || verified.begun == 0 {
                verified = Verified {
                    begun: office(&house).time().millis(),
                    finished: verified.finished,
                    damage: verified.damage,
                    ..Verified::default()
                };
            }
            let begun = Instant::now();
            let (house_too, from) = (Arc::clone(&house), verified.mark());
            let slice = tokio::task::spawn_blocking(move || slice(office(&house_too), from)).await;
            let Ok(slice) = slice else { return };
            let step = verified.next(slice, office(&house).time().millis());
            slices += 1;
            if !matches!(step, Step::On) || slices % NOTE_EVERY == 0 {
                verified.save(office(&house).dir());
            }
            office(&house).verified_to(verified.clone());
            let loops = office(&house).loops();
            match &step {
                Step::Later(why) => loops.fails(Loop::Verifier, why, PAUSE),
                _ => loops.works(Loop::Verifier),
            }
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
                Step::Later(_) => {}
            }
        }
        tokio::select! {
            () = sleep(pause) => {}
            // A dropped sender means stop, too.
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

fn slice(office: &Office, from: Mark) -> Result<Mark, JournalError> {
    let registry = office.registry();
    let keys = Keys::of(office.identity(), &registry);
    let read = office.read(|reads| {
        // If the journal's history is not the one verified so far, begin anew.
        let from = if reads.mark_of(from.position)? == Some(from) { from } else { Mark::START };
        journal::verify(reads, from, Some(&|position, entry| keys.good(reads, position, entry)))
    });
    match read {
        Err(OfficeError::Journal(error)) => Err(error),
        // Reading the journal can fail in no other way.
        other => other.map_err(|_| JournalError::State("not read")),
    }
}

/// All keys that ever signed for an office, revoked ones too: what they signed before stays signed.
pub struct Keys<'a> {
    identity: &'a Identity,
    registry: &'a truc_proto::registry::Registry,
}

impl<'a> Keys<'a> {
    /// The keys that the registry knows.
    pub fn of(identity: &'a Identity, registry: &'a truc_proto::registry::Registry) -> Self {
        Self { identity, registry }
    }

    /// Whether an entry's signature holds. True for entries that were refused on arrival, and for those of an office
    /// whose keys are unknown here.
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
