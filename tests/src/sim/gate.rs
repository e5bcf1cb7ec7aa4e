//! Many runs at once, and their summary.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Manner, Outcome, Size, run};

/// A run to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// Size of the run.
    pub size: Size,
    /// Seed of the run.
    pub seed: u64,
    /// Whether to repeat it: the same run must give the same events, and the run with right clocks the same effects.
    pub again: bool,
}

/// Summary of many runs.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of runs, without repetitions.
    pub runs: u64,
    /// Simulated events.
    pub events: u64,
    /// Entries written by offices and hub.
    pub written: u64,
    /// Simulated milliseconds, summed over offices.
    pub office_time: u64,
    /// How often each state was reached.
    pub reached: BTreeMap<&'static str, u64>,
    /// Violations: the job, and what broke.
    pub failed: Vec<(Size, u64, String)>,
}

impl Report {
    /// Simulated days, summed over offices.
    pub fn office_days(&self) -> f64 {
        self.office_time as f64 / 86_400_000.0
    }

    /// Adds the summary of other runs.
    pub fn join(&mut self, other: Report) {
        self.runs += other.runs;
        self.events += other.events;
        self.written += other.written;
        self.office_time += other.office_time;
        for (name, count) in other.reached {
            *self.reached.entry(name).or_default() += count;
        }
        self.failed.extend(other.failed);
    }

    fn add(&mut self, offices: u64, outcome: Outcome) {
        self.runs += 1;
        self.events += outcome.events;
        self.written += outcome.written;
        self.office_time += outcome.lasted * offices;
        for (name, count) in outcome.reached {
            *self.reached.entry(name).or_default() += count;
        }
    }
}

/// The runs for a range of seeds; every `nth` one is repeated.
pub fn jobs(size: Size, seeds: Range<u64>, nth: u64) -> impl Iterator<Item = Job> {
    seeds.map(move |seed| Job { size, seed, again: seed % nth == 0 })
}

/// Runs that once broke a promise; they are run for ever.
pub fn regressions() -> Vec<Job> {
    let lines = include_str!("regressions.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (size, seed) = (words.next()?, words.next()?.parse().ok()?);
            let (_, size) = Size::NAMES.into_iter().find(|(name, _)| *name == size)?;
            Some(Job { size, seed, again: false })
        })
        .collect()
}

/// Makes all runs, on all cores; `told` is called with the summary after each. With `first`, stops at the first
/// violation.
pub fn run_all(jobs: &[Job], first: bool, told: impl Fn(&Report) + Sync) -> Report {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let report: Mutex<Report> = Mutex::default();
    let workers = thread::available_parallelism().map_or(2, |cores| cores.get());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed)
                    && let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let outcome = make(*job);
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        Ok(outcome) => report.add(offices(job.size), outcome),
                        Err(why) => {
                            report.failed.push((job.size, job.seed, why));
                            stop.fetch_or(first, Ordering::Relaxed);
                        }
                    }
                    told(&report);
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn offices(size: Size) -> u64 {
    super::Plan::draw(&mut super::Rng::new(0), size).offices as u64
}

fn make(job: Job) -> Result<Outcome, String> {
    let broken = |violation: super::Violation| violation.0;
    let once = run(job.seed, job.size, Manner::default()).map_err(broken)?;
    if job.again {
        let again = run(job.seed, job.size, Manner::default()).map_err(broken)?;
        if once.hash != again.hash {
            return Err("Determinism: two runs of one seed differ".into());
        }
        let right = Manner { right_clocks: true, ..Manner::default() };
        let right = run(job.seed, job.size, right).map_err(broken)?;
        // What is said of an office counts from a day on: there a clock decides.
        let dated = once.reached.contains_key("the map changed");
        if !dated && once.effects != right.effects {
            return Err("Clocks: what clocks say has changed what happened".into());
        }
    }
    Ok(once)
}
