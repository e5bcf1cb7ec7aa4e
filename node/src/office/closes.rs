//! Which moves say of a paper, or of a part of it, that it is done: works stand behind it, and are asked first.

use truc_proto::record::directive::{self, Status};
use truc_proto::record::{Move, guidance, inspection, programme};

/// The task or item that a move reports as done; none: it reports none.
pub(super) fn finished(mv: &Move) -> Option<&str> {
    match mv {
        Move::Directive(directive::Move::Progress { task, percent: 100.., .. }) => Some(task),
        Move::Programme(programme::Move::Progress { item, percent: 100.., .. }) => Some(item),
        _ => None,
    }
}

/// What a move says is done with the paper: one part, or all that it asks for. None: it says no such thing.
pub(super) fn closed(mv: &Move) -> Option<Option<&str>> {
    match mv {
        Move::Directive(directive::Move::Status { code, .. }) if code == Status::Completed.code() => {
            Some(None)
        }
        Move::Guidance(guidance::Move::Acknowledged { .. }) => Some(Some("")),
        Move::Inspection(inspection::Move::SelfReported { .. }) => Some(Some("")),
        Move::Inspection(inspection::Move::Remediated { .. }) => Some(Some(inspection::REMEDY)),
        _ => None,
    }
}
