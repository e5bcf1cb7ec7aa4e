//! The audit of what is no entry of the ledger: logins, accounts, settings, exports.

use maud::html;

use crate::accounts::rights::Right;
use crate::web::fault::Answer;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/notes", Need::Right(Right::Audit), list)]
}

async fn list(visit: Visit) -> Answer {
    let before = visit.asked("before").parse().ok();
    let notes = visit.site.accounts.notes(before, 500)?;
    let heads = [
        ("at", visit.word("cli-time")),
        ("who", visit.word("field-account")),
        ("what", visit.word("cli-move")),
        ("about", visit.word("cli-detail")),
        ("source", visit.word("cli-address")),
    ];
    let mut table = Table::new(visit.word("nav-notes"), &heads).or_else(visit.word("cli-empty"));
    let oldest = notes.last().map(|note| note.id);
    for note in notes {
        table.row(vec![
            Cell::time(&visit, Some(note.at as i64 * 1000)),
            Cell::text(note.who),
            Cell::text(visit.word(&format!("note-{}", note.what))),
            Cell::text(note.about),
            Cell::text(note.source.unwrap_or_default()),
        ]);
    }
    table.answer(&visit, "/me", |rows| {
        html! {
            h1 { (visit.word("nav-notes")) }
            (rows)
            @if let Some(oldest) = oldest { p { a href={ "/notes?before=" (oldest) } { (visit.word("table-older")) } } }
        }
    })
}
