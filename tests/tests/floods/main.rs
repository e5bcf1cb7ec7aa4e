//! H1 to H5: floods, bombs, slow ones, storms, enrolled offices; see `truc_tests::floods`.
#![allow(clippy::unwrap_used)]

mod attacks;
mod enrolled;
mod planted;
mod province;
mod refusals;

/// The processor: tests that need all of it run one after the other.
static MACHINE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
