//! The page of a work: content and what to do next, dates, chain, who helps, story, the paper beside it.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::record::assignment::due::told;
use truc_proto::record::assignment::{KIND, Source, roles};
use uuid::Uuid;

use super::{AT, content, failed, late};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::{
    self, Acting, Approve, Grant, HandIn, May, Pass, Report, Until, Verb, Word,
};
use crate::command::tasks::{Moment, TaskRow};
use crate::derive::views::story;
use crate::desk::document;
use crate::desk::write;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::files::Files;
use crate::web::parts::{self, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/assignment/{id}", Need::Right(Right::Read), async |visit| {
            page(&visit, &Form::default())
        })
        .guests(),
        Route::post("/assignment/{id}", Need::Right(Right::Read), make).files().guests(),
        Route::post("/works/approve", Need::Right(Right::Read), approve).back(AT),
    ]
}

/// The moves that are what somebody most likely wants, in this order.
const MAIN: [&str; 5] = ["take", "hand-in", "check", "confirm", "approve"];

fn page(visit: &Visit, form: &Form) -> Answer {
    let id =
        visit.param("id").parse().map(truc_proto::id::RecordId).map_err(|_: uuid::Error| Fault::NotFound)?;
    let found = visit.within(|context| {
        let row = context.work(id)?;
        let inside = context.inside(Some(id), &row.work.source)?;
        let next = assignment::next(context, &inside, &row.work)?;
        let said = context.look(|views, look| story::of_own(views, look.me, id, KIND.number))?;
        let moment = context.moment()?;
        let row = moment.row(row, None);
        let silent: Vec<String> =
            roles::silent(moment.house(), &row.row.work).into_iter().map(str::to_owned).collect();
        Ok((body(visit, &moment, &row, &next, &silent, form), said, content(visit, &row)))
    });
    let (body, said, title) = match found {
        Err(failure) if failure.key == "not-found" => return Err(Fault::NotFound),
        found => found?,
    };
    let body = html! {
        article.doc { (body) div.story { (document::axis(visit, &said, &[], &Files::of_work(visit, id)?)?) } }
    };
    Page::new(title, body).at(AT).render_form(visit, form)
}

fn body(
    visit: &Visit,
    moment: &Moment<'_>,
    row: &TaskRow,
    next: &[May],
    silent: &[String],
    form: &Form,
) -> Markup {
    let work = &row.row.work;
    let names = |ids: &[String]| ids.iter().map(|id| moment.name(id)).collect::<Vec<_>>().join(", ");
    let main = MAIN.iter().find(|name| next.iter().any(|may| may.mv == **name));
    let said = |id: &String| {
        let words: Vec<&str> =
            work.contributions.iter().filter(|said| said.by == *id).map(|said| said.text.as_str()).collect();
        let word = if silent.contains(id) { visit.word("work-no-word") } else { words.join("; ") };
        html! { li { (moment.name(id)) ": " (word) } }
    };
    let changes: Vec<String> =
        work.changes.iter().map(|change| format!("{} ({})", told(change.due), change.why)).collect();
    html! {
        header.top {
            p.crumb { a href=(AT) { (visit.word("nav-works")) } }
            h1 { (content(visit, row)) }
            p.meta {
                b { (visit.word(&format!("work-stage-{}", work.stage.as_ref()))) }
                span { (late(visit, row.lateness.as_ref())) }
                @if !row.holder.is_empty() { span { (visit.word("work-holder")) ": " (moment.name(&row.holder)) } }
                @if !row.why.is_empty() { span { (visit.word(&format!("work-why-{}", row.why))) } }
            }
            (field::summary(visit, form))
            div.next id="next" data-part {
                @if next.iter().all(|may| may.mv == "note") { p { b { (visit.word("doc-nothing-waits")) } } }
                div.acts {
                    @for may in next.iter().filter(|may| Some(&may.mv) == main) { (deed(visit, moment, row, may, silent, true, form)) }
                    @for may in next.iter().filter(|may| Some(&may.mv) != main) { (deed(visit, moment, row, may, silent, false, form)) }
                }
            }
        }
        div.todo id="todo" data-part {
            section.box {
                h2 { (visit.word("work-due")) }
                dl {
                    dt { (visit.word("work-due")) } dd { @if row.due_text.is_empty() { (visit.word("work-no-due")) } @else { (row.due_text) } @if !work.beyond.is_empty() { " – " (work.beyond) } }
                    @if let Some(first) = work.first_due.filter(|first| Some(*first) != work.due) { dt { (visit.word("work-first-due")) } dd { (told(first)) @if !changes.is_empty() { "; " (changes.join("; ")) } } }
                    dt { (visit.word("work-source")) } dd { (source(visit, row)) }
                    @if !work.product.is_empty() { dt { (visit.word("work-product")) } dd { (parts::type_name(visit.lang, &work.product)) } }
                    @if !work.remark.is_empty() { dt { (visit.word("work-remark")) } dd { (work.remark) } }
                }
            }
            section.box {
                h2 { (visit.word("work-people")) }
                dl {
                    dt { (visit.word("work-giver")) } dd { (moment.name(&work.giver)) }
                    dt { (visit.word("work-lead")) } dd { (moment.name(&work.lead)) }
                    @if !work.chain.is_empty() { dt { (visit.word("work-chain")) } dd { @for link in &work.chain { (moment.name(&link.from)) " → " (moment.name(&link.to)) " " } } }
                    @if !row.confirms.is_empty() { dt { (visit.word("work-confirmer")) } dd { (moment.name(&row.confirms)) } }
                    @if !work.helping.is_empty() { dt { (visit.word("work-helping")) } dd { ul { @for id in &work.helping { (said(id)) } } } }
                    @if !work.informed.is_empty() { dt { (visit.word("work-informed")) } dd { (names(&work.informed)) } }
                }
                p.acts { a.b href={ "/works/new?source=" (crate::web::visit::encoded(&format!("^{}", row.row.record))) } { (visit.word("btn-split-work")) } }
            }
        }
    }
}

/// What the work is done for, as a link.
fn source(visit: &Visit, row: &TaskRow) -> Markup {
    match &row.row.work.source {
        Source::Word => html! { (visit.word("work-of-word")) },
        Source::Work(parent) => html! { a href={ "/assignment/" (parent) } { (visit.word("work-part-of")) } },
        Source::Paper { record, part } => {
            let found = visit.look(|views, look| crate::derive::views::asked::of_paper(views, look, *record));
            let asked = found.ok().and_then(|all| all.into_iter().find(|asked| asked.id == *part));
            html! { @if let Some(asked) = asked {
                a href={ "/" (truc_proto::record::kind_name(asked.kind)) "/" (record) } { (asked.part.name) }
                @if let Some(outer) = asked.part.outer { " · " (tell!(visit, "work-outer-on", due = told(outer))) }
            } }
        }
    }
}

/// The form of a move: one button where nothing is asked, else fields behind it.
fn deed(
    visit: &Visit,
    moment: &Moment<'_>,
    row: &TaskRow,
    may: &May,
    silent: &[String],
    main: bool,
    form: &Form,
) -> Markup {
    let name = may.mv;
    let same = form.raw("move") == name;
    let typed = if same { form.clone() } else { Form::default() };
    let word = parts::capital(&parts::move_word(visit.lang, KIND.number, name));
    let hidden = html! {
        (field::token(visit))
        input type="hidden" name="move" value=(name);
        input type="hidden" name="as" value=(may.stands_for);
        input type="hidden" name="saw" value=(row.row.work.stage.as_ref());
    };
    let fields = html! {
        @if matches!(name, "pass" | "reassign" | "approve") { (people(visit, moment, &typed, if name == "approve" { "lead" } else { "to" }, &format!("{name}-to"), &row.row.work.lead)) }
        @if name == "progress" { (field::Field::new(visit, "percent", "field-percent").required().kind("number").line(&typed)) }
        @if name == "hand-in" {
            (field::Field::new(visit, "number", "work-result-number").line(&typed))
            @if !row.row.work.product.is_empty() { (field::Field::new(visit, "without_product", "work-without-product").line(&typed)) }
            @for id in silent { p { label { input type="checkbox" name="without" value=(id) checked[typed.has("without", id)]; " " (tell!(visit, "work-without", who = moment.name(id))) } } }
        }
        @if matches!(name, "pass" | "reassign" | "approve" | "ask" | "grant" | "move-due" | "reopen") { (field::Field::new(visit, "due", "work-due").kind("date").line(&typed)) }
        @if name == "pass" { p { label { input type="checkbox" name="check" value="1" checked[typed.is_set("check")]; " " (visit.word("work-check-first")) } } }
        @if !matches!(name, "approve") { (field::Field::new(visit, "note", "field-note").text(&typed, 2)) }
        @if matches!(name, "reassign" | "approve" | "grant" | "move-due" | "reopen") { (field::Field::new(visit, "beyond", "work-beyond").line(&typed)) }
        @if name == "hand-in" { (field::files(visit, &typed, "files-hand-in")) }
    };
    let files = name == "hand-in";
    html! {
        @if matches!(name, "take" | "seen" | "check") {
            form.inline method="post" { (hidden) button.b.go[main] { (word) } }
        } @else {
            details.move open[same] {
                summary.b.go[main] { (word) }
                form.box method="post" enctype=[files.then_some("multipart/form-data")] {
                    (hidden) (fields)
                    p.acts { button.b.go { (word) } }
                }
            }
        }
    }
}

/// A choice among the people and units of today.
pub(super) fn people(
    visit: &Visit,
    moment: &Moment<'_>,
    form: &Form,
    name: &str,
    id: &str,
    held: &str,
) -> Markup {
    let (house, today) = (moment.house(), visit.today());
    let chosen = if form.raw(name).is_empty() { held } else { form.raw(name) };
    html! {
        div.field {
            label for=(id) { (visit.word("work-lead")) }
            select id=(id) name=(name) {
                @if chosen.is_empty() { option value="" { "…" } }
                optgroup label=(visit.word("house-tab-people")) {
                    @for person in house.people(today) { option value=(person.id) selected[person.id == chosen] { (person.name) " – " (person.title) } }
                }
                optgroup label=(visit.word("house-tab-units")) {
                    @for unit in house.units(today) { option value=(unit.id) selected[unit.id == chosen] { (unit.name) } }
                }
            }
        }
    }
}

async fn make(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let due = form.some("due").map(|_| write::due(&visit, &mut form, "due"));
    if !form.is_good() {
        return page(&visit, &form);
    }
    let Some(verb) = verb(&visit, &form, due) else { return Err(Fault::NotFound) };
    let back = format!("/assignment/{}", visit.param("id"));
    match visit.act(Records::Assignment(verb)).await {
        Ok(_) => {
            let word = parts::move_word(visit.lang, KIND.number, form.raw("move"));
            visit.flash(tell!(visit, "done-move", what = word))?;
            Ok(Redirect::to(&back).into_response())
        }
        Err(failure) if failure.key == "not-found" => Err(Fault::NotFound),
        Err(failure) => page(&visit, &failed(&form, failure)),
    }
}

/// The command of a posted form; none: there is no such move.
fn verb(visit: &Visit, form: &Form, due: Option<String>) -> Option<Verb> {
    let work = visit.param("id").to_owned();
    let acting = Acting { stands_for: form.some("as"), saw: form.some("saw") };
    let text = |name: &str| form.get(name).to_owned();
    let word = || Word { work: work.clone(), note: text("note"), acting: acting.clone() };
    let pass = || Pass {
        work: work.clone(),
        to: text("to"),
        due: due.clone(),
        exact: false,
        check: form.is_set("check"),
        note: text("note"),
        beyond: text("beyond"),
        acting: acting.clone(),
    };
    let until = || Until {
        work: work.clone(),
        due: due.clone().unwrap_or_default(),
        note: text("note"),
        exact: false,
        beyond: text("beyond"),
        acting: acting.clone(),
    };
    let grant = || Grant {
        work: work.clone(),
        due: due.clone(),
        note: text("note"),
        exact: false,
        beyond: text("beyond"),
        acting: acting.clone(),
    };
    Some(match form.raw("move") {
        "approve" => Verb::Approve(Approve {
            works: vec![work.clone()],
            lead: form.some("lead"),
            due,
            exact: false,
            beyond: text("beyond"),
            acting,
        }),
        "take" => Verb::Take(word()),
        "pass" => Verb::Pass(pass()),
        "back" => Verb::Back(word()),
        "reassign" => Verb::Reassign(pass()),
        "progress" => {
            let percent = form.get("percent").parse().unwrap_or(u32::MAX);
            Verb::Progress(Report { work, percent, note: text("note"), acting })
        }
        "contribute" => Verb::Contribute(word()),
        "seen" => Verb::Seen(word()),
        "note" => Verb::Note(word()),
        "hand-in" => Verb::HandIn(Box::new(HandIn {
            work,
            number: text("number"),
            note: text("note"),
            without_product: text("without_product"),
            without: form.all("without").map(str::to_owned).collect(),
            acting,
            levels: write::attached(visit, form),
        })),
        "check" => Verb::Check(word()),
        "return" => Verb::Return(word()),
        "confirm" => Verb::Confirm(word()),
        "ask" => Verb::Ask(until()),
        "grant" => Verb::Grant(grant()),
        "deny" => Verb::Deny(word()),
        "move-due" => Verb::MoveDue(until()),
        "withdraw" => Verb::Withdraw(word()),
        "reopen" => Verb::Reopen(grant()),
        _ => return None,
    })
}

/// Gives all chosen proposals as they are, or none.
async fn approve(visit: Visit, posted: Posted) -> Answer {
    let works: Vec<String> =
        posted.form.all("work").filter(|id| id.parse::<Uuid>().is_ok()).map(str::to_owned).collect();
    let back = Redirect::to("/works?tab=unassigned").into_response();
    if works.is_empty() {
        return Ok(back);
    }
    let count = works.len();
    let verb = Verb::Approve(Approve { works, ..Approve::default() });
    let said = match visit.act(Records::Assignment(verb)).await {
        Ok(_) => tell!(visit, "works-approved", count = count),
        Err(failure) => failure.on_page(visit.lang),
    };
    visit.flash(said)?;
    Ok(back)
}
