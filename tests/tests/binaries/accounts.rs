//! `account`, over a store as enrolment leaves it.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use truc_node::identity::{IDENTITY, keys};
use truc_proto::id::Hash;
use truc_tests::programs::{ask, command};
use uuid::Uuid;

/// A store that believes in a hub nobody runs.
fn enrolled() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let identity = dir.path().join(IDENTITY);
    keys::make_folder(&identity).unwrap();
    keys::save_ledger_key(&identity, &keys::new_ledger_key().unwrap()).unwrap();
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap().der().clone();
    for name in [keys::TLS_CERTIFICATE, keys::AUTHORITY_CERTIFICATE] {
        keys::save_certificates(&identity.join(name), std::slice::from_ref(&certificate)).unwrap();
    }
    let facts = json!({
        "office": Uuid::from_u128(2), "name": "Xã A", "credential": 1, "hub_office": Uuid::from_u128(1),
        "hub_ledger_key": Hash(keys::new_ledger_key().unwrap().verifying_key().to_bytes()),
        "session_address": "127.0.0.1:1",
    });
    keys::write_private(&identity.join("enrolled.json"), facts.to_string().as_bytes()).unwrap();
    dir
}

fn node(dir: &Path, lang: &str, args: &[&str]) -> Output {
    command("truc-node", dir, args).env("TRUC_LANG", lang).output().unwrap()
}

#[track_caller]
fn json_of(dir: &Path, args: &[&str]) -> Value {
    ask("truc-node", dir, args)
}

#[track_caller]
fn says(dir: &Path, args: &[&str]) -> String {
    let output = node(dir, "vi", args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn fails(dir: &Path, args: &[&str], exit: i32, code: &str) {
    let output = node(dir, "vi", &[args, &["--json"]].concat());
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), error["error"]["code"].as_str()), (Some(exit), Some(code)), "{args:?}");
}

#[test]
fn accounts_are_added_listed_changed_and_disabled() {
    let store = enrolled();
    let dir = store.path();
    assert_eq!(json_of(dir, &["account", "list"]), json!({ "accounts": [] }));
    let said = says(dir, &["account", "add", "nva", "--role", "administrator", "--shown", "Nguyễn Văn A"]);
    for word in ["nva", "Nguyễn Văn A", "quản trị", "đang hoạt động", "Mật khẩu"] {
        assert!(said.contains(word), "{said}");
    }
    let first = json_of(dir, &["account", "add", "vt", "--role", "clerk"]);
    let again = json_of(dir, &["account", "password", "vt"]);
    assert_ne!(first["password"], again["password"]);
    assert_eq!(again["account"]["must_change"], true);
    json_of(dir, &["account", "role", "vt", "specialist"]);
    json_of(dir, &["account", "disable", "vt"]);
    let listed = says(dir, &["account", "list"]);
    assert!(listed.contains("chuyên viên") && listed.contains("đã khóa"), "{listed}");
    assert!(!listed.contains("Mật khẩu"), "{listed}");
    json_of(dir, &["account", "enable", "vt"]);
    assert_eq!(json_of(dir, &["account", "list"])["accounts"][1]["disabled"], false);
    json_of(dir, &["account", "sessions", "end", "vt"]);
}

#[test]
fn what_cannot_be_is_refused_with_its_code() {
    let store = enrolled();
    let dir = store.path();
    json_of(dir, &["account", "add", "nva", "--role", "administrator"]);
    fails(dir, &["account", "add", "nva", "--role", "clerk"], 5, "account-exists");
    fails(dir, &["account", "add", "Nguyễn", "--role", "clerk"], 3, "account-name");
    fails(dir, &["account", "add", "x", "--role", "observer"], 3, "account-role");
    fails(dir, &["account", "disable", "nva"], 5, "account-last-administrator");
    fails(dir, &["account", "role", "nva", "clerk"], 5, "account-last-administrator");
    for args in [&["account", "password", "x"][..], &["account", "sessions", "end", "x"]] {
        fails(dir, args, 4, "account-unknown");
    }
    let wrong = node(dir, "en", &["account", "add", "x", "--role", "king"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn the_author_is_an_account_once_there_are_some() {
    let store = enrolled();
    let dir = store.path();
    let office = Uuid::from_u128(2).to_string();
    let guidance = ["guidance", "create", "--title", "G", "--no-number", "--text", "T", "--to", &office];
    let with = |author| [&guidance[..], &["--author", author]].concat();
    let free = node(dir, "en", &[&with("anybody")[..], &["--json"]].concat());
    let free: Value = serde_json::from_slice(&free.stdout).unwrap();
    assert_ne!(free["error"]["code"], "author-unknown", "no accounts were added yet");
    json_of(dir, &["account", "add", "vt", "--role", "clerk"]);
    fails(dir, &with("anybody"), 5, "author-unknown");
    fails(dir, &guidance, 5, "author-unknown");
    json_of(dir, &["account", "disable", "vt"]);
    fails(dir, &with("vt"), 5, "author-unknown");
}
