//! Lists of incoming and outgoing papers.

use std::rc::Rc;

use maud::html;
use truc_proto::record::Act as _;
use truc_proto::record::directive::{Move, Status};
use truc_proto::time::Hlc;

use crate::accounts::rights::Right;
use crate::derive::views::kinds::directive::{self as directives, Handled};
use crate::derive::views::owed;
use crate::derive::views::read::{self, Filter, RecordRow, Viewpoint};
use crate::web::fault::Answer;
use crate::web::listing;
use crate::web::parts::{self, Mark};
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

use super::directive::status_word;
use super::listing::{Found, StateChip, TYPES};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/in", Need::Right(Right::Read), incoming),
        Route::get("/out", Need::Right(Right::Read), outgoing),
    ]
}

/// The state of a paper whose copy was given back.
const GIVEN_BACK: &str = "agreed";

/// What of the incoming papers can be shown alone.
const CHIPS: &[StateChip] = &[
    ("", "chip-all", &[]),
    ("new", "chip-new", &["", "arrived"]),
    ("assign", "chip-assign", &["accepted"]),
    ("open", "chip-open", &["accepted", "assigned", "processing"]),
    ("done", "chip-done", &["completed", "refused"]),
];

async fn incoming(visit: Visit) -> Answer {
    let filter = |look: &Viewpoint<'_>| read::received(look, Move::KIND);
    let mut found = Found::read(&visit, filter, &[], CHIPS, "", read::list_taken_in)?;
    let chips = found.chips(&visit, CHIPS);
    let heads = [
        ("arrival", "cli-arrival"),
        ("title", "cli-title"),
        ("number", "cli-number"),
        ("owner", "cli-owner"),
        ("at", "field-issued-at"),
        ("due", "cli-due"),
        ("state", "cli-status"),
    ];
    let mut table = Table::new(&visit, "nav-in", &heads).or_else(visit.word("empty-in"));
    for (row, status, arrival) in std::mem::take(&mut found.rows) {
        let gone = status == GIVEN_BACK;
        let status = Status::from_name(&status);
        // A paper on this list has arrived, even if no "arrived" was written yet.
        let (mark, word) = match gone {
            true => (Mark::Refused, visit.word("doc-15")),
            false => status_word(&visit, status.or(Some(Status::Arrived)), ""),
        };
        let unread = !gone && matches!(status, None | Some(Status::Arrived));
        let address = format!("/directive/{}", row.id);
        let title = html! {
            (parts::stamp(&visit, row.urgency, row.due)) " "
            a.t.unread[unread] href=(address) { (row.title) }
        };
        table.row(vec![
            arrival.parse().map_or_else(|_| Cell::text(arrival.clone()), Cell::number),
            Cell::text(row.title.clone()).shown(title),
            Cell::text(row.number.clone()).shown(html! { span.so { (row.number) } }),
            Cell::text(visit.name(row.owner)),
            Cell::time(&visit, Some(row.opened)),
            Cell::time(&visit, row.due),
            Cell::badge(mark, &word),
        ]);
    }
    let fields = listing::fields(&visit, TYPES);
    found.asked.table(table, found.all).answer_with(&visit, "/in", fields, |rows| {
        html! {
            h1 { (visit.word("nav-in")) }
            p.acts { a.b href="/registers/in" { (visit.word("reg-in")) } }
            (chips)
            div id="papers" data-part { (rows) }
        }
    })
}

async fn outgoing(visit: Visit) -> Answer {
    let me = visit.me();
    let heads = [
        ("number", "cli-number"),
        ("title", "cli-title"),
        ("to", "cli-audience"),
        ("at", "field-issued-at"),
        ("due", "cli-due"),
        ("done", "out-done"),
    ];
    let mut table = Table::new(&visit, "nav-out", &heads).figures(&["done"]).or_else(visit.word("empty-out"));
    let filter = |_: &Viewpoint<'_>| Filter { kind: Some(Move::KIND), owner: Some(me), ..Filter::default() };
    let mut found = Found::read(&visit, filter, &[], &[], "", read::list)?;
    let handled = visit.look(|conn, look| {
        let to = |row: &RecordRow| {
            let mut to = directives::recipients(look, row.owner, &row.audience);
            to.retain(|office| owed::was_there(look.registry, *office, Hlc::at(row.opened as u64)));
            (row.id, Rc::new(to))
        };
        directives::handled(conn, &found.rows.iter().map(to).collect())
    })?;
    for row in std::mem::take(&mut found.rows) {
        let Handled { done, all } = handled.get(&row.id).copied().unwrap_or_default();
        let address = format!("/directive/{}", row.id);
        let title =
            html! { (parts::stamp(&visit, row.urgency, row.due)) " " a.t href=(address) { (row.title) } };
        table.row(vec![
            Cell::link("so", &row.number, &address),
            Cell::text(row.title.clone()).shown(title),
            Cell::text(parts::scopes(&visit, &row.audience)),
            Cell::time(&visit, Some(row.opened)),
            Cell::time(&visit, row.due),
            Cell::text(format!("{done}/{all}")).rank((done * 1000).checked_div(all).unwrap_or(0) as i64),
        ]);
    }
    let fields = listing::fields(&visit, TYPES);
    found.asked.table(table, found.all).answer_with(&visit, "/out", fields, |rows| {
        html! {
            (parts::heading(&visit, &visit.word("nav-out"), "/directives/new", "btn-new-directive"))
            p.acts { a.b href="/registers/out" { (visit.word("reg-out")) } }
            (rows)
        }
    })
}
