//! Journals on disks that fail: every call of SQLite to the system, power cuts made up from what was flushed, and bits
//! that flip.

mod calls;
mod cuts;
mod flips;
mod fsync;
mod script;
