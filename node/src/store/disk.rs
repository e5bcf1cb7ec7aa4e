//! How long a disk takes to make a commit durable, and whether it can be believed.
//!
//! Some disks and virtual machines report data as written when it is not. A program cannot see that, but it can see
//! that an answer came faster than any disk writes.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use truc_proto::limits;
use uuid::Uuid;

use crate::store::health::Trouble;
use crate::words::failure::Failure;

/// Commits measured at the start of `serve`.
const AT_START: u32 = 30;
/// Longest time for them.
const AT_START_MOST: Duration = Duration::from_millis(500);

/// Times of commits on a disk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Commits made, one after the other.
    pub commits: usize,
    /// Fastest commit, microseconds.
    pub min: u64,
    /// Median, microseconds.
    pub median: u64,
    /// 99th percentile, microseconds.
    pub p99: u64,
    /// Slowest commit, microseconds.
    pub max: u64,
    /// Commits per second, one after the other.
    pub per_second: u64,
    /// The folder is in memory, so it is gone when the machine is switched off.
    pub in_memory: bool,
}

/// What measured times mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskGrade {
    /// No disk: nothing survives a power cut.
    Memory,
    /// Faster than a disk can be: acknowledged data may be lost in a power cut.
    Doubted,
    /// As fast as a good disk.
    Quick,
    /// As fast as a spinning disk: enough for one paper after the other, a burden with many offices at once.
    Slow,
    /// Slow enough that people wait.
    VerySlow,
}

impl Measured {
    /// What the times mean.
    pub fn verdict(&self) -> DiskGrade {
        const SLOW: Duration = Duration::from_millis(5);
        const VERY_SLOW: Duration = Duration::from_millis(100);
        match Duration::from_micros(self.median) {
            _ if self.in_memory => DiskGrade::Memory,
            median if median < limits::COMMIT_DOUBTED => DiskGrade::Doubted,
            median if median < SLOW => DiskGrade::Quick,
            median if median < VERY_SLOW => DiskGrade::Slow,
            _ => DiskGrade::VerySlow,
        }
    }
}

impl DiskGrade {
    /// Whether data acknowledged on such a disk can be trusted to be durable.
    pub fn believed(self) -> bool {
        !matches!(self, Self::Memory | Self::Doubted)
    }
}

/// Makes commits like the journal's, in a database of its own in `dir`, until `most` are made or `time` has passed, at
/// least one. Calls `progress` after each, with their number and the time so far. Removes the database at the end.
pub fn measure(
    dir: &Path,
    most: u32,
    time: Duration,
    mut progress: impl FnMut(usize, Duration),
) -> Result<Measured, Failure> {
    let scratch = Scratch::make(dir)?;
    let conn = Connection::open(scratch.0.join("test.db"))?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.execute_batch("CREATE TABLE count (number INTEGER); INSERT INTO count VALUES (0)")?;
    let in_memory = in_memory(&scratch.0);
    let mut took = Vec::new();
    let begun = Instant::now();
    while took.is_empty() || (took.len() < most as usize && begun.elapsed() < time) {
        let commit = Instant::now();
        conn.execute("UPDATE count SET number = number + 1", [])?;
        took.push(commit.elapsed().as_micros() as u64);
        progress(took.len(), begun.elapsed());
    }
    let all = begun.elapsed();
    took.sort_unstable();
    let at = |part: usize| took[(took.len() * part / 100).min(took.len() - 1)];
    Ok(Measured {
        commits: took.len(),
        min: at(0),
        median: at(50),
        p99: at(99),
        max: at(100),
        per_second: (took.len() as f64 / all.as_secs_f64()) as u64,
        in_memory,
    })
}

/// Measures briefly, and logs a warning if the disk of a store cannot be trusted.
pub async fn doubt(dir: PathBuf) {
    let measured =
        tokio::task::spawn_blocking(move || measure(&dir, AT_START, AT_START_MOST, |_, _| {})).await;
    match measured {
        Ok(Ok(measured)) if !measured.verdict().believed() => tracing::warn!(
            microseconds = measured.median,
            in_memory = measured.in_memory,
            "a commit is implausibly fast for a disk: it may not be written when it says so; see disk-test"
        ),
        Ok(Ok(measured)) => tracing::debug!(microseconds = measured.median, "median time of a commit"),
        Ok(Err(failure)) => tracing::debug!(%failure, "the disk was not measured"),
        Err(error) => tracing::debug!(%error, "the disk was not measured"),
    }
}

/// How much of the disk of a folder is free for this program, and its whole size, bytes.
pub fn room(dir: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    Some((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

/// What keeps a folder from taking writes, as far as can be told without a write; none: nothing.
pub fn obstacle(dir: &Path) -> Option<Trouble> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    let closed = disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY)
        || rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_err();
    match disk.f_bavail {
        _ if closed => Some(Trouble::ReadOnly),
        0 => Some(Trouble::Full),
        _ => None,
    }
}

/// Whether a folder's file system is in memory.
fn in_memory(dir: &Path) -> bool {
    const TMPFS: rustix::fs::FsWord = 0x0102_1994;
    const RAMFS: rustix::fs::FsWord = 0x8584_58f6;
    rustix::fs::statfs(dir).is_ok_and(|about| matches!(about.f_type, TMPFS | RAMFS))
}

const SCRATCH: &str = ".disk-test-";
/// Age from which a scratch folder was left by a program that was killed: no test takes so long.
const OLD: Duration = Duration::from_secs(2 * 3600);

/// Whether the disk of a folder takes a small file.
pub fn takes_writes(dir: &Path) -> bool {
    let tried = Scratch::make(dir).and_then(|scratch| {
        let path = scratch.0.join("page");
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&[1; 65_536])?;
            file.sync_all()
        });
        written.map_err(|error| Failure::io(&path, error))
    });
    tried.is_ok()
}

/// Removes scratch folders of earlier tests. Best effort: they do no harm.
fn remove_old(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|about| about.modified());
        let old = old.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
        if old && entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that is removed when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(dir: &Path) -> Result<Self, Failure> {
        remove_old(dir);
        let path = dir.join(format!("{SCRATCH}{}", Uuid::new_v4()));
        std::fs::create_dir(&path).map_err(|error| Failure::io(dir, error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "what the disk test made was not removed");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(median: u64, in_memory: bool) -> DiskGrade {
        Measured { commits: 9, min: 1, median, p99: 1, max: 1, per_second: 1, in_memory }.verdict()
    }

    #[test]
    fn what_is_faster_than_a_disk_is_doubted() {
        assert_eq!(of(49, false), DiskGrade::Doubted);
        assert_eq!(of(50, false), DiskGrade::Quick);
        assert_eq!(of(4_999, false), DiskGrade::Quick);
        assert_eq!(of(5_000, false), DiskGrade::Slow);
        assert_eq!(of(100_000, false), DiskGrade::VerySlow);
        assert_eq!(of(5_000, true), DiskGrade::Memory);
        assert!(
            !DiskGrade::Doubted.believed() && !DiskGrade::Memory.believed() && DiskGrade::VerySlow.believed()
        );
    }

    #[test]
    fn it_measures_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let mut told = 0;
        let measured = measure(dir.path(), 20, Duration::from_secs(60), |count, _| told = count).unwrap();
        assert_eq!((measured.commits, told), (20, 20));
        assert!(measured.min <= measured.median && measured.median <= measured.p99);
        assert!(measured.p99 <= measured.max && measured.per_second > 0);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(measure(&dir.path().join("none"), 1, Duration::ZERO, |_, _| {}).is_err());
    }
}
