//! The simulation's gate: what once broke, then so many seeds of each size without a violation, and every state
//! reached that the protocol has.

use std::time::Instant;

use truc_tests::sim::{self, Job, REACHED, Size};

/// Runs of a day of six offices. Each twentieth is repeated: the same events, and the same effects with right clocks.
const DAYS: u64 = 2_000;
/// Runs of a day of twenty offices, with real signatures.
const WIDE: u64 = 100;
/// Runs of an hour of five hundred offices.
const STORMS: u64 = 10;

#[test]
fn no_seed_breaks_a_promise() {
    let begun = Instant::now();
    let mut jobs: Vec<Job> = sim::regressions();
    jobs.extend(sim::jobs(Size::Storm, 0..STORMS, 10));
    jobs.extend(sim::jobs(Size::Wide, 0..WIDE, 50));
    jobs.extend(sim::jobs(Size::Day, 0..DAYS, 20));
    let report = sim::run_all(&jobs, false, |_| {});
    println!(
        "{} runs, {:.0} office-days, {} events in {:.0} s",
        report.runs,
        report.office_days(),
        report.events,
        begun.elapsed().as_secs_f64()
    );
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|(size, seed, why)| {
            format!("cargo run -p truc-tests --bin truc-sim {} {seed}   # {why}", size.name())
        })
        .collect();
    assert!(failed.is_empty(), "replay with:\n{}", failed.join("\n"));
    let unreached: Vec<_> = REACHED.iter().filter(|name| !report.reached.contains_key(*name)).collect();
    assert!(unreached.is_empty(), "never reached: {unreached:?}");
}
