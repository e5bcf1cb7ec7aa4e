//! The office that others connect to: authority, listener, enrolment, sessions, mail, command line.
//!
//! It gives no second meaning to what `truc-proto` and `truc-node` define: journal, views and records are
//! theirs.

pub mod attachments;
pub mod authorities;
pub mod authority;
pub mod check;
pub mod codes;
pub mod command;
pub mod config;
pub mod connections;
pub mod console;
pub mod demo;
pub mod enrolment;
pub mod enrolments;
pub mod fault;
pub mod files;
pub mod followed;
pub mod heads;
pub mod hub;
pub mod listener;
pub mod mail;
pub mod outbox;
pub mod rebuild;
pub mod refill;
pub mod renewal;
pub mod serve;
pub mod session;
pub mod sessions;
pub mod suspects;
pub mod tls;
pub mod trust;
