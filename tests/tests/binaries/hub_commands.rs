//! The hub's command line on bad input: a sentence in the user's language, the documented exit code,
//! no half writes.

use std::net::TcpListener;
use std::path::Path;

use truc_tests::programs::{ask, command, fails_in_both};

#[track_caller]
fn fails(dir: &Path, args: &[&str], exit: i32, vi: &str, en: &str) {
    fails_in_both("truc-hub", dir, args, exit, vi, en);
}

fn made(dir: &Path, address: &str) {
    ask("truc-hub", dir, &["init", "--name", "H", "--address", address, "--enrol-address", "127.0.0.1:1"]);
}

#[test]
fn a_hub_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fails(dir, &["status"], 6, "chưa có trung tâm", "no hub here");
    assert_eq!(dir.read_dir().unwrap().count(), 0, "nothing was made");
    made(dir, "127.0.0.1:2");
    let again = ["init", "--name", "H", "--address", "h:1", "--enrol-address", "h:2"];
    fails(dir, &again, 6, "đã có trung tâm", "a hub here already");
    ask("truc-hub", dir, &["status"]);
}

#[test]
fn a_list_with_a_fault_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    made(dir, "127.0.0.1:2");
    let list = dir.join("list.csv");
    std::fs::write(&list, "code,parent_code,tier,kind,name\n40,,province,t,A\n1,99,commune,x,B\n").unwrap();
    fails(dir, &["office", "import", list.to_str().unwrap()], 3, "Dòng 3", "Line 3");
    fails(dir, &["office", "show", "40"], 4, "Không có cơ quan", "No office has the code or name 40");
}

#[test]
fn a_port_in_use_is_told_apart() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    made(dir.path(), &taken.local_addr().unwrap().to_string());
    for (lang, words) in [("vi", "địa chỉ"), ("en", "uses this address")] {
        let output = command("truc-hub", dir.path(), &["serve"]).env("TRUC_LANG", lang).output().unwrap();
        assert_eq!(output.status.code(), Some(9));
        assert!(String::from_utf8(output.stderr).unwrap().to_lowercase().contains(words));
    }
}

#[test]
fn accounts_of_the_console_are_kept_and_authors_are_among_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    made(dir, "127.0.0.1:2");
    let json = |args: &[&str]| ask("truc-hub", dir, args);
    let office = json(&["status"])["office"].as_str().unwrap().to_owned();
    let guidance = ["guidance", "create", "--title", "G", "--no-number", "--text", "T", "--to", &office];
    json(&guidance);
    let added = json(&["account", "add", "ttb", "--role", "supervisor", "--shown", "Trần Thị B"]);
    assert_eq!(added["account"]["shown"], "Trần Thị B");
    assert_eq!(added["password"].as_str().unwrap().len(), 19);
    fails(dir, &["account", "add", "vt", "--role", "clerk"], 3, "vai trò clerk", "no role clerk");
    fails(dir, &guidance, 5, "không phải tài khoản", "is no active account");
    fails(dir, &[&guidance[..], &["--author", "nobody"]].concat(), 5, "nobody", "nobody");
    json(&[&guidance[..], &["--author", "ttb"]].concat());
    // Reading needs no author.
    json(&["guidance", "list"]);
}

#[test]
fn addresses_of_the_hub_are_named_and_bad_ones_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (address, vi, en) in [
        ("0.0.0.0:7443", "không ai gọi tới được", "nobody can call it"),
        ("127.1:7443", "không phải tên", "neither a name nor"),
        ("tỉnh.vn:7443", "xn--", "xn--"),
        ("hub", "không phải địa chỉ", "is no address"),
    ] {
        let init = ["init", "--name", "H", "--address", address, "--enrol-address", "127.0.0.1:1"];
        fails(dir, &init, 3, vi, en);
    }
    made(dir, "127.0.0.1:2");
    let addresses = |args: &[&str]| ask("truc-hub", dir, &[&["address"], args].concat())["addresses"].clone();
    assert_eq!(addresses(&["list"]), serde_json::json!(["127.0.0.1:2"]));
    let both = serde_json::json!(["hub.example:7443", "127.0.0.1:2"]);
    assert_eq!(addresses(&["add", "hub.example:7443", "--first"]), both);
    assert_eq!(addresses(&["add", "hub.example:7443", "--first"]), both, "done twice is done once");
    assert_eq!(addresses(&["remove", "127.0.0.1:2"]), serde_json::json!(["hub.example:7443"]));
    fails(dir, &["address", "remove", "127.0.0.1:2"], 4, "không nằm trong", "is not among");
    fails(dir, &["address", "remove", "hub.example:7443"], 5, "duy nhất", "only address");
    fails(dir, &["address", "add", "[::]:1"], 3, "không ai gọi tới được", "nobody can call it");
}
