//! A file system that loses power: ext4 in a file, shut down without flushing its log.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `FS_IOC_SHUTDOWN` of Linux, and its flag that flushes nothing.
const SHUTDOWN: libc::c_ulong = 0x8004_587d;
const NO_LOG_FLUSH: u32 = 2;

/// A mounted ext4 in a file; dropping it unmounts it.
#[derive(Debug)]
pub struct Volume {
    image: PathBuf,
    mount: PathBuf,
    mounted: bool,
}

impl Volume {
    /// Creates and mounts a file system of `mib` MiB in `folder`. Fails with the system's message if that is not
    /// allowed.
    pub fn make(folder: &Path, mib: u64) -> Result<Self, String> {
        let (image, mount) = (folder.join("disk.img"), folder.join("disk"));
        let make = || -> io::Result<()> {
            File::create(&image)?.set_len(mib * 1024 * 1024)?;
            std::fs::create_dir(&mount)
        };
        make().map_err(|error| error.to_string())?;
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image))?;
        let mut volume = Self { image, mount, mounted: false };
        volume.mount()?;
        Ok(volume)
    }

    /// Mount point.
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// Cuts the power: unflushed data is lost, and reading and writing fail until [`Self::restart`].
    pub fn cut(&self) -> io::Result<()> {
        let folder = File::open(&self.mount)?;
        // SAFETY: the call reads one 32-bit number, which outlives it.
        let done = unsafe { libc::ioctl(folder.as_raw_fd(), SHUTDOWN, &NO_LOG_FLUSH) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Restores the power: unmounts and mounts again, so that the file system replays its log. No file on it may be
    /// open.
    pub fn restart(&mut self) -> Result<(), String> {
        self.unmount()?;
        self.mount()
    }

    fn mount(&mut self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.mount))?;
        self.mounted = true;
        Ok(())
    }

    fn unmount(&mut self) -> Result<(), String> {
        run(Command::new("umount").arg(&self.mount))?;
        self.mounted = false;
        Ok(())
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        if self.mounted && self.unmount().is_err() {
            // A file may still be open after a failed test: a lazy unmount completes when it is closed.
            let _ = run(Command::new("umount").arg("-l").arg(&self.mount));
        }
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
