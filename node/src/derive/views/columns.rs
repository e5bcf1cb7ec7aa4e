//! Columns read back as the values that were written.

use rusqlite::Row;
use truc_proto::id::{Incarnation, Seat};
use truc_proto::time::Hlc;
use uuid::Uuid;

/// The id in a column.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

/// The moment in a column, Unix milliseconds.
pub(super) fn millis(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(Hlc(row.get::<_, i64>(column)? as u64).millis() as i64)
}

/// The seat that two columns hold.
pub(super) fn seat_of(incarnation: i64, seq: i64) -> Seat {
    Seat { incarnation: Incarnation(incarnation as u64), seq: seq as u64 }
}
