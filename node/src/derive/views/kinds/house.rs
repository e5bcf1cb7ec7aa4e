//! The house in the views. Its strand holds everything that was said; there is nothing to list, owe or judge.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
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
