//! Taken back is gone: the copy of a paper that its addressee gave back is in no file of his store, and never comes again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::Value;
use truc_tests::programs::{Province, ask, letter, run};
use truc_tests::support::until;

/// Words of the text, the tasks and the file, which stand nowhere else.
const WORDS: [&str; 3] = ["Phượng vĩ 7319", "Cất giữ 4402", "Tệp riêng 8850"];

/// The files under a folder that hold any of the words.
fn holding(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            let has = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
            found.extend(WORDS.iter().any(|words| has(words)).then_some(path));
        }
    }
    found
}

/// A directive of the province with text, task and file, taken in by the commune and asked back.
fn asked_back(province: &Province) -> String {
    let file = province.write("riêng.txt", WORDS[2]);
    let task = format!("T1|{}|1|2031-01-01", WORDS[1]);
    let paper = ["directive", "create", "--type", "CV", "--title", "Gửi nhầm nơi nhận", "--to", "1"];
    let more = ["--text", WORDS[0], "--task", &task, "--attach", file.to_str().unwrap()];
    let written = province.node("40", &[&paper[..], &more].concat());
    let record = written["record"].as_str().unwrap().to_owned();
    until("it has arrived, with its file", || {
        let arrived = province.titles("1").len() == 1;
        arrived && province.node("1", &["directive", "show", &record])["attachments"][0]["complete"] == true
    });
    province.node("1", &["directive", "accept", &record]);
    province.node("40", &["directive", "take-back", &record, "--note", "gửi nhầm"]);
    until("it is asked back", || {
        province.node("1", &["directive", "show", &record])["take_back"]["text"] == "gửi nhầm"
    });
    record
}

fn found(province: &Province, words: &str) -> usize {
    province.node("1", &["search", words])["records"].as_array().map_or(0, Vec::len)
}

/// What the commune shows of a record; null while its views are made anew.
fn shown(province: &Province, record: &str) -> Value {
    let said = run("truc-node", &province.dir("1"), &["directive", "show", record, "--json"]);
    serde_json::from_slice(&said.stdout).unwrap_or_default()
}

fn destroyed(province: &Province) -> Value {
    let verified = ask("truc-node", &province.dir("1"), &["verify"]);
    assert_eq!(verified["verified"], true, "{verified}");
    verified["destroyed"].clone()
}

#[test]
fn what_is_given_back_is_gone_and_its_line_stays() {
    let province = Province::running();
    let record = asked_back(&province);
    until("it can be found", || found(&province, "Phượng vĩ") == 1);
    let backup = province.path().join("1.backup");
    ask("truc-node", &province.dir("1"), &["backup", backup.to_str().unwrap()]);
    assert!(!holding(&province.dir("1")).is_empty());
    let file = shown(&province, &record)["attachments"][0]["hash"].as_str().unwrap().to_owned();

    province.node("1", &["directive", "agree", &record]);
    until("no file holds its words", || holding(&province.dir("1")).is_empty());
    until("the sender knows", || {
        let shown = province.node("40", &["directive", "show", &record]);
        shown["addressees"][0]["take_back"]["agreed"] == true
    });
    until("the views are made anew", || shown(&province, &record)["title"].is_string());
    let line = shown(&province, &record);
    assert_eq!((&line["title"], &line["text"]), (&"Gửi nhầm nơi nhận".into(), &"".into()));
    assert_ne!(line["number"], "", "the line of the register stays: {line}");
    assert_eq!(line["addressees"][0]["arrival_number"], "1");
    assert_eq!(line["attachments"].as_array().map(Vec::len), Some(0));
    assert_eq!((found(&province, "Phượng vĩ"), found(&province, "Cất giữ")), (0, 0));
    until("its line is found", || found(&province, "Gửi nhầm") == 1);
    // The program goes on with it, and after a start.
    assert!(letter(&province.dir("40"), "Thư sau", "1"));
    until("what comes later arrives", || province.titles("1").len() == 2);
    province.kill("1");
    assert!(holding(&province.dir("1")).is_empty());
    assert_eq!(destroyed(&province), 1);
    // What comes of its file all the same, or could not be removed, goes at the next start.
    let files = province.dir("1").join("attachments");
    let left = [format!("{file}.part"), file.clone(), format!("{file}.spoilt")].map(|name| files.join(name));
    for path in &left {
        fs::write(path, WORDS[2]).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH).unwrap();
    }
    province.start("1");
    until("it is gone again", || left.iter().all(|path| !path.exists()));
    province.kill("1");
    // An archive holds the order beside what was destroyed, whatever was selected.
    let number = line["number"].as_str().unwrap();
    let sender = province.node("40", &["status"])["office"].as_str().unwrap().to_owned();
    for (name, selection) in
        [("all", &[][..]), ("record", &["--record", number]), ("sender", &["--office", &sender])]
    {
        let archive = province.path().join(name);
        let archive = archive.to_str().unwrap();
        ask("truc-node", &province.dir("1"), &[&["export", archive], selection].concat());
        let verified = ask("truc-node", &province.dir("1"), &["verify", archive]);
        assert_eq!(
            (&verified["verified"], &verified["destroyed"]),
            (&true.into(), &1.into()),
            "{name}: {verified}"
        );
    }

    // An older store gets the agreement again, and the paper with it: it is destroyed again.
    fs::remove_dir_all(province.dir("1")).unwrap();
    ask("truc-node", &province.dir("1"), &["restore", backup.to_str().unwrap()]);
    assert!(!holding(&province.dir("1")).is_empty(), "backups are not reached");
    province.start("1");
    until("it is gone again", || holding(&province.dir("1")).is_empty());
    until("the agreement is back", || {
        shown(&province, &record)["addressees"][0]["take_back"]["agreed"] == true
    });
    province.judge();
}
