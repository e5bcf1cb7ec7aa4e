//! The audit notes: logins, accounts, settings, exports.

use maud::html;

use crate::accounts::Note;
use crate::accounts::rights::Right;
use crate::web::fault::Answer;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/notes", Need::Right(Right::Audit), list)]
}

/// A table of the newest notes, or of those before the note that the request names, with its oldest note for paging.
pub fn table(visit: &Visit, limit: usize) -> Result<(Table, Option<Note>), Failure> {
    let notes = visit.site.accounts.notes(visit.asked("before").parse().ok(), limit as u32)?;
    let heads = [
        ("at", "cli-time"),
        ("who", "field-account"),
        ("what", "cli-move"),
        ("about", "cli-detail"),
        ("source", "cli-address"),
    ];
    let mut table = Table::new(visit, "nav-notes", &heads).or_else(visit.word("cli-empty"));
    for note in &notes {
        table.row(vec![
            Cell::time(visit, Some(note.at as i64 * 1000)),
            account(visit, &note.who),
            Cell::text(visit.word(&format!("note-{}", note.what))),
            account(visit, &note.about),
            Cell::text(note.source.as_deref().unwrap_or_default()),
        ]);
    }
    Ok((table, notes.into_iter().next_back()))
}

/// An account, which is one for good, under the name of its person; any other text as it is.
pub fn account(visit: &Visit, name: &str) -> Cell {
    let shown = visit.person(name);
    if shown == name {
        return Cell::text(name);
    }
    let cell = Cell::person(&format!("{shown} ({name})"));
    cell.shown(html! { (shown) " " code.xs { (name) } })
}

async fn list(visit: Visit) -> Answer {
    let (table, oldest) = table(&visit, 500)?;
    table.answer(&visit, "/me", |rows| {
        html! {
            h1 { (visit.word("nav-notes")) }
            (rows)
            @if let Some(oldest) = oldest { p { a href={ "/notes?before=" (oldest.id) } { (visit.word("table-older")) } } }
        }
    })
}
