//! Answers that need a person: a paper is taken back, a machine that is no continuation is approved.

use std::fs;
use truc_tests::programs::{Province, letter};
use truc_tests::support::{copy_folder, until};

/// Where a directive stands with an office, as another sees it.
fn addressee(province: &Province, at: &str, record: &str) -> serde_json::Value {
    province.node(at, &["directive", "show", record])["addressees"][0].clone()
}

#[test]
fn a_paper_is_taken_in_and_taken_back() {
    let province = Province::running();
    let written = province.node("40", &["directive", "create", "--title", "Sent by mistake", "--to", "1"]);
    let record = written["record"].as_str().unwrap();
    until("it has arrived", || province.titles("1") == ["Sent by mistake"]);
    let accepted = province.node("1", &["directive", "accept", record]);
    assert_eq!(accepted["arrival_number"], "1", "the first of the year's register");
    province.node("40", &["directive", "take-back", record, "--note", "gửi nhầm"]);
    until("it is asked back", || {
        province.node("1", &["directive", "show", record])["take_back"]["text"] == "gửi nhầm"
    });
    province.node("1", &["directive", "agree", record]);
    until("the issuer knows", || addressee(&province, "40", record)["take_back"]["agreed"] == true);
    assert_eq!(addressee(&province, "40", record)["arrival_number"], "1", "the register line stays");
    province.judge();
}

#[test]
fn arrival_numbers_go_on_and_respect_those_given_by_hand() {
    let province = Province::running();
    for title in ["One", "Two", "Three"] {
        assert!(letter(&province.dir("40"), title, "1"));
    }
    until("all have arrived", || province.titles("1").len() == 3);
    let accept = |title: &str, more: &[&str]| {
        let list = province.node("1", &["directive", "list"]);
        let records = list["records"].as_array().unwrap();
        let record = records.iter().find(|record| record["title"] == title).unwrap();
        let words = [&["directive", "accept", record["id"].as_str().unwrap()], more].concat();
        province.node("1", &words)["arrival_number"].clone()
    };
    assert_eq!(accept("One", &[]), "1");
    assert_eq!(accept("Two", &["--arrival-number", "1204"]), "1204");
    assert_eq!(accept("Three", &[]), "1205");
}

#[test]
fn a_copied_machine_is_questioned_and_goes_on_when_it_is_approved() {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "Before", "40"));
    until("it is at the province", || province.titles("40") == ["Before"]);
    province.stop("1");
    let copy = province.path().join("copy");
    copy_folder(&province.dir("1"), &copy);
    province.start("1");
    assert!(letter(&province.dir("1"), "After the copy", "40"));
    until("it is at the province", || province.titles("40").len() == 2);
    province.kill("1");
    // The copy takes the machine's place without a word.
    fs::remove_dir_all(province.dir("1")).unwrap();
    copy_folder(&copy, &province.dir("1"));
    province.start("1");
    until("a person is asked", || province.standing("1") == "questioned");
    assert!(letter(&province.dir("1"), "Written meanwhile", "40"), "people go on writing");
    let asked = province.hub(&["question", "list"]);
    assert_eq!(asked["questions"].as_array().unwrap().len(), 1, "{asked}");
    assert_eq!(province.titles("40").len(), 2, "nothing of it is taken before the answer");
    province.hub(&["question", "approve", "1"]);
    until("all of it is at the province", || {
        let mut titles = province.titles("40");
        titles.sort_unstable();
        titles == ["After the copy", "Before", "Written meanwhile"]
    });
    until("what was forgotten is back", || province.titles("1").len() == 3);
    assert!(province.hub(&["question", "list"])["questions"].as_array().unwrap().is_empty());
    province.judge();
}
