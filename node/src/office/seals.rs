//! The sealing keys of a running office: what it has said of them, sheets to recover them from, recovery, a new key.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::{self, Move, keys as words};
use truc_proto::seal::{
    self, DepositError, Persons, PublicKey, RecoveryKey, Ring, RingError, Sheet, SheetsError,
};
use truc_proto::time::Moment;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Intent, Office, OfficeError};
use crate::derive::views::{Result as ViewsResult, ViewsError, read};
use crate::identity::keys::{self, KeyError};
use crate::identity::sealing;

/// The author of words about keys.
const PROGRAM: &str = record::directive::PROGRAM;

/// Whoever changes the file of the keys does it alone: of two changes at once, one would lose a key.
static CHANGING: Mutex<()> = Mutex::const_new(());

/// Why keys cannot be kept or brought back. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SealsError {
    /// The store failed.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The file of the keys failed, or there were no random bytes.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sheets do not fit together.
    #[error(transparent)]
    Sheets(#[from] SheetsError),
    /// A deposit cannot be made or opened.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// There are too many keys.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A sheet is another office's.
    #[error("the sheet is of another office")]
    OtherOffice,
    /// No deposit was sealed to the key of these sheets.
    #[error("nothing was deposited for set {0}")]
    NoDeposit(u16),
    /// One, two or three people hold sheets.
    #[error("{0} people cannot hold the sheets of a set")]
    Holders(usize),
    /// The ledger or keys of the office are not all here yet.
    #[error("not all keys or entries of the office are here")]
    Incomplete,
    /// This machine has no sealing key.
    #[error("there is no sealing key")]
    NoKey,
}

/// The last deposit of the keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Deposit {
    /// Number of its set of sheets.
    pub set: u32,
    /// Who holds them, in the order of their numbers.
    pub holders: Vec<String>,
    /// When it was made, Unix milliseconds.
    pub time: u64,
    /// Number of the newest key in it.
    pub newest: u32,
    #[serde(skip)]
    recovery: [u8; 32],
    #[serde(skip)]
    keys: Bytes,
}

/// What is known of the sealing keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Seals {
    /// How many keys there are here.
    pub keys: usize,
    /// Number of the newest; none: this machine has none.
    pub newest: Option<u32>,
    /// When it was made, Unix milliseconds.
    pub since: u64,
    /// How many entries nobody here can open.
    pub closed: u64,
    /// The last deposit; none: there are no sheets.
    pub deposit: Option<Deposit>,
    /// All deposits, the last one too: a machine that had lost keys deposited fewer, and sheets of an earlier set still open
    /// what was deposited for them.
    #[serde(skip)]
    deposits: Vec<Deposit>,
    /// When sheets of that set were last found to be right, Unix milliseconds.
    pub checked: Option<u64>,
}

impl Seals {
    /// What is known at an office.
    pub fn of(office: &Office) -> Result<Self, OfficeError> {
        let ring = office.identity().ring.load();
        let mut known = ring.as_deref().map_or_else(Self::default, |ring| Self {
            keys: ring.keys().count(),
            newest: Some(ring.newest().number()),
            since: ring.newest().since().millis(),
            ..Self::default()
        });
        let me = office.id();
        let (closed, said) =
            office.view(|views| Ok((read::closed(views)?, positions(views, record_of(office))?)))?;
        known.closed = closed;
        for position in said {
            let stored = office.read(|journal| journal.at_position(position))?;
            let Some(entry) = stored.map(|stored| stored.entry).filter(|entry| entry.header.ledger == me)
            else {
                continue;
            };
            let time = entry.header.time.millis();
            match record::of(&entry) {
                Ok(Move::Keys(words::Move::Deposited { set, recovery, keys, holders, newest })) => {
                    known.deposits.push(Deposit { set, holders, time, newest, recovery, keys });
                }
                Ok(Move::Keys(words::Move::Checked { set, .. })) => {
                    let of_this = known.deposits.last().is_some_and(|deposit| deposit.set == set);
                    known.checked = of_this.then_some(time).or(known.checked);
                }
                _ => {}
            }
        }
        known.deposit = known.deposits.last().cloned();
        Ok(known)
    }

    /// Whether sheets were last checked so long ago that they may be lost.
    pub fn is_check_due(&self, now: Moment) -> bool {
        let last =
            self.deposit.as_ref().map(|deposit| self.checked.unwrap_or(deposit.time).max(deposit.time));
        last.is_some_and(|last| !Moment::millis(last).is_within(limits::SHEETS_CHECKED, now))
    }
}

/// Positions of the own words about keys, in their order.
fn positions(views: &rusqlite::Connection, record: RecordId) -> ViewsResult<Vec<u64>> {
    let mut statement = views.prepare_cached(
        "SELECT position FROM story WHERE record = ?1 AND kind = ?2 AND outcome = 'applied'
         ORDER BY incarnation, seq",
    )?;
    let rows = statement
        .query_map((record.0.as_bytes(), words::Move::KIND), |row| Ok(row.get::<_, i64>(0)? as u64))?;
    rows.map(|row| row.map_err(ViewsError::from)).collect()
}

/// The one record of the office's words about its keys.
fn record_of(office: &Office) -> RecordId {
    RecordId::of(office.id(), words::Move::KIND, Uuid::nil())
}

async fn say(office: &Office, word: words::Move) -> Result<(), OfficeError> {
    let intent = Intent::new(PROGRAM, record_of(office), Move::Keys(word), Vec::new());
    office.act(intent).await.map(drop)
}

/// Deposits the key that seals, if there are sheets and it is not deposited.
pub async fn settle(office: &Office) -> Result<(), SealsError> {
    let known = Seals::of(office)?;
    let Some(ring) = office.identity().ring.load_full() else { return Ok(()) };
    if let Some(Deposit { set, holders, newest, recovery, .. }) = known.deposit
        && newest != ring.newest().number()
        && let Some(recovery) = PublicKey::from_slice(&recovery)
    {
        deposit(office, &ring, set, &recovery, holders).await?;
    }
    Ok(())
}

/// Does so at the start and then each [`limits::SEALS_SETTLED`], until told to stop: a store that was lost hears of its
/// deposits later.
pub async fn run(office: Arc<Office>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = settle(&office).await {
            tracing::warn!(%error, "the sealing key is not deposited yet");
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = sleep(limits::SEALS_SETTLED) => {}
        }
    }
}

/// Says which key seals, and deposits it with the older ones.
async fn deposit(
    office: &Office,
    ring: &Ring,
    set: u32,
    recovery: &PublicKey,
    holders: Vec<String>,
) -> Result<(), SealsError> {
    let random = Zeroizing::new(keys::random()?);
    let keys = seal::deposit(ring, office.id(), recovery, &random)?;
    let public = ring.newest().public();
    say(office, words::Move::Key { number: public.number, public: *public.key.bytes() }).await?;
    let (recovery, newest) = (*recovery.bytes(), public.number);
    Ok(say(office, words::Move::Deposited { set, recovery, keys, holders, newest }).await?)
}

/// Makes new sheets for these people, one, two or three, and first a new key: so sheets that were made before open nothing
/// that is sealed later. The key that the sheets hold is kept nowhere.
pub async fn sheets(office: &Office, holders: Vec<String>) -> Result<Vec<Sheet>, SealsError> {
    let persons = match holders.len() {
        1 => Persons::One,
        2 => Persons::Two,
        3 => Persons::Three,
        other => return Err(SealsError::Holders(other)),
    };
    let _alone = CHANGING.lock().await;
    let known = Seals::of(office)?;
    // A deposit without what is closed here would look like the last word.
    if known.closed > 0 || office.read(|journal| journal.resuming())? {
        return Err(SealsError::Incomplete);
    }
    let before = known.deposit.map_or(0, |deposit| deposit.set);
    let set = u16::try_from(before).ok().and_then(|before| before.checked_add(1)).unwrap_or(1);
    let ring = rotated(office)?;
    let recovery = RecoveryKey::new(Zeroizing::new(keys::random()?));
    let random = Zeroizing::new([keys::random()?, keys::random()?, keys::random()?]);
    let sheets = seal::sheets(&recovery, office.id(), set, persons, &random);
    deposit(office, &ring, set.into(), &recovery.public(), holders).await?;
    Ok(sheets)
}

/// The recovery key of sheets, and the deposits that were made for it; there is one at least.
fn put_together(office: &Office, sheets: &[Sheet]) -> Result<(RecoveryKey, Vec<Deposit>), SealsError> {
    let key = seal::put_together(sheets)?;
    let set = sheets.first().map_or(0, |sheet| sheet.set);
    if sheets.iter().any(|sheet| sheet.office != office.id()) {
        return Err(SealsError::OtherOffice);
    }
    let mut deposits = Seals::of(office)?.deposits;
    deposits.retain(|deposit| deposit.recovery == *key.public().bytes());
    if deposits.is_empty() { Err(SealsError::NoDeposit(set)) } else { Ok((key, deposits)) }
}

/// Holds sheets against what was deposited for them, opens nothing, and notes that they are right.
pub async fn check(office: &Office, sheets: &[Sheet], by: &str) -> Result<Deposit, SealsError> {
    let (_, mut deposits) = put_together(office, sheets)?;
    let last = deposits.pop().ok_or(SealsError::NoKey)?;
    say(office, words::Move::Checked { set: last.set, by: by.to_owned() }).await?;
    Ok(last)
}

/// Brings back what was deposited for enough of these sheets. What was closed opens; the views are made anew. Returns how
/// many keys came back.
pub async fn recover(office: &Office, sheets: &[Sheet], by: &str, reason: &str) -> Result<usize, SealsError> {
    let (key, deposits) = put_together(office, sheets)?;
    let set = deposits.last().map_or(0, |deposit| deposit.set);
    let more = {
        let _alone = CHANGING.lock().await;
        let mut ring = office.identity().ring.load_full().map(|ring| Ring::clone(&ring));
        let before = ring.as_ref().map_or(0, |ring| ring.keys().count());
        let mut closed = None;
        for deposit in &deposits {
            // One that is damaged keeps none of the others closed.
            match (key.open(office.id(), &deposit.keys), &mut ring) {
                (Ok(recovered), Some(ring)) => ring.take_in(&recovered)?,
                (Ok(recovered), None) => ring = Some(recovered),
                (Err(error), _) => closed = Some(error),
            }
        }
        let ring = ring.ok_or(SealsError::NoKey)?;
        let more = ring.keys().count() - before;
        if let (0, Some(error)) = (more, closed) {
            return Err(error.into());
        }
        change(office, ring)?;
        more
    };
    let (by, reason) = (by.to_owned(), reason.to_owned());
    say(office, words::Move::Recovered { set, by, reason }).await?;
    settle(office).await?;
    Ok(more)
}

/// Makes a new key, which seals from now on; the older ones still open.
pub async fn rotate(office: &Office) -> Result<(), SealsError> {
    {
        let _alone = CHANGING.lock().await;
        rotated(office)?;
    }
    settle(office).await
}

/// The ring with a new key; the caller lets nobody else change it.
fn rotated(office: &Office) -> Result<Ring, SealsError> {
    let ring = office.identity().ring.load_full().ok_or(SealsError::NoKey)?;
    let mut ring = Ring::clone(&ring);
    ring.rotate(sealing::new_key()?)?;
    change(office, ring.clone())?;
    Ok(ring)
}

/// The file first: what is sealed to a key that a power cut takes away is lost.
fn change(office: &Office, ring: Ring) -> Result<(), KeyError> {
    sealing::save(office.dir(), &ring)?;
    office.identity().ring.store(Some(Arc::new(ring)));
    office.look_again();
    Ok(())
}
