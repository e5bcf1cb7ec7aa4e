//! `disk-test`: measures how long a folder's disk takes to make a commit durable, and says whether the disk can be
//! believed.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::page::{Page, text};
use crate::store::disk;
use crate::words;
use crate::words::failure::{ExitCode, Failure};

/// How long to measure.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DiskTest {
    /// Seconds to measure for.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
}

impl DiskTest {
    /// Measures in a new subfolder of `dir`, which may be the folder of a running store. The exit code is
    /// [`ExitCode::DiskDoubted`] if the disk cannot be believed.
    pub fn execute(self, dir: &Path) -> (Result<Value, Failure>, ExitCode) {
        let time = Duration::from_secs(self.seconds);
        let bar = ProgressBar::new(self.seconds * 10);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {msg}") {
            bar.set_style(style);
        }
        // The library draws the bar on a terminal only.
        let measured = disk::measure(dir, u32::MAX, time, |count, passed| {
            bar.set_position(passed.as_millis() as u64 / 100);
            bar.set_message(count.to_string());
        });
        bar.finish_and_clear();
        match measured {
            Ok(measured) => {
                let verdict = measured.verdict();
                let exit = if verdict.believed() { ExitCode::Done } else { ExitCode::DiskDoubted };
                (Ok(json!({ "measured": measured, "verdict": verdict })), exit)
            }
            Err(failure) => {
                let exit = failure.exit;
                (Err(failure), exit)
            }
        }
    }
}

/// Renders the result for people.
pub fn render(page: &mut Page<'_>) {
    let value = page.value;
    let measured = &value["measured"];
    let lang = page.lang;
    let time = |name: &str| {
        let micros = measured[name].as_u64().unwrap_or(0);
        if micros < 10_000 { format!("{micros} µs") } else { format!("{} ms", micros / 1000) }
    };
    page.field("disk-commits", text(&measured["commits"]));
    page.field("disk-fastest", time("min"));
    page.field("disk-median", time("median"));
    page.field("disk-p99", time("p99"));
    page.field("disk-per-second", text(&measured["per_second"]));
    let said = words::say(lang, &format!("disk-is-{}", text(&value["verdict"])), &[]);
    page.line("");
    page.line(&said);
}
