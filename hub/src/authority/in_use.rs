//! Which certificates the listeners show and trust now; for `status` and the console.

use rustls::pki_types::CertificateDer;

/// What the listeners show and trust.
#[derive(Clone, Debug, Default)]
pub struct InUse {
    /// Trusted authorities, the newest first.
    pub authorities: Vec<CertificateDer<'static>>,
    /// `notBefore` and `notAfter` of the hub's own certificate, Unix seconds.
    pub own: (u64, u64),
    /// Whether another authority issued the hub's own certificate. If so, the hub cannot renew it by itself.
    pub external: bool,
}
