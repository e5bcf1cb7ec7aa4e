//! Issuing and keeping certificates: enrolment, renewal, and the certificates of the hub itself.

pub mod enrolment;
pub mod keeper;
pub mod redeem;
pub mod renewal;
pub mod vouch;
