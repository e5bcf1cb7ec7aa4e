//! Proof for third parties: stores and archives that were tampered with are found out, and the first bad place is named;
//! clean ones never raise an alarm. And what another version wrote.

mod archives;
mod at_rest;
mod forger;
mod skew;
mod stores;
