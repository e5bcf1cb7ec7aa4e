//! Kind 8: giao việc, one work inside an office. It has one person or unit responsible, a chain of those who handed it
//! down, dates, people who help, and a confirmer. The office alone reads it.
//!
//! `moves.rs` has the moves and their messages, `state.rs` folds them. All else is a pure function of the house, the work
//! and the day: who holds a work (`roles.rs`), what may be done (`judge.rs`, with the reasons in `refusal.rs`) and what it
//! is held against (`setting.rs`, `saw.rs`), what papers ask of the office (`asked.rs`) and where a part of one stands
//! (`part.rs`), what stands on whose page (`lists.rs`), which dates count (`due.rs`). So no leaving, absence or
//! reorganisation writes an entry into a work.

pub mod asked;
pub mod due;
pub mod judge;
pub mod lists;
mod moves;
pub mod part;
pub mod refusal;
pub mod roles;
mod saw;
pub mod setting;
mod state;

#[cfg(test)]
pub(super) use moves::samples;
pub use moves::{Act, Actor, Approved, Dated, Given, HandedIn, KIND, Kept, Move, Passed, Progress, Source};
pub use saw::Saw;
pub use state::{Asked, Change, Check, Contribution, Last, Link, Stage, Strand, Taken, Work};
