//! The protocol of Trục: what every party must agree on.
//!
//! Bytes and values in, bytes and values out: nothing here opens a file or a socket, reads a clock or
//! waits. `proto/README.md` is the protocol's specification for readers of other languages.

pub mod audience;
pub mod authority;
pub mod batch;
pub mod chain;
pub mod clock;
pub mod code;
pub mod codec;
pub mod compare;
pub mod crowd;
pub mod date;
pub mod enrolment;
pub mod entry;
pub mod fault;
pub mod head;
pub mod house;
pub mod id;
pub mod identifier;
pub mod limits;
pub mod paper;
pub mod proof;
pub mod receipt;
pub mod record;
pub mod refusal;
pub mod registry;
pub mod seal;
pub mod secrecy;
pub mod session;
mod signature;
pub mod time;
pub mod vietnamese;
pub mod visible;

/// The messages of `truc.v1`, as generated from `proto/truc/v1/*.proto`.
#[allow(missing_docs, clippy::all, unreachable_pub)]
pub mod wire {
    tonic::include_proto!("truc.v1");
}

/// The `.proto` files by name. Archives include them, so that a reader in twenty years can still decode the entries.
pub const DEFINITIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/definitions.rs"));
