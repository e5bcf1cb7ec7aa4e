//! Sealing: what is known of the keys, recovery sheets to print, and recovery. For the office's administrator.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::seal::Sheet;
use truc_proto::time::Moment;
use uuid::Uuid;

use crate::accounts::rights::Right;
use crate::command::seal;
use crate::office::seals::{self, Seals};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::{self, Mark, badge, section};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::shared::drafts::DRAFT;
use crate::web::shared::shortly::Shortly;
use crate::web::visit::Visit;
use crate::words::failure::{ExitCode, Failure};

const KEEP: Need = Need::Right(Right::Settings);
const HOLDERS: [(&str, &str); 3] =
    [("one", "field-holder-1"), ("two", "field-holder-2"), ("three", "field-holder-3")];
const SHEETS: [(&str, &str); 2] = [("first", "field-sheet-1"), ("second", "field-sheet-2")];

pub(super) fn routes() -> Vec<Route> {
    let made = Arc::new(Made::default());
    let shown = Arc::clone(&made);
    vec![
        Route::get("/seal", KEEP, async |visit: Visit| show(&visit, &Form::default())),
        Route::get("/seal/sheets/{id}", KEEP, move |visit| {
            let shown = Arc::clone(&shown);
            async move { papers(&visit, &shown) }
        }),
        // Names and sheets are secrets: nothing of these forms is kept.
        Route::post("/seal/sheets", KEEP, move |visit, posted| make(visit, posted, Arc::clone(&made)))
            .once()
            .back("/seal"),
        Route::post("/seal/recover", KEEP, recover).once().back("/seal"),
    ]
}

/// Sheets that were made a short time ago, each with its holder. Who makes sheets twice makes the first ones void.
type Made = Shortly<Vec<(Sheet, String)>>;

/// What is to be said of the keys on other pages, worst first; nothing if all is well.
pub(super) fn doubts(visit: &Visit) -> Vec<String> {
    // If it cannot be read, the page is shown without it.
    let Ok(known) = Seals::of(visit.office()) else { return Vec::new() };
    let mut said = Vec::new();
    if known.closed > 0 {
        said.push(tell!(visit, "seal-closed-what", count = known.closed));
    }
    match &known.deposit {
        None => said.push(visit.word("seal-no-sheets")),
        Some(_) if known.is_check_due(Moment::millis(visit.now as u64)) => {
            said.push(visit.word("seal-check-due"));
        }
        Some(_) => {}
    }
    said
}

fn show(visit: &Visit, form: &Form) -> Answer {
    let known = Seals::of(visit.office()).map_err(Failure::from)?;
    let body = html! {
        div.narrow {
            p.crumb { a href="/line" { (visit.word("line-title")) } }
            h1 { (visit.word("seal-title")) }
            p { (visit.word("seal-what")) }
            p.note { (visit.word("seal-loss")) }
            (state(visit, &known))
            (field::summary(visit, form))
            (section("make", &visit.word("seal-make"), "", html! {
                form.box method="post" action="/seal/sheets" {
                    (once(visit, form))
                    p { (visit.word("seal-make-how")) }
                    @for (name, label) in HOLDERS {
                        @let line = Field::new(visit, name, label);
                        ((if name == HOLDERS[0].0 { line.required() } else { line }).line(form))
                    }
                    p.acts { button.b.go { (visit.word("btn-sheets")) } }
                }
            }))
            (section("recover", &visit.word("seal-recover"), "", html! {
                form.box method="post" action="/seal/recover" {
                    (once(visit, form))
                    p { (visit.word("seal-recover-how")) }
                    @for (name, label) in SHEETS { (Field::new(visit, name, label).plain().text(form, 6)) }
                    (Field::new(visit, "reason", "field-recover-reason").line(form))
                    p.acts { button.b { (visit.word("btn-recover")) } }
                }
            }))
        }
    };
    Page::new(visit.word("seal-title"), body).at("/line").render_form(visit, form)
}

/// The beginning of a form that is carried out once: its token, and its name.
fn once(visit: &Visit, form: &Form) -> Markup {
    let name = form.some(DRAFT).unwrap_or_else(|| Uuid::now_v7().to_string());
    html! { (field::token(visit)) input type="hidden" name=(DRAFT) value=(name); }
}

fn state(visit: &Visit, known: &Seals) -> Markup {
    html! {
        dl.facts.box {
            dt { (visit.word("seal-keys")) } dd { (known.keys) }
            dt { (visit.word("seal-since")) } dd { (visit.time(known.since as i64)) }
            @if let Some(deposit) = &known.deposit {
                dt { (visit.word("seal-set")) } dd { (deposit.set) }
                dt { (visit.word("seal-holders")) } dd { (deposit.holders.join(", ")) }
                dt { (visit.word("seal-deposited")) } dd { (visit.time(deposit.time as i64)) }
                @if let Some(checked) = known.checked {
                    dt { (visit.word("seal-checked")) } dd { (visit.time(checked as i64)) }
                }
            }
        }
        @for said in doubts(visit) { p { (badge(Mark::Late, &said)) } }
    }
}

/// Makes sheets, and leads to the page that shows them.
async fn make(visit: Visit, posted: Posted, made: Arc<Made>) -> Answer {
    let names: Vec<String> = HOLDERS.iter().filter_map(|(name, _)| posted.some(name)).collect();
    let holders = match seal::named(&names) {
        Ok(holders) if !holders.is_empty() => holders,
        Ok(_) => return wrong(&visit, &posted, HOLDERS[0].0, Failure::new(ExitCode::Input, "sheet-holders")),
        Err(failure) => return wrong(&visit, &posted, HOLDERS[0].0, failure),
    };
    let sheets = match seals::sheets(visit.office(), holders.clone()).await {
        Ok(sheets) => sheets,
        Err(error) => return wrong(&visit, &posted, HOLDERS[0].0, error.into()),
    };
    let id = posted.get(DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7());
    let now = Moment::seconds(visit.seconds());
    made.keep(id, visit.author(), now, sheets.into_iter().zip(holders).collect());
    Ok(Redirect::to(&format!("/seal/sheets/{id}")).into_response())
}

/// The page of sheets that were made a short time ago: the only place where they ever are.
fn papers(visit: &Visit, made: &Made) -> Answer {
    let now = Moment::seconds(visit.seconds());
    let found = visit.param("id").parse().ok().and_then(|id| made.find(id, visit.author(), now));
    let body = html! {
        h1 { (visit.word("seal-title")) }
        p.note { (visit.word(if found.is_some() { "seal-once" } else { "seal-gone" })) }
        p.acts {
            @if found.is_some() { button.b.go type="button" data-print hidden { (visit.word("btn-print")) } }
            a.b href="/seal" { (visit.word("btn-open")) }
        }
        @for (sheet, holder) in found.iter().flatten() { (paper(visit, sheet, holder)) }
    };
    Ok(Page::new(visit.word("seal-title"), body).at("/line").still().render(visit))
}

/// A sheet as it is printed.
fn paper(visit: &Visit, sheet: &Sheet, holder: &str) -> Markup {
    let (number, count, set) = (u32::from(sheet.number), sheet.persons as u32, u32::from(sheet.set));
    let text = sheet.to_text();
    html! {
        article.letter {
            header {
                div {
                    p.from { (visit.name(visit.me())) }
                    h1 { (tell!(visit, "seal-sheet", number = number, count = count, set = set)) }
                    p { (tell!(visit, "seal-sheet-of", name = holder)) }
                    p.mut { (visit.clock().exact(visit.now)) }
                }
                div.qr45 { (parts::qr(text.trim_end())) }
            }
            pre.print { (text.trim_end()) }
            p { (visit.word("seal-loss")) }
            p { (visit.word("seal-recover-how")) }
        }
    }
}

async fn recover(visit: Visit, posted: Posted) -> Answer {
    let reason = posted.get("reason").to_owned();
    if reason.is_empty() {
        let failure = Failure::new(ExitCode::Input, "seal-reason");
        return wrong(&visit, &posted, "reason", failure);
    }
    let typed: Vec<(&str, &str)> = SHEETS
        .iter()
        .map(|(name, _)| (*name, posted.raw(name)))
        .filter(|(_, text)| !text.trim().is_empty())
        .collect();
    let mut sheets = Vec::new();
    for (name, text) in &typed {
        match seal::parse(std::iter::once(*text)) {
            Ok(parsed) => sheets.extend(parsed),
            Err(failure) => return wrong(&visit, &posted, name, failure),
        }
    }
    match seals::recover(visit.office(), &sheets, visit.author(), &reason).await {
        Ok(keys) => {
            visit.flash(tell!(visit, "seal-recovered-told", keys = keys))?;
            Ok(Redirect::to("/seal").into_response())
        }
        Err(error) => wrong(&visit, &posted, SHEETS[0].0, error.into()),
    }
}

fn wrong(visit: &Visit, posted: &Posted, name: &str, failure: Failure) -> Answer {
    let mut form = posted.form.clone();
    form.wrong(name, failure.on_page(visit.lang));
    show(visit, &form)
}
