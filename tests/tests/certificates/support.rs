//! A clock that stands where a test puts it, and a machine that calls by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use truc_hub::authority::{Authority, Lives};
use truc_node::clock::{Clock, unix_millis, unix_now};
use truc_node::identity::certificate::{OfficeCertificate, read};
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::trust::Trust;
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::dial::{ConnectError, connect};
use truc_proto::id::OfficeId;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::sync_client::SyncClient;
use truc_proto::wire::{self, EndReason};
use truc_tests::province::{Province, Result};

pub(crate) const SOON: Duration = Duration::from_secs(30);
/// A session ends within this time once its certificate is no longer good (DESIGN: 5 s).
pub(crate) const CUT: Duration = Duration::from_secs(5);
pub(crate) const DAY: i64 = 86_400;

/// So many seconds before the real time; everybody in a test may share it.
#[derive(Clone, Default)]
pub(crate) struct Ahead(Arc<AtomicI64>);

impl Ahead {
    pub(crate) fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Clock::new(move || unix_millis().saturating_add_signed(ahead.load(Ordering::SeqCst) * 1000))
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

/// A province with one commune, by a clock that moves.
pub(crate) async fn province(lives: Lives, clock: &Ahead) -> Result<(Province, OfficeId)> {
    truc_node::fault::arm();
    let (folder, hub) = Province::folder()?;
    Authority::init(&hub, "Thử nghiệm", unix_now())?;
    let province = Province::with(folder, lives, clock.clock()).await?;
    let office = province.add("commune", None, "17464", "Đảng ủy xã Diễn Châu").await?;
    Ok((province, office))
}

/// The certificate in a node's folder.
pub(crate) fn leaf(dir: &Path) -> OfficeCertificate {
    let chain = keys::load_certificates(&dir.join(IDENTITY).join(keys::TLS_CERTIFICATE)).unwrap();
    read(&chain[0]).unwrap()
}

/// A channel that shows the certificate in a node's folder.
pub(crate) async fn channel(dir: &Path, clock: &Ahead) -> std::result::Result<Channel, ConnectError> {
    let enrolled = Enrolled::load(dir).unwrap().unwrap();
    let trust = Trust::load(dir, clock.clock()).unwrap();
    connect(&enrolled.session_address, trust.config(0).unwrap()).await
}

/// One session, by hand.
pub(crate) struct Raw {
    // Held so that the stream stays open.
    _up: mpsc::UnboundedSender<wire::NodeFrame>,
    down: Streaming<wire::HubFrame>,
}

impl Raw {
    /// Says Hello on a channel, and waits until it is welcome.
    pub(crate) async fn open(channel: Channel) -> std::result::Result<Self, Status> {
        let (up, frames) = mpsc::unbounded_channel();
        let hello = wire::Hello {
            version_min: 1,
            version_max: 1,
            resuming: true,
            credential: 1,
            ..Default::default()
        };
        up.send(wire::NodeFrame { frame: Some(Up::Hello(hello)) }).unwrap();
        let down = SyncClient::new(channel).open(UnboundedReceiverStream::new(frames)).await?.into_inner();
        let mut raw = Self { _up: up, down };
        loop {
            if let Some(Down::Welcome(_)) = raw.next().await? {
                return Ok(raw);
            }
        }
    }

    async fn next(&mut self) -> std::result::Result<Option<Down>, Status> {
        let frame = timeout(SOON, self.down.message()).await.expect("a frame soon")?;
        Ok(frame.expect("the stream goes on").frame)
    }

    /// How it ends; everything else is passed over.
    pub(crate) async fn ended(&mut self) -> EndReason {
        loop {
            if let Some(Down::Ended(ended)) = self.next().await.unwrap() {
                return ended.reason();
            }
        }
    }
}

/// Waits for something that no channel tells of.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = timeout(SOON, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("in vain waited until {what}"));
}
