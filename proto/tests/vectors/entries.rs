//! Entries, the running hash over them, and batches of them.

use bytes::Bytes;
use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Attachment, Channel, Entry, Header, Parts, SALT, Seen, running_hash};
use truc_proto::id::{Hash, Incarnation, Seat};
use truc_proto::record::{Act, guidance};
use truc_proto::time::Hlc;
use truc_proto::wire::{self, Confidentiality, Urgency};

use super::{OFFICE, PROVINCE, committed, compare, hex, ledger_key, office, rewriting, unhex};

#[derive(Serialize)]
struct Entries {
    about: &'static str,
    ledger: &'static str,
    ledger_key_seed: String,
    ledger_key: String,
    entries: Vec<Shown>,
    journal: Vec<Position>,
}

#[derive(Serialize)]
struct Shown {
    name: &'static str,
    incarnation: String,
    seq: u64,
    base: Option<String>,
    kind: u32,
    prev: String,
    content: String,
    hash: String,
    signature: String,
}

/// One position of a journal that holds these entries in this order.
#[derive(Serialize)]
struct Position {
    position: u64,
    running: String,
}

#[derive(Serialize, Deserialize)]
struct Batches {
    about: String,
    /// Encoded `Batch` with its entries: canonical, since the first `prev` only is said.
    plain: String,
    /// Encoded `Batch` with a zstd frame: one of many right ones.
    packed: String,
    /// The hashes of the entries that both hold.
    hashes: Vec<String>,
}

fn seat(incarnation: Incarnation, seq: u64) -> Seat {
    Seat { incarnation, seq }
}

fn first_run() -> Incarnation {
    Incarnation::after(None, 0x1111_1111)
}

fn second_run() -> Incarnation {
    Incarnation::after(Some(first_run()), 0x2222_2222)
}

/// The header of the first entry of the ledger.
pub(crate) fn first_header() -> Header {
    Header {
        ledger: office(OFFICE),
        seat: seat(first_run(), 1),
        base: None,
        time: Hlc::tick(Hlc::default(), 1_795_000_000_000),
        seen: None,
        author: "van-thu".into(),
        record: "0198c0de-0000-7000-8000-0000000000a1".parse().unwrap(),
        kind: guidance::Move::KIND,
        mv: 2,
        audience: vec![Channel { scope: Scope::office(office(PROVINCE)), previous: None }],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: Vec::new(),
        seal: None,
    }
}

pub(crate) fn body() -> Bytes {
    let acknowledged = wire::GuidanceAcknowledged { note: "Đã tiếp thu".into() };
    let mv = wire::GuidanceMove { r#move: Some(wire::guidance_move::Move::Acknowledged(acknowledged)) };
    mv.encode_to_vec().into()
}

/// 12 bytes that a real author draws at random.
fn salt(byte: u8) -> [u8; SALT] {
    [byte; SALT]
}

/// An entry of this ledger.
pub(crate) fn write(header: &Header, body: &[u8], prev: Hash) -> Entry {
    Entry::write(header, body, salt(9), prev, &ledger_key()).unwrap()
}

/// The first of a ledger, the second, and one of a kind that nobody knows in a new incarnation.
pub(crate) fn chain() -> Vec<Entry> {
    let key = ledger_key();
    let first = Entry::write(&first_header(), &body(), salt(1), Hash::ZERO, &key).unwrap();
    let header = Header {
        seat: seat(first_run(), 2),
        time: Hlc::tick(first.header.time, 1_794_999_999_000),
        seen: Some(Seen { position: 41, hub_time: Hlc(1_795_000_000_500 << 16) }),
        audience: vec![
            Channel { scope: Scope::office(office(PROVINCE)), previous: Some(seat(first_run(), 1)) },
            Channel { scope: Scope::subtree(office(OFFICE)), previous: None },
        ],
        urgency: Urgency::Express,
        attachments: vec![Attachment {
            hash: Hash(Sha256::digest(b"scan").into()),
            size: 4,
            name: "Công văn 913.pdf".into(),
            media_type: "application/pdf".into(),
        }],
        ..first_header()
    };
    let second = Entry::write(&header, &body(), salt(2), first.hash, &key).unwrap();
    let header = Header {
        seat: seat(second_run(), 3),
        base: Some(seat(first_run(), 2)),
        time: Hlc::tick(second.header.time, 1_795_000_060_000),
        seen: second.header.seen,
        kind: 99,
        mv: 0,
        audience: Vec::new(),
        ..first_header()
    };
    let third = Entry::write(&header, b"of a later version", salt(3), second.hash, &key).unwrap();
    vec![first, second, third]
}

#[test]
fn entries_and_running_hashes() {
    let chain = chain();
    let public = ledger_key().verifying_key();
    let names = ["first of a ledger", "second, its clock set back", "new incarnation, unknown kind"];
    let mut running = Hash::ZERO;
    let mut journal = Vec::new();
    for (entry, position) in chain.iter().zip(1..) {
        by_the_specification(entry, &public);
        running = running_hash(running, entry.hash);
        journal.push(Position { position, running: hex(running.0) });
    }
    let entries = chain.iter().zip(names).map(|(entry, name)| Shown {
        name,
        incarnation: format!("{:016x}", entry.header.seat.incarnation.0),
        seq: entry.header.seat.seq,
        base: entry.header.base.map(|base| format!("{:016x}/{}", base.incarnation.0, base.seq)),
        kind: entry.header.kind,
        prev: hex(entry.prev.0),
        content: hex(&entry.content),
        hash: hex(entry.hash.0),
        signature: hex(entry.signature),
    });
    let about = "Three entries of one chain. Bytes are in hexadecimal; `base` is incarnation/seq. `journal` is \
                 the running hash of a journal that holds them at positions 1 to 3.";
    compare(
        "entries.json",
        &Entries {
            about,
            ledger: OFFICE,
            ledger_key_seed: hex([1; 32]),
            ledger_key: hex(public.as_bytes()),
            entries: entries.collect(),
            journal,
        },
    );
}

/// Hash and signature from the words of the specification, not from the code that they are to check.
fn by_the_specification(entry: &Entry, key: &VerifyingKey) {
    let wire::Content { header, body, .. } = wire::Content::decode(entry.content.clone()).unwrap();
    let body = Sha256::digest([b"truc/body/1\0", &body[..]].concat());
    let hashed = [&b"truc/entry/2\0"[..], &entry.prev.0, &body, &header].concat();
    assert_eq!(Sha256::digest(hashed)[..], entry.hash.0);
    let signed = [&b"truc/sign/2\0"[..], &entry.hash.0].concat();
    key.verify_strict(&signed, &Signature::from_bytes(&entry.signature)).unwrap();
}

/// A header field that this version does not know is kept in the bytes, hashed and signed.
#[test]
fn an_unknown_header_field_is_no_error() {
    let parts = chain()[0].parts().unwrap();
    // Field 100, varint 7.
    let header = [&parts.header[..], &[0xa0, 0x06, 0x07]].concat();
    let content = Parts { header: header.into(), ..parts }.content();
    let entry = Entry::read(content.clone(), [0; 64], Hash::ZERO).unwrap();
    assert_eq!(entry.content, content);
    assert_ne!(entry.hash, chain()[0].hash);
}

#[test]
fn batches() {
    let chain = chain();
    let mut computed = Batches {
        about:
            "The entries of entries.json in one Batch, plain and packed. What another program packs need not \
                be these bytes; what it unpacks from them must be these entries."
                .into(),
        plain: hex(wire::Batch {
            entries: vec![
                batch::to_wire(&chain[0], true),
                batch::to_wire(&chain[1], false),
                batch::to_wire(&chain[2], false),
            ],
            ..Default::default()
        }
        .encode_to_vec()),
        packed: hex(batch::pack(&chain).encode_to_vec()),
        hashes: chain.iter().map(|entry| hex(entry.hash.0)).collect(),
    };
    if !rewriting() {
        computed.packed = committed::<Batches>("batch.json").packed;
    }
    let packed = wire::Batch::decode(&unhex(&computed.packed)[..]).unwrap();
    assert!(packed.entries.is_empty() && !packed.packed.is_empty(), "large enough to be packed");
    assert_eq!(batch::unpack(packed).unwrap(), chain);
    let plain = wire::Batch::decode(&unhex(&computed.plain)[..]).unwrap();
    assert_eq!(batch::unpack(plain).unwrap(), chain);
    compare("batch.json", &computed);
}
