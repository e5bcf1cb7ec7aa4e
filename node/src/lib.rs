//! An office: its journal, views, attachments, the line to the hub, the command line.
//!
//! A node knows nothing of other nodes; what a hub adds is in `truc-hub`. The rooms below stand from the ground up:
//! each imports only those before it (`ARCHITECTURE.md` draws them; `tests/src/rooms.rs` holds them to it).

pub mod clock;
pub mod fault;
pub mod words;

pub mod identity;
pub mod strangers;

pub mod store;

pub mod derive;

pub mod office;

pub mod line;

pub mod accounts;
pub mod import;
pub mod proof;

pub mod backup;

pub mod command;

pub mod web;

pub mod desk;

pub mod serve;
