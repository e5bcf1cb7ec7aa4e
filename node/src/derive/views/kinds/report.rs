//! Reports in the views.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::report::{Indicator, Move, Strand, form_key};
use truc_proto::record::{Act, Confirmation, Paper, Period, State};
use truc_proto::time::Hlc;

use super::{Answer, Duty, Key, Kind, list_with};
use crate::derive::views::Result;
use crate::derive::views::filter::StateOf;
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Reports in the views.
pub struct Tables;

/// A report as people see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Code of the form.
    pub form: String,
    /// What it covers.
    pub period: Option<Period>,
    /// Its figures; a missing value is "no data", not zero.
    pub indicators: Vec<Indicator>,
    /// The newest version.
    pub version: u32,
    /// When each version was submitted.
    pub versions: BTreeMap<u32, Hlc>,
    /// What the offices it went to say of the newest version.
    pub judged: BTreeMap<OfficeId, Confirmation>,
    /// submitted; returned if any office returned it; accepted if all that judged accepted it.
    pub status: &'static str,
}

/// A report in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// As all records.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Code of the form.
    pub form: String,
    /// year, quarter, month …; empty: no period.
    pub period_kind: String,
    /// First day.
    pub period_from: String,
    /// Last day.
    pub period_to: String,
    /// The newest version.
    pub version: i64,
    /// Where it stands with those who judge it.
    #[serde(skip)]
    pub state: String,
}

/// Reports that match.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<Listed>> {
    let filter = Filter { kind: Some(Move::KIND), ..filter.clone() };
    let columns = format!("form, period_kind, period_from, period_to, version, {}", StateOf::Report.sql());
    list_with(conn, &filter, Tables::TABLE, &columns, |row, column| {
        Ok(Listed {
            row,
            form: super::text(column(0)?),
            period_kind: super::text(column(1)?),
            period_from: super::text(column(2)?),
            period_to: super::text(column(3)?),
            version: super::number(column(4)?),
            state: super::text(column(5)?),
        })
    })
}

/// Where a report stands: submitted; returned if any office returned its newest version; accepted if all that
/// judged it accepted it.
pub fn status(conn: &Connection, id: RecordId, owner: OfficeId) -> Result<&'static str> {
    let strands = read::strands(conn, id, Move::KIND)?;
    let version = strands.get(&owner).and_then(|row| match &row.state {
        State::Report(strand) => strand.owner.as_ref().map(|owner| owner.submitted.version),
        _ => None,
    });
    let verdicts = strands.values().filter_map(|row| match &row.state {
        State::Report(strand) => strand.judged.get(&version?),
        _ => None,
    });
    Ok(joined_status(verdicts))
}

fn joined_status<'a>(verdicts: impl Iterator<Item = &'a Confirmation>) -> &'static str {
    verdicts.fold("submitted", |status, verdict| match (status, verdict.accepted) {
        ("returned", _) | (_, false) => "returned",
        (_, true) => "accepted",
    })
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "report";
    const SCHEMA: &str = "
        CREATE TABLE report (
          record      BLOB    NOT NULL,
          owner       BLOB    NOT NULL,
          form        TEXT    NOT NULL,
          form_key    TEXT    NOT NULL,   -- what all writings of its code have in common
          period_kind TEXT    NOT NULL,   -- empty: no period
          period_from TEXT    NOT NULL,
          period_to   TEXT    NOT NULL,
          version     INTEGER NOT NULL,   -- the newest
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX report_period ON report (form_key, period_kind, period_to);";

    fn paper(strand: &Strand) -> Option<&Paper> {
        strand.owner.as_ref().map(|owner| &owner.submitted.paper)
    }

    fn status(strand: &Strand) -> &'static str {
        match (&strand.owner, strand.judged.values().next_back()) {
            (Some(_), _) => "submitted",
            (None, Some(verdict)) if verdict.accepted => "accepted",
            (None, Some(_)) => "returned",
            (None, None) => "",
        }
    }

    fn write(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let Some(owner) = &strand.owner else { return Ok(()) };
        let (kind, from, to) = super::period_columns(owner.submitted.period.as_ref());
        conn.prepare_cached(
            "INSERT INTO report (record, owner, form, form_key, period_kind, period_from, period_to, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            key.record.0.as_bytes(),
            key.office.0.as_bytes(),
            owner.submitted.form,
            form_key(&owner.submitted.form),
            kind,
            from,
            to,
            owner.submitted.version
        ])?;
        Ok(())
    }

    /// A report is itself the answer to a duty, which its request will carry.
    fn duties(_: &Strand, _: &[Scope]) -> Vec<Duty> {
        Vec::new()
    }

    fn answers(_: &Strand) -> Vec<Answer<'_>> {
        Vec::new()
    }

    fn show(look: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        let owner = strands.get(&row.owner)?.owner.as_ref()?;
        let version = owner.submitted.version;
        let judged: BTreeMap<OfficeId, Confirmation> = strands
            .iter()
            .filter(|(office, _)| super::addressed(look, &row.audience, **office))
            .filter_map(|(office, strand)| Some((*office, strand.judged.get(&version)?.clone())))
            .collect();
        let status = joined_status(judged.values());
        Some(Shown {
            form: owner.submitted.form.clone(),
            period: owner.submitted.period.clone(),
            indicators: owner.submitted.indicators.clone(),
            version,
            versions: owner.versions.clone(),
            judged,
            status,
        })
    }
}
