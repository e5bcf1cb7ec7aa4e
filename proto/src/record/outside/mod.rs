//! Kind 10: văn bản ngoài, what came to an office not by the network: a paper, the stub of a secret paper, a petition. The
//! office alone reads it.
//!
//! `moves.rs` has the moves, `content.rs` their messages, `state.rs` folds them. All else is a pure function of the house,
//! the record and the day: what may be done (`judge.rs`, with the reasons of [`super::assignment::refusal`]), who sees it
//! (`sight.rs`), whether a text gives away who denounced ([`super::likeness`]), the lines of the registers (`registers/`). What is
//! to be done about a paper or petition is a work as any other: each is a part of the office's open work
//! ([`super::assignment::asked`]).

mod content;
pub mod judge;
mod moves;
pub mod registers;
pub mod sight;
mod state;

pub use content::{
    Answered, Arrived, Book, Channel, Classified, Copied, Corrected, Field, Kept, Petition, Reason, Sender,
    Transferred,
};
#[cfg(test)]
pub(super) use moves::samples;
pub use moves::{Act, KIND, Move};
pub use state::{Decision, Outside, Road, Said, Strand, Transfer, What};
