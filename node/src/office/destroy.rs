//! Destroys the copies of papers that this office agreed to give back.
//!
//! The bodies go in the turn that writes the agreement, and the files before it: files that are gone without an agreement
//! are fetched again, bodies are not. What comes later, or again to a store that was put back, goes as soon as the views
//! show it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::limits;
use truc_proto::record::{self, Move};

use super::{Office, OfficeError};
use crate::derive::views::destroyed::{self, TakenBack};
use crate::store::attachments;
use crate::store::journal::{Journal, Result};

/// Removes the files of a copy.
pub(super) fn files(dir: &Path, copy: &TakenBack) {
    for hash in &copy.files {
        // What cannot be removed now is removed when the copy is looked at again.
        if let Err(error) = attachments::remove(dir, *hash) {
            tracing::error!(%hash, %error, "a file that is to be destroyed cannot be removed");
        }
    }
}

/// Destroys the bodies of a copy, by order of the entry at `by`.
pub(super) fn bodies(journal: &mut Journal, by: u64, copy: &TakenBack) -> Result<()> {
    for position in &copy.bodies {
        let Some(stored) = journal.reads().at_position(*position)? else { continue };
        let header = &stored.entry.header;
        let stead = match record::decode(header.kind, &stored.entry.body) {
            Ok(Move::Directive(mv)) => Move::from(mv.without_content()).encode(),
            // What nobody here can read leaves nothing behind.
            _ => Bytes::new(),
        };
        // It carries nothing of the paper.
        if header.attachments.is_empty() && stead == stored.entry.body {
            continue;
        }
        journal.destroy(by, *position, &stead)?;
    }
    Ok(())
}

/// Destroys what is due, when the views have folded something and [`limits::DESTROYED_AGAIN`] has passed since the last
/// time, until told to stop.
pub async fn run<T>(of: Arc<T>, office: fn(&T) -> &Office, mut stop: watch::Receiver<bool>) {
    let Ok(mut folded) = office(&of).folded() else { return };
    loop {
        let destroyed = destroy_due(office(&of)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what is to be destroyed is still here");
            false
        });
        tokio::select! {
            () = sleep(limits::DESTROYED_AGAIN), if destroyed => {}
            changed = folded.changed(), if !destroyed => if changed.is_err() { return },
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Returns whether something was due.
async fn destroy_due(office: &Office) -> std::result::Result<bool, OfficeError> {
    let me = office.id();
    let due = office.view(|views| destroyed::due(views, me))?;
    let some = !due.is_empty();
    for (by, copy) in due {
        let dir: PathBuf = office.dir().to_owned();
        office
            .writer()?
            .write(move |journal| {
                files(&dir, &copy);
                bodies(journal, by, &copy)
            })
            .await?;
    }
    Ok(some)
}
