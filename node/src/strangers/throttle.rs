//! Throttle: whoever guesses secrets has to wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Rules of a throttle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Wrong secrets before the first wait.
    pub tries: u32,
    /// First wait; doubled by each further wrong secret.
    pub wait: Duration,
    /// Longest wait.
    pub longest: Duration,
    /// Time without a wrong secret after which earlier ones are forgotten; not shorter than `longest`.
    pub forget: Duration,
    /// Guessers remembered; beyond that the oldest is forgotten.
    pub remembered: usize,
}

/// Counts wrong secrets by guesser (`K`), in memory: a restart forgets them.
///
/// Times are durations since any fixed moment. If time goes back, the wait begins anew.
#[derive(Debug)]
pub struct Throttle<K> {
    patience: Patience,
    wrong: HashMap<K, Wrong>,
}

#[derive(Debug)]
struct Wrong {
    times: u32,
    last: Duration,
    /// Time of the wrong secret before the last, restored by [`Throttle::take_back`].
    before: Duration,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// A throttle without guessers.
    pub fn new(patience: Patience) -> Self {
        Self { patience, wrong: HashMap::new() }
    }

    /// How long a guesser still has to wait; zero: it may try.
    pub fn wait(&mut self, key: &K, now: Duration) -> Duration {
        let Some(wrong) = self.wrong.get_mut(key) else { return Duration::ZERO };
        wrong.last = wrong.last.min(now);
        let Some(more) = wrong.times.checked_sub(self.patience.tries) else { return Duration::ZERO };
        let wait = self.patience.wait.saturating_mul(1 << more.min(30)).min(self.patience.longest);
        wait.saturating_sub(now - wrong.last)
    }

    /// Counts a wrong secret; returns how long the guesser has to wait now.
    pub fn wrong(&mut self, key: &K, now: Duration) -> Duration {
        let Patience { forget, remembered, .. } = self.patience;
        if !self.wrong.contains_key(key) && self.wrong.len() >= remembered {
            self.wrong.retain(|_, wrong| now.saturating_sub(wrong.last) < forget);
            if self.wrong.len() >= remembered {
                let oldest =
                    self.wrong.iter().min_by_key(|(_, wrong)| wrong.last).map(|(key, _)| key.clone());
                oldest.map(|oldest| self.wrong.remove(&oldest));
            }
        }
        let wrong = self.wrong.entry(key.clone()).or_insert(Wrong { times: 0, last: now, before: now });
        if now.saturating_sub(wrong.last) >= forget {
            wrong.times = 0;
        }
        wrong.times = wrong.times.saturating_add(1);
        wrong.before = wrong.last;
        wrong.last = now;
        self.wait(key, now)
    }

    /// Takes the last wrong secret back: it was counted before it was checked, and was right.
    pub fn take_back(&mut self, key: &K) {
        if let Some(wrong) = self.wrong.get_mut(key) {
            wrong.times = wrong.times.saturating_sub(1);
            wrong.last = wrong.before;
            if wrong.times == 0 {
                self.wrong.remove(key);
            }
        }
    }

    /// Forgets a guesser who knew the secret.
    pub fn forgive(&mut self, key: &K) {
        self.wrong.remove(key);
    }
}

/// What counts as one source. With IPv6 it is a whole /64: one household has so many addresses that each alone would be
/// no limit.
pub fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PATIENCE: Patience = Patience {
        tries: 3,
        wait: Duration::from_secs(10),
        longest: Duration::from_secs(35),
        forget: Duration::from_secs(100),
        remembered: 50,
    };

    #[test]
    fn who_guesses_waits_longer_each_time_and_nobody_else_does() {
        let mut throttle = Throttle::new(PATIENCE);
        let start = Duration::from_secs(1000);
        assert_eq!(throttle.wrong(&"a", start), Duration::ZERO);
        assert_eq!(throttle.wrong(&"a", start), Duration::ZERO);
        assert_eq!(throttle.wrong(&"a", start), 10 * SECOND);
        assert_eq!(throttle.wait(&"b", start), Duration::ZERO);
        assert_eq!(throttle.wait(&"a", start + 9 * SECOND), SECOND);
        assert_eq!(throttle.wait(&"a", start + 10 * SECOND), Duration::ZERO);
        let later = start + 10 * SECOND;
        assert_eq!(throttle.wrong(&"a", later), 20 * SECOND);
        assert_eq!(throttle.wrong(&"a", later), 35 * SECOND);
        assert_eq!(throttle.wrong(&"a", later), 35 * SECOND);
        let much_later = later + PATIENCE.forget;
        assert_eq!(throttle.wrong(&"a", much_later), Duration::ZERO, "the count begins anew");
    }

    #[test]
    fn a_right_one_is_taken_back_or_forgives() {
        let mut throttle = Throttle::new(PATIENCE);
        for _ in 0..3 {
            throttle.wrong(&1, SECOND);
        }
        throttle.take_back(&1);
        assert_eq!(throttle.wait(&1, SECOND), Duration::ZERO);
        assert_eq!(throttle.wrong(&1, SECOND), 10 * SECOND);
        // After taking back, whoever has waited does not wait anew for a right secret.
        let later = 11 * SECOND;
        throttle.wrong(&1, later);
        throttle.take_back(&1);
        assert_eq!(throttle.wait(&1, later), Duration::ZERO);
        throttle.forgive(&1);
        assert_eq!(throttle.wrong(&1, SECOND), Duration::ZERO);
    }

    #[test]
    fn a_clock_set_back_keeps_nobody_waiting_longer_than_the_wait() {
        let mut throttle = Throttle::new(PATIENCE);
        for _ in 0..3 {
            throttle.wrong(&1, Duration::from_secs(100_000));
        }
        assert_eq!(throttle.wait(&1, SECOND), 10 * SECOND);
        assert_eq!(throttle.wait(&1, 11 * SECOND), Duration::ZERO);
    }

    #[test]
    fn memory_is_bounded_and_the_newest_is_remembered() {
        let mut throttle = Throttle::new(PATIENCE);
        for key in 0..53_u32 {
            throttle.wrong(&key, Duration::from_micros(u64::from(key)));
        }
        assert_eq!(throttle.wrong.len(), 50);
        assert!(!throttle.wrong.contains_key(&0));
        assert!(throttle.wrong.contains_key(&52));
    }

    #[test]
    fn a_source_is_a_network() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
