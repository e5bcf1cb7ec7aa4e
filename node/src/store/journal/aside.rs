//! Own entries that lost a fork: kept, in no view, to be issued anew by people.

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use rusqlite::params;
use truc_proto::entry::Entry;
use truc_proto::id::Link;

use super::{Draft, Journal, JournalError, Reads, Result, hash_from};

/// An entry that was set aside.
#[derive(Clone, Debug)]
pub struct Aside {
    /// Its position in this journal, which stays its own.
    pub position: u64,
    /// The entry, hashed anew.
    pub entry: Entry,
    /// Position of the entry by which it was issued anew.
    pub again: Option<u64>,
}

impl Aside {
    /// The same content, to be written after today's tip in the name of `author`.
    pub fn draft(&self, author: String) -> Draft {
        let header = &self.entry.header;
        Draft {
            author,
            record: header.record,
            kind: header.kind,
            body: self.entry.body.clone(),
            audience: header.audience.iter().map(|channel| channel.scope).collect(),
            urgency: header.urgency,
            confidentiality: header.confidentiality,
            attachments: header.attachments.clone(),
        }
    }
}

impl Reads<'_> {
    /// Entries that were set aside, in the order in which they were written.
    pub fn asides(&self) -> Result<Vec<Aside>> {
        let mut statement = self.conn().prepare_cached(
            "SELECT position, hash, prev, signature, content, again FROM aside ORDER BY position",
        )?;
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let position = row.get::<_, i64>(0)? as u64;
            let content: Vec<u8> = row.get(4)?;
            let entry = Entry::read(Bytes::from(content), row.get(3)?, hash_from(row.get(2)?))
                .map_err(|_| JournalError::Damaged(position, "does not decode"))?;
            if entry.hash != hash_from(row.get(1)?) {
                return Err(JournalError::Damaged(position, "hash"));
            }
            let again = row.get::<_, Option<i64>>(5)?.map(|again| again as u64);
            all.push(Aside { position, entry, again });
        }
        Ok(all)
    }

    /// How many entries were ever set aside: what is derived from the journal must forget them.
    pub fn asides_count(&self) -> Result<u64> {
        let count: i64 =
            self.conn().prepare_cached("SELECT count(*) FROM aside")?.query_row([], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Whether this very entry of the own ledger lost a fork and was set aside.
    pub fn is_aside(&self, link: &Link) -> Result<bool> {
        Ok(self
            .conn()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM aside WHERE hash = ?1)")?
            .query_row([link.hash.0], |row| row.get(0))?)
    }
}

impl Journal {
    /// Issues an entry that was set aside anew: both in one group. Gives the new position with the entry.
    pub fn reissue(
        &mut self,
        aside: &Aside,
        author: String,
        key: &SigningKey,
        now_ms: u64,
        random: u32,
    ) -> Result<(u64, Entry)> {
        let (position, entry) = self.append(aside.draft(author), key, now_ms, random)?;
        self.conn
            .prepare_cached("UPDATE aside SET again = ?2 WHERE position = ?1")?
            .execute(params![aside.position as i64, position as i64])?;
        Ok((position, entry))
    }
}
