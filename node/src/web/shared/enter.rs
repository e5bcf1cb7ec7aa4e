//! End of a login with either factor: the session begins, or the page says why not.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

use crate::accounts::{Refused, Token};
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::posted::Posted;
use crate::web::visit::{Visit, local};
use crate::words::failure::{ExitCode, Failure};

use super::drafts;

/// Field with the fields of a form whose session had ended: JSON.
pub(super) const KEPT: &str = "kept";
/// Field with the page to open after the login.
pub(super) const NEXT: &str = "next";
/// Field with the pending login that waits for its second factor.
pub(super) const PENDING: &str = "pending";

/// Why a login failed, in words.
pub(super) fn refusal(visit: &Visit, refused: Refused) -> Result<Failure, Failure> {
    let wait = |wait: std::time::Duration| visit.clock().span(wait.as_millis() as i64);
    Ok(match refused {
        Refused::Wrong { wait: pause } if pause.is_zero() => Failure::new(ExitCode::NotAllowed, "err-login"),
        Refused::Wrong { wait: pause } | Refused::Wait { wait: pause } => {
            Failure::new(ExitCode::NotAllowed, "err-login-wait").with("time", wait(pause))
        }
        Refused::Failure(failure) => return Err(failure),
    })
}

/// Completes the login: sets the cookie, saves as a draft the form that was carried along, redirects to the next page.
/// A page that asked for the password itself gets the new session's token instead.
pub(super) fn enter(visit: &Visit, posted: &Posted, token: &Token) -> Answer {
    let accounts = &visit.site.accounts;
    let cookie = visit.site.set_cookie(&token.to_string(), "");
    let session = accounts.peek(token, visit.seconds())?;
    if visit.asked("as") == "json" {
        let csrf = session.map(|session| session.csrf).unwrap_or_default();
        return Ok(([(header::SET_COOKIE, cookie)], Json(json!({ "csrf": csrf }))).into_response());
    }
    let mut next = local(posted.raw(NEXT)).to_owned();
    if let (Some(form), Some(session)) = (Form::from_json(posted.raw(KEPT)), session) {
        let kept = drafts::keep(accounts, &session.account.name, &form, &next, visit.seconds())?;
        next = format!("/drafts/{kept}");
    }
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response())
}
