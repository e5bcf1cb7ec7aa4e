//! D1: the real programs end at every named point of what they write, and keep what they acknowledged.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::{Duration, Instant};
use truc_tests::programs::{ABORTED, OFFICES, Process, Province, command, run};
use truc_tests::support::{literals, until};

/// Which passing of a point ends the program.
const NTH: [usize; 2] = [1, 4];
/// A point that is not passed in this time is passed never.
const LONG: Duration = Duration::from_secs(60);
/// Between letters: files travel meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Points that only enrolment passes; they have a test of their own.
fn of_enrolment(point: &str) -> bool {
    ["keys.", "enrol.", "store.credential.", "codes.", "credential."]
        .iter()
        .any(|part| point.starts_with(part))
}

/// Points of what is seldom done: `rare_points.rs` passes them, and `certificates.rs` those of new certificates.
fn is_rare(point: &str) -> bool {
    ["accounts.", "backup.", "rebuild.", "refill.", "restore.", "trust."]
        .iter()
        .any(|part| point.starts_with(part))
}

/// Writes at both ends until the program has ended; what was acknowledged at each.
fn until_it_ends(
    province: &Province,
    process: &mut Process,
    round: &str,
    acked: &mut [Vec<String>; 2],
) -> ExitStatus {
    let begun = Instant::now();
    let mut asked_to_stop = false;
    for number in 0.. {
        if let Some(status) = process.ended() {
            return status;
        }
        for (end, (from, to)) in [("1", "40"), ("40", "1")].into_iter().enumerate() {
            let title = format!("{from}-{round}-{number}");
            let mut args = vec!["directive", "create", "--title", &title, "--to", to];
            let file = province.path().join(format!("{title}.txt"));
            // A file that has not come to the hub yet holds those behind it up: not too many of them.
            if number % 3 == 0 {
                fs::write(&file, title.repeat(20)).unwrap();
                args.extend(["--attach", file.to_str().unwrap()]);
            }
            if run("truc-node", &province.dir(from), &args).status.success() {
                acked[end].push(title);
            }
        }
        sleep(PAUSE);
        // Some points are passed only when a program closes its store.
        if number >= 6 && !asked_to_stop && round.contains("checkpoint") {
            process.signal("TERM");
            asked_to_stop = true;
        }
        assert!(begun.elapsed() < LONG, "{round}: the point was not passed");
    }
    unreachable!()
}

/// Ends a program at each of its points and holds what is there against what was acknowledged.
fn at_each_point(victim: &str, points: &[&str]) {
    let province = Province::running();
    let mut acked: [Vec<String>; 2] = Default::default();
    province.stop(victim);
    for point in points {
        for nth in NTH {
            // A store is closed once in a life.
            if nth > 1 && point.starts_with("journal.checkpoint") {
                continue;
            }
            let round = format!("{point}-{nth}");
            let mut process = province.doomed(victim, point, nth);
            let status = until_it_ends(&province, &mut process, &round, &mut acked);
            assert_eq!(status.signal(), Some(ABORTED), "{round}: {status}");
            for (code, acked) in ["1", "40"].into_iter().zip(&acked) {
                let here = own(&province, code);
                assert_eq!(here.iter().collect::<BTreeSet<_>>().len(), here.len(), "{round}: twice");
                let kept: Vec<&String> = here.iter().filter(|title| acked.contains(title)).collect();
                assert_eq!(kept, acked.iter().collect::<Vec<_>>(), "{round}: what was acknowledged is here");
            }
        }
    }
    province.start(victim);
    // Who was cut off so often waits long before he calls again; a program that starts calls at once.
    for code in ["1", "40"].into_iter().filter(|code| *code != victim) {
        province.stop(code);
        province.start(code);
    }
    for (from, to) in [("1", "40"), ("40", "1")] {
        let sent = own(&province, from);
        until("all has been delivered", || {
            let there = titles_of(&province, to, from);
            there.len() == sent.len()
        });
        assert_eq!(titles_of(&province, to, from), sent, "what is here is there, once, in order");
    }
    let begun = Instant::now();
    while let Some(file) = ["1", "40", "hub"].iter().find_map(|name| unfinished(&province.dir(name))) {
        assert!(begun.elapsed() < LONG, "{file} is not whole");
        sleep(Duration::from_millis(200));
    }
    assert!(acked.iter().all(|acked| acked.len() > points.len()), "hardly any was acknowledged");
    province.judge();
}

/// Titles of what an office wrote, oldest first, as it shows them itself.
fn own(province: &Province, code: &str) -> Vec<String> {
    titles_of(province, code, code)
}

fn titles_of(province: &Province, at: &str, from: &str) -> Vec<String> {
    let start = format!("{from}-");
    province.titles(at).into_iter().filter(|title| title.starts_with(&start)).collect()
}

/// A file of a store that is still on its way.
fn unfinished(dir: &Path) -> Option<String> {
    let within = |folder: &Path| fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    let files = dir.join("attachments");
    // At the hub each office has a folder of its own for what it brings.
    let brought = within(&files.join("unfinished")).flat_map(|office| within(&office).collect::<Vec<_>>());
    let coming = within(&files).filter(|path| path.extension().is_some_and(|ending| ending == "part"));
    coming.chain(brought).next().map(|path| path.display().to_string())
}

#[test]
fn a_node_that_ends_at_any_point_keeps_what_it_acknowledged() {
    let points: Vec<&str> = truc_node::fault::POINTS
        .iter()
        .copied()
        .filter(|point| !of_enrolment(point) && !is_rare(point))
        .collect();
    at_each_point("1", &points);
}

#[test]
fn a_hub_that_ends_at_any_point_loses_nothing() {
    // It takes in no files of its own here.
    let not_here = ["attachments.create.after", "attachments.copy.after", "attachments.sync.after"];
    let all = truc_node::fault::POINTS.iter().chain(truc_hub::fault::POINTS).copied();
    let points: Vec<&str> =
        all.filter(|point| !of_enrolment(point) && !is_rare(point) && !not_here.contains(point)).collect();
    at_each_point("hub", &points);
}

/// A machine that enrols, whatever the first try left: the code as long as it is good, then a new one.
fn enrolled_at_last(province: &Province, office: &str, code: &str) {
    let dir = province.dir(office);
    if dir.join("identity").exists() {
        return;
    }
    let again = run("truc-node", &dir, &["enrol", code]);
    if !again.status.success() {
        assert_eq!(again.status.code(), Some(10), "{}", String::from_utf8_lossy(&again.stderr));
        province.enrol(office);
    }
}

#[test]
fn enrolment_that_ends_at_any_point_can_be_done_again() {
    let list = (10..40).map(|code| format!("{code},40,commune,xã,Đảng ủy xã {code}\n"));
    let province = Province::new(&(OFFICES.to_owned() + &list.collect::<String>()));
    let mut offices = (10..40).map(|code| code.to_string());
    province.start("hub");
    province.enrol("40");
    let points: BTreeSet<&str> = truc_node::fault::POINTS
        .iter()
        .chain(truc_hub::fault::POINTS)
        .copied()
        .filter(|point| of_enrolment(point))
        .collect();
    let mut enrolled = Vec::new();
    for point in points {
        let of_hub = truc_hub::fault::POINTS.contains(&point);
        let of_first_write = point.starts_with("store.");
        // Keys and certificates are five files.
        let nths: &[usize] = if point.starts_with("keys.") { &[1, 4] } else { &[1] };
        for nth in nths {
            let office = offices.next().unwrap();
            let dir = province.dir(&office);
            let kill_at = format!("{point}:{nth}");
            if of_hub {
                let adds = point.starts_with("codes.add");
                let code = if adds { String::new() } else { province.code(&office) };
                province.stop("hub");
                let hub = province.doomed("hub", point, *nth);
                let tried = if adds {
                    run("truc-hub", &province.dir("hub"), &["office", "code", &office, "--replace"])
                } else {
                    run("truc-node", &dir, &["enrol", &code])
                };
                assert!(!tried.status.success(), "{kill_at}");
                hub.aborts(&kill_at);
                province.start("hub");
                let code = if adds { province.code(&office) } else { code };
                enrolled_at_last(&province, &office, &code);
            } else {
                let code = province.code(&office);
                if of_first_write {
                    province.node(&office, &["enrol", &code]);
                }
                let args: &[&str] = if of_first_write { &["status"] } else { &["enrol", &code] };
                let ended =
                    command("truc-node", &dir, args).env("TRUC_KILL_AT", &kill_at).output().unwrap().status;
                assert_eq!(ended.signal(), Some(ABORTED), "{kill_at}");
                enrolled_at_last(&province, &office, &code);
            }
            province.start(&office);
            let written = ["directive", "create", "--title", &kill_at, "--to", "40"];
            until("it knows the offices and writes", || run("truc-node", &dir, &written).status.success());
            assert_eq!(province.titles(&office), std::slice::from_ref(&kill_at));
            enrolled.push(kill_at);
        }
    }
    // Who was cut off waits before he calls again; a program that starts calls at once.
    for office in (10..40).map(|code| code.to_string()).take(enrolled.len()) {
        province.stop(&office);
        province.start(&office);
    }
    province.start("40");
    until("all has been delivered", || province.titles("40").len() == enrolled.len());
    let arrived: BTreeSet<String> = province.titles("40").into_iter().collect();
    assert_eq!(arrived, enrolled.into_iter().collect());
    province.judge();
}

#[test]
fn every_point_of_the_code_is_in_the_lists() {
    for (part, list) in [("node", truc_node::fault::POINTS), ("hub", truc_hub::fault::POINTS)] {
        let mut found = literals(part, "fault::point(\"");
        // Steps of the demo have names without a dot.
        found.extend(literals(part, ".step(\"").into_iter().filter(|name| name.contains('.')));
        let listed: BTreeSet<String> = list.iter().map(|point| (*point).to_owned()).collect();
        assert_eq!(found, listed, "{part}/src/fault.rs");
    }
}
