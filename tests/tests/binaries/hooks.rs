//! The hook for express papers, as a real program of real programs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use truc_tests::programs::Province;
use truc_tests::support::until;

/// A program that adds what it hears to a file, a line each time.
fn program(folder: &Path, name: &str, words: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{words}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[test]
fn an_express_paper_is_told_once_and_a_hook_that_fails_stops_nothing() {
    let province = Province::running();
    let heard = province.path().join("heard");
    let hears = program(province.path(), "hears", &format!("cat >> {0}; echo >> {0}", heard.display()));
    let fails = program(province.path(), "fails", "exit 1");
    let hook = |path: &Path| [("TRUC_NOTIFY_COMMAND", path.to_str().unwrap().to_owned())];
    let serve = |name: &str, path: &Path| {
        let hook = hook(path);
        province.started(name, &hook.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    for name in ["1", "hub"] {
        province.stop(name);
    }
    let mut hub = serve("hub", &fails);
    let mut node = serve("1", &hears);
    let write = |title: &str, urgency: &str| {
        let words =
            ["directive", "create", "--type", "CV", "--title", title, "--to", "1", "--urgency", urgency];
        province.node("40", &words)["number"].as_str().unwrap_or_default().to_owned()
    };
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(&heard).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    write("Không gấp", "normal");
    let number = write("Tên không nói ra", "express");
    until("the program has heard", || !lines().is_empty());
    let first = &lines()[0];
    assert_eq!(
        (&first["type"], &first["urgency"], &first["from"]),
        (&"CV".into(), &3.into(), &"Tỉnh ủy".into())
    );
    assert!(
        first["number"].as_str().unwrap().contains(&number) && first["to"][0] == "Đảng ủy xã Một",
        "{first}"
    );
    assert!(!first.to_string().contains("Tên"), "{first}");
    until("the hub says that its hook fails", || {
        province.hub(&["status"])["loops"]["notify"]["times"].is_u64()
    });

    // After a restart only what came since is told.
    node.stop();
    let second = write("Lại hỏa tốc", "express");
    node = serve("1", &hears);
    until("the second has come", || lines().len() >= 2);
    let last = lines().pop().unwrap();
    assert!(last["number"].as_str().unwrap().contains(&second) && lines().len() == 2, "{:?}", lines());
    node.stop();
    hub.stop();
}
