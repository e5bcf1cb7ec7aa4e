//! One's own second factors: app, passkeys, recovery codes. Nothing of them is made or changed before the password was
//! typed again; looking at the page changes nothing.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use crate::accounts::{Factors, TotpSecret};
use crate::blocking::blocking;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::qr;
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;

use super::codes::{AT, added, fresh, unproved};
use super::passkeys;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(AT, Need::Account, async |visit| page(&visit, &Form::default())),
        Route::post("/me/factor/prove", Need::Account, prove).back(AT),
        Route::post("/me/factor/app", Need::Account, begin).back(AT),
        Route::post(AT, Need::Account, confirm),
        Route::post("/me/factor/remove", Need::Account, remove).back(AT),
        Route::post("/me/factor/codes", Need::Account, renew).back(AT),
    ]
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let has = visit.site.accounts.factors(visit.author())?;
    let proved = unproved(visit).is_none();
    let body = html! {
        div.narrow {
            h1 { (visit.word("me-factor")) }
            (field::summary(visit, form))
            @if proved {
                (app(visit, form, has))
                (passkeys::list(visit)?)
                @if has.app || has.passkeys > 0 { (left(visit, has)) }
            } @else { (password(visit, has)) }
        }
    };
    Page::new(visit.word("me-factor"), body).at("/me").still().render_form(visit, form)
}

/// What there is, and the password before any of it changes.
fn password(visit: &Visit, has: Factors) -> Markup {
    let typed = Field::new(visit, "password", "field-password-old").kind("password").required();
    html! {
        div.box {
            p { (visit.word(if has.app { "factor-app-on" } else { "factor-app-off" })) }
            p { (tell!(visit, "factor-passkeys", count = has.passkeys)) }
            @if has.app || has.passkeys > 0 { p { (tell!(visit, "factor-codes-left", count = has.codes)) } }
        }
        form.box method="post" action="/me/factor/prove" {
            (field::token(visit))
            (field::username(visit))
            p { (visit.word("factor-password-first")) }
            (typed.complete("current-password").focus(true).line(&Form::default()))
            p.acts { button.b.go { (visit.word("btn-go-on")) } }
        }
    }
}

fn app(visit: &Visit, form: &Form, has: Factors) -> Markup {
    let shown = visit.site.accounts.totp_shown(visit.author(), visit.seconds());
    html! {
        section.box {
            h2 { (visit.word("factor-app")) }
            @match shown {
                _ if has.app => {
                    p { (visit.word("factor-app-on")) }
                    (field::button(visit, "/me/factor/remove", "", &visit.word("btn-factor-remove"), &[]))
                }
                Some(secret) => (scan(visit, form, &secret)),
                None => {
                    p { (visit.word("factor-app-about")) }
                    (field::button(visit, "/me/factor/app", "go", &visit.word("btn-factor-app"), &[]))
                }
            }
        }
    }
}

fn scan(visit: &Visit, form: &Form, secret: &TotpSecret) -> Markup {
    let code = Field::new(visit, "code", "field-code").hint(visit.word("hint-code-new"));
    html! {
        p { (visit.word("me-factor-scan")) }
        div.qr role="img" aria-label=(visit.word("me-factor-qr")) { (qr(secret.uri.reveal())) }
        p.so { code { (secret.secret_base32.reveal()) } }
        form method="post" action=(AT) {
            (field::token(visit))
            (code.required().complete("one-time-code").focus(true).line(form))
            p.acts { button.b.go { (visit.word("btn-factor-on")) } }
        }
    }
}

fn left(visit: &Visit, has: Factors) -> Markup {
    html! {
        section.box {
            h2 { (visit.word("factor-codes")) }
            p { (tell!(visit, "factor-codes-left", count = has.codes)) }
            p.hint { (visit.word("factor-codes-about")) }
            (field::button(visit, "/me/factor/codes", "", &visit.word("btn-factor-codes"), &[]))
        }
    }
}

async fn prove(visit: Visit, posted: Posted) -> Answer {
    let Some(token) = visit.token.clone() else { return Err(Fault::NotFound) };
    let (accounts, name, now) = (visit.site.accounts.clone(), visit.author().to_owned(), visit.seconds());
    let typed = posted.raw("password").to_owned();
    match blocking(move || accounts.prove_session(&name, &typed, &token, now)).await {
        Ok(()) => Ok(Redirect::to(AT).into_response()),
        Err(failure) => page(&visit, &Form::failed(failure)),
    }
}

async fn begin(visit: Visit, _: Posted) -> Answer {
    if let Some(elsewhere) = unproved(&visit) {
        return Ok(elsewhere);
    }
    visit.site.accounts.totp_begin(visit.author(), visit.seconds())?;
    Ok(Redirect::to(AT).into_response())
}

async fn confirm(visit: Visit, posted: Posted) -> Answer {
    // Whoever shows a code of the secret typed the password when it was made.
    match visit.site.accounts.totp_confirm(visit.author(), posted.get("code"), visit.seconds()) {
        Ok(codes) => added(&visit, &codes),
        Err(failure) => page(&visit, &Form::failed(failure)),
    }
}

async fn remove(visit: Visit, _: Posted) -> Answer {
    if let Some(elsewhere) = unproved(&visit) {
        return Ok(elsewhere);
    }
    visit.site.accounts.totp_remove(visit.author(), visit.author())?;
    Ok(Redirect::to("/me").into_response())
}

async fn renew(visit: Visit, _: Posted) -> Answer {
    if let Some(elsewhere) = unproved(&visit) {
        return Ok(elsewhere);
    }
    fresh(&visit, &visit.site.accounts.new_recovery_codes(visit.author(), visit.seconds())?)
}
