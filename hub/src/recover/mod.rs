//! A hub that was put back, or lost and made anew: what its nodes have refilled, and what it is rebuilt from.

pub mod life;
pub mod rebuild;
pub mod refill;
