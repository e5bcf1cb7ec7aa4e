//! What waits for a word of this office: for the navigation and for Today.

use rusqlite::Connection;
use truc_proto::record::{KINDS, Kind};

use crate::derive::views::Result;
use crate::derive::views::filter::OrderBy;
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Express records of every kind that are for this office and wait for its word.
pub fn express(views: &Connection, look: &Viewpoint<'_>) -> Result<Vec<RecordRow>> {
    let mut waiting = Vec::new();
    for kind in KINDS {
        waiting.extend(unanswered(views, look, kind, u32::MAX)?.0);
    }
    waiting.retain(RecordRow::is_express);
    Ok(waiting)
}

/// Records of a kind that are addressed to this office and wait for its word, the most urgent first; none: no record of
/// the kind waits for a word.
pub fn waiting(look: &Viewpoint<'_>, kind: &Kind) -> Option<Filter> {
    let states = std::iter::once("").chain(kind.asks_word?.iter().copied()).map(str::to_owned).collect();
    let order = Some(OrderBy::Column("record.urgency"));
    Some(Filter { states, order, down: true, ..read::received(look, kind.number) })
}

/// How many there are of these.
pub fn count(views: &Connection, filter: &Filter) -> Result<usize> {
    count_in(views, filter, "")
}

/// How many match a filter that asks about the kind's own table.
pub fn count_in(views: &Connection, filter: &Filter, table: &str) -> Result<usize> {
    Ok(read::counts(views, filter, table)?.values().sum())
}

/// Records that wait for a word of this office, so many of them at most, and how many there are in all.
pub fn unanswered(
    views: &Connection,
    look: &Viewpoint<'_>,
    kind: &Kind,
    most: u32,
) -> Result<(Vec<RecordRow>, usize)> {
    let Some(filter) = waiting(look, kind) else { return Ok((Vec::new(), 0)) };
    let all = count(views, &filter)?;
    Ok((read::list(views, &Filter { limit: most, ..filter })?, all))
}
