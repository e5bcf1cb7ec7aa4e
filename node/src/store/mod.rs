//! The durable part of an office: the journal with its one writer, attachments, what people have handed in for drafts,
//! the lock of the folder, the disk under it.

pub mod attachments;
pub mod disk;
pub mod health;
pub mod journal;
pub mod lock;
pub mod readers;
pub mod reading;
pub mod scour;
pub mod uploads;
pub mod verified;
pub mod writer;
