//! The direction of imports, held to what `lib.rs` of each crate says: its `pub mod` lines stand from the ground up. A
//! room imports only rooms of groups before its own; rooms of one group do not know each other. Within a room, files
//! import each other in one direction. And the map in `ARCHITECTURE.md` names files that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// Every Rust file below a folder, except those that hold tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The path of the module that a file is, within its crate: `a/b.rs` and `a/b/mod.rs` are `["a", "b"]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        path.pop();
    }
    path
}

/// What a module imports from its own crate, as absolute paths: every `crate::…` and `super::…` outside of comments and
/// of the tests at the end of the file.
fn imports(module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (marker, base) in
        [("crate::", Vec::new()), ("super::", module[..module.len().saturating_sub(1)].to_vec())]
    {
        for (at, _) in code.match_indices(marker) {
            // `super::super::` is read by its inner part alone; `super` of a nested module is the file itself.
            let before = code[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            for path in expanded(&code[at + marker.len()..]) {
                found.insert(base.iter().cloned().chain(path).collect());
            }
        }
    }
    found
}

/// The paths that begin here: one, or several where braces follow.
fn expanded(rest: &str) -> Vec<Vec<String>> {
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let after = &rest[name.len()..];
    if name.is_empty() {
        let Some(inner) = rest.strip_prefix('{') else { return Vec::new() };
        return parts_of(inner).into_iter().flat_map(|part| expanded(part.trim())).collect();
    }
    match after.strip_prefix("::") {
        Some(after) => {
            let below = expanded(after);
            if below.is_empty() {
                return vec![vec![name]];
            }
            below.into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect()
        }
        None => vec![vec![name]],
    }
}

/// The parts between commas up to the closing brace.
fn parts_of(inner: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&inner[begin..at]);
                return parts;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts
}

/// The rooms of a crate, with the number of the group they stand in, as its `lib.rs` lists them.
fn groups(lib: &str) -> BTreeMap<String, usize> {
    let mut rooms = BTreeMap::new();
    let mut group = 0;
    for line in lib.lines() {
        match line.strip_prefix("pub mod ").and_then(|line| line.strip_suffix(';')) {
            Some(room) => _ = rooms.insert(room.to_owned(), group),
            None if line.is_empty() => group += 1,
            None => {}
        }
    }
    rooms
}

/// The modules of a crate with their imports.
fn modules(source: &Path) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let read = |file: PathBuf| {
        let module = module_of(file.strip_prefix(source).expect("below the sources"));
        let text = fs::read_to_string(&file).expect("a source");
        let imports = imports(&module, &text);
        (module, imports)
    };
    sources(source).into_iter().filter(|file| !file.ends_with("main.rs")).map(read).collect()
}

/// Every arrow between rooms that the order of `lib.rs` forbids.
fn forbidden(lib: &str, modules: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<String> {
    let groups = groups(lib);
    let mut wrong = Vec::new();
    for (module, imports) in modules {
        let Some(from) = module.first() else { continue };
        for to in imports.iter().filter_map(|path| path.first()) {
            let (Some(lower), Some(upper)) = (groups.get(to), groups.get(from)) else { continue };
            if from != to && lower >= upper {
                wrong.push(format!("{} must not import {to}", module.join("/")));
            }
        }
    }
    wrong
}

/// Circles of modules: sets whose members reach each other by imports. What a module takes from the one it lies in, and
/// that from its parts, is one thing told in several files and no circle.
fn circles(modules: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<String> {
    let target = |path: &Vec<String>| {
        let found = (1..=path.len()).rev().find_map(|length| modules.get_key_value(&path[..length]))?;
        Some(&found.0[..])
    };
    let mut arrows: BTreeMap<&[String], BTreeSet<&[String]>> = BTreeMap::new();
    for (module, imports) in modules {
        for to in imports.iter().filter_map(target) {
            let kin = module.starts_with(to) || to.starts_with(module);
            if !kin {
                arrows.entry(module).or_default().insert(to);
            }
        }
    }
    let reach = |from: &[String]| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_vec()]);
        while let Some(at) = next.pop() {
            for to in arrows.get(&at[..]).into_iter().flatten() {
                if seen.insert(to.to_vec()) {
                    next.push(to.to_vec());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> =
        modules.keys().map(|module| (module.clone(), reach(module))).collect();
    let mut found = BTreeSet::new();
    for (module, reaches) in &reached {
        if reaches.contains(module) {
            let circle = reaches.iter().filter(|other| reached[*other].contains(module));
            found.insert(circle.map(|module| module.join("/")).collect::<Vec<_>>().join(" ↔ "));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_go_one_way() {
        let mut wrong = Vec::new();
        for crate_ in ["node", "hub"] {
            let source = root().join(crate_).join("src");
            let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
            let modules = modules(&source);
            wrong.extend(forbidden(&lib, &modules).into_iter().map(|arrow| format!("{crate_}: {arrow}")));
            wrong.extend(circles(&modules).into_iter().map(|circle| format!("{crate_}: circle {circle}")));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_forbidden_arrow_and_a_circle_are_seen() {
        let lib = "pub mod store;\n\npub mod accounts;\npub mod office;\n";
        let module = |path: &str, text: &str| {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            let imports = imports(&path, text);
            (path, imports)
        };
        let good = [module("office", "use crate::store::{journal, lock::Lock};")];
        assert!(forbidden(lib, &good.into()).is_empty());
        let up = [module("store/journal", "fn f() { crate::office::act() }\n// crate::accounts")];
        assert_eq!(forbidden(lib, &up.into()), ["store/journal must not import office"]);
        let beside = [module("office", "use crate::{accounts::Accounts, store::lock};")];
        assert_eq!(forbidden(lib, &beside.into()), ["office must not import accounts"]);
        let round = [
            module("store/a", "use super::b::B;"),
            module("store/b", "use crate::store::c::C;"),
            module("store/c", "use super::a;"),
            module("store", "use a::A;"),
        ];
        assert_eq!(circles(&round.into()), ["store/a ↔ store/b ↔ store/c"]);
    }
}
