//! Full-text search over everything that the office holds, while one types.

use maud::{Markup, html};

use crate::accounts::Realm;
use crate::accounts::rights::Right;
use crate::command::outside::{self, Line};
use crate::command::tasks::{Cut, TaskRow};
use crate::derive::search::{Hit, Query};
use crate::derive::views::filter::Filter;
use crate::derive::views::read::{self, RecordRow};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::parts::{empty, paper_name};
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::sought::{Sought, Word};

/// Most hits on a page.
const PAGE: u32 = 30;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/search", Need::Right(Right::Read), show).guests()]
}

async fn show(visit: Visit) -> Answer {
    let text = visit.asked("q").trim().to_owned();
    let page: u32 = visit.asked("page").parse().unwrap_or(1).max(1);
    let query = Query {
        text: text.clone(),
        kind: visit.asked("kind").parse().ok(),
        owner: visit.asked("owner").parse().ok(),
        limit: PAGE,
        offset: page.saturating_sub(1).saturating_mul(PAGE),
    };
    let whole = visit.office().wait_searchable().await?;
    // Guests of the office find what is given to them.
    let hits = if text.is_empty() || visit.guest { Vec::new() } else { visit.office().search(&query)? };
    // A day is that of papers before it is words in them.
    let words = Sought::of(&text);
    let is_day = matches!(words.words(), [Word { date: Some(_), .. }]) && page == 1 && !visit.guest;
    let filter = Filter { search: text.clone(), limit: PAGE, ..Filter::default() };
    let dated = if is_day { visit.look(|conn, _| read::list(conn, &filter))? } else { Vec::new() };
    let works = match visit.site.realm {
        Realm::Desk if page == 1 => {
            visit.within(|context| context.moment()?.matching(&text, Cut::page(1)))?.rows
        }
        _ => Vec::new(),
    };
    let outside = match visit.site.realm {
        Realm::Desk if page == 1 && !text.is_empty() => {
            visit.within(|context| outside::found(context, &text, PAGE))?
        }
        _ => Vec::new(),
    };
    let above = !dated.is_empty() || !works.is_empty() || !outside.is_empty();
    let body = html! {
        h1 { (if text.is_empty() { visit.word("search-title") } else { tell!(visit, "search-for", text = text.as_str()) }) }
        form.searchbox role="search" action="/search" {
            input type="search" name="q" value=(text) aria-label=(visit.word("search-label")) autofocus data-suggest="#hits";
            button.b.go { (visit.word("search-title")) }
        }
        div id="hits" data-part role="status" {
            @if !whole { p.mut { (visit.word("search-behind")) } }
            @if !dated.is_empty() {
                h2 { (tell!(visit, "search-day", day = text.as_str())) }
                ul.rows { @for record in &dated { (dated_row(&visit, record)) } }
            }
            @if !text.is_empty() && hits.is_empty() && dated.is_empty() && works.is_empty() && outside.is_empty() && page == 1 { (empty(&tell!(visit, "empty-search", text = text.as_str()), None)) }
            @if !works.is_empty() {
                h2 { (visit.word("works-title")) }
                ul.rows { @for work in &works { (work_row(&visit, work)) } }
            }
            @if !outside.is_empty() {
                h2 { (visit.word("nav-outside")) }
                ul.rows { @for line in outside.iter().take(PAGE as usize) { (outside_row(&visit, line)) } }
            }
            @if !hits.is_empty() && above { h2 { (visit.word("search-in-text")) } }
            ul.rows { @for hit in &hits { (row(&visit, hit)) } }
        }
        @if hits.len() == PAGE as usize { p { a href=(visit.with("page", &(page + 1).to_string())) { (visit.word("table-next")) } } }
        @if page > 1 { p { a href=(visit.with("page", &(page - 1).to_string())) { (visit.word("table-previous")) } } }
    };
    Ok(Page::new(visit.word("search-title"), body).render(&visit))
}

fn dated_row(visit: &Visit, record: &RecordRow) -> Markup {
    let kind = truc_proto::record::kind_name(record.kind);
    html! {
        li {
            span.when { (visit.time(record.opened)) }
            div {
                a.t href={ "/" (kind) "/" (record.id) } { (record.title) @if record.title.is_empty() { (record.number) } }
                p { (paper_name(visit.lang, &record.document_type, &record.number)) " · " (visit.name(record.owner)) }
            }
        }
    }
}

fn work_row(visit: &Visit, row: &TaskRow) -> Markup {
    let work = &row.row.work;
    let content = match work.content.as_str() {
        "" => visit.word(if row.secret { "work-secret" } else { "work-of-word" }),
        content => content.to_owned(),
    };
    html! {
        li {
            span.when { (visit.time(work.given.millis() as i64)) }
            div {
                a.t href={ "/assignment/" (row.row.record) } { (content) }
                p { (visit.word(&format!("work-stage-{}", work.stage.as_ref()))) @if !row.due_text.is_empty() { " · " (tell!(visit, "work-due-on", due = row.due_text.as_str())) } }
            }
        }
    }
}

fn outside_row(visit: &Visit, line: &Line) -> Markup {
    html! {
        li {
            span.when { (visit.time(line.registered as i64)) }
            div {
                a.t href={ "/outside/" (line.record) } { (line.title) @if line.title.is_empty() { (line.name) } }
                p { (line.name) @if !line.party.is_empty() { " · " (line.party) } }
            }
        }
    }
}

/// An excerpt without Markdown characters.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '*' | '#' | '|' | '\\' | '`')).collect()
}

fn row(visit: &Visit, hit: &Hit) -> Markup {
    let kind = truc_proto::record::kind_name(hit.kind);
    html! {
        li {
            span.when { (visit.time(hit.opened)) }
            div {
                a.t href={ "/" (kind) "/" (hit.record) } { (hit.title) @if hit.title.is_empty() { (hit.number) } }
                p { (paper_name(visit.lang, &hit.document_type, &hit.number)) " · " (visit.name(hit.owner)) }
                @if !hit.shown.is_empty() {
                    p.snip { @for (marked, text) in &hit.shown { @if *marked { mark { (text) } } @else { (plain(text)) } } }
                }
            }
        }
    }
}
