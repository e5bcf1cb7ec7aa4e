//! Management of accounts: who may sign in here, with which role. The password of a new account is shown once.

use axum::response::{IntoResponse, Redirect};
use maud::html;

use crate::accounts::rights::{Right, Role};
use crate::accounts::{NewAccount, Secret};
use crate::blocking::blocking;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

const KEEP: Need = Need::Right(Right::Accounts);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/accounts", KEEP, async |visit| list(&visit, &Form::default(), None)),
        Route::post("/accounts", KEEP, add),
        Route::get("/accounts/{name}", KEEP, async |visit| one(&visit, &Form::default())),
        Route::post("/accounts/{name}", KEEP, change),
    ]
}

fn roles(visit: &Visit) -> Vec<(String, String)> {
    let word = |role: &Role| (role.code().to_owned(), visit.word(&format!("role-{}", role.code())));
    Role::of(visit.site.realm).iter().map(word).collect()
}

fn list(visit: &Visit, form: &Form, made: Option<(&str, &Secret)>) -> Answer {
    let heads = [
        ("name", "field-account"),
        ("shown", "field-shown"),
        ("role", "field-role"),
        ("state", "cli-status"),
        ("factor", "me-factor"),
        ("last", "account-last"),
    ];
    let mut table = Table::new(visit, "nav-accounts", &heads);
    for account in visit.site.accounts.list()? {
        let state = visit.word(if account.disabled { "account-disabled" } else { "account-active" });
        let factor = visit.word(if account.second_factor { "cli-yes" } else { "cli-no" });
        let link = html! { a href={ "/accounts/" (account.name) } { code { (account.name) } } };
        table.row(vec![
            Cell::text(account.name.clone()).shown(link),
            Cell::person(&account.shown),
            Cell::text(visit.word(&format!("role-{}", account.role.code()))),
            Cell::text(state),
            Cell::text(factor),
            Cell::time(visit, account.last_login.map(|at| at as i64 * 1000)),
        ]);
    }
    let name = Field::new(visit, "name", "field-account").hint(visit.word("hint-account")).plain().required();
    table.answer(visit, "/me", |rows| {
        html! {
            h1 { (visit.word("nav-accounts")) }
            @if let Some((account, password)) = made {
                section.box.secret role="status" {
                    p { (tell!(visit, "account-made", account = account)) }
                    p.big { code { (password.reveal()) } }
                }
            }
            (field::summary(visit, form))
            (rows)
            form.box method="post" action="/accounts" {
                (field::token(visit))
                h2 { (visit.word("account-new")) }
                (name.line(form))
                (Field::new(visit, "shown", "field-shown").line(form))
                (Field::new(visit, "role", "field-role").required().choice(form, &roles(visit)))
                p.acts { button.b.go { (visit.word("btn-add")) } }
            }
        }
    })
}

async fn add(visit: Visit, posted: Posted) -> Answer {
    let Some(role) = Role::from_code(posted.get("role")) else { return Err(Fault::NotFound) };
    let (name, shown) = (posted.get("name").to_owned(), posted.get("shown").to_owned());
    let new = NewAccount { name: name.clone(), shown, role, password: None };
    let (accounts, by, now) = (visit.site.accounts.clone(), visit.author().to_owned(), visit.seconds());
    match blocking(move || accounts.add(&by, new, now)).await {
        Ok(added) => {
            list(&visit, &Form::default(), added.password.as_ref().map(|password| (name.as_str(), password)))
        }
        Err(failure) => {
            let mut form = posted.form.clone();
            form.failure = Some(failure);
            list(&visit, &form, None)
        }
    }
}

fn one(visit: &Visit, form: &Form) -> Answer {
    let account = visit.site.accounts.get(visit.param("name"))?.ok_or(Fault::NotFound)?;
    let mut shown = form.clone();
    if shown.values().is_empty() {
        shown.set("role", account.role.code());
        shown.set("shown", account.shown.clone());
        shown.set("position", account.position.clone());
    }
    let sessions = visit.site.accounts.sessions(&account.name)?;
    let body = html! {
        div.narrow {
            p.crumb { a href="/accounts" { (visit.word("nav-accounts")) } }
            h1 { (account.shown) }
            p.mut { code { (account.name) } }
            (field::summary(visit, form))
            form.box method="post" {
                (field::token(visit))
                (Field::new(visit, "shown", "field-shown").line(&shown))
                (Field::new(visit, "position", "field-position").hint(visit.word("hint-position")).text(&shown, 2))
                (Field::new(visit, "role", "field-role").required().choice(&shown, &roles(visit)))
                p.acts { button.b.go name="do" value="save" { (visit.word("btn-save")) } }
            }
            form.box method="post" {
                (field::token(visit))
                h2 { (visit.word("me-safety")) }
                p { (visit.word("me-factor")) ": " (visit.word(if account.second_factor { "me-factor-on" } else { "me-factor-off" })) }
                p { (tell!(visit, "account-sessions", count = sessions.len())) }
                ul { @for session in &sessions { li { (visit.time(session.since as i64 * 1000)) " · " (session.source) @if session.watch { " · " (visit.word("watch-title")) } } } }
                p.acts {
                    button.b name="do" value="password" { (visit.word("btn-new-password")) }
                    button.b name="do" value="sessions" { (visit.word("btn-end-sessions")) }
                    @if account.second_factor && account.name != visit.author() {
                        button.b name="do" value="factor" { (visit.word("btn-factor-reset")) }
                    }
                    @if account.disabled { button.b name="do" value="enable" { (visit.word("btn-enable")) } }
                    @else { button.b name="do" value="disable" { (visit.word("btn-disable")) } }
                }
            }
        }
    };
    Ok(Page::new(account.shown.clone(), body).at("/me").render(visit))
}

async fn change(visit: Visit, posted: Posted) -> Answer {
    let account = visit.site.accounts.get(visit.param("name"))?.ok_or(Fault::NotFound)?;
    let (accounts, by, now) = (visit.site.accounts.clone(), visit.author().to_owned(), visit.seconds());
    let name = account.name.clone();
    let deed = posted.get("do").to_owned();
    let (role, shown) = (Role::from_code(posted.get("role")), posted.get("shown").to_owned());
    let position = posted.form.some("position").unwrap_or_default();
    let done = blocking(move || {
        match deed.as_str() {
            "save" => {
                if let Some(role) = role.filter(|role| *role != account.role) {
                    accounts.set_role(&by, &name, role, now)?;
                }
                if shown != account.shown {
                    accounts.set_shown(&by, &name, &shown, now)?;
                }
                if position != account.position {
                    accounts.set_position(&by, &name, &position, now)?;
                }
            }
            "password" => {
                let password = crate::accounts::new_password(&name)?;
                accounts.set_password(&by, &name, password.reveal(), now)?;
                return Ok(Some(password));
            }
            "sessions" => accounts.end_sessions(&by, &name)?,
            "factor" => accounts.reset_factor(&by, &name, now)?,
            "disable" => accounts.set_disabled(&by, &name, true, now)?,
            "enable" => accounts.set_disabled(&by, &name, false, now)?,
            _ => {}
        }
        Ok(None)
    });
    match done.await {
        Ok(Some(password)) => list(&visit, &Form::default(), Some((visit.param("name"), &password))),
        Ok(None) => Ok(Redirect::to("/accounts").into_response()),
        Err(failure) => {
            let mut form = posted.form.clone();
            form.failure = Some(failure);
            one(&visit, &form)
        }
    }
}
