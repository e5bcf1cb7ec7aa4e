//! Tests that look inside: hubs and nodes in one process, journals on disks that fail, readers of foreign bytes, and the
//! planted bugs that all of these must catch.
#![allow(clippy::unwrap_used)]

mod certificates;
mod disk;
mod files;
mod frames;
mod fuzz;
mod judge;
mod letters;
mod lies;
mod missed;
mod planted;
mod proof;
mod registry;
