//! The table: what was measured, the floor beside it, the ratio, the goal.

use std::fmt::Write as _;
use std::path::Path;

use crate::Result;
use crate::args::Args;
use crate::figures::{Thresholds, short};

/// What DESIGN or PERFORMANCE want of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Of the floor, at least.
    RatioAtLeast(f64),
    /// Of the floor, at most.
    RatioAtMost(f64),
    /// By itself, at least.
    AtLeast(f64),
    /// By itself, at most.
    AtMost(f64),
    /// Told for what it explains.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// What was measured, and in what.
    pub(crate) what: String,
    /// Trục.
    pub(crate) ours: Thresholds,
    /// The floor's name and figures.
    pub(crate) floor: Option<(&'static str, Thresholds)>,
    /// What is wanted.
    pub(crate) goal: Goal,
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        let floor = self.floor.as_ref()?.1.median().filter(|floor| *floor != 0.0)?;
        Some(self.ours.median()? / floor)
    }

    fn goal(&self) -> String {
        match self.goal {
            Goal::RatioAtLeast(goal) => format!("≥ {goal} ×"),
            Goal::RatioAtMost(goal) => format!("≤ {goal} ×"),
            Goal::AtLeast(goal) => format!("≥ {}", short(goal)),
            Goal::AtMost(goal) => format!("≤ {}", short(goal)),
            Goal::None => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        let met = match self.goal {
            Goal::RatioAtLeast(goal) => self.ratio().map(|ratio| ratio >= goal),
            Goal::RatioAtMost(goal) => self.ratio().map(|ratio| ratio <= goal),
            Goal::AtLeast(goal) => self.ours.median().map(|ours| ours >= goal),
            Goal::AtMost(goal) => self.ours.median().map(|ours| ours <= goal),
            Goal::None => None,
        };
        match met {
            Some(true) => "met",
            Some(false) => "BELOW",
            None => "",
        }
    }

    fn cells(&self, mark: &str) -> [String; 6] {
        let floor = match &self.floor {
            Some((name, figures)) => format!("{name}: {}", figures.show(mark)),
            None => String::new(),
        };
        let ratio = self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let verdict = self.verdict().to_owned();
        [self.what.clone(), self.ours.show(mark), floor, ratio, self.goal(), verdict]
    }
}

const HEADS: [&str; 6] = ["what", "Trục: min / median / max (n)", "floor", "ratio", "goal", ""];
const BEGIN: &str = "<!-- results -->";
const END: &str = "<!-- end of results -->";

/// All lines, with remarks.
#[derive(Default, Debug)]
pub(crate) struct Table {
    lines: Vec<Line>,
    remarks: Vec<String>,
}

impl Table {
    /// Adds a line and shows it, so that a long run can be followed.
    pub(crate) fn add(&mut self, line: Line) {
        eprintln!("  {}", line.cells("").join(" | "));
        self.lines.push(line);
    }

    /// Adds what a reader must know of this run.
    pub(crate) fn remark(&mut self, remark: impl Into<String>) {
        let remark = remark.into();
        eprintln!("  ({remark})");
        self.remarks.push(remark);
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let rows: Vec<[String; 6]> = std::iter::once(HEADS.map(str::to_owned))
            .chain(self.lines.iter().map(|line| line.cells("")))
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
        let mut text = String::from("\n");
        for row in &rows {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(text, "{cell:width$}  ");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "- {remark}");
        }
        text
    }

    fn markdown(&self, args: &Args) -> String {
        let mut text = format!(
            "{BEGIN}\n{}\n\n| {} |\n|{}\n",
            conditions(args),
            HEADS.join(" | "),
            "---|".repeat(HEADS.len())
        );
        for line in &self.lines {
            let _ = writeln!(text, "| {} |", line.cells("**").join(" | "));
        }
        text.push('\n');
        for remark in &self.remarks {
            let _ = writeln!(text, "- {remark}");
        }
        text.push_str(END);
        text
    }

    /// Writes the Markdown: into the place between the marks of an existing file, or as a file of its own.
    pub(crate) fn write_markdown(&self, file: &Path, args: &Args) -> Result<()> {
        let table = self.markdown(args);
        let old = std::fs::read_to_string(file).unwrap_or_default();
        let new = match (old.find(BEGIN), old.find(END)) {
            (Some(begin), Some(end)) if begin < end => {
                format!("{}{table}{}", &old[..begin], &old[end + END.len()..])
            }
            _ => format!("{table}\n"),
        };
        Ok(std::fs::write(file, new)?)
    }
}

/// On what machine and how.
fn conditions(args: &Args) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}{cores} cores ({}), Linux {}, load average at the end {}.",
        if args.quick { "Quick run: shows that it works, measures nothing. " } else { "" },
        model.trim_matches([' ', '\t', ':']),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").split(' ').next().unwrap_or_default(),
    )
}
