//! Passkeys (WebAuthn) as a second factor: registering them, and asking for them at login. Browsers bind passkeys to a
//! host name, so they do not work if the site is visited by IP address.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use serde_json::json;

use crate::accounts::{Assertion, Pending, Registration, RelyingParty};
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts::{field, glyph};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::{ExitCode, Failure};

use super::enter::{PENDING, enter, refusal};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/me/passkey/begin", Need::Account, begin).back("/me/factor"),
        Route::post("/me/passkey", Need::Account, finish).back("/me/factor"),
        Route::post("/me/passkey/remove", Need::Account, remove).back("/me/factor"),
        Route::post("/login/passkey/begin", Need::Nothing, challenge),
        Route::post("/login/passkey", Need::Nothing, sign_in),
    ]
}

/// The site as the browser knows it; none if it is visited by IP address.
fn site(visit: &Visit) -> Option<RelyingParty> {
    let host = visit.host.as_str();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let named = !name.is_empty() && name.parse::<std::net::IpAddr>().is_err() && !name.starts_with('[');
    let scheme = if visit.site.secure { "https" } else { "http" };
    named.then(|| RelyingParty { origin: format!("{scheme}://{host}"), id: name.to_owned() })
}

/// Whether passkeys can be used at the address of this visit.
pub fn usable(visit: &Visit) -> bool {
    site(visit).is_some()
}

fn bytes(form: &Form, name: &str) -> Result<Vec<u8>, Fault> {
    let decoded = BASE64URL_NOPAD.decode(form.get(name).as_bytes());
    Ok(decoded.map_err(|error| Failure::new(ExitCode::Input, "passkey-wrong").because(error))?)
}

/// Hidden message for a device that has no passkey or whose user did not confirm; the script shows it.
pub(super) fn failed(visit: &Visit) -> Markup {
    html! { p.err role="alert" hidden data-passkey-failed { (glyph("late")) span { (visit.word("passkey-failed")) } } }
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
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let new = Registration {
        label: posted.get("label").to_owned(),
        id: bytes(&posted, "id")?,
        key: bytes(&posted, "key")?,
        authenticator: bytes(&posted, "authenticator")?,
        client: bytes(&posted, "client")?,
    };
    visit.site.accounts.passkey_finish(visit.author(), &site, &new, visit.seconds())?;
    Ok(Redirect::to("/me/factor").into_response())
}

async fn remove(visit: Visit, posted: Posted) -> Answer {
    let id = bytes(&posted, "id")?;
    visit.site.accounts.passkey_remove(visit.author(), visit.author(), &id)?;
    Ok(Redirect::to("/me/factor").into_response())
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
    let done =
        visit.site.accounts.passkey_login(&pending(&posted)?, &site, &answer, visit.source, visit.seconds());
    match done {
        Ok(token) => enter(&visit, &posted, &token),
        Err(refused) => {
            let said = refusal(&visit, refused)?.on_page(visit.lang);
            let answer: Response = (StatusCode::UNAUTHORIZED, said).into_response();
            Ok(answer)
        }
    }
}
