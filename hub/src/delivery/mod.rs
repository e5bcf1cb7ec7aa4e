//! Delivery: which entries are for which office.

#[cfg(test)]
mod hostile;
pub mod index;
pub mod mail;
#[cfg(test)]
mod tests;
