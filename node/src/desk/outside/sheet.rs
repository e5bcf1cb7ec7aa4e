//! The page of a paper, stub or petition: what it is, what is to be done next, its works, its story.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde_json::Value;
use truc_proto::id::RecordId;

use super::arrive::{CLASSES, bodies, choices, people};
use super::{AT, failed, written};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::Acting;
use crate::command::outside::{
    self, Answer as Answered, Classify, Correct, Keep, SenderOf, Sent, Transfer, Verb, Word,
};
use crate::command::page::{list, text};
use crate::desk::write;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::files::Files;
use crate::web::parts::{capital, move_word, type_name};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::visit::{Visit, encoded};
use crate::words::failure::Failure;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/outside/{id}", Need::Right(Right::Read), async |visit| {
            page(&visit, &Form::default(), None)
        })
        .guests(),
        Route::post("/outside/{id}", Need::Right(Right::Read), make).keeps(Text::Once).guests(),
        // What names somebody is written down nowhere but in its entry.
        Route::post("/outside/{id}/sender", Need::Right(Right::Read), sender).back("/outside/{id}"),
        Route::post("/outside/{id}/identity", Need::Right(Right::Read), identity).back("/outside/{id}"),
    ]
}

/// The moves that are what somebody most likely wants, in this order; beside them stands "give".
const MAIN: [&str; 3] = ["receipt", "reply", "sender"];
/// The fields that can be corrected.
const FIELDS: [&str; 7] = ["party", "number", "issued", "document-type", "title", "channel", "pages"];
/// Why a petition is kept.
const REASONS: [&str; 4] = ["anonymous", "repeated", "settled", "taken-back"];

fn record(visit: &Visit) -> Result<RecordId, Fault> {
    visit.param("id").parse().map(RecordId).map_err(|_: uuid::Error| Fault::NotFound)
}

/// The page; `opened`: who sent it, where that was just asked for.
fn page(visit: &Visit, form: &Form, opened: Option<&Value>) -> Answer {
    let id = record(visit)?;
    let shown = match visit.within(|context| outside::show(context, id)) {
        Err(failure) if failure.key == "not-found" => return Err(Fault::NotFound),
        shown => shown?,
    };
    let name = text(&shown["name"]);
    let words = ["notes", "corrections"].iter().map(|name| list(&shown[*name]).len()).sum();
    let named = Named { words, people: people(visit)?, bodies: bodies(visit)? };
    let next: Vec<(String, String)> =
        list(&shown["next"]).iter().map(|may| (text(&may["move"]), text(&may["as"]))).collect();
    let is_main = |mv: &str| MAIN.contains(&mv) && (mv != "sender" || shown["sender"].is_null());
    let petition = !shown["class"].is_null();
    let waits = shown["decided"].is_null() && shown["void"].is_null() && list(&shown["works"]).is_empty();
    let files = Files::of_outside(visit, id)?;
    let body = html! {
        article.doc {
            header.top {
                p.crumb { a href=(AT) { (visit.word("nav-outside")) } }
                h1 { @if text(&shown["title"]).is_empty() { (visit.word("register-no-title")) } @else { (text(&shown["title"])) } }
                p.meta {
                    b { (name) }
                    span { (visit.word("cli-arrival")) " " (text(&shown["arrival"])) }
                    @if !text(&shown["party"]).is_empty() { span { (text(&shown["party"])) } }
                    @if let Some(level) = shown["level"].as_u64().filter(|level| *level > 0) { span { (visit.word(&format!("conf-{level}"))) } }
                    @if let Some(class) = shown["class"].as_str() { span { (visit.word(&format!("petition-{class}"))) } }
                    @if let Some(limit) = shown["limit"].as_str() { span { (visit.word("register-limit")) ": " (visit.day(limit)) } }
                }
                (field::summary(visit, form))
                @if let Some(sender) = opened { div.note role="status" { p { b { (visit.word("outside-opened-now")) } } p { (text(&sender["name"])) @if !text(&sender["address"]).is_empty() { ", " (text(&sender["address"])) } } } }
                div.next id="next" data-part {
                    p { b { (standing(visit, &shown)) } }
                    div.acts {
                        @if waits && !visit.guest { a.b.go href={ "/works/new?source=" (encoded(&format!("{id}#"))) } { (visit.word("btn-give-work")) } }
                        @for (mv, by) in next.iter().filter(|(mv, _)| is_main(mv)) { (deed(visit, mv, by, true, form, &named)) }
                        @for (mv, by) in next.iter().filter(|(mv, _)| !is_main(mv)) { (deed(visit, mv, by, false, form, &named)) }
                    }
                }
            }
            div.todo id="todo" data-part {
                section.box {
                    h2 { (visit.word("outside-what")) }
                    dl {
                        @if !text(&shown["number"]).is_empty() { dt { (visit.word("reg-number")) } dd { (text(&shown["number"])) } }
                        @if let Some(issued) = shown["issued"].as_str() { dt { (visit.word("register-issued")) } dd { (visit.day(issued)) } }
                        @if !text(&shown["document_type"]).is_empty() { dt { (visit.word("cli-type")) } dd { (capital(&type_name(visit.lang, &text(&shown["document_type"])))) } }
                        @if let Some(received) = shown["received"].as_str() { dt { (visit.word("reg-came")) } dd { (visit.day(received)) ", " (visit.word(&format!("channel-{}", text(&shown["channel"])))) } }
                        @if petition { dt { (visit.word("register-sender")) } dd { (sent(visit, &shown["sender"])) } }
                        @if !text(&shown["about"]).is_empty() { dt { (visit.word("outside-about")) } dd { (text(&shown["about_name"])) } }
                        @if let Some(earlier) = shown["earlier"].as_str() { dt { (visit.word("outside-earlier")) } dd { a href={ "/outside/" (earlier) } { (visit.word("btn-open")) } } }
                    }
                    (files.list(visit, |_| true))
                }
                @if !list(&shown["works"]).is_empty() {
                    section.box {
                        h2 { (visit.word("nav-works")) }
                        ul.files { @for work in list(&shown["works"]) {
                            li { a href={ "/assignment/" (text(&work["record"])) } { @let content = text(&work["content"]); @if content.is_empty() { (visit.word("work-secret")) } @else { (content) } } " " (visit.word(&format!("work-stage-{}", text(&work["stage"])))) }
                        } }
                    }
                }
                @if !shown["transfer"].is_null() { (transfer(visit, &shown["transfer"])) }
            }
            div.story { (story(visit, &shown)) }
        }
    };
    Page::new(name, body).at(AT).render_form(visit, form)
}

/// Where it stands, in one line.
fn standing(visit: &Visit, shown: &Value) -> String {
    if !shown["void"].is_null() {
        return tell!(visit, "register-void", why = text(&shown["void"]["note"]));
    }
    let decided = &shown["decided"];
    if !decided.is_null() {
        let road = match &decided["road"] {
            Value::String(road) => road.clone(),
            kept => kept.as_object().and_then(|kept| kept.keys().next().cloned()).unwrap_or_default(),
        };
        return tell!(visit, "outside-decided", road = road, paper = text(&decided["paper"]));
    }
    if !list(&shown["works"]).is_empty() {
        return visit.word("stands-given");
    }
    visit.word(if shown["accepted"].is_null() { "stands-to-assign" } else { "outside-accepted" })
}

fn sent(visit: &Visit, sender: &Value) -> Markup {
    let name = [text(&sender["name"]), text(&sender["address"])];
    let name: Vec<String> = name.into_iter().filter(|part| !part.is_empty()).collect();
    html! {
        @if sender.is_null() { (visit.word("outside-no-sender")) }
        @else if sender["anonymous"] == true { (visit.word("register-anonymous")) }
        @else if !text(&sender["envelope"]).is_empty() { (tell!(visit, "register-envelope", envelope = text(&sender["envelope"]))) }
        @else if sender["kept"] == true { (visit.word("register-masked")) }
        @else { (name.join(", ")) }
    }
}

fn transfer(visit: &Visit, went: &Value) -> Markup {
    html! {
        section.box {
            h2 { (visit.word("register-to")) }
            dl {
                dt { (visit.word("register-to")) } dd { (text(&went["name"])) }
                dt { (visit.word("work-due")) } dd { (text(&went["answer_by"])) }
                dt { (visit.word("reg-signed")) } dd { (text(&went["receipt"]["name"])) " " (text(&went["receipt"]["note"])) }
                dt { (visit.word("register-result")) } dd { (text(&went["reply"]["paper"])) " " (text(&went["reply"]["said"]["note"])) }
            }
        }
    }
}

/// What was done, by time.
fn story(visit: &Visit, shown: &Value) -> Markup {
    let one = |mv: &str, said: &Value| {
        (said["time"].as_i64().unwrap_or(0), mv.to_owned(), text(&said["name"]), text(&said["note"]))
    };
    let mut lines = vec![one("arrive", &shown["registered_by"])];
    let transfer = &shown["transfer"];
    let single = [
        ("void", &shown["void"]),
        ("accept", &shown["accepted"]),
        ("receipt", &transfer["receipt"]),
        ("reply", &transfer["reply"]["said"]),
    ];
    lines.extend(single.into_iter().filter(|(_, said)| !said.is_null()).map(|(mv, said)| one(mv, said)));
    let decided = &shown["decided"];
    if !decided.is_null() {
        let mv = match decided["road"].as_str() {
            Some("guided") => "guide",
            Some("answered") => "answer",
            Some("transferred") => "transfer",
            _ => "keep",
        };
        lines.push(one(mv, &decided["said"]));
    }
    lines.extend(list(&shown["notes"]).iter().map(|said| one("note", said)));
    lines.extend(list(&shown["opened"]).iter().map(|said| one("identity", said)));
    lines.extend(list(&shown["corrections"]).iter().map(|change| {
        let said = format!("{} → {} {}", text(&change["was"]), text(&change["now"]), text(&change["note"]));
        (change["time"].as_i64().unwrap_or(0), "correct".to_owned(), text(&change["name"]), said)
    }));
    lines.sort();
    let kind = truc_proto::record::outside::KIND.number;
    html! {
        ul.brief {
            @for (time, mv, name, note) in &lines {
                li { (visit.time(*time)) " · " (name) " · " (move_word(visit.lang, kind, mv)) @if !note.trim().is_empty() { ": " (note) } }
            }
        }
    }
}

/// Whom the forms of moves may name.
struct Named {
    /// How many words there are in its story that may be said again.
    words: usize,
    people: Vec<(String, String)>,
    bodies: Vec<(String, String)>,
}

/// The form of a move: one button where nothing is asked, else fields behind it.
fn deed(visit: &Visit, mv: &str, by: &str, main: bool, form: &Form, named: &Named) -> Markup {
    let same = form.raw("move") == mv;
    let typed = if same { form.clone() } else { Form::default() };
    let word = capital(&move_word(visit.lang, truc_proto::record::outside::KIND.number, mv));
    let address = match mv {
        "sender" | "identity" => format!("/outside/{}/{mv}", visit.param("id")),
        _ => format!("/outside/{}", visit.param("id")),
    };
    // The same move after another one is no second press.
    let since = named.words.to_string();
    let hidden = html! {
        (drafts::named(visit, &address, &[("move", mv), ("since", &since)]))
        input type="hidden" name="move" value=(mv);
        input type="hidden" name="as" value=(by);
    };
    let line = |name: &'static str, key: &str| Field::new(visit, name, key).line(&typed);
    let fields = html! {
        @if mv == "correct" {
            (Field::new(visit, "field", "outside-field").choice(&typed, &FIELDS.map(|name| (name.to_owned(), capital(&visit.word(&format!("field-of-{name}")))))))
            (line("value", "outside-value"))
        }
        @if mv == "classify" {
            (Field::new(visit, "class", "register-class").choice(&typed, &choices(visit, "petition-", &CLASSES)))
            (Field::new(visit, "about", "outside-about").choice(&typed, &named.people))
        }
        @if mv == "sender" {
            (line("sender", "outside-sender"))
            (line("address", "outside-address"))
            (Field::new(visit, "signers", "outside-signers").kind("number").line(&typed))
            (Field::new(visit, "envelope", "outside-envelope").hint(visit.word("outside-envelope-hint")).line(&typed))
            p { label { input type="checkbox" name="anonymous" value="1" checked[typed.is_set("anonymous")]; " " (visit.word("register-anonymous")) } }
        }
        @if mv == "keep" { (Field::new(visit, "reason", "outside-reason").choice(&typed, &choices(visit, "petition-reason-", &REASONS))) }
        @if mv == "transfer" { (Field::new(visit, "to", "register-to").choice(&typed, &named.bodies)) }
        @if matches!(mv, "transfer" | "answer" | "reply") { (line("paper", "outside-paper")) }
        @if mv == "transfer" { (Field::new(visit, "answer_by", "outside-answer-by").kind("date").line(&typed)) }
        @if !matches!(mv, "sender" | "classify") { (Field::new(visit, "note", if mv == "summary" { "register-summary" } else { "field-note" }).text(&typed, 2)) }
    };
    html! {
        @if matches!(mv, "accept" | "receipt") {
            form.inline method="post" action=(address) { (hidden) button.b.go[main] { (word) } }
        } @else {
            details.move open[same] {
                summary.b.go[main] { (word) }
                form.box method="post" action=(address) {
                    (hidden) (fields)
                    p.acts { button.b.go { (word) } }
                }
            }
        }
    }
}

fn acting(form: &Form) -> Acting {
    Acting { stands_for: form.some("as"), saw: None }
}

/// The command of a posted form; none: there is no such move.
fn verb(visit: &Visit, form: &Form) -> Option<Verb> {
    let record = visit.param("id").to_owned();
    let text = |name: &str| form.get(name).to_owned();
    let word = || Word { record: record.clone(), note: text("note"), acting: acting(form) };
    let answered = || Answered {
        record: record.clone(),
        paper: text("paper"),
        note: text("note"),
        acting: acting(form),
    };
    Some(match form.raw("move") {
        "void" => Verb::Void(word()),
        "summary" => Verb::Summary(word()),
        "accept" => Verb::Accept(word()),
        "guide" => Verb::Guide(word()),
        "receipt" => Verb::Receipt(word()),
        "note" => Verb::Note(word()),
        "answer" => Verb::Answer(answered()),
        "reply" => Verb::Reply(answered()),
        "correct" => Verb::Correct(Correct {
            field: text("field"),
            value: text("value"),
            note: text("note"),
            acting: acting(form),
            record,
        }),
        "classify" => Verb::Classify(Classify {
            class: text("class"),
            about: form.some("about"),
            earlier: None,
            acting: acting(form),
            record,
        }),
        "keep" => {
            Verb::Keep(Keep { reason: form.some("reason"), note: text("note"), acting: acting(form), record })
        }
        "transfer" => Verb::Transfer(Transfer {
            to: text("to"),
            paper: text("paper"),
            answer_by: form.some("answer_by"),
            note: text("note"),
            acting: acting(form),
            record,
        }),
        _ => return None,
    })
}

async fn make(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    if form.some("answer_by").is_some() {
        let day = write::due(&visit, &mut form, "answer_by");
        form.set("answer_by", day);
    }
    if !form.is_good() {
        return page(&visit, &form, None);
    }
    let verb = verb(&visit, &form).ok_or(Fault::NotFound)?;
    let done = visit.act(Records::Outside(verb)).await;
    answer(&visit, &form, done)
}

async fn sender(visit: Visit, posted: Posted) -> Answer {
    let form = &posted.form;
    let text = |name: &str| form.get(name).to_owned();
    let sent = Sent {
        sender: text("sender"),
        address: text("address"),
        signers: form.get("signers").parse().unwrap_or(0),
        envelope: text("envelope"),
        anonymous: form.is_set("anonymous"),
    };
    let verb = Verb::Sender(SenderOf { record: visit.param("id").to_owned(), sent, acting: acting(form) });
    let done = visit.act(Records::Outside(verb)).await;
    answer(&visit, form, done)
}

fn answer(visit: &Visit, form: &Form, done: Result<Value, Failure>) -> Answer {
    match done {
        Ok(_) => {
            visit.flash(written(visit, form.raw("move")))?;
            Ok(Redirect::to(&format!("/outside/{}", visit.param("id"))).into_response())
        }
        Err(failure) if failure.key == "not-found" => Err(Fault::NotFound),
        Err(failure) => page(visit, &failed(form, failure), None),
    }
}

/// Shows who sent it, once, on the page that answers.
async fn identity(visit: Visit, posted: Posted) -> Answer {
    let form = &posted.form;
    let word = Word {
        record: visit.param("id").to_owned(),
        note: form.get("note").to_owned(),
        acting: acting(form),
    };
    match visit.act(Records::Outside(Verb::Identity(word))).await {
        Ok(done) => page(&visit, &Form::default(), Some(&done["sender"])),
        Err(failure) if failure.key == "not-found" => Err(Fault::NotFound),
        Err(failure) => page(&visit, &failed(form, failure), None),
    }
}
