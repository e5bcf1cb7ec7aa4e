//! The way to the hub: connection, enrolment, session, renewal of the certificate, files.

pub mod carrier;
pub mod dial;
pub mod dispatch;
pub mod driver;
pub mod enrol;
pub mod freight;
pub mod heads;
mod missed;
pub mod renewal;
pub mod state;
pub mod transfer;
pub mod uplink;
