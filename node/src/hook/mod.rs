//! The hook: an express paper is told to a program or an address that the office chose, which sends a message or a mail.
//! It says that a paper is there and not what stands in it. Whatever becomes of the hook, everything else goes on.

mod call;

use std::path::PathBuf;
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
use call::Channel;

/// Files in the store's folder with the records that each channel was told of, so that neither a restart nor a failure of
/// the other one tells it anything twice.
const TOLD: [&str; 2] = ["notified-command.json", "notified-url.json"];

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
    let channels = [hook.notify_command.map(Channel::Command), hook.notify_url.map(Channel::Url)];
    if channels.iter().all(Option::is_none) {
        return;
    }
    let Ok(mut folded) = office(&house).folded() else { return };
    let mut told = TOLD.map(|name| Told::load(office(&house).dir().join(name)));
    let mut pause = limits::NOTIFY_AGAIN;
    loop {
        folded.borrow_and_update();
        let loops = office(&house).loops();
        // The program does not stay for a call that is under way: it is made again at the next start.
        let round = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            round = round(&channels, &house, office, find, &mut told) => round,
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
    channels: &[Option<Channel>; 2],
    house: &Arc<H>,
    office: fn(&H) -> &Office,
    find: fn(&H) -> Result<Vec<Notice>, Failure>,
    told: &mut [Told; 2],
) -> Result<(), String> {
    let there = Arc::clone(house);
    let found = blocking(move || find(&there)).await.map_err(|failure| failure.to_string())?;
    let now = office(house).time().millis() as i64;
    let ([command, url], [to_command, to_url]) = (channels, told);
    // Neither waits for the other.
    let (first, second) = tokio::join!(to_command.all(command, &found, now), to_url.all(url, &found, now));
    first.and(second)
}

/// What a channel was told of.
#[derive(Debug)]
struct Told {
    path: PathBuf,
    records: Vec<RecordId>,
}

impl Told {
    fn load(path: PathBuf) -> Self {
        let read = std::fs::read(&path).ok();
        let records = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, records }
    }

    /// Tells a channel what it must be told, if there is one.
    async fn all(&mut self, channel: &Option<Channel>, found: &[Notice], now: i64) -> Result<(), String> {
        let Some(channel) = channel else { return Ok(()) };
        let mut failed = Ok(());
        for notice in due(found, &self.records, now) {
            // One that cannot be told keeps no other from being told.
            if let Err(why) = tell(channel, notice).await {
                failed = failed.and(Err(why));
                continue;
            }
            self.records.push(notice.record);
            let excess = self.records.len().saturating_sub(limits::NOTIFIED);
            self.records.drain(..excess);
            self.save();
            sleep(limits::NOTIFY_PAUSE).await;
        }
        failed
    }

    /// What cannot be saved is told once more after a restart, which is better than not at all.
    fn save(&self) {
        let saved = serde_json::to_vec(&self.records).map_err(|error| error.to_string());
        let saved = saved
            .and_then(|bytes| keys::write_private(&self.path, &bytes).map_err(|error| error.to_string()));
        if let Err(why) = saved {
            tracing::warn!(why, "what the hook was told of could not be saved");
        }
    }
}

async fn tell(channel: &Channel, notice: &Notice) -> Result<(), String> {
    let body = serde_json::to_vec(notice).map_err(|error| error.to_string())?;
    if body.len() > limits::NOTIFY_SIZE {
        return Err("the notice is too large".to_owned());
    }
    channel.call(body, limits::NOTIFY_TIME).await
}

/// What must be told: what was not, oldest first, and no older than [`limits::NOTIFY_OLD`].
fn due<'a>(found: &'a [Notice], told: &[RecordId], now: i64) -> Vec<&'a Notice> {
    let oldest = now.saturating_sub(limits::NOTIFY_OLD.as_millis() as i64);
    let mut due: Vec<&Notice> =
        found.iter().filter(|one| one.opened > oldest && !told.contains(&one.record)).collect();
    due.sort_by_key(|notice| notice.opened);
    due
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
        let ids: Vec<RecordId> = due(&found, &[RecordId(Uuid::from_u128(4))], now)
            .into_iter()
            .map(|notice| notice.record)
            .collect();
        assert_eq!(ids, [2, 1].map(|id| RecordId(Uuid::from_u128(id))));
    }

    #[test]
    fn what_was_told_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(TOLD[0]);
        let mut told = Told::load(path.clone());
        assert!(told.records.is_empty());
        told.records.push(RecordId(Uuid::from_u128(7)));
        told.save();
        assert_eq!(Told::load(path).records, told.records);
    }

    #[tokio::test]
    async fn a_channel_that_fails_repeats_nothing_on_the_other() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let (program, heard) = (dir.path().join("hook"), dir.path().join("heard"));
        std::fs::write(&program, format!("#!/bin/sh\ncat >> {}\n", heard.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nobody = Some(Channel::Url(format!("http://{free}/").parse().unwrap()));
        let program = Some(Channel::Command(program));
        let now = 1_800_000_000_000;
        let found = vec![notice(1, now)];
        for round in 0..3 {
            let [mut command, mut url] = TOLD.map(|name| Told::load(dir.path().join(name)));
            let said = tokio::join!(command.all(&program, &found, now), url.all(&nobody, &found, now));
            assert!(said.0.is_ok() && said.1.is_err(), "{said:?}");
            let said = std::fs::read_to_string(&heard).unwrap();
            assert_eq!(said.matches("record").count(), 1, "round {round}: {said}");
            assert!(Told::load(dir.path().join(TOLD[1])).records.is_empty());
        }
    }
}
