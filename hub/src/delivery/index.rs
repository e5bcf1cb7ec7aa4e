//! The mail index: which entries are for which office, by scope. It follows the hub's journal, may be deleted at any
//! time, and is then built again from the journal.
//!
//! It has one row for each scope in an entry's audience. Which office gets the entry is decided when mail is read
//! ([`super::mail`]), from the scopes that the registry says the office belonged to at the entry's position.

use std::collections::{BTreeMap, HashMap};
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
use truc_proto::audience::Scope;
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::session::HubEvent;
use truc_proto::wire::Urgency;

/// Name of the index file in the hub's folder.
pub const MAIL: &str = "mail.db";
const SCHEMA: i64 = 4;

/// What became deliverable with one commit of the index.
#[derive(Clone, Debug, Default)]
pub struct NewMail {
    /// Scopes with new mail, each with a position and whether it is urgent. Ordinary entries of a scope share one item
    /// with the newest position; each urgent entry has an item of its own.
    pub scopes: Vec<(Scope, u64, bool)>,
    /// Entries that nodes gave back: the office that wrote the entry (and may lack it), and the position.
    pub given_back: Vec<(OfficeId, u64)>,
    /// Entries that the rules forbid, with their authors and positions; the hub must write that they were refused.
    pub refused: Vec<(OfficeId, u64)>,
}

impl NewMail {
    /// How many refused entries of each office stand after a position. An index that is made anew tells all again.
    pub fn refused_after(&self, position: u64) -> BTreeMap<OfficeId, u64> {
        let mut each = BTreeMap::new();
        for (office, _) in self.refused.iter().filter(|(_, at)| *at > position) {
            *each.entry(*office).or_default() += 1;
        }
        each
    }

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
    edition: u64,
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
    fn add(&mut self, scope: &[u8], position: u64, urgency: i32) {
        // FNV-1a, then mixed: it guards against accidents, and whoever may write the file may write the proof.
        let bytes = scope.iter().copied().chain(position.to_le_bytes()).chain(urgency.to_le_bytes());
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
            edition: 0,
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
        let (upto, edition, rows, sum): (i64, i64, i64, i64) =
            self.conn.query_row("SELECT position, edition, rows, sum FROM upto", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        (self.upto, self.edition) = (upto as u64, edition as u64);
        self.kept = Proof { rows: rows as u64, sum: sum as u64 };
        self.proof = self.kept;
        Ok(())
    }

    /// What the rows add up to: the whole file is read, some ten million rows a few seconds.
    fn counted(&self) -> rusqlite::Result<Proof> {
        let mut found = Proof::default();
        let mut rows = self.conn.prepare("SELECT scope, position, urgency FROM mail")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let scope = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            found.add(scope, row.get::<_, i64>(1)? as u64, row.get(2)?);
        }
        Ok(found)
    }

    /// Empties the index and makes its tables.
    fn empty(&mut self, edition: u64) -> rusqlite::Result<()> {
        self.conn.execute_batch(&format!(
            "BEGIN;
             DROP TABLE IF EXISTS mail;
             DROP TABLE IF EXISTS upto;
             -- scope: office UUID and one byte: 0 the office, 1 its subtree; urgency: of the entry
             CREATE TABLE mail (scope BLOB NOT NULL, position INTEGER NOT NULL, urgency INTEGER NOT NULL,
               PRIMARY KEY (scope, position)) STRICT, WITHOUT ROWID;
             CREATE INDEX mail_urgent ON mail (scope, position, urgency) WHERE urgency > 0;
             -- rows, sum: what the rows of mail add up to
             CREATE TABLE upto (position INTEGER NOT NULL, edition INTEGER NOT NULL, rows INTEGER NOT NULL,
               sum INTEGER NOT NULL) STRICT;
             INSERT INTO upto VALUES (0, {edition}, 0, 0);
             PRAGMA user_version = {SCHEMA};
             COMMIT;"
        ))?;
        (self.upto, self.edition) = (0, edition);
        (self.proof, self.kept) = (Proof::default(), Proof::default());
        Ok(())
    }

    /// The connection, for the simulation: no second connection can reach an index in memory.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    pub(super) fn row(&mut self, key: &[u8; 17], position: u64, urgency: Urgency) -> rusqlite::Result<()> {
        let urgency = urgency as i32;
        let added = self
            .conn
            .prepare_cached("INSERT OR IGNORE INTO mail (scope, position, urgency) VALUES (?1, ?2, ?3)")?
            .execute(params![key, position as i64, urgency])?;
        if added > 0 {
            self.proof.add(key, position, urgency);
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

    fn edition(&self) -> u64 {
        self.edition
    }

    fn begin_anew(&mut self, edition: u64) -> Result<(), FollowError> {
        self.give_up();
        Ok(self.empty(edition)?)
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
            self.notice.refused.push((header.ledger, stored.position));
        } else {
            let urgent = header.urgency != Urgency::Normal;
            for channel in &header.audience {
                let subtree = channel.scope.subtree || planted("mail.below-too");
                self.row(&Scope { subtree, ..channel.scope }.key(), stored.position, header.urgency)?;
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

/// The position up to which an index has followed the journal; none: it is one of another version.
pub fn upto(conn: &Connection) -> rusqlite::Result<Option<u64>> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA {
        return Ok(None);
    }
    let upto: i64 = conn.query_row("SELECT position FROM upto", [], |row| row.get(0))?;
    Ok(Some(upto as u64))
}
