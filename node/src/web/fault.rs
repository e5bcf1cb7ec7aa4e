//! What a page answers, and what it answers when something is wrong: what happened, what was kept, what to do.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::tell;
use crate::words::failure::{ExitCode, Failure};

use super::page::Page;
use super::visit::Visit;

/// What a page gives.
pub type Answer = Result<Response, Fault>;

/// Why there is no page.
#[derive(Clone, Debug)]
pub enum Fault {
    /// No such page, or not this account's to see: one answer for both.
    NotFound,
    /// Something failed.
    Failed(Box<Failure>),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure.exit {
            ExitCode::NotFound => Self::NotFound,
            _ => Self::Failed(Box::new(failure)),
        }
    }
}

impl From<crate::office::OfficeError> for Fault {
    fn from(error: crate::office::OfficeError) -> Self {
        Failure::from(error).into()
    }
}

/// HTTP status of a failure.
pub fn status(failure: &Failure) -> StatusCode {
    match failure.exit {
        ExitCode::Done => StatusCode::OK,
        ExitCode::Input | ExitCode::Usage => StatusCode::UNPROCESSABLE_ENTITY,
        ExitCode::NotFound => StatusCode::NOT_FOUND,
        ExitCode::NotAllowed => StatusCode::CONFLICT,
        ExitCode::Store | ExitCode::CannotWrite | ExitCode::Hub => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Fault {
    /// The page that says so.
    pub fn page(&self, visit: &Visit) -> Response {
        match self {
            Self::NotFound => {
                let said = visit.word("err-not-found");
                page(visit, "err-not-found-title", html! { p { (said) } }, StatusCode::NOT_FOUND)
            }
            Self::Failed(failure) if failure.key == "views-behind" => rebuilding(visit),
            Self::Failed(failure) => {
                tracing::warn!(%failure, path = visit.path, "a page failed");
                let said = failure.message(visit.lang);
                page(visit, "err-failed-title", html! { p { (said) } }, status(failure))
            }
        }
    }
}

/// The views are being built: says how far, and looks again by itself.
fn rebuilding(visit: &Visit) -> Response {
    let end = visit.office().reached().map(|reached| reached.borrow().end.position).unwrap_or(0);
    let folded = visit.office().folded().map(|folded| *folded.borrow()).unwrap_or(0);
    let percent = folded.saturating_mul(100).checked_div(end).unwrap_or(100).min(100);
    let body = html! {
        p { (tell!(visit, "line-rebuild", percent = percent)) }
        progress max="100" value=(percent) {}
    };
    let mut response = page(visit, "err-rebuilding-title", body, StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("3"));
    response
}

fn page(visit: &Visit, title: &str, body: Markup, status: StatusCode) -> Response {
    let title = visit.word(title);
    let body = html! {
        h1 { (title) }
        div.errbox role="alert" { (body) }
        p.acts { a.b.go href="/" { (visit.word("btn-home")) } }
    };
    (status, Page::new(title, body).render(visit)).into_response()
}
