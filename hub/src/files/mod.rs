//! Attachments at the hub: the gRPC service, the rule who may bring or fetch a file, and the memory of who brought it.

pub mod brought;
pub mod entitled;
pub mod rule;
pub mod service;
