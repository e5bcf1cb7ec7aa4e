//! Support for the whole-system tests in `tests/tests` and the benchmarks in `tests/benches`: the real programs as
//! processes, a province in one process, hand-made peers, failing disks, pages, slow lines, and the simulation.

#[allow(unsafe_code)]
pub mod disk;
pub mod floods;
pub mod fuzz;
pub mod pages;
pub mod peer;
pub mod programs;
pub mod province;
#[cfg(test)]
mod rooms;
pub mod sim;
pub mod slow_line;
pub mod support;
