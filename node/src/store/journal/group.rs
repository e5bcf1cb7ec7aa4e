//! Groups: writes that become durable together, by one fsync.

use std::collections::HashMap;

use rusqlite::params;
use truc_proto::entry::Seen;
use truc_proto::id::{Incarnation, Link, Mark, OfficeId};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;

use super::file::Source;
use super::{JOURNAL, Journal, LedgerState, Reads, Result, seal};
use crate::fault;
use crate::store::health::Trouble;

/// What the writer had in memory when a write of a group began.
#[derive(Debug)]
pub(super) struct Saved {
    end: Mark,
    tip: Option<Link>,
    tip_time: Hlc,
    tip_seen: Option<Seen>,
    tip_dirty: bool,
    open: Option<Incarnation>,
    receipt: Option<Receipt>,
    /// The ledgers that the write touched, as they were; none: not in memory.
    pub(super) ledgers: HashMap<OfficeId, Option<LedgerState>>,
}

impl Journal {
    /// Begins a group of writes.
    pub fn begin(&mut self) -> Result<()> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    /// Makes the group durable by one fsync. Nothing may be acknowledged before.
    pub fn commit(&mut self) -> Result<()> {
        self.flush()?;
        if let Some(source) = &self.source {
            source.is_there()?;
        }
        fault::point("journal.commit.before");
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        fault::point("journal.commit.after");
        // Durable with all the rest; a savepoint within the group is over.
        self.saved = None;
        self.durable = self.end;
        if let Some(source) = &mut self.source {
            source.reached(self.durable);
        }
        self.scour.run(&self.conn, JOURNAL);
        Ok(())
    }

    /// Commits a group that changes only a counter, to try whether the disk takes writes.
    pub fn probe(&mut self) -> Result<()> {
        self.group(|journal| {
            journal.conn.execute("UPDATE seal SET probes = probes + 1", [])?;
            Ok(())
        })
    }

    /// Makes a checkpoint if the WAL has grown long. Nobody waits for it.
    pub fn checkpoint_if_due(&mut self) -> Result<()> {
        if self.source.as_ref().is_some_and(Source::checkpoint_due) {
            fault::point("journal.checkpoint.before");
            self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            fault::point("journal.checkpoint.after");
        }
        Ok(())
    }

    /// Moves the whole WAL into the file, so that a copy of a stopped store's file is complete.
    pub fn checkpoint(&mut self) -> Result<()> {
        fault::point("journal.checkpoint.before");
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        fault::point("journal.checkpoint.after");
        Ok(())
    }

    /// Rolls the group back.
    pub fn rollback(&mut self) -> Result<()> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.open = None;
        self.reload()
    }

    /// Runs one write of the group under way. If it fails by its own fault (a paper that is too large), nothing of it
    /// stays, and the group goes on without it: its neighbours are other people's. Where the disk failed the whole group
    /// is lost; the outer error says so.
    pub fn one<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<Result<T>> {
        self.conn.prepare_cached("SAVEPOINT one")?.execute([])?;
        self.saved = Some(Saved {
            end: self.end,
            tip: self.tip,
            tip_time: self.tip_time,
            tip_seen: self.tip_seen,
            tip_dirty: self.tip_dirty,
            open: self.open,
            receipt: self.receipt,
            ledgers: HashMap::new(),
        });
        let outcome = work(self);
        // None: the work has committed the group itself, as a planted fault does.
        let Some(saved) = self.saved.take() else { return Ok(outcome) };
        match outcome {
            Ok(value) => {
                self.conn.prepare_cached("RELEASE one")?.execute([])?;
                Ok(Ok(value))
            }
            Err(error) if Trouble::of(&error).is_some() => Err(error),
            Err(error) => {
                self.conn.execute_batch("ROLLBACK TO one; RELEASE one")?;
                self.undo(saved);
                Ok(Err(error))
            }
        }
    }

    fn undo(&mut self, saved: Saved) {
        let Saved { end, tip, tip_time, tip_seen, tip_dirty, open, receipt, ledgers } = saved;
        (self.end, self.tip, self.tip_dirty) = (end, tip, tip_dirty);
        (self.tip_time, self.tip_seen) = (tip_time, tip_seen);
        (self.open, self.receipt) = (open, receipt);
        for (office, state) in ledgers {
            match state {
                Some(state) => self.ledgers.insert(office, state),
                None => self.ledgers.remove(&office),
            };
        }
    }

    /// Runs work as a group of its own.
    pub fn group<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.begin()?;
        match work(self).and_then(|value| self.commit().map(|()| value)) {
            Ok(value) => {
                // Not part of the group, which is durable already.
                if let Err(error) = self.checkpoint_if_due() {
                    tracing::warn!(%error, "the journal's log was not folded into its file");
                }
                Ok(value)
            }
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }

    /// Reads within a group what the writes before it in the group have left.
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
        seal::write(&self.conn)?;
        let mut update = self.conn.prepare_cached("UPDATE ledger SET line = ?2 WHERE no = ?1")?;
        for state in self.ledgers.values_mut().filter(|state| state.dirty) {
            update.execute(params![state.no, state.line.map(|(_, position)| position as i64)])?;
            state.dirty = false;
        }
        Ok(())
    }
}
