//! Page for the office's administrator: line, machine, certificate, store.

use maud::{Markup, html};
use serde_json::Value;

use crate::accounts::rights::Right;
use crate::command::page::text;
use crate::command::status;
use crate::derive::views::{read, story};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::parts::{self, Mark, badge, section};
use crate::web::route::{Need, Route};
use crate::web::shared::backup;
use crate::web::visit::Visit;

use super::seal;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/line", Need::Right(Right::Read), show)]
}

async fn show(visit: Visit) -> Answer {
    let value = visit.within(status::status)?;
    let (refused, undigested, gaps) = visit.look(|views, look| {
        Ok((story::refused(views)?, read::undigested(views)?, read::gaps(views, look)?))
    })?;
    let lang = visit.lang;
    let time = |value: &Value| value.as_i64().map(|millis| visit.time(millis));
    let bytes = |part: &str| parts::size(lang, value["bytes"][part].as_u64().unwrap_or(0));
    let told = |millis: i64| visit.clock().exact(millis);
    let [left, renews, failed] = status::certificate_words(lang, &value["certificate"], told);
    let doubts = status::doubts(lang, &value, told);
    let why = status::line_why(lang, &value["line"]);
    let mut facts: Vec<(&str, Markup)> = vec![
        ("cli-office", html! { (text(&value["name"])) }),
        (
            "cli-line",
            html! { (visit.word(&format!("standing-{}", text(&value["line"]["standing"])))) @if !why.is_empty() { " · " (why) } },
        ),
        ("cli-since", html! { @if let Some(time) = time(&value["line"]["since"]) { (time) } }),
        ("cli-backlog", html! { (text(&value["backlog"]["total"])) }),
        ("cli-oldest", html! { @if let Some(time) = time(&value["backlog"]["oldest"]) { (time) } }),
        (
            "cli-receipt",
            html! { @if let Some(time) = time(&value["receipt"]["hub_time"]) { (time) " · " (text(&value["receipt"]["position"])) } },
        ),
        ("cli-certificate-held", html! { (badge(mark(&value["certificate"]), &left)) }),
        ("cli-certificate-renews", html! { (renews) }),
        ("cli-certificate-failed", badge(Mark::Late, &failed)),
        ("cli-journal", html! { (text(&value["journal"])) " · " (bytes("journal")) }),
        ("cli-folded", html! { (text(&value["folded"])) " · " (bytes("views")) }),
        ("cli-file", html! { (bytes("attachments")) }),
        ("cli-program", html! { "truc-node " (crate::VERSION) }),
    ];
    // That a renewal failed is said where one did.
    facts.retain(|(key, _)| *key != "cli-certificate-failed" || !failed.is_empty());
    let body = html! {
        h1 { (visit.word("line-title")) }
        dl.facts.box id="facts" data-part { @for (key, shown) in &facts { dt { (visit.word(key)) } dd { (shown) } } }
        @if !doubts.is_empty() {
            (section("doubts", &visit.word("cli-doubt"), &doubts.len().to_string(), html! {
                ul.rows { @for doubt in &doubts { li { div { (badge(Mark::Late, doubt)) } } } }
            }))
        }
        (section("refused", &visit.word("cli-refused"), &refused.len().to_string(), html! {
            @if refused.is_empty() { p.mut { (visit.word("line-none-refused")) } }
            ul.rows { @for row in &refused { li {
                span.when { (visit.time(row.time)) }
                div { b { (visit.name(row.ledger)) } " " (parts::move_word(lang, row.kind, &row.mv)) ": " (parts::said(lang, row)) p { (parts::outcome(lang, &row.outcome)) } }
            } } }
        }))
        (parts::undigested(&visit, &undigested))
        (parts::background(&visit))
        @if !gaps.is_empty() {
            (section("gaps", &visit.word("cli-gaps"), &gaps.len().to_string(), html! {
                ul.rows { @for gap in &gaps { li { div { (badge(Mark::Late, &tell!(visit, "line-gap", count = 1, office = visit.name(gap.ledger)))) } } } }
            }))
        }
        (section("seal", &visit.word("seal-title"), "", html! {
            @for said in seal::doubts(&visit) { p { (badge(Mark::Late, &said)) } }
            @if visit.may(Right::Settings) { p { a.b href="/seal" { (visit.word("btn-seal")) } } }
        }))
        (section("backup", &visit.word("sec-backup"), "", html! {
            (backup::last(&visit))
            @if visit.may(Right::Settings) { p { a.b href="/backup" { (visit.word("btn-backup")) } } }
            @else { p { (visit.word("backup-asks")) } }
        }))
    };
    Ok(Page::new(visit.word("line-title"), body).at("/line").render(&visit))
}

/// The mark of the certificate: late in its last seven days, when its renewal is long overdue.
fn mark(certificate: &Value) -> Mark {
    match certificate["days"].as_i64() {
        Some(days) if days < 7 => Mark::Late,
        Some(_) => Mark::Done,
        None => Mark::Unknown,
    }
}
