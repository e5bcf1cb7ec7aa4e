//! Serving the console.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use truc_node::accounts::{Accounts, Realm};
use truc_node::line::state::LineState;
use truc_node::office::Office;
use truc_node::store::attachments::Attachments;
use truc_node::supervise;
use truc_node::web::listen::{self, Address};
use truc_node::web::router;
use truc_node::web::site::{Counted, House, Site};
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;

use super::{FRAME, routes};
use crate::hub::Hub;

/// The hub behind the console's pages.
struct HubHouse(Arc<Hub>);

impl House for HubHouse {
    fn office(&self) -> &Office {
        &self.0.office
    }

    fn met(&self, office: OfficeId, now: i64) -> Option<i64> {
        self.0.sessions.last(office, now)
    }

    fn line(&self) -> Option<LineState> {
        None
    }

    fn stirs(&self) -> watch::Receiver<u64> {
        self.0.sessions.stirs()
    }
}

/// What the console needs.
pub struct Console<'a> {
    /// The hub's folder.
    pub dir: &'a Path,
    /// Accounts of the console.
    pub accounts: Accounts,
    /// The hub.
    pub hub: Arc<Hub>,
    /// Attachments of the hub's store.
    pub files: Attachments,
    /// Becomes true when the program stops.
    pub stop: watch::Receiver<bool>,
}

impl Console<'_> {
    /// Listens, and serves in a task until told to stop. Returns the address to open and the task.
    pub async fn start(self, address: Address) -> Result<(String, JoinHandle<()>), Failure> {
        let bound = listen::bind(address, self.dir, &self.accounts).await?;
        let site = Arc::new(Site {
            realm: Realm::Console,
            house: Arc::new(HubHouse(Arc::clone(&self.hub))),
            accounts: self.accounts,
            files: self.files,
            frame: FRAME,
            secure: bound.secure(),
            counted: Counted::default(),
        });
        let url = bound.url();
        let router = router::router(&site, routes(&self.hub));
        Ok((url, supervise::spawn("console", bound.serve(router, self.stop))))
    }
}
