//! Numbers of waiting things, for the navigation and the page Today.

use rusqlite::{Connection, params};
use truc_proto::record::{Act as _, directive, guidance, inspection};

use crate::derive::views::columns::uuid;
use crate::derive::views::kinds::addressed;
use crate::derive::views::read::{self, Filter, Look, Row};
use crate::web::site::Site;
use crate::words::failure::Failure;

/// Numbers of things that wait for this office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// Papers not yet accepted.
    pub papers: usize,
    /// Guidance not yet acknowledged.
    pub guidance: usize,
    /// Inspections that ask for a self-report.
    pub inspections: usize,
}

/// Counts what waits for this office.
pub fn waiting(site: &Site) -> Result<Waiting, Failure> {
    site.look(|views, look| {
        Ok(Waiting {
            papers: unanswered(views, look, directive::Move::KIND, &["", "arrived"])?.len(),
            guidance: unanswered(views, look, guidance::Move::KIND, &["", "question"])?.len(),
            inspections: unanswered(views, look, inspection::Move::KIND, &[""])?.len(),
        })
    })
}

/// Records of a kind addressed to this office whose status here is missing or one of these (one or two); at most 500.
pub fn unanswered(
    views: &Connection,
    look: &Look<'_>,
    kind: u32,
    statuses: &[&str],
) -> crate::derive::views::Result<Vec<Row>> {
    let mut statement = views.prepare_cached(
        "SELECT r.id FROM record r LEFT JOIN strand s ON s.record = r.id AND s.kind = r.kind AND s.office = ?2
         WHERE r.kind = ?1 AND r.owner <> ?2 AND (s.status IS NULL OR s.status IN (?3, ?4))
         ORDER BY r.urgency DESC, r.opened DESC LIMIT 500",
    )?;
    let other = statuses.get(1).copied().unwrap_or_default();
    let ids = statement.query_map(params![kind, look.me.0.as_bytes(), statuses[0], other], |row| {
        Ok(truc_proto::id::RecordId(uuid(row, 0)?))
    })?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for id in ids {
        let rows = read::list(views, &Filter { kind: Some(kind), ..Filter::id(id) })?;
        found.extend(
            rows.into_iter().filter(|row| row.owner != look.me && addressed(look, &row.audience, look.me)),
        );
    }
    Ok(found)
}
