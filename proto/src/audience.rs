//! Whom an entry is for.

use serde::{Deserialize, Serialize};

use crate::id::OfficeId;

/// An office, or an office and all under it at the time of admission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// The office named.
    pub office: OfficeId,
    /// Whether all offices under it are meant too.
    pub subtree: bool,
}

impl Scope {
    /// That office alone.
    pub fn office(office: OfficeId) -> Self {
        Self { office, subtree: false }
    }

    /// That office and all under it.
    pub fn subtree(office: OfficeId) -> Self {
        Self { office, subtree: true }
    }

    /// Key of a channel in stores, 17 bytes: the office, then 1 if its subtree is meant and 0 if not.
    pub fn key(self) -> [u8; 17] {
        let mut key = [0; 17];
        key[..16].copy_from_slice(self.office.0.as_bytes());
        key[16] = u8::from(self.subtree);
        key
    }
}
