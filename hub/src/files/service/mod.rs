//! The attachments service: takes files from their authors and gives them to their addressees.
//!
//! A file is reached only through an entry that the calling office wrote or was sent. A missing file and a file that
//! the caller may not have get the same answer, so that nobody can probe which files exist. What an office brings is
//! its own until it is whole and has its hash: nobody can spoil what another brings.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};
use truc_node::store::attachments::{AttachmentError, Attachments, Receiving, Upload};
use truc_node::supervise;
use truc_proto::enrolment::{FileRefusal, REASON};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::attachments_server::{self, AttachmentsServer};
use truc_proto::wire::{
    FileName, FileState, GetChunk, GetRequest, HaveReply, HaveRequest, PutChunk, PutReply,
};

use crate::config::FileQuotas;
use crate::line::caller::Caller;

/// How many chunks are read from disk ahead of a download.
const AHEAD: usize = 2;

/// Which office may bring and fetch which file, by the admitted entries that name it. Calls may block on the disk.
pub trait May: Send + Sync + 'static {
    /// What the memory of who brought which file is called.
    fn memory(&self) -> u64;

    /// Whether the office is to bring the file: an entry of its own names it with this size, and the hub (which has the
    /// file if it is `whole`) has not seen that the office has the bytes.
    fn wants(&self, upload: Upload, whole: bool) -> bool;

    /// Whether this office wrote, or was sent, an entry that passes the file on; see [`crate::files::entitled`].
    fn may_get(&self, office: OfficeId, hash: Hash) -> bool;

    /// Number of files that the office has brought whole.
    fn number_brought(&self, office: OfficeId) -> u64;

    /// Bytes that the office has brought within a day.
    fn within_a_day(&self, office: OfficeId) -> u64;

    /// The office has brought all bytes of the file, and they have its hash. Returns whether that is durably known.
    fn brought(&self, upload: Upload) -> bool;
}

/// The service over a store of files. Each request must carry a [`Caller`] in its extensions.
#[derive(Debug)]
pub struct AttachmentService<M> {
    desk: Arc<Desk<M>>,
}

/// What each call needs.
#[derive(Debug)]
struct Desk<M> {
    store: Attachments,
    may: Arc<M>,
    quotas: FileQuotas,
    wrong: Mutex<HashMap<OfficeId, (u32, Instant)>>,
}

impl<M: May> AttachmentService<M> {
    /// Makes the service for a tonic server, with message sizes limited.
    pub fn server(store: Attachments, may: Arc<M>, quotas: FileQuotas) -> AttachmentsServer<Self> {
        let desk = Desk { store: store.keeping(quotas.disk_kept), may, quotas, wrong: Mutex::default() };
        AttachmentsServer::new(Self { desk: Arc::new(desk) })
            .max_decoding_message_size(limits::FRAME)
            .max_encoding_message_size(limits::FRAME)
    }

    /// Runs `work`, which blocks on the disk, on a thread for blocking work.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk<M>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let desk = Arc::clone(&self.desk);
        on_disk(move || work(&desk)).await
    }
}

impl<M: May> Desk<M> {
    /// What the hub has of a file, as far as it is the office's business.
    fn state(&self, by: OfficeId, file: &FileName) -> Result<FileState, Status> {
        let upload = upload(by, &file.hash, file.size)?;
        let whole = self.store.have(upload.hash).map_err(status)?.complete;
        let wanted = self.may.wants(upload, whole);
        Ok(FileState {
            whole: whole && self.may.may_get(by, upload.hash),
            wanted,
            have: if wanted { self.store.received(upload).map_err(status)? } else { 0 },
        })
    }

    /// Begins to take what an office brings, or goes on where it stopped; none: it is not needed.
    fn take(&self, upload: Upload) -> Result<Option<Receiving>, Status> {
        let whole = self.store.have(upload.hash).map_err(status)?.complete;
        if !self.may.wants(upload, whole) {
            let done = whole && self.may.may_get(upload.by, upload.hash);
            return if done { Ok(None) } else { Err(not_there()) };
        }
        self.guard(upload.by)?;
        let mut others = self.store.unfinished_by(upload.by).map_err(status)?;
        others.retain(|other| *other != upload);
        let bytes = others.iter().map(|other| other.size).fold(upload.size, u64::saturating_add);
        let today = self.may.within_a_day(upload.by).saturating_add(upload.size);
        if others.len() >= limits::UNFINISHED_FILES
            || bytes > self.quotas.unfinished
            || today > self.quotas.a_day
        {
            tracing::warn!(office = %upload.by, files = others.len(), bytes, today, "an office brings too many files");
            return Err(refused(FileRefusal::Quota));
        }
        self.store.receive(upload).map(Some).map_err(status)
    }

    /// Refuses an office that has brought wrong files, for a while.
    fn guard(&self, by: OfficeId) -> Result<(), Status> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|_, (_, last)| last.elapsed() < limits::WRONG_FILES_WAIT);
        match wrong.get(&by) {
            Some((count, _)) if *count >= limits::WRONG_FILES => Err(refused(FileRefusal::Wrong)),
            _ => Ok(()),
        }
    }

    /// Ends an upload of which all bytes are here.
    fn finish(&self, upload: Upload, receiving: Receiving) -> Result<PutReply, Status> {
        let finished = receiving.finish();
        if matches!(finished, Err(AttachmentError::Wrong(_))) {
            let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
            let (count, last) = wrong.entry(upload.by).or_insert((0, Instant::now()));
            (*count, *last) = (*count + 1, Instant::now());
            tracing::warn!(office = %upload.by, file = %upload.hash, count, "what an office brought is another file");
        }
        finished.map_err(status)?;
        if self.may.brought(upload) { Ok(self.complete(upload)) } else { Err(Status::unavailable("storage")) }
    }

    fn complete(&self, upload: Upload) -> PutReply {
        PutReply { have: upload.size, complete: true, brought: self.may.number_brought(upload.by) }
    }
}

#[tonic::async_trait]
impl<M: May> attachments_server::Attachments for AttachmentService<M> {
    async fn have(&self, request: Request<HaveRequest>) -> Result<Response<HaveReply>, Status> {
        let by = peer(&request)?;
        let files = request.into_inner().files;
        if files.len() > limits::FILES_ASKED {
            return Err(Status::invalid_argument("too many files"));
        }
        let reply = self.blocking(move |desk| {
            let states = files.iter().map(|file| desk.state(by, file));
            let files = states.collect::<Result<_, _>>()?;
            Ok(HaveReply { memory: desk.may.memory(), files, brought: desk.may.number_brought(by) })
        });
        Ok(Response::new(reply.await?))
    }

    async fn put(&self, request: Request<Streaming<PutChunk>>) -> Result<Response<PutReply>, Status> {
        let by = peer(&request)?;
        let mut chunks = request.into_inner();
        let first = chunks.message().await?.ok_or_else(|| Status::invalid_argument("no chunk"))?;
        let upload = upload(by, &first.hash, first.size)?;
        let taken = self.blocking(move |desk| match desk.take(upload)? {
            Some(receiving) => Ok(Ok(receiving)),
            None => Ok(Err(desk.complete(upload))),
        });
        let mut receiving = match taken.await? {
            Ok(receiving) => receiving,
            Err(complete) => return Ok(Response::new(complete)),
        };
        let mut next = Some(PutChunk { hash: Default::default(), size: 0, ..first });
        while let Some(chunk) = next {
            receiving = append(receiving, chunk).await?;
            if receiving.is_full() {
                let complete = self.blocking(move |desk| desk.finish(upload, receiving)).await?;
                return Ok(Response::new(complete));
            }
            // Who says nothing for so long goes on later.
            next = match timeout(limits::FILE_SILENCE, chunks.message()).await {
                Ok(next) => next?,
                Err(_) => None,
            };
        }
        Ok(Response::new(PutReply { have: receiving.have(), ..Default::default() }))
    }

    type GetStream = ReceiverStream<Result<GetChunk, Status>>;

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Self::GetStream>, Status> {
        let office = peer(&request)?;
        let GetRequest { hash, offset } = request.into_inner();
        let Upload { hash, .. } = upload(office, &hash, 0)?;
        let size = self.blocking(move |desk| {
            if !desk.may.may_get(office, hash) {
                return Err(not_there());
            }
            let have = desk.store.have(hash).map_err(status)?;
            if have.complete { Ok(have.bytes) } else { Err(not_there()) }
        });
        let size = size.await?;
        if offset > size {
            return Err(Status::out_of_range("offset"));
        }
        let (chunks, stream) = mpsc::channel(AHEAD);
        supervise::spawn("download", read_out(self.desk.store.clone(), hash, size, offset, chunks));
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

async fn append(mut receiving: Receiving, chunk: PutChunk) -> Result<Receiving, Status> {
    if chunk.data.len() > limits::CHUNK {
        return Err(Status::invalid_argument("chunk too large"));
    }
    if !chunk.hash.is_empty() || chunk.size != 0 {
        return Err(Status::invalid_argument("a second file"));
    }
    on_disk(move || {
        receiving.append(chunk.offset, &chunk.data).map_err(status)?;
        Ok(receiving)
    })
    .await
}

/// Sends a file's chunks until its end, or until the receiver is gone. The first one always comes: it tells the size.
async fn read_out(
    store: Attachments,
    hash: Hash,
    size: u64,
    mut offset: u64,
    chunks: mpsc::Sender<Result<GetChunk, Status>>,
) {
    let mut first = true;
    loop {
        let source = store.clone();
        let read = on_disk(move || source.read_at(hash, offset, limits::CHUNK_SENT).map_err(status)).await;
        let chunk = match read {
            Ok(data) if data.is_empty() && !first => return,
            Ok(data) => {
                offset += data.len() as u64;
                Ok(GetChunk { data: data.into(), size: if first { size } else { 0 } })
            }
            Err(status) => Err(status),
        };
        first = false;
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

fn upload(by: OfficeId, hash: &[u8], size: u64) -> Result<Upload, Status> {
    let hash = Hash::from_slice(hash).ok_or_else(|| Status::invalid_argument("hash"))?;
    Ok(Upload { by, hash, size })
}

/// The one answer for files that are missing, incomplete or not for the caller.
fn not_there() -> Status {
    Status::not_found("attachment")
}

/// The answer to bytes that are not taken now.
fn refused(why: FileRefusal) -> Status {
    let mut status = Status::resource_exhausted(match why {
        FileRefusal::Room => "the disk is kept for entries",
        FileRefusal::Quota => "too many files at once",
        FileRefusal::Wrong => "too many wrong files",
    });
    status.metadata_mut().insert(REASON, MetadataValue::from_static(why.code()));
    status
}

/// What a caller is told of an error.
fn status(error: AttachmentError) -> Status {
    match &error {
        AttachmentError::Absent(_) => not_there(),
        AttachmentError::Wrong(_) => Status::data_loss("hash"),
        AttachmentError::Offset { .. } => Status::out_of_range("a chunk that does not follow"),
        AttachmentError::Superseded(_) => Status::aborted("another transfer has taken over"),
        AttachmentError::TooLarge(..) => Status::invalid_argument("size"),
        AttachmentError::NoRoom(_) => {
            tracing::warn!(%error, "no room for an attachment");
            refused(FileRefusal::Room)
        }
        AttachmentError::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
        {
            tracing::error!(%error, "no room for an attachment");
            refused(FileRefusal::Room)
        }
        _ => {
            tracing::error!(%error, "an attachment could not be read or written");
            Status::unavailable("storage")
        }
    }
}
