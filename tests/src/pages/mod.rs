//! Support for tests of desk and console: the demo or a small province as processes, people with accounts, a browser,
//! and HTTP without one.
//!
//! All functions block, and panic with a message if something is wrong: that is how tests fail.
#![allow(clippy::unwrap_used)]

pub mod axe;
pub mod demo;
pub mod driver;
pub mod http;
pub mod people;
pub mod small;
pub mod window;
