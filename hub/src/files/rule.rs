//! The rule as the service asks it, and what follows when a file is whole: whoever may fetch it is told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use truc_node::derive::views::read;
use truc_node::store::attachments::{AttachmentError, Attachments, Upload};
use truc_node::supervise::Loop;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;

use crate::files::entitled::{FileRule, RuleError};
use crate::files::service::May;

/// Time until a sweep is tried that could not be made.
const SOON: Duration = Duration::from_secs(30);

/// The answer, or the careful one if there is none.
fn or<T>(careful: T, answer: Result<T, RuleError>) -> T {
    answer.unwrap_or_else(|error| {
        tracing::error!(%error, "who may have a file cannot be read");
        careful
    })
}

impl May for FileRule {
    fn memory(&self) -> u64 {
        self.brought().number()
    }

    fn wants(&self, upload: Upload, whole: bool) -> bool {
        or(false, self.wants(upload.by, upload.hash, upload.size, whole))
    }

    fn may_get(&self, office: OfficeId, hash: Hash) -> bool {
        or(false, self.may_get(office, hash))
    }

    fn number_brought(&self, office: OfficeId) -> u64 {
        let number = self.brought().number_by(office);
        or(0, number.map_err(RuleError::from))
    }

    fn within_a_day(&self, office: OfficeId) -> u64 {
        let bytes = self.brought().within_a_day(office, self.hub().clock().millis());
        or(u64::MAX, bytes.map_err(RuleError::from))
    }

    fn brought(&self, upload: Upload) -> bool {
        let sessions = &self.hub().sessions;
        let noted = self.note(upload.by, upload.hash, upload.size, sessions.offices()).map(Some);
        let told = or(None, noted);
        if let Some(offices) = &told {
            sessions.file_ready(offices, upload.hash);
        }
        told.is_some()
    }
}

/// Removes, every now and then, unfinished uploads that no entry wants any more, until told to stop.
pub async fn sweep(rule: Arc<FileRule>, store: Attachments, mut stop: watch::Receiver<bool>) {
    let mut pause = SOON;
    // A dropped sender means stop, too.
    while timeout(pause, stop.wait_for(|stop| *stop)).await.is_err() {
        let (rule, store) = (Arc::clone(&rule), store.clone());
        let (hub, looked) = (Arc::clone(rule.hub()), spawn_blocking(move || swept(&rule, &store)).await);
        let swept = looked.unwrap_or(Ok(false));
        pause = if matches!(swept, Ok(false)) { SOON } else { limits::UNFINISHED_SWEEP };
        match swept {
            Ok(_) => hub.office.loops().works(Loop::Sweep),
            Err(error) => hub.office.loops().fails(Loop::Sweep, &error, pause),
        }
    }
}

/// Returns whether all was looked at: while the views are folded anew nobody knows what is wanted. What cannot be
/// removed does not keep the rest.
fn swept(rule: &FileRule, store: &Attachments) -> Result<bool, AttachmentError> {
    let office = &rule.hub().office;
    let Ok(end) = office.reached().map(|reached| reached.borrow().end.position) else { return Ok(true) };
    if !office.view(read::folded_to).is_ok_and(|folded| folded >= end) {
        return Ok(false);
    }
    let uploads = store.unfinished().inspect_err(|error| {
        tracing::warn!(%error, "unfinished uploads cannot be listed");
    })?;
    let mut failed = None;
    for upload in uploads {
        let whole = store.have(upload.hash).is_ok_and(|have| have.complete);
        let wanted = rule.wants(upload.by, upload.hash, upload.size, whole);
        if let Ok(false) = wanted
            && let Err(error) = store.forget(upload)
        {
            tracing::warn!(%error, "an unfinished upload that nobody wants was not removed");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(true), Err)
}
