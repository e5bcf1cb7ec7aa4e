//! What tests of desk and console stand on: the demo or a small province as processes, people who may sign
//! in, a browser, and HTTP without one.
//!
//! All of it blocks and panics with a sentence when something is not as it must be: that is how tests fail.
#![allow(clippy::unwrap_used)]

pub mod axe;
pub mod demo;
pub mod driver;
pub mod http;
pub mod kept;
pub mod people;
pub mod small;
pub mod window;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Long enough for a busy machine; nothing takes so long when all is well.
pub const SOON: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(30);

/// Waits for a condition. Gives how long that took; fails after [`SOON`].
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < SOON, "in vain waited until {what}");
        sleep(PAUSE);
    }
    begun.elapsed()
}

/// A program of the build under test: beside this one, or above the folder that cargo puts tests into.
pub fn program(name: &str) -> PathBuf {
    let path = target().join(name);
    assert!(path.exists(), "{} is not built; run cargo build first", path.display());
    path
}

/// Where cargo puts programs of this build.
fn target() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.parent().unwrap();
    if folder.ends_with("deps") { folder.parent().map(Path::to_owned).unwrap() } else { folder.to_owned() }
}
