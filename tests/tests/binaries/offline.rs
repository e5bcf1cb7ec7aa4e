//! A line that is away.

use serde_json::json;
use truc_tests::programs::{Province, command, letter};
use truc_tests::support::until;

fn written(from: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{from} {number}")).collect()
}

#[test]
fn what_was_written_without_a_line_arrives_once_and_in_order() {
    let province = Province::running();
    province.stop("hub");
    until("the line is off", || ["40", "1"].iter().all(|code| province.standing(code) == "off"));
    let (down, up) = (written("down", 6), written("up", 6));
    for (down, up) in down.iter().zip(&up) {
        assert!(letter(&province.dir("40"), down, "subtree:40"));
        assert!(letter(&province.dir("1"), up, "40"));
    }
    assert_eq!(province.titles("1"), up, "an office works on without a line");
    assert_eq!(province.node("1", &["status"])["backlog"]["total"], 6);
    // Why, since when, and when it calls again: in the words of an office, not the machine's.
    let status = province.node("1", &["status"]);
    assert_eq!((&status["line"]["why"], &status["ill"]), (&json!("unreachable"), &json!([])), "{status}");
    let uplink = &status["loops"]["uplink"];
    assert!(
        uplink["times"].as_u64() > Some(0) && uplink["again"].as_u64() > uplink["since"].as_u64(),
        "{status}"
    );
    let status = command("truc-node", &province.dir("1"), &["status"]).env("TRUC_LANG", "vi").output();
    let said = String::from_utf8(status.unwrap().stdout).unwrap();
    assert!(
        said.contains("trung tâm không trả lời") && said.contains("Gọi trung tâm: không làm được"),
        "{said}"
    );
    assert!(!said.contains("error") && !said.contains("hub"), "{said}");

    province.start("hub");
    let without = |titles: Vec<String>, word| -> Vec<String> {
        titles.into_iter().filter(|title| !title.starts_with(word)).collect()
    };
    until("all is everywhere", || {
        without(province.titles("40"), "down") == up
            && without(province.titles("1"), "up") == down
            && province.titles("2") == down
    });
    until("all is receipted", || {
        ["40", "1"].iter().all(|code| province.node(code, &["status"])["backlog"]["total"] == 0)
    });
    assert_eq!(province.node("1", &["status"])["loops"], json!({}));
    let log = |name| std::fs::read_to_string(province.log(name)).unwrap();
    assert!(log("1").contains("the line to the hub is back"), "{}", log("1"));
    until("who called is in the log of the hub", || {
        log("hub")
            .lines()
            .any(|line| line.contains("an office has called") && line.contains("1 Đảng ủy xã Một"))
    });
    let report = province.judge();
    assert_eq!(report.offices, 3);
    // The letters, and of each at each office that it has arrived.
    assert_eq!(report.receipts, 12 + 18, "{report:?}");
}

#[test]
fn a_machine_that_was_off_gets_what_it_missed() {
    let province = Province::running();
    province.stop("2");
    for title in written("missed", 3) {
        assert!(letter(&province.dir("40"), &title, "2"));
    }
    // Nobody serves: the command opens the store itself.
    assert!(letter(&province.dir("2"), "own", "40"));
    assert_eq!(province.titles("2"), ["own"]);
    province.start("2");
    until("it has what it missed", || province.titles("2").len() == 4);
    until("its own has gone", || province.titles("40").len() == 4);
    assert_eq!(province.titles("2")[1..], written("missed", 3));
    province.judge();
}

#[test]
fn a_real_list_of_offices_serves_as_well() {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/samples/offices-2025.csv");
    let province = Province::new(&std::fs::read_to_string(list).unwrap());
    province.start("hub");
    for code in ["40", "17464"] {
        province.enrol(code);
        province.start(code);
    }
    until("the registry is there", || province.journal("40") == province.hub(&["status"])["journal"]);
    let paper =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/samples/papers/01-cong-van-hoa-toc-ung-pho-bao.md");
    province.node("40", &["import", paper]);
    until("the paper is there", || province.titles("17464").len() == 1);
    province.judge();
}
