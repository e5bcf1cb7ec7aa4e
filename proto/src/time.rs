//! Hybrid logical time: wall-clock time that never goes back within one ledger.

use serde::{Deserialize, Serialize};

/// Unix milliseconds in the high 48 bits, a counter in the low 16. Tells people when something happened; never decides
/// what comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hlc(pub u64);

impl Hlc {
    /// The time of an event that happens now and after `last`: later than `last` even if the clock was set back.
    pub fn tick(last: Hlc, now_ms: u64) -> Hlc {
        let now = Hlc(now_ms << 16);
        if now > last { now } else { Hlc(last.0 + 1) }
    }

    /// Unix milliseconds.
    pub fn millis(self) -> u64 {
        self.0 >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_does_not_turn_time_back() {
        let first = Hlc::tick(Hlc::default(), 1_000);
        let second = Hlc::tick(first, 10);
        assert!(second > first);
        assert_eq!(second.millis(), 1_000);
        assert_eq!(Hlc::tick(second, 2_000).millis(), 2_000);
    }
}
