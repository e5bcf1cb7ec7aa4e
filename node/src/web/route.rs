//! Routes as data: path, required right, handler. A path in no table is not served, and tests go through the tables
//! route by route.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method;

use crate::accounts::rights::Right;

use super::fault::Answer;
use super::posted::Posted;
use super::visit::Visit;

/// Where a watch begins.
pub const WATCH_BEGIN: &str = "/watch/begin";

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What handles a route.
#[derive(Clone)]
pub(super) enum Handler {
    Get(Arc<dyn Fn(Visit) -> Answering + Send + Sync>),
    Post(Arc<dyn Fn(Visit, Posted) -> Answering + Send + Sync>),
}

/// Requirement to use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// None: everybody, signed in or not.
    Nothing,
    /// Any signed-in account.
    Account,
    /// A watch, which opens these routes and no others.
    Watch,
    /// An account with this right.
    Right(Right),
}

/// A route.
#[derive(Clone)]
pub struct Route {
    /// As axum writes paths: `/directive/{id}`.
    pub path: String,
    /// Requirement to use it.
    pub need: Need,
    pub(super) handler: Handler,
}

impl Route {
    /// A route that shows a page.
    pub fn get<F>(
        path: impl Into<String>,
        need: Need,
        page: impl Fn(Visit) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler = Handler::Get(Arc::new(move |visit| Box::pin(page(visit))));
        Self { path: path.into(), need, handler }
    }

    /// A route that changes something. The handler is called only for a form with the session's token.
    pub fn post<F>(
        path: impl Into<String>,
        need: Need,
        deed: impl Fn(Visit, Posted) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler = Handler::Post(Arc::new(move |visit, posted| Box::pin(deed(visit, posted))));
        Self { path: path.into(), need, handler }
    }

    /// HTTP method: GET or POST.
    pub fn method(&self) -> Method {
        match self.handler {
            Handler::Get(_) => Method::GET,
            Handler::Post(_) => Method::POST,
        }
    }
}
