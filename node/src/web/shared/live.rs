//! Live updates: a stream that says "something changed"; the page then requests itself again and replaces the parts
//! that differ. The server keeps no state of the page, so nothing is lost with a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde_json::json;
use tokio::time::sleep;

use crate::accounts::{Accounts, Session, Token};
use crate::web::fault::Answer;
use crate::web::route::{Need, Route};
use crate::web::site::Known;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// Changes within this time are sent as one event.
const TOGETHER: Duration = Duration::from_millis(120);
/// Interval of keep-alive messages, without which proxies close the stream.
const KEEP: Duration = Duration::from_secs(20);

/// The routes of the stream, and of the sign of life that a page gives while somebody types.
pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/live", Need::Account, live), Route::get("/here", Need::Account, here)]
}

/// Who is signed in, and the token that forms of the session carry. Whoever asks for it is there: the session goes on.
async fn here(visit: Visit) -> Answer {
    Ok(Json(json!({ "account": visit.author(), "csrf": visit.csrf() })).into_response())
}

async fn live(visit: Visit) -> Answer {
    moves(visit, Accounts::peek)
}

/// The stream for whoever has a session that `look` finds; it ends with that session.
pub fn moves(visit: Visit, look: fn(&Accounts, &Token, u64) -> Result<Option<Session>, Failure>) -> Answer {
    let (folded, stirs) = (visit.office().folded()?, visit.site.house.stirs());
    // What the page was made from: only if more is known by now does it ask again at once.
    let behind = visit.asked("at") != visit.known.to_string();
    let moves = stream::unfold(
        (folded, stirs, visit, behind),
        move |(mut folded, mut stirs, visit, behind)| async move {
            if !behind {
                tokio::select! {
                    changed = folded.changed() => changed.ok()?,
                    changed = stirs.changed() => changed.ok()?,
                }
                sleep(TOGETHER).await;
            }
            let known = Known { folded: *folded.borrow_and_update(), stirs: *stirs.borrow_and_update() };
            // The stream ends when its session has ended.
            let token = visit.token.clone()?;
            look(&visit.site.accounts, &token, visit.office().time().now()).ok()??;
            let event = Event::default().event("moved").data(known.to_string());
            Some((Ok::<_, Infallible>(event), (folded, stirs, visit, false)))
        },
    );
    Ok(Sse::new(moves).keep_alive(KeepAlive::new().interval(KEEP)).into_response())
}
