//! Power cuts made up: at every flush, what was flushed and any part of what was not.

use std::fs;

use truc_tests::disk::Disk;

use super::script::{Acknowledged, Script, check, folder};

/// Pictures of the disk at each flush; `TRUC_CUTS` sets another number.
fn pictures() -> u64 {
    std::env::var("TRUC_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

#[test]
fn whatever_of_the_unflushed_is_on_the_disk_the_acknowledged_is_there() {
    let disk = Disk::new();
    disk.record();
    let store = folder();
    let mut script = Script::new(&disk, store.path());
    assert!(script.run().is_ok());
    let all = script.acknowledged.entries.clone();
    let snapshots = disk.snapshots();
    assert!(snapshots.len() >= 20, "{}", snapshots.len());
    let mut images = 0;
    for (number, snapshot) in snapshots.iter().enumerate() {
        let acknowledged =
            Acknowledged { entries: all[..snapshot.acknowledged].to_vec(), ..Acknowledged::default() };
        for seed in 0..pictures() {
            let image = folder();
            let seed = if seed < 2 { seed } else { seed + 1000 * number as u64 };
            snapshot.write(image.path(), seed).unwrap();
            if acknowledged.entries.is_empty() && fs::metadata(image.path().join("journal.db")).is_err() {
                continue;
            }
            // Before the first commit nothing was promised, not even that there is a store.
            let opened = std::panic::catch_unwind(|| check(image.path(), &acknowledged, 3));
            assert!(opened.is_ok() || acknowledged.entries.is_empty(), "flush {number}, seed {seed}");
            images += 1;
        }
    }
    eprintln!("{images} pictures at {} flushes", snapshots.len());
}
