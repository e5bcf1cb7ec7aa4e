//! Forms that were carried out: the same form that is pressed again shows what came of it.

use rusqlite::{OptionalExtension, params};
use truc_proto::limits;
use uuid::Uuid;

use super::{Accounts, commit, drafts};
use crate::words::failure::Failure;

/// What came of a form. Its draft's id is the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// Path of the page that shows what came of it.
    pub place: String,
    /// SHA-256 of the fields that were carried out.
    pub fields: [u8; 32],
    /// Whether the same form may be carried out again with other fields: a move may, a paper is issued once.
    pub again: bool,
    /// When it was carried out, Unix seconds.
    pub at: u64,
}

impl Accounts {
    /// What came of a form; none: it was not carried out, or so long ago that it is forgotten.
    pub fn done(&self, id: Uuid) -> Result<Option<Done>, Failure> {
        let query = "SELECT place, fields, again, at FROM done WHERE draft = ?1";
        let found = self.conn().prepare_cached(query)?.query_row([id.as_bytes()], |row| {
            Ok(Done {
                place: row.get(0)?,
                fields: row.get(1)?,
                again: row.get(2)?,
                at: row.get::<_, i64>(3)? as u64,
            })
        });
        Ok(found.optional()?)
    }

    /// Notes what came of a form, and deletes its draft if `by` may.
    pub fn finish_draft(&self, id: Uuid, by: &str, done: &Done) -> Result<(), Failure> {
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        if drafts::find(&tx, id)?.is_some_and(|draft| draft.open_to(by)) {
            tx.execute("DELETE FROM draft WHERE id = ?1", [id.as_bytes()])?;
        }
        let forgotten = done.at.saturating_sub(limits::DONE_KEPT.as_secs());
        tx.execute("DELETE FROM done WHERE at < ?1", [forgotten as i64])?;
        tx.execute(
            "INSERT OR REPLACE INTO done (draft, place, fields, again, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id.as_bytes(), done.place, done.fields, done.again, done.at as i64],
        )?;
        commit(tx)
    }
}
