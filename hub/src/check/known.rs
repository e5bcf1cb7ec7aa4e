//! What a hub and its offices knew at a moment, so that a later state can be compared with it: a hub that was lost and
//! rebuilt must know all of it again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use truc_node::derive::views::VIEWS;
use truc_node::identity::enrolled::Enrolled;
use truc_node::store::journal::{JOURNAL, Reads, open_reader};
use truc_proto::id::{Hash, Link, OfficeId};
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;

use super::{CheckError, all_entries};
use crate::config::Config;

/// What was known at that moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    entries: HashSet<(OfficeId, Link)>,
    /// For each office, the credential number up to which its machines are revoked.
    revoked: BTreeMap<OfficeId, u64>,
    /// For each office, its newest own entry with a receipt.
    receipts: BTreeMap<OfficeId, Link>,
    /// Names (on the hub's disk) of the attachments that are complete there.
    files: BTreeSet<String>,
}

/// How much of what was known is there again.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Recovered {
    /// Entries that the hub held then and holds now.
    pub entries: usize,
    /// Offices whose newest receipt of then still counts.
    pub receipts: usize,
    /// Offices whose machines are revoked at least as far as then.
    pub revocations: usize,
    /// Attachments that were complete at the hub and are so now.
    pub files: usize,
    /// What is not there any more, for people; at most 40 lines.
    pub lacking: Vec<String>,
}

impl Snapshot {
    /// Reads what the province in a folder knows now. Its programs may be running.
    pub fn read(dir: &Path) -> Result<Self, CheckError> {
        let hub_dir = dir.join("hub");
        let identity = Config::load(&hub_dir)?.identity(&hub_dir)?;
        let conn = open_reader(&hub_dir.join(JOURNAL))?;
        let mut registry = Registry::new(identity.hub, identity.hub_key);
        let mut known = Self { files: files(&hub_dir)?, ..Self::default() };
        for stored in all_entries(Reads::new(&conn, identity.office))? {
            let header = &stored.entry.header;
            known.entries.insert((header.ledger, stored.entry.link()));
            if header.ledger == identity.office
                && let Ok(Move::Registry(word)) = record::of(&stored.entry)
            {
                registry.apply(stored.position, &word.0);
            }
        }
        let revoked = registry.offices().map(|(id, office)| (id, office.revoked_up_to()));
        known.revoked = revoked.filter(|(_, up_to)| *up_to > 0).collect();
        for (office, folder) in nodes(dir)? {
            let conn = open_reader(&folder.join(JOURNAL))?;
            if let Some(receipt) = Reads::new(&conn, office).receipt()? {
                known.receipts.insert(office, receipt.link);
            }
        }
        Ok(known)
    }

    /// Compares what the province in the folder knows now with what was known then.
    pub fn again(&self, dir: &Path) -> Result<Recovered, CheckError> {
        let now = Self::read(dir)?;
        let mut again = Recovered::default();
        let mut lacking = Vec::new();
        for entry in &self.entries {
            match now.entries.contains(entry) {
                true => again.entries += 1,
                false => lacking.push(format!("entry {} of {}", entry.1.seat.seq, entry.0)),
            }
        }
        for (office, up_to) in &self.revoked {
            match now.revoked.get(office).is_some_and(|now| now >= up_to) {
                true => again.revocations += 1,
                false => lacking.push(format!("revocation up to {up_to} of {office}")),
            }
        }
        for (office, folder) in nodes(dir)? {
            let Some(then) = self.receipts.get(&office) else { continue };
            let conn = open_reader(&folder.join(JOURNAL))?;
            let reads = Reads::new(&conn, office);
            // The receipt of then counts if the newest one is for the same entry or for a later one on its chain.
            let counts = match now.receipts.get(&office) {
                Some(newest) => reads.on_chain(Some(*newest), then)?,
                None => false,
            };
            match counts {
                true => again.receipts += 1,
                false => lacking.push(format!("receipt of {office}")),
            }
        }
        for file in &self.files {
            match now.files.contains(file) {
                true => again.files += 1,
                false => lacking.push(format!("file {file}")),
            }
        }
        lacking.sort_unstable();
        lacking.truncate(40);
        again.lacking = lacking;
        Ok(again)
    }
}

/// How many stores of a running province lack an attachment that an entry in their views names.
pub fn without_files(dir: &Path) -> Result<usize, CheckError> {
    let mut without = 0;
    for folder in nodes(dir)?.into_iter().map(|(_, folder)| folder).chain([dir.join("hub")]) {
        let views = truc_node::derive::views::reader(&folder.join(VIEWS))?;
        let whole = files(&folder)?;
        let named = truc_node::derive::views::read::files_after(&views, (0, Hash::ZERO), usize::MAX >> 1)?;
        without += usize::from(named.iter().any(|row| !whole.contains(&row.file.hash.to_string())));
    }
    Ok(without)
}

/// Names of the complete attachments in a store: each is its hash, and no other name is one.
fn files(dir: &Path) -> Result<BTreeSet<String>, CheckError> {
    let folder = dir.join("attachments");
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let names = std::fs::read_dir(folder)?.map(|file| Ok(file?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<std::io::Result<BTreeSet<String>>>()?;
    Ok(names.into_iter().filter(|name| Hash::from_hex(name).is_some()).collect())
}

/// The offices that have a node here, with the node's folder.
fn nodes(dir: &Path) -> Result<Vec<(OfficeId, PathBuf)>, CheckError> {
    let mut all = Vec::new();
    for folder in std::fs::read_dir(dir.join("nodes"))? {
        let folder = folder?.path();
        if let Some(enrolled) = Enrolled::load(&folder)? {
            all.push((enrolled.office, folder));
        }
    }
    Ok(all)
}
