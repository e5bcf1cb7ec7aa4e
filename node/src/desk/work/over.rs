//! The open works of a person, and one press that gives all of them to somebody else: before his last day, and after it.

use axum::response::{IntoResponse, Redirect};
use maud::html;

use super::{AT, failed, page_number, pages, people, rows};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::{HandOver, Verb};
use crate::command::tasks::Cut;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field;
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::visit::{Visit, encoded};

const ADDRESS: &str = "/works/of";

/// Address of the works of a person.
pub(in crate::desk) fn address(person: &str) -> String {
    format!("{ADDRESS}?person={}", encoded(person))
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ADDRESS, Need::Right(Right::Read), async |visit: Visit| {
            page(&visit, &drafts::asked(&visit)?)
        }),
        Route::post(ADDRESS, Need::Right(Right::Read), hand_over).keeps(Text::Move),
    ]
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let person = form.some("person").unwrap_or_else(|| visit.asked("person").to_owned());
    let typed = drafts::typed(visit, ADDRESS, &[("person", &person)], form.is_set("to").then_some(form));
    let (title, body) = visit.within(|context| {
        let (moment, number) = (context.moment()?, page_number(visit));
        let found = moment.works_of(&person, Cut::page(number))?;
        let title = tell!(visit, "works-of", who = moment.name(&person));
        let body = html! {
            p.crumb { a href=(AT) { (visit.word("nav-works")) } }
            h1 { (title) }
            (field::summary(visit, form))
            (rows(visit, &moment, &found.rows))
            (pages(visit, number, found.all))
            @if found.all > 0 {
                form.box method="post" action=(ADDRESS) data-draft {
                    (drafts::head(visit, &typed))
                    input type="hidden" name=(drafts::TITLE) value=(title);
                    input type="hidden" name="person" value=(person);
                    (people(visit, &moment, &typed, "to", "to", ""))
                    (field::Field::new(visit, "note", "field-why").text(&typed, 2))
                    p.acts { button.b.go { (tell!(visit, "btn-hand-over", count = found.all)) } (drafts::saved(visit)) }
                }
            }
        };
        Ok((title, body))
    })?;
    Page::new(title, body).at(AT).render_form(visit, form)
}

async fn hand_over(visit: Visit, posted: Posted) -> Answer {
    let text = |name: &str| posted.get(name).to_owned();
    let over = HandOver { person: text("person"), to: text("to"), note: text("note"), ..HandOver::default() };
    match visit.act(Records::Assignment(Verb::HandOver(over))).await {
        Ok(_) => {
            visit.flash(visit.word("works-written"))?;
            Ok(Redirect::to(&address(posted.get("person"))).into_response())
        }
        Err(failure) => page(&visit, &failed(&posted.form, failure)),
    }
}
