//! Key and certificate files of a store: PEM, private ones readable by the owner only, written whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::{self, LineEnding};
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use truc_proto::limits;
use zeroize::Zeroizing;

use crate::fault;

/// The ledger's signing key (Ed25519, PKCS#8).
pub const LEDGER_KEY: &str = "ledger.key";
/// The TLS key (ECDSA P-256, PKCS#8).
pub const TLS_KEY: &str = "tls.key";
/// The office's TLS certificate.
pub const TLS_CERTIFICATE: &str = "tls.crt";
/// Name of the file with the certificate before it, until the newer one has worked.
pub const TLS_BEFORE: &str = "tls.before.crt";
/// The certificate of the province's authority.
pub const AUTHORITY_CERTIFICATE: &str = "authority.crt";

/// Why a key or certificate file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Others than the owner may read the private key, so it may have been copied.
    #[error("{}: others may read this private key (mode {mode:03o}); make it 600", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else, or is far too large.
    #[error("{}: not a {what} in PEM", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// The expected content.
        what: &'static str,
    },
    /// The system gave no random bytes.
    #[error("no random bytes from the system")]
    Random,
}

impl KeyError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// What a machine shows in a TLS handshake.
#[derive(Debug)]
pub struct TlsIdentity {
    /// Certificates, leaf first.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Private key of the leaf.
    pub key: PrivateKeyDer<'static>,
}

impl Clone for TlsIdentity {
    fn clone(&self) -> Self {
        Self { certificates: self.certificates.clone(), key: self.key.clone_key() }
    }
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// A new signing key for a ledger.
pub fn new_ledger_key() -> Result<SigningKey, KeyError> {
    Ok(SigningKey::from_bytes(&Zeroizing::new(random()?)))
}

/// Writes the ledger's key into `folder`.
pub fn save_ledger_key(folder: &Path, key: &SigningKey) -> Result<(), KeyError> {
    let path = folder.join(LEDGER_KEY);
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| KeyError::Format { path: path.clone(), what: "ledger key" })?;
    write_private(&path, pem.as_bytes())
}

/// Reads the ledger's key from `folder`.
pub fn load_ledger_key(folder: &Path) -> Result<SigningKey, KeyError> {
    let path = folder.join(LEDGER_KEY);
    let pem = read_private(&path)?;
    let text = std::str::from_utf8(&pem).ok();
    text.and_then(|text| SigningKey::from_pkcs8_pem(text).ok())
        .ok_or(KeyError::Format { path, what: "ledger key (Ed25519)" })
}

/// Writes TLS key and certificate into `folder`, the key first: a certificate is of no use without its key.
pub fn save_tls(folder: &Path, identity: &TlsIdentity) -> Result<(), KeyError> {
    let key = Zeroizing::new(pem_block("PRIVATE KEY", identity.key.secret_der()));
    write_private(&folder.join(TLS_KEY), key.as_bytes())?;
    save_certificates(&folder.join(TLS_CERTIFICATE), &identity.certificates)
}

/// Reads TLS key and certificate from `folder`.
pub fn load_tls(folder: &Path) -> Result<TlsIdentity, KeyError> {
    load_tls_from(&folder.join(TLS_KEY), &folder.join(TLS_CERTIFICATE))
}

/// Reads a TLS key and its certificates from these files.
pub fn load_tls_from(key: &Path, certificates: &Path) -> Result<TlsIdentity, KeyError> {
    let pem = read_private(key)?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(&pem)
        .map_err(|_| KeyError::Format { path: key.to_owned(), what: "private key (PKCS#8)" })?;
    Ok(TlsIdentity { certificates: load_certificates(certificates)?, key: key.into() })
}

/// Writes certificates, in the order given.
pub fn save_certificates(path: &Path, certificates: &[CertificateDer<'_>]) -> Result<(), KeyError> {
    let pem: String = certificates.iter().map(|der| pem_block("CERTIFICATE", der)).collect();
    write(path, pem.as_bytes(), 0o644)
}

/// Removes a file, if it is there, durably.
pub fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(KeyError::io(path)(error)),
        _ => {}
    }
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Reads certificates; at least one.
pub fn load_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, KeyError> {
    let pem = read(path, &File::open(path).map_err(KeyError::io(path))?)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(KeyError::Format { path: path.to_owned(), what: "certificate" }),
    }
}

/// Fails if a file of a key or of certificates holds none.
pub fn check_pem(path: &Path) -> Result<(), KeyError> {
    let pem = read(path, &File::open(path).map_err(KeyError::io(path))?)?;
    match <(SectionKind, Vec<u8>)>::pem_slice_iter(&pem).next() {
        Some(Ok(_)) => Ok(()),
        _ => Err(KeyError::Format { path: path.to_owned(), what: "key or certificate" }),
    }
}

/// Writes a file that only its owner may read, whole or not at all, and durably.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    write(path, bytes, 0o600)
}

/// Reads a file that only its owner may read; refuses it if others may.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = File::open(path).map_err(KeyError::io(path))?;
    // The opened file's mode, not the path's: nobody can exchange the file between check and read.
    let mode = file.metadata().map_err(KeyError::io(path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen { path: path.to_owned(), mode });
    }
    read(path, &file)
}

/// Makes a folder that only its owner may enter, if there is none.
pub fn make_folder(folder: &Path) -> Result<(), KeyError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(KeyError::io(folder))
}

/// Exchanges two folders in one step.
pub fn exchange_folders(one: &Path, other: &Path) -> Result<(), KeyError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let exchanged = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
    exchanged.map_err(|error| KeyError::io(other)(error.into()))
}

/// Makes renames and new files in a folder durable.
pub fn sync_folder(folder: &Path) -> Result<(), KeyError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(KeyError::io(folder))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fault::point("keys.write.before");
    let written = || {
        // Removed when it is dropped, unless it took its place.
        let mut whole = tempfile::Builder::new()
            .prefix(path.file_name().unwrap_or_default())
            .suffix(".tmp")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        whole.as_file_mut().write_all(bytes)?;
        whole.as_file().sync_all()?;
        fault::point("keys.rename.before");
        whole.persist(path)?;
        fault::point("keys.rename.after");
        Ok(())
    };
    written().map_err(KeyError::io(path))?;
    sync_folder(folder)?;
    fault::point("keys.folder.after");
    Ok(())
}

fn read(path: &Path, file: &File) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let read = file.take(limits::PEM_FILE + 1).read_to_end(&mut bytes).map_err(KeyError::io(path))?;
    if read as u64 > limits::PEM_FILE {
        return Err(KeyError::Format { path: path.to_owned(), what: "key or certificate" });
    }
    Ok(bytes)
}

/// Encodes bytes as PEM.
pub(crate) fn pem_block(label: &str, der: &[u8]) -> String {
    pem::encode_string(label, LineEnding::LF, der)
        .unwrap_or_else(|_| unreachable!("labels and DER are short"))
}

/// The cryptography of all TLS here. The process-wide default is not used: two libraries could set it differently.
pub fn provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn keys_come_back_and_only_their_owner_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let ledger = new_ledger_key().unwrap();
        save_ledger_key(folder, &ledger).unwrap();
        assert_eq!(load_ledger_key(folder).unwrap().to_bytes(), ledger.to_bytes());

        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
        let key = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
        let identity = TlsIdentity { certificates: vec![certificate.der().clone()], key };
        save_tls(folder, &identity).unwrap();
        let read = load_tls(folder).unwrap();
        assert_eq!(read.certificates, identity.certificates);
        assert_eq!(read.key.secret_der(), identity.key.secret_der());

        assert_eq!(mode_of(&folder.join(LEDGER_KEY)), 0o600);
        assert_eq!(mode_of(&folder.join(TLS_KEY)), 0o600);
        // Nothing temporary stays behind.
        assert_eq!(fs::read_dir(folder).unwrap().count(), 3);
    }

    #[test]
    fn a_private_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        save_ledger_key(folder.path(), &new_ledger_key().unwrap()).unwrap();
        let path = folder.path().join(LEDGER_KEY);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_ledger_key(folder.path()).unwrap_err();
            assert!(matches!(&error, KeyError::TooOpen { mode: seen, .. } if *seen == mode), "{error}");
            assert!(error.to_string().contains(&format!("{mode:o}")), "{error}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LEDGER_KEY);
        assert!(matches!(load_ledger_key(folder.path()), Err(KeyError::Io { .. })));
        let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for content in ["", "xin chào", &other, &"A".repeat(limits::PEM_FILE as usize + 1)] {
            write_private(&path, content.as_bytes()).unwrap();
            assert!(matches!(load_ledger_key(folder.path()), Err(KeyError::Format { .. })));
        }
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write_private(&path, b"old").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(&read_private(&path).unwrap()[..], b"new");
        // The target is a folder: the rename fails and no temporary file stays.
        let occupied = folder.path().join("y");
        fs::create_dir(&occupied).unwrap();
        assert!(write_private(&occupied, b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
