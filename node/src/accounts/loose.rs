//! Signing in while nothing can be written: the accounts are then a copy in memory. It holds who signs in and out; what
//! must last is refused. As soon as the disk takes writes again, the copy's sessions go into the file.

use std::path::Path;
use std::sync::MutexGuard;
use std::time::Instant;

use rusqlite::backup::Backup;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use truc_proto::limits;

use super::{ACCOUNTS, Accounts, Refused, connect, settings};
use crate::store::reading;
use crate::words::failure::{ExitCode, Failure};

/// Why the accounts are a copy in memory.
pub(super) struct Loose {
    /// What the disk said.
    why: Failure,
    /// When the file was last tried.
    tried: Instant,
}

impl Loose {
    /// Loose from now on.
    pub(super) fn new(why: Failure) -> Self {
        Self { why, tried: Instant::now() }
    }

    /// Lets the file be tried at once.
    #[cfg(test)]
    pub(super) fn tried_long_ago(&mut self) {
        self.tried -= limits::STORE_RETRY;
    }
}

/// An error that may be one of the disk.
pub(super) trait Failed {
    /// The failure, if it is one of the program and not of who signs in.
    fn failure(&self) -> Option<&Failure>;
}

impl Failed for Failure {
    fn failure(&self) -> Option<&Failure> {
        Some(self)
    }
}

impl Failed for Refused {
    fn failure(&self) -> Option<&Failure> {
        if let Self::Failure(failure) = self { Some(failure) } else { None }
    }
}

/// A copy in memory of the accounts in `dir`; with no account if there are none.
pub(super) fn copy(dir: &Path) -> Result<Connection, Failure> {
    let path = dir.join(ACCOUNTS);
    let mut memory = Connection::open_in_memory()?;
    if path.exists() {
        let disk = reading::open(&path)?;
        Backup::new(&disk, &mut memory)?.run_to_completion(1_000, std::time::Duration::ZERO, None)?;
    }
    settings(&memory)?;
    Ok(memory)
}

impl Accounts {
    /// Runs work that lasts no longer than a session. If the disk does not take it, it is run once more on a copy in
    /// memory.
    pub(super) fn signing<T, E: From<Failure> + Failed>(
        &self,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        self.tighten();
        let was = self.loose().is_some();
        let done = work();
        match done.as_ref().err().and_then(Failed::failure) {
            Some(why) if why.exit == ExitCode::CannotWrite && !was => self.loosen(why)?,
            _ => return done,
        }
        work()
    }

    /// Puts a copy in memory in the file's place.
    fn loosen(&self, why: &Failure) -> Result<(), Failure> {
        let mut loose = self.loose();
        if loose.is_none() {
            tracing::warn!(%why, "accounts cannot be written: who signs in is kept in memory");
            let memory = copy(&self.0.dir)?;
            *self.conn() = memory;
            *loose = Some(Loose::new(why.clone()));
        }
        Ok(())
    }

    /// The connection for what must last. Fails while the accounts are a copy in memory.
    pub(super) fn lasting(&self) -> Result<MutexGuard<'_, Connection>, Failure> {
        self.tighten();
        match &*self.loose() {
            Some(loose) => Err(loose.why.clone()),
            None => Ok(self.conn()),
        }
    }

    /// Goes back to the file if it can be written again.
    fn tighten(&self) {
        match &mut *self.loose() {
            Some(loose) if loose.tried.elapsed() >= limits::STORE_RETRY => loose.tried = Instant::now(),
            _ => return,
        }
        let Ok(mut disk) = connect(&self.0.dir) else { return };
        let mut conn = self.conn();
        let carried = disk
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| carry(&conn, &tx).and_then(|()| tx.commit()));
        match carried {
            Ok(()) => {
                *conn = disk;
                drop(conn);
                *self.loose() = None;
                tracing::info!("accounts are written again");
            }
            Err(error) => tracing::debug!(%error, "accounts cannot be written yet"),
        }
    }
}

/// Brings what signing in and out has changed from the copy into the file.
fn carry(memory: &Connection, disk: &Transaction<'_>) -> rusqlite::Result<()> {
    disk.execute("DELETE FROM session", [])?;
    each(memory, "SELECT token, account, since, touched, source, flash, watch FROM session", 7, |row| {
        disk.execute("INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", row).map(|_| ())
    })?;
    disk.execute("DELETE FROM recovery", [])?;
    each(memory, "SELECT account, code FROM recovery", 2, |row| {
        disk.execute("INSERT INTO recovery VALUES (?1, ?2)", row).map(|_| ())
    })?;
    each(memory, "SELECT name, totp_step, last_login, reset_by, reset_at FROM account", 5, |row| {
        let to = "UPDATE account SET totp_step = ?2, last_login = ?3, reset_by = ?4, reset_at = ?5 WHERE name = ?1";
        disk.execute(to, row).map(|_| ())
    })?;
    each(memory, "SELECT id, counter, used FROM passkey", 3, |row| {
        disk.execute("UPDATE passkey SET counter = ?2, used = ?3 WHERE id = ?1", row).map(|_| ())
    })?;
    let last: i64 = disk.query_row("SELECT coalesce(max(id), 0) FROM note", params![], |row| row.get(0))?;
    each(memory, &format!("SELECT id, at, who, what, about, source FROM note WHERE id > {last}"), 6, |row| {
        disk.execute("INSERT INTO note VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row).map(|_| ())
    })
}

/// Calls `take` with the values of each row.
fn each(
    conn: &Connection,
    sql: &str,
    columns: usize,
    take: impl Fn(rusqlite::ParamsFromIter<Vec<rusqlite::types::Value>>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(sql)?;
    let values =
        |row: &Row<'_>| (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<_>>>();
    for row in statement.query_map([], values)? {
        take(rusqlite::params_from_iter(row?))?;
    }
    Ok(())
}
