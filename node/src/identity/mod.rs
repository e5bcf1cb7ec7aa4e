//! Identity of this machine: its keys, its certificate, and the authorities it trusts.

pub mod certificate;
pub mod enrolled;
pub mod keys;
pub mod sealing;
pub mod tls;
pub mod trust;

use ed25519_dalek::{SigningKey, VerifyingKey};
use truc_proto::id::OfficeId;

use sealing::SharedRing;

/// Folder of keys and certificates within a store.
pub const IDENTITY: &str = "identity";
/// Folder, within a store, of the certificate for the pages.
pub const WEB_TLS: &str = "web-tls";

/// Who writes in a store, and which hub it believes.
#[derive(Clone)]
pub struct Identity {
    /// This office.
    pub office: OfficeId,
    /// Signs this office's entries.
    pub key: SigningKey,
    /// The hub's office.
    pub hub: OfficeId,
    /// Verifies the hub's receipts and registry entries.
    pub hub_key: VerifyingKey,
    /// Seals what stays inside this office, and opens it.
    pub ring: SharedRing,
}

impl Identity {
    /// Whether this store is the hub's own.
    pub fn is_hub(&self) -> bool {
        self.office == self.hub
    }
}
