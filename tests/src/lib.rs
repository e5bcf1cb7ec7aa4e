//! Whole-system tests of Trục: the simulation here, tests with the real binaries in `tests/tests`,
//! benchmarks in `tests/benches`.

pub mod province;
pub mod sim;
