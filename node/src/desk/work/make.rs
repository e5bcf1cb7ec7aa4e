//! The commands that posted forms of works become.

use axum::response::{IntoResponse, Redirect};
use truc_proto::record::assignment::KIND;
use uuid::Uuid;

use super::{AT, failed, sheet};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::{Acting, Approve, Grant, HandIn, Pass, Report, Until, Verb, Word};
use crate::desk::write;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts;
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::visit::Visit;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/assignment/{id}", Need::Right(Right::Read), make).keeps(Text::Move).inward().guests(),
        Route::post("/works/approve", Need::Right(Right::Read), approve).keeps(Text::Move).back(AT),
    ]
}

async fn make(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let due = form.some("due").map(|_| write::due(&visit, &mut form, "due"));
    if !form.is_good() {
        return sheet::page(&visit, &form);
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
        Err(failure) => sheet::page(&visit, &failed(&form, failure)),
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
