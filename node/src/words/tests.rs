#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::*;

fn vars(set: &[(&str, &str)]) -> Lang {
    Lang::from_vars(|name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn the_environment_chooses_the_language() {
    assert_eq!(vars(&[]), Lang::Vi);
    assert_eq!(vars(&[("LANG", "vi_VN.UTF-8")]), Lang::Vi);
    assert_eq!(vars(&[("LANG", "en_US.UTF-8")]), Lang::En);
    assert_eq!(vars(&[("LANG", "C.UTF-8")]), Lang::En);
    assert_eq!(vars(&[("LANG", "POSIX")]), Lang::En);
    assert_eq!(vars(&[("LANG", "en_US"), ("LC_MESSAGES", "vi_VN")]), Lang::Vi);
    assert_eq!(vars(&[("LC_ALL", "C"), ("LC_MESSAGES", "vi_VN")]), Lang::En);
    assert_eq!(vars(&[("LC_ALL", "C"), ("TRUC_LANG", "vi")]), Lang::Vi);
    assert_eq!(vars(&[("LC_ALL", ""), ("LANG", "en")]), Lang::En);
    assert_eq!(vars(&[("LANG", "fr_FR")]), Lang::Vi);
}

#[test]
fn both_languages_speak_and_count() {
    assert_eq!(say!(Lang::Vi, "st-overdue", time = "45 phút"), "quá hạn 45 phút");
    assert_eq!(say!(Lang::En, "agg-offices", count = 1), "1 office");
    assert_eq!(say!(Lang::En, "agg-offices", count = 2usize), "2 offices");
    assert_eq!(say!(Lang::Vi, "agg-offices", count = u64::MAX), format!("{} cơ quan", u64::MAX));
    // Direction marks of the argument stay, none are added.
    assert_eq!(say!(Lang::Vi, "st-overdue", time = "\u{202e}x"), "quá hạn \u{202e}x");
}

#[test]
fn what_is_missing_shows_as_itself() {
    assert_eq!(say(Lang::En, "no-such-key", &[("a", Value::from("b"))]), "no-such-key a=b");
    assert_eq!(say!(Lang::En, "st-overdue"), "st-overdue");
}

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Keys of a language with the names of their arguments.
fn catalogue(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for file in fs::read_dir(crate_dir().join("words").join(lang)).unwrap() {
        let path = file.unwrap().path();
        let mut key = String::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                key = line.split_once(" =").unwrap_or_else(|| panic!("{line}")).0.to_owned();
                assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} comes twice in {lang}");
            }
            for placeable in line.split("{ $").skip(1) {
                let end = placeable.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap();
                keys.get_mut(&key).unwrap().insert(placeable[..end].to_owned());
            }
            // The scan above must see every argument.
            assert_eq!(line.matches('$').count(), line.matches("{ $").count(), "{path:?}: {line}");
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys_and_arguments() {
    let (vi, en) = (catalogue("vi"), catalogue("en"));
    assert!(vi.len() > 50);
    assert_eq!(vi, en);
}

#[test]
fn every_text_can_be_said() {
    for (key, names) in catalogue("vi") {
        let args: Vec<_> = names.iter().map(|name| (name.as_str(), Value::from("X"))).collect();
        for lang in [Lang::Vi, Lang::En] {
            let text = say(lang, &key, &args);
            assert!(!text.starts_with(&key) && !text.is_empty(), "{lang:?} {key}: {text}");
            // A weekday is chosen by its number, and said by its name.
            assert!(names.is_empty() || text.contains('X') || key == "time-day", "{lang:?} {key}: {text}");
        }
    }
}

fn sources(folder: PathBuf, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            sources(path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("words/tests.rs") {
            found.push(path);
        }
    }
}

/// The literal keys in a source: the first literal after each call that takes a key.
fn keys_used(source: &str) -> Vec<String> {
    const CALLS: &[&str] = &[
        "say!(",
        "words::say(",
        "words::key(",
        "Failure::new(ExitCode::",
        "Self::new(ExitCode::",
        "Self::new(INPUT",
    ];
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut keys = Vec::new();
    for call in CALLS {
        for after in code.split(call).skip(1) {
            let Some((before, literal)) = after.split_once('"') else { continue };
            if !before.contains([';', '{', '}']) && !before.contains("format!(") {
                keys.extend(literal.split('"').next().map(str::to_owned));
            }
        }
    }
    keys
}

#[test]
fn every_key_used_in_code_is_in_the_catalogue() {
    let known = catalogue("vi");
    let mut files = Vec::new();
    for folder in ["src", "../hub/src"] {
        sources(crate_dir().join(folder), &mut files);
    }
    let mut seen = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for key in keys_used(&text) {
            assert!(known.contains_key(&key), "{}: the catalogue has no {key:?}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "the scan finds the calls: {seen}");
}

#[test]
fn the_scan_sees_each_way_of_naming_a_key() {
    let source = r#"say!(lang, "a-a", x = 1); words::say(Lang::Vi, "b-b", &[]);
        Failure::new(ExitCode::Input, "c-c").with("x", 1); words::key("d-d");"#;
    let mut keys = keys_used(source);
    keys.sort_unstable();
    assert_eq!(keys, ["a-a", "b-b", "c-c", "d-d"]);
}
