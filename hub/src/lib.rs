//! The office that others connect to: authority, listener, enrolment, sessions, mail, command line.
//!
//! It gives no second meaning to what `truc-proto` and `truc-node` define: journal, views and records are
//! theirs. The rooms below stand from the ground up: each imports only those before it (`ARCHITECTURE.md` draws
//! them; `tests/src/rooms.rs` holds them to it).

pub mod config;
pub mod fault;

pub mod delivery;

pub mod line;

pub mod authority;

pub mod recover;

pub mod hub;

pub mod files;
pub mod session;
pub mod trust;

pub mod listeners;

pub mod command;

pub mod console;

pub mod serve;

pub mod check;

pub mod demo;
