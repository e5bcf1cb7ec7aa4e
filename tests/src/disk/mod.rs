//! Failing disks: a SQLite VFS with a plan of faults, and power cuts on a separate file system.

mod image;
pub mod memory;
pub mod power;
mod vfs;

pub use image::Snapshot;
pub use vfs::{Call, Disk, Fault, Plan};
