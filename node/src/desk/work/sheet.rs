//! The page of a work: content and what to do next, dates, chain, who helps, story, the paper beside it.

use maud::{Markup, html};
use truc_proto::limits;
use truc_proto::record::assignment::{KIND, Saw, Source, Stage, roles};
use truc_proto::time::Moment;

use super::deed::{Around, TYPED, deed};
use super::told::{told, who};
use super::{AT, content, late};
use crate::accounts::rights::Right;
use crate::command::assignment::{self, May};
use crate::command::tasks::{Moment as Works, TaskRow};
use crate::derive::views::story;
use crate::desk::document;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::{Form, LEVEL};
use crate::web::page::Page;
use crate::web::parts::files::Files;
use crate::web::parts::{self, field};
use crate::web::route::{Need, Route};
use crate::web::shared::drafts;
use crate::web::visit::Visit;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/assignment/{id}", Need::Right(Right::Read), async |visit| {
            page(&visit, &drafts::asked(&visit)?)
        })
        .guests(),
    ]
}

/// The moves that are what somebody most likely wants, in this order.
const MAIN: [&str; 5] = ["take", "hand-in", "check", "confirm", "approve"];

pub(super) fn page(visit: &Visit, form: &Form) -> Answer {
    let id =
        visit.param("id").parse().map(truc_proto::id::RecordId).map_err(|_: uuid::Error| Fault::NotFound)?;
    let found = visit.within(|context| {
        let row = context.work(id)?;
        let inside = context.inside(Some(id), &row.work.source)?;
        let next = assignment::next(context, &inside, &row.work)?;
        let said = context.look(|views, look| story::of_own(views, look.me, id, KIND.number))?;
        let moment = context.moment()?;
        let said = told(visit, context, &moment, said)?;
        let row = moment.row(row, None);
        let silent: Vec<String> =
            roles::silent(moment.house(), &row.row.work).into_iter().map(str::to_owned).collect();
        let around = Around {
            visit,
            moment: &moment,
            row: &row,
            silent: &silent,
            secret: context.is_secret(&inside),
            form,
        };
        Ok((body(&around, &next), said, content(visit, &row)))
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

fn body(around: &Around<'_>, next: &[May]) -> Markup {
    let Around { visit, moment, row, silent, form, .. } = *around;
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
        work.changes.iter().map(|change| format!("{} ({})", moment.told(change.due), change.why)).collect();
    html! {
        header.top {
            p.crumb { a href=(AT) { (visit.word("nav-works")) } }
            h1 { (content(visit, row)) }
            p.meta {
                b { (visit.word(&format!("work-stage-{}", work.stage.as_ref()))) }
                span { (late(visit, row.lateness.as_ref())) }
                @if !row.holder.is_empty() { span { (visit.word("work-holder")) ": " (moment.name(&row.holder)) } }
                @if !row.why.is_empty() { span { (visit.word(&format!("work-why-{}", row.why))) } }
                @if !row.over.is_empty() { b { (visit.word("work-over")) } }
                @if !row.outer.is_empty() { b { (tell!(visit, "work-outer-before", due = row.outer.as_str())) } }
                span { (tell!(visit, "work-last", who = who(visit, moment, &work.last.actor), what = parts::move_word(visit.lang, KIND.number, &work.last.mv))) " " (visit.time(work.last.time.millis() as i64)) }
            }
            @if let Some(back) = work.back.as_ref().filter(|back| !back.is_empty()) { p.note { (tell!(visit, "work-back-because", why = back.as_str())) } }
            @if let Some(asked) = &work.asked { p.note { (tell!(visit, "work-asked-until", until = moment.told(asked.until))) @if !asked.why.is_empty() { ": " (asked.why) } } }
            @if !work.result.is_empty() { p { b { (visit.word("work-result")) } ": " (work.result) } }
            @if work.returns > 0 { p { (tell!(visit, "work-returns", count = work.returns)) } }
            @if !work.silent.is_empty() && work.handed_in.is_some() { p { (tell!(visit, "work-was-silent", who = names(&work.silent))) } }
            (field::summary(visit, form))
            div.next id="next" data-part {
                @if next.iter().all(|may| may.mv == "note") { p { b { (visit.word("doc-nothing-waits")) } } }
                div.acts {
                    (undo(around, next))
                    @for may in next.iter().filter(|may| Some(&may.mv) == main) { (deed(around, may, true)) }
                    @for may in next.iter().filter(|may| Some(&may.mv) != main) { (deed(around, may, false)) }
                }
            }
            // Not within what is renewed: it is nowhere else.
            @if !form.raw("move").is_empty() && next.iter().all(|may| may.mv != form.raw("move")) { (document::late_words(visit, form, TYPED.into_iter())) }
        }
        div.todo id="todo" data-part {
            section.box {
                h2 { (visit.word("work-due")) }
                dl {
                    dt { (visit.word("work-due")) } dd { @if row.due_text.is_empty() { (visit.word("work-no-due")) } @else { (row.due_text) } @if !work.beyond.is_empty() { " – " (work.beyond) } }
                    @if let Some(first) = work.first_due.filter(|first| Some(*first) != work.due) { dt { (visit.word("work-first-due")) } dd { (moment.told(first)) @if !changes.is_empty() { "; " (changes.join("; ")) } } }
                    dt { (visit.word("work-source")) } dd { (source(visit, moment, row)) }
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
fn source(visit: &Visit, moment: &Works<'_>, row: &TaskRow) -> Markup {
    match &row.row.work.source {
        Source::Word => html! { (visit.word("work-of-word")) },
        Source::Work(parent) => html! { a href={ "/assignment/" (parent) } { (visit.word("work-part-of")) } },
        Source::Paper { record, part } => {
            let found = visit.look(|views, look| crate::derive::views::asked::of_paper(views, look, *record));
            let asked = found.ok().and_then(|all| all.into_iter().find(|asked| asked.id == *part));
            html! { @if let Some(asked) = asked {
                a href={ "/" (truc_proto::record::kind_name(asked.kind)) "/" (record) } { (asked.part.name) }
                @if let Some(outer) = asked.part.outer { " · " (tell!(visit, "work-outer-on", due = moment.told(outer))) }
            } }
        }
    }
}

/// One press that takes a work back which was given a moment ago and which nobody has taken.
fn undo(around: &Around<'_>, next: &[May]) -> Markup {
    let Around { visit, row, secret, .. } = *around;
    let work = &row.row.work;
    let since = Moment::millis(work.given.millis());
    let fresh =
        work.stage == Stage::Given && since.is_within(limits::WORK_UNDO, Moment::millis(visit.now as u64));
    let Some(may) = next.iter().find(|may| may.mv == "withdraw" && fresh) else { return html! {} };
    let (saw, why) = (Saw::of(work).to_string(), visit.word("work-undone"));
    let mut hidden = vec![("move", may.mv), ("as", may.stands_for.as_str()), ("saw", saw.as_str())];
    hidden.push(if secret { (LEVEL, "1") } else { ("note", why.as_str()) });
    drafts::button(visit, &format!("/assignment/{}", row.row.record), "", &visit.word("btn-undo"), &hidden)
}
