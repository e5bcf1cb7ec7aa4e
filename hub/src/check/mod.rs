//! Judges a province from outside: opens the stores of the hub and its nodes after a run, read-only, and counts what
//! the promises forbid. It relies on journals, keys and signatures, never on the programs' own counters.

pub mod known;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;
use truc_node::derive::pump::{self, PumpError};
use truc_node::derive::search::{self, Index, SEARCH, SearchError};
use truc_node::derive::vet::vet;
use truc_node::derive::views::{VIEWS, Views, ViewsError, arrived, read, reader};
use truc_node::identity::Identity;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::keys::KeyError;
use truc_node::identity::sealing;
use truc_node::proof::{self, Store};
use truc_node::store::journal::{JOURNAL, JournalError, Reads, Stored, open_reader};
use truc_node::words::failure::Failure;
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, OfficeId, Place};
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;

use crate::config::{Config, ConfigError};
use crate::delivery::index::MAIL;
use crate::delivery::mail::{self, Asked, BatchLimit};
use crate::recover::refill::Refill;

/// What was found. `lost`, `duplicates`, `out_of_order` and `misdelivered` must be zero.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// Stores of nodes that were opened; the hub's is not counted.
    pub offices: usize,
    /// Entries in the hub's journal.
    pub entries: usize,
    /// Entries of other ledgers in the offices' journals, counted once for each office that holds them.
    pub deliveries: usize,
    /// Own entries of offices that a hub receipt covers.
    pub receipts: usize,
    /// Own entries of offices that the hub lacks, and mail that an addressee lacks.
    pub lost: usize,
    /// Entries held twice in one journal.
    pub duplicates: usize,
    /// Entries that came after a later one on the same chain. Only urgent entries may overtake others.
    pub out_of_order: usize,
    /// Entries in the journal of an office that they are not addressed to.
    pub misdelivered: usize,
    /// Whether every hash, chain link and signature holds, and every receipt is the hub's.
    pub verified: bool,
    /// Whether views and search index of every store equal what its journal gives when folded anew.
    pub views_agree: bool,
    /// What is wrong, for people; at most 40 lines.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether every promise was kept.
    pub fn good(&self) -> bool {
        self.lost == 0
            && self.duplicates == 0
            && self.out_of_order == 0
            && self.misdelivered == 0
            && self.verified
            && self.views_agree
    }

    fn fault(&mut self, text: String) {
        if self.faults.len() < 40 {
            self.faults.push(text);
        }
    }
}

/// Why a store could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Views cannot be folded anew.
    #[error(transparent)]
    Pump(#[from] PumpError),
    /// Views cannot be read.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// The search index cannot be read, or cannot be made anew.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The hub's configuration or key.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A node's identity.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A store cannot be verified.
    #[error("{0}")]
    Proof(Failure),
    /// A folder cannot be listed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A node's folder holds no enrolment.
    #[error("{0} is not an enrolled node's folder")]
    NotANode(PathBuf),
}

impl From<Failure> for CheckError {
    fn from(failure: Failure) -> Self {
        Self::Proof(failure)
    }
}

/// Judges the province in a folder: `hub` and `nodes/*`. `progress` is told how many stores are done, of how many.
pub fn check(dir: &Path, mut progress: impl FnMut(usize, usize)) -> Result<Report, CheckError> {
    let hub_dir = dir.join("hub");
    let identity = Config::load(&hub_dir)?.identity(&hub_dir)?;
    let mut report = Report { verified: true, views_agree: true, ..Report::default() };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(dir.join("nodes"))?
        .collect::<std::io::Result<Vec<_>>>()?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    let all = folders.len() + 1;
    let hub = hub_store(&hub_dir, &identity, &mut report)?;
    proven(&hub_dir, &identity, &mut report)?;
    agree(&hub_dir, &identity, &mut report)?;
    progress(1, all);
    for (done, folder) in folders.iter().enumerate() {
        node_store(folder, &hub, &mut report)?;
        progress(done + 2, all);
    }
    Ok(report)
}

/// How many offices of a running province still have something under way: own entries without a receipt, mail not yet
/// made durable, or papers of which the machine has not said yet that they have arrived (all of them, also if they are too
/// many for a day). 1 while the hub's own views lag behind its journal.
pub fn open_ends(dir: &Path) -> Result<usize, CheckError> {
    let hub_dir = dir.join("hub");
    let identity = Config::load(&hub_dir)?.identity(&hub_dir)?;
    let conn = open_reader(&hub_dir.join(JOURNAL))?;
    let reads = Reads::new(&conn, identity.office);
    let mail = mail::reader(&hub_dir.join(MAIL))?;
    let views = reader(&hub_dir.join(VIEWS))?;
    let end = reads.end()?.position;
    if read::folded_to(&views)? < end {
        return Ok(1);
    }
    let mut registry = Registry::new(identity.hub, identity.hub_key);
    for stored in all_entries(reads)?.iter().filter(|stored| stored.entry.header.ledger == identity.office) {
        if let Ok(Move::Registry(word)) = record::of(&stored.entry) {
            registry.apply(stored.position, &word.0);
        }
    }
    let mut open = 0;
    for folder in std::fs::read_dir(dir.join("nodes"))? {
        let folder = folder?.path();
        let Some(enrolled) = Enrolled::load(&folder)? else { continue };
        let node = open_reader(&folder.join(JOURNAL))?;
        let node = Reads::new(&node, enrolled.office);
        let unsent = node.chain_length_after(node.receipt()?.map(|receipt| receipt.link.seat))? > 0;
        let delivered = reads.delivered(enrolled.office)?;
        let asked = Asked { office: enrolled.office, after: delivered, own: false, urgent: false };
        let piece = mail::read(&mail, reads, &registry, asked, BatchLimit::BATCH)?;
        let seen = reader(&folder.join(VIEWS))?;
        let unsaid = read::folded_to(&seen)? < node.end()?.position
            || !arrived::unsaid(&seen, &registry, enrolled.office, 0)?.unsaid.is_empty();
        open += usize::from(unsent || unsaid || !piece.entries.is_empty());
    }
    Ok(open)
}

/// What the hub holds; the nodes' stores are compared with it.
struct Hub {
    identity: Identity,
    entries: Vec<Stored>,
    refused: HashSet<u64>,
    at: HashMap<(OfficeId, Link), u64>,
    /// For the hash of each entry, the hash of its predecessor.
    before: HashMap<Hash, Hash>,
    registry: Registry,
    /// Whether the hub came back from a backup or was rebuilt.
    went_back: bool,
}

fn hub_store(dir: &Path, identity: &Identity, report: &mut Report) -> Result<Hub, CheckError> {
    let conn = open_reader(&dir.join(JOURNAL))?;
    let reads = Reads::new(&conn, identity.office);
    let entries = all_entries(reads)?;
    let mut registry = Registry::new(identity.hub, identity.hub_key);
    let mut refused = HashSet::new();
    let mut at = HashMap::new();
    let mut running = Hash::ZERO;
    // Nodes give entries back to a hub that went back in any order, so there a predecessor may come later.
    let went_back = Refill::open(dir)?.state().is_some();
    let mut islands = Vec::new();
    for stored in &entries {
        let entry = &stored.entry;
        running = truc_proto::entry::running_hash(running, entry.hash);
        if reads.mark_at(stored.position)?.map(|mark| mark.running) != Some(running) {
            report.verified = false;
            report.fault(format!("hub: running hash at {}", stored.position));
        }
        if !signed(&registry, entry) {
            report.verified = false;
            report.fault(format!("hub: signature of {}", entry.header.place()));
        }
        if let Some(seat) = entry.header.predecessor() {
            let before = (entry.header.ledger, Link { seat, hash: entry.prev });
            if !at.contains_key(&before) {
                islands.push((before, entry.header.place()));
            }
        }
        if vet(&registry, entry, stored.arrived).is_err() {
            refused.insert(stored.position);
        } else if let Ok(Move::Registry(word)) = record::of(entry) {
            registry.apply(stored.position, &word.0);
        }
        if at.insert((entry.header.ledger, entry.link()), stored.position).is_some() {
            report.duplicates += 1;
        }
    }
    for (before, place) in islands {
        if !went_back || !at.contains_key(&before) {
            report.verified = false;
            report.fault(format!("hub: {place} does not follow what it names"));
        }
    }
    report.entries = entries.len();
    let before = entries.iter().map(|stored| (stored.entry.hash, stored.entry.prev)).collect();
    Ok(Hub { identity: identity.clone(), entries, refused, at, before, registry, went_back })
}

fn signed(registry: &Registry, entry: &Entry) -> bool {
    batch::verify_any(entry, &registry.keys_at(entry.header.ledger, entry.header.seat)).is_ok()
}

fn all_entries(reads: Reads<'_>) -> Result<Vec<Stored>, JournalError> {
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let more = reads.after(all.last().map_or(0, |stored| stored.position), 10_000)?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

fn node_store(dir: &Path, hub: &Hub, report: &mut Report) -> Result<(), CheckError> {
    let not_a_node = || CheckError::NotANode(dir.to_owned());
    let enrolled = Enrolled::load(dir)?.ok_or_else(not_a_node)?;
    let key = truc_node::identity::keys::load_ledger_key(&dir.join(truc_node::identity::IDENTITY))?;
    let office = enrolled.office;
    let (hub_key, ring) = (hub.identity.hub_key, sealing::shared(dir)?);
    let identity = Identity { office, key, hub: enrolled.hub_office, hub_key, ring };
    let conn = open_reader(&dir.join(JOURNAL))?;
    let reads = Reads::new(&conn, office);
    let name = hub.registry.office(office).and_then(|office| office.current()).map(|fact| fact.committee());
    let name = name.unwrap_or_else(|| office.to_string());
    let mut places: HashSet<Place> = HashSet::new();
    // Hashes of all predecessors of the ordinary entries read so far: an entry found in here came too late.
    let mut passed: HashSet<Hash> = HashSet::new();
    let mut held: HashSet<(OfficeId, Link)> = HashSet::new();
    for stored in all_entries(reads)? {
        let entry = &stored.entry;
        let header = &entry.header;
        if !places.insert(header.place()) {
            report.duplicates += 1;
            report.fault(format!("{name}: {} twice", header.place()));
        }
        held.insert((header.ledger, entry.link()));
        // An urgent entry may come before its turn, never after it. What it overtook is not late for that, so urgent
        // entries add no predecessors. Between two branches of a ledger, which copies of a machine write, there is no
        // order.
        if passed.contains(&entry.hash) {
            report.out_of_order += 1;
            report.fault(format!("{name}: {} came late", header.place()));
        } else if header.urgency == truc_proto::wire::Urgency::Normal {
            let mut before = entry.prev;
            while before != Hash::ZERO && passed.insert(before) {
                before = hub.before.get(&before).copied().unwrap_or(Hash::ZERO);
            }
        }
        if !signed(&hub.registry, entry) {
            report.verified = false;
            report.fault(format!("{name}: signature of {}", header.place()));
        }
        match hub.at.get(&(header.ledger, entry.link())) {
            None => {
                report.lost += 1;
                report.fault(format!("{name}: the hub lacks {}", header.place()));
            }
            Some(_) if header.ledger == office => {}
            Some(position) => {
                report.deliveries += 1;
                if !for_office(hub, entry, *position, office) {
                    report.misdelivered += 1;
                    report.fault(format!("{name}: {} is not for it", header.place()));
                }
            }
        }
    }
    for stored in &hub.entries {
        let entry = &stored.entry;
        let mine = entry.header.ledger == office || for_office(hub, entry, stored.position, office);
        if mine && !held.contains(&(entry.header.ledger, entry.link())) {
            report.lost += 1;
            report.fault(format!("{name}: lacks {} (position {})", entry.header.place(), stored.position));
        }
    }
    if let Some(receipt) = reads.receipt()? {
        report.receipts += receipt.link.seat.seq as usize;
        // A hub that went back may have given its entries other positions since.
        let position = hub.at.get(&(office, receipt.link));
        let matches = position.is_some_and(|position| hub.went_back || *position == receipt.position);
        if !receipt.verify(office, &hub_key) || !matches {
            report.verified = false;
            report.fault(format!("{name}: its newest receipt is not the hub's"));
        }
    }
    report.offices += 1;
    proven(dir, &identity, report)?;
    agree(dir, &identity, report)
}

fn for_office(hub: &Hub, entry: &Entry, position: u64, office: OfficeId) -> bool {
    !hub.refused.contains(&position)
        && entry.header.audience.iter().any(|channel| hub.registry.addressed(office, channel.scope, position))
}

/// Checks a store as the command `verify` does.
fn proven(dir: &Path, identity: &Identity, report: &mut Report) -> Result<(), CheckError> {
    let verdict = proof::verify(Store { dir, identity }, |_, _| {})?;
    if let Some(first) = verdict.findings.first {
        report.verified = false;
        report.fault(format!("{}: {}: {first:?}", dir.display(), first.wrong.code()));
    }
    Ok(())
}

/// Folds a store's journal anew and compares every table of the views, then the search index, with the stored ones.
fn agree(dir: &Path, identity: &Identity, report: &mut Report) -> Result<(), CheckError> {
    let conn = open_reader(&dir.join(JOURNAL))?;
    let fresh = Views::in_memory(identity.hub, identity.hub_key)?;
    let ring = identity.ring.load();
    let reads = Reads::new(&conn, identity.office).opening(ring.as_deref());
    let fresh = pump::catch_up(reads, fresh, |_, _| {})?;
    let stored = truc_node::derive::views::reader(&dir.join(VIEWS))?;
    let differing = differing_table(&stored, fresh.connection())?;
    if let Some(table) = differing {
        report.views_agree = false;
        report.fault(format!("{}: the views differ in {table}", dir.display()));
    }
    let mut index = Index::in_memory()?;
    index.catch_up(reads, &fresh, |_| {})?;
    if search::dump(&search::reader(&dir.join(SEARCH))?)? != search::dump(index.connection())? {
        report.views_agree = false;
        report.fault(format!("{}: the search index differs", dir.display()));
    }
    Ok(())
}

fn differing_table(one: &Connection, other: &Connection) -> rusqlite::Result<Option<String>> {
    let mut tables = one.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables {
        if rows(one, &table)? != rows(other, &table)? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

fn rows(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns = select.column_count();
    let mut rows: Vec<String> = select
        .query_map([], |row| {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.sort_unstable();
    Ok(rows)
}
