//! What a hub keeps beside its journal's entries: evidence, and what is known to be missing.

use bytes::Bytes;
use rusqlite::{OptionalExtension, Rows, params};
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId};

use super::{JournalError, Reads, Result, hash_from};

/// Part of a ledger that is missing here, although what follows it is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The office whose ledger it is.
    pub ledger: OfficeId,
    /// Lowest possible seq of the first missing entry.
    pub from: u64,
    /// Seq of the last missing entry.
    pub to: u64,
}

impl Reads<'_> {
    /// Entries kept as evidence, of one ledger or of all, at most `limit`.
    pub fn evidence(&self, ledger: Option<OfficeId>, limit: usize) -> Result<Vec<Entry>> {
        let mut statement = self.conn().prepare_cached(
            "SELECT held.hash, held.prev, held.signature, held.content FROM held JOIN ledger ON ledger.no = held.ledger \
             WHERE ?1 IS NULL OR ledger.office = ?1 \
             ORDER BY ledger.office, held.incarnation, held.seq, held.hash LIMIT ?2",
        )?;
        read(statement.query(params![ledger.map(|ledger| *ledger.0.as_bytes()), limit as i64])?)
    }

    /// What an entry continues, as far back as it is kept as evidence; the oldest first.
    pub(super) fn evidence_before(&self, entry: &Entry) -> Result<Vec<Entry>> {
        let ledger = entry.header.ledger;
        let mut select = self.conn().prepare_cached(
            "SELECT hash, prev, signature, content FROM held \
             WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             AND incarnation = ?2 AND seq = ?3 AND hash = ?4 AND NOT forged",
        )?;
        let mut before: Vec<Entry> = Vec::new();
        while let Some(seat) = before.last().unwrap_or(entry).header.predecessor() {
            let (run, seq) = (seat.incarnation.0 as i64, seat.seq as i64);
            let hash = before.last().unwrap_or(entry).prev;
            let found = read(select.query(params![ledger.0.as_bytes(), run, seq, hash.0])?)?;
            if found.is_empty() {
                break;
            }
            before.extend(found);
        }
        before.reverse();
        Ok(before)
    }

    /// Whether evidence is said to be an own entry, and was signed by no key of this office.
    pub(super) fn is_forged(&self, ledger: OfficeId, link: &Link) -> Result<bool> {
        Ok(self.held_as(ledger, link)? == Some(true))
    }

    /// Whether exactly this entry is kept as evidence.
    pub fn is_evidence(&self, ledger: OfficeId, link: &Link) -> Result<bool> {
        Ok(self.held_as(ledger, link)?.is_some())
    }

    /// Whether this entry, kept as evidence, is forged; none: it is not kept.
    fn held_as(&self, ledger: OfficeId, link: &Link) -> Result<Option<bool>> {
        let (run, seq) = (link.seat.incarnation.0 as i64, link.seat.seq as i64);
        Ok(self
            .conn()
            .prepare_cached(
                "SELECT forged FROM held WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                 AND incarnation = ?2 AND seq = ?3 AND hash = ?4",
            )?
            .query_row(params![ledger.0.as_bytes(), run, seq, link.hash.0], |row| row.get(0))
            .optional()?)
    }

    /// Parts of ledgers that are missing: entries were given back, but not those before them.
    pub fn missing(&self) -> Result<Vec<Missing>> {
        let mut statement = self.conn().prepare_cached(
            "SELECT ledger.office, entry.seq, \
               (SELECT coalesce(max(before.seq), 0) FROM entry AS before \
                WHERE before.ledger = island.ledger AND before.seq < island.seq AND NOT EXISTS \
                  (SELECT 1 FROM island AS other WHERE other.ledger = before.ledger \
                   AND other.incarnation = before.incarnation AND other.seq = before.seq)) \
             FROM island JOIN entry USING (ledger, incarnation, seq) JOIN ledger ON ledger.no = island.ledger \
             WHERE NOT EXISTS (SELECT 1 FROM entry AS previous WHERE previous.ledger = island.ledger \
               AND previous.seq = island.seq - 1 AND previous.hash = entry.prev) \
             ORDER BY ledger.office, entry.seq",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Missing {
                ledger: OfficeId(uuid::Uuid::from_bytes(row.get(0)?)),
                from: row.get::<_, i64>(2)? as u64 + 1,
                to: (row.get::<_, i64>(1)? as u64).saturating_sub(1),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Reads rows of hash, prev, signature and content. Each entry is hashed anew, so a changed byte is noticed here.
fn read(mut rows: Rows<'_>) -> Result<Vec<Entry>> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let content: Vec<u8> = row.get(3)?;
        let entry = Entry::read(Bytes::from(content), row.get(2)?, hash_from(row.get(1)?))
            .map_err(|_| JournalError::State("evidence does not decode"))?;
        if entry.hash != hash_from(row.get(0)?) {
            return Err(JournalError::State("hash of evidence"));
        }
        all.push(entry);
    }
    Ok(all)
}
