//! What people set for themselves: language, look, keys, password, second factor; and the way out.

use axum::response::{IntoResponse, Redirect};
use maud::html;
use qrcode::QrCode;
use qrcode::render::svg;

use crate::accounts::rights::Right;
use crate::accounts::{Settings, Theme};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::site::Place;
use crate::web::visit::Visit;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/me", Need::Account, show),
        Route::post("/me", Need::Account, settings),
        Route::get("/me/password", Need::Account, async |visit| password(&visit, &Form::default())),
        Route::post("/me/password", Need::Account, change_password),
        Route::get("/me/factor", Need::Account, factor),
        Route::post("/me/factor", Need::Account, confirm_factor),
        Route::post("/me/factor/remove", Need::Account, remove_factor),
    ]
}

async fn show(visit: Visit) -> Answer {
    let Some(account) = visit.account() else { return Err(Fault::NotFound) };
    let mut form = Form::default();
    form.set("lang", if account.lang == Lang::Vi { "vi" } else { "en" });
    form.set("theme", theme_code(account.theme));
    if account.keys {
        form.set("keys", "1");
    }
    let langs = [("vi".to_owned(), "Tiếng Việt".to_owned()), ("en".to_owned(), "English".to_owned())];
    let themes =
        ["auto", "light", "dark"].map(|code| (code.to_owned(), visit.word(&format!("theme-{code}"))));
    let (lang, theme, keys) = (visit.word("field-lang"), visit.word("field-theme"), visit.word("field-keys"));
    let tabs = visit
        .site
        .frame
        .nav
        .iter()
        .filter(|item| !matches!(item.place, Place::Tab(_)) && visit.may(item.right));
    let body = html! {
        div.narrow {
            h1 { (account.shown) }
            p.mut { (account.name) " · " (visit.word(&format!("role-{}", account.role.code()))) }
            nav.menu aria-label=(visit.word("nav-more")) {
                @for item in tabs { a.b href=(item.path) { (visit.word(item.key)) } }
                a.b href="/drafts" { (visit.word("nav-drafts")) }
                @if visit.may(Right::Accounts) { a.b href="/accounts" { (visit.word("nav-accounts")) } }
                @if visit.may(Right::Settings) { a.b href="/settings" { (visit.word("nav-settings")) } }
                @if visit.may(Right::Settings) { a.b href="/backup" { (visit.word("sec-backup")) } }
                @if visit.may(Right::Audit) { a.b href="/notes" { (visit.word("nav-notes")) } }
            }
            form.box method="post" action="/me" {
                (field::token(&visit))
                h2 { (visit.word("me-settings")) }
                (Field { name: "lang", label: &lang, ..Field::default() }.choice(&form, &langs))
                (Field { name: "theme", label: &theme, ..Field::default() }.choice(&form, &themes))
                (Field { name: "keys", label: &keys, ..Field::default() }.tick(&form))
                p.jsonly hidden data-notify=(visit.word("notify-ask")) {}
                p.acts { button.b.go { (visit.word("btn-save")) } }
            }
            section.box {
                h2 { (visit.word("me-safety")) }
                p { a href="/me/password" { (visit.word("me-password")) } }
                p {
                    a href="/me/factor" { (visit.word("me-factor")) } " "
                    span.mut { (visit.word(if account.second_factor { "me-factor-on" } else { "me-factor-off" })) }
                }
                (field::button(&visit, "/logout", "", &visit.word("btn-logout"), &[]))
            }
        }
    };
    Ok(Page::new(visit.word("me-title"), body).at("/me").render(&visit))
}

fn theme_code(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}

async fn settings(visit: Visit, posted: Posted) -> Answer {
    let settings = Settings {
        lang: if posted.get("lang") == "en" { Lang::En } else { Lang::Vi },
        theme: match posted.get("theme") {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        },
        keys: posted.is_set("keys"),
    };
    visit.site.accounts.settings(visit.author(), settings)?;
    Ok(Redirect::to("/me").into_response())
}

fn password(visit: &Visit, form: &Form) -> Answer {
    let must = visit.session.as_ref().is_some_and(|session| session.must_change);
    let labels =
        ["field-password-old", "field-password-new", "field-password-again"].map(|key| visit.word(key));
    let hint = visit.word("hint-password");
    let secret = |name, label, hint, complete| {
        Field { name, label, hint, required: true, kind: "password", complete, ..Field::default() }.line(form)
    };
    let body = html! {
        div.narrow {
            h1 { (visit.word("me-password")) }
            @if must { p.note { (visit.word("me-must-change")) } }
            (field::summary(visit, form))
            form.box method="post" action="/me/password" {
                (field::token(visit))
                (field::username(visit))
                (secret("old", &labels[0], "", "current-password"))
                (secret("new", &labels[1], &hint, "new-password"))
                (secret("again", &labels[2], "", "new-password"))
                p.acts { button.b.go { (visit.word("btn-save")) } }
            }
        }
    };
    Ok(Page::new(visit.word("me-password"), body).at("/me").render(visit))
}

async fn change_password(visit: Visit, posted: Posted) -> Answer {
    let mut form = Form::default();
    if posted.raw("new") != posted.raw("again") {
        form.wrong("again", visit.word("err-password-again"));
        return password(&visit, &form);
    }
    let Some(token) = visit.token.clone() else { return Err(Fault::NotFound) };
    let (accounts, name, now) =
        (visit.site.accounts.clone(), visit.author().to_owned(), visit.now as u64 / 1000);
    let (old, new) = (posted.raw("old").to_owned(), posted.raw("new").to_owned());
    let changed =
        tokio::task::spawn_blocking(move || accounts.change_password(&name, &old, &new, &token, now));
    match changed.await.map_err(|error| Failure::new(ExitCode::Unexpected, "local-cut").because(error))? {
        Ok(()) => {
            said(&visit, "done-password")?;
            Ok(Redirect::to("/").into_response())
        }
        Err(failure) => {
            form.failure = Some(failure);
            password(&visit, &form)
        }
    }
}

/// What the next page says.
fn said(visit: &Visit, key: &str) -> Result<(), Failure> {
    visit.token.as_ref().map_or(Ok(()), |token| visit.site.accounts.flash(token, visit.word(key)))
}

async fn factor(visit: Visit) -> Answer {
    if visit.account().is_some_and(|account| account.second_factor) {
        let body = html! {
            div.narrow {
                h1 { (visit.word("me-factor")) }
                p { (visit.word("me-factor-on")) }
                (field::button(&visit, "/me/factor/remove", "", &visit.word("btn-factor-remove"), &[]))
                (super::passkeys::list(&visit)?)
            }
        };
        return Ok(Page::new(visit.word("me-factor"), body).at("/me").render(&visit));
    }
    begin_factor(&visit, &Form::default())
}

fn begin_factor(visit: &Visit, form: &Form) -> Answer {
    let secret = visit.site.accounts.totp_begin(visit.author())?;
    let picture = QrCode::new(secret.uri.reveal().as_bytes());
    let picture = picture.map_err(|error| Failure::new(ExitCode::Unexpected, "local-cut").because(error))?;
    let picture = picture.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    // The library writes an XML head that HTML does not want.
    let picture = picture.split_once("?>").map_or(picture.as_str(), |(_, svg)| svg).to_owned();
    let (label, hint) = (visit.word("field-code"), visit.word("hint-code-new"));
    let body = html! {
        div.narrow {
            h1 { (visit.word("me-factor")) }
            (field::summary(visit, form))
            div.box {
                p { (visit.word("me-factor-scan")) }
                div.qr role="img" aria-label=(visit.word("me-factor-qr")) { (maud::PreEscaped(picture)) }
                p.so { code { (secret.secret_base32.reveal()) } }
                form method="post" action="/me/factor" {
                    (field::token(visit))
                    (Field { name: "code", label: &label, hint: &hint, required: true, complete: "one-time-code", ..Field::default() }.line(form))
                    p.acts { button.b.go { (visit.word("btn-factor-on")) } }
                }
            }
            (super::passkeys::list(visit)?)
        }
    };
    Ok(Page::new(visit.word("me-factor"), body).at("/me").render(visit))
}

async fn confirm_factor(visit: Visit, posted: Posted) -> Answer {
    let confirmed =
        visit.site.accounts.totp_confirm(visit.author(), posted.get("code"), visit.now as u64 / 1000);
    let codes = match confirmed {
        Ok(codes) => codes,
        Err(failure) => {
            let form = Form::failed(failure);
            return begin_factor(&visit, &form);
        }
    };
    let body = html! {
        div.narrow {
            h1 { (visit.word("me-factor")) }
            p { (tell!(visit, "me-factor-codes", count = codes.len())) }
            ul.box.codes { @for code in &codes { li { code { (code.reveal()) } } } }
            p.acts { a.b.go href="/me" { (visit.word("btn-close")) } }
        }
    };
    Ok(Page::new(visit.word("me-factor"), body).at("/me").render(&visit))
}

async fn remove_factor(visit: Visit, _: Posted) -> Answer {
    visit.site.accounts.totp_remove(visit.author(), visit.author())?;
    Ok(Redirect::to("/me").into_response())
}
