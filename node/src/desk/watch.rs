//! Trực (watch): the page of a duty officer's screen. It shows express papers that nobody has accepted, the line and the
//! counts, rings until somebody accepts, and stays through the night. Whatever is done is done in another window, which
//! asks for the password.

use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::limits;
use truc_proto::record::KINDS;

use crate::accounts::Accounts;
use crate::accounts::rights::Right;
use crate::derive::views::read::RecordRow;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::page::Page;
use crate::web::parts::{self, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, WATCH_BEGIN};
use crate::web::shared::live;
use crate::web::visit::Visit;

use super::{outline, today};

/// Address of the watch.
const AT: &str = "/watch";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(WATCH_BEGIN, Need::Right(Right::Read), about),
        Route::post(WATCH_BEGIN, Need::Right(Right::Read), begin),
        Route::get(AT, Need::Watch, show),
        Route::get("/watch/live", Need::Watch, async |visit| live::moves(visit, Accounts::watch)),
        Route::post("/watch/end", Need::Watch, end).back(WATCH_BEGIN),
    ]
}

/// What a watch is, and the button that begins one.
async fn about(visit: Visit) -> Answer {
    let body = html! {
        div.narrow {
            h1 { (visit.word("watch-title")) }
            div.box {
                p { (visit.word("watch-about")) }
                p { (tell!(visit, "watch-stays", days = limits::WATCH.as_secs() / 86_400)) }
                (field::button(&visit, WATCH_BEGIN, "go", &visit.word("btn-watch"), &[]))
            }
        }
    };
    Ok(Page::new(visit.word("watch-title"), body).render(&visit))
}

async fn begin(visit: Visit, _: Posted) -> Answer {
    let token = visit.site.accounts.watch_begin(visit.author(), visit.source, visit.seconds())?;
    let life = format!("; Max-Age={}", limits::WATCH.as_secs());
    let cookie = visit.site.set_cookie(&visit.site.watch_cookie(), &token.to_string(), &life);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(AT)).into_response())
}

async fn end(visit: Visit, _: Posted) -> Answer {
    let token = visit.token.as_ref().ok_or(Fault::NotFound)?;
    visit.site.accounts.logout(token)?;
    let gone = visit.site.set_cookie(&visit.site.watch_cookie(), "", "; Max-Age=0");
    Ok(([(header::SET_COOKIE, gone)], Redirect::to(WATCH_BEGIN)).into_response())
}

async fn show(visit: Visit) -> Answer {
    let papers = visit.look(|views, look| outline::express(views, look, KINDS))?;
    let all = papers.all();
    let counts = visit.site.counts();
    let counted = visit.site.frame.nav.iter().filter_map(|item| {
        let count = counts.get(item.path).copied().filter(|count| *count > 0)?;
        Some((visit.word(item.key), count))
    });
    let body = html! {
        p.lineoff hidden role="alert" data-gone=(visit.word("watch-gone")) {}
        div id="watch" data-part data-quiet data-ring-word=(tell!(visit, "watch-ring", count = all)) {
            h1 { (visit.word("watch-title")) }
            @if all == 0 { p { (visit.word("watch-calm")) } }
            @else { p.big role="alert" { (tell!(visit, "watch-waiting", count = all)) } }
            @for row in &papers.rows { (paper(&visit, row)) }
            (today::left_out(&visit, &papers))
            @for (word, count) in counted { p { (word) ": " b { (count) } } }
        }
        p.acts {
            button.b.go type="button" hidden data-sound { (visit.word("btn-sound")) }
            span.jsonly hidden data-notify=(visit.word("notify-ask")) {}
        }
        p.hint { (visit.word("watch-hint")) }
        (field::button(&visit, "/watch/end", "plain", &visit.word("btn-watch-end"), &[]))
    };
    Ok(Page::new(visit.word("watch-title"), body).class("watch").watch().render(&visit))
}

fn paper(visit: &Visit, row: &RecordRow) -> Markup {
    let clock = visit.clock();
    let kind = truc_proto::record::kind_name(row.kind);
    // Whoever passes by reads this screen: of a secret paper it says no more than that there is one.
    let title = if row.confidentiality == 0 { row.title.clone() } else { visit.word("err-secret-stub") };
    html! {
        section.express data-ring data-notify-express=(tell!(visit, "notify-express", title = title.as_str())) data-id=(row.id) {
            div {
                (parts::stamp(visit, row.urgency, row.due))
                @if let Some(due) = row.due { p.left.n { (clock.left(due)) " " small.sm { (clock.due(due)) } } }
            }
            div {
                h2 { (title) }
                p.sm.mut { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " (visit.name(row.owner)) " · " (visit.time(row.opened)) }
                p.acts { a.b.go href={ "/" (kind) "/" (row.id) } target="_blank" { (visit.word("watch-open")) } }
            }
        }
    }
}
