//! A running office: the store with its writer and pump, and the only way to write into it.

pub mod unsent;
pub mod verifier;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio::time::timeout;
use truc_proto::audience::Scope;
use truc_proto::authority::{self};
use truc_proto::entry::{Attachment, Channel, Entry, Header};
use truc_proto::id::{Incarnation, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::record::Move;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::time::Hlc;
use truc_proto::wire::{Confidentiality, Urgency};

use crate::clock::unix_millis;
use crate::derive::follow::{Followings, Plan};
use crate::derive::guard::{self, Cause};
use crate::derive::pump::{Pump, PumpParts};
use crate::derive::registry::{SharedRegistry, from_journal};
use crate::derive::search::{self, Hit, Query, SEARCH, SearchError};
use crate::derive::views::{self, VIEWS, Views, ViewsError};
use crate::identity::Identity;
use crate::identity::keys::{self, KeyError};
use crate::store::health::Health;
use crate::store::journal::{self, Draft, JOURNAL, Journal, JournalError, Reads};
use crate::store::readers::Readers;
use crate::store::verified::Verified;
use crate::store::writer::{Reached, WriteError, Writer};

/// Time for the views to show a new entry before its author is answered anyway.
const VIEWS_SOON: Duration = Duration::from_secs(5);

/// Why an office cannot open or write.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The views failed.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The search index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The writer did not make the write.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A key could not be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A thread could not be started.
    #[error(transparent)]
    Thread(#[from] std::io::Error),
    /// The rules forbid the move; nothing was written.
    #[error("the rules forbid it: {}", .0.code())]
    Refused(Refusal),
    /// The pump has stopped.
    #[error("the views have stopped; what was written is safe in the journal")]
    Stopped,
}

/// A move that somebody wants to make, before it is an entry.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The account that acts.
    pub author: String,
    /// The record.
    pub record: RecordId,
    /// The move.
    pub mv: Move,
    /// Whom it is for; empty: this office alone.
    pub audience: Vec<Scope>,
    /// Urgency (độ khẩn).
    pub urgency: Urgency,
    /// Secrecy level (độ mật).
    pub confidentiality: Confidentiality,
    /// Attached files.
    pub attachments: Vec<Attachment>,
}

impl Intent {
    /// An open move of normal urgency without files.
    pub fn new(
        author: impl Into<String>,
        record: RecordId,
        mv: impl Into<Move>,
        audience: Vec<Scope>,
    ) -> Self {
        Self {
            author: author.into(),
            record,
            mv: mv.into(),
            audience,
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: Vec::new(),
        }
    }

    fn draft(self) -> Draft {
        Draft {
            author: self.author,
            record: self.record,
            kind: self.mv.kind(),
            body: self.mv.encode(),
            audience: self.audience,
            urgency: self.urgency,
            confidentiality: self.confidentiality,
            attachments: self.attachments,
        }
    }

    /// The header as far as the rules read it, as if it were written at `time`: its seat does not matter to them.
    fn header(&self, office: OfficeId, time: Hlc) -> Header {
        Header {
            ledger: office,
            seat: Seat { incarnation: Incarnation(0), seq: 0 },
            base: None,
            time,
            seen: None,
            author: self.author.clone(),
            record: self.record,
            kind: self.mv.kind(),
            mv: truc_proto::record::number(&self.mv.encode()),
            audience: self.audience.iter().map(|scope| Channel { scope: *scope, previous: None }).collect(),
            urgency: self.urgency,
            confidentiality: self.confidentiality,
            attachments: self.attachments.clone(),
        }
    }
}

/// A running office. Dropping it stops writer and pump after everything handed in is done.
pub struct Office {
    dir: PathBuf,
    identity: Identity,
    writer: Option<Arc<Writer>>,
    pump: Option<Pump>,
    registry: SharedRegistry,
    journal: Readers<JournalError>,
    views: Arc<Readers<ViewsError>>,
    search: Arc<Readers<SearchError>>,
    verified: watch::Sender<Verified>,
}

impl Office {
    /// Opens the store in a folder, creating it if there is none. `followers` follow its views, as the search index does.
    /// Whatever is derived from the journal and damaged is made anew.
    pub fn open(dir: &Path, identity: Identity, mut followers: Vec<Plan>) -> Result<Self, OfficeError> {
        let journal_path = dir.join(JOURNAL);
        let views_path = dir.join(VIEWS);
        let journal = Journal::open(&journal_path, identity.office, identity.is_hub())?;
        let mut views = Views::open(&views_path, identity.hub, identity.hub_key)?;
        if views.folded_to() > journal.end().position {
            // Views of a longer journal belong to another life of the store.
            views = Views::create(&views_path, identity.hub, identity.hub_key)?;
        }
        let readers = Arc::new(Readers::new(views_path, views::reader));
        let found = Arc::new(Readers::new(dir.join(SEARCH), search::reader));
        followers.push(search::plan(dir, identity.office, Arc::clone(&readers), Arc::clone(&found)));
        let registry = SharedRegistry::new(views.registry(), views.folded_to());
        let end = journal.end().position;
        if views.folded_to() == 0 && end > 0 || end.saturating_sub(views.folded_to()) > limits::VIEWS_BEHIND {
            // Who may connect is known before the views are folded.
            let known = from_journal(journal.reads(), identity.hub, identity.hub_key, end)?;
            registry.advance(&Arc::new(known), end);
        }
        let writer_slot: Arc<RwLock<std::sync::Weak<Writer>>> = Arc::default();
        let slot = Arc::clone(&writer_slot);
        let pump = Pump::start(PumpParts {
            own: identity.office,
            journal: journal::open_reader(&journal_path)?,
            journal_path: journal_path.clone(),
            views,
            readers: Arc::clone(&readers),
            followers,
            registry: registry.clone(),
            keep: Box::new(move |verdicts, kept| {
                let writer = slot.read().unwrap_or_else(PoisonError::into_inner).upgrade();
                match writer {
                    Some(writer) => writer.submit(
                        move |journal| journal.vetted(verdicts.upto, &verdicts.refused),
                        move |written| kept(written.is_ok()),
                    ),
                    None => kept(false),
                }
            }),
        })?;
        let writer = Arc::new(Writer::start(journal, pump.waker())?);
        *writer_slot.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&writer);
        Ok(Self {
            dir: dir.to_owned(),
            identity,
            writer: Some(writer),
            pump: Some(pump),
            registry,
            journal: Readers::new(journal_path, journal::open_reader),
            views: readers,
            search: found,
            verified: watch::Sender::new(Verified::load(dir)),
        })
    }

    /// The store's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Who writes here, and which hub is believed.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// This office.
    pub fn id(&self) -> OfficeId {
        self.identity.office
    }

    /// The writer of the store.
    pub fn writer(&self) -> Result<&Writer, WriteError> {
        self.writer.as_deref().ok_or(WriteError::Stopped)
    }

    /// Watches what the journal has reached.
    pub fn reached(&self) -> Result<watch::Receiver<Reached>, WriteError> {
        Ok(self.writer()?.reached())
    }

    /// Watches whether the store takes writes.
    pub fn health(&self) -> Result<watch::Receiver<Health>, WriteError> {
        Ok(self.writer()?.health())
    }

    /// Watches how far the journal is verified.
    pub fn verified(&self) -> watch::Receiver<Verified> {
        self.verified.subscribe()
    }

    /// Publishes how far the journal is verified.
    pub fn verified_to(&self, verified: Verified) {
        self.verified.send_replace(verified);
    }

    /// Watches up to which position the views are folded.
    pub fn folded(&self) -> Result<watch::Receiver<u64>, OfficeError> {
        self.pump.as_ref().map(Pump::folded).ok_or(OfficeError::Stopped)
    }

    /// The office registry as of now.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.current()
    }

    /// Reads the journal.
    pub fn read<T>(&self, work: impl FnOnce(Reads<'_>) -> Result<T, JournalError>) -> Result<T, OfficeError> {
        Ok(self.journal.with(|conn| work(Reads::new(conn, self.identity.office)))?)
    }

    /// Reads the views.
    pub fn view<T>(&self, work: impl FnOnce(&Connection) -> Result<T, ViewsError>) -> Result<T, OfficeError> {
        let life = self.views.life();
        let read = self.views.with(work);
        if let Err(error) = &read
            && error.cause() == Cause::Damage
            && life == self.views.life()
        {
            self.doubt(VIEWS);
        }
        Ok(read?)
    }

    /// Says that a reader found the derived file of this name damaged: it is made anew.
    pub fn doubt(&self, file: &str) {
        if let Some(pump) = &self.pump {
            pump.doubt(file);
        }
    }

    /// Watches how the files that are derived from the journal follow it.
    pub fn followings(&self) -> Result<watch::Receiver<Followings>, OfficeError> {
        self.pump.as_ref().map(Pump::followings).ok_or(OfficeError::Stopped)
    }

    /// Finds records by words, as one types; see [`search::find`].
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, OfficeError> {
        let life = self.search.life();
        let found: Result<_, SearchError> = self.search.with(|conn| {
            self.journal.with(|journal| {
                let entries = search::entries(Reads::new(journal, self.identity.office));
                search::find(conn, query, &entries)
            })
        });
        if let Err(SearchError::Sqlite(error)) = &found
            && guard::cause_at_opening(error) == Cause::Damage
            && life == self.search.life()
        {
            self.doubt(SEARCH);
        }
        Ok(found?)
    }

    /// Waits until the search index has taken in what the views show, but not for long: an index that is being made
    /// anew answers with what it has. Returns whether it is complete.
    pub async fn wait_searchable(&self) -> Result<bool, OfficeError> {
        let upto = *self.folded()?.borrow();
        let mut followings = self.followings()?;
        let whole = followings.wait_for(|all| all.get(SEARCH).is_some_and(|search| search.upto >= upto));
        Ok(timeout(limits::SEARCH_SOON, whole).await.is_ok())
    }

    /// Whether the rules allow what somebody wants to do.
    pub fn permits(&self, intent: &Intent) -> Result<(), Refusal> {
        let registry = self.registry();
        // By the map of today. A clock that stands before the newest day that the hub has told is wrong.
        let turned = registry.turned().map_or(0, |day| day.start_millis().max(0) as u64);
        let now = Hlc::tick(Hlc::default(), unix_millis().max(turned));
        authority::check(&registry, &intent.header(self.identity.office, now), &intent.mv)
    }

    /// Checks the rules, appends, and waits until the entry is durable and the views show it. Returns the entry with
    /// its position in the journal.
    pub async fn act(&self, intent: Intent) -> Result<(u64, Entry), OfficeError> {
        self.permits(&intent).map_err(OfficeError::Refused)?;
        let written = self.append(intent).await?;
        // The entry is durable whatever becomes of the views: they may be stuck on a full disk, and the next start
        // folds them.
        match timeout(VIEWS_SOON, self.wait_folded(written.0)).await {
            Ok(folded) => folded?,
            Err(_) => tracing::warn!("the views do not follow; the journal is whole"),
        }
        Ok(written)
    }

    /// Appends without checking the rules; they are checked wherever the entry arrives.
    pub async fn append(&self, intent: Intent) -> Result<(u64, Entry), OfficeError> {
        let key = self.identity.key.clone();
        let chance = keys::random::<16>()?;
        let draft = intent.draft();
        Ok(self.writer()?.write(move |journal| journal.append(draft, &key, unix_millis(), chance)).await?)
    }

    /// Appends a move that is made in the writer's turn from what the journal holds then: nothing comes between.
    pub async fn append_made(
        &self,
        make: impl FnOnce(Reads<'_>) -> Result<Intent, JournalError> + Send + 'static,
    ) -> Result<(u64, Entry), OfficeError> {
        let key = self.identity.key.clone();
        let random = u32::from_le_bytes(keys::random()?);
        let written = self.writer()?.write(move |journal| {
            let draft = journal.in_turn(make)?.draft();
            journal.append(draft, &key, unix_millis(), random)
        });
        Ok(written.await?)
    }

    /// Waits until the views show everything up to a position.
    pub async fn wait_folded(&self, position: u64) -> Result<(), OfficeError> {
        self.folded()?.wait_for(|folded| *folded >= position).await.map_err(|_| OfficeError::Stopped)?;
        Ok(())
    }

    /// Waits until the registry knows everything up to a position. It does not wait for views that lag far behind.
    pub async fn wait_registry(&self, position: u64) -> Result<(), OfficeError> {
        let known = |_: &u64| self.registry.known().upto >= position;
        self.folded()?.wait_for(known).await.map_err(|_| OfficeError::Stopped)?;
        Ok(())
    }

    /// Stops writer and pump after everything handed in is done.
    pub fn close(&mut self) {
        // The writer holds the pump's waker, so it must end first.
        self.writer = None;
        if let Some(pump) = self.pump.take() {
            pump.join();
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.close();
    }
}
