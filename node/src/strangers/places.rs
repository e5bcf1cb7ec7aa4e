//! A quota of connections: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::strangers::throttle::network;

/// Connections counted by address.
#[derive(Debug)]
pub struct ConnectionQuota {
    per_source: usize,
    all: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One counted connection; dropping it frees the place.
#[derive(Debug)]
pub struct Slot {
    places: Arc<ConnectionQuota>,
    source: IpAddr,
}

impl ConnectionQuota {
    /// A quota of `per_source` connections from one address and `all` together.
    pub fn new(per_source: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { per_source, all, taken: Mutex::default() })
    }

    /// Takes a place for a caller; none: the quota is used up.
    pub fn take(self: &Arc<Self>, source: IpAddr) -> Option<Slot> {
        let source = network(source);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.get(&source).copied().unwrap_or(0);
        if here >= self.per_source || taken.values().sum::<usize>() >= self.all {
            return None;
        }
        taken.insert(source, here + 1);
        Some(Slot { places: Arc::clone(self), source })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = taken.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_address_cannot_take_all_places_and_gives_them_back() {
        let places = ConnectionQuota::new(2, 3);
        let take = |ip: &str| places.take(ip.parse().unwrap());
        let first = take("10.0.0.1");
        let second = take("::ffff:10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(take("10.0.0.1").is_none());
        let third = take("10.0.0.2");
        assert!(third.is_some());
        assert!(take("10.0.0.3").is_none(), "no more than three in all");
        drop(first);
        assert!(take("10.0.0.1").is_some());
        drop((second, third));
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
