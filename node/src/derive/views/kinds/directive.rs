//! Directives in the views.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::directive::{Move, Owner, Status, Strand, TakeBackAnswer, Task};
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{Act, Confirmation, Paper, Progress, Said};
use truc_proto::time::{Hlc, When};

use super::{Answer, Duty, Key, Kind, Verdict, addressees, list_with};
use crate::derive::views::Result;
use crate::derive::views::columns::uuid;
use crate::derive::views::owed::{self, Word};
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};

/// Directives in the views.
pub struct Tables;

/// A directive as people see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The record that it answers or transmits.
    pub in_reply_to: Option<RecordId>,
    /// Its tasks.
    pub tasks: Vec<ShownTask>,
    /// Its addressees and where it stands with each.
    pub addressees: Vec<Addressee>,
    /// The issuer asked to take it back.
    pub take_back: Option<Said>,
    /// How often the issuer reminded.
    pub reminders: u32,
    /// The last reminder.
    pub reminder: Option<Said>,
}

/// Where a directive stands with one office.
#[derive(Debug, Serialize)]
pub struct Addressee {
    /// Which office.
    pub office: OfficeId,
    /// 01 to 06; none: nothing said yet.
    pub status: Option<Status>,
    /// When each status was first said.
    pub since: BTreeMap<Status, When>,
    /// Số đến.
    pub arrival_number: String,
    /// Whom its leader assigned.
    pub assigned_to: String,
    /// Note with the newest status.
    pub note: String,
    /// What it answered to a take-back.
    pub take_back: Option<TakeBackAnswer>,
}

/// What a paper waits for at an office: the head of its page says it, and the lists of Today hold the paper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Waits<'a> {
    /// To be accepted or refused.
    Acceptance,
    /// Open tasks of the office, the first due first: deadline, how it stands, id.
    Tasks(Vec<(Option<i64>, DutyStatus, &'a str)>),
    /// Accepted: somebody is to be assigned.
    Assignment,
    /// Assigned or being handled: to be reported as complete.
    Completion,
    /// Nothing.
    Nothing,
}

impl Shown {
    /// What the paper waits for at an office.
    pub fn waits(&self, office: OfficeId) -> Waits<'_> {
        let mine = self.addressees.iter().find(|addressee| addressee.office == office);
        let given_back = mine.and_then(|mine| mine.take_back.as_ref()).is_some_and(|answer| answer.agreed);
        if given_back {
            return Waits::Nothing;
        }
        if mine.is_some_and(|mine| matches!(mine.status, None | Some(Status::Arrived))) {
            return Waits::Acceptance;
        }
        let mut open: Vec<(Option<i64>, DutyStatus, &str)> = Vec::new();
        for task in &self.tasks {
            let due = Due::parse(&task.task.due).ok().flatten().map(|due| due.0);
            let mine = task.offices.iter().filter(|one| one.office == office && one.done.is_none());
            open.extend(mine.filter_map(|one| Some((due, one.status?, task.task.id.as_str()))));
        }
        open.sort_by_key(|(due, ..)| due.unwrap_or(i64::MAX));
        if !open.is_empty() {
            return Waits::Tasks(open);
        }
        match mine.and_then(|mine| mine.status) {
            Some(Status::Accepted) => Waits::Assignment,
            Some(Status::Assigned | Status::Processing) => Waits::Completion,
            _ => Waits::Nothing,
        }
    }
}

impl Addressee {
    /// When it said its newest status.
    pub fn since_status(&self) -> Option<When> {
        self.since.get(&self.status?).copied()
    }
}

/// A task and how each office is with it.
#[derive(Debug, Serialize)]
pub struct ShownTask {
    /// As written.
    #[serde(flatten)]
    pub task: Task,
    /// How each assignee is with it.
    pub offices: Vec<TaskOffice>,
}

/// How one office is with a task.
#[derive(Debug, Serialize)]
pub struct TaskOffice {
    /// Which office.
    pub office: OfficeId,
    /// What it says.
    pub progress: Option<Progress>,
    /// What the issuer says of it.
    pub confirmed: Option<Confirmation>,
    /// When it was finished, as far as the issuer has not said since that it is not.
    pub done: Option<When>,
    /// How it stands; none: the office is out of it, for it refused the paper or gave it back.
    pub status: Option<DutyStatus>,
}

/// A directive in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// As all records.
    #[serde(flatten)]
    pub row: RecordRow,
    /// How many tasks.
    pub tasks: i64,
}

/// Directives that match.
pub fn list(conn: &Connection, filter: &Filter) -> Result<Vec<Listed>> {
    let filter = Filter { kind: Some(Move::KIND), ..filter.clone() };
    list_with(conn, &filter, Tables::TABLE, "tasks", |row, column| {
        Ok(Listed { row, tasks: super::number(column(0)?) })
    })
}

/// The offices that a directive went to: those of its audience that are open now, without its owner.
pub fn recipients(look: &Viewpoint<'_>, owner: OfficeId, audience: &[Scope]) -> BTreeSet<OfficeId> {
    let mut to: BTreeSet<OfficeId> =
        audience.iter().flat_map(|scope| look.registry.resolve(*scope)).collect();
    to.remove(&owner);
    to
}

/// How many offices have completed each of these directives.
pub fn completed(conn: &Connection, ids: &[RecordId]) -> Result<HashMap<RecordId, usize>> {
    let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    let mut statement = conn.prepare_cached(
        "SELECT record, count(*) FROM strand WHERE kind = ?1 AND status = ?2
         AND record IN (SELECT unhex(value) FROM json_each(?3)) GROUP BY record",
    )?;
    let values = params![Move::KIND, Status::Completed.name(), serde_json::to_string(&ids)?];
    let rows =
        statement.query_map(values, |row| Ok((RecordId(uuid(row, 0)?), row.get::<_, i64>(1)? as usize)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Directives that answer or transmit a record, oldest first.
pub fn replies(conn: &Connection, id: RecordId) -> Result<Vec<RecordRow>> {
    let mut statement = conn.prepare_cached("SELECT record FROM directive WHERE in_reply_to = ?1")?;
    let ids = statement.query_map([id.0.as_bytes()], |row| uuid(row, 0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(read::list(conn, &Filter { kind: Some(Move::KIND), ..Filter::id(RecordId(id)) })?);
    }
    found.sort_by_key(|row| row.opened);
    Ok(found)
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "directive";
    const SCHEMA: &str = "
        CREATE TABLE directive (
          record      BLOB    NOT NULL,
          owner       BLOB    NOT NULL,
          in_reply_to BLOB,               -- record; NULL: none
          tasks       INTEGER NOT NULL,   -- how many
          PRIMARY KEY (record, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX directive_reply ON directive (in_reply_to) WHERE in_reply_to IS NOT NULL;";

    fn paper(strand: &Strand) -> Option<&Paper> {
        strand.owner.as_ref().map(|owner| &owner.issued.paper)
    }

    fn status(strand: &Strand) -> &'static str {
        match (&strand.owner, strand.status) {
            _ if strand.take_back.as_ref().is_some_and(|answer| answer.agreed) => "agreed",
            (_, Some(status)) => status.name(),
            (Some(owner), None) if owner.take_back.is_some() => "take-back",
            (Some(_), None) => "issued",
            (None, None) if !strand.progress.is_empty() => "progress",
            (None, None) => "",
        }
    }

    fn arrival(strand: &Strand) -> (&str, Option<Hlc>) {
        (&strand.arrival_number, strand.since.get(&Status::Accepted).map(|when| when.time))
    }

    fn write(conn: &Connection, key: Key, strand: &Strand) -> Result<()> {
        let Some(owner) = &strand.owner else { return Ok(()) };
        conn.prepare_cached(
            "INSERT INTO directive (record, owner, in_reply_to, tasks) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            key.record.0.as_bytes(),
            key.office.0.as_bytes(),
            owner.issued.in_reply_to.map(|id| *id.0.as_bytes()),
            owner.issued.tasks.len() as i64
        ])?;
        Ok(())
    }

    /// Each task for its assignees; a paper without tasks that has a due date, for its audience.
    fn duties(strand: &Strand, audience: &[Scope]) -> Vec<Duty> {
        let Some(Owner { issued, .. }) = &strand.owner else { return Vec::new() };
        let whole =
            audience.iter().filter(|_| issued.tasks.is_empty() && issued.paper.due().is_some()).map(|by| {
                let (part, due, content) = (String::new(), issued.paper.due(), issued.paper.title.clone());
                Duty { part, by: *by, due, content }
            });
        let tasks = issued.tasks.iter().flat_map(|task| {
            task.assignees.iter().map(|by| Duty {
                part: task.id.clone(),
                by: *by,
                due: Due::parse(&task.due).ok().flatten(),
                content: task.content.clone(),
            })
        });
        whole.chain(tasks).collect()
    }

    fn answers(strand: &Strand) -> Vec<Answer<'_>> {
        let mut answers = super::progress_answers(strand.progress.iter());
        let given_back = strand.take_back.as_ref().filter(|answer| answer.agreed);
        let times =
            strand.since.values().map(|when| when.time).chain(given_back.map(|answer| answer.said.when.time));
        if let Some(said) = times.max() {
            let word = Self::status(strand);
            answers.push(Answer {
                part: "".into(),
                word,
                said,
                done: strand.since.get(&Status::Completed).copied(),
            });
        }
        answers
    }

    fn verdicts(strand: &Strand) -> Vec<Verdict<'_>> {
        let verdicts = strand.owner.iter().flat_map(|owner| &owner.confirmed);
        verdicts
            .flat_map(|(part, by)| by.iter().map(move |(office, verdict)| (part, office, verdict)))
            .map(|(part, office, verdict)| Verdict {
                part: part.into(),
                office: *office,
                said: verdict.time,
                accepted: verdict.accepted,
            })
            .collect()
    }

    fn show(look: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        let owner = strands.get(&row.owner)?.owner.as_ref()?;
        let nothing = Strand::default();
        let addressee = |office: OfficeId| {
            let strand = strands.get(&office).unwrap_or(&nothing);
            Addressee {
                office,
                status: strand.status,
                since: strand.since.clone(),
                arrival_number: strand.arrival_number.clone(),
                assigned_to: strand.assigned_to.clone(),
                note: strand.note.clone(),
                take_back: strand.take_back.clone(),
            }
        };
        let addressees = addressees(look, row, strands, |strand| strand.status.is_some());
        Some(Shown {
            in_reply_to: owner.issued.in_reply_to,
            tasks: owner
                .issued
                .tasks
                .iter()
                .map(|task| show_task(look, (row.owner, Hlc::at(row.opened as u64)), owner, task, strands))
                .collect(),
            addressees: addressees.into_iter().map(addressee).collect(),
            take_back: owner.take_back.clone(),
            reminders: owner.reminders,
            reminder: owner.reminder.clone(),
        })
    }
}

fn show_task(
    look: &Viewpoint<'_>,
    (by, given): (OfficeId, Hlc),
    owner: &Owner,
    task: &Task,
    strands: &BTreeMap<OfficeId, Strand>,
) -> ShownTask {
    let due = Due::parse(&task.due).ok().flatten();
    let mut offices: Vec<OfficeId> =
        task.assignees.iter().flat_map(|scope| owed::meant(look.registry, *scope, by, given)).collect();
    offices.sort_unstable();
    offices.dedup();
    offices.retain(|office| {
        super::is_told(look, by, *office, strands) && owed::is_heard(Move::KIND, look.me, by, *office)
    });
    let one = |office: OfficeId| {
        let progress = strands.get(&office).and_then(|strand| strand.progress.get(&task.id)).cloned();
        let confirmed = owner.confirmed.get(&task.id).and_then(|by| by.get(&office)).cloned();
        let answers = strands.get(&office).map(Tables::answers).unwrap_or_default();
        let whole = answers.iter().find(|answer| answer.part.is_empty());
        let part = progress.as_ref().map(super::spoken);
        let denied = super::denied(confirmed.as_ref());
        let word = owed::word(Move::KIND, whole.map_or("", |answer| answer.word), part, denied);
        let word = word.map(|word| word.not_before(given));
        TaskOffice {
            office,
            progress,
            confirmed,
            done: word.and_then(Word::done),
            status: word.map(|word| look.status(office, due, word)),
        }
    };
    ShownTask { task: task.clone(), offices: offices.into_iter().map(one).collect() }
}
