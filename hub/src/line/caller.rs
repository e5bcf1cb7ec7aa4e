//! Who is at the other end of a connection, and the refusals that a call can get.

use std::net::SocketAddr;

use bytes::Bytes;
use truc_proto::enrolment::{CallRefusal, REASON};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::registry::Credential;

/// The caller on a session listener, in the extensions of every request. A service must choose between
/// [`Caller::in_force`] and [`Caller::of`] to reach the peer, so that none overlooks certificates that have ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    peer: Peer,
    lapsed: bool,
}

impl Caller {
    /// A caller. `lapsed`: its certificate has ended, or has not begun.
    pub fn new(peer: Peer, lapsed: bool) -> Self {
        Self { peer, lapsed }
    }

    /// The peer, if its certificate is in force; for all services but renewal.
    pub fn in_force<T>(request: &tonic::Request<T>) -> Result<Peer, tonic::Status> {
        let caller = Self::of(request)?;
        if caller.lapsed && !planted("certificates.lapsed.works") {
            return Err(refused(CallRefusal::Lapsed));
        }
        Ok(caller.peer)
    }

    /// The caller, whether or not its certificate is in force; for renewal.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, tonic::Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| tonic::Status::unauthenticated("no client certificate"))
    }

    /// The peer behind the call.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether the certificate has ended, or has not begun: the caller may then ask for renewal and nothing else.
    pub fn may_only_renew(&self) -> bool {
        self.lapsed
    }
}

/// The status of a refused call, with the reason in a header that the node can read.
pub fn refused(why: CallRefusal) -> tonic::Status {
    let mut status = match why {
        CallRefusal::Lapsed => tonic::Status::permission_denied("the certificate has ended; renew it"),
        CallRefusal::Credential => tonic::Status::permission_denied("the certificate is no longer good"),
        CallRefusal::Soon => tonic::Status::resource_exhausted("a certificate was issued a moment ago"),
        CallRefusal::Store => tonic::Status::unavailable("the hub cannot write now"),
        CallRefusal::Clock => {
            tonic::Status::unavailable("the hub does not believe its own clock, so it signs no certificates")
        }
    };
    status.metadata_mut().insert(REASON, tonic::metadata::MetadataValue::from_static(why.code()));
    status
}

/// The peer of a connection, by the certificate that it showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Address from which it calls.
    pub source: SocketAddr,
    /// The office that the certificate names.
    pub office: OfficeId,
    /// SHA-256 of the certificate. The gate is asked about it again and again while a session lasts.
    pub certificate: Hash,
    /// Public key of the certificate (SubjectPublicKeyInfo, DER).
    pub public_key: Bytes,
    /// SHA-256 of that key.
    pub key: Hash,
    /// `notAfter` of the certificate, Unix seconds: no session outlives it.
    pub not_after: u64,
}

impl Peer {
    /// Whether the certificate shown belongs to this credential.
    pub fn holds(&self, credential: &Credential) -> bool {
        credential.tls_key == Some(self.key) || credential.certificate == self.certificate
    }
}

/// The caller on the enrolment listener, of whom only the address is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source(pub SocketAddr);
