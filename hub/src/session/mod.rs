//! The session of one office: the gRPC service, the driver of the hub's session machine, what it sends.

pub mod driver;
pub mod heads;
pub mod outbox;
pub mod suspects;
