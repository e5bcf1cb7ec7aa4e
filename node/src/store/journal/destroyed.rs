//! Bodies that were destroyed: header, hash and signature of an entry stay, what it said is gone from the file.
//!
//! An entry of this journal orders it. Bytes are overwritten where they lay (`secure_delete`), and the log beside the file,
//! which holds older pages, is emptied before anybody is told of the commit; while somebody reads an older state of the file
//! for longer, with a later one.

use bytes::Bytes;
use rusqlite::params;

use super::{Journal, JournalError, Reads, Result};
use crate::store::scour::Scour;

impl Reads<'_> {
    /// Number of bodies that were destroyed; whatever is derived from the journal begins anew when it grows.
    pub fn destroyed_count(&self) -> Result<u64> {
        let count: i64 =
            self.conn().prepare_cached("SELECT count(*) FROM destroyed")?.query_row([], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Positions of the bodies that were destroyed, each with that of the entry that ordered it.
    pub fn destroyed(&self) -> Result<Vec<(u64, u64)>> {
        let mut select =
            self.conn().prepare_cached("SELECT position, by FROM destroyed ORDER BY position")?;
        let rows =
            select.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Position of the entry that ordered the body at a position to be destroyed; none: it was not.
    pub fn destroyed_by(&self, position: u64) -> Result<Option<u64>> {
        let mut select = self.conn().prepare_cached("SELECT by FROM destroyed WHERE position = ?1")?;
        let mut rows = select.query([position as i64])?;
        Ok(rows.next()?.map(|row| row.get::<_, i64>(0)).transpose()?.map(|by| by as u64))
    }

    /// What the journal keeps in the stead of the body at a position, for rows that are read one by one.
    pub(super) fn stead(&self, position: u64) -> Result<Option<Bytes>> {
        let mut select = self.conn().prepare_cached("SELECT stead FROM destroyed WHERE position = ?1")?;
        let mut rows = select.query([position as i64])?;
        Ok(rows.next()?.map(|row| row.get::<_, Vec<u8>>(0)).transpose()?.map(Bytes::from))
    }
}

impl Journal {
    /// Destroys the body at a position, by order of the own entry at `by`. `stead`: the message to be read instead of it.
    /// False: it was destroyed before, or no entry stands there. A hub destroys nothing, since it delivers what it holds.
    pub fn destroy(&mut self, by: u64, position: u64, stead: &[u8]) -> Result<bool> {
        if self.hub {
            return Err(JournalError::State("a hub destroys nothing"));
        }
        if self.reads().destroyed_by(position)?.is_some() {
            return Ok(false);
        }
        let order = self.reads().at_position(by)?.ok_or(JournalError::Damaged(by, "missing"))?;
        if order.entry.header.ledger != self.own {
            return Err(JournalError::State("order"));
        }
        let Some(stored) = self.reads().at_position(position)? else { return Ok(false) };
        let content = stored.entry.without_body()?;
        self.conn
            .prepare_cached("INSERT INTO destroyed (position, by, stead) VALUES (?1, ?2, ?3)")?
            .execute(params![position as i64, by as i64, stead])?;
        self.conn
            .prepare_cached("UPDATE entry SET content = ?2 WHERE position = ?1")?
            .execute(params![position as i64, &content[..]])?;
        self.scour = Scour::Due;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::path::Path;

    use ed25519_dalek::SigningKey;
    use truc_proto::id::{Mark, OfficeId, RecordId};
    use truc_proto::wire::{Confidentiality, Urgency};
    use uuid::Uuid;

    use super::*;
    use crate::store::journal::{Draft, Journal, verify};

    const OWN: OfficeId = OfficeId(Uuid::from_u128(1));
    const WORDS: &[u8] = b"a text of its own, long enough to lie on pages of its own";

    fn append(journal: &mut Journal, body: &[u8]) -> u64 {
        let draft = Draft {
            author: "test".into(),
            record: RecordId(Uuid::from_u128(2)),
            kind: 99,
            body: body.to_vec().into(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let key = SigningKey::from_bytes(&[1; 32]);
        journal.group(|journal| journal.append(draft, &key, 1, 1)).unwrap().0
    }

    fn holds(folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().any(|file| {
            let bytes = fs::read(file.unwrap().path()).unwrap_or_default();
            bytes.windows(WORDS.len()).any(|window| window == WORDS)
        })
    }

    #[test]
    fn a_body_is_gone_from_the_file_and_the_chain_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut journal = Journal::open(&path, OWN, false).unwrap();
        let bodies: Vec<u64> =
            [WORDS, &WORDS.repeat(400)].map(|body| append(&mut journal, body)).into_iter().collect();
        let order = append(&mut journal, b"order");
        assert!(holds(folder.path()));
        let before: Vec<_> =
            bodies.iter().map(|at| journal.reads().at_position(*at).unwrap().unwrap()).collect();
        let destroy =
            |journal: &mut Journal, at| journal.group(|journal| journal.destroy(order, at, b"line"));
        for at in &bodies {
            assert!(destroy(&mut journal, *at).unwrap());
            assert!(!destroy(&mut journal, *at).unwrap(), "once");
        }
        assert!(!holds(folder.path()), "neither the file nor its log holds a word");
        append(&mut journal, b"what follows");
        for stored in before {
            let left = journal.reads().at_position(stored.position).unwrap().unwrap();
            assert_eq!((left.entry.hash, &left.entry.header), (stored.entry.hash, &stored.entry.header));
            assert!(left.entry.destroyed && left.entry.body.as_ref() == b"line");
            assert_eq!(journal.reads().destroyed_by(stored.position).unwrap(), Some(order));
        }
        drop(journal);
        let journal = Journal::open(&path, OWN, false).unwrap();
        assert_eq!(verify(journal.reads(), Mark::START, None).unwrap(), journal.end());
        assert_eq!(journal.reads().destroyed_count().unwrap(), 2);
        drop(journal);
        // Without an order, a body that is gone is damage.
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute("DELETE FROM destroyed WHERE position = 1", [])
            .unwrap();
        assert!(matches!(Journal::open(&path, OWN, false), Err(JournalError::Damaged(1, "does not decode"))));
    }
}
