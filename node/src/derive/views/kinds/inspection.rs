//! Inspections in the views.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::paper::Due;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::inspection::{self, Move, Question, REMEDY, SelfReport, Stage, Strand, Target};
use truc_proto::record::{Act, Paper, Period, Said};
use truc_proto::time::{Hlc, When};

use super::{Answer, Duty, Key, Kind, Verdict, addressees, list_with};
use crate::derive::views::Result;
use crate::derive::views::owed::Word;
use crate::derive::views::read::{Filter, RecordRow, Viewpoint};

/// Inspections in the views.
pub struct Tables;

/// An inspection as people see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The period examined.
    pub period: Option<Period>,
    /// What is asked.
    pub checklist: Vec<Question>,
    /// Giám sát rather than kiểm tra.
    pub supervision: bool,
    /// Its targets, each on its own way.
    pub targets: Vec<ShownTarget>,
}

/// One target.
#[derive(Debug, Serialize)]
pub struct ShownTarget {
    /// Which office.
    pub office: OfficeId,
    /// How far it is.
    pub stage: Stage,
    /// How its self-report stands.
    pub status: DutyStatus,
    /// When it gave its self-report.
    pub done: Option<When>,
    /// Its self-report.
    pub self_report: Option<SelfReport>,
    /// What the inspecting office said of it.
    pub said: Target,
    /// What it said of its remedy.
    pub remediated: Option<Said>,
}

/// An inspection in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// As all records.
    #[serde(flatten)]
    pub row: RecordRow,
    /// First day of the period examined; empty: no period.
    pub period_from: String,
    /// Last day.
    pub period_to: String,
    /// How many questions.
    pub questions: i64,
    /// Giám sát rather than kiểm tra.
    pub supervision: bool,
    /// Where it stands at the office that the filter asks about.
    #[serde(skip)]
    pub state: String,
    /// Until when that office is to remedy something, Unix milliseconds.
    #[serde(skip)]
    pub remedy_by: Option<i64>,
}

/// Inspections that match.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<Listed>> {
    let filter = Filter { kind: Some(Move::KIND), ..filter.clone() };
    let state = filter.state_of.map_or("''".to_owned(), |of| of.sql());
    let remedy = format!(
        "(SELECT min(d.due) FROM duty d WHERE d.record = record.id AND d.kind = record.kind AND d.owner = record.owner
          AND d.part = '{REMEDY}' AND {})",
        filter.state_of.map_or("0".to_owned(), |of| of.whose("d.office"))
    );
    let columns = format!("period_from, period_to, questions, supervision, {state}, {remedy}");
    list_with(conn, &filter, Tables::TABLE, &columns, |row, column| {
        Ok(Listed {
            row,
            period_from: super::text(column(0)?),
            period_to: super::text(column(1)?),
            questions: super::number(column(2)?),
            supervision: super::number(column(3)?) != 0,
            state: super::text(column(4)?),
            remedy_by: if let Value::Integer(due) = column(5)? { Some(due) } else { None },
        })
    })
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "inspection";
    const SCHEMA: &str = "
        CREATE TABLE inspection (
          record      BLOB    NOT NULL,
          owner       BLOB    NOT NULL,
          period_from TEXT    NOT NULL,   -- empty: no period
          period_to   TEXT    NOT NULL,
          questions   INTEGER NOT NULL,   -- how many
          supervision INTEGER NOT NULL,   -- 1: giam sat
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;";

    fn paper(strand: &Strand) -> Option<&Paper> {
        strand.owner.as_ref().map(|owner| &owner.opened.paper)
    }

    fn status(strand: &Strand) -> &'static str {
        match &strand.owner {
            Some(_) => "opened",
            None if strand.remediated.is_some() => "remediated",
            None if strand.self_report.is_some() => "self-reported",
            None => "",
        }
    }

    fn write(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let Some(owner) = &strand.owner else { return Ok(()) };
        let (_, from, to) = super::period_columns(owner.opened.period.as_ref());
        conn.prepare_cached(
            "INSERT INTO inspection (record, owner, period_from, period_to, questions, supervision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key.record.0.as_bytes(),
            key.office.0.as_bytes(),
            from,
            to,
            owner.opened.checklist.len() as i64,
            owner.opened.supervision
        ])?;
        Ok(())
    }

    /// The self-report of each target, and what it was told to remedy.
    fn duties(strand: &Strand, audience: &[Scope]) -> Vec<Duty> {
        let Some(owner) = &strand.owner else { return Vec::new() };
        let duty = |by: &Scope| {
            let (part, due, content) =
                (String::new(), owner.opened.paper.due(), owner.opened.paper.title.clone());
            Duty { part, by: *by, due, content }
        };
        let remedies =
            owner.targets.iter().filter(|(_, said)| said.is_to_remedy()).map(|(office, said)| Duty {
                part: REMEDY.to_owned(),
                by: Scope::office(*office),
                due: Due::parse(&said.remedy_by).ok().flatten(),
                content: owner.opened.paper.title.clone(),
            });
        audience.iter().map(duty).chain(remedies).collect()
    }

    fn answers(strand: &Strand) -> Vec<Answer<'_>> {
        let reported = strand.self_report.iter().map(|report| ("", "self-reported", report.when));
        let remedied = strand.remediated.iter().map(|said| (REMEDY, "", said.when));
        let answer = |(part, word, when): (&'static str, _, When)| Answer {
            part: part.into(),
            word,
            said: when.time,
            done: Some(when),
        };
        reported.chain(remedied).map(answer).collect()
    }

    /// What the owner has concluded of a self-report, that something is left to remedy, and that it takes that for done.
    fn verdicts(strand: &Strand) -> Vec<Verdict<'_>> {
        let targets = strand.owner.iter().flat_map(|owner| &owner.targets);
        let of = |(office, said): (&OfficeId, &Target)| {
            let closed = said.closed.as_ref().map(|said| said.when.time);
            let concluded = said.concluded.as_ref().map(|said| said.when.time);
            let remedy = match closed {
                None if said.is_to_remedy() => (REMEDY, concluded, false),
                closed => (REMEDY, closed, true),
            };
            [("", concluded.or(closed), true), remedy].map(|(part, said, accepted)| {
                Some(Verdict { part: part.into(), office: *office, said: said?, accepted })
            })
        };
        targets.flat_map(of).flatten().collect()
    }

    fn show(look: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        let owner = strands.get(&row.owner)?.owner.as_ref()?;
        let one = |office: OfficeId| {
            let strand = strands.get(&office);
            let self_report = strand.and_then(|strand| strand.self_report.clone());
            let given = Hlc::at(row.opened as u64);
            let reported = self_report.as_ref().map(|report| report.when.not_before(given));
            ShownTarget {
                office,
                stage: inspection::stage(owner, office, strand),
                status: look.status(
                    office,
                    owner.opened.paper.due(),
                    reported.map_or(Word::Nothing, Word::Done),
                ),
                done: reported,
                self_report,
                said: owner.targets.get(&office).cloned().unwrap_or_default(),
                remediated: strand.and_then(|strand| strand.remediated.clone()),
            }
        };
        let answered = |strand: &Strand| strand.self_report.is_some();
        Some(Shown {
            period: owner.opened.period.clone(),
            checklist: owner.opened.checklist.clone(),
            supervision: owner.opened.supervision,
            targets: addressees(look, row, strands, answered).into_iter().map(one).collect(),
        })
    }
}
