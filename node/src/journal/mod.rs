//! The journal: a store's durable list of all entries it holds. SQLite, one writer, commits in groups.
//!
//! Everything here is plain synchronous code over one connection: the writer thread runs it in
//! production, the simulation runs it on SQLite in memory.

mod admit;
mod append;
mod aside;
mod chain;
mod evidence;
mod read;
mod receive;

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use truc_proto::entry::{Entry, EntryError, running_hash};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, Incarnation, Link, Mark, OfficeId, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;

use crate::fault;

pub use admit::{Admission, ConnectFacts, Offered};
pub use append::Draft;
pub use aside::Aside;
pub use evidence::Missing;
pub use read::{Reads, Stored};
pub use receive::{SessionWrites, node_facts};

/// Version of the journal's schema, in `PRAGMA user_version`. A newer store is refused, untouched.
pub const SCHEMA: i64 = 3;

/// SQLite before 3.51.3 can corrupt a WAL when two connections reset it at once.
const SQLITE_MIN: i32 = 3_051_003;

/// What can go wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite failed; after this nothing may be acknowledged until the store was opened anew.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored entry does not decode or does not hash to what its row says.
    #[error("entry at position {0} is damaged: {1}")]
    Damaged(u64, &'static str),
    /// The entry to be written breaks a rule of form.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The store belongs to another office.
    #[error("the store belongs to office {0}")]
    OtherOffice(OfficeId),
    /// The store was written by a newer program.
    #[error("the store has schema {0}, this program knows {SCHEMA}")]
    Newer(i64),
    /// SQLite did not take a setting that the promises rest on.
    #[error("SQLite refuses the setting {0}")]
    Setting(&'static str),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, JournalError>;

/// A ledger as the writer knows it.
#[derive(Clone, Debug)]
struct LedgerState {
    no: i64,
    /// Hub: the line with its position.
    line: Option<(Link, u64)>,
    dirty: bool,
    islands: bool,
}

/// The writing side of a journal. One per store.
#[derive(Debug)]
pub struct Journal {
    conn: Connection,
    own: OfficeId,
    hub: bool,
    /// Position and running hash of the newest entry.
    end: Mark,
    tip: Option<Link>,
    tip_time: Hlc,
    tip_dirty: bool,
    /// Opened by the first own entry after a start; not stored, so that no copy can go on in it.
    open: Option<Incarnation>,
    receipt: Option<Receipt>,
    ledgers: HashMap<OfficeId, LedgerState>,
}

impl Journal {
    /// Opens or creates the journal of `own` in a file.
    pub fn open(path: &Path, own: OfficeId, hub: bool) -> Result<Self> {
        let conn = Connection::open(path)?;
        Self::with(conn, own, hub, true)
    }

    /// A journal in memory, for the simulation.
    pub fn in_memory(own: OfficeId, hub: bool) -> Result<Self> {
        Self::with(Connection::open_in_memory()?, own, hub, false)
    }

    /// Opens what a connection already holds, for the simulation's copies.
    pub fn from_connection(conn: Connection, own: OfficeId, hub: bool) -> Result<Self> {
        Self::with(conn, own, hub, false)
    }

    fn with(conn: Connection, own: OfficeId, hub: bool, durable: bool) -> Result<Self> {
        if rusqlite::version_number() < SQLITE_MIN {
            return Err(JournalError::Setting("version"));
        }
        let version = known_version(&conn)?;
        if durable {
            settings(&conn)?;
        }
        conn.set_prepared_statement_cache_capacity(64);
        if version > 0 {
            owned(&conn, own)?;
        }
        if version < SCHEMA {
            conn.execute_batch("BEGIN IMMEDIATE")?;
            if version == 0 {
                conn.execute_batch(include_str!("schema.sql"))?;
                conn.execute(
                    "INSERT INTO state (id, office, hub, resuming, credential, vetted) VALUES (1, ?1, ?2, 0, 0, 0)",
                    params![own.0.as_bytes(), hub],
                )?;
            }
            if version < 2 {
                conn.execute_batch(include_str!("arrival.sql"))?;
            }
            conn.execute_batch(include_str!("aside.sql"))?;
            conn.pragma_update(None, "user_version", SCHEMA)?;
            conn.execute_batch("COMMIT")?;
        }
        let mut journal = Self {
            conn,
            own,
            hub,
            end: Mark::START,
            tip: None,
            tip_time: Hlc::default(),
            tip_dirty: false,
            open: None,
            receipt: None,
            ledgers: HashMap::new(),
        };
        journal.reload()?;
        Ok(journal)
    }

    /// Reads back what is kept in memory. Needed after a rolled back group.
    fn reload(&mut self) -> Result<()> {
        self.ledgers.clear();
        self.end = self.reads().end()?;
        self.tip = self.reads().tip()?;
        self.receipt = self.reads().receipt()?;
        self.tip_dirty = false;
        self.open = self.tip.map(|tip| tip.seat.incarnation).filter(|_| planted("incarnation.kept"));
        self.tip_time = match self.tip {
            Some(tip) => {
                self.reads().at(self.own, tip.seat)?.map_or(Hlc::default(), |stored| stored.entry.header.time)
            }
            None => Hlc::default(),
        };
        Ok(())
    }

    /// Whose store.
    pub fn own(&self) -> OfficeId {
        self.own
    }

    /// The reading side over the same connection.
    pub fn reads(&self) -> Reads<'_> {
        Reads::new(&self.conn, self.own)
    }

    /// The connection, for copies (backup) and for the writer's checkpoints.
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

    /// The open incarnation: with [`Journal::go_on_in`], what a copy of a running machine's memory repeats.
    pub fn incarnation(&self) -> Option<Incarnation> {
        self.open
    }

    /// Goes on in an incarnation as a copied memory would. For the simulation of live snapshots only.
    pub fn go_on_in(&mut self, open: Option<Incarnation>) {
        self.open = open;
    }

    /// Begins a group of writes.
    pub fn begin(&mut self) -> Result<()> {
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        Ok(())
    }

    /// Makes the group durable: one fsync. Only after this may anything be acknowledged.
    pub fn commit(&mut self) -> Result<()> {
        self.flush()?;
        fault::point("journal.commit.before");
        self.conn.execute_batch("COMMIT")?;
        fault::point("journal.commit.after");
        Ok(())
    }

    /// Drops the group.
    pub fn rollback(&mut self) -> Result<()> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.open = None;
        self.reload()
    }

    /// One group of its own.
    pub fn group<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.begin()?;
        match work(self).and_then(|value| self.commit().map(|()| value)) {
            Ok(value) => Ok(value),
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }

    /// Reads in the midst of a group of writes what those before it in the group have left.
    pub fn in_turn<T>(&mut self, read: impl FnOnce(Reads<'_>) -> Result<T>) -> Result<T> {
        self.flush()?;
        read(self.reads())
    }

    fn flush(&mut self) -> Result<()> {
        if self.tip_dirty {
            let seat = self.tip.map(|tip| tip.seat);
            self.conn
                .prepare_cached("UPDATE state SET tip_incarnation = ?1, tip_seq = ?2, tip_hash = ?3")?
                .execute(params![
                seat.map(|seat| seat.incarnation.0 as i64),
                seat.map(|seat| seat.seq as i64),
                self.tip.map(|tip| tip.hash.0),
            ])?;
            self.tip_dirty = false;
        }
        let mut update = self.conn.prepare_cached("UPDATE ledger SET line = ?2 WHERE no = ?1")?;
        for state in self.ledgers.values_mut().filter(|state| state.dirty) {
            update.execute(params![state.no, state.line.map(|(_, position)| position as i64)])?;
            state.dirty = false;
        }
        Ok(())
    }

    fn set_tip(&mut self, tip: Option<Link>, time: Hlc) {
        self.tip = tip;
        self.tip_time = time;
        self.tip_dirty = true;
    }

    fn ledger(&mut self, office: OfficeId) -> Result<&mut LedgerState> {
        if !self.ledgers.contains_key(&office) {
            let state = self.load_ledger(office)?;
            self.ledgers.insert(office, state);
        }
        // Just inserted if it was missing.
        self.ledgers.get_mut(&office).ok_or(JournalError::Damaged(0, "ledger"))
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
            return Ok(LedgerState { no, line: None, dirty: false, islands: false });
        };
        let line = match line {
            Some(position) => Some((self.reads().link_at(position as u64)?, position as u64)),
            None => None,
        };
        let islands = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM island WHERE ledger = ?1)")?
            .query_row([no], |row| row.get(0))?;
        Ok(LedgerState { no, line, dirty: false, islands })
    }

    /// Adds a row. `false`: the place is taken.
    fn insert(&mut self, entry: &Entry, hub_position: Option<u64>) -> Result<bool> {
        let no = self.ledger(entry.header.ledger)?.no;
        let seat = entry.header.seat;
        let end =
            Mark { position: self.end.position + 1, running: running_hash(self.end.running, entry.hash) };
        let inserted = self
            .conn
            .prepare_cached(
                "INSERT INTO entry (position, ledger, incarnation, seq, hash, prev, signature, running, \
                 hub_position, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
                 ON CONFLICT (ledger, incarnation, seq) DO NOTHING",
            )?
            .execute(params![
                end.position as i64,
                no,
                seat.incarnation.0 as i64,
                seat.seq as i64,
                entry.hash.0,
                entry.prev.0,
                entry.signature,
                end.running.0,
                hub_position.map(|position| position as i64),
                &entry.content[..],
            ])?;
        if inserted == 0 {
            return Ok(false);
        }
        self.end = end;
        if seat.seq == 1 || entry.header.base.is_some() {
            let base = entry.header.base;
            self.conn
                .prepare_cached(
                    "INSERT INTO incarnation (ledger, incarnation, base_incarnation, base_seq) \
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    no,
                    seat.incarnation.0 as i64,
                    base.map(|base| base.incarnation.0 as i64),
                    base.map(|base| base.seq as i64),
                ])?;
        }
        if entry.header.ledger == self.own {
            for channel in &entry.header.audience {
                self.conn
                    .prepare_cached("INSERT INTO channel (scope, incarnation, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
                    .execute(params![channel.scope.key(), seat.incarnation.0 as i64, seat.seq as i64])?;
            }
        }
        Ok(true)
    }

    /// Keeps an entry as evidence. `false`: known, or the office has used up its room.
    pub fn hold(&mut self, entry: &Entry) -> Result<bool> {
        if planted("evidence.dropped") {
            return Ok(false);
        }
        let no = self.ledger(entry.header.ledger)?.no;
        let held: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM held WHERE ledger = ?1")?
            .query_row([no], |row| row.get(0))?;
        if held as usize >= truc_proto::limits::HELD_ENTRIES {
            return Ok(false);
        }
        let seat = entry.header.seat;
        let added = self
            .conn
            .prepare_cached(
                "INSERT INTO held (ledger, incarnation, seq, hash, prev, signature, content) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                no,
                seat.incarnation.0 as i64,
                seat.seq as i64,
                entry.hash.0,
                entry.prev.0,
                entry.signature,
                &entry.content[..],
            ])?;
        Ok(added > 0)
    }

    /// Notes that positions up to `upto` were checked, with those that were refused. Not durable by itself:
    /// it goes with the next commit, and checking again gives the same result.
    pub fn vetted(&mut self, upto: u64, refused: &[(u64, String)]) -> Result<()> {
        for (position, reason) in refused {
            self.conn
                .prepare_cached(
                    "INSERT INTO refused (position, reason) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![*position as i64, reason])?;
        }
        self.conn.prepare_cached("UPDATE state SET vetted = ?1")?.execute([upto as i64])?;
        Ok(())
    }

    /// Writes down the number of the credential that this machine was enrolled with, and that it may be behind.
    pub fn enrolled(&mut self, credential: u64) -> Result<()> {
        self.conn.execute("UPDATE state SET credential = ?1, resuming = 1", [credential as i64])?;
        Ok(())
    }
}

/// Makes the settings that the promises rest on, and reads each back.
fn settings(conn: &Connection) -> Result<()> {
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(JournalError::Setting("journal_mode = WAL"));
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; \
         PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000;",
    )?;
    let expected = [("synchronous", 2), ("cell_size_check", 1), ("trusted_schema", 0)];
    for (name, value) in expected {
        let found: i64 = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
        if found != value {
            return Err(JournalError::Setting(name));
        }
    }
    Ok(())
}

/// The version of the schema, none above what this program knows.
fn known_version(conn: &Connection) -> Result<i64> {
    let version = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > SCHEMA { Err(JournalError::Newer(version)) } else { Ok(version) }
}

/// Fails unless the journal is this office's.
fn owned(conn: &Connection, own: OfficeId) -> Result<()> {
    let owner: [u8; 16] = conn.query_row("SELECT office FROM state", [], |row| row.get(0))?;
    let owner = OfficeId(uuid::Uuid::from_bytes(owner));
    if owner == own { Ok(()) } else { Err(JournalError::OtherOffice(owner)) }
}

/// Opens a reading connection to the journal of this office; fails, as opening it to write does, if a newer
/// program or another office wrote it.
pub fn open_own_reader(path: &Path, own: OfficeId) -> Result<Connection> {
    let conn = open_reader(path)?;
    known_version(&conn)?;
    owned(&conn, own)?;
    Ok(conn)
}

/// Opens a reading connection to a journal's file; it sees what is committed.
pub fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2000;")?;
    Ok(conn)
}

fn seat_of(incarnation: i64, seq: i64) -> Seat {
    Seat { incarnation: Incarnation(incarnation as u64), seq: seq as u64 }
}

fn hash_from(bytes: [u8; 32]) -> Hash {
    Hash(bytes)
}
