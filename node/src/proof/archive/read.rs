//! Verifies an archive, with nothing but certificates of authorities that the reader trusts.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use csv::StringRecord;
use ed25519_dalek::VerifyingKey;
use rustls::pki_types::CertificateDer;
use truc_proto::entry::{Entry, Parts};
use truc_proto::id::{Hash, Mark, Place};
use truc_proto::limits;
use truc_proto::proof::{Ended, Fault, Findings, Judge, JudgedEntry, Subject, Whole, Wrong};
use truc_proto::record::{Move, registry};
use truc_proto::registry::Registry;
use truc_proto::wire::registry_move;

use super::bag::{self, Opened};
use super::facts::{Facts, Reached};
use super::tables::{self, IndexRow, Said};
use super::{ArchiveError, FORMAT, name, sealed_by};
use crate::proof::signers::signers;
use crate::proof::store::{matter_of, orders};
use crate::proof::{PIECE, Verification, signed_heads, vouched_key};

/// Verifies the archive in a folder. Calls `progress` with entries done and entries in all.
pub fn verify(
    root: &Path,
    authorities: &[CertificateDer<'_>],
    mut progress: impl FnMut(u64, u64),
) -> Result<Verification, ArchiveError> {
    let opened = bag::open(root, |_| {})?;
    let facts = facts(root)?;
    let mut reading = Reading { root, facts: &facts, segment: None };
    let (bases, vouched, broken) = reading.first_look(authorities)?;
    if vouched.is_empty() {
        return Ok(unproven(&opened, &facts));
    }
    let subject = Subject {
        own: facts.office,
        hub: facts.hub,
        hub_keys: vouched.clone(),
        own_keys: Vec::new(),
        whole: match &facts.whole {
            None => Whole::All,
            Some(these) => Whole::These(these.iter().copied().collect()),
        },
        journal: facts.journal,
    };
    let mut judge = Judge::new(subject, bases);
    opened.faults.iter().cloned().chain(broken).for_each(|fault| judge.fault(fault));
    reading.receipts(&mut judge)?;
    let mut counts = Counts::default();
    let mut named = HashSet::new();
    // Bodies that were destroyed, and the records whose copies the archive's office gave back.
    let (mut gone, mut given_back) = (Vec::new(), HashSet::new());
    let mut index = tables::open(&root.join(name::INDEX), tables::INDEX)?;
    let mut rows =
        index.records().map_while(Result::ok).map_while(|record| IndexRow::from_record(&record).ok());
    loop {
        let piece: Vec<IndexRow> = rows.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        let mut stones = Vec::with_capacity(piece.len());
        for row in &piece {
            let entry = reading.entry(row, &mut judge);
            counts.newer +=
                u64::from(matches!(entry.as_ref().and_then(tables::move_of), Some(Move::Unknown { .. })));
            counts.withheld += u64::from(row.lies.is_none());
            counts.destroyed += u64::from(row.state == tables::DESTROYED);
            let read = entry.as_ref();
            gone.extend(
                read.filter(|entry| entry.destroyed).map(|entry| (row.place, row.position, matter_of(entry))),
            );
            given_back.extend(read.and_then(|entry| orders(entry, facts.office)));
            for file in
                entry.iter().filter(|entry| !entry.destroyed).flat_map(|entry| &entry.header.attachments)
            {
                named.insert((file.hash, row.position));
            }
            stones.push(stone(row, entry.as_ref()));
        }
        let signers = signers(&judge, &stones);
        stones.into_iter().zip(signers).for_each(|(stone, signer)| judge.entry(stone, signer));
        counts.entries += piece.len() as u64;
        progress(counts.entries, facts.entries);
    }
    for (place, position, _) in gone.iter().filter(|(.., matter)| !given_back.contains(matter)) {
        judge.fault(Fault::at(*place, Some(*position), Wrong::Withheld));
    }
    reading.files(&opened, named, &mut judge, &mut counts)?;
    let end = judge.end();
    let Ended { mut findings, registry, words } = judge.finish();
    if let Some(hole) = findings.hole.take() {
        findings.fault(hole);
    }
    reading.same(name::KEYS, tables::KEYS, &tables::key_records(&words), Wrong::Keys, &mut findings)?;
    let offices = tables::office_records(&registry);
    reading.same(name::OFFICES, tables::OFFICES, &offices, Wrong::Offices, &mut findings)?;
    counted(&facts, &counts, end, &mut findings);
    let said = facts.heads.iter().take(limits::ARCHIVE_HEADS).map(|said| (said.position, said.head()));
    let heads = signed_heads(facts.hub, &vouched, said, &mut findings);
    if !sealed(root, &opened, &facts, &vouched, &registry) {
        findings.fault(Fault::of(name::SEAL, Wrong::Seal));
    }
    let Counts { newer, withheld, destroyed, files, pending, .. } = counts;
    Ok(Verification { findings, registry, newer, withheld, destroyed, held: 0, files, pending, heads })
}

#[derive(Debug, Default)]
struct Counts {
    entries: u64,
    newer: u64,
    withheld: u64,
    destroyed: u64,
    files: u64,
    pending: u64,
}

/// Reads what the archive says of itself.
fn facts(root: &Path) -> Result<Facts, ArchiveError> {
    let path = root.join(name::FACTS);
    let size = path.metadata().map_err(|_| ArchiveError::not(&path, "missing"))?.len();
    if size > limits::ARCHIVE_FACTS {
        return Err(ArchiveError::not(&path, "too large"));
    }
    let text = std::fs::read_to_string(&path).map_err(ArchiveError::io(&path))?;
    read_facts(&path, &text)
}

/// As [`facts`], from the text. The version is read first, so that a newer format is told apart.
pub(super) fn read_facts(path: &Path, text: &str) -> Result<Facts, ArchiveError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
    }
    let not = |error: serde_json::Error| ArchiveError::not(path, error);
    let Version { format } = serde_json::from_str(text).map_err(not)?;
    if format > FORMAT {
        return Err(ArchiveError::Newer { path: path.to_owned(), format });
    }
    serde_json::from_str(text).map_err(not)
}

/// Verdict if no trusted authority vouches for the hub: nothing else in the archive can be believed.
fn unproven(opened: &Opened, facts: &Facts) -> Verification {
    let mut findings = Findings::default();
    findings.fault(Fault::of(facts.hub, Wrong::Authority));
    findings.some.extend(opened.faults.iter().take(limits::PROOF_FAULTS).cloned());
    findings.faults += opened.faults.len() as u64;
    Verification {
        findings,
        registry: Registry::new(facts.hub, VerifyingKey::default()),
        newer: 0,
        withheld: 0,
        destroyed: 0,
        held: 0,
        files: 0,
        pending: 0,
        heads: Vec::new(),
    }
}

fn stone(row: &IndexRow, entry: Option<&Entry>) -> JudgedEntry {
    let mut stone = match entry {
        Some(entry) => JudgedEntry::new(row.position, entry),
        None => JudgedEntry {
            position: row.position,
            place: row.place,
            predecessor: row.predecessor(),
            prev: row.prev,
            hash: row.hash,
            signature: row.signature,
            said: None,
            registry: None,
            aside: false,
            refused: false,
        },
    };
    stone.aside = row.state == tables::ASIDE;
    stone
}

/// Whether the office that made the archive has sealed its manifest.
fn sealed(
    root: &Path,
    opened: &Opened,
    facts: &Facts,
    vouched: &[VerifyingKey],
    registry: &Registry,
) -> bool {
    // A seal has a few lines; a longer file is cut, and fails then.
    let text = File::open(root.join(name::SEAL)).and_then(|file| {
        use std::io::Read;
        let mut text = String::new();
        file.take(limits::ARCHIVE_LINE as u64).read_to_string(&mut text).map(|_| text)
    });
    let (Ok(text), Some(manifest)) = (text, opened.manifest) else { return false };
    let Some((office, key)) = sealed_by(&text, manifest) else { return false };
    let issued = registry.office(office).into_iter().flat_map(|office| office.credentials());
    office == facts.office
        && (office == facts.hub && vouched.contains(&key)
            || issued.into_iter().any(|credential| credential.key == key))
}

/// Compares the numbers found with those that the archive states.
fn counted(facts: &Facts, counts: &Counts, end: Mark, findings: &mut Findings) {
    let reached = Reached { position: end.position, running: end.running };
    let wrong = [
        ("entries", facts.entries != counts.entries),
        ("withheld", facts.withheld != counts.withheld),
        ("mark", facts.journal && facts.mark != reached),
    ];
    for (what, _) in wrong.into_iter().filter(|(_, wrong)| *wrong) {
        findings.fault(Fault::of(format!("{} ({what})", name::FACTS), Wrong::Count));
    }
}

/// An archive being read.
struct Reading<'a> {
    root: &'a Path,
    facts: &'a Facts,
    /// The file of entries that was read last, kept open.
    segment: Option<(String, File)>,
}

/// Result of the first pass over the index: bases, the hub's keys, and the first faulty row.
type FirstLook = (Vec<Place>, Vec<VerifyingKey>, Option<Fault>);

impl Reading<'_> {
    /// Finds the places that incarnations continue, the hub's keys that the authorities vouch for, and the first row
    /// that cannot be read.
    fn first_look(&mut self, authorities: &[CertificateDer<'_>]) -> Result<FirstLook, ArchiveError> {
        let (mut bases, mut keys, mut broken) = (Vec::new(), Vec::new(), None);
        let mut index = tables::open(&self.root.join(name::INDEX), tables::INDEX)?;
        for (line, record) in index.records().enumerate() {
            let row = match record.map_err(|_| "line").and_then(|record| IndexRow::from_record(&record)) {
                Ok(row) => row,
                Err(column) => {
                    let file = format!("{}:{} ({column})", name::INDEX, line + 2);
                    broken = Some(Fault::of(file, Wrong::Row));
                    break;
                }
            };
            bases.extend(row.base.map(|seat| Place { ledger: row.place.ledger, seat }));
            if row.place.ledger == self.facts.hub
                && row.kind == registry::Move::KIND
                && let Some(key) = self.hub_key(&row, authorities)
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        Ok((bases, keys, broken))
    }

    fn hub_key(&mut self, row: &IndexRow, authorities: &[CertificateDer<'_>]) -> Option<VerifyingKey> {
        let entry = Entry::read(self.parts(row)?.content(), row.signature, row.prev).ok()?;
        let mv = registry::Move::decode(&entry.body).ok()??;
        let Some(registry_move::Move::HubKey(said)) = mv.0.r#move else { return None };
        vouched_key(&said.certificates, self.facts.hub, authorities)
    }

    /// The parts of a row's entry, if they are where the row says.
    fn parts(&mut self, row: &IndexRow) -> Option<Parts> {
        let lies = row.lies.as_ref()?;
        let within = bag::plain(&lies.file) && Path::new(&lies.file).starts_with(name::ENTRIES);
        if !within || [lies.header, lies.body].iter().any(|length| *length > limits::ENTRY_CONTENT) {
            return None;
        }
        if self.segment.as_ref().is_none_or(|(file, _)| *file != lies.file) {
            let path: PathBuf = self.root.join(&lies.file);
            path.symlink_metadata().ok().filter(|about| about.is_file())?;
            self.segment = Some((lies.file.clone(), File::open(path).ok()?));
        }
        let (_, file) = self.segment.as_ref()?;
        let mut header = vec![0; lies.header + lies.body];
        file.read_exact_at(&mut header, lies.offset).ok()?;
        let body = header.split_off(lies.header);
        Some(Parts { header: header.into(), body: body.into() })
    }

    /// The entry of a row, compared with everything that the row says of it.
    fn entry(&mut self, row: &IndexRow, judge: &mut Judge) -> Option<Entry> {
        let fault = |wrong| Fault::at(row.place, Some(row.position), wrong);
        let destroyed = row.state == tables::DESTROYED;
        let known = ["", tables::ASIDE, tables::WITHHELD, tables::DESTROYED].contains(&row.state.as_str())
            || row.state.starts_with(tables::REFUSED);
        if !known || row.lies.is_none() != (row.state == tables::WITHHELD) {
            judge.fault(fault(Wrong::Row).about("state"));
        }
        row.lies.as_ref()?;
        // Nobody gives back what the archive's office or the hub wrote.
        if destroyed && [self.facts.office, self.facts.hub].contains(&row.place.ledger) {
            judge.fault(fault(Wrong::Withheld));
        }
        let Some(parts) = self.parts(row) else {
            judge.fault(fault(Wrong::Unreadable));
            return None;
        };
        let read = match Hash::from_slice(&parts.body).filter(|_| destroyed) {
            Some(body) => {
                let content = Entry::destroyed_content(parts.header, body);
                Entry::read_destroyed(content, row.signature, row.prev, Bytes::new())
            }
            None => Entry::read(parts.content(), row.signature, row.prev),
        };
        let Ok(entry) = read else {
            judge.fault(fault(Wrong::Unreadable));
            return None;
        };
        if entry.hash != row.hash {
            judge.fault(fault(Wrong::Hash));
        }
        let mv = tables::move_of(&entry).filter(|_| !destroyed);
        let said = Said::of(&entry, mv.as_ref(), false);
        let differs = [
            ("place", entry.header.place() != row.place),
            ("base", entry.header.base != row.base),
            ("kind", entry.header.kind != row.kind),
        ];
        let column = differs.into_iter().find(|(_, differs)| *differs).map(|(column, _)| column);
        if let Some(column) = column.or_else(|| said.differs(&row.said)) {
            judge.fault(fault(Wrong::Row).about(column));
        }
        Some(entry)
    }

    fn receipts(&self, judge: &mut Judge) -> Result<(), ArchiveError> {
        let mut table = tables::open(&self.root.join(name::RECEIPTS), tables::RECEIPTS)?;
        for (line, record) in table.records().enumerate() {
            match record.ok().as_ref().and_then(tables::receipt_from) {
                Some((ledger, receipt)) => judge.receipt(ledger, &receipt),
                None => judge.fault(Fault::of(format!("{}:{}", name::RECEIPTS, line + 2), Wrong::Row)),
            }
        }
        Ok(())
    }

    /// Checks files: each that an entry names must be listed, and each listed as present must exist and have its hash.
    fn files(
        &self,
        opened: &Opened,
        mut named: HashSet<(truc_proto::id::Hash, u64)>,
        judge: &mut Judge,
        counts: &mut Counts,
    ) -> Result<(), ArchiveError> {
        let mut table = tables::open(&self.root.join(name::FILES), tables::FILES)?;
        let (mut present, mut pending) = (HashSet::new(), HashSet::new());
        for (line, record) in table.records().enumerate() {
            let about = format!("{}:{}", name::FILES, line + 2);
            let listed = record.ok().and_then(|record| {
                let hash = truc_proto::id::Hash::from_hex(record.get(0)?)?;
                Some((hash, record.get(2)?.parse().ok()?, record.get(3)?.to_owned()))
            });
            let Some((hash, position, state)) =
                listed.filter(|(hash, position, _)| named.remove(&(*hash, *position)))
            else {
                judge.fault(Fault::of(about, Wrong::Row));
                continue;
            };
            if state != tables::PRESENT {
                pending.insert(hash);
                continue;
            }
            if present.insert(hash) {
                match opened.sums.get(&format!("{}/{hash}", name::ATTACHMENTS)) {
                    Some(found) if *found == hash => {}
                    found => {
                        let wrong =
                            if found.is_some() { Wrong::Attachment } else { Wrong::AttachmentMissing };
                        judge.fault(Fault { position: Some(position), ..Fault::of(hash, wrong) });
                    }
                }
            }
        }
        for (hash, position) in named {
            let missing = Fault::of(hash, Wrong::AttachmentMissing);
            judge.fault(Fault { position: Some(position), ..missing });
        }
        (counts.files, counts.pending) = (present.len() as u64, pending.len() as u64);
        Ok(())
    }

    /// Compares a table with the rows that follow from the entries.
    fn same(
        &self,
        file: &str,
        columns: &[&str],
        is: &[StringRecord],
        wrong: Wrong,
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        let mut table = tables::open(&self.root.join(file), columns)?;
        let mut records = table.records();
        for (line, is) in is.iter().map(Some).chain([None]).enumerate() {
            let says = records.next().and_then(Result::ok);
            if says.as_ref() != is {
                findings.fault(Fault::of(format!("{file}:{}", line + 2), wrong));
                break;
            }
        }
        Ok(())
    }
}
