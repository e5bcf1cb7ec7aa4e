//! HTTP requests to desk and console without a browser: sent as given, redirects not followed.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::{Builder, Runtime};

use super::people::Person;

/// A visitor of one site, signed in or not.
pub struct Visitor {
    runtime: Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
    site: String,
    /// Session cookie `NAME=TOKEN`; none: not signed in.
    pub cookie: Option<String>,
    /// Token of the session's forms.
    pub csrf: String,
}

/// A response.
#[derive(Debug)]
pub struct Heard {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, as text.
    pub body: String,
    /// Body, as it came.
    pub bytes: Bytes,
}

impl Heard {
    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The session cookie that the response sets, `NAME=TOKEN`.
    pub fn cookie(&self) -> Option<String> {
        let set = self.header("set-cookie");
        set.split(';').next().filter(|pair| pair.contains('=')).map(str::to_owned)
    }
}

impl Visitor {
    /// A visitor who is not signed in.
    pub fn nobody(site: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        // No connections are kept, because tests kill and restart the programs.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let site = site.trim_end_matches('/').to_owned();
        Self { runtime, client, site, cookie: None, csrf: String::new() }
    }

    /// A visitor who has signed in.
    #[track_caller]
    pub fn sign_in(site: &str, person: &Person) -> Self {
        let mut visitor = Self::nobody(site);
        let heard = visitor.login(&person.user, &person.password);
        assert_eq!(heard.status, 303, "{} cannot sign in: {}", person.user, heard.body);
        visitor.cookie = heard.cookie();
        let me = visitor.get("/me");
        visitor.csrf = token(&me.body).unwrap_or_default();
        assert!(!visitor.csrf.is_empty(), "a signed-in page has forms: {me:?}");
        visitor
    }

    /// The response to a login.
    #[track_caller]
    pub fn login(&self, user: &str, password: &str) -> Heard {
        self.post("/login", &[("account", user), ("password", password)])
    }

    /// Requests a page.
    #[track_caller]
    pub fn get(&self, path: &str) -> Heard {
        self.ask(Method::GET, path, &[], "")
    }

    /// Posts a form without adding the session's token.
    #[track_caller]
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Heard {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, path, &[(header::CONTENT_TYPE, "application/x-www-form-urlencoded")], &body)
    }

    /// Posts a form with the session's token.
    #[track_caller]
    pub fn send(&self, path: &str, fields: &[(&str, &str)]) -> Heard {
        self.post(path, &[&[("csrf", self.csrf.as_str())], fields].concat())
    }

    /// Sends any request.
    #[track_caller]
    pub fn ask(&self, method: Method, path: &str, headers: &[(HeaderName, &str)], body: &str) -> Heard {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.site));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        self.runtime.block_on(async {
            let answer = self.client.request(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            // A stream of events never ends: its body is not read.
            let endless =
                parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
            let bytes = if endless { Bytes::new() } else { body.collect().await.unwrap().to_bytes() };
            let body = String::from_utf8_lossy(&bytes).into_owned();
            Heard { status: parts.status.as_u16(), headers: parts.headers, body, bytes }
        })
    }
}

/// The token in the first form of a page.
pub fn token(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("name=\"csrf\" value=\"")?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}
