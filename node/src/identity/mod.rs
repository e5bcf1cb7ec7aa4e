//! Who this machine is: its keys, its certificate, and whom it trusts on the line.

pub mod certificate;
pub mod enrolled;
pub mod keys;
pub mod tls;
pub mod trust;

use ed25519_dalek::{SigningKey, VerifyingKey};
use truc_proto::id::OfficeId;

/// Folder of keys and certificates within a store.
pub const IDENTITY: &str = "identity";
/// Folder of the certificate of the pages within a store.
pub const WEB_TLS: &str = "web-tls";

/// Who writes in a store, and whom it believes.
#[derive(Clone)]
pub struct Identity {
    /// This office.
    pub office: OfficeId,
    /// Signs its entries.
    pub key: SigningKey,
    /// The hub's office.
    pub hub: OfficeId,
    /// Checks the hub's receipts and registry.
    pub hub_key: VerifyingKey,
}

impl Identity {
    /// Whether this store is the hub's own.
    pub fn is_hub(&self) -> bool {
        self.office == self.hub
    }
}
