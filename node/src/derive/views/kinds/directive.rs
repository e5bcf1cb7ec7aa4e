//! Directives in the views.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use rusqlite::{Connection, params};
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::paper::Due;
use truc_proto::record::State;
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
    /// Of an own one: how many refused it and have had no answer since.
    pub refused: usize,
}

/// Whether an office refused a paper and the issuer has answered it nothing since: no reminder, no request to give the paper
/// back, no word about a task of that office.
fn unheard(owner: &Owner, office: OfficeId, strand: &Strand) -> bool {
    let Some(refused) = strand.since.get(&Status::Refused) else { return false };
    let said = [&owner.reminder, &owner.take_back].into_iter().flatten().map(|said| said.when.time);
    let verdicts = owner.confirmed.values().filter_map(|by| by.get(&office)).map(|verdict| verdict.time);
    strand.status == Some(Status::Refused) && said.chain(verdicts).all(|said| said < refused.time)
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
    /// The sender asked for it back: to be answered before all else.
    TakeBack,
    /// Nothing more: the copy was given back.
    GivenBack,
    /// An own paper: so many offices refused it and have had no answer since.
    Refused(usize),
    /// Nothing.
    Nothing,
}

impl Shown {
    /// What the paper waits for at an office.
    pub fn waits(&self, office: OfficeId) -> Waits<'_> {
        let mine = self.addressees.iter().find(|addressee| addressee.office == office);
        let answer = mine.map(|mine| mine.take_back.as_ref());
        let refused = mine.is_some_and(|mine| mine.status == Some(Status::Refused));
        match answer {
            Some(Some(answer)) if answer.agreed => return Waits::GivenBack,
            Some(None) if self.take_back.is_some() && !refused => return Waits::TakeBack,
            _ => {}
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
            _ if self.refused > 0 => Waits::Refused(self.refused),
            _ => Waits::Nothing,
        }
    }
}

/// As a condition on the table `record`: its owner asks for it back, and an office, whose id is the value, can still answer
/// and has not.
pub const ASKED_BACK: &str = "(EXISTS (SELECT 1 FROM strand o WHERE o.record = record.id AND o.kind = record.kind
        AND o.office = record.owner AND o.status = 'take-back')
    AND NOT EXISTS (SELECT 1 FROM strand m WHERE m.record = record.id AND m.kind = record.kind AND m.office = ?
        AND (m.status = 'refused' OR json_extract(m.state, '$.Directive.take_back') IS NOT NULL)))";

/// Papers of others that their senders ask back and that wait for the looking office's answer.
pub fn asked_back(look: &Viewpoint<'_>) -> Filter {
    // Few are asked back: those are looked at, not all that came.
    let asked =
        "record.id IN (SELECT s.record FROM strand s WHERE s.kind = record.kind AND s.status = 'take-back')";
    let also =
        vec![(asked.into(), Vec::new()), (ASKED_BACK.into(), vec![look.me.0.as_bytes().to_vec().into()])];
    Filter { also, ..read::received(look, Move::KIND) }
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

/// How far a directive is with those whom it asks for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Handled {
    /// How many have completed it, of these: they said so, and the issuer has not said since that a task of theirs is not
    /// done.
    pub done: usize,
    /// How many it asks: recipients that have neither refused it nor given it back.
    pub all: usize,
}

/// How far each of these directives is, given its recipients.
pub fn handled(
    conn: &Connection,
    recipients: &HashMap<RecordId, Rc<BTreeSet<OfficeId>>>,
) -> Result<HashMap<RecordId, Handled>> {
    let begun = |(id, to): (&RecordId, &Rc<BTreeSet<OfficeId>>)| (*id, Handled { done: 0, all: to.len() });
    let mut found: HashMap<RecordId, Handled> = recipients.iter().map(begun).collect();
    let mut statement = conn.prepare_cached(
        "SELECT record, office, status FROM strand s WHERE kind = ?1 AND status IN (?2, ?3, ?4)
         AND record IN (SELECT unhex(value) FROM json_each(?5))
         AND NOT EXISTS (SELECT 1 FROM verdict v
               LEFT JOIN answer a ON a.record = v.record AND a.kind = v.kind AND a.office = v.office AND a.part = v.part
               WHERE v.record = s.record AND v.kind = s.kind AND v.office = s.office AND v.accepted = 0
                 AND s.status = ?2 AND (a.said IS NULL OR v.said >= a.said))",
    )?;
    let ids: Vec<String> = recipients.keys().map(|id| id.0.simple().to_string()).collect();
    let [completed, refused] = [Status::Completed, Status::Refused].map(Status::name);
    let values = params![Move::KIND, completed, refused, "agreed", serde_json::to_string(&ids)?];
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        let (record, office) = (RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?));
        let asked = recipients.get(&record).is_some_and(|to| to.contains(&office));
        let Some(handled) = found.get_mut(&record).filter(|_| asked) else { continue };
        match row.get_ref(2)?.as_str() {
            Ok(word) if word == completed => handled.done += 1,
            _ => handled.all -= 1,
        }
    }
    Ok(found)
}

/// Own directives that addressees refused whom this office has answered nothing since, and how many these are.
pub fn refused_here(conn: &Connection, look: &Viewpoint<'_>) -> Result<HashMap<RecordId, usize>> {
    let mut statement = conn.prepare_cached(
        "SELECT s.record, s.office, s.state, o.state, r.audience FROM strand s
         JOIN record r ON r.id = s.record AND r.kind = s.kind AND r.owner = ?2
         JOIN strand o ON o.record = s.record AND o.kind = s.kind AND o.office = ?2
         WHERE s.kind = ?1 AND s.status = ?3",
    )?;
    let mut rows = statement.query(params![Move::KIND, look.me.0.as_bytes(), Status::Refused.name()])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let (record, office) = (RecordId(uuid(row, 0)?), OfficeId(uuid(row, 1)?));
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let (State::Directive(strand), State::Directive(own)) =
            (serde_json::from_str(text(2)?)?, serde_json::from_str(text(3)?)?)
        else {
            continue;
        };
        let audience: Vec<Scope> = serde_json::from_str(text(4)?)?;
        let waits = own.owner.as_ref().is_some_and(|owner| unheard(owner, office, &strand));
        if waits && super::addressed(look, &audience, office) {
            *found.entry(record).or_default() += 1;
        }
    }
    Ok(found)
}

/// Directives that answer or transmit a record, of these offices or of all: the newest [`limits::REPLIES`] of them, oldest
/// first; and how many there are in all, whoever wrote them.
pub fn replies(
    conn: &Connection,
    id: RecordId,
    of: Option<Vec<OfficeId>>,
) -> Result<(Vec<RecordRow>, usize)> {
    let mut statement = conn.prepare_cached("SELECT count(*) FROM directive WHERE in_reply_to = ?1")?;
    let all: i64 = statement.query_row([id.0.as_bytes()], |row| row.get(0))?;
    if all == 0 {
        return Ok((Vec::new(), 0));
    }
    let also = vec![(
        "record.id IN (SELECT d.record FROM directive d WHERE d.in_reply_to = ?)".into(),
        vec![id.0.as_bytes().to_vec().into()],
    )];
    let filter =
        Filter { kind: Some(Move::KIND), owners: of, also, limit: limits::REPLIES, ..Filter::default() };
    let mut found = read::list(conn, &filter)?;
    found.reverse();
    Ok((found, all as usize))
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

    fn arrival(strand: &Strand) -> (Cow<'_, str>, Option<Hlc>) {
        (strand.arrival_number.as_str().into(), strand.since.get(&Status::Accepted).map(|when| when.time))
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
        let refused = strands.iter().filter(|(office, strand)| {
            unheard(owner, **office, strand) && super::addressed(look, &row.audience, **office)
        });
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
            refused: if row.owner == look.me { refused.count() } else { 0 },
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
