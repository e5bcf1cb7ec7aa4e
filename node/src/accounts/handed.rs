//! How much each account has handed in and not sent yet: nobody fills the disk for all.

use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use rusqlite::params;
use truc_proto::limits;
use uuid::Uuid;

use super::{Accounts, commit};
use crate::words::failure::{ExitCode, Failure};

/// A file that is being handed in. What has come of it counts from the moment it comes, with what others bring for the same
/// account; dropped before it is kept, it counts nothing.
#[derive(Debug)]
pub struct Coming {
    accounts: Accounts,
    account: String,
    /// Bytes that came, and those that were set aside for them.
    bytes: u64,
    reserved: u64,
}

impl Coming {
    /// So many bytes more come. Fails if that is more than the account may hand in.
    pub fn more(&mut self, bytes: u64) -> Result<(), Failure> {
        let needed = self.bytes.saturating_add(bytes);
        if needed > self.reserved {
            let mut all = self.accounts.all_coming();
            let coming = all.entry(self.account.clone()).or_default();
            let room = self.accounts.room(&self.account, *coming)?;
            let step = (needed - self.reserved).max(limits::UPLOAD_STEP).min(room);
            if self.reserved + step < needed {
                return Err(too_much());
            }
            *coming += step;
            self.reserved += step;
        }
        self.bytes = needed;
        Ok(())
    }

    /// It is here, under this id.
    pub fn keep(self, id: Uuid) -> Result<(), Failure> {
        let insert = "INSERT OR REPLACE INTO upload (id, owner, bytes) VALUES (?1, ?2, ?3)";
        let row = params![id.as_bytes(), self.account, self.bytes as i64];
        self.accounts.lasting()?.execute(insert, row)?;
        Ok(())
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        let mut all = self.accounts.all_coming();
        if let Some(coming) = all.get_mut(&self.account) {
            *coming = coming.saturating_sub(self.reserved);
            if *coming == 0 {
                all.remove(&self.account);
            }
        }
    }
}

impl Accounts {
    /// Begins to take in a file of an account.
    pub fn coming(&self, account: &str) -> Coming {
        Coming { accounts: self.clone(), account: account.to_owned(), bytes: 0, reserved: 0 }
    }

    fn all_coming(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.0.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that an account may still hand in, beside those that are coming.
    fn room(&self, account: &str, coming: u64) -> Result<u64, Failure> {
        let query = "SELECT coalesce(sum(bytes), 0) FROM upload WHERE owner = ?1";
        let used: i64 = self.conn().prepare_cached(query)?.query_row([account], |row| row.get(0))?;
        Ok(limits::UPLOADS_OF_ACCOUNT.saturating_sub(used as u64).saturating_sub(coming))
    }

    /// Forgets files that are no longer handed in: all but `kept`.
    pub fn forget_files_but(&self, kept: &HashSet<Uuid>) -> Result<(), Failure> {
        self.forget(|id| !kept.contains(&id))
    }

    /// Forgets files that were sent or are not wanted.
    pub fn forget_files(&self, gone: &HashSet<Uuid>) -> Result<(), Failure> {
        self.forget(|id| gone.contains(&id))
    }

    fn forget(&self, is_gone: impl Fn(Uuid) -> bool) -> Result<(), Failure> {
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        let known: Vec<[u8; 16]> = {
            let mut statement = tx.prepare_cached("SELECT id FROM upload")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for id in known.into_iter().filter(|id| is_gone(Uuid::from_bytes(*id))) {
            tx.execute("DELETE FROM upload WHERE id = ?1", [id])?;
        }
        commit(tx)
    }
}

/// The failure for a file that is more than an account may hand in.
fn too_much() -> Failure {
    Failure::new(ExitCode::Input, "upload-too-much")
        .with("limit", limits::UPLOADS_OF_ACCOUNT / (1024 * 1024 * 1024))
}
