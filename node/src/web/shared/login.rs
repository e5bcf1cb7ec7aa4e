//! Signing in and out. A form whose session ended is carried through the login.

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde_json::json;

use crate::accounts::{Attempt, Login, Pending, Refused};
use crate::blocking::blocking;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{Field, summary};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::visit::{Visit, encoded, local};
use crate::words::failure::{ExitCode, Failure};

use super::drafts;
use super::enter::{KEPT, NEXT, PENDING, Shown, enter, refusal};
use super::second::{asked, carried, second};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/login", Need::Nothing, show),
        Route::post("/login", Need::Nothing, login),
        Route::post("/login/code", Need::Nothing, code),
        Route::post("/logout", Need::Account, logout).back("/"),
    ]
}

async fn show(visit: Visit) -> Answer {
    if visit.session.is_some() {
        return Ok(Redirect::to(local(visit.asked(NEXT))).into_response());
    }
    let mut form = Form::default();
    form.set(NEXT, local(visit.asked(NEXT)));
    Ok(page(&visit, &form, StatusCode::OK))
}

/// Response to a form whose session has ended: the login page. It carries the fields along if the form is one whose text
/// is kept; otherwise it leads back to the page of the form.
pub(in crate::web) fn session_ended(visit: &Visit, posted: &Posted, text: Text, back: String) -> Response {
    let mut form = Form::default();
    let key = if text.is_kept() { "err-session" } else { "err-session-plain" };
    if text.is_kept() {
        form.set(KEPT, drafts::kept(posted).to_json());
    }
    form.set(NEXT, back);
    form.failure = Some(Failure::new(ExitCode::NotAllowed, key));
    page(visit, &form, StatusCode::UNAUTHORIZED)
}

fn page(visit: &Visit, form: &Form, status: StatusCode) -> Response {
    let typed = !form.raw("account").is_empty();
    let name = Field::new(visit, "account", "field-account").complete("username").plain().focus(!typed);
    let password = Field::new(visit, "password", "field-password").kind("password");
    let password = password.complete("current-password").focus(typed);
    let body = html! {
        div.narrow {
            h1 { (tell!(visit, "login-title", office = visit.name(visit.me()))) }
            (summary(visit, form))
            form.box method="post" action="/login" {
                (carried(form))
                (name.required().line(form))
                (password.required().line(form))
                p.acts { button.b.go { (visit.word("btn-login")) } }
            }
            p.hint { (visit.word("login-lost")) }
        }
    };
    (status, Page::new(visit.word("btn-login"), body).render(visit)).into_response()
}

async fn login(visit: Visit, posted: Posted) -> Answer {
    let attempt = Attempt {
        name: posted.get("account").to_owned(),
        password: posted.raw("password").to_owned(),
        source: visit.source,
    };
    let (accounts, now) = (visit.site.accounts.clone(), visit.seconds());
    match blocking(move || accounts.login(attempt, now)).await {
        Ok(Login::In(token)) => enter(&visit, &posted, &token),
        Ok(Login::SecondFactor(pending)) if visit.asked("as") == "json" => asked(&visit, &pending),
        Ok(Login::SecondFactor(pending)) => second(&visit, &posted, &pending, &Form::default()),
        Err(refused) if visit.asked("as") == "json" => told(&visit, Shown::Password, refused),
        Err(refused) => {
            let mut form = posted.form.clone();
            form.failure = Some(refusal(&visit, Shown::Password, refused)?);
            Ok(page(&visit, &form, StatusCode::UNAUTHORIZED))
        }
    }
}

/// Why signing in on a page failed, for its script.
pub(super) fn told(visit: &Visit, shown: Shown, refused: Refused) -> Answer {
    let said = refusal(visit, shown, refused)?.message(visit.lang);
    Ok((StatusCode::UNAUTHORIZED, Json(json!({ "told": said }))).into_response())
}

async fn code(visit: Visit, posted: Posted) -> Answer {
    let Ok(pending) = posted.raw(PENDING).parse::<Pending>() else {
        return Ok(Redirect::to("/login").into_response());
    };
    let done = visit.site.accounts.second_factor(&pending, posted.get("code"), visit.source, visit.seconds());
    match done {
        Ok(token) => enter(&visit, &posted, &token),
        Err(refused) if visit.asked("as") == "json" => told(&visit, Shown::Code, refused),
        Err(refused) => {
            let form = Form::failed(refusal(&visit, Shown::Code, refused)?);
            second(&visit, &posted, &pending, &form)
        }
    }
}

async fn logout(visit: Visit, _: Posted) -> Answer {
    if let Some(token) = &visit.token {
        visit.site.accounts.logout(token)?;
    }
    let gone = visit.site.set_cookie(&visit.site.cookie(), "", "; Max-Age=0");
    // Makes the browser clear its cache, so that the next person at this machine cannot see the pages.
    let clear = (HeaderName::from_static("clear-site-data"), "\"cache\"".to_owned());
    let next = format!("/login?next={}", encoded("/"));
    Ok(([(header::SET_COOKIE, gone), clear], Redirect::to(&next)).into_response())
}
