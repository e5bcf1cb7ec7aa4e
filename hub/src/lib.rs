//! The office that others connect to: authority, listener, enrolment.

pub mod attachments;
pub mod authority;
pub mod enrolment;
pub mod listener;
pub mod throttle;
pub mod tls;
