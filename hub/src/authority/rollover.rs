//! The authorities of a hub: the one in use and, during a handover, the one that takes over. Both are trusted
//! meanwhile; offices get certificates of the newer one with their next renewal. The hub's own certificate comes from
//! the older one, which every node already trusts, until that is retired.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use truc_node::identity::keys::{self, KeyError};

use crate::authority::{Authority, AuthorityError, CURRENT, Lives, NEXT, belongs, read_key};

/// The authorities in a hub's folder.
#[derive(Debug)]
pub struct Authorities {
    /// The authority in use: it issues the hub's own certificate, and enrolment codes carry its fingerprint.
    pub current: Authority,
    /// The authority that takes over, during a handover.
    pub next: Option<Authority>,
}

impl Authorities {
    /// Reads the authorities. A retirement that a crash cut short is finished first. An authority that takes over
    /// counts only if both its files are there.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        let _one_at_a_time = files();
        Self::read(folder)
    }

    fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let certificates = folder.join(NEXT.certificates).exists();
        let key = folder.join(NEXT.key).exists();
        if certificates && !key {
            let next = keys::load_certificates(&folder.join(NEXT.certificates))?.swap_remove(0);
            if belongs(&read_key(folder, CURRENT)?, &next) {
                promote(folder)?;
            }
        }
        let next = (certificates && key).then(|| Authority::read(folder, NEXT)).transpose()?;
        Ok(Self { current: Authority::load(folder)?, next })
    }

    /// The same authorities, with other lives for the certificates that they issue.
    pub fn living(self, lives: Lives) -> Self {
        Self { current: self.current.living(lives), next: self.next.map(|next| next.living(lives)) }
    }

    /// The authority that issues certificates to offices that renew.
    pub fn newest(&self) -> &Authority {
        self.next.as_ref().unwrap_or(&self.current)
    }

    /// The trusted certificates, the newest first.
    pub fn trusted(&self) -> Vec<CertificateDer<'static>> {
        let all = self.next.iter().chain([&self.current]);
        let mut trusted: Vec<CertificateDer<'static>> = Vec::new();
        for authority in all {
            if !trusted.contains(authority.certificate()) {
                trusted.push(authority.certificate().clone());
            }
        }
        trusted
    }

    /// The trusted certificates as the registry states them.
    pub fn said(&self) -> Vec<Bytes> {
        self.trusted().iter().map(|der| Bytes::copy_from_slice(der)).collect()
    }

    /// Lets a new authority begin to take over: the one in the folder `from`, or one that is made now. Does nothing if
    /// a handover is under way.
    pub fn roll(folder: &Path, from: Option<&Path>, name: &str, now: u64) -> Result<Self, AuthorityError> {
        let _one_at_a_time = files();
        let authorities = Self::read(folder)?;
        if authorities.next.is_some() {
            return Ok(authorities);
        }
        match from {
            None => drop(Authority::make(folder, NEXT, name, now)?),
            Some(from) => {
                // Read before anything is copied, so that files that are no authority are refused.
                Authority::read(from, CURRENT)?;
                keys::write_private(&folder.join(NEXT.key), &keys::read_private(&from.join(CURRENT.key))?)?;
                let chain = keys::load_certificates(&from.join(CURRENT.certificates))?;
                keys::save_certificates(&folder.join(NEXT.certificates), &chain)?;
            }
        }
        Self::read(folder)
    }

    /// Ends the older authority; the newer one is then in use. Does nothing if no handover is under way.
    pub fn retire(folder: &Path) -> Result<Self, AuthorityError> {
        let _one_at_a_time = files();
        let authorities = Self::read(folder)?;
        if authorities.next.is_none() {
            return Ok(authorities);
        }
        // The key first: `read` recognises the new key beside the old certificate and finishes the retirement.
        rename(folder, NEXT.key, CURRENT.key)?;
        promote(folder)?;
        Self::read(folder)
    }
}

/// Taken while the files are read or changed. Without it, a thread of the serving hub could see a change half done and
/// "finish" it as one that a crash cut short. Between processes the store's lock does the same.
fn files() -> MutexGuard<'static, ()> {
    static FILES: Mutex<()> = Mutex::new(());
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn promote(folder: &Path) -> Result<(), AuthorityError> {
    rename(folder, NEXT.certificates, CURRENT.certificates)
}

fn rename(folder: &Path, from: &str, to: &str) -> Result<(), AuthorityError> {
    let path = folder.join(from);
    fs::rename(&path, folder.join(to)).map_err(|source| KeyError::Io { path, source })?;
    Ok(keys::sync_folder(folder)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: u64 = 1_795_000_000;

    #[test]
    fn a_new_authority_takes_over_and_the_old_one_ends() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let old = Authority::init(folder, "Nghệ An", NOW).unwrap();
        let rolled = Authorities::roll(folder, None, "Nghệ An 2", NOW).unwrap();
        assert_eq!(rolled.current.fingerprint(), old.fingerprint());
        let new = rolled.next.as_ref().unwrap().fingerprint();
        assert_ne!(new, old.fingerprint());
        assert_eq!(rolled.trusted().len(), 2);
        assert_eq!(rolled.newest().fingerprint(), new);
        let again = Authorities::roll(folder, None, "Nghệ An 3", NOW).unwrap();
        assert_eq!(again.said(), rolled.said(), "the same one");
        let retired = Authorities::retire(folder).unwrap();
        assert_eq!((retired.current.fingerprint(), retired.next.is_none()), (new, true));
        assert_eq!(Authorities::retire(folder).unwrap().said(), retired.said());
    }

    #[test]
    fn what_a_crash_left_half_done_is_finished_or_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let old = Authority::init(folder, "Nghệ An", NOW).unwrap();
        // The crash came while a handover began: a key without a certificate.
        fs::write(folder.join(NEXT.key), "half a key").unwrap();
        assert!(Authorities::load(folder).unwrap().next.is_none());
        let new = Authorities::roll(folder, None, "Nghệ An 2", NOW).unwrap().newest().fingerprint();
        // The crash came during the retirement: the key is in its new place, the certificate is not.
        fs::rename(folder.join(NEXT.key), folder.join(CURRENT.key)).unwrap();
        assert!(Authority::load(folder).is_err(), "the old certificate with the new key");
        let loaded = Authorities::load(folder).unwrap();
        assert_eq!((loaded.current.fingerprint(), loaded.next.is_none()), (new, true));
        assert_ne!(new, old.fingerprint());
    }
}
