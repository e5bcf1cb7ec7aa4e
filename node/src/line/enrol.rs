//! Enrolment at the node: makes the keys, shows them to the hub with the code, and verifies the whole answer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::{Code, Status};
use truc_proto::code::{CodeError, EnrolmentCode, is_address};
use truc_proto::enrolment::{EnrolmentRefusal, REASON, proof_bytes, secret_hash};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::wire::enrolment_client::EnrolmentClient;
use truc_proto::wire::{EnrolReply, EnrolRequest};

use crate::clock::unix_now;
use crate::fault;
use crate::identity::enrolled::{self, Enrolled};
use crate::identity::keys::{self, KeyError, TlsIdentity};
use crate::identity::{self, certificate, tls};
use crate::line::dial::{self, ConnectError};

const UNFINISHED: &str = "identity.new";
/// Calls in all: if an answer is lost, the same keys may be shown again.
const TRIES: u32 = 3;

/// Why a machine was not enrolled. In every case the store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The text is no code, or has wrong characters.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The hub gave out no such code.
    #[error("the hub does not know this enrolment code")]
    Wrong,
    /// Another machine has enrolled with this code.
    #[error("the enrolment code has been used")]
    Used,
    /// The code has expired.
    #[error("the enrolment code has expired")]
    Expired,
    /// Too many wrong codes from this address, other keys than a moment ago, or too many enrolments of the office today.
    #[error("the hub takes no more enrolments from this machine for now; wait")]
    Throttled,
    /// The hub does not believe its own clock, so it signs no certificates.
    #[error("the hub does not believe its own clock, so it signs no certificates now")]
    Clock,
    /// The hub refused for another reason.
    #[error("the hub refused: {0}")]
    Refused(String),
    /// No connection to the hub, or another machine answers there.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The hub's answer is not valid; nothing of it was kept.
    #[error("the hub's answer does not hold: {0}")]
    Answer(&'static str),
    /// This store was enrolled with this same code.
    #[error("{}: this store is enrolled with this code already", .0.display())]
    AlreadyEnrolled(PathBuf),
    /// This store belongs to an office, and the code is for another one.
    #[error("the code is for another office than that of this store")]
    OtherOffice,
    /// Keys or files could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keys do not make a request or a TLS identity.
    #[error("cannot make the keys: {0}")]
    Make(String),
}

/// Enrols the store at `folder`, made if there is none, with the text of a code. A store that already is an office's
/// gets a new certificate and the next credential and keeps its ledger key, so what it wrote counts, sent or not. The
/// caller makes sure that no other process uses the store.
pub async fn enrol(code: &str, folder: &Path) -> Result<Enrolled, EnrolError> {
    let code = EnrolmentCode::from_text(code)?;
    let before = Enrolled::load(folder)?;
    if before.as_ref().is_some_and(|before| before.code == Some(secret_hash(&code.secret))) {
        return Err(EnrolError::AlreadyEnrolled(folder.to_owned()));
    }
    let made = !folder.exists();
    keys::make_folder(folder)?;
    let result = enrol_in(&code, folder, before.as_ref()).await;
    if result.is_err() {
        // Best effort: leftovers are never read, and replaced next time.
        let _ = fs::remove_dir_all(folder.join(UNFINISHED));
        if made {
            let _ = fs::remove_dir(folder);
        }
    }
    result
}

/// Writes files before asking the hub: a full or read-only disk must not use up the code.
async fn enrol_in(
    code: &EnrolmentCode,
    folder: &Path,
    before: Option<&Enrolled>,
) -> Result<Enrolled, EnrolError> {
    let (identity, unfinished) = (folder.join(identity::IDENTITY), folder.join(UNFINISHED));
    let io_error = |path: &Path| {
        let path = path.to_owned();
        move |source| EnrolError::Key(KeyError::Io { path, source })
    };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(io_error(&unfinished))?;
    }
    keys::make_folder(&unfinished)?;
    let ledger = match before {
        Some(_) => keys::load_ledger_key(&identity)?,
        None => keys::new_ledger_key()?,
    };
    let new = NewKeys::make(ledger, &code.secret)?;
    keys::save_ledger_key(&unfinished, &new.ledger)?;

    let config =
        tls::enrolment_config(code.authority).map_err(|error| EnrolError::Make(error.to_string()))?;
    let office = before.map(|before| before.office);
    let reply = ask(code, config, new.request(code, office)).await?;
    let enrolled = verify(code, &new, reply)?;
    if office.is_some_and(|office| office != enrolled.office) {
        return Err(EnrolError::OtherOffice);
    }
    if before.is_some_and(|before| before.hub_office != enrolled.hub_office) {
        return Err(EnrolError::Answer("another hub than this store's"));
    }

    let (chain, authority) = enrolled.certificates.split_at(enrolled.certificates.len() - 1);
    let key = PrivateKeyDer::Pkcs8(new.tls.serialize_der().into());
    keys::save_tls(&unfinished, &TlsIdentity { certificates: chain.to_vec(), key })?;
    keys::save_certificates(&unfinished.join(keys::AUTHORITY_CERTIFICATE), authority)?;
    let facts = serde_json::to_vec_pretty(&enrolled).map_err(|error| EnrolError::Make(error.to_string()))?;
    keys::write_private(&unfinished.join(enrolled::FACTS), &facts)?;
    fault::point("enrol.identity.before");
    if before.is_some() {
        keys::exchange_folders(&unfinished, &identity)?;
        // Best effort: the former identity is never read, and replaced next time.
        let _ = fs::remove_dir_all(&unfinished);
    } else {
        // If another enrolment was faster, the system refuses: a folder with files is not replaced.
        fs::rename(&unfinished, &identity).map_err(|source| match source.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                EnrolError::AlreadyEnrolled(folder.to_owned())
            }
            _ => io_error(&identity)(source),
        })?;
    }
    keys::sync_folder(folder)?;
    fault::point("enrol.identity.after");
    Ok(enrolled)
}

struct NewKeys {
    ledger: SigningKey,
    tls: KeyPair,
    csr: Vec<u8>,
    proof: [u8; 64],
}

impl NewKeys {
    fn make(ledger: SigningKey, secret: &[u8; 16]) -> Result<Self, EnrolError> {
        let make = |error: rcgen::Error| EnrolError::Make(error.to_string());
        let tls = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        let mut params = CertificateParams::default();
        // The request carries the key only; the hub decides what the certificate says.
        params.distinguished_name = DistinguishedName::new();
        let csr = params.serialize_request(&tls).map_err(make)?.der().to_vec();
        let proof = ledger.sign(&proof_bytes(secret, &csr)).to_bytes();
        Ok(Self { ledger, tls, csr, proof })
    }

    fn request(&self, code: &EnrolmentCode, office: Option<OfficeId>) -> EnrolRequest {
        EnrolRequest {
            secret: bytes::Bytes::copy_from_slice(&code.secret),
            csr: bytes::Bytes::copy_from_slice(&self.csr),
            ledger_key: bytes::Bytes::copy_from_slice(self.ledger.verifying_key().as_bytes()),
            proof: bytes::Bytes::copy_from_slice(&self.proof),
            office: office.map(OfficeId::to_wire).unwrap_or_default(),
        }
    }
}

async fn ask(
    code: &EnrolmentCode,
    config: Arc<rustls::ClientConfig>,
    request: EnrolRequest,
) -> Result<EnrolReply, EnrolError> {
    // Only a hint, for when the hub cannot be asked: this machine's clock may be wrong.
    let unreachable = |error| match error {
        ConnectError::Network(_) if unix_now() >= code.expires => EnrolError::Expired,
        error => EnrolError::Connect(error),
    };
    let mut tries = 0;
    loop {
        tries += 1;
        let channel = dial::connect(&code.address, Arc::clone(&config)).await.map_err(unreachable)?;
        let mut client = EnrolmentClient::new(channel).max_decoding_message_size(limits::ENROLMENT_MESSAGE);
        let called = tokio::time::timeout(limits::ENROLMENT_CALL, client.enrol(request.clone())).await;
        let error = match called {
            Ok(Ok(reply)) => return Ok(reply.into_inner()),
            Ok(Err(status)) => refusal(&status),
            Err(_) => ConnectError::Network(Arc::new(io::ErrorKind::TimedOut.into())).into(),
        };
        // The answer may have been lost after the hub had enrolled this machine.
        if tries == TRIES || !matches!(error, EnrolError::Connect(ConnectError::Network(_))) {
            return Err(error);
        }
    }
}

fn refusal(status: &Status) -> EnrolError {
    let reason = status.metadata().get(REASON).and_then(|reason| reason.to_str().ok());
    match reason.and_then(EnrolmentRefusal::from_code) {
        Some(EnrolmentRefusal::Unknown) => EnrolError::Wrong,
        Some(EnrolmentRefusal::Used) => EnrolError::Used,
        Some(EnrolmentRefusal::Expired) => EnrolError::Expired,
        Some(EnrolmentRefusal::Throttled) => EnrolError::Throttled,
        Some(EnrolmentRefusal::OtherOffice) => EnrolError::OtherOffice,
        Some(EnrolmentRefusal::Clock) => EnrolError::Clock,
        Some(EnrolmentRefusal::Request) => EnrolError::Refused(status.message().to_owned()),
        None => match ConnectError::within(status) {
            Some(line) => EnrolError::Connect(line),
            None if status.code() == Code::Unavailable => EnrolError::Connect(ConnectError::Network(
                Arc::new(io::Error::other(status.message().to_owned())),
            )),
            None => EnrolError::Refused(status.message().to_owned()),
        },
    }
}

fn verify(code: &EnrolmentCode, new: &NewKeys, reply: EnrolReply) -> Result<Enrolled, EnrolError> {
    use EnrolError::Answer;
    let office = OfficeId::from_wire(&reply.office).ok_or(Answer("it names no office"))?;
    let hub_office = OfficeId::from_wire(&reply.hub_office).ok_or(Answer("it names no hub"))?;
    let certificates: Vec<CertificateDer<'static>> =
        reply.certificates.into_iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    if certificates.len() > limits::CHAIN {
        return Err(Answer("too many certificates"));
    }
    let [leaf, .., authority] = &certificates[..] else {
        return Err(Answer("not a certificate and its authority"));
    };
    if certificate::fingerprint(authority) != code.authority {
        return Err(Answer("another authority than the code names"));
    }
    let read = certificate::read(leaf).map_err(|_| Answer("the certificate names no office"))?;
    let (chain, authority) = certificates.split_at(certificates.len() - 1);
    // Judged as of the moment when all have begun, since this machine's clock may be wrong.
    certificate::leads_to(chain, authority, certificate::begun(chain))
        .map_err(|_| Answer("the authority does not stand behind the certificate"))?;
    if read.office != office {
        return Err(Answer("the certificate names another office"));
    }
    if read.public_key != new.tls.subject_public_key_info() {
        return Err(Answer("the certificate is for another key"));
    }
    if !is_address(&reply.session_address) {
        return Err(Answer("it gives no address for sessions"));
    }
    if reply.office_name.len() > limits::OFFICE_NAME {
        return Err(Answer("the office's name is too long"));
    }
    let hub_ledger_key = Hash::from_slice(&reply.hub_ledger_key)
        .filter(|key| VerifyingKey::from_bytes(&key.0).is_ok_and(|key| !key.is_weak()))
        .ok_or(Answer("the hub's ledger key is not a key"))?;
    Ok(Enrolled {
        office,
        name: reply.office_name,
        credential: reply.credential,
        hub_office,
        hub_ledger_key,
        session_address: reply.session_address,
        code: Some(secret_hash(&code.secret)),
        certificates,
    })
}
