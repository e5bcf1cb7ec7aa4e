//! End of a login with either factor: the session begins, or the page says why not.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

use crate::accounts::{Refused, Token};
use crate::say;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::posted::Posted;
use crate::web::times::Clock;
use crate::web::visit::{Visit, local};
use crate::words::failure::{ExitCode, Failure};
use crate::words::key;

use super::drafts;

/// Field with the fields of a form whose session had ended: JSON.
pub(super) const KEPT: &str = "kept";
/// Field with the page to open after the login.
pub(super) const NEXT: &str = "next";
/// Field with the pending login that waits for its second factor.
pub(super) const PENDING: &str = "pending";

/// What was wrong with a login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    /// Name and password.
    Password,
    /// A code, after the right password.
    Code,
    /// A passkey, after the right password.
    Passkey,
}

/// Why a login failed, in words.
pub(super) fn refusal(visit: &Visit, shown: Shown, refused: Refused) -> Result<Failure, Failure> {
    let (wrong, wait) = match shown {
        Shown::Password => (key("err-login"), key("err-login-wait")),
        Shown::Code => (key("err-code"), key("err-code-wait")),
        Shown::Passkey => (key("passkey-wrong"), key("err-passkey-wait")),
    };
    Ok(match refused {
        Refused::Wrong { wait: pause } if pause.is_zero() => Failure::new(ExitCode::NotAllowed, wrong),
        Refused::Wrong { wait: pause } | Refused::Wait { wait: pause } => {
            let time = visit.clock().span(pause.as_millis() as i64);
            Failure::new(ExitCode::NotAllowed, wait).with("time", time)
        }
        Refused::Failure(failure) => return Err(failure),
    })
}

/// Completes the login: sets the cookie, saves as a draft the form that was carried along, redirects to the next page.
/// A page that asked for the password itself gets the new session's token instead.
pub(super) fn enter(visit: &Visit, posted: &Posted, token: &Token) -> Answer {
    let accounts = &visit.site.accounts;
    let cookie = visit.site.set_cookie(&visit.site.cookie(), &token.to_string(), "");
    let session = accounts.peek(token, visit.seconds())?;
    if let Some(session) = &session
        && let Some(reset) = accounts.take_reset(&session.account.name)?
    {
        let lang = session.account.lang;
        let who = accounts.get(&reset.by)?.map_or(reset.by, |account| account.shown);
        let time = Clock { now: visit.now, lang }.exact(reset.at as i64 * 1000);
        accounts.flash(token, say!(lang, "factor-was-reset", who = who, time = time))?;
    }
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
