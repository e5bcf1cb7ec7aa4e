//! How much each account has handed in and not sent yet: nobody fills the disk for all.

use std::collections::HashSet;

use rusqlite::params;
use truc_proto::limits;
use uuid::Uuid;

use super::{Accounts, commit};
use crate::words::failure::{ExitCode, Failure};

impl Accounts {
    /// Bytes that an account may still hand in.
    pub fn room_for_files(&self, account: &str) -> Result<u64, Failure> {
        let query = "SELECT coalesce(sum(bytes), 0) FROM upload WHERE owner = ?1";
        let used: i64 = self.conn().prepare_cached(query)?.query_row([account], |row| row.get(0))?;
        Ok(limits::UPLOADS_OF_ACCOUNT.saturating_sub(used as u64))
    }

    /// Notes that an account has handed in a file. Fails if that is more than it may.
    pub fn handed_in(&self, account: &str, id: Uuid, bytes: u64) -> Result<(), Failure> {
        if bytes > self.room_for_files(account)? {
            return Err(too_much());
        }
        let insert = "INSERT OR REPLACE INTO upload (id, owner, bytes) VALUES (?1, ?2, ?3)";
        self.lasting()?.execute(insert, params![id.as_bytes(), account, bytes as i64])?;
        Ok(())
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
pub fn too_much() -> Failure {
    Failure::new(ExitCode::Input, "upload-too-much")
        .with("limit", limits::UPLOADS_OF_ACCOUNT / (1024 * 1024 * 1024))
}
