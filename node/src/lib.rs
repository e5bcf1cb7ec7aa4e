//! An office: identity, the line to the hub.

pub mod certificate;
pub mod enrol;
pub mod keys;
pub mod tls;
