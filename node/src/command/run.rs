//! Carrying a command out from the command line: in this process, or over the local socket of the one
//! that serves the store; and telling people or machines what became of it.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::page::Page;
use crate::command::local;
use crate::store::lock::Lock;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

/// Another command may be at work in the store: it is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Who is to carry a command out.
pub enum Way {
    /// This process: nobody else has the store.
    Here(Lock),
    /// The serving process did; this is what came of it.
    There(Value),
}

/// Asks the process that serves the store, or takes the store.
pub fn ask(dir: &Path, request: &impl Serialize) -> Result<Way, Failure> {
    let begun = Instant::now();
    loop {
        let locked = match Lock::take(dir) {
            Ok(lock) => return Ok(Way::Here(lock)),
            Err(failure) if failure.key == "store-locked" => failure,
            Err(failure) => return Err(failure),
        };
        match local::call(dir, request, progress) {
            Ok(value) => return Ok(Way::There(value)),
            // A process that is starting or stopping, or another command.
            Err(failure) if failure.key == "local-nobody" && begun.elapsed() < PATIENCE => sleep(PAUSE),
            Err(failure) if failure.key == "local-nobody" => return Err(locked),
            Err(failure) => return Err(failure),
        }
    }
}

/// Tells how far a long command is, where somebody looks at it.
pub fn progress(word: Value) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{word}");
    }
}

/// A runtime for one command.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Prints what a command came to; `render` makes words of it. Gives the exit code.
pub fn tell(
    json: bool,
    outcome: Result<Value, Failure>,
    render: impl FnOnce(&mut Page<'_>),
) -> std::process::ExitCode {
    let lang = Lang::from_env();
    match outcome {
        Ok(value) if json => print(&format!("{value}\n")),
        Ok(value) => {
            let mut page = Page::new(lang, &value);
            render(&mut page);
            print(&page.finish())
        }
        Err(failure) => {
            tracing::debug!(%failure, "the command failed");
            if json {
                print(&format!("{}\n", failure.json(lang)));
            } else {
                // Nobody is left to be told if this fails.
                let _ = writeln!(std::io::stderr(), "{}", failure.message(lang));
                if !failure.cause.is_empty() && failure.exit == ExitCode::Unexpected {
                    let _ = writeln!(std::io::stderr(), "{}", failure.cause);
                }
            }
            failure.exit.into()
        }
    }
}

/// A reader that has seen enough closes the pipe: that is no failure.
fn print(text: &str) -> std::process::ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::CannotWrite.into(),
        _ => ExitCode::Done.into(),
    }
}

/// Logging to standard error as RUST_LOG asks.
pub fn log(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let made = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    debug_assert!(made.is_ok(), "logging is set up once");
}
