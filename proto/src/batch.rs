//! Batches of entries on the wire: compressed, and without the predecessor hashes that the receiver can compute.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;
use prost::Message;
use zstd::bulk::{Compressor, Decompressor};

use crate::chain::continues;
use crate::entry::{Entry, EntryError};
use crate::fault::planted;
use crate::id::Hash;
use crate::{crowd, limits, wire};

/// zstd level: the fastest, whose output is within a few per cent of the slower levels' on batches of this size.
const LEVEL: i32 = 1;
/// How a zstd frame begins; frames that are to be skipped begin otherwise.
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes that a batch may expand to under the planted bug `limits.unpacked`.
const UNBOUNDED: usize = 1 << 30;

std::thread_local! {
    /// Kept for each thread: making a compressor takes longer than packing most batches.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses into one zstd frame.
fn compressed(plain: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(plain),
        None => kept.insert(Compressor::new(LEVEL)?).compress(plain),
    })
}

/// Expands one zstd frame, to at most `size` bytes.
fn expanded(packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(decompressor) => decompressor.decompress(packed, size),
        None => kept.insert(Decompressor::new()?).decompress(packed, size),
    })
}

/// Whether bytes are one zstd frame and nothing else. What other frames, or frames that are skipped, would hold nobody
/// reads.
fn is_one_frame(packed: &[u8]) -> bool {
    packed.starts_with(&FRAME)
        && zstd::zstd_safe::find_frame_compressed_size(packed).is_ok_and(|size| size == packed.len())
}

/// Encodes entries for the wire, compressed if that makes the batch smaller.
pub fn pack<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> wire::Batch {
    let mut before: Option<Hash> = None;
    let plain = wire::Batch {
        entries: entries
            .into_iter()
            .map(|entry| {
                let implied = before == Some(entry.prev);
                before = Some(entry.hash);
                to_wire(entry, !implied)
            })
            .collect(),
        ..Default::default()
    };
    let size = plain.encoded_len();
    if !(limits::PACK_FROM..=limits::BATCH_UNPACKED).contains(&size) {
        return plain;
    }
    match compressed(&plain.encode_to_vec()) {
        Ok(packed) if packed.len() < size => {
            wire::Batch { entries: Vec::new(), packed: packed.into(), unpacked: size as u32 }
        }
        _ => plain,
    }
}

/// Decodes and hashes the entries of a batch. Allocates at most [`limits::BATCH_UNPACKED`] for a compressed one,
/// whatever size it claims.
pub fn unpack(batch: wire::Batch) -> Result<Vec<Entry>, EntryError> {
    let entries = if batch.packed.is_empty() {
        batch.entries
    } else {
        let size = batch.unpacked as usize;
        if !batch.entries.is_empty() {
            return Err(EntryError::Malformed("packed and plain"));
        }
        if size > limits::BATCH_UNPACKED {
            return Err(EntryError::TooLarge("packed batch"));
        }
        let size = if planted("limits.unpacked") { UNBOUNDED } else { size };
        let plain = expanded(&batch.packed, size).map_err(|_| EntryError::Malformed("packed batch"))?;
        if plain.len() != batch.unpacked as usize || !is_one_frame(&batch.packed) {
            return Err(EntryError::Malformed("packed batch"));
        }
        if crowd::fields(&plain, &[]) > limits::FIELDS {
            return Err(EntryError::TooLarge("packed batch"));
        }
        let plain = wire::Batch::decode(Bytes::from(plain)).map_err(|_| EntryError::Malformed("batch"))?;
        if !plain.packed.is_empty() {
            return Err(EntryError::Malformed("batch within a batch"));
        }
        plain.entries
    };
    let bytes: usize = entries.iter().map(|entry| entry.content.len()).sum();
    if entries.len() > limits::BATCH_ENTRIES || entries.len() > 1 && bytes > limits::BATCH_BYTES {
        return Err(EntryError::TooLarge("batch"));
    }
    let mut before = None;
    entries
        .into_iter()
        .map(|entry| {
            let entry = from_wire(entry, before)?;
            before = Some(entry.hash);
            Ok(entry)
        })
        .collect()
}

/// Checks a pushed batch before it is made durable: it must be one chain, its head signed by one of the office's keys.
/// Through the hashes, that signature covers all entries before it. Each entry's own signature is checked before the
/// entry is delivered.
pub fn vouch(entries: &[Entry], keys: &[VerifyingKey]) -> Result<(), EntryError> {
    for pair in entries.windows(2) {
        let Ok(continued) = continues::<Infallible>(&pair[1].step(), Some(&pair[0].end()), None);
        if pair[0].header.ledger != pair[1].header.ledger || continued.is_err() {
            return Err(EntryError::Chain);
        }
    }
    match entries.last() {
        Some(_) if planted("batch.unsigned") => Ok(()),
        Some(head) => verify_any(head, keys),
        None => Ok(()),
    }
}

/// Keeps those of some given-back entries that are signed with a key of their own ledger. The others are dropped: their
/// author still has the genuine ones.
pub fn genuine(mut entries: Vec<Entry>, mut keys: impl FnMut(&Entry) -> Vec<VerifyingKey>) -> Vec<Entry> {
    entries.retain(|entry| verify_any(entry, &keys(entry)).is_ok() || planted("offer.unsigned"));
    entries
}

/// Checks an entry's signature against the keys of its office; one that fits is enough.
pub fn verify_any(entry: &Entry, keys: &[VerifyingKey]) -> Result<(), EntryError> {
    if keys.iter().any(|key| entry.verify(key).is_ok()) { Ok(()) } else { Err(EntryError::Signature) }
}

/// How many of `entries`, from the first on, fit into one batch; at least one unless there are none.
pub fn fitting(entries: &[Entry]) -> usize {
    let mut bytes = 0;
    let mut count = 0;
    for entry in entries.iter().take(limits::BATCH_ENTRIES) {
        bytes += entry.content.len();
        if bytes > limits::BATCH_BYTES && count > 0 {
            break;
        }
        count += 1;
    }
    count
}

/// Encodes one entry, with or without its predecessor's hash.
pub fn to_wire(entry: &Entry, with_prev: bool) -> wire::Entry {
    wire::Entry {
        content: entry.content.clone(),
        signature: Bytes::copy_from_slice(&entry.signature),
        prev: with_prev.then(|| entry.prev.to_wire()),
    }
}

/// Decodes one entry; `before` is the hash of the entry before it in the batch, for one that came without `prev`.
pub fn from_wire(entry: wire::Entry, before: Option<Hash>) -> Result<Entry, EntryError> {
    let prev = match &entry.prev {
        Some(prev) => Hash::from_slice(prev).ok_or(EntryError::Malformed("prev"))?,
        None => before.ok_or(EntryError::Malformed("prev is missing"))?,
    };
    let signature = entry.signature.as_ref().try_into().map_err(|_| EntryError::Malformed("signature"))?;
    Entry::read(entry.content, signature, prev)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::entry::{Header, SALT};
    use crate::id::{Incarnation, OfficeId, RecordId, Seat};
    use crate::time::Hlc;
    use crate::wire::{Confidentiality, Urgency};

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    /// A chain of entries with these bodies.
    fn chain(bodies: &[Vec<u8>]) -> Vec<Entry> {
        let mut prev = Hash::ZERO;
        let mut entries = Vec::new();
        for (index, body) in bodies.iter().enumerate() {
            let header = Header {
                ledger: OfficeId(Uuid::from_u128(5)),
                seat: Seat { incarnation: Incarnation::after(None, 1), seq: index as u64 + 1 },
                base: None,
                time: Hlc(index as u64),
                seen: None,
                author: "văn thư".into(),
                record: RecordId(Uuid::from_u128(6)),
                kind: 99,
                mv: 0,
                audience: vec![],
                urgency: Urgency::Normal,
                confidentiality: Confidentiality::Open,
                attachments: vec![],
                seal: None,
            };
            let entry = Entry::write(&header, body, [0; SALT], prev, &key()).unwrap();
            prev = entry.hash;
            entries.push(entry);
        }
        entries
    }

    fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..6)
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_was(bodies in bodies()) {
            let entries = chain(&bodies);
            prop_assert_eq!(unpack(pack(&entries)).unwrap(), entries);
        }

        #[test]
        fn a_changed_byte_is_always_noticed(
            bodies in bodies(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
            change in 1..=255u8,
        ) {
            let entries = chain(&bodies);
            let which = which.index(entries.len());
            let mut wire: Vec<wire::Entry> = entries.iter().map(|entry| to_wire(entry, true)).collect();
            let mut content = wire[which].content.to_vec();
            let at = at.index(content.len());
            content[at] ^= change;
            wire[which].content = content.into();
            let keys = [key().verifying_key()];
            let noticed = match unpack(wire::Batch { entries: wire, ..Default::default() }) {
                Err(_) => true,
                Ok(read) => vouch(&read, &keys).is_err(),
            };
            prop_assert!(noticed);
        }

        #[test]
        fn no_bytes_make_it_panic(
            content in prop::collection::vec(any::<u8>(), 0..200), packed in prop::collection::vec(any::<u8>(), 0..200),
            // Mostly sizes that are allowed: others are refused before anything is unpacked.
            unpacked in 0..2 * limits::BATCH_UNPACKED as u32,
        ) {
            let entry = wire::Entry { content: content.into(), signature: vec![0; 64].into(), prev: None };
            let _ = unpack(wire::Batch { entries: vec![entry], ..Default::default() });
            let _ = unpack(wire::Batch { entries: vec![], packed: packed.into(), unpacked });
        }
    }

    #[test]
    fn a_small_packet_cannot_become_a_large_one() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 1).unwrap();
        assert!(bomb.len() < 16 * 1024);
        let batch = |unpacked| wire::Batch { packed: bomb.clone().into(), unpacked, ..Default::default() };
        assert_eq!(unpack(batch(64 * 1024 * 1024)), Err(EntryError::TooLarge("packed batch")));
        assert_eq!(unpack(batch(1024)), Err(EntryError::Malformed("packed batch")));
    }

    #[test]
    fn a_packed_batch_is_one_frame_of_the_size_that_it_says() {
        let entries = chain(&[vec![7; 600], vec![8; 600]]);
        let whole = pack(&entries);
        assert_eq!(unpack(whole.clone()).as_ref(), Ok(&entries));
        let with = |packed: Vec<u8>| wire::Batch { packed: packed.into(), ..whole.clone() };
        // A frame that is to be skipped, of three bytes.
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let empty = zstd::bulk::compress(b"", 1).unwrap();
        for wrong in [
            with([&whole.packed, &skipped[..]].concat()),
            with([&skipped[..], &whole.packed].concat()),
            with([&whole.packed, &empty[..]].concat()),
            wire::Batch { unpacked: whole.unpacked + 1, ..whole.clone() },
        ] {
            assert_eq!(unpack(wrong), Err(EntryError::Malformed("packed batch")));
        }
    }

    #[test]
    fn one_entry_may_be_large_and_two_may_not() {
        let entries = chain(&[vec![7; 300 * 1024], vec![8; 300 * 1024]]);
        assert_eq!(unpack(pack(&entries[..1])).unwrap().len(), 1);
        assert_eq!(unpack(pack(&entries)), Err(EntryError::TooLarge("batch")));
    }

    #[test]
    fn a_head_vouches_for_its_own_chain_only() {
        let entries = chain(&[vec![1], vec![2], vec![3]]);
        let keys = [key().verifying_key()];
        assert_eq!(vouch(&entries, &keys), Ok(()));
        assert_eq!(vouch(&[entries[0].clone(), entries[2].clone()], &keys), Err(EntryError::Chain));
        let stranger = [SigningKey::from_bytes(&[4; 32]).verifying_key()];
        assert_eq!(vouch(&entries, &stranger), Err(EntryError::Signature));
    }
}
