//! Limits for strangers who connect: how many connections, how long a silent one may stay, how often a secret may be
//! guessed.

pub mod places;
pub mod prompt;
pub mod throttle;
