//! Drafts: typed text is saved while it is typed and survives a lost line, session or power. A shared draft is how a
//! paper reaches the chief for signature.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde_json::json;
use uuid::Uuid;

use crate::accounts::rights::Right;
use crate::accounts::{Draft, DraftError, SavedDraft};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{empty, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::{Visit, encoded, local};

/// Field with the draft's id.
pub const DRAFT: &str = "draft";
/// Field with the draft's version that the page loaded.
pub const VERSION: &str = "draft-version";
/// Field with the address of the form.
pub const FORM: &str = "draft-form";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/drafts", Need::Account, list),
        Route::get("/drafts/{id}", Need::Account, open),
        Route::post("/drafts/{id}", Need::Account, save),
        Route::post("/drafts/{id}/remove", Need::Account, remove),
    ]
}

fn seen(visit: &Visit, id: &str) -> Result<SavedDraft, Fault> {
    let id: Uuid = id.parse().map_err(|_| Fault::NotFound)?;
    let saved = visit.site.accounts.draft(id)?.ok_or(Fault::NotFound)?;
    if saved.draft.owner == visit.author() || saved.draft.shared { Ok(saved) } else { Err(Fault::NotFound) }
}

/// The form to begin a page with: the draft that the address names, or an empty form with a new draft id.
pub fn form(visit: &Visit, form_address: &str) -> Result<Form, Fault> {
    let asked = visit.asked(DRAFT);
    if asked.is_empty() {
        let mut form = Form::default();
        form.set(DRAFT, Uuid::now_v7().to_string());
        form.set(VERSION, "0");
        form.set(FORM, form_address);
        return Ok(form);
    }
    let saved = seen(visit, asked)?;
    let mut form = Form::from_json(&saved.draft.fields).unwrap_or_default();
    form.set(DRAFT, saved.draft.id.to_string());
    form.set(VERSION, saved.draft.version.to_string());
    form.set(FORM, saved.draft.form);
    Ok(form)
}

/// Hidden fields by which a form is saved as a draft.
pub fn carried(form: &Form) -> maud::Markup {
    html! {
        @for name in [DRAFT, VERSION, FORM] { input type="hidden" name=(name) value=(form.raw(name)); }
    }
}

/// The end of a form: when it was saved, and the buttons.
pub fn foot(visit: &Visit, form: &Form, buttons: maud::Markup) -> maud::Markup {
    let save = format!("/drafts/{}", form.raw(DRAFT));
    html! {
        p.foot {
            span.mut.sm data-saved data-word=(visit.word("form-saved")) role="status" {}
            button.b formaction=(save) formnovalidate { (visit.word("btn-draft")) }
            button.b formaction={ (save) "?share=1" } formnovalidate { (visit.word("btn-submit-sign")) }
            (buttons)
        }
    }
}

/// Response to a form without this session's token: nothing is done. The form may come from an earlier session, so its
/// text is shown as a draft that the person can continue.
pub(in crate::web) fn stale(visit: &Visit, posted: &Posted) -> Response {
    let mut form = posted.form.clone();
    if !form.is_set(DRAFT) {
        form.set(DRAFT, Uuid::now_v7().to_string());
        form.set(FORM, visit.path.clone());
    }
    let body = html! {
        h1 { (visit.word("err-stale-title")) }
        div.errbox role="alert" { p { (visit.word("err-stale")) } }
        @if !posted.values().is_empty() {
            form method="post" action={ "/drafts/" (form.raw(DRAFT)) } {
                (field::token(visit))
                @for (name, value) in form.values() { input type="hidden" name=(name) value=(value); }
                p.acts { button.b.go { (visit.word("btn-go-on")) } }
            }
        }
    };
    (StatusCode::FORBIDDEN, Page::new(visit.word("err-stale-title"), body).render(visit)).into_response()
}

async fn list(visit: Visit) -> Answer {
    let all = visit.site.accounts.drafts(visit.author(), visit.may(Right::Handle))?;
    let body = html! {
        h1 { (visit.word("nav-drafts")) }
        @if all.is_empty() { (empty(&visit.word("empty-drafts"), None)) }
        ul.rows {
            @for saved in &all {
                li {
                    span.when { (visit.time(saved.saved_at as i64 * 1000)) }
                    div {
                        a.t href={ "/drafts/" (saved.draft.id) } { (title(&visit, &saved.draft)) }
                        p { (saved.draft.owner) @if saved.draft.shared { " · " (visit.word("draft-shared")) } }
                    }
                    @if saved.draft.owner == visit.author() {
                        (field::button(&visit, &format!("/drafts/{}/remove", saved.draft.id), "plain", &visit.word("btn-remove"), &[]))
                    }
                }
            }
        }
    };
    Ok(Page::new(visit.word("nav-drafts"), body).at("/me").render(&visit))
}

fn title(visit: &Visit, draft: &Draft) -> String {
    if draft.title.trim().is_empty() { visit.word("draft-untitled") } else { draft.title.clone() }
}

async fn open(visit: Visit) -> Answer {
    let saved = seen(&visit, visit.param("id"))?;
    // The draft's owner supplied the address: it must not lead a colleague to another site.
    let form = local(&saved.draft.form);
    Ok(Redirect::to(&format!("{form}?{DRAFT}={}", encoded(&saved.draft.id.to_string()))).into_response())
}

/// Saves a draft, on request of the script while somebody types, or of a button.
async fn save(visit: Visit, posted: Posted) -> Answer {
    let id: Uuid = visit.param("id").parse().map_err(|_| Fault::NotFound)?;
    let machine = visit.asked("as") == "json";
    let before = visit.site.accounts.draft(id)?;
    if before.as_ref().is_some_and(|saved| saved.draft.owner != visit.author() && !saved.draft.shared) {
        return Err(Fault::NotFound);
    }
    let share = visit.asked("share") == "1";
    let draft = Draft {
        id,
        form: posted.get(FORM).to_owned(),
        owner: visit.author().to_owned(),
        title: posted.get("title").to_owned(),
        fields: posted.to_json(),
        shared: share || before.is_some_and(|saved| saved.draft.shared),
        version: posted.get(VERSION).parse().unwrap_or(0),
    };
    let clock = visit.clock();
    match visit.site.accounts.save_draft(draft, visit.seconds()) {
        Ok(version) if machine => {
            Ok(Json(json!({ "version": version, "told": tell!(visit, "form-saved-at", time = clock.exact(visit.now).split(',').next().unwrap_or_default()) })).into_response())
        }
        Ok(_) => {
            visit.flash(visit.word(if share { "done-shared" } else { "done-draft" }))?;
            Ok(Redirect::to(&format!("{}?{DRAFT}={id}", local(posted.get(FORM)))).into_response())
        }
        Err(DraftError::Edited { by, at, kept }) => {
            let told = tell!(visit, "err-edited", who = by, time = clock.told(at as i64 * 1000));
            if machine {
                let answer = json!({ "edited": told, "kept": format!("/drafts/{kept}") });
                return Ok((StatusCode::CONFLICT, Json(answer)).into_response());
            }
            visit.flash(told)?;
            Ok(Redirect::to("/drafts").into_response())
        }
        Err(DraftError::Failure(failure)) => Err(failure.into()),
    }
}

async fn remove(visit: Visit, _: Posted) -> Answer {
    let saved = seen(&visit, visit.param("id"))?;
    visit.site.accounts.drop_draft(saved.draft.id, visit.author())?;
    Ok(Redirect::to("/drafts").into_response())
}
