//! Columns read back as the values that were written.

use rusqlite::Row;
use truc_proto::id::{Incarnation, Seat};
use truc_proto::time::{Hlc, When};
use uuid::Uuid;

/// The id in a column.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

/// The moment in a column, Unix milliseconds.
pub(super) fn millis(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(Hlc(row.get::<_, i64>(column)? as u64).millis() as i64)
}

/// What three columns from this one on say of when something was finished: the time that counts, the signed one, and
/// when the hub had it. None: it is not finished.
pub(super) fn finished(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<When>> {
    let Some(time) = row.get::<_, Option<i64>>(column)? else { return Ok(None) };
    let arrived = row.get::<_, Option<i64>>(column + 2)?.map(|arrived| arrived as u64);
    Ok(Some(When { time: Hlc(time as u64), signed: Hlc(row.get::<_, i64>(column + 1)? as u64), arrived }))
}

/// The seat that two columns hold.
pub(super) fn seat_of(incarnation: i64, seq: i64) -> Seat {
    Seat { incarnation: Incarnation(incarnation as u64), seq: seq as u64 }
}
