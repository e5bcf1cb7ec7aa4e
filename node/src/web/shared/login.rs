//! Signing in and out. What was typed into another page when the session ended is carried along.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use uuid::Uuid;

use crate::accounts::{Attempt, Draft, Login, Pending, Refused, Token};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{Field, summary};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::{Visit, encoded};
use crate::words::failure::{ExitCode, Failure};

/// Field with the fields of a page whose session ended: JSON.
const KEPT: &str = "kept";
/// Field with the page to go to.
const NEXT: &str = "next";
/// Field with the half of a login that waits for its second factor.
pub(super) const PENDING: &str = "pending";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/login", Need::Nothing, show),
        Route::post("/login", Need::Nothing, login),
        Route::post("/login/code", Need::Nothing, code),
        Route::post("/logout", Need::Account, logout),
    ]
}

/// Only paths of this site are gone to. Browsers read `\\` as `/`, and leave control characters out.
pub(super) fn local(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|letter: char| letter == '\\' || letter.is_control())
        && !next.starts_with("/login");
    if plain { next } else { "/" }
}

async fn show(visit: Visit) -> Answer {
    if visit.session.is_some() {
        return Ok(Redirect::to(local(visit.asked(NEXT))).into_response());
    }
    let mut form = Form::default();
    form.set(NEXT, local(visit.asked(NEXT)));
    Ok(page(&visit, &form, StatusCode::OK))
}

/// The session of a page with a form has ended: its fields go along through the login.
pub(in crate::web) fn again(visit: &Visit, posted: &Posted) -> Response {
    let mut form = Form::default();
    let fields = serde_json::to_string(posted.values()).unwrap_or_default();
    form.set(KEPT, fields);
    form.set(NEXT, visit.path.clone());
    form.failure = Some(Failure::new(ExitCode::NotAllowed, "err-session"));
    page(visit, &form, StatusCode::UNAUTHORIZED)
}

fn page(visit: &Visit, form: &Form, status: StatusCode) -> Response {
    let (name, password) = (visit.word("field-account"), visit.word("field-password"));
    let typed = !form.raw("account").is_empty();
    let body = html! {
        div.narrow {
            h1 { (tell!(visit, "login-title", office = visit.name(visit.me()))) }
            (summary(visit, form))
            form.box method="post" action="/login" {
                (carried(form))
                (Field { name: "account", label: &name, required: true, complete: "username", focus: !typed, ..Field::default() }.line(form))
                (Field { name: "password", label: &password, required: true, kind: "password", complete: "current-password", focus: typed, ..Field::default() }.line(form))
                p.acts { button.b.go { (visit.word("btn-login")) } }
            }
            p.hint { (visit.word("login-lost")) }
        }
    };
    (status, Page::new(visit.word("btn-login"), body).render(visit)).into_response()
}

fn carried(form: &Form) -> Markup {
    html! {
        @for name in [NEXT, KEPT] {
            @if !form.raw(name).is_empty() { input type="hidden" name=(name) value=(form.raw(name)); }
        }
    }
}

async fn login(visit: Visit, posted: Posted) -> Answer {
    let attempt = Attempt {
        name: posted.get("account").to_owned(),
        password: posted.raw("password").to_owned(),
        source: visit.source,
    };
    let (accounts, now) = (visit.site.accounts.clone(), visit.now as u64 / 1000);
    let done = tokio::task::spawn_blocking(move || accounts.login(attempt, now)).await;
    let done = done.map_err(|error| Failure::new(ExitCode::Unexpected, "local-cut").because(error))?;
    match done {
        Ok(Login::In(token)) => enter(&visit, &posted, &token),
        Ok(Login::SecondFactor(pending)) => {
            Ok(second(&visit, &posted, &pending.to_string(), &Form::default()))
        }
        Err(refused) => {
            let mut form = posted.form.clone();
            form.failure = Some(said(&visit, refused)?);
            Ok(page(&visit, &form, StatusCode::UNAUTHORIZED))
        }
    }
}

pub(super) fn said(visit: &Visit, refused: Refused) -> Result<Failure, Failure> {
    let wait = |wait: std::time::Duration| visit.clock().span(wait.as_millis() as i64);
    Ok(match refused {
        Refused::Wrong { wait: pause } if pause.is_zero() => Failure::new(ExitCode::NotAllowed, "err-login"),
        Refused::Wrong { wait: pause } | Refused::Wait { wait: pause } => {
            Failure::new(ExitCode::NotAllowed, "err-login-wait").with("time", wait(pause))
        }
        Refused::Failure(failure) => return Err(failure),
    })
}

/// Asks for the second factor.
fn second(visit: &Visit, posted: &Posted, pending: &str, form: &Form) -> Response {
    let label = visit.word("field-code");
    let hint = visit.word("hint-code");
    let body = html! {
        div.narrow {
            h1 { (visit.word("login-second")) }
            (summary(visit, form))
            form.box method="post" action="/login/code" data-passkey=[super::passkeys::usable(visit).then_some("/login/passkey")] {
                (carried(&posted.form))
                input type="hidden" name=(PENDING) value=(pending);
                (Field { name: "code", label: &label, hint: &hint, required: true, complete: "one-time-code", focus: true, ..Field::default() }.line(form))
                p.acts { button.b.go { (visit.word("btn-login")) } button.b.jsonly type="button" hidden data-passkey-use { (visit.word("btn-passkey-use")) } }
                (super::passkeys::failed(visit))
            }
        }
    };
    Page::new(visit.word("login-second"), body).render(visit)
}

async fn code(visit: Visit, posted: Posted) -> Answer {
    let waiting = posted.raw(PENDING).to_owned();
    let Ok(pending) = waiting.parse::<Pending>() else {
        return Ok(Redirect::to("/login").into_response());
    };
    let done = visit.site.accounts.second_factor(
        &pending,
        posted.get("code"),
        visit.source,
        visit.now as u64 / 1000,
    );
    match done {
        Ok(token) => enter(&visit, &posted, &token),
        Err(refused) => {
            let form = Form::failed(said(&visit, refused)?);
            Ok(second(&visit, &posted, &waiting, &form))
        }
    }
}

/// Signed in: sets the cookie, keeps as a draft what came along, goes on.
pub(super) fn enter(visit: &Visit, posted: &Posted, token: &Token) -> Answer {
    let accounts = &visit.site.accounts;
    let mut next = local(posted.raw(NEXT)).to_owned();
    if let (Ok(fields), Some(session)) = (
        serde_json::from_str::<Vec<(String, String)>>(posted.raw(KEPT)),
        accounts.peek(token, visit.now as u64 / 1000)?,
    ) {
        let form = Form::of(fields);
        let draft = Draft {
            id: form.get(super::drafts::DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7()),
            form: next.clone(),
            owner: session.account.name,
            title: form.get("title").to_owned(),
            fields: serde_json::to_string(form.values()).unwrap_or_default(),
            shared: false,
            version: form.get(super::drafts::VERSION).parse().unwrap_or(0),
        };
        let id = draft.id;
        match accounts.save_draft(draft, visit.now as u64 / 1000) {
            Ok(_) => next = format!("/drafts/{id}"),
            Err(crate::accounts::DraftError::Edited { kept, .. }) => next = format!("/drafts/{kept}"),
            Err(crate::accounts::DraftError::Failure(failure)) => return Err(failure.into()),
        }
    }
    let secure = if visit.site.secure { "; Secure" } else { "" };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}", visit.site.cookie());
    let mut response = Redirect::to(&next).into_response();
    let cookie = HeaderValue::from_str(&cookie);
    let cookie = cookie.map_err(|error| Failure::new(ExitCode::Unexpected, "local-cut").because(error))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn logout(visit: Visit, _: Posted) -> Answer {
    if let Some(token) = &visit.token {
        visit.site.accounts.logout(token)?;
    }
    let secure = if visit.site.secure { "; Secure" } else { "" };
    let gone = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}", visit.site.cookie());
    let mut response = Redirect::to(&format!("/login?next={}", encoded("/"))).into_response();
    if let Ok(gone) = HeaderValue::from_str(&gone) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    // Nothing of what was seen stays in the browser.
    response.headers_mut().append("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_nowhere_else() {
        assert_eq!(local("/in?page=2"), "/in?page=2");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil", "", "in", "/login?next=/x"]
        {
            assert_eq!(local(elsewhere), "/");
        }
    }
}
