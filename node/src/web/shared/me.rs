//! A person's own settings: language, theme, shortcuts, password; and signing out.

use axum::response::{IntoResponse, Redirect};
use maud::html;

use crate::accounts::rights::Right;
use crate::accounts::{Realm, Settings, Theme};
use crate::blocking::blocking;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, WATCH_BEGIN};
use crate::web::site::NavPosition;
use crate::web::visit::Visit;
use crate::words::Lang;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/me", Need::Account, show),
        Route::post("/me", Need::Account, settings),
        Route::get("/me/password", Need::Account, async |visit| password(&visit, &Form::default())),
        Route::post("/me/password", Need::Account, change_password),
    ]
}

async fn show(visit: Visit) -> Answer {
    let Some(account) = visit.account() else { return Err(Fault::NotFound) };
    let mut form = Form::default();
    form.set("lang", account.lang.code());
    form.set("theme", account.theme.code());
    if account.keys {
        form.set("keys", "1");
    }
    let langs = [("vi".to_owned(), "Tiếng Việt".to_owned()), ("en".to_owned(), "English".to_owned())];
    let themes =
        Theme::ALL.map(|theme| (theme.code().to_owned(), visit.word(&format!("theme-{}", theme.code()))));
    let counts = visit.site.counts();
    let tabs = visit
        .site
        .frame
        .nav
        .iter()
        .filter(|item| !matches!(item.place, NavPosition::Tab(_)) && visit.may(item.right));
    let body = html! {
        div.narrow {
            h1 { (account.shown) }
            p.mut { code { (account.name) } " · " (visit.word(&format!("role-{}", account.role.code()))) }
            nav.menu aria-label=(visit.word("nav-more")) {
                @for item in tabs { a.b href=(item.path) { (visit.word(item.key)) @if let Some(count) = counts.get(item.path).filter(|count| **count > 0) { " (" (count) ")" } } }
                a.b href="/drafts" { (visit.word("nav-drafts")) }
                @if visit.site.realm == Realm::Desk { a.b href=(WATCH_BEGIN) { (visit.word("watch-title")) } }
                @if visit.may(Right::Accounts) { a.b href="/accounts" { (visit.word("nav-accounts")) } }
                @if visit.may(Right::Settings) { a.b href="/settings" { (visit.word("nav-settings")) } }
                @if visit.may(Right::Settings) { a.b href="/backup" { (visit.word("sec-backup")) } }
                @if visit.may(Right::Audit) { a.b href="/notes" { (visit.word("nav-notes")) } }
            }
            form.box method="post" action="/me" {
                (field::token(&visit))
                h2 { (visit.word("me-settings")) }
                (Field::new(&visit, "lang", "field-lang").choice(&form, &langs))
                (Field::new(&visit, "theme", "field-theme").choice(&form, &themes))
                (Field::new(&visit, "keys", "field-keys").tick(&form))
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
    Ok(Page::new(visit.word("me-title"), body).at("/me").still().render(&visit))
}

async fn settings(visit: Visit, posted: Posted) -> Answer {
    let settings = Settings {
        lang: Lang::from_code(posted.get("lang")),
        theme: Theme::from_code(posted.get("theme")),
        keys: posted.is_set("keys"),
    };
    visit.site.accounts.settings(visit.author(), settings)?;
    Ok(Redirect::to("/me").into_response())
}

fn password(visit: &Visit, form: &Form) -> Answer {
    let must = visit.session.as_ref().is_some_and(|session| session.must_change);
    let secret =
        |name, label, complete| Field::new(visit, name, label).required().kind("password").complete(complete);
    let body = html! {
        div.narrow {
            h1 { (visit.word("me-password")) }
            @if must { p.note { (visit.word("me-must-change")) } }
            (field::summary(visit, form))
            form.box method="post" action="/me/password" {
                (field::token(visit))
                (field::username(visit))
                (secret("old", "field-password-old", "current-password").line(form))
                (secret("new", "field-password-new", "new-password").hint(visit.word("hint-password")).line(form))
                (secret("again", "field-password-again", "new-password").line(form))
                p.acts { button.b.go { (visit.word("btn-save")) } }
            }
        }
    };
    Ok(Page::new(visit.word("me-password"), body).at("/me").still().render(visit))
}

async fn change_password(visit: Visit, posted: Posted) -> Answer {
    let mut form = Form::default();
    if posted.raw("new") != posted.raw("again") {
        form.wrong("again", visit.word("err-password-again"));
        return password(&visit, &form);
    }
    let Some(token) = visit.token.clone() else { return Err(Fault::NotFound) };
    let (accounts, name, now) = (visit.site.accounts.clone(), visit.author().to_owned(), visit.seconds());
    let (old, new) = (posted.raw("old").to_owned(), posted.raw("new").to_owned());
    match blocking(move || accounts.change_password(&name, &old, &new, &token, now)).await {
        Ok(()) => {
            visit.flash(visit.word("done-password"))?;
            Ok(Redirect::to("/").into_response())
        }
        Err(failure) => {
            form.failure = Some(failure);
            password(&visit, &form)
        }
    }
}
