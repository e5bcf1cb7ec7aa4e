//! Papers of which their addressees have said nothing, not even that they arrived. What an addressee says in its own
//! ledger is an end-to-end receipt, which the hub cannot forge. If it does not come, somebody should telephone: mostly
//! a machine is off; if not, the hub withholds.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record::KINDS;

use super::Result;
use super::columns::{millis, uuid};
use super::read::Viewpoint;

/// Own papers without any answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Unheard {
    /// Number of papers that at least one addressee has said nothing of.
    pub papers: u64,
    /// Those addressees.
    pub offices: BTreeSet<OfficeId>,
    /// Signed time of the oldest of the papers, Unix milliseconds.
    pub oldest: Option<i64>,
}

/// Own papers that ask for an answer and have been at the hub for longer than [`limits::WORD_OVERDUE`], without a word
/// from some addressee. `receipted`: position in the journal up to which own entries are at the hub.
pub fn unheard(conn: &Connection, look: &Viewpoint<'_>, receipted: u64) -> Result<Unheard> {
    let before = |age: std::time::Duration| look.now.saturating_sub(age.as_millis() as i64) << 16;
    let asking = KINDS.iter().filter(|kind| kind.asks_word.is_some()).map(|kind| kind.number.to_string());
    let mut papers = conn.prepare_cached(&format!(
        "SELECT id, kind, audience, opened, position FROM record
         WHERE owner = ?1 AND kind IN ({}) AND opened BETWEEN ?2 AND ?3 AND position <= ?4",
        asking.collect::<Vec<_>>().join(", ")
    ))?;
    let mut spoke = conn.prepare_cached("SELECT office FROM strand WHERE record = ?1 AND kind = ?2")?;
    let mut rows = papers.query(params![
        look.me.0.as_bytes(),
        before(limits::WORD_LOOKED),
        before(limits::WORD_OVERDUE),
        receipted as i64
    ])?;
    let mut unheard = Unheard::default();
    while let Some(row) = rows.next()? {
        let audience: Vec<Scope> =
            serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
        let position = row.get::<_, i64>(4)? as u64;
        let mut silent: BTreeSet<OfficeId> = BTreeSet::new();
        for scope in audience {
            let there = look.registry.resolve(scope).into_iter();
            // An office that joined the scope later was not sent the paper.
            silent.extend(there.filter(|office| look.registry.addressed(*office, scope, position)));
        }
        silent.remove(&look.me);
        let key = params![row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?, row.get::<_, u32>(1)?];
        for office in spoke.query_map(key, |row| Ok(OfficeId(uuid(row, 0)?)))? {
            silent.remove(&office?);
        }
        if !silent.is_empty() {
            let opened = millis(row, 3)?;
            unheard.papers += 1;
            unheard.offices.append(&mut silent);
            unheard.oldest = Some(unheard.oldest.map_or(opened, |oldest| oldest.min(opened)));
        }
    }
    Ok(unheard)
}
