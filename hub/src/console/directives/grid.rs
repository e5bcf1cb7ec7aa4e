//! One directive as a matrix of offices by steps and tasks, and what to do about each office. Pure functions.

use truc_node::derive::views::kinds::directive::{Addressee, Shown, TaskOffice};
use truc_node::derive::views::owed::Word;
use truc_node::derive::views::read::{RecordRow, Viewpoint};
use truc_node::web::parts::Mark;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::paper::Due;
use truc_proto::record::directive::Status;
use truc_proto::time::{Hlc, When};

/// Steps that every addressee goes through, in their order. Whom an office assigned a paper to is its own.
pub const STEPS: [Status; 4] = [Status::Arrived, Status::Accepted, Status::Processing, Status::Completed];

/// Urgency from which (hỏa tốc) a paper that is not accepted should be followed up by telephone.
const EXPRESS: u32 = 3;

/// What one cell shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cell {
    /// The task was not given to this office.
    NotAsked,
    /// Nothing is owed, and nothing was reported.
    Nothing,
    /// The office has taken the step or finished the task.
    Said {
        /// How the report is shown: done, done late, refused.
        mark: Mark,
        /// When: both times are shown.
        when: When,
        /// Arrival number, or why it was refused; may be empty.
        words: String,
    },
    /// The hub has delivered it to the office's machine, which has said nothing yet.
    Came,
    /// The step or task is still open.
    Open {
        /// How it is shown: waiting, running, late …
        mark: Mark,
        /// Deadline, Unix milliseconds; for a step without one: when the paper was sent.
        by: Option<i64>,
        /// Progress in per cent as the office reports it.
        percent: Option<u32>,
    },
}

impl Cell {
    /// How the cell is shown; none: an empty cell.
    pub fn mark(&self) -> Option<Mark> {
        match self {
            Self::NotAsked | Self::Nothing => None,
            Self::Came => Some(Mark::Done),
            Self::Said { mark, .. } | Self::Open { mark, .. } => Some(*mark),
        }
    }

    fn open(mark: Mark, by: Option<i64>) -> Self {
        Self::Open { mark, by, percent: None }
    }

    /// Sort key: worst first, then by time; empty cells last.
    pub fn order(&self) -> (u8, Option<Mark>, i64) {
        match self {
            Self::Open { mark, by, .. } => (0, Some(*mark), by.unwrap_or(i64::MAX)),
            Self::Said { mark, when, .. } => (0, Some(*mark), when.time.millis() as i64),
            Self::Came => (0, Some(Mark::Done), i64::MAX),
            Self::Nothing => (1, None, 0),
            Self::NotAsked => (2, None, 0),
        }
    }
}

/// What is to be done about an office; groups of rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Something is late, refused, or express and not accepted.
    Act,
    /// The office is silent and something is open, so that it is neither late nor on time.
    Silent,
    /// The office has never had a machine: the paper goes another way.
    Absent,
    /// Nothing is to be done.
    Course,
}

/// What the hub knows of an office's machine and a paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Machine {
    /// Whether the office has never had one.
    pub absent: bool,
    /// Whether the paper was delivered to it.
    pub delivered: bool,
}

/// The row of one office.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// The addressee.
    pub office: OfficeId,
    /// What is to be done about the office.
    pub group: Group,
    /// Whether to suggest a reminder: something is late, or express and not accepted.
    pub remind: bool,
    /// Cells in the order of [`STEPS`].
    pub steps: Vec<Cell>,
    /// Cells in the order of the directive's tasks.
    pub tasks: Vec<Cell>,
    /// When the office was last heard of, Unix milliseconds.
    pub heard: Option<i64>,
}

impl MatrixRow {
    /// The cell of a step; none: the matrix has no such column.
    pub fn step(&self, step: Status) -> Option<&Cell> {
        STEPS.iter().zip(&self.steps).find(|(one, _)| **one == step).map(|(_, cell)| cell)
    }

    /// Whether the office has said that it took the step, or refused to.
    pub fn has_said(&self, step: Status) -> bool {
        matches!(self.step(step), Some(Cell::Said { .. }))
    }

    /// The cells of steps and tasks.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.steps.iter().chain(&self.tasks)
    }
}

/// How many offices have finished a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    /// Offices that reported it done.
    pub done: usize,
    /// Offices that are late, or have not accepted an express paper.
    pub late: usize,
    /// Silent offices where it is open.
    pub unknown: usize,
    /// Offices that are asked for it.
    pub all: usize,
}

/// The whole matrix.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Rows of the addressees, unsorted.
    pub rows: Vec<MatrixRow>,
    /// Totals of the columns [`STEPS`].
    pub steps: Vec<Sum>,
    /// Totals of the columns of tasks.
    pub tasks: Vec<Sum>,
}

impl Grid {
    /// The total of a step; none: the matrix has no such column.
    pub fn step(&self, step: Status) -> Option<Sum> {
        STEPS.iter().zip(&self.steps).find(|(one, _)| **one == step).map(|(_, sum)| *sum)
    }
}

/// Makes the matrix of a directive, as the office sees it whose views `look` reads.
pub fn grid(
    record: &RecordRow,
    shown: &Shown,
    look: &Viewpoint<'_>,
    machine: &dyn Fn(OfficeId) -> Machine,
) -> Grid {
    let of = |one: &Addressee| row(record, shown, one, look, machine(one.office));
    let rows: Vec<MatrixRow> = shown.addressees.iter().map(of).collect();
    let sum = |cells: &mut dyn Iterator<Item = &Cell>, lacking: bool| {
        cells.fold(Sum::default(), |mut sum, cell| {
            let asked = match cell {
                Cell::NotAsked => false,
                Cell::Nothing => lacking,
                Cell::Came => {
                    sum.done += 1;
                    true
                }
                Cell::Said { mark, .. } => {
                    sum.done += usize::from(*mark != Mark::Refused);
                    true
                }
                Cell::Open { mark, .. } => {
                    sum.late += usize::from(matches!(mark, Mark::Late | Mark::Express));
                    sum.unknown += usize::from(*mark == Mark::Unknown);
                    true
                }
            };
            sum.all += usize::from(asked);
            sum
        })
    };
    let steps =
        (0..STEPS.len()).map(|step| sum(&mut rows.iter().map(|row| &row.steps[step]), true)).collect();
    let tasks =
        (0..shown.tasks.len()).map(|task| sum(&mut rows.iter().map(|row| &row.tasks[task]), false)).collect();
    Grid { steps, tasks, rows }
}

fn row(
    record: &RecordRow,
    shown: &Shown,
    one: &Addressee,
    look: &Viewpoint<'_>,
    machine: Machine,
) -> MatrixRow {
    let (heard, silent) = ((look.heard)(one.office), look.silent(one.office));
    let steps: Vec<Cell> =
        STEPS.iter().map(|step| at_step(record, shown, one, *step, look, machine)).collect();
    let tasks: Vec<Cell> = shown
        .tasks
        .iter()
        .map(|task| {
            let due = Due::parse(&task.task.due).ok().flatten().map(|due| due.0);
            match task.offices.iter().find(|office| office.office == one.office) {
                None => Cell::NotAsked,
                Some(office) if office.done.is_none() && machine.absent => Cell::open(Mark::None, due),
                Some(office) => on_task(office, due),
            }
        })
        .collect();
    let mut row = MatrixRow { office: one.office, group: Group::Course, remind: false, steps, tasks, heard };
    let has = |marks: &[Mark]| row.cells().any(|cell| cell.mark().is_some_and(|mark| marks.contains(&mark)));
    let (remind, act, open) = (
        has(&[Mark::Late, Mark::Express]),
        has(&[Mark::Late, Mark::Express, Mark::Refused]),
        has(&[Mark::Unknown]),
    );
    row.group = match (silent && open, act) {
        _ if machine.absent && has(&[Mark::None]) => Group::Absent,
        (true, _) => Group::Silent,
        (false, true) => Group::Act,
        (false, false) => Group::Course,
    };
    row.remind = remind && row.group == Group::Act;
    row
}

fn at_step(
    record: &RecordRow,
    shown: &Shown,
    one: &Addressee,
    step: Status,
    look: &Viewpoint<'_>,
    machine: Machine,
) -> Cell {
    // Of a copy that was given back nothing more is asked.
    if one.take_back.as_ref().is_some_and(|answer| answer.agreed) && !one.since.contains_key(&step) {
        return Cell::NotAsked;
    }
    let silent = look.silent(one.office);
    let due = record.due.filter(|_| shown.tasks.is_empty());
    if let Some(when) = one.since.get(&step).copied() {
        let done = Word::Done(when).not_before(Hlc::at(record.opened as u64));
        let judged = look.status(one.office, due.map(Due).filter(|_| step == Status::Completed), done);
        let words = if step == Status::Accepted { one.arrival_number.clone() } else { String::new() };
        return Cell::Said { mark: Mark::of(judged), when, words };
    }
    let refused = one.since.get(&Status::Refused).copied();
    let sent = Some(record.opened);
    let answered = record.opened.saturating_add(limits::EXPRESS_ANSWERED.as_millis() as i64);
    let ignored = look.now >= record.due.map_or(answered, |due| due.min(answered));
    match (step, refused) {
        (Status::Accepted, Some(when)) => Cell::Said { mark: Mark::Refused, when, words: one.note.clone() },
        (_, Some(_)) => Cell::Nothing,
        // Who has said anything of it has it, whether or not the machine said that it came.
        (Status::Arrived, None) if machine.delivered || one.status.is_some() => Cell::Came,
        (Status::Arrived, None) if machine.absent => Cell::open(Mark::None, sent),
        (_, None) if machine.absent => Cell::Nothing,
        (Status::Arrived, None) if silent => Cell::open(Mark::Unknown, sent),
        (Status::Arrived, None) => Cell::open(Mark::Waiting, sent),
        (Status::Accepted, None) if silent && one.status.is_none() => Cell::Nothing,
        (Status::Accepted, None) if silent => Cell::open(Mark::Unknown, sent),
        (Status::Accepted, None) if record.urgency >= EXPRESS && ignored => Cell::open(Mark::Express, sent),
        (Status::Accepted, None) => Cell::open(Mark::Waiting, sent),
        (Status::Completed, None) if due.is_some() => {
            let word = if one.status.is_some() { Word::Started } else { Word::Nothing };
            let status = look.status(one.office, due.map(Due), word);
            Cell::open(Mark::of(status), due)
        }
        _ => Cell::Nothing,
    }
}

fn on_task(office: &TaskOffice, due: Option<i64>) -> Cell {
    match (office.status.map(Mark::of), office.done) {
        (None, _) => Cell::Nothing,
        (Some(mark), Some(when)) => Cell::Said { mark, when, words: String::new() },
        (Some(mark), None) => {
            Cell::Open { mark, by: due, percent: office.progress.as_ref().map(|progress| progress.percent) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use truc_node::derive::views::kinds::directive::ShownTask;
    use truc_proto::id::RecordId;
    use truc_proto::record::Progress;
    use truc_proto::record::directive::Task;
    use truc_proto::record::duty::{DutyStatus, Thresholds};
    use truc_proto::registry::Registry;
    use uuid::Uuid;

    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_000 * HOUR;

    fn office(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    fn record(urgency: u32) -> RecordRow {
        RecordRow {
            id: RecordId(Uuid::from_u128(50)),
            kind: 3,
            owner: office(1),
            document_type: "CV".into(),
            title: "Ứng phó bão".into(),
            number: "913-CV/TU".into(),
            term: "2025-2030".into(),
            issued: None,
            due: None,
            urgency,
            confidentiality: 0,
            audience: Vec::new(),
            opened: NOW - 9 * HOUR,
            position: 1,
        }
    }

    fn when(at: i64) -> When {
        When::of(Hlc::at(at as u64), None, Some(at as u64))
    }

    fn addressee(number: u128, said: &[(Status, i64)]) -> Addressee {
        let since: BTreeMap<Status, When> = said.iter().map(|(status, at)| (*status, when(*at))).collect();
        Addressee {
            office: office(number),
            status: said.last().map(|(status, _)| *status),
            since,
            arrival_number: "12".into(),
            assigned_to: String::new(),
            note: "thiếu phụ lục".into(),
            take_back: None,
        }
    }

    fn shown(addressees: Vec<Addressee>, tasks: Vec<ShownTask>) -> Shown {
        Shown {
            in_reply_to: None,
            tasks,
            addressees,
            take_back: None,
            reminders: 0,
            reminder: None,
            refused: 0,
        }
    }

    fn task(offices: &[(u128, Option<DutyStatus>, Option<i64>)]) -> ShownTask {
        let one = |(number, status, done): &(u128, Option<DutyStatus>, Option<i64>)| TaskOffice {
            office: office(*number),
            progress: done.map(|done| Progress {
                percent: 100,
                note: String::new(),
                time: Hlc((done as u64) << 16),
                done: Some(when(done)),
            }),
            confirmed: None,
            done: done.map(when),
            status: *status,
        };
        let task = Task {
            id: "T1".into(),
            content: "Cấm biển".into(),
            assignees: Vec::new(),
            due: "1970-02-10".into(),
            product: String::new(),
        };
        ShownTask { task, offices: offices.iter().map(one).collect() }
    }

    fn seen(record: &RecordRow, shown: &Shown, heard: &dyn Fn(OfficeId) -> Option<i64>) -> Grid {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        let registry = Registry::new(office(1), key);
        let figures = Thresholds::default();
        let look = Viewpoint { me: office(1), registry: &registry, now: NOW, figures, heard };
        grid(record, shown, &look, &|one| Machine { absent: one == office(19), delivered: one == office(18) })
    }

    #[test]
    fn what_was_delivered_came_and_who_never_had_a_machine_is_not_silent() {
        let silent = shown(vec![addressee(18, &[]), addressee(17, &[]), addressee(19, &[])], vec![]);
        let sent = RecordRow { opened: NOW - HOUR / 60, ..record(3) };
        let grid = seen(&sent, &silent, &|one| (one != office(19)).then_some(NOW));
        assert_eq!(grid.rows[0].steps[0], Cell::Came);
        assert_eq!(grid.rows[0].steps[1].mark(), Some(Mark::Waiting), "it was sent a minute ago");
        assert_eq!(grid.rows[1].steps[0].mark(), Some(Mark::Waiting));
        assert_eq!((grid.rows[2].group, grid.rows[2].steps[0].mark()), (Group::Absent, Some(Mark::None)));
        assert_eq!(grid.steps[0], Sum { done: 1, late: 0, unknown: 0, all: 3 });
        let ignored = seen(&record(3), &silent, &|_| Some(NOW));
        assert_eq!(ignored.rows[0].steps[1].mark(), Some(Mark::Express));
    }

    fn groups(grid: &Grid) -> Vec<(Group, bool)> {
        grid.rows.iter().map(|row| (row.group, row.remind)).collect()
    }

    #[test]
    fn offices_stand_where_something_is_to_be_done_about_them() {
        use Status::{Accepted, Arrived, Refused};
        let shown = shown(
            vec![
                addressee(10, &[(Arrived, NOW - HOUR)]),
                addressee(11, &[(Arrived, NOW - HOUR), (Accepted, NOW)]),
                addressee(12, &[(Arrived, NOW - HOUR), (Refused, NOW)]),
                addressee(13, &[]),
                addressee(14, &[(Arrived, NOW - HOUR), (Accepted, NOW)]),
            ],
            vec![],
        );
        // 13 and 14 have been silent for two days; 14 owes nothing.
        let heard = |one: OfficeId| {
            let silent = [13, 14].map(office).contains(&one);
            Some(if silent { NOW - 48 * HOUR } else { NOW })
        };
        let grid = seen(&record(3), &shown, &heard);
        use Group::{Act, Course, Silent};
        assert_eq!(
            groups(&grid),
            [(Act, true), (Course, false), (Act, false), (Silent, false), (Course, false)]
        );
        assert_eq!(grid.steps[0], Sum { done: 4, late: 0, unknown: 1, all: 5 });
        assert_eq!(grid.steps[1], Sum { done: 2, late: 1, unknown: 0, all: 5 });
        let number = Cell::Said { mark: Mark::Done, when: when(NOW), words: "12".into() };
        assert_eq!(grid.rows[1].steps[1], number);
        let why = Cell::Said { mark: Mark::Refused, when: when(NOW), words: "thiếu phụ lục".into() };
        assert_eq!(grid.rows[2].steps[1], why);
    }

    #[test]
    fn an_ordinary_paper_that_is_not_accepted_waits() {
        let shown = shown(vec![addressee(10, &[(Status::Arrived, NOW)])], vec![]);
        let grid = seen(&record(1), &shown, &|_| Some(NOW));
        assert_eq!(groups(&grid), [(Group::Course, false)]);
        assert_eq!(grid.rows[0].steps[1].mark(), Some(Mark::Waiting));
    }

    #[test]
    fn tasks_are_hatched_where_not_given_and_late_ones_ask_for_a_reminder() {
        let accepted = [(Status::Arrived, NOW), (Status::Accepted, NOW)];
        let all = vec![
            addressee(10, &accepted),
            addressee(11, &accepted),
            addressee(12, &[(Status::Arrived, NOW), (Status::Refused, NOW)]),
        ];
        let task = task(&[(10, Some(DutyStatus::Overdue), None), (12, None, None)]);
        let grid = seen(&record(0), &shown(all, vec![task]), &|_| Some(NOW));
        assert_eq!(grid.rows[0].tasks[0].mark(), Some(Mark::Late));
        assert!(grid.rows[0].remind);
        assert_eq!(grid.rows[1].tasks[0], Cell::NotAsked);
        assert_eq!(grid.rows[2].tasks[0], Cell::Nothing, "who refused the paper is not late with its task");
        assert_eq!(grid.tasks[0], Sum { done: 0, late: 1, unknown: 0, all: 1 });
    }

    #[test]
    fn a_paper_without_tasks_is_due_as_a_whole() {
        let due = RecordRow { due: Some(NOW - HOUR), ..record(0) };
        let late = addressee(10, &[(Status::Arrived, NOW - 9 * HOUR), (Status::Completed, NOW)]);
        let open = addressee(11, &[(Status::Arrived, NOW)]);
        let mut unknown = addressee(12, &[(Status::Arrived, NOW - 9 * HOUR)]);
        unknown.since.insert(Status::Completed, When::unsent(Hlc::at((NOW - 2 * HOUR) as u64)));
        let grid = seen(&due, &shown(vec![late, open, unknown], vec![]), &|_| Some(NOW));
        assert_eq!(grid.rows[0].steps[3].mark(), Some(Mark::DoneLate));
        assert_eq!(grid.rows[1].steps[3].mark(), Some(Mark::Late));
        assert_eq!(grid.rows[2].steps[3].mark(), Some(Mark::DoneUnjudged), "nobody knows when it came");
    }
}
