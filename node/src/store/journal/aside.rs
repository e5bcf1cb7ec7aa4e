//! Entries that gave up their places: own ones that lost a fork, kept, in no view, for people to issue anew; and bytes
//! that nobody vouches for, at places that signed entries claimed.

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use rusqlite::params;
use truc_proto::entry::{Entry, SALT};
use truc_proto::id::Link;
use truc_proto::seal::inside;

use super::{Chance, Draft, Journal, JournalError, Reads, Result, Seal, hash_from};

/// An entry that was set aside.
#[derive(Clone, Debug)]
pub struct Aside {
    /// Position in this journal, which no other entry gets.
    pub position: u64,
    /// The entry; its hash was checked.
    pub entry: Entry,
    /// Position of the entry by which it was issued anew, if it was.
    pub again: Option<u64>,
}

impl Aside {
    /// Draft of the same content, by `author`, to be written after today's tip.
    pub fn draft(&self, author: String) -> Draft {
        let header = &self.entry.header;
        Draft {
            // Who issues it anew is not told by what names nobody.
            author: if header.seal.is_some() { header.author.clone() } else { author },
            record: header.record,
            kind: header.kind,
            // As it was written: what is sealed stays so.
            body: self.entry.parts().map_or_else(|_| Bytes::new(), |parts| parts.body.slice(SALT..)),
            audience: header.audience.iter().map(|channel| channel.scope).collect(),
            urgency: header.urgency,
            confidentiality: header.confidentiality,
            attachments: match header.seal {
                Some(_) => header.attachments.iter().cloned().map(inside::unnamed).collect(),
                None => header.attachments.clone(),
            },
            // What it is sealed to does not depend on its place.
            seal: header.seal.map(|commit| Seal { commit, mv: header.mv }),
        }
    }
}

impl Reads<'_> {
    /// Own entries that were set aside, in the order in which they were written.
    pub fn asides(&self) -> Result<Vec<Aside>> {
        let mut statement = self.conn().prepare_cached(
            "SELECT position, hash, prev, signature, content, again FROM aside \
             WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) ORDER BY position",
        )?;
        let mut rows = statement.query([self.own().0.as_bytes()])?;
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
            all.push(Aside { position, entry: self.opened(entry), again });
        }
        Ok(all)
    }

    /// Number of entries that were ever set aside, and of bodies that were destroyed; whatever is derived from the journal
    /// begins anew when it grows.
    pub fn asides_count(&self) -> Result<u64> {
        let count: i64 =
            self.conn().prepare_cached("SELECT count(*) FROM aside")?.query_row([], |row| row.get(0))?;
        Ok(count as u64 + self.destroyed_count()?)
    }

    /// Whether exactly this entry of the own ledger was set aside.
    pub fn is_aside(&self, link: &Link) -> Result<bool> {
        Ok(self
            .conn()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM aside WHERE hash = ?1)")?
            .query_row([link.hash.0], |row| row.get(0))?)
    }
}

impl Journal {
    /// Issues an entry that was set aside anew, and notes that. Returns the new entry with its position.
    pub fn reissue(
        &mut self,
        aside: &Aside,
        author: String,
        key: &SigningKey,
        now_ms: u64,
        chance: impl Into<Chance>,
    ) -> Result<(u64, Entry)> {
        let (position, entry) = self.append(aside.draft(author), key, now_ms, chance)?;
        self.conn
            .prepare_cached("UPDATE aside SET again = ?2 WHERE position = ?1")?
            .execute(params![aside.position as i64, position as i64])?;
        Ok((position, entry))
    }
}
