//! The sketch's store: one thread, one transaction for all that waits, answers after the commit.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};
use tokio::sync::mpsc;
use tonic::Status;
use truc_proto::wire::{self, hub_frame::Frame};

use super::sqlite;
use crate::Result;

/// Rows of one transaction at most.
const GROUP: usize = 1000;

/// Frames to a client.
pub(super) type Down = mpsc::UnboundedSender<std::result::Result<wire::HubFrame, Status>>;

/// What a session wants written.
pub(super) enum Task {
    /// Rows; `height` is said in the receipt.
    Rows { session: u64, entries: Vec<wire::Entry>, height: u64, down: Down },
    /// The session's client holds everything up to there.
    Delivered { session: u64, position: u64 },
}

/// Told after a commit, if asked for: what was pushed, where it stands, by whom.
pub(super) type Committed = mpsc::UnboundedSender<(u64, u64, wire::Entry)>;

/// Opens the store.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let conn = sqlite::open(path)?;
    let begun: bool = conn.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    if !begun {
        conn.execute_batch(sqlite::SCHEMA)?;
        conn.execute_batch("CREATE TABLE delivered (session INTEGER PRIMARY KEY, position INTEGER) STRICT;")?;
    }
    Ok(conn)
}

/// Runs until all senders are gone.
pub(super) fn run(
    mut conn: Connection,
    mut tasks: mpsc::Receiver<Task>,
    committed: Option<Committed>,
) -> Result<()> {
    while let Some(first) = tasks.blocking_recv() {
        let mut receipts: HashMap<u64, (u64, u64, Down)> = HashMap::new();
        let mut news = Vec::new();
        let mut rows = 0;
        let transaction = conn.transaction()?;
        let mut next = Some(first);
        while let Some(task) = next.take() {
            match task {
                Task::Rows { session, entries, height, down } => {
                    rows += entries.len();
                    let mut insert = transaction.prepare_cached(sqlite::INSERT)?;
                    for entry in entries {
                        let hash = entry.prev.as_deref().unwrap_or_default();
                        insert.execute(params![hash, &entry.signature[..], &entry.content[..]])?;
                        if committed.is_some() {
                            news.push((session, transaction.last_insert_rowid() as u64, entry));
                        }
                    }
                    let position = transaction.last_insert_rowid() as u64;
                    receipts.insert(session, (height, position, down));
                }
                Task::Delivered { session, position } => {
                    rows += 1;
                    transaction
                        .prepare_cached("INSERT OR REPLACE INTO delivered VALUES (?1, ?2)")?
                        .execute(params![session as i64, position as i64])?;
                }
            }
            if rows < GROUP {
                next = tasks.try_recv().ok();
            }
        }
        transaction.commit()?;
        for (height, position, down) in receipts.into_values() {
            let receipt = wire::Receipt { seq: height, position, ..Default::default() };
            // A client that is gone needs no receipt.
            let _ = down.send(Ok(wire::HubFrame { frame: Some(Frame::Receipt(receipt)), head: None }));
        }
        if let Some(committed) = &committed {
            for entry in news {
                let _ = committed.send(entry);
            }
        }
    }
    Ok(())
}
