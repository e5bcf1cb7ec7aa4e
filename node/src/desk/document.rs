//! Page of a record: what to do next, the paper, its tasks and answers, its story, its files.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde_json::Value;

use crate::accounts::Realm;
use crate::accounts::rights::Right;
use crate::command::act::{self, Which};
use crate::derive::views::kinds::{Record, directive};
use crate::derive::views::read::RecordRow;
use crate::derive::views::story::{self, StoryRow};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::{Form, LEVEL};
use crate::web::page::Page;
use crate::web::parts::field::summary;
use crate::web::parts::files::Files;
use crate::web::parts::{self, glyph};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::Failure;
use truc_proto::id::RecordId;
use truc_proto::record::directive::{PROGRAM, Status};

use super::moves::{self, Input, Kind, Move};
use super::sheet;

/// The move by which a paper is assigned to a person where there is no house.
const ASSIGNED: &str = "assigned";

/// Routes of a kind's records: the page, and one route per move with the right that it requires.
pub fn routes<K: Kind>() -> Vec<Route> {
    let name = K::NAME;
    let page = Route::get(format!("/{name}/{{id}}"), Need::Right(Right::Read), async |visit| {
        page::<K>(&visit, &Form::default())
    });
    let moves = K::MOVES.iter().map(move |mv| {
        let path = format!("/{name}/{{id}}/{}", mv.name);
        Route::post(path, Need::Right(mv.right), move |visit, posted| make::<K>(visit, posted, mv))
            .keeps(Text::Move)
    });
    // The address of a move can also be opened by GET: if the session ends while a move is being filled in, the login
    // leads back there.
    let asked = K::MOVES.iter().map(move |mv| {
        let path = format!("/{name}/{{id}}/{}", mv.name);
        Route::get(path, Need::Right(mv.right), move |visit| begin::<K>(visit, mv))
    });
    std::iter::once(page).chain(moves).chain(asked).collect()
}

/// A move that another page makes here: where works are given by the house, a paper is assigned by its works.
fn elsewhere<K: Kind>(visit: &Visit, mv: &Move) -> Option<Answer> {
    let leads = mv.name == ASSIGNED && super::work::is_by_house(visit);
    leads.then(|| Ok(Redirect::to(&format!("/{}/{}#works", K::NAME, visit.param("id"))).into_response()))
}

async fn begin<K: Kind>(visit: Visit, mv: &'static Move) -> Answer {
    if let Some(elsewhere) = elsewhere::<K>(&visit, mv) {
        return elsewhere;
    }
    let mut form = drafts::asked(&visit)?;
    form.set("move", mv.name);
    // Lists lead to the form of one task, office or question.
    for part in ["task", "office", "number"].into_iter().filter(|part| !visit.asked(part).is_empty()) {
        form.set(part, visit.asked(part));
    }
    page::<K>(&visit, &form)
}

async fn make<K: Kind>(visit: Visit, posted: Posted, mv: &'static Move) -> Answer {
    if let Some(elsewhere) = elsewhere::<K>(&visit, mv) {
        return elsewhere;
    }
    let mut form = posted.form.clone();
    form.set("move", mv.name);
    let asked = |ask: &&moves::Ask| {
        ask.required && !(posted.form.is_secret() && matches!(ask.input, Input::Text | Input::Files))
    };
    for ask in mv.asks.iter().filter(asked).filter(|ask| posted.get(ask.name).is_empty()) {
        form.wrong(ask.name, tell!(visit, "err-field-empty", field = visit.word(ask.key)));
    }
    if !form.is_good() {
        return page::<K>(&visit, &form);
    }
    let which = Which { record: visit.param("id").to_owned() };
    let command = match K::command(&visit, mv.name, which, &posted.form) {
        Ok(command) => command,
        Err(wrong) => {
            wrong.into_iter().for_each(|(name, said)| form.wrong(name, said));
            return page::<K>(&visit, &form);
        }
    };
    match visit.act(command).await {
        Ok(output) => {
            visit.flash(done(&visit, mv, &posted.form, &output))?;
            // Accepted and given in one go: the form by which it is given comes next, filled in.
            let record = visit.param("id").parse().ok().filter(|_| posted.get(moves::THEN) == moves::GIVE);
            let give = record.map(|record| super::work::address_of(&visit, RecordId(record))).transpose()?;
            if let Some(give) = give.flatten() {
                return Ok(Redirect::to(&give).into_response());
            }
            Ok(Redirect::to(&format!("/{}/{}", K::NAME, visit.param("id"))).into_response())
        }
        Err(failure) if failure.key == "record-unknown" => Err(Fault::NotFound),
        Err(failure) => {
            form.failure = Some(failure);
            page::<K>(&visit, &form)
        }
    }
}

/// The message on the next page: what was done.
fn done(visit: &Visit, mv: &Move, form: &Form, output: &Value) -> String {
    if mv.name == "confirmed" && form.raw("done") == "no" {
        return visit.word("done-not-done");
    }
    match output["arrival_number"].as_str().unwrap_or_default() {
        "" => tell!(visit, "done-move", what = visit.word(mv.key)),
        number => tell!(visit, "done-accepted", number = number),
    }
}

/// The page of a record.
fn page<K: Kind>(visit: &Visit, form: &Form) -> Answer {
    let which = Which { record: visit.param("id").to_owned() };
    let (record, entry, story) = visit.within(|context| {
        let record = act::find(context, K::KIND, &which)?;
        let stored = context.office.read(|journal| journal.at_position(record.row.position))?;
        let story = context.look(|views, look| story::of(views, look, &record.row))?;
        Ok((record, stored.map(|stored| stored.entry), story))
    })?;
    let row = &record.row;
    // What is said of a secret paper is as secret: its forms take no words and no files, and nothing typed is kept.
    let mut form = form.clone();
    if row.confidentiality > 0 {
        form.set(LEVEL, row.confidentiality.to_string());
    }
    let form = &form;
    let files = Files::of(visit, row)?;
    let kind_parts = K::parts(visit, &record, form)?;
    let works = if visit.site.realm == Realm::Desk {
        let road = super::signing::of_paper(visit, row)?;
        let works = super::work::of_paper(visit, row)?;
        html! { (road) (works) }
    } else {
        html! {}
    };
    let address = |name: &str| format!("/{}/{}/{name}", K::NAME, row.id);
    let by_house = super::work::is_by_house(visit);
    let main = moves::allowed::<K>(visit, &record).filter(|mv| !moves::of_part::<K>(mv));
    let main: Vec<_> = main.filter(|mv| !(mv.name == ASSIGNED && by_house)).collect();
    let incoming = row.owner != visit.me();
    let crumb = match (visit.site.realm, incoming) {
        (Realm::Console, _) => ("/directives", "nav-directives"),
        (Realm::Desk, true) => ("/in", "nav-in"),
        (Realm::Desk, false) => ("/out", "nav-out"),
    };
    let crumb = if K::AT == "/in" { crumb } else { (K::AT, K::KEY) };
    let title = if row.title.is_empty() {
        parts::paper_name(visit.lang, &row.document_type, &row.number)
    } else {
        row.title.clone()
    };
    let body = html! {
        article.doc {
            header.top {
                p.crumb { a href=(crumb.0) { (visit.word(crumb.1)) } " › " (row.number) " " button.b.plain type="button" data-print hidden { (visit.word("btn-print")) } }
                p.stamps { (parts::stamp(visit, row.urgency, row.due)) (parts::secrecy(visit, row.confidentiality)) }
                h1 { (title) }
                p.meta {
                    b.so { (parts::paper_name(visit.lang, &row.document_type, &row.number)) }
                    span { (parts::office(visit, row.owner)) }
                    @if let Some(issued) = &row.issued { span { (tell!(visit, "doc-issued", date = visit.day(issued))) } }
                    @if !row.term.is_empty() { span { (tell!(visit, "doc-term", term = row.term.as_str())) } }
                    span { (tell!(visit, "doc-to", offices = parts::scopes(visit, &row.audience))) }
                }
                (summary(visit, form))
                div.next.(kind_parts.next.as_ref().map_or("calm", |next| next.mark.name())) id="next" data-part {
                    @if let Some(next) = &kind_parts.next {
                        p { b { (next.said) } @if !next.note.is_empty() { br; span.sm { (next.note) } } }
                    } @else { p { b { (visit.word("doc-nothing-waits")) } } }
                    div.acts { @for mv in &main { (moves::button_with(visit, &address(mv.name), mv, form, &[], &K::each(visit, &record, mv.name))) } }
                }
                // Not within what is renewed: it is nowhere else.
                (kept::<K>(visit, &record, form))
            }
            (sheet::paper(visit, &record, entry.as_ref(), &files))
            div.todo id="todo" data-part { (works) @for part in &kind_parts.side { (part) } }
            div.story {
                (own_files(visit, row.position, &files))
                (axis(visit, &story, &letters(visit, row)?, &files)?)
            }
            @if !kind_parts.below.is_empty() { div.below id="below" data-part { @for part in &kind_parts.below { (part) } } }
        }
    };
    Page::new(if row.number.is_empty() { title } else { row.number.clone() }, body)
        .at(if K::AT == "/in" { crumb.0 } else { K::AT })
        .render_form(visit, form)
}

/// What was typed for a move that the record does not allow any more, to be copied from: somebody was first.
fn kept<K: Kind>(visit: &Visit, record: &Record, form: &Form) -> Markup {
    let late = |mv: &&Move| {
        form.raw("move") == mv.name && !moves::allowed::<K>(visit, record).any(|one| one.name == mv.name)
    };
    let Some(mv) = K::MOVES.iter().find(late) else { return html! {} };
    let asks = mv.asks.iter().filter(|ask| ask.input != Input::Files);
    late_words(visit, form, asks.map(|ask| (ask.name, ask.key)))
}

/// What was typed into fields, named by their names and keys of their labels, of a form that is not offered any more.
pub(super) fn late_words<'a>(
    visit: &Visit,
    form: &Form,
    fields: impl Iterator<Item = (&'a str, &'a str)>,
) -> Markup {
    let typed: Vec<_> = fields.filter(|(name, _)| !form.raw(name).trim().is_empty()).collect();
    html! {
        @if !typed.is_empty() { div.kept id="kept" {
            p.sm { (visit.word("kept-typed")) }
            @for (name, key) in typed { div.field {
                label for={ "kept-" (name) } { (visit.word(key)) }
                textarea id={ "kept-" (name) } rows="2" readonly { "\n" (form.raw(name)) }
            } }
        } }
    }
}

/// The story as a timeline, newest first. `letters` are papers about the record that stand by themselves, as a reminder of
/// the province does: each is a line of its own.
pub fn axis(
    visit: &Visit,
    story: &[StoryRow],
    letters: &[RecordRow],
    files: &Files,
) -> Result<Markup, Failure> {
    let receipted = visit.within(|context| {
        let me = context.office.id();
        let receipt = context.office.read(|journal| journal.receipt())?;
        Ok((me, receipt.map(|receipt| receipt.link.seat)))
    })?;
    let hub = visit.office().identity().is_hub();
    let lang = visit.lang;
    let people = visit.site.accounts.list()?;
    let people: HashMap<String, String> =
        people.into_iter().map(|account| (account.name, account.shown)).collect();
    let who = |office| if office == receipted.0 { visit.word("scope-self") } else { visit.name(office) };
    let told = |row: &StoryRow| {
        let own = row.ledger == receipted.0;
        let open = own && !hub && receipted.1.is_none_or(|seat| row.seat > seat);
        let bad = row.outcome != "applied";
        let brief = parts::said(lang, row);
        html! {
            li.open[open] id={ "entry-" (row.position) } {
                (glyph(if bad { "late" } else if open { "unk" } else { shape(&row.mv) }))
                (visit.times(row)) " "
                b { (who(row.ledger)) } " "
                (parts::move_word(lang, row.kind, &row.mv))
                @if let Some(about) = row.about { " – " b { (visit.name(about)) } }
                @if !brief.is_empty() { ": " (brief) }
                span.rc {
                    // Accounts of other offices are nobody's names here.
                    @if row.author == PROGRAM && row.mv == Status::Arrived.name() { (visit.word("by-program")) }
                    @else if own { (people.get(&row.author).unwrap_or(&row.author)) }
                    @if open { " · " (visit.word("line-saved")) } @else if own && !hub { " · " (visit.word("line-hub-has")) }
                    @if bad { " · " (parts::outcome(lang, &row.outcome)) }
                }
                (files.told(visit, row.position))
            }
        }
    };
    let letter = |row: &RecordRow| {
        let name = parts::paper_name(lang, &row.document_type, &row.number);
        html! {
            li id={ "entry-" (row.position) } {
                (glyph("soon"))
                (visit.time(row.opened)) " "
                b { (who(row.owner)) } " " (visit.word("story-letter")) ": "
                a href={ "/directive/" (row.id) } { (name) } " " (row.title)
            }
        }
    };
    let told = story.iter().map(|row| (row.time, told(row)));
    let mut lines: Vec<(i64, Markup)> =
        told.chain(letters.iter().map(|row| (row.opened, letter(row)))).collect();
    lines.sort_by_key(|(time, _)| *time);
    Ok(html! {
        section.box aria-labelledby="h-story" {
            h2 id="h-story" { (visit.word("sec-story")) }
            ol.axis id="story" data-part { @for (_, line) in lines.iter().rev() { (line) } }
        }
    })
}

/// The papers about a record that belong to its story here: this office's own, and those of offices above it.
fn letters(visit: &Visit, row: &RecordRow) -> Result<Vec<RecordRow>, Failure> {
    let registry = visit.registry();
    let me = visit.me();
    let ours = std::iter::once(me).chain(registry.ancestors(me)).collect();
    Ok(visit.look(|conn, _| directive::replies(conn, row.id, Some(ours)))?.0)
}

fn shape(mv: &str) -> &'static str {
    match mv {
        "completed" | "confirmed" | "accepted" | "closed" | "acknowledged" => "done",
        "refused" | "declined" | "returned" => "ref",
        "reminder" | "take-back" => "soon",
        "issued" | "opened" | "arrived" => "wait",
        _ => "run",
    }
}

/// The files that came with the paper itself; those of answers stand in the story.
fn own_files(visit: &Visit, position: u64, files: &Files) -> Markup {
    html! {
        @if files.any(position) {
            section.box aria-labelledby="h-files" {
                h2 id="h-files" { (visit.word("sec-files")) }
                div id="files-of" data-part { (files.list(visit, |file| file.row.position == position)) }
            }
        }
    }
}

/// A deadline in a list: the time left, the exact time as a tooltip.
pub fn due(visit: &Visit, due: Option<i64>) -> Markup {
    let clock: times::Clock = visit.clock();
    html! {
        @if let Some(due) = due { time datetime=(clock.machine(due)) title=(clock.exact(due)) { (clock.due(due)) } }
    }
}
