//! Journals on disks that fail: every call of SQLite to the system, power cuts made up from what was flushed, and bits
//! that flip. And what is derived from them, when pages are lost or the power fails under a hub.

mod calls;
mod cuts;
mod derived;
mod flips;
mod fsync;
mod hub_power;
mod script;
