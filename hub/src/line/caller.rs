//! Who is at the other end of a connection, and why a call of theirs is refused.

use std::net::SocketAddr;

use bytes::Bytes;
use truc_proto::enrolment::{CallRefusal, REASON};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::registry::Credential;

/// Who calls on a session listener; in the extensions of every request. A service gets at the peer by saying what
/// for, so that none forgets those whose certificate has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    peer: Peer,
    lapsed: bool,
}

impl Caller {
    /// A caller whose certificate is in force, or has ended.
    pub fn new(peer: Peer, lapsed: bool) -> Self {
        Self { peer, lapsed }
    }

    /// The peer whose certificate is in force; for all services but renewal.
    pub fn in_force<T>(request: &tonic::Request<T>) -> Result<Peer, tonic::Status> {
        let caller = Self::of(request)?;
        if caller.lapsed && !planted("certificates.lapsed.works") {
            return Err(refused(CallRefusal::Lapsed));
        }
        Ok(caller.peer)
    }

    /// Who calls, whether or not the certificate is in force; for renewal.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, tonic::Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| tonic::Status::unauthenticated("no client certificate"))
    }

    /// Who it is.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The certificate has ended: it opens renewal, and nothing else.
    pub fn may_only_renew(&self) -> bool {
        self.lapsed
    }
}

/// Why a call is refused, so that the node can tell.
pub fn refused(why: CallRefusal) -> tonic::Status {
    let mut status = match why {
        CallRefusal::Lapsed => tonic::Status::permission_denied("the certificate has ended; renew it"),
        CallRefusal::Credential => tonic::Status::permission_denied("the certificate is no longer good"),
        CallRefusal::Soon => tonic::Status::resource_exhausted("a certificate was issued a moment ago"),
        CallRefusal::Store => tonic::Status::unavailable("the hub cannot write now"),
    };
    status.metadata_mut().insert(REASON, tonic::metadata::MetadataValue::from_static(why.code()));
    status
}

/// Whose certificate was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// From where.
    pub source: SocketAddr,
    /// Which office, by its certificate.
    pub office: OfficeId,
    /// SHA-256 of the certificate: ask the gate again while the session lasts.
    pub certificate: Hash,
    /// The key that it is for (SubjectPublicKeyInfo, DER).
    pub public_key: Bytes,
    /// SHA-256 of that key.
    pub key: Hash,
    /// Unix seconds of the certificate's last moment: no session outlives it.
    pub not_after: u64,
}

impl Peer {
    /// Whether the certificate shown is one of this credential's.
    pub fn holds(&self, credential: &Credential) -> bool {
        credential.tls_key == Some(self.key) || credential.certificate == self.certificate
    }
}

/// Who is at the other end of an enrolment: an address, no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source(pub SocketAddr);
