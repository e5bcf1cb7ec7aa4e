//! Carries attachments to and from the hub, resuming where the last attempt stopped. Memory is bounded by a few chunks,
//! however large the file.

use std::future::Future;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status};
use truc_proto::entry::Attachment;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::{GetRequest, HaveRequest, PutChunk};

use crate::store::attachments::{AttachmentError, Attachments};

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
        match status.code() {
            Code::NotFound => Self::NotThere,
            Code::DataLoss => Self::Protocol("what was sent does not match its hash"),
            _ => Self::Cut(Box::new(status)),
        }
    }
}

impl From<JoinError> for TransferError {
    fn from(_: JoinError) -> Self {
        Self::Stopped
    }
}

/// Uploads a file that is whole here, until the hub says that it is whole there.
pub async fn upload<P: Pace + Clone>(
    client: &mut AttachmentsClient<Channel>,
    store: &Attachments,
    hash: Hash,
    pace: P,
) -> Result<(), TransferError> {
    let here = store.clone();
    let here = spawn_blocking(move || here.have(hash)).await??;
    if !here.complete {
        return Err(AttachmentError::Absent(hash).into());
    }
    let mut there = client.have(HaveRequest { hash: hash.to_wire() }).await?.into_inner();
    while !there.complete {
        if there.have > here.bytes {
            return Err(TransferError::Protocol("more bytes than the file has"));
        }
        let (chunks, outgoing) = mpsc::channel(AHEAD);
        // Ends with the call, since its chunks are no longer taken.
        let reading = tokio::spawn(read_out(store.clone(), hash, there.have, pace.clone(), chunks));
        let answer = client.put(ReceiverStream::new(outgoing)).await;
        if reading.is_finished() {
            // A read error ends the stream early, which the hub takes for a short file.
            reading.await??;
        } else {
            reading.abort();
        }
        let reply = answer?.into_inner();
        if !reply.complete && reply.have <= there.have {
            return Err(TransferError::Stalled(reply.have));
        }
        there = reply;
    }
    Ok(())
}

async fn read_out<P: Pace>(
    store: Attachments,
    hash: Hash,
    from: u64,
    pace: P,
    chunks: mpsc::Sender<PutChunk>,
) -> Result<(), TransferError> {
    let mut offset = from;
    loop {
        let source = store.clone();
        let data = spawn_blocking(move || source.read_at(hash, offset, limits::CHUNK)).await??;
        let first = offset == from;
        if data.is_empty() && !first {
            return Ok(());
        }
        tokio::select! {
            () = pace.pace(data.len()) => {}
            () = chunks.closed() => return Ok(()),
        }
        let length = data.len() as u64;
        let hash = if first { hash.to_wire() } else { Bytes::new() };
        let chunk = PutChunk { hash, offset, data: data.into() };
        if chunks.send(chunk).await.is_err() || length == 0 {
            return Ok(());
        }
        offset += length;
    }
}

/// Downloads a file until it is whole and verified here.
pub async fn download<P: Pace>(
    client: &mut AttachmentsClient<Channel>,
    store: &Attachments,
    file: &Attachment,
    pace: P,
) -> Result<(), TransferError> {
    let (hash, size) = (file.hash, file.size);
    let here = store.clone();
    let resumed =
        spawn_blocking(
            move || {
                if here.have(hash)?.complete { Ok(None) } else { here.resume(hash, size).map(Some) }
            },
        );
    let Some(mut receiving) = resumed.await?? else { return Ok(()) };
    if !receiving.is_full() {
        let request = GetRequest { hash: hash.to_wire(), offset: receiving.have() };
        let mut incoming = client.get(request).await?.into_inner();
        while !receiving.is_full() {
            let Some(chunk) = incoming.message().await? else {
                return Err(TransferError::Stalled(receiving.have()));
            };
            let length = chunk.data.len();
            if length == 0 || length > limits::CHUNK {
                return Err(TransferError::Protocol("size of a chunk"));
            }
            receiving =
                spawn_blocking(move || receiving.append(receiving.have(), &chunk.data).map(|()| receiving))
                    .await??;
            pace.pace(length).await;
        }
    }
    Ok(spawn_blocking(move || receiving.finish()).await??)
}
