//! The simulation by hand: one seed event by event, a range of seeds, a campaign, a planted bug.

use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use truc_tests::sim::{self, Job, Manner, Report, Size};

const USAGE: &str = "\
truc-sim [SIZE] SEED                one run, event by event
truc-sim [SIZE] FROM TO             the runs FROM to TO, the end not included
truc-sim [SIZE] campaign FROM TO    the same with progress; stops at the first violation
truc-sim [SIZE] campaign FROM --hours N    so long, beginning with FROM
truc-sim [SIZE] reaching STATE FROM TO     which of them reach a state
truc-sim planted NAME               until the planted bug is caught
truc-sim planted NAME FROM TO       the first of these days that catches it
SIZE is day (six offices), wide (twenty, real keys) or storm (five hundred, an hour).";

fn main() -> ExitCode {
    truc_node::fault::arm();
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let named = words.first().and_then(|word| Size::NAMES.into_iter().find(|(name, _)| name == word));
    let size = named.map_or(Size::Day, |(_, size)| size);
    words.drain(..usize::from(named.is_some()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse::<u64>().ok();
    match words[..] {
        ["planted", name] => planted(name, sim::seeds(name)),
        ["planted", name, from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => planted(name, from..to),
            _ => usage(),
        },
        ["reaching", state, from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => reaching(size, state, from..to),
            _ => usage(),
        },
        ["campaign", from, "--hours", hours] => match (number(from), hours.parse::<f64>().ok()) {
            (Some(from), Some(hours)) => campaign(size, from, None, Duration::from_secs_f64(hours * 3600.0)),
            _ => usage(),
        },
        ["campaign", from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => campaign(size, from, Some(to), Duration::MAX),
            _ => usage(),
        },
        [seed] => number(seed).map_or_else(usage, |seed| one(size, seed)),
        [from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => {
                let jobs: Vec<Job> = sim::jobs(size, from..to, 20).collect();
                summary(&sim::run_all(&jobs, false, |_| {}))
            }
            _ => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn one(size: Size, seed: u64) -> ExitCode {
    match sim::run(seed, size, Manner { trace: true, ..Manner::default() }) {
        Ok(outcome) => {
            println!("{} {seed}: {outcome:?}", size.name());
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("{} {seed}: VIOLATION {}", size.name(), violation.0);
            ExitCode::FAILURE
        }
    }
}

/// Runs in portions, so that memory and progress stay bounded.
fn campaign(size: Size, from: u64, to: Option<u64>, lasts: Duration) -> ExitCode {
    const PORTION: u64 = 500;
    let begun = Instant::now();
    let mut whole = Report::default();
    let mut next = from;
    while begun.elapsed() < lasts && to.is_none_or(|to| next < to) && whole.failed.is_empty() {
        let until = to.map_or(next + PORTION, |to| to.min(next + PORTION));
        let jobs: Vec<Job> = sim::jobs(size, next..until, 1_000).collect();
        whole.join(sim::run_all(&jobs, true, |_| {}));
        next = until;
        eprintln!(
            "{} {from} to {next}: {:.0} office-days, {:.0} s",
            size.name(),
            whole.office_days(),
            begun.elapsed().as_secs_f64()
        );
    }
    println!("campaign: {} {from} to {next} in {:.0} s", size.name(), begun.elapsed().as_secs_f64());
    summary(&whole)
}

fn planted(name: &str, seeds: impl Iterator<Item = u64>) -> ExitCode {
    truc_proto::fault::plant(name);
    for seed in seeds {
        if let Err(violation) = sim::run(seed, Size::Day, Manner::default()) {
            println!("{name}: caught by day {seed}: {}", violation.0);
            return ExitCode::FAILURE;
        }
    }
    println!("{name}: not caught");
    ExitCode::SUCCESS
}

fn reaching(size: Size, state: &str, seeds: Range<u64>) -> ExitCode {
    let reaches = |seed: &u64| {
        sim::run(*seed, size, Manner::default()).is_ok_and(|outcome| outcome.reached.contains_key(state))
    };
    let found: Vec<u64> = seeds.filter(reaches).collect();
    println!("{state}: {found:?}");
    if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn summary(report: &Report) -> ExitCode {
    println!(
        "{} runs, {:.0} office-days, {} events, {} entries, {} violations",
        report.runs,
        report.office_days(),
        report.events,
        report.written,
        report.failed.len()
    );
    for (name, count) in &report.reached {
        println!("{count:>10}  {name}");
    }
    for (size, seed, why) in &report.failed {
        println!("truc-sim {} {seed}   # {why}", size.name());
    }
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
