//! The whole system with the real programs: a hub and nodes as processes, asked on their command lines.
#![allow(clippy::unwrap_used)]

mod accounts;
mod answers;
mod certificates;
mod codes;
mod copies;
mod destroyed;
mod disks;
mod drafts;
mod files;
mod forks;
mod hooks;
mod house;
mod hub_commands;
mod kills;
mod lists;
mod logs;
mod moves;
mod node_commands;
mod numbers;
mod offline;
mod openssl;
mod outside;
mod papers;
mod points;
mod power;
mod proof;
mod rare_points;
mod restore;
mod sealed;
mod search;
mod stores;
mod trust;
