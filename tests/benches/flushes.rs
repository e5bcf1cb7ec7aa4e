//! What the disk says of the work on it.

use std::path::{Path, PathBuf};

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
