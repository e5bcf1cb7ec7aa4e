//! The forms by which a draft is begun, and by which a further version is saved. What is typed is kept by itself; a version
//! is made by one press.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::id::RecordId;
use truc_proto::paper::DocumentType;
use truc_proto::record::draft::Part;

use super::{AT, address, edit_address, failed};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::draft::{Begin, Parts, Save, Seen, Verb, seen, texts};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::{capital, type_name};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts as kept;
use crate::web::visit::Visit;

/// Address of the form by which one is begun.
pub(super) const NEW: &str = "/draft/new";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(NEW, Need::Right(Right::Read), async |visit| {
            let form = kept::form(&visit, NEW)?;
            new_page(&visit, &form)
        })
        .keeps(Text::Paper),
        Route::post(NEW, Need::Right(Right::Read), begin).keeps(Text::Paper),
        Route::get("/draft/{id}/edit", Need::Right(Right::Read), async |visit| edit_page(&visit, None)),
        Route::post("/draft/{id}/edit", Need::Right(Right::Read), save).keeps(Text::Move),
    ]
}

/// The fields of a version.
fn fields(visit: &Visit, form: &Form) -> Markup {
    let urgencies: Vec<(String, String)> =
        [("", "urg-0"), ("urgent", "urg-1"), ("very-urgent", "urg-2"), ("express", "urg-3")]
            .iter()
            .map(|(value, key)| ((*value).to_owned(), capital(&visit.word(key))))
            .collect();
    html! {
        (Field::new(visit, "title", "cli-title").required().text(form, 2))
        (Field::new(visit, "text", "field-text").hint(visit.word("hint-text")).text(form, 16))
        (Field::new(visit, "recipients", "draft-to").hint(visit.word("draft-to-hint")).line(form))
        (Field::new(visit, "tasks", "draft-part-tasks").hint(visit.word("draft-tasks-hint")).text(form, 3))
        (Field::new(visit, "urgency", "cli-urgency").choice(form, &urgencies))
    }
}

/// The parts of a form. A browser ends lines in its own way.
fn parts(form: &Form) -> Parts {
    let text = |name: &str| Some(form.raw(name).replace("\r\n", "\n"));
    Parts {
        text: text("text"),
        text_file: None,
        to: text("recipients"),
        tasks: text("tasks"),
        signing: None,
        urgency: text("urgency"),
    }
}

fn new_page(visit: &Visit, form: &Form) -> Answer {
    let (bodies, types) = visit.within(|context| {
        let moment = Seen::now(context)?;
        let roads: Vec<_> = moment.house().roads(visit.today()).collect();
        let mut bodies: Vec<(String, String)> = Vec::new();
        for body in roads.iter().flat_map(|road| &road.issuers) {
            if !bodies.iter().any(|(id, _)| id == body) {
                bodies.push((body.clone(), moment.name(body)));
            }
        }
        let is_on = |kind: &DocumentType| roads.iter().any(|road| road.types.contains(kind));
        let types: Vec<(String, String)> = DocumentType::ALL
            .iter()
            .filter(|kind| is_on(kind))
            .map(|kind| (kind.code().to_owned(), capital(&type_name(visit.lang, kind.code()))))
            .collect();
        Ok((bodies, types))
    })?;
    let body = html! {
        p.crumb { a href=(AT) { (visit.word("nav-sign")) } }
        h1 { (visit.word("btn-new-draft")) }
        (field::summary(visit, form))
        form.write method="post" action=(NEW) data-draft {
            (kept::head(visit, form))
            (Field::new(visit, "issuer", "draft-issuer").required().choice(form, &bodies))
            (Field::new(visit, "type", "draft-type").required().choice(form, &types))
            (fields(visit, form))
            (Field::new(visit, "source", "draft-source").line(form))
            p.foot { (kept::saved(visit)) button.b.go { (visit.word("btn-draft-begin")) } }
        }
    };
    Page::new(visit.word("btn-new-draft"), body).at(AT).render_form(visit, form)
}

async fn begin(visit: Visit, posted: Posted) -> Answer {
    let form = posted.form.clone();
    let begin = Begin {
        title: form.get("title").split_whitespace().collect::<Vec<_>>().join(" "),
        issuer: form.get("issuer").to_owned(),
        document_type: form.get("type").to_owned(),
        parts: parts(&form),
        source: form.get("source").to_owned(),
        // The form's draft names this one: a form that is sent twice begins it once.
        once: form.get(kept::DRAFT).parse().ok(),
        ..Begin::default()
    };
    match visit.act(Records::Draft(Verb::Begin(Box::new(begin)))).await {
        Ok(done) => {
            let record = done["record"].as_str().unwrap_or_default();
            visit.flash(visit.word("draft-saved"))?;
            Ok(Redirect::to(&format!("/draft/{record}")).into_response())
        }
        Err(failure) => new_page(&visit, &failed(&form, failure)),
    }
}

/// The form of a further version: what was typed, else the newest version.
fn edit_page(visit: &Visit, posted: Option<&Form>) -> Answer {
    let id = visit.param("id").parse().map(RecordId).map_err(|_: uuid::Error| Fault::NotFound)?;
    let found = visit.within(|context| {
        let row = seen(context, id)?;
        let known = texts(context, id, &row.draft)?;
        Ok((row.draft.version(), known.newest().cloned().unwrap_or_default(), row.draft.title))
    });
    let (version, newest, title) = match found {
        Err(failure) if failure.key == "draft-unknown" => return Err(Fault::NotFound),
        found => found?,
    };
    let place = edit_address(id);
    let mut form = match posted {
        Some(form) => form.clone(),
        None => kept::of_move(visit, &place, &[])?,
    };
    if !form.is_set("base") {
        form.set("base", version.to_string());
        let names = [
            (Part::Title, "title"),
            (Part::Body, "text"),
            (Part::Recipients, "recipients"),
            (Part::Tasks, "tasks"),
            (Part::Urgency, "urgency"),
        ];
        for (part, name) in names {
            form.set(name, newest.get(&part).cloned().unwrap_or_default());
        }
    }
    let base = form.raw("base").to_owned();
    let heading = tell!(visit, "draft-edit", version = base.as_str());
    let body = html! {
        p.crumb { a href=(address(id)) { (title) } }
        h1 { (heading) }
        (field::summary(visit, &form))
        form.write method="post" action=(place) data-draft {
            (kept::head(visit, &form))
            input type="hidden" name="base" value=(base);
            (fields(visit, &form))
            p.foot { (kept::saved(visit)) button.b.go { (visit.word("btn-draft-save")) } a.b href=(address(id)) { (visit.word("btn-open")) } }
        }
    };
    Page::new(heading, body).at(AT).render_form(visit, &form)
}

async fn save(visit: Visit, posted: Posted) -> Answer {
    let form = posted.form.clone();
    let save = Save {
        draft: visit.param("id").to_owned(),
        base: form.get("base").parse().unwrap_or(0),
        title: Some(form.get("title").split_whitespace().collect::<Vec<_>>().join(" ")),
        parts: parts(&form),
        ..Save::default()
    };
    let back = Redirect::to(&format!("/draft/{}", visit.param("id"))).into_response();
    match visit.act(Records::Draft(Verb::Save(Box::new(save)))).await {
        Ok(done) => {
            let said = done["said"]["key"].as_str();
            visit.flash(match said {
                Some("draft-unchanged") => visit.word("draft-unchanged"),
                _ => visit.word("draft-saved"),
            })?;
            Ok(back)
        }
        Err(failure) if failure.key == "draft-unknown" => Err(Fault::NotFound),
        // The text is kept beside, so nothing of the form is lost: the page shows both.
        Err(failure) if failure.key == "draft-edited" => {
            visit.flash(failure.on_page(visit.lang))?;
            Ok(back)
        }
        Err(failure) => edit_page(&visit, Some(&failed(&form, failure))),
    }
}
