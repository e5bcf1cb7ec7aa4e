//! The hub's time: its clock, guarded. What it is held against is decided in `truc_proto::clock`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use truc_node::clock::Clock;
use truc_node::identity::keys::{self, KeyError};
use truc_proto::clock::{Doubt, Guard, Why};
use truc_proto::id::OfficeId;

/// Name of the file in the hub's folder.
const ACCEPTED: &str = "clock.json";

/// What a person said of the clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Accepted {
    /// The newest time in the journal then, Unix milliseconds: up to it, the journal says nothing against the clock.
    newest: u64,
    /// What the clock showed, Unix milliseconds.
    shows: u64,
}

/// The clock of a hub.
#[derive(Debug)]
pub struct HubClock {
    shows: Clock,
    guard: Mutex<Guard>,
    path: PathBuf,
    newest: u64,
    /// What was last said of it in the log.
    told: Mutex<Option<Why>>,
}

impl HubClock {
    /// Guards the clock of the hub in a folder. `newest`: the newest time in its journal, Unix milliseconds.
    pub fn open(dir: &Path, shows: Clock, newest: Option<u64>) -> Arc<Self> {
        let path = dir.join(ACCEPTED);
        let said = std::fs::read(&path).ok().and_then(|said| serde_json::from_slice::<Accepted>(&said).ok());
        let against = match said {
            Some(said) if newest.is_some_and(|newest| newest <= said.newest) => Some(said.shows),
            _ => newest,
        };
        let guard = Mutex::new(Guard::new(against, shows.millis(), shows.steady()));
        Arc::new(Self { shows, guard, path, newest: newest.unwrap_or(0), told: Mutex::default() })
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock that counts: it never shows a time that is not believed.
    pub fn clock(self: &Arc<Self>) -> Clock {
        let (shows, steady) = (Arc::clone(self), Arc::clone(self));
        Clock::two(move || shows.look().0, move || steady.shows.steady())
    }

    fn look(&self) -> (u64, Option<Doubt>) {
        let time = self.guard().look(self.shows.millis(), self.shows.steady());
        let why = time.doubt.map(|doubt| doubt.why);
        let before = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), why);
        match time.doubt {
            Some(Doubt { why, shows, counts }) if before != Some(why) => tracing::error!(
                ?why,
                shows,
                counts,
                "the hub's clock is not believed: no certificates are signed; look at it, or say: truc-hub clock accept"
            ),
            None if before.is_some() => tracing::info!("the hub's clock is believed again"),
            _ => {}
        }
        (time.millis, time.doubt)
    }

    /// Why the clock is not believed; none: it is.
    pub fn doubt(&self) -> Option<Doubt> {
        self.look().1
    }

    /// Whether something speaks for the time that counts; see [`Guard::is_proved`].
    pub fn is_proved(&self) -> bool {
        self.guard().is_proved(self.shows.millis(), self.shows.steady())
    }

    /// Takes what an office's machine says of its clock, Unix milliseconds; 0: nothing.
    pub fn hear(&self, office: OfficeId, clock: u64) {
        self.guard().hear(office, clock, self.shows.steady());
        self.look();
    }

    /// A person says that the clock is right, also for the next start. Returns what it shows, Unix milliseconds. Writes
    /// to the disk (and blocks).
    pub fn accept(&self) -> Result<u64, KeyError> {
        let shows = self.shows.millis();
        // What was written by the time that counted so far lies before this, too.
        let newest = self.newest.max(self.look().0);
        let said = serde_json::to_vec(&Accepted { newest, shows }).unwrap_or_default();
        keys::write_private(&self.path, &said)?;
        self.guard().accept(shows, self.shows.steady());
        self.look();
        Ok(shows)
    }
}
