//! Connections of offices: who calls, with which certificate, how many connections at once, and when one is cut.

pub mod caller;
pub mod connections;
pub mod listener;
pub mod presence;
pub mod quotas;
pub mod tls;
