//! Trust on a real line: who gets in at the two listeners, who does not, and what each is told.
#![allow(clippy::unwrap_used)]

mod enrolment;
mod sessions;
mod strangers;
mod support;
