//! The pump: one thread that checks the entries that the writer made durable, and folds them into the views. It sleeps
//! until the writer wakes it. What is derived beside the views follows in threads of its own ([`super::follow`]).
//!
//! Folding is total: an entry that does not fit the tables is noted as undigested and passed, each for itself. Only a
//! disk that fails stops the pump, and it tries again. Damage costs the views' file, which is made anew.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::watch;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;

use crate::derive::follow::{self, Doubt, Followings, Parts, Plan, Running, Told};
use crate::derive::guard::Cause;
use crate::derive::registry::{SharedRegistry, from_journal};
use crate::derive::vet::{addressed, inward, vet};
use crate::derive::views::{Fold, Source, VIEWS, Views, ViewsError, read};
use crate::identity::sealing::SharedRing;
use crate::store::journal::{JournalError, Reads, Stored};
use crate::store::readers::Readers;
use crate::supervise;

/// Positions after which verdicts are written into the journal; a refusal is written with its batch.
const NOTE_EVERY: u64 = 4096;

/// Why the pump stopped for now. The journal is not affected.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The views could not be written.
    #[error(transparent)]
    Views(#[from] ViewsError),
}

impl PumpError {
    fn cause(&self) -> Cause {
        match self {
            Self::Views(error) => error.cause(),
            // Nothing that is made anew would mend it.
            Self::Journal(_) => Cause::Disk,
        }
    }
}

/// Verdicts for the journal to keep, so that no signature is checked twice.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// Position up to which entries were checked.
    pub upto: u64,
    /// Positions of refused entries, with the code.
    pub refused: Vec<(u64, String)>,
}

/// Called when verdicts are durable, or could not be kept.
pub type Kept = Box<dyn FnOnce(bool) + Send>;

/// Handle of the pump.
pub struct Pump {
    wake: Arc<SyncSender<()>>,
    folded: watch::Receiver<u64>,
    followings: Told,
    views: Doubt,
    followers: Vec<(&'static str, Doubt)>,
    closing: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What the pump's thread works on.
pub struct PumpParts {
    /// The office whose journal it is.
    pub own: OfficeId,
    /// Connection that reads the journal.
    pub journal: Connection,
    /// The journal's file, for followers to open connections of their own.
    pub journal_path: PathBuf,
    /// The views.
    pub views: Views,
    /// Opens what is sealed.
    pub ring: SharedRing,
    /// Connections that read the views.
    pub readers: Arc<Readers<ViewsError>>,
    /// What follows the views.
    pub followers: Vec<Plan>,
    /// Where the registry is published.
    pub registry: SharedRegistry,
    /// Hands verdicts to the writer, which answers.
    pub keep: Box<dyn Fn(Verdicts, Kept) + Send>,
}

impl Pump {
    /// Starts the pump, which begins with the entries that are not folded yet, and its followers.
    pub fn start(mut works: PumpParts) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let wake = Arc::new(wake);
        let doubt = Doubt::new(&wake);
        let (told, folded) = watch::channel(works.views.folded_to());
        let followings: Told = Arc::new(watch::Sender::new(Followings::default()));
        let closing = Arc::new(AtomicBool::new(false));
        if let Some(why) = works.views.mended() {
            follow::made_anew(&followings, VIEWS, &why);
        }
        follow::note(&followings, VIEWS, |one| one.upto = works.views.folded_to());
        let mut running = Vec::new();
        for plan in std::mem::take(&mut works.followers) {
            let name = plan.name;
            let parts = Parts {
                own: works.own,
                journal: works.journal_path.clone(),
                ring: works.ring.clone(),
                views: Arc::clone(&works.readers),
                views_doubt: doubt.clone(),
                registry: works.registry.clone(),
                told: Arc::clone(&followings),
                closing: Arc::clone(&closing),
            };
            running.push((name, follow::start(plan, parts)?));
        }
        let followers = running.iter().map(|(name, running)| (*name, running.doubt.clone())).collect();
        let (wakers, threads): (Vec<_>, Vec<_>) =
            running.into_iter().map(|(_, Running { wake, thread, .. })| (wake, thread)).unzip();
        // Entries written before the start are waiting already.
        let _ = wake.try_send(());
        let (answers, answered) = std::sync::mpsc::channel();
        let work = Work {
            works,
            followers: wakers,
            told,
            followings: Arc::clone(&followings),
            doubt: doubt.clone(),
            closing: Arc::clone(&closing),
            refused: Vec::new(),
            noted: None,
            keeping: None,
            answers,
            answered,
            singly_to: 0,
            damaged_at: None,
        };
        let pump = supervise::thread("pump", move || work.run(&woken))?;
        // The pump first: followers end when it has.
        let threads = std::iter::once(pump).chain(threads).collect();
        Ok(Self { wake, folded, followings, views: doubt, followers, closing, threads })
    }

    /// A handle for the writer to wake the pump.
    pub fn waker(&self) -> SyncSender<()> {
        SyncSender::clone(&self.wake)
    }

    /// Looks at the journal though nothing was written.
    pub fn look_again(&self) {
        // A full channel means that it is awake already.
        let _ = self.wake.try_send(());
    }

    /// Watches the position up to which the views have folded.
    pub fn folded(&self) -> watch::Receiver<u64> {
        self.folded.clone()
    }

    /// Watches how the derived files follow the journal.
    pub fn followings(&self) -> watch::Receiver<Followings> {
        self.followings.subscribe()
    }

    /// Says that a reader found the file of this name damaged.
    pub fn doubt(&self, name: &str) {
        match self.followers.iter().find(|(follower, _)| *follower == name) {
            Some((_, doubt)) => doubt.raise(),
            None if name == VIEWS => self.views.raise(),
            None => {}
        }
    }

    /// Waits for the threads to end; all wakers must have been dropped. What is far behind stays for the next start.
    pub fn join(mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let threads = std::mem::take(&mut self.threads);
        drop(self);
        for thread in threads {
            // It ends by no panic: the program would end with it.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Pump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pump").field("folded", &*self.folded.borrow()).finish_non_exhaustive()
    }
}

/// The pump's thread.
struct Work {
    works: PumpParts,
    followers: Vec<Arc<SyncSender<()>>>,
    told: watch::Sender<u64>,
    followings: Told,
    doubt: Doubt,
    closing: Arc<AtomicBool>,
    /// Refused entries whose verdicts the journal does not hold yet.
    refused: Vec<(u64, String)>,
    /// Position up to which verdicts were handed in; none: nothing was since the start.
    noted: Option<u64>,
    /// Verdicts that were handed in and not answered yet.
    keeping: Option<Verdicts>,
    answers: std::sync::mpsc::Sender<bool>,
    answered: Receiver<bool>,
    /// Up to this position entries are folded one by one, since one of them does not fit.
    singly_to: u64,
    /// Where the views were found damaged last; none: they have folded on since.
    damaged_at: Option<u64>,
}

impl Work {
    fn run(mut self, woken: &Receiver<()>) {
        let mut again = false;
        loop {
            // Without being woken, only what failed is tried again: a full disk may have room again.
            let awake = if again {
                woken.recv_timeout(limits::STORE_RETRY)
            } else {
                woken.recv().map_err(Into::into)
            };
            if awake == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            let folded = self.fold();
            if let Err(error) = &folded {
                follow::trouble(&self.followings, VIEWS, error, limits::STORE_RETRY);
            }
            self.keep();
            self.wake_followers();
            again = folded.is_err() || self.keeping.is_some() || !self.refused.is_empty();
        }
    }

    fn wake_followers(&self) {
        for follower in &self.followers {
            let _ = follower.try_send(());
        }
    }

    /// Folds what is left to fold.
    fn fold(&mut self) -> Result<(), PumpError> {
        loop {
            if self.doubt.take() {
                self.make_anew(&"a reader found it damaged")?;
            }
            if let Err(error) = self.settle() {
                match error.cause() {
                    Cause::Disk => return Err(error),
                    Cause::Damage if self.damaged_at.is_none() => self.make_anew(&error)?,
                    Cause::Damage | Cause::Content => tracing::error!(%error, "arrivals are not shown"),
                }
            }
            let upto = match self.batch() {
                Ok(Some(upto)) => upto,
                Ok(None) => {
                    follow::note(&self.followings, VIEWS, |one| one.trouble = None);
                    return Ok(());
                }
                Err(error) => {
                    match error.cause() {
                        Cause::Disk => return Err(error),
                        // An entry on which views that were just made anew break is at fault itself.
                        Cause::Damage if self.damaged_at.is_none() => self.make_anew(&error)?,
                        Cause::Damage | Cause::Content => self.pass(error)?,
                    }
                    continue;
                }
            };
            if self.damaged_at.is_some_and(|at| at < upto) {
                self.damaged_at = None;
            }
            // The registry first: whoever is told that something was folded may ask for it.
            let left = self.publish(upto)?;
            self.told.send_replace(upto);
            follow::note(&self.followings, VIEWS, |one| {
                one.upto = upto;
                one.trouble = None;
            });
            self.keep();
            self.wake_followers();
            if self.closing.load(Ordering::SeqCst) && left > limits::VIEWS_BEHIND {
                return Ok(());
            }
        }
    }

    /// Publishes the registry: that of the views, unless they lag behind; then that of the journal. Returns how many
    /// positions are left to fold.
    fn publish(&self, upto: u64) -> Result<u64, PumpError> {
        let PumpParts { own, journal, views, registry, .. } = &self.works;
        registry.advance(&views.registry(), upto);
        let reads = Reads::new(journal, *own);
        let end = reads.end()?.position;
        let left = end.saturating_sub(upto);
        if left > limits::VIEWS_BEHIND {
            let (hub, hub_key) = views.hub();
            let known = registry.known().upto;
            let news = match reads.stretch(known, limits::FOLD_ENTRIES, limits::FOLD_BYTES) {
                Ok(news) => news,
                // Folding passes it and says so.
                Err(JournalError::Damaged(position, _)) if position > known => {
                    registry.advance(&registry.current(), position);
                    return Ok(left);
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(last) = news.last().map(|stored| stored.position) {
                let newest = if news.iter().any(|stored| stored.entry.header.ledger == hub) {
                    Arc::new(from_journal(reads, hub, hub_key, last)?)
                } else {
                    registry.current()
                };
                registry.advance(&newest, last);
            }
        }
        Ok(left)
    }

    fn make_anew(&mut self, why: &dyn std::fmt::Display) -> Result<(), PumpError> {
        follow::made_anew(&self.followings, VIEWS, why);
        self.damaged_at = Some(self.works.views.folded_to() + 1);
        let made = self.works.views.make_anew();
        self.works.readers.replaced();
        // What readers said of the old file, they said of nothing that is left.
        self.doubt.take();
        if made.is_err() {
            self.doubt.remember();
        }
        self.told.send_replace(0);
        Ok(made?)
    }

    /// Notes when the hub had own entries, as far as its receipts have told since.
    fn settle(&mut self) -> Result<(), PumpError> {
        let PumpParts { own, journal, ring, views, .. } = &mut self.works;
        let ring = ring.load();
        let reads = Reads::new(journal, *own).opening(ring.as_deref());
        if let Some(first) = views.waits(*own)?
            && reads.arrived(first)?.is_some()
        {
            let source = JournalSource(reads);
            let mut fold = views.batch(&source)?;
            while fold.settle(*own)? {}
            fold.commit()?;
            // What was done may be in time by now: whoever looks at it looks again.
            self.told.send_modify(|_| ());
        }
        Ok(())
    }

    /// Folds one batch; none: nothing is left to fold.
    fn batch(&mut self) -> Result<Option<u64>, PumpError> {
        let PumpParts { own, journal, ring, views, .. } = &mut self.works;
        let ring = ring.load();
        let reads = Reads::new(journal, *own).opening(ring.as_deref());
        let edition = reads.edition()?;
        if edition != views.edition() {
            views.begin_anew(edition)?;
        }
        let folded = views.folded_to();
        let most = if self.singly_to > folded { 1 } else { limits::FOLD_ENTRIES };
        let batch = match reads.stretch(folded, most, limits::FOLD_BYTES) {
            Ok(batch) => batch,
            Err(error @ JournalError::Damaged(position, _)) if position > folded => {
                tracing::error!(position, %error, "an entry of the journal is damaged; the views pass it");
                views.undigested(position, None, &error.to_string())?;
                return Ok(Some(position));
            }
            Err(error) => return Err(error.into()),
        };
        let Some(upto) = batch.last().map(|stored| stored.position) else { return Ok(None) };
        let vetted = reads.vetted()?;
        let source = JournalSource(reads);
        let mut refusals = Vec::new();
        let mut fold = views.batch(&source)?;
        for stored in &batch {
            let refused = verdict(reads, *own, vetted, fold.registry()?, stored)?;
            if let (Some(refusal), true) = (refused, stored.position > vetted) {
                refusals.push((stored, refusal));
            }
            fold_one(&mut fold, *own, stored, refused)?;
        }
        fold.commit()?;
        for (stored, refusal) in refusals {
            tracing::warn!(place = %stored.entry.header.place(), reason = refusal.code(), "entry refused");
            self.refused.push((stored.position, refusal.code().to_owned()));
        }
        Ok(Some(upto))
    }

    /// Goes on after a batch that does not fit the tables: first entry by entry, then without the entry at fault.
    fn pass(&mut self, error: PumpError) -> Result<(), PumpError> {
        let PumpParts { own, journal, ring, views, .. } = &mut self.works;
        let ring = ring.load();
        let reads = Reads::new(journal, *own).opening(ring.as_deref());
        let folded = views.folded_to();
        if self.singly_to <= folded {
            let batch = reads.stretch(folded, limits::FOLD_ENTRIES, limits::FOLD_BYTES)?;
            // Nothing to fold, and yet it fails: the tables themselves are at fault.
            let Some(last) = batch.last() else { return self.make_anew(&error) };
            self.singly_to = last.position;
            return Ok(());
        }
        let Some(stored) = reads.stretch(folded, 1, 1)?.pop() else { return Err(error) };
        let vetted = reads.vetted()?;
        let refused = verdict(reads, *own, vetted, &views.registry(), &stored)?;
        tracing::error!(place = %stored.entry.header.place(), position = stored.position, %error,
            "an entry cannot be folded and is passed");
        let noted = views.undigested(stored.position, Some((&stored, refused)), &error.to_string());
        if let Err(noted) = noted {
            // Not even that can be written. If new tables do not take it either, it is tried again later.
            return match (noted.cause(), self.damaged_at) {
                (Cause::Damage | Cause::Content, None) => self.make_anew(&noted),
                (Cause::Damage | Cause::Content, Some(_)) => {
                    self.doubt.remember();
                    Err(noted.into())
                }
                (Cause::Disk, _) => Err(noted.into()),
            };
        }
        if let (Some(refusal), true) = (refused, stored.position > vetted) {
            self.refused.push((stored.position, refusal.code().to_owned()));
        }
        self.works.registry.advance(&self.works.views.registry(), stored.position);
        self.told.send_replace(stored.position);
        follow::note(&self.followings, VIEWS, |one| one.passed += 1);
        Ok(())
    }

    /// Hands verdicts to the journal. One hand-over is under way at a time; one that failed is made again, so that no
    /// later one raises the mark of what was checked past refusals that are not kept.
    fn keep(&mut self) {
        match self.answered.try_recv() {
            Ok(kept) => {
                if let Some(verdicts) = self.keeping.take()
                    && !kept
                {
                    self.refused.splice(0..0, verdicts.refused);
                }
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        if self.keeping.is_some() {
            return;
        }
        let PumpParts { own, journal, views, readers: _, keep, .. } = &mut self.works;
        let Ok(vetted) = Reads::new(journal, *own).vetted() else { return };
        let upto = views.folded_to();
        if self.noted.is_none() && vetted < upto {
            // Folded in an earlier life of the program that did not come to keep its verdicts.
            match read::folded(views.connection(), vetted, upto) {
                Ok(folded) => self.refused.extend(folded.refused),
                Err(_) => return,
            }
            self.refused.sort_unstable();
            self.refused.dedup();
        }
        self.noted.get_or_insert(vetted);
        if upto < vetted + NOTE_EVERY && self.refused.is_empty() {
            return;
        }
        let verdicts = Verdicts { upto: upto.max(vetted), refused: std::mem::take(&mut self.refused) };
        let answers = self.answers.clone();
        self.keeping = Some(verdicts.clone());
        keep(
            verdicts,
            Box::new(move |kept| {
                // The pump is gone only while the office is closed.
                let _ = answers.send(kept);
            }),
        );
    }
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
        let verdict = reads.refused(stored.position)?;
        Ok(verdict.map(|code| Refusal::from_code(&code).unwrap_or(Refusal::Malformed)))
    } else {
        let vetted = vet(registry, &stored.entry, stored.arrived);
        Ok(vetted.and_then(|()| addressed(registry, own, &stored.entry)).err())
    }
}

/// Folds an entry with the store's own verdict on it.
fn fold_one(
    fold: &mut Fold<'_>,
    own: OfficeId,
    stored: &Stored,
    refused: Option<Refusal>,
) -> Result<(), ViewsError> {
    let Stored { position, arrived, entry, .. } = stored;
    if refused.is_none() && inward(own, &entry.header) {
        return fold.inward(*position, entry, *arrived);
    }
    fold.entry(*position, entry, *arrived, refused)
}

/// Folds entries of a journal that the views lack. Calls `progress` with entries done and entries in all.
pub fn catch_up(
    reads: Reads<'_>,
    mut views: Views,
    mut progress: impl FnMut(u64, u64),
) -> Result<Views, PumpError> {
    let (end, vetted) = (reads.end()?.position, reads.vetted()?);
    let edition = reads.edition()?;
    if edition != views.edition() {
        views.begin_anew(edition)?;
    }
    let source = JournalSource(reads);
    let mut singly_to = 0;
    loop {
        let folded = views.folded_to();
        let most = if singly_to > folded { 1 } else { limits::FOLD_ENTRIES };
        let batch = match reads.stretch(folded, most, limits::FOLD_BYTES) {
            Ok(batch) => batch,
            Err(error @ JournalError::Damaged(position, _)) if position > folded => {
                views.undigested(position, None, &error.to_string())?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let Some(last) = batch.last().map(|stored| stored.position) else { return Ok(views) };
        let folding = fold_into(&mut views, &source, reads, vetted, &batch);
        match folding {
            Ok(()) => progress(views.folded_to(), end),
            Err(error) if error.cause() == Cause::Disk => return Err(error),
            Err(_) if batch.len() > 1 => singly_to = last,
            Err(error) => {
                let refused = verdict(reads, reads.own(), vetted, &views.registry(), &batch[0])?;
                views.undigested(last, Some((&batch[0], refused)), &error.to_string())?;
            }
        }
    }
}

fn fold_into(
    views: &mut Views,
    source: &JournalSource<'_>,
    reads: Reads<'_>,
    vetted: u64,
    batch: &[Stored],
) -> Result<(), PumpError> {
    let mut fold = views.batch(source)?;
    for stored in batch {
        let refused = verdict(reads, reads.own(), vetted, fold.registry()?, stored)?;
        fold_one(&mut fold, reads.own(), stored, refused)?;
    }
    Ok(fold.commit()?)
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
