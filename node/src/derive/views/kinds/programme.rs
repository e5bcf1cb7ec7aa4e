//! Programmes in the views.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::programme::{CLOSED, Gone, Item, Strand};
use truc_proto::record::{Act, Confirmation, Paper, Period, Progress, Said, programme::Move};
use truc_proto::time::{Hlc, When};

use super::{Answer, Denial, Duty, Key, Kind, list_with};
use crate::derive::views::Result;
use crate::derive::views::owed::{self, Word};
use crate::derive::views::read::{Filter, RecordRow, Viewpoint};

/// Programmes in the views.
pub struct Tables;

/// A programme as people see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// What it plans for.
    pub period: Option<Period>,
    /// The version in force.
    pub version: u32,
    /// Its items.
    pub items: Vec<ShownItem>,
    /// Items that ended without a result, as they were, and why; those that were done are not among them.
    pub dropped: Vec<Gone>,
    /// The programme that carries on what was open at its end.
    pub carried: Option<RecordId>,
    /// Its end.
    pub closed: Option<Said>,
}

/// An item and how it stands.
#[derive(Debug, Serialize)]
pub struct ShownItem {
    /// As written.
    #[serde(flatten)]
    pub item: Item,
    /// The deadlines that it had before, oldest first.
    pub earlier: Vec<String>,
    /// What its lead says.
    pub progress: Option<Progress>,
    /// What the owner says of it.
    pub confirmed: Option<Confirmation>,
    /// When it was done, as far as the owner has not said since that it is not.
    pub done: Option<When>,
    /// How it stands.
    pub status: DutyStatus,
}

impl ShownItem {
    /// Whether its lead has not finished it, or the owner denied that since.
    pub fn is_open(&self) -> bool {
        self.done.is_none()
    }
}

/// A programme in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// As all records.
    #[serde(flatten)]
    pub row: RecordRow,
    /// year, quarter, month, week …; empty: no period.
    pub period_kind: String,
    /// First day.
    pub period_from: String,
    /// Last day.
    pub period_to: String,
    /// The version in force.
    pub version: i64,
    /// How many items.
    pub items: i64,
}

/// Programmes that match.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<Listed>> {
    let filter = Filter { kind: Some(Move::KIND), ..filter.clone() };
    let columns = "period_kind, period_from, period_to, version, items";
    list_with(conn, &filter, Tables::TABLE, columns, |row, column| {
        Ok(Listed {
            row,
            period_kind: super::text(column(0)?),
            period_from: super::text(column(1)?),
            period_to: super::text(column(2)?),
            version: super::number(column(3)?),
            items: super::number(column(4)?),
        })
    })
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "programme";
    const SCHEMA: &str = "
        CREATE TABLE programme (
          record      BLOB    NOT NULL,
          owner       BLOB    NOT NULL,
          period_kind TEXT    NOT NULL,   -- empty: no period
          period_from TEXT    NOT NULL,
          period_to   TEXT    NOT NULL,
          version     INTEGER NOT NULL,   -- in force
          items       INTEGER NOT NULL,   -- how many
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;";

    fn paper(strand: &Strand) -> Option<&Paper> {
        strand.owner.as_ref().map(|owner| &owner.issued.paper)
    }

    fn status(strand: &Strand) -> &'static str {
        match &strand.owner {
            Some(owner) if owner.closed.is_some() => CLOSED.name,
            Some(_) => "issued",
            None if strand.progress.is_empty() => "",
            None if strand.progress.values().all(|progress| progress.done.is_some()) => "done",
            None => "progress",
        }
    }

    fn write(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let Some(owner) = &strand.owner else { return Ok(()) };
        let (kind, from, to) = super::period_columns(owner.issued.period.as_ref());
        conn.prepare_cached(
            "INSERT INTO programme (record, owner, period_kind, period_from, period_to, version, items)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            key.record.0.as_bytes(),
            key.office.0.as_bytes(),
            kind,
            from,
            to,
            owner.issued.version,
            owner.issued.items.len() as i64
        ])?;
        Ok(())
    }

    fn duties(strand: &Strand, _: &[Scope]) -> Vec<Duty> {
        let items = strand.owner.iter().flat_map(|owner| &owner.issued.items);
        let duty = |item: &Item| Duty {
            part: item.id.clone(),
            by: Scope::office(item.lead),
            due: Due::parse(&item.due).ok().flatten(),
            content: item.content.clone(),
        };
        items.map(duty).collect()
    }

    fn answers(strand: &Strand) -> Vec<Answer<'_>> {
        let closed = strand.owner.as_ref().and_then(|owner| owner.closed.as_ref());
        let closed =
            closed.map(|said| Answer { part: "", word: CLOSED.name, said: said.when.time, done: None });
        super::progress_answers(strand.progress.iter()).into_iter().chain(closed).collect()
    }

    fn denials(strand: &Strand) -> Vec<Denial<'_>> {
        let Some(owner) = &strand.owner else { return Vec::new() };
        let denied = |item: &'_ Item| owner.confirmed.get(&item.id).filter(|verdict| !verdict.accepted);
        owner
            .issued
            .items
            .iter()
            .filter_map(|item| Some(Denial { part: &item.id, office: item.lead, said: denied(item)?.time }))
            .collect()
    }

    fn show(look: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        let owner = strands.get(&row.owner)?.owner.as_ref()?;
        let show = |item: &Item| {
            let progress = strands.get(&item.lead).and_then(|strand| strand.progress.get(&item.id)).cloned();
            let confirmed = owner.confirmed.get(&item.id).cloned();
            let due = Due::parse(&item.due).ok().flatten();
            let said = progress.as_ref().map(super::spoken);
            let word =
                owed::word(Move::KIND, "", said, super::denied(confirmed.as_ref())).unwrap_or(Word::Nothing);
            let word = word.not_before(Hlc::at(row.opened as u64));
            let status = look.status(item.lead, due, word);
            let earlier = owner.earlier.get(&item.id).cloned().unwrap_or_default();
            ShownItem { item: item.clone(), earlier, progress, confirmed, done: word.done(), status }
        };
        Some(Shown {
            period: owner.issued.period.clone(),
            version: owner.issued.version,
            items: owner.issued.items.iter().map(show).collect(),
            dropped: owner.dropped.values().filter(|gone| !gone.reason.is_empty()).cloned().collect(),
            carried: owner.carried,
            closed: owner.closed.clone(),
        })
    }
}
