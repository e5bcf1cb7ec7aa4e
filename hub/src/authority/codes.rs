//! Enrolment codes that the hub gave out, in a file beside the journal, and who may have one. They are local secrets:
//! no entry of the journal holds them, and the file holds only their hashes.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use truc_node::fault;
use truc_node::store::reading;
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::time::Moment;
use uuid::Uuid;

/// Name of the file of codes in the hub's folder.
pub const CODES: &str = "codes.db";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS code (
  secret  BLOB PRIMARY KEY,  -- hash of the secret
  office  BLOB NOT NULL,     -- UUID
  made    INTEGER NOT NULL,  -- Unix seconds
  expires INTEGER NOT NULL,  -- Unix seconds
  used_by BLOB               -- ledger key, 32 bytes
) STRICT, WITHOUT ROWID";
/// How long an expired code stays in the file, seconds. A machine that shows it until then hears what is wrong with it;
/// afterwards the code counts as unknown.
const REMEMBERED: u64 = 90 * 24 * 3600;

const END_OPEN: &str = "UPDATE code SET expires = min(expires, ?2) WHERE office = ?1 AND used_by IS NULL";

/// Whether an office may have a machine: it stands, or is still to come.
pub fn may_enrol(registry: &Registry, office: OfficeId) -> bool {
    let known = registry.office(office).filter(|_| office != registry.hub());
    known.is_some_and(|known| known.is_coming() || known.current().is_some_and(|fact| !fact.closed))
}

/// Whether an office has a machine that can call: its certificate is in force, or can still be renewed.
pub fn has_machine(registry: &Registry, office: OfficeId, now: u64) -> bool {
    let ends = |not_after: u64| not_after.saturating_add(limits::LAPSED.as_secs());
    registry.credential(office).is_some_and(|credential| ends(credential.not_after) >= now)
}

/// Reading or writing the file of codes failed.
#[derive(Debug, thiserror::Error)]
#[error("enrolment codes: {0}")]
pub struct CodesError(#[from] pub rusqlite::Error);

/// What the file says of one code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The office that the code enrols.
    pub office: OfficeId,
    /// When the code was made, Unix seconds.
    pub made: u64,
    /// When the code expires, Unix seconds.
    pub expires: u64,
    /// Ed25519 public key of the ledger that enrolled with the code, if one has.
    pub used_by: Option<[u8; 32]>,
}

impl Kept {
    /// When the code ends as of now, Unix seconds: one that was made in the future, by a wrong clock, is over.
    pub fn ends(&self, now: u64) -> u64 {
        Moment::seconds(self.made).known(Moment::seconds(now)).map_or(0, |_| self.expires)
    }
}

/// The file of codes of a hub.
#[derive(Debug)]
pub struct Codes(Mutex<Connection>);

impl Codes {
    /// Opens or creates the file in a hub's folder.
    pub fn open(dir: &Path) -> Result<Self, CodesError> {
        let conn = Connection::open(dir.join(CODES))?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.execute_batch(TABLE)?;
        Ok(Self(Mutex::new(conn)))
    }

    /// Opens the file in a hub's folder only to read it; without one, nothing was given out.
    pub fn reading(dir: &Path) -> Result<Self, CodesError> {
        let path = dir.join(CODES);
        let conn = match path.exists() {
            true => reading::open(&path)?,
            false => {
                let conn = Connection::open_in_memory()?;
                conn.execute_batch(TABLE)?;
                conn
            }
        };
        Ok(Self(Mutex::new(conn)))
    }

    fn conn(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a new code; see [`Codes::add_all`].
    pub fn add(&self, secret: Hash, office: OfficeId, expires: u64, now: u64) -> Result<(), CodesError> {
        self.add_all(&[(secret, office)], expires, now)
    }

    /// Stores new codes, all or none, and ends the offices' older ones that nobody has used. With each office goes the
    /// hash of its code's secret; `expires` and `now` are Unix seconds.
    pub fn add_all(&self, new: &[(Hash, OfficeId)], expires: u64, now: u64) -> Result<(), CodesError> {
        let mut conn = self.conn();
        let tx = conn.transaction()?;
        tx.execute("DELETE FROM code WHERE expires < ?1", [now.saturating_sub(REMEMBERED) as i64])?;
        for (secret, office) in new {
            tx.execute(END_OPEN, params![office.0.as_bytes(), now as i64])?;
            tx.execute(
                "INSERT INTO code (secret, office, made, expires) VALUES (?1, ?2, ?3, ?4)",
                params![secret.0, office.0.as_bytes(), now as i64, expires as i64],
            )?;
        }
        fault::point("codes.add.before");
        tx.commit()?;
        fault::point("codes.add.after");
        Ok(())
    }

    /// The code whose secret has this hash.
    pub fn get(&self, secret: Hash) -> Result<Option<Kept>, CodesError> {
        Ok(self
            .conn()
            .query_row(
                "SELECT office, expires, used_by, made FROM code WHERE secret = ?1",
                [secret.0],
                |row| {
                    Ok(Kept {
                        office: OfficeId(Uuid::from_bytes(row.get(0)?)),
                        made: row.get::<_, i64>(3)? as u64,
                        expires: row.get::<_, i64>(1)? as u64,
                        used_by: if planted("code.used-twice") { None } else { row.get(2)? },
                    })
                },
            )
            .optional()?)
    }

    /// Marks a code as used by a ledger key; the same key may take it again. `false`: used by another key, expired, or
    /// unknown. `now` is in Unix seconds: what was ended a moment ago is not taken.
    pub fn take(&self, secret: Hash, ledger_key: [u8; 32], now: u64) -> Result<bool, CodesError> {
        fault::point("codes.take.before");
        let taken = self.conn().execute(
            "UPDATE code SET used_by = ?2 WHERE secret = ?1 AND (used_by IS NULL OR used_by = ?2) AND expires > ?3",
            params![secret.0, ledger_key, now as i64],
        )?;
        fault::point("codes.take.after");
        Ok(taken == 1 || planted("code.used-twice"))
    }

    /// Whether the office has a code that nobody has used and that is still good.
    pub fn is_open(&self, office: OfficeId, now: u64) -> Result<bool, CodesError> {
        Ok(self.conn().query_row(
            "SELECT EXISTS (SELECT 1 FROM code WHERE office = ?1 AND used_by IS NULL AND expires > ?2
             AND made <= ?3)",
            params![
                office.0.as_bytes(),
                now as i64,
                now.saturating_add(limits::CLOCK_MARGIN.as_secs()) as i64
            ],
            |row| row.get(0),
        )?)
    }

    /// Ends the office's codes that nobody has used: it is to have no machine.
    pub fn end_open(&self, office: OfficeId, now: u64) -> Result<(), CodesError> {
        self.conn().execute(END_OPEN, params![office.0.as_bytes(), now as i64])?;
        Ok(())
    }

    /// Ends the codes that the office has used, so that a revoked machine cannot enrol again with its old code.
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
        assert!(codes.take(Hash([1; 32]), [5; 32], 200).unwrap());
        assert!(codes.take(Hash([1; 32]), [5; 32], 200).unwrap(), "its own answer was lost");
        assert!(!codes.take(Hash([1; 32]), [6; 32], 200).unwrap());
        assert!(!codes.take(Hash([2; 32]), [6; 32], 200).unwrap(), "there is no such code");
        assert!(!codes.take(Hash([1; 32]), [5; 32], 1000).unwrap(), "it has expired");
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().used_by, Some([5; 32]));
    }

    #[test]
    fn a_used_code_ends_with_the_machine_that_is_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let office = OfficeId(Uuid::from_u128(7));
        codes.add(Hash([1; 32]), office, 1000, 100).unwrap();
        codes.take(Hash([1; 32]), [5; 32], 200).unwrap();
        codes.add(Hash([2; 32]), office, 2000, 200).unwrap();
        codes.end_used(office, 300).unwrap();
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().expires, 300);
        assert!(!codes.take(Hash([1; 32]), [5; 32], 300).unwrap(), "an enrolment under way comes too late");
        assert_eq!(codes.get(Hash([2; 32])).unwrap().unwrap().expires, 2000, "nobody has used it");
    }

    #[test]
    fn a_code_made_by_a_clock_in_the_future_is_over_when_the_clock_is_right() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let (now, office) = (1_000_000_000, OfficeId(Uuid::from_u128(7)));
        for (index, ahead) in [20, 60, 100, 400, 3_650].into_iter().enumerate() {
            let (secret, made) = (Hash([index as u8; 32]), now + ahead * 86_400);
            codes.add(secret, office, made + 900, made).unwrap();
            let kept = codes.get(secret).unwrap().unwrap();
            assert_eq!(kept.ends(made + 1), made + 900, "by that clock it counts");
            for later in [0, 15, 86_400, 10 * 86_400] {
                assert!(kept.ends(now + later) <= now, "{ahead} {later}");
            }
        }
    }

    #[test]
    fn codes_are_made_together_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let codes = Codes::open(dir.path()).unwrap();
        let (one, two) = (OfficeId(Uuid::from_u128(7)), OfficeId(Uuid::from_u128(8)));
        codes.add(Hash([1; 32]), one, 1000, 100).unwrap();
        // The second has the secret of a code that stands already.
        codes.add_all(&[(Hash([2; 32]), one), (Hash([1; 32]), two)], 2000, 200).unwrap_err();
        assert_eq!(codes.get(Hash([2; 32])).unwrap(), None);
        assert_eq!(codes.get(Hash([1; 32])).unwrap().unwrap().expires, 1000, "the older one is still good");
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
