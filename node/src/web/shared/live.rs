//! Live updates: a stream that says "something moved"; the page then asks for itself again and takes over the
//! parts that changed. No state of the page is kept here, so that a lost stream loses nothing.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use tokio::time::sleep;

use crate::web::fault::Answer;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;

/// Several moves in so short a time are told as one.
const TOGETHER: Duration = Duration::from_millis(120);
/// So that proxies and browsers know that the stream lives.
const KEEP: Duration = Duration::from_secs(20);

/// Its route.
pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/live", Need::Account, live)]
}

async fn live(visit: Visit) -> Answer {
    let (folded, stirs) = (visit.office().folded()?, visit.site.house.stirs());
    let moves = stream::unfold((folded, stirs, visit), async |(mut folded, mut stirs, visit)| {
        tokio::select! {
            changed = folded.changed() => changed.ok()?,
            changed = stirs.changed() => changed.ok()?,
        }
        sleep(TOGETHER).await;
        let position = *folded.borrow_and_update();
        stirs.borrow_and_update();
        // Whoever has been signed out hears nothing more.
        let token = visit.token.clone()?;
        visit.site.accounts.peek(&token, Visit::moment() as u64 / 1000).ok()??;
        let event = Event::default().event("moved").data(position.to_string());
        Some((Ok::<_, Infallible>(event), (folded, stirs, visit)))
    });
    Ok(Sse::new(moves).keep_alive(KeepAlive::new().interval(KEEP)).into_response())
}
