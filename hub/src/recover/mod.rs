//! A hub that was restored or rebuilt: what it is rebuilt from, and what its nodes have given back.

pub mod life;
pub mod rebuild;
pub mod refill;
