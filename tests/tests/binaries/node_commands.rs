//! The node's command line on bad input: one sentence in the user's language, the documented exit code.

use truc_tests::programs::{fails_in_both, run};

#[track_caller]
fn fails(args: &[&str], exit: i32, vi: &str, en: &str) {
    let dir = tempfile::tempdir().unwrap();
    fails_in_both("truc-node", dir.path(), args, exit, vi, en);
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_store_that_nobody_enrolled_is_told_apart() {
    for args in [&["status"][..], &["serve"], &["rebuild-views"], &["directive", "list"]] {
        fails(args, 10, "chưa được kết nối", "not enrolled");
    }
    fails(&["enrol", "TRUC1-NONSENSE"], 10, "Mã", "incomplete or mistyped");
}

#[test]
fn machines_get_one_object() {
    let dir = tempfile::tempdir().unwrap();
    let output = run("truc-node", dir.path(), &["status", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["code"], "not-enrolled");
    assert_eq!(error["error"]["exit"], 10);
}
