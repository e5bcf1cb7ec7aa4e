//! The page of one directive: its matrix, which can be exported, and reminders sent from there.

use std::cmp::Ordering;
use std::collections::HashMap;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::kinds::directive::{Shown, replies};
use truc_node::derive::views::kinds::{self, Record};
use truc_node::derive::views::read::{self, RecordRow};
use truc_node::desk::directive::Pages;
use truc_node::desk::moves::{self, Kind as _};
use truc_node::tell;
use truc_node::web::fault::{Answer, Fault};
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::{self, Mark, badge};
use truc_node::web::posted::Posted;
use truc_node::web::shared::drafts;
use truc_node::web::table::{Cell as TableCell, Table, files};
use truc_node::web::{Visit, export, parts::field};
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::Act as _;
use truc_proto::record::directive::{Move, Status};

use super::as_of;
use super::grid::{Cell, Grid, Group, Machine, MatrixRow, STEPS, grid};
use super::matrix::{Reminded, chips, groups, is, legend, open_word, step_word, sums};
use crate::console::glance::State;
use crate::console::remind::{self, FROM, Reminder};

const AT: &str = "/directives";

/// A directive with its matrix and the letters that the hub sent as reminders of it.
struct Read {
    record: Record,
    grid: Grid,
    reminders: Vec<RecordRow>,
}

impl Read {
    fn of(visit: &Visit) -> Result<Self, Fault> {
        let id: RecordId = visit.param("id").parse().map_err(|_| Fault::NotFound)?;
        let registry = visit.registry();
        let delivered: HashMap<OfficeId, u64> = visit.office().read(|journal| {
            registry.offices().map(|(office, _)| Ok((office, journal.delivered(office)?))).collect()
        })?;
        let read = visit.look(|conn, look| {
            let found = kinds::show(conn, look, id)?;
            let found = found.into_iter().find(|found| found.row.kind == Move::KIND);
            let Some(record) = found else { return Ok(None) };
            let kinds::Shown::Directive(shown) = &record.shown else { return Ok(None) };
            let machine = |office: OfficeId| Machine {
                absent: (look.heard)(office).is_none()
                    && registry.office(office).is_none_or(|known| known.highest_credential() == 0),
                delivered: delivered.get(&office).is_some_and(|upto| *upto >= record.row.position),
            };
            let grid = grid(&record.row, shown, look, &machine);
            let reminders = replies(conn, id, Some(vec![look.me]))?.0;
            Ok(Some(Self { reminders, grid, record }))
        })?;
        read.ok_or(Fault::NotFound)
    }

    fn shown(&self) -> Option<&Shown> {
        match &self.record.shown {
            kinds::Shown::Directive(shown) => Some(shown),
            _ => None,
        }
    }

    /// When each office was last reminded, by a letter or by a word to all.
    fn reminded(&self, visit: &Visit) -> Reminded {
        let registry = visit.registry();
        let all = self.shown().and_then(|shown| shown.reminder.as_ref());
        let all = all.map(|said| said.when.time.millis() as i64);
        let rows = self.grid.rows.iter().map(|row| row.office);
        let mut reminded: Reminded = rows.filter_map(|office| Some((office, all?))).collect();
        for letter in &self.reminders {
            for office in letter.audience.iter().flat_map(|scope| registry.resolve(*scope)) {
                let newest = reminded.entry(office).or_insert(letter.opened);
                *newest = letter.opened.max(*newest);
            }
        }
        reminded
    }

    /// The rows that the query asks for, filtered and sorted; the groups are formed later.
    fn chosen(&self, visit: &Visit) -> Vec<&MatrixRow> {
        let show = visit.asked("show");
        let mut rows: Vec<(Vec<u8>, &MatrixRow)> = self
            .grid
            .rows
            .iter()
            .filter(|row| is(row, show))
            .map(|row| (order(&visit.name(row.office)), row))
            .collect();
        let (name, down) = match visit.asked("sort").strip_prefix('-') {
            Some(name) => (name, true),
            None => (visit.asked("sort"), false),
        };
        let tasks = self.shown().map_or(&[][..], |shown| &shown.tasks);
        rows.sort_by(|(a_name, a), (b_name, b)| {
            let by = if name == "heard" {
                a.heard.cmp(&b.heard)
            } else if let Some(step) = STEPS.iter().position(|step| step.name() == name) {
                a.steps[step].order().cmp(&b.steps[step].order())
            } else if let Some(task) = tasks.iter().position(|task| task.task.id == name) {
                a.tasks[task].order().cmp(&b.tasks[task].order())
            } else {
                Ordering::Equal
            };
            let by = by.then_with(|| a_name.cmp(b_name));
            if down { by.reverse() } else { by }
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Shows the page, or its matrix as a file.
pub(super) async fn show(visit: Visit) -> Answer {
    let read = Read::of(&visit)?;
    let Some(shown) = read.shown() else { return Err(Fault::NotFound) };
    let rows = read.chosen(&visit);
    if let Some(file) = export::asked(&visit, &table(&visit, &read, shown, &rows))? {
        return Ok(file);
    }
    let row = &read.record.row;
    let title = if row.title.is_empty() { row.number.clone() } else { row.title.clone() };
    let steer = visit.may(Right::Steer);
    let body = html! {
        header.top {
            p.crumb { a href=(AT) { (visit.word("nav-directives")) } " › " (parts::paper_name(visit.lang, &row.document_type, &row.number)) ", " (parts::office(&visit, row.owner)) }
            h1 { (parts::stamp(&visit, row.urgency, row.due)) (parts::secrecy(&visit, row.confidentiality)) " " (title) }
            p.mut id="asof" data-part data-quiet { (as_of(&visit, &read.grid, row.opened)) " " a href={ "/directive/" (row.id) } { (visit.word("mx-paper")) } }
        }
        ul.sum.steps id="sums" data-part data-quiet { (sums(&visit, &read.grid, shown)) }
        div.mxhead {
            (chips(&visit, &read.grid))
            (legend(&visit))
        }
        form.matrix method="post" action={ (AT) "/" (row.id) "/remind" } data-bulk {
            (field::token(&visit))
            div id="grid" data-part data-quiet data-walk { (groups(&visit, shown, &rows, steer, &read.reminded(&visit))) }
            p.bulk {
                @if steer {
                    button.b.go data-key="n" data-bulk-word=(visit.word("mx-remind-word")) { (visit.word("btn-remind-all")) }
                    span.mut.sm { (visit.word("mx-remind-note")) }
                }
                (files(&visit))
            }
        }
        (reminded(&visit, &read, shown)?)
    };
    let name = if row.number.is_empty() { title } else { row.number.clone() };
    Ok(Page::new(name, body).at(AT).class("wide").render(&visit))
}

/// The matrix as a table for export, with full times.
fn table(visit: &Visit, read: &Read, shown: &Shown, rows: &[&MatrixRow]) -> Table {
    let mut heads = vec![("office", visit.word("cli-office")), ("group", visit.word("cli-status"))];
    heads.extend(STEPS.iter().map(|step| (step.name(), step_word(visit, *step))));
    heads.push(("arrival", visit.word("cli-arrival")));
    heads.extend(shown.tasks.iter().map(|task| ("task", task.task.id.clone())));
    heads.push(("heard", visit.word("mx-heard")));
    let mut table = Table::titled(read.record.row.number.clone(), heads);
    let clock = visit.clock();
    let text = |cell: &Cell| match cell {
        Cell::NotAsked => visit.word("mx-l-na"),
        Cell::Nothing => String::new(),
        Cell::Came => visit.word("mx-l-came"),
        Cell::Said { mark: Mark::Refused, words, .. } => tell!(visit, "mx-refused", why = words.as_str()),
        Cell::Said { mark, when, .. } => {
            let at = clock.written(when.time.millis() as i64);
            let late = if *mark == Mark::DoneLate { visit.word("mx-l-dlate") + "; " } else { String::new() };
            format!("{at} ({late}{})", visit.both(*when))
        }
        Cell::Open { mark, by, .. } => open_word(visit, *mark, *by),
    };
    for row in rows {
        let number = match row.step(Status::Accepted) {
            Some(Cell::Said { words, mark: Mark::Done, .. }) => words.clone(),
            _ => String::new(),
        };
        let mut cells = vec![
            TableCell::text(visit.name(row.office)),
            TableCell::text(visit.word(match row.group {
                Group::Act => "mx-act",
                Group::Silent => "mx-silent",
                Group::Absent => "mx-absent",
                Group::Course => "mx-course",
            })),
        ];
        cells.extend(row.steps.iter().map(|cell| TableCell::text(text(cell))));
        cells.push(TableCell::text(number));
        cells.extend(row.tasks.iter().map(|cell| TableCell::text(text(cell))));
        cells.push(TableCell::time(visit, row.heard));
        table.row(cells);
    }
    table
}

/// Reminders sent so far. A letter cannot be unsent, so each has a button that asks for it back.
fn reminded(visit: &Visit, read: &Read, shown: &Shown) -> Result<Markup, Failure> {
    let take_back = Pages::MOVES.iter().find(|mv| mv.name == "take-back" && visit.may(mv.right));
    let mut asked_back = Vec::new();
    for paper in &read.reminders {
        let status = visit.look(|conn, look| read::status(conn, paper.id, paper.kind, look.me))?;
        asked_back.push(status == "take-back");
    }
    let said = shown.reminder.as_ref().map(|said| (said.when.time.millis() as i64, &said.text));
    if read.reminders.is_empty() && said.is_none() {
        return Ok(html! {});
    }
    let rows = html! {
        ul.rows id="reminded" data-part {
            @if let Some((time, text)) = said { li { span.when { (visit.time(time)) } div { b { (tell!(visit, "mx-reminded-all", count = i64::from(shown.reminders))) } p { (text) } } } }
            @for (paper, back) in read.reminders.iter().zip(asked_back).rev() {
                li {
                    span.when { (visit.time(paper.opened)) }
                    div {
                        a.t href={ "/directives/" (paper.id) } { (parts::paper_name(visit.lang, &paper.document_type, &paper.number)) }
                        p { (tell!(visit, "doc-to", offices = parts::scopes(visit, &paper.audience))) }
                        @if back { p { (badge(Mark::Soon, &visit.word("mx-asked-back"))) } }
                    }
                    @if let (Some(mv), false) = (take_back, back) {
                        (moves::button(visit, &format!("/directive/{}/take-back", paper.id), mv, &Form::default(), &[]))
                    }
                }
            }
        }
    };
    Ok(parts::section("reminders", &visit.word("mx-reminders"), "", rows))
}

/// Reminds the ticked offices: the first post shows the reminder, the second sends it.
pub(super) async fn remind(visit: Visit, posted: Posted) -> Answer {
    let (reminder, offices) = reminder(&visit, &posted)?;
    reminder.answer(&visit, &posted, &offices).await
}

/// Shows a reminder that was begun.
pub(super) async fn remind_again(visit: Visit) -> Answer {
    let form = drafts::form(&visit, &visit.path)?;
    let (reminder, offices) = reminder(&visit, &form)?;
    reminder.again(&visit, &form, &offices)
}

fn reminder(visit: &Visit, form: &Form) -> Result<(Reminder, Vec<OfficeId>), Fault> {
    let read = Read::of(visit)?;
    let Some(shown) = read.shown() else { return Err(Fault::NotFound) };
    let known: Vec<OfficeId> = read.grid.rows.iter().map(|row| row.office).collect();
    let offices = remind::ticked(form, &known);
    let row = &read.record.row;
    let lines: Vec<String> = read
        .chosen(visit)
        .into_iter()
        .filter(|row| offices.contains(&row.office))
        .map(|row| format!("- {}: {}", visit.name(row.office), lacks(visit, shown, row)))
        .collect();
    let paper = parts::paper_name(visit.lang, &row.document_type, &row.number);
    let clock = visit.clock();
    let from = form.get(FROM);
    let (back, at) = match (from, State::from_name(from)) {
        ("", _) => (format!("{AT}/{}", row.id), AT),
        (_, Some(state)) => (format!("/?only={}", state.name()), "/"),
        _ => ("/".to_owned(), "/"),
    };
    let reminder = Reminder {
        address: remind::address(row.id),
        back,
        at,
        about: Some(row.id.to_string()),
        paper: paper.clone(),
        own: row.owner == visit.me(),
        title: tell!(
            visit,
            "remind-title",
            number = if row.number.is_empty() { paper.as_str() } else { row.number.as_str() }
        ),
        text: tell!(
            visit,
            "remind-text",
            paper = paper.as_str(),
            now = clock.moment(visit.now),
            list = lines.join("\n")
        ),
        carried: if from.is_empty() { Vec::new() } else { vec![(FROM, from.to_owned())] },
    };
    Ok((reminder, offices))
}

/// What an office still owes, in words. It never quotes a paper.
fn lacks(visit: &Visit, shown: &Shown, row: &MatrixRow) -> String {
    let mut all = Vec::new();
    if !row.has_said(Status::Accepted) {
        all.push(visit.word("remind-not-accepted"));
    }
    for (task, cell) in shown.tasks.iter().zip(&row.tasks) {
        if let Cell::Open { mark, by, .. } = cell {
            all.push(format!("{} {}", task.task.id, open_word(visit, *mark, *by)));
        }
    }
    if shown.tasks.is_empty() && !row.has_said(Status::Completed) {
        all.push(visit.word("remind-not-completed"));
    }
    if all.is_empty() { visit.word("remind-nothing-lacks") } else { all.join("; ") }
}
