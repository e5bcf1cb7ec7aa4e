//! The two listeners with their services, from start to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use truc_node::accounts::{Accounts, Realm};
use truc_node::clock::Clock;
use truc_node::office::{arrival, verifier};
use truc_node::store::attachments::{AttachmentError, Attachments};
use truc_node::supervise;
use truc_node::words::failure::Failure;
use truc_proto::fault::planted;
use truc_proto::limits;

use crate::authority::Lives;
use crate::authority::rollover::Authorities;
use crate::config::{Config, ConfigError};
use crate::files::brought::{Brought, BroughtError};
use crate::files::entitled::FileRule;
use crate::files::rule;
use crate::files::service::AttachmentService;
use crate::hub::{Hub, HubError, turn_days};
use crate::line::caller::{Caller, Source};
use crate::line::listener::{Settings, TlsListener, enrolment_server_builder, server_builder};
use crate::session::service::SyncService;
use crate::session::suspects::Suspects;
use crate::trust::enrolment::{EnrolmentService, HubFacts, Issue};
use crate::trust::keeper::{Trust, TrustError};
use crate::trust::redeem::HubEnrolments;
use crate::trust::renewal::RenewalService;
use crate::trust::vouch::vouch;

/// How long open streams may take to end when the hub stops.
const GRACE: Duration = Duration::from_secs(3);

/// Why the hub cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store failed.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The authorities or the hub's own certificate cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The folder of attachments cannot be used.
    #[error(transparent)]
    Attachments(#[from] AttachmentError),
    /// The memory of who brought which file cannot be used.
    #[error(transparent)]
    Brought(#[from] BroughtError),
    /// The console's accounts cannot be used.
    #[error(transparent)]
    Accounts(#[from] Failure),
    /// The hub cannot listen at an address.
    #[error("cannot listen at {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
}

/// A hub that serves.
pub struct Serving {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Attachments of the hub's store.
    pub files: Attachments,
    /// Who may bring and fetch which of them.
    pub file_rule: Arc<FileRule>,
    /// Accounts of the console, and its audit.
    pub accounts: Accounts,
    /// Issues certificates, and renews those of the listeners.
    pub trust: Arc<Trust>,
    /// The configuration as it was read at the start.
    pub config: Config,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<Result<(), tonic::transport::Error>>>,
    verifier: JoinHandle<()>,
    arrivals: JoinHandle<()>,
    keeper: JoinHandle<()>,
    sweeper: JoinHandle<()>,
}

impl Serving {
    /// Opens the store in a folder and listens.
    pub async fn start(dir: &Path) -> Result<Self, ServeError> {
        Self::start_with(dir, Lives::default(), Clock::default()).await
    }

    /// The same with other lives of certificates and another clock: for tests of what happens when certificates end.
    pub async fn start_with(dir: &Path, lives: Lives, clock: Clock) -> Result<Self, ServeError> {
        let config = Config::load(dir)?;
        let hub = Hub::open_at(dir, config.identity(dir)?, clock, config.quota)?;
        let trust = Trust::open(dir, config.clone(), Arc::clone(&hub), lives)?;
        let per_source = config.handshakes_per_source;
        let per_source = if planted("limits.handshakes-per-source") { usize::MAX } else { per_source };
        let settings = Settings { handshakes_per_source: per_source, ..Settings::default() };
        let listen = |address| move |error| ServeError::Listen(address, error);
        let sessions: TlsListener<Caller> =
            TlsListener::bind(config.listen, settings, trust.sessions(), Arc::clone(&hub.connections))
                .map_err(listen(config.listen))?;
        let enrolments: TlsListener<Source> = TlsListener::bind(
            config.enrol_listen,
            settings,
            trust.enrolments(),
            Arc::clone(&hub.connections),
        )
        .map_err(listen(config.enrol_listen))?;
        let facts = HubFacts {
            office: config.office,
            ledger_key: hub.office.identity().hub_key.to_bytes(),
            session_address: config.address.clone(),
        };
        let (stop, stopping) = watch::channel(false);
        let files = Attachments::open(dir)?;
        let file_rule = Arc::new(FileRule::new(Arc::clone(&hub), Brought::open(dir, hub.life.now())?));
        let sweeper =
            supervise::spawn("sweeper", rule::sweep(Arc::clone(&file_rule), files.clone(), stopping.clone()));
        let accounts = Accounts::open(dir, Realm::Console)?;
        let suspects = Arc::new(Suspects::new(accounts.clone()));
        let session_server = server_builder()
            .add_service(SyncService::server(Arc::clone(&hub), Arc::clone(&suspects)))
            .add_service(RenewalService::server(Arc::clone(&hub), Arc::clone(&trust)))
            .add_service(AttachmentService::server(files.clone(), Arc::clone(&file_rule), config.files));
        let enrolment_service = EnrolmentService::server(
            Arc::new(HubEnrolments::new(Arc::clone(&hub), accounts.clone())),
            Arc::clone(&trust) as Arc<dyn Issue>,
            facts,
        );
        let enrolment_server = enrolment_server_builder().add_service(enrolment_service);
        let servers = vec![
            supervise::spawn("sessions", {
                let (hub, stopping, authorities) = (Arc::clone(&hub), stopping.clone(), trust.authorities());
                async move {
                    // Services start once the registry is folded. A handshake before that is refused if the views do
                    // not hold its certificate yet; that office calls again later.
                    hub.knows_registry().await;
                    // Before any call is taken: what is admitted from now on is delivered by the map of today.
                    if let Err(error) = hub.turn().await {
                        tracing::error!(%error, "the day could not be turned; it will be tried again");
                    }
                    if let Err(error) = vouch(&hub, authorities.newest()).await {
                        tracing::error!(%error, "the authority does not vouch for the hub's ledger key");
                    }
                    drop(hub);
                    session_server.serve_with_incoming_shutdown(sessions, stopped(stopping)).await
                }
            }),
            supervise::spawn(
                "enrolments",
                enrolment_server.serve_with_incoming_shutdown(enrolments, stopped(stopping.clone())),
            ),
        ];
        supervise::spawn("disk", truc_node::store::disk::doubt(dir.to_owned()));
        supervise::spawn("refusals", Arc::clone(&hub).say_refusals(stop.subscribe()));
        supervise::spawn("room", room(Arc::clone(&hub), stop.subscribe()));
        let verified = verifier::run(Arc::clone(&hub), |hub: &Hub| &hub.office, stop.subscribe());
        let verifier = supervise::spawn("verifier", verified);
        let arrivals = arrival::run(Arc::clone(&hub), |hub: &Hub| &hub.office, stop.subscribe());
        let arrivals = supervise::spawn("arrivals", arrivals);
        let keeper = supervise::spawn("keeper", Arc::clone(&trust).keep(stopping));
        supervise::spawn("days", turn_days(Arc::downgrade(&hub), stop.subscribe()));
        tracing::info!(sessions = %config.listen, enrolment = %config.enrol_listen, "the hub listens");
        Ok(Self {
            hub,
            files,
            file_rule,
            accounts,
            trust,
            config,
            stop,
            servers,
            verifier,
            arrivals,
            keeper,
            sweeper,
        })
    }

    /// The authorities in use.
    pub fn authorities(&self) -> Arc<Authorities> {
        self.trust.authorities()
    }

    /// Ends the sessions and closes the listeners. Entries already handed to the writer are still written.
    pub async fn stop(self) {
        self.hub.sessions.end_all("the hub stops");
        self.stop.send_replace(true);
        for (work, name) in [(self.verifier, "the verification"), (self.arrivals, "saying arrivals")] {
            if let Err(error) = work.await {
                tracing::warn!(%error, "{name} ended with a panic");
            }
        }
        for mut server in self.servers {
            match timeout(GRACE, &mut server).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => tracing::warn!(%error, "a listener ended with an error"),
                Ok(Err(error)) => tracing::warn!(%error, "a listener ended with a panic"),
                Err(_) => {
                    tracing::debug!("open streams are cut");
                    self.hub.connections.cut_all();
                    server.abort();
                    let _ = server.await;
                }
            }
        }
        if let Err(error) = self.sweeper.await {
            tracing::warn!(%error, "the sweep of unfinished uploads ended with a panic");
        }
        if let Err(error) = self.keeper.await {
            tracing::warn!(%error, "the keeper of certificates ended with a panic");
        }
    }
}

/// Looks how much room is left on the disk, until told to stop.
async fn room(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    loop {
        let dir = hub.office.dir().to_owned();
        let room = tokio::task::spawn_blocking(move || truc_node::store::disk::room(&dir)).await;
        if let Ok(Some((free, all))) = room {
            hub.quotas.disk(free, all);
        }
        tokio::select! {
            () = sleep(limits::DISK_LOOK) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone also means that the program stops.
    let _ = stop.wait_for(|stop| *stop).await;
}
