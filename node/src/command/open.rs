//! Opens a node's store with the data that enrolment left in it.

use std::path::Path;

use ed25519_dalek::VerifyingKey;
use rustls::pki_types::CertificateDer;

use crate::fault;
use crate::identity::enrolled::Enrolled;
use crate::identity::{IDENTITY, Identity, keys, sealing};
use crate::office::{Office, OfficeError};
use crate::store::attachments::Attachments;
use crate::store::disk;
use crate::store::health::Trouble;
use crate::words::failure::{ExitCode, Failure};

/// The enrolment data of a store; fails with `not-enrolled` if there is none.
pub fn enrolled(dir: &Path) -> Result<Enrolled, Failure> {
    let not = || Failure::new(ExitCode::Enrolment, "not-enrolled").about(dir.display());
    Enrolled::load(dir)?.ok_or_else(not)
}

/// The identity that writes in this store, with the hub's key that it trusts.
pub fn identity(dir: &Path, enrolled: &Enrolled) -> Result<Identity, Failure> {
    let hub_key = VerifyingKey::from_bytes(&enrolled.hub_ledger_key.0)
        .map_err(|error| Failure::new(ExitCode::Store, "keys-unusable").because(error))?;
    let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
    let ring = sealing::shared(dir)?;
    Ok(Identity { office: enrolled.office, key, hub: enrolled.hub_office, hub_key, ring })
}

/// Certificates of the authorities that this store trusts.
pub fn authorities(dir: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    Ok(keys::load_certificates(&dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE))?)
}

/// Opens the office; the caller holds the store's lock. If this credential has not written in the store yet, the store
/// may be behind the hub, and its first Hello says so.
pub async fn office(dir: &Path, enrolled: &Enrolled) -> Result<(Office, Attachments), Failure> {
    let identity = identity(dir, enrolled)?;
    sealing::first(dir, &identity.ring)?;
    let office = Office::open(dir, identity, Vec::new())?;
    let files = Attachments::open(dir)?;
    let credential = enrolled.credential;
    if office.read(|journal| journal.credential())? != credential {
        fault::point("store.credential.before");
        let written = office.writer().map_err(OfficeError::from)?;
        written.write(move |journal| journal.enrolled(credential)).await.map_err(OfficeError::from)?;
        fault::point("store.credential.after");
    }
    Ok((office, files))
}

/// Opens the office only to read it, if nothing has to be written first. None: what is derived from the journal is
/// missing or behind, or the store cannot be read; opening it as [`office`] does mends it, or says what is wrong.
pub fn still(dir: &Path, identity: Identity) -> Option<(Office, Attachments)> {
    let office = Office::open_reading(dir, identity, disk::obstacle(dir)).ok()?;
    office.is_complete().is_ok_and(|complete| complete).then(|| (office, Attachments::reading(dir)))
}

/// Opens the office only to read it, after opening it failed because of the disk: `failure` says how. Of a store that
/// cannot even be read, the first failure is the one to tell.
pub fn reading(dir: &Path, identity: Identity, failure: &Failure) -> Result<(Office, Attachments), Failure> {
    let office = Office::open_reading(dir, identity, Some(trouble(failure)));
    office.map(|office| (office, Attachments::reading(dir))).map_err(|error| {
        tracing::debug!(%error, "the store cannot be read either");
        failure.clone()
    })
}

/// Whether what only reads goes on after this failure: nothing can be written, or another program is at work.
pub fn may_read_on(failure: &Failure) -> bool {
    failure.exit == ExitCode::CannotWrite || failure.key == "store-locked"
}

/// The trouble with the disk that a failure tells of.
pub fn trouble(failure: &Failure) -> Trouble {
    match &*failure.key {
        "io-disk-full" => Trouble::Full,
        "store-disk-fails" => Trouble::Failing,
        "store-locked" => Trouble::InUse,
        _ => Trouble::ReadOnly,
    }
}
