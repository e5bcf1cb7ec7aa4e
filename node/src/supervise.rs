//! Tasks and threads that must not end by a panic: the program ends with them, and the service manager starts it again.
//! A program that goes on without its writer, its line or its followers would look sound and do nothing.
//!
//! What ships ends at every panic by itself; tests unwind, and there these helpers do it.
//!
//! Loops that go on after a failure say so in [`Loops`], the one place where status and pages look.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle as Thread;
use std::time::Duration;

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::clock::unix_millis;

/// Work that a program does again and again, and that may fail while everything else goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loop {
    /// Calling the hub.
    Uplink,
    /// Renewing this machine's certificate.
    Renewal,
    /// Reading which files have to travel.
    FilesRead,
    /// Asking the hub about files.
    FilesAsk,
    /// Bringing and fetching files.
    FilesCarry,
    /// Verifying the journal in the background.
    Verifier,
    /// Saying in the hub's ledger what was refused.
    Refusals,
    /// Saying in the hub's ledger that a day has begun.
    Days,
    /// Clearing away uploads that nobody wants.
    Sweep,
    /// Reading and renewing the hub's own certificates.
    Keeper,
    /// Telling of express papers outside.
    Notify,
}

impl Loop {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Uplink,
        Self::Renewal,
        Self::FilesRead,
        Self::FilesAsk,
        Self::FilesCarry,
        Self::Verifier,
        Self::Refusals,
        Self::Days,
        Self::Sweep,
        Self::Keeper,
        Self::Notify,
    ];

    /// Catalogue key of what it does.
    pub fn key(self) -> &'static str {
        match self {
            Self::Uplink => "loop-uplink",
            Self::Renewal => "loop-renewal",
            Self::FilesRead => "loop-files-read",
            Self::FilesAsk => "loop-files-ask",
            Self::FilesCarry => "loop-files-carry",
            Self::Verifier => "loop-verifier",
            Self::Refusals => "loop-refusals",
            Self::Days => "loop-days",
            Self::Sweep => "loop-sweep",
            Self::Keeper => "loop-keeper",
            Self::Notify => "loop-notify",
        }
    }
}

/// A loop that fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failing {
    /// When it first failed of the times in a row, Unix milliseconds.
    pub since: u64,
    /// How often in a row.
    pub times: u64,
    /// When it tries again, Unix milliseconds.
    pub again: u64,
    /// Why it failed the last time, in English for the log.
    pub why: String,
}

/// What loops fail at now.
pub type AllFailing = BTreeMap<Loop, Failing>;

/// Which loops of a running program fail, since when, and when each tries again.
#[derive(Debug, Default)]
pub struct Loops(Mutex<AllFailing>);

impl Loops {
    fn all(&self) -> MutexGuard<'_, AllFailing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A loop failed and tries again after a pause.
    pub fn fails(&self, what: Loop, why: &dyn Display, pause: Duration) {
        let now = unix_millis();
        let mut all = self.all();
        let failing = all.entry(what).or_insert_with(|| Failing {
            since: now,
            times: 0,
            again: now,
            why: String::new(),
        });
        failing.times += 1;
        failing.again = now.saturating_add(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        failing.why = why.to_string();
    }

    /// A loop did its work.
    pub fn works(&self, what: Loop) {
        self.all().remove(&what);
    }

    /// Those that fail now.
    pub fn failing(&self) -> AllFailing {
        self.all().clone()
    }
}

/// Spawns a task whose panic ends the program.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(async move {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => done,
            Err(_) => ended(name),
        }
    })
}

/// Starts a thread whose panic ends the program.
pub fn thread(name: &'static str, work: impl FnOnce() + Send + 'static) -> std::io::Result<Thread<()>> {
    std::thread::Builder::new().name(name.into()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            ended(name);
        }
    })
}

fn ended(name: &str) -> ! {
    tracing::error!(name, "ended by a panic; the program ends with it");
    crate::log::flush();
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_fails_since_its_first_failure_until_it_works() {
        let loops = Loops::default();
        loops.fails(Loop::Verifier, &"a", Duration::from_secs(60));
        let first = loops.failing();
        loops.fails(Loop::Verifier, &"b", Duration::from_secs(90));
        loops.fails(Loop::Days, &"c", Duration::MAX);
        let failing = loops.failing();
        let (was, is) = (&first[&Loop::Verifier], &failing[&Loop::Verifier]);
        assert_eq!((was.since, 2, "b"), (is.since, is.times, is.why.as_str()));
        assert!(is.again >= was.again + 30_000 && failing[&Loop::Days].again == u64::MAX, "{failing:?}");
        loops.works(Loop::Verifier);
        assert_eq!(loops.failing().into_keys().collect::<Vec<_>>(), [Loop::Days]);
    }

    #[test]
    fn each_loop_has_its_words() {
        use crate::words::{Lang, say};
        for what in Loop::ALL {
            assert_eq!(serde_json::json!(what), what.key().trim_start_matches("loop-"));
            for lang in [Lang::Vi, Lang::En] {
                assert_ne!(say(lang, what.key(), &[]), what.key());
            }
        }
    }
}
