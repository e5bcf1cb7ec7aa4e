//! Serving the desk: on this machine only, or over TLS in the office's network.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use truc_proto::id::OfficeId;

use crate::accounts::{Accounts, Realm};
use crate::line::state::LineState;
use crate::office::Office;
use crate::store::attachments::Attachments;
use crate::supervise;
use crate::web::listen::{self, Address};
use crate::web::router;
use crate::web::site::{Counted, House, Site};
use crate::words::failure::Failure;

use super::{frame, routes};

/// A node as its pages see it.
pub struct NodeHouse {
    /// The node's office.
    pub office: Arc<Office>,
    /// State of its line to the hub.
    pub line: watch::Receiver<LineState>,
    /// Changes with the line and with receipts.
    pub stirs: watch::Receiver<u64>,
}

impl House for NodeHouse {
    fn office(&self) -> &Office {
        &self.office
    }

    fn met(&self, _: OfficeId, _: i64) -> Option<i64> {
        None
    }

    fn line(&self) -> Option<LineState> {
        Some(self.line.borrow().clone())
    }

    fn stirs(&self) -> watch::Receiver<u64> {
        self.stirs.clone()
    }
}

/// What the desk needs from the node.
pub struct Desk<'a> {
    /// The store's folder.
    pub dir: &'a Path,
    /// Accounts of the store.
    pub accounts: Accounts,
    /// The office.
    pub office: Arc<Office>,
    /// Attachments of the office.
    pub files: Attachments,
    /// State of the line to the hub.
    pub line: watch::Receiver<LineState>,
    /// Turns true when the program stops.
    pub stop: watch::Receiver<bool>,
}

impl Desk<'_> {
    /// Listens and serves until told to stop. Returns the URL to open, and the task.
    pub async fn start(self, address: Address) -> Result<(String, tokio::task::JoinHandle<()>), Failure> {
        let bound = listen::bind(address, self.dir, &self.accounts).await?;
        let (told, stirs) = watch::channel(0);
        supervise::spawn("stir", stir(Arc::clone(&self.office), self.line.clone(), told));
        let site = Arc::new(Site {
            realm: Realm::Desk,
            house: Arc::new(NodeHouse { office: self.office, line: self.line, stirs }),
            accounts: self.accounts,
            files: self.files,
            frame: frame(),
            secure: bound.secure(),
            counted: Counted::default(),
        });
        let url = bound.url();
        let router = router::router(&site, routes());
        Ok((url, supervise::spawn("desk", bound.serve(router, self.stop))))
    }
}

/// Increments `told` when the line or a receipt changes, so that open pages renew their sentence about the line.
async fn stir(office: Arc<Office>, mut line: watch::Receiver<LineState>, told: watch::Sender<u64>) {
    let Ok(mut reached) = office.reached() else { return };
    drop(office);
    loop {
        tokio::select! {
            changed = line.changed() => if changed.is_err() { return },
            changed = reached.changed() => if changed.is_err() { return },
            () = told.closed() => return,
        }
        told.send_modify(|count| *count += 1);
    }
}
