//! Security headers of every response and the origin check of requests (OWASP ASVS 5.0, 3.4 and 3.5).

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use truc_proto::limits;

/// Header of requests by which a page only renews itself: they do not keep a session alive.
pub const LIVE: &str = "x-truc-live";

/// Content security policy: nothing from other sites, no inline code, no foreign frames, no plug-ins.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; \
    object-src 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// Content security policy of files that stand in a page's frame: only pages of this site may frame them, and nothing in
/// them runs. A PDF is shown by the browser's own viewer, which a sandbox would keep from starting.
pub const FILE_POLICY: &str = "default-src 'none'; img-src 'self'; object-src 'self'; \
    style-src 'unsafe-inline'; frame-ancestors 'self'";

/// Adds the security headers to every response; a header that the handler has set stays.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let set = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
    ];
    for (name, value) in set {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Limits the body of a request to `WEB_UPLOAD` bytes, files included.
pub fn limits() -> DefaultBodyLimit {
    DefaultBodyLimit::max(limits::WEB_UPLOAD)
}

/// Whether a proxy on this machine passed the request on. Over plain HTTP that is refused: cookies would go without
/// `Secure`, nobody would have to set up a second factor, and all wrong passwords would count for one address.
pub fn proxied(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"].iter().any(|name| headers.contains_key(*name))
}

/// Host as the browser names it: HTTP/1.1 has it in a header, HTTP/2 in the address. Empty if it names none.
pub fn host<'a>(address: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    address.authority().map(|authority| authority.as_str()).or(header).unwrap_or_default()
}

/// Whether a request comes from a page of this site, by the headers that browsers send; `host` is how the request names
/// it. A request without these headers passes: the form's token still protects it.
pub fn same_origin(headers: &HeaderMap, host: &str) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = said("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    said("origin").is_none_or(|origin| {
        origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn other_sites_change_nothing() {
        // Over HTTP/2 the host stands in the address and in no header.
        let same = |said: &[(&'static str, &'static str)]| same_origin(&headers(said), "127.0.0.1:80");
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(!same(&[("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[("origin", "http://127.0.0.1:80")]));
        assert!(!same(&[("origin", "http://127.0.0.1:81")]));
        assert!(!same(&[("origin", "null")]));
        assert!(same(&[]), "a program without a browser; it still needs the token");
    }
}
