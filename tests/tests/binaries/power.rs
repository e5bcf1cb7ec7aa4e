//! D2: the power fails under a node that writes, on a file system of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use truc_tests::disk::power::Volume;
use truc_tests::programs::{OFFICES, Process, Province, command, letter, run};
use truc_tests::support::{copy_folder, not_run, until};

/// Power cuts; `TRUC_POWER_CUTS` sets another number.
fn cuts() -> u32 {
    std::env::var("TRUC_POWER_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

/// Acknowledged in each life at least.
const LETTERS: usize = 4;
/// So many refused tell that a node takes nothing any more.
const FAILED: usize = 40;

/// What a store holds after a power cut: its titles; none if it refuses to be opened.
fn titles(dir: &Path) -> Option<Vec<String>> {
    let output = run("truc-node", dir, &["directive", "list", "--last", "100000", "--json"]);
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stdout).trim());
        return None;
    }
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let records = list["records"].as_array().unwrap();
    Some(records.iter().map(|record| record["title"].as_str().unwrap().to_owned()).collect())
}

/// A node that serves on the volume while two write, and loses its power; what was acknowledged. None: it took
/// nothing, though it had its power.
fn life(volume: &Volume, dir: &Path, cycle: u32, plant: Option<&str>) -> Option<Vec<String>> {
    let mut serve = command("truc-node", dir, &["serve"]);
    if let Some(plant) = plant {
        serve.env("TRUC_PLANT", plant);
    }
    let mut serve = Process::start(&mut serve, Path::new("/dev/null"));
    serve.serves(dir).ok()?;
    let (over, acknowledged, failed) = (AtomicBool::new(false), Mutex::new(Vec::new()), AtomicUsize::new(0));
    scope(|scope| {
        for writer in 0..2 {
            let (over, acknowledged, failed) = (&over, &acknowledged, &failed);
            scope.spawn(move || {
                for number in 0.. {
                    let title = format!("{cycle}-{writer}-{number}");
                    // After the cut the commands would open the store themselves: they are not begun any more.
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    if letter(dir, &title, "40") {
                        acknowledged.lock().unwrap().push(title);
                    } else {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        until("some are acknowledged", || {
            acknowledged.lock().unwrap().len() >= LETTERS || failed.load(Ordering::SeqCst) >= FAILED
        });
        sleep(Duration::from_millis(u64::from(cycle * 7 % 40)));
        volume.cut().unwrap();
        over.store(true, Ordering::SeqCst);
        serve.kill();
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    (acknowledged.len() >= LETTERS).then_some(acknowledged)
}

/// Cuts the power again and again, until something is lost; what that is. None: it cannot be done here.
fn lost(what: &str, plant: Option<&str>) -> Option<Vec<String>> {
    let province = Province::new(OFFICES);
    province.start("hub");
    ["40", "1"].iter().for_each(|code| province.enrol(code));
    let mut volume = match Volume::make(province.path(), 64) {
        Ok(volume) => volume,
        Err(why) => {
            not_run(what, &why);
            return None;
        }
    };
    let dir: PathBuf = volume.path().join("1");
    copy_folder(&province.dir("1"), &dir);
    // What the first cut may not take.
    assert!(Command::new("sync").arg("-f").arg(&dir).status().unwrap().success());
    let mut acknowledged: Vec<String> = Vec::new();
    for cycle in 0..cuts() {
        let written = life(&volume, &dir, cycle, plant);
        volume.restart().unwrap();
        let here = titles(&dir).filter(|_| written.is_some());
        acknowledged.extend(written.into_iter().flatten());
        let missing: Vec<String> = match &here {
            Some(here) => acknowledged.iter().filter(|title| !here.contains(title)).cloned().collect(),
            None => vec!["the whole store".to_owned()],
        };
        if !missing.is_empty() {
            eprintln!("cut {cycle}: of {} acknowledged: lost {missing:?}", acknowledged.len());
            return Some(missing);
        }
        let mut here = here.unwrap_or_default();
        let all = here.len();
        here.sort();
        here.dedup();
        assert_eq!(here.len(), all, "twice");
    }
    eprintln!("{} cuts, {} acknowledged", cuts(), acknowledged.len());
    // Home again: the hub takes all of it, and the store is judged.
    std::fs::remove_dir_all(province.dir("1")).unwrap();
    copy_folder(&dir, &province.dir("1"));
    drop(volume);
    ["40", "1"].iter().for_each(|code| province.start(code));
    let all = province.titles("1");
    until("all has been delivered", || province.titles("40") == all);
    province.judge();
    Some(Vec::new())
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    if let Some(lost) = lost("power cuts on ext4", None) {
        assert_eq!(lost, Vec::<String>::new());
    }
}

#[test]
fn power_cuts_would_show_a_journal_that_does_not_flush() {
    if let Some(lost) = lost("power cuts without flushing", Some("journal.normal")) {
        assert!(!lost.is_empty(), "{} power cuts saw nothing", cuts());
    }
}
