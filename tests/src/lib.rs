//! Whole-system tests of Trục: the simulation and what tests of pages stand on here, tests with the real
//! binaries in `tests/tests`, benchmarks in `tests/benches`.

#[allow(unsafe_code)]
pub mod disk;
pub mod floods;
pub mod fuzz;
pub mod pages;
pub mod province;
#[cfg(test)]
mod rooms;
pub mod sim;
