//! Answers are packed on their way, at this one place: pages are mostly the same words again and again.

use std::io::Write;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use truc_proto::limits;

use crate::blocking::blocking;
use crate::words::failure::Failure;

use super::guard;

/// An answer's body as it was packed once for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed(pub &'static [u8]);

/// Packs the body of an answer if its kind is worth it and the browser can unpack it.
///
/// What another site asks for is sent as it is: who can make somebody's browser ask for pages and sees how long the
/// answers are would learn, letter by letter, the secrets beside the words that he chose (BREACH).
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let packs = takes_gzip(request.headers())
        && guard::same_origin(request.headers(), guard::host(request.uri(), request.headers()));
    let mut response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(is_worth_it) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    // What streams has no exact size, and is left alone.
    let size = response.body().size_hint().exact().unwrap_or(0);
    if !packs || size < limits::WEB_PACKED {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let packed = match parts.extensions.get::<Packed>() {
        Some(Packed(bytes)) => Bytes::from_static(bytes),
        None => {
            // A body with an exact size is in memory already.
            let Ok(plain) = to_bytes(body, usize::MAX).await else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let kept = plain.clone();
            match blocking(move || Ok::<_, Failure>(pack(&plain, Compression::new(PAGES)))).await {
                Ok(packed) => packed.into(),
                // The program stops.
                Err(_) => return Response::from_parts(parts, Body::from(kept)),
            }
        }
    };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(packed))
}

/// How hard pages are packed, 0 to 9: beyond it a page takes twice as long and is hardly smaller.
const PAGES: u32 = 5;

/// The bytes as a gzip file.
pub(super) fn pack(plain: &[u8], how: Compression) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(plain.len() / 4), how);
    // Writing into memory cannot fail.
    let _ = packer.write_all(plain);
    packer.finish().unwrap_or_default()
}

/// Whether bodies of a kind become much smaller: what is packed already does not.
fn is_worth_it(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    matches!(
        kind,
        "text/html" | "text/css" | "text/javascript" | "text/csv" | "image/svg+xml" | "application/json"
    )
}

/// Whether a browser says that it unpacks gzip.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use axum::Router;
    use axum::routing::get;
    use flate2::read::GzDecoder;
    use tower::ServiceExt;

    use super::*;

    async fn asked(path: &str, headers: &[(&str, &str)]) -> (HeaderMap, Vec<u8>) {
        let page = "<p>Đảng ủy xã</p>".repeat(1000);
        let html = || [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        let pdf = || [(header::CONTENT_TYPE, "application/pdf")];
        let (one, two) = (page.clone(), page);
        let router = Router::new()
            .route("/page", get(async move || (html(), one)))
            .route("/short", get(async move || (html(), "<p>Vâng</p>")))
            .route("/file", get(async move || (pdf(), two)))
            .layer(axum::middleware::from_fn(layer));
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let headers = answer.headers().clone();
        (headers, to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn pages_are_packed_for_browsers_that_unpack_them() {
        let gzip = ("accept-encoding", "br;q=1.0, gzip, deflate");
        let (headers, packed) = asked("/page", &[gzip, ("sec-fetch-site", "same-origin")]).await;
        assert_eq!(
            (&headers["content-encoding"], &headers["vary"]),
            (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        assert!(packed.len() < 500, "{}", packed.len());
        let mut page = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut page).unwrap();
        assert_eq!(page, "<p>Đảng ủy xã</p>".repeat(1000));
        let whole = page.len();
        for (path, headers) in [
            ("/page", vec![]),
            ("/page", vec![("accept-encoding", "gzip;q=0, br")]),
            ("/page", vec![gzip, ("sec-fetch-site", "cross-site")]),
            ("/page", vec![gzip, ("sec-fetch-site", "same-site")]),
            ("/file", vec![gzip]),
        ] {
            let (said, body) = asked(path, &headers).await;
            assert!(!said.contains_key("content-encoding") && body.len() == whole, "{path} {headers:?}");
        }
        assert!(!asked("/short", &[gzip]).await.0.contains_key("content-encoding"));
    }
}
