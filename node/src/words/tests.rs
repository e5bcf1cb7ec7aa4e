#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use truc_proto::record::assignment::refusal::Key;
use truc_proto::record::draft;

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
    // Direction marks in an argument stay; none are added.
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
            // Every argument must match the pattern above.
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
fn each_kind_and_each_of_its_moves_has_its_words() {
    let known = catalogue("vi");
    for kind in truc_proto::record::KINDS {
        let moves = kind.moves.iter().map(|rule| format!("mv-{}-{}", kind.name, rule.name));
        for key in moves.chain([format!("au-kind-{}", kind.name)]) {
            assert!(known.contains_key(&key), "the catalogue has no {key:?}");
        }
    }
}

#[test]
fn every_text_can_be_said() {
    for (key, names) in catalogue("vi") {
        let args: Vec<_> = names.iter().map(|name| (name.as_str(), Value::from("X"))).collect();
        for lang in [Lang::Vi, Lang::En] {
            let text = say(lang, &key, &args);
            assert!(!text.starts_with(&key) && !text.is_empty(), "{lang:?} {key}: {text}");
            // The number of a weekday selects its name.
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

/// A source without comments and tests.
fn code(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The string literals of a source, escapes not resolved.
fn literals(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'']) {
        let before = &rest[..at];
        let (start, raw) = (&rest[at..], before.ends_with("r#"));
        rest = &start[1..];
        if raw {
            rest = rest.split_once("\"#").map_or("", |(_, after)| after);
        } else if let Some(quoted) = start.strip_prefix('\'') {
            // A character literal; otherwise the name of a lifetime.
            let length =
                if quoted.starts_with('\\') { 2 } else { quoted.chars().next().map_or(0, char::len_utf8) };
            rest = quoted.get(length..).and_then(|after| after.strip_prefix('\'')).unwrap_or(rest);
        } else {
            let mut escaped = false;
            let end = rest.find(|letter| {
                let end = letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
                end
            });
            let end = end.unwrap_or(rest.len());
            found.push(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    found
}

/// Keys passed as literals to functions that take a catalogue key.
fn keys_said(code: &str) -> Vec<&str> {
    const FIRST: &[&str] = &[".word(", "words::key("];
    const SECOND: &[&str] =
        &["say!(", "tell!(", "words::say(", "Failure::new(", "Self::new(ExitCode::", "Self::new(INPUT"];
    let after = |call: &&'static str| code.split(*call).skip(1);
    let first = FIRST.iter().flat_map(after);
    let second = SECOND.iter().flat_map(after).filter_map(|after| Some(after.split_once(',')?.1));
    first.chain(second).filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

/// Literals that look like keys but are names in stylesheets and forms, of steps, or of states.
const NO_KEYS: &[&str] = &[
    "ask-page",
    "close-ask",
    "close-consult",
    "demo-files",
    "done-late",
    "draft-form",
    "draft-version",
    "export-registry",
    "move-due",
    "no-store",
    "no-such-part",
    "not-allowed",
    "not-met",
    "not-next",
    "same-origin",
    "sec-fetch-site",
    "taken-back",
    "version-taken",
];

/// Whether a literal of `format!` can produce the key: each `{…}` stands for letters.
fn makes(pattern: &str, key: &str) -> bool {
    let mut parts = pattern.split('{').map(|part| part.rsplit('}').next().unwrap_or_default());
    let Some(mut rest) =
        parts.next().filter(|first| first.contains('-')).and_then(|first| key.strip_prefix(first))
    else {
        return false;
    };
    let mut filled = true;
    for part in parts {
        let Some(at) = (if part.is_empty() { Some(rest.len()) } else { rest.find(part) }) else {
            return false;
        };
        filled &= at > 0;
        rest = &rest[at + part.len()..];
    }
    filled && rest.is_empty() && pattern.contains('{')
}

/// The sources of both programs without tests, and those of the registers, whose cells say keys.
fn programs() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["src", "../hub/src", "../proto/src/record/outside/registers"] {
        sources(crate_dir().join(folder), &mut files);
    }
    let files =
        files.into_iter().filter(|file| !file.iter().any(|part| part == "tests" || part == "tests.rs"));
    files.map(|file| (file.clone(), code(&fs::read_to_string(&file).unwrap()))).collect()
}

#[test]
fn every_key_used_in_code_is_in_the_catalogue() {
    let known = catalogue("vi");
    let families: BTreeSet<&str> = known.keys().filter_map(|key| Some(key.split_once('-')?.0)).collect();
    let looks_so = |literal: &&str| {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let of_a_family = literal.split_once('-').is_some_and(|(family, _)| families.contains(family));
        of_a_family && literal.split('-').all(plain) && !NO_KEYS.contains(literal)
    };
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (file, code) in programs() {
        let literals = literals(&code);
        for key in keys_said(&code).into_iter().chain(literals.into_iter().filter(looks_so)) {
            seen += 1;
            // Codes of audit notes have the key `note-CODE`.
            if !known.contains_key(key) && !known.contains_key(&format!("note-{key}")) {
                wrong.push(format!("{}: the catalogue has no {key:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 2000, "the scan finds the keys: {seen}");
}

#[test]
fn every_key_in_the_catalogue_is_used_in_code() {
    let programs = programs();
    let literals: BTreeSet<&str> = programs.iter().flat_map(|(_, code)| literals(code)).collect();
    let patterns: Vec<&str> = literals.iter().copied().filter(|literal| literal.contains('{')).collect();
    // The reasons why a move of a work or a draft is refused are named where they are judged.
    let of_draft = |key: &String| draft::refusal::Key::ALL.iter().any(|reason| reason.name() == key);
    let refused = |key: &String| Key::ALL.iter().any(|reason| reason.name() == key) || of_draft(key);
    let used = |key: &String| {
        literals.contains(key.as_str()) || refused(key) || patterns.iter().any(|pattern| makes(pattern, key))
    };
    let unused: Vec<String> = catalogue("vi").into_keys().filter(|key| !used(key)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn the_scan_sees_each_way_of_naming_a_key() {
    let source = r##"say!(lang, "a-a", x = 1); tell!(visit, "b-b"); words::key("d-d"); '"' as char; f::<'a>(r#"x""#);
        Failure::new(ExitCode::Input, "c-c").with("x", 1); visit.word(if x { "e-e" } else { "f-\"f" }) // "g-g"
        // "h-h"
        #[cfg(test)]
mod tests { "i-i" }"##;
    let code = code(source);
    let mut keys = keys_said(&code);
    keys.sort_unstable();
    assert_eq!(keys, ["a-a", "b-b", "c-c", "d-d"]);
    assert_eq!(literals(&code)[..4], ["a-a", "b-b", "d-d", "c-c"]);
    assert!(
        literals(&code).contains(&"f-\\\"f")
            && !literals(&code).iter().any(|literal| literal.contains("h-h"))
    );
    assert!(makes("mv-{kind}-{name}", "mv-report-take-back") && makes("st-{}", "st-a"));
    assert!(!makes("st-{}", "st-") && !makes("{key}", "st-a") && !makes("a-{}-b", "a-x-c"));
}
