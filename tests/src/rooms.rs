//! The direction of imports, held to what `lib.rs` of each crate says: its `pub mod` lines stand from the ground up. A
//! room imports only rooms of groups before its own; rooms of one group do not know each other. Within a room, files
//! import each other in one direction. The map in `ARCHITECTURE.md` names these rooms and no others, and every path and
//! link in the documents leads to something that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// All Rust files below a folder without test files.
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

/// Path of a file's module within its crate: `a/b.rs` and `a/b/mod.rs` are `["a", "b"]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        path.pop();
    }
    path
}

/// Imports of a module from its own crate, as absolute paths: every `crate::…` and `super::…` outside of comments and
/// of the tests at the end of the file.
fn imports(module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for marker in ["crate::", "super::"] {
        for (at, _) in code.match_indices(marker) {
            // The later `super::` of a chain belong to its first.
            let before = code[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            let rest = code[at..].trim_start_matches("super::").trim_start_matches("crate::");
            let up = code[at..].len().saturating_sub(rest.len()) / "super::".len();
            let base = if marker == "crate::" { 0 } else { module.len().saturating_sub(up) };
            for path in expanded(rest) {
                found.insert(module[..base].iter().cloned().chain(path).collect());
            }
        }
    }
    found
}

/// The paths that begin here: one, or several if braces follow.
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

/// The parts between commas, up to the closing brace.
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

/// The rooms of a crate in the order of its `lib.rs`, each with the number of its group (floor).
fn rooms(lib: &str) -> Vec<(String, usize)> {
    let mut rooms = Vec::new();
    let mut group = 0;
    for line in lib.lines() {
        let line_of_room = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ");
        match line_of_room.and_then(|line| line.strip_suffix(';')) {
            Some(room) => rooms.push((room.to_owned(), group)),
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

/// All imports between rooms that the order of `lib.rs` forbids.
fn forbidden(lib: &str, modules: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<String> {
    let groups: BTreeMap<String, usize> = rooms(lib).into_iter().collect();
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

/// Cycles of modules: sets of modules that import each other. Imports between a module and its own submodules do not
/// count.
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

/// Documents whose paths are paths of the repository. Documents for administrators name paths of their machines
/// instead.
fn documents() -> Vec<PathBuf> {
    let named = ["README.md", "ARCHITECTURE.md", "proto/README.md", "tests/README.md"];
    let longer = fs::read_dir(root().join("docs")).expect("longer documents");
    let longer = longer.map(|entry| entry.expect("a document").path());
    named.into_iter().map(|name| root().join(name)).chain(longer).collect()
}

/// Splits a document, outside of code blocks, line by line at backticks: pieces with odd index stand in backticks.
fn pieces(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let mut code = false;
    text.lines().filter_map(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        (!code && !fence).then(|| line.split('`').collect())
    })
}

/// Whether a piece in backticks is a path: it contains a folder or names a source file.
fn is_path(piece: &str) -> bool {
    let plain = piece.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let source = piece.ends_with(".rs") || piece.ends_with(".sql");
    plain && (source || piece.contains('/')) && !piece.starts_with('/') && !piece.starts_with("target/")
}

/// The file that a path in a document means: relative to the document or to the repository, with or without `src`.
/// `KIND` stands for any name.
fn led_to(path: &str, document: &Path) -> Option<PathBuf> {
    let folder = path.split("KIND").next().unwrap_or_default();
    let (crate_, rest) = folder.split_once('/').unwrap_or((folder, ""));
    let own = document.with_file_name(folder);
    [own, root().join(crate_).join("src").join(rest), root().join(folder)]
        .into_iter()
        .find(|path| path.exists())
}

/// What a document names but does not exist: paths (a bare name may lie in the folder named before it), definitions
/// said to be in a file (`name` in `path`), link targets.
fn missing(document: &Path, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut folder = root();
    for line in pieces(text) {
        for at in (1..line.len()).step_by(2).filter(|at| is_path(line[*at])) {
            let found = match led_to(line[at], document) {
                Some(found) => {
                    folder = if found.is_dir() { found.clone() } else { found.with_file_name("") };
                    found
                }
                None => folder.join(line[at]),
            };
            if !found.exists() {
                wrong.push(line[at].to_owned());
            }
            let source = fs::read_to_string(&found).unwrap_or_default();
            let mut name = at;
            while found.is_file() && name > 1 && line[name - 1] == if name == at { " in " } else { ", " } {
                name -= 2;
                if is_path(line[name]) {
                    break;
                }
                let defined = |what: &&str| source.contains(&format!("{what} {}", line[name]));
                if !["fn", "const", "struct", "enum", "trait"].iter().any(defined) {
                    wrong.push(format!("{} in {}", line[name], line[at]));
                }
            }
        }
    }
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        let file = link.split('#').next().unwrap_or_default();
        if !document.with_file_name(file).exists() && !file.is_empty() {
            wrong.push(link.to_owned());
        }
    }
    wrong
}

/// The rooms of a crate on the map, with their floor: rows whose first or second cell names `crate/room`.
fn mapped(architecture: &str, crate_: &str) -> Vec<(String, usize)> {
    let map = architecture.split("\n## ").find(|part| part.starts_with("The map")).unwrap_or_default();
    let mut told = Vec::new();
    for cells in map.lines().map(|line| line.split('|').collect::<Vec<_>>()).filter(|cells| cells.len() > 3) {
        let floor = cells[1].trim().parse();
        let named = cells[if floor.is_ok() { 2 } else { 1 }].split('`').skip(1).step_by(2);
        for room in named.filter_map(|name| name.strip_prefix(crate_)?.strip_prefix('/')) {
            told.push((
                room.trim_end_matches('/').trim_end_matches(".rs").to_owned(),
                floor.clone().unwrap_or(0),
            ));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_files_that_are_there() {
        let mut wrong = Vec::new();
        for document in documents() {
            let text = fs::read_to_string(&document).unwrap();
            let missing = missing(&document, &text);
            wrong.extend(missing.into_iter().map(|path| format!("{}: {path}", document.display())));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_a_document_names_and_is_not_there_is_seen() {
        let document = root().join("tests/README.md");
        let good = "`src/rooms.rs`, `benches/main.rs`, `proto/record/KIND.rs`, `TABLE` in `node/accounts/rights.rs`, `mod.rs`";
        assert_eq!(missing(&document, good), Vec::<String>::new());
        let bad = "`src/room.rs`, `TABLES` in `node/accounts/rights.rs`, [a](../b.md#c) [d](README.md#e)";
        assert_eq!(
            missing(&document, bad),
            ["src/room.rs", "TABLES in node/accounts/rights.rs", "../b.md#c"]
        );
    }

    #[test]
    fn the_map_names_every_room_on_its_floor() {
        let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
        for crate_ in ["proto", "node", "hub", "tests"] {
            let lib = fs::read_to_string(root().join(crate_).join("src/lib.rs")).unwrap();
            let (mut told, mut there) = (mapped(&architecture, crate_), rooms(&lib));
            // These crates list their rooms alphabetically, so the map groups them by subject, without floors.
            if matches!(crate_, "proto" | "tests") {
                told.sort();
                there = there.into_iter().map(|(room, _)| (room, 0)).collect();
                there.sort();
            }
            assert_eq!(told, there, "{crate_}");
        }
    }

    #[test]
    fn imports_go_one_way() {
        let mut wrong = Vec::new();
        for crate_ in ["proto", "node", "hub"] {
            let source = root().join(crate_).join("src");
            let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
            let modules = modules(&source);
            if crate_ != "proto" {
                wrong.extend(forbidden(&lib, &modules).into_iter().map(|arrow| format!("{crate_}: {arrow}")));
            }
            wrong.extend(circles(&modules).into_iter().map(|circle| format!("{crate_}: circle {circle}")));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// A task that ends by a panic ends the program only where it was begun by `node/src/supervise.rs`.
    #[test]
    fn tasks_and_threads_are_supervised() {
        let bare = ["tokio::spawn(", "task::spawn(", "thread::spawn(", "thread::Builder"];
        // The log's own thread: if it ends, the log is lost and nothing else.
        let begin = ["node/src/supervise.rs", "node/src/log.rs"].map(|path| root().join(path));
        let mut wrong = Vec::new();
        for source in ["node/src", "hub/src"].iter().flat_map(|folder| sources(&root().join(folder))) {
            let text = fs::read_to_string(&source).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let found = bare.iter().any(|bare| code.contains(bare));
            if found && !begin.contains(&source) {
                wrong.push(source.display().to_string());
            }
        }
        assert!(wrong.is_empty(), "begins tasks without supervision: {}", wrong.join(", "));
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
        let far = [module("store/journal/read", "use super::super::super::office;")];
        assert_eq!(forbidden(lib, &far.into()), ["store/journal/read must not import office"]);
        let round = [
            module("store/a", "use super::b::B;"),
            module("store/b", "use crate::store::c::C;"),
            module("store/c", "use super::a;"),
            module("store", "use a::A;"),
        ];
        assert_eq!(circles(&round.into()), ["store/a ↔ store/b ↔ store/c"]);
    }
}
