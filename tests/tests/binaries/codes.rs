//! Enrolment codes that do not enrol.

use std::fs;

use truc_node::clock::unix_now;
use truc_proto::code::EnrolmentCode;
use truc_tests::programs::{OFFICES, Province, fails, run};

#[track_caller]
fn refused(province: &Province, code: &str, words: &str) {
    let dir = province.dir("refused");
    fails("truc-node", &dir, &["enrol", code], 10, words);
    assert!(!dir.exists(), "nothing stays behind");
}

#[test]
fn each_bad_code_gets_its_own_sentence_and_leaves_nothing() {
    let province = Province::new(OFFICES);
    province.start("hub");
    let good = province.code("1");
    let changed = EnrolmentCode { secret: [7; 16], ..EnrolmentCode::from_text(&good).unwrap() };
    refused(&province, &changed.to_text().unwrap(), "gave out no such code");
    let last = good.chars().last().unwrap();
    let damaged = format!("{}{}", &good[..good.len() - 1], if last == '0' { '4' } else { '0' });
    refused(&province, &damaged, "incomplete or mistyped");
    refused(&province, &good[..good.len() / 2], "incomplete or mistyped");
    refused(&province, "", "incomplete or mistyped");

    let newer = province.code("1");
    refused(&province, &good, "expired");
    let codes = rusqlite::Connection::open(province.dir("hub").join("codes.db")).unwrap();
    codes.execute("UPDATE code SET expires = 1", []).unwrap();
    refused(&province, &newer, "expired");

    let newest = province.code("1");
    province.node("1", &["enrol", &newest]);
    refused(&province, &newest, "Another machine enrolled with this code");
    let identity = fs::read(province.dir("1").join("identity/enrolled.json")).unwrap();
    fails("truc-node", &province.dir("1"), &["enrol", &newest], 10, "this very code");
    assert_eq!(fs::read(province.dir("1").join("identity/enrolled.json")).unwrap(), identity);
}

#[test]
fn a_code_lives_as_long_as_was_said_and_no_longer() {
    let province = Province::new(OFFICES);
    province.start("hub");
    let week = 7 * 86_400;
    let code = |valid: &str| province.hub(&["office", "code", "1", "--valid", valid])["codes"][0].clone();
    let made = code("7d");
    let left = made["expires"].as_u64().unwrap() - unix_now();
    assert!((week - 60..=week).contains(&left), "{left}");
    // As if that time had passed at the hub; what is written in the code is still ahead.
    let codes = rusqlite::Connection::open(province.dir("hub").join("codes.db")).unwrap();
    let pass = |seconds: u64| {
        codes
            .execute("UPDATE code SET expires = expires - ?1 WHERE used_by IS NULL", [seconds as i64])
            .unwrap()
    };
    pass(week + 1);
    refused(&province, made["code"].as_str().unwrap(), "expired");
    let made = code("7d");
    pass(week - 600);
    province.node("1", &["enrol", made["code"].as_str().unwrap()]);
    let dir = province.dir("hub");
    for wrong in ["8d", "0m", "soon"] {
        fails("truc-hub", &dir, &["office", "code", "1", "--valid", wrong], 3, "at most 7 days");
    }
}

#[test]
fn a_hub_that_is_away_does_not_cost_the_code() {
    let province = Province::new(OFFICES);
    let code = province.code("1");
    fails("truc-node", &province.dir("1"), &["enrol", &code], 8, "cannot be reached");
    assert!(!province.dir("1").exists());
    province.start("hub");
    province.node("1", &["enrol", &code]);
}

#[test]
fn there_is_no_code_for_nobody_or_the_hub() {
    let province = Province::new(OFFICES);
    let dir = province.dir("hub");
    fails("truc-hub", &dir, &["office", "code", "99"], 4, "No office has the code or name 99");
    assert_eq!(run("truc-hub", &dir, &["office", "code"]).status.code(), Some(2));
}
