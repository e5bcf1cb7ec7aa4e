//! The sync session: both ends as state machines without I/O.
//!
//! A machine takes events ([`NodeEvent`], [`HubEvent`]) and returns work to be done ([`NodeWork`], [`HubWork`]): frames
//! to send, reads and durable writes of its store. Its driver does the work in the order given and answers each read
//! and write with its event, in that order. The same machines run under gRPC and in the simulation. `judge` holds the
//! connect decision.

mod hub;
mod hub_work;
mod judge;
mod node;
mod node_work;
mod own_keys;
mod telling;

pub use hub::HubSession;
pub use hub_work::{Admitted, HubEvent, HubFacts, HubWork, Obstacle};
pub use judge::{Facts, Judgement, judge};
pub use node::NodeSession;
pub use node_work::{MailEnd, NodeEvent, NodeFacts, NodeWork, NodeWrite, Wrote};
pub use own_keys::OwnKeys;
pub use telling::Telling;

use crate::wire::EndReason;

/// The protocol versions that this program speaks, oldest and newest.
pub const VERSIONS: (u32, u32) = (2, 2);

/// Why a session is over, and what its office should do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// What happened.
    pub reason: EndReason,
    /// A code or short English text for the log.
    pub detail: String,
}

impl End {
    /// An end with its reason.
    pub fn new(reason: EndReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// Whether the office should call again at once rather than after a wait.
    pub fn again(&self) -> bool {
        self.reason == EndReason::EndAgain
    }
}
