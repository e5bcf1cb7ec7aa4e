//! State of logins, in memory: counted tries, pending logins, challenges to passkeys, secrets for apps.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use truc_proto::limits;

use super::totp::Shown;
use crate::strangers::throttle::{Patience, Throttle, network};
use crate::words::failure::Failure;

/// Why a login failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Unknown account, wrong password, disabled account or wrong code: the same answer for all, so that nobody learns
    /// which names exist.
    Wrong {
        /// How long to wait before the next try; often zero.
        wait: Duration,
    },
    /// Too many wrong tries; this one was not checked.
    Wait {
        /// How long to wait before the next try.
        wait: Duration,
    },
    /// The program failed, or the login must begin anew.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// A challenge for a passkey; valid for one answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Challenge {
    pub account: String,
    /// `type` that the answer's `clientDataJSON` must have.
    pub kind: &'static str,
    pub until: u64,
}

/// State of logins, in memory: after a restart, people begin their login again.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Wrong tries by name and source, so that nobody locks a colleague at another address out (ASVS 6.3.1).
    people: Throttle<(String, IpAddr)>,
    sources: Throttle<IpAddr>,
    /// Wrong codes, and wrong passwords typed within a session, by name: who tries these has passed the first password.
    pub(super) inside: Throttle<String>,
    pub(super) pending: HashMap<[u8; 32], Waits>,
    pub(super) challenges: HashMap<[u8; 32], Challenge>,
    /// Secrets for authenticator apps, by account.
    pub(super) shown: HashMap<String, Shown>,
    /// Sessions in which the password was typed again, with when that was, Unix seconds.
    pub(super) proved: HashMap<[u8; 32], u64>,
}

/// A login that waits for its second factor.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    pub account: String,
    pub until: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        let patience = |tries| Patience {
            tries,
            wait: limits::LOGIN_WAIT,
            longest: limits::LOGIN_WAIT_LONGEST,
            forget: limits::LOGIN_FORGET,
            remembered: limits::LOGIN_SOURCES,
        };
        Self {
            people: Throttle::new(patience(limits::LOGIN_TRIES)),
            sources: Throttle::new(patience(limits::LOGIN_SOURCE_TRIES)),
            inside: Throttle::new(patience(limits::LOGIN_CODE_TRIES)),
            pending: HashMap::new(),
            challenges: HashMap::new(),
            shown: HashMap::new(),
            proved: HashMap::new(),
        }
    }
}

impl Waiting {
    /// Forgets all wrong tries.
    #[cfg(test)]
    pub(super) fn calm(&mut self) {
        let Self { people, sources, inside, .. } = Self::default();
        (self.people, self.sources, self.inside) = (people, sources, inside);
    }

    /// Counts a try as wrong before it is checked, so that concurrent tries cannot exceed the limit; [`Waiting::right`]
    /// takes it back. Returns how long to wait if the try is wrong; fails if the wait of earlier ones is not over.
    pub(super) fn begin(&mut self, name: &str, source: IpAddr, now: u64) -> Result<Duration, Refused> {
        let (now, source) = (Duration::from_secs(now), network(source));
        let person = (name.to_owned(), source);
        let wait = self.people.wait(&person, now).max(self.sources.wait(&source, now));
        if !wait.is_zero() {
            return Err(Refused::Wait { wait });
        }
        Ok(self.people.wrong(&person, now).max(self.sources.wrong(&source, now)))
    }

    /// Takes a try back because it was right. With `all`, the login is complete and the earlier wrong tries of this
    /// name and source are forgiven too.
    pub(super) fn right(&mut self, name: &str, source: IpAddr, all: bool) {
        let person = (name.to_owned(), network(source));
        self.sources.take_back(&person.1);
        if all {
            self.people.forgive(&person);
        } else {
            self.people.take_back(&person);
        }
    }

    /// Like [`Waiting::begin`] for tries after the first password: counted by name only.
    pub(super) fn begin_inside(&mut self, name: &str, now: u64) -> Result<Duration, Refused> {
        let (key, now) = (name.to_owned(), Duration::from_secs(now));
        let wait = self.inside.wait(&key, now);
        if wait.is_zero() { Ok(self.inside.wrong(&key, now)) } else { Err(Refused::Wait { wait }) }
    }
}

/// Whether something that waits is not over; what ends later than it could have been given is of a wrong clock.
pub(super) fn is_open(until: u64, now: u64) -> bool {
    let longest = limits::LOGIN_PENDING + limits::CLOCK_MARGIN;
    now < until && until <= now.saturating_add(longest.as_secs())
}

/// Inserts a value that expires at `until`. At [`limits::LOGINS_PENDING`], expired values are removed, then the one
/// that expires first.
pub(super) fn bounded<T>(
    map: &mut HashMap<[u8; 32], T>,
    key: [u8; 32],
    value: T,
    now: u64,
    until: impl Fn(&T) -> u64,
) {
    if map.len() >= limits::LOGINS_PENDING {
        map.retain(|_, value| is_open(until(value), now));
    }
    if map.len() >= limits::LOGINS_PENDING {
        let first = map.iter().min_by_key(|(_, value)| until(value)).map(|(key, _)| *key);
        first.map(|first| map.remove(&first));
    }
    map.insert(key, value);
}
