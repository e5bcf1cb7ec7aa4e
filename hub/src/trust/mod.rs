//! Certificates issued and kept: enrolment, renewal, the hub's own.

pub mod enrolment;
pub mod keeper;
pub mod redeem;
pub mod renewal;
pub mod vouch;
