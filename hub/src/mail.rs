//! Mail: which entries are for whom. An index over the journal, by scope; it may be deleted at any time.
//!
//! What an office receives is decided by the registry as of each entry's position: one row for each scope of
//! an audience, and at reading time the scopes that the office was a member of, and when.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::mpsc;
use truc_node::journal::{JournalError, Reads, Stored};
use truc_node::pump::Follower;
use truc_proto::audience::Scope;
use truc_proto::authority::Refusal;
use truc_proto::entry::Entry;
use truc_proto::id::{Mark, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::session::HubEvent;
use truc_proto::wire::Urgency;

/// File name of the index.
pub const MAIL: &str = "mail.db";
const SCHEMA: i64 = 1;

/// What became deliverable with one commit.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    /// Scopes that got mail: the newest position of each, and besides each urgent one (`true`).
    pub scopes: Vec<(Scope, u64, bool)>,
    /// Offices of whose ledger entries were given back, with the newest position.
    pub given_back: Vec<(OfficeId, u64)>,
    /// What the rules forbid: for the hub to say so.
    pub refused: Vec<(Box<Entry>, Refusal)>,
}

impl Notice {
    /// Tells the sessions for whom something became deliverable. An office that is not connected may be told
    /// too: it is the caller who knows the sessions.
    pub fn tell(
        &self,
        registry: &Registry,
        connected: impl Iterator<Item = OfficeId> + Clone,
        mut tell: impl FnMut(OfficeId, HubEvent),
    ) {
        for &(scope, position, urgent) in &self.scopes {
            let waiting = HubEvent::Waiting { position, urgent, registry: registry.newest() };
            if !scope.subtree {
                tell(scope.office, waiting);
                continue;
            }
            for office in connected.clone().filter(|office| registry.addressed(*office, scope, position)) {
                tell(office, waiting.clone());
            }
        }
        for &(office, position) in &self.given_back {
            tell(office, HubEvent::Waiting { position, urgent: false, registry: 0 });
        }
    }
}

/// The writing side of the index: follows the journal behind the check.
pub struct MailIndex {
    conn: Connection,
    upto: u64,
    open: bool,
    notice: Notice,
    told: mpsc::UnboundedSender<(Notice, Arc<Registry>)>,
}

impl MailIndex {
    /// Opens the index in a store's folder; one of another version, or of a longer journal, begins anew.
    pub fn open(
        dir: &Path,
        journal_end: u64,
        told: mpsc::UnboundedSender<(Notice, Arc<Registry>)>,
    ) -> rusqlite::Result<Self> {
        let conn = Connection::open(dir.join(MAIL))?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "OFF")?;
        Self::from_connection(conn, journal_end, told)
    }

    /// Opens the index that a connection holds. By itself for the simulation, which keeps it in memory.
    pub fn from_connection(
        conn: Connection,
        journal_end: u64,
        told: mpsc::UnboundedSender<(Notice, Arc<Registry>)>,
    ) -> rusqlite::Result<Self> {
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let upto: Option<i64> = if version == SCHEMA {
            conn.query_row("SELECT position FROM upto", [], |row| row.get(0)).optional()?
        } else {
            None
        };
        let usable = upto.map(|upto| upto as u64).filter(|upto| *upto <= journal_end);
        if usable.is_none() {
            conn.execute_batch(&format!(
                "BEGIN;
                 DROP TABLE IF EXISTS mail;
                 DROP TABLE IF EXISTS upto;
                 -- scope: office UUID and one byte: 0 the office, 1 its subtree
                 CREATE TABLE mail (scope BLOB NOT NULL, position INTEGER NOT NULL,
                   PRIMARY KEY (scope, position)) STRICT, WITHOUT ROWID;
                 CREATE TABLE upto (position INTEGER NOT NULL) STRICT;
                 INSERT INTO upto VALUES (0);
                 PRAGMA user_version = {SCHEMA};
                 COMMIT;"
            ))?;
        }
        Ok(Self { conn, upto: usable.unwrap_or(0), open: false, notice: Notice::default(), told })
    }

    /// The connection, for the simulation: it reads and copies an index that no other connection can reach.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    fn row(&self, key: &[u8; 17], position: u64) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO mail (scope, position) VALUES (?1, ?2)")?
            .execute(params![key, position as i64])?;
        Ok(())
    }
}

impl Follower for MailIndex {
    fn upto(&self) -> u64 {
        self.upto
    }

    fn entry(
        &mut self,
        stored: &Stored,
        refused: Option<Refusal>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.open {
            self.conn.execute_batch("BEGIN")?;
            self.open = true;
        }
        let header = &stored.entry.header;
        if let Some(refusal) = refused {
            self.notice.refused.push((Box::new(stored.entry.clone()), refusal));
        } else {
            let urgent = header.urgency != Urgency::Normal;
            for channel in &header.audience {
                self.row(&channel.scope.key(), stored.position)?;
                // An urgent entry is told by its own position: it alone may overtake.
                let known = self
                    .notice
                    .scopes
                    .iter_mut()
                    .find(|(scope, _, urgent_too)| *scope == channel.scope && !urgent && !*urgent_too);
                match known {
                    Some((_, position, _)) => *position = stored.position,
                    None => self.notice.scopes.push((channel.scope, stored.position, urgent)),
                }
            }
        }
        if stored.given_back() {
            self.notice.given_back.push((header.ledger, stored.position));
        }
        Ok(())
    }

    fn commit(&mut self, upto: u64, registry: &Arc<Registry>) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.open {
            return Ok(());
        }
        self.conn.prepare_cached("UPDATE upto SET position = ?1")?.execute([upto as i64])?;
        self.conn.execute_batch("COMMIT")?;
        self.open = false;
        self.upto = upto;
        // Nobody listens while the hub stops.
        let _ = self.told.send((std::mem::take(&mut self.notice), Arc::clone(registry)));
        Ok(())
    }
}

/// How much one piece of mail may be; a single entry may always travel.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Entries.
    pub entries: usize,
    /// Contents of the entries, bytes.
    pub bytes: usize,
}

impl Most {
    /// One batch.
    pub const BATCH: Self = Self { entries: limits::BATCH_ENTRIES, bytes: limits::BATCH_BYTES };
}

/// One piece of an office's mail.
#[derive(Debug)]
pub struct Piece {
    /// Entries with their positions, ascending.
    pub entries: Vec<(u64, Entry)>,
    /// All mail up to here is among them.
    pub mark: Mark,
    /// Nothing more waits.
    pub end: bool,
}

/// Reads the mail of an office after a position, at most so much. With `own`, entries of its own ledger
/// are part of it; otherwise only those that it may lack.
pub fn read(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    office: OfficeId,
    after: u64,
    own: bool,
    most: Most,
) -> Result<Piece, JournalError> {
    let limit = most.entries;
    let upto: i64 = mail.prepare_cached("SELECT position FROM upto")?.query_row([], |row| row.get(0))?;
    let mut positions = BTreeSet::new();
    let mut select = mail.prepare_cached(
        "SELECT position FROM mail WHERE scope = ?1 AND position > ?2 AND position < ?3 AND position <= ?4 \
         ORDER BY position LIMIT ?5",
    )?;
    let mut take = |key: [u8; 17], from: u64, until: Option<u64>| -> rusqlite::Result<()> {
        let from = after.max(from.saturating_sub(1)) as i64;
        let until = until.map_or(i64::MAX, |until| until as i64);
        let rows = select
            .query_map(params![key, from, until, upto, limit as i64 + 1], |row| row.get::<_, i64>(0))?;
        for row in rows {
            positions.insert(row? as u64);
        }
        Ok(())
    };
    for membership in registry.memberships(office) {
        take(membership.scope.key(), membership.from, membership.until)?;
    }
    let of_its_own = if own {
        journal.own_positions(office, after, limit + 1)?
    } else {
        journal.given_back_positions(office, after, limit + 1)?
    };
    positions.extend(of_its_own.into_iter().filter(|position| *position <= upto as u64));
    let mut entries = Vec::new();
    let mut bytes = 0;
    let mut last = None;
    let mut end = true;
    for position in positions {
        if entries.len() >= limit || bytes >= most.bytes {
            end = false;
            break;
        }
        let Some(stored) = journal.at_position(position)? else {
            return Err(JournalError::Damaged(position, "missing"));
        };
        last = Some(position);
        if stored.entry.header.ledger == office && !own && !stored.given_back() {
            continue;
        }
        if bytes + stored.entry.content.len() > most.bytes && !entries.is_empty() {
            last = entries.last().map(|(position, _)| *position);
            end = false;
            break;
        }
        bytes += stored.entry.content.len();
        entries.push((position, stored.entry));
    }
    let mark = if end { (upto as u64).max(after) } else { last.unwrap_or(after) };
    let mark = journal.mark_at(mark)?.ok_or(JournalError::Damaged(mark, "mark"))?;
    Ok(Piece { entries, mark, end })
}

/// A reading connection to the index.
pub fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::entry::{Channel, Header};
    use truc_proto::id::{Hash, Incarnation, RecordId, Seat};
    use truc_proto::time::Hlc;
    use truc_proto::wire::Confidentiality;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_ordinary_entry_is_not_announced_as_urgent_because_its_neighbour_is() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::from_bytes(&[1; 32]);
        let hub = OfficeId(Uuid::from_u128(1));
        let scope = Scope::subtree(hub);
        let (told, mut notices) = mpsc::unbounded_channel();
        let mut index = MailIndex::open(dir.path(), 0, told).unwrap();
        let mut prev = Hash::ZERO;
        let urgencies = [Urgency::Normal, Urgency::Urgent, Urgency::Normal, Urgency::Normal];
        for (position, urgency) in (1..).zip(urgencies) {
            let header = Header {
                ledger: hub,
                seat: Seat { incarnation: Incarnation::after(None, 1), seq: position },
                base: None,
                time: Hlc(position),
                seen: None,
                author: "test".into(),
                record: RecordId(Uuid::from_u128(2)),
                kind: 99,
                audience: vec![Channel { scope, previous: None }],
                urgency,
                confidentiality: Confidentiality::Open,
                attachments: vec![],
            };
            let entry = Entry::write(&header, Vec::new().into(), prev, &key).unwrap();
            prev = entry.hash;
            index.entry(&Stored { position, hub_position: Some(0), entry }, None).unwrap();
        }
        let registry = Arc::new(Registry::new(hub, key.verifying_key()));
        index.commit(4, &registry).unwrap();
        let (notice, _) = notices.try_recv().unwrap();
        assert_eq!(notice.scopes, [(scope, 4, false), (scope, 2, true)]);
    }
}
