//! Mail: which entries are for which office. An index over the hub's journal, by scope; it may be deleted at any time
//! and is then built again from the journal.
//!
//! The index has one row for each scope in an entry's audience. Which office gets the entry is decided when mail is
//! read, from the scopes that the registry says the office belonged to at the entry's position.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use tokio::sync::mpsc;
use truc_node::derive::follow::{self, FollowError, Follower, Plan, Start};
use truc_node::derive::guard::{self, Cause};
use truc_node::derive::views::Views;
use truc_node::fault;
use truc_node::store::journal::{JournalError, Reads, Stored, plan_once};
use truc_node::store::readers::Readers;
use truc_node::store::reading;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::head::roundest;
use truc_proto::id::{Mark, OfficeId};
use truc_proto::limits;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::session::HubEvent;
use truc_proto::wire::Urgency;

/// Name of the index file in the hub's folder.
pub const MAIL: &str = "mail.db";
const SCHEMA: i64 = 2;

/// What became deliverable with one commit of the index.
#[derive(Clone, Debug, Default)]
pub struct NewMail {
    /// Scopes with new mail, each with a position and whether it is urgent. Ordinary entries of a scope share one item
    /// with the newest position; each urgent entry has an item of its own.
    pub scopes: Vec<(Scope, u64, bool)>,
    /// Entries that nodes gave back: the office that wrote the entry (and may lack it), and the position.
    pub given_back: Vec<(OfficeId, u64)>,
    /// How many entries of each office the rules forbid; the hub must write that they were refused.
    pub refused: BTreeMap<OfficeId, u64>,
}

impl NewMail {
    /// Calls `tell` for each office with new mail. Some may not be connected; the caller ignores those.
    pub fn tell(
        &self,
        registry: &Registry,
        connected: impl Iterator<Item = OfficeId> + Clone,
        mut tell: impl FnMut(OfficeId, HubEvent),
    ) {
        for &(scope, position, urgent) in &self.scopes {
            let waiting = HubEvent::Waiting { position, urgent, registry: registry.newest() };
            if !scope.subtree {
                tell(scope.office, waiting);
                continue;
            }
            for office in connected.clone().filter(|office| registry.addressed(*office, scope, position)) {
                tell(office, waiting.clone());
            }
        }
        for &(office, position) in &self.given_back {
            tell(office, HubEvent::Waiting { position, urgent: false, registry: 0 });
        }
    }
}

/// The index as its writer sees it. It is fed entries after their check.
pub struct MailIndex {
    conn: Connection,
    upto: u64,
    asides: u64,
    /// Of the rows written, also those of the transaction under way.
    proof: Proof,
    /// What the file holds.
    kept: Proof,
    notice: NewMail,
    /// Where in the notice each scope's ordinary item is.
    announced: HashMap<Scope, usize>,
    told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    /// Why the file was made anew when it was opened.
    mended: Option<String>,
}

/// Number of rows and a sum over what they say, kept with them in one transaction. A row that is lost, added or changed
/// by the disk or by anybody else makes it wrong: mail that is missing in the index would never be delivered.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Proof {
    rows: u64,
    sum: u64,
}

impl Proof {
    fn add(&mut self, scope: &[u8], position: u64) {
        // FNV-1a, then mixed: it guards against accidents, and whoever may write the file may write the proof.
        let bytes = scope.iter().copied().chain(position.to_le_bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        self.rows += 1;
        self.sum = self.sum.wrapping_add((hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    }
}

impl MailIndex {
    /// Opens the index in a store's folder. One that does not hold what was written, has another version or is ahead of
    /// the journal is made anew.
    pub fn open(
        dir: &Path,
        journal_end: u64,
        told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    ) -> Result<Self, FollowError> {
        match Self::from_connection(connect(dir)?, journal_end, told.clone()) {
            Err(error) if guard::cause_at_opening(&error) == Cause::Damage => {
                Ok(Self { mended: Some(error.to_string()), ..Self::create(dir, told)? })
            }
            opened => Ok(opened?),
        }
    }

    /// Drops the index in a store's folder and makes it anew.
    pub fn create(
        dir: &Path,
        told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    ) -> Result<Self, FollowError> {
        guard::remove_database(&dir.join(MAIL))?;
        Ok(Self::from_connection(connect(dir)?, 0, told)?)
    }

    /// Opens the index on a connection. `open` uses it, and so does the simulation, which keeps the index in memory.
    pub fn from_connection(
        conn: Connection,
        journal_end: u64,
        told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    ) -> rusqlite::Result<Self> {
        plan_once(&conn)?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let mut index = Self {
            conn,
            upto: 0,
            asides: 0,
            proof: Proof::default(),
            kept: Proof::default(),
            notice: NewMail::default(),
            announced: HashMap::new(),
            told,
            mended: None,
        };
        if version != SCHEMA {
            index.empty(0)?;
            return Ok(index);
        }
        index.read_state()?;
        let found = index.counted()?;
        if found != index.kept {
            index.mended = Some(format!("{found:?} is there, {:?} was written", index.kept));
            index.empty(0)?;
        } else if index.upto > journal_end {
            index.empty(0)?;
        }
        Ok(index)
    }

    fn read_state(&mut self) -> rusqlite::Result<()> {
        let (upto, asides, rows, sum): (i64, i64, i64, i64) =
            self.conn.query_row("SELECT position, asides, rows, sum FROM upto", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        (self.upto, self.asides) = (upto as u64, asides as u64);
        self.kept = Proof { rows: rows as u64, sum: sum as u64 };
        self.proof = self.kept;
        Ok(())
    }

    /// What the rows add up to: the whole file is read, some ten million rows a few seconds.
    fn counted(&self) -> rusqlite::Result<Proof> {
        let mut found = Proof::default();
        let mut rows = self.conn.prepare("SELECT scope, position FROM mail")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let scope = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            found.add(scope, row.get::<_, i64>(1)? as u64);
        }
        Ok(found)
    }

    /// Empties the index and makes its tables.
    fn empty(&mut self, asides: u64) -> rusqlite::Result<()> {
        self.conn.execute_batch(&format!(
            "BEGIN;
             DROP TABLE IF EXISTS mail;
             DROP TABLE IF EXISTS upto;
             -- scope: office UUID and one byte: 0 the office, 1 its subtree
             CREATE TABLE mail (scope BLOB NOT NULL, position INTEGER NOT NULL,
               PRIMARY KEY (scope, position)) STRICT, WITHOUT ROWID;
             -- rows, sum: what the rows of mail add up to
             CREATE TABLE upto (position INTEGER NOT NULL, asides INTEGER NOT NULL, rows INTEGER NOT NULL,
               sum INTEGER NOT NULL) STRICT;
             INSERT INTO upto VALUES (0, {asides}, 0, 0);
             PRAGMA user_version = {SCHEMA};
             COMMIT;"
        ))?;
        (self.upto, self.asides) = (0, asides);
        (self.proof, self.kept) = (Proof::default(), Proof::default());
        Ok(())
    }

    /// The connection, for the simulation: no second connection can reach an index in memory.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    fn row(&mut self, key: &[u8; 17], position: u64) -> rusqlite::Result<()> {
        let added = self
            .conn
            .prepare_cached("INSERT OR IGNORE INTO mail (scope, position) VALUES (?1, ?2)")?
            .execute(params![key, position as i64])?;
        if added > 0 {
            self.proof.add(key, position);
        }
        Ok(())
    }
}

fn connect(dir: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(dir.join(MAIL))?;
    let synchronous = if planted("mail.off") { "OFF" } else { "NORMAL" };
    // In WAL mode NORMAL stays consistent over a power cut: a commit may be lost, and its entries come again.
    let set = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .and_then(|()| conn.pragma_update(None, "synchronous", synchronous))
        // 1 MiB of log: it is read again at each start, and a hub writes little here at a time.
        .and_then(|()| conn.pragma_update(None, "wal_autocheckpoint", 256));
    match set {
        // What is no database is found so again when it is read.
        Err(error) if guard::cause(&error) == Cause::Damage => Ok(conn),
        set => set.map(|()| conn),
    }
}

/// The index of a hub, as a follower to be. It is read whole before the first session, since mail that is missing in it
/// would never be delivered. `readers`: connections that read the index.
pub fn plan(
    dir: &Path,
    journal_end: u64,
    told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    readers: Arc<Readers<JournalError>>,
) -> Result<Plan, FollowError> {
    let opened: Box<dyn Follower> = Box::new(MailIndex::open(dir, journal_end, told.clone())?);
    let dir = dir.to_owned();
    let open = move |start| {
        let index = match start {
            Start::Kept(end) => MailIndex::open(&dir, end, told.clone()),
            Start::Anew => MailIndex::create(&dir, told.clone()),
        };
        readers.replaced();
        Ok(Box::new(index?) as Box<dyn Follower>)
    };
    Ok(Plan { name: MAIL, opened: Some(opened), open: Box::new(open) })
}

/// Drops the index of a closed hub and makes it from the journal and the views.
pub fn rebuild(dir: &Path, journal: Reads<'_>, views: &Views) -> Result<(), FollowError> {
    let (told, mut notices) = mpsc::unbounded_channel();
    let mut index = MailIndex::create(dir, told)?;
    let drain = |_| while notices.try_recv().is_ok() {};
    follow::catch_up(&mut index, journal, views.connection(), &views.registry(), drain)
}

impl Follower for MailIndex {
    fn upto(&self) -> u64 {
        self.upto
    }

    fn asides(&self) -> u64 {
        self.asides
    }

    fn begin_anew(&mut self, asides: u64) -> Result<(), FollowError> {
        self.give_up();
        Ok(self.empty(asides)?)
    }

    fn entry(&mut self, stored: &Stored, refused: Option<Refusal>) -> Result<(), FollowError> {
        // SQLite is asked for an open transaction: a full disk may have rolled it back, and then its entries come
        // again.
        if self.conn.is_autocommit() {
            self.proof = self.kept;
            self.conn.execute_batch("BEGIN")?;
        }
        let header = &stored.entry.header;
        if refused.is_some() {
            *self.notice.refused.entry(header.ledger).or_default() += 1;
        } else {
            let urgent = header.urgency != Urgency::Normal;
            for channel in &header.audience {
                let subtree = channel.scope.subtree || planted("mail.below-too");
                self.row(&Scope { subtree, ..channel.scope }.key(), stored.position)?;
                // Each urgent entry is announced with its own position, because only that entry may overtake others.
                let scopes = &mut self.notice.scopes;
                match self.announced.entry(channel.scope).or_insert(scopes.len()) {
                    _ if urgent => scopes.push((channel.scope, stored.position, urgent)),
                    at if *at < scopes.len() && !scopes[*at].2 => scopes[*at].1 = stored.position,
                    at => {
                        *at = scopes.len();
                        scopes.push((channel.scope, stored.position, urgent));
                    }
                }
            }
        }
        if stored.given_back() {
            self.notice.given_back.push((header.ledger, stored.position));
        }
        Ok(())
    }

    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), FollowError> {
        if self.conn.is_autocommit() {
            self.proof = self.kept;
            self.conn.execute_batch("BEGIN")?;
        }
        self.conn.prepare_cached("UPDATE upto SET position = ?1, rows = ?2, sum = ?3")?.execute(params![
            upto as i64,
            self.proof.rows as i64,
            self.proof.sum as i64
        ])?;
        fault::point("mail.commit.before");
        self.conn.execute_batch("COMMIT")?;
        fault::point("mail.commit.after");
        self.upto = upto;
        self.kept = self.proof;
        // The receiver is gone only while the hub stops; nobody needs the notice then.
        self.announced.clear();
        let _ = self.told.send((std::mem::take(&mut self.notice), Arc::clone(registry)));
        Ok(())
    }

    fn give_up(&mut self) {
        if !self.conn.is_autocommit() {
            // If this fails, too, the next write of the transaction does.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        self.proof = self.kept;
        self.notice = NewMail::default();
        self.announced.clear();
    }

    fn mended(&mut self) -> Option<String> {
        self.mended.take()
    }
}

/// How much one piece of mail may hold. A single entry is delivered even if it is larger.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimit {
    /// Number of entries.
    pub entries: usize,
    /// Total size of the entries' contents, bytes.
    pub bytes: usize,
}

impl BatchLimit {
    /// As much as fits into one batch.
    pub const BATCH: Self = Self { entries: limits::BATCH_ENTRIES, bytes: limits::BATCH_BYTES };
}

/// One piece of an office's mail.
#[derive(Debug)]
pub struct MailBatch {
    /// Entries with their positions, ascending.
    pub entries: Vec<(u64, Entry)>,
    /// When the hub had each of them, Unix milliseconds; 0: nobody knows.
    pub arrivals: Vec<u64>,
    /// The office's mail is complete up to this mark.
    pub mark: Mark,
    /// Whether no more mail waits.
    pub end: bool,
    /// The roundest position that this piece passes, for a head; none: it passes none.
    pub round: Option<Mark>,
}

/// Whether there is mail for one of these scopes.
pub fn holds(mail: &Connection, scopes: &[Scope]) -> Result<bool, JournalError> {
    let mut select = mail.prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE scope = ?1)")?;
    for scope in scopes {
        if select.query_row([scope.key()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a piece of the mail of an office after a position. With `own`, entries of the office's own ledger are part of
/// it; otherwise only those of them that nodes gave back, which the office may lack.
pub fn read(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    office: OfficeId,
    mut after: u64,
    own: bool,
    most: BatchLimit,
) -> Result<MailBatch, JournalError> {
    let first = after;
    loop {
        let mut piece = stretch(mail, journal, registry, office, after, own, most)?;
        // A stretch may hold only entries that the office wrote itself; then the next stretch is read.
        if piece.end || !piece.entries.is_empty() {
            if let Some(round) = roundest(first, piece.mark.position) {
                piece.round = journal.mark_of(round)?;
            }
            return Ok(piece);
        }
        after = piece.mark.position;
    }
}

fn stretch(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    office: OfficeId,
    after: u64,
    own: bool,
    most: BatchLimit,
) -> Result<MailBatch, JournalError> {
    let limit = most.entries + 1;
    let upto: i64 = mail.prepare_cached("SELECT position FROM upto")?.query_row([], |row| row.get(0))?;
    let upto = upto as u64;
    let mut positions = BTreeSet::new();
    // Where the shortest of the truncated lists ends: beyond this position the lists together are incomplete.
    let mut broken_off: Option<u64> = None;
    let mut take = |list: Vec<u64>| {
        if list.len() == limit {
            broken_off = broken_off.into_iter().chain(list.last().copied()).min();
        }
        positions.extend(list);
    };
    let mut select = mail.prepare_cached(
        "SELECT position FROM mail WHERE scope = ?1 AND position > ?2 AND position < ?3 AND position <= ?4 \
         ORDER BY position LIMIT ?5",
    )?;
    for membership in registry.memberships(office) {
        let from = after.max(membership.from.saturating_sub(1)) as i64;
        let until = membership.until.map_or(i64::MAX, |until| until as i64);
        let key = membership.scope.key();
        let rows = select
            .query_map(params![key, from, until, upto as i64, limit as i64], |row| row.get::<_, i64>(0))?;
        take(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?);
    }
    let mut of_its_own = if own {
        journal.own_positions(office, after, limit)?
    } else if planted("mail.given-back-left-out") {
        Vec::new()
    } else {
        journal.given_back_positions(office, after, limit)?
    };
    of_its_own.retain(|position| *position <= upto);
    take(of_its_own);
    let whole = broken_off.unwrap_or(upto);
    let (mut entries, mut arrivals) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut last = after;
    let mut full = false;
    for &position in positions.range(..=whole) {
        full = entries.len() >= most.entries || bytes >= most.bytes;
        if full {
            break;
        }
        let Some(stored) = journal.at_position(position)? else {
            return Err(JournalError::Damaged(position, "missing"));
        };
        if stored.entry.header.ledger != office || own || stored.given_back() {
            full = bytes + stored.entry.content.len() > most.bytes && !entries.is_empty();
            if full {
                break;
            }
            bytes += stored.entry.content.len();
            arrivals.push(stored.arrived.unwrap_or(0));
            entries.push((position, stored.entry));
        }
        last = position;
    }
    let mark = if full && !planted("mail.mark-past-end") { last } else { whole.max(after) };
    let mark = journal.mark_at(mark)?.ok_or(JournalError::Damaged(mark, "mark"))?;
    Ok(MailBatch { entries, arrivals, mark, end: !full && broken_off.is_none(), round: None })
}

/// The position up to which an index has followed the journal; none: it is one of another version.
pub fn upto(conn: &Connection) -> rusqlite::Result<Option<u64>> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA {
        return Ok(None);
    }
    let upto: i64 = conn.query_row("SELECT position FROM upto", [], |row| row.get(0))?;
    Ok(Some(upto as u64))
}

/// Opens a read-only connection to the index.
pub fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = reading::open(path)?;
    plan_once(&conn)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_node::store::journal::Journal;
    use truc_proto::entry::{Channel, Header, SALT};
    use truc_proto::id::{Hash, Incarnation, Link, RecordId, Seat};
    use truc_proto::time::Hlc;
    use truc_proto::wire::registry_move::Move as Word;
    use truc_proto::wire::{Confidentiality, OfficeFact, RegistryMove};
    use uuid::Uuid;

    use super::*;

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
    const PROVINCE: OfficeId = OfficeId(Uuid::from_u128(2));

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[1; 32])
    }

    /// The entry after `before` of a ledger, to everybody.
    fn entry(ledger: OfficeId, before: Option<Link>, urgency: Urgency) -> Entry {
        let header = Header {
            ledger,
            seat: Seat {
                incarnation: Incarnation::after(None, 1),
                seq: before.map_or(0, |before| before.seat.seq) + 1,
            },
            base: None,
            time: Hlc(1),
            seen: None,
            author: "test".into(),
            record: RecordId(Uuid::from_u128(3)),
            kind: 99,
            mv: 0,
            audience: vec![Channel {
                scope: Scope::subtree(HUB),
                previous: before.map(|before| before.seat),
            }],
            urgency,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
        };
        let prev = before.map_or(Hash::ZERO, |before| before.hash);
        Entry::write(&header, &[], [0; SALT], prev, &key()).unwrap()
    }

    /// An index of what the hub's journal holds, folded in one go.
    fn index(journal: &Journal) -> (MailIndex, NewMail, Arc<Registry>) {
        let (told, mut notices) = mpsc::unbounded_channel();
        let mut index = MailIndex::from_connection(Connection::open_in_memory().unwrap(), 0, told).unwrap();
        let mut registry = Registry::new(HUB, key().verifying_key());
        let fact = OfficeFact {
            office: PROVINCE.to_wire(),
            since: "2025-07-01".into(),
            tier: "province".into(),
            parent: HUB.to_wire(),
            ..Default::default()
        };
        assert!(registry.apply(0, &RegistryMove { r#move: Some(Word::Office(fact)) }));
        for stored in journal.reads().after(0, 100).unwrap() {
            index.entry(&stored, None).unwrap();
        }
        index.commit(journal.end().position, &Arc::new(registry)).unwrap();
        let (notice, registry) = notices.try_recv().unwrap();
        (index, notice, registry)
    }

    fn write(journal: &mut Journal, ledger: OfficeId, urgency: Urgency) {
        let before = journal.reads().line(ledger).unwrap().map(|(link, _)| link);
        let entries = vec![entry(ledger, before, urgency)];
        assert_eq!(journal.group(|journal| journal.admit(entries, false, 0)).unwrap().new, 1);
    }

    #[test]
    fn an_ordinary_entry_is_not_announced_as_urgent_because_its_neighbour_is() {
        let mut journal = Journal::in_memory(HUB, true).unwrap();
        for urgency in [Urgency::Normal, Urgency::Urgent, Urgency::Normal, Urgency::Normal] {
            write(&mut journal, HUB, urgency);
        }
        let (_, notice, _) = index(&journal);
        let scope = Scope::subtree(HUB);
        assert_eq!(notice.scopes, [(scope, 4, false), (scope, 2, true)]);
    }

    #[test]
    fn mail_behind_much_of_ones_own_is_not_passed_over() {
        let mut journal = Journal::in_memory(HUB, true).unwrap();
        for ledger in [PROVINCE, PROVINCE, PROVINCE, PROVINCE, HUB, PROVINCE, HUB] {
            write(&mut journal, ledger, Urgency::Normal);
        }
        let (index, _, registry) = index(&journal);
        for entries in 1..10 {
            let most = BatchLimit { entries, ..BatchLimit::BATCH };
            let (mut found, mut after) = (Vec::new(), 0);
            loop {
                let reads = journal.reads();
                let piece = read(index.connection(), reads, &registry, PROVINCE, after, false, most).unwrap();
                found.extend(piece.entries.iter().map(|(position, _)| *position));
                after = piece.mark.position;
                if piece.end {
                    break;
                }
            }
            assert_eq!((found, after), (vec![5, 7], 7), "{entries} at once");
        }
    }

    /// Whatever the disk did to the rows, the index notices when it is opened, and begins anew.
    #[test]
    fn an_index_that_does_not_hold_what_was_written_is_made_anew() {
        let whole = tempfile::tempdir().unwrap();
        let journal = Journal::open(&whole.path().join("journal.db"), HUB, true).unwrap();
        drop(journal);
        let (told, _notices) = mpsc::unbounded_channel();
        let mut made = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
        for position in 1..=9 {
            made.conn.execute_batch("BEGIN").unwrap();
            made.row(&Scope::office(PROVINCE).key(), position).unwrap();
            made.row(&Scope::subtree(HUB).key(), position).unwrap();
            made.commit(position, &Arc::new(Registry::new(HUB, key().verifying_key()))).unwrap();
        }
        // What is given up leaves the proof as it was.
        made.conn.execute_batch("BEGIN").unwrap();
        made.row(&Scope::office(HUB).key(), 9).unwrap();
        made.give_up();
        drop(made);
        let mut sound = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
        assert_eq!((sound.upto(), sound.mended()), (9, None));
        drop(sound);
        let spoil =
            |sql: &str| Connection::open(whole.path().join(MAIL)).unwrap().execute_batch(sql).unwrap();
        for (sql, mended) in [
            ("DELETE FROM mail WHERE position = 4", true),
            ("UPDATE mail SET position = 12 WHERE position = 9", true),
            ("INSERT INTO mail VALUES (x'00', 1)", true),
            ("UPDATE upto SET position = 10", false),
            ("DELETE FROM upto", true),
        ] {
            let kept = std::fs::read(whole.path().join(MAIL)).unwrap();
            spoil(sql);
            let mut index = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
            assert_eq!((index.upto(), index.mended().is_some()), (0, mended), "{sql}");
            drop(index);
            guard::remove_database(&whole.path().join(MAIL)).unwrap();
            std::fs::write(whole.path().join(MAIL), kept).unwrap();
        }
        std::fs::write(whole.path().join(MAIL), b"no database at all, but some words").unwrap();
        let mut index = MailIndex::open(whole.path(), 9, told).unwrap();
        assert_eq!((index.upto(), index.mended().is_some()), (0, true));
    }
}
