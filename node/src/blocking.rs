//! Work that waits for the disk or for the hash of a password, apart from the threads that serve connections.

use crate::words::failure::{ExitCode, Failure};

/// Runs work on the pool of threads that may wait. Work that did not come to its end, because the program stops, fails
/// with key `local-cut`: what was reported as saved is kept, nothing else is known.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Failure> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(ExitCode::Unexpected, "local-cut").because(error).into()))
}
