//! What a person at the terminal sees: a sentence for each step, and a picture with a glyph for each office.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use truc_node::words::{self, Lang, Value};

use crate::check::Report;
use crate::check::known::Recovered;

/// How an office is drawn: not started, connected, line cut, process killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Glyph {
    Off,
    On,
    Cut,
    Killed,
}

impl Glyph {
    fn shape(self) -> char {
        match self {
            Self::Off => '○',
            Self::On => '●',
            Self::Cut => '╳',
            Self::Killed => '†',
        }
    }
}

/// The output. With `--json`, sentences go to standard error, so that standard output holds JSON only.
pub(super) struct Picture {
    lang: Lang,
    json: bool,
    bar: ProgressBar,
    offices: BTreeMap<String, Glyph>,
}

impl Picture {
    pub(super) fn new(json: bool) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_bar}\n{msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { lang: Lang::from_env(), json, bar, offices: BTreeMap::new() }
    }

    /// Draws these offices, given by their codes.
    pub(super) fn draw_offices<'a>(&mut self, codes: impl Iterator<Item = &'a String>) {
        self.offices = codes.map(|code| (code.clone(), Glyph::Off)).collect();
        self.draw();
    }

    /// Changes the glyph of an office.
    pub(super) fn office(&mut self, code: &str, glyph: Glyph) {
        self.offices.insert(code.to_owned(), glyph);
        self.draw();
    }

    /// Changes the glyphs of all offices.
    pub(super) fn all(&mut self, glyph: Glyph) {
        self.offices.values_mut().for_each(|office| *office = glyph);
        self.draw();
    }

    fn draw(&self) {
        let shapes: Vec<char> = self.offices.values().map(|glyph| glyph.shape()).collect();
        let rows: Vec<String> = shapes.chunks(44).map(|row| row.iter().collect()).collect();
        self.bar.set_message(rows.join("\n"));
    }

    /// Shows how far the step is.
    pub(super) fn progress(&mut self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    /// Prints a sentence about the step that begins.
    pub(super) fn step(&self, key: &'static str, args: &[(&'static str, Value)]) {
        self.say(&words::say(self.lang, key, args));
    }

    /// Prints a line of text.
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| if self.json { eprintln!("{text}") } else { println!("{text}") });
    }

    /// Removes the progress bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Prints what a rebuilt hub has again.
    pub(super) fn refilled(&self, again: &Recovered) {
        self.step(
            "demo-again",
            &[
                ("entries", again.entries.into()),
                ("receipts", again.receipts.into()),
                ("revocations", again.revocations.into()),
                ("files", again.files.into()),
                ("lacking", again.lacking.len().into()),
            ],
        );
        for lacking in &again.lacking {
            self.say(&format!("  {lacking}"));
        }
    }

    /// Prints the result of the check.
    pub(super) fn judged(&mut self, report: &Report) {
        self.bar.finish_and_clear();
        let key = if report.good() { words::key("demo-good") } else { words::key("demo-bad") };
        self.step(
            key,
            &[
                ("offices", report.offices.into()),
                ("entries", report.entries.into()),
                ("deliveries", report.deliveries.into()),
                ("receipts", report.receipts.into()),
                ("lost", report.lost.into()),
                ("duplicates", report.duplicates.into()),
                ("disordered", report.out_of_order.into()),
            ],
        );
        for fault in &report.faults {
            self.say(&format!("  {fault}"));
        }
    }
}
