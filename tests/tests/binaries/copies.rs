//! Machines that do not continue the one met last: refused, brought back, and two that call in turn.

use std::fs;

use serde_json::{Value, json};
use truc_tests::programs::{ILL, Province, fails, letter, run};
use truc_tests::support::{copy_folder, until};

/// The commune's machine, written on after a copy was made of its folder: `nodes/copy`.
fn with_a_copy() -> Province {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "Before", "40"));
    until("it is at the province", || province.titles("40") == ["Before"]);
    province.stop("1");
    copy_folder(&province.dir("1"), &province.dir("copy"));
    province.start("1");
    assert!(letter(&province.dir("1"), "After the copy", "40"));
    until("it is at the province", || province.titles("40").len() == 2);
    province
}

/// What the hub's ledger says, by the name of the move.
fn said(province: &Province, name: &str) -> usize {
    let log = province.hub(&["log", "--office", "hub", "--last", "100000"]);
    log["entries"].as_array().unwrap().iter().filter(|entry| entry["move"] == name).count()
}

fn credential(province: &Province, office: &str) -> Value {
    province.hub(&["office", "show", office])["credential"].clone()
}

#[test]
fn a_refused_machine_is_revoked_and_comes_back_with_a_new_code_over_its_store() {
    let province = with_a_copy();
    province.kill("1");
    fs::remove_dir_all(province.dir("1")).unwrap();
    fs::rename(province.dir("copy"), province.dir("1")).unwrap();
    province.start("1");
    until("a person is asked", || province.standing("1") == "questioned");
    assert!(letter(&province.dir("1"), "Written meanwhile", "40"), "people go on writing");
    // Nothing goes by itself, and it says so: to people, and to whatever asks from outside.
    let status = |exit: i32| {
        let told = run("truc-node", &province.dir("1"), &["status"]);
        assert_eq!(told.status.code(), Some(exit), "{told:?}");
        String::from_utf8(told.stdout).unwrap()
    };
    let told = status(ILL);
    assert!(told.contains("nothing goes by itself") && told.contains("items wait"), "{told}");
    assert_eq!(province.node("1", &["status"])["ill"], json!(["questioned"]));
    province.hub(&["question", "refuse", "1"]);
    until("it is shut out", || province.standing("1") == "refused");
    assert!(status(ILL).contains("The hub refuses this machine"));
    assert_eq!(province.node("1", &["status"])["line"]["why"], "revoked");
    assert_eq!(province.hub(&["office", "show", "1"])["revoked_up_to"], 1);
    assert_eq!((said(&province, "answer"), said(&province, "revoked")), (1, 1));
    assert_eq!(province.titles("40").len(), 2, "nothing of it was taken");
    fails("truc-hub", &province.dir("hub"), &["question", "approve", "1"], 4, "waits");

    // In use; for another office, whose machine and code are left alone.
    let code = province.code("1");
    fails("truc-node", &province.dir("1"), &["enrol", &code], 6, "using this store");
    province.stop("1");
    let other = province.code("2");
    fails("truc-node", &province.dir("1"), &["enrol", &other], 10, "another office");
    assert_eq!(credential(&province, "2"), 1);
    assert_eq!(province.standing("2"), "on");

    let enrolled = province.node("1", &["enrol", &code]);
    assert_eq!(enrolled["credential"], 2);
    fails("truc-node", &province.dir("1"), &["enrol", &code], 10, "this very code");
    assert!(!province.dir("1").join("identity.new").exists(), "the old keys are gone");
    province.start("1");
    until("all of it is at the province", || {
        let mut titles = province.titles("40");
        titles.sort_unstable();
        titles == ["After the copy", "Before", "Written meanwhile"]
    });
    until("what was forgotten is back", || province.titles("1").len() == 3);
    until("it is not behind any more", || province.node("1", &["status"])["resuming"] == false);
    assert_eq!(said(&province, "question"), 1);
    // The code for the other office still counts.
    province.stop("2");
    assert_eq!(province.node("2", &["enrol", &other])["credential"], 2);
    province.start("2");
    until("it is on", || province.standing("2") == "on");
    province.judge();
}

#[test]
fn two_copies_that_call_in_turn_are_asked_about_once() {
    let province = with_a_copy();
    province.start("copy");
    let asked = || province.hub(&["question", "list"])["questions"].clone();
    until("they have taken turns", || asked()[0]["calls"].as_u64() >= Some(4));
    assert_eq!(asked().as_array().unwrap().len(), 1);
    assert_eq!(said(&province, "question"), 1);
    // Both machines are shown, by what tells one from the other.
    let machines = asked()[0]["machines"].as_array().unwrap().clone();
    let of = |asked: bool| machines.iter().find(|one| one["asked"] == asked).unwrap();
    let (copy, rightful) = (of(true), of(false));
    assert_eq!((&copy["source"], &copy["host"]), (&json!("127.0.0.1"), &rightful["host"]), "{machines:?}");
    assert!(copy["started"].as_u64() > rightful["started"].as_u64(), "{machines:?}");
    assert!(copy["booted"].as_u64() < copy["started"].as_u64(), "{machines:?}");
    let listed = run("truc-hub", &province.dir("hub"), &["question", "list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("in question") && listed.contains("taken for the right one"), "{listed}");
    // The copy says that nothing of it goes by itself, also between its calls.
    assert!(letter(&province.dir("copy"), "By the copy", "40"));
    until("it says so without a line", || {
        let line = province.node("copy", &["status"])["line"].clone();
        line["standing"] == "off" && line["asked"].is_u64()
    });
    // A person answers, and is asked anew when there is something to ask anew.
    province.kill("1");
    until("the copy waits", || asked()[0]["waiting"] == true);
    province.hub(&["question", "approve", "1"]);
    until("the copy goes on", || province.standing("copy") == "on");
    assert_eq!(asked(), serde_json::json!([]));
    assert_eq!(said(&province, "question"), 1);
    province.start("1");
    until("now the other one is asked about", || asked()[0]["calls"].as_u64() >= Some(2));
    assert_eq!(said(&province, "question"), 2);
    province.kill("1");
    fs::remove_dir_all(province.dir("1")).unwrap();
    until("the copy is on", || province.standing("copy") == "on");
    province.judge();
}
