//! Writes an archive: walks through the journal once and judges it on the way. A damaged store is not exported.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use csv::StringRecord;
use rustls::pki_types::CertificateDer;
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, Mark, OfficeId};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::record::Move;
use truc_proto::secrecy;
use truc_proto::time::Hlc;
use truc_proto::wire::Confidentiality;

use super::bag::{Bag, Part};
use super::facts::{Facts, Reached, Selection, Signed};
use super::tables::{self, Lies, Said};
use super::{ArchiveError, FORMAT, name, seal};
use crate::clock::unix_millis;
use crate::identity::{Identity, keys};
use crate::proof::store::{Store, Walk, walk};
use crate::store::attachments::{FOLDER, hash_file};
use crate::store::journal::{self, JOURNAL, JournalRow, Reads};
use crate::words::failure::{ExitCode, Failure};

/// Explanation of the archive, in Vietnamese and English.
const README: &str = include_str!("README.txt");

/// What to write into an archive.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The store to export.
    pub store: Store<'a>,
    /// Which entries to include.
    pub selection: &'a Selection,
    /// Certificates of the province's authorities, as this store knows them.
    pub authorities: &'a [CertificateDer<'static>],
}

/// An archive that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// What the archive says of itself.
    pub facts: Facts,
    /// Number of files included.
    pub files: u64,
    /// Number of files that were missing.
    pub pending: u64,
    /// No authority has vouched for the hub's key yet, so others cannot verify this archive.
    pub unvouched: bool,
}

/// Writes an archive into a folder that does not exist yet or is empty. Calls `progress` with entries done and entries
/// in all. If the store has a fault, the export fails and leaves nothing behind.
pub fn write(root: &Path, source: Source<'_>, progress: impl FnMut(u64, u64)) -> Result<Made, Failure> {
    let bag = Bag::new(root)?;
    let made = fill(bag, source, progress);
    if made.is_err() {
        // Best effort: an unfinished archive has no manifest, so nobody takes it for a whole one.
        let _ = std::fs::remove_dir_all(root);
    }
    made
}

fn fill(mut bag: Bag, source: Source<'_>, progress: impl FnMut(u64, u64)) -> Result<Made, Failure> {
    let Source { store, selection, authorities } = source;
    let identity = store.identity;
    let conn = journal::open_own_reader(&store.dir.join(JOURNAL), identity.office)?;
    let reads = Reads::new(&conn, identity.office);
    let (cursor, receipt, lines) = (reads.cursor()?, reads.receipt()?, lines(reads)?);
    let heads = reads.heads()?.iter().map(Signed::from).collect();
    let orders = orders_of(reads, selection, identity.hub)?;
    let mut writing = Writing::new(&mut bag, source, orders)?;
    let Walk { ended, end, .. } = walk(reads, identity, progress, |row| writing.row(row))?;
    if let Some(first) = &ended.findings.first {
        let place = first.place.map_or_else(|| first.about.clone(), |place| place.to_string());
        return Err(Failure::new(ExitCode::Store, "export-store-damaged")
            .with("place", place)
            .because(first.wrong.code()));
    }
    let Written { newest, withheld, entries, files, pending, index, segment, listing } = writing.done();
    let hub_head = newest.get(&identity.hub).map(|(link, _)| *link);
    bag.end(index)?;
    bag.end(listing)?;
    if let Some(segment) = segment {
        bag.end(segment)?;
    }
    let whole = whole(identity, selection);
    let mut receipts = BTreeMap::new();
    if identity.is_hub() {
        let now = Hlc(unix_millis() << 16);
        // For a ledger that is whole here, the hub's line; for another, the newest entry in the archive.
        for (ledger, (newest, position)) in newest {
            let all = whole.as_ref().is_none_or(|whole| whole.contains(&ledger));
            let line = lines.get(&ledger).filter(|_| all).copied().unwrap_or((newest, position));
            receipts.insert(ledger, Receipt::sign(ledger, line.0, line.1, now, &identity.key));
        }
    } else if whole.as_ref().is_some_and(|whole| whole.contains(&identity.office)) {
        receipts.extend(receipt.map(|receipt| (identity.office, receipt)));
    }
    let receipts: Vec<_> =
        receipts.iter().map(|(ledger, receipt)| tables::receipt_record(*ledger, receipt)).collect();
    table(&mut bag, name::RECEIPTS, tables::RECEIPTS, &receipts)?;
    table(&mut bag, name::KEYS, tables::KEYS, &tables::key_records(&ended.words))?;
    table(&mut bag, name::OFFICES, tables::OFFICES, &tables::office_records(&ended.registry))?;
    for (index, certificate) in authorities.iter().enumerate() {
        let file = format!("{}/authority-{}.crt", name::CERTIFICATES, index + 1);
        bag.put(&file, keys::pem_block("CERTIFICATE", certificate))?;
    }
    let vouched = ended.registry.hub_certificates();
    for (index, chain) in vouched.iter().enumerate() {
        let file = format!("{}/hub-key-{}.crt", name::CERTIFICATES, index + 1);
        bag.put(&file, chain.iter().map(|der| keys::pem_block("CERTIFICATE", der)).collect::<String>())?;
    }
    for (file, text) in truc_proto::DEFINITIONS {
        bag.put(&format!("{}/{file}", name::DEFINITIONS), text)?;
    }
    let reached = |mark: Mark| Reached { position: mark.position, running: mark.running };
    let facts = Facts {
        format: FORMAT,
        program: format!("truc {}", crate::VERSION),
        made: tables::utc(unix_millis()),
        office: identity.office,
        hub: identity.hub,
        selection: selection.clone(),
        journal: selection.is_all(),
        whole,
        entries,
        withheld,
        mark: reached(end),
        hub_mark: if identity.is_hub() { Some(reached(end)) } else { cursor.first().copied().map(reached) },
        hub_head,
        heads,
    };
    let text = serde_json::to_string_pretty(&facts)
        .map_err(|error| Failure::new(ExitCode::Unexpected, "io-other").with("error", error.to_string()))?;
    bag.put(name::FACTS, text + "\n")?;
    let manifest = bag.manifest()?;
    bag.put(name::SEAL, seal(identity.office, manifest, &identity.key))?;
    bag.put(name::README, README)?;
    let today = Date::of_millis(unix_millis() as i64).map(|day| day.to_string()).unwrap_or_default();
    let office = ended.registry.office(identity.office).and_then(|office| office.current());
    bag.close(&[
        ("Source-Organization", office.map(|fact| fact.committee()).unwrap_or_default()),
        ("External-Identifier", identity.office.to_string()),
        ("External-Description", "Trục: signed entries of a province's committee offices".to_owned()),
        ("Bagging-Date", today),
        ("Bag-Software-Agent", facts.program.clone()),
    ])?;
    Ok(Made { facts, files, pending, unvouched: vouched.is_empty() })
}

/// Positions of the entries that ordered bodies of selected entries to be destroyed. They go with these: without an order
/// a body that is missing is a fault.
fn orders_of(reads: Reads<'_>, selection: &Selection, hub: OfficeId) -> Result<HashSet<u64>, Failure> {
    let mut orders = HashSet::new();
    for (position, by) in reads.destroyed()? {
        let entry = reads.at_position(position)?;
        orders.extend(entry.filter(|stored| selection.takes(&stored.entry.header, hub)).map(|_| by));
    }
    Ok(orders)
}

/// The lines of all ledgers and their positions.
fn lines(reads: Reads<'_>) -> Result<HashMap<OfficeId, (Link, u64)>, Failure> {
    let mut all = HashMap::new();
    for (ledger, position) in reads.lines()? {
        all.insert(ledger, (reads.link_at(position)?, position));
    }
    Ok(all)
}

/// Ledgers that an archive of this selection holds whole; none: all.
fn whole(identity: &Identity, selection: &Selection) -> Option<Vec<OfficeId>> {
    let of_offices = Selection { offices: selection.offices.clone(), ..Selection::default() };
    let all = *selection == of_offices;
    match (all, identity.is_hub()) {
        (true, true) if selection.offices.is_empty() => None,
        (true, true) => Some(selection.offices.clone()),
        (true, false) if selection.offices.is_empty() || selection.offices.contains(&identity.office) => {
            Some(vec![identity.office])
        }
        _ => Some(Vec::new()),
    }
}

fn table(bag: &mut Bag, name: &str, columns: &[&str], rows: &[StringRecord]) -> Result<(), ArchiveError> {
    let mut part = bag.part(name)?;
    part.record(&StringRecord::from(columns))?;
    for row in rows {
        part.record(row)?;
    }
    bag.end(part).map(|_| ())
}

/// Whether the content of an entry may leave: the secrecy gate that guards writing guards export, too. A store holds
/// entries that were refused because of it.
fn leaves(entry: &Entry, mv: Option<&Move>) -> bool {
    secrecy::legible(entry).is_ok()
        && match mv {
            Some(mv) => secrecy::gate(&entry.header, mv).is_ok(),
            None => entry.header.confidentiality == Confidentiality::Open,
        }
}

/// The part of an archive that is written row by row.
struct Writing<'a> {
    bag: &'a mut Bag,
    source: Source<'a>,
    /// Positions of entries that go with the selected ones.
    orders: HashSet<u64>,
    index: Part,
    listing: Part,
    segment: Option<(String, Part)>,
    segments: u32,
    copied: HashMap<Hash, &'static str>,
    newest: HashMap<OfficeId, (Link, u64)>,
    entries: u64,
    withheld: u64,
}

/// Result of [`Writing`].
struct Written {
    newest: HashMap<OfficeId, (Link, u64)>,
    withheld: u64,
    entries: u64,
    files: u64,
    pending: u64,
    index: Part,
    listing: Part,
    segment: Option<Part>,
}

impl<'a> Writing<'a> {
    fn new(bag: &'a mut Bag, source: Source<'a>, orders: HashSet<u64>) -> Result<Self, ArchiveError> {
        let mut index = bag.part(name::INDEX)?;
        index.record(&StringRecord::from(tables::INDEX))?;
        let mut listing = bag.part(name::FILES)?;
        listing.record(&StringRecord::from(tables::FILES))?;
        Ok(Self {
            bag,
            source,
            orders,
            index,
            listing,
            segment: None,
            segments: 0,
            copied: HashMap::new(),
            newest: HashMap::new(),
            entries: 0,
            withheld: 0,
        })
    }

    fn row(&mut self, row: &JournalRow) -> Result<(), Failure> {
        // The judge has noted the fault already, and the export will fail.
        let Some(entry) = &row.entry else { return Ok(()) };
        let identity = self.source.store.identity;
        let selected = self.source.selection.takes(&entry.header, identity.hub);
        if !selected && !self.orders.contains(&row.position) {
            return Ok(());
        }
        let mv = tables::move_of(entry).filter(|_| !entry.destroyed);
        let withheld = !entry.destroyed && !leaves(entry, mv.as_ref());
        let lies = if withheld { None } else { Some(self.content(entry)?) };
        let state = match (&row.refused, withheld, row.aside) {
            _ if entry.destroyed => tables::DESTROYED.to_owned(),
            (_, true, _) => tables::WITHHELD.to_owned(),
            (_, _, true) => tables::ASIDE.to_owned(),
            (Some(reason), ..) => format!("{}{reason}", tables::REFUSED),
            _ => String::new(),
        };
        let listed = tables::IndexRow {
            position: row.position,
            place: row.place,
            base: entry.header.base,
            prev: entry.prev,
            hash: entry.hash,
            signature: entry.signature,
            lies,
            state,
            kind: entry.header.kind,
            said: Said::of(entry, mv.as_ref(), withheld),
        };
        self.index.record(&listed.to_record())?;
        self.entries += 1;
        self.withheld += u64::from(withheld);
        if !row.aside {
            self.newest.insert(row.place.ledger, (entry.link(), row.position));
        }
        if !withheld && !entry.destroyed {
            self.files(row.position, entry)?;
        }
        Ok(())
    }

    /// Appends header and body to the file of entries.
    fn content(&mut self, entry: &Entry) -> Result<Lies, ArchiveError> {
        if self.segment.as_ref().is_some_and(|(_, part)| part.bytes >= limits::ARCHIVE_SEGMENT)
            && let Some((_, full)) = self.segment.take()
        {
            self.bag.end(full)?;
        }
        if self.segment.is_none() {
            self.segments += 1;
            let file = format!("{}/{:06}.bin", name::ENTRIES, self.segments);
            self.segment = Some((file.clone(), self.bag.part(&file)?));
        }
        let gone = entry.destroyed_parts().map(|(header, body)| (header, Bytes::copy_from_slice(&body.0)));
        let whole = || entry.parts().ok().map(|parts| (parts.header, parts.body));
        let Some((header, body)) = gone.filter(|_| entry.destroyed).or_else(whole) else {
            return Err(ArchiveError::not(Path::new(name::ENTRIES), "no entry"));
        };
        let Some((file, part)) = &mut self.segment else {
            return Err(ArchiveError::not(Path::new(name::ENTRIES), "no file"));
        };
        let lies = Lies { file: file.clone(), offset: part.bytes, header: header.len(), body: body.len() };
        part.write(&header)?;
        part.write(&body)?;
        Ok(lies)
    }

    fn files(&mut self, position: u64, entry: &Entry) -> Result<(), Failure> {
        for file in &entry.header.attachments {
            let state = match self.copied.get(&file.hash) {
                Some(state) => *state,
                None => {
                    let state = self.copy(file.hash)?;
                    self.copied.insert(file.hash, state);
                    state
                }
            };
            self.listing.record(&StringRecord::from(vec![
                file.hash.to_string(),
                file.size.to_string(),
                position.to_string(),
                state.to_owned(),
                tables::line(&file.media_type),
                tables::line(&file.name),
            ]))?;
        }
        Ok(())
    }

    fn copy(&mut self, hash: Hash) -> Result<&'static str, Failure> {
        let from = self.source.store.dir.join(FOLDER).join(hash.to_string());
        if !from.exists() {
            return Ok(tables::PENDING);
        }
        if self.bag.copy(&format!("{}/{hash}", name::ATTACHMENTS), &from)? == hash {
            return Ok(tables::PRESENT);
        }
        let now = hash_file(&from).map(|hash| hash.to_string()).unwrap_or_default();
        let failure = Failure::new(ExitCode::Store, "export-store-damaged");
        Err(failure.with("place", hash.to_string()).because(format!("the file hashes to {now}")))
    }

    fn done(self) -> Written {
        let present = self.copied.values().filter(|state| **state == tables::PRESENT).count() as u64;
        Written {
            newest: self.newest,
            withheld: self.withheld,
            entries: self.entries,
            files: present,
            pending: self.copied.len() as u64 - present,
            index: self.index,
            listing: self.listing,
            segment: self.segment.map(|(_, part)| part),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::entry::{Header, SALT};
    use truc_proto::id::{Incarnation, RecordId, Seat};
    use truc_proto::record::{Paper, guidance};
    use truc_proto::time::Hlc;
    use truc_proto::wire::Urgency;
    use uuid::Uuid;

    use super::*;

    /// The hub keeps what it refused, and an archive is read by others.
    #[test]
    fn what_hides_in_a_secret_entry_does_not_leave_with_it() {
        let paper = Paper { title: "T".into(), ..Paper::default() };
        let stub = Move::from(guidance::Move::Issued { paper }).encode();
        // A field that nobody knows within the message of the move.
        let mut hidden = [&stub[..], b"\xa2\x06\x03mat"].concat();
        hidden[1] = (hidden.len() - 2) as u8;
        for (level, body, leaving) in [
            (Confidentiality::Secret, &stub[..], true),
            (Confidentiality::Secret, &hidden[..], false),
            (Confidentiality::Open, &hidden[..], true),
        ] {
            let header = Header {
                ledger: OfficeId(Uuid::from_u128(1)),
                seat: Seat { incarnation: Incarnation(1 << 32), seq: 1 },
                base: None,
                time: Hlc(1),
                seen: None,
                author: String::new(),
                record: RecordId(Uuid::from_u128(2)),
                kind: 5,
                mv: truc_proto::record::number(body),
                audience: vec![],
                urgency: Urgency::Normal,
                confidentiality: level,
                attachments: vec![],
                seal: None,
            };
            let key = SigningKey::from_bytes(&[1; 32]);
            let entry = Entry::write(&header, body, [0; SALT], Hash::ZERO, &key).unwrap();
            let said = tables::move_of(&entry);
            assert!(matches!(said, Some(Move::Guidance(_))), "{said:?}");
            assert_eq!(leaves(&entry, said.as_ref()), leaving, "{level:?} {body:?}");
        }
    }
}
