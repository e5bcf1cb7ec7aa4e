//! The node's command line on bad input: one sentence in the user's language, the documented exit code.
#![allow(clippy::unwrap_used)]

mod account;

use std::process::Command;

#[track_caller]
fn fails(args: &[&str], exit: i32, vi: &str, en: &str) {
    let dir = tempfile::tempdir().unwrap();
    for (lang, words) in [("vi", vi), ("en", en)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truc-node"));
        let output = command.args(args).arg("--dir").arg(dir.path()).env("TRUC_LANG", lang).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_store_that_nobody_enrolled_is_told_apart() {
    for args in [&["status"][..], &["serve"], &["rebuild-views"], &["directive", "list"]] {
        fails(args, 10, "chưa được kích hoạt", "not enrolled");
    }
    fails(&["enrol", "TRUC1-NONSENSE"], 10, "Mã", "incomplete or mistyped");
}

#[test]
fn machines_get_one_object() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_truc-node"));
    let output = command.args(["status", "--json", "--dir"]).arg(dir.path()).output().unwrap();
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["code"], "not-enrolled");
    assert_eq!(error["error"]["exit"], 10);
}
