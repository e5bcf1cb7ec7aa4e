//! Floods: attacks on the listeners of the real program over real sockets, frame by frame, while ordinary sessions must
//! still be served. All traffic stays on this machine and is limited in amount and time.
//!
//! An attacker is an enrolled office (a machine that was taken over), or somebody at the enrolment port, where anybody
//! may connect. Each comes from its own loopback address.
#![allow(clippy::unwrap_used)]

pub mod bombs;
pub mod enrolled;
pub mod honest;
pub mod http2;
pub mod hub;
pub mod line;
pub mod office;
pub mod slow;

use std::time::Duration;

/// How much an attack may grow the hub's memory (H1), bytes.
pub const GROWTH: u64 = 64 << 20;
/// Limit for the 99th percentile of an honest office's time to acknowledge during an attack (H1).
pub const ACKNOWLEDGED: Duration = Duration::from_secs(1);

/// Result of an attack.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The attack.
    pub attack: &'static str,
    /// Whether the hub refused, and grew no more than it may.
    pub held: bool,
    /// The hub's reaction and the measured memory.
    pub told: String,
}
