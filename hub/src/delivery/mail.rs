//! Mail: which entries are for which office. An index over the hub's journal, by scope; it may be deleted at any time
//! and is then built again from the journal.
//!
//! The index has one row for each scope in an entry's audience. Which office gets the entry is decided when mail is
//! read, from the scopes that the registry says the office belonged to at the entry's position.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::mpsc;
use truc_node::derive::pump::Follower;
use truc_node::fault;
use truc_node::store::journal::{JournalError, Reads, Stored, plan_once};
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
const SCHEMA: i64 = 1;

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

/// The index as its writer sees it. The pump feeds it entries after their check.
pub struct MailIndex {
    conn: Connection,
    upto: u64,
    notice: NewMail,
    /// Where in the notice each scope's ordinary item is.
    announced: HashMap<Scope, usize>,
    /// The registry that went out with the last notice.
    registry: Option<Arc<Registry>>,
    told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
}

impl MailIndex {
    /// Opens the index in a store's folder; empties one of another schema version, or one that is ahead of the journal.
    pub fn open(
        dir: &Path,
        journal_end: u64,
        told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    ) -> rusqlite::Result<Self> {
        let conn = Connection::open(dir.join(MAIL))?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "OFF")?;
        Self::from_connection(conn, journal_end, told)
    }

    /// Opens the index on a connection. `open` uses it, and so does the simulation, which keeps the index in memory.
    pub fn from_connection(
        conn: Connection,
        journal_end: u64,
        told: mpsc::UnboundedSender<(NewMail, Arc<Registry>)>,
    ) -> rusqlite::Result<Self> {
        plan_once(&conn)?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let upto: Option<i64> = if version == SCHEMA {
            conn.query_row("SELECT position FROM upto", [], |row| row.get(0)).optional()?
        } else {
            None
        };
        let usable = upto.map(|upto| upto as u64).filter(|upto| *upto <= journal_end);
        if usable.is_none() {
            begin_anew(&conn)?;
        }
        Ok(Self {
            conn,
            upto: usable.unwrap_or(0),
            notice: NewMail::default(),
            announced: HashMap::new(),
            registry: None,
            told,
        })
    }

    /// The connection, for the simulation: no second connection can reach an index in memory.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    fn row(&self, key: &[u8; 17], position: u64) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO mail (scope, position) VALUES (?1, ?2)")?
            .execute(params![key, position as i64])?;
        Ok(())
    }
}

/// Empties the index and makes its tables.
fn begin_anew(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "BEGIN;
         DROP TABLE IF EXISTS mail;
         DROP TABLE IF EXISTS upto;
         -- scope: office UUID and one byte: 0 the office, 1 its subtree
         CREATE TABLE mail (scope BLOB NOT NULL, position INTEGER NOT NULL,
           PRIMARY KEY (scope, position)) STRICT, WITHOUT ROWID;
         CREATE TABLE upto (position INTEGER NOT NULL) STRICT;
         INSERT INTO upto VALUES (0);
         PRAGMA user_version = {SCHEMA};
         COMMIT;"
    ))
}

impl Follower for MailIndex {
    fn upto(&self) -> u64 {
        self.upto
    }

    fn begin_anew(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.notice = NewMail::default();
        self.announced.clear();
        begin_anew(&self.conn)?;
        self.upto = 0;
        Ok(())
    }

    fn entry(
        &mut self,
        stored: &Stored,
        refused: Option<Refusal>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        // SQLite is asked for an open transaction: a full disk may have rolled it back, and then its entries come
        // again.
        if self.conn.is_autocommit() {
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

    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.conn.is_autocommit() {
            self.conn.prepare_cached("UPDATE upto SET position = ?1")?.execute([upto as i64])?;
            fault::point("mail.commit.before");
            self.conn.execute_batch("COMMIT")?;
            fault::point("mail.commit.after");
            self.upto = upto;
        } else if self.registry.as_ref().is_some_and(|told| Arc::ptr_eq(told, registry)) {
            return Ok(());
        }
        self.registry = Some(Arc::clone(registry));
        // The receiver is gone only while the hub stops; nobody needs the notice then.
        self.announced.clear();
        let _ = self.told.send((std::mem::take(&mut self.notice), Arc::clone(registry)));
        Ok(())
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

/// Opens a read-only connection to the index.
pub fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
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
}
