//! Floods: attacks on the listeners of the real program over real sockets, frame by frame, and light sessions that must
//! be served meanwhile. Everything stays on this machine, and is bounded in number and time.
//!
//! An attacker is an enrolled office (a machine that was taken over), or somebody at the enrolment port, where anybody
//! may connect. Each comes from its own loopback address.
#![allow(clippy::unwrap_used)]

pub mod bombs;
pub mod honest;
pub mod http2;
pub mod hub;
pub mod line;
pub mod office;
pub mod slow;

use std::time::Duration;

/// Memory that a hub may grow by under any of these (H1), bytes.
pub const GROWTH: u64 = 64 << 20;
/// The 99th percentile of an honest office's acknowledgements meanwhile (H1).
pub const ACKNOWLEDGED: Duration = Duration::from_secs(1);

/// What an attack came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The attack.
    pub attack: &'static str,
    /// Whether the hub held: it refused, and took no more memory than it may.
    pub held: bool,
    /// What it said and what it took.
    pub told: String,
}
