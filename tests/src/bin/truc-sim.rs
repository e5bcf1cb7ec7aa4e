//! Replays one seed of the simulation, or runs a range of them.
//!
//! `truc-sim SEED` prints every event of one seed; `truc-sim FROM TO` runs a range and counts.

use std::collections::BTreeMap;
use std::process::ExitCode;

use truc_tests::sim;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    match numbers[..] {
        [seed] => match sim::trace(seed) {
            Ok(outcome) => {
                println!("seed {seed}: {outcome:?}");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                println!("seed {seed}: VIOLATION {}", violation.0);
                ExitCode::FAILURE
            }
        },
        [from, to] => range(from, to),
        _ => {
            eprintln!("usage: truc-sim SEED | truc-sim FROM TO");
            ExitCode::from(2)
        }
    }
}

fn range(from: u64, to: u64) -> ExitCode {
    let mut reached: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut events, mut written, mut failed) = (0, 0, 0);
    for seed in from..to {
        match sim::run(seed) {
            Ok(outcome) => {
                events += outcome.events;
                written += outcome.written;
                for (name, count) in outcome.reached {
                    *reached.entry(name).or_default() += count;
                }
            }
            Err(violation) => {
                failed += 1;
                println!("truc-sim {seed}   {}", violation.0);
            }
        }
    }
    println!("{} seeds, {events} events, {written} entries, {failed} violations", to - from);
    for (name, count) in reached {
        println!("{count:>10}  {name}");
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
