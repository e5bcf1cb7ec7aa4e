//! The pump: one thread that takes what the writer made durable, checks it, and folds it into the views
//! and into whatever else is derived from the journal. It sleeps until the writer wakes it.

use std::error::Error;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::watch;
use truc_proto::authority::Refusal;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::Registry;

use crate::derive::vet::{addressed, vet};
use crate::derive::views::{Source, Views, ViewsError};
use crate::store::journal::{JournalError, Reads, Stored};

/// Entries folded in one batch.
const BATCH: usize = 1000;
/// Verdicts are written into the journal after so many positions, or with the next refusal.
const NOTE_EVERY: u64 = 4096;

/// The registry as folded so far, for everybody to read.
pub type SharedRegistry = Arc<RwLock<Arc<Registry>>>;

/// The registry as of now.
pub fn current(registry: &SharedRegistry) -> Arc<Registry> {
    // A poisoned lock still holds a whole registry: it is replaced in one assignment.
    Arc::clone(&registry.read().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// What can stop the pump. The journal is not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The views could not be written.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// A follower failed.
    #[error("a follower of the journal failed: {0}")]
    Follower(#[source] Box<dyn Error + Send + Sync>),
}

/// Something else that is derived from the journal, entry by entry, in order.
pub trait Follower: Send {
    /// Up to where it has taken entries.
    fn upto(&self) -> u64;
    /// Forgets everything: entries that it took lost a fork. The journal comes again from its start.
    fn begin_anew(&mut self) -> Result<(), Box<dyn Error + Send + Sync>>;
    /// Takes the next entry; `refused` is the verdict of the check.
    fn entry(
        &mut self,
        stored: &Stored,
        refused: Option<Refusal>,
    ) -> Result<(), Box<dyn Error + Send + Sync>>;
    /// Makes what was taken, up to a position, take effect. The registry is as of there.
    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Verdicts for the journal to keep, so that no signature is checked twice.
#[derive(Debug)]
pub struct Verdicts {
    /// Positions up to here were checked.
    pub upto: u64,
    /// Refused ones, with the code.
    pub refused: Vec<(u64, String)>,
}

/// The pump at work.
#[derive(Debug)]
pub struct Pump {
    wake: SyncSender<()>,
    folded: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

/// Everything the pump's thread owns.
pub struct Works {
    /// Whose journal.
    pub own: OfficeId,
    /// Reads the journal.
    pub journal: Connection,
    /// The views.
    pub views: Views,
    /// What else follows the journal.
    pub followers: Vec<Box<dyn Follower>>,
    /// Where the registry is published.
    pub registry: SharedRegistry,
    /// Keeps verdicts: hands them to the writer.
    pub keep: Box<dyn Fn(Verdicts) + Send>,
}

impl Pump {
    /// Starts the pump; it begins with what is not folded yet.
    pub fn start(works: Works) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let behind = works.followers.iter().map(|follower| follower.upto()).min();
        let (told, folded) = watch::channel(behind.unwrap_or(u64::MAX).min(works.views.folded_to()));
        // Whatever was written before the start waits already.
        let _ = wake.try_send(());
        let thread =
            std::thread::Builder::new().name("pump".into()).spawn(move || run(works, &woken, &told))?;
        Ok(Self { wake, folded, thread: Some(thread) })
    }

    /// A handle by which the writer wakes the pump.
    pub fn waker(&self) -> SyncSender<()> {
        self.wake.clone()
    }

    /// Up to which position everything is folded, by the views and by all followers.
    pub fn folded(&self) -> watch::Receiver<u64> {
        self.folded.clone()
    }

    /// Waits for the thread; every waker must be gone by then.
    pub fn join(mut self) {
        let thread = self.thread.take();
        drop(self);
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the pump's thread ended with a panic");
        }
    }
}

fn run(mut works: Works, woken: &Receiver<()>, told: &watch::Sender<u64>) {
    let mut noted = Verdicts { upto: 0, refused: Vec::new() };
    let mut failed = false;
    loop {
        // Only what failed is tried without being woken: a full disk may have room again.
        let awake =
            if failed { woken.recv_timeout(limits::STORE_RETRY) } else { woken.recv().map_err(Into::into) };
        if awake == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        failed = loop {
            match fold_batch(&mut works, &mut noted) {
                Ok(Some(upto)) => {
                    told.send_replace(upto);
                }
                Ok(None) => break false,
                Err(error) => {
                    tracing::error!(%error, "the views are not up to date; the journal is whole");
                    break true;
                }
            }
        };
    }
}

/// Folds one batch. `None`: nothing is left to fold.
fn fold_batch(works: &mut Works, noted: &mut Verdicts) -> Result<Option<u64>, PumpError> {
    let Works { own, journal, views, followers, registry, keep } = works;
    let reads = Reads::new(journal, *own);
    let asides = reads.asides_count()?;
    if asides != views.asides() {
        // The views last: they remember that it was done.
        for follower in followers.iter_mut() {
            follower.begin_anew().map_err(PumpError::Follower)?;
        }
        views.begin_anew(asides)?;
    }
    let folded = views.folded_to();
    let from = followers.iter().map(|follower| follower.upto()).min().unwrap_or(folded).min(folded);
    let batch = reads.after(from, BATCH)?;
    let Some(upto) = batch.last().map(|stored| stored.position) else { return Ok(None) };
    let vetted = reads.vetted()?;
    let source = JournalSource(reads);
    let mut fold = views.batch(&source)?;
    for stored in &batch {
        let refused = verdict(reads, *own, vetted, fold.registry()?, stored)?;
        if let (Some(refusal), true) = (refused, stored.position > vetted) {
            tracing::warn!(place = %stored.entry.header.place(), reason = refusal.code(), "entry refused");
            noted.refused.push((stored.position, refusal.code().to_owned()));
        }
        for follower in followers.iter_mut().filter(|follower| follower.upto() < stored.position) {
            follower.entry(stored, refused).map_err(PumpError::Follower)?;
        }
        if stored.position > folded {
            fold.entry(stored.position, &stored.entry, refused)?;
        }
    }
    fold.commit()?;
    let now = views.registry();
    *registry.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::clone(&now);
    for follower in followers.iter_mut() {
        follower.commit(upto.max(follower.upto()), &now).map_err(PumpError::Follower)?;
    }
    if upto >= vetted.max(noted.upto) + NOTE_EVERY || !noted.refused.is_empty() {
        noted.upto = upto;
        keep(Verdicts { upto, refused: std::mem::take(&mut noted.refused) });
    }
    Ok(Some(upto))
}

/// What the check makes of an entry, by the registry as of its place.
fn verdict(
    reads: Reads<'_>,
    own: OfficeId,
    vetted: u64,
    registry: &Registry,
    stored: &Stored,
) -> Result<Option<Refusal>, PumpError> {
    if stored.entry.header.ledger == own {
        // About its own entries an office goes by the hub's word: it may write before it knows the registry.
        Ok(None)
    } else if stored.position <= vetted {
        // A code that is none must not make a refused entry a good one.
        let unknown = JournalError::Damaged(stored.position, "verdict");
        let verdict = reads.refused(stored.position)?;
        Ok(verdict.map(|code| Refusal::from_code(&code).ok_or(unknown)).transpose()?)
    } else {
        Ok(vet(registry, &stored.entry).and_then(|()| addressed(registry, own, &stored.entry)).err())
    }
}

/// Folds what a journal holds beyond the views into them, telling how far it is: so many of so many.
pub fn catch_up(
    reads: Reads<'_>,
    mut views: Views,
    mut progress: impl FnMut(u64, u64),
) -> Result<Views, PumpError> {
    let (end, vetted) = (reads.end()?.position, reads.vetted()?);
    let asides = reads.asides_count()?;
    if asides != views.asides() {
        views.begin_anew(asides)?;
    }
    let source = JournalSource(reads);
    loop {
        let batch = reads.after(views.folded_to(), BATCH)?;
        if batch.is_empty() {
            return Ok(views);
        }
        let mut fold = views.batch(&source)?;
        for stored in &batch {
            let refused = verdict(reads, reads.own(), vetted, fold.registry()?, stored)?;
            fold.entry(stored.position, &stored.entry, refused)?;
        }
        fold.commit()?;
        progress(views.folded_to(), end);
    }
}

/// The journal as the views ask for it.
struct JournalSource<'c>(Reads<'c>);

impl Source for JournalSource<'_> {
    fn entry_at(&self, position: u64) -> Result<Entry, Box<dyn Error + Send + Sync>> {
        match self.0.at_position(position)? {
            Some(stored) => Ok(stored.entry),
            None => Err(format!("position {position} is missing").into()),
        }
    }
}
