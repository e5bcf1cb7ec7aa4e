//! The hook: an express paper is told to a program or an address that the office chose, which sends a message or a mail.
//! It says that a paper is there and not what stands in it. Whatever becomes of the hook, everything else goes on.

mod call;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::date::local;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record::kind_name;
use truc_proto::registry::Registry;

use crate::blocking::blocking;
use crate::derive::views::read::RecordRow;
use crate::identity::keys;
use crate::office::Office;
use crate::supervise::Loop;
use crate::words::failure::Failure;
pub use call::Address;

/// File in the store's folder with the records that were told of, so that a restart tells nothing twice.
const TOLD: &str = "notified.json";

/// What an office does about express papers, beside showing them.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Hook {
    /// A program that is run for each express paper that comes, with a notice of it (JSON) on its standard input.
    #[arg(long, env = "TRUC_NOTIFY_COMMAND", value_name = "PROGRAM")]
    pub notify_command: Option<PathBuf>,
    /// An address, http://host:port/path, to which that notice is posted.
    #[arg(long, env = "TRUC_NOTIFY_URL", value_name = "URL")]
    pub notify_url: Option<Address>,
}

/// What the hook is told of an express paper: nothing of its text, not even its title.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Notice {
    record: RecordId,
    kind: &'static str,
    #[serde(rename = "type")]
    document_type: String,
    number: String,
    urgency: u32,
    from: String,
    to: Vec<String>,
    due: Option<String>,
    came: Option<String>,
    #[serde(skip)]
    opened: i64,
}

impl Notice {
    /// The notice of a record.
    pub fn of(row: &RecordRow, registry: &Registry) -> Self {
        let name = |office: OfficeId| {
            let current = registry.office(office).and_then(|known| known.current());
            current.map_or_else(|| office.to_string(), |fact| fact.name.clone())
        };
        let time = |millis: i64| local(millis).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string());
        Self {
            record: row.id,
            kind: kind_name(row.kind),
            document_type: row.document_type.clone(),
            number: row.number.clone(),
            urgency: row.urgency,
            from: name(row.owner),
            to: row.audience.iter().take(limits::NOTIFY_NAMES).map(|scope| name(scope.office)).collect(),
            due: row.due.and_then(time),
            came: time(row.opened),
            opened: row.opened,
        }
    }
}

/// Tells the hook of what `find` finds, until told to stop. What fails is tried again, each time after a longer pause.
pub async fn run<H: Send + Sync + 'static>(
    hook: Hook,
    house: Arc<H>,
    office: fn(&H) -> &Office,
    find: fn(&H) -> Result<Vec<Notice>, Failure>,
    mut stop: watch::Receiver<bool>,
) {
    if hook.notify_command.is_none() && hook.notify_url.is_none() {
        return;
    }
    let Ok(mut folded) = office(&house).folded() else { return };
    let mut told = load(office(&house).dir());
    let mut pause = limits::NOTIFY_AGAIN;
    loop {
        folded.borrow_and_update();
        let loops = office(&house).loops();
        // The program does not stay for a call that is under way: it is made again at the next start.
        let round = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            round = round(&hook, &house, office, find, &mut told) => round,
        };
        let failed = match round {
            Ok(()) => {
                loops.works(Loop::Notify);
                pause = limits::NOTIFY_AGAIN;
                false
            }
            Err(why) => {
                tracing::warn!(why, "the hook for express papers failed");
                loops.fails(Loop::Notify, &why, pause);
                true
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            changed = folded.changed(), if !failed => if changed.is_err() { return },
            () = sleep(pause), if failed => pause = (pause * 2).min(limits::NOTIFY_LONGEST),
        }
    }
}

async fn round<H: Send + Sync + 'static>(
    hook: &Hook,
    house: &Arc<H>,
    office: fn(&H) -> &Office,
    find: fn(&H) -> Result<Vec<Notice>, Failure>,
    told: &mut Vec<RecordId>,
) -> Result<(), String> {
    let there = Arc::clone(house);
    let found = blocking(move || find(&there)).await.map_err(|failure| failure.to_string())?;
    let mut failed = None;
    for notice in due(found, told, office(house).time().millis() as i64) {
        // One that cannot be told keeps no other from being told.
        if let Err(why) = tell(hook, &notice).await {
            failed = failed.or(Some(why));
            continue;
        }
        told.push(notice.record);
        let excess = told.len().saturating_sub(limits::NOTIFIED);
        told.drain(..excess);
        save(office(house).dir(), told);
        sleep(limits::NOTIFY_PAUSE).await;
    }
    failed.map_or(Ok(()), Err)
}

async fn tell(hook: &Hook, notice: &Notice) -> Result<(), String> {
    let body = serde_json::to_vec(notice).map_err(|error| error.to_string())?;
    if body.len() > limits::NOTIFY_SIZE {
        return Err("the notice is too large".to_owned());
    }
    call::call(hook, body, limits::NOTIFY_TIME).await
}

/// What must be told: what was not, oldest first, and no older than [`limits::NOTIFY_OLD`].
fn due(found: Vec<Notice>, told: &[RecordId], now: i64) -> Vec<Notice> {
    let oldest = now.saturating_sub(limits::NOTIFY_OLD.as_millis() as i64);
    let mut due: Vec<Notice> =
        found.into_iter().filter(|one| one.opened > oldest && !told.contains(&one.record)).collect();
    due.sort_by_key(|notice| notice.opened);
    due
}

fn load(dir: &Path) -> Vec<RecordId> {
    let read = std::fs::read(dir.join(TOLD)).ok();
    read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// What cannot be saved is told once more after a restart, which is better than not at all.
fn save(dir: &Path, told: &[RecordId]) {
    let saved = serde_json::to_vec(told).map_err(|error| error.to_string());
    let saved = saved
        .and_then(|bytes| keys::write_private(&dir.join(TOLD), &bytes).map_err(|error| error.to_string()));
    if let Err(why) = saved {
        tracing::warn!(why, "what the hook was told of could not be saved");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_proto::id::RecordId;
    use uuid::Uuid;

    use super::*;

    fn notice(id: u128, opened: i64) -> Notice {
        Notice {
            record: RecordId(Uuid::from_u128(id)),
            kind: "directive",
            document_type: "CĐ".into(),
            number: "12".into(),
            urgency: 3,
            from: "Tỉnh ủy".into(),
            to: Vec::new(),
            due: None,
            came: None,
            opened,
        }
    }

    #[test]
    fn each_is_told_once_and_none_that_is_old() {
        let now = 1_800_000_000_000;
        let old = now - limits::NOTIFY_OLD.as_millis() as i64;
        let found = vec![notice(1, now), notice(2, now - 9), notice(3, old), notice(4, now - 5)];
        let ids: Vec<RecordId> = due(found, &[RecordId(Uuid::from_u128(4))], now)
            .into_iter()
            .map(|notice| notice.record)
            .collect();
        assert_eq!(ids, [2, 1].map(|id| RecordId(Uuid::from_u128(id))));
    }

    #[test]
    fn what_was_told_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(load(dir.path()).is_empty());
        let told = vec![RecordId(Uuid::from_u128(7))];
        save(dir.path(), &told);
        assert_eq!(load(dir.path()), told);
    }
}
