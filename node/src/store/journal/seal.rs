//! The seal: a hash over the journal's single rows, written in each transaction that changes them.
//!
//! Entries carry their own hashes. Tip, receipt, cursor and flags do not: a flipped bit in them would be read as
//! another tip or cursor.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::{JournalError, Result};

/// Rows under the seal.
const SEALED: [&str; 2] =
    ["SELECT * FROM state ORDER BY id", "SELECT position, running FROM mark ORDER BY position"];

/// Seals the rows as the transaction under way leaves them.
pub(super) fn write(conn: &Connection) -> Result<()> {
    let digest = digest(conn)?;
    conn.prepare_cached(
        "INSERT INTO seal (id, digest) VALUES (1, ?1) \
         ON CONFLICT DO UPDATE SET digest = excluded.digest WHERE digest <> excluded.digest",
    )?
    .execute([digest])?;
    Ok(())
}

/// Fails if the rows differ from what was sealed.
pub(super) fn check(conn: &Connection) -> Result<()> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached("SELECT digest FROM seal WHERE id = 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if sealed.is_none_or(|sealed| sealed != digest(conn).unwrap_or_default()) {
        return Err(JournalError::State("seal"));
    }
    Ok(())
}

fn digest(conn: &Connection) -> Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    for query in SEALED {
        let mut select = conn.prepare_cached(query)?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => hasher.update([0]),
                    ValueRef::Integer(value) => {
                        hasher.update([1]);
                        hasher.update(value.to_le_bytes());
                    }
                    ValueRef::Real(value) => {
                        hasher.update([2]);
                        hasher.update(value.to_le_bytes());
                    }
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        hasher.update([3]);
                        hasher.update((bytes.len() as u64).to_le_bytes());
                        hasher.update(bytes);
                    }
                }
            }
        }
        hasher.update([4]);
    }
    Ok(hasher.finalize().into())
}
