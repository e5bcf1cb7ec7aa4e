//! The thresholds by which duties are shown as silent or due soon, as the people here set them. They are stored with
//! the accounts and never sent: each desk and each console has its own.

use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::limits;
use truc_proto::record::duty::Thresholds;

use super::notes::note;
use super::{Accounts, commit};
use crate::words::failure::{ExitCode, Failure};

const SILENCE: &str = "silence";
const SOON: &str = "soon";

impl Accounts {
    /// The thresholds in force.
    pub fn figures(&self) -> Thresholds {
        *self.0.figures.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the thresholds; changes are noted with the old value. Fails with key `figure-silence` or `figure-soon` for
    /// a value out of bounds ([`limits`]).
    pub fn set_figures(
        &self,
        by: &str,
        new: Thresholds,
        source: Option<IpAddr>,
        now: u64,
    ) -> Result<(), Failure> {
        let bounds = limits::SILENCE_LEAST..=limits::SILENCE_MOST;
        if !bounds.contains(&new.silence) {
            let wrong = Failure::new(ExitCode::Input, "figure-silence");
            let (least, most) = (bounds.start().as_secs() / 60, days(*bounds.end()));
            return Err(wrong.with("least", least).with("most", most));
        }
        if new.soon > limits::DUE_SOON_MOST {
            let wrong = Failure::new(ExitCode::Input, "figure-soon");
            return Err(wrong.with("most", days(limits::DUE_SOON_MOST)));
        }
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        let before = read(&tx)?;
        for (name, before, new, what) in [
            (SILENCE, before.silence, new.silence, "figure-silence"),
            (SOON, before.soon, new.soon, "figure-soon"),
        ] {
            if before == new {
                continue;
            }
            let set = "INSERT INTO figure (name, value) VALUES (?1, ?2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            tx.execute(set, params![name, new.as_secs() as i64])?;
            note(&tx, by, what, &format!("{} → {}", told(before), told(new)), source, now)?;
        }
        commit(tx)?;
        *self.0.figures.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

/// The stored thresholds; the program's default for one that was never set.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Thresholds> {
    let one = |name: &str| -> rusqlite::Result<Option<Duration>> {
        let query = "SELECT value FROM figure WHERE name = ?1";
        let found = conn.query_row(query, [name], |row| row.get::<_, i64>(0)).optional()?;
        Ok(found.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs))
    };
    let Thresholds { silence, soon } = Thresholds::default();
    Ok(Thresholds { silence: one(SILENCE)?.unwrap_or(silence), soon: one(SOON)?.unwrap_or(soon) })
}

fn days(time: Duration) -> u64 {
    time.as_secs() / 86_400
}

/// A duration for notes, in no language: whole days, hours or minutes.
fn told(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "0".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ => format!("{} min", seconds / 60),
    }
}
