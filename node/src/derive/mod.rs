//! What is derived from the journal and can be made anew from it: the check of every entry, views, the search index.

pub mod follow;
pub mod guard;
pub mod pump;
pub mod registry;
pub mod search;
pub mod vet;
pub mod views;

#[cfg(test)]
mod tests;
