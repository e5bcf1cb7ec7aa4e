//! Who guesses secrets has to wait.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use truc_proto::limits;

/// Wrong secrets by address, in memory: a restart forgives.
#[derive(Debug, Default)]
pub struct Throttle(HashMap<IpAddr, Wrong>);

#[derive(Debug)]
struct Wrong {
    times: u32,
    last: Instant,
}

impl Throttle {
    /// Whether this address may try now.
    pub fn may_try(&self, source: IpAddr, now: Instant) -> bool {
        self.0.get(&network(source)).is_none_or(|wrong| {
            wrong.times < limits::ENROLMENT_TRIES || now - wrong.last >= limits::ENROLMENT_WAIT
        })
    }

    /// This address tried a wrong secret.
    pub fn wrong(&mut self, source: IpAddr, now: Instant) {
        let source = network(source);
        if !self.0.contains_key(&source) && self.0.len() >= limits::ENROLMENT_SOURCES {
            self.0.retain(|_, wrong| now - wrong.last < limits::ENROLMENT_WAIT);
            if self.0.len() >= limits::ENROLMENT_SOURCES {
                let oldest = self.0.iter().min_by_key(|(_, wrong)| wrong.last).map(|(source, _)| *source);
                oldest.map(|oldest| self.0.remove(&oldest));
            }
        }
        let wrong = self.0.entry(source).or_insert(Wrong { times: 0, last: now });
        if now - wrong.last >= limits::ENROLMENT_WAIT {
            wrong.times = 0;
        }
        wrong.times += 1;
        wrong.last = now;
    }
}

/// What counts as one source: one household of IPv6 is a whole /64, and an address each would be no limit.
pub(crate) fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_guesses_waits_and_nobody_else() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        let guesser: IpAddr = "2001:db8::1".parse().unwrap();
        let same_network: IpAddr = "2001:db8::ffff:2".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        for _ in 0..limits::ENROLMENT_TRIES {
            assert!(throttle.may_try(guesser, start));
            throttle.wrong(guesser, start);
        }
        assert!(!throttle.may_try(guesser, start));
        assert!(!throttle.may_try(same_network, start));
        assert!(throttle.may_try(other, start));
        let later = start + limits::ENROLMENT_WAIT;
        assert!(!throttle.may_try(guesser, later - Duration::from_millis(1)));
        assert!(throttle.may_try(guesser, later));
        throttle.wrong(guesser, later);
        assert!(throttle.may_try(guesser, later), "the count begins anew");
    }

    #[test]
    fn memory_is_bounded_and_the_newest_is_remembered() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        for address in 0..limits::ENROLMENT_SOURCES as u32 + 3 {
            let now = start + Duration::from_micros(u64::from(address));
            throttle.wrong(IpAddr::V4(address.into()), now);
        }
        assert_eq!(throttle.0.len(), limits::ENROLMENT_SOURCES);
        assert!(!throttle.0.contains_key(&IpAddr::V4(0.into())));
        assert!(throttle.0.contains_key(&IpAddr::V4((limits::ENROLMENT_SOURCES as u32 + 2).into())));
    }
}
