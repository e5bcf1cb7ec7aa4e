//! What the hub signs of its journal: a head with each Welcome, and with mail that passes a round position. It is the
//! same journal for everybody, so heads of any two offices can be held against each other.

use truc_proto::head::Head;
use truc_proto::id::Mark;
use truc_proto::time::Hlc;
use truc_proto::wire::{self, hub_frame::Frame};

use crate::session::store::Store;

/// Heads of one session. The marks that they sign come from whoever reads the journal.
#[derive(Debug, Default)]
pub struct Heads {
    /// Where the journal ended when the Hello was judged.
    pub end: Option<Mark>,
    /// The round position that the mail just read passes.
    pub round: Option<Mark>,
}

impl Heads {
    /// The head that goes with a frame, if one does.
    pub fn with<S: Store>(&mut self, store: &S, frame: &wire::HubFrame) -> Option<Head> {
        let mark = match &frame.frame {
            Some(Frame::Welcome(welcome)) => self
                .end
                .take()
                .filter(|_| !matches!(welcome.verdict(), wire::Verdict::Refill | wire::Verdict::Question)),
            Some(Frame::Deliver(wire::Deliver { mark: Some(_), .. }) | Frame::CaughtUp(_)) => {
                self.round.take()
            }
            _ => None,
        };
        let mark = mark.filter(|mark| mark.position > 0)?;
        let (identity, time) = (store.identity(), Hlc::tick(Hlc::default(), store.millis()));
        Some(Head::sign(identity.hub, store.life().now(), mark, time, &identity.key))
    }
}
