//! Helpers of all tests: waiting for a condition, copying a folder, reading the sources, reporting that a test could
//! not run.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longest wait for a condition. Without a fault nothing takes so long, even on a busy machine.
pub const SOON: Duration = Duration::from_secs(90);
/// Wait between two checks of a condition.
const PAUSE: Duration = Duration::from_millis(20);
/// Message of a test whose wait timed out. `tests/tests/inside/planted.rs` tells such failures from others by it.
pub const IN_VAIN: &str = "in vain waited until";

/// Waits for a condition; returns how long that took. Fails after [`SOON`].
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < SOON, "{IN_VAIN} {what}");
        sleep(PAUSE);
    }
    begun.elapsed()
}

/// Like [`until`], for a condition that depends on tasks of this runtime, which it lets run.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    soon(what, async {
        while !condition() {
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
}

/// Waits for a future. Fails after [`SOON`].
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    within(SOON, what, future).await
}

/// Waits for a future. Fails after `time`.
pub async fn within<T>(time: Duration, what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(time, future).await.unwrap_or_else(|_| panic!("{IN_VAIN} {what}"))
}

/// Copies a folder with subfolders and permissions, without sockets, which belong to a process.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy_folder(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}

/// The string literals that are the first argument of a call in the sources of a crate. `call` ends with the quote.
pub fn literals(crate_: &str, call: &str) -> BTreeSet<String> {
    fn read(folder: &Path, call: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, call, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let literals = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(literals.map(str::to_owned));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeSet::new();
    read(&root.join(crate_).join("src"), call, &mut found);
    found
}

/// The folder of the programs that cargo built, those under test included.
pub fn built() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.parent().unwrap();
    // Tests and benchmarks are one folder deeper than programs.
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

/// File that collects the tests that could not run; `.ci/test` counts and shows its lines.
const NOT_RUN: &str = "test-not-run.txt";

/// Reports that a test did not run, and why: on standard error, bypassing the capture of tests, and in the file.
pub fn not_run(what: &str, why: &str) {
    let line = format!("NOT RUN: {what}: {why}\n");
    // If this fails, the file below still has the line.
    let _ = std::io::stderr().write_all(line.as_bytes());
    let file = built().parent().unwrap().join(NOT_RUN);
    let file = fs::OpenOptions::new().create(true).append(true).open(file);
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        panic!("{what} did not run ({why}), and that could not be noted: {error}");
    }
}
