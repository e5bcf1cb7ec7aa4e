//! Attachments at the hub: the gRPC service, and who may bring or fetch a file.

pub mod entitled;
pub mod service;
