//! Stores that must not be touched.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use truc_tests::programs::{ILL, OFFICES, Province, fails, letter, run};
use truc_tests::support::until;

const FILES: [&str; 3] = ["journal.db", "journal.db-wal", "journal.db-shm"];

/// A serving process may leave what it wrote beside the database; a last reader moves it in.
fn settle(dir: &Path) {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    journal.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// What is in the journal; the files beside it come and go with every reader.
fn bytes(dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(dir.join("journal.db")).unwrap().hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_store_of_another_office_is_left_alone() {
    let province = Province::running();
    province.stop("1");
    province.stop("2");
    ["1", "2"].iter().for_each(|code| settle(&province.dir(code)));
    for file in FILES {
        let (from, to) = (province.dir("1").join(file), province.dir("2").join(file));
        // What was closed well has only the first of them.
        if to.exists() {
            fs::remove_file(&to).unwrap();
        }
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }
    let before = bytes(&province.dir("2"));
    let write = ["directive", "create", "--title", "T", "--to", "40"];
    for args in [&["status"][..], &["serve"], &["rebuild-views"], &write] {
        fails("truc-node", &province.dir("2"), args, 6, "belongs to another office");
        assert_eq!(bytes(&province.dir("2")), before, "{args:?} changed it");
    }
}

#[test]
fn a_newer_store_is_left_alone() {
    let province = Province::running();
    let stop = ["1", "hub"];
    stop.iter().for_each(|name| province.stop(name));
    for (program, name) in [("truc-node", "1"), ("truc-hub", "hub")] {
        let dir = province.dir(name);
        let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
        journal.pragma_update(None, "user_version", 99).unwrap();
        drop(journal);
        let before = bytes(&dir);
        for args in [&["status"][..], &["serve"], &["rebuild-views"]] {
            fails(program, &dir, args, 6, "A newer version wrote this store (format 99)");
            assert_eq!(bytes(&dir), before, "{args:?} changed it");
        }
    }
}

#[test]
fn a_store_in_use_is_told_with_the_process_that_uses_it() {
    let province = Province::new(OFFICES);
    province.start("hub");
    province.enrol("1");
    province.start("1");
    for (program, name) in [("truc-node", "1"), ("truc-hub", "hub")] {
        let dir = province.dir(name);
        let pid = fs::read_to_string(dir.join("lock")).unwrap();
        for args in [["serve"], ["rebuild-views"]] {
            fails(program, &dir, &args, 6, &format!("Process {pid} is using this store"));
        }
    }
    // A process that has it and answers nobody.
    province.stop("1");
    let lock = File::options().write(true).open(province.dir("1").join("lock")).unwrap();
    lock.lock().unwrap();
    // What only reads goes on, and says so; what writes is told who has it.
    let status = run("truc-node", &province.dir("1"), &["status"]);
    assert_eq!(status.status.code(), Some(ILL), "{status:?}");
    assert!(String::from_utf8(status.stdout).unwrap().contains("Another program has had the store"));
    province.stop("hub");
    let of_hub = File::options().write(true).open(province.dir("hub").join("lock")).unwrap();
    of_hub.lock().unwrap();
    assert_eq!(province.hub(&["status"])["ill"], serde_json::json!(["store-is-in-use"]));
    assert!(province.hub(&["office", "list"]).to_string().contains("Đảng ủy xã Một"));
    drop(of_hub);
    let letter = ["guidance", "create", "--title", "G", "--no-number", "--text", "T", "--to", "40"];
    fails("truc-node", &province.dir("1"), &letter, 6, "is using this store");
    drop(lock);
    province.node("1", &["status"]);
}

/// Every file of a folder, with what is in it. Empty logs of databases and the indexes of logs come and go with every
/// reader.
fn content(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            content(&path, found);
        } else if !name.ends_with("-shm") {
            let bytes = fs::read(&path).unwrap();
            if !(name.ends_with("-wal") && bytes.is_empty()) {
                found.insert(path, bytes);
            }
        }
    }
}

#[test]
fn what_only_reads_changes_no_byte_of_any_store() {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "T", "40"));
    until("it is at the province", || province.titles("40") == ["T"]);
    province.rest();
    let names = ["hub", "40", "1"];
    names.iter().for_each(|name| province.stop(name));
    let records: &[&[&str]] = &[
        &["status"],
        &["directive", "list"],
        &["report", "list"],
        &["search", "T"],
        &["log"],
        &["show", "1"],
        &["account", "list"],
        &["verify"],
    ];
    let of_nodes: &[&[&str]] = &[&["aside", "list"]];
    let of_hubs: &[&[&str]] = &[
        &["office", "list"],
        &["office", "show", "1"],
        &["authority", "show"],
        &["address", "list"],
        &["question", "list"],
        &["clock", "show"],
        &["refill"],
        &["evidence"],
    ];
    for name in names {
        let (dir, mut before) = (province.dir(name), BTreeMap::new());
        content(&dir, &mut before);
        assert!(before.keys().any(|path| path.ends_with("accounts.db")) && before.len() > 5, "{name}");
        for args in records.iter().chain(if name == "hub" { of_hubs } else { of_nodes }) {
            province.ask(name, args);
            let mut after = BTreeMap::new();
            content(&dir, &mut after);
            assert_eq!(
                before.keys().collect::<Vec<_>>(),
                after.keys().collect::<Vec<_>>(),
                "{name} {args:?}"
            );
            let changed = before.iter().find(|(path, bytes)| after.get(*path) != Some(bytes));
            assert!(changed.is_none(), "{name} {args:?}: {:?}", changed.map(|(path, _)| path));
        }
    }
    province.judge();
}

#[test]
fn a_damaged_journal_is_told_and_left_alone() {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "T", "40"));
    province.stop("1");
    let dir = province.dir("1");
    settle(&dir);
    fs::write(dir.join("journal.db"), "no database at all ".repeat(1000)).unwrap();
    let before = bytes(&dir);
    for args in [["status"], ["serve"]] {
        fails("truc-node", &dir, &args, 6, "no data of Trục");
        assert_eq!(bytes(&dir), before);
    }
}

#[test]
fn lost_views_are_folded_again() {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "T", "40"));
    province.rest();
    province.stop("1");
    for file in fs::read_dir(province.dir("1")).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("views.db") {
            fs::remove_file(path).unwrap();
        }
    }
    assert_eq!(province.titles("1"), ["T"]);
    province.node("1", &["rebuild-views"]);
    assert_eq!(province.titles("1"), ["T"]);
    province.judge();
}
