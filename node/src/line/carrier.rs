//! The carrier: uploads the files of own entries to the hub and downloads those of received ones. It works while the
//! hub is connected, one file at a time, and sleeps when nothing is left to carry.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tonic::transport::Channel;
use truc_proto::limits;
use truc_proto::wire::attachments_client::AttachmentsClient;

use crate::derive::views::read::{self, FileRow};
use crate::line::transfer::{self, TransferError, Unpaced};
use crate::office::{Office, OfficeError};
use crate::store::attachments::Attachments;

/// Files per query.
const PAGE: usize = 100;

/// Carries files until told to stop. `channel` is the connection while there is one; `refills` counts how often the hub
/// asked for what it may lack.
pub async fn run(
    office: Arc<Office>,
    store: Attachments,
    mut channel: watch::Receiver<Option<Channel>>,
    mut refills: watch::Receiver<u64>,
    mut stop: watch::Receiver<bool>,
) {
    tokio::select! {
        outcome = carry(&office, &store, &mut channel, &mut refills) => {
            if let Err(error) = outcome {
                tracing::error!(%error, "files are no longer carried");
            }
        }
        // A dropped sender means stop, too.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// Files that still have to travel.
#[derive(Default)]
struct Freight {
    /// Position up to which the files of entries are queued.
    upto: u64,
    waiting: VecDeque<FileRow>,
}

async fn carry(
    office: &Office,
    store: &Attachments,
    channel: &mut watch::Receiver<Option<Channel>>,
    refills: &mut watch::Receiver<u64>,
) -> Result<(), OfficeError> {
    let mut folded = office.folded()?;
    let mut freight = Freight::default();
    let mut pause = limits::BACKOFF_FIRST;
    loop {
        folded.borrow_and_update();
        if refills.has_changed().unwrap_or(false) {
            // A hub that went back may have lost files that it had.
            refills.borrow_and_update();
            freight = Freight::default();
        }
        look(office, store, &mut freight)?;
        let Some(next) = freight.waiting.pop_front() else {
            tokio::select! {
                changed = folded.changed() => changed.map_err(|_| OfficeError::Stopped)?,
                Ok(()) = refills.changed() => freight = Freight::default(),
            }
            continue;
        };
        let line = channel.wait_for(Option::is_some).await.map_err(|_| OfficeError::Stopped)?.clone();
        let Some(line) = line else { continue };
        match one(office, store, line, &next).await {
            Ok(()) => {
                pause = limits::BACKOFF_FIRST;
                tracing::debug!(file = %next.file.hash, "a file has travelled");
            }
            // The hub does not have the file yet, or the connection broke: try again after the other files.
            Err(error) => {
                tracing::debug!(file = %next.file.hash, %error, "a file has to wait");
                freight.waiting.push_back(next);
                sleep(pause).await;
                pause = (pause * 2).min(longest_pause());
            }
        }
    }
}

/// Longest wait before another try. An author may take long to bring a file, but a person may be waiting for it.
fn longest_pause() -> Duration {
    limits::BACKOFF_CAP / 4
}

/// Queues the files that newer entries name and that are not yet where they belong.
fn look(office: &Office, store: &Attachments, freight: &mut Freight) -> Result<(), OfficeError> {
    loop {
        let rows = office.view(|views| read::files_after(views, freight.upto, PAGE))?;
        let Some(last) = rows.last() else { return Ok(()) };
        freight.upto = last.position;
        let own = office.id();
        freight.waiting.extend(
            rows.into_iter().filter(|row| {
                row.ledger == own || !store.have(row.file.hash).is_ok_and(|have| have.complete)
            }),
        );
    }
}

async fn one(
    office: &Office,
    store: &Attachments,
    line: Channel,
    row: &FileRow,
) -> Result<(), TransferError> {
    let mut client = AttachmentsClient::new(line)
        .max_decoding_message_size(limits::FRAME)
        .max_encoding_message_size(limits::FRAME);
    // An own file that is missing here is downloaded: a machine that lost its disk gets its files back from the hub.
    if row.ledger == office.id() && store.have(row.file.hash)?.complete {
        transfer::upload(&mut client, store, row.file.hash, Unpaced).await
    } else {
        transfer::download(&mut client, store, &row.file, Unpaced).await
    }
}
