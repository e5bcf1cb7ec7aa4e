//! What a page gives: an answer, or why there is none.

use axum::http::StatusCode;
use axum::response::Response;

use crate::words::failure::{ExitCode, Failure};

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
