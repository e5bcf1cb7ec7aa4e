//! A child process, and what the system reports about it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::until;

/// Signal that ends a process at a point named by `TRUC_KILL_AT`.
pub const ABORTED: i32 = 6;
/// Ticks per second in `/proc/PID/stat`: 100 on every Linux, as user space sees it.
const TICKS: f64 = 100.0;

/// A running process; killed when it is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a program; its standard error is appended to `log`.
    #[track_caller]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        Self::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log))
    }

    /// Starts a program whose standard error is a pipe that nobody reads any more.
    #[track_caller]
    pub fn start_unheard(command: &mut Command) -> Self {
        let mut process =
            Self::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()));
        drop(process.0.stderr.take());
        process
    }

    /// Starts a program that prints a line when it is ready; returns the line, empty if the program ended before.
    #[track_caller]
    pub fn start_told(command: &mut Command) -> (Self, String) {
        let mut process = Self::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (process, line.trim().to_owned())
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        let child = command.spawn();
        Self(child.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display())))
    }

    /// Waits until the store's process answers commands; returns its exit status if it ends before.
    #[track_caller]
    pub fn serves(&mut self, dir: &Path) -> Result<(), ExitStatus> {
        let socket = dir.join("truc.sock");
        let mut ended = None;
        until("it serves", || {
            ended = self.ended();
            ended.is_some() || UnixStream::connect(&socket).is_ok()
        });
        ended.map_or(Ok(()), Err)
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Exit status; none while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Waits until it ends.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        until("it has ended", || {
            ended = self.ended();
            ended.is_some()
        });
        ended.unwrap()
    }

    /// Waits until it ends, which must be at a point named by `TRUC_KILL_AT`.
    #[track_caller]
    pub fn aborts(mut self, what: &str) {
        let ended = self.wait();
        assert_eq!(ended.signal(), Some(ABORTED), "{what}: {ended}");
    }

    /// Sends a signal by its name.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Kills it (SIGKILL), as a power cut would.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.wait();
    }

    /// Asks it to stop (SIGTERM), as systemd would; it must exit with 0.
    #[track_caller]
    pub fn stop(&mut self) {
        assert_eq!(self.terminate().code(), Some(0));
    }

    /// Like [`Self::stop`], for a program that may not handle the signal; returns the exit status.
    #[track_caller]
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Resident memory, bytes.
    pub fn resident(&self) -> u64 {
        self.kib("status", "VmRSS:") * 1024
    }

    /// Peak of resident memory since [`Self::forget_peak`], bytes.
    pub fn peak(&self) -> u64 {
        self.kib("status", "VmHWM:") * 1024
    }

    /// Resets the peak of resident memory.
    pub fn forget_peak(&self) {
        fs::write(self.proc("clear_refs"), "5").unwrap();
    }

    /// Proportional share of memory (PSS), KiB: memory shared by several processes counts in part. The kernel's socket
    /// buffers are not included.
    pub fn pss(&self) -> f64 {
        self.kib("smaps_rollup", "Pss:") as f64
    }

    fn kib(&self, file: &str, field: &str) -> u64 {
        let text = fs::read_to_string(self.proc(file)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Number of open files and sockets.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(self.proc("fd")).unwrap().count()
    }

    /// Processor time used so far, seconds.
    pub fn cpu(&self) -> f64 {
        cpu(&self.pid().to_string())
    }

    /// Waits until it is idle: less than 2 % of a core for 300 ms. Gives up after a minute.
    pub async fn settle(&self) {
        let begun = Instant::now();
        let mut before = self.cpu();
        let mut calm = 0;
        while calm < 3 && begun.elapsed() < Duration::from_secs(60) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.cpu();
            calm = if now - before < 0.002 { calm + 1 } else { 0 };
            before = now;
        }
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.pid())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processor time that all threads of a process (`self`: this one) have used, seconds; resolution 10 ms.
pub fn cpu(pid: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The process name in brackets may contain spaces and brackets: fields are counted after the last one.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / TICKS
}
