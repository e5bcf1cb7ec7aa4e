//! D1 for what is seldom done: backup, restore, rebuild and accounts end at every named point, and the next try finds
//! everything whole.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use truc_node::accounts::{Accounts, Attempt, Login, Realm};
use truc_tests::programs::{ABORTED, OFFICES, Province, ask, command, letter, run};
use truc_tests::support::{copy_folder, until};

/// Runs a command that is to end at the N-th passing of a point; whether it came so far.
fn ends_at(program: &str, dir: &Path, args: &[&str], point: &str, nth: usize) -> bool {
    let ended = command(program, dir, args).env("TRUC_KILL_AT", format!("{point}:{nth}")).output().unwrap();
    let aborted = ended.status.signal() == Some(ABORTED);
    assert!(aborted || ended.status.success(), "{point}: {}", String::from_utf8_lossy(&ended.stderr));
    aborted
}

fn points(part: &'static str) -> impl Iterator<Item = &'static str> {
    let all = truc_node::fault::POINTS.iter().chain(truc_hub::fault::POINTS);
    all.copied().filter(move |point| point.starts_with(part))
}

/// A province with a letter each way, at rest.
fn with_letters() -> Province {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "Up", "40") && letter(&province.dir("40"), "Down", "1"));
    until("both arrived", || ["1", "40"].iter().all(|code| province.titles(code).len() == 2));
    until("nothing waits", || province.node("1", &["status"])["backlog"]["total"] == 0);
    province
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_that_ends_at_any_point_is_whole_or_not_there() {
    let province = with_letters();
    let folder = province.path().join("backups");
    for (program, name) in [("truc-node", "1"), ("truc-hub", "hub")] {
        let dir = province.dir(name);
        let held = ask(program, &dir, &["status"])["journal"].clone();
        for point in points("backup.") {
            fs::create_dir(&folder).unwrap();
            let file = folder.join("file");
            let to = file.to_str().unwrap();
            assert!(ends_at(program, &dir, &["backup", to], point, 1), "{point} is not passed");
            let made = file.exists();
            assert_eq!(run(program, &dir, &["backup", to]).status.code(), Some(if made { 3 } else { 0 }));
            let back = folder.join("back");
            assert_eq!(ask(program, &back, &["restore", to])["journal"], held, "{point}");
            assert_eq!(names(&folder), ["back", "file"], "{point}: nothing else is left");
            fs::remove_dir_all(&folder).unwrap();

            // Into a folder, under names of its own.
            fs::create_dir(&folder).unwrap();
            let to = folder.to_str().unwrap();
            assert!(ends_at(program, &dir, &["backup", to], point, 1), "{point} is not passed");
            ask(program, &dir, &["backup", to, "--keep", "1"]);
            let left = names(&folder);
            assert!(left.len() == 1 && left[0].ends_with(".backup"), "{point}: {left:?}");
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}

/// Puts a store into a folder with a command that is ended at every passing of every one of the points, and once more if
/// that is needed. `whole` looks at what came of it.
fn put_at_every_point(
    program: &str,
    dir: &Path,
    args: &[&str],
    points: impl Iterator<Item = &'static str>,
    whole: impl Fn(&str),
) {
    for point in points {
        for nth in 1.. {
            let ended = ends_at(program, dir, args, point, nth);
            assert!(ended || nth > 1, "{point} is not passed");
            let round = format!("{point}:{nth}");
            if ended {
                let again = run(program, dir, args);
                let occupied = again.status.code() == Some(6);
                let said = String::from_utf8_lossy(&again.stderr);
                assert!(again.status.success() || occupied, "{round}: {said}");
                // What people do with a store that was put back; it must not be written over.
                if occupied {
                    assert_eq!(run(program, dir, &["status"]).status.code(), Some(0), "{round}");
                    assert_eq!(run(program, dir, args).status.code(), Some(6), "{round}");
                }
            }
            assert!(!dir.join("restoring").exists(), "{round}");
            whole(&round);
            fs::remove_dir_all(dir).unwrap();
            if !ended {
                break;
            }
        }
    }
}

#[test]
fn a_restore_that_ends_at_any_point_can_be_made_again_and_overwrites_nothing() {
    let province = with_letters();
    for (program, name) in [("truc-node", "1"), ("truc-hub", "hub")] {
        let file = province.path().join(format!("{name}.backup"));
        let held = ask(program, &province.dir(name), &["backup", file.to_str().unwrap()])["journal"].clone();
        let dir = province.path().join("back").join(name);
        let args = ["restore", file.to_str().unwrap()];
        // A node is marked as behind in its journal, a hub in a file.
        let passed = points("restore.").chain(points("refill.note.").filter(|_| name == "hub"));
        put_at_every_point(program, &dir, &args, passed, |round| {
            let status = ask(program, &dir, &["status"]);
            assert_eq!(status["journal"], held, "{round}");
            match name {
                "hub" => assert!(!ask(program, &dir, &["refill"])["since"].is_null(), "{round}"),
                _ => assert_eq!(status["resuming"], true, "{round}"),
            }
        });
    }
}

#[test]
fn a_rebuild_that_ends_at_any_point_can_be_made_again_and_a_refill_goes_on() {
    let province = with_letters();
    let export = province.path().join("registry");
    for point in points("backup.").filter(|point| *point != "backup.note.after") {
        let to = export.with_extension(point);
        let args = ["export-registry", to.to_str().unwrap()];
        assert!(ends_at("truc-hub", &province.dir("hub"), &args, point, 1), "{point} is not passed");
        assert!(!province.dir("hub").join("export.new").join("registry").exists());
    }
    let exported = province.hub(&["export-registry", export.to_str().unwrap()])["journal"].clone();
    assert_eq!(exported.as_u64().map(|entries| entries > 0), Some(true));
    assert!(!province.dir("hub").join("export.new").exists(), "what was left is gone");
    let key = province.path().join("authority.key");
    fs::copy(province.dir("hub").join("authority.key"), &key).unwrap();
    province.kill("hub");
    fs::remove_dir_all(province.dir("hub")).unwrap();

    let dir = province.dir("hub");
    let (key, export) = (key.to_str().unwrap(), export.to_str().unwrap());
    let args = ["rebuild", "--authority-key", key, "--registry", export];
    let passed = points("restore.").chain(points("rebuild.")).chain(points("refill.note."));
    put_at_every_point("truc-hub", &dir, &args, passed, |round| {
        let refill = ask("truc-hub", &dir, &["refill"]);
        assert_eq!((&refill["from"], &refill["called"]), (&"registry".into(), &0.into()), "{round}");
        assert_eq!(ask("truc-hub", &dir, &["status"])["journal"], exported, "{round}");
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(dir.join("authority.key")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600, "{round}");
    });

    // It ends while its nodes call.
    ask("truc-hub", &dir, &args);
    for point in points("refill.note.") {
        province.doomed("hub", point, 1).aborts(point);
    }
    province.start("hub");
    // Who was cut off waits before he calls again; a program that starts calls at once.
    for code in ["1", "2", "40"] {
        province.stop(code);
        province.start(code);
    }
    until("all have called", || {
        let refill = province.hub(&["refill"]);
        refill["done"] == true && refill["called"] == 3
    });
    for code in ["1", "40"] {
        until("nothing waits", || province.node(code, &["status"])["backlog"]["total"] == 0);
        assert_eq!(province.titles(code).len(), 2);
    }
    province.judge();
}

/// The password that lies in a store's folder opens its first account.
fn first_may_sign_in(dir: &Path) {
    let text = fs::read_to_string(dir.join("first-password.txt")).unwrap();
    let mut lines = text.lines();
    let attempt = Attempt {
        name: lines.next().unwrap().into(),
        password: lines.next().unwrap().into(),
        source: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let login = Accounts::open(dir, Realm::Desk).unwrap().login(attempt, now);
    assert!(matches!(login, Ok(Login::In(_))), "{login:?}");
}

#[test]
fn accounts_that_end_at_any_point_are_whole() {
    let province = Province::new(OFFICES);
    province.start("hub");
    province.enrol("1");
    let pristine = province.dir("1");
    let copy = |name: &str| -> PathBuf {
        let dir = province.dir(name);
        copy_folder(&pristine, &dir);
        dir
    };
    for point in points("accounts.").chain(points("keys.")) {
        for nth in 1.. {
            // The first start makes an account, and leaves its password for whoever owns the machine.
            let name = format!("first-{point}-{nth}");
            let dir = copy(&name);
            let mut node = province.doomed(&name, point, nth);
            if node.ended().is_none() && dir.join("truc.sock").exists() {
                node.kill();
                fs::remove_dir_all(&dir).unwrap();
                break;
            }
            node.aborts(&name);
            province.start(&name);
            province.kill(&name);
            first_may_sign_in(&dir);
            fs::remove_dir_all(&dir).unwrap();
        }
    }
    for point in points("accounts.") {
        for nth in 1.. {
            let dir = copy("account");
            let add = ["account", "add", "van.thu", "--role", "clerk"];
            let ended = ends_at("truc-node", &dir, &add, point, nth);
            let known = ask("truc-node", &dir, &["account", "list"]).to_string().contains("van.thu");
            let again = run("truc-node", &dir, &add).status.code();
            assert_eq!(again, Some(if known { 5 } else { 0 }), "{point}:{nth}");
            fs::remove_dir_all(&dir).unwrap();
            if !ended {
                assert!(nth > 1, "{point} is not passed");
                break;
            }
        }
    }
    fs::remove_dir_all(province.path().join("nodes")).unwrap();
}
