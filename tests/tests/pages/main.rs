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
mod outside;
mod registers;
mod roads;
mod safety;
mod signing;
mod steering;
mod works;
