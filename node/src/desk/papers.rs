//! Lists of incoming and outgoing papers.

use maud::html;
use truc_proto::id::OfficeId;
use truc_proto::record::Act as _;
use truc_proto::record::directive::{Move, Status};

use crate::accounts::rights::Right;
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::web::fault::Answer;
use crate::web::parts;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::directive::status_word;
use super::listing::LISTED;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/in", Need::Right(Right::Read), incoming),
        Route::get("/out", Need::Right(Right::Read), outgoing),
    ]
}

/// A paper with its status at this office.
struct Listed {
    row: RecordRow,
    status: Option<Status>,
    arrival: String,
}

fn papers(visit: &Visit, wanted: impl Fn(OfficeId) -> bool) -> Result<Vec<Listed>, Failure> {
    let filter = Filter { kind: Some(Move::KIND), limit: LISTED, ..Filter::default() };
    visit.look(|views, look| {
        let rows = read::list(views, &filter)?.into_iter().filter(|row| wanted(row.owner));
        let listed = |row: RecordRow| {
            let (status, arrival) = read::taken_in(views, row.id, row.kind, look.me)?;
            Ok(Listed { status: Status::from_name(&status), arrival, row })
        };
        rows.map(listed).collect()
    })
}

async fn incoming(visit: Visit) -> Answer {
    let me = visit.me();
    let all = papers(&visit, |owner| owner != me)?;
    let state = visit.asked("state").to_owned();
    let chosen = |status: Option<Status>| match state.as_str() {
        "new" => matches!(status, None | Some(Status::Arrived)),
        "assign" => status == Some(Status::Accepted),
        "open" => matches!(status, Some(Status::Accepted | Status::Assigned | Status::Processing)),
        "done" => matches!(status, Some(Status::Completed | Status::Refused)),
        _ => true,
    };
    let count = |wanted: &[Option<Status>]| all.iter().filter(|paper| wanted.contains(&paper.status)).count();
    let chips = [
        ("", "chip-all", all.len()),
        ("new", "chip-new", count(&[None, Some(Status::Arrived)])),
        ("assign", "chip-assign", count(&[Some(Status::Accepted)])),
        (
            "open",
            "chip-open",
            count(&[Some(Status::Accepted), Some(Status::Assigned), Some(Status::Processing)]),
        ),
        ("done", "chip-done", count(&[Some(Status::Completed), Some(Status::Refused)])),
    ]
    .map(|(name, key, count)| {
        (visit.with("state", name), name == state, parts::counted(&visit.word(key), count))
    });
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
    for paper in all.iter().filter(|paper| chosen(paper.status)) {
        let row = &paper.row;
        // A paper on this list has arrived, even if no "arrived" was written yet.
        let (mark, word) = status_word(&visit, paper.status.or(Some(Status::Arrived)), "");
        let unread = matches!(paper.status, None | Some(Status::Arrived));
        let address = format!("/directive/{}", row.id);
        let title = html! {
            (parts::stamp(&visit, row.urgency, row.due)) " "
            a.t.unread[unread] href=(address) { (row.title) }
        };
        table.row(vec![
            Cell::text(paper.arrival.clone())
                .rank(paper.arrival.parse().unwrap_or(i64::MAX))
                .shown(html! { (paper.arrival) }),
            Cell::text(row.title.clone()).shown(title),
            Cell::text(row.number.clone()).shown(html! { span.so { (row.number) } }),
            Cell::text(visit.name(row.owner)),
            Cell::time(&visit, Some(row.opened)),
            Cell::time(&visit, row.due),
            Cell::badge(mark, &word).rank(paper.status.map_or(0, |status| status as i64 + 1)),
        ]);
    }
    table.answer(&visit, "/in", |rows| {
        html! {
            h1 { (visit.word("nav-in")) }
            p.acts { a.b href="/registers/in" { (visit.word("reg-in")) } }
            (parts::chips(Some("chips"), &visit.word("table-filter"), chips))
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
    ];
    let mut table = Table::new(&visit, "nav-out", &heads).or_else(visit.word("empty-out"));
    for paper in papers(&visit, |owner| owner == me)? {
        let row = paper.row;
        let address = format!("/directive/{}", row.id);
        let title =
            html! { (parts::stamp(&visit, row.urgency, row.due)) " " a.t href=(address) { (row.title) } };
        table.row(vec![
            Cell::link("so", &row.number, &address),
            Cell::text(row.title.clone()).shown(title),
            Cell::text(parts::scopes(&visit, &row.audience)),
            Cell::time(&visit, Some(row.opened)),
            Cell::time(&visit, row.due),
        ]);
    }
    table.answer(&visit, "/out", |rows| {
        html! {
            (parts::heading(&visit, &visit.word("nav-out"), "/directives/new", "btn-new-directive"))
            p.acts { a.b href="/registers/out" { (visit.word("reg-out")) } }
            (rows)
        }
    })
}
