//! The matrix as a page.

use std::cmp::Ordering;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::desk::directive::Pages;
use truc_node::desk::moves::{self, Kind as _};
use truc_node::failure::Failure;
use truc_node::record::directive::{Shown, replies};
use truc_node::record::{self, Record};
use truc_node::tell;
use truc_node::views::read::{self, Row as Paper};
use truc_node::web::Visit;
use truc_node::web::fault::{Answer, Fault};
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::{self, Mark, badge, chart, glyph};
use truc_node::web::posted::Posted;
use truc_node::web::table::{Cell as TableCell, Table};
use truc_node::web::{export, parts::field};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::directive::Status;
use truc_proto::record::{Act as _, directive::Move};
use truc_proto::vietnamese::fold;

use super::as_of;
use super::grid::{Cell, Grid, Group, Row, STEPS, Sum, grid};
use crate::console::remind::{self, OFFICE, Reminder};

const AT: &str = "/directives";

/// A directive with its matrix and the letters that reminded of it.
struct Read {
    record: Record,
    grid: Grid,
    reminders: Vec<Paper>,
}

impl Read {
    fn of(visit: &Visit) -> Result<Self, Fault> {
        let id: RecordId = visit.param("id").parse().map_err(|_| Fault::NotFound)?;
        let read = visit.look(|conn, look| {
            let found = record::show(conn, look, id)?;
            let found = found.into_iter().find(|found| found.row.kind == Move::KIND);
            let Some(record) = found else { return Ok(None) };
            let record::Shown::Directive(shown) = &record.shown else { return Ok(None) };
            let grid = grid(&record.row, shown, look.now, look.heard);
            let replies = replies(conn, id)?.into_iter().filter(|row| row.owner == look.me);
            Ok(Some(Self { reminders: replies.collect(), grid, record }))
        })?;
        read.ok_or(Fault::NotFound)
    }

    fn shown(&self) -> Option<&Shown> {
        match &self.record.shown {
            record::Shown::Directive(shown) => Some(shown),
            _ => None,
        }
    }

    /// Rows that the visit asks for, in its order, without group.
    fn chosen(&self, visit: &Visit) -> Vec<&Row> {
        let show = visit.asked("show");
        let mut rows: Vec<(String, &Row)> = self
            .grid
            .rows
            .iter()
            .filter(|row| is(row, show))
            .map(|row| (fold(&visit.name(row.office)), row))
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

fn is(row: &Row, chip: &str) -> bool {
    match chip {
        "act" => row.group == Group::Act,
        "silent" => row.group == Group::Silent,
        "course" => row.group == Group::Course,
        "unaccepted" => !matches!(row.steps[1], Cell::Said { .. }),
        "uncompleted" => !matches!(row.steps[4], Cell::Said { .. }),
        _ => true,
    }
}

/// The page.
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
            nav.chips id="chips" data-part aria-label=(visit.word("table-filter")) { (chips(&visit, &read.grid)) }
            (legend(&visit))
        }
        form.matrix method="post" action={ (AT) "/" (row.id) "/remind" } data-bulk {
            (field::token(&visit))
            div id="grid" data-part data-quiet data-walk { (groups(&visit, shown, &rows, steer)) }
            p.bulk {
                @if steer {
                    button.b.go data-key="n" data-bulk-word=(visit.word("mx-remind-word")) { (visit.word("btn-remind-all")) }
                    span.mut.sm { (visit.word("mx-remind-note")) }
                }
                @if visit.may(Right::Export) { span.export { a href=(visit.with("as", "csv")) { "CSV" } " · " a href=(visit.with("as", "xlsx")) { "XLSX" } } }
            }
        }
        (reminded(&visit, &read, shown)?)
    };
    let name = if row.number.is_empty() { title } else { row.number.clone() };
    Ok(Page::new(name, body).at(AT).class("wide").render(&visit))
}

fn sums(visit: &Visit, grid: &Grid, shown: &Shown) -> Markup {
    let steps = [(0, "mx-arrived"), (1, "mx-accepted"), (4, "mx-completed")];
    html! {
        @for (step, key) in steps { (tile(visit, &visit.word(key), "", grid.steps[step], None)) }
        @for (task, sum) in shown.tasks.iter().zip(&grid.tasks) {
            @let due = Due::parse(&task.task.due).ok().flatten().map(|due| due.0);
            (tile(visit, &task.task.id, &task.task.content, *sum, due))
        }
    }
}

fn tile(visit: &Visit, name: &str, about: &str, sum: Sum, due: Option<i64>) -> Markup {
    let clock = visit.clock();
    let rest = sum.all.saturating_sub(sum.done + sum.late + sum.unknown);
    let mut said: Vec<String> = Vec::new();
    if sum.late > 0 {
        said.push(tell!(visit, if due.is_some() { "mx-n-late" } else { "mx-n-express" }, count = sum.late));
    }
    if sum.unknown > 0 {
        said.push(tell!(visit, "mx-n-unknown", count = sum.unknown));
    }
    match due {
        Some(due) if rest > 0 && due >= visit.now => said.push(clock.left(due)),
        _ if rest > 0 => said.push(tell!(visit, "mx-n-rest", count = rest)),
        _ => {}
    }
    html! {
        li title=[(!about.is_empty()).then_some(about)] {
            span { b.nm { (name) } @if let Some(due) = due { ", " (tell!(visit, "mx-due", time = clock.brief(due))) } }
            b.n { (sum.done) small { "/" (sum.all) } }
            span { @if said.is_empty() { (visit.word("mx-all-through")) } @else { (said.join(", ")) } }
            (chart::share(sum.done, sum.late, sum.all))
        }
    }
}

fn chips(visit: &Visit, grid: &Grid) -> Markup {
    let chosen = visit.asked("show");
    let chips = [
        ("", "chip-all"),
        ("act", "mx-act"),
        ("silent", "mx-silent"),
        ("course", "mx-course"),
        ("unaccepted", "mx-chip-not-accepted"),
        ("uncompleted", "mx-chip-open"),
    ];
    html! {
        @for (name, key) in chips {
            a href=(visit.with("show", name)) aria-current=[(name == chosen).then_some("true")] {
                (visit.word(key)) " " b { (grid.rows.iter().filter(|row| is(row, name)).count()) }
            }
        }
    }
}

fn legend(visit: &Visit) -> Markup {
    let marks = [
        (Mark::Done, "mx-l-done"),
        (Mark::DoneLate, "mx-l-dlate"),
        (Mark::Late, "mx-l-late"),
        (Mark::Express, "mx-l-urg"),
        (Mark::Soon, "mx-l-soon"),
        (Mark::Running, "mx-l-run"),
        (Mark::Waiting, "mx-l-wait"),
        (Mark::Unknown, "mx-l-unk"),
    ];
    html! {
        p.legend {
            @for (mark, key) in marks { span.(mark.name()) { (glyph(mark.name())) span.mut { (visit.word(key)) } } }
            span { i.hatch {} span.mut { (visit.word("mx-l-na")) } }
        }
    }
}

/// The three groups: act now and silent in one table, those on course folded under it.
fn groups(visit: &Visit, shown: &Shown, rows: &[&Row], steer: bool) -> Markup {
    let of = |group: Group| rows.iter().copied().filter(|row| row.group == group).collect::<Vec<_>>();
    let (act, silent, course) = (of(Group::Act), of(Group::Silent), of(Group::Course));
    let first = [(&act, "mx-act-n"), (&silent, "mx-silent-n")];
    let open = act.is_empty() && silent.is_empty() || !visit.asked("show").is_empty();
    html! {
        @if act.len() + silent.len() > 0 {
            div.tw tabindex="0" { table.mx {
                (head(visit, shown, steer))
                @for (rows, key) in first { @if !rows.is_empty() {
                    tbody {
                        tr.grp { th colspan=(STEPS.len() + shown.tasks.len() + 2 + usize::from(steer)) scope="rowgroup" { (tell!(visit, key, count = rows.len())) } }
                        @for row in rows { (line(visit, shown, row, steer)) }
                    }
                } }
            } }
        }
        @if !course.is_empty() {
            details.course id="course" open[open] {
                summary { (tell!(visit, "mx-course-n", count = course.len())) }
                div.tw tabindex="0" { table.mx { (head(visit, shown, steer)) tbody { @for row in &course { (line(visit, shown, row, steer)) } } } }
            }
        }
        @if rows.is_empty() { (parts::empty(&visit.word("mx-no-rows"), None)) }
    }
}

fn step_word(visit: &Visit, step: Status) -> String {
    visit.word(match step {
        Status::Arrived => "mx-arrived",
        Status::Accepted => "mx-accepted",
        Status::Assigned => "mx-assigned",
        Status::Processing => "mx-processing",
        Status::Completed => "mx-completed",
        Status::Refused => "doc-02",
    })
}

fn head(visit: &Visit, shown: &Shown, steer: bool) -> Markup {
    let clock = visit.clock();
    let sort = visit.asked("sort");
    let column = |name: &str, word: Markup, about: &str| {
        let down = format!("-{name}");
        let sorted = if sort == name {
            Some("ascending")
        } else if sort == down {
            Some("descending")
        } else {
            None
        };
        let next = if sort == name { &down } else { name };
        html! {
            th scope="col" aria-sort=[sorted] title=[(!about.is_empty()).then_some(about)] {
                a.sort href=(visit.with("sort", next)) { (word) @match sorted { Some("ascending") => " ▴", Some(_) => " ▾", None => "" } }
            }
        }
    };
    html! {
        colgroup { @if steer { col.tick; } col.who; @for _ in STEPS { col.step; } @for _ in &shown.tasks { col.task; } col; }
        thead { tr {
            @if steer { td { span.vh { (visit.word("key-tick")) } } }
            (column("", html! { (visit.word("cli-office")) }, ""))
            @for step in STEPS { (column(step.name(), html! { (step_word(visit, step)) }, "")) }
            @for task in &shown.tasks {
                @let due = Due::parse(&task.task.due).ok().flatten();
                (column(&task.task.id, html! { (task.task.id) @if let Some(due) = due { ", " (clock.brief(due.0)) } }, &task.task.content))
            }
            (column("heard", html! { (visit.word("mx-heard")) }, ""))
        } }
    }
}

fn line(visit: &Visit, shown: &Shown, row: &Row, steer: bool) -> Markup {
    let name = visit.name(row.office);
    let clock = visit.clock();
    html! {
        tr {
            @if steer { td.tick { input type="checkbox" name=(OFFICE) value=(row.office) checked[row.remind] aria-label=(name); } }
            th scope="row" { (parts::office(visit, row.office)) }
            @for (step, cell) in STEPS.iter().zip(&row.steps) { (cell_markup(visit, &step_word(visit, *step), cell)) }
            @for (task, cell) in shown.tasks.iter().zip(&row.tasks) { (cell_markup(visit, &task.task.id, cell)) }
            td.heard.cu[row.group == Group::Silent] data-l=(visit.word("mx-heard")) tabindex="-1" title=[row.heard.map(|heard| clock.exact(heard))] {
                @match row.heard {
                    None => (visit.word("mx-never")),
                    Some(heard) if row.group == Group::Silent => { (clock.brief(heard)) " (" (clock.span(visit.now - heard)) ")" },
                    Some(heard) if visit.now - heard < 60_000 => (visit.word("time-just-now")),
                    Some(heard) => (clock.brief(heard)),
                }
            }
        }
    }
}

/// Tinted only when late, unknown or express; hatched where nothing was given.
fn cell_markup(visit: &Visit, column: &str, cell: &Cell) -> Markup {
    let clock = visit.clock();
    let Some(mark) = cell.mark() else {
        return match cell {
            Cell::NotAsked => html! { td.na { span.vh { (visit.word("mx-l-na")) } } },
            _ => html! { td.mut.no { "–" } },
        };
    };
    let tint = match mark {
        Mark::Late => "cl",
        Mark::Unknown => "cu",
        Mark::Express => "cx",
        Mark::Refused => "ref",
        _ => "",
    };
    let (name, shown, title) = match cell {
        Cell::Said { at, words, .. } => {
            let name = said_word(visit, mark);
            let shown = match (mark, words.as_str()) {
                (Mark::Refused, "") => name.clone(),
                (Mark::Refused, why) => tell!(visit, "mx-refused", why = why),
                _ => clock.brief(*at),
            };
            let words =
                if words.is_empty() || mark == Mark::Refused { String::new() } else { format!("; {words}") };
            (name.clone(), shown, format!("{column}: {name}, {}{words}", clock.exact(*at)))
        }
        Cell::Open { by, percent, .. } => {
            let name = open_word(visit, mark, *by);
            let shown = match (mark, percent) {
                (Mark::Late | Mark::Unknown | Mark::Express, _) => name.clone(),
                (_, Some(percent)) => format!("{percent} %"),
                _ => String::new(),
            };
            let by = by.map(|by| format!(", {}", clock.exact(by))).unwrap_or_default();
            (name.clone(), shown, format!("{column}: {name}{by}"))
        }
        Cell::NotAsked | Cell::Nothing => Default::default(),
    };
    let number = match cell {
        Cell::Said { words, mark: Mark::Done, .. } => words.as_str(),
        _ => "",
    };
    html! {
        td class=[(!tint.is_empty()).then_some(tint)] data-l=(column) title=(title) tabindex="-1" {
            svg.g.(mark.name()) role="img" aria-label=(name) { use href={ "#" (mark.name()) } {} }
            (shown)
            @if !number.is_empty() { " " small.mut { (number) } }
        }
    }
}

fn said_word(visit: &Visit, mark: Mark) -> String {
    visit.word(match mark {
        Mark::DoneLate => "mx-l-dlate",
        Mark::Refused => "doc-02",
        _ => "mx-l-done",
    })
}

fn open_word(visit: &Visit, mark: Mark, by: Option<i64>) -> String {
    let clock = visit.clock();
    match (mark, by) {
        (Mark::Late, Some(due)) => clock.left(due),
        (Mark::Express, Some(sent)) => {
            tell!(visit, "mx-express", span = clock.span(visit.now.saturating_sub(sent)))
        }
        (Mark::Late, None) => visit.word("mx-l-late"),
        (Mark::Express, None) => visit.word("mx-l-urg"),
        (Mark::Unknown, _) => visit.word("mx-l-unk"),
        (Mark::Soon, _) => visit.word("mx-l-soon"),
        (Mark::Running, _) => visit.word("mx-l-run"),
        _ => visit.word("mx-l-wait"),
    }
}

/// The matrix as a file: every time in full.
fn table(visit: &Visit, read: &Read, shown: &Shown, rows: &[&Row]) -> Table {
    let mut heads = vec![("office", visit.word("cli-office")), ("group", visit.word("cli-status"))];
    heads.extend(STEPS.iter().map(|step| (step.name(), step_word(visit, *step))));
    heads.push(("arrival", visit.word("cli-arrival")));
    heads.extend(shown.tasks.iter().map(|task| ("task", task.task.id.clone())));
    heads.push(("heard", visit.word("mx-heard")));
    let mut table = Table::new(read.record.row.number.clone(), &heads);
    let clock = visit.clock();
    let text = |cell: &Cell| match cell {
        Cell::NotAsked => visit.word("mx-l-na"),
        Cell::Nothing => String::new(),
        Cell::Said { mark: Mark::Refused, words, .. } => tell!(visit, "mx-refused", why = words.as_str()),
        Cell::Said { mark: Mark::DoneLate, at, .. } => {
            format!("{} ({})", clock.machine(*at), visit.word("mx-l-dlate"))
        }
        Cell::Said { at, .. } => clock.machine(*at),
        Cell::Open { mark, by, .. } => open_word(visit, *mark, *by),
    };
    for row in rows {
        let number = match &row.steps[1] {
            Cell::Said { words, mark: Mark::Done, .. } => words.clone(),
            _ => String::new(),
        };
        let mut cells = vec![
            TableCell::text(visit.name(row.office)),
            TableCell::text(visit.word(match row.group {
                Group::Act => "mx-act",
                Group::Silent => "mx-silent",
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

/// What was said already, and the way back: a letter that was sent can only be asked back.
fn reminded(visit: &Visit, read: &Read, shown: &Shown) -> Result<Markup, Failure> {
    let take_back = Pages::MOVES.iter().find(|mv| mv.name == "take-back" && visit.may(mv.right));
    let mut asked_back = Vec::new();
    for paper in &read.reminders {
        let status = visit.look(|conn, look| read::status(conn, paper.id, paper.kind, look.me))?;
        asked_back.push(status == "take-back");
    }
    let said = shown.reminder.as_ref().map(|said| (said.time.millis() as i64, &said.text));
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

/// Ticked offices are reminded: first asked, then done.
pub(super) async fn remind(visit: Visit, posted: Posted) -> Answer {
    let read = Read::of(&visit)?;
    let Some(shown) = read.shown() else { return Err(Fault::NotFound) };
    let known: Vec<OfficeId> = read.grid.rows.iter().map(|row| row.office).collect();
    let offices = remind::ticked(&posted, &known);
    let row = &read.record.row;
    let lines: Vec<String> = read
        .chosen(&visit)
        .into_iter()
        .filter(|row| offices.contains(&row.office))
        .map(|row| format!("- {}: {}", visit.name(row.office), lacks(&visit, shown, row)))
        .collect();
    let paper = parts::paper_name(visit.lang, &row.document_type, &row.number);
    let clock = visit.clock();
    let reminder = Reminder {
        address: format!("{AT}/{}/remind", row.id),
        back: format!("{AT}/{}", row.id),
        at: AT,
        about: Some(row.id.to_string()),
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
        carried: Vec::new(),
    };
    reminder.answer(&visit, &posted, &offices).await
}

/// What an office still owes, in words; never what a paper says.
fn lacks(visit: &Visit, shown: &Shown, row: &Row) -> String {
    let mut all = Vec::new();
    if !matches!(row.steps[1], Cell::Said { .. }) {
        all.push(visit.word("remind-not-accepted"));
    }
    for (task, cell) in shown.tasks.iter().zip(&row.tasks) {
        if let Cell::Open { mark, by, .. } = cell {
            all.push(format!("{} {}", task.task.id, open_word(visit, *mark, *by)));
        }
    }
    if shown.tasks.is_empty() && !matches!(row.steps[4], Cell::Said { .. }) {
        all.push(visit.word("remind-not-completed"));
    }
    if all.is_empty() { visit.word("remind-nothing-lacks") } else { all.join("; ") }
}
