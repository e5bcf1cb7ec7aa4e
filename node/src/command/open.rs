//! Opening a node's store from what enrolment left in it.

use std::path::Path;

use ed25519_dalek::VerifyingKey;
use rustls::pki_types::CertificateDer;

use crate::fault;
use crate::identity::enrolled::Enrolled;
use crate::identity::{IDENTITY, Identity, keys};
use crate::office::{Office, OfficeError};
use crate::store::attachments::Attachments;
use crate::words::failure::{ExitCode, Failure};

/// What enrolment left in a store; a failure that says so if there is nothing.
pub fn enrolled(dir: &Path) -> Result<Enrolled, Failure> {
    let not = || Failure::new(ExitCode::Enrolment, "not-enrolled").about(dir.display());
    Enrolled::load(dir)?.ok_or_else(not)
}

/// Who writes in this store, and whom it believes.
pub fn identity(dir: &Path, enrolled: &Enrolled) -> Result<Identity, Failure> {
    let hub_key = VerifyingKey::from_bytes(&enrolled.hub_ledger_key.0)
        .map_err(|error| Failure::new(ExitCode::Store, "keys-unusable").because(error))?;
    let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
    Ok(Identity { office: enrolled.office, key, hub: enrolled.hub_office, hub_key })
}

/// Certificates of the authorities that this store trusts.
pub fn authorities(dir: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    Ok(keys::load_certificates(&dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE))?)
}

/// Opens the office; the caller holds the store's lock. A store that this credential has not written yet
/// may be behind what the hub knows, and says so from its first Hello on.
pub async fn office(dir: &Path, enrolled: &Enrolled) -> Result<(Office, Attachments), Failure> {
    let office = Office::open(dir, identity(dir, enrolled)?, Vec::new())?;
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
