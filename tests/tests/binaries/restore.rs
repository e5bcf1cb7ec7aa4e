//! What comes back: a node from its backup or from nothing, a hub from its backup or from two things in a safe.

use std::fs;
use std::path::{Path, PathBuf};
use truc_tests::programs::{OFFICES, Province, ask, fails, letter};
use truc_tests::support::until;

/// Backs a store up while it is served.
fn backup(province: &Province, name: &str) -> PathBuf {
    let program = if name == "hub" { "truc-hub" } else { "truc-node" };
    let file = province.path().join(format!("{name}.backup"));
    let made = ask(program, &province.dir(name), &["backup", file.to_str().unwrap()]);
    assert_eq!(made["bytes"], fs::metadata(&file).unwrap().len(), "{made}");
    file
}

/// Kills a node, takes its disk away, puts the backup on a new one and starts it.
fn restored(province: &Province, name: &str, file: &Path) {
    province.kill(name);
    fs::remove_dir_all(province.dir(name)).unwrap();
    let program = if name == "hub" { "truc-hub" } else { "truc-node" };
    ask(program, &province.dir(name), &["restore", file.to_str().unwrap()]);
}

fn send(province: &Province, from: &str, title: &str, to: &str) {
    assert!(letter(&province.dir(from), title, to), "{title}");
}

fn settled(province: &Province, code: &str) {
    until("nothing waits, nothing is behind", || {
        let status = province.node(code, &["status"]);
        status["line"]["standing"] == "on" && status["resuming"] == false && status["backlog"]["total"] == 0
    });
}

#[test]
fn a_node_from_an_old_backup_takes_back_what_came_later_and_may_write_meanwhile() {
    let province = Province::running();
    send(&province, "1", "Before", "40");
    settled(&province, "1");
    let file = backup(&province, "1");
    send(&province, "1", "After the backup", "40");
    send(&province, "40", "To it, after the backup", "1");
    until("all of it arrived", || province.titles("40").len() == 3 && province.titles("1").len() == 3);
    settled(&province, "1");
    // Without a line at first, and somebody writes.
    province.kill("hub");
    restored(&province, "1", &file);
    province.start("1");
    assert_eq!(province.titles("1"), ["Before"]);
    assert_eq!(province.node("1", &["status"])["resuming"], true);
    let create = ["directive", "create", "--title", "Written meanwhile", "--to", "40"];
    fails("truc-node", &province.dir("1"), &create, 5, "last number");
    province.node("1", &[&create[..], &["--no-number"]].concat());
    province.start("hub");
    settled(&province, "1");
    let all = ["After the backup", "Before", "To it, after the backup", "Written meanwhile"];
    for office in ["1", "40"] {
        until("everybody has all of it", || {
            let mut titles = province.titles(office);
            titles.sort();
            titles == all
        });
    }
    assert!(
        province.hub(&["question", "list"])["questions"].as_array().unwrap().is_empty(),
        "it was announced"
    );
    send(&province, "1", "And goes on", "40");
    until("it goes on", || province.titles("40").len() == 5);
    province.judge();
}

#[test]
fn a_lost_disk_comes_back_from_the_hub_under_a_new_key() {
    let province = Province::running();
    send(&province, "1", "Own", "40");
    send(&province, "40", "Mail", "1");
    until("it is there", || province.titles("1").len() == 2);
    settled(&province, "1");
    province.kill("1");
    fs::remove_dir_all(province.dir("1")).unwrap();
    province.enrol("1");
    province.start("1");
    until("both come back", || province.titles("1").len() == 2);
    settled(&province, "1");
    send(&province, "1", "New", "40");
    until("it goes on", || province.titles("40").contains(&"New".to_owned()));
    province.judge();
}

#[test]
fn a_hub_from_an_old_backup_is_refilled_by_its_nodes() {
    let province = Province::running();
    send(&province, "1", "Before", "40");
    until("it arrived", || province.titles("40") == ["Before"]);
    let file = backup(&province, "hub");
    send(&province, "1", "After the backup", "40");
    send(&province, "40", "Answer", "1");
    until("all of it arrived", || province.titles("40").len() == 3 && province.titles("1").len() == 3);
    // The hub's own word, which only its nodes still have.
    province.hub(&["office", "revoke", "2", "--reason", "lost"]);
    until("everybody heard of it", || {
        ["1", "40"].iter().all(|code| province.journal(code) == province.journal("40"))
            && province.standing("2") == "refused"
    });
    let known = province.hub(&["status"])["journal"].as_u64().unwrap();
    until("the revocation is on a node's disk", || {
        province.node("1", &["log", "--office", "hub"]).to_string().contains("revoked")
    });
    restored(&province, "hub", &file);
    province.start("hub");
    until("all who may have called", || {
        let refill = province.hub(&["refill"]);
        // The machine that is revoked may call before the hub hears again that it is.
        refill["done"] == true && refill["called"].as_u64() >= Some(2)
    });
    until("all of it is there again", || province.hub(&["status"])["journal"].as_u64().unwrap() >= known);
    assert_eq!(province.standing("2"), "refused", "what was revoked stays so");
    for office in ["1", "40"] {
        settled(&province, office);
    }
    send(&province, "40", "And goes on", "1");
    until("it goes on", || province.titles("1").contains(&"And goes on".to_owned()));
    // Nothing is owed to a machine that was revoked.
    province.kill("2");
    fs::remove_dir_all(province.dir("2")).unwrap();
    province.judge();
}

#[test]
fn a_hub_is_rebuilt_from_the_authoritys_key_and_the_registry() {
    let province = Province::running();
    send(&province, "1", "Before", "40");
    until("it arrived", || province.titles("40") == ["Before"]);
    let export = province.path().join("registry");
    province.hub(&["export-registry", export.to_str().unwrap()]);
    let key = province.path().join("authority.key");
    fs::copy(province.dir("hub").join("authority.key"), &key).unwrap();
    send(&province, "1", "After the export", "40");
    send(&province, "40", "To two", "2");
    until("all of it arrived", || province.titles("40").len() == 3 && province.titles("2").len() == 1);
    province.kill("hub");
    fs::remove_dir_all(province.dir("hub")).unwrap();
    let dir = province.dir("hub");
    let with = |key: &Path| {
        ["rebuild", "--authority-key", key.to_str().unwrap(), "--registry", export.to_str().unwrap()]
            .map(str::to_owned)
    };
    // Another province's key opens nothing.
    let other = Province::new(OFFICES);
    let wrong = with(&other.dir("hub").join("authority.key"));
    fails("truc-hub", &dir, &wrong.each_ref().map(String::as_str), 3, "not the key");
    assert!(!dir.join("hub.toml").exists());
    ask("truc-hub", &dir, &with(&key).each_ref().map(String::as_str));
    province.start("hub");
    until("all have called", || {
        let refill = province.hub(&["refill"]);
        refill["done"] == true && refill["called"] == 3
    });
    for office in ["1", "2", "40"] {
        settled(&province, office);
    }
    send(&province, "2", "And goes on", "40");
    until("it goes on", || province.titles("40").contains(&"And goes on".to_owned()));
    province.judge();
}

#[test]
fn a_backup_under_load_is_always_whole() {
    let province = Province::running();
    let (dir, folder) = (province.dir("1"), province.path().join("backups"));
    fs::create_dir(&folder).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let mut written = 0;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(letter(&dir, &format!("Letter {count}"), "40"));
                count += 1;
            }
            count
        });
        for round in 0..20 {
            let made = ask("truc-node", &dir, &["backup", folder.to_str().unwrap(), "--keep", "3"]);
            let (file, journal) =
                (made["file"].as_str().unwrap().to_owned(), made["journal"].as_u64().unwrap());
            let back = province.path().join(format!("restored-{round}"));
            let restored = ask("truc-node", &back, &["restore", &file]);
            assert_eq!(restored["journal"], journal, "restoring reads every entry of it");
            fs::remove_dir_all(back).unwrap();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        written = writer.join().unwrap();
    });
    assert!(written > 0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    // What people do instead.
    let copy = province.write("copy.db", fs::read(dir.join("journal.db")).unwrap());
    fails(
        "truc-node",
        &province.path().join("other"),
        &["restore", copy.to_str().unwrap()],
        3,
        "not a backup",
    );
    province.stop("1");
    fails("truc-node", &dir, &["restore", folder.to_str().unwrap()], 6, "The folder is not empty");
}

#[test]
fn what_a_machine_wrote_before_it_was_revoked_comes_back_to_a_rebuilt_hub() {
    let list = format!("{}3,40,commune,xã,Đảng ủy xã Ba\n", OFFICES);
    let province = Province::new(&list);
    province.start("hub");
    for code in ["40", "1", "2"] {
        province.enrol(code);
        province.start(code);
    }
    let arrived = |title: &'static str| {
        until("it arrived", || province.titles("40").contains(&title.to_owned()));
    };
    let written = |from: &str, title: &'static str| {
        until("it knows the offices", || letter(&province.dir(from), title, "40"));
        arrived(title);
    };
    // Revoked before the export; neither has another machine since.
    written("2", "Known to the export");
    province.hub(&["office", "revoke", "2", "--reason", "lost"]);
    let export = province.path().join("registry");
    province.hub(&["export-registry", export.to_str().unwrap()]);
    // Enrolled and revoked after it: of this machine the export knows nothing at all.
    province.enrol("3");
    province.start("3");
    written("3", "Unknown to the export");
    province.hub(&["office", "revoke", "3", "--reason", "lost"]);
    for code in ["2", "3"] {
        until("it is refused", || province.standing(code) == "refused");
        province.kill(code);
        fs::remove_dir_all(province.dir(code)).unwrap();
    }
    let known = province.journal("40");
    until("the province knows of both", || {
        province.node("40", &["log", "--office", "hub"]).to_string().matches("revoked").count() >= 2
            && province.journal("40") >= known
    });
    settled(&province, "40");

    let key = province.path().join("authority.key");
    fs::copy(province.dir("hub").join("authority.key"), &key).unwrap();
    province.kill("hub");
    fs::remove_dir_all(province.dir("hub")).unwrap();
    let with = ["--authority-key", key.to_str().unwrap(), "--registry", export.to_str().unwrap()];
    ask("truc-hub", &province.dir("hub"), &[&["rebuild"], &with[..]].concat());
    province.start("hub");
    until("both have called", || province.hub(&["refill"])["done"] == true);
    for code in ["1", "40"] {
        settled(&province, code);
    }
    for title in ["Known to the export", "Unknown to the export"] {
        until("it is at the hub again", || {
            province.hub(&["directive", "list", "--last", "100"]).to_string().contains(title)
        });
        assert!(province.titles("40").contains(&title.to_owned()), "{title} still counts at its addressee");
    }
    // An entry that is refused has a word of the hub that says so.
    let log = province.hub(&["log", "--last", "1000"]);
    let refused: Vec<_> =
        log["entries"].as_array().unwrap().iter().filter(|entry| !entry["refused"].is_null()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    province.judge();
}
