//! Directives of the whole province: the list, and each one as a matrix of offices by steps and tasks.

pub mod grid;
mod matrix;
mod page;

use std::collections::HashMap;
use std::sync::Arc;

use maud::html;
use truc_node::accounts::rights::Right;
use truc_node::derive::views::kinds::directive;
use truc_node::derive::views::read::{self, Filter, KeyRow, RecordRow, Viewpoint};
use truc_node::desk::listing;
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::fault::Answer;
use truc_node::web::listing::{Asked, fields};
use truc_node::web::parts::{self, Mark, badge};
use truc_node::web::route::{Need, Route, Text};
use truc_node::web::table::{Cell, Table};
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::EXPRESS;
use truc_proto::record::Act as _;
use truc_proto::record::directive::Move;

use super::facts::{FactsCache, Handled};
use super::overview;
use super::standing::{Class, Standing};

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
    key: KeyRow,
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
    fn of(look: &Viewpoint<'_>, key: &KeyRow) -> Self {
        let audience: Vec<Scope> = serde_json::from_str(&key.audience).unwrap_or_default();
        let to = directive::recipients(look, key.owner, &audience);
        Self { all: to.len(), silent: to.iter().filter(|office| look.silent(**office)).count() }
    }
}

impl Listed {
    fn is(&self, chip: &str) -> bool {
        match chip {
            "late" => self.late > 0,
            "open" => self.handled.completed < self.to.all,
            "unaccepted" => self.handled.accepted < self.to.all,
            "express" => self.key.urgency >= EXPRESS,
            _ => true,
        }
    }

    /// What it is sorted by in a column that the views do not know.
    fn rank(&self, column: &str) -> Option<usize> {
        let part = |count: usize| (count * 1000).checked_div(self.to.all).unwrap_or(0);
        Some(match column {
            "recipients" => self.to.all,
            "accepted" => part(self.handled.accepted),
            "completed" => part(self.handled.completed),
            "late" => self.late,
            "silent" => self.to.silent,
            _ => return None,
        })
    }
}

/// Sorts by a column that the views do not know; equal ones stay as they are.
fn sort(visit: &Visit, all: &mut [Listed]) {
    let sort = visit.asked("sort");
    let (name, down) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    if down {
        all.sort_by_key(|one| std::cmp::Reverse(one.rank(name)));
    } else {
        all.sort_by_key(|one| one.rank(name));
    }
}

async fn list(visit: Visit, keeper: Arc<FactsCache>) -> Answer {
    let facts = keeper.current().await?;
    let state = visit.asked("state").to_owned();
    let (asked, chips, all, found) = visit.look(|conn, look| {
        let standing = Standing::of(&facts, look).by_record();
        let mut recipients: HashMap<(OfficeId, String), Recipients> = HashMap::new();
        let filter = Filter { kind: Some(Move::KIND), ..Filter::default() };
        let mut asked = Asked::of(&visit, look, filter, listing::SORTED);
        let one = |key: KeyRow| {
            let to = *recipients
                .entry((key.owner, key.audience.clone()))
                .or_insert_with(|| Recipients::of(look, &key));
            let matter = (key.id, Move::KIND);
            let late = standing.get(&matter).map_or(0, |counts| counts[Class::Late as usize]);
            let handled = facts.handled.get(&matter).copied().unwrap_or_default();
            Listed { key, to, handled, late }
        };
        let mut all: Vec<Listed> = read::keys(conn, &asked.filter)?.into_iter().map(one).collect();
        let chips = [
            ("", "chip-all"),
            ("late", "mx-chip-late"),
            ("unaccepted", "mx-chip-unaccepted"),
            ("open", "mx-chip-open"),
            ("express", "mx-chip-express"),
        ]
        .map(|(name, key)| {
            let count = all.iter().filter(|one| one.is(name)).count();
            (visit.with("state", name), name == state, parts::counted(&visit.word(key), count))
        });
        all.retain(|one| one.is(&state));
        sort(&visit, &mut all);
        asked.within(all.len());
        let count = all.len();
        let (skip, most) = (asked.filter.skip as usize, asked.filter.limit as usize);
        let page: Vec<Listed> = all.into_iter().skip(skip).take(most).collect();
        let ids = page.iter().map(|one| one.key.id).collect();
        let filter = Filter { kind: Some(Move::KIND), ids: Some(ids), limit: u32::MAX, ..Filter::default() };
        let rows = read::list(conn, &filter)?;
        let mut rows: HashMap<(RecordId, OfficeId), RecordRow> =
            rows.into_iter().map(|row| ((row.id, row.owner), row)).collect();
        let found: Vec<(RecordRow, Listed)> = page
            .into_iter()
            .filter_map(|one| Some((rows.remove(&(one.key.id, one.key.owner))?, one)))
            .collect();
        Ok((asked, chips, count, found))
    })?;
    let table = asked.table(table(&visit, &found), all).sorted_by(&[
        "title",
        "number",
        "owner",
        "sent",
        "recipients",
        "accepted",
        "completed",
        "late",
        "silent",
    ]);
    let older = keeper.as_of(&facts)?;
    table.answer_with(&visit, "/directives", fields(&visit, listing::TYPES), |rows| {
        html! {
            header.title { h1 { (visit.word("nav-directives")) } @if visit.may(Right::Handle) { a.b href="/directives/new" { (visit.word("btn-new-directive")) } } }
            @if older.is_some() { p.mut { (overview::as_of(&visit, older)) } }
            (parts::chips(Some("chips"), &visit.word("table-filter"), chips))
            div id="directives" data-part { (rows) }
        }
    })
}

fn table(visit: &Visit, all: &[(RecordRow, Listed)]) -> Table {
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
    for (row, one) in all {
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
    let (sent, now) = (clock.at(sent), clock.moment(visit.now));
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
