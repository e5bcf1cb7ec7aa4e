//! A process that ends when this process ends, for whatever reason.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::clean;

/// A shell starts the program and waits for the end of a pipe that this process holds; then it stops the program and
/// removes its folder. So nothing is left even after SIGKILL.
///
/// Only the program writes to standard output: when it ends, the output ends.
const SHELL: &str = r#"folder=$1; shift; exec 3>&1 >/dev/null
    "$@" </dev/null >&3 3>&- & exec 3>&-
    cat; kill $!; wait $!; rm -rf "$folder""#;

/// A tethered process.
pub struct Tethered {
    shell: Child,
    /// Keeps the process running until it is dropped.
    hold: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Tethered {
    /// Starts a program with a folder that is removed when it ends. Its standard error goes to `log`.
    pub fn start(folder: &Path, log: &Path, program: &Path, args: &[&OsStr]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).arg(folder).arg(program).args(args);
        clean(&mut shell).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.stderr(File::create(log).unwrap()).spawn().unwrap();
        let hold = shell.stdin.take();
        let said = BufReader::new(shell.stdout.take().unwrap());
        Self { shell, hold, said }
    }

    /// The next line of its output; none if it has ended.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.said.read_line(&mut line).unwrap() > 0).then_some(line)
    }
}

impl Drop for Tethered {
    fn drop(&mut self) {
        self.hold = None;
        // The shell ends by itself; without waiting for it, it would stay as a zombie.
        let _ = self.shell.wait();
    }
}
