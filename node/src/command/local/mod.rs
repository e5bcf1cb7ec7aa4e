//! How commands talk to the program that serves a store: a socket in the store's folder, for its owner only.
//!
//! One request a connection: four bytes of length (big-endian) and JSON. The answer is lines of JSON: any
//! number of `{"progress":…}`, then `{"result":…}` or `{"failure":…}`.

#[cfg(test)]
mod tests;

use std::fs::{self, File, Permissions};
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use truc_proto::limits;

use crate::store::lock::Lock;
use crate::words::failure::{ExitCode, Failure};

/// Name of the socket within a store.
pub const SOCKET: &str = "truc.sock";
/// Bytes that a socket address holds, its final zero included (unix(7)).
const ADDRESS: usize = 108;
/// Words of progress that wait for a slow reader; later ones are dropped.
const WAITING: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Progress(Value),
    Result(Value),
    Failure(Failure),
}

/// Tells the asking command how far its request is.
#[derive(Clone, Debug)]
pub struct Progress(mpsc::Sender<Value>);

impl Progress {
    /// Says it without ever waiting: what a slow reader cannot take is dropped.
    pub fn say(&self, value: Value) {
        let _ = self.0.try_send(value);
    }

    /// Whether the asking command is gone; what it asked for may still be worth finishing.
    pub fn is_unheard(&self) -> bool {
        self.0.is_closed()
    }
}

/// The serving side's socket. Its file goes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// User id that may ask, beside the system's administrator.
    owner: u32,
}

impl Socket {
    /// Listens in the store that `lock` owns, in place of what a process that died there left. Must be
    /// called within a tokio runtime.
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

    /// Answers requests until `stop` is done; then takes no more, and gives those under way
    /// [`limits::LOCAL_STOP`]. A request is carried out to its end even if its command is gone.
    pub async fn serve<R, H, F>(self, handler: H, stop: impl Future<Output = ()>)
    where
        R: DeserializeOwned + Send + 'static,
        H: Fn(R, Progress) -> F + Clone + Send + Sync + 'static,
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
                        // Out of descriptors, usually: trying again at once would only burn the processor.
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
                // Fails when the command is gone: then nobody is left to be told.
                let _ = answer(stream, handler, work).await;
                drop(slot);
            });
        }
        // Commands that come now find nobody, rather than wait in vain.
        drop(self);
        tasks.close();
        if timeout(limits::LOCAL_STOP, tasks.wait()).await.is_err() {
            tracing::warn!(requests = tasks.len(), "stopping with requests under way");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Best effort: the next start removes it too.
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
    H: Fn(R, Progress) -> F,
    F: Future<Output = Result<Value, Failure>> + Send + 'static,
{
    let request = timeout(limits::LOCAL_READ, read_request(&mut stream)).await??;
    let request = match request.and_then(|bytes| {
        serde_json::from_slice::<R>(&bytes)
            .map_err(|error| Failure::new(ExitCode::Usage, "local-request").because(error))
    }) {
        Ok(request) => request,
        Err(failure) => return write_line(&mut stream, &Line::Failure(failure)).await,
    };
    let (words, mut said) = mpsc::channel(WAITING);
    let mut work = tasks.spawn(handler(request, Progress(words)));
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

async fn read_request(stream: &mut UnixStream) -> io::Result<Result<Vec<u8>, Failure>> {
    let length = stream.read_u32().await? as usize;
    if length > limits::LOCAL_REQUEST {
        return Ok(Err(too_large(length)));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(Ok(bytes))
}

async fn write_line(stream: &mut UnixStream, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    stream.write_all(&bytes).await
}

/// Asks the program that serves the store in `dir`, and waits for its answer. Blocks. Fails with
/// `local-nobody` if none serves it.
pub fn call<R: Serialize>(
    dir: &Path,
    request: &R,
    mut on_progress: impl FnMut(Value),
) -> Result<Value, Failure> {
    let path = dir.join(SOCKET);
    let request = serde_json::to_vec(request)
        .map_err(|error| Failure::new(ExitCode::Unexpected, "local-request").because(error))?;
    let length = u32::try_from(request.len()).ok().filter(|_| request.len() <= limits::LOCAL_REQUEST);
    let Some(length) = length else { return Err(too_large(request.len())) };
    let connected = address(dir).and_then(|(address, _folder)| BlockingStream::connect(address));
    let mut stream = connected.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            Failure::new(ExitCode::Store, "local-nobody").about(dir.display()).because(error)
        }
        _ => Failure::io(&path, error),
    })?;
    let cut = |cause: io::Error| Failure::new(ExitCode::Unexpected, "local-cut").because(cause);
    // One that refuses the request may close before it has read it all: its answer says why.
    let written = stream.write_all(&length.to_be_bytes()).and_then(|()| stream.write_all(&request));
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        let read = (&mut lines).take(limits::LOCAL_LINE).read_until(b'\n', &mut line);
        if read.map_err(cut)? == 0 {
            written.map_err(cut)?;
            return Err(cut(io::ErrorKind::UnexpectedEof.into()));
        }
        match serde_json::from_slice(&line) {
            Ok(Line::Progress(word)) => on_progress(word),
            Ok(Line::Result(result)) => return Ok(result),
            Ok(Line::Failure(failure)) => return Err(failure),
            Err(error) => return Err(cut(error.into())),
        }
    }
}

/// Where to bind or connect. A path that a socket address cannot hold is reached through the open folder,
/// which must stay open meanwhile.
fn address(dir: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = dir.join(SOCKET);
    if path.as_os_str().len() < ADDRESS {
        return Ok((path, None));
    }
    let folder = File::open(dir)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd())), Some(folder)))
}

fn too_large(size: usize) -> Failure {
    Failure::new(ExitCode::Input, "local-too-large").with("size", size).with("limit", limits::LOCAL_REQUEST)
}
