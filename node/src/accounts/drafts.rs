//! Drafts: text typed in forms, stored so that a lost session, browser or connection loses nothing.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use truc_proto::limits;
use uuid::Uuid;

use super::{Accounts, commit};
use crate::words::failure::{ExitCode, Failure};

const COLUMNS: &str = "SELECT id, form, owner, title, fields, shared, version, saved_by, saved_at FROM draft";

/// A draft as the page that saves it sends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Chosen by the page that begins the draft.
    pub id: Uuid,
    /// Name of the form.
    pub form: String,
    /// When saving: the saving account. When read: the account that began the draft.
    pub owner: String,
    /// Title for lists.
    pub title: String,
    /// The form's fields, JSON.
    pub fields: String,
    /// Whether colleagues can read and edit it; only the owner changes this.
    pub shared: bool,
    /// The version that the page had loaded; 0 for a new draft.
    pub version: u64,
}

/// A draft as stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SavedDraft {
    /// The newest version.
    pub draft: Draft,
    /// Account that saved this version.
    pub saved_by: String,
    /// When it was saved, Unix seconds.
    pub saved_at: u64,
}

/// Why a draft was not saved as a new version.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DraftError {
    /// Somebody else saved another version meanwhile. That version stays, and the text of this one is stored as a
    /// separate draft.
    #[error("edited by {by} in between")]
    Edited {
        /// Account that saved the other version.
        by: String,
        /// When it was saved, Unix seconds.
        at: u64,
        /// Id of the separate draft.
        kept: Uuid,
    },
    /// Any other failure.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<rusqlite::Error> for DraftError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl Accounts {
    /// Saves a draft and returns its new version. Fails with [`DraftError::Edited`] if somebody saved it meanwhile.
    pub fn save_draft(&self, mut draft: Draft, now: u64) -> Result<u64, DraftError> {
        let size = draft.form.len() + draft.title.len() + draft.fields.len();
        if size > limits::DRAFT {
            return Err(Failure::new(ExitCode::Input, "draft-too-large")
                .sized("limit", limits::DRAFT)
                .into());
        }
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        let saver = draft.owner.clone();
        let Some(stands) = find(&tx, draft.id)? else {
            // A new draft, or one that was dropped while it was being edited: the text is stored again, not lost.
            draft.version = 1;
            insert(&tx, &draft, now)?;
            commit(tx)?;
            return Ok(1);
        };
        if !stands.open_to(&saver) {
            return Err(not_yours().into());
        }
        if stands.draft.version != draft.version {
            draft.id = Uuid::now_v7();
            draft.version = 1;
            // Nobody signs one of two versions by mistake: the person hands this one in if it is to count.
            draft.shared = false;
            insert(&tx, &draft, now)?;
            commit(tx)?;
            return Err(DraftError::Edited { by: stands.saved_by, at: stands.saved_at, kept: draft.id });
        }
        let shared = if stands.draft.owner == saver { draft.shared } else { stands.draft.shared };
        let version = stands.draft.version + 1;
        tx.execute(
            "UPDATE draft SET title = ?2, fields = ?3, shared = ?4, version = ?5, saved_by = ?6, saved_at = ?7
             WHERE id = ?1",
            params![
                draft.id.as_bytes(),
                draft.title,
                draft.fields,
                shared,
                version as i64,
                saver,
                now as i64
            ],
        )?;
        commit(tx)?;
        Ok(version)
    }

    /// The id of the draft of a form that is about these things: always the same, and known only to who was shown it.
    pub fn draft_about<'a>(&self, about: impl IntoIterator<Item = &'a str>) -> Uuid {
        let mut hash = Sha256::new_with_prefix(self.0.seed);
        for text in about {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let sum: [u8; 32] = hash.finalize().into();
        Uuid::from_u128(u128::from_be_bytes(*sum.first_chunk().unwrap_or(&[0; 16])))
    }

    /// A draft by its id. The caller checks [`SavedDraft::open_to`].
    pub fn draft(&self, id: Uuid) -> Result<Option<SavedDraft>, Failure> {
        Ok(find(&self.conn(), id)?)
    }

    /// The drafts that an account began, with `see_shared` also those that colleagues share; newest first.
    pub fn drafts(&self, viewer: &str, see_shared: bool) -> Result<Vec<SavedDraft>, Failure> {
        let conn = self.conn();
        let query = format!("{COLUMNS} WHERE owner = ?1 OR (shared AND ?2) ORDER BY saved_at DESC, id DESC");
        let mut statement = conn.prepare_cached(&query)?;
        let rows = statement.query_map(params![viewer, see_shared], saved)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Uploads that drafts name, of all accounts.
    pub fn uploads_named(&self) -> Result<HashSet<Uuid>, Failure> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached("SELECT fields FROM draft")?;
        let all = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        // Whatever a form looks like: an id before a slash is taken for a handle's, so that too much is kept at most.
        let ids = |fields: &String| -> Vec<Uuid> {
            let slashes = fields.match_indices('/').map(|(at, _)| at);
            slashes.filter_map(|at| fields.get(at.checked_sub(36)?..at)?.parse().ok()).collect()
        };
        Ok(all.iter().flat_map(ids).collect())
    }

    /// Lets nothing of what was deleted or overwritten remain in the files.
    pub fn scrub(&self) -> Result<(), Failure> {
        let conn = self.lasting()?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Deletes a draft that was sent or is not wanted any more; does nothing if there is none.
    pub fn drop_draft(&self, id: Uuid, by: &str) -> Result<(), Failure> {
        let conn = self.lasting()?;
        if find(&conn, id)?.is_some_and(|draft| draft.draft.owner != by) {
            return Err(not_yours());
        }
        conn.execute("DELETE FROM draft WHERE id = ?1", [id.as_bytes()])?;
        Ok(())
    }
}

impl SavedDraft {
    /// Whether an account can read and edit the draft.
    pub fn open_to(&self, account: &str) -> bool {
        self.draft.shared || self.draft.owner == account
    }
}

fn not_yours() -> Failure {
    Failure::new(ExitCode::NotAllowed, "draft-of-another")
}

pub(super) fn find(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<SavedDraft>> {
    conn.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?.query_row([id.as_bytes()], saved).optional()
}

pub(super) fn insert(tx: &Connection, draft: &Draft, now: u64) -> Result<(), Failure> {
    let query = "SELECT count(*) FROM draft WHERE owner = ?1";
    let mine: i64 = tx.prepare_cached(query)?.query_row([&draft.owner], |row| row.get(0))?;
    if mine as usize >= limits::DRAFTS {
        return Err(Failure::new(ExitCode::NotAllowed, "draft-too-many").with("limit", limits::DRAFTS));
    }
    tx.execute(
        "INSERT INTO draft (id, form, owner, title, fields, shared, version, saved_by, saved_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?3, ?8)",
        params![
            draft.id.as_bytes(),
            draft.form,
            draft.owner,
            draft.title,
            draft.fields,
            draft.shared,
            draft.version as i64,
            now as i64
        ],
    )?;
    Ok(())
}

fn saved(row: &Row<'_>) -> rusqlite::Result<SavedDraft> {
    let draft = Draft {
        id: Uuid::from_bytes(row.get(0)?),
        form: row.get(1)?,
        owner: row.get(2)?,
        title: row.get(3)?,
        fields: row.get(4)?,
        shared: row.get(5)?,
        version: row.get::<_, i64>(6)? as u64,
    };
    Ok(SavedDraft { draft, saved_by: row.get(7)?, saved_at: row.get::<_, i64>(8)? as u64 })
}
