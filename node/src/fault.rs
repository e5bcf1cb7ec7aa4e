//! Kill points for tests: places where a test may end the process as a power cut would, compiled to nothing without the
//! feature `faults`, which only `truc-tests` asks for. Planted bugs are in `truc_proto::fault`.

/// Every [`point`] of a node's store: before and after each write. A hub has these and its own.
pub const POINTS: &[&str] = &[
    "accounts.commit.after",
    "accounts.commit.before",
    "attachments.append.after",
    "attachments.copy.after",
    "attachments.create.after",
    "attachments.flush.after",
    "attachments.folder.after",
    "attachments.rename.after",
    "attachments.rename.before",
    "attachments.sync.after",
    "attachments.verify.after",
    "backup.copy.after",
    "backup.note.after",
    "backup.rename.after",
    "backup.rename.before",
    "backup.write.after",
    "enrol.identity.after",
    "enrol.identity.before",
    "journal.checkpoint.after",
    "journal.checkpoint.before",
    "journal.commit.after",
    "journal.commit.before",
    "keys.folder.after",
    "keys.rename.after",
    "keys.rename.before",
    "keys.write.before",
    "restore.end.after",
    "restore.mark.after",
    "restore.put.after",
    "restore.rename.after",
    "restore.rename.before",
    "restore.stage.after",
    "search.commit.after",
    "search.commit.before",
    "store.credential.after",
    "store.credential.before",
    "trust.authorities.after",
    "trust.authorities.before",
    "trust.certificate.after",
    "trust.certificate.before",
    "views.commit.after",
    "views.commit.before",
];

/// Reads from the environment which fault to cause: `TRUC_PLANT=NAME` plants that bug; `TRUC_KILL_AT=NAME[:N]` ends the
/// process when it reaches that [`point`] for the N-th time. Call once, first in `main`.
#[cfg(feature = "faults")]
pub fn arm() {
    if let Ok(name) = std::env::var("TRUC_PLANT") {
        truc_proto::fault::plant(&name);
    }
    if let Ok(at) = std::env::var("TRUC_KILL_AT") {
        let (name, nth) = at.rsplit_once(':').unwrap_or((&at, "1"));
        KILL_AT.get_or_init(|| KillAt { name: name.to_owned(), left: nth.parse().unwrap_or(1).into() });
    }
}

/// Does nothing without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub const fn arm() {}

#[cfg(feature = "faults")]
struct KillAt {
    name: String,
    left: std::sync::atomic::AtomicU32,
}

#[cfg(feature = "faults")]
static KILL_AT: std::sync::OnceLock<KillAt> = std::sync::OnceLock::new();

/// A place before or after a write, named `part.what.before` or `part.what.after`.
#[cfg(feature = "faults")]
pub fn point(name: &str) {
    use std::sync::atomic::Ordering;
    let Some(at) = KILL_AT.get().filter(|at| at.name == name) else { return };
    if at.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        // No destructor, no flush, no handler runs: as close to a power cut as a process can come by itself.
        std::process::abort();
    }
}

/// Does nothing without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub const fn point(_name: &str) {}
