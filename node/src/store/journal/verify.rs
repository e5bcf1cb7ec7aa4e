//! Verifies a journal as it is on disk: positions without a hole, hashes, running hashes, the index of places, and the
//! state. Damage is named by its position and never taken for a shorter journal.
//!
//! Whether entries contradict each other is not looked at: each has its own hash, so no disk makes one entry continue
//! another, and no author may keep a store from opening by what he wrote. Verification for proof looks at it, and names
//! him ([`truc_proto::proof`]).

use std::sync::OnceLock;

use bytes::Bytes;
use rusqlite::{Connection, params};
use truc_proto::entry::{Entry, running_hash};
use truc_proto::fault::planted;
use truc_proto::id::{Link, Mark, OfficeId};
use truc_proto::limits;
use uuid::Uuid;

use super::{JournalError, Reads, Result, TABLES, hash_from, seal, seat_of};

/// Whether the signature of the entry at a position is good; given by callers who know the keys.
pub type Signed<'a> = &'a dyn Fn(u64, &Entry) -> bool;

/// Verifies the state and the newest entries, at most [`limits::TAIL_ENTRIES`] and [`limits::VERIFY_BYTES`].
pub fn tail(reads: Reads<'_>) -> Result<()> {
    let end = reads.end()?;
    let mut from = end.position.saturating_sub(limits::TAIL_ENTRIES as u64);
    let mut bytes = 0;
    let mut sizes = reads.conn().prepare_cached(
        "SELECT position, length(content) FROM entry WHERE position > ?1 ORDER BY position DESC",
    )?;
    let mut rows = sizes.query([from as i64])?;
    while let Some(row) = rows.next()? {
        bytes += row.get::<_, i64>(1)? as usize;
        if bytes > limits::VERIFY_BYTES {
            from = row.get::<_, i64>(0)? as u64;
            break;
        }
    }
    let mut mark = reads.mark_of(from)?.ok_or(JournalError::Damaged(from, "missing"))?;
    while mark.position < end.position {
        mark = verify(reads, mark, None)?;
    }
    state(reads)
}

/// Verifies what follows a mark, at most [`limits::VERIFY_ENTRIES`], and returns the mark reached. At the end of the
/// journal that is the same mark.
pub fn verify(reads: Reads<'_>, from: Mark, signed: Option<Signed<'_>>) -> Result<Mark> {
    let mut statement = reads.conn().prepare_cached(
        "SELECT position, (SELECT office FROM ledger WHERE no = entry.ledger), incarnation, seq, hash, prev, signature, \
         running, content, 0 FROM entry WHERE position > ?1 \
         UNION ALL \
         SELECT position, (SELECT office FROM ledger WHERE no = aside.ledger), incarnation, seq, hash, prev, \
         signature, running, content, 1 FROM aside \
         WHERE position > ?1 ORDER BY 1 LIMIT ?2",
    )?;
    let mut rows = statement.query([from.position as i64, limits::VERIFY_ENTRIES as i64])?;
    let (mut mark, mut bytes) = (from, 0);
    while let Some(row) = rows.next()? {
        let position = mark.position + 1;
        let damaged = |what| JournalError::Damaged(position, what);
        if row.get::<_, i64>(0)? as u64 != position {
            return Err(damaged("missing"));
        }
        let office: [u8; 16] = row.get(1).map_err(|_| damaged("ledger"))?;
        let ledger = OfficeId(Uuid::from_bytes(office));
        let content = Bytes::copy_from_slice(row.get_ref(8)?.as_blob().map_err(|_| damaged("content"))?);
        bytes += content.len();
        let signature = row.get(6).map_err(|_| damaged("signature"))?;
        let prev = hash_from(row.get(5).map_err(|_| damaged("prev"))?);
        // A body is gone only where an order says so: without one, the bytes that are left do not decode.
        let entry = match reads.stead(position)? {
            Some(stead) => Entry::read_destroyed(content, signature, prev, stead),
            None => Entry::read(content, signature, prev),
        };
        let entry = entry.map_err(|_| damaged("does not decode"))?;
        if entry.hash.0 != row.get::<_, [u8; 32]>(4).map_err(|_| damaged("hash"))? {
            return Err(damaged("hash"));
        }
        let running = running_hash(mark.running, entry.hash);
        if running.0 != row.get::<_, [u8; 32]>(7).map_err(|_| damaged("running hash"))? {
            return Err(damaged("running hash"));
        }
        let seat = seat_of(row.get(2)?, row.get(3)?);
        if entry.header.ledger != ledger || entry.header.seat != seat {
            return Err(damaged("place"));
        }
        let aside: bool = row.get(9)?;
        if !aside && reads.hash_at(ledger, seat)? != Some((entry.hash, position)) {
            return Err(damaged("index of places"));
        }
        if !aside {
            noted(reads, &entry).map_err(|error| match error {
                JournalError::State(what) => damaged(what),
                error => error,
            })?;
        }
        if signed.is_some_and(|signed| !signed(position, &entry)) {
            return Err(damaged("signature"));
        }
        mark = Mark { position, running };
        if bytes > limits::VERIFY_BYTES {
            break;
        }
    }
    Ok(mark)
}

/// Fails unless the journal has noted what belongs to an entry: the base of its incarnation, its channels.
fn noted(reads: Reads<'_>, entry: &Entry) -> Result<()> {
    let header = &entry.header;
    let (incarnation, seq) = (header.seat.incarnation.0 as i64, header.seat.seq as i64);
    if header.seat.seq == 1 || header.base.is_some() {
        let base = header.base;
        let here: bool = reads
            .conn()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM incarnation WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                 AND incarnation = ?2 AND base_incarnation IS ?3 AND base_seq IS ?4)",
            )?
            .query_row(
                params![
                    header.ledger.0.as_bytes(),
                    incarnation,
                    base.map(|base| base.incarnation.0 as i64),
                    base.map(|base| base.seq as i64),
                ],
                |row| row.get(0),
            )?;
        if !here {
            return Err(JournalError::State("incarnation"));
        }
    }
    if header.ledger == reads.own() || reads.is_hub()? {
        let mut select = reads.conn().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM channel WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             AND incarnation = ?2 AND seq = ?3 AND scope = ?4)",
        )?;
        for channel in &header.audience {
            let note = params![header.ledger.0.as_bytes(), incarnation, seq, channel.scope.key()];
            if !select.query_row(note, |row| row.get::<_, bool>(0))? {
                return Err(JournalError::State("channel"));
            }
        }
    }
    Ok(())
}

/// Verifies the state: the seal, and that the entries of tip and newest receipt are here.
fn state(reads: Reads<'_>) -> Result<()> {
    schema(reads.conn())?;
    seal::check(reads.conn())?;
    let known = |link: &Link| Ok::<_, JournalError>(reads.holds(reads.own(), link)? || reads.is_aside(link)?);
    if let Some(tip) = reads.tip()?
        && !reads.holds(reads.own(), &tip)?
    {
        return Err(JournalError::State("tip"));
    }
    if let Some(receipt) = reads.receipt()?
        && !known(&receipt.link)?
    {
        return Err(JournalError::State("receipt"));
    }
    if reads.vetted()? > reads.end()?.position {
        return Err(JournalError::State("vetted"));
    }
    Ok(())
}

/// Type, name, table and SQL text of a declaration.
type Declared = [Option<String>; 4];

/// Fails unless tables and indexes are declared as in this program: a flipped bit in a declaration would change what is
/// stored where.
fn schema(conn: &Connection) -> Result<()> {
    static EXPECTED: OnceLock<Vec<Declared>> = OnceLock::new();
    let expected = match EXPECTED.get() {
        Some(expected) => expected,
        None => {
            let fresh = Connection::open_in_memory()?;
            TABLES.iter().try_for_each(|tables| fresh.execute_batch(tables))?;
            let declared = declared(&fresh)?;
            EXPECTED.get_or_init(|| declared)
        }
    };
    let found = declared(conn)?;
    if expected.iter().all(|declared| found.contains(declared)) {
        return Ok(());
    }
    Err(JournalError::State("declarations"))
}

/// Tables and indexes with their declarations.
fn declared(conn: &Connection) -> Result<Vec<Declared>> {
    let mut select = conn.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name")?;
    let rows = select.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Reads<'_> {
    /// Fails unless the journal holds everything up to a mark.
    pub fn reaches(&self, known: Mark) -> Result<()> {
        match self.mark_of(known.position)? {
            None if planted("journal.shorter-is-whole") => Ok(()),
            Some(here) if here.running == known.running => Ok(()),
            Some(_) => Err(JournalError::Damaged(known.position, "running hash")),
            None => Err(JournalError::Shorter { known: known.position, found: self.end()?.position }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::path::Path;

    use ed25519_dalek::SigningKey;
    use truc_proto::id::RecordId;
    use truc_proto::wire::{Confidentiality, Urgency};

    use super::*;
    use crate::store::journal::{Draft, Journal};

    const OWN: OfficeId = OfficeId(Uuid::from_u128(1));

    fn append(journal: &mut Journal, count: u32) {
        let key = SigningKey::from_bytes(&[1; 32]);
        let draft = Draft {
            author: "test".into(),
            record: RecordId(Uuid::from_u128(2)),
            kind: 99,
            body: vec![5; 40].into(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let write = |journal: &mut Journal| {
            (0..count).try_for_each(|_| journal.append(draft.clone(), &key, 1, 1).map(|_| ()))
        };
        journal.group(write).unwrap();
    }

    fn open(path: &Path) -> Result<Journal> {
        Journal::open(path, OWN, false)
    }

    #[test]
    fn damage_in_the_tail_is_refused_and_before_it_named_by_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        append(&mut open(&path).unwrap(), limits::TAIL_ENTRIES as u32 + 100);
        let spoil = |position: u64| {
            let conn = rusqlite::Connection::open(&path).unwrap();
            let content: Vec<u8> = conn
                .query_row("SELECT content FROM entry WHERE position = ?1", [position as i64], |row| {
                    row.get(0)
                })
                .unwrap();
            let mut spoilt = content.clone();
            *spoilt.last_mut().unwrap() ^= 1;
            let set = "UPDATE entry SET content = ?2 WHERE position = ?1";
            conn.execute(set, params![position as i64, spoilt]).unwrap();
            content
        };
        let whole = |journal: &Journal| {
            let mut mark = Mark::START;
            loop {
                let next = verify(journal.reads(), mark, None)?;
                if next == mark {
                    return Ok(mark.position);
                }
                mark = next;
            }
        };
        assert_eq!(whole(&open(&path).unwrap()).unwrap(), limits::TAIL_ENTRIES as u64 + 100);
        spoil(60);
        let journal = open(&path).unwrap();
        assert!(matches!(whole(&journal), Err(JournalError::Damaged(60, "hash"))));
        drop(journal);
        spoil(1000);
        assert!(matches!(open(&path), Err(JournalError::Damaged(1000, "hash"))));
    }

    #[test]
    fn a_journal_without_its_log_is_no_shorter_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut journal = open(&path).unwrap();
        append(&mut journal, 2);
        journal.checkpoint().unwrap();
        append(&mut journal, 3);
        let copied = |files: &[&str]| {
            let copy = tempfile::tempdir().unwrap();
            for file in files {
                fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
            }
            copy
        };
        let (whole, cut) = (
            copied(&["journal.db", "journal.db-wal", "journal.db-end"]),
            copied(&["journal.db", "journal.db-end"]),
        );
        assert_eq!(open(&whole.path().join("journal.db")).unwrap().end().position, 5);
        let refused = open(&cut.path().join("journal.db"));
        assert!(matches!(refused, Err(JournalError::Shorter { known: 5, found: 2 })), "{refused:?}");
        // The refused store was left untouched: with its WAL it is whole.
        fs::copy(folder.path().join("journal.db-wal"), cut.path().join("journal.db-wal")).unwrap();
        assert_eq!(open(&cut.path().join("journal.db")).unwrap().end().position, 5);
        // A restored backup may end earlier, and knows that it is behind.
        let restored = copied(&["journal.db"]);
        let path = restored.path().join("journal.db");
        open(&path).unwrap().group(|journal| journal.set_resuming(true)).unwrap();
        fs::copy(folder.path().join("journal.db-end"), restored.path().join("journal.db-end")).unwrap();
        assert_eq!(open(&path).unwrap().end().position, 2);
    }

    #[test]
    fn a_state_that_was_not_written_by_the_journal_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        append(&mut open(&path).unwrap(), 3);
        open(&path).unwrap();
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute("UPDATE state SET credential = 7", []).unwrap();
        assert!(matches!(open(&path), Err(JournalError::State("seal"))));
        conn.execute("UPDATE state SET credential = 0", []).unwrap();
        open(&path).unwrap();
        conn.execute("DROP INDEX entry_beyond", []).unwrap();
        assert!(matches!(open(&path), Err(JournalError::State("declarations"))));
    }
}
