//! Attachments at the hub: the gRPC service, and the rule who may upload or download a file.

pub mod entitled;
pub mod service;
