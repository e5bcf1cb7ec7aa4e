//! An office: its journal, views, attachments, the line to the hub, the command line.
//!
//! A node knows nothing of other nodes; what a hub adds is in `truc-hub`.

pub mod record;
pub mod views;
