//! What waits for a word of this office: for the navigation, for Today and for the watch.

use std::collections::HashSet;

use rusqlite::Connection;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::paper::EXPRESS;
use truc_proto::record::Kind;

use crate::derive::views::Result;
use crate::derive::views::filter::OrderBy;
use crate::derive::views::kinds::directive::{self, ASKED_BACK};
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Express records of every kind that are for this office and wait for its word.
#[derive(Debug, Default)]
pub struct Express {
    /// What is shown, that of offices above first; of any other sender at most [`limits::EXPRESS_OF_ONE`], so that no
    /// neighbour takes the place of what must be met at once.
    pub rows: Vec<RecordRow>,
    /// What is left out, by sender.
    pub more: Vec<(OfficeId, usize)>,
}

impl Express {
    /// How many there are in all.
    pub fn all(&self) -> usize {
        self.rows.len() + self.more.iter().map(|(_, count)| count).sum::<usize>()
    }
}

/// The express records that wait for a word of this office, of the kinds given.
pub fn express(views: &Connection, look: &Viewpoint<'_>, kinds: &[&Kind]) -> Result<Express> {
    let above: HashSet<OfficeId> = look.registry.ancestors(look.me).collect();
    let mut sent = Vec::new();
    for kind in kinds {
        let Some(filter) = waiting(look, kind) else { continue };
        let filter = Filter { urgency: EXPRESS, ..filter };
        let senders = read::senders(views, &filter)?.into_iter();
        sent.extend(senders.map(|(owner, count)| (count, Filter { owner: Some(owner), ..filter.clone() })));
    }
    let is_above = |filter: &Filter| filter.owner.is_some_and(|owner| above.contains(&owner));
    sent.sort_by_key(|(_, filter)| !is_above(filter));
    let mut express = Express::default();
    for (count, filter) in sent {
        let most = if is_above(&filter) { limits::TODAY_SHOWN } else { limits::EXPRESS_OF_ONE };
        let limit = most.min(limits::TODAY_SHOWN.saturating_sub(express.rows.len()));
        let before = express.rows.len();
        if limit > 0 {
            express.rows.extend(read::list(views, &Filter { limit: limit as u32, ..filter.clone() })?);
        }
        let left = count.saturating_sub(express.rows.len() - before);
        if let Some(owner) = filter.owner.filter(|_| left > 0) {
            express.more.push((owner, left));
        }
    }
    Ok(express)
}

/// Records of a kind that are addressed to this office and wait for its word, the most urgent first; none: no record of
/// the kind waits for a word.
pub fn waiting(look: &Viewpoint<'_>, kind: &Kind) -> Option<Filter> {
    let states = std::iter::once("").chain(kind.asks_word?.iter().copied()).map(str::to_owned).collect();
    let order = Some(OrderBy::Column("record.urgency"));
    // What its sender asks back waits for that answer.
    let also = vec![(format!("NOT {ASKED_BACK}").into(), vec![look.me.0.as_bytes().to_vec().into()])];
    Some(Filter { states, order, also, down: true, ..read::received(look, kind.number) })
}

/// How many there are of these.
pub fn count(views: &Connection, filter: &Filter) -> Result<usize> {
    count_in(views, filter, "")
}

/// How many match a filter that asks about the kind's own table.
pub fn count_in(views: &Connection, filter: &Filter, table: &str) -> Result<usize> {
    Ok(read::counts(views, filter, table)?.values().sum())
}

/// Records that wait for a word of this office and are not express, so many of them at most, and how many there are in all.
pub fn ordinary(
    views: &Connection,
    look: &Viewpoint<'_>,
    kind: &Kind,
    most: u32,
) -> Result<(Vec<RecordRow>, usize)> {
    let waiting = waiting(look, kind).map(|mut filter| {
        filter.also.push(("record.urgency < ?".into(), vec![EXPRESS.into()]));
        filter
    });
    at_most(views, waiting, most)
}

/// Records that wait for a word of this office, so many of them at most, and how many there are in all.
pub fn unanswered(
    views: &Connection,
    look: &Viewpoint<'_>,
    kind: &Kind,
    most: u32,
) -> Result<(Vec<RecordRow>, usize)> {
    at_most(views, waiting(look, kind), most)
}

/// Papers that their senders ask back, so many of them at most, and how many there are in all.
pub fn asked_back(views: &Connection, look: &Viewpoint<'_>, most: u32) -> Result<(Vec<RecordRow>, usize)> {
    at_most(views, Some(directive::asked_back(look)), most)
}

fn at_most(views: &Connection, filter: Option<Filter>, most: u32) -> Result<(Vec<RecordRow>, usize)> {
    let Some(filter) = filter else { return Ok((Vec::new(), 0)) };
    let all = count(views, &filter)?;
    Ok((read::list(views, &Filter { limit: most, ..filter })?, all))
}
