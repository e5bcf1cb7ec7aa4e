//! Programs that are killed at any moment keep what they acknowledged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, SystemTime};
use truc_tests::programs::{Province, letter};
use truc_tests::support::until;

const ROUNDS: u32 = 10;

/// Kills one program again and again while letters are written at two offices.
fn under_fire(victim: &str) {
    let province = Province::running();
    let done = AtomicBool::new(false);
    let write = |code: &'static str| {
        let dir = province.dir(code);
        let done = &done;
        move || {
            let titles = (0..).map(|number| format!("{code}-{number:04}"));
            let titles = titles.take_while(|_| !done.load(Ordering::Relaxed));
            titles.filter(|title| letter(&dir, title, "40")).collect::<Vec<String>>()
        }
    };
    let acknowledged = scope(|scope| {
        let writers = [scope.spawn(write("1")), scope.spawn(write("2"))];
        for _ in 0..ROUNDS {
            let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            sleep(Duration::from_millis(u64::from(clock.subsec_micros() % 250)));
            province.kill(victim);
            province.start(victim);
        }
        done.store(true, Ordering::Relaxed);
        writers.map(|writer| writer.join().unwrap())
    });
    for (code, acknowledged) in ["1", "2"].into_iter().zip(acknowledged) {
        assert!(acknowledged.len() >= ROUNDS as usize / 2, "{}: hardly any", acknowledged.len());
        let own = province.titles(code);
        until("all has been delivered", || {
            let there = province.titles("40");
            own.iter().all(|title| there.contains(title))
        });
        let there: Vec<String> = province
            .titles("40")
            .into_iter()
            .filter(|title| title.starts_with(&format!("{code}-")))
            .collect();
        assert_eq!(there, own, "what is here is there, once, in order");
        let kept: Vec<String> = own.into_iter().filter(|title| acknowledged.contains(title)).collect();
        assert_eq!(kept, acknowledged, "what was acknowledged is here");
    }
    province.judge();
}

#[test]
fn a_node_that_is_killed_keeps_what_it_acknowledged() {
    under_fire("1");
}

#[test]
fn a_hub_that_is_killed_loses_nothing_and_doubles_nothing() {
    under_fire("hub");
}
