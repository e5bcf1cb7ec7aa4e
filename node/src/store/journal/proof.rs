//! The journal as a verification reads it: row by row, everything in it, nothing taken for granted.

use bytes::Bytes;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, OfficeId, Place, Seat};
use truc_proto::limits;

use super::{JournalError, Reads, Result, hash_from, seat_of};

/// One position of a journal, as its row says.
#[derive(Clone, Debug)]
pub struct JournalRow {
    /// Position in this journal.
    pub position: u64,
    /// Place, as the row says.
    pub place: Place,
    /// Hash, as the row says.
    pub hash: Hash,
    /// Running hash, as the row says.
    pub running: Hash,
    /// It gave up its place: an own entry that lost a fork, or bytes that nobody vouches for.
    pub aside: bool,
    /// Why the entry was refused here, if it was.
    pub refused: Option<String>,
    /// The entry, hashed anew; none: its bytes are no entry.
    pub entry: Option<Entry>,
}

impl Reads<'_> {
    /// Rows after a position, entries set aside included: at most `limit`, and no more once their contents are
    /// [`limits::FOLD_BYTES`] together.
    pub fn rows(&self, position: u64, limit: usize) -> Result<Vec<JournalRow>> {
        let mut statement = self.conn().prepare_cached(
            "SELECT position, office, incarnation, seq, hash, prev, signature, running, content, 0,
                    (SELECT reason FROM refused WHERE refused.position = entry.position)
             FROM entry JOIN ledger ON ledger.no = entry.ledger WHERE position > ?1
             UNION ALL
             SELECT position, office, incarnation, seq, hash, prev, signature, running, content, 1,
                    (SELECT reason FROM refused WHERE refused.position = aside.position)
             FROM aside JOIN ledger ON ledger.no = aside.ledger WHERE position > ?1
             ORDER BY position LIMIT ?2",
        )?;
        let mut rows = statement.query([position as i64, limit as i64])?;
        let (mut all, mut size) = (Vec::new(), 0);
        while size < limits::FOLD_BYTES
            && let Some(row) = rows.next()?
        {
            let position = row.get::<_, i64>(0)? as u64;
            let office = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let ledger = OfficeId::from_wire(office).ok_or(JournalError::Damaged(position, "ledger"))?;
            let content = Bytes::copy_from_slice(row.get_ref(8)?.as_blob().map_err(rusqlite::Error::from)?);
            size += content.len();
            all.push(JournalRow {
                position,
                place: Place { ledger, seat: seat_of(row.get(2)?, row.get(3)?) },
                hash: hash_from(row.get(4)?),
                running: hash_from(row.get(7)?),
                aside: row.get(9)?,
                refused: row.get(10)?,
                entry: match self.stead(position)? {
                    Some(stead) => Entry::read_destroyed(content, row.get(6)?, hash_from(row.get(5)?), stead),
                    None => Entry::read(content, row.get(6)?, hash_from(row.get(5)?)),
                }
                .ok(),
            });
        }
        Ok(all)
    }

    /// The places that incarnations continue.
    pub fn bases(&self) -> Result<Vec<Place>> {
        let mut statement = self.conn().prepare(
            "SELECT office, base_incarnation, base_seq FROM incarnation JOIN ledger ON ledger.no = incarnation.ledger
             WHERE base_incarnation IS NOT NULL",
        )?;
        let rows = statement.query_map([], |row| {
            let seat: Seat = seat_of(row.get(1)?, row.get(2)?);
            Ok((row.get::<_, Vec<u8>>(0)?, seat))
        })?;
        let mut all = Vec::new();
        for row in rows {
            let (office, seat) = row?;
            all.extend(OfficeId::from_wire(&office).map(|ledger| Place { ledger, seat }));
        }
        Ok(all)
    }

    /// Hub: the positions of all lines.
    pub fn lines(&self) -> Result<Vec<(OfficeId, u64)>> {
        let mut statement =
            self.conn().prepare("SELECT office, line FROM ledger WHERE line IS NOT NULL ORDER BY no")?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)? as u64)))?;
        let mut all = Vec::new();
        for row in rows {
            let (office, line) = row?;
            all.extend(OfficeId::from_wire(&office).map(|office| (office, line)));
        }
        Ok(all)
    }

    /// Number of entries kept as evidence, of all ledgers.
    pub fn held_in_all(&self) -> Result<u64> {
        Ok(self.conn().query_row("SELECT count(*) FROM held", [], |row| row.get::<_, i64>(0))? as u64)
    }
}
