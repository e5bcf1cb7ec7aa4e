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

pub(super) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

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

/// What becomes of the text of a form that is posted to a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Text {
    /// Nothing: it is carried out, or gone with the page. The default, so that no password is ever stored.
    Passes,
    /// It is kept as a draft while it is typed, and when the session ends. A paper is issued once.
    Paper,
    /// The same; the form may be carried out again with other words.
    Move,
    /// It is saved as a draft, and that is all.
    Draft,
    /// Nothing; but what is pressed again with the same words shows what came of it, as with a move.
    Once,
}

impl Text {
    /// Whether the text of such a form may be written down before it is carried out.
    pub(super) fn is_kept(self) -> bool {
        !matches!(self, Self::Passes | Self::Once)
    }
}

/// A route.
#[derive(Clone)]
pub struct Route {
    /// As axum writes paths: `/directive/{id}`.
    pub path: String,
    /// Requirement to use it.
    pub need: Need,
    /// What becomes of its form's text.
    pub text: Text,
    /// Whether its form may bring files.
    pub files: bool,
    /// Whether the files of its form are for a record that stays inside the office: what was handed in is in no backup.
    pub inward: bool,
    /// Whether guests of the office may use it: people of agencies and cells, and who has left. They see what is given to
    /// them and nothing else.
    pub guests: bool,
    /// Page to which a login leads after the session ended under its form, with the same placeholders; a path that has
    /// a page itself is its own.
    pub back: String,
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
        Self::new(path.into(), need, handler)
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
        Self::new(path.into(), need, handler)
    }

    fn new(path: String, need: Need, handler: Handler) -> Self {
        Self {
            back: path.clone(),
            path,
            need,
            text: Text::Passes,
            files: false,
            inward: false,
            guests: false,
            handler,
        }
    }

    /// Keeps the text of the route's form, which may bring files.
    #[must_use]
    pub fn keeps(mut self, text: Text) -> Self {
        (self.text, self.files) = (text, true);
        self
    }

    /// Lets guests of the office use it too: the page shows them what they may see.
    #[must_use]
    pub fn guests(mut self) -> Self {
        self.guests = true;
        self
    }

    /// Lets the route's form be carried out once only, by the draft's id in it; nothing of it is kept.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.text = Text::Once;
        self
    }

    /// Lets the route's form bring files.
    #[must_use]
    pub fn files(mut self) -> Self {
        self.files = true;
        self
    }

    /// Says that the files of the route's form are for a record that stays inside the office.
    #[must_use]
    pub fn inward(mut self) -> Self {
        self.inward = true;
        self
    }

    /// Names the page to return to; for a path without a page of its own.
    #[must_use]
    pub fn back(mut self, page: &str) -> Self {
        page.clone_into(&mut self.back);
        self
    }

    /// HTTP method: GET or POST.
    pub fn method(&self) -> Method {
        match self.handler {
            Handler::Get(_) => Method::GET,
            Handler::Post(_) => Method::POST,
        }
    }
}
