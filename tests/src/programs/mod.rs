//! The real programs as processes: found where cargo built them, run without those variables of the caller's
//! environment that change what they do, and ended with the test. Nothing else in this crate starts `truc-node` or
//! `truc-hub`.
//!
//! All functions block, and panic with a message if something is wrong: that is how tests fail.
#![allow(clippy::unwrap_used)]

mod process;
mod province;
mod tethered;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub use process::{ABORTED, Process, cpu};
pub use province::{OFFICES, Province, letter};
pub use tethered::Tethered;

use crate::support::built;

/// The path of a program of the build under test.
pub fn program(name: &str) -> PathBuf {
    let path = built().join(name);
    assert!(path.exists(), "{} is not built; run cargo build --workspace --bins", path.display());
    path
}

/// The program for the store of this name: `truc-hub` for `hub`, `truc-node` for every other.
pub fn program_of(name: &str) -> &'static str {
    if name == "hub" { "truc-hub" } else { "truc-node" }
}

/// A command of a program on a store, ready to be run, in English and without pages.
pub fn command(name: &str, dir: &Path, args: &[&str]) -> Command {
    command_at(&program(name), dir, args)
}

/// Like [`command`], for a program at another path.
pub fn command_at(program: &Path, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).arg("--dir").arg(dir).stdin(Stdio::null());
    // Pages have separate tests; all other tests run many programs on one machine, where their addresses would collide.
    clean(&mut command).envs([("TRUC_DESK", "off"), ("TRUC_CONSOLE", "off")]);
    command
}

/// Removes from a command's environment what the person who runs the tests may have set: planted bugs and kill points
/// above all, but also folders, languages and logs.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRUC_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG").env("TRUC_LANG", "en")
}

/// Runs a command to its end.
pub fn run(name: &str, dir: &Path, args: &[&str]) -> Output {
    command(name, dir, args).output().unwrap()
}

/// Exit code of a status that names something ill.
pub const ILL: i32 = 12;

/// Runs a command that must succeed; returns its JSON result. A status may name something ill.
#[track_caller]
pub fn ask(name: &str, dir: &Path, args: &[&str]) -> Value {
    let output = run(name, dir, &[args, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    let told = args.first() == Some(&"status") && output.status.code() == Some(ILL);
    let done = output.status.success() || told;
    assert!(done, "{args:?}: {said} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
}

/// Runs a command that must fail, with this exit code and a line that contains the words.
#[track_caller]
pub fn fails(name: &str, dir: &Path, args: &[&str], exit: i32, words: &str) {
    one_sentence(&run(name, dir, args), exit, words);
}

/// Like [`fails`], in both languages.
#[track_caller]
pub fn fails_in_both(name: &str, dir: &Path, args: &[&str], exit: i32, vi: &str, en: &str) {
    for (lang, words) in [("vi", vi), ("en", en)] {
        one_sentence(&command(name, dir, args).env("TRUC_LANG", lang).output().unwrap(), exit, words);
    }
}

/// Checks the output of a failed command: exit code, and a line that contains the words.
#[track_caller]
pub fn one_sentence(output: &Output, exit: i32, words: &str) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains(words), "{words:?} is not in {said:?}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}
