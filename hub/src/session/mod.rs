//! The session of one office: the gRPC service, and the driver of the hub's session machine with what it decides.

pub mod driver;
pub mod heads;
pub mod offers;
pub mod outbox;
pub mod service;
pub mod store;
pub mod suspects;
pub mod unfolded;
pub mod write;
