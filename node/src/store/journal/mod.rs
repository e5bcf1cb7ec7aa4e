//! The journal: a store's durable list of all entries it holds. SQLite, one writer, commits in groups.
//!
//! All of this is synchronous code over one connection: the writer's thread runs it in production, the simulation runs
//! it on SQLite in memory.

mod admit;
mod append;
mod aside;
mod chain;
mod destroyed;
mod evidence;
mod file;
mod group;
mod guard;
mod heads;
mod place;
mod proof;
mod read;
mod receive;
mod seal;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::chain::{End, both};
use truc_proto::entry::{Entry, EntryError, Seen};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, Incarnation, Link, Mark, OfficeId, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::seal::SealError;
use truc_proto::time::Hlc;

pub use admit::{Admission, ConnectFacts, Giver, Offered};
pub use append::{Chance, Draft, Seal};
pub use aside::Aside;
pub use evidence::Missing;
pub use file::{Shut, open_own_reader, open_reader, plan_once};
pub use proof::JournalRow;
pub use read::{Reads, Stored};
pub use receive::{SessionWrites, node_facts};
pub use verify::{Signed, tail, verify};

use file::Source;
use group::Saved;

use crate::store::scour::Scour;

/// File name of the journal in a store's folder.
pub const JOURNAL: &str = "journal.db";

/// Version of the journal's schema, kept in `PRAGMA user_version`. A newer store is refused and left untouched.
pub const SCHEMA: i64 = 7;

/// The oldest version that this program can bring to [`SCHEMA`]. Stores of trial versions before it hold entries of a
/// format that nothing reads any more; they are refused and left untouched.
pub const OLDEST: i64 = 7;

/// The tables, by the schema version that brought them, from [`OLDEST`] on. Stores are compared with these declarations
/// when they are opened, so not even a comment within one may change.
const TABLES: [&str; (SCHEMA - OLDEST + 1) as usize] = [include_str!("schema.sql")];

/// SQLite before 3.51.3 can corrupt a WAL when two connections reset it at once.
const SQLITE_MIN: i32 = 3_051_003;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite failed; nothing may be acknowledged until the store was opened anew.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored entry does not decode, or does not have the hash of its row.
    #[error("entry at position {0} is damaged: {1}")]
    Damaged(u64, &'static str),
    /// Entries that were acknowledged are missing.
    #[error("the journal ends at {found}, and ended at {known} before")]
    Shorter {
        /// Position where it ended before.
        known: u64,
        /// Position where it ends.
        found: u64,
    },
    /// Somebody removed or replaced the file while it was open; what is written into it is lost when it is closed. Until
    /// it is back, or the program starts again, nothing is written.
    #[error("the journal's file is no longer in its folder")]
    Gone,
    /// A row beside the entries (tip, receipt, cursor) differs from what was written.
    #[error("the journal's state is damaged: {0}")]
    State(&'static str),
    /// The entry to be written breaks a rule of form.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The body to be written cannot be sealed.
    #[error("the body cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// The store belongs to another office.
    #[error("the store belongs to office {0}")]
    OtherOffice(OfficeId),
    /// The store was written by a newer program.
    #[error("the store has schema {0}, this program knows {SCHEMA}")]
    Newer(i64),
    /// The store was written by a trial version.
    #[error("the store has schema {0}, of a trial version; this program knows {OLDEST} to {SCHEMA}")]
    Older(i64),
    /// SQLite did not take a setting that the promises need.
    #[error("SQLite refuses the setting {0}")]
    Setting(&'static str),
}

/// Result of a journal.
pub type Result<T> = std::result::Result<T, JournalError>;

/// What the writer keeps in memory of a ledger.
#[derive(Clone, Debug)]
struct LedgerState {
    no: i64,
    /// Hub: the line and its position.
    line: Option<(Link, u64)>,
    dirty: bool,
    islands: bool,
    /// Entries kept as evidence.
    held: u64,
    /// The entry that came last, by which its successor is measured.
    newest: Option<End>,
}

/// The writing side of a journal. One per store.
#[derive(Debug)]
pub struct Journal {
    conn: Connection,
    /// None: the journal is in memory.
    source: Option<Source>,
    own: OfficeId,
    hub: bool,
    /// Position and running hash of the newest entry.
    end: Mark,
    /// The end at the last commit.
    durable: Mark,
    tip: Option<Link>,
    /// Never earlier than the time of the tip, nor than that of a tip before.
    tip_time: Hlc,
    /// Never less than what the author of the tip had seen.
    tip_seen: Option<Seen>,
    tip_dirty: bool,
    /// Opened by the first own entry after a start; not stored, so that no copy continues it.
    open: Option<Incarnation>,
    receipt: Option<Receipt>,
    ledgers: HashMap<OfficeId, LedgerState>,
    /// What was in memory when the write under way began; none: none is under way.
    saved: Option<Saved>,
    scour: Scour,
}

impl Journal {
    /// Opens or creates the journal of `own` in a file, and verifies its tail.
    pub fn open(path: &Path, own: OfficeId, hub: bool) -> Result<Self> {
        Shut::new(path, own, hub, None).open()
    }

    /// As [`Journal::open`], through the SQLite VFS of this name, for tests of failing disks.
    pub fn open_through(vfs: &str, path: &Path, own: OfficeId, hub: bool) -> Result<Self> {
        Shut::new(path, own, hub, Some(vfs)).open()
    }

    /// A journal in memory, for the simulation.
    pub fn in_memory(own: OfficeId, hub: bool) -> Result<Self> {
        Self::with(Connection::open_in_memory()?, own, hub, None)
    }

    /// Opens the journal that a connection holds, for the simulation's copies.
    pub fn from_connection(conn: Connection, own: OfficeId, hub: bool) -> Result<Self> {
        Self::with(conn, own, hub, None)
    }

    fn with(mut conn: Connection, own: OfficeId, hub: bool, mut source: Option<Source>) -> Result<Self> {
        if rusqlite::version_number() < SQLITE_MIN {
            return Err(JournalError::Setting("version"));
        }
        let version = known_version(&conn)?;
        if let Some(source) = &mut source {
            source.settings(&mut conn)?;
        }
        plan_once(&conn)?;
        conn.set_prepared_statement_cache_capacity(64);
        if version > 0 {
            owned(&conn, own)?;
        }
        if version < SCHEMA {
            conn.execute_batch("BEGIN IMMEDIATE")?;
            if version == 0 {
                conn.execute_batch(TABLES[0])?;
                conn.execute(
                    "INSERT INTO state (id, office, hub, resuming, credential, vetted) VALUES (1, ?1, ?2, 0, 0, 0)",
                    params![own.0.as_bytes(), hub],
                )?;
            }
            for tables in &TABLES[(version.max(OLDEST) + 1 - OLDEST) as usize..] {
                conn.execute_batch(tables)?;
            }
            seal::write(&conn)?;
            conn.pragma_update(None, "user_version", SCHEMA)?;
            conn.execute_batch("COMMIT")?;
        }
        let mut journal = Self {
            conn,
            source,
            own,
            hub,
            end: Mark::START,
            durable: Mark::START,
            tip: None,
            tip_time: Hlc::default(),
            tip_seen: None,
            tip_dirty: false,
            open: None,
            receipt: None,
            ledgers: HashMap::new(),
            saved: None,
            scour: Scour::Done,
        };
        journal.reload()?;
        tail(journal.reads())?;
        journal.scour = Scour::opened(journal.reads().destroyed_count()?);
        journal.scour.run(&journal.conn, JOURNAL);
        if let Some(source) = &mut journal.source {
            source.check_end(Reads::new(&journal.conn, own))?;
        }
        Ok(journal)
    }

    /// Closes the journal, to be opened anew: what a failed write left in memory is not trusted. None: it is in memory
    /// only.
    pub fn shut(self) -> Option<Shut> {
        let known = self.durable;
        self.source.map(|source| source.shut(self.own, self.hub, known))
    }

    /// Reads anew what is kept in memory, after a group was rolled back.
    fn reload(&mut self) -> Result<()> {
        self.ledgers.clear();
        self.saved = None;
        self.end = self.reads().end()?;
        self.durable = self.end;
        self.tip = self.reads().tip()?;
        self.receipt = self.reads().receipt()?;
        self.tip_dirty = false;
        self.open = self.tip.map(|tip| tip.seat.incarnation).filter(|_| planted("incarnation.kept"));
        (self.tip_time, self.tip_seen) = (Hlc::default(), None);
        if let Some(tip) = self.tip
            && let Some(stored) = self.reads().at(self.own, tip.seat)?
        {
            (self.tip_time, self.tip_seen) = (stored.entry.header.time, stored.entry.header.seen);
        }
        Ok(())
    }

    /// The office whose journal it is.
    pub fn own(&self) -> OfficeId {
        self.own
    }

    /// Reads over the same connection.
    pub fn reads(&self) -> Reads<'_> {
        Reads::new(&self.conn, self.own)
    }

    /// The connection, for tests and the simulation.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// Position and running hash of the newest entry.
    pub fn end(&self) -> Mark {
        self.end
    }

    /// The entry that the next own entry will continue.
    pub fn tip(&self) -> Option<Link> {
        self.tip
    }

    /// The newest receipt for an entry on the tip's chain.
    pub fn receipt(&self) -> Option<Receipt> {
        self.receipt
    }

    /// The open incarnation. With [`Journal::go_on_in`] it makes a copy of a running machine's memory.
    pub fn incarnation(&self) -> Option<Incarnation> {
        self.open
    }

    /// Continues an incarnation as a copied memory would. Only for the simulation of live snapshots.
    pub fn go_on_in(&mut self, open: Option<Incarnation>) {
        self.open = open;
    }

    /// Moves the tip to an entry that is here. Time and what was seen go on from it.
    fn move_tip(&mut self, tip: Option<Link>) -> Result<()> {
        if let Some(link) = tip
            && let Some(stored) = self.reads().at(self.own, link.seat)?
        {
            let header = stored.entry.header;
            self.tip_time = self.tip_time.max(header.time);
            self.tip_seen = both(self.tip_seen, header.seen);
        }
        self.tip = tip;
        self.tip_dirty = true;
        Ok(())
    }

    fn ledger(&mut self, office: OfficeId) -> Result<&mut LedgerState> {
        if !self.ledgers.contains_key(&office) {
            let state = self.load_ledger(office)?;
            self.ledgers.insert(office, state);
            if let Some(saved) = &mut self.saved {
                saved.ledgers.entry(office).or_insert(None);
            }
        } else if let Some(saved) = &mut self.saved
            && !saved.ledgers.contains_key(&office)
        {
            saved.ledgers.insert(office, self.ledgers.get(&office).cloned());
        }
        // Just inserted if it was missing.
        self.ledgers.get_mut(&office).ok_or(JournalError::State("ledger"))
    }

    fn load_ledger(&self, office: OfficeId) -> Result<LedgerState> {
        let row: Option<(i64, Option<i64>)> = self
            .conn
            .prepare_cached("SELECT no, line FROM ledger WHERE office = ?1")?
            .query_row([office.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((no, line)) = row else {
            self.conn
                .prepare_cached("INSERT INTO ledger (office) VALUES (?1)")?
                .execute([office.0.as_bytes()])?;
            let no = self.conn.last_insert_rowid();
            return Ok(LedgerState { no, line: None, dirty: false, islands: false, held: 0, newest: None });
        };
        let line = match line {
            Some(position) => {
                let position = position as u64;
                let link = self.reads().link_at(position)?;
                if self.reads().hash_at(office, link.seat)? != Some((link.hash, position)) {
                    return Err(JournalError::Damaged(position, "line"));
                }
                Some((link, position))
            }
            None => None,
        };
        let islands = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM island WHERE ledger = ?1)")?
            .query_row([no], |row| row.get(0))?;
        let held = self.reads().held(office)?;
        Ok(LedgerState { no, line, dirty: false, islands, held, newest: None })
    }

    /// Keeps an entry as evidence; `false`: it is kept already, or the ledger has used up [`limits::HELD_ENTRIES`].
    pub fn hold(&mut self, entry: &Entry) -> Result<bool> {
        self.keep_evidence(entry, false)
    }

    /// As [`Journal::hold`]; `forged`: the entry is said to be this office's own, and no key of the office signed it.
    fn keep_evidence(&mut self, entry: &Entry, forged: bool) -> Result<bool> {
        if planted("evidence.dropped") {
            return Ok(false);
        }
        let state = self.ledger(entry.header.ledger)?;
        let no = state.no;
        if state.held as usize >= limits::HELD_ENTRIES {
            return Ok(false);
        }
        let seat = entry.header.seat;
        let added = self
            .conn
            .prepare_cached(
                "INSERT INTO held (ledger, incarnation, seq, hash, prev, signature, content, forged) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                no,
                seat.incarnation.0 as i64,
                seat.seq as i64,
                entry.hash.0,
                entry.prev.0,
                entry.signature,
                &entry.content[..],
                forged,
            ])?;
        self.ledger(entry.header.ledger)?.held += added as u64;
        Ok(added > 0)
    }

    /// Notes that positions up to `upto` were checked, and those of them that were refused. Durable with the commit of
    /// its group.
    pub fn vetted(&mut self, upto: u64, refused: &[(u64, String)]) -> Result<()> {
        for (position, reason) in refused {
            self.conn
                .prepare_cached(
                    "INSERT INTO refused (position, reason) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![*position as i64, reason])?;
        }
        self.conn.prepare_cached("UPDATE state SET vetted = ?1")?.execute([upto as i64])?;
        self.free_places(refused)
    }

    /// Notes the credential number that enrolment gave this machine, and that the store may be behind.
    pub fn enrolled(&mut self, credential: u64) -> Result<()> {
        self.conn.execute("UPDATE state SET credential = ?1, resuming = 1", [credential as i64])?;
        Ok(())
    }
}

/// The version of the schema, 0 for an empty file; fails if this program cannot read it.
fn known_version(conn: &Connection) -> Result<i64> {
    match conn.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        version if version > SCHEMA => Err(JournalError::Newer(version)),
        version if version != 0 && version < OLDEST => Err(JournalError::Older(version)),
        version => Ok(version),
    }
}

/// Fails unless the journal is this office's.
fn owned(conn: &Connection, own: OfficeId) -> Result<()> {
    let owner: [u8; 16] = conn.query_row("SELECT office FROM state", [], |row| row.get(0))?;
    let owner = OfficeId(uuid::Uuid::from_bytes(owner));
    if owner == own { Ok(()) } else { Err(JournalError::OtherOffice(owner)) }
}

fn seat_of(incarnation: i64, seq: i64) -> Seat {
    Seat { incarnation: Incarnation(incarnation as u64), seq: seq as u64 }
}

fn hash_from(bytes: [u8; 32]) -> Hash {
    Hash(bytes)
}
