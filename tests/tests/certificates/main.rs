//! Certificates as they live: renewed, ended, revoked, replaced, on real listeners and real lines.
#![allow(clippy::unwrap_used)]

mod authorities;
mod cuts;
mod renewals;
mod support;
