//! The time: this machine's clock, unless a test sets another.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` returns, Unix milliseconds.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Unix milliseconds.
    pub fn millis(&self) -> u64 {
        (self.0)()
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.millis() / 1000
    }

    /// The same clock, but never before `floor` (Unix seconds), a moment that has certainly passed. A machine whose
    /// clock lost its battery would otherwise find every certificate not yet valid.
    pub fn after(&self, floor: u64) -> Self {
        let clock = self.clone();
        Self::new(move || clock.millis().max(floor.saturating_mul(1000)))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(unix_millis)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(self.now())))
    }
}

/// Unix milliseconds by this machine's clock.
pub fn unix_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Unix seconds by this machine's clock; 0 if it stands before 1970.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
