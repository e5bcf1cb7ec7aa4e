//! End of a login with either factor: the session begins, or the page says why not.

use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use uuid::Uuid;

use crate::accounts::{Draft, DraftError, Refused, Token};
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::posted::Posted;
use crate::web::visit::{Visit, local};
use crate::words::failure::{ExitCode, Failure};

use super::drafts::{DRAFT, VERSION};

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
pub(super) fn enter(visit: &Visit, posted: &Posted, token: &Token) -> Answer {
    let accounts = &visit.site.accounts;
    let mut next = local(posted.raw(NEXT)).to_owned();
    if let (Some(form), Some(session)) =
        (Form::from_json(posted.raw(KEPT)), accounts.peek(token, visit.seconds())?)
    {
        let draft = Draft {
            id: form.get(DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7()),
            form: next.clone(),
            owner: session.account.name,
            title: form.get("title").to_owned(),
            fields: form.to_json(),
            shared: false,
            version: form.get(VERSION).parse().unwrap_or(0),
        };
        let id = draft.id;
        match accounts.save_draft(draft, visit.seconds()) {
            Ok(_) => next = format!("/drafts/{id}"),
            Err(DraftError::Edited { kept, .. }) => next = format!("/drafts/{kept}"),
            Err(DraftError::Failure(failure)) => return Err(failure.into()),
        }
    }
    let cookie = visit.site.set_cookie(&token.to_string(), "");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response())
}
