//! The attachments service: takes files from their authors and gives them to their addressees.
//!
//! A file is reached only through an entry that the calling office wrote or was sent. A missing file and a file that
//! the caller may not have get the same answer, so that nobody can probe which files exist.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use truc_node::store::attachments::{AttachmentError, Attachments, Have, Receiving};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::attachments_server::{self, AttachmentsServer};
use truc_proto::wire::{GetChunk, GetRequest, HaveReply, HaveRequest, PutChunk};

use crate::line::caller::Caller;

/// How many chunks are read from disk ahead of a download.
const AHEAD: usize = 2;

/// Which office may upload or download which file, by the admitted entries that name it. Calls may block on the disk.
pub trait May: Send + Sync + 'static {
    /// The size that an entry by this office declares for the file, bytes; none: the office wrote no such entry.
    fn may_put(&self, office: OfficeId, hash: Hash) -> Option<u64>;

    /// Whether this office wrote, or was sent, an entry that names the file; see [`crate::files::entitled`].
    fn may_get(&self, office: OfficeId, hash: Hash) -> bool;
}

/// The service over a store of files. Each request must carry a [`Caller`] in its extensions.
#[derive(Debug)]
pub struct AttachmentService<M> {
    store: Attachments,
    may: Arc<M>,
}

impl<M: May> AttachmentService<M> {
    /// Makes the service for a tonic server, with message sizes limited.
    pub fn server(store: Attachments, may: Arc<M>) -> AttachmentsServer<Self> {
        AttachmentsServer::new(Self { store, may })
            .max_decoding_message_size(limits::FRAME)
            .max_encoding_message_size(limits::FRAME)
    }

    /// Runs `work`, which blocks on the disk, on a thread for blocking work.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Attachments, &M) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let (store, may) = (self.store.clone(), Arc::clone(&self.may));
        on_disk(move || work(&store, &may)).await
    }
}

#[tonic::async_trait]
impl<M: May> attachments_server::Attachments for AttachmentService<M> {
    async fn have(&self, request: Request<HaveRequest>) -> Result<Response<HaveReply>, Status> {
        let office = peer(&request)?;
        let hash = hash(&request.get_ref().hash)?;
        let have = self.blocking(move |store, may| {
            if may.may_put(office, hash).is_none() && !may.may_get(office, hash) {
                return Err(not_there());
            }
            store.have(hash).map_err(status)
        });
        Ok(Response::new(reply(have.await?)))
    }

    async fn put(&self, request: Request<Streaming<PutChunk>>) -> Result<Response<HaveReply>, Status> {
        let office = peer(&request)?;
        let mut chunks = request.into_inner();
        let first = chunks.message().await?.ok_or_else(|| Status::invalid_argument("no chunk"))?;
        let hash = hash(&first.hash)?;
        let resumed = self.blocking(move |store, may| {
            let size = may.may_put(office, hash).ok_or_else(not_there)?;
            let have = store.have(hash).map_err(status)?;
            if have.complete { Ok(Err(have)) } else { store.resume(hash, size).map(Ok).map_err(status) }
        });
        let mut receiving = match resumed.await? {
            Ok(receiving) => receiving,
            Err(whole) => return Ok(Response::new(reply(whole))),
        };
        // No error: two transfers crossed, or a crash lost the end of the file. The reply says where to go on.
        if first.offset != receiving.have() {
            let have = Have { bytes: receiving.have(), complete: false };
            return Ok(Response::new(reply(have)));
        }
        let mut next = Some(first);
        while let Some(chunk) = next {
            receiving = append(receiving, chunk).await?;
            if receiving.is_full() {
                let bytes = receiving.have();
                on_disk(move || receiving.finish().map_err(status)).await?;
                return Ok(Response::new(reply(Have { bytes, complete: true })));
            }
            next = chunks.message().await?;
        }
        Ok(Response::new(reply(Have { bytes: receiving.have(), complete: false })))
    }

    type GetStream = ReceiverStream<Result<GetChunk, Status>>;

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Self::GetStream>, Status> {
        let office = peer(&request)?;
        let GetRequest { hash: bytes, offset } = request.into_inner();
        let hash = hash(&bytes)?;
        let size = self.blocking(move |store, may| {
            if !may.may_get(office, hash) {
                return Err(not_there());
            }
            let have = store.have(hash).map_err(status)?;
            if have.complete { Ok(have.bytes) } else { Err(not_there()) }
        });
        if offset > size.await? {
            return Err(Status::out_of_range("offset"));
        }
        let (chunks, stream) = mpsc::channel(AHEAD);
        tokio::spawn(read_out(self.store.clone(), hash, offset, chunks));
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

async fn append(mut receiving: Receiving, chunk: PutChunk) -> Result<Receiving, Status> {
    if chunk.data.len() > limits::CHUNK {
        return Err(Status::invalid_argument("chunk too large"));
    }
    on_disk(move || {
        receiving.append(receiving.have(), &chunk.data).map_err(status)?;
        Ok(receiving)
    })
    .await
}

/// Sends a file's chunks until its end, or until the receiver is gone.
async fn read_out(
    store: Attachments,
    hash: Hash,
    mut offset: u64,
    chunks: mpsc::Sender<Result<GetChunk, Status>>,
) {
    loop {
        let source = store.clone();
        let read = on_disk(move || source.read_at(hash, offset, limits::CHUNK).map_err(status)).await;
        let chunk = match read {
            Ok(data) if data.is_empty() => return,
            Ok(data) => {
                offset += data.len() as u64;
                Ok(GetChunk { data: data.into() })
            }
            Err(status) => Err(status),
        };
        let failed = chunk.is_err();
        if chunks.send(chunk).await.is_err() || failed {
            return;
        }
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    spawn_blocking(work).await.map_err(|_| Status::unavailable("stopping"))?
}

fn peer<T>(request: &Request<T>) -> Result<OfficeId, Status> {
    Caller::in_force(request).map(|peer| peer.office)
}

fn hash(bytes: &[u8]) -> Result<Hash, Status> {
    Hash::from_slice(bytes).ok_or_else(|| Status::invalid_argument("hash"))
}

/// The one answer for files that are missing, incomplete or not for the caller.
fn not_there() -> Status {
    Status::not_found("attachment")
}

fn reply(have: Have) -> HaveReply {
    HaveReply { have: have.bytes, complete: have.complete }
}

/// What a caller is told of an error.
fn status(error: AttachmentError) -> Status {
    match &error {
        AttachmentError::Absent(_) => not_there(),
        AttachmentError::Wrong(_) => Status::data_loss("hash"),
        AttachmentError::Offset { .. } => Status::out_of_range("chunk beyond the declared size"),
        AttachmentError::Superseded(_) => Status::aborted("another transfer has taken over"),
        AttachmentError::TooLarge(..) => Status::invalid_argument("size"),
        AttachmentError::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
        {
            tracing::error!(%error, "no room for an attachment");
            Status::resource_exhausted("storage")
        }
        _ => {
            tracing::error!(%error, "an attachment could not be read or written");
            Status::unavailable("storage")
        }
    }
}
