//! The whole system with the real programs: a hub and nodes as processes, asked on their command lines.
#![allow(clippy::unwrap_used)]

mod answers;
mod care;
mod certificates;
mod codes;
mod copies;
mod disks;
mod files;
mod forks;
mod harness;
mod kills;
mod lists;
mod offline;
mod openssl;
mod papers;
mod points;
mod power;
mod proof;
mod proxy;
mod restore;
mod search;
mod stores;
mod trust;
