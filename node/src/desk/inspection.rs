//! Pages of inspection and supervision (kiểm tra, giám sát).

use maud::{Markup, html};
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::inspection::{Finding, Move as Says, Stage};
use truc_proto::record::{self, Act as _};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::inspection::{
    AnswerArg, Conclude, Create, QuestionArg, Remedy, SelfReport, Target, Targets, Verb,
};
use crate::command::paper::Part;
use crate::derive::views::filter::{OrderBy, StateOf};
use crate::derive::views::kinds::inspection::{self as views, Listed, Shown, ShownTarget};
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::{Filter, Viewpoint};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field, summary};
use crate::web::parts::files::Files;
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, Mark, badge};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::site::{Nav, NavPosition};
use crate::web::table::Cell;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::document;
use super::listing::Listing;
use super::moves::{self, Ask, FILES, Input, Kind, Move, NOTE, Next, Parts, Wrong};
use super::targets;
use super::write::{self, Write};

/// Pages of inspections.
pub struct Pages;

const CONCLUSION: Ask = Ask { name: "conclusion", key: "cli-conclusion", input: Input::Text, required: true };
const REMEDY_BY: Ask = Ask { name: "remedy_by", key: "cli-remedy-by", input: Input::Day, required: false };
/// The stages in their order.
const STAGES: [Stage; 6] = [
    Stage::Notified,
    Stage::SelfReported,
    Stage::Verifying,
    Stage::Concluded,
    Stage::Remediating,
    Stage::Closed,
];

impl Kind for Pages {
    const TABLE: &'static record::Kind = Says::TABLE;
    const AT: &'static str = "/inspections";
    const KEY: &'static str = "nav-inspection";
    const NAV: Option<Nav> =
        Some(Nav { path: Self::AT, key: Self::KEY, letter: "", right: Right::Read, place: NavPosition::Bar });
    const TODAY: Option<[&'static str; 2]> = None;
    const MOVES: &'static [Move] = &[
        Move::new("verifying", Right::Judge, "btn-verify").main().asks(&[NOTE]),
        Move::new("concluded", Right::Judge, "btn-conclude")
            .main()
            .asks(&[CONCLUSION, REMEDY_BY])
            .grave("ask-conclude"),
        Move::new("remediated", Right::Handle, "btn-remedy").main().asks(&[NOTE, FILES]),
        Move::new("closed", Right::Judge, "btn-close-matter").asks(&[NOTE]).grave("ask-close"),
    ];

    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let note = form.get("note").to_owned();
        let office = form.get("office").to_owned();
        Ok(Records::Inspection(match mv {
            "verifying" => {
                let offices: Vec<String> = form.all("office").map(str::to_owned).collect();
                if offices.is_empty() {
                    return Err(vec![("targets".into(), visit.word("err-no-targets"))]);
                }
                Verb::Verify(Targets { which, offices, note })
            }
            "closed" => Verb::Close(Target { which, office, note }),
            "concluded" => Verb::Conclude(Conclude {
                which,
                office,
                conclusion: form.get("conclusion").to_owned(),
                remedy_by: form.get("remedy_by").to_owned(),
            }),
            "remediated" => Verb::Remedy(Remedy { which, note, levels: write::attached(visit, form) }),
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure> {
        let kinds::Shown::Inspection(shown) = &record.shown else { return Ok(Parts::default()) };
        let mine = shown.targets.iter().find(|target| target.office == visit.me());
        let mut parts = Parts::default();
        if let Some(mine) = mine {
            parts.next = next(visit, record, mine);
            parts.side.push(rail(visit, mine));
            if record.next.contains(&"self-reported") && visit.may(Right::Handle) {
                let address = format!("/inspection/{}/self-report", record.row.id);
                parts
                    .side
                    .push(html! { p.acts { a.b.go[mine.stage == Stage::Notified] href=(address) { (visit.word("btn-self-report")) } } });
            }
        }
        let files = Files::of(visit, &record.row)?;
        parts.below.push(checklist(visit, shown, mine, &files));
        if record.row.owner == visit.me() || mine.is_none() {
            parts.below.push(targets(visit, record, shown, form, &files));
        }
        Ok(parts)
    }
}

fn next(visit: &Visit, record: &Record, mine: &ShownTarget) -> Option<Next> {
    let clock = visit.clock();
    let (said, due) = match mine.stage {
        Stage::Notified => ("next-self-report", record.row.due),
        Stage::Remediating => {
            ("next-remedy", Due::parse(&mine.said.remedy_by).ok().flatten().map(|due| due.0))
        }
        _ => return None,
    };
    let mark = match due {
        Some(due) if due < visit.now => Mark::Late,
        Some(_) => Mark::Soon,
        None => Mark::Waiting,
    };
    let note = due
        .map(|due| format!("{} · {}", parts::capital(&clock.left(due)), clock.due(due)))
        .unwrap_or_default();
    Some(Next { mark, said: visit.word(said), note })
}

/// A target's progress through the stages.
fn rail(visit: &Visit, target: &ShownTarget) -> Markup {
    html! {
        section.box {
            h2 { (visit.word("cli-stage")) }
            ol.rail {
                @for stage in STAGES {
                    li.past[stage < target.stage].here[stage == target.stage] aria-current=[(stage == target.stage).then_some("step")] {
                        (parts::glyph(if stage < target.stage { "done" } else if stage == target.stage { "run" } else { "wait" }))
                        (stage_word(visit, stage))
                    }
                }
            }
            @if let Some(concluded) = &target.said.concluded { p.note { (concluded.text) } }
        }
    }
}

fn stage_word(visit: &Visit, stage: Stage) -> String {
    let name = serde_json::to_value(stage).ok();
    let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
    visit.word(&format!("cli-stage-{name}"))
}

fn finding(visit: &Visit, finding: Finding) -> Markup {
    let (mark, key) = targets::finding(finding);
    badge(mark, &visit.word(key))
}

/// The questions, with this office's answers if there are any.
fn checklist(visit: &Visit, shown: &Shown, mine: Option<&ShownTarget>, files: &Files) -> Markup {
    let report = mine.and_then(|mine| mine.self_report.as_ref());
    let body = html! {
        div.tw tabindex="0" { table.check {
            thead { tr { th scope="col" { (visit.word("cli-id")) } th scope="col" { (visit.word("cli-question")) }
                @if report.is_some() { th scope="col" { (visit.word("field-finding")) } th scope="col" { (visit.word("cli-answer")) } th scope="col" { (visit.word("field-evidence")) } } } }
            tbody {
                @for question in &shown.checklist {
                    tr {
                        th scope="row" { (question.id) }
                        td { (question.question) }
                        @if let Some(report) = report {
                            @let answer = report.answers.iter().find(|answer| answer.id == question.id);
                            td { @if let Some(answer) = answer { (finding(visit, answer.finding)) } }
                            td { @if let Some(answer) = answer { (answer.answer) } }
                            td { @if let Some(answer) = answer { (answer.evidence) } }
                        }
                    }
                }
            }
        } }
        @if let (Some(mine), Some(report)) = (mine, report) { (files.list(visit, |file| file.is_of(mine.office, report.seat))) }
    };
    parts::section(
        "checklist",
        &visit.word("sec-checklist"),
        &tell!(visit, "count-questions", count = shown.checklist.len()),
        body,
    )
}

fn targets(visit: &Visit, record: &Record, shown: &Shown, form: &Form, files: &Files) -> Markup {
    let sorted = targets::sorted(visit, shown);
    let stage = |target: &ShownTarget| (stage_mark(target), stage_word(visit, target.stage));
    let may = |name: &str| {
        let known = Pages::MOVES.iter().find(|mv| mv.name == name);
        known.is_some_and(|mv| record.next.contains(&mv.name) && visit.may(mv.right))
    };
    let ticks = |target: &ShownTarget| may("verifying") && fits("verifying", target.stage);
    let matrix = || targets::matrix(visit, shown, &sorted, stage, ticks);
    let body = html! {
        @if sorted.len() > 1 {
            @if sorted.iter().any(|target| ticks(target)) {
                form method="post" action={ "/inspection/" (record.row.id) "/verifying" } data-bulk {
                    (drafts::named(visit, &format!("/inspection/{}/verifying", record.row.id), &[]))
                    (matrix())
                    p.bulk { button.b.go data-bulk-word=(visit.word("insp-verify-word")) { (visit.word("btn-verify-ticked")) } }
                }
            } @else { (matrix()) }
        }
        ul.targets {
            @for target in &sorted {
                li.box id={ "target-" (target.office) } {
                    header { h3 { (parts::office(visit, target.office)) } (badge(stage_mark(target), &stage_word(visit, target.stage))) }
                    @if let Some(done) = target.done { p.xs.mut { (parts::duty(visit, target.status, None)) " " (visit.both(done)) } }
                    @if let Some(report) = &target.self_report {
                        details {
                            summary { (tell!(visit, "insp-answers", met = report.answers.iter().filter(|answer| answer.finding == Finding::Met).count(), all = report.answers.len())) }
                            ul.tasks { @for answer in &report.answers { li { span.id { (answer.id) } div { (finding(visit, answer.finding)) " " (answer.answer) @if !answer.evidence.is_empty() { br; span.xs.mut { (answer.evidence) } } } } } }
                        }
                        (files.list(visit, |file| file.is_of(target.office, report.seat)))
                    }
                    @if let Some(concluded) = &target.said.concluded { p.note { (concluded.text) } }
                    @if let Some(remedied) = &target.remediated {
                        p { (badge(Mark::Done, &remedied.text)) }
                        (files.list(visit, |file| file.row.ledger == target.office && file.mv == "remediated"))
                    }
                    div.acts {
                        @for mv in Pages::MOVES.iter().filter(|mv| moves::of_part::<Pages>(mv) && record.next.contains(&mv.name) && visit.may(mv.right) && fits(mv.name, target.stage)) {
                            @let office = target.office.to_string();
                            (moves::button(visit, &format!("/inspection/{}/{}", record.row.id, mv.name), mv, form, &[("office", &office)]))
                        }
                    }
                }
            }
        }
    };
    parts::section(
        "targets",
        &visit.word("sec-targets"),
        &tell!(visit, "insp-reported-n", done = targets::reported(shown), all = shown.targets.len()),
        body,
    )
}

/// Whether a move of the inspecting office makes sense for a target at this stage.
fn fits(name: &str, stage: Stage) -> bool {
    match name {
        "verifying" => stage < Stage::Verifying,
        "concluded" => stage < Stage::Concluded && stage >= Stage::Verifying,
        _ => stage >= Stage::Concluded && stage < Stage::Closed,
    }
}

fn stage_mark(target: &ShownTarget) -> Mark {
    match target.stage {
        Stage::Notified => Mark::of(target.status),
        Stage::Closed => Mark::Done,
        _ => Mark::Running,
    }
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = document::routes::<Pages>();
    all.push(Route::get("/inspections", Need::Right(Right::Read), list));
    all.push(
        Route::get("/inspections/new", Need::Right(Right::Handle), async |visit| {
            let form = drafts::form(&visit, "/inspections/new")?;
            write_page(&visit, &form)
        })
        .keeps(Text::Paper),
    );
    all.push(Route::post("/inspections/new", Need::Right(Right::Issue), create).keeps(Text::Paper));
    all.push(
        Route::get("/inspection/{id}/self-report", Need::Right(Right::Handle), async |visit| {
            let form = drafts::form(&visit, &visit.path.clone())?;
            answer_page(&visit, &form)
        })
        .keeps(Text::Paper),
    );
    all.push(
        // A paper of the office, with a number and a signature.
        Route::post("/inspection/{id}/self-report", Need::Right(Right::Issue), answer).keeps(Text::Paper),
    );
    all
}

const LIST: Listing = Listing {
    columns: &[("kind", "cli-type"), ("due", "cli-due"), ("state", "cli-status")],
    sorted: &[("kind", OrderBy::Column("inspection.supervision"))],
    figures: &[],
    chips: &[
        ("", "chip-all", &[]),
        ("wait", "next-self-report", &[""]),
        ("reported", "cli-stage-self-reported", &["self-reported"]),
        ("remedy", "next-remedy", &["remediating"]),
        ("remedied", "cli-remedied", &["remediated"]),
        ("own", "doc-issued-here", &["opened"]),
    ],
    empty: "empty-inspection",
    new: "btn-new-inspection",
};

async fn list(visit: Visit) -> Answer {
    let cells = |listed: Listed| {
        let (row, state) = (listed.row, listed.state);
        let due = if state == "remediating" { listed.remedy_by } else { row.due };
        let late = due.is_some_and(|due| due < visit.now);
        let (mark, word) = match state.as_str() {
            "opened" => (Mark::Running, "doc-issued-here"),
            "self-reported" => (Mark::Running, "cli-stage-self-reported"),
            "remediating" => (if late { Mark::Late } else { Mark::Waiting }, "next-remedy"),
            "remediated" => (Mark::Done, "cli-remedied"),
            _ => (if late { Mark::Late } else { Mark::Waiting }, "next-self-report"),
        };
        let kind = if listed.supervision { "insp-supervision" } else { "insp-inspection" };
        let cells =
            vec![Cell::text(visit.word(kind)), Cell::time(&visit, due), Cell::badge(mark, &visit.word(word))];
        (row, cells)
    };
    let filter =
        |look: &Viewpoint<'_>| Filter { state_of: Some(StateOf::Inspected(look.me)), ..Filter::default() };
    LIST.answer::<Pages, _>(&visit, html! {}, "inspection", filter, views::list, cells)
}

fn write_page(visit: &Visit, form: &Form) -> Answer {
    let write = Write {
        title: visit.word("write-inspection"),
        address: "/inspections/new",
        at: "/inspections",
        types: &[
            DocumentType::OfficialLetter,
            DocumentType::Decision,
            DocumentType::Notice,
            DocumentType::Plan,
        ],
        kind: Pages::TABLE,
        offered: Offered::Below,
        urgency: false,
        button: "btn-issue",
        full: false,
    };
    let rows = write::shown_rows(form, "question", 3);
    let day = |name, label| Field::new(visit, name, label).kind("date").line(form);
    let more = html! {
        (Field::new(visit, "supervision", "field-supervision").tick(form))
        div.pair { (day("from", "field-period-from")) (day("to", "field-period-to")) }
        fieldset.rowset id="question" data-rows="question" {
            legend { (visit.word("sec-checklist")) }
            @for row in &rows { div.row data-row { (write::cell(visit, form, "question", *row, "content", "cli-question", "text")) } }
            (drafts::more(visit, form, "question"))
        }
    };
    write.page(visit, form, more)
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let send = write::send(&visit, &mut form);
    let rows = form.rows("question").into_iter().filter(|row| !posted.row_is_empty("question", *row));
    let questions: Vec<Part<QuestionArg>> = rows
        .enumerate()
        .map(|(index, row)| {
            let question = posted.get(&format!("question.{row}.content")).to_owned();
            Part::Fields(QuestionArg { id: format!("K{}", index + 1), question })
        })
        .collect();
    if questions.is_empty() {
        form.wrong("question.0.content", tell!(visit, "err-field-empty", field = visit.word("cli-question")));
    }
    let period = write::period(&visit, &mut form, "range");
    if form.is_good() {
        let supervision = posted.is_set("supervision");
        let create = Box::new(Create { paper, send, period, questions, supervision });
        let command = Records::Inspection(Verb::Create(create));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-issue", command).await {
            return answer;
        }
    }
    write_page(&visit, &form)
}

fn found(visit: &Visit) -> Result<Record, Fault> {
    let which = Which { record: visit.param("id").to_owned() };
    Ok(visit.within(|context| crate::command::act::find(context, Says::KIND, &which))?)
}

/// Page for the self-report: each question with finding, words and evidence.
fn answer_page(visit: &Visit, form: &Form) -> Answer {
    let record = found(visit)?;
    let kinds::Shown::Inspection(shown) = &record.shown else { return Err(Fault::NotFound) };
    let title = visit.word("btn-self-report");
    let findings = [("met", "insp-met"), ("partly", "insp-partly"), ("not-met", "insp-not-met")];
    let body = html! {
        p.crumb { a href={ "/inspection/" (record.row.id) } { (record.row.number) " " (record.row.title) } }
        h1 { (title) }
        (summary(visit, form))
        form method="post" action=(visit.path) enctype="multipart/form-data" data-draft {
            (drafts::head(visit, form))
            (Field::new(visit, "title", "cli-title").required().text(form, 2))
            @for question in &shown.checklist {
                fieldset.box.question {
                    legend { b { (question.id) } " " (question.question) }
                    @let name = format!("answer.{}.finding", question.id);
                    div.radios id=(name) {
                        @for (value, key) in findings { label { input type="radio" name=(name) value=(value) checked[form.raw(&name) == value]; (visit.word(key)) } }
                    }
                    (field::error(form, &name))
                    @let name = format!("answer.{}.text", question.id);
                    (Field::new(visit, &name, "cli-answer").text(form, 2))
                    @let name = format!("answer.{}.evidence", question.id);
                    (Field::new(visit, &name, "field-evidence").line(form))
                }
            }
            (field::files(visit, form, "files"))
            (drafts::foot(visit, form, html! { button.b.go data-ask { (visit.word("btn-send")) } }))
        }
    };
    Page::new(title, body).at("/inspections").render_form(visit, form)
}

async fn answer(visit: Visit, posted: Posted) -> Answer {
    let record = found(&visit)?;
    let kinds::Shown::Inspection(shown) = &record.shown else { return Err(Fault::NotFound) };
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let mut answers = Vec::new();
    for question in &shown.checklist {
        let id = question.id.clone();
        let name = format!("answer.{id}.finding");
        let finding = posted.get(&name).to_owned();
        if finding.is_empty() {
            let said =
                tell!(visit, "err-answer-empty", id = id.as_str(), question = question.question.as_str());
            form.wrong(name, said);
        }
        let (answer, evidence) =
            (posted.get(&format!("answer.{id}.text")), posted.get(&format!("answer.{id}.evidence")));
        let (answer, evidence) = (answer.to_owned(), evidence.to_owned());
        answers.push(Part::Fields(AnswerArg { id, finding, answer, evidence }));
    }
    if form.is_good() {
        let which = Which { record: visit.param("id").to_owned() };
        let levels = write::attached(&visit, &form);
        let report = Box::new(SelfReport { which, paper, levels, answers });
        let command = Records::Inspection(Verb::SelfReport(report));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-send", command).await {
            return answer;
        }
    }
    answer_page(&visit, &form)
}
