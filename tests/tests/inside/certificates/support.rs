//! A clock that stands where a test puts it, and machines that call by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tonic::Status;
use tonic::transport::Channel;
use truc_hub::authority::{Authority, Lives};
use truc_node::clock::{Clock, unix_millis, unix_now};
use truc_node::identity::certificate::{OfficeCertificate, read};
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::trust::Trust;
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::dial::{ConnectError, connect};
use truc_proto::id::OfficeId;
use truc_proto::wire;
use truc_tests::peer::{Session, hello};
use truc_tests::province::{Province, Result};

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

    /// A clock that is wrong by so much: no time passes for that.
    pub(crate) fn wrong(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Clock::wrong(move || unix_millis().saturating_add_signed(ahead.load(Ordering::SeqCst) * 1000))
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

/// A province with one commune, by a clock that moves.
pub(crate) async fn province(lives: Lives, clock: &Ahead) -> Result<(Province, OfficeId)> {
    province_by(lives, clock.clock()).await
}

/// The same, by any clock.
pub(crate) async fn province_by(lives: Lives, clock: Clock) -> Result<(Province, OfficeId)> {
    truc_node::fault::arm();
    let (folder, hub) = Province::folder()?;
    Authority::init(&hub, "Thử nghiệm", unix_now())?;
    let province = Province::with(folder, lives, clock).await?;
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

/// Says Hello on a channel, as the first machine of its office, and waits until it is welcome.
pub(crate) async fn welcomed(channel: Channel) -> std::result::Result<Session, Status> {
    let hello = wire::Hello { resuming: true, ..hello(1) };
    Ok(Session::open(channel, hello).await?.0)
}
