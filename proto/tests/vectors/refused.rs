//! What must be refused, and with which code.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use prost::Message;
use serde::Serialize;
use truc_proto::batch;
use truc_proto::code::{CodeError, EnrolmentCode};
use truc_proto::entry::{Entry, EntryError, Header, Parts, SALT};
use truc_proto::id::{Hash, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;
use truc_proto::wire;

use super::{OFFICE, PROVINCE, compare, entries, facts, hex, hub_key, ledger_key, office, unhex};

#[derive(Serialize)]
struct Refused {
    about: &'static str,
    entries: Vec<Case>,
    batches: Vec<Case>,
    receipts: Vec<Case>,
    codes: Vec<CodeCase>,
}

#[derive(Serialize)]
struct Case {
    name: &'static str,
    /// The encoded message.
    bytes: String,
    /// Ed25519 public key that it is checked with.
    key: String,
    /// The error's code.
    error: &'static str,
}

#[derive(Serialize)]
struct CodeCase {
    name: &'static str,
    text: String,
    error: &'static str,
}

fn public() -> VerifyingKey {
    ledger_key().verifying_key()
}

fn entry_case(name: &'static str, entry: wire::Entry, key: VerifyingKey, error: &'static str) -> Case {
    Case { name, bytes: hex(entry.encode_to_vec()), key: hex(key.as_bytes()), error }
}

/// The first entry with another header, rightly hashed and signed.
fn with_header(change: impl FnOnce(&mut wire::Header)) -> wire::Entry {
    let parts = entries::chain()[0].parts().unwrap();
    let mut header = wire::Header::decode(parts.header.clone()).unwrap();
    change(&mut header);
    signed(&Parts { header: header.encode_to_vec().into(), ..parts }, Hash::ZERO)
}

/// The parts as an entry, rightly hashed and signed.
fn signed(parts: &Parts, prev: Hash) -> wire::Entry {
    as_content(parts, parts.content().to_vec(), prev)
}

/// The same, in another encoding of the content.
fn as_content(parts: &Parts, content: Vec<u8>, prev: Hash) -> wire::Entry {
    let hash = parts.hash(prev);
    let signature = ledger_key().sign(&[&b"truc/sign/2\0"[..], &hash.0].concat());
    wire::Entry {
        content: content.into(),
        signature: signature.to_bytes().to_vec().into(),
        prev: Some(prev.to_wire()),
    }
}

fn changed_bytes() -> Vec<Case> {
    let chain = entries::chain();
    let whole = |entry: &Entry| batch::to_wire(entry, true);
    let flipped = |bytes: &bytes::Bytes, at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes::Bytes::from(bytes)
    };
    let content = flipped(&chain[0].content, chain[0].content.len() - 1);
    let signature = flipped(&whole(&chain[0]).signature, 0);
    let prev = Some(flipped(&chain[0].hash.to_wire(), 0));
    let none = Some(Hash::ZERO.to_wire());
    // Key, R and s that an Ed25519 check without the strict rules takes for any message.
    let one = [&[1][..], &[0; 31]].concat();
    let small = VerifyingKey::from_bytes(&one.clone().try_into().unwrap()).unwrap();
    let forged = bytes::Bytes::from([&one[..], &[0; 32]].concat());
    let other = SigningKey::from_bytes(&[9; 32]).verifying_key();
    vec![
        entry_case("a changed byte", wire::Entry { content, ..whole(&chain[0]) }, public(), "signature"),
        entry_case(
            "a changed signature",
            wire::Entry { signature, ..whole(&chain[0]) },
            public(),
            "signature",
        ),
        entry_case("another office's key", whole(&chain[0]), other, "signature"),
        entry_case("another predecessor", wire::Entry { prev, ..whole(&chain[1]) }, public(), "signature"),
        entry_case(
            "a key of small order",
            wire::Entry { signature: forged, ..whole(&chain[0]) },
            small,
            "signature",
        ),
        entry_case(
            "a second entry without predecessor",
            wire::Entry { prev: none, ..whole(&chain[1]) },
            public(),
            "chain",
        ),
        entry_case(
            "a first entry with a predecessor",
            signed(&chain[0].parts().unwrap(), chain[1].hash),
            public(),
            "chain",
        ),
        entry_case(
            "a predecessor of 31 bytes",
            wire::Entry { prev: Some(vec![1; 31].into()), ..whole(&chain[1]) },
            public(),
            "malformed",
        ),
        entry_case(
            "a signature of 63 bytes",
            wire::Entry { signature: vec![1; 63].into(), ..whole(&chain[0]) },
            public(),
            "malformed",
        ),
    ]
}

/// Hash and signature are right; what they are over is not.
fn bad_headers() -> Vec<Case> {
    let chain = entries::chain();
    let parts = chain[0].parts().unwrap();
    let content = parts.content().to_vec();
    let as_content = |content: Vec<u8>| as_content(&parts, content, Hash::ZERO);
    let cut = content[..content.len() - 1].to_vec();
    let header_last = {
        let body = wire::Content { body: parts.body.clone(), ..Default::default() }.encode_to_vec();
        [&body[..], &content[..content.len() - body.len()]].concat()
    };
    let without = |header: bool| Parts {
        header: if header { parts.header.clone() } else { bytes::Bytes::new() },
        body: if header { bytes::Bytes::from(vec![0; SALT - 1]) } else { parts.body.clone() },
    };
    let base = wire::Base { incarnation: 1 << 32, seq: 1 };
    let case = |name, entry, error| entry_case(name, entry, public(), error);
    vec![
        case("a content cut short", as_content(cut), "malformed"),
        case(
            "a content with a field beside its parts",
            as_content([&content[..], &[0xa0, 0x06, 0x07]].concat()),
            "malformed",
        ),
        case("a content with the body first", as_content(header_last), "malformed"),
        case("no header", signed(&without(false), Hash::ZERO), "malformed"),
        case("a body shorter than its salt", signed(&without(true), Hash::ZERO), "malformed"),
        case("a header format of the past", with_header(|header| header.format = 1), "format"),
        case("a header format to come", with_header(|header| header.format = 3), "format"),
        case("seq 0", with_header(|header| header.seq = 0), "malformed"),
        case(
            "seq not the base's plus 1",
            with_header(|header| {
                header.base = Some(base);
                header.seq = 3;
            }),
            "malformed",
        ),
        case(
            "an incarnation not above its base's",
            with_header(|header| {
                header.base = Some(wire::Base { incarnation: header.incarnation, seq: 1 });
                header.seq = 2;
            }),
            "malformed",
        ),
        case("an incarnation of 0", with_header(|header| header.incarnation = 0), "malformed"),
        case("a seq above 2^63 - 1", with_header(|header| header.seq = 1 << 63), "malformed"),
        case(
            "nothing seen, said to be something",
            with_header(|header| header.seen = Some(wire::Seen::default())),
            "malformed",
        ),
        case(
            "a scope twice",
            with_header(|header| header.audience.push(header.audience[0].clone())),
            "malformed",
        ),
        case("a place before on a channel that lies after", previous(2), "malformed"),
        case("a place before on a channel that is the own one", previous(1), "malformed"),
        case("an attachment twice", attached(&[file(), file()]), "malformed"),
        case(
            "a name of an attachment on two lines",
            attached(&[wire::Attachment { name: "a\nb".into(), ..file() }]),
            "malformed",
        ),
        case(
            "a media type of 256 bytes",
            attached(&[wire::Attachment { media_type: "a".repeat(256), ..file() }]),
            "too-large",
        ),
        case(
            "an author with a terminal code",
            with_header(|header| header.author = "\u{1b}[2J".into()),
            "malformed",
        ),
        case("a ledger of 15 bytes", with_header(|header| header.ledger = vec![1; 15].into()), "malformed"),
        case("an urgency of 5", with_header(|header| header.urgency = 5), "malformed"),
        case("a confidentiality of 4", with_header(|header| header.confidentiality = 4), "malformed"),
        case("an author of 65 bytes", with_header(|header| header.author = "a".repeat(65)), "too-large"),
    ]
}

/// The first entry, whose channel says that this place of its incarnation is before it.
fn previous(seq: u64) -> wire::Entry {
    with_header(|header| {
        header.audience[0].previous = Some(wire::Base { incarnation: header.incarnation, seq });
    })
}

fn file() -> wire::Attachment {
    let (name, media_type) = ("a.pdf".into(), "application/pdf".into());
    wire::Attachment { hash: vec![7; 32].into(), size: 1, name, media_type }
}

fn attached(files: &[wire::Attachment]) -> wire::Entry {
    with_header(|header| header.attachments = files.to_vec())
}

fn batches() -> Vec<Case> {
    let chain = entries::chain();
    let case = |name, batch: wire::Batch, error| Case {
        name,
        bytes: hex(batch.encode_to_vec()),
        key: hex(public().as_bytes()),
        error,
    };
    let plain = |entries| wire::Batch { entries, ..Default::default() };
    let packed = batch::pack(&chain);
    let within = wire::Batch { packed: vec![0].into(), unpacked: 1, ..Default::default() }.encode_to_vec();
    // A zstd frame of one raw block, so that these bytes are the same everywhere.
    let raw = |bytes: &[u8]| {
        let header = 1 | (bytes.len() as u32) << 3;
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.len() as u8];
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(bytes);
        frame
    };
    // Three bytes that no reader of zstd looks at.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    assert!(!packed.packed.is_empty());
    vec![
        case("a first entry without prev", plain(vec![batch::to_wire(&chain[0], false)]), "malformed"),
        case(
            "entries that do not follow each other",
            plain(vec![batch::to_wire(&chain[0], true), batch::to_wire(&chain[2], true)]),
            "chain",
        ),
        case("an entry whose time goes back", pair(|header| header.time = Hlc(1)), "chain"),
        case("an entry whose author had seen more before", pair(|header| header.seen = None), "chain"),
        case(
            "a size above the limit",
            wire::Batch { packed: raw(b"x").into(), unpacked: 960 * 1024 + 1, ..Default::default() },
            "too-large",
        ),
        case(
            "more than the size that was said",
            wire::Batch { packed: raw(b"xxxx").into(), unpacked: 3, ..Default::default() },
            "malformed",
        ),
        case(
            "a batch within a batch",
            wire::Batch { packed: raw(&within).into(), unpacked: within.len() as u32, ..Default::default() },
            "malformed",
        ),
        case(
            "packed and plain at once",
            wire::Batch {
                entries: vec![batch::to_wire(&chain[0], true)],
                packed: raw(b"").into(),
                unpacked: 0,
            },
            "malformed",
        ),
        case(
            "less than the size that was said",
            wire::Batch { packed: raw(b"").into(), unpacked: 1, ..Default::default() },
            "malformed",
        ),
        case(
            "two frames",
            wire::Batch { packed: [raw(b""), raw(b"")].concat().into(), ..Default::default() },
            "malformed",
        ),
        case(
            "a frame that is to be skipped",
            wire::Batch { packed: [skipped, raw(b"")].concat().into(), ..Default::default() },
            "malformed",
        ),
    ]
}

/// The second entry of the chain with a third after it in the same incarnation.
fn pair(change: impl FnOnce(&mut Header)) -> wire::Batch {
    let second = entries::chain().remove(1);
    let seat = Seat { seq: 3, ..second.header.seat };
    let mut header = Header { seat, audience: Vec::new(), attachments: Vec::new(), ..second.header.clone() };
    change(&mut header);
    let third = Entry::write(&header, &second.body, [4; SALT], second.hash, &ledger_key()).unwrap();
    let entries = vec![batch::to_wire(&second, true), batch::to_wire(&third, false)];
    wire::Batch { entries, ..Default::default() }
}

fn receipts() -> Vec<Case> {
    let receipt = facts::receipt();
    let case = |name, receipt: Receipt, key: VerifyingKey| Case {
        name,
        bytes: hex(receipt.to_wire().encode_to_vec()),
        key: hex(key.as_bytes()),
        error: "signature",
    };
    let elsewhere =
        Receipt::sign(office(PROVINCE), receipt.link, receipt.position, receipt.hub_time, &hub_key());
    vec![
        case("by another than the hub", receipt, public()),
        case("of another position", Receipt { position: 43, ..receipt }, hub_key().verifying_key()),
        case("for another ledger", elsewhere, hub_key().verifying_key()),
    ]
}

fn codes() -> Vec<CodeCase> {
    let text = facts::code().to_text().unwrap().to_string();
    let mut changed = text.clone();
    changed.replace_range(12..13, if &text[12..13] == "Z" { "Y" } else { "Z" });
    let code = |name, text: String, error| CodeCase { name, text, error };
    vec![
        code("a changed character", changed, "damaged"),
        code("a character too few", text[..text.len() - 1].to_owned(), "damaged"),
        code("a version to come", text.replacen("TRUC1", "TRUC2", 1), "newer"),
        code("something else", "913-CV/TU".to_owned(), "not a code"),
    ]
}

fn judged(case: &Case) -> Result<(), EntryError> {
    let key = VerifyingKey::from_bytes(&unhex(&case.key).try_into().unwrap()).unwrap();
    let entry = wire::Entry::decode(&unhex(&case.bytes)[..]).unwrap();
    batch::from_wire(entry, None)?.verify(&key)
}

fn judged_batch(case: &Case) -> Result<(), EntryError> {
    let batch = wire::Batch::decode(&unhex(&case.bytes)[..]).unwrap();
    batch::vouch(&batch::unpack(batch)?, &[public()])
}

#[test]
fn all_of_it_is_refused() {
    let entries: Vec<Case> = changed_bytes().into_iter().chain(bad_headers()).collect();
    for case in &entries {
        assert_eq!(judged(case).map_err(EntryError::code), Err(case.error), "{}", case.name);
    }
    let batches = batches();
    for case in &batches {
        assert_eq!(judged_batch(case).map_err(EntryError::code), Err(case.error), "{}", case.name);
    }
    let receipts = receipts();
    for case in &receipts {
        let receipt = wire::Receipt::decode(&unhex(&case.bytes)[..]).unwrap();
        let key = VerifyingKey::from_bytes(&unhex(&case.key).try_into().unwrap()).unwrap();
        let receipt = Receipt::from_wire(&receipt, None).unwrap();
        assert!(!receipt.verify(office(OFFICE), &key), "{}", case.name);
    }
    let codes = codes();
    for case in &codes {
        let error = match EnrolmentCode::from_text(&case.text).unwrap_err() {
            CodeError::Damaged => "damaged",
            CodeError::Newer => "newer",
            CodeError::NotACode => "not a code",
            CodeError::Address => "address",
        };
        assert_eq!(error, case.error, "{}", case.name);
    }
    compare(
        "refused.json",
        &Refused {
            about: "Encoded messages that must be refused, with the code of the error. Entries carry their own \
                    prev and are checked with `key`; batches are taken as a Push of the office of entries.json; \
                    receipts are taken as said of its ledger.",
            entries,
            batches,
            receipts,
            codes,
        },
    );
}
