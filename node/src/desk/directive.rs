//! Pages of directives and letters (văn bản chỉ đạo).

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::directive::{Move as Says, Status};
use truc_proto::record::{self, Act as _, Progress as Reported};
use truc_proto::time::When;

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::directive::{
    Complete, Confirm, Create, DoneArg, Progress, Say, TaskArg, Verb, open_tasks,
};
use crate::command::paper::Part;
use crate::derive::views::files::Brought;
use crate::derive::views::kinds::directive::{Addressee, Shown, ShownTask, TaskOffice, Waits, replies};
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::parts::files::Files;
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, Mark, badge};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::site::Nav;
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::document;
use super::moves::{self, Ask, Each, FILES, Input, Kind, Move, NOT_DONE, NOTE, Next, Parts, WHY, Wrong};
use super::write::{self, Write};

/// Pages of directives.
pub struct Pages;

const WHOM: Ask = Ask { name: "assigned_to", key: "field-assign-to", input: Input::Person, required: true };
const PERCENT: Ask = Ask { name: "percent", key: "field-percent", input: Input::Percent, required: true };

impl Kind for Pages {
    const TABLE: &'static record::Kind = Says::TABLE;
    const AT: &'static str = "/in";
    const KEY: &'static str = "nav-in";
    const NAV: Option<Nav> = None;
    const TODAY: Option<[&'static str; 2]> = None;
    const MOVES: &'static [Move] = &[
        Move::new("accepted", Right::Receive, "btn-accept").main().shortcut("t").grave("ask-accept"),
        Move::new("assigned", Right::Assign, "btn-assign").main().asks(&[WHOM, NOTE]).shortcut("p"),
        Move::new("processing", Right::Handle, "btn-process").asks(&[NOTE]),
        Move::new("progress", Right::Handle, "btn-report-result").main().asks(&[PERCENT, NOTE, FILES]),
        // The whole is the chief's to report; of a task, whoever works on it.
        Move::new("completed", Right::Judge, "btn-complete").asks(&[NOTE, FILES]).grave("ask-complete"),
        Move::new("refused", Right::Receive, "btn-refuse").asks(&[WHY]).grave("ask-refuse"),
        Move::new("reminder", Right::Issue, "btn-remind-all").asks(&[NOTE]).shortcut("n"),
        Move::new("confirmed", Right::Judge, "btn-confirm-done").main().asks(&[NOTE]),
        Move::new("take-back", Right::Issue, "btn-takeback").asks(&[WHY]).grave("ask-takeback"),
        Move::new("agreed", Right::Receive, "btn-agree").main().asks(&[NOTE]).grave("ask-destroy"),
        Move::new("declined", Right::Receive, "btn-decline").asks(&[WHY]),
    ];

    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let note = form.get("note").to_owned();
        let levels = write::attached(visit, form);
        let say = Say {
            which: which.clone(),
            note: note.clone(),
            arrival_number: form.get("arrival_number").to_owned(),
            assigned_to: form.get("assigned_to").to_owned(),
            levels: levels.clone(),
        };
        Ok(Records::Directive(match mv {
            "accepted" => Verb::Accept(say),
            "refused" => Verb::Refuse(say),
            "assigned" => Verb::Assign(say),
            "processing" => Verb::Process(say),
            "completed" => {
                let done = form.under("done.").map(|(task, note)| Part::Fields(DoneArg { id: task, note }));
                Verb::Complete(Complete { which, note, done: done.collect(), all: false, levels })
            }
            "reminder" => Verb::Remind(say),
            "take-back" => Verb::TakeBack(say),
            "agreed" => Verb::Agree(say),
            "declined" => Verb::Decline(say),
            "progress" => {
                let percent = write::percent(visit, form)?;
                Verb::Progress(Progress { which, task: form.get("task").to_owned(), percent, note, levels })
            }
            "confirmed" if form.get("done") == "no" && note.is_empty() => {
                return Err(vec![(
                    "note".into(),
                    tell!(visit, "err-field-empty", field = visit.word("field-why")),
                )]);
            }
            "confirmed" => Verb::Confirm(Confirm {
                which,
                task: form.get("task").to_owned(),
                office: form.get("office").to_owned(),
                not_done: form.get("done") == "no",
                note,
            }),
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn each(visit: &Visit, record: &Record, mv: &str) -> Vec<Each> {
        if mv != "completed" {
            return Vec::new();
        }
        let open = open_tasks(record, visit.me()).into_iter();
        open.map(|task| Each {
            name: format!("done.{}", task.task.id),
            label: format!("{} · {}", task.task.id, task.task.content),
            required: true,
        })
        .collect()
    }

    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure> {
        let kinds::Shown::Directive(shown) = &record.shown else { return Ok(Parts::default()) };
        let mine = shown.addressees.iter().find(|addressee| addressee.office == visit.me());
        let mut parts = Parts { next: next(visit, &record.row, shown), ..Parts::default() };
        let files = Files::of(visit, &record.row)?;
        if let Some(mine) = mine.filter(|mine| mine.status.is_some()) {
            parts.side.push(own_status(visit, mine));
        }
        if !shown.tasks.is_empty() {
            parts.side.push(tasks(visit, record, shown, form, &files));
        }
        if let Some(asked) = &shown.take_back {
            let said = tell!(visit, "doc-take-back", why = asked.text.as_str());
            parts.side.insert(0, html! { section.box.warnbox { p { (badge(Mark::Soon, &said)) } } });
        }
        if let Some(related) = related(visit, record, shown)? {
            parts.side.push(related);
        }
        let others = shown.addressees.iter().any(|addressee| addressee.office != visit.me());
        if record.row.owner == visit.me() || visit.office().identity().is_hub() && others {
            parts.below.push(addressees(visit, shown, &files));
        }
        Ok(parts)
    }
}

/// The paper that this one answers, and the papers that answer it, reminders included.
fn related(visit: &Visit, record: &Record, shown: &Shown) -> Result<Option<Markup>, Failure> {
    let (before, (after, all)) = visit.look(|conn, _| {
        let before = match shown.in_reply_to {
            Some(id) => read::list(conn, &Filter::id(id))?,
            None => Vec::new(),
        };
        Ok((before, replies(conn, record.row.id, None)?))
    })?;
    if before.is_empty() && after.is_empty() {
        return Ok(None);
    }
    let line = |row: &RecordRow| {
        html! {
            li { a href={ "/directive/" (row.id) } { (parts::paper_name(visit.lang, &row.document_type, &row.number)) } " " (row.title) br; span.xs.mut { (visit.name(row.owner)) ", " (visit.time(row.opened)) } }
        }
    };
    Ok(Some(html! {
        section.box {
            @if !before.is_empty() { h2 { (visit.word("doc-answers")) } ul.files { @for row in &before { (line(row)) } } }
            @if !after.is_empty() { h2 { (visit.word("doc-related")) } ul.files { @for row in &after { (line(row)) } } @if all > after.len() { p.xs.mut { (tell!(visit, "doc-related-more", count = all - after.len())) } } }
        }
    }))
}

/// What this office has to do next, and until when.
fn next(visit: &Visit, row: &RecordRow, shown: &Shown) -> Option<Next> {
    let clock = visit.clock();
    let whole = |plain: &str, by: &str| match row.due {
        Some(due) => tell!(visit, by, left = clock.left(due)),
        None => visit.word(plain),
    };
    Some(match shown.waits(visit.me()) {
        Waits::Acceptance => {
            let mark = if row.is_express() { Mark::Express } else { Mark::Waiting };
            Next { mark, said: whole("next-accept", "next-accept-by"), note: visit.word("next-accept-note") }
        }
        Waits::Tasks(open) => {
            let (due, status, _) = open.first()?;
            let named: Vec<&str> =
                open.iter().filter(|other| other.0 == *due).map(|(_, _, id)| *id).collect();
            let said = match due {
                Some(due) => {
                    let left = parts::capital(&clock.left(*due));
                    let time = clock.due(*due);
                    tell!(visit, "next-tasks", left = left, tasks = named.join(", "), time = time)
                }
                None => tell!(visit, "next-tasks-open", tasks = named.join(", ")),
            };
            Next { mark: Mark::of(*status), said, note: visit.word("next-tasks-note") }
        }
        Waits::Assignment => {
            Next { mark: Mark::Waiting, said: whole("next-assign", "next-assign-by"), note: String::new() }
        }
        Waits::Completion => {
            let mark = if row.due.is_some_and(|due| due < visit.now) { Mark::Late } else { Mark::Running };
            Next { mark, said: whole("next-complete", "next-complete-by"), note: String::new() }
        }
        Waits::TakeBack => {
            let note = visit.word("next-take-back-note");
            Next { mark: Mark::Soon, said: visit.word("next-take-back"), note }
        }
        Waits::GivenBack => Next { mark: Mark::Refused, said: visit.word("doc-15"), note: String::new() },
        Waits::Refused(count) => Next {
            mark: Mark::Refused,
            said: tell!(visit, "next-refused", count = count),
            note: visit.word("next-refused-note"),
        },
        Waits::Nothing => {
            // Of an own paper: results of others that wait for a verdict.
            let results =
                shown.tasks.iter().flat_map(|task| &task.offices).filter(|office| is_to_judge(office));
            let count = results.count();
            if row.owner != visit.me() || count == 0 {
                return None;
            }
            Next {
                mark: Mark::Waiting,
                said: tell!(visit, "next-confirm", count = count),
                note: String::new(),
            }
        }
    })
}

/// Whether an office reported its work as done and the issuer has not judged that since.
fn is_to_judge(office: &TaskOffice) -> bool {
    let judged = |done: When| office.confirmed.as_ref().is_some_and(|verdict| verdict.time >= done.time);
    office.done.is_some_and(|done| !judged(done))
}

fn own_status(visit: &Visit, mine: &Addressee) -> Markup {
    html! {
        section.box {
            h2 { (visit.word("doc-here")) }
            p { (status_badge(visit, mine)) }
            @if let Some(when) = mine.since_status() { p.xs.mut { (visit.both(when)) } }
            @if !mine.assigned_to.is_empty() { p.sm { (visit.word("cli-assigned")) ": " (mine.assigned_to) } }
            @if !mine.note.is_empty() { p.sm.mut { (mine.note) } }
        }
    }
}

/// The status of a paper at an office, as shape and word.
pub fn status_badge(visit: &Visit, addressee: &Addressee) -> Markup {
    let (mark, word) = addressee_word(visit, addressee);
    badge(mark, &word)
}

/// Mark and words of where a paper stands with an addressee.
fn addressee_word(visit: &Visit, addressee: &Addressee) -> (Mark, String) {
    if addressee.take_back.as_ref().is_some_and(|answer| answer.agreed) {
        return (Mark::Refused, visit.word("doc-15"));
    }
    status_word(visit, addressee.status, &addressee.arrival_number)
}

/// Mark and words of a status.
pub fn status_word(visit: &Visit, status: Option<Status>, number: &str) -> (Mark, String) {
    match status {
        None => (Mark::Waiting, visit.word("doc-sent")),
        Some(Status::Arrived) => (Mark::Waiting, visit.word("doc-01")),
        Some(Status::Refused) => (Mark::Refused, visit.word("doc-02")),
        Some(Status::Accepted) if number.is_empty() => (Mark::Running, visit.word("doc-03-plain")),
        Some(Status::Accepted) => (Mark::Running, tell!(visit, "doc-03", number = number)),
        Some(Status::Assigned) => (Mark::Running, visit.word("doc-04")),
        Some(Status::Processing) => (Mark::Running, visit.word("doc-05")),
        Some(Status::Completed) => (Mark::Done, visit.word("doc-06")),
    }
}

fn tasks(visit: &Visit, record: &Record, shown: &Shown, form: &Form, files: &Files) -> Markup {
    let me = visit.me();
    let ours = |task: &&ShownTask| task.offices.iter().any(|office| office.office == me);
    let owner = record.row.owner == me;
    let (mine, others): (Vec<_>, Vec<_>) = shown.tasks.iter().partition(|task| ours(task) || owner);
    html! {
        section.box aria-labelledby="h-tasks" {
            h2 id="h-tasks" { (visit.word(if owner { "doc-tasks" } else { "doc-own-tasks" })) }
            ul.tasks {
                @for task in mine { (one_task(visit, record, task, form, files)) }
                @for task in others {
                    li.other { span.id { (task.task.id) } div { (task.task.content) br; span.xs.mut { (visit.word("task-not-ours")) } } }
                }
            }
        }
    }
}

fn one_task(visit: &Visit, record: &Record, task: &ShownTask, form: &Form, files: &Files) -> Markup {
    let due = Due::parse(&task.task.due).ok().flatten();
    let me = visit.me();
    let mine = task.offices.iter().find(|office| office.office == me);
    let progress = Pages::MOVES
        .iter()
        .find(|mv| mv.name == "progress" && record.next.contains(&"progress") && visit.may(mv.right));
    let address = format!("/directive/{}/progress", record.row.id);
    html! {
        li id={ "task-" (task.task.id) } {
            span.id { (task.task.id) }
            div {
                (task.task.content)
                @if let Some(mine) = mine {
                    p { @if let Some(status) = mine.status { (parts::duty(visit, status, due)) } @if let Some(progress) = &mine.progress { " " (parts::percent(progress.percent)) } }
                    @if let Some(done) = mine.done { p.xs.mut { (visit.both(done)) } }
                    @if let Some(progress) = &mine.progress { @if !progress.note.is_empty() { p.xs.mut { (progress.note) } } (files.list(visit, |file| is_of(file, me, progress))) }
                    @if let Some(verdict) = &mine.confirmed { p.xs { (badge(if verdict.accepted { Mark::Done } else { Mark::Late }, &visit.word(if verdict.accepted { "task-confirmed" } else { "task-not-confirmed" }))) " " (verdict.note) } }
                } @else if task.offices.len() > 1 {
                    @let finished = task.offices.iter().filter(|office| office.done.is_some()).count();
                    p.xs { (tell!(visit, "task-finished", done = finished, all = task.offices.len())) }
                }
                p.xs.mut { @if let Some(due) = due { (visit.word("cli-due")) " " (document::due(visit, Some(due.0))) } @if !task.task.product.is_empty() { " · " (task.task.product) } }
                @if let (Some(mv), Some(mine)) = (progress, mine) { @if mine.done.is_none() {
                    (moves::button(visit, &address, mv, form, &[("task", &task.task.id)]))
                } }
                @if record.row.owner == me { (confirmations(visit, record, task, form, files)) }
            }
        }
    }
}

/// Whether an office's report about a task brought a file.
fn is_of(file: &Brought, office: OfficeId, progress: &Reported) -> bool {
    file.row.ledger == office && file.mv == "progress" && file.signed == progress.time.millis() as i64
}

/// Offices that reported the task as done and wait for the issuer's confirmation.
fn confirmations(visit: &Visit, record: &Record, task: &ShownTask, form: &Form, files: &Files) -> Markup {
    let waiting = task.offices.iter().filter(|office| is_to_judge(office));
    if !visit.may(Right::Judge) || !record.next.contains(&"confirmed") {
        return html! {};
    }
    let address = format!("/directive/{}/confirmed", record.row.id);
    html! {
        ul.confirm {
            @for office in waiting {
                @let id = office.office.to_string();
                li {
                    (parts::office(visit, office.office)) " "
                    @if let Some(done) = office.done { span.xs.mut { (visit.both(done)) } " " }
                    (drafts::button(visit, &address, "", &visit.word("btn-confirm-done"), &[("task", &task.task.id), ("office", &id), ("done", "yes")]))
                    (moves::button(visit, &address, &NOT_DONE, form, &[("task", &task.task.id), ("office", &id), ("done", "no")]))
                    @if let Some(progress) = &office.progress { (files.list(visit, |file| is_of(file, office.office, progress))) }
                }
            }
        }
    }
}

/// All addressees with their status.
fn addressees(visit: &Visit, shown: &Shown, files: &Files) -> Markup {
    let heads = [
        ("office", "cli-office"),
        ("status", "cli-status"),
        ("signed", "cli-signed"),
        ("came", "cli-came"),
        ("arrival", "cli-arrival"),
        ("note", "cli-note"),
    ];
    let mut table = Table::new(visit, "doc-addressees", &heads);
    for addressee in &shown.addressees {
        let (mark, word) = addressee_word(visit, addressee);
        let rank = addressee.status.map_or(0, |status| status as i64 + 1);
        let [signed, came] = Cell::both(visit, addressee.since_status());
        table.row(vec![
            Cell::office(visit, addressee.office),
            Cell::badge(mark, &word).rank(rank),
            signed,
            came,
            Cell::text(addressee.arrival_number.clone()),
            Cell::text(addressee.note.clone()).shown(html! {
                (addressee.note)
                (files.list(visit, |file| file.row.ledger == addressee.office && file.mv == "completed"))
            }),
        ]);
    }
    // Who has done least stands first.
    let table = table.ordered(&["status", "office"]);
    let done = shown.addressees.iter().filter(|addressee| addressee.status >= Some(Status::Accepted)).count();
    let note = tell!(visit, "doc-accepted-by", done = done, all = shown.addressees.len());
    parts::section("addressees", &visit.word("doc-addressees"), &note, table.chosen(visit).markup(visit))
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = document::routes::<Pages>();
    all.push(
        Route::get("/directives/new", Need::Right(Right::Handle), async |visit| {
            let mut form = drafts::form(&visit, "/directives/new")?;
            if form.rows("task").is_empty() && !form.is_set("title") {
                form.set("type", "CV");
            }
            write_page(&visit, &form)
        })
        .keeps(Text::Paper),
    );
    all.push(Route::post("/directives/new", Need::Right(Right::Issue), create).keeps(Text::Paper));
    all
}

fn write_page(visit: &Visit, form: &Form) -> Answer {
    let types: Vec<DocumentType> =
        DocumentType::ALL.iter().copied().filter(|kind| !kind.is_central()).collect();
    let write = Write {
        title: visit.word("write-directive"),
        address: "/directives/new",
        at: "/out",
        types: &types,
        kind: Pages::TABLE,
        offered: Offered::All,
        urgency: true,
        button: "btn-issue",
        full: false,
    };
    // Who has nobody below has nobody to give tasks to.
    let directs = visit.office().registry().children(visit.me()).next().is_some();
    write.page(
        visit,
        form,
        if directs {
            task_rows(visit, form)
        } else {
            html! {}
        },
    )
}

/// Rows for the tasks of a new directive; a button adds one, also without scripts.
fn task_rows(visit: &Visit, form: &Form) -> Markup {
    let rows = write::shown_rows(form, "task", 1);
    html! {
        fieldset.rowset id="task" data-rows="task" {
            legend { (visit.word("doc-tasks")) }
            p.hint { (visit.word("hint-tasks")) }
            @for row in &rows {
                div.row data-row {
                    (write::cell(visit, form, "task", *row, "content", "cli-content", "text"))
                    (write::offices(visit, form, "task", *row, "offices", "field-assignees"))
                    (write::cell(visit, form, "task", *row, "due", "cli-due", "datetime-local"))
                    (write::cell(visit, form, "task", *row, "product", "field-product", "text"))
                }
            }
            (drafts::more(visit, form, "task"))
        }
    }
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let send = write::send(&visit, &mut form);
    let mut tasks = Vec::new();
    for (index, row) in
        form.rows("task").into_iter().filter(|row| !posted.row_is_empty("task", *row)).enumerate()
    {
        let get = |name: &str| posted.get(&format!("task.{row}.{name}")).to_owned();
        let content = get("content");
        if content.is_empty() {
            let said = tell!(visit, "err-field-empty", field = visit.word("cli-content"));
            form.wrong(format!("task.{row}.content"), said);
        }
        let due = write::due(&visit, &mut form, &format!("task.{row}.due"));
        let offices = match get("offices") {
            none if none.is_empty() => send.to.join(","),
            offices => offices,
        };
        let task = TaskArg { id: format!("T{}", index + 1), content, offices, due, product: get("product") };
        tasks.push(Part::Fields(task));
    }
    let in_reply_to = posted.some("in_reply_to");
    if form.is_good() {
        let create = Box::new(Create { paper, send, tasks, in_reply_to });
        let command = Records::Directive(Verb::Create(create));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-issue", command).await {
            return answer;
        }
    }
    write_page(&visit, &form)
}
