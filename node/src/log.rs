//! The log, on standard error. Nobody waits for it: lines go to a thread of their own, and what cannot be written is
//! dropped. A disk that is full, a pipe that is closed or a reader that stands still costs the log, and nothing else.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use truc_proto::date::local;
use truc_proto::{limits, visible};

static LINES: OnceLock<Lines> = OnceLock::new();

/// Where lines wait to be written.
struct Lines {
    queue: SyncSender<Vec<u8>>,
    waiting: AtomicU64,
    dropped: AtomicU64,
}

impl Lines {
    fn add(&self, line: Vec<u8>) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if self.queue.try_send(line).is_err() {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            self.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Logs to standard error, filtered by RUST_LOG. What is still waiting when the program ends is written if that does
/// not take long; see [`flush`].
pub fn start(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let (queue, lines) = sync_channel(limits::LOG_WAITING);
    let made = LINES.set(Lines { queue, waiting: AtomicU64::new(0), dropped: AtomicU64::new(0) });
    debug_assert!(made.is_ok(), "logging is set up once");
    let writing = std::thread::Builder::new().name("log".into()).spawn(move || write(&lines));
    if writing.is_err() {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        flush();
        before(panic);
    }));
    let made = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Pen)
        .with_timer(Here)
        .log_internal_errors(false)
        // Colours are control characters, which are made visible.
        .with_ansi(false)
        .try_init();
    debug_assert!(made.is_ok(), "logging is set up once");
}

/// Waits until what was logged is written, at most [`limits::LOG_END`].
pub fn flush() {
    let Some(lines) = LINES.get() else { return };
    let begun = Instant::now();
    while lines.waiting.load(Ordering::SeqCst) > 0 && begun.elapsed() < limits::LOG_END {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn write(lines: &Receiver<Vec<u8>>) {
    for line in lines {
        let Some(about) = LINES.get() else { continue };
        let mut out = io::stderr();
        // Where the log cannot be written, nobody can be told so.
        if let dropped @ 1.. = about.dropped.swap(0, Ordering::SeqCst) {
            let _ = writeln!(out, "{dropped} lines of the log were dropped: they could not be written");
        }
        let _ = out.write_all(&line);
        about.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The time of the country, as commands and pages show it.
struct Here;

impl FormatTime for Here {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        out.write_str(&time(since.as_millis() as u64))
    }
}

/// A moment for the log, Unix milliseconds; empty where no calendar reaches.
fn time(millis: u64) -> String {
    let local = i64::try_from(millis).ok().and_then(local);
    local.map(|local| local.strftime("%Y-%m-%dT%H:%M:%S%.3f+07:00").to_string()).unwrap_or_default()
}

/// Gives each event a line of its own.
struct Pen;

/// A line being made.
struct Line(Vec<u8>);

impl<'a> MakeWriter<'a> for Pen {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.0);
        if let Some(lines) = LINES.get().filter(|_| !line.is_empty()) {
            lines.add(shown(&line));
        }
    }
}

/// An event as one plain line: what it quotes from others makes no second line and steers no terminal.
fn shown(event: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(event);
    let (text, end) = text.strip_suffix('\n').map_or((&*text, ""), |text| (text, "\n"));
    [&visible::line(text), end].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_log_has_the_times_that_commands_show() {
        assert_eq!(time(1_795_543_140_007), "2026-11-25T00:59:00.007+07:00");
        assert_eq!(time(u64::MAX), "");
    }

    #[test]
    fn an_event_of_the_log_is_one_plain_line() {
        let event = "INFO a title=A\u{1b}[2J\nINFO forged \u{202e}x\n";
        let line = String::from_utf8(shown(event.as_bytes())).unwrap();
        assert_eq!(line, "INFO a title=A␛[2J␊INFO forged ⟦U+202E⟧x\n");
    }
}
