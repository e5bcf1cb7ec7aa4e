//! The office that others connect to: authority, listener, enrolment, sessions, mail, command line.
//!
//! Journal, views and records are those of `truc-proto` and `truc-node`; the hub gives them no second meaning. The
//! modules below are in the order of their imports: each imports only those before it (`ARCHITECTURE.md` draws them;
//! `tests/src/rooms.rs` checks them).

pub mod clock;
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
