//! Routes as data: a path, the right that it asks for, what answers. A site is its tables; what is in none of
//! them is not served, and tests go through them route by route.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method;

use crate::accounts::rights::Right;

use super::fault::Answer;
use super::posted::Posted;
use super::visit::Visit;

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What answers.
#[derive(Clone)]
pub(super) enum Handler {
    Get(Arc<dyn Fn(Visit) -> Answering + Send + Sync>),
    Post(Arc<dyn Fn(Visit, Posted) -> Answering + Send + Sync>),
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Everybody, signed in or not.
    Nothing,
    /// Any account.
    Account,
    /// Accounts with this right.
    Right(Right),
}

/// One row of a table of routes.
#[derive(Clone)]
pub struct Route {
    /// As axum writes paths: `/directive/{id}`.
    pub path: String,
    /// Who may ask.
    pub need: Need,
    pub(super) handler: Handler,
}

impl Route {
    /// A page.
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

    /// Something to be done. Only a form with the session's token comes this far.
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

    /// GET or POST.
    pub fn method(&self) -> Method {
        match self.handler {
            Handler::Get(_) => Method::GET,
            Handler::Post(_) => Method::POST,
        }
    }
}
