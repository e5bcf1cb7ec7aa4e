//! Carries attachments to and from the hub, resuming where the last attempt stopped. Memory is bounded by a few chunks,
//! however large the file.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status};
use truc_proto::enrolment::{FileRefusal, REASON};
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::{FileName, FileState, GetRequest, HaveRequest, PutChunk};

use crate::store::attachments::{AttachmentError, Attachments};
use crate::supervise;

/// Chunks read ahead of the network.
const AHEAD: usize = 2;

/// Holds a transfer back so that more urgent traffic goes first.
pub trait Pace: Send + Sync + 'static {
    /// Waits until so many bytes may travel. An upload waits before it sends a chunk, a download before it takes the
    /// next one; untaken chunks fill the stream's window and no more.
    fn pace(&self, bytes: usize) -> impl Future<Output = ()> + Send;
}

/// A pace without delays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpaced;

impl Pace for Unpaced {
    async fn pace(&self, _: usize) {}
}

/// Why a transfer ended before the file was whole. Bytes that arrived are kept unless they were wrong.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The hub does not have the file yet, or this office may not have it.
    #[error("the hub does not have this attachment, or not for us")]
    NotThere,
    /// The hub takes no bytes now.
    #[error("the hub takes no bytes now: {}", .0.code())]
    Refused(FileRefusal),
    /// The connection or the hub cut it; worth another try.
    #[error("the transfer was cut: {0}")]
    Cut(Box<Status>),
    /// The other end stopped without a reason, no further than before.
    #[error("the transfer got no further than {0} bytes")]
    Stalled(u64),
    /// The hub sent more than the file has, a chunk of a wrong size, or found that the bytes do not have their hash.
    #[error("the other end breaks the protocol: {0}")]
    Protocol(&'static str),
    /// Reading or writing here failed, or the bytes that arrived were wrong.
    #[error(transparent)]
    Store(#[from] AttachmentError),
    /// The program is stopping.
    #[error("stopped")]
    Stopped,
}

impl From<Status> for TransferError {
    fn from(status: Status) -> Self {
        let refusal = status.metadata().get(REASON).and_then(|reason| reason.to_str().ok());
        match (refusal.and_then(FileRefusal::from_code), status.code()) {
            (Some(refusal), _) => Self::Refused(refusal),
            (None, Code::NotFound) => Self::NotThere,
            (None, Code::DataLoss) => Self::Protocol("what was sent does not match its hash"),
            _ => Self::Cut(Box::new(status)),
        }
    }
}

impl From<JoinError> for TransferError {
    fn from(_: JoinError) -> Self {
        Self::Stopped
    }
}

/// Waits until nothing has moved for too long.
async fn silence(moved: &AtomicU64) {
    loop {
        let before = moved.load(Ordering::Relaxed);
        sleep(limits::FILE_SILENCE).await;
        if moved.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

/// What the hub has of one own file, and how many files this office has brought.
async fn state(
    client: &mut AttachmentsClient<Channel>,
    hash: Hash,
    size: u64,
) -> Result<(FileState, u64), TransferError> {
    let request = HaveRequest { files: vec![FileName { hash: hash.to_wire(), size }] };
    let reply = timeout(limits::FILE_SILENCE, client.have(request)).await;
    let reply = reply.map_err(|_| TransferError::Stalled(0))??.into_inner();
    let file = reply.files.first().copied().ok_or(TransferError::Protocol("no answer about the file"))?;
    Ok((file, reply.brought))
}

/// Uploads a file that is whole here, until the hub says that it needs no more of it. Returns how many files this office
/// has brought, as the hub says.
pub async fn upload<P: Pace + Clone>(
    client: &mut AttachmentsClient<Channel>,
    store: &Attachments,
    hash: Hash,
    pace: P,
) -> Result<u64, TransferError> {
    let here = store.clone();
    let here = spawn_blocking(move || here.have(hash)).await??;
    if !here.complete {
        return Err(AttachmentError::Absent(hash).into());
    }
    let size = here.bytes;
    let mut before = None;
    loop {
        let (there, brought) = state(client, hash, size).await?;
        if !there.wanted {
            return if there.whole { Ok(brought) } else { Err(TransferError::NotThere) };
        }
        if there.have > size {
            return Err(TransferError::Protocol("more bytes than the file has"));
        }
        if before.is_some_and(|before| there.have <= before) {
            return Err(TransferError::Stalled(there.have));
        }
        before = Some(there.have);
        let (chunks, outgoing) = mpsc::channel(AHEAD);
        let moved = Arc::new(AtomicU64::new(there.have));
        let source = Source { store: store.clone(), hash, size, moved: Arc::clone(&moved) };
        // Ends with the call, since its chunks are no longer taken.
        let reading = supervise::spawn("upload", read_out(source, there.have, pace.clone(), chunks));
        let answer = tokio::select! {
            answer = client.put(ReceiverStream::new(outgoing)) => answer,
            () = silence(&moved) => return Err(TransferError::Stalled(moved.load(Ordering::Relaxed))),
        };
        if reading.is_finished() {
            // A read error ends the stream early, which the hub takes for a short file.
            reading.await??;
        } else {
            reading.abort();
        }
        let answer = answer?.into_inner();
        if answer.complete {
            return Ok(answer.brought);
        }
    }
}

/// A file that goes up.
struct Source {
    store: Attachments,
    hash: Hash,
    size: u64,
    /// How far it has gone.
    moved: Arc<AtomicU64>,
}

async fn read_out<P: Pace>(
    file: Source,
    from: u64,
    pace: P,
    chunks: mpsc::Sender<PutChunk>,
) -> Result<(), TransferError> {
    let Source { store, hash, size, moved } = file;
    let mut offset = from;
    loop {
        let source = store.clone();
        let data = spawn_blocking(move || source.read_at(hash, offset, limits::CHUNK_SENT)).await??;
        let first = offset == from;
        if data.is_empty() && !first {
            return Ok(());
        }
        tokio::select! {
            () = pace.pace(data.len()) => {}
            () = chunks.closed() => return Ok(()),
        }
        let length = data.len() as u64;
        let (hash, size) = if first { (hash.to_wire(), size) } else { (Bytes::new(), 0) };
        let chunk = PutChunk { hash, size, offset, data: data.into() };
        if chunks.send(chunk).await.is_err() || length == 0 {
            return Ok(());
        }
        offset += length;
        moved.store(offset, Ordering::Relaxed);
    }
}

/// Downloads a file until it is whole and verified here. How large it is the hub says, not the entry that names it:
/// its author may err, and the hash decides.
pub async fn download<P: Pace>(
    client: &mut AttachmentsClient<Channel>,
    store: &Attachments,
    hash: Hash,
    pace: P,
) -> Result<(), TransferError> {
    let here = store.clone();
    let here = spawn_blocking(move || here.have(hash)).await??;
    if here.complete {
        return Ok(());
    }
    let mut offset = here.bytes;
    let opened = client.get(GetRequest { hash: hash.to_wire(), offset }).await;
    let mut incoming = match opened {
        // What is here is longer than the file: worth nothing.
        Err(status) if status.code() == Code::OutOfRange && offset > 0 => {
            offset = 0;
            client.get(GetRequest { hash: hash.to_wire(), offset }).await?
        }
        opened => opened?,
    }
    .into_inner();
    let mut receiving = None;
    loop {
        let have = receiving.as_ref().map_or(offset, crate::store::attachments::Receiving::have);
        let message = timeout(limits::FILE_SILENCE, incoming.message()).await;
        let Some(chunk) = message.map_err(|_| TransferError::Stalled(have))?? else {
            return Err(TransferError::Stalled(have));
        };
        let length = chunk.data.len();
        let first = receiving.is_none();
        if length > limits::CHUNK || length == 0 && !first {
            return Err(TransferError::Protocol("size of a chunk"));
        }
        let (store, known) = (store.clone(), receiving.take());
        let taken = spawn_blocking(move || {
            let mut receiving = match known {
                Some(receiving) => receiving,
                None => store.resume(hash, chunk.size)?,
            };
            if !receiving.is_full() {
                receiving.append(have, &chunk.data)?;
            }
            Ok::<_, AttachmentError>(receiving)
        });
        let taken = taken.await??;
        if taken.is_full() {
            return Ok(spawn_blocking(move || taken.finish()).await??);
        }
        receiving = Some(taken);
        pace.pace(length).await;
    }
}
