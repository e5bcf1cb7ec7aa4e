//! Nhật ký (audit trail): every entry of every ledger that the hub holds, and what was done at the console itself.
//! Pages go by position, so that a trail of a million entries is never read whole.

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::across::{self, Trail};
use truc_node::derive::views::story::StoryRow;
use truc_node::tell;
use truc_node::web::fault::Answer;
use truc_node::web::page::Page;
use truc_node::web::parts::{self, Mark};
use truc_node::web::route::{Need, Route};
use truc_node::web::shared::notes;
use truc_node::web::table::{Cell, PAGE, Table};
use truc_node::web::{Visit, export};
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::id::OfficeId;
use truc_proto::record::{self, KINDS, registry};

use super::paged;

const AT: &str = "/audit";
/// How many positions are searched for one page. If a filter matches little, the page may be short, and a link
/// continues the search from there.
const SPAN: u64 = 50_000;

/// Routes of the audit trail.
pub fn routes() -> Vec<Route> {
    vec![Route::get(AT, Need::Right(Right::Audit), show)]
}

async fn show(visit: Visit) -> Answer {
    let console = visit.asked("of") == "console";
    let (table, older) = if console { actions(&visit)? } else { entries(&visit)? };
    if let Some(file) = export::asked(&visit, &table)? {
        return Ok(file);
    }
    let mut pages = Vec::new();
    if !visit.asked("before").is_empty() {
        pages.push((visit.with("before", ""), visit.word("au-newest")));
    }
    if let Some(older) = older {
        let word = if table.is_empty() { "au-look-on" } else { "table-older" };
        pages.push((visit.with("before", &older.to_string()), visit.word(word)));
    }
    let other = visit.asked("other") == "1";
    let tabs = [
        (AT, "au-entries", !console && !other),
        ("/audit?other=1", "au-other", other && !console),
        ("/audit?of=console", "au-console", console),
    ]
    .map(|(address, key, current)| (address.to_owned(), current, html! { (visit.word(key)) }));
    let body = html! {
        h1 { (visit.word("nav-audit")) }
        p.mut { (visit.word(if console { "au-about-console" } else { "au-about" })) }
        (parts::chips(None, &visit.word("table-filter"), tabs))
        @if !console { (filter(&visit)) }
        div id="trail" data-part { (paged::markup(&visit, &table, &pages)) }
    };
    Ok(Page::new(visit.word("nav-audit"), body).at(AT).class("wide").render(&visit))
}

/// A table, and the position before which the next page begins; none: this is the last page.
type Paged = (Table, Option<u64>);

fn entries(visit: &Visit) -> Result<Paged, Failure> {
    let trail = Trail {
        before: visit.asked("before").parse().ok(),
        ledger: visit.asked("office").parse().ok(),
        kind: visit.asked("kind").parse().ok(),
        author: visit.asked("account").trim().to_owned(),
        other: visit.asked("other") == "1",
        limit: paged::limit(visit),
        span: SPAN,
    };
    let (rows, older) = visit.look(|conn, _| across::trail(conn, &trail))?;
    let heads = [
        ("position", "cli-position"),
        ("time", "cli-time"),
        ("signed", "cli-signed"),
        ("arrived", "cli-came"),
        ("office", "cli-office"),
        ("account", "field-account"),
        ("move", "cli-move"),
        ("brief", "cli-brief"),
        ("outcome", "cli-outcome"),
    ];
    let mut table =
        Table::new(visit, "nav-audit", &heads).figures(&["position"]).or_else(visit.word("au-none"));
    for row in &rows {
        table.row(entry(visit, row));
    }
    Ok((table, older))
}

/// The office that an entry of the registry is about.
fn about(visit: &Visit, row: &StoryRow) -> Option<OfficeId> {
    let stored = visit.office().read(|journal| journal.at_position(row.position)).ok()??;
    registry::Move::decode(&stored.entry.body).ok()??.office()
}

fn entry(visit: &Visit, row: &StoryRow) -> Vec<Cell> {
    let kind = record::kind(row.kind).map(|kind| kind.name);
    let said = match kind {
        Some(_) => parts::move_word(visit.lang, row.kind, &row.mv),
        None if row.kind == registry::Move::KIND => {
            tell!(visit, "au-registry", what = visit.word(&format!("au-reg-{}", row.mv)))
        }
        None => visit.word("mv-unknown-unknown"),
    };
    let outcome = match row.outcome.split_once(": ") {
        None if row.outcome == "applied" => (Mark::Done, visit.word("au-signed")),
        Some(("refused" | "undigested", _)) => (Mark::Late, parts::outcome(visit.lang, &row.outcome)),
        Some(("not-allowed", _)) => (Mark::Refused, parts::outcome(visit.lang, &row.outcome)),
        _ => (Mark::Unknown, parts::outcome(visit.lang, &row.outcome)),
    };
    let mut brief = parts::said(visit.lang, row);
    if kind.is_none()
        && let Some(about) = about(visit, row)
    {
        brief = [visit.name(about), brief].join(": ");
    }
    let brief = if brief.is_empty() { "–" } else { brief.as_str() };
    vec![
        Cell::number(row.position as i64),
        Cell::time(visit, Some(row.time)),
        Cell::time(visit, Some(row.signed)),
        Cell::time(visit, row.arrived),
        Cell::office(visit, row.ledger),
        // Accounts of other offices are nobody's names here.
        if row.ledger == visit.me() { notes::account(visit, &row.author) } else { Cell::text(row.author.clone()) },
        Cell::text(said),
        Cell::text(brief.to_owned()).shown(html! {
            @if let Some(kind) = kind { a.plain href={ "/" (kind) "/" (row.record) } { (brief) } } @else { (brief) }
        }),
        Cell::badge(outcome.0, &outcome.1),
    ]
}

fn actions(visit: &Visit) -> Result<Paged, Failure> {
    let (table, oldest) = notes::table(visit, paged::limit(visit))?;
    let older = oldest.filter(|_| table.len() == PAGE).map(|note| note.id as u64);
    Ok((table, older))
}

fn filter(visit: &Visit) -> Markup {
    let registry = visit.registry();
    let mut offices: Vec<(String, OfficeId)> =
        registry.offices().map(|(id, _)| (visit.name(id), id)).collect();
    offices.sort_by_cached_key(|(name, _)| order(name));
    let chosen: Option<OfficeId> = visit.asked("office").parse().ok();
    let kind: Option<u32> = visit.asked("kind").parse().ok();
    let kinds = KINDS.iter().map(|kind| (kind.number, kind.name));
    let kinds = kinds.chain([(registry::Move::KIND, registry::Move::NAME)]);
    html! {
        form.filter.pairs role="search" {
            @if visit.asked("other") == "1" { input type="hidden" name="other" value="1"; }
            select name="office" aria-label=(visit.word("cli-office")) {
                option value="" { (visit.word("tk-all-offices")) }
                @for (name, id) in &offices { option value=(id) selected[Some(*id) == chosen] { (name) } }
            }
            select name="kind" aria-label=(visit.word("cli-type")) {
                option value="" { (visit.word("au-all-kinds")) }
                @for (number, name) in kinds {
                    option value=(number) selected[Some(number) == kind] { (visit.word(&format!("au-kind-{name}"))) }
                }
            }
            input type="search" name="account" value=(visit.asked("account")) aria-label=(visit.word("field-account")) placeholder=(visit.word("field-account"));
            button.b { (visit.word("btn-filter")) }
        }
    }
}
