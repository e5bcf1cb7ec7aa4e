//! Disks that fail: a SQLite VFS with a plan of faults, and power cuts on a file system of its own.

mod image;
pub mod memory;
pub mod power;
mod vfs;

pub use image::Snapshot;
pub use vfs::{Call, Disk, Fault, Plan};
