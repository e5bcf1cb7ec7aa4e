//! Destroys the copies of papers that this office agreed to give back.
//!
//! The bodies go in the turn that writes the agreement, and the files before it: files that are gone without an agreement
//! are fetched again, bodies are not. What comes later, or again to a store that was put back, goes as soon as the views
//! show it. A file that was fetched meanwhile, or could not be removed, goes with a later round.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::record::{self, Move};

use super::{Office, OfficeError};
use crate::blocking::blocking;
use crate::derive::views::destroyed::{self, TakenBack};
use crate::derive::views::read;
use crate::store::attachments;
use crate::store::journal::{Journal, Result};
use crate::words::failure::Failure;

/// Removes the files of a copy.
pub(super) fn files(dir: &Path, copy: &TakenBack) {
    for hash in &copy.files {
        // What cannot be removed now is removed by a later round: see `run`.
        if let Err(error) = attachments::remove(dir, *hash, Duration::ZERO) {
            tracing::error!(%hash, %error, "a file that is to be destroyed cannot be removed");
        }
    }
}

/// Destroys the bodies of a copy, by order of the entry at `by`.
pub(super) fn bodies(journal: &mut Journal, by: u64, copy: &TakenBack) -> Result<()> {
    for position in &copy.bodies {
        let Some(stored) = journal.reads().at_position(*position)? else { continue };
        let header = &stored.entry.header;
        let stead = match record::of(&stored.entry) {
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

/// What one round found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Round {
    /// Nothing is left.
    Idle,
    /// Bodies were destroyed. Whoever fetches files may not know yet.
    Destroyed,
    /// Something is left for a later round.
    Waiting,
}

/// Destroys what is due at the start, and when the views have folded something. It looks again after
/// [`limits::DESTROYED_FIRST`] and then less and less often, at least each [`limits::DESTROYED_AGAIN`], until told to stop.
pub async fn run<T>(of: Arc<T>, office: fn(&T) -> &Office, mut stop: watch::Receiver<bool>) {
    let Ok(mut folded) = office(&of).folded() else { return };
    let mut pause = limits::DESTROYED_FIRST;
    let mut destroyed: Option<Instant> = None;
    loop {
        let may = destroyed.is_none_or(|at| at.elapsed() >= limits::DESTROYED_AGAIN);
        let round = destroy_due(office(&of), may).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what is to be destroyed is still here");
            Round::Waiting
        });
        if round == Round::Destroyed {
            (pause, destroyed) = (limits::DESTROYED_FIRST, Some(Instant::now()));
        }
        let waited = tokio::select! {
            () = sleep(pause) => true,
            changed = folded.changed(), if round == Round::Idle => if changed.is_ok() { false } else { return },
            _ = stop.wait_for(|stop| *stop) => return,
        };
        if waited {
            pause = (pause * 2).min(limits::DESTROYED_AGAIN);
            empty_log(office(&of)).await;
        }
    }
}

/// Empties the log beside the journal if that could not be done before: each commit tries it, and here nobody else may
/// write for long.
async fn empty_log(office: &Office) {
    if office.read(|reads| Ok(reads.destroyed_count()? > 0)).unwrap_or_default()
        && let Ok(writer) = office.writer()
    {
        // A store that takes no writes tries it when it is opened.
        let _ = writer.write(|_| Ok(())).await;
    }
}

/// Destroys bodies if it `may`, and else removes files.
async fn destroy_due(office: &Office, may: bool) -> std::result::Result<Round, OfficeError> {
    let me = office.id();
    let (due, gone, folded) = office.view(|views| {
        // One moment for all that is read.
        let views = views.unchecked_transaction()?;
        Ok((destroyed::due(&views, me)?, destroyed::gone(&views)?, read::folded_to(&views)?))
    })?;
    let waiting = !due.is_empty();
    if may && waiting {
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
        return Ok(Round::Destroyed);
    }
    // Views that are being made anew do not show yet who else names a file.
    if office.read(|reads| Ok(!reads.after(folded, 1)?.is_empty()))? {
        return Ok(if waiting { Round::Waiting } else { Round::Idle });
    }
    let dir = office.dir().to_owned();
    let removed = blocking(move || Ok::<_, Failure>(all_removed(&dir, &gone))).await.unwrap_or(false);
    Ok(if removed && !waiting { Round::Idle } else { Round::Waiting })
}

/// Removes files of which only destroyed entries speak. Returns whether none of them is left.
fn all_removed(dir: &Path, gone: &[Hash]) -> bool {
    let mut all = true;
    for hash in gone {
        if let Err(error) = attachments::remove(dir, *hash, limits::DESTROYED_SPARED) {
            tracing::error!(%hash, %error, "a file of a destroyed paper cannot be removed; it will be tried again");
            all = false;
        }
    }
    all
}
