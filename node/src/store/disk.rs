//! How long a disk takes to make a commit durable, and whether it can be believed.
//!
//! Some disks and virtual machines say that something is written when it is not. A program cannot see that; it can
//! see that an answer came faster than any disk writes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use truc_proto::limits;
use uuid::Uuid;

use crate::words::failure::Failure;

/// Commits measured at the start of `serve`.
const AT_START: u32 = 30;
/// And the time that they may take.
const AT_START_MOST: Duration = Duration::from_millis(500);

/// What was measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Commits that were made, one after the other.
    pub commits: usize,
    /// The fastest, microseconds.
    pub min: u64,
    /// Half were faster.
    pub median: u64,
    /// One of a hundred was slower.
    pub p99: u64,
    /// The slowest.
    pub max: u64,
    /// Commits in a second, one after the other.
    pub per_second: u64,
    /// The folder is in memory, and gone when the machine is switched off.
    pub in_memory: bool,
}

/// What the measure means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No disk: nothing of it survives a power cut.
    Memory,
    /// Faster than a disk can be: what was acknowledged may be lost with the power.
    Doubted,
    /// As disks are, and quick.
    Quick,
    /// As turning disks are: one paper after the other is no burden, many offices at once are.
    Slow,
    /// Slow enough that people wait.
    VerySlow,
}

impl Measured {
    /// What it means.
    pub fn verdict(&self) -> Verdict {
        const SLOW: Duration = Duration::from_millis(5);
        const VERY_SLOW: Duration = Duration::from_millis(100);
        match Duration::from_micros(self.median) {
            _ if self.in_memory => Verdict::Memory,
            median if median < limits::COMMIT_DOUBTED => Verdict::Doubted,
            median if median < SLOW => Verdict::Quick,
            median if median < VERY_SLOW => Verdict::Slow,
            _ => Verdict::VerySlow,
        }
    }
}

impl Verdict {
    /// Whether what is acknowledged on such a disk can be believed to be durable.
    pub fn believed(self) -> bool {
        !matches!(self, Self::Memory | Self::Doubted)
    }
}

/// Makes commits as the journal's, in a database of its own in `dir`, until so many are made or so much time has passed, telling after
/// each how many there are; at least one. The database is removed again.
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

/// Measures a little, and warns if the disk of a store cannot be believed.
pub async fn doubt(dir: PathBuf) {
    let measured =
        tokio::task::spawn_blocking(move || measure(&dir, AT_START, AT_START_MOST, |_, _| {})).await;
    match measured {
        Ok(Ok(measured)) if !measured.verdict().believed() => tracing::warn!(
            microseconds = measured.median,
            in_memory = measured.in_memory,
            "a commit is implausibly fast for a disk: it may not be written when it says so; see disk-test"
        ),
        Ok(Ok(measured)) => tracing::debug!(microseconds = measured.median, "a commit"),
        Ok(Err(failure)) => tracing::debug!(%failure, "the disk was not measured"),
        Err(error) => tracing::debug!(%error, "the disk was not measured"),
    }
}

/// Whether a folder is in memory.
fn in_memory(dir: &Path) -> bool {
    const TMPFS: rustix::fs::FsWord = 0x0102_1994;
    const RAMFS: rustix::fs::FsWord = 0x8584_58f6;
    rustix::fs::statfs(dir).is_ok_and(|about| matches!(about.f_type, TMPFS | RAMFS))
}

const SCRATCH: &str = ".disk-test-";
/// No test takes so long: what is older was left by a program that was killed.
const OLD: Duration = Duration::from_secs(2 * 3600);

/// Removes what tests of before left. Best effort: it is in nobody's way.
fn remove_old(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|about| about.modified());
        let old = old.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
        if old && entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that is removed again.
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

    fn of(median: u64, in_memory: bool) -> Verdict {
        Measured { commits: 9, min: 1, median, p99: 1, max: 1, per_second: 1, in_memory }.verdict()
    }

    #[test]
    fn what_is_faster_than_a_disk_is_doubted() {
        assert_eq!(of(49, false), Verdict::Doubted);
        assert_eq!(of(50, false), Verdict::Quick);
        assert_eq!(of(4_999, false), Verdict::Quick);
        assert_eq!(of(5_000, false), Verdict::Slow);
        assert_eq!(of(100_000, false), Verdict::VerySlow);
        assert_eq!(of(5_000, true), Verdict::Memory);
        assert!(!Verdict::Doubted.believed() && !Verdict::Memory.believed() && Verdict::VerySlow.believed());
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
