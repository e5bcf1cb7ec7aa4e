//! The pump: one thread that checks the entries that the writer made durable, and folds them into the views and all
//! other followers of the journal. It sleeps until the writer wakes it.

use std::error::Error;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::watch;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;

use crate::derive::vet::{addressed, vet};
use crate::derive::views::{Source, Views, ViewsError};
use crate::store::journal::{JournalError, Reads, Stored};
use crate::supervise;

/// Entries folded in one batch.
const BATCH: usize = 1000;
/// Positions after which verdicts are written into the journal; a refusal is written with its batch.
const NOTE_EVERY: u64 = 4096;

/// The registry as folded so far, shared with all readers.
pub type SharedRegistry = Arc<RwLock<Arc<Registry>>>;

/// The registry as folded so far.
pub fn current(registry: &SharedRegistry) -> Arc<Registry> {
    // A poisoned lock still holds a complete registry: it is replaced in one assignment.
    Arc::clone(&registry.read().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Why the pump stopped for now. The journal is not affected.
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

/// Anything that is derived from the journal, entry by entry, in order.
pub trait Follower: Send {
    /// Position up to which it has taken entries.
    fn upto(&self) -> u64;
    /// Forgets everything, since entries that it took lost a fork. The journal comes again from its start.
    fn begin_anew(&mut self) -> Result<(), Box<dyn Error + Send + Sync>>;
    /// Takes the next entry; `refused` is the verdict of the check.
    fn entry(
        &mut self,
        stored: &Stored,
        refused: Option<Refusal>,
    ) -> Result<(), Box<dyn Error + Send + Sync>>;
    /// Makes the entries taken, up to a position, take effect. `registry` is the one that the views have folded.
    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Verdicts for the journal to keep, so that no signature is checked twice.
#[derive(Debug)]
pub struct Verdicts {
    /// Position up to which entries were checked.
    pub upto: u64,
    /// Positions of refused entries, with the code.
    pub refused: Vec<(u64, String)>,
}

/// Handle of the pump.
#[derive(Debug)]
pub struct Pump {
    wake: SyncSender<()>,
    folded: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

/// What the pump's thread works on.
pub struct PumpParts {
    /// The office whose journal it is.
    pub own: OfficeId,
    /// Connection that reads the journal.
    pub journal: Connection,
    /// The views.
    pub views: Views,
    /// Other followers of the journal.
    pub followers: Vec<Box<dyn Follower>>,
    /// Where the registry is published.
    pub registry: SharedRegistry,
    /// Hands verdicts to the writer.
    pub keep: Box<dyn Fn(Verdicts) + Send>,
}

impl Pump {
    /// Starts the pump, which begins with the entries that are not folded yet.
    pub fn start(works: PumpParts) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let behind = works.followers.iter().map(|follower| follower.upto()).min();
        let (told, folded) = watch::channel(behind.unwrap_or(u64::MAX).min(works.views.folded_to()));
        // Entries written before the start are waiting already.
        let _ = wake.try_send(());
        let thread = supervise::thread("pump", move || run(works, &woken, &told))?;
        Ok(Self { wake, folded, thread: Some(thread) })
    }

    /// A handle for the writer to wake the pump.
    pub fn waker(&self) -> SyncSender<()> {
        self.wake.clone()
    }

    /// Watches the position up to which the views and all followers have folded.
    pub fn folded(&self) -> watch::Receiver<u64> {
        self.folded.clone()
    }

    /// Waits for the thread to end; all wakers must have been dropped.
    pub fn join(mut self) {
        let thread = self.thread.take();
        drop(self);
        if let Some(thread) = thread {
            // It ends by no panic: the program would end with it.
            let _ = thread.join();
        }
    }
}

fn run(mut works: PumpParts, woken: &Receiver<()>, told: &watch::Sender<u64>) {
    let mut noted = Verdicts { upto: 0, refused: Vec::new() };
    let mut failed = false;
    loop {
        // Without being woken, only a failure is retried: a full disk may have room again.
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

/// Folds one batch; `None`: nothing is left to fold.
fn fold_batch(works: &mut PumpParts, noted: &mut Verdicts) -> Result<Option<u64>, PumpError> {
    let PumpParts { own, journal, views, followers, registry, keep } = works;
    let reads = Reads::new(journal, *own);
    let asides = reads.asides_count()?;
    if asides != views.asides() {
        // The views come last: they remember that this was done.
        for follower in followers.iter_mut() {
            follower.begin_anew().map_err(PumpError::Follower)?;
        }
        views.begin_anew(asides)?;
    }
    if let Some(first) = views.waits(*own)?
        && reads.arrived(first)?.is_some()
    {
        let source = JournalSource(reads);
        let mut fold = views.batch(&source)?;
        while fold.settle(*own)? {}
        fold.commit()?;
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
            fold.entry(stored.position, &stored.entry, stored.arrived, refused)?;
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

/// Verdict on an entry: the one noted in the journal, else a new one by the registry folded so far.
fn verdict(
    reads: Reads<'_>,
    own: OfficeId,
    vetted: u64,
    registry: &Registry,
    stored: &Stored,
) -> Result<Option<Refusal>, PumpError> {
    if stored.entry.header.ledger == own {
        // Own entries are refused only by the hub: an office may write before it knows the registry.
        Ok(None)
    } else if stored.position <= vetted {
        // An unknown code must not turn a refused entry into a good one.
        let unknown = JournalError::Damaged(stored.position, "verdict");
        let verdict = reads.refused(stored.position)?;
        Ok(verdict.map(|code| Refusal::from_code(&code).ok_or(unknown)).transpose()?)
    } else {
        Ok(vet(registry, &stored.entry).and_then(|()| addressed(registry, own, &stored.entry)).err())
    }
}

/// Folds entries of a journal that the views lack. Calls `progress` with entries done and entries in all.
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
            fold.entry(stored.position, &stored.entry, stored.arrived, refused)?;
        }
        fold.commit()?;
        progress(views.folded_to(), end);
    }
}

/// The journal as a [`Source`] of the views.
struct JournalSource<'c>(Reads<'c>);

impl Source for JournalSource<'_> {
    fn entry_at(&self, position: u64) -> Result<(Entry, Option<u64>), Box<dyn Error + Send + Sync>> {
        match self.0.at_position(position)? {
            Some(stored) => Ok((stored.entry, stored.arrived)),
            None => Err(format!("position {position} is missing").into()),
        }
    }
}
