//! Result of a page handler: a response, or why there is none.

use axum::http::StatusCode;
use axum::response::Response;

use crate::words::failure::{ExitCode, Failure};

/// Result of a page handler.
pub type Answer = Result<Response, Fault>;

/// Why a page handler has no response.
#[derive(Clone, Debug)]
pub enum Fault {
    /// There is no such page, or this account may not see it: the same response, so that nobody learns what exists.
    NotFound,
    /// A command or query failed.
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
