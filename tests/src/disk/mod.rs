//! Disks that fail: a SQLite VFS with a plan of faults, and power cuts on a file system of its own.

mod image;
pub mod memory;
pub mod power;
mod vfs;

pub use image::Snapshot;
pub use vfs::{Call, Disk, Fault, Plan};

use std::io::Write;
use std::path::PathBuf;

/// Where tests say that they could not run; `.ci/test` counts the lines and shows them.
const NOT_RUN: &str = "test-not-run.txt";

/// Says that a test did not run, and why: on standard error past what captures it, and for the closing lines.
pub fn not_run(what: &str, why: &str) {
    let line = format!("NOT RUN: {what}: {why}\n");
    // Nobody reads it if this fails, but for the file below.
    let _ = std::io::stderr().write_all(line.as_bytes());
    let Some(target) = target() else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(target.join(NOT_RUN));
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        panic!("{what} did not run ({why}), and that could not be noted: {error}");
    }
}

/// The folder that the tests are built in.
fn target() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).map(PathBuf::from)
}
