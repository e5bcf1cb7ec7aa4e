//! The simulation's gate: so many seeds without a violation, each run twice with the same events, and every
//! state reached that the protocol has.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use truc_tests::sim;

/// Seeds of one gate.
const SEEDS: u64 = 2_000;

/// States that a gate must have reached: one that stays at zero means that the faults no longer bite.
const REACHED: &[&str] = &[
    "branch set aside",
    "branch taken",
    "disk lost",
    "evidence held",
    "fork raised",
    "hub crashed",
    "hub rebuilt empty",
    "hub restored",
    "hub went back noticed",
    "island completed",
    "island delivered",
    "line came before what it follows",
    "line moved under a session",
    "live snapshot",
    "lost entry given back",
    "machine cloned",
    "mail in several pieces",
    "mail index built anew",
    "node crashed",
    "node restored, announced",
    "node restored, unannounced",
    "people wrote while adopting",
    "question approved",
    "question raised",
    "replaced machine refused",
    "several entries announced at once",
    "urgent entry announced beside an ordinary one",
    "urgent entry overtook",
    "verdict adopt",
    "verdict continue",
    "verdict question",
    "verdict refill",
];

#[test]
fn no_seed_breaks_a_promise() {
    let next = AtomicU64::new(0);
    let reached: Mutex<BTreeMap<&'static str, u64>> = Mutex::default();
    let failed: Mutex<Vec<String>> = Mutex::default();
    let workers = thread::available_parallelism().map_or(2, |cores| cores.get());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    let outcome = match (sim::run(seed), sim::run(seed)) {
                        (Ok(once), Ok(again)) if once.hash == again.hash => Ok(once),
                        (Ok(_), Ok(_)) => Err("two runs of one seed differ".to_owned()),
                        (Err(violation), _) | (_, Err(violation)) => Err(violation.0),
                    };
                    match outcome {
                        Ok(outcome) => {
                            let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
                            for (name, count) in outcome.reached {
                                *reached.entry(name).or_default() += count;
                            }
                        }
                        Err(why) => failed
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(format!("cargo run -p truc-tests --bin truc-sim {seed}   # {why}")),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "replay with:\n{}", failed.join("\n"));
    let reached = reached.into_inner().unwrap_or_else(PoisonError::into_inner);
    let unreached: Vec<_> = REACHED.iter().filter(|name| !reached.contains_key(*name)).collect();
    assert!(unreached.is_empty(), "never reached: {unreached:?}");
}
