//! A process that ends with this one, however this one ends.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::clean;

/// A shell starts the program, and waits for the end of a pipe that this process holds: then it tells the
/// program to stop and removes its folder. Not even SIGKILL leaves anything behind.
///
/// Only the program itself may say something: its end is the end of what can be read.
const SHELL: &str = r#"folder=$1; shift; exec 3>&1 >/dev/null
    "$@" </dev/null >&3 3>&- & exec 3>&-
    cat; kill $!; wait $!; rm -rf "$folder""#;

/// The process.
pub struct Tethered {
    shell: Child,
    /// Until it is dropped, the process runs.
    hold: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Tethered {
    /// Starts a program that may use a folder, which goes with it. What it says as an error goes to `log`.
    pub fn start(folder: &Path, log: &Path, program: &Path, args: &[&OsStr]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).arg(folder).arg(program).args(args);
        clean(&mut shell).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.stderr(File::create(log).unwrap()).spawn().unwrap();
        let hold = shell.stdin.take();
        let said = BufReader::new(shell.stdout.take().unwrap());
        Self { shell, hold, said }
    }

    /// The next line that it says; none if it has ended.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.said.read_line(&mut line).unwrap() > 0).then_some(line)
    }
}

impl Drop for Tethered {
    fn drop(&mut self) {
        self.hold = None;
        // It ends by itself; a zombie would stay.
        let _ = self.shell.wait();
    }
}
