//! Delivery: which entries are for which office.

pub mod mail;
