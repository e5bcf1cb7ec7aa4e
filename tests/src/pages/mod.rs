//! What tests of desk and console stand on: the demo or a small province as processes, people who may sign
//! in, a browser, and HTTP without one.
//!
//! All of it blocks and panics with a sentence when something is not as it must be: that is how tests fail.
#![allow(clippy::unwrap_used)]

pub mod axe;
pub mod demo;
pub mod driver;
pub mod http;
pub mod people;
pub mod small;
pub mod window;
