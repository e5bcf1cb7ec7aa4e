//! Connections of offices: who calls, with which certificate, how many at once, and when a connection is cut.

pub mod caller;
pub mod connections;
pub mod listener;
pub mod presence;
pub mod tls;
