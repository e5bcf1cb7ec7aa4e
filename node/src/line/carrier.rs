//! The carrier: brings the files of own entries to the hub and fetches those of received ones, while the hub is
//! connected. Each direction has a lane of its own; in it the most urgent goes first, then the smallest, and what is
//! under way makes room for it. Which file goes when is decided in [`super::freight`].

use std::future::{Future, pending};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::Status;
use tonic::transport::Channel;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::{FileName, HaveReply, HaveRequest};

use crate::derive::views::read;
use crate::identity::keys;
use crate::line::freight::{FileNews, Freight, Load, News, Outcome, Way};
use crate::line::state::{FileTrouble, FilesWaiting, LineState};
use crate::line::transfer::{self, TransferError, Unpaced};
use crate::office::{Office, OfficeError};
use crate::store::attachments::{AttachmentError, Attachments};
use crate::supervise::Loop;

/// Files per query.
const PAGE: usize = 500;
/// Own files that are asked about when the hub has receipted entries.
const RECEIPTED: usize = 50;
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

/// How far the hub has all files of own entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Carried {
    /// What the hub's memory of who brought which file is called.
    memory: u64,
    /// Position in this store's journal up to which it has them.
    position: u64,
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
    work: Work<Result<(), TransferError>>,
}

/// A question to the hub.
struct Question {
    loads: Vec<Load>,
    work: Work<Result<HaveReply, Status>>,
}

/// A piece of what entries name.
struct Page {
    loads: Vec<Load>,
    last: Option<(u64, Hash)>,
    more: bool,
}

struct Carrier {
    office: Arc<Office>,
    store: Attachments,
    lines: Lines,
    began: Instant,
    freight: Freight,
    /// The file of an entry up to which everything is known to `freight`.
    seen: (u64, Hash),
    carried: Carried,
    /// The note as it was written last, and when.
    noted: (Carried, Duration),
    line: Option<Channel>,
    /// The hub has not been asked anything since the line is up.
    greets: bool,
    asking: Option<Question>,
    up: Option<Travel>,
    down: Option<Travel>,
    looking: Option<JoinHandle<Result<Page, OfficeError>>>,
    /// When to look at the views; none: nothing is new in them.
    look: Option<Duration>,
    look_pause: Duration,
    trouble: Option<FileTrouble>,
}

/// What the carrier waits for.
enum Event {
    Folded,
    Line(Option<Channel>),
    Heard(News),
    Looked(Result<Page, OfficeError>),
    Answered(Result<HaveReply, Status>),
    Arrived(Way, Result<(), TransferError>),
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
            freight: Freight::default(),
            seen: (0, Hash::ZERO),
            carried,
            noted: (carried, Duration::ZERO),
            line: None,
            greets: true,
            asking: None,
            up: None,
            down: None,
            looking: None,
            look: Some(Duration::ZERO),
            look_pause: limits::BACKOFF_FIRST,
            trouble: None,
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns only when the office stops.
    async fn carry(&mut self, mut folded: watch::Receiver<u64>) -> OfficeError {
        self.line = self.lines.channel.borrow_and_update().clone();
        loop {
            self.set_off();
            self.show();
            self.note().await;
            let due = self.due();
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
                answer = one(self.asking.as_mut().map(|question| &mut question.work)) => Event::Answered(answer),
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
        if self.looking.is_none() && self.look.is_some_and(|at| at <= now) {
            self.look = None;
            let (office, store) = (Arc::clone(&self.office), self.store.clone());
            let (seen, carried) = (self.seen, self.carried.position);
            self.looking = Some(spawn_blocking(move || look(&office, &store, seen, carried)));
        }
        let Some(line) = self.line.clone() else { return };
        if self.asking.is_none() {
            let loads = self.freight.ask(now);
            if self.greets || !loads.is_empty() {
                self.greets = false;
                let work = Box::pin(ask(line.clone(), loads.clone()));
                self.asking = Some(Question { loads, work });
            }
        }
        for way in [Way::Up, Way::Down] {
            let lane = if way == Way::Up { &mut self.up } else { &mut self.down };
            let Some(load) = self.freight.next(way, lane.as_ref().map(|travel| &travel.load)) else {
                continue;
            };
            if let Some(stopped) = lane.take() {
                self.freight.end(&stopped.load, Outcome::Stopped, now);
            }
            self.freight.begin(&load);
            let work = Box::pin(travel(self.store.clone(), line.clone(), load));
            *lane = Some(Travel { load, work });
        }
    }

    /// When something is due by itself.
    fn due(&self) -> Option<Duration> {
        let look = self.look.filter(|_| self.looking.is_none());
        let ask = self.freight.due().filter(|_| self.line.is_some() && self.asking.is_none());
        look.into_iter().chain(ask).min()
    }

    fn on(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Due => {}
            Event::Folded => self.look = self.look.or(Some(now)),
            Event::Line(line) => self.line_is(line, now),
            Event::Heard(news) => {
                if news.refill {
                    self.look_from_the_start(now);
                }
                if news.receipt {
                    self.freight.ask_oldest(RECEIPTED, now);
                }
                for hash in news.ready {
                    self.freight.ready(hash);
                }
                if news.more {
                    self.freight.ask_all(Way::Down, now);
                }
            }
            Event::Looked(Ok(page)) => {
                self.office.loops().works(Loop::FilesRead);
                self.look_pause = limits::BACKOFF_FIRST;
                self.seen = page.last.unwrap_or(self.seen).max(self.seen);
                if page.more {
                    self.look = Some(now);
                }
                for load in page.loads {
                    self.freight.add(load, now);
                }
            }
            Event::Looked(Err(error)) => {
                tracing::warn!(%error, "it cannot be read which files have to travel; it will be tried again");
                self.office.loops().fails(Loop::FilesRead, &error, self.look_pause);
                self.look = Some(now + self.look_pause);
                self.look_pause = (self.look_pause * 2).min(limits::BACKOFF_CAP);
            }
            Event::Answered(answer) => {
                if let Some(question) = self.asking.take() {
                    self.answered(&question.loads, answer, now);
                }
            }
            Event::Arrived(way, outcome) => {
                let lane = if way == Way::Up { &mut self.up } else { &mut self.down };
                if let Some(travel) = lane.take() {
                    self.arrived(&travel.load, outcome, now);
                }
            }
        }
    }

    /// The line is another one, or gone: whatever was under way stops, and goes on where it was.
    fn line_is(&mut self, line: Option<Channel>, now: Duration) {
        let travels = self.up.take().into_iter().chain(self.down.take()).map(|travel| travel.load);
        let asked = self.asking.take().map(|question| question.loads).unwrap_or_default();
        for load in travels.chain(asked) {
            self.freight.end(&load, Outcome::Stopped, now);
        }
        self.greets = line.is_some();
        self.line = line;
        // Without a line it is the line that fails.
        self.office.loops().works(Loop::FilesAsk);
        self.office.loops().works(Loop::FilesCarry);
        for way in [Way::Up, Way::Down] {
            self.freight.ask_all(way, now);
        }
    }

    /// Looks at all own files again: the hub may have lost some.
    fn look_from_the_start(&mut self, now: Duration) {
        self.carried.position = 0;
        self.seen = (0, Hash::ZERO);
        self.freight.forget(Way::Up);
        // What is being read leaves own files out.
        self.looking = None;
        self.look = Some(now);
    }

    fn answered(&mut self, loads: &[Load], answer: Result<HaveReply, Status>, now: Duration) {
        let mut failed = None;
        let states = match answer {
            Ok(reply) => {
                self.office.loops().works(Loop::FilesAsk);
                if self.carried.memory != reply.memory {
                    self.carried.memory = reply.memory;
                    self.look_from_the_start(now);
                }
                reply.files
            }
            Err(status) => {
                tracing::debug!(%status, "the hub was not to be asked about files");
                failed = Some(status);
                Vec::new()
            }
        };
        for (number, load) in loads.iter().enumerate() {
            let state = states.get(number).copied().unwrap_or_default();
            let outcome = match load.way {
                Way::Up if state.wanted => Outcome::Goes,
                Way::Up if state.whole => Outcome::Done,
                Way::Down if state.whole => Outcome::Goes,
                _ => Outcome::Later,
            };
            self.freight.end(load, outcome, now);
        }
        if let Some(status) = failed {
            self.fails(Loop::FilesAsk, &status, now);
        }
    }

    /// Says what fails, and when the next file is asked about.
    fn fails(&self, what: Loop, why: &dyn std::fmt::Display, now: Duration) {
        let pause = self.freight.due().unwrap_or(now).saturating_sub(now);
        self.office.loops().fails(what, why, pause);
    }

    fn arrived(&mut self, load: &Load, outcome: Result<(), TransferError>, now: Duration) {
        self.trouble = match &outcome {
            Err(TransferError::Refused(why)) => Some(FileTrouble::of(*why)),
            Err(TransferError::Store(AttachmentError::NoRoom(_))) => Some(FileTrouble::RoomHere),
            Ok(()) => None,
            Err(_) => self.trouble,
        };
        match outcome {
            Ok(()) => {
                tracing::debug!(file = %load.hash, way = ?load.way, "a file has travelled");
                self.office.loops().works(Loop::FilesCarry);
                self.freight.end(load, Outcome::Done, now);
            }
            // A machine that lost its disk gets its files back from the hub.
            Err(TransferError::Store(AttachmentError::Absent(_))) if load.way == Way::Up => {
                self.freight.end(load, Outcome::Done, now);
                self.freight.add(Load { way: Way::Down, ..*load }, now);
            }
            Err(error) => {
                tracing::debug!(file = %load.hash, way = ?load.way, %error, "a file has to wait");
                self.freight.end(load, Outcome::Later, now);
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
        let (up, down) = self.freight.counts();
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
        let unsent = self.freight.unsent_from();
        // Of the entry that was seen last, some files may not have been.
        let upto = unsent.unwrap_or(u64::MAX).min(self.seen.0).saturating_sub(1);
        self.carried.position = self.carried.position.max(upto);
        let now = self.now();
        let (written, at) = self.noted;
        if written == self.carried || unsent.is_some() && now < at + NOTE_EVERY {
            return;
        }
        self.noted = (self.carried, now);
        let (office, carried) = (Arc::clone(&self.office), self.carried);
        let saved = spawn_blocking(move || carried.save(office.dir())).await;
        if let Ok(Err(error)) = saved {
            tracing::debug!(%error, "how far files have gone was not noted; the next start asks again");
        }
    }
}

/// The files that newer entries name and that are not where they belong.
fn look(office: &Office, store: &Attachments, seen: (u64, Hash), carried: u64) -> Result<Page, OfficeError> {
    let rows = office.view(|views| read::files_after(views, seen, PAGE))?;
    let last = rows.last().map(|row| (row.position, row.file.hash));
    let more = rows.len() == PAGE;
    let loads = rows.into_iter().filter_map(|row| {
        let whole = store.have(row.file.hash).is_ok_and(|have| have.complete);
        let way = match (row.ledger == office.id(), whole) {
            (true, true) if row.position > carried => Way::Up,
            (_, true) => return None,
            (_, false) => Way::Down,
        };
        let (hash, size) = (row.file.hash, row.file.size);
        Some(Load { hash, way, size, urgency: row.urgency, position: row.position })
    });
    Ok(Page { loads: loads.collect(), last, more })
}

fn client(line: Channel) -> AttachmentsClient<Channel> {
    AttachmentsClient::new(line)
        .max_decoding_message_size(limits::FRAME)
        .max_encoding_message_size(limits::FRAME)
}

async fn ask(line: Channel, loads: Vec<Load>) -> Result<HaveReply, Status> {
    let files = loads.iter().map(|load| FileName { hash: load.hash.to_wire(), size: load.size });
    let request = HaveRequest { files: files.collect() };
    let reply = timeout(limits::FILE_SILENCE, client(line).have(request)).await;
    Ok(reply.map_err(|_| Status::deadline_exceeded("no answer"))??.into_inner())
}

async fn travel(store: Attachments, line: Channel, load: Load) -> Result<(), TransferError> {
    let mut client = client(line);
    match load.way {
        Way::Up => transfer::upload(&mut client, &store, load.hash, Unpaced).await,
        Way::Down => transfer::download(&mut client, &store, load.hash, Unpaced).await,
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
