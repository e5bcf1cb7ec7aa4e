//! What the hub signs of its journal: a head with each Welcome, and with mail that passes a round position. It is the
//! same journal for everybody, so heads of any two offices can be held against each other.

use truc_proto::head::{Head, roundest};
use truc_proto::time::Hlc;
use truc_proto::wire::{self, hub_frame::Frame};

use crate::session::store::Store;

/// Heads of one session.
#[derive(Debug, Default)]
pub struct Heads {
    /// Mail has led up to here.
    passed: u64,
}

impl Heads {
    /// The head that goes with a frame, if one does.
    pub fn with<S: Store>(&mut self, store: &S, frame: &wire::HubFrame) -> Result<Option<Head>, S::Error> {
        let to = |mark: &Option<wire::Mark>| mark.as_ref().map(|mark| mark.position);
        let at = match &frame.frame {
            Some(Frame::Welcome(welcome)) => {
                self.passed = to(&welcome.from).unwrap_or(0);
                let delivers = !matches!(welcome.verdict(), wire::Verdict::Refill | wire::Verdict::Question);
                let end = delivers.then(|| store.read(|journal| journal.end())).transpose()?;
                end.map(|end| end.position)
            }
            Some(Frame::Deliver(wire::Deliver { mark: mark @ Some(_), .. }))
            | Some(Frame::CaughtUp(wire::CaughtUp { mark })) => {
                let upto = to(mark).unwrap_or(0);
                roundest(std::mem::replace(&mut self.passed, upto), upto)
            }
            _ => None,
        };
        let Some(at) = at.filter(|position| *position > 0) else { return Ok(None) };
        let mark = store.read(|journal| journal.mark_of(at))?;
        let (identity, time) = (store.identity(), Hlc::tick(Hlc::default(), store.millis()));
        Ok(mark.map(|mark| Head::sign(identity.hub, store.life().now(), mark, time, &identity.key)))
    }
}
