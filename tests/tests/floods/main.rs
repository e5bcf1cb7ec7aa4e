//! H1 to H4: floods, bombs, slow ones, storms; see `truc_tests::floods`.
#![allow(clippy::unwrap_used)]

mod attacks;
mod planted;
mod province;
mod refusals;

/// The processor: tests that need all of it run one after the other.
static MACHINE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
