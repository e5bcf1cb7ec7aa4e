//! Kind 9: dự thảo, a paper before it is one. It goes a road: somebody writes it, others appraise it, say what they think,
//! sign it, and the clerk issues it. The office alone reads it.
//!
//! `moves.rs` has the moves, `content.rs` what they say, `road.rs` the road, which a draft keeps as it was on the day on
//! which it was begun. `state.rs` folds the moves, with `fold.rs`, `slip.rs` (opinions) and `remark.rs`. An approval is about
//! a version and ends by what a later version changes (`ends.rs`). All else is a pure function of the draft, the moment and
//! what the house says then (`bench.rs`): what may be done (`judge.rs`, with the reasons in `refusal.rs`) and on whose page
//! it stands (`lists.rs`). No lock and no task is stored: the step says who writes, and the lists are computed.

pub mod bench;
pub mod content;
pub mod ends;
mod fold;
mod form;
pub mod judge;
pub mod lists;
mod moves;
pub mod refusal;
pub mod remark;
pub mod road;
pub mod slip;
mod state;

pub use content::{
    Adopted, Answer, Asked, Begun, Checked, Comment, Consulted, Decision, Extended, How, Issued, Met, Named,
    Opinion, Part, PartText, Remarked, Saved, Seen, Signed, Slot, Stance, Superseded, Verdict, Weight, Word,
};
#[cfg(test)]
pub(super) use moves::samples;
pub use moves::{Act, KIND, Move};
pub use state::{
    Approval, Beside, Commented, Consultation, Draft, Ended, Matter, Signature, State, Strand, Version, part,
    road,
};
