//! Files that go with entries.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use truc_tests::programs::{OFFICES, Province};
use truc_tests::slow_line::SlowLine;
use truc_tests::support::until;

const SIZE: usize = 3 * 1024 * 1024;

/// Bytes that do not shrink.
fn noise() -> Vec<u8> {
    let step = |seed: &mut u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*seed >> 56) as u8)
    };
    std::iter::repeat_n((), SIZE).scan(7, |seed, ()| step(seed)).collect()
}

/// How much of the first letter's file is here, and whether that is all.
fn here(province: &Province, code: &str) -> Option<(u64, bool)> {
    let list = province.node(code, &["directive", "list"]);
    let record = list["records"][0]["id"].as_str()?;
    let shown = province.node(code, &["directive", "show", record]);
    let file = &shown["attachments"][0];
    Some((file["have"].as_u64().unwrap(), file["complete"].as_bool().unwrap()))
}

fn attached(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn a_file_arrives_and_goes_on_after_a_kill_where_it_stopped() {
    let province = Province::new(OFFICES);
    province.start("hub");
    for code in ["40", "1", "2"] {
        province.enrol(code);
    }
    let line = SlowLine::to(province.sessions.clone());
    province.call_by("1", &line.address);
    ["40", "1", "2"].iter().for_each(|code| province.start(code));
    until("the registry is there", || province.journal("40") == province.hub(&["status"])["journal"]);

    let content = noise();
    let map = province.write("bản đồ.pdf", &content);
    let map = map.to_str().unwrap();
    province.node("40", &["directive", "create", "--title", "Map", "--to", "1", "--attach", map]);
    let begun = line.down.load(Ordering::Relaxed);
    while line.down.load(Ordering::Relaxed) < begun + SIZE as u64 / 2 {
        assert!(here(&province, "1").is_none_or(|(_, complete)| !complete), "the line is too fast");
    }
    province.kill("1");
    let folder = province.dir("1").join("attachments");
    let kept = attached(&folder);
    assert!(kept > 0 && kept < SIZE as u64, "{kept} bytes arrived before the kill");
    assert_eq!(province.titles("1"), ["Map"], "the entry comes first");
    assert_eq!(here(&province, "1"), Some((kept, false)), "and says how much of its file is there");

    let before = line.down.load(Ordering::Relaxed);
    province.start("1");
    until("the file is whole", || here(&province, "1") == Some((SIZE as u64, true)));
    let again = line.down.load(Ordering::Relaxed) - before;
    assert!(
        again < SIZE as u64 - kept / 2,
        "{again} bytes came for the {} that were missing",
        SIZE as u64 - kept
    );
    let arrived = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read(arrived).unwrap() == content, "the very bytes");
    assert_eq!(attached(&province.dir("2").join("attachments")), 0, "it is not for the others");
    province.judge();
}
