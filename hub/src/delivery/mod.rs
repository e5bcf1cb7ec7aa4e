//! Which entries are for whom.

pub mod mail;
