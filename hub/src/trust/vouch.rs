//! The authority's statement about the hub's ledger key. With it, whoever trusts the authority can verify every
//! signature of the province, offline and years later.

use std::sync::Arc;

use bytes::Bytes;
use truc_node::proof::vouched_key;
use truc_proto::wire::HubKey;
use truc_proto::wire::registry_move::Move as Word;

use crate::authority::{Authority, AuthorityError};
use crate::hub::{Hub, HubError, ITSELF};

/// Writes a certificate of the authority on the hub's ledger key into the hub's ledger, unless it is there or the hub's
/// clock is doubted. Called at every start, so that a new authority or a new key is covered too.
pub async fn vouch(hub: &Arc<Hub>, authority: &Authority) -> Result<(), VouchError> {
    let identity = hub.office.identity();
    let trusted = [authority.certificate().clone()];
    let registry = hub.office.registry();
    let vouched =
        |chain: &Vec<Bytes>| vouched_key(chain, identity.office, &trusted) == Some(identity.hub_key);
    if registry.hub_certificates().iter().any(vouched) {
        return Ok(());
    }
    if hub.time.doubt().is_some() {
        tracing::warn!(
            "the authority vouches for the hub's ledger key at a start with a clock that is right"
        );
        return Ok(());
    }
    let now = hub.clock().millis() / 1000;
    let certificate = authority.issue_ledger_key(identity.office, &identity.hub_key, now)?;
    let chain = std::iter::once(&certificate).chain(authority.between());
    let word = Word::HubKey(HubKey { certificates: chain.map(|der| Bytes::copy_from_slice(der)).collect() });
    hub.say(ITSELF, word, hub.everybody()).await.map_err(HubError::from)?;
    Ok(())
}

/// Why the certificate on the hub's ledger key is missing.
#[derive(Debug, thiserror::Error)]
pub enum VouchError {
    /// It could not be issued.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// It could not be written.
    #[error(transparent)]
    Hub(#[from] HubError),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;
    use x509_parser::prelude::{FromDer, X509Certificate};

    use truc_node::clock::unix_now;
    use truc_node::identity::certificate;
    use truc_proto::id::OfficeId;

    use super::*;

    #[test]
    fn it_names_the_office_and_the_key_and_opens_no_connection() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::init(folder.path(), "Nghệ An", unix_now()).unwrap();
        let office = OfficeId(Uuid::from_u128(1));
        let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]).verifying_key();
        let issued = authority.issue_ledger_key(office, &key, unix_now()).unwrap();
        assert_eq!(certificate::signed_by(&issued, authority.certificate()), Ok(()));
        let read = certificate::read(&issued).unwrap();
        assert_eq!((read.office, &read.public_key[12..]), (office, &key.as_bytes()[..]));
        let chain = [Bytes::copy_from_slice(&issued)];
        let trusted = [authority.certificate().clone()];
        assert_eq!(vouched_key(&chain, office, &trusted), Some(key));
        assert_eq!(vouched_key(&chain, OfficeId(Uuid::from_u128(2)), &trusted), None);
        let other = tempfile::tempdir().unwrap();
        let other = Authority::init(other.path(), "Nghệ An", unix_now()).unwrap();
        assert_eq!(vouched_key(&chain, office, &[other.certificate().clone()]), None);
        let (_, parsed) = X509Certificate::from_der(&issued).unwrap();
        let usage = parsed.extended_key_usage().unwrap().unwrap().value;
        assert!(!usage.any && !usage.client_auth && !usage.server_auth && !parsed.is_ca());
    }
}
