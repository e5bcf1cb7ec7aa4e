//! An office: its journal, views, attachments, connection to the hub, command line and desk.
//!
//! A node knows nothing of other nodes; what a hub adds is in `truc-hub`. The modules below stand from the ground up:
//! each imports only those before it (`ARCHITECTURE.md` draws them, `tests/src/rooms.rs` checks them).

pub mod clock;
pub mod fault;
pub mod log;
pub mod words;

pub mod blocking;
pub mod identity;
pub mod strangers;
pub mod supervise;

pub mod store;

pub mod derive;

pub mod office;

pub mod line;

pub mod accounts;
pub mod hook;
pub mod import;
pub mod proof;

pub mod backup;

pub mod command;

pub mod web;

pub mod desk;

pub mod serve;

/// Version of the program, with the name of its build (`0.1.0+1a2b3c`) if it was built with one.
pub const VERSION: &str = env!("TRUC_VERSION");
