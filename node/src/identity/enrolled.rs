//! What this machine learnt by enrolment, as kept in the store.

use std::io;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use truc_proto::id::{Hash, OfficeId};

use super::IDENTITY;
use super::keys::{self, KeyError};

/// File of these facts, beside keys and certificates.
pub(crate) const FACTS: &str = "enrolled.json";

/// What a machine knows once it is enrolled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Enrolled {
    /// The office whose machine this is.
    pub office: OfficeId,
    /// The office's name at enrolment.
    pub name: String,
    /// Number of the credential, for Hello.
    pub credential: u64,
    /// The hub's own office.
    pub hub_office: OfficeId,
    /// Ed25519 public key of the hub's ledger; verifies receipts and registry entries.
    pub hub_ledger_key: Hash,
    /// `host:port` of the hub's session listener.
    pub session_address: String,
    /// [`secret_hash`](truc_proto::enrolment::secret_hash) of the code's secret; none in stores of older programs.
    #[serde(default)]
    pub code: Option<Hash>,
    /// DER: the leaf, what leads to the authority, then the authorities. Kept in files of their own.
    #[serde(skip)]
    pub certificates: Vec<CertificateDer<'static>>,
}

impl Enrolled {
    /// Notes another address of the hub in the store at `folder`.
    pub fn set_hub(self, folder: &Path, address: &str) -> Result<Self, KeyError> {
        let moved = Self { session_address: address.to_owned(), ..self };
        let path = folder.join(IDENTITY).join(FACTS);
        let facts = serde_json::to_vec_pretty(&moved)
            .map_err(|_| KeyError::Format { path: path.clone(), what: "enrolment" })?;
        keys::write_private(&path, &facts)?;
        Ok(moved)
    }

    /// Reads the facts of enrolment from the store at `folder`; none if it is not enrolled.
    pub fn load(folder: &Path) -> Result<Option<Self>, KeyError> {
        let identity = folder.join(IDENTITY);
        let path = identity.join(FACTS);
        let bytes = match keys::read_private(&path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            read => read?,
        };
        let mut enrolled: Self =
            serde_json::from_slice(&bytes).map_err(|_| KeyError::Format { path, what: "enrolment" })?;
        enrolled.certificates = keys::load_certificates(&identity.join(keys::TLS_CERTIFICATE))?;
        enrolled
            .certificates
            .append(&mut keys::load_certificates(&identity.join(keys::AUTHORITY_CERTIFICATE))?);
        Ok(Some(enrolled))
    }
}
