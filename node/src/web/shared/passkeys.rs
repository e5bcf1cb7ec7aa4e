//! Passkeys (WebAuthn) as a second factor: registering them, and asking for them at login. Browsers bind passkeys to a
//! host name, so they do not work if the site is visited by IP address.

use axum::Json;
use axum::response::{IntoResponse, Redirect};
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use serde_json::json;

use crate::accounts::{Assertion, Pending, Registration};
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts::field;
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::{ExitCode, Failure};

use super::codes;
use super::enter::{PENDING, Shown, enter, refusal};
use super::login::told;
use super::second::{failed, second, site, usable};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/me/passkey/begin", Need::Account, begin).back("/me/factor"),
        Route::post("/me/passkey", Need::Account, finish).back("/me/factor"),
        Route::post("/me/passkey/remove", Need::Account, remove).back("/me/factor"),
        Route::post("/login/passkey/begin", Need::Nothing, challenge),
        Route::post("/login/passkey", Need::Nothing, sign_in),
    ]
}

fn bytes(form: &Form, name: &str) -> Result<Vec<u8>, Fault> {
    let decoded = BASE64URL_NOPAD.decode(form.get(name).as_bytes());
    Ok(decoded.map_err(|error| Failure::new(ExitCode::Input, "passkey-wrong").because(error))?)
}

/// The account's passkeys, with the button to add one.
pub fn list(visit: &Visit) -> Result<Markup, Failure> {
    let keys = visit.site.accounts.passkeys(visit.author())?;
    Ok(html! {
        section.box {
            h2 { (visit.word("passkeys")) }
            @for key in &keys {
                p {
                    (key.label) " · " (visit.time(key.created as i64 * 1000)) " "
                    (field::button(visit, "/me/passkey/remove", "plain", &visit.word("btn-remove"), &[("id", &BASE64URL_NOPAD.encode(&key.id))]))
                }
            }
            @if usable(visit) {
                form.jsonly method="post" action="/me/passkey" hidden data-passkey-new="/me/passkey/begin" {
                    (field::token(visit))
                    (field::Field::new(visit, "label", "field-passkey").required().line(&Form::default()))
                    p.acts { button.b { (visit.word("btn-passkey")) } }
                    (failed(visit))
                }
            } @else { p.hint { (visit.word("passkey-by-name")) } }
        }
    })
}

async fn begin(visit: Visit, _: Posted) -> Answer {
    if let Some(elsewhere) = codes::unproved(&visit) {
        return Ok(elsewhere);
    }
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let challenge = visit.site.accounts.passkey_begin(visit.author(), visit.seconds())?;
    let known: Vec<String> = visit
        .site
        .accounts
        .passkeys(visit.author())?
        .iter()
        .map(|key| BASE64URL_NOPAD.encode(&key.id))
        .collect();
    let shown = visit.account().map_or("", |account| account.shown.as_str());
    let user = BASE64URL_NOPAD.encode(visit.author().as_bytes());
    let asked = json!({ "challenge": challenge, "rp": site.id, "user": user, "name": visit.author(), "shown": shown, "known": known });
    Ok(Json(asked).into_response())
}

async fn finish(visit: Visit, posted: Posted) -> Answer {
    // The challenge that is answered here was given out after the password.
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let new = Registration {
        label: posted.get("label").to_owned(),
        id: bytes(&posted, "id")?,
        key: bytes(&posted, "key")?,
        authenticator: bytes(&posted, "authenticator")?,
        client: bytes(&posted, "client")?,
    };
    let made = visit.site.accounts.passkey_finish(visit.author(), &site, &new, visit.seconds())?;
    codes::added(&visit, &made)
}

async fn remove(visit: Visit, posted: Posted) -> Answer {
    if let Some(elsewhere) = codes::unproved(&visit) {
        return Ok(elsewhere);
    }
    let id = bytes(&posted, "id")?;
    visit.site.accounts.passkey_remove(visit.author(), visit.author(), &id)?;
    Ok(Redirect::to(codes::AT).into_response())
}

fn pending(posted: &Posted) -> Result<Pending, Fault> {
    posted.raw(PENDING).parse().map_err(|_| Fault::NotFound)
}

async fn challenge(visit: Visit, posted: Posted) -> Answer {
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let (challenge, ids) = visit.site.accounts.passkey_challenge(&pending(&posted)?, visit.seconds())?;
    let ids: Vec<String> = ids.iter().map(|id| BASE64URL_NOPAD.encode(id)).collect();
    Ok(Json(json!({ "challenge": challenge, "rp": site.id, "known": ids })).into_response())
}

async fn sign_in(visit: Visit, posted: Posted) -> Answer {
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let answer = Assertion {
        id: bytes(&posted, "id")?,
        authenticator: bytes(&posted, "authenticator")?,
        client: bytes(&posted, "client")?,
        signature: bytes(&posted, "signature")?,
    };
    let pending = pending(&posted)?;
    let done = visit.site.accounts.passkey_login(&pending, &site, &answer, visit.source, visit.seconds());
    match done {
        Ok(token) => enter(&visit, &posted, &token),
        Err(refused) if visit.asked("as") == "json" => told(&visit, Shown::Passkey, refused),
        Err(refused) => {
            let form = Form::failed(refusal(&visit, Shown::Passkey, refused)?);
            second(&visit, &posted, &pending, &form)
        }
    }
}
