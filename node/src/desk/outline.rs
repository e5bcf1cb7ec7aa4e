//! What waits for a word of this office: for the navigation and for Today.

use rusqlite::{Connection, params};
use truc_proto::record::{KINDS, Kind};

use crate::derive::views::columns::uuid;
use crate::derive::views::kinds::addressed;
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Urgency from which a paper rings: hỏa tốc.
const EXPRESS: u32 = 3;

/// Express records of every kind that are for this office and wait for its word.
pub fn express(views: &Connection, look: &Viewpoint<'_>) -> crate::derive::views::Result<Vec<RecordRow>> {
    let mut waiting = Vec::new();
    for kind in KINDS {
        waiting.extend(unanswered(views, look, kind)?);
    }
    waiting.retain(|row| row.urgency >= EXPRESS);
    Ok(waiting)
}

/// Records of a kind that are addressed to this office and wait for its word; at most 500.
pub fn unanswered(
    views: &Connection,
    look: &Viewpoint<'_>,
    kind: &Kind,
) -> crate::derive::views::Result<Vec<RecordRow>> {
    let Some(said) = kind.asks_word else { return Ok(Vec::new()) };
    let mut statement = views.prepare_cached(&format!(
        "SELECT r.id FROM record r LEFT JOIN strand s ON s.record = r.id AND s.kind = r.kind AND s.office = ?2
         WHERE r.kind = ?1 AND r.owner <> ?2 AND (s.status IS NULL OR s.status IN ('', '{}'))
         ORDER BY r.urgency DESC, r.opened DESC LIMIT 500",
        said.join("', '")
    ))?;
    let ids = statement.query_map(params![kind.number, look.me.0.as_bytes()], |row| {
        Ok(truc_proto::id::RecordId(uuid(row, 0)?))
    })?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for id in ids {
        let rows = read::list(views, &Filter { kind: Some(kind.number), ..Filter::id(id) })?;
        found.extend(
            rows.into_iter().filter(|row| row.owner != look.me && addressed(look, &row.audience, look.me)),
        );
    }
    Ok(found)
}
