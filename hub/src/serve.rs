//! Serving: the two listeners, until told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use truc_node::attachments::{AttachmentError, Attachments};
use truc_node::certificate::unix_now;
use truc_node::verifier;

use crate::attachments::AttachmentService;
use crate::authority::{self, Authority, AuthorityError, VouchError};
use crate::config::{Config, ConfigError};
use crate::enrolment::{EnrolmentService, HubFacts};
use crate::enrolments::HubEnrolments;
use crate::files::FileRule;
use crate::hub::{Hub, HubError};
use crate::listener::{Peer, Settings, Source, TlsListener, enrolment_server_builder, server_builder};
use crate::session::SyncService;
use crate::tls;

/// Open streams get so long to end when the hub stops.
const GRACE: Duration = Duration::from_secs(3);

/// Why the hub cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its store.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Its attachments.
    #[error(transparent)]
    Attachments(#[from] AttachmentError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// An address cannot be listened at.
    #[error("cannot listen at {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
}

impl From<VouchError> for ServeError {
    fn from(error: VouchError) -> Self {
        match error {
            VouchError::Authority(error) => Self::Authority(error),
            VouchError::Hub(error) => Self::Hub(error),
        }
    }
}

/// A hub that serves.
pub struct Serving {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Its attachments.
    pub files: Attachments,
    /// Issues certificates.
    pub authority: Arc<Authority>,
    /// As read.
    pub config: Config,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<Result<(), tonic::transport::Error>>>,
    verifier: JoinHandle<()>,
}

impl Serving {
    /// Opens the store in a folder and listens.
    pub async fn start(dir: &Path) -> Result<Self, ServeError> {
        let config = Config::load(dir)?;
        let authority = Arc::new(Authority::load(dir)?);
        let hub = Hub::open(dir, config.identity(dir)?)?;
        authority::vouch(&hub, &authority).await?;
        let names = [config.address.as_str(), config.enrol_address.as_str()];
        let identity = authority.issue_server(&names, unix_now())?;
        let settings =
            Settings { handshakes_per_source: config.handshakes_per_source, ..Settings::default() };
        let session_tls = tls::session_config(
            identity.clone(),
            authority.certificate().clone(),
            Arc::clone(&hub.gate) as Arc<_>,
        )?;
        let enrolment_tls = tls::enrolment_config(identity)?;
        let listen = |address| move |error| ServeError::Listen(address, error);
        let sessions: TlsListener<Peer> =
            TlsListener::bind(config.listen, settings, Arc::new(ArcSwap::new(session_tls)))
                .map_err(listen(config.listen))?;
        let enrolments: TlsListener<Source> =
            TlsListener::bind(config.enrol_listen, settings, Arc::new(ArcSwap::new(enrolment_tls)))
                .map_err(listen(config.enrol_listen))?;
        let facts = HubFacts {
            office: config.office,
            ledger_key: hub.office.identity().hub_key.to_bytes(),
            session_address: config.address.clone(),
        };
        let (stop, stopping) = watch::channel(false);
        let files = Attachments::open(dir)?;
        let session_server = server_builder()
            .add_service(SyncService::server(Arc::clone(&hub)))
            .add_service(AttachmentService::server(files.clone(), Arc::new(FileRule(Arc::clone(&hub)))));
        let enrolment_service = EnrolmentService::server(
            Arc::new(HubEnrolments::new(Arc::clone(&hub))),
            Arc::clone(&authority),
            facts,
        );
        let enrolment_server = enrolment_server_builder().add_service(enrolment_service);
        let servers = vec![
            tokio::spawn({
                let (hub, stopping) = (Arc::clone(&hub), stopping.clone());
                async move {
                    // Nobody's certificate is known before the registry is: offices that call meanwhile wait.
                    hub.knows_registry().await;
                    drop(hub);
                    session_server.serve_with_incoming_shutdown(sessions, stopped(stopping)).await
                }
            }),
            tokio::spawn(enrolment_server.serve_with_incoming_shutdown(enrolments, stopped(stopping))),
        ];
        tokio::spawn(truc_node::disk::doubt(dir.to_owned()));
        let verified = verifier::run(Arc::clone(&hub), |hub: &Hub| &hub.office, stop.subscribe());
        let verifier = tokio::spawn(verified);
        tracing::info!(sessions = %config.listen, enrolment = %config.enrol_listen, "the hub listens");
        Ok(Self { hub, files, authority, config, stop, servers, verifier })
    }

    /// Ends sessions, closes the listeners; what was handed in is written.
    pub async fn stop(self) {
        self.hub.sessions.end_all("the hub stops");
        self.stop.send_replace(true);
        if let Err(error) = self.verifier.await {
            tracing::warn!(%error, "the verification ended with a panic");
        }
        for server in self.servers {
            match timeout(GRACE, server).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => tracing::warn!(%error, "a listener ended with an error"),
                Ok(Err(error)) => tracing::warn!(%error, "a listener ended with a panic"),
                Err(_) => tracing::debug!("open streams were cut"),
            }
        }
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
