//! Draws the matrix of a directive: totals, filter chips, legend, rows and cells.

use std::collections::HashMap;

use maud::{Markup, html};
use truc_node::derive::views::kinds::directive::Shown;
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::parts::{self, Mark, chart, glyph};
use truc_proto::id::OfficeId;
use truc_proto::paper::Due;
use truc_proto::record::directive::Status;

use super::grid::{Cell, Grid, Group, MatrixRow, STEPS, Sum};
use crate::console::remind::OFFICE;

/// When each office was last reminded of the directive, Unix milliseconds.
pub(super) type Reminded = HashMap<OfficeId, i64>;

/// Whether the filter chip `chip` shows a row.
pub(super) fn is(row: &MatrixRow, chip: &str) -> bool {
    match chip {
        "act" => row.group == Group::Act,
        "silent" => row.group == Group::Silent,
        "absent" => row.group == Group::Absent,
        "course" => row.group == Group::Course,
        "unaccepted" => !row.has_said(Status::Accepted),
        "uncompleted" => !row.has_said(Status::Completed),
        _ => true,
    }
}

/// One tile for each step and task: how many offices have finished it.
pub(super) fn sums(visit: &Visit, grid: &Grid, shown: &Shown) -> Markup {
    let steps = [
        (Status::Arrived, "mx-arrived", "mx-n-not-there"),
        (Status::Accepted, "mx-accepted", "mx-n-rest"),
        (Status::Completed, "mx-completed", "mx-n-undone"),
    ];
    html! {
        @for (step, key, rest) in steps { @if let Some(sum) = grid.step(step) { (tile(visit, &visit.word(key), "", sum, None, rest)) } }
        @for (task, sum) in shown.tasks.iter().zip(&grid.tasks) {
            @let due = Due::parse(&task.task.due).ok().flatten().map(|due| due.0);
            (tile(visit, &task.task.id, &task.task.content, *sum, due, "mx-n-undone"))
        }
    }
}

/// `others`: what is said of those that have not taken the step, and are neither late nor silent.
fn tile(visit: &Visit, name: &str, about: &str, sum: Sum, due: Option<i64>, others: &str) -> Markup {
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
        _ if rest > 0 => said.push(tell!(visit, others, count = rest)),
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

/// The filter chips, each with the number of rows that it shows.
pub(super) fn chips(visit: &Visit, grid: &Grid) -> Markup {
    let chosen = visit.asked("show");
    let chips = [
        ("", "chip-all"),
        ("act", "mx-act"),
        ("silent", "mx-silent"),
        ("absent", "mx-absent"),
        ("course", "mx-course"),
        ("unaccepted", "mx-chip-not-accepted"),
        ("uncompleted", "mx-chip-open"),
    ];
    let chips = chips.map(|(name, key)| {
        let count = grid.rows.iter().filter(|row| is(row, name)).count();
        (visit.with("show", name), name == chosen, parts::counted(&visit.word(key), count))
    });
    parts::chips(Some("chips"), &visit.word("table-filter"), chips)
}

/// Explains what the marks mean.
pub(super) fn legend(visit: &Visit) -> Markup {
    let marks = [
        (Mark::Done, "mx-l-done"),
        (Mark::DoneLate, "mx-l-dlate"),
        (Mark::DoneUnjudged, "mx-l-dunk"),
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

/// The rows by group: those to act on and the silent ones in one table, the others in a folded one below it.
pub(super) fn groups(
    visit: &Visit,
    shown: &Shown,
    rows: &[&MatrixRow],
    steer: bool,
    reminded: &Reminded,
) -> Markup {
    let of = |group: Group| rows.iter().copied().filter(|row| row.group == group).collect::<Vec<_>>();
    let (act, silent, absent) = (of(Group::Act), of(Group::Silent), of(Group::Absent));
    let course = of(Group::Course);
    let first = [(&act, "mx-act-n"), (&silent, "mx-silent-n"), (&absent, "mx-absent-n")];
    let open = act.is_empty() && silent.is_empty() || !visit.asked("show").is_empty();
    html! {
        @if act.len() + silent.len() + absent.len() > 0 {
            div.tw tabindex="0" { table.mx {
                (head(visit, shown, steer))
                @for (rows, key) in first { @if !rows.is_empty() {
                    tbody {
                        tr.grp { th colspan=(STEPS.len() + shown.tasks.len() + 2 + usize::from(steer)) scope="rowgroup" { (tell!(visit, key, count = rows.len())) } }
                        @for row in rows { (line(visit, shown, row, steer, reminded.get(&row.office))) }
                    }
                } }
            } }
        }
        @if !course.is_empty() {
            details.course id="course" open[open] {
                summary { (tell!(visit, "mx-course-n", count = course.len())) }
                div.tw tabindex="0" { table.mx { (head(visit, shown, steer)) tbody { @for row in &course { (line(visit, shown, row, steer, reminded.get(&row.office))) } } } }
            }
        }
        @if rows.is_empty() { (parts::empty(&visit.word("mx-no-rows"), None)) }
    }
}

/// The name of a step in the reader's language.
pub(super) fn step_word(visit: &Visit, step: Status) -> String {
    visit.word(match step {
        Status::Arrived => "mx-arrived",
        Status::Accepted => "mx-accepted",
        Status::Assigned => "doc-04",
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

fn line(visit: &Visit, shown: &Shown, row: &MatrixRow, steer: bool, reminded: Option<&i64>) -> Markup {
    let name = visit.name(row.office);
    let clock = visit.clock();
    html! {
        tr {
            @if steer { td.tick { input type="checkbox" name=(OFFICE) value=(row.office) checked[row.remind && reminded.is_none()] aria-label=(name); } }
            th scope="row" { (parts::office(visit, row.office)) @if let Some(at) = reminded { br; small.mut { (tell!(visit, "first-reminded", time = clock.at(*at))) } } }
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

/// Draws a cell. It is tinted only when late, unknown, express or refused, and hatched where the task was not given.
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
        Cell::Said { when, words, .. } => {
            let name = said_word(visit, mark);
            let shown = match (mark, words.as_str()) {
                (Mark::Refused, "") => name.clone(),
                (Mark::Refused, why) => tell!(visit, "mx-refused", why = why),
                _ => clock.brief(when.time.millis() as i64),
            };
            let words =
                if words.is_empty() || mark == Mark::Refused { String::new() } else { format!("; {words}") };
            (name.clone(), shown, format!("{column}: {name}, {}{words}", visit.both(*when)))
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
        Cell::Came => {
            let name = visit.word("mx-l-came");
            (name.clone(), String::new(), format!("{column}: {name}"))
        }
        Cell::NotAsked | Cell::Nothing => Default::default(),
    };
    let number = match cell {
        Cell::Said { words, mark: Mark::Done, .. } => words.as_str(),
        _ => "",
    };
    // What its author's clock said, or when the hub had it, if that is another time than the one that counts.
    let apart = match cell {
        Cell::Said { when, .. } => {
            let time = when.time.millis() as i64;
            let arrived = when.arrived.is_none_or(|arrived| Visit::apart(time, arrived as i64));
            arrived || Visit::apart(time, when.signed.millis() as i64)
        }
        _ => false,
    };
    let both = match cell {
        Cell::Said { when, .. } if apart => visit.both(*when),
        _ => String::new(),
    };
    html! {
        td class=[(!tint.is_empty()).then_some(tint)] data-l=(column) title=(title) tabindex="-1" {
            svg.g.(mark.name()) role="img" aria-label=(name) { use href={ "#i-" (mark.name()) } {} }
            (shown)
            @if !number.is_empty() { " " small.mut { (number) } }
            @if !both.is_empty() { br; small.mut { (both) } }
        }
    }
}

fn said_word(visit: &Visit, mark: Mark) -> String {
    visit.word(match mark {
        Mark::DoneLate => "mx-l-dlate",
        Mark::DoneUnjudged => "mx-l-dunk",
        Mark::Refused => "doc-02",
        _ => "mx-l-done",
    })
}

/// How an open step or task stands, in words.
pub(super) fn open_word(visit: &Visit, mark: Mark, by: Option<i64>) -> String {
    let clock = visit.clock();
    match (mark, by) {
        (Mark::Late, Some(due)) => clock.left(due),
        (Mark::Express, Some(sent)) => {
            tell!(visit, "mx-express", span = clock.span(visit.now.saturating_sub(sent)))
        }
        (Mark::Late, None) => visit.word("mx-l-late"),
        (Mark::Express, None) => visit.word("mx-l-urg"),
        (Mark::Unknown, _) => visit.word("mx-l-unk"),
        (Mark::None, _) => visit.word("glance-absent"),
        (Mark::Soon, _) => visit.word("mx-l-soon"),
        (Mark::Running, _) => visit.word("mx-l-run"),
        _ => visit.word("mx-l-wait"),
    }
}
