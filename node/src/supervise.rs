//! Tasks and threads that must not end by a panic: the program ends with them, and the service manager starts it again.
//! A program that goes on without its writer, its line or its followers would look sound and do nothing.
//!
//! What ships ends at every panic by itself; tests unwind, and there these helpers do it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle as Thread;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

/// Spawns a task whose panic ends the program.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(async move {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => done,
            Err(_) => ended(name),
        }
    })
}

/// Starts a thread whose panic ends the program.
pub fn thread(name: &'static str, work: impl FnOnce() + Send + 'static) -> std::io::Result<Thread<()>> {
    std::thread::Builder::new().name(name.into()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            ended(name);
        }
    })
}

fn ended(name: &str) -> ! {
    tracing::error!(name, "ended by a panic; the program ends with it");
    crate::log::flush();
    std::process::abort();
}
