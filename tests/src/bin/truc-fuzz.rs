//! A long run of one target, or of all: `truc-fuzz TARGET SECONDS [SEED]`. A failing input is left in a file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use truc_tests::fuzz::{TARGETS, Target, mutate};
use truc_tests::sim::Rng;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(name), Some(Ok(seconds))) = (args.first(), args.get(1).map(|text| text.parse())) else {
        eprintln!("truc-fuzz TARGET|all SECONDS [SEED]; targets: {}", names());
        return ExitCode::from(2);
    };
    let seed = args.get(2).and_then(|text| text.parse().ok()).unwrap_or(1);
    let chosen: Vec<&Target> =
        TARGETS.iter().filter(|target| name == "all" || target.name == *name).collect();
    if chosen.is_empty() {
        eprintln!("no such target; there are: {}", names());
        return ExitCode::from(2);
    }
    let failed = chosen.iter().filter(|target| !run(target, Duration::from_secs(seconds), seed)).count();
    ExitCode::from(u8::from(failed > 0))
}

fn names() -> String {
    TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(" ")
}

/// Runs one for so long. Says whether nothing was found.
fn run(target: &Target, time: Duration, seed: u64) -> bool {
    let seeds = mutate::seeds(target);
    let mut rng = Rng::new(seed);
    let begun = Instant::now();
    let (mut runs, mut slowest, mut found) = (0u64, Duration::ZERO, 0);
    while begun.elapsed() < time && found < 10 {
        let bytes = mutate::mutant(&seeds, &mut rng);
        let one = Instant::now();
        let ran = catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes)));
        slowest = slowest.max(one.elapsed());
        runs += 1;
        if ran.is_err() {
            found += 1;
            let file = format!("{}-{seed}-{runs}.crash", target.name);
            match std::fs::write(&file, &bytes) {
                Ok(()) => println!("{}: a panic; its input is in {file}", target.name),
                Err(error) => println!("{}: a panic on {}; {error}", target.name, bytes.escape_ascii()),
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{}: seed {seed}, {runs} runs in {seconds:.0} s, slowest {slowest:?}, {found} panics",
        target.name
    );
    found == 0
}
