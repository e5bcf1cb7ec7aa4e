//! A running office: the store with its writer and pump, and the only way to write into it.

pub mod arrival;
mod closes;
pub mod destroy;
mod pen;
mod road;
pub mod seals;
#[cfg(test)]
mod tests;
mod turn;
pub mod unsent;
pub mod verifier;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio::time::timeout;
use truc_proto::audience::Scope;
use truc_proto::entry::{Attachment, Channel, Entry, Header, INSIDE};
use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::paper::DocumentType;
use truc_proto::receipt::Receipt;
use truc_proto::record::outside::Book;
use truc_proto::record::{self, Move, State, draft};
use truc_proto::registry::Registry;
use truc_proto::seal::{About, ContentKey, inside};
use truc_proto::time::Hlc;
use truc_proto::wire::{Confidentiality, Urgency};
use uuid::Uuid;

use crate::clock::{Clock, OfficeClock};
use crate::derive::follow::{Followings, Plan};
use crate::derive::guard::{self, Cause};
use crate::derive::pump::{Pump, PumpParts};
use crate::derive::registry::{SharedRegistry, from_journal};
use crate::derive::search::{self, Hit, Query, SEARCH, SearchError};
use crate::derive::views::inside::Form;
use crate::derive::views::{self, VIEWS, Views, ViewsError};
use crate::identity::Identity;
use crate::identity::certificate;
use crate::identity::keys::KeyError;
use crate::store::health::{Health, Trouble};
use crate::store::journal::{self, Draft, JOURNAL, Journal, JournalError, Reads};
use crate::store::readers::Readers;
use crate::store::verified::Verified;
use crate::store::writer::{Reached, WriteError, Writer};
use crate::supervise::Loops;
use pen::{Drawn, Pen};
use turn::{At, Decided, Known, Turn};

pub use pen::is_sealed;
pub use turn::Refused;

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
    /// The move may not be written; nothing was.
    #[error("{0}")]
    Refused(Refused),
    /// The pump has stopped.
    #[error("the views have stopped; what was written is safe in the journal")]
    Stopped,
}

/// The number that a move bears. It is given in the writer's turn, so that none is given twice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Numbering {
    /// As written in the move. No other paper of the office may bear it.
    #[default]
    AsWritten,
    /// The next of the paper's register, with this symbol of the issuing committee.
    Next {
        /// The symbol.
        symbol: String,
    },
    /// The arrival number (số đến) in the move, which no other paper of the book and year may bear; if there is none, the
    /// next. The year began at this time, Unix milliseconds.
    Arrival {
        /// When the year began.
        since: i64,
        /// The book.
        book: Book,
    },
}

/// A move that somebody wants to make, before it is an entry.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The account that acts.
    pub author: String,
    /// The record; none: the move opens a new one.
    pub record: Option<RecordId>,
    /// Names what is done, if it must be done once only: with the same name a new record is opened once, and asking
    /// again gives the entry that opened it. If something else is to be written under that name, it is refused.
    pub once: Option<Uuid>,
    /// Which number the move bears.
    pub numbering: Numbering,
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
    /// The draft that becomes this paper; none: it comes from none.
    pub draft: Option<RecordId>,
    /// How the move of a work was asked for; other kinds do not look at it.
    pub form: Form,
    /// The files of a move that is sealed, which are sealed already; none: it has no files, or is not sealed.
    pub sealed: Option<SealedFiles>,
}

/// Files that were sealed before the entry that will name them.
#[derive(Clone, Debug)]
pub struct SealedFiles {
    /// The key of files and entry.
    pub key: ContentKey,
    /// Each as it was, in the order of the attachments.
    pub files: Vec<inside::File>,
}

impl Intent {
    /// An open move of a record, of normal urgency and without files.
    pub fn new(
        author: impl Into<String>,
        record: RecordId,
        mv: impl Into<Move>,
        audience: Vec<Scope>,
    ) -> Self {
        Self { record: Some(record), ..Self::opening(author, mv, audience) }
    }

    /// An open move that opens a new record, of normal urgency and without files.
    pub fn opening(author: impl Into<String>, mv: impl Into<Move>, audience: Vec<Scope>) -> Self {
        Self {
            author: author.into(),
            record: None,
            once: None,
            numbering: Numbering::AsWritten,
            mv: mv.into(),
            audience,
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: Vec::new(),
            sealed: None,
            draft: None,
            form: Form::default(),
        }
    }

    /// The record that it is about.
    pub(crate) fn record(&self, office: OfficeId) -> RecordId {
        let seed = || self.once.unwrap_or_else(Uuid::now_v7);
        self.record.unwrap_or_else(|| RecordId::of(office, self.mv.kind(), seed()))
    }

    /// The type of the paper that it brings.
    fn document_type(&self) -> Option<DocumentType> {
        DocumentType::from_code(&self.mv.paper()?.document_type)
    }

    fn draft(self, record: RecordId) -> Draft {
        Draft {
            author: self.author,
            record,
            kind: self.mv.kind(),
            body: self.mv.encode(),
            audience: self.audience,
            urgency: self.urgency,
            confidentiality: self.confidentiality,
            attachments: self.attachments,
            seal: None,
        }
    }

    /// What it is sealed to, if it is.
    pub(crate) fn about(&self, ledger: OfficeId, record: RecordId) -> About {
        let mv = record::number(&self.mv.encode());
        About { ledger, record, kind: self.mv.kind(), mv, urgency: self.urgency }
    }

    /// The header as far as the rules read it, as if it were written at `time`: its seat does not matter to them.
    fn header(&self, office: OfficeId, record: RecordId, time: Hlc) -> Header {
        let is_sealed = pen::is_sealed(self.mv.kind());
        Header {
            ledger: office,
            seat: Seat { incarnation: Incarnation(0), seq: 0 },
            base: None,
            time,
            seen: None,
            author: if is_sealed { INSIDE.to_owned() } else { self.author.clone() },
            record,
            kind: self.mv.kind(),
            mv: truc_proto::record::number(&self.mv.encode()),
            audience: self.audience.iter().map(|scope| Channel { scope: *scope, previous: None }).collect(),
            urgency: self.urgency,
            confidentiality: self.confidentiality,
            attachments: match is_sealed {
                true => self.attachments.iter().cloned().map(inside::unnamed).collect(),
                false => self.attachments.clone(),
            },
            // Which key it will be does not matter to them.
            seal: is_sealed.then_some(Hash::ZERO),
        }
    }
}

/// What became of an intent.
#[derive(Clone, Debug)]
pub struct Written {
    /// Position in the journal.
    pub position: u64,
    /// The entry.
    pub entry: Entry,
    /// It had been written before: nothing was added.
    pub stood: bool,
    /// What came of it, where more is to be said than that it was written.
    pub said: Option<draft::refusal::Refusal>,
}

/// What was written earlier, in this turn or before.
enum Earlier {
    Here(usize),
    Written(Box<Written>),
}

/// What a store that is only read tells: nothing of it changes.
struct Still {
    trouble: Option<Trouble>,
    reached: watch::Sender<Reached>,
    folded: watch::Sender<u64>,
    health: watch::Sender<Health>,
}

/// Fails if the journal is gone of which views, or the note of how far it is verified, still tell: such a store is not a
/// new one, and must not begin anew.
fn gone(journal: &Path, views: &Path, verified: u64) -> Result<(), JournalError> {
    if std::fs::metadata(journal).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let folded = if views.exists() {
        views::reader(views).and_then(|views| views::read::folded_to(&views)).unwrap_or(0)
    } else {
        0
    };
    match folded.max(verified) {
        0 => Ok(()),
        known => Err(JournalError::Shorter { known, found: 0 }),
    }
}

/// A running office. Dropping it stops writer and pump after everything handed in is done.
pub struct Office {
    dir: PathBuf,
    identity: Identity,
    writer: Option<Arc<Writer>>,
    pump: Option<Pump>,
    /// Set if the store is only read.
    still: Option<Still>,
    registry: SharedRegistry,
    journal: Readers<JournalError>,
    views: Arc<Readers<ViewsError>>,
    search: Arc<Readers<SearchError>>,
    verified: watch::Sender<Verified>,
    time: Arc<OfficeClock>,
    loops: Loops,
}

impl Office {
    /// Opens the store in a folder, creating it if there is none. `followers` follow its views, as the search index does.
    /// Whatever is derived from the journal and damaged is made anew.
    pub fn open(dir: &Path, identity: Identity, mut followers: Vec<Plan>) -> Result<Self, OfficeError> {
        let journal_path = dir.join(JOURNAL);
        let views_path = dir.join(VIEWS);
        gone(&journal_path, &views_path, Verified::load(dir).upto)?;
        let journal = Journal::open(&journal_path, identity.office, identity.is_hub())?;
        let time = Arc::new(clock(dir, journal.receipt()));
        let mut views = Views::open(&views_path, identity.hub, identity.hub_key)?;
        if views.folded_to() > journal.end().position {
            // Views of a longer journal belong to another life of the store.
            views = Views::create(&views_path, identity.hub, identity.hub_key)?;
        }
        let readers = Arc::new(Readers::new(views_path, views::reader));
        let found = Arc::new(Readers::new(dir.join(SEARCH), search::reader));
        followers.push(search::plan(
            dir,
            identity.office,
            identity.ring.clone(),
            Arc::clone(&readers),
            Arc::clone(&found),
        ));
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
            ring: identity.ring.clone(),
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
            still: None,
            registry,
            journal: Readers::new(journal_path, journal::open_reader),
            views: readers,
            search: found,
            verified: watch::Sender::new(Verified::load(dir)),
            time,
            loops: Loops::default(),
        })
    }

    /// Opens the store in a folder only to read it; `trouble`: what keeps it from being written, if anything does. It
    /// shows what the views had folded, and every write is refused.
    pub fn open_reading(
        dir: &Path,
        identity: Identity,
        trouble: Option<Trouble>,
    ) -> Result<Self, OfficeError> {
        let (journal_path, views_path) = (dir.join(JOURNAL), dir.join(VIEWS));
        let journal = journal::open_own_reader(&journal_path, identity.office)?;
        let reads = Reads::new(&journal, identity.office);
        let reached = Reached { end: reads.end()?, tip: reads.tip()? };
        let registry = Views::read_registry(&views_path, identity.hub, identity.hub_key)?;
        let registry = registry.ok_or(OfficeError::Stopped)?;
        let folded = views::reader(&views_path).and_then(|views| views::read::folded_to(&views))?;
        let time = Arc::new(clock(dir, reads.receipt()?));
        let health = Health { trouble, since: time.millis(), detail: String::new() };
        Ok(Self {
            dir: dir.to_owned(),
            identity,
            writer: None,
            pump: None,
            still: Some(Still {
                trouble,
                reached: watch::Sender::new(reached),
                folded: watch::Sender::new(folded),
                health: watch::Sender::new(health),
            }),
            registry: SharedRegistry::new(registry, folded),
            journal: Readers::new(journal_path, journal::open_reader),
            views: Arc::new(Readers::new(views_path, views::reader)),
            search: Arc::new(Readers::new(dir.join(SEARCH), search::reader)),
            verified: watch::Sender::new(Verified::load(dir)),
            time,
            loops: Loops::default(),
        })
    }

    /// Whether all that is derived from the journal has followed it to its end, so that nothing has to be written before
    /// it is read.
    pub fn is_complete(&self) -> Result<bool, OfficeError> {
        let end = self.read(|journal| Ok(journal.end()?.position))?;
        let folded = self.view(views::read::folded_to)?;
        let found = self.search.with(search::upto)?;
        Ok(folded == end && found == Some(end))
    }

    /// Whether the store is only read.
    pub fn is_still(&self) -> bool {
        self.still.is_some()
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

    /// What the loops of this program fail at.
    pub fn loops(&self) -> &Loops {
        &self.loops
    }

    /// The time as this office uses it.
    pub fn time(&self) -> &OfficeClock {
        &self.time
    }

    /// The writer of the store.
    pub fn writer(&self) -> Result<&Writer, WriteError> {
        let trouble = || self.still.as_ref().and_then(|still| still.trouble);
        let none = || trouble().map_or(WriteError::Stopped, WriteError::Halted);
        self.writer.as_deref().ok_or_else(none)
    }

    /// Watches what the journal has reached.
    pub fn reached(&self) -> Result<watch::Receiver<Reached>, WriteError> {
        match &self.still {
            Some(still) => Ok(still.reached.subscribe()),
            None => Ok(self.writer()?.reached()),
        }
    }

    /// Watches whether the store takes writes.
    pub fn health(&self) -> Result<watch::Receiver<Health>, WriteError> {
        match &self.still {
            Some(still) => Ok(still.health.subscribe()),
            None => Ok(self.writer()?.health()),
        }
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
        match &self.still {
            Some(still) => Ok(still.folded.subscribe()),
            None => self.pump.as_ref().map(Pump::folded).ok_or(OfficeError::Stopped),
        }
    }

    /// The office registry as of now.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.current()
    }

    /// Reads the journal.
    pub fn read<T>(&self, work: impl FnOnce(Reads<'_>) -> Result<T, JournalError>) -> Result<T, OfficeError> {
        let ring = self.identity.ring.load();
        Ok(self.journal.with(|conn| work(Reads::new(conn, self.identity.office).opening(ring.as_deref())))?)
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

    /// Makes the pump look at the journal, though nothing was written: keys came that open more of it.
    pub fn look_again(&self) {
        if let Some(pump) = &self.pump {
            pump.look_again();
        }
    }

    /// Watches how the files that are derived from the journal follow it.
    pub fn followings(&self) -> Result<watch::Receiver<Followings>, OfficeError> {
        match &self.still {
            Some(_) => Ok(watch::Sender::new(Followings::default()).subscribe()),
            None => self.pump.as_ref().map(Pump::followings).ok_or(OfficeError::Stopped),
        }
    }

    /// Finds records by words, as one types; see [`search::find`].
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, OfficeError> {
        let life = self.search.life();
        let ring = self.identity.ring.load();
        let found: Result<_, SearchError> = self.search.with(|conn| {
            self.journal.with(|journal| {
                let entries =
                    search::entries(Reads::new(journal, self.identity.office).opening(ring.as_deref()));
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
        Ok(matches!(timeout(limits::SEARCH_SOON, whole).await, Ok(Ok(_))))
    }

    /// Whether the rules allow what somebody wants to do: its form, authority and secrecy. The record is not asked.
    pub fn permits(&self, intent: &Intent) -> Result<(), Refused> {
        record::decode(intent.mv.kind(), &intent.mv.encode())?;
        let registry = self.registry();
        let header = intent.header(self.id(), intent.record(self.id()), Hlc::at(self.writes(&registry)));
        turn::permits(&registry, &header, &intent.mv)
    }

    /// Writes one move; see [`Office::act_all`]. Returns the entry with its position in the journal.
    pub async fn act(&self, intent: Intent) -> Result<(u64, Entry), OfficeError> {
        let written = self.act_all(vec![intent]).await.map_err(|(_, error)| error)?;
        let written = written.into_iter().next().ok_or(OfficeError::Stopped)?;
        Ok((written.position, written.entry))
    }

    /// Writes all these moves or none, in one turn of the writer, and waits until they are durable and the views show
    /// them. Each must read back as its receivers will read it, be allowed by the rules, and have an effect on its
    /// record; the error says which was refused.
    pub async fn act_all(&self, intents: Vec<Intent>) -> Result<Vec<Written>, (usize, OfficeError)> {
        let first = |error: OfficeError| (0, error);
        let written = self.turn(intents, true).await.map_err(first)??;
        let written: Vec<Written> = written.into_iter().flatten().collect();
        let last = written.iter().map(|written| written.position).max().unwrap_or(0);
        // The entries are durable whatever becomes of the views: they may be stuck on a full disk, and the next start
        // folds them.
        match timeout(VIEWS_SOON, self.wait_folded(last)).await {
            Ok(folded) => folded.map_err(first)?,
            Err(_) => tracing::warn!("the views do not follow; the journal is whole"),
        }
        Ok(written)
    }

    /// Asks whether these moves could all be written now, and writes none. Of each it says whether it is written already.
    pub async fn check_all(&self, intents: Vec<Intent>) -> Result<Vec<bool>, (usize, OfficeError)> {
        let decided = self.turn(intents, false).await.map_err(|error| (0, error))??;
        Ok(decided.into_iter().map(|written| written.is_some()).collect())
    }

    /// Decides all, then writes all, or, unless `write`, none: then what would be new is none.
    async fn turn(
        &self,
        intents: Vec<Intent>,
        write: bool,
    ) -> Result<Result<Vec<Option<Written>>, (usize, OfficeError)>, OfficeError> {
        if intents.is_empty() {
            // Nothing is asked of the views, so nothing says how far they are.
            return Ok(Ok(Vec::new()));
        }
        let (me, registry) = (self.id(), self.registry());
        let asked: Vec<_> = if intents.iter().all(|intent| State::of_kind(intent.mv.kind()).is_none()) {
            intents.into_iter().map(|intent| (intent.record(me), intent, Known::nothing())).collect()
        } else {
            self.view(|views| {
                // One moment for all that is read.
                let views = views.unchecked_transaction()?;
                let known = |intent: Intent| {
                    let record = intent.record(me);
                    Known::read(&views, &registry, me, record, &intent).map(|known| (record, intent, known))
                };
                intents.into_iter().map(known).collect::<views::Result<_>>()
            })?
        };
        let (pen, dir) = (Pen::of(&self.identity), self.dir.clone());
        // Whatever is drawn is drawn before the turn.
        let drawn = asked.iter().map(|_| Drawn::new()).collect::<Result<Vec<_>, _>>()?;
        let now = self.writes(&registry);
        let written = self.writer()?.write(move |journal| {
            let upto = asked.iter().map(|(_, _, known)| known.upto).min().unwrap_or(0);
            let entries = asked.iter().map(|(record, _, known)| (*record, known.entries().to_vec()));
            let drafts: Vec<(RecordId, Vec<u64>)> =
                entries.filter(|(_, entries)| !entries.is_empty()).collect();
            let begun =
                journal.in_turn(|reads| Turn::begin(reads.opening(pen.ring()), &registry, upto, &drafts))?;
            let Some(mut turn) = begun else { return Ok(Err((0, Refused::Behind))) };
            let mut decided = Vec::with_capacity(asked.len());
            // As its receivers will judge it.
            let judged = journal.counts_from(now);
            for (number, (record, mut intent, mut known)) in asked.into_iter().enumerate() {
                intent.confidentiality = known.at_least(intent.confidentiality);
                let copy = std::mem::take(&mut known.copy);
                let may = pen.may_write(&intent);
                match may.and_then(|()| turn.decide(record, &intent, known, judged)) {
                    Ok(Decided::Write(mv, said)) => {
                        decided.push(Ok((record, Intent { mv: *mv, ..intent }, copy, said)));
                    }
                    Ok(Decided::Stands(At::Here(earlier))) => decided.push(Err(Earlier::Here(earlier))),
                    Ok(Decided::Stands(At::Position(position))) => {
                        let stored = journal.reads().opening(pen.ring()).at_position(position)?;
                        let entry = stored.ok_or(JournalError::Damaged(position, "missing"))?.entry;
                        if let Err(refused) = turn::says(&entry, &intent) {
                            return Ok(Err((number, refused)));
                        }
                        let written = Written { position, entry, stood: true, said: None };
                        decided.push(Err(Earlier::Written(Box::new(written))));
                    }
                    Err(refused) => return Ok(Err((number, refused))),
                }
            }
            // Nothing was written before everything was decided.
            let mut all: Vec<Option<Written>> = Vec::with_capacity(decided.len());
            for (decided, drawn) in decided.into_iter().zip(drawn) {
                all.push(match decided {
                    Ok((record, intent, copy, said)) if write => {
                        destroy::files(&dir, &copy);
                        let (position, entry) = pen.write(journal, intent, record, now, drawn)?;
                        destroy::bodies(journal, position, &copy)?;
                        Some(Written { position, entry, stood: false, said })
                    }
                    Ok(_) => None,
                    Err(Earlier::Here(number)) => all[number].clone().map(|at| Written { stood: true, ..at }),
                    Err(Earlier::Written(written)) => Some(*written),
                });
            }
            Ok(Ok(all))
        });
        Ok(written.await?.map_err(|(number, refused)| (number, OfficeError::Refused(refused))))
    }

    /// Appends without asking anything; whoever receives the entry holds it against the rules.
    pub async fn append(&self, intent: Intent) -> Result<(u64, Entry), OfficeError> {
        let (pen, drawn) = (Pen::of(&self.identity), Drawn::new()?);
        pen.may_write(&intent).map_err(OfficeError::Refused)?;
        let (record, now) = (intent.record(self.id()), self.writes(&self.registry()));
        Ok(self.writer()?.write(move |journal| pen.write(journal, intent, record, now, drawn)).await?)
    }

    /// Appends a move that is made in the writer's turn from what the journal holds then: nothing comes between.
    pub async fn append_made(
        &self,
        make: impl FnOnce(Reads<'_>) -> Result<Intent, JournalError> + Send + 'static,
    ) -> Result<(u64, Entry), OfficeError> {
        let (pen, drawn) = (Pen::of(&self.identity), Drawn::new()?);
        let (me, now) = (self.id(), self.writes(&self.registry()));
        let written = self.writer()?.write(move |journal| {
            let intent = journal.in_turn(make)?;
            let record = intent.record(me);
            pen.write(journal, intent, record, now, drawn)
        });
        Ok(written.await?)
    }

    /// The time of what is written now, Unix milliseconds.
    fn writes(&self, registry: &Registry) -> u64 {
        self.time.writes(registry.turned().map(|day| day.start_millis().max(0) as u64))
    }

    /// The content key of an own sealed entry, and its files as they were before they were sealed; none: it is not sealed, or
    /// does not open here.
    pub fn content_key(&self, entry: &Entry) -> Option<(ContentKey, Vec<inside::File>)> {
        let ring = self.identity.ring.load();
        inside::key_of(entry, self.id(), ring.as_deref()?)
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

/// The clock of the office whose store is in a folder.
fn clock(dir: &Path, receipt: Option<Receipt>) -> OfficeClock {
    let time = OfficeClock::new(Clock::default(), receipt.map(|receipt| receipt.hub_time.millis()));
    if let Some(life) = certificate::held(dir) {
        time.certified(life);
    }
    time
}

impl Drop for Office {
    fn drop(&mut self) {
        self.close();
    }
}
