//! Enrolment codes that the hub gave out. Local secrets: they lie beside the journal, not in it, and only
//! as hashes.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use truc_node::fault;
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use uuid::Uuid;

/// File name.
pub const CODES: &str = "codes.db";
/// Used and expired codes are remembered so long, seconds: people hear what is wrong with theirs.
const REMEMBERED: u64 = 90 * 24 * 3600;

/// The file of codes failed.
#[derive(Debug, thiserror::Error)]
#[error("enrolment codes: {0}")]
pub struct CodesError(#[from] pub rusqlite::Error);

/// A code as kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Whom it enrols.
    pub office: OfficeId,
    /// Unix seconds.
    pub expires: u64,
    /// The ledger key that enrolled with it.
    pub used_by: Option<[u8; 32]>,
}

/// The codes of a hub.
#[derive(Debug)]
pub struct Codes(Mutex<Connection>);

impl Codes {
    /// Opens or creates them in a store's folder.
    pub fn open(dir: &Path) -> Result<Self, CodesError> {
        let conn = Connection::open(dir.join(CODES))?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS code (
               secret  BLOB PRIMARY KEY,  -- hash of the secret
               office  BLOB NOT NULL,     -- UUID
               expires INTEGER NOT NULL,  -- Unix seconds
               used_by BLOB               -- ledger key, 32 bytes
             ) STRICT, WITHOUT ROWID",
        )?;
        Ok(Self(Mutex::new(conn)))
    }

    fn conn(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a new code. An office's older codes that nobody used are worth nothing from now on.
    pub fn add(&self, secret: Hash, office: OfficeId, expires: u64, now: u64) -> Result<(), CodesError> {
        let mut conn = self.conn();
        let tx = conn.transaction()?;
        tx.execute("DELETE FROM code WHERE expires < ?1", [now.saturating_sub(REMEMBERED) as i64])?;
        tx.execute(
            "UPDATE code SET expires = min(expires, ?2) WHERE office = ?1 AND used_by IS NULL",
            params![office.0.as_bytes(), now as i64],
        )?;
        tx.execute(
            "INSERT INTO code (secret, office, expires) VALUES (?1, ?2, ?3)",
            params![secret.0, office.0.as_bytes(), expires as i64],
        )?;
        fault::point("codes.add.before");
        tx.commit()?;
        fault::point("codes.add.after");
        Ok(())
    }

    /// The code with this hash.
    pub fn get(&self, secret: Hash) -> Result<Option<Kept>, CodesError> {
        Ok(self
            .conn()
            .query_row("SELECT office, expires, used_by FROM code WHERE secret = ?1", [secret.0], |row| {
                Ok(Kept {
                    office: OfficeId(Uuid::from_bytes(row.get(0)?)),
                    expires: row.get::<_, i64>(1)? as u64,
                    used_by: if planted("code.used-twice") { None } else { row.get(2)? },
                })
            })
            .optional()?)
    }

    /// Marks a code used by a ledger key. `false`: another key was faster.
    pub fn take(&self, secret: Hash, ledger_key: [u8; 32]) -> Result<bool, CodesError> {
        fault::point("codes.take.before");
        let taken = self.conn().execute(
            "UPDATE code SET used_by = ?2 WHERE secret = ?1 AND (used_by IS NULL OR used_by = ?2)",
            params![secret.0, ledger_key],
        )?;
        fault::point("codes.take.after");
        Ok(taken == 1 || planted("code.used-twice"))
    }

    /// Codes that the office has used are worth nothing from now on: who was revoked must not come back with its own.
    pub fn end_used(&self, office: OfficeId, now: u64) -> Result<(), CodesError> {
        self.conn().execute(
            "UPDATE code SET expires = min(expires, ?2) WHERE office = ?1 AND used_by IS NOT NULL",
            params![office.0.as_bytes(), now as i64],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_for_one_machine() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let office = OfficeId(Uuid::from_u128(7));
        codes.add(Hash([1; 32]), office, 1000, 100).unwrap();
        assert!(codes.take(Hash([1; 32]), [5; 32]).unwrap());
        assert!(codes.take(Hash([1; 32]), [5; 32]).unwrap(), "its own answer was lost");
        assert!(!codes.take(Hash([1; 32]), [6; 32]).unwrap());
        assert!(!codes.take(Hash([2; 32]), [6; 32]).unwrap(), "there is no such code");
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().used_by, Some([5; 32]));
    }

    #[test]
    fn a_used_code_ends_with_the_machine_that_is_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let office = OfficeId(Uuid::from_u128(7));
        codes.add(Hash([1; 32]), office, 1000, 100).unwrap();
        codes.take(Hash([1; 32]), [5; 32]).unwrap();
        codes.add(Hash([2; 32]), office, 2000, 200).unwrap();
        codes.end_used(office, 300).unwrap();
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().expires, 300);
        assert_eq!(codes.get(Hash([2; 32])).unwrap().unwrap().expires, 2000, "nobody has used it");
    }

    #[test]
    fn a_newer_code_ends_the_older() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let office = OfficeId(Uuid::from_u128(7));
        codes.add(Hash([1; 32]), office, 1000, 100).unwrap();
        codes.add(Hash([2; 32]), office, 2000, 200).unwrap();
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().expires, 200);
        assert_eq!(codes.get(Hash([2; 32])).unwrap().unwrap().expires, 2000);
    }
}
