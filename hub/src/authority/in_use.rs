//! Which certificates the listeners show and trust now, for people.

use rustls::pki_types::CertificateDer;

/// What the listeners show and trust.
#[derive(Clone, Debug, Default)]
pub struct InUse {
    /// Trusted authorities, the newest first.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The first and last moment of the hub's own certificate, Unix seconds.
    pub own: (u64, u64),
    /// Another authority made it: the hub cannot renew it by itself.
    pub external: bool,
}
