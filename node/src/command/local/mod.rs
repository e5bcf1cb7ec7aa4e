//! Local socket: how commands reach the process that serves a store. It lies in the store's folder, for its owner only.
//!
//! One request per connection: its length in four bytes, big-endian, and JSON; with the length come the files that the
//! command has opened, as descriptors (unix(7), SCM_RIGHTS). The answer is lines of JSON: `"taken"` at once, any number
//! of
//! `{"progress":…}`, then one `{"result":…}` or `{"failure":…}`.

#[cfg(test)]
mod tests;

use std::fs::{self, File, Permissions};
use std::future::Future;
use std::io::{self, BufRead, BufReader, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use truc_proto::limits;

use crate::store::lock::Lock;
use crate::words::failure::{ExitCode, Failure};

/// File name of the socket in the store's folder.
pub const SOCKET: &str = "truc.sock";
/// Size of a socket address's path in bytes, including the final zero (unix(7)).
const ADDRESS: usize = 108;
/// Progress messages that are queued for a slow reader; further ones are dropped.
const WAITING: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Taken,
    Progress(Value),
    Result(Value),
    Failure(Failure),
}

/// Sends progress of a request to the command that asked.
#[derive(Clone, Debug)]
pub struct Progress(mpsc::Sender<Value>);

impl Progress {
    /// Sends a progress message without waiting; drops it if the queue is full.
    pub fn say(&self, value: Value) {
        let _ = self.0.try_send(value);
    }

    /// Whether the asking command is gone. Finishing its request may still be worthwhile.
    pub fn is_unheard(&self) -> bool {
        self.0.is_closed()
    }
}

/// The serving end of the socket. Dropping it removes the file.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// User id that may send requests, besides root.
    owner: u32,
}

impl Socket {
    /// Listens in the store that `lock` owns, and replaces a socket left by a process that died. Must be called within
    /// a tokio runtime.
    pub fn bind(lock: &Lock) -> Result<Self, Failure> {
        let path = lock.dir().join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::io(&path, error)),
            _ => {}
        }
        let bound = address(lock.dir()).and_then(|(address, _folder)| UnixListener::bind(address));
        let listener = bound.map_err(|error| Failure::io(&path, error))?;
        let closed = fs::set_permissions(&path, Permissions::from_mode(0o600));
        let owner = closed.and_then(|()| fs::metadata(&path)).map(|about| about.uid());
        let owner = owner.map_err(|error| Failure::io(&path, error))?;
        Ok(Self { listener, path, owner })
    }

    /// Answers requests until `stop` is done; then accepts no more and gives those in progress [`limits::LOCAL_STOP`]
    /// to end. A request is completed even if its command is gone.
    pub async fn serve<R, H, F>(self, handler: H, stop: impl Future<Output = ()>)
    where
        R: DeserializeOwned + Send + 'static,
        H: Fn(R, Vec<File>, Progress) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Value, Failure>> + Send + 'static,
    {
        let tasks = TaskTracker::new();
        let slots = Arc::new(Semaphore::new(limits::LOCAL_REQUESTS));
        tokio::pin!(stop);
        loop {
            let (stream, slot) = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&self.listener, &slots) => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "local socket");
                        // Usually out of file descriptors: retrying at once would only burn the processor.
                        tokio::time::sleep(limits::BACKOFF_FIRST).await;
                        continue;
                    }
                },
            };
            let mine = stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0);
            if !mine {
                tracing::warn!("somebody else's process asks over the local socket");
                continue;
            }
            let (handler, work) = (handler.clone(), tasks.clone());
            tasks.spawn(async move {
                // Fails if the command is gone; then nobody waits for the answer.
                let _ = answer(stream, handler, work).await;
                drop(slot);
            });
        }
        // Removed before waiting, so that new commands find no socket instead of waiting in vain.
        drop(self);
        tasks.close();
        if timeout(limits::LOCAL_STOP, tasks.wait()).await.is_err() {
            tracing::warn!(requests = tasks.len(), "stopping with requests under way");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A file that remains is removed at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

async fn accept(
    listener: &UnixListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, slot))
}

async fn answer<R, H, F>(mut stream: UnixStream, handler: H, tasks: TaskTracker) -> io::Result<()>
where
    R: DeserializeOwned + Send + 'static,
    H: Fn(R, Vec<File>, Progress) -> F,
    F: Future<Output = Result<Value, Failure>> + Send + 'static,
{
    write_line(&mut stream, &Line::Taken).await?;
    let request = timeout(limits::LOCAL_READ, read_request(&mut stream)).await??;
    let (request, opened) = match request.and_then(|(bytes, opened)| {
        let request = serde_json::from_slice::<R>(&bytes);
        let request =
            request.map_err(|error| Failure::new(ExitCode::Usage, "local-request").because(error))?;
        Ok((request, opened))
    }) {
        Ok(request) => request,
        Err(failure) => return write_line(&mut stream, &Line::Failure(failure)).await,
    };
    let (words, mut said) = mpsc::channel(WAITING);
    let mut work = tasks.spawn(handler(request, opened, Progress(words)));
    let done = loop {
        tokio::select! {
            biased;
            Some(word) = said.recv() => write_line(&mut stream, &Line::Progress(word)).await?,
            done = &mut work => break done,
        }
    };
    while let Ok(word) = said.try_recv() {
        write_line(&mut stream, &Line::Progress(word)).await?;
    }
    let line = match done {
        Ok(Ok(result)) => Line::Result(result),
        Ok(Err(failure)) => Line::Failure(failure),
        Err(error) => Line::Failure(Failure::new(ExitCode::Unexpected, "local-cut").because(error)),
    };
    write_line(&mut stream, &line).await
}

async fn read_request(stream: &mut UnixStream) -> io::Result<Result<(Vec<u8>, Vec<File>), Failure>> {
    let (mut length, mut opened) = ([0; 4], Vec::new());
    let mut got = 0;
    while got < length.len() {
        let socket: &UnixStream = stream;
        socket.readable().await?;
        let received = socket.try_io(Interest::READABLE, || receive(socket, &mut length[got..], &mut opened));
        got += match received {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > limits::LOCAL_REQUEST {
        return Ok(Err(too_large(length)));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(Ok((bytes, opened)))
}

/// Receives bytes, and the files that come with them.
fn receive(socket: impl AsFd, into: &mut [u8], opened: &mut Vec<File>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(limits::ATTACHMENTS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(into)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(files) = message {
            opened.extend(files.map(File::from));
        }
    }
    Ok(received.bytes)
}

/// Sends bytes that are few enough to go at once, and files with them.
fn send(socket: impl AsFd, bytes: &[u8], opened: &[File]) -> io::Result<()> {
    let files: Vec<BorrowedFd<'_>> = opened.iter().map(File::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(limits::ATTACHMENTS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

async fn write_line(stream: &mut UnixStream, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    stream.write_all(&bytes).await
}

/// Whether a process serves the store in `dir`.
pub fn is_served(dir: &Path) -> bool {
    address(dir).and_then(|(address, _folder)| BlockingStream::connect(address)).is_ok()
}

/// Sends a request with opened files to the process that serves the store in `dir` and waits for the answer. Blocks.
/// Fails with `local-nobody` if no process serves it.
pub fn call<R: Serialize>(
    dir: &Path,
    request: &R,
    opened: &[File],
    on_progress: impl FnMut(Value),
) -> Result<Value, Failure> {
    call_within(dir, request, opened, limits::LOCAL_TAKEN, on_progress)
}

/// As [`call`], with the time within which the request must be taken up; otherwise fails with `local-busy`.
fn call_within<R: Serialize>(
    dir: &Path,
    request: &R,
    opened: &[File],
    patience: Duration,
    mut on_progress: impl FnMut(Value),
) -> Result<Value, Failure> {
    let path = dir.join(SOCKET);
    let request = serde_json::to_vec(request)
        .map_err(|error| Failure::new(ExitCode::Unexpected, "local-request").because(error))?;
    let length = u32::try_from(request.len()).ok().filter(|_| request.len() <= limits::LOCAL_REQUEST);
    let Some(length) = length else { return Err(too_large(request.len())) };
    if opened.len() > limits::ATTACHMENTS {
        let many = Failure::new(ExitCode::Input, "attachment-too-many");
        return Err(many.with("count", opened.len()).with("limit", limits::ATTACHMENTS));
    }
    let connected = address(dir).and_then(|(address, _folder)| BlockingStream::connect(address));
    let mut stream = connected.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            Failure::new(ExitCode::Store, "local-nobody").about(dir.display()).because(error)
        }
        _ => Failure::io(&path, error),
    })?;
    // A service without a free descriptor accepts nobody: its request would lie in the queue for ever.
    stream.set_read_timeout(Some(patience)).map_err(|error| Failure::io(&path, error))?;
    stream.set_write_timeout(Some(patience)).map_err(|error| Failure::io(&path, error))?;
    let cut = |cause: io::Error| match cause.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            Failure::new(ExitCode::Store, "local-busy").about(dir.display()).because(cause)
        }
        _ => Failure::new(ExitCode::Unexpected, "local-cut").because(cause),
    };
    // A server that refuses the request may close before reading all of it; its answer, read below, says why.
    let sent = send(&stream, &length.to_be_bytes(), opened);
    let written = sent.and_then(|()| stream.write_all(&request));
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        let read = (&mut lines).take(limits::LOCAL_LINE).read_until(b'\n', &mut line);
        if read.map_err(cut)? == 0 {
            written.map_err(cut)?;
            return Err(cut(io::ErrorKind::UnexpectedEof.into()));
        }
        match serde_json::from_slice(&line) {
            // The work itself takes as long as it takes.
            Ok(Line::Taken) => {
                lines.get_ref().set_read_timeout(None).map_err(|error| Failure::io(&path, error))?;
            }
            Ok(Line::Progress(word)) => on_progress(word),
            Ok(Line::Result(result)) => return Ok(result),
            Ok(Line::Failure(failure)) => return Err(failure),
            Err(error) => return Err(cut(error.into())),
        }
    }
}

/// Path to bind or connect to. A path longer than `ADDRESS` is reached through the open folder, which must stay open
/// meanwhile.
fn address(dir: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = dir.join(SOCKET);
    if path.as_os_str().len() < ADDRESS {
        return Ok((path, None));
    }
    let folder = File::open(dir)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd())), Some(folder)))
}

fn too_large(size: usize) -> Failure {
    Failure::new(ExitCode::Input, "local-too-large").sized("size", size).sized("limit", limits::LOCAL_REQUEST)
}
