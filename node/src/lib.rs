//! An office: its journal, views, attachments, the line to the hub, the command line.
//!
//! A node knows nothing of other nodes; what a hub adds is in `truc-hub`.

pub mod accounts;
pub mod attachments;
pub mod backup;
pub mod carrier;
pub mod certificate;
pub mod clock;
pub mod command;
pub mod desk;
pub mod disk;
pub mod enrol;
pub mod failure;
pub mod fault;
pub mod heads;
pub mod health;
pub mod import;
pub mod journal;
pub mod keys;
pub mod local;
pub mod lock;
pub mod office;
pub mod places;
pub mod prompt;
pub mod proof;
pub mod pump;
pub mod record;
pub mod renewal;
pub mod search;
pub mod throttle;
pub mod tls;
pub mod transfer;
pub mod trust;
pub mod unsent;
pub mod uplink;
pub mod verifier;
pub mod vet;
pub mod views;
pub mod web;
pub mod words;
pub mod writer;
