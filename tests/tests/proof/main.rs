//! Proof for third parties: stores and archives that were tampered with are found out, and the first bad place is named;
//! clean ones never raise an alarm. And what another version wrote.
#![allow(clippy::unwrap_used)]

mod archives;
mod forger;
mod province;
mod skew;
mod stores;
