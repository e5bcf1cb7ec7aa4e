//! Serving the desk: the node's pages on this machine, or over TLS in the office's own network.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use truc_proto::id::OfficeId;

use crate::accounts::{Accounts, Realm};
use crate::line::uplink::LineState;
use crate::office::Office;
use crate::store::attachments::Attachments;
use crate::web::listen::{self, Address};
use crate::web::router;
use crate::web::site::{Counted, House, Site};
use crate::words::failure::Failure;

use super::{FRAME, routes};

/// A node as its pages meet it.
pub struct NodeHouse {
    /// Its office.
    pub office: Arc<Office>,
    /// How its line stands.
    pub line: watch::Receiver<LineState>,
    /// Moves with the line and with receipts.
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

/// What the desk needs.
pub struct Desk<'a> {
    /// The store's folder.
    pub dir: &'a Path,
    /// Who may sign in.
    pub accounts: Accounts,
    /// The office.
    pub office: Arc<Office>,
    /// Its files.
    pub files: Attachments,
    /// Shared with the command line.
    pub numbering: Arc<tokio::sync::Mutex<()>>,
    /// How the line stands.
    pub line: watch::Receiver<LineState>,
    /// Turns true when the program stops.
    pub stop: watch::Receiver<bool>,
}

impl Desk<'_> {
    /// Listens and serves until told to stop. Gives the address to open, and the task.
    pub async fn start(self, address: Address) -> Result<(String, tokio::task::JoinHandle<()>), Failure> {
        let bound = listen::bind(address, self.dir).await?;
        let (told, stirs) = watch::channel(0);
        tokio::spawn(stir(Arc::clone(&self.office), self.line.clone(), told));
        let site = Arc::new(Site {
            realm: Realm::Desk,
            house: Arc::new(NodeHouse { office: self.office, line: self.line, stirs }),
            accounts: self.accounts,
            files: self.files,
            numbering: self.numbering,
            frame: FRAME,
            secure: bound.secure(),
            counted: Counted::default(),
        });
        let url = bound.url();
        let router = router::router(&site, routes());
        Ok((url, tokio::spawn(bound.serve(router, self.stop))))
    }
}

/// Counts what moves the sentence about the line: the line itself, and receipts.
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
