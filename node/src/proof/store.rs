//! Verifies a store as it is on disk: read-only, while it is in use, or a copied folder.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use truc_proto::entry::{Entry, running_hash};
use truc_proto::id::{Hash, Mark, OfficeId, RecordId};
use truc_proto::proof::{Ended, Fault, Judge, JudgedEntry, Said, Subject, Whole, Wrong};
use truc_proto::record::{self, Move, directive};
use truc_proto::time::Hlc;

use super::signers::signers;
use super::{Named, PIECE, Verification, signed_heads};
use crate::identity::Identity;
use crate::store::attachments::{self, AttachmentError, FOLDER};
use crate::store::journal::{self, JOURNAL, JournalError, JournalRow, Reads};
use crate::words::failure::Failure;

/// A store to be verified.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    /// The store's folder.
    pub dir: &'a Path,
    /// The office that writes there, and the hub that it believes.
    pub identity: &'a Identity,
}

/// Result of a walk through a journal.
pub(super) struct Walk {
    pub(super) ended: Ended,
    /// Where the journal ended when the walk began.
    pub(super) end: Mark,
    /// Files that entries name.
    pub(super) named: Named,
    /// Entries of a kind or move that this program does not know.
    pub(super) newer: u64,
}

/// Verifies a store up to what is committed now. Calls `progress` with entries done and entries in all.
pub fn verify(store: Store<'_>, progress: impl FnMut(u64, u64)) -> Result<Verification, Failure> {
    let conn = journal::open_own_reader(&store.dir.join(JOURNAL), store.identity.office)?;
    let reads = Reads::new(&conn, store.identity.office);
    let (mut verdict, named) = of_journal(reads, store.identity, progress)?;
    for (hash, (place, position)) in named {
        match attachments::hash_file(&store.dir.join(FOLDER).join(hash.to_string())) {
            Ok(found) if found == hash => verdict.files += 1,
            Ok(_) => {
                let fault = Fault::at(place, Some(position), Wrong::Attachment);
                verdict.findings.fault(fault.about(hash));
            }
            Err(AttachmentError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                verdict.pending += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(verdict)
}

/// As [`verify`], for a journal alone, over any connection to it.
pub fn verify_journal(reads: Reads<'_>, identity: &Identity) -> Result<Verification, Failure> {
    of_journal(reads, identity, |_, _| {}).map(|(verdict, _)| verdict)
}

fn of_journal(
    reads: Reads<'_>,
    identity: &Identity,
    progress: impl FnMut(u64, u64),
) -> Result<(Verification, Named), Failure> {
    let Walk { ended, named, newer, .. } = walk(reads, identity, progress, |_| Ok(()))?;
    let Ended { mut findings, registry, .. } = ended;
    let held = reads.held_in_all()?;
    let destroyed = reads.destroyed_count()?;
    let said = reads.heads()?.into_iter().map(|head| (head.mark.position, Some(head)));
    let heads = signed_heads(identity.hub, &[identity.hub_key], said, &mut findings);
    Ok((
        Verification { findings, registry, newer, withheld: 0, destroyed, held, files: 0, pending: 0, heads },
        named,
    ))
}

/// Walks through a journal in order, judging each row, and calls `each` with it.
pub(super) fn walk(
    reads: Reads<'_>,
    identity: &Identity,
    mut progress: impl FnMut(u64, u64),
    mut each: impl FnMut(&JournalRow) -> Result<(), Failure>,
) -> Result<Walk, Failure> {
    let mut judge = Judge::new(subject(identity), reads.bases()?);
    // The state first: entries committed during the walk only add to what it names.
    if let Some(tip) = reads.tip()? {
        judge.anchor(identity.office, tip, Wrong::Tip);
    }
    if let Some(receipt) = reads.receipt()? {
        judge.receipt(identity.office, &receipt);
    }
    for (ledger, position) in reads.lines()? {
        match reads.link_at(position) {
            Ok(link) => judge.anchor(ledger, link, Wrong::Tip),
            Err(JournalError::Damaged(..)) => {
                let fault = Fault::of(position, Wrong::Position);
                judge.fault(Fault { position: Some(position), ..fault });
            }
            Err(error) => return Err(error.into()),
        }
    }
    let end = reads.end()?.position;
    let (mut named, mut newer) = (Named::new(), 0);
    let mut reached = Mark::START;
    while reached.position < end {
        let mut rows = reads.rows(reached.position, PIECE)?;
        rows.retain(|row| row.position <= end);
        if rows.is_empty() {
            judge.fault(Fault::of(reached.position + 1, Wrong::Position));
            break;
        }
        let stones: Vec<JudgedEntry> = rows.iter().map(stone).collect();
        let signers = signers(&judge, &stones);
        for ((row, stone), signer) in rows.iter().zip(stones).zip(signers) {
            let fault = |wrong| Fault::at(row.place, Some(row.position), wrong);
            if running_hash(reached.running, stone.hash) != row.running {
                judge.fault(fault(Wrong::Running));
            }
            reached = Mark { position: row.position, running: row.running };
            match &row.entry {
                None => judge.fault(fault(Wrong::Unreadable)),
                Some(entry) => {
                    if entry.hash != row.hash {
                        judge.fault(fault(Wrong::Hash));
                    }
                    if entry.header.place() != row.place {
                        judge.fault(fault(Wrong::Row).about("place"));
                    }
                    if entry.destroyed && !ordered(reads, row.position, entry)? {
                        judge.fault(fault(Wrong::Withheld));
                    }
                    let mv = record::read(entry);
                    newer += u64::from(matches!(mv, Ok(Move::Unknown { .. })));
                    for file in entry.header.attachments.iter().filter(|_| !entry.destroyed) {
                        named.entry(file.hash).or_insert((row.place, row.position));
                    }
                }
            }
            judge.entry(stone, signer);
            each(row)?;
        }
        progress(reached.position, end);
    }
    Ok(Walk { ended: judge.finish(), end: reached, named, newer })
}

fn subject(identity: &Identity) -> Subject {
    Subject {
        own: identity.office,
        hub: identity.hub,
        hub_keys: vec![identity.hub_key],
        own_keys: vec![identity.key.verifying_key()],
        whole: if identity.is_hub() { Whole::All } else { Whole::These(HashSet::from([identity.office])) },
        journal: true,
    }
}

/// Whether an agreement in the own ledger ordered the body at a position to be destroyed.
fn ordered(reads: Reads<'_>, position: u64, entry: &Entry) -> Result<bool, JournalError> {
    let Some(by) = reads.destroyed_by(position)? else { return Ok(false) };
    let Some(order) = reads.at_position(by)? else { return Ok(false) };
    Ok(entry.header.ledger != reads.own()
        && orders(&order.entry, reads.own()).is_some_and(|matter| matter == matter_of(entry)))
}

/// A record: its id and the number of its kind.
pub(super) type Matter = (RecordId, u32);

/// The record that an entry is about.
pub(super) fn matter_of(entry: &Entry) -> Matter {
    (entry.header.record, entry.header.kind)
}

/// The record whose copy an office orders to be destroyed with this entry; none: it is not the office's, or orders nothing.
pub(super) fn orders(entry: &Entry, office: OfficeId) -> Option<Matter> {
    if entry.destroyed || entry.header.ledger != office {
        return None;
    }
    match record::of(entry).ok()? {
        Move::Directive(directive::Move::Status { code, .. }) if code == directive::AGREED => {
            Some(matter_of(entry))
        }
        _ => None,
    }
}

/// A row as the judge takes it. Of bytes that are no entry it gets the place, and a hash that no entry continues.
fn stone(row: &JournalRow) -> JudgedEntry {
    let mut stone = match &row.entry {
        Some(entry) => JudgedEntry::new(row.position, entry),
        None => JudgedEntry {
            position: row.position,
            place: row.place,
            predecessor: None,
            prev: Hash::ZERO,
            hash: row.hash,
            signature: [0; 64],
            said: Some(Said { time: Hlc::default(), seen: None, channels: Vec::new() }),
            registry: None,
            aside: false,
            refused: false,
        },
    };
    stone.aside = row.aside;
    stone.refused = row.refused.is_some();
    stone
}
