//! Fuzz targets: each is a function that reads untrusted bytes. It may return anything, but must not panic, hang, or
//! exceed its limits. The tests run each over a small corpus and a bounded number of mutations; `tests/README.md` tells
//! how to run one for hours.

mod archive;
pub mod mutate;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use prost::Message;
use truc_hub::command::list;
use truc_node::import;
use truc_proto::code::EnrolmentCode;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::record::{self, State};
use truc_proto::registry::Registry;
use truc_proto::session::{HubEvent, HubSession, NodeEvent, NodeFacts, NodeSession, OwnKeys};
use truc_proto::time::Hlc;
use truc_proto::{batch, secrecy, wire};
use uuid::Uuid;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name of the target and of its corpus.
    pub name: &'static str,
    /// Runs the target on an input.
    pub run: fn(&[u8]),
    /// Number of mutations in a bounded run; fewer for targets that touch files, because they are slow.
    pub bounded: usize,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "entry", run: entry, bounded: 40_000 },
    Target { name: "batch", run: a_batch, bounded: 20_000 },
    Target { name: "frame", run: frame, bounded: 20_000 },
    Target { name: "code", run: code, bounded: 40_000 },
    Target { name: "list", run: office_list, bounded: 5_000 },
    Target { name: "paper", run: paper, bounded: 5_000 },
    Target { name: "archive", run: archive::archive, bounded: 400 },
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}

/// The content of an entry: decoded and folded.
pub fn entry(bytes: &[u8]) {
    for prev in [Hash::ZERO, Hash([7; 32])] {
        let Ok(entry) = Entry::read(Bytes::copy_from_slice(bytes), [0; 64], prev) else { continue };
        assert_eq!(entry.content, bytes, "an entry is its bytes");
        let Ok(mv) = record::of(&entry) else { continue };
        let _ = (mv.name(), mv.brief(), mv.texts(), mv.opens(), secrecy::gate(&entry.header, &mv));
        if let Some(mut state) = State::of(&mv) {
            for _ in 0..2 {
                let _ = state.apply(entry.header.seat, entry.header.when(None), mv.clone());
            }
            let _ = state.next(&state.clone(), entry.header.ledger, entry.header.ledger, true);
        }
        // Encoding what was decoded must not change its meaning.
        let again = record::decode(entry.header.kind, &mv.encode());
        assert_eq!(again.ok().as_ref().map(|again| again.name()), Some(mv.name()));
    }
}

/// A batch of entries from a session.
pub fn a_batch(bytes: &[u8]) {
    let Ok(packed) = wire::Batch::decode(bytes) else { return };
    let Ok(entries) = batch::unpack(packed) else { return };
    let _ = batch::vouch(&entries, &[SigningKey::from_bytes(&[3; 32]).verifying_key()]);
    let again = batch::unpack(batch::pack(&entries));
    assert_eq!(again.as_deref(), Ok(&entries[..]), "what was read can be sent on");
}

/// Frames of a session, each after its length in two bytes, read by both ends.
pub fn frame(bytes: &[u8]) {
    let office = OfficeId(Uuid::from_u128(2));
    let key = SigningKey::from_bytes(&[1; 32]);
    let link = Link { seat: Seat { incarnation: Incarnation::after(None, 1), seq: 1 }, hash: Hash([1; 32]) };
    let (mut node, _) = NodeSession::start(NodeFacts {
        office,
        hub_key: key.verifying_key(),
        keys: OwnKeys::new(
            office,
            key.verifying_key(),
            key.verifying_key(),
            &Registry::new(OfficeId(Uuid::from_u128(1)), key.verifying_key()),
        ),
        tip: Some(link),
        receipt: Some(Receipt::sign(office, link, 1, Hlc(1), &key)),
        cursor: vec![],
        resuming: false,
        beyond: false,
        credential: 1,
        backlog: 0,
        clock: 0,
        program: "fuzz".into(),
        head: None,
        machine: None,
    });
    let mut hub = HubSession::new(office);
    let mut rest = bytes;
    while let Some((length, more)) = rest.split_first_chunk::<2>() {
        let (one, more) = more.split_at(more.len().min(usize::from(u16::from_be_bytes(*length))));
        rest = more;
        if let Ok(frame) = wire::NodeFrame::decode(one) {
            let _ = hub.step(HubEvent::Frame(frame));
        }
        if let Ok(frame) = wire::HubFrame::decode(one) {
            let _ = node.step(NodeEvent::Frame(frame));
        }
    }
}

/// An enrolment code as typed.
pub fn code(bytes: &[u8]) {
    let Ok(code) = EnrolmentCode::from_text(&String::from_utf8_lossy(bytes)) else { return };
    let text = code.to_text();
    assert!(text.is_ok_and(|text| EnrolmentCode::from_text(&text).is_ok()), "what was read can be printed");
}

/// A list of offices.
pub fn office_list(bytes: &[u8]) {
    let Ok(text) = list::text(bytes) else { return };
    let (rows, failures) = list::examine(&text);
    if let Ok(read) = list::read(bytes) {
        assert_eq!(read.len(), rows.len());
        assert!(failures.is_empty());
    }
}

/// A paper with its front matter.
pub fn paper(bytes: &[u8]) {
    if let Ok(read) = import::parse(bytes) {
        let _ = read.paper();
    }
}
