//! A running hub: an office that others connect to.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};
use truc_node::clock::Clock;
use truc_node::derive::follow::FollowError;
use truc_node::derive::guard::{self, Cause};
use truc_node::derive::views::read;
use truc_node::identity::Identity;
use truc_node::office::{Intent, Office, OfficeError};
use truc_node::store::health::Trouble;
use truc_node::store::journal::{JOURNAL, JournalError, Reads};
use truc_node::store::readers::Readers;
use truc_node::supervise::{self, Loop};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record::{Move, registry};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::visible;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{self, RegistryMove};
use uuid::Uuid;

use crate::authority::codes::{Codes, CodesError, has_machine, may_enrol};
use crate::authority::followed::Followed;
use crate::authority::in_use::InUse;
use crate::clock::HubClock;
use crate::config::Allowed;
use crate::delivery::index::{self, MAIL, NewMail};
use crate::delivery::mail::{self, Asked, BatchLimit, MailBatch};
use crate::line::caller::Peer;
use crate::line::connections::Connections;
use crate::line::presence::Sessions;
use crate::line::quotas::{Quotas, What};
use crate::line::tls::{CertificateLookup, Certificates, Standing};
use crate::recover::life::Life;
use crate::recover::refill::Refill;

/// Author of entries that the hub writes by itself, without a person's command.
pub const ITSELF: &str = "hub";

/// Why the hub failed.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The office: journal, views, keys.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The mail index.
    #[error("mail index: {0}")]
    Mail(#[from] FollowError),
    /// Enrolment codes.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// The word with this number would change nothing; none was written.
    #[error("word {0} would change nothing")]
    Inert(usize),
}

/// Held while somebody decides by what the registry says, until what was decided stands there; see [`Hub::decide`].
pub type Deciding<'a> = tokio::sync::MutexGuard<'a, ()>;

/// A renewal of a certificate that the hub did not make.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NotRenewed {
    /// When it was asked for, Unix milliseconds.
    pub at: u64,
    /// Why it was not made: `soon`, `credential`, `clock` or `store`.
    pub why: String,
}

/// A running hub.
pub struct Hub {
    /// The hub's own office: journal, views, registry.
    pub office: Office,
    /// Sessions of the connected offices.
    pub sessions: Sessions,
    /// What the registry says of each certificate.
    pub gate: Arc<Certificates>,
    /// The hub's time, and whether it is believed.
    pub time: Arc<HubClock>,
    /// Open connections of offices.
    pub connections: Arc<Connections>,
    /// The enrolment codes given out.
    pub codes: Codes,
    /// If the hub came back from a backup or a rebuild: which offices have called since.
    pub refill: Refill,
    /// During a handover between authorities: which offices have shown a certificate of the new one.
    pub followed: Followed,
    /// The life of the journal, for signing heads.
    pub life: Life,
    /// Certificates that the listeners show and trust; empty while there are no listeners.
    in_use: ArcSwap<InUse>,
    /// For each office, why its last renewal was not made; removed by the next one that is.
    not_renewed: Mutex<HashMap<OfficeId, NotRenewed>>,
    mail_readers: Arc<Readers<JournalError>>,
    /// Locked from the moment when a word is decided by what the registry says until it stands there: questions are
    /// raised once, numbers of credentials given once, and no enrolment that is under way outlives a revocation.
    deciding: tokio::sync::Mutex<()>,
    /// What each office has brought.
    pub quotas: Quotas,
    /// Frames of offered entries whose signatures are being checked: half of the processors stay for everybody else.
    pub(crate) verifying: Semaphore,
    /// Entries were refused, and the ledger does not say so yet.
    refusing: Notify,
}

/// What a hub is made of, opened to be written or to be read.
struct Parts {
    office: Office,
    codes: Codes,
    time: Arc<HubClock>,
    mail_readers: Arc<Readers<JournalError>>,
    allowed: Allowed,
}

impl Hub {
    /// Opens the hub's store with the system's clock.
    pub fn open(dir: &Path, identity: Identity) -> Result<Arc<Self>, HubError> {
        Self::open_at(dir, identity, Clock::default(), Allowed::default())
    }

    /// Opens the hub's store with a given clock, and with what each office may bring.
    pub fn open_at(
        dir: &Path,
        identity: Identity,
        clock: Clock,
        allowed: Allowed,
    ) -> Result<Arc<Self>, HubError> {
        let (end, newest) = journal_end(dir, &identity)?;
        let time = HubClock::open(dir, clock, newest);
        let (told, notices) = mpsc::unbounded_channel();
        let mail_readers = mail_readers(dir);
        let index = index::plan(dir, end, told, Arc::clone(&mail_readers))?;
        let office = Office::open(dir, identity, vec![index])?;
        let parts = Parts { office, codes: Codes::open(dir)?, time, mail_readers, allowed };
        let hub = Arc::new(Self::of(dir, parts)?);
        supervise::spawn("follow", follow(Arc::downgrade(&hub), notices, end));
        supervise::spawn("publish", publish(Arc::downgrade(&hub), hub.office.folded()?));
        Ok(hub)
    }

    /// Opens the hub's store only to read it; `trouble`: what keeps it from being written, if anything does. Nothing is
    /// made or changed.
    pub fn open_reading(dir: &Path, identity: Identity, trouble: Option<Trouble>) -> Result<Self, HubError> {
        let (_, newest) = journal_end(dir, &identity)?;
        let office = Office::open_reading(dir, identity, trouble)?;
        let time = HubClock::open(dir, Clock::default(), newest);
        let mail_readers = mail_readers(dir);
        let parts =
            Parts { office, codes: Codes::reading(dir)?, time, mail_readers, allowed: Allowed::default() };
        Self::of(dir, parts)
    }

    fn of(dir: &Path, parts: Parts) -> Result<Self, HubError> {
        let Parts { office, codes, time, mail_readers, allowed } = parts;
        let clock = time.clock();
        office.time().go_by(clock.clone());
        let doubted = Arc::clone(&time);
        office.time().doubt_by(move || doubted.doubt().map(|doubt| (doubt.shows, doubt.counts)));
        let gate = Arc::new(Certificates::default());
        gate.replace(standings(&office.registry()));
        gate.name(names(&office.registry()));
        let refill = Refill::open(dir).map_err(OfficeError::from)?;
        let life = Life::open(dir, refill.state().map_or(0, |state| state.since));
        Ok(Self {
            office,
            sessions: Sessions::default(),
            gate,
            time,
            connections: Arc::new(Connections::new(clock)),
            codes,
            refill,
            followed: Followed::open(dir),
            life,
            in_use: ArcSwap::default(),
            not_renewed: Mutex::default(),
            mail_readers,
            deciding: tokio::sync::Mutex::default(),
            quotas: Quotas::new(allowed),
            verifying: Semaphore::new((cores() / 2).max(1)),
            refusing: Notify::new(),
        })
    }

    /// Whether all that is derived from the journal has followed it to its end, so that nothing has to be written before
    /// it is read.
    pub fn is_complete(&self) -> Result<bool, OfficeError> {
        let end = self.office.read(|journal| Ok(journal.end()?.position))?;
        Ok(self.office.is_complete()? && self.indexed()? == Some(end))
    }

    /// Position up to which the mail index has followed the journal; none: there is none of this version.
    pub fn indexed(&self) -> Result<Option<u64>, OfficeError> {
        let read: Result<_, JournalError> = self.mail_readers.with(|conn| Ok(index::upto(conn)?));
        Ok(read?)
    }

    /// Writes a fact of the registry into the hub's ledger, in the name of an account or of [`ITSELF`]. Returns its
    /// position after the fact has taken effect here, for certificates and open connections as well.
    pub async fn say(&self, author: &str, word: Word, audience: Vec<Scope>) -> Result<u64, OfficeError> {
        let record = RecordId(Uuid::now_v7());
        let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
        let (position, _) = self.office.act(Intent::new(author, record, mv, audience)).await?;
        self.publish(&self.office.registry());
        Ok(position)
    }

    /// Writes a fact of the registry that nobody waits to see in force.
    pub async fn note(&self, author: &str, word: Word, audience: Vec<Scope>) -> Result<(), OfficeError> {
        let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
        let intent = Intent::new(author, RecordId(Uuid::now_v7()), mv, audience);
        self.office.permits(&intent).map_err(OfficeError::Refused)?;
        self.office.append(intent).await.map(|_| ())
    }

    /// Raises a question because a machine of an office does not continue the one met last. Only one question is open
    /// for an office and its newest credential: if two copies call in turn, people are asked once, until one of them
    /// answers.
    pub async fn ask(&self, office: OfficeId) -> Result<(), OfficeError> {
        let _one_at_a_time = self.decide().await;
        let registry = self.office.registry();
        let Some(known) = registry.office(office).filter(|known| !known.is_questioned()) else {
            return Ok(());
        };
        if self.quotas.take(office, What::Questions, 1).is_err() {
            return Ok(());
        }
        let word = wire::QuestionRaised { office: office.to_wire(), credential: known.highest_credential() };
        self.say(ITSELF, Word::Question(word), vec![Scope::office(office)]).await.map(|_| ())
    }

    /// Keeps others from deciding by the registry until what is decided here stands there.
    pub async fn decide(&self) -> Deciding<'_> {
        self.deciding.lock().await
    }

    /// Says in everybody's hearing what a person has decided: all words or none, and only what changes the registry.
    /// They are tried on a copy of it first, and written in an order in which each takes effect. Returns when they have.
    pub async fn enact(&self, _: &Deciding<'_>, author: &str, words: Vec<Word>) -> Result<(), HubError> {
        let words = self.office.registry().effective(words).map_err(HubError::Inert)?;
        let intents = words.into_iter().map(|word| {
            let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
            Intent::new(author, RecordId(Uuid::now_v7()), mv, self.everybody())
        });
        let written = self.office.act_all(intents.collect()).await.map_err(|(_, error)| error)?;
        if let Some(last) = written.last() {
            self.office.wait_registry(last.position).await?;
            self.publish(&self.office.registry());
        }
        Ok(())
    }

    /// Whether an office could use an enrolment code: it may have a machine, and has neither one that can call nor a
    /// code that is still good.
    pub fn wants_code(&self, office: OfficeId) -> Result<bool, CodesError> {
        let (registry, now) = (self.office.registry(), self.clock().now());
        let without = may_enrol(&registry, office) && !has_machine(&registry, office, now);
        Ok(without && !self.codes.is_open(office, now)?)
    }

    /// Revokes every machine that an office has had so far, and the enrolment codes that those machines used. Returns
    /// the last revoked credential number and the position of the revocation; none if all were revoked already. What it
    /// says that the hub had of the ledger is read in the writer's turn, so that no entry comes between.
    pub async fn revoke(
        &self,
        author: &str,
        office: OfficeId,
        reason: String,
    ) -> Result<Option<(u64, u64)>, HubError> {
        let _one_at_a_time = self.decide().await;
        // A machine that is lost must be cut off, whatever becomes of the file of codes.
        if let Err(error) = self.codes.end_used(office, self.clock().now()) {
            let office = self.called(office);
            tracing::error!(office, %error, "the codes that a revoked machine used could not be ended");
        }
        let registry = self.office.registry();
        let known =
            registry.office(office).filter(|known| known.highest_credential() > known.revoked_up_to());
        let Some(up_to) = known.map(|known| known.highest_credential()) else { return Ok(None) };
        let (author, everybody) = (author.to_owned(), self.everybody());
        let written = self.office.append_made(move |journal| {
            let word = Word::Revoked(revocation(journal, office, up_to, reason)?);
            let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
            Ok(Intent::new(author, RecordId(Uuid::now_v7()), mv, everybody))
        });
        let (position, _) = written.await?;
        self.office.wait_registry(position).await?;
        self.publish(&self.office.registry());
        Ok(Some((up_to, position)))
    }

    /// The fact that revokes an office's credentials up to a number, as of now. Entries that the hub already has stay
    /// valid.
    pub fn revocation(
        &self,
        office: OfficeId,
        up_to: u64,
        reason: String,
    ) -> Result<wire::CredentialRevoked, OfficeError> {
        self.office.read(|journal| revocation(journal, office, up_to, reason))
    }

    /// The hub's day, which its words on offices carry.
    pub fn today(&self) -> Date {
        let now = i64::try_from(self.clock().now().saturating_mul(1000)).unwrap_or(i64::MAX);
        Date::of_millis(now).unwrap_or(Date::LAST)
    }

    /// Says that a day has begun on which facts come into force, if one has: delivery then follows them from this entry
    /// on. Returns whether it was said.
    pub async fn turn(&self) -> Result<bool, OfficeError> {
        // A day that has turned does not turn back.
        if self.time.doubt().is_some() || !self.time.is_proved() {
            return Ok(false);
        }
        let due = || self.office.registry().next_turn().filter(|day| *day <= self.today());
        if due().is_none() {
            return Ok(false);
        }
        let _one_at_a_time = self.decide().await;
        let Some(_) = due() else { return Ok(false) };
        let day = self.today().to_string();
        tracing::info!(day, "facts of the registry come into force");
        self.say(ITSELF, Word::Turned(wire::DayTurned { day }), self.everybody()).await?;
        Ok(true)
    }

    /// Writes several words of the hub's own in one go, untried, and waits until the registry has them.
    pub async fn say_all(&self, author: &str, words: Vec<(Word, Vec<Scope>)>) -> Result<(), OfficeError> {
        let mut last = 0;
        let intents = words.into_iter().map(|(word, audience)| {
            let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
            Intent::new(author, RecordId(Uuid::now_v7()), mv, audience)
        });
        let written = futures_util::future::join_all(intents.map(|intent| self.office.append(intent))).await;
        for written in written {
            last = written?.0;
        }
        self.office.wait_registry(last).await?;
        self.publish(&self.office.registry());
        Ok(())
    }

    /// Waits until the registry holds what the journal says now, and then puts its certificates into force. Views that
    /// are folded anew are not waited for.
    pub(crate) async fn knows_registry(&self) {
        let Ok(end) = self.office.reached().map(|reached| reached.borrow().end.position) else { return };
        // An error means that the hub is stopping and serves nobody.
        if self.office.wait_registry(end).await.is_ok() {
            self.publish(&self.office.registry());
        }
    }

    /// What logs call an office: its code and name.
    pub fn called(&self, office: OfficeId) -> String {
        self.gate.named(office)
    }

    /// The audience of everybody: the hub and all offices under it.
    pub fn everybody(&self) -> Vec<Scope> {
        vec![Scope::subtree(self.office.id())]
    }

    /// The clock that counts, guarded by [`Hub::time`].
    pub fn clock(&self) -> &Clock {
        self.connections.clock()
    }

    /// Notes why an office's certificate was not renewed; none: it was renewed.
    pub fn renewed(&self, office: OfficeId, not: Option<NotRenewed>) {
        let mut all = self.not_renewed.lock().unwrap_or_else(PoisonError::into_inner);
        match not {
            Some(not) => all.insert(office, not),
            None => all.remove(&office),
        };
    }

    /// Why an office's last renewal was not made, since the hub started; none: none failed, or a later one was made.
    pub fn not_renewed(&self, office: OfficeId) -> Option<NotRenewed> {
        self.not_renewed.lock().unwrap_or_else(PoisonError::into_inner).get(&office).cloned()
    }

    /// Sets what the listeners show and trust, and cuts connections with a certificate of no trusted authority.
    pub fn trust(&self, in_use: InUse) {
        self.connections.trust(&in_use.authorities);
        self.in_use.store(Arc::new(in_use));
    }

    /// Notes, during a handover between authorities, which of them issued the certificate of a session's machine.
    pub fn met(&self, peer: &Peer) {
        if let [newest, _, ..] = &self.in_use().authorities[..] {
            self.followed.met(peer, newest, self.connections.is_behind(newest, peer));
        }
    }

    /// The certificates that the listeners show and trust; empty while there are no listeners.
    pub fn in_use(&self) -> Arc<InUse> {
        self.in_use.load_full()
    }

    /// Puts the registry's word on certificates into force: tells sessions with a bad one, then cuts their connections.
    fn publish(&self, registry: &Registry) {
        self.gate.replace(standings(registry));
        self.gate.name(names(registry));
        self.sessions.recheck(&*self.gate);
        self.connections.recheck(&*self.gate);
    }

    /// Reads a piece of an office's mail; see [`mail::read`].
    pub fn mail(&self, asked: Asked) -> Result<MailBatch, OfficeError> {
        let registry = self.office.registry();
        let life = self.mail_readers.life();
        let read: Result<_, OfficeError> = self.mail_readers.with(|conn| {
            self.office.read(|journal| mail::read(conn, journal, &registry, asked, BatchLimit::BATCH))
        });
        // The journal may be the damaged one; its owner finds that out, and the index is made anew from what is whole.
        if let Err(OfficeError::Journal(JournalError::Sqlite(error))) = &read
            && guard::cause_at_opening(error) == Cause::Damage
            && life == self.mail_readers.life()
        {
            self.office.doubt(MAIL);
        }
        read
    }

    /// Waits until the mail index has taken in the whole journal, but not for long: it may be being made anew. Returns
    /// whether it has.
    pub async fn wait_mail(&self) -> Result<bool, OfficeError> {
        let end = self.office.reached()?.borrow().end.position;
        let mut followings = self.office.followings()?;
        let whole = followings.wait_for(|all| all.get(MAIL).is_some_and(|mail| mail.upto >= end));
        Ok(matches!(timeout(limits::SEARCH_SOON, whole).await, Ok(Ok(_))))
    }

    /// Whether any entry is addressed to an office, or to it and those below, as far as the mail index knows: see
    /// [`Hub::wait_mail`].
    pub fn is_addressed(&self, office: OfficeId) -> Result<bool, OfficeError> {
        Ok(self
            .mail_readers
            .with(|conn| mail::holds(conn, &[Scope::office(office), Scope::subtree(office)]))?)
    }

    /// Says in the ledger which entries were refused, until told to stop: in groups, each entry once, and of one office
    /// no more in a day than [`Allowed::refused_said`]. Only a hub that serves does this; a command that only asks writes
    /// nothing. Nobody's mail waits for it.
    pub async fn say_refusals(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        if planted("refusal.unsaid") {
            return;
        }
        tokio::select! {
            // What was said before is folded by then, and not said again.
            () = self.knows_registry() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let (mut after, mut pause) = (0, limits::STORE_RETRY);
        loop {
            let wait = match Arc::clone(&self).refuse_unsaid(after).await {
                Ok(Some(upto)) => {
                    (after, pause) = (upto, limits::STORE_RETRY);
                    continue;
                }
                Ok(None) => {
                    self.office.loops().works(Loop::Refusals);
                    limits::QUOTA_WAIT
                }
                Err(error) => {
                    tracing::error!(%error, "refusals could not be written; they will be tried again");
                    pause = (pause * 2).min(limits::BACKOFF_CAP);
                    self.office.loops().fails(Loop::Refusals, &error, pause);
                    pause
                }
            };
            tokio::select! {
                () = self.refusing.notified() => {}
                // From the start again: those of offices that had used up their quota, and what failed.
                () = sleep(wait) => after = 0,
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Says a group of refusals of entries after a position. Returns up to where; none: there are no more.
    async fn refuse_unsaid(self: Arc<Self>, after: u64) -> Result<Option<u64>, OfficeError> {
        let hub = Arc::clone(&self);
        let (upto, words) = on_disk(move || hub.unsaid(after)).await?;
        let (authors, words): (Vec<OfficeId>, Vec<_>) = words.into_iter().unzip();
        if words.is_empty() {
            return Ok(upto);
        }
        let said = self.say_all(ITSELF, words).await;
        if said.is_err() {
            authors.into_iter().for_each(|author| self.quotas.give_back(author, What::RefusedSaid, 1));
        }
        said.map(|()| upto)
    }

    /// The next refused entries that the ledger does not tell of, as what it will say.
    fn unsaid(&self, after: u64) -> Result<Unsaid, OfficeError> {
        let hub = self.office.id();
        let unsaid =
            self.office.view(|views| read::refused_unsaid(views, hub, after, limits::REFUSED_GROUP))?;
        let upto = unsaid.last().map(|unsaid| unsaid.position);
        let registry = self.office.registry();
        let mut words = Vec::new();
        for read::Unsaid { position, ledger, reason } in unsaid {
            // Before its entry is read: of a liar there may be many.
            if self.quotas.take(ledger, What::RefusedSaid, 1).is_err() {
                continue;
            }
            let stored = self.office.read(|journal| journal.at_position(position))?;
            let (Some(stored), Some(refusal)) = (stored, Refusal::from_code(&reason)) else { continue };
            words.push((ledger, refused(&registry, &stored.entry, refusal)));
        }
        Ok((upto, words))
    }
}

fn revocation(
    journal: Reads<'_>,
    office: OfficeId,
    up_to: u64,
    reason: String,
) -> Result<wire::CredentialRevoked, JournalError> {
    let held = journal.last_of_each(office)?.into_iter();
    let held = held.map(|seat| wire::Base { incarnation: seat.incarnation.0, seq: seat.seq }).collect();
    Ok(wire::CredentialRevoked { office: office.to_wire(), up_to, reason, held })
}

/// Turns the day whenever facts come into force, until told to stop.
pub async fn turn_days(hub: std::sync::Weak<Hub>, mut stop: tokio::sync::watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(limits::TURN_LOOK) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let Some(hub) = hub.upgrade() else { return };
        match hub.turn().await {
            Ok(_) => hub.office.loops().works(Loop::Days),
            Err(error) => {
                tracing::error!(%error, "the day could not be turned; it will be tried again");
                hub.office.loops().fails(Loop::Days, &error, limits::TURN_LOOK);
            }
        }
    }
}

/// Up to where refusals were read, and what is to be said of them, with the author of each refused entry.
type Unsaid = (Option<u64>, Vec<(OfficeId, (Word, Vec<Scope>))>);

/// That an entry was refused. The word goes to the entry's author and to its audience, so that the gap in the channel is
/// explained.
fn refused(registry: &Registry, entry: &Entry, refusal: Refusal) -> (Word, Vec<Scope>) {
    let header = &entry.header;
    let audience = header.audience.iter().map(|channel| channel.scope);
    let scopes = hearers(header.ledger, audience, |scope| registry.office(scope.office).is_some());
    let word = Word::Refused(wire::EntryRefused {
        ledger: header.ledger.to_wire(),
        incarnation: header.seat.incarnation.0,
        seq: header.seat.seq,
        hash: entry.hash.to_wire(),
        reason: refusal.code().into(),
    });
    (word, scopes)
}

/// Who hears that an entry was refused, each once. The author first: of an audience as long as may be, the last scope is
/// left out.
fn hearers(
    author: OfficeId,
    audience: impl Iterator<Item = Scope>,
    known: impl Fn(&Scope) -> bool,
) -> Vec<Scope> {
    let mut seen: BTreeSet<[u8; 17]> = BTreeSet::new();
    let all = [Scope::office(author)].into_iter().chain(audience.filter(known));
    all.filter(|scope| seen.insert(scope.key())).take(limits::AUDIENCE).collect()
}

/// Does work that waits for the disk or computes for long, apart from the threads that serve connections.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OfficeError> + Send + 'static,
) -> Result<T, OfficeError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(OfficeError::Stopped))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Puts changes of the registry into force. It also changes without a word of this process: by entries that nodes give
/// back.
async fn publish(hub: std::sync::Weak<Hub>, mut folded: watch::Receiver<u64>) {
    let mut known: Option<Arc<Registry>> = None;
    while folded.changed().await.is_ok()
        && let Some(hub) = hub.upgrade()
    {
        let registry = hub.office.registry();
        let news = !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &registry));
        if news && !planted("certificates.publish.own-word-only") {
            hub.publish(&registry);
            known = Some(registry);
        }
    }
}

/// Follows the mail index: notifies sessions of new mail. It waits for nothing: what is refused is said elsewhere.
/// `counted`: up to this position refused entries count no more, since they came before the program started.
async fn follow(
    hub: std::sync::Weak<Hub>,
    mut notices: mpsc::UnboundedReceiver<(NewMail, Arc<Registry>)>,
    mut counted: u64,
) {
    while let Some((notice, registry)) = notices.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        hub.sessions.notify(&notice, &registry);
        for (office, entries) in notice.refused_after(counted) {
            hub.quotas.count(office, What::Refused, entries);
        }
        counted = notice.refused.iter().map(|(_, position)| *position).fold(counted, u64::max);
        if !notice.refused.is_empty() {
            hub.refusing.notify_one();
        }
    }
}

/// Connections that read the mail index of the hub in a folder.
fn mail_readers(dir: &Path) -> Arc<Readers<JournalError>> {
    Arc::new(Readers::new(dir.join(MAIL), |path| Ok(mail::reader(path)?)))
}

/// What logs call the offices: code and name.
fn names(registry: &Registry) -> HashMap<OfficeId, String> {
    let name = |office: &truc_proto::registry::Office| {
        let fact = office.current()?;
        Some(visible::line(format!("{} {}", fact.code, fact.committee()).trim()).into_owned())
    };
    registry.offices().filter_map(|(id, office)| Some((id, name(office)?))).collect()
}

/// Position and time of the newest entry of the hub's journal.
fn journal_end(dir: &Path, identity: &Identity) -> Result<(u64, Option<u64>), OfficeError> {
    let path = dir.join(JOURNAL);
    if !path.exists() {
        return Ok((0, None));
    }
    let conn = truc_node::store::journal::open_reader(&path)?;
    let reads = truc_node::store::journal::Reads::new(&conn, identity.office);
    Ok((reads.end()?.position, reads.newest_time()?))
}

/// For each certificate that the registry knows, whether it is valid; by the hash of its TLS key or of the certificate.
fn standings(registry: &Registry) -> HashMap<truc_proto::id::Hash, Standing> {
    let mut all = HashMap::new();
    for (id, office) in registry.offices() {
        for credential in office.credentials() {
            // A machine that was replaced by a newer one is refused like a revoked one.
            let revoked = credential.number <= office.revoked_up_to()
                || credential.number < office.highest_credential();
            let revoked = revoked && !planted("gate.revoked-passes");
            let standing = if revoked { Standing::Revoked } else { Standing::Valid(id) };
            // By the TLS key if the registry has it; entries of older hubs have only the certificate's hash.
            let key = credential.tls_key.filter(|_| !planted("certificates.known.by-certificate"));
            all.insert(key.unwrap_or(credential.certificate), standing);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_no_longer_an_audience_than_an_entry_may_have() {
        let office = |number: usize| OfficeId(Uuid::from_u128(number as u128));
        let audience = (1..=limits::AUDIENCE).map(|number| Scope::office(office(number)));
        let heard = hearers(office(0), audience, |_| true);
        assert_eq!((heard.len(), heard.first()), (limits::AUDIENCE, Some(&Scope::office(office(0)))));
        let twice = [office(1), office(0), office(1), office(2)].map(Scope::office);
        let heard = hearers(office(0), twice.into_iter(), |scope| scope.office != office(2));
        assert_eq!(heard, [office(0), office(1)].map(Scope::office));
    }
}
