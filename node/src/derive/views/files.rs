//! The files of a record, each with the entry that brought it.

use rusqlite::{Connection, params};
use truc_proto::id::{OfficeId, RecordId, Seat};

use super::Result;
use super::columns::{millis, seat_of};
use super::read::{FileRow, file_row};

/// A file as an entry about a record brought it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brought {
    /// The file, and the entry's position.
    pub row: FileRow,
    /// Place of the entry in its office's ledger.
    pub seat: Seat,
    /// Name of the entry's move.
    pub mv: String,
    /// The time that its author signed, Unix milliseconds.
    pub signed: i64,
}

impl Brought {
    /// Whether an office's entry at a place brought it.
    pub fn is_of(&self, office: OfficeId, seat: Seat) -> bool {
        self.row.ledger == office && self.seat == seat
    }
}

/// All files of the entries about a record that this store did not refuse, in the order of its journal.
pub fn of(conn: &Connection, record: RecordId, kind: u32) -> Result<Vec<Brought>> {
    let mut statement = conn.prepare_cached(
        "SELECT a.position, a.hash, a.size, a.name, a.media_type, a.ledger, a.urgency,
                s.incarnation, s.seq, s.move, s.signed
         FROM story s JOIN attachment a ON a.position = s.position
         WHERE s.record = ?1 AND s.kind = ?2
         AND NOT EXISTS (SELECT 1 FROM refusal WHERE by_hub = 0 AND refusal.position = a.position)
         ORDER BY a.position, a.name, a.hash",
    )?;
    let rows = statement.query_map(params![record.0.as_bytes(), kind], |row| {
        Ok(Brought {
            row: file_row(row)?,
            seat: seat_of(row.get(7)?, row.get(8)?),
            mv: row.get(9)?,
            signed: millis(row, 10)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
