//! Certificates as they live: renewed, ended, revoked, replaced, on real listeners and real lines.

mod authorities;
mod clocks;
mod cuts;
mod renewals;
pub(crate) mod support;
