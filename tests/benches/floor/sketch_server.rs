//! The sketch's server: frames in, rows down to the store, receipts back; mail to whoever asks for it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use truc_hub::line::caller::Source;
use truc_hub::line::listener::{Settings, TlsListener, server_builder};
use truc_proto::limits;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::sync_server::{Sync, SyncServer};
use truc_proto::wire::{self, Verdict};

use super::bare_tls::server_config;
use super::sketch_store::{self, Task};
use crate::Result;

type Sessions = Arc<Mutex<HashMap<u64, sketch_store::Down>>>;

struct Sketch {
    tasks: mpsc::Sender<Task>,
    sessions: Sessions,
    next: AtomicU64,
    journal: PathBuf,
    fan_out: bool,
}

/// In the child.
pub(super) async fn serve(folder: &Path, fan_out: bool) -> Result<()> {
    let journal = folder.join("journal.db");
    let conn = sketch_store::open(&journal)?;
    let (tasks, waiting) = mpsc::channel(1024);
    let sessions = Sessions::default();
    let committed = fan_out.then(|| spawn_fan_out(Arc::clone(&sessions)));
    std::thread::spawn(move || {
        if let Err(error) = sketch_store::run(conn, waiting, committed) {
            eprintln!("the sketch's store: {error}");
        }
    });
    let listener = listen(folder)?;
    println!("{}", listener.address());
    let sketch = Sketch { tasks, sessions, next: AtomicU64::new(1), journal, fan_out };
    let service = SyncServer::new(sketch).max_decoding_message_size(limits::FRAME);
    Ok(server_builder().add_service(service).serve_with_incoming(listener).await?)
}

/// At the port of the first start, so that clients find it again.
fn listen(folder: &Path) -> Result<TlsListener<Source>> {
    let file = folder.join("port");
    let port = std::fs::read_to_string(&file).ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let settings =
        Settings { handshakes_per_source: usize::MAX, handshakes: usize::MAX, ..Settings::default() };
    let config = Arc::new(ArcSwap::new(server_config(folder)?));
    let listener =
        TlsListener::bind(SocketAddr::from(([127, 0, 0, 1], port)), settings, config, Arc::default())?;
    std::fs::write(&file, listener.address().port().to_string())?;
    Ok(listener)
}

/// Hands every entry to all sessions but its author's.
fn spawn_fan_out(sessions: Sessions) -> sketch_store::Committed {
    let (committed, mut news) = mpsc::unbounded_channel::<(u64, u64, wire::Entry)>();
    tokio::spawn(async move {
        while let Some((author, position, entry)) = news.recv().await {
            let open = sessions.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for (session, down) in open.into_iter().filter(|(session, _)| *session != author) {
                if down.send(deliver(vec![position], vec![entry.clone()])).is_err() {
                    sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
                }
            }
        }
    });
    committed
}

#[tonic::async_trait]
impl Sync for Sketch {
    type OpenStream = Pin<Box<dyn Stream<Item = std::result::Result<wire::HubFrame, Status>> + Send>>;

    async fn open(
        &self,
        request: Request<Streaming<wire::NodeFrame>>,
    ) -> std::result::Result<Response<Self::OpenStream>, Status> {
        let (down, frames) = mpsc::unbounded_channel();
        let session = Session {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            tasks: self.tasks.clone(),
            journal: self.journal.clone(),
            fan_out: self.fan_out,
            down: down.clone(),
            height: 0,
            credits: None,
        };
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session.number, down);
        tokio::spawn(session.run(request.into_inner()));
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(frames))))
    }
}

struct Session {
    number: u64,
    tasks: mpsc::Sender<Task>,
    journal: PathBuf,
    fan_out: bool,
    down: sketch_store::Down,
    height: u64,
    credits: Option<SyncSender<()>>,
}

impl Session {
    async fn run(mut self, mut frames: Streaming<wire::NodeFrame>) {
        while let Some(Ok(frame)) = frames.next().await {
            let task = match frame.frame {
                Some(Up::Hello(hello)) => {
                    self.hello(&hello);
                    continue;
                }
                Some(Up::Push(push)) => {
                    let entries = push.batch.unwrap_or_default().entries;
                    self.height += entries.len() as u64;
                    Task::Rows { session: self.number, entries, height: self.height, down: self.down.clone() }
                }
                Some(Up::Delivered(delivered)) => {
                    if let Some(credits) = &self.credits {
                        let _ = credits.send(());
                    }
                    let position = delivered.mark.unwrap_or_default().position;
                    Task::Delivered { session: self.number, position }
                }
                _ => continue,
            };
            if self.tasks.send(task).await.is_err() {
                return;
            }
        }
    }

    /// Continue, whatever was said. Whoever wants all mail again gets all that there is.
    fn hello(&mut self, hello: &wire::Hello) {
        self.height = hello.tip.as_ref().map_or(0, |tip| tip.seq);
        let welcome = wire::Welcome { verdict: Verdict::Continue.into(), version: 1, ..Default::default() };
        self.say(Down::Welcome(welcome));
        if hello.resuming && !self.fan_out {
            let (credits, taken) = sync_channel(limits::UNDELIVERED_FRAMES);
            self.credits = Some(credits);
            let (journal, down) = (self.journal.clone(), self.down.clone());
            std::thread::spawn(move || {
                if let Err(error) = send_all(&journal, &down, &taken) {
                    eprintln!("the sketch's catch-up: {error}");
                }
            });
        } else {
            self.say(Down::CaughtUp(wire::CaughtUp { mark: Some(mark(0)) }));
        }
    }

    fn say(&self, frame: Down) {
        // A client that is gone hears nothing.
        let _ = self.down.send(Ok(wire::HubFrame { frame: Some(frame), head: None }));
    }
}

/// All rows, so many frames ahead of their acknowledgements as a real hub sends.
fn send_all(journal: &Path, down: &sketch_store::Down, taken: &std::sync::mpsc::Receiver<()>) -> Result<()> {
    let conn = Connection::open(journal)?;
    let mut read = conn.prepare(
        "SELECT position, hash, signature, content FROM entry WHERE position > ?1 ORDER BY position LIMIT ?2",
    )?;
    let (mut last, mut ahead) = (0_u64, 0);
    loop {
        let (mut positions, mut entries) = (Vec::new(), Vec::new());
        let mut rows = read.query([last as i64, limits::BATCH_ENTRIES as i64])?;
        while let Some(row) = rows.next()? {
            last = row.get::<_, i64>(0)? as u64;
            positions.push(last);
            let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
            entries.push(wire::Entry {
                content: bytes::Bytes::copy_from_slice(blob(3)?),
                signature: bytes::Bytes::copy_from_slice(blob(2)?),
                prev: Some(bytes::Bytes::copy_from_slice(blob(1)?)),
            });
        }
        if entries.is_empty() {
            let caught_up = Down::CaughtUp(wire::CaughtUp { mark: Some(mark(last)) });
            let _ = down.send(Ok(wire::HubFrame { frame: Some(caught_up), head: None }));
            return Ok(());
        }
        if ahead == limits::UNDELIVERED_FRAMES {
            taken.recv()?;
            ahead -= 1;
        }
        ahead += 1;
        down.send(deliver(positions, entries))?;
    }
}

fn deliver(positions: Vec<u64>, entries: Vec<wire::Entry>) -> std::result::Result<wire::HubFrame, Status> {
    let mark = positions.last().copied().map(mark);
    let batch = Some(wire::Batch { entries, ..Default::default() });
    let deliver = wire::Deliver { arrivals: vec![0; positions.len()], positions, batch, mark, early: false };
    Ok(wire::HubFrame { frame: Some(Down::Deliver(deliver)), head: None })
}

fn mark(position: u64) -> wire::Mark {
    wire::Mark { position, running: vec![0; 32].into() }
}
