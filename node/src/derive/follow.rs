//! Followers: what is derived from the journal after the views, each in a file of its own and in a thread of its own,
//! at its own pace. A follower that fails is tried again with growing pauses; damage costs its file alone, which is made
//! anew. Neither the registry nor the views nor the line ever wait for one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::seal::Ring;

use crate::clock::unix_millis;
use crate::derive::guard::{self, Cause};
use crate::derive::registry::SharedRegistry;
use crate::derive::views::{ViewsError, read};
use crate::identity::sealing::SharedRing;
use crate::store::journal::{self, JournalError, Reads, Stored};
use crate::store::readers::Readers;
use crate::supervise;

/// Why a follower stopped for now. Neither the journal nor the views are affected.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// Its own database failed.
    #[error(transparent)]
    Own(#[from] rusqlite::Error),
    /// The views could not be read.
    #[error("the views: {0}")]
    Views(#[source] ViewsError),
    /// The journal could not be read.
    #[error("the journal: {0}")]
    Journal(#[source] JournalError),
    /// A file could not be removed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl FollowError {
    fn cause(&self) -> Cause {
        match self {
            Self::Own(error) => guard::cause(error),
            // Their owners mend them; until then the follower waits.
            Self::Views(_) | Self::Journal(_) | Self::Io(_) => Cause::Disk,
        }
    }
}

/// Anything that is derived from the journal, entry by entry, in order, once the views have folded it.
pub trait Follower: Send {
    /// Position up to which it has taken entries.
    fn upto(&self) -> u64;
    /// Number of entries that had been set aside when it began.
    fn edition(&self) -> u64;
    /// Forgets everything, since entries that it took lost a fork. The journal comes again from its start.
    fn begin_anew(&mut self, edition: u64) -> Result<(), FollowError>;
    /// Takes the next entry; `refused` is the verdict of the check, by the registry as of the entry's place.
    fn entry(&mut self, stored: &Stored, refused: Option<Refusal>) -> Result<(), FollowError>;
    /// Makes the entries taken, up to a position, take effect. `registry` is the newest one.
    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), FollowError>;
    /// Forgets the entries that were taken since the last commit: they come again.
    fn give_up(&mut self);
    /// Why its file was made anew when it was opened, once; none: it was sound, or there was none.
    fn mended(&mut self) -> Option<String>;
}

/// How a follower is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With what its file holds, if that is sound and no longer than a journal that ends at this position.
    Kept(u64),
    /// Empty: its file is damaged, and no connection of the follower is open.
    Anew,
}

/// Opens a follower, in its thread.
pub type Open = Box<dyn FnMut(Start) -> Result<Box<dyn Follower>, FollowError> + Send>;

/// A follower to be.
pub struct Plan {
    /// Name for log, status and pages: the file's.
    pub name: &'static str,
    /// The follower, if it is open already.
    pub opened: Option<Box<dyn Follower>>,
    /// Opens it, again after damage.
    pub open: Open,
}

/// How a file that is made from the journal follows it: for status, pages and log.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Following {
    /// Position in the journal up to which it follows.
    pub upto: u64,
    /// Why it does not follow for now, in English; none: it does.
    pub trouble: Option<String>,
    /// Since when there is trouble, Unix milliseconds.
    pub since: u64,
    /// When it is tried again, Unix milliseconds, if there is trouble.
    pub again: u64,
    /// The last time that its file was found damaged and made anew since the program started; none: never.
    pub anew: Option<Anew>,
    /// Entries that it passed because they did not fit.
    pub passed: u64,
}

/// A file was made anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Anew {
    /// When, Unix milliseconds.
    pub at: u64,
    /// Why, in English.
    pub why: String,
}

/// How all of them follow, by the names of their files.
pub type Followings = BTreeMap<String, Following>;

/// Publishes how each of them follows.
pub(super) type Told = Arc<watch::Sender<Followings>>;

pub(super) fn note(told: &Told, name: &str, change: impl FnOnce(&mut Following)) {
    told.send_if_modified(|all| {
        let one = all.entry(name.to_owned()).or_default();
        let before = one.clone();
        change(one);
        *one != before
    });
}

pub(super) fn trouble(told: &Told, name: &str, why: &dyn std::fmt::Display, pause: Duration) {
    tracing::error!(file = name, error = %why, "a derived file does not follow the journal, which is whole");
    note(told, name, |one| {
        if one.trouble.is_none() {
            one.since = unix_millis();
        }
        one.again = unix_millis().saturating_add(pause.as_millis() as u64);
        one.trouble = Some(why.to_string());
    });
}

pub(super) fn made_anew(told: &Told, name: &str, why: &dyn std::fmt::Display) {
    tracing::error!(file = name, error = %why, "a derived file was damaged; it is made anew from the journal");
    note(told, name, |one| {
        one.anew = Some(Anew { at: unix_millis(), why: why.to_string() });
        one.upto = 0;
    });
}

/// Tells the owner of a derived file that a reader found it damaged.
#[derive(Clone, Debug)]
pub struct Doubt {
    flag: Arc<AtomicBool>,
    /// Weak: only the pump's handle keeps it awake, so that its threads end when that is dropped.
    wake: Weak<SyncSender<()>>,
}

impl Doubt {
    pub(super) fn new(wake: &Arc<SyncSender<()>>) -> Self {
        Self { flag: Arc::default(), wake: Arc::downgrade(wake) }
    }

    /// Says that the file is damaged: it is made anew.
    pub fn raise(&self) {
        self.flag.store(true, Ordering::SeqCst);
        if let Some(wake) = self.wake.upgrade() {
            // A full channel means that its owner is awake already.
            let _ = wake.try_send(());
        }
    }

    /// The same, said by the owner to itself: the next try begins with it.
    pub(super) fn remember(&self) {
        self.flag.store(true, Ordering::SeqCst);
    }

    pub(super) fn take(&self) -> bool {
        self.flag.swap(false, Ordering::SeqCst)
    }
}

/// What a follower's thread works on.
pub(super) struct Parts {
    pub(super) own: OfficeId,
    pub(super) journal: PathBuf,
    pub(super) ring: SharedRing,
    pub(super) views: Arc<Readers<ViewsError>>,
    pub(super) views_doubt: Doubt,
    pub(super) registry: SharedRegistry,
    pub(super) told: Told,
    /// The program stops: what is far behind is left to the next start.
    pub(super) closing: Arc<AtomicBool>,
}

/// A follower's thread, as the pump holds it.
pub(super) struct Running {
    pub(super) wake: Arc<SyncSender<()>>,
    pub(super) doubt: Doubt,
    pub(super) thread: JoinHandle<()>,
}

/// Starts a follower's thread. It ends when its waker is dropped and nothing is left to take.
pub(super) fn start(plan: Plan, parts: Parts) -> std::io::Result<Running> {
    let (wake, woken) = sync_channel(1);
    let wake = Arc::new(wake);
    let doubt = Doubt::new(&wake);
    let name = plan.name;
    let mut work = Work {
        plan,
        parts,
        doubt: doubt.clone(),
        journal: None,
        ring: None,
        singly_to: 0,
        anew: None,
        pause: limits::STORE_RETRY,
    };
    work.opened();
    let _ = wake.try_send(());
    let thread = supervise::thread(name, move || work.run(&woken))?;
    Ok(Running { wake, doubt, thread })
}

struct Work {
    plan: Plan,
    parts: Parts,
    doubt: Doubt,
    journal: Option<Connection>,
    /// Opens what is sealed, as of the last reading.
    ring: Option<Arc<Ring>>,
    /// Up to this position entries are taken one by one, since one of them does not fit.
    singly_to: u64,
    /// When the file was last made anew.
    anew: Option<Instant>,
    /// The pause after the next failure.
    pause: Duration,
}

impl Work {
    fn run(&mut self, woken: &Receiver<()>) {
        let mut again = None;
        loop {
            let awake = match again {
                Some(pause) => woken.recv_timeout(pause),
                None => woken.recv().map_err(Into::into),
            };
            if awake == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            if self.follow() {
                (self.pause, again) = (limits::STORE_RETRY, None);
            } else {
                again = Some(self.pause);
                self.pause = (self.pause * 2).min(limits::FOLLOW_RETRY_MOST);
            }
        }
    }

    /// Takes all that the views have folded; false: it did not come to the end.
    fn follow(&mut self) -> bool {
        loop {
            if self.doubt.take() {
                match self.make_anew(&"a reader found it damaged") {
                    Ok(()) => {}
                    Err(error) => return self.fail(&error),
                }
            }
            match self.step() {
                Ok(Some(left)) => {
                    if self.parts.closing.load(Ordering::SeqCst) && left > limits::VIEWS_BEHIND {
                        return true;
                    }
                }
                Ok(None) => {
                    note(&self.parts.told, self.plan.name, |one| one.trouble = None);
                    return true;
                }
                Err(error) => {
                    if let Some(follower) = &mut self.plan.opened {
                        follower.give_up();
                    }
                    let mended = match error.cause() {
                        // Damage that comes back at once is the disk's.
                        Cause::Damage
                            if self.anew.is_none_or(|at| at.elapsed() > limits::FOLLOW_RETRY_MOST) =>
                        {
                            self.make_anew(&error)
                        }
                        Cause::Damage => {
                            self.doubt.remember();
                            Err(error)
                        }
                        Cause::Content => self.pass(&error),
                        Cause::Disk => {
                            // The owner of the views makes them anew; this follower waits for it.
                            if matches!(&error, FollowError::Views(views) if views.cause() == Cause::Damage) {
                                self.parts.views_doubt.raise();
                            }
                            Err(error)
                        }
                    };
                    if let Err(error) = mended {
                        return self.fail(&error);
                    }
                }
            }
        }
    }

    fn fail(&mut self, error: &FollowError) -> bool {
        trouble(&self.parts.told, self.plan.name, error, self.pause);
        false
    }

    fn make_anew(&mut self, why: &dyn std::fmt::Display) -> Result<(), FollowError> {
        made_anew(&self.parts.told, self.plan.name, why);
        // Closed first: the last connection to a database removes the log beside it by its name.
        self.plan.opened = None;
        self.anew = Some(Instant::now());
        match (self.plan.open)(Start::Anew) {
            Ok(follower) => self.plan.opened = Some(follower),
            Err(error) => {
                self.doubt.remember();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Goes on after entries that do not fit: first one by one, then without the one.
    fn pass(&mut self, error: &FollowError) -> Result<(), FollowError> {
        let (upto, batch) = self.batch()?;
        let Some(first) = batch.first().map(|stored| stored.position) else { return Ok(()) };
        if self.singly_to <= upto {
            self.singly_to = batch.last().map_or(first, |stored| stored.position);
            return Ok(());
        }
        tracing::error!(file = self.plan.name, position = first, %error, "an entry does not fit and is passed");
        let registry = self.parts.registry.current();
        let Some(follower) = &mut self.plan.opened else { return Ok(()) };
        follower.commit(first, &registry)?;
        note(&self.parts.told, self.plan.name, |one| {
            one.passed += 1;
            one.upto = first;
        });
        Ok(())
    }

    /// Tells how the follower was found when it was opened.
    fn opened(&mut self) {
        let Some(follower) = &mut self.plan.opened else { return };
        if let Some(why) = follower.mended() {
            made_anew(&self.parts.told, self.plan.name, &why);
        }
        note(&self.parts.told, self.plan.name, |one| one.upto = follower.upto());
    }

    fn journal(&mut self) -> Result<Reads<'_>, FollowError> {
        if self.journal.is_none() {
            self.journal = Some(journal::open_reader(&self.parts.journal).map_err(FollowError::Journal)?);
        }
        match &self.journal {
            Some(journal) => {
                self.ring = self.parts.ring.load_full();
                Ok(Reads::new(journal, self.parts.own).opening(self.ring.as_deref()))
            }
            None => Err(FollowError::Journal(JournalError::State("not open"))),
        }
    }

    /// The next entries, and the position after which they come.
    fn batch(&mut self) -> Result<(u64, Vec<Stored>), FollowError> {
        if self.plan.opened.is_none() {
            let end = self.journal()?.end().map_err(FollowError::Journal)?.position;
            self.plan.opened = Some((self.plan.open)(Start::Kept(end))?);
            self.opened();
        }
        let upto = self.plan.opened.as_ref().map_or(0, |follower| follower.upto());
        let most = if self.singly_to > upto { 1 } else { limits::FOLD_ENTRIES };
        match self.journal()?.stretch(upto, most, limits::FOLD_BYTES) {
            Ok(batch) => Ok((upto, batch)),
            Err(error) => Err(FollowError::Journal(error)),
        }
    }

    /// Takes one batch. None: nothing is left to take; else how many positions are.
    fn step(&mut self) -> Result<Option<u64>, FollowError> {
        let (upto, mut batch) = match self.batch() {
            Ok(batch) => batch,
            Err(FollowError::Journal(JournalError::Damaged(position, _))) => return self.skip(position),
            Err(error) => return Err(error),
        };
        let last = batch.last().map_or(upto, |stored| stored.position);
        let folded = self.parts.views.with(|views| read::folded(views, upto, last));
        let folded = folded.map_err(FollowError::Views)?;
        let Some(follower) = &mut self.plan.opened else { return Ok(None) };
        // Empty views are about to be folded; what they count as set aside is known with their first entry.
        if folded.position > 0 && folded.edition != follower.edition() {
            follower.begin_anew(folded.edition)?;
            note(&self.parts.told, self.plan.name, |one| one.upto = 0);
            return Ok(Some(folded.position));
        }
        batch.retain(|stored| stored.position <= folded.position);
        let Some(last) = batch.last().map(|stored| stored.position) else { return Ok(None) };
        for stored in &batch {
            // An unknown code must not turn a refused entry into a good one.
            let code = folded.refused.get(&stored.position);
            let refused = code.map(|code| Refusal::from_code(code).unwrap_or(Refusal::Malformed));
            follower.entry(stored, refused)?;
        }
        follower.commit(last, &self.parts.registry.current())?;
        note(&self.parts.told, self.plan.name, |one| {
            one.upto = last;
            one.trouble = None;
        });
        Ok(Some(folded.position.saturating_sub(last)))
    }

    /// Passes an entry that cannot be read, once the views have passed it.
    fn skip(&mut self, position: u64) -> Result<Option<u64>, FollowError> {
        let folded = self.parts.views.with(|views| read::folded(views, position, position));
        let folded = folded.map_err(FollowError::Views)?;
        let Some(follower) = self.plan.opened.as_mut().filter(|_| folded.position >= position) else {
            return Ok(None);
        };
        follower.commit(position, &self.parts.registry.current())?;
        Ok(Some(folded.position - position))
    }
}

/// Takes all entries of a closed store's journal that the views hold into a follower; for commands.
pub fn catch_up(
    follower: &mut dyn Follower,
    journal: Reads<'_>,
    views: &Connection,
    registry: &Arc<Registry>,
    mut progress: impl FnMut(u64),
) -> Result<(), FollowError> {
    loop {
        let upto = follower.upto();
        let (batch, last) = match journal.stretch(upto, limits::FOLD_ENTRIES, limits::FOLD_BYTES) {
            Ok(batch) => {
                let Some(last) = batch.last().map(|stored| stored.position) else { return Ok(()) };
                (batch, last)
            }
            // The views have noted it as undigested.
            Err(JournalError::Damaged(position, _)) if position > upto => (Vec::new(), position),
            Err(error) => return Err(FollowError::Journal(error)),
        };
        let folded = read::folded(views, upto, last).map_err(FollowError::Views)?;
        if folded.edition != follower.edition() {
            follower.begin_anew(folded.edition)?;
            continue;
        }
        if folded.position < last {
            return Ok(());
        }
        for stored in &batch {
            let refused = folded.refused.get(&stored.position);
            let refused = refused.map(|code| Refusal::from_code(code).unwrap_or(Refusal::Malformed));
            follower.entry(stored, refused)?;
        }
        follower.commit(last, registry)?;
        progress(last);
    }
}
