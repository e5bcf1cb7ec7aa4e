//! Mail: the entries that are for one office, read in pieces from the [index](super::index) and the journal.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, params};
use truc_node::store::journal::{JournalError, Reads, plan_once};
use truc_node::store::reading;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::head::roundest;
use truc_proto::id::{Mark, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;

/// How much one piece of mail may hold. A single entry is delivered even if it is larger.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimit {
    /// Number of entries.
    pub entries: usize,
    /// Total size of the entries' contents, bytes.
    pub bytes: usize,
}

impl BatchLimit {
    /// As much as fits into one batch.
    pub const BATCH: Self = Self { entries: limits::BATCH_ENTRIES, bytes: limits::BATCH_BYTES };
}

/// One piece of an office's mail.
#[derive(Debug)]
pub struct MailBatch {
    /// Entries with their positions, ascending.
    pub entries: Vec<(u64, Entry)>,
    /// When the hub had each of them, Unix milliseconds; 0: nobody knows.
    pub arrivals: Vec<u64>,
    /// The office's mail is complete up to this mark.
    pub mark: Mark,
    /// Whether no more mail waits.
    pub end: bool,
    /// The roundest position that this piece passes, for a head; none: it passes none.
    pub round: Option<Mark>,
    /// Urgent entries that come ahead of this piece and of all that waits behind it; none: nobody asked, or the newest
    /// entry of the registry lies behind the position after which it was read.
    pub ahead: Option<Vec<Ahead>>,
}

/// An urgent entry that overtakes: its position, and when the hub had it, Unix milliseconds; 0: nobody knows.
pub type Ahead = (u64, Entry, u64);

/// Whether there is mail for one of these scopes.
pub fn holds(mail: &Connection, scopes: &[Scope]) -> Result<bool, JournalError> {
    let mut select = mail.prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE scope = ?1)")?;
    for scope in scopes {
        if select.query_row([scope.key()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Which mail is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whose.
    pub office: OfficeId,
    /// After which position.
    pub after: u64,
    /// Entries of the office's own ledger are part of it; otherwise only those of them that nodes gave back, which the
    /// office may lack.
    pub own: bool,
    /// Say which urgent entries come ahead of what waits.
    pub urgent: bool,
}

/// Reads a piece of an office's mail.
pub fn read(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    mut asked: Asked,
    most: BatchLimit,
) -> Result<MailBatch, JournalError> {
    let first = asked.after;
    loop {
        let mut piece = stretch(mail, journal, registry, asked, most)?;
        // A stretch may hold only entries that the office wrote itself; then the next stretch is read.
        if piece.end || !piece.entries.is_empty() {
            if let Some(round) = roundest(first, piece.mark.position) {
                piece.round = journal.mark_of(round)?;
            }
            // Nothing overtakes the registry: without it the node cannot verify the author.
            if asked.urgent && registry.newest() <= first {
                piece.ahead = Some(ahead(mail, journal, registry, Asked { after: first, ..asked }, &piece)?);
            }
            return Ok(piece);
        }
        asked.after = piece.mark.position;
    }
}

fn upto(mail: &Connection) -> rusqlite::Result<u64> {
    let upto: i64 = mail.prepare_cached("SELECT position FROM upto")?.query_row([], |row| row.get(0))?;
    Ok(upto as u64)
}

/// The urgent entries that are worth sending ahead of a piece and of what waits behind it: the most urgent first.
fn ahead(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    asked: Asked,
    piece: &MailBatch,
) -> Result<Vec<Ahead>, JournalError> {
    // Behind how many bytes an entry would come in its turn, as far as this piece tells.
    let before = |position: u64| -> usize {
        if position > piece.mark.position {
            return usize::MAX;
        }
        let earlier = piece.entries.iter().take_while(|(at, _)| *at < position);
        earlier.map(|(_, entry)| entry.content.len()).sum()
    };
    if piece.end && before(piece.mark.position) < limits::EARLY_WORTH {
        return Ok(Vec::new());
    }
    let upto = upto(mail)? as i64;
    let mut urgent: BTreeMap<u64, i32> = BTreeMap::new();
    let mut select = mail.prepare_cached(
        "SELECT position, urgency FROM mail WHERE scope = ?1 AND position > ?2 AND position < ?3 AND position <= ?4 \
         AND urgency > 0 ORDER BY position LIMIT ?5",
    )?;
    for membership in registry.memberships(asked.office) {
        let from = asked.after.max(membership.from.saturating_sub(1)) as i64;
        let until = membership.until.map_or(i64::MAX, |until| until as i64);
        let key = membership.scope.key();
        let mut rows = select.query(params![key, from, until, upto, limits::EARLY_ENTRIES as i64])?;
        while let Some(row) = rows.next()? {
            urgent.insert(row.get::<_, i64>(0)? as u64, row.get(1)?);
        }
    }
    let mut urgent: Vec<(u64, i32)> = urgent.into_iter().collect();
    urgent.sort_by_key(|(position, urgency)| (Reverse(*urgency), *position));
    let (mut found, mut bytes) = (Vec::new(), 0);
    for (position, _) in urgent {
        if before(position) < limits::EARLY_WORTH {
            continue;
        }
        let Some(stored) = journal.at_position(position)? else {
            return Err(JournalError::Damaged(position, "missing"));
        };
        let size = stored.entry.content.len();
        // What is too much comes in its turn; so does what the office wrote itself.
        if bytes + size > limits::EARLY_BYTES || stored.entry.header.ledger == asked.office {
            continue;
        }
        bytes += size;
        found.push((position, stored.entry, stored.arrived.unwrap_or(0)));
        if found.len() >= limits::EARLY_ENTRIES {
            break;
        }
    }
    Ok(found)
}

fn stretch(
    mail: &Connection,
    journal: Reads<'_>,
    registry: &Registry,
    Asked { office, after, own, urgent: _ }: Asked,
    most: BatchLimit,
) -> Result<MailBatch, JournalError> {
    let limit = most.entries + 1;
    let upto = upto(mail)?;
    let mut positions = BTreeSet::new();
    // Where the shortest of the truncated lists ends: beyond this position the lists together are incomplete.
    let mut broken_off: Option<u64> = None;
    let mut take = |list: Vec<u64>| {
        if list.len() == limit {
            broken_off = broken_off.into_iter().chain(list.last().copied()).min();
        }
        positions.extend(list);
    };
    let mut select = mail.prepare_cached(
        "SELECT position FROM mail WHERE scope = ?1 AND position > ?2 AND position < ?3 AND position <= ?4 \
         ORDER BY position LIMIT ?5",
    )?;
    for membership in registry.memberships(office) {
        let from = after.max(membership.from.saturating_sub(1)) as i64;
        let until = membership.until.map_or(i64::MAX, |until| until as i64);
        let key = membership.scope.key();
        let rows = select
            .query_map(params![key, from, until, upto as i64, limit as i64], |row| row.get::<_, i64>(0))?;
        take(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?);
    }
    let mut of_its_own = if own {
        journal.own_positions(office, after, limit)?
    } else if planted("mail.given-back-left-out") {
        Vec::new()
    } else {
        journal.given_back_positions(office, after, limit)?
    };
    of_its_own.retain(|position| *position <= upto);
    take(of_its_own);
    let whole = broken_off.unwrap_or(upto);
    let (mut entries, mut arrivals) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut last = after;
    let mut full = false;
    for &position in positions.range(..=whole) {
        full = entries.len() >= most.entries || bytes >= most.bytes;
        if full {
            break;
        }
        let Some(stored) = journal.at_position(position)? else {
            return Err(JournalError::Damaged(position, "missing"));
        };
        if stored.entry.header.ledger != office || own || stored.given_back() {
            full = bytes + stored.entry.content.len() > most.bytes && !entries.is_empty();
            if full {
                break;
            }
            bytes += stored.entry.content.len();
            arrivals.push(stored.arrived.unwrap_or(0));
            entries.push((position, stored.entry));
        }
        last = position;
    }
    let mark = if full && !planted("mail.mark-past-end") { last } else { whole.max(after) };
    let mark = journal.mark_at(mark)?.ok_or(JournalError::Damaged(mark, "mark"))?;
    Ok(MailBatch { entries, arrivals, mark, end: !full && broken_off.is_none(), round: None, ahead: None })
}

/// Opens a read-only connection to the index.
pub fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = reading::open(path)?;
    plan_once(&conn)?;
    Ok(conn)
}
