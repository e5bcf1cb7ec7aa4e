//! Page of a record: what to do next, the paper, its tasks and answers, its story, its files.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde_json::Value;
use truc_proto::entry::{Attachment, Entry};

use crate::accounts::Realm;
use crate::accounts::rights::Right;
use crate::command::act::{self, Which};
use crate::derive::views::kinds::Record;
use crate::derive::views::story::{self, StoryRow};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::markdown;
use crate::web::page::Page;
use crate::web::parts::field::summary;
use crate::web::parts::{self, capital, glyph};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::shared::drafts::{self, DRAFT};
use crate::web::times::{self, formal};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::moves::{self, Input, Kind, Move};
use super::write;

/// Routes of a kind's records: the page, and one route per move with the right that it requires.
pub fn routes<K: Kind>() -> Vec<Route> {
    let name = K::NAME;
    let page = Route::get(format!("/{name}/{{id}}"), Need::Right(Right::Read), async |visit| {
        page::<K>(&visit, &Form::default())
    });
    let moves = K::MOVES.iter().map(move |mv| {
        let path = format!("/{name}/{{id}}/{}", mv.name);
        Route::post(path, Need::Right(mv.right), move |visit, posted| make::<K>(visit, posted, mv))
    });
    // The address of a move can also be opened by GET: if the session ends while a move is being filled in, the login
    // leads back there.
    let asked = K::MOVES.iter().map(move |mv| {
        let path = format!("/{name}/{{id}}/{}", mv.name);
        Route::get(path, Need::Right(mv.right), move |visit| begin::<K>(visit, mv))
    });
    std::iter::once(page).chain(moves).chain(asked).collect()
}

async fn begin<K: Kind>(visit: Visit, mv: &'static Move) -> Answer {
    let mut form = if visit.asked(DRAFT).is_empty() { Form::default() } else { drafts::form(&visit, "/")? };
    form.set("move", mv.name);
    page::<K>(&visit, &form)
}

async fn make<K: Kind>(visit: Visit, posted: Posted, mv: &'static Move) -> Answer {
    let mut form = posted.form.clone();
    form.set("move", mv.name);
    for ask in mv.asks.iter().filter(|ask| ask.required && posted.get(ask.name).is_empty()) {
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
            write::used(&visit, &posted);
            visit.flash(done(&visit, mv, &posted.form, &output))?;
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
    let kind_parts = K::parts(visit, &record, form)?;
    let address = |name: &str| format!("/{}/{}/{name}", K::NAME, row.id);
    let main: Vec<_> = moves::allowed::<K>(visit, &record).filter(|mv| !moves::of_part::<K>(mv)).collect();
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
                p.crumb { a href=(crumb.0) { (visit.word(crumb.1)) } " › " (row.number) }
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
                    (kept::<K>(visit, &record, form))
                    div.acts { @for mv in &main { (moves::button_with(visit, &address(mv.name), mv, form, &[], &K::each(visit, &record, mv.name))) } }
                }
            }
            (paper(visit, &record, entry.as_ref()))
            div.todo id="todo" data-part { @for part in &kind_parts.side { (part) } }
            div.story {
                (axis(visit, &story)?)
                (files(visit, row.position, entry.as_ref())?)
            }
            @if !kind_parts.below.is_empty() { div.below id="below" data-part { @for part in &kind_parts.below { (part) } } }
        }
    };
    Ok(Page::new(if row.number.is_empty() { title } else { row.number.clone() }, body)
        .at(if K::AT == "/in" { crumb.0 } else { K::AT })
        .render(visit))
}

/// What was typed for a move that the record does not allow any more, to be copied from: somebody was first.
fn kept<K: Kind>(visit: &Visit, record: &Record, form: &Form) -> Markup {
    let late = |mv: &&Move| {
        form.raw("move") == mv.name && !moves::allowed::<K>(visit, record).any(|one| one.name == mv.name)
    };
    let Some(mv) = K::MOVES.iter().find(late).filter(|_| form.failure.is_some()) else { return html! {} };
    let typed: Vec<_> =
        mv.asks.iter().filter(|ask| form.is_set(ask.name) && ask.input != Input::Files).collect();
    html! {
        @if !typed.is_empty() { div.kept id="kept" {
            p.sm { (visit.word("kept-typed")) }
            @for ask in typed { div.field {
                label for={ "kept-" (ask.name) } { (visit.word(ask.key)) }
                textarea id={ "kept-" (ask.name) } rows="2" readonly { "\n" (form.raw(ask.name)) }
            } }
        } }
    }
}

/// The paper as a sheet: its own words in serif; the program's words stand around it.
fn paper(visit: &Visit, record: &Record, entry: Option<&Entry>) -> Markup {
    let row = &record.row;
    let text = entry.and_then(act::text_of).unwrap_or_default();
    let issued = row.issued.as_deref().and_then(|day| day.parse().ok()).map(formal);
    html! {
        section.paper lang="vi" aria-label=(visit.word("doc-paper")) {
            div.head {
                p { b { (visit.name(row.owner).to_uppercase()) } br; "*" br; @if !row.number.is_empty() { "Số " (row.number) } }
                p { b { "ĐẢNG CỘNG SẢN VIỆT NAM" } br; @if let Some(issued) = issued { i { (issued) } } }
            }
            p.type { b { (parts::type_name(crate::words::Lang::Vi, &row.document_type).to_uppercase()) } }
            p.about { i { (capital(&row.title)) } }
            @if row.confidentiality > 0 { p.mut { (visit.word("err-secret-stub")) } }
            @else if text.is_empty() { p.mut { (visit.word("doc-no-text")) } }
            @else { (markdown::paper(&text)) }
        }
    }
}

/// The story as a timeline, newest first.
pub fn axis(visit: &Visit, story: &[StoryRow]) -> Result<Markup, Failure> {
    let receipted = visit.within(|context| {
        let me = context.office.id();
        let receipt = context.office.read(|journal| journal.receipt())?;
        Ok((me, receipt.map(|receipt| receipt.link.seat)))
    })?;
    let hub = visit.office().identity().is_hub();
    let lang = visit.lang;
    Ok(html! {
        section.box aria-labelledby="h-story" {
            h2 id="h-story" { (visit.word("sec-story")) }
            ol.axis id="story" data-part {
                @for row in story.iter().rev() {
                    @let own = row.ledger == receipted.0;
                    @let open = own && !hub && receipted.1.is_none_or(|seat| row.seat > seat);
                    @let bad = row.outcome != "applied";
                    li.open[open] {
                        (glyph(if bad { "late" } else if open { "unk" } else { shape(&row.mv) }))
                        (visit.times(row)) " "
                        b { (if own { visit.word("scope-self") } else { visit.name(row.ledger) }) } " "
                        (parts::move_word(lang, row.kind, &row.mv))
                        @if let Some(about) = row.about { " – " b { (visit.name(about)) } }
                        @let brief = without_code(&row.brief);
                        @if !brief.is_empty() { ": " (brief) }
                        span.rc {
                            (row.author)
                            @if open { " · " (visit.word("line-saved")) } @else if own && !hub { " · " (visit.word("line-hub-has")) }
                            @if bad { " · " (outcome(visit, &row.outcome)) }
                        }
                    }
                }
            }
        }
    })
}

/// The words of a status move without the leading two-digit code, because the move's name is shown.
pub fn without_code(brief: &str) -> &str {
    let bytes = brief.as_bytes();
    if bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_digit) {
        match &brief[2..] {
            "" => return "",
            rest => return rest.strip_prefix(" · ").unwrap_or(brief),
        }
    }
    brief
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

/// Why an entry had no effect, in words.
fn outcome(visit: &Visit, outcome: &str) -> String {
    match outcome.split_once(": ") {
        Some(("refused", reason)) => {
            tell!(visit, "line-refused", reason = visit.word(&format!("refusal-{reason}")))
        }
        Some(("not-allowed", reason)) => tell!(visit, "outcome-not-allowed", reason = reason),
        Some(("undigested", _)) => visit.word("outcome-undigested"),
        _ => visit.word("line-newer"),
    }
}

/// The files of an entry, with a preview where the browser can show them, and how much of each is here.
fn files(visit: &Visit, position: u64, entry: Option<&Entry>) -> Result<Markup, Failure> {
    let Some(entry) = entry.filter(|entry| !entry.header.attachments.is_empty()) else { return Ok(html! {}) };
    let mut all = Vec::new();
    for file in &entry.header.attachments {
        all.push((file, visit.site.files.have(file.hash)?));
    }
    Ok(html! {
        section.box aria-labelledby="h-files" {
            h2 id="h-files" { (visit.word("cli-file")) }
            ul.files id="files-of" data-part {
                @for (file, have) in &all {
                    li {
                        @if have.complete { (link(visit, position, file)) }
                        @else {
                            (file.name) " "
                            span.xs { (tell!(visit, "file-arriving", percent = (have.bytes * 100).checked_div(file.size).unwrap_or(0))) }
                            progress max=(file.size) value=(have.bytes) aria-label=(file.name) {}
                        }
                    }
                }
            }
        }
    })
}

fn link(visit: &Visit, position: u64, file: &Attachment) -> Markup {
    let address = format!("/files/{position}/{}", file.hash);
    let shown =
        matches!(file.media_type.as_str(), "application/pdf" | "image/png" | "image/jpeg" | "text/plain");
    html! {
        a href={ (address) "?as=file" } { (file.name) } " " span.xs.mut { (parts::size(visit.lang, file.size)) }
        @if shown { details { summary.xs { (visit.word("file-show")) } iframe.shown src=(address) title=(file.name) sandbox="" loading="lazy" {} } }
    }
}

/// A deadline in a list: the time left, the exact time as a tooltip.
pub fn due(visit: &Visit, due: Option<i64>) -> Markup {
    let clock: times::Clock = visit.clock();
    html! {
        @if let Some(due) = due { time datetime=(clock.machine(due)) title=(clock.exact(due)) { (clock.due(due)) } }
    }
}
