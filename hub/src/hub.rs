//! A running hub: an office that others connect to.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use truc_node::clock::Clock;
use truc_node::identity::Identity;
use truc_node::office::{Intent, Office, OfficeError};
use truc_node::store::journal::JOURNAL;
use truc_proto::audience::Scope;
use truc_proto::authority::Refusal;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record::{Move, registry};
use truc_proto::registry::Registry;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{self, RegistryMove};
use uuid::Uuid;

use crate::authority::codes::{Codes, CodesError};
use crate::authority::followed::Followed;
use crate::authority::in_use::InUse;
use crate::delivery::mail::{self, MAIL, MailIndex, Most, Notice, Piece};
use crate::line::caller::Peer;
use crate::line::connections::Connections;
use crate::line::presence::Sessions;
use crate::line::tls::{Certificates, Standing};
use crate::recover::life::Life;
use crate::recover::refill::Refill;

/// Stands as author where the hub speaks without being told to.
pub const ITSELF: &str = "hub";
/// Mail reading connections kept open.
const READERS: usize = 4;

/// What can go wrong at the hub.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The office: journal, views, keys.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The mail index.
    #[error("mail index: {0}")]
    Mail(#[from] rusqlite::Error),
    /// Enrolment codes.
    #[error(transparent)]
    Codes(#[from] CodesError),
}

/// A renewal that was not made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NotRenewed {
    /// Unix milliseconds.
    pub at: u64,
    /// `soon`, `credential` or `store`.
    pub why: String,
}

/// A running hub.
pub struct Hub {
    /// Its own office: journal, views, registry.
    pub office: Office,
    /// Who is connected.
    pub sessions: Sessions,
    /// Which certificates are good.
    pub gate: Arc<Certificates>,
    /// Connections of offices.
    pub connections: Arc<Connections>,
    /// Enrolment codes given out.
    pub codes: Codes,
    /// Who has called since the hub went back, if it did.
    pub refill: Refill,
    /// Who has shown a certificate of the authority that takes over, while one does.
    pub followed: Followed,
    /// The life of the journal, for the heads that are signed of it.
    pub life: Life,
    /// What is shown and trusted on the listeners; nothing as long as nobody serves.
    in_use: ArcSwap<InUse>,
    /// Renewals that were not made, by office, until one is.
    not_renewed: Mutex<HashMap<OfficeId, NotRenewed>>,
    mail_readers: Mutex<Vec<Connection>>,
    /// Held while a question is raised, so that it is raised once.
    asking: tokio::sync::Mutex<()>,
}

impl Hub {
    /// Opens the hub's store.
    pub fn open(dir: &Path, identity: Identity) -> Result<Arc<Self>, HubError> {
        Self::open_at(dir, identity, Clock::default())
    }

    /// Opens the hub's store, with a clock that says when certificates end.
    pub fn open_at(dir: &Path, identity: Identity, clock: Clock) -> Result<Arc<Self>, HubError> {
        let end = journal_end(dir, &identity)?;
        let (told, notices) = mpsc::unbounded_channel();
        let index = MailIndex::open(dir, end, told)?;
        let office = Office::open(dir, identity, vec![Box::new(index)])?;
        let gate = Arc::new(Certificates::default());
        gate.replace(standings(&office.registry()));
        let codes = Codes::open(dir)?;
        let refill = Refill::open(dir).map_err(OfficeError::from)?;
        let life = Life::open(dir, refill.state().map_or(0, |state| state.since));
        let hub = Arc::new(Self {
            office,
            sessions: Sessions::default(),
            gate,
            connections: Arc::new(Connections::new(clock)),
            codes,
            refill,
            followed: Followed::open(dir),
            life,
            in_use: ArcSwap::default(),
            not_renewed: Mutex::default(),
            mail_readers: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        });
        tokio::spawn(follow(Arc::downgrade(&hub), notices));
        Ok(hub)
    }

    /// Writes a word of the registry into the hub's ledger, in the name of an account or of [`ITSELF`], and
    /// waits until everybody here goes by it.
    pub async fn say(&self, author: &str, word: Word, audience: Vec<Scope>) -> Result<u64, OfficeError> {
        let record = RecordId(Uuid::now_v7());
        let mv = Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }));
        let (position, _) = self.office.act(Intent::new(author, record, mv, audience)).await?;
        self.publish(&self.office.registry());
        Ok(position)
    }

    /// A machine of an office does not continue the one met last. One question stays open for each office and its
    /// newest credential: two copies that call in turn are told of once, until a person answers.
    pub async fn ask(&self, office: OfficeId) -> Result<(), OfficeError> {
        let _one_at_a_time = self.asking.lock().await;
        let registry = self.office.registry();
        let Some(known) = registry.office(office).filter(|known| !known.is_questioned()) else {
            return Ok(());
        };
        let word = wire::QuestionRaised { office: office.to_wire(), credential: known.highest_credential() };
        self.say(ITSELF, Word::Question(word), vec![Scope::office(office)]).await.map(|_| ())
    }

    /// Ends every machine that an office has had so far: the certificates, and the codes that brought them.
    pub async fn revoke(
        &self,
        author: &str,
        office: OfficeId,
        reason: String,
    ) -> Result<(u64, u64), HubError> {
        let up_to = self.office.registry().office(office).map_or(0, |office| office.highest_credential());
        self.codes.end_used(office, self.clock().now())?;
        let word = Word::Revoked(self.revocation(office, up_to, reason)?);
        let position = self.say(author, word, self.everybody()).await?;
        Ok((up_to, position))
    }

    /// Ends an office's credentials up to a number. What they signed and the hub has by now still counts.
    pub fn revocation(
        &self,
        office: OfficeId,
        up_to: u64,
        reason: String,
    ) -> Result<wire::CredentialRevoked, OfficeError> {
        let last = self.office.read(|journal| journal.newest_seat(office))?;
        let last = last.map(|seat| wire::Base { incarnation: seat.incarnation.0, seq: seat.seq });
        Ok(wire::CredentialRevoked { office: office.to_wire(), up_to, reason, last })
    }

    /// Says many words in one go.
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
        self.office.wait_folded(last).await?;
        self.publish(&self.office.registry());
        Ok(())
    }

    /// Waits until everything that was in the journal at the start is folded, and the certificates with it are known.
    pub(crate) async fn knows_registry(&self) {
        let Ok(end) = self.office.reached().map(|reached| reached.borrow().end.position) else { return };
        // A hub that stops meanwhile serves nobody.
        if self.office.wait_folded(end).await.is_ok() {
            self.publish(&self.office.registry());
        }
    }

    /// Everybody: the hub and all under it.
    pub fn everybody(&self) -> Vec<Scope> {
        vec![Scope::subtree(self.office.id())]
    }

    /// The clock by which certificates are judged.
    pub fn clock(&self) -> &Clock {
        self.connections.clock()
    }

    /// Keeps why a certificate was not renewed, for people; none: it was.
    pub fn renewed(&self, office: OfficeId, not: Option<NotRenewed>) {
        let mut all = self.not_renewed.lock().unwrap_or_else(PoisonError::into_inner);
        match not {
            Some(not) => all.insert(office, not),
            None => all.remove(&office),
        };
    }

    /// Why an office's certificate was last not renewed, since the hub started; none: nothing failed, or a later one
    /// was made.
    pub fn not_renewed(&self, office: OfficeId) -> Option<NotRenewed> {
        self.not_renewed.lock().unwrap_or_else(PoisonError::into_inner).get(&office).cloned()
    }

    /// From now on this is shown, and these authorities are trusted: whoever has nothing of theirs is cut off.
    pub fn trust(&self, in_use: InUse) {
        self.connections.trust(&in_use.authorities);
        self.in_use.store(Arc::new(in_use));
    }

    /// A machine opens a session: which authority stands behind what it shows is remembered while one takes over from
    /// another.
    pub fn met(&self, peer: &Peer) {
        if let [newest, _, ..] = &self.in_use().authorities[..] {
            self.followed.met(peer, newest, self.connections.is_behind(newest, peer));
        }
    }

    /// What is shown and trusted on the listeners; nothing as long as nobody serves.
    pub fn in_use(&self) -> Arc<InUse> {
        self.in_use.load_full()
    }

    /// What the registry says of certificates counts from now on: sessions are told, then their connections are cut.
    fn publish(&self, registry: &Registry) {
        self.gate.replace(standings(registry));
        self.sessions.recheck(&*self.gate);
        self.connections.recheck(&*self.gate);
    }

    /// A piece of an office's mail after a position.
    pub fn mail(&self, office: OfficeId, after: u64, own: bool) -> Result<Piece, OfficeError> {
        let lent = self.mail_readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match lent {
            Some(conn) => conn,
            None => mail::reader(&self.office.dir().join(MAIL))
                .map_err(truc_node::store::journal::JournalError::from)?,
        };
        let registry = self.office.registry();
        let piece = self
            .office
            .read(|journal| mail::read(&conn, journal, &registry, office, after, own, Most::BATCH));
        let mut readers = self.mail_readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(conn);
        }
        piece
    }

    /// Says what was refused and not said. Whether something is still to be said.
    async fn refuse_unsaid(&self) -> bool {
        let said = async {
            let unsaid =
                self.office.view(|views| truc_node::derive::views::read::refused_unsaid(views, UNSAID))?;
            for (position, code) in &unsaid {
                let stored = self.office.read(|journal| journal.at_position(*position))?;
                if let (Some(stored), Some(refusal)) = (stored, Refusal::from_code(code)) {
                    self.refuse(stored.entry, refusal).await?;
                }
            }
            Ok::<_, OfficeError>(unsaid.len() == UNSAID)
        };
        said.await.unwrap_or_else(|error| {
            tracing::error!(%error, "what was refused could not be said; it will be tried again");
            true
        })
    }

    /// Says that an entry was refused: to its author, and to whom it was addressed, so that the gap in the
    /// channel is explained. Said once for each entry.
    async fn refuse(&self, entry: Entry, refusal: Refusal) -> Result<(), OfficeError> {
        if planted("refusal.unsaid") {
            return Ok(());
        }
        let known =
            self.office.view(|views| truc_node::derive::views::read::hub_refused(views, &entry.hash))?;
        if known {
            return Ok(());
        }
        let registry = self.office.registry();
        let header = &entry.header;
        let author = Scope::office(header.ledger);
        let mut audience: Vec<Scope> = header
            .audience
            .iter()
            .map(|channel| channel.scope)
            .filter(|scope| registry.office(scope.office).is_some() && *scope != author)
            .collect();
        audience.push(author);
        let word = Word::Refused(wire::EntryRefused {
            ledger: header.ledger.to_wire(),
            incarnation: header.seat.incarnation.0,
            seq: header.seat.seq,
            hash: entry.hash.to_wire(),
            reason: refusal.code().into(),
        });
        self.say(ITSELF, word, audience).await.map(|_| ())
    }
}

/// Refusals that are said in one go, where some were left unsaid.
const UNSAID: usize = 1000;

/// Passes on what became deliverable, and says what was refused. What the registry says of certificates counts from
/// here on, also what a node gave back to a hub that had forgotten it.
async fn follow(hub: std::sync::Weak<Hub>, mut notices: mpsc::UnboundedReceiver<(Notice, Arc<Registry>)>) {
    let mut known: Option<Arc<Registry>> = None;
    // The hub may have ended between the check of an entry and the word that it was refused; or its disk was full.
    let mut unsaid = true;
    let mut again = interval(limits::STORE_RETRY);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (notice, registry) = tokio::select! {
            notice = notices.recv() => match notice {
                Some(notice) => notice,
                None => return,
            },
            _ = again.tick(), if unsaid => {
                let Some(hub) = hub.upgrade() else { return };
                unsaid = hub.refuse_unsaid().await;
                continue;
            }
        };
        let Some(hub) = hub.upgrade() else { return };
        // Also what nobody said just now: folded anew, or given back to a hub that forgot it.
        let news = !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &registry));
        if news && !planted("certificates.publish.own-word-only") {
            hub.publish(&registry);
            known = Some(Arc::clone(&registry));
        }
        hub.sessions.notify(&notice, &registry);
        for (entry, refusal) in notice.refused {
            if let Err(error) = hub.refuse(*entry, refusal).await {
                tracing::error!(%error, "a refusal could not be said; it will be tried again");
                unsaid = true;
            }
        }
    }
}

fn journal_end(dir: &Path, identity: &Identity) -> Result<u64, OfficeError> {
    let path = dir.join(JOURNAL);
    if !path.exists() {
        return Ok(0);
    }
    let conn = truc_node::store::journal::open_reader(&path)?;
    Ok(truc_node::store::journal::Reads::new(&conn, identity.office).end()?.position)
}

/// What the listener should make of each certificate that the registry knows.
fn standings(registry: &Registry) -> HashMap<truc_proto::id::Hash, Standing> {
    let mut all = HashMap::new();
    for (id, office) in registry.offices() {
        for credential in office.credentials() {
            // A replaced machine is refused like a revoked one.
            let revoked = credential.number <= office.revoked_up_to()
                || credential.number < office.highest_credential();
            let revoked = revoked && !planted("gate.revoked-passes");
            let standing = if revoked { Standing::Revoked } else { Standing::Valid(id) };
            // By the key where it is known; by the certificate where an older hub did not say the key.
            let key = credential.tls_key.filter(|_| !planted("certificates.known.by-certificate"));
            all.insert(key.unwrap_or(credential.certificate), standing);
        }
    }
    all
}
