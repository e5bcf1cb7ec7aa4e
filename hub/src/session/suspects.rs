//! Machines with a good certificate that say what no honest program says: noted in the audit, each with the code of what
//! was wrong, and bounded, whatever is tried.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use truc_node::accounts::Accounts;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::session::{End, Obstacle};
use truc_proto::wire::EndReason;

use crate::hub::{Hub, ITSELF};

/// In the audit.
pub const NOTED: &str = "session-refused";

/// Counts what is wrong, and notes it now and then: one note of an office and a code, and then no more than one in
/// [`limits::SUSPECT_EVERY`]. Codes are few, and this program's own.
pub struct Suspects {
    accounts: Accounts,
    offices: Mutex<HashMap<(OfficeId, String), Count>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    times: u64,
    noted: Option<Instant>,
}

impl Suspects {
    /// Notes go to these accounts' audit.
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts, offices: Mutex::default() }
    }

    /// A session with a machine of an office showed something wrong, of this code.
    pub fn suspect(&self, hub: &Hub, office: OfficeId, code: &str, source: IpAddr) {
        let Some(times) = self.count(office, code) else { return };
        let registry = hub.office.registry();
        let fact = registry.office(office).and_then(|office| office.current());
        let name = fact.map_or_else(|| office.to_string(), |fact| fact.committee());
        let (accounts, now) = (self.accounts.clone(), hub.clock().now());
        let about = format!("{name}: {code} × {times}");
        // Nobody waits for it.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = accounts.note(ITSELF, NOTED, &about, Some(source), now) {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }

    /// Counts one; how many a note is to tell of, if it is time for one.
    fn count(&self, office: OfficeId, code: &str) -> Option<u64> {
        let mut offices = self.offices.lock().unwrap_or_else(PoisonError::into_inner);
        let count = offices.entry((office, code.to_owned())).or_default();
        count.times += 1;
        if count.noted.is_some_and(|noted| noted.elapsed() < limits::SUSPECT_EVERY) {
            return None;
        }
        count.noted = Some(Instant::now());
        Some(std::mem::take(&mut count.times))
    }
}

/// The code of what was wrong in a session that ended so; none: nothing was.
pub fn wrong(end: &End) -> Option<&str> {
    match end.reason {
        EndReason::EndEntry => Some(&end.detail),
        EndReason::EndProtocol => Some("protocol"),
        _ => None,
    }
}

/// The code of why an entry was not admitted.
pub fn obstacle(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Taken => "place-taken",
        Obstacle::NotNext => "not-next",
        Obstacle::Chain => "chain",
    }
}
