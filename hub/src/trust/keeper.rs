//! The certificates of the hub's listeners while it runs: which it shows (its own is renewed before it ends), and which
//! authorities it trusts (one may take over or end). Every change is read from the files as a whole and takes effect
//! with the next handshake; a change that fails changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;
use tokio::time::sleep;
use truc_node::identity::certificate;
use truc_node::identity::keys::{self, KeyError, TlsIdentity, provider};
use truc_node::office::OfficeError;
use truc_node::supervise::Loop;
use truc_proto::code::split_address;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::wire::AuthoritiesTrusted;
use truc_proto::wire::registry_move::Move as Word;

use crate::authority::in_use::InUse;
use crate::authority::rollover::Authorities;
use crate::authority::{AuthorityError, Issued, Lives};
use crate::config::Config;
use crate::hub::{Hub, ITSELF};
use crate::line::tls::{self, SessionTls};
use crate::trust::enrolment::Issue;

/// Name of the file with the key of the hub's own certificate, if another authority issued that.
pub const SERVER_KEY: &str = "server.key";
/// Name of the file with that certificate and the chain up to a trusted authority.
pub const SERVER_CERTIFICATE: &str = "server.crt";

/// Why the files cannot be used. What was in use before stays in use.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The authorities cannot be used.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file of a key or certificate cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// TLS cannot be configured.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// No node would accept the hub's own certificate, which another authority issued.
    #[error("{}: no node would believe this certificate at {address}: {source}", path.display())]
    Unbelievable {
        /// The file of the certificate.
        path: PathBuf,
        /// `host:port` at which nodes call.
        address: String,
        /// Why nodes would refuse it.
        source: rustls::Error,
    },
}

/// Longest time between two looks at the clock.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Keeps the certificates of the listeners.
pub struct Trust {
    dir: PathBuf,
    config: Config,
    lives: Lives,
    hub: Arc<Hub>,
    authorities: ArcSwap<Authorities>,
    sessions: Arc<ArcSwap<ServerConfig>>,
    enrolments: Arc<ArcSwap<ServerConfig>>,
}

/// What is made of the files.
struct Made {
    authorities: Authorities,
    sessions: Arc<ServerConfig>,
    enrolments: Arc<ServerConfig>,
    in_use: InUse,
}

impl Trust {
    /// Reads the files for a hub that is about to serve.
    pub fn open(dir: &Path, config: Config, hub: Arc<Hub>, lives: Lives) -> Result<Arc<Self>, TrustError> {
        let made = make(dir, &config, &hub, lives)?;
        hub.trust(made.in_use);
        Ok(Arc::new(Self {
            dir: dir.to_owned(),
            config,
            lives,
            hub,
            authorities: ArcSwap::from_pointee(made.authorities),
            sessions: Arc::new(ArcSwap::new(made.sessions)),
            enrolments: Arc::new(ArcSwap::new(made.enrolments)),
        }))
    }

    /// The authorities in use.
    pub fn authorities(&self) -> Arc<Authorities> {
        self.authorities.load_full()
    }

    /// TLS of the session listener; replaced when certificates change.
    pub fn sessions(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.sessions)
    }

    /// TLS of the enrolment listener; replaced when certificates change.
    pub fn enrolments(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.enrolments)
    }

    /// Reads the files again and puts them into use.
    pub fn reload(&self) -> Result<(), TrustError> {
        let made = make(&self.dir, &self.config, &self.hub, self.lives)?;
        tracing::info!(
            until = made.in_use.own.1,
            authorities = made.in_use.authorities.len(),
            "certificates in use"
        );
        self.authorities.store(Arc::new(made.authorities));
        self.sessions.store(made.sessions);
        self.enrolments.store(made.enrolments);
        self.hub.trust(made.in_use);
        Ok(())
    }

    /// Reads the files again; logs what is wrong with them.
    pub fn reload_or_tell(&self) {
        match self.reload() {
            Ok(()) => self.hub.office.loops().works(Loop::Keeper),
            Err(error) => {
                tracing::error!(%error, "certificates were not read anew; those in use stay");
                self.hub.office.loops().fails(Loop::Keeper, &error, LOOK.min(self.again()));
            }
        }
    }

    /// How long after one try the next comes.
    fn again(&self) -> Duration {
        self.lives.hub.mul_f64(limits::RENEW_AGAIN)
    }

    fn fails(&self) -> bool {
        self.hub.office.loops().failing().contains_key(&Loop::Keeper)
    }

    /// States the trusted authorities in the registry if it says otherwise: a roll-over or a retirement was cut short.
    async fn announce_once_known(&self) {
        self.hub.knows_registry().await;
        if let Err(error) = announce(&self.hub, &self.authorities(), ITSELF).await {
            tracing::error!(%error, "the registry does not say which authorities are trusted");
        }
    }

    /// Keeps the certificates fresh until told to stop. It does not poll: a timer ends when the hub's own certificate
    /// is due, and changes of the registry tell of authorities.
    pub async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.announce_once_known() => {}
            () = stopped(&mut stop) => return,
        }
        let Ok(mut folded) = self.hub.office.folded() else { return };
        // Changes that were folded before this point count too.
        folded.mark_changed();
        let mut known = (0, Vec::new());
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                // Not one long sleep: clocks are set.
                () = sleep(self.due().min(LOOK).max(pause)) => {
                    if !self.due().is_zero() && !self.fails() {
                        pause = Duration::ZERO;
                        continue;
                    }
                    self.reload_or_tell();
                    // Whatever the outcome, the next try comes only after a pause.
                    pause = self.again().min(LOOK);
                    if self.due().is_zero() {
                        tracing::warn!("the hub's own certificate ends soon; put a new one in its place and reload");
                    }
                }
                changed = folded.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    // The hub's own certificate is for all its addresses.
                    let registry = self.hub.office.registry();
                    let said = (registry.authorities().position, registry.addresses().to_vec());
                    if said != known {
                        known = said;
                        self.reload_or_tell();
                    }
                }
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// How long until the hub's own certificate needs attention: until a third of its life is left if the hub renews
    /// it, until shortly before its end if people must.
    fn due(&self) -> Duration {
        let in_use = self.hub.in_use();
        let (begins, ends) = in_use.own;
        let life = Duration::from_secs(ends.saturating_sub(begins));
        // Made by a clock that was wrong: nodes may not take it.
        if begins > self.hub.clock().now() && !in_use.external {
            return Duration::ZERO;
        }
        let left = if in_use.external { limits::CERTIFICATE_SOON.min(life / 3) } else { life / 3 };
        Duration::from_secs(ends.saturating_sub(self.hub.clock().now())).saturating_sub(left)
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone also means that the program stops.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Issue for Trust {
    fn now(&self) -> u64 {
        self.hub.clock().now()
    }

    fn issue(
        &self,
        office: OfficeId,
        csr: &[u8],
    ) -> Result<(Issued, Vec<CertificateDer<'static>>), AuthorityError> {
        // The current authority issues even during a handover, because the code names it. The next renewal brings a
        // certificate of the newer one.
        if self.hub.time.doubt().is_some() {
            return Err(AuthorityError::Doubted);
        }
        let authorities = self.authorities();
        let issued = authorities.current.issue_office(office, csr, self.now())?;
        let chain = authorities.current.chain_from(issued.certificate.clone());
        Ok((issued, chain))
    }
}

/// States the trusted authorities in the registry, unless it says so already. Returns the position of the entry.
pub async fn announce(
    hub: &Hub,
    authorities: &Authorities,
    author: &str,
) -> Result<Option<u64>, OfficeError> {
    let registry = hub.office.registry();
    let known = registry.authorities();
    let said = authorities.said();
    // One authority is news only if it ends a handover that the registry knows. Otherwise there was never a handover,
    // or the files are older than the registry's entry, which then is right.
    let retired = said.len() == 1 && known.certificates.first() == said.first();
    let news = authorities.next.is_some() || retired;
    if !news || known.certificates == said {
        return Ok(None);
    }
    let word = Word::Authorities(AuthoritiesTrusted { certificates: said });
    hub.say(author, word, hub.everybody()).await.map(Some)
}

fn make(dir: &Path, config: &Config, hub: &Hub, lives: Lives) -> Result<Made, TrustError> {
    let authorities = Authorities::load(dir)?.living(lives);
    let now = hub.clock().now();
    let external = dir.join(SERVER_CERTIFICATE).exists();
    let mut identity = if external {
        own(dir, config, &authorities, now)?
    } else {
        let registry = hub.office.registry();
        let mut names = vec![config.address.as_str(), config.enrol_address.as_str()];
        names.extend(registry.addresses().iter().map(String::as_str));
        authorities.current.issue_server(&names, now)?
    };
    let life = identity.certificates.first().map_or(Ok((0, 0)), |leaf| certificate::life(leaf));
    let own = life.map_err(|_| rustls::Error::General("the hub's certificate is none".into()))?;
    // A hub rebuilt during a handover has the key of one authority, but its machines have certificates of both.
    let mut trusted = authorities.trusted();
    for said in &hub.office.registry().authorities().certificates {
        let said = CertificateDer::from(said.to_vec());
        if !trusted.contains(&said) {
            trusted.push(said);
        }
    }
    let door = SessionTls {
        identity: identity.clone(),
        authorities: trusted.clone(),
        gate: Arc::clone(&hub.gate) as Arc<_>,
        lapsed: lives.lapsed,
        clock: hub.clock().clone(),
    };
    let sessions = tls::session_config(door)?;
    // A new machine looks for the authority that its code names.
    if !identity.certificates.contains(authorities.current.certificate()) {
        identity.certificates.push(authorities.current.certificate().clone());
    }
    let enrolments = tls::enrolment_config(identity)?;
    let in_use = InUse { authorities: trusted, own, external };
    Ok(Made { authorities, sessions, enrolments, in_use })
}

/// The hub's own certificate from its files, verified as a node would verify it.
fn own(dir: &Path, config: &Config, authorities: &Authorities, now: u64) -> Result<TlsIdentity, TrustError> {
    let path = dir.join(SERVER_CERTIFICATE);
    let identity = keys::load_tls_from(&dir.join(SERVER_KEY), &path)?;
    let check = || -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authorities.current.certificate().clone())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let (leaf, between) = identity
            .certificates
            .split_first()
            .ok_or_else(|| rustls::Error::General("no certificate".into()))?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        for address in [&config.address, &config.enrol_address] {
            let (host, _) = split_address(address).unwrap_or((address, 0));
            let name = ServerName::try_from(host.to_owned())
                .map_err(|error| rustls::Error::General(error.to_string()))?;
            verifier.verify_server_cert(leaf, between, &name, &[], now)?;
        }
        Ok(())
    };
    let checked = check();
    match checked {
        Ok(()) => Ok(identity),
        Err(source) => Err(TrustError::Unbelievable { path, address: config.address.clone(), source }),
    }
}
