//! Child processes and what the system says of them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// Ticks of `/proc/PID/stat` per second: 100 on every Linux that programs see.
const TICKS: f64 = 100.0;

/// A program under measurement; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program; its complaints go into `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = std::fs::File::options().create(true).append(true).open(log)?;
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().map_err(|error| {
                format!("cannot start {}: {error}", command.get_program().to_string_lossy())
            })?;
        Ok(Self { child })
    }

    /// Starts a program that says its address in its first line.
    pub(crate) fn start_told(command: &mut Command) -> Result<(Self, String)> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let process = Self { child };
        if line.trim().is_empty() {
            return Err("a floor did not start".into());
        }
        Ok((process, line.trim().to_owned()))
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended, which nobody asked for.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }

    /// Processor seconds that it has used so far; 10 ms is the finest.
    pub(crate) fn cpu(&self) -> Result<f64> {
        cpu_of(&self.pid().to_string())
    }

    /// Memory in KiB: PSS, i.e. what is shared counts by its share. Socket buffers of the kernel are not in it.
    pub(crate) fn pss(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Waits until it has nothing more to do: less than 2 % of a core for 300 ms. Gives up after a minute.
    pub(crate) async fn settle(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(60);
        let mut before = self.cpu()?;
        let mut calm = 0;
        while calm < 3 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.cpu()?;
            calm = if now - before < 0.002 { calm + 1 } else { 0 };
            before = now;
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop, as systemd would, and waits.
    pub(crate) fn stop(&mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        let until = Instant::now() + Duration::from_secs(15);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                return Err("the hub does not stop when asked to".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor seconds that a process (`self`: this one) has used so far, its threads' together.
pub(crate) fn cpu_of(pid: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may contain anything; fields are counted after it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (ticks(11).ok_or("stat")?, ticks(12).ok_or("stat")?);
    Ok((user + system) / TICKS)
}

/// How many flushes the disk under `folder` has completed since start: the kernel's own counter of the whole
/// device. An fdatasync that reaches the disk is one; one that also commits the file system's journal is two.
/// None where the file system has no such disk (in memory, over the network).
pub(crate) fn flushes(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let device = std::fs::metadata(folder).ok()?.dev();
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    let stats = std::fs::read_to_string("/proc/diskstats").ok()?;
    // A partition counts nothing of its own: its disk does.
    let name = std::fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
    let disk = match name.join("partition").exists() {
        true => name.parent().map(PathBuf::from)?,
        false => name,
    };
    let disk = disk.file_name()?.to_str()?;
    let line = stats.lines().find(|line| line.split_whitespace().nth(2) == Some(disk))?;
    line.split_whitespace().nth(18)?.parse().ok()
}
