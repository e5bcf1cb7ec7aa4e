//! What a move is held against where it is written, beside the strand that it goes on: what other offices wrote of the
//! record. Receivers do not ask it: of what went to others they have nothing.

use crate::audience::Scope;
use crate::id::{OfficeId, RecordId};

/// What surrounds a move, as its author knows it.
pub struct Around<'a, S> {
    /// The record.
    pub record: RecordId,
    /// The office that makes the move.
    pub me: OfficeId,
    /// The office that opened the record.
    pub owner: OfficeId,
    /// Its strand.
    pub opened: &'a S,
    /// Whom the record is for.
    pub audience: &'a [Scope],
    /// Whether an office is within a scope.
    pub within: &'a dyn Fn(Scope, OfficeId) -> bool,
    /// Strands of other offices, of those that [`super::Strand::asks`] names.
    pub strands: &'a dyn Fn(OfficeId) -> Option<&'a S>,
    /// The own programme that is to carry on what is open.
    pub successor: Option<&'a S>,
}

impl<S> Around<'_, S> {
    /// Whether the record is addressed to an office; its owner is never its own addressee.
    pub fn is_addressee(&self, office: OfficeId) -> bool {
        office != self.owner && self.audience.iter().any(|scope| (self.within)(*scope, office))
    }

    /// Whether work for these offices is this office's. A subtree is all under its owner, without the owner.
    pub fn is_work_of(&self, assignees: &[Scope], office: OfficeId) -> bool {
        let is_one =
            |scope: &Scope| (self.within)(*scope, office) && !(scope.subtree && office == self.owner);
        assignees.iter().any(is_one)
    }
}

/// Why a move does not fit what surrounds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfit {
    /// The reason, as a short code.
    pub reason: &'static str,
    /// The tasks, items or questions concerned.
    pub parts: Vec<String>,
}

impl Unfit {
    /// A reason that concerns no part.
    pub fn new(reason: &'static str) -> Self {
        Self { reason, parts: Vec::new() }
    }

    /// Fails if there are such parts.
    pub fn none(reason: &'static str, parts: Vec<String>) -> Result<(), Self> {
        if parts.is_empty() { Ok(()) } else { Err(Self { reason, parts }) }
    }
}

/// Fails with a reason unless something holds.
pub(super) fn must(holds: bool, reason: &'static str) -> Result<(), Unfit> {
    if holds { Ok(()) } else { Err(Unfit::new(reason)) }
}
