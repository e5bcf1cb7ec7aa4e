//! Files: uploaded as soon as they are chosen; served only through an entry that this office holds, as a download or in
//! a sandbox (OWASP ASVS 5.0, 3.2.1).

use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use futures_util::stream;
use serde_json::json;
use truc_proto::id::Hash;
use truc_proto::limits;

use crate::accounts::rights::Right;
use crate::blocking::blocking;
use crate::derive::vet;
use crate::derive::views::read;
use crate::web::fault::{Answer, Fault};
use crate::web::posted::{ATTACH, Posted};
use crate::web::route::{Need, Route};
use crate::web::visit::{Visit, encoded};
use crate::words::failure::{ExitCode, Failure};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/upload", Need::Right(Right::Handle), upload),
        Route::get("/files/{position}/{hash}", Need::Right(Right::Read), serve),
    ]
}

/// Answers an upload with the handles of its files, which were stored while the request was read.
async fn upload(_: Visit, posted: Posted) -> Answer {
    let handles: Vec<&str> = posted.all(ATTACH).collect();
    Ok(Json(json!({ "handles": handles })).into_response())
}

/// Whether a browser can show the media type in a frame without running any code in it.
fn is_shown(kind: &str) -> bool {
    matches!(kind, "application/pdf" | "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "text/plain")
}

async fn serve(visit: Visit) -> Answer {
    let position: u64 = visit.param("position").parse().map_err(|_| Fault::NotFound)?;
    let hash = data_encoding::HEXLOWER.decode(visit.param("hash").as_bytes()).ok();
    let hash = Hash(hash.and_then(|hash| hash.try_into().ok()).ok_or(Fault::NotFound)?);
    // Only a file that the entry at this position names: knowing a hash gives no access.
    let before = position.checked_sub(1).ok_or(Fault::NotFound)?;
    let named = visit.office().view(|views| read::files_named(views, hash, before, position, 1))?;
    let named = named.into_iter().next().ok_or(Fault::NotFound)?;
    let stored = visit.office().read(|journal| journal.at_position(named.position))?;
    if stored.is_none_or(|stored| vet::inward(visit.me(), &stored.entry.header)) {
        return Err(Fault::NotFound);
    }
    let have = visit.site.files.have(hash).map_err(Failure::from)?;
    if !have.complete {
        return Err(Failure::new(ExitCode::NotAllowed, "attachment-absent").about(named.file.name).into());
    }
    let files = visit.site.files.clone();
    let checked = blocking(move || files.check(hash).map_err(Failure::from)).await;
    checked.map_err(|failure| failure.about(named.file.name.clone()))?;
    let inline = is_shown(&named.file.media_type) && visit.asked("as") != "file";
    let kind = if inline { named.file.media_type.clone() } else { "application/octet-stream".to_owned() };
    let how = if inline { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, kind),
        // Not as the entry says: its author may be wrong.
        (header::CONTENT_LENGTH, have.bytes.to_string()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename*=UTF-8''{}", encoded(&named.file.name))),
        // The sandbox stops scripts in the file and requests to other sites.
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'".to_owned(),
        ),
    ];
    let files = visit.site.files.clone();
    let chunks = stream::try_unfold(0, move |offset| {
        let files = files.clone();
        async move {
            let read = tokio::task::spawn_blocking(move || files.read_at(hash, offset, limits::CHUNK)).await;
            let chunk = read.map_err(std::io::Error::other)?.map_err(std::io::Error::other)?;
            let next = offset + chunk.len() as u64;
            Ok::<_, std::io::Error>((!chunk.is_empty()).then_some((chunk, next)))
        }
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}
