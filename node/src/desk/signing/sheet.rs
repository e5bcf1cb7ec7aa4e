//! The moves of a draft that are made on its page.

use axum::response::{IntoResponse, Redirect};
use truc_proto::record::draft::KIND;

use super::failed;
use super::page::page;
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::draft::{
    Adopt, Answer as Answered, Ask, Check, Comment, Consult, Extend, Issue, Meet, Name, Opine, See, Sign,
    Verb, Verdict, Word,
};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts;
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::visit::Visit;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/draft/{id}", Need::Right(Right::Read), async |visit| page(&visit, &Form::default())),
        Route::post("/draft/{id}", Need::Right(Right::Read), make).keeps(Text::Move),
    ]
}

async fn make(visit: Visit, posted: Posted) -> Answer {
    let form = posted.form.clone();
    let Some(verb) = verb(&visit, &form) else { return Err(Fault::NotFound) };
    match visit.act(Records::Draft(verb)).await {
        Ok(done) => {
            visit.flash(told(&visit, &form, &done))?;
            Ok(Redirect::to(&format!("/draft/{}", visit.param("id"))).into_response())
        }
        Err(failure) if failure.key == "draft-unknown" => Err(Fault::NotFound),
        Err(failure) => page(&visit, &failed(&form, failure)),
    }
}

/// What came of a move, in words.
fn told(visit: &Visit, form: &Form, done: &serde_json::Value) -> String {
    if let Some(said) = done["said"]["key"].as_str() {
        return visit.word(said);
    }
    match (form.raw("move"), done["number"].as_str()) {
        ("issue", Some(number)) => tell!(visit, "draft-issued-as", number = number),
        (name, _) => tell!(visit, "draft-done", what = parts::move_word(visit.lang, KIND.number, name)),
    }
}

/// A moment of a browser's field, as commands read it.
fn moment(form: &Form) -> String {
    form.get("until").to_owned()
}

/// The command of a posted form; none: there is no such move.
fn verb(visit: &Visit, form: &Form) -> Option<Verb> {
    let draft = visit.param("id").to_owned();
    let text = |name: &str| form.get(name).to_owned();
    let lines = |name: &str| -> Vec<String> {
        form.raw(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let version = form.get("version").parse().unwrap_or(0);
    let word = || Word { draft: draft.clone(), note: text("note") };
    let verdict = || Verdict {
        draft: draft.clone(),
        version,
        back: form.raw("verdict") == "back",
        must: lines("must"),
        suggest: lines("suggest"),
    };
    let name = || Name { draft: draft.clone(), to: text("to"), why: text("note") };
    Some(match form.raw("move") {
        "adopt" => {
            let beside = form.get("beside").parse().unwrap_or(0);
            Verb::Adopt(Adopt { draft, beside, drop: form.raw("how") == "drop" })
        }
        "hand-in" => Verb::HandIn(word()),
        "take-back" => Verb::TakeBack(word()),
        "appraise" => Verb::Appraise(verdict()),
        "approve" => Verb::Approve(verdict()),
        "ask" => Verb::Ask(Ask { draft, until: moment(form), question: text("question") }),
        "opinion" => Verb::Opinion(Opine {
            draft,
            opinion: text("opinion"),
            text: text("text"),
            version,
            of: None,
            slip: String::new(),
        }),
        "extend-ask" => Verb::ExtendAsk(Extend { draft, until: moment(form), why: text("note") }),
        "close-ask" => Verb::CloseAsk(word()),
        "consult" => {
            let offices = form.get("offices").split(',').map(|office| office.trim().to_owned()).collect();
            Verb::Consult(Consult { draft, offices, until: moment(form) })
        }
        "comment" => Verb::Comment(Comment { draft, office: text("office"), text: text("text") }),
        "close-consult" => Verb::CloseConsult(word()),
        "answer" => {
            Verb::Answer(Answered { draft, remark: text("remark"), how: text("how"), text: text("text") })
        }
        "check" => Verb::Check(Check {
            draft,
            remark: text("remark"),
            reopen: form.raw("verdict") != "ok",
            why: text("why"),
        }),
        "meeting" => Verb::Meeting(Meet {
            draft,
            event: text("event"),
            result: text("result"),
            version,
            must: lines("must"),
            suggest: lines("suggest"),
        }),
        "initial" => Verb::Initial(See { draft, version }),
        "redirect" => Verb::Redirect(name()),
        "reassign" => Verb::Reassign(name()),
        "sign" => Verb::Sign(Sign { draft, version, form: String::new() }),
        "unsign" => Verb::Unsign(word()),
        "return" => Verb::Return(word()),
        "issue" => Verb::Issue(Issue { draft, date: form.some("date"), report: form.is_set("report") }),
        "withdraw" => Verb::Withdraw(word()),
        "resume" => Verb::Resume(word()),
        _ => return None,
    })
}
