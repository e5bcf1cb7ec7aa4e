//! Desk and console without a browser: every route by every role, and what every request and answer keeps.
#![allow(clippy::unwrap_used)]

mod backup;
mod day;
mod factors;
mod forms;
mod house;
mod light;
mod matrix;
mod moves;
mod registers;
mod safety;
mod signing;
mod steering;
