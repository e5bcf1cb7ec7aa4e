//! Audit notes: logins, changes of accounts and settings, exports. The ledger does not hold them.

use std::net::IpAddr;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use truc_proto::limits;

use super::{Accounts, commit};
use crate::words::failure::Failure;

/// A note of one action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Its number; pass it as `before` to read older notes.
    pub id: i64,
    /// When, Unix seconds.
    pub at: u64,
    /// The account that acted.
    pub who: String,
    /// Code of the action, such as `login` or `account-added`.
    pub what: String,
    /// Object of the action, such as the name of an account.
    pub about: String,
    /// Address of the client; none: the command line or the program itself.
    pub source: Option<String>,
}

impl Accounts {
    /// Adds a note and deletes those older than [`limits::NOTES_KEPT`].
    pub fn note(
        &self,
        who: &str,
        what: &str,
        about: &str,
        source: Option<IpAddr>,
        now: u64,
    ) -> Result<(), Failure> {
        self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            note(&tx, who, what, about, source, now)?;
            commit(tx)
        })
    }

    /// Adds a note of the same action for each of several things: all or none.
    pub fn note_all(
        &self,
        who: &str,
        what: &str,
        about: &[String],
        source: Option<IpAddr>,
        now: u64,
    ) -> Result<(), Failure> {
        self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            for about in about {
                note(&tx, who, what, about, source, now)?;
            }
            commit(tx)
        })
    }

    /// The newest notes, or the newest before the note `before`; at most [`limits::NOTES`].
    pub fn notes(&self, before: Option<i64>, limit: u32) -> Result<Vec<Note>, Failure> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached(
            "SELECT id, at, who, what, about, source FROM note WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let before = before.unwrap_or(i64::MAX);
        let rows = statement.query_map(params![before, limit.min(limits::NOTES)], |row| {
            Ok(Note {
                id: row.get(0)?,
                at: row.get::<_, i64>(1)? as u64,
                who: row.get(2)?,
                what: row.get(3)?,
                about: row.get(4)?,
                source: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Adds a note within an open transaction.
pub(super) fn note(
    tx: &Connection,
    who: &str,
    what: &str,
    about: &str,
    source: Option<IpAddr>,
    now: u64,
) -> rusqlite::Result<()> {
    let old = now.saturating_sub(limits::NOTES_KEPT.as_secs());
    tx.prepare_cached("DELETE FROM note WHERE at < ?1")?.execute([old as i64])?;
    tx.prepare_cached("INSERT INTO note (at, who, what, about, source) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            now as i64,
            who,
            what,
            about,
            source.map(|source| source.to_canonical().to_string())
        ])?;
    Ok(())
}
