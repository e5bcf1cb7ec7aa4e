//! Reading a journal.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, Mark, OfficeId, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::seal::{Ring, inside};
use truc_proto::wire;

use super::{JournalError, Result, hash_from, seat_of};

/// An entry as the journal holds it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Position in this journal.
    pub position: u64,
    /// Node: position at the hub; 0: written here; none: the hub may lack it. Hub: 0: pushed by its author; 1: given
    /// back.
    pub hub_position: Option<u64>,
    /// When the hub had it, Unix milliseconds by the hub's clock; of the hub's own entries, when it was written. None:
    /// not yet, or others gave it back.
    pub arrived: Option<u64>,
    /// The entry; its hash was checked.
    pub entry: Entry,
}

impl Stored {
    /// Hub: whether the author may lack the entry, since an addressee gave it back or the line left it behind.
    pub fn given_back(&self) -> bool {
        self.hub_position == Some(super::admit::GIVEN_BACK)
    }
}

const COLUMNS: &str = "position, hub_position, hash, prev, signature, content, \
    (SELECT CASE WHEN arrival.last >= entry.position THEN arrival.time END FROM arrival \
     WHERE arrival.position <= entry.position ORDER BY arrival.position DESC LIMIT 1), \
    (SELECT hub FROM state) = 1 AND ledger = (SELECT no FROM ledger WHERE office = (SELECT office FROM state)), \
    (SELECT stead FROM destroyed WHERE destroyed.position = entry.position)";

/// Condition of entries that can be given back to the hub: one whose body was destroyed comes from its author.
const WHOLE: &str = "position NOT IN (SELECT position FROM destroyed)";

/// Reads a journal over any connection to it.
#[derive(Clone, Copy, Debug)]
pub struct Reads<'c> {
    conn: &'c Connection,
    own: OfficeId,
    /// Opens sealed bodies; none: they stay closed.
    ring: Option<&'c Ring>,
}

impl<'c> Reads<'c> {
    /// Reads the journal of `own` over a connection.
    pub fn new(conn: &'c Connection, own: OfficeId) -> Self {
        Self { conn, own, ring: None }
    }

    /// The same, which opens the sealed bodies of this office as far as its keys do.
    #[must_use]
    pub fn opening(self, ring: Option<&'c Ring>) -> Self {
        Self { ring, ..self }
    }

    /// Changes whenever an entry reads otherwise than before: one was set aside, a body was destroyed, or a key came that
    /// opens more. Whatever is derived from the journal begins anew then.
    pub fn edition(&self) -> Result<u64> {
        let keys = self.ring.map_or(0, |ring| ring.keys().map(|key| u64::from(key.number())).sum());
        Ok(self.asides_count()? + keys)
    }

    pub(super) fn conn(&self) -> &'c Connection {
        self.conn
    }

    /// Whether it is a hub's.
    pub(super) fn is_hub(&self) -> Result<bool> {
        Ok(self.conn.prepare_cached("SELECT hub FROM state")?.query_row([], |row| row.get(0))?)
    }

    /// The office whose journal it is.
    pub fn own(&self) -> OfficeId {
        self.own
    }

    /// Position and running hash of the newest entry, set aside or not: no position is given twice.
    pub fn end(&self) -> Result<Mark> {
        let newest = |table| -> Result<Mark> {
            let sql = format!("SELECT position, running FROM {table} ORDER BY position DESC LIMIT 1");
            Ok(self.conn.prepare_cached(&sql)?.query_row([], mark).optional()?.unwrap_or(Mark::START))
        };
        let (entry, aside) = (newest("entry")?, newest("aside")?);
        Ok(if aside.position > entry.position { aside } else { entry })
    }

    /// The mark at a position, also if the entry there was set aside.
    pub fn mark_of(&self, position: u64) -> Result<Option<Mark>> {
        if let Some(here) = self.mark_at(position)? {
            return Ok(Some(here));
        }
        Ok(self
            .conn
            .prepare_cached("SELECT position, running FROM aside WHERE position = ?1")?
            .query_row([position as i64], mark)
            .optional()?)
    }

    /// The mark at a position; none if no entry stands there (any more).
    pub fn mark_at(&self, position: u64) -> Result<Option<Mark>> {
        if position == 0 {
            return Ok(Some(Mark::START));
        }
        Ok(self
            .conn
            .prepare_cached("SELECT position, running FROM entry WHERE position = ?1")?
            .query_row([position as i64], mark)
            .optional()?)
    }

    /// Seat and hash of the entry at a position.
    pub fn link_at(&self, position: u64) -> Result<Link> {
        let link = self
            .conn
            .prepare_cached("SELECT incarnation, seq, hash FROM entry WHERE position = ?1")?
            .query_row([position as i64], |row| {
                Ok(Link { seat: seat_of(row.get(0)?, row.get(1)?), hash: hash_from(row.get(2)?) })
            })
            .optional()?;
        link.ok_or(JournalError::Damaged(position, "missing"))
    }

    /// The entry that the next own entry continues.
    pub fn tip(&self) -> Result<Option<Link>> {
        Ok(self.conn.prepare_cached("SELECT tip_incarnation, tip_seq, tip_hash FROM state")?.query_row(
            [],
            |row| {
                let incarnation: Option<i64> = row.get(0)?;
                Ok(match incarnation {
                    Some(incarnation) => {
                        Some(Link { seat: seat_of(incarnation, row.get(1)?), hash: hash_from(row.get(2)?) })
                    }
                    None => None,
                })
            },
        )?)
    }

    /// The newest receipt for an entry on the tip's chain.
    pub fn receipt(&self) -> Result<Option<Receipt>> {
        let bytes: Option<Vec<u8>> =
            self.conn.prepare_cached("SELECT receipt FROM state")?.query_row([], |row| row.get(0))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let receipt = <wire::Receipt as prost::Message>::decode(&bytes[..]).ok();
        let receipt = receipt.and_then(|receipt| Receipt::from_wire(&receipt, None));
        receipt.map(Some).ok_or(JournalError::State("receipt"))
    }

    /// Whether the store knows that it is behind.
    pub fn resuming(&self) -> Result<bool> {
        Ok(self.conn.prepare_cached("SELECT resuming FROM state")?.query_row([], |row| row.get(0))?)
    }

    /// Number of the credential that this machine was enrolled with.
    pub fn credential(&self) -> Result<u64> {
        let credential: i64 =
            self.conn.prepare_cached("SELECT credential FROM state")?.query_row([], |row| row.get(0))?;
        Ok(credential as u64)
    }

    /// Position up to which entries were checked.
    pub fn vetted(&self) -> Result<u64> {
        let vetted: i64 =
            self.conn.prepare_cached("SELECT vetted FROM state")?.query_row([], |row| row.get(0))?;
        Ok(vetted as u64)
    }

    /// Why the entry at a position was refused, if it was.
    pub fn refused(&self, position: u64) -> Result<Option<String>> {
        Ok(self
            .conn
            .prepare_cached("SELECT reason FROM refused WHERE position = ?1")?
            .query_row([position as i64], |row| row.get(0))
            .optional()?)
    }

    /// The cursor: newest mark first, then older ones.
    pub fn cursor(&self) -> Result<Vec<Mark>> {
        let mut statement =
            self.conn.prepare_cached("SELECT position, running FROM mark ORDER BY position DESC")?;
        let marks = statement.query_map([], mark)?.collect::<rusqlite::Result<_>>()?;
        Ok(marks)
    }

    /// Hub: the highest position that an office has acknowledged as durable.
    pub fn delivered(&self, office: OfficeId) -> Result<u64> {
        let position: Option<i64> = self
            .conn
            .prepare_cached("SELECT position FROM delivered WHERE office = ?1")?
            .query_row([office.0.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(position.unwrap_or(0) as u64)
    }

    /// Whether the store holds entries that the hub may lack.
    pub fn has_beyond(&self) -> Result<bool> {
        Ok(self
            .conn
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM entry WHERE hub_position IS NULL AND {WHOLE})"
            ))?
            .query_row([], |row| row.get(0))?)
    }

    /// Entries that the hub may lack, from a position on, at most one batch; and the position to read on from.
    pub fn beyond(&self, from: u64) -> Result<(Vec<Entry>, Option<u64>)> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry WHERE hub_position IS NULL AND {WHOLE} AND position >= ?1 \
             ORDER BY position LIMIT {}",
            limits::BATCH_ENTRIES
        ))?;
        let stored = self.collect(statement.query([from as i64])?)?;
        let next = match stored.last() {
            Some(last) if stored.len() == limits::BATCH_ENTRIES => Some(last.position + 1),
            _ => None,
        };
        Ok((stored.into_iter().map(|stored| stored.entry).collect(), next))
    }

    /// The entry at a position.
    pub fn at_position(&self, position: u64) -> Result<Option<Stored>> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM entry WHERE position = ?1"))?;
        Ok(self.collect(statement.query([position as i64])?)?.pop())
    }

    /// Entries after a position, at most `limit`.
    pub fn after(&self, position: u64, limit: usize) -> Result<Vec<Stored>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry WHERE position > ?1 ORDER BY position LIMIT ?2"
        ))?;
        self.collect(statement.query([position as i64, limit as i64])?)
    }

    /// Entries after a position: at most `limit`, and no more once they hold `bytes` together. Ends before an entry that
    /// is damaged; the error tells of it if it is the first.
    pub fn stretch(&self, position: u64, limit: usize, bytes: usize) -> Result<Vec<Stored>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry WHERE position > ?1 ORDER BY position LIMIT ?2"
        ))?;
        self.collect_within(statement.query([position as i64, limit as i64])?, bytes)
    }

    /// Node: the position at the hub of the newest entry of a ledger before a seat, as far as it is known; 0: none is.
    pub fn hub_position_before(&self, ledger: OfficeId, seat: Seat) -> Result<u64> {
        let position: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT hub_position FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                 AND (incarnation, seq) < (?2, ?3) AND hub_position > 0 \
                 ORDER BY incarnation DESC, seq DESC LIMIT 1",
            )?
            .query_row((ledger.0.as_bytes(), seat.incarnation.0 as i64, seat.seq as i64), |row| row.get(0))
            .optional()?;
        Ok(position.unwrap_or(0) as u64)
    }

    /// Number of own entries after the newest receipt.
    pub fn unreceipted(&self) -> Result<u64> {
        let tip = self.tip()?.map_or(0, |tip| tip.seat.seq);
        Ok(tip.saturating_sub(self.receipt()?.map_or(0, |receipt| receipt.link.seat.seq)))
    }

    /// Hub: when the entry at a position came from its author, Unix milliseconds by the hub's clock. None: it is the
    /// hub's own, was given back by others, or came before arrivals were noted.
    pub fn arrived(&self, position: u64) -> Result<Option<i64>> {
        let push: Option<(i64, i64)> = self
            .conn
            .prepare_cached(
                "SELECT last, time FROM arrival WHERE position <= ?1 ORDER BY position DESC LIMIT 1",
            )?
            .query_row([position as i64], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(push.filter(|(last, _)| *last >= position as i64).map(|(_, time)| time))
    }

    /// Hub: the newest time that the hub's clock has given to an entry, Unix milliseconds.
    pub fn newest_time(&self) -> Result<Option<u64>> {
        let arrival: Option<i64> =
            self.conn.query_row("SELECT max(time) FROM arrival", [], |row| row.get(0))?;
        let own = match self.tip()? {
            Some(tip) => self.at(self.own, tip.seat)?.map(|stored| stored.entry.header.time.millis()),
            None => None,
        };
        Ok(own.max(arrival.map(|time| time as u64)))
    }

    /// The entry at a place.
    pub fn at(&self, ledger: OfficeId, seat: Seat) -> Result<Option<Stored>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             AND incarnation = ?2 AND seq = ?3"
        ))?;
        let rows = statement.query((ledger.0.as_bytes(), seat.incarnation.0 as i64, seat.seq as i64))?;
        Ok(self.collect(rows)?.pop())
    }

    /// For each incarnation of a ledger the last place that is held here, of whatever branch: at most
    /// [`limits::HELD`], the newest incarnations, in order.
    pub fn last_of_each(&self, ledger: OfficeId) -> Result<Vec<Seat>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT incarnation, max(seq) FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             GROUP BY incarnation ORDER BY incarnation DESC LIMIT ?2",
        )?;
        let rows = statement.query_map((ledger.0.as_bytes(), limits::HELD as i64), |row| {
            Ok(super::seat_of(row.get(0)?, row.get(1)?))
        })?;
        let mut last = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        last.reverse();
        Ok(last)
    }

    /// The hash of the entry at a place, with its position.
    pub fn hash_at(&self, ledger: OfficeId, seat: Seat) -> Result<Option<(Hash, u64)>> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT hash, position FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                 AND incarnation = ?2 AND seq = ?3",
            )?
            .query_row((ledger.0.as_bytes(), seat.incarnation.0 as i64, seat.seq as i64), |row| {
                Ok((hash_from(row.get(0)?), row.get::<_, i64>(1)? as u64))
            })
            .optional()?)
    }

    /// Whether the journal holds exactly this entry.
    pub fn holds(&self, ledger: OfficeId, link: &Link) -> Result<bool> {
        Ok(self.hash_at(ledger, link.seat)?.is_some_and(|(hash, _)| hash == link.hash))
    }

    /// Hub: whether exactly this entry is here with all its predecessors.
    pub fn complete(&self, ledger: OfficeId, link: &Link) -> Result<bool> {
        if !self.holds(ledger, link)? {
            return Ok(false);
        }
        Ok(!self
            .conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM island WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                 AND incarnation = ?2 AND seq = ?3)",
            )?
            .query_row(
                (ledger.0.as_bytes(), link.seat.incarnation.0 as i64, link.seat.seq as i64),
                |row| row.get::<_, bool>(0),
            )?)
    }

    /// Positions of a ledger's entries after a position, ascending. Reads the whole ledger: for offices that take their
    /// own entries back.
    pub fn own_positions(&self, ledger: OfficeId, after: u64, limit: usize) -> Result<Vec<u64>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT position FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             AND position > ?2 ORDER BY position LIMIT ?3",
        )?;
        let rows = statement
            .query_map((ledger.0.as_bytes(), after as i64, limit as i64), |row| row.get::<_, i64>(0))?;
        Ok(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?)
    }

    /// Hub: positions after a position of a ledger's entries that its author may lack, ascending.
    pub fn given_back_positions(&self, ledger: OfficeId, after: u64, limit: usize) -> Result<Vec<u64>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT position FROM entry WHERE hub_position = 1 AND position > ?2 \
             AND ledger = (SELECT no FROM ledger WHERE office = ?1) ORDER BY position LIMIT ?3",
        )?;
        let rows = statement
            .query_map((ledger.0.as_bytes(), after as i64, limit as i64), |row| row.get::<_, i64>(0))?;
        Ok(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?)
    }

    /// Reads rows of [`COLUMNS`]. Each entry is hashed anew, so a changed byte is noticed here.
    pub(super) fn collect(&self, mut rows: rusqlite::Rows<'_>) -> Result<Vec<Stored>> {
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(self.stored(row)?);
        }
        Ok(all)
    }

    /// The same until the entries hold so many bytes together. Ends before an entry that is damaged; the error tells of
    /// it if it is the first.
    pub(super) fn collect_within(&self, mut rows: rusqlite::Rows<'_>, bytes: usize) -> Result<Vec<Stored>> {
        let (mut all, mut size) = (Vec::new(), 0);
        while size < bytes
            && let Some(row) = rows.next()?
        {
            match self.stored(row) {
                Ok(stored) => {
                    size += stored.entry.content.len();
                    all.push(stored);
                }
                Err(JournalError::Damaged(..)) if !all.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Reads a row, and opens it if it is sealed and the keys are here.
    fn stored(&self, row: &Row<'_>) -> Result<Stored> {
        let stored = stored(row)?;
        Ok(Stored { entry: self.opened(stored.entry), ..stored })
    }

    /// An entry with its body opened, if it is sealed and the keys are here.
    pub(super) fn opened(&self, entry: Entry) -> Entry {
        match self.ring {
            Some(ring) => inside::opened(entry, self.own, ring),
            None => entry,
        }
    }

    /// Hub: the line of a ledger and its position.
    pub fn line(&self, ledger: OfficeId) -> Result<Option<(Link, u64)>> {
        let position: Option<Option<i64>> = self
            .conn
            .prepare_cached("SELECT line FROM ledger WHERE office = ?1")?
            .query_row([ledger.0.as_bytes()], |row| row.get(0))
            .optional()?;
        match position.flatten() {
            Some(position) => Ok(Some((self.link_at(position as u64)?, position as u64))),
            None => Ok(None),
        }
    }
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    Ok(Mark { position: row.get::<_, i64>(0)? as u64, running: hash_from(row.get(1)?) })
}

/// Reads a row of [`COLUMNS`].
fn stored(row: &Row<'_>) -> Result<Stored> {
    let position = row.get::<_, i64>(0)? as u64;
    let hub_position = row.get::<_, Option<i64>>(1)?.map(|position| position as u64);
    let hash = hash_from(row.get(2)?);
    let content = Bytes::copy_from_slice(row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?);
    let (signature, prev) = (row.get(4)?, hash_from(row.get(3)?));
    let entry = match row.get::<_, Option<Vec<u8>>>(8)? {
        Some(stead) => Entry::read_destroyed(content, signature, prev, stead.into()),
        None => Entry::read(content, signature, prev),
    };
    let entry = entry.map_err(|_| JournalError::Damaged(position, "does not decode"))?;
    if entry.hash != hash {
        return Err(JournalError::Damaged(position, "hash"));
    }
    let own_of_hub: bool = row.get::<_, Option<bool>>(7)?.unwrap_or(false);
    let arrived = row.get::<_, Option<i64>>(6)?.map(|time| time as u64);
    let arrived = arrived.or_else(|| own_of_hub.then(|| entry.header.time.millis()));
    Ok(Stored { position, hub_position, arrived, entry })
}

pub(super) const ENTRY_COLUMNS: &str = COLUMNS;
