//! Papers from outside, stubs of secret papers and petitions: the form by which one is registered, the page of one with what
//! is done about it, the list, and the registers.

mod arrive;
pub mod books;
mod sheet;

use maud::{Markup, html};

use crate::accounts::rights::Right;
use crate::command::outside::{self, Line};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, section};
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// Address of the list.
pub const AT: &str = "/outside";

/// Most lines of the list.
const SHOWN: u32 = 50;

pub(super) fn routes() -> Vec<Route> {
    let mut all = vec![Route::get(AT, Need::Right(Right::Read), list)];
    all.extend(arrive::routes());
    all.extend(books::routes());
    all.extend(sheet::routes());
    all
}

async fn list(visit: Visit) -> Answer {
    let words = visit.asked("q");
    let found = visit.within(|context| outside::found(context, words, SHOWN))?;
    let body = html! {
        h1 { (visit.word("nav-outside")) }
        p.acts {
            @for (book, key, _) in arrive::BOOKS { a.b href={ "/outside/new?book=" (book) } { (visit.word(key)) } }
        }
        (books::links(&visit, ""))
        form.filter method="get" role="search" {
            label for="q" { (visit.word("outside-find")) }
            input id="q" type="search" name="q" value=(words);
            button.b { (visit.word("btn-find")) }
        }
        (section("outside", &visit.word("outside-newest"), "", rows(&visit, &found)))
    };
    Ok(Page::new(visit.word("nav-outside"), body).at(AT).render(&visit))
}

fn rows(visit: &Visit, lines: &[Line]) -> Markup {
    if lines.is_empty() {
        return parts::empty(&visit.word("cli-nothing-found"), None);
    }
    html! {
        ul.rows {
            @for line in lines.iter().take(SHOWN as usize) {
                @let address = format!("/outside/{}", line.record);
                @let title = if line.title.is_empty() { visit.word("register-no-title") } else { line.title.clone() };
                li {
                    div.when.n { (line.arrival) }
                    div {
                        a.t href=(address) { (title) }
                        p { (line.name) @if !line.party.is_empty() { " · " (line.party) } " · " (visit.time(line.registered as i64)) }
                    }
                    a.b href=(address) { (visit.word("btn-open")) span.vh { " " (line.name) } }
                }
            }
        }
    }
}

/// A form that was refused, with the failure.
fn failed(form: &Form, failure: Failure) -> Form {
    let mut form = form.clone();
    form.failure = Some(failure);
    form
}

/// That something was written, for the next page.
fn written(visit: &Visit, mv: &str) -> String {
    tell!(
        visit,
        "done-move",
        what = parts::move_word(visit.lang, truc_proto::record::outside::KIND.number, mv)
    )
}
