//! Delivery: which entries are for which office.

pub mod index;
pub mod mail;
#[cfg(test)]
mod tests;
