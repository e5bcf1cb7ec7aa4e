//! What stays inside an office: the hub keeps it and cannot read it, a lost machine gets it back with sheets or from its
//! backup, and without either everything else comes back and what is closed is counted.

use std::fs;
use std::path::{Path, PathBuf};

use truc_tests::programs::{Province, fails, letter};
use truc_tests::support::until;

/// Words that stand in the house of office 1 alone.
const CANARIES: [&str; 4] = ["Quạ Đen Canary", "Phòng Chim Sẻ Canary", "chuyên viên chim sâu", "CHIMRI"];

const HOUSE: &str = r#"
office = "1"
name = "Đảng ủy xã Một"
first_day = 2026-01-01
[[units]]
id = "CHIMRI"
name = "Phòng Chim Sẻ Canary"
class = "own"
[[people]]
id = "qua"
name = "Quạ Đen Canary"
title = "chuyên viên chim sâu"
unit = "CHIMRI"
head = true
account = "chief"
[[rights]]
person = "qua"
right = "nep-nha"
"#;

/// Every file below a folder that holds one of the words.
pub(super) fn telling(folder: &Path, words: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            for word in words {
                if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                    found.push((path.clone(), (*word).to_owned()));
                }
            }
        }
    }
    found
}

fn closed(province: &Province, code: &str) -> u64 {
    province.node(code, &["status"])["closed"].as_u64().unwrap()
}

fn people(province: &Province) -> String {
    province.node("1", &["house", "export"]).to_string()
}

pub(super) fn settled(province: &Province, code: &str) {
    until("nothing waits, nothing is behind", || {
        let status = province.node(code, &["status"]);
        status["line"]["standing"] == "on" && status["resuming"] == false && status["backlog"]["total"] == 0
    });
}

/// A province whose office 1 has a house, and sheets of these people.
fn with_house(holders: &[&str]) -> (Province, Vec<PathBuf>) {
    let province = Province::running();
    let house = province.write("nep-nha.toml", HOUSE);
    province.node("1", &["house", "import", house.to_str().unwrap()]);
    let mut args = vec!["seal", "sheets"];
    args.extend(holders.iter().flat_map(|holder| ["--holder", holder]));
    let made = if holders.is_empty() { serde_json::Value::Null } else { province.node("1", &args) };
    let sheets = made["sheets"].as_array().cloned().unwrap_or_default();
    let sheets = sheets.iter().zip(1..).map(|(sheet, number)| {
        province.write(&format!("sheet-{number}.txt"), sheet["text"].as_str().unwrap().to_lowercase())
    });
    let sheets = sheets.collect();
    assert!(letter(&province.dir("1"), "An open letter", "40"));
    settled(&province, "1");
    (province, sheets)
}

fn lose_the_disk(province: &Province) {
    province.kill("1");
    fs::remove_dir_all(province.dir("1")).unwrap();
    province.enrol("1");
    province.start("1");
    until("the open letter comes back", || province.titles("1") == ["An open letter"]);
    settled(province, "1");
}

fn recover(sheets: &[&PathBuf]) -> Vec<String> {
    let files = sheets.iter().map(|sheet| sheet.to_str().unwrap().to_owned());
    ["seal", "recover"]
        .map(str::to_owned)
        .into_iter()
        .chain(files)
        .chain(["--reason", "Cháy máy"].map(str::to_owned))
        .collect()
}

#[test]
fn nobody_else_reads_what_is_sealed_and_two_of_three_sheets_bring_it_back() {
    let (province, sheets) = with_house(&["Lê Thị Hoa", "Võ Minh", "Trần Lan"]);
    until("the hub has the letter", || province.titles("40") == ["An open letter"]);
    assert!(people(&province).contains(CANARIES[0]));
    // The hub, its log and its backup; and the other offices.
    let backup = province.path().join("hub.backup");
    province.hub(&["backup", backup.to_str().unwrap()]);
    for code in ["hub", "40", "2"] {
        province.stop(code);
        assert_eq!(telling(&province.dir(code), &CANARIES), [], "{code}");
    }
    for file in [backup, province.log("hub")] {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(&file, folder.path().join("copy")).unwrap();
        assert_eq!(telling(folder.path(), &CANARIES), [], "{}", file.display());
    }
    // The search would find them: the hub holds the open letter so, and the office itself its house.
    assert_ne!(telling(&province.dir("hub"), &["An open letter"]), []);
    assert_ne!(telling(&province.dir("1"), &CANARIES), []);
    for code in ["hub", "40", "2"] {
        province.start(code);
    }

    lose_the_disk(&province);
    assert_eq!(closed(&province, "1"), 1, "the house");
    // Sheets made now would look like the last word, without the keys that are missing.
    fails(
        "truc-node",
        &province.dir("1"),
        &["seal", "sheets", "--holder", "Ai đó"],
        5,
        "not all on this machine",
    );
    assert!(!people(&province).contains(CANARIES[0]));
    // What is written meanwhile is sealed with the new machine's key.
    let house = province
        .write("nep-nha-2.toml", HOUSE.replace("\"qua\"", "\"moi\"").replace(CANARIES[0], "Mới Canary"));
    province.node("1", &["house", "import", house.to_str().unwrap()]);
    assert!(people(&province).contains("Mới Canary"));

    let dir = province.dir("1");
    let wrong = |sheets: &[&PathBuf], words: &str| {
        let args = recover(sheets);
        fails("truc-node", &dir, &args.iter().map(String::as_str).collect::<Vec<_>>(), 3, words);
    };
    wrong(&[&sheets[0]], "2 sheets are needed");
    wrong(&[&sheets[1], &sheets[1]], "typed twice");
    let text = fs::read_to_string(&sheets[0]).unwrap();
    let at = text.rfind(char::is_alphanumeric).unwrap();
    let slip = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
    let slipped = province.write("slipped.txt", format!("{}{slip}{}", &text[..at], &text[at + 1..]));
    wrong(&[&slipped, &sheets[1]], "wrong or missing");
    assert_eq!(closed(&province, "1"), 1, "nothing was opened");

    let args = recover(&[&sheets[2], &sheets[0]]);
    let came = province.node("1", &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(came["keys"], 2, "the first key, and the one that was made with the sheets");
    until("it opens", || closed(&province, "1") == 0);
    until("both houses are one", || {
        let people = people(&province);
        people.contains(CANARIES[0]) && people.contains("Mới Canary")
    });
    // The new key is deposited for the same sheets: they bring all of it back once more.
    settled(&province, "1");
    lose_the_disk(&province);
    assert_eq!(closed(&province, "1"), 2);
    let args = recover(&[&sheets[1], &sheets[2]]);
    let came = province.node("1", &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(came["keys"], 3);
    until("it opens", || closed(&province, "1") == 0);
    province.stop("1");
    province.start("1");
    assert_eq!(closed(&province, "1"), 0, "the keys are on the disk");
    province.judge();
}

#[test]
fn a_backup_brings_the_keys_back_and_so_does_a_rebuild() {
    let (province, _) = with_house(&[]);
    let file = province.path().join("1.backup");
    province.node("1", &["backup", file.to_str().unwrap()]);
    province.node("1", &["seal", "rotate"]);
    province.node("1", &["account", "add", "qua", "--role", "chief"]);
    province.node("1", &["house", "say", "people", "id=qua", "title=Sau khi đổi khóa", "--author", "qua"]);
    settled(&province, "1");
    province.stop("1");
    province.node("1", &["rebuild-views"]);
    province.start("1");
    assert!(people(&province).contains("Sau khi đổi khóa"));
    assert_eq!(closed(&province, "1"), 0);
    // The backup is older than the second key: what that sealed is closed, and counted.
    province.kill("1");
    fs::remove_dir_all(province.dir("1")).unwrap();
    province.node("1", &["restore", file.to_str().unwrap()]);
    province.start("1");
    settled(&province, "1");
    until("all of it is back", || closed(&province, "1") == 1);
    assert!(people(&province).contains(CANARIES[0]));
    let told = province.node("1", &["seal", "status"]);
    assert_eq!((&told["keys"], &told["closed"]), (&1.into(), &1.into()), "{told}");
    province.judge();
}

#[test]
fn a_sheet_of_another_office_opens_nothing_and_an_older_set_nothing_new() {
    let (province, first) = with_house(&["Lê Thị Hoa"]);
    province.node("1", &["seal", "check", first[0].to_str().unwrap()]);
    let second = province.node("1", &["seal", "sheets", "--holder", "Võ Minh"]);
    let second = province.write("second.txt", second["sheets"][0]["text"].as_str().unwrap());
    let check = |code: &str, sheet: &Path, exit, words: &str| {
        fails("truc-node", &province.dir(code), &["seal", "check", sheet.to_str().unwrap()], exit, words);
    };
    // The older sheets still open what was deposited for them, and nothing that was sealed since.
    let told = province.node("1", &["seal", "check", first[0].to_str().unwrap()]);
    assert_eq!(told["set"], 1);
    check("2", &second, 5, "another office");
    check("1", &province.write("none.txt", "Công văn số 1"), 3, "no recovery sheet");
    let told = province.node("1", &["seal", "check", second.to_str().unwrap()]);
    assert_eq!(told["set"], 2);
    let told = province.node("1", &["seal", "status"]);
    assert!(told["checked"].is_number(), "{told}");
    assert_eq!(told["deposit"]["holders"][0], "Võ Minh");
    for holders in [vec!["", "b"], vec!["a", "a"], vec!["a", "b", "c", "d"]] {
        let mut args = vec!["seal", "sheets"];
        args.extend(holders.iter().flat_map(|holder| ["--holder", holder]));
        fails("truc-node", &province.dir("1"), &args, 3, "made");
    }
}
