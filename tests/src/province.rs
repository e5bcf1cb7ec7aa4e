//! A small province within one process: a real hub with its listeners, real nodes with their uplinks, over
//! loopback and TLS. For tests that look inside; `tests/tests/binaries` runs the programs themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use truc_hub::authority::{Authority, Lives};
use truc_hub::config::{Config, FileQuotas};
use truc_hub::demo::address;
use truc_hub::listeners::Serving;
use truc_node::clock::{Clock, unix_now};
use truc_node::derive::views::read;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::trust::Trust;
use truc_node::identity::{IDENTITY, Identity, keys};
use truc_node::line::carrier;
use truc_node::line::enrol::enrol;
use truc_node::line::freight::FileNews;
use truc_node::line::state::{LineState, Standing};
use truc_node::line::uplink::{self, Line};
use truc_node::office::{Intent, Office};
use truc_node::store::attachments::Attachments;
use truc_proto::audience::Scope;
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::secret_hash;
use truc_proto::id::OfficeId;
use truc_proto::record::{Move, Paper, directive};
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use uuid::Uuid;

use crate::support::{eventually, soon};

/// Shorthand: tests fail with whatever went wrong.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A hub and its folder.
pub struct Province {
    /// Folder of the hub and the nodes.
    pub dir: TempDir,
    /// The hub while it serves.
    pub serving: Option<Serving>,
    lives: Lives,
    clock: Clock,
}

/// A running node.
pub struct Node {
    /// The node's folder.
    pub dir: PathBuf,
    /// The office.
    pub office: Arc<Office>,
    /// Its attachments.
    pub files: Attachments,
    /// State of its line.
    pub line: watch::Receiver<LineState>,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Province {
    /// A hub without offices.
    pub async fn new() -> Result<Self> {
        let (province, hub) = Self::folder()?;
        Authority::init(&hub, "Thử nghiệm", unix_now())?;
        Self::with(province, Lives::default(), Clock::default()).await
    }

    /// A temporary folder with a subfolder for the hub.
    pub fn folder() -> Result<(TempDir, PathBuf)> {
        let dir = tempfile::tempdir()?;
        let hub = dir.path().join("hub");
        keys::make_folder(&hub)?;
        Ok((dir, hub))
    }

    /// A hub without offices in a folder with an authority, with given certificate lifetimes and clock.
    pub async fn with(dir: TempDir, lives: Lives, clock: Clock) -> Result<Self> {
        // Fails in a second province of the same program, because logging is set up already.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let hub = dir.path().join("hub");
        let identity = hub.join(truc_node::identity::IDENTITY);
        keys::make_folder(&identity)?;
        keys::save_ledger_key(&identity, &keys::new_ledger_key()?)?;
        let (listen, enrol_listen) = (address::free(), address::free());
        let config = Config {
            office: OfficeId(Uuid::new_v4()),
            name: "Trung tâm".into(),
            address: listen.clone(),
            enrol_address: enrol_listen.clone(),
            listen: listen.parse()?,
            enrol_listen: enrol_listen.parse()?,
            quota: Default::default(),
            handshakes_per_source: 1000,
            // However full the disk of the machine is that runs the tests.
            files: FileQuotas { disk_kept: 0, ..FileQuotas::default() },
        };
        config.save(&hub)?;
        let mut province = Self { dir, serving: None, lives, clock };
        province.start().await?;
        province.register(config.office, "hub", None, "", "Trung tâm").await?;
        Ok(province)
    }

    /// The hub's folder.
    pub fn hub_dir(&self) -> PathBuf {
        self.dir.path().join("hub")
    }

    /// Starts the hub with its folder as it is.
    pub async fn start(&mut self) -> Result<()> {
        self.serving = Some(Serving::start_with(&self.hub_dir(), self.lives, self.clock.clone()).await?);
        Ok(())
    }

    /// Stops the hub.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.stop().await;
        }
    }

    /// The serving hub.
    pub fn hub(&self) -> &Serving {
        self.serving.as_ref().expect("the hub serves")
    }

    async fn register(
        &self,
        office: OfficeId,
        tier: &str,
        parent: Option<OfficeId>,
        code: &str,
        name: &str,
    ) -> Result<()> {
        let fact = OfficeFact {
            office: office.to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: parent.map(OfficeId::to_wire).unwrap_or_default(),
            code: code.into(),
            kind: String::new(),
            name: name.into(),
            closed: false,
            successors: Vec::new(),
            said: String::new(),
            symbols: Vec::new(),
        };
        let hub = &self.hub().hub;
        hub.say("hub", Word::Office(fact), hub.everybody()).await?;
        Ok(())
    }

    /// Registers an office under another (none: under the hub).
    pub async fn add(
        &self,
        tier: &str,
        parent: Option<OfficeId>,
        code: &str,
        name: &str,
    ) -> Result<OfficeId> {
        let office = OfficeId(Uuid::new_v4());
        let parent = parent.unwrap_or(self.hub().config.office);
        self.register(office, tier, Some(parent), code, name).await?;
        Ok(office)
    }

    /// A new enrolment code of an office, as `truc-hub office code` makes it.
    pub fn code(&self, office: OfficeId) -> Result<String> {
        let serving = self.hub();
        let secret: [u8; 16] = keys::random()?;
        let now = self.clock.now();
        let expires = now + 900;
        serving.hub.codes.add(secret_hash(&secret), office, expires, now)?;
        let code = EnrolmentCode {
            secret,
            authority: serving.authorities().current.fingerprint(),
            address: serving.config.enrol_address.clone(),
            expires,
        };
        Ok(code.to_text()?.to_string())
    }

    /// Enrols a machine for an office in a new folder and starts it.
    pub async fn node(&self, office: OfficeId, folder: &str) -> Result<Node> {
        let dir = self.dir.path().join(folder);
        enrol(&self.code(office)?, &dir).await?;
        Node::start_by(&dir, self.clock.clone()).await
    }
}

impl Node {
    /// Starts a node with its folder as it is.
    pub async fn start(dir: &Path) -> Result<Self> {
        Self::start_by(dir, Clock::default()).await
    }

    /// Like [`Self::start`], with another clock.
    pub async fn start_by(dir: &Path, clock: Clock) -> Result<Self> {
        let enrolled = Enrolled::load(dir)?.ok_or("not enrolled")?;
        let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
        let hub_key = ed25519_dalek::VerifyingKey::from_bytes(&enrolled.hub_ledger_key.0)?;
        let identity = Identity {
            office: enrolled.office,
            key,
            hub: enrolled.hub_office,
            hub_key,
            ring: Default::default(),
        };
        let office = Arc::new(Office::open(dir, identity, Vec::new())?);
        if office.read(|journal| journal.credential())? != enrolled.credential {
            let credential = enrolled.credential;
            office.writer()?.write(move |journal| journal.enrolled(credential)).await?;
        }
        office.time().go_by(clock.clone());
        let trust = Arc::new(Trust::load(dir, clock)?);
        let (state, line) = watch::channel(LineState::default());
        let (channel, line_up) = watch::channel(None);
        let (news, told) = (FileNews::default(), state.clone());
        let (stop, stopping) = watch::channel(false);
        let files = Attachments::open(dir)?;
        let lines = carrier::Lines { channel: line_up, news: news.clone(), state: told };
        let carrier = carrier::run(Arc::clone(&office), files.clone(), lines, stopping.clone());
        let config = Line { address: enrolled.session_address, trust, state, channel, news: news.clone() };
        let uplink = uplink::run(Arc::clone(&office), config, stopping);
        let work = tokio::spawn(async move {
            tokio::join!(uplink, carrier);
        });
        Ok(Self { dir: dir.to_owned(), office, files, line, stop, work })
    }

    /// Waits until the line has this state.
    pub async fn line_is(&mut self, standing: Standing) -> Result<()> {
        let line = self.line.wait_for(|state| state.standing == standing);
        soon(&format!("the line is {standing:?}"), line).await?;
        Ok(())
    }

    /// Stops the node, and waits until nothing has its store open any more.
    pub async fn stop(self) -> Result<PathBuf> {
        self.stop.send_replace(true);
        self.work.await?;
        eventually("nothing has the office", || Arc::strong_count(&self.office) == 1).await;
        let dir = self.dir.clone();
        drop(self.office);
        Ok(dir)
    }

    /// Waits until the views of this office satisfy a condition.
    pub async fn until(&self, condition: impl Fn(&Office) -> Result<bool>) -> Result<()> {
        let mut folded = self.office.folded()?;
        soon("the views show it", async {
            loop {
                folded.borrow_and_update();
                if condition(&self.office)? {
                    return Ok(());
                }
                folded.changed().await?;
            }
        })
        .await
    }
    /// Titles of the records of this office.
    pub fn titles(&self) -> Vec<String> {
        let rows = self.office.view(|views| read::list(views, &read::Filter::default()));
        rows.expect("views can be read").into_iter().map(|row| row.title).collect()
    }

    /// Waits until this office has a record with this title.
    pub async fn has(&self, title: &str) -> Result<()> {
        self.until(|_| Ok(self.titles().iter().any(|one| one == title))).await
    }

    /// Waits until all own entries have receipts.
    pub async fn receipted(&self) {
        eventually("all is receipted", || {
            self.office.read(|journal| journal.unreceipted()).expect("the journal can be read") == 0
        })
        .await;
    }
}

/// A move with a paper of a type (`CV`: letter) without tasks.
pub fn paper(title: &str, document_type: &str) -> Move {
    Move::Directive(directive::Move::Issued(directive::Issued {
        paper: Paper {
            document_type: document_type.into(),
            title: title.into(),
            term: "2025-2030".into(),
            text: "Nội dung".into(),
            signer: String::new(),
            road: None,
            ..Paper::default()
        },
        tasks: vec![],
        in_reply_to: None,
    }))
}

/// An intent that opens a new record with a move.
pub fn intent(mv: Move, to: Scope) -> Intent {
    Intent::opening("clerk", mv, vec![to])
}

/// An intent that sends a letter.
pub fn letter(title: &str, to: Scope) -> Intent {
    intent(paper(title, "CV"), to)
}
