//! Directives of the whole province: the list, and each one as a matrix of offices by steps and tasks.

pub mod grid;
mod matrix;
mod page;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use maud::html;
use truc_node::accounts::rights::Right;
use truc_node::derive::views::read::{self, Filter, RecordRow, Viewpoint};
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::fault::Answer;
use truc_node::web::parts::{self, Mark, badge};
use truc_node::web::route::{Need, Route, Text};
use truc_node::web::table::{Cell, Table};
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::record::Act as _;
use truc_proto::record::directive::Move;

use super::facts::{FactsCache, Handled};
use super::overview;
use super::standing::{Class, Standing};

/// How many of the newest directives the list holds; older ones are found by search.
const LISTED: u32 = 2000;

/// Routes of the list and the matrix.
pub(super) fn routes(keeper: &Arc<FactsCache>) -> Vec<Route> {
    let keeper = Arc::clone(keeper);
    vec![
        Route::get("/directives", Need::Right(Right::Read), move |visit| list(visit, Arc::clone(&keeper))),
        Route::get("/directives/{id}", Need::Right(Right::Read), page::show),
        Route::get("/directives/{id}/remind", Need::Right(Right::Steer), page::remind_again)
            .keeps(Text::Paper),
        Route::post("/directives/{id}/remind", Need::Right(Right::Steer), page::remind).keeps(Text::Paper),
    ]
}

/// A directive with the totals of its offices.
struct Listed {
    row: RecordRow,
    to: Recipients,
    handled: Handled,
    late: usize,
}

/// How many offices a directive went to. Computed once for each audience, because most directives go to one of a few.
#[derive(Clone, Copy)]
struct Recipients {
    all: usize,
    silent: usize,
}

impl Recipients {
    fn of(look: &Viewpoint<'_>, owner: OfficeId, audience: &[Scope]) -> Self {
        let mut to: HashSet<OfficeId> =
            audience.iter().flat_map(|scope| look.registry.resolve(*scope)).collect();
        to.remove(&owner);
        Self { all: to.len(), silent: to.iter().filter(|office| look.silent(**office)).count() }
    }
}

impl Listed {
    fn is(&self, chip: &str) -> bool {
        match chip {
            "late" => self.late > 0,
            "open" => self.handled.completed < self.to.all,
            "unaccepted" => self.handled.accepted < self.to.all,
            "express" => self.row.urgency >= 3,
            _ => true,
        }
    }
}

async fn list(visit: Visit, keeper: Arc<FactsCache>) -> Answer {
    let facts = keeper.current().await?;
    let all = visit.look(|conn, look| {
        let standing = Standing::of(&facts, look).by_record();
        let mut recipients: HashMap<(OfficeId, Vec<Scope>), Recipients> = HashMap::new();
        let filter = Filter { kind: Some(Move::KIND), limit: LISTED, ..Filter::default() };
        let rows = read::list(conn, &filter)?.into_iter().map(|row| {
            let to = *recipients
                .entry((row.owner, row.audience.clone()))
                .or_insert_with(|| Recipients::of(look, row.owner, &row.audience));
            let matter = (row.id, Move::KIND);
            let late = standing.get(&matter).map_or(0, |counts| counts[Class::Late as usize]);
            let handled = facts.handled.get(&matter).copied().unwrap_or_default();
            Listed { row, to, handled, late }
        });
        Ok(rows.collect::<Vec<_>>())
    })?;
    let chip = visit.asked("state").to_owned();
    let chips = [
        ("", "chip-all"),
        ("late", "mx-chip-late"),
        ("unaccepted", "mx-chip-unaccepted"),
        ("open", "mx-chip-open"),
        ("express", "mx-chip-express"),
    ]
    .map(|(name, key)| {
        let count = all.iter().filter(|one| one.is(name)).count();
        (visit.with("state", name), name == chip, parts::counted(&visit.word(key), count))
    });
    let table = table(&visit, all.iter().filter(|one| one.is(&chip)));
    let older = keeper.as_of(&facts)?;
    table.answer(&visit, "/directives", |rows| {
        html! {
            header.title { h1 { (visit.word("nav-directives")) } @if visit.may(Right::Handle) { a.b href="/directives/new" { (visit.word("btn-new-directive")) } } }
            @if older.is_some() { p.mut { (overview::as_of(&visit, older)) } }
            (parts::chips(Some("chips"), &visit.word("table-filter"), chips))
            div id="directives" data-part { (rows) }
        }
    })
}

fn table<'a>(visit: &Visit, all: impl Iterator<Item = &'a Listed>) -> Table {
    let heads = [
        ("title", "cli-title"),
        ("number", "cli-number"),
        ("owner", "cli-owner"),
        ("sent", "field-sent"),
        ("recipients", "cli-audience"),
        ("accepted", "mx-accepted"),
        ("completed", "mx-completed"),
        ("late", "mx-late-tasks"),
        ("silent", "cli-silent"),
    ];
    let mut table = Table::new(visit, "nav-directives", &heads)
        .figures(&["recipients", "accepted", "completed", "late", "silent"])
        .or_else(visit.word("mx-none"));
    for one in all {
        let row = &one.row;
        let address = format!("/directives/{}", row.id);
        let part = |count: usize| {
            let rank = (count * 1000).checked_div(one.to.all).unwrap_or(0) as i64;
            Cell::text(count.to_string()).rank(rank).shown(html! { (count) span.mut { "/" (one.to.all) } })
        };
        let bad = |count: usize, mark: Mark| {
            let shown =
                html! { @if count > 0 { (badge(mark, &count.to_string())) } @else { span.mut { "0" } } };
            Cell::number(count as i64).shown(shown)
        };
        table.row(vec![
            Cell::text(row.title.clone()).shown(html! {
                (parts::stamp(visit, row.urgency, row.due)) (parts::secrecy(visit, row.confidentiality)) " "
                a.t href=(address) { (row.title) @if row.title.is_empty() { (row.number) } }
            }),
            Cell::link("so", &row.number, &address),
            Cell::text(visit.name(row.owner)),
            Cell::time(visit, Some(row.opened)),
            Cell::number(one.to.all as i64),
            part(one.handled.accepted),
            part(one.handled.completed),
            bad(one.late, Mark::Late),
            bad(one.to.silent, Mark::Unknown),
        ]);
    }
    table
}

/// An office heard of within this time (milliseconds) counts as heard of just now.
const JUST: i64 = 15 * 60_000;

/// To how many offices the directive went and when, the moment of this page, how many offices were heard of just now,
/// and how many are silent.
fn as_of(visit: &Visit, grid: &grid::Grid, sent: i64) -> String {
    let clock = visit.clock();
    let heard =
        grid.rows.iter().filter(|row| row.heard.is_some_and(|heard| visit.now - heard <= JUST)).count();
    let silent = grid.rows.iter().filter(|row| row.group == grid::Group::Silent).count();
    let (sent, now) = (clock.told(sent), clock.moment(visit.now));
    tell!(
        visit,
        "mx-as-of",
        offices = grid.rows.len(),
        sent = sent,
        now = now,
        heard = heard,
        silent = silent
    )
}
