//! What this machine shows on the line, and whom it trusts there. Both change while it runs: the certificate by
//! renewal, the authorities by the hub's entries. A change counts once it is on disk, each in one file that is replaced
//! whole; the keys stay the same, so a crash always leaves a machine that can call.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use truc_proto::fault::planted;
use truc_proto::limits;

use crate::clock::Clock;
use crate::fault;
use crate::identity::certificate::{self, OfficeCertificate};
use crate::identity::keys::{self, KeyError, TlsIdentity};
use crate::identity::{IDENTITY, tls};

/// Why a new certificate or list of authorities was not taken; the previous one still counts.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It could not be saved.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It is not valid.
    #[error("{0}")]
    Wrong(&'static str),
}

/// Certificate, key and authorities in force.
#[derive(Clone, Debug)]
pub struct Held {
    /// Key and certificate chain, the office's certificate first.
    pub identity: TlsIdentity,
    /// What the office's certificate says.
    pub leaf: OfficeCertificate,
    /// Trusted authorities, newest first.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Another certificate on the same key: the one before a renewal, until either has worked.
    pub spare: Option<Spare>,
}

/// A certificate that is kept beside the one shown.
#[derive(Clone, Debug)]
pub struct Spare {
    /// Its chain, the office's certificate first.
    pub certificates: Vec<CertificateDer<'static>>,
    /// What the office's certificate says.
    pub leaf: OfficeCertificate,
    /// Whether it was shown already, in vain.
    tried: bool,
}

/// Holds and replaces what is in force.
pub struct Trust {
    folder: PathBuf,
    clock: Clock,
    held: RwLock<Arc<Held>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Trust {
    /// Reads what enrolment and renewals saved in the store at `dir`.
    pub fn load(dir: &Path, clock: Clock) -> Result<Self, KeyError> {
        let folder = dir.join(IDENTITY);
        let held = RwLock::new(Arc::new(read(&folder)?));
        Ok(Self { folder, clock, held })
    }

    /// What is in force now.
    pub fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The clock by which certificates are judged.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// TLS configuration for the next call. `passed`: Unix seconds of a moment that has passed by the hub's word, in
    /// case the clock stands before it. It counts no further than the certificate held: a hub whose clock was wrong
    /// would otherwise make every certificate look expired for good.
    pub fn config(&self, passed: u64) -> Result<Arc<ClientConfig>, rustls::Error> {
        let held = self.held();
        let passed = if passed <= held.leaf.not_after { passed } else { 0 };
        let floor = passed.max(held.leaf.not_before);
        tls::session_config_after(held.identity.clone(), &held.authorities, self.clock.clone(), floor)
    }

    /// From when to when the certificates hold that may be shown, Unix seconds.
    pub fn certified(&self) -> (u64, u64) {
        let held = self.held();
        let own = (held.leaf.not_before, held.leaf.not_after);
        held.spare
            .as_ref()
            .map_or(own, |spare| (own.0.min(spare.leaf.not_before), own.1.max(spare.leaf.not_after)))
    }

    /// The hub took the certificate shown: another one is not needed any more.
    pub fn worked(&self) -> Result<(), TrustError> {
        let held = self.held();
        if held.spare.is_none() {
            return Ok(());
        }
        keys::save_certificates(&self.folder.join(keys::TLS_CERTIFICATE), &held.identity.certificates)?;
        keys::remove(&self.folder.join(keys::TLS_BEFORE))?;
        self.hold(Held { spare: None, ..Held::clone(&held) });
        Ok(())
    }

    /// The hub refused the certificate shown for its dates: from now on the other one is shown, if there is one that was
    /// not shown yet.
    pub fn try_spare(&self) -> bool {
        let held = self.held();
        let Some(spare) = held.spare.as_ref().filter(|spare| !spare.tried) else { return false };
        let identity =
            TlsIdentity { certificates: spare.certificates.clone(), key: held.identity.key.clone_key() };
        let refused =
            Spare { certificates: held.identity.certificates.clone(), leaf: held.leaf.clone(), tried: true };
        let (leaf, authorities) = (spare.leaf.clone(), held.authorities.clone());
        self.hold(Held { identity, leaf, authorities, spare: Some(refused) });
        true
    }

    /// Whether the newest authority stands behind the certificate. If not, the certificate ends with an older
    /// authority.
    pub fn is_of_newest_authority(&self) -> bool {
        let held = self.held();
        let newest = held.authorities.get(..1).unwrap_or_default();
        stands_behind(newest, &held.identity.certificates)
    }

    /// Takes a renewed certificate with its chain to the authority. It must be of this office, on the same key, and
    /// must not end before the one held, unless that is `refused` for its dates. The one held is kept until the new one
    /// has worked.
    pub fn take_certificate(
        &self,
        chain: Vec<CertificateDer<'static>>,
        refused: bool,
    ) -> Result<(), TrustError> {
        use TrustError::Wrong;
        let held = self.held();
        let leaf = chain.first().ok_or(Wrong("no certificate"))?;
        let leaf = certificate::read(leaf).map_err(|_| Wrong("the certificate names no office"))?;
        if leaf.office != held.leaf.office {
            return Err(Wrong("the certificate names another office"));
        }
        if leaf.public_key != held.leaf.public_key {
            return Err(Wrong("the certificate is for another key"));
        }
        if leaf.not_after < held.leaf.not_after && !refused {
            return Err(Wrong("the certificate ends before the one held"));
        }
        if !stands_behind(&held.authorities, &chain) {
            return Err(Wrong("no authority stands behind the certificate"));
        }
        fault::point("trust.certificate.before");
        keys::save_certificates(&self.folder.join(keys::TLS_BEFORE), &held.identity.certificates)?;
        keys::save_certificates(&self.folder.join(keys::TLS_CERTIFICATE), &chain)?;
        fault::point("trust.certificate.after");
        let identity = TlsIdentity { certificates: chain, key: held.identity.key.clone_key() };
        let spare = Spare {
            certificates: held.identity.certificates.clone(),
            leaf: held.leaf.clone(),
            tried: refused,
        };
        self.hold(Held { identity, leaf, authorities: held.authorities.clone(), spare: Some(spare) });
        Ok(())
    }

    /// Takes the authorities that the hub's entries name, newest first, if one of them stands behind the certificate
    /// held: a newcomer reads of authorities that ended long ago, and would lose its own for them. Returns whether
    /// anything changed.
    pub fn take_authorities(&self, said: &[Bytes]) -> Result<bool, TrustError> {
        let held = self.held();
        let same = said.len() == held.authorities.len()
            && said.iter().zip(&held.authorities).all(|(said, held)| said[..] == held[..]);
        if same || said.is_empty() {
            return Ok(false);
        }
        let authorities: Vec<CertificateDer<'static>> =
            said.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let good = stands_behind(&authorities, &held.identity.certificates);
        if !good && !planted("certificates.authorities.any") {
            return Ok(false);
        }
        fault::point("trust.authorities.before");
        keys::save_certificates(&self.folder.join(keys::AUTHORITY_CERTIFICATE), &authorities)?;
        fault::point("trust.authorities.after");
        self.hold(Held { authorities, ..Held::clone(&held) });
        Ok(true)
    }

    fn hold(&self, new: Held) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }
}

fn read(folder: &Path) -> Result<Held, KeyError> {
    let identity = keys::load_tls(folder)?;
    let authorities = keys::load_certificates(&folder.join(keys::AUTHORITY_CERTIFICATE))?;
    let path = folder.join(keys::TLS_CERTIFICATE);
    let leaf = identity.certificates.first().and_then(|leaf| certificate::read(leaf).ok());
    let leaf = leaf.ok_or(KeyError::Format { path, what: "certificate of an office" })?;
    // A certificate on another key is of the time before an enrolment; one that cannot be read is of no use.
    let before = keys::load_certificates(&folder.join(keys::TLS_BEFORE)).ok();
    let spare = before.and_then(|certificates| {
        let before = certificate::read(certificates.first()?).ok()?;
        let same = before.public_key == leaf.public_key && before.hash != leaf.hash;
        same.then_some(Spare { certificates, leaf: before, tried: false })
    });
    Ok(Held { identity, leaf, authorities, spare })
}

/// Whether one of the authorities stands behind a chain, judged as of the moment when all of the chain has begun.
/// Whether it has ended is left to the hub, whose clock is right.
fn stands_behind(authorities: &[CertificateDer<'static>], chain: &[CertificateDer<'static>]) -> bool {
    chain.len() <= limits::CHAIN
        && certificate::leads_to(chain, authorities, certificate::begun(chain)).is_ok()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
        SanType,
    };
    use rustls::pki_types::PrivateKeyDer;
    use tempfile::TempDir;
    use truc_proto::id::OfficeId;
    use uuid::Uuid;

    use super::*;
    use crate::identity::certificate::OFFICE_URN;

    pub(crate) const OFFICE: OfficeId = OfficeId(Uuid::from_u128(0x42));

    /// An authority.
    pub(crate) struct Maker(Issuer<'static, KeyPair>, CertificateDer<'static>);

    impl Maker {
        pub(crate) fn new() -> Self {
            let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            let certificate = params.self_signed(&key).unwrap().der().clone();
            Self(Issuer::new(params, key), certificate)
        }

        pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
            &self.1
        }

        fn leaf(&self, office: OfficeId, key: &KeyPair, year: i32) -> CertificateDer<'static> {
            let mut params = CertificateParams::default();
            params.subject_alt_names =
                vec![SanType::URI(format!("{OFFICE_URN}{office}").as_str().try_into().unwrap())];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            params.not_before = rcgen::date_time_ymd(2026, 1, 1);
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            params.signed_by(key, &self.0).unwrap().der().clone()
        }
    }

    /// The folder and the certificates of a machine.
    pub(crate) fn machine(maker: &Maker, key: &KeyPair) -> (TempDir, Trust) {
        fault::arm();
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(IDENTITY);
        keys::make_folder(&folder).unwrap();
        let certificates = vec![maker.leaf(OFFICE, key, 2030)];
        let shown = TlsIdentity { certificates, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) };
        keys::save_tls(&folder, &shown).unwrap();
        keys::save_certificates(&folder.join(keys::AUTHORITY_CERTIFICATE), std::slice::from_ref(&maker.1))
            .unwrap();
        let trust = Trust::load(dir.path(), Clock::default()).unwrap();
        (dir, trust)
    }

    #[test]
    fn only_a_renewal_of_the_same_machine_is_taken() {
        let (maker, key) = (Maker::new(), KeyPair::generate().unwrap());
        let (dir, trust) = machine(&maker, &key);
        let before = trust.held().leaf.hash;
        let other = KeyPair::generate().unwrap();
        for (said, chain) in [
            ("no certificate", vec![]),
            ("names no office", vec![maker.1.clone()]),
            ("another office", vec![maker.leaf(OfficeId(Uuid::from_u128(0x43)), &key, 2031)]),
            ("another key", vec![maker.leaf(OFFICE, &other, 2031)]),
            ("ends before", vec![maker.leaf(OFFICE, &key, 2029)]),
            ("no authority", vec![Maker::new().leaf(OFFICE, &key, 2031)]),
        ] {
            let error = trust.take_certificate(chain, false).unwrap_err();
            assert!(error.to_string().contains(said), "{said}: {error}");
            assert_eq!(Trust::load(dir.path(), Clock::default()).unwrap().held().leaf.hash, before, "{said}");
        }
        let renewed = maker.leaf(OFFICE, &key, 2031);
        trust.take_certificate(vec![renewed.clone()], false).unwrap();
        let kept = Trust::load(dir.path(), Clock::default()).unwrap().held();
        assert_eq!((&kept.identity.certificates[0], kept.leaf.hash), (&renewed, trust.held().leaf.hash));
        assert!(trust.config(0).is_ok());
    }

    #[test]
    fn authorities_are_taken_only_if_one_stands_behind_the_own_certificate() {
        let (old, new, key) = (Maker::new(), Maker::new(), KeyPair::generate().unwrap());
        let (dir, trust) = machine(&old, &key);
        let said = |makers: &[&Maker]| -> Vec<Bytes> {
            makers.iter().map(|maker| Bytes::copy_from_slice(&maker.1)).collect()
        };
        assert!(!trust.take_authorities(&said(&[&new])).unwrap(), "it would lose its own");
        assert!(!trust.take_authorities(&[]).unwrap());
        assert!(!trust.take_authorities(&[Bytes::from_static(b"no certificate")]).unwrap());
        assert!(!trust.take_authorities(&said(&[&old])).unwrap(), "no news");
        assert!(trust.is_of_newest_authority());
        assert!(trust.take_authorities(&said(&[&new, &old])).unwrap());
        assert!(!trust.is_of_newest_authority());
        trust.take_certificate(vec![new.leaf(OFFICE, &key, 2031)], false).unwrap();
        assert!(trust.is_of_newest_authority());
        assert!(trust.take_authorities(&said(&[&new])).unwrap());
        let kept = Trust::load(dir.path(), Clock::default()).unwrap().held();
        assert_eq!(kept.authorities, std::slice::from_ref(&new.1));
    }

    #[test]
    fn the_old_certificate_stays_until_one_has_worked() {
        let (maker, key) = (Maker::new(), KeyPair::generate().unwrap());
        let (dir, trust) = machine(&maker, &key);
        let (old, new) = (trust.held().leaf.hash, maker.leaf(OFFICE, &key, 2031));
        trust.take_certificate(vec![new.clone()], false).unwrap();
        let newer = trust.held().leaf.hash;
        assert_ne!(newer, old);
        // A restart knows both, and shows the newer one first.
        let trust = Trust::load(dir.path(), Clock::default()).unwrap();
        assert_eq!(trust.held().leaf.hash, newer);
        assert!(trust.try_spare());
        assert_eq!(trust.held().leaf.hash, old);
        assert!(!trust.try_spare(), "both were refused");
        // The old one works: the newer one, of a wrong clock, is not shown again.
        trust.worked().unwrap();
        let trust = Trust::load(dir.path(), Clock::default()).unwrap();
        assert_eq!(trust.held().leaf.hash, old);
        assert!(!trust.try_spare());
        // One that ends earlier is taken only where the one held is refused.
        let shorter = maker.leaf(OFFICE, &key, 2029);
        assert!(trust.take_certificate(vec![shorter.clone()], false).is_err());
        trust.take_certificate(vec![shorter], true).unwrap();
        trust.worked().unwrap();
        assert_ne!(Trust::load(dir.path(), Clock::default()).unwrap().held().leaf.hash, old);
    }
}
