//! The house in the views. Its strand holds everything that was said; there is nothing to list, owe or judge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::house::House;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record::Paper;
use truc_proto::record::State;
use truc_proto::record::house::{self, Strand};

use super::{Answer, Duty, Key, Kind};
use crate::derive::views::Result;
use crate::derive::views::read::{self, RecordRow, Viewpoint};

/// The house in the views.
pub struct Tables;

/// The house as people see it: it has pages of its own, which read [`said`].
#[derive(Debug, Serialize)]
pub struct Shown {}

/// Everything that was said of an office's house.
pub fn said(conn: &Connection, office: OfficeId) -> Result<Strand> {
    Ok(match read::strand(conn, house::record(office), house::KIND.number, office)? {
        Some(State::House(strand)) => strand,
        _ => Strand::default(),
    })
}

/// Houses that were folded last, each by the strand of which it is made, as it is written.
static FOLDED: Mutex<Vec<(String, Arc<House>)>> = Mutex::new(Vec::new());

/// The house of an office as of everything that was said. It is asked for by every page and every move of a work and changes
/// seldom: what was folded last is taken again while the strand is the same.
pub fn known(conn: &Connection, office: OfficeId) -> Result<Arc<House>> {
    let record = house::record(office);
    let Some(written) = read::written_strand(conn, record, house::KIND.number, office)? else {
        return Ok(Arc::default());
    };
    let mut folded = FOLDED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = folded.iter().position(|(known, _)| *known == written) {
        return Ok(Arc::clone(&folded[at].1));
    }
    let known = match serde_json::from_str(&written)? {
        State::House(strand) => Arc::new(strand.house()),
        _ => Arc::default(),
    };
    if folded.len() >= limits::HOUSES_FOLDED {
        folded.remove(0);
    }
    folded.push((written, Arc::clone(&known)));
    Ok(known)
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "";
    const SCHEMA: &str = "";

    fn paper(_: &Strand) -> Option<&Paper> {
        None
    }

    fn status(_: &Strand) -> &'static str {
        ""
    }

    fn write(_: &Connection, _: Key, _: &Strand) -> Result<()> {
        Ok(())
    }

    fn duties(_: &Strand, _: &[Scope]) -> Vec<Duty> {
        Vec::new()
    }

    fn answers(_: &Strand) -> Vec<Answer<'_>> {
        Vec::new()
    }

    fn show(_: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        strands.contains_key(&row.owner).then_some(Shown {})
    }
}
