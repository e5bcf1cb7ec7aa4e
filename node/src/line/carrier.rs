//! The carrier: brings the files of own entries to the hub and fetches those of received ones, while the hub is
//! connected. Each direction has a lane of its own; in it the most urgent goes first, then the smallest, and what is
//! under way makes room for it. What is asked and which file goes when is decided in [`super::dispatch`].

use std::future::{Future, pending};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::Status;
use tonic::transport::Channel;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::{FileName, FileState, HaveReply, HaveRequest};

use crate::derive::views::read;
use crate::identity::keys;
use crate::line::dispatch::{Answer, Arrival, AtHub, Carried, Dispatcher, Found};
use crate::line::freight::{FileNews, Load, News, Way};
use crate::line::state::{FileTrouble, FilesWaiting, LineState};
use crate::line::transfer::{self, TransferError, Unpaced};
use crate::office::{Office, OfficeError};
use crate::store::attachments::{AttachmentError, Attachments};
use crate::supervise::Loop;

/// Files per query.
const PAGE: usize = 500;
/// Name of the note beside the store of how far the hub has all own files.
const CARRIED: &str = "carried.json";
/// Least time between two notes while files wait.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// What the carrier needs beside office and store.
pub struct Lines {
    /// The connection while there is one.
    pub channel: watch::Receiver<Option<Channel>>,
    /// What the session hears that concerns files.
    pub news: FileNews,
    /// Where it is shown how many files wait, and why.
    pub state: watch::Sender<LineState>,
}

/// Carries files until told to stop.
pub async fn run(office: Arc<Office>, store: Attachments, lines: Lines, mut stop: watch::Receiver<bool>) {
    let carrying = async {
        match office.folded() {
            Ok(folded) => Carrier::new(Arc::clone(&office), store, lines).carry(folded).await,
            Err(error) => error,
        }
    };
    tokio::select! {
        // Nothing else ends it.
        stopped = carrying => tracing::debug!(%stopped, "files are no longer carried"),
        // A dropped sender means stop, too.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

impl Carried {
    fn load(dir: &Path) -> Self {
        // Without the note the hub is asked about all own files, once.
        let text = std::fs::read(dir.join(CARRIED)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn save(&self, dir: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        keys::write_private(&dir.join(CARRIED), &text).map_err(io::Error::other)
    }
}

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A file that travels.
struct Travel {
    load: Load,
    work: Work<Result<Arrival, TransferError>>,
}

/// A piece of what entries name.
struct Page {
    found: Vec<Found>,
    /// Which views were read.
    views: u64,
    more: bool,
}

struct Carrier {
    office: Arc<Office>,
    store: Attachments,
    lines: Lines,
    began: Instant,
    dispatcher: Dispatcher,
    /// The note as it was written last, and when.
    noted: (Carried, Duration),
    line: Option<Channel>,
    asking: Option<Work<Result<HaveReply, Status>>>,
    up: Option<Travel>,
    down: Option<Travel>,
    looking: Option<JoinHandle<Result<Page, OfficeError>>>,
    trouble: Option<FileTrouble>,
}

/// What the carrier waits for.
enum Event {
    Folded,
    Line(Option<Channel>),
    Heard(News),
    Looked(Result<Page, OfficeError>),
    Answered(Result<HaveReply, Status>),
    Arrived(Way, Result<Arrival, TransferError>),
    Due,
}

impl Carrier {
    fn new(office: Arc<Office>, store: Attachments, lines: Lines) -> Self {
        let carried = Carried::load(office.dir());
        Self {
            office,
            store,
            lines,
            began: Instant::now(),
            dispatcher: Dispatcher::new(carried),
            noted: (carried, Duration::ZERO),
            line: None,
            asking: None,
            up: None,
            down: None,
            looking: None,
            trouble: None,
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns only when the office stops.
    async fn carry(&mut self, mut folded: watch::Receiver<u64>) -> OfficeError {
        let line = self.lines.channel.borrow_and_update().clone();
        self.line_is(line, self.now());
        loop {
            self.set_off();
            self.show();
            self.note().await;
            let due = self.dispatcher.due();
            let news = self.lines.news.clone();
            let event = tokio::select! {
                changed = folded.changed() => match changed {
                    Ok(()) => Event::Folded,
                    Err(_) => return OfficeError::Stopped,
                },
                changed = self.lines.channel.changed() => match changed {
                    Ok(()) => Event::Line(self.lines.channel.borrow_and_update().clone()),
                    Err(_) => return OfficeError::Stopped,
                },
                heard = news.heard() => Event::Heard(heard),
                looked = running(&mut self.looking) => Event::Looked(looked),
                answer = one(self.asking.as_mut()) => Event::Answered(answer),
                went = one(self.up.as_mut().map(|travel| &mut travel.work)) => Event::Arrived(Way::Up, went),
                came = one(self.down.as_mut().map(|travel| &mut travel.work)) => Event::Arrived(Way::Down, came),
                () = sleep_until(self.began + due.unwrap_or_default()), if due.is_some() => Event::Due,
            };
            self.on(event);
        }
    }

    /// Begins what can begin now.
    fn set_off(&mut self) {
        let now = self.now();
        if let Some(seen) = self.dispatcher.look(now) {
            let (office, store) = (Arc::clone(&self.office), self.store.clone());
            self.looking = Some(spawn_blocking(move || look(&office, &store, seen)));
        }
        let Some(line) = self.line.clone() else { return };
        if let Some(loads) = self.dispatcher.ask(now) {
            let files = loads.iter().map(|load| FileName { hash: load.hash.to_wire(), size: load.size });
            self.asking = Some(Box::pin(ask(line.clone(), HaveRequest { files: files.collect() })));
        }
        for way in [Way::Up, Way::Down] {
            if let Some(load) = self.dispatcher.set_off(way, now) {
                let work = Box::pin(travel(self.store.clone(), line.clone(), load));
                *self.lane(way) = Some(Travel { load, work });
            }
        }
    }

    fn lane(&mut self, way: Way) -> &mut Option<Travel> {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn on(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Due => {}
            Event::Folded => self.dispatcher.news(now),
            Event::Line(line) => self.line_is(line, now),
            Event::Heard(news) => self.dispatcher.heard(news, now),
            Event::Looked(Ok(page)) => {
                self.office.loops().works(Loop::FilesRead);
                self.dispatcher.looked(&page.found, page.views, page.more, now);
            }
            Event::Looked(Err(error)) => {
                tracing::warn!(%error, "it cannot be read which files have to travel; it will be tried again");
                let pause = self.dispatcher.look_failed(now);
                self.office.loops().fails(Loop::FilesRead, &error, pause);
            }
            Event::Answered(answer) => {
                self.asking = None;
                self.answered(answer, now);
            }
            Event::Arrived(way, outcome) => {
                if let Some(travel) = self.lane(way).take() {
                    self.arrived(&travel.load, outcome, now);
                }
            }
        }
        if !self.dispatcher.is_looking() {
            self.looking = None;
        }
        if !self.dispatcher.travels(Way::Down) {
            self.down = None;
        }
    }

    fn line_is(&mut self, line: Option<Channel>, now: Duration) {
        (self.up, self.down, self.asking) = (None, None, None);
        self.dispatcher.line_is(line.is_some(), now);
        self.line = line;
        // Without a line it is the line that fails.
        self.office.loops().works(Loop::FilesAsk);
        self.office.loops().works(Loop::FilesCarry);
    }

    fn answered(&mut self, answer: Result<HaveReply, Status>, now: Duration) {
        match answer {
            Ok(reply) => {
                self.office.loops().works(Loop::FilesAsk);
                let at_hub = |state: &FileState| AtHub { whole: state.whole, wanted: state.wanted };
                let files = reply.files.iter().map(at_hub).collect();
                self.dispatcher
                    .answered(Some(Answer { memory: reply.memory, brought: reply.brought, files }), now);
            }
            Err(status) => {
                tracing::debug!(%status, "the hub was not to be asked about files");
                self.dispatcher.answered(None, now);
                self.fails(Loop::FilesAsk, &status, now);
            }
        }
    }

    /// Says what fails, and when the next file is asked about.
    fn fails(&self, what: Loop, why: &dyn std::fmt::Display, now: Duration) {
        let pause = self.dispatcher.ask_due().unwrap_or(now).saturating_sub(now);
        self.office.loops().fails(what, why, pause);
    }

    fn arrived(&mut self, load: &Load, outcome: Result<Arrival, TransferError>, now: Duration) {
        self.trouble = match &outcome {
            Err(TransferError::Refused(why)) => Some(FileTrouble::of(*why)),
            Err(TransferError::Store(AttachmentError::NoRoom(_))) => Some(FileTrouble::RoomHere),
            Ok(_) => None,
            Err(_) => self.trouble,
        };
        match outcome {
            Ok(arrival) => {
                tracing::debug!(file = %load.hash, way = ?load.way, "a file has travelled");
                self.office.loops().works(Loop::FilesCarry);
                self.dispatcher.arrived(load.way, arrival, now);
            }
            Err(TransferError::Store(AttachmentError::Absent(_))) if load.way == Way::Up => {
                self.dispatcher.arrived(load.way, Arrival::Absent, now);
            }
            Err(error) => {
                tracing::debug!(file = %load.hash, way = ?load.way, %error, "a file has to wait");
                self.dispatcher.arrived(load.way, Arrival::Later, now);
                // Waiting for a file that is not there yet, or for room, is no failure.
                if self.trouble.is_none()
                    && !matches!(error, TransferError::NotThere | TransferError::Stopped)
                {
                    self.fails(Loop::FilesCarry, &error, now);
                }
            }
        }
    }

    /// Shows people what waits.
    fn show(&self) {
        let (up, down) = self.dispatcher.counts();
        if up + down == 0 {
            self.office.loops().works(Loop::FilesCarry);
        }
        let trouble = self.trouble.filter(|_| up + down > 0);
        let files = FilesWaiting { up, down, trouble };
        self.lines.state.send_if_modified(|state| {
            let changed = state.files != files;
            state.files = files;
            changed
        });
    }

    /// Notes how far the hub has all own files, so that the next start need not ask about them.
    async fn note(&mut self) {
        let (carried, waits) = self.dispatcher.carried();
        let now = self.now();
        let (written, at) = self.noted;
        if written == carried || waits && now < at + NOTE_EVERY {
            return;
        }
        self.noted = (carried, now);
        let office = Arc::clone(&self.office);
        let saved = spawn_blocking(move || carried.save(office.dir())).await;
        if let Ok(Err(error)) = saved {
            tracing::debug!(%error, "how far files have gone was not noted; the next start asks again");
        }
    }
}

/// The files that newer entries name, and whether they are here.
fn look(office: &Office, store: &Attachments, seen: (u64, Hash)) -> Result<Page, OfficeError> {
    let (rows, views) = office.view(|views| {
        // One moment for all that is read.
        let views = views.unchecked_transaction()?;
        Ok((read::files_after(&views, seen, PAGE)?, read::edition(&views)?))
    })?;
    let more = rows.len() == PAGE;
    let found = rows.into_iter().map(|row| Found {
        hash: row.file.hash,
        size: row.file.size,
        urgency: row.urgency,
        position: row.position,
        own: row.ledger == office.id(),
        whole: store.have(row.file.hash).is_ok_and(|have| have.complete),
    });
    Ok(Page { found: found.collect(), views, more })
}

fn client(line: Channel) -> AttachmentsClient<Channel> {
    AttachmentsClient::new(line)
        .max_decoding_message_size(limits::FRAME)
        .max_encoding_message_size(limits::FRAME)
}

async fn ask(line: Channel, request: HaveRequest) -> Result<HaveReply, Status> {
    let reply = timeout(limits::FILE_SILENCE, client(line).have(request)).await;
    Ok(reply.map_err(|_| Status::deadline_exceeded("no answer"))??.into_inner())
}

async fn travel(store: Attachments, line: Channel, load: Load) -> Result<Arrival, TransferError> {
    let mut client = client(line);
    match load.way {
        Way::Up => transfer::upload(&mut client, &store, load.hash, Unpaced).await.map(Arrival::Brought),
        Way::Down => {
            transfer::download(&mut client, &store, load.hash, Unpaced).await.map(|()| Arrival::Fetched)
        }
    }
}

/// What some work comes to; pending for ever if there is none.
async fn one<T>(work: Option<&mut Work<T>>) -> T {
    match work {
        Some(work) => work.await,
        None => pending().await,
    }
}

/// The same for a look at the views.
async fn running(looking: &mut Option<JoinHandle<Result<Page, OfficeError>>>) -> Result<Page, OfficeError> {
    let Some(handle) = looking else { return pending().await };
    let looked = handle.await;
    *looking = None;
    looked.unwrap_or(Err(OfficeError::Stopped))
}
