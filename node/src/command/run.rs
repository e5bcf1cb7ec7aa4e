//! Carries out a command: in this process, or over the local socket of the process that serves the store; then prints
//! the result for people or machines.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use truc_proto::{limits, visible};

use super::page::Page;
use crate::command::local;
use crate::log;
use crate::store::lock::Lock;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

/// How long to wait for another command that uses the store.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a command that only reads waits for a process that has the store and does not answer yet.
const READING_PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// Which process carries a command out.
pub enum Way {
    /// This process, which now has the store's lock.
    Here(Lock),
    /// The serving process did; its result.
    There(Value),
}

/// Which process carries a command out that only reads.
pub enum Reading {
    /// This process, without the store's lock. The failure says who has it, if anybody has.
    Here(Option<Failure>),
    /// The serving process did; its result.
    There(Value),
}

/// Sends a command that only reads to the process that serves the store, if there is one. It needs no lock, so a service
/// that starts never waits for it, and nothing is written.
pub fn ask_reading(dir: &Path, request: &impl Serialize) -> Result<Reading, Failure> {
    let begun = Instant::now();
    loop {
        match local::call(dir, request, &[], progress) {
            Ok(value) => return Ok(Reading::There(value)),
            Err(failure) if failure.key == "local-nobody" => {}
            Err(failure) => return Err(failure),
        }
        match Lock::held(dir) {
            // It may be starting or stopping.
            Some(_) if begun.elapsed() < READING_PATIENCE => sleep(PAUSE),
            held => return Ok(Reading::Here(held)),
        }
    }
}

/// Sends the command and the files that it opened to the process that serves the store, or takes the store's lock if
/// there is none.
pub fn ask(dir: &Path, request: &impl Serialize, opened: &[File]) -> Result<Way, Failure> {
    let begun = Instant::now();
    loop {
        let locked = match Lock::take(dir) {
            Ok(lock) => return Ok(Way::Here(lock)),
            Err(failure) if failure.key == "store-locked" => failure,
            // The lock cannot be written: the store may be served all the same.
            Err(failure) if failure.exit == ExitCode::CannotWrite => {
                return match local::call(dir, request, opened, progress) {
                    Err(nobody) if nobody.key == "local-nobody" => Err(failure),
                    answer => answer.map(Way::There),
                };
            }
            Err(failure) => return Err(failure),
        };
        match local::call(dir, request, opened, progress) {
            Ok(value) => return Ok(Way::There(value)),
            // Another process is starting or stopping, or runs a command: it holds the lock without serving.
            Err(failure) if failure.key == "local-nobody" && begun.elapsed() < PATIENCE => sleep(PAUSE),
            Err(failure) if failure.key == "local-nobody" => return Err(locked),
            Err(failure) => return Err(failure),
        }
    }
}

/// Prints progress of a long command, if standard error is a terminal.
pub fn progress(word: Value) {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r{word}");
    }
}

/// A runtime for one command.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // One thread a core, as tokio has it by itself: whatever waits for a disk is done on others.
    Ok(tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .enable_all()
        .build()?)
}

/// Prints the result of a command, with `render` for people, and returns the exit code.
pub fn tell(
    json: bool,
    outcome: Result<Value, Failure>,
    render: impl FnOnce(&mut Page<'_>),
) -> std::process::ExitCode {
    let lang = Lang::from_env();
    let told = match outcome {
        Ok(value) if json => print(&format!("{}\n", visible::json(&value.to_string()))),
        Ok(value) => {
            let mut page = Page::new(lang, &value);
            render(&mut page);
            print(&page.finish())
        }
        Err(failure) => {
            tracing::debug!(%failure, "the command failed");
            if json {
                print(&format!("{}\n", visible::json(&failure.json(lang).to_string())));
            } else {
                // A failure to print cannot be reported to anybody.
                let _ = writeln!(std::io::stderr(), "{}", visible::block(&failure.message(lang)));
                if !failure.cause.is_empty() && failure.exit == ExitCode::Unexpected {
                    let _ = writeln!(std::io::stderr(), "{}", visible::line(&failure.cause));
                }
            }
            failure.exit.into()
        }
    };
    log::flush();
    told
}

/// Prints to standard output. A closed pipe is no failure: the reader has seen enough.
fn print(text: &str) -> std::process::ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::CannotWrite.into(),
        _ => ExitCode::Done.into(),
    }
}
