//! Whatever the door lets in can be digested: after any entries, well-formed or not, rightly signed or not, a store closes,
//! opens, verifies and is exported.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use prost::Message;
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Attachment, Channel, Entry, Header, SALT, Seen};
use truc_proto::id::{Hash, Incarnation, Mark, OfficeId, RecordId, Seat};
use truc_proto::refusal::Refusal;
use truc_proto::session::{MailEnd, NodeWrite};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{Confidentiality, CredentialIssued, OfficeFact, RegistryMove, Urgency};
use uuid::Uuid;

use super::archive::{self, Selection, Source};
use super::{Store, verify};
use crate::identity::Identity;
use crate::store::journal::{self, Draft, Giver, JOURNAL, Journal, Offered};

const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
const OWN: OfficeId = OfficeId(Uuid::from_u128(2));
const OTHER: OfficeId = OfficeId(Uuid::from_u128(3));
const LEDGERS: [OfficeId; 3] = [HUB, OWN, OTHER];

fn key(office: OfficeId) -> SigningKey {
    SigningKey::from_bytes(&[office.0.as_u128() as u8; 32])
}

/// An entry to be made: what it continues, and what is wrong with it.
#[derive(Clone, Debug)]
struct Plan {
    ledger: usize,
    /// Which of the entries made before it continues, if any is of its ledger.
    after: Option<prop::sample::Index>,
    /// It opens this incarnation; none: it goes on in that of its predecessor.
    run: Option<u64>,
    /// Seq and base as drawn, whatever it continues.
    seat: Option<(u64, Option<(u64, u64)>)>,
    scopes: Vec<usize>,
    /// A back-pointer as drawn.
    previous: Option<(u64, u64)>,
    time: u64,
    seen: Option<(u64, u64)>,
    /// Its predecessor's hash is that of no entry.
    stray: bool,
    unsigned: bool,
    file_twice: bool,
}

/// Something that happens to a store.
#[derive(Clone, Debug)]
enum Deed {
    Make(Plan),
    /// An entry is pushed, given back or delivered, in a branch or to a hub that was put back.
    Bring(prop::sample::Index, bool),
    /// The hub's own word, or the node's own paper.
    Write(Vec<usize>),
}

fn plan() -> impl Strategy<Value = Plan> {
    let mostly = |none: u32| prop::option::weighted(1.0 / f64::from(none), 0..3_u64);
    let seat = (1..=4_u64, prop::option::of((0..3_u64, 0..=4_u64)));
    (
        0..3_usize,
        prop::option::weighted(0.8, any::<prop::sample::Index>()),
        mostly(3),
        prop::option::weighted(0.15, seat),
        prop::collection::vec(0..3_usize, 0..3),
        prop::option::weighted(0.15, (0..3_u64, 0..=4_u64)),
        0..4_u64,
        prop::option::of((0..3_u64, 0..3_u64)),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.05),
    )
        .prop_map(
            |(ledger, after, run, seat, scopes, previous, time, seen, stray, unsigned, file_twice)| Plan {
                ledger,
                after,
                run,
                seat,
                scopes,
                previous,
                time,
                seen,
                stray,
                unsigned,
                file_twice,
            },
        )
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let bring =
        (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(which, way)| Deed::Bring(which, way));
    let write = prop::collection::vec(0..3_usize, 0..3).prop_map(Deed::Write);
    prop::collection::vec(prop_oneof![4 => plan().prop_map(Deed::Make), 4 => bring, 1 => write], 1..40)
}

fn seat(run: u64, seq: u64) -> Seat {
    Seat { incarnation: Incarnation((run + 1) << 32 | run), seq }
}

fn scope(which: usize) -> Scope {
    if which == 2 { Scope::subtree(HUB) } else { Scope::office(LEDGERS[which + 1]) }
}

/// The newest seats of channels on the chain of an entry.
fn channels(made: &[Entry], upto: Option<&Entry>) -> HashMap<Scope, Seat> {
    let mut latest = HashMap::new();
    let mut at = upto;
    while let Some(entry) = at {
        for channel in &entry.header.audience {
            latest.entry(channel.scope).or_insert(entry.header.seat);
        }
        at = made.iter().find(|before| before.hash == entry.prev);
    }
    latest
}

/// The entry of a plan; none if it is not even well-formed.
fn make(plan: &Plan, made: &[Entry]) -> Option<Entry> {
    let ledger = LEDGERS[plan.ledger];
    let of: Vec<&Entry> = made.iter().filter(|entry| entry.header.ledger == ledger).collect();
    let after = plan.after.filter(|_| !of.is_empty()).map(|which| of[which.index(of.len())]);
    let latest = channels(made, after);
    let (mut place, mut base) = match (after, plan.run) {
        (None, run) => (seat(run.unwrap_or(0), 1), None),
        (Some(after), None) => (Seat { seq: after.header.seat.seq + 1, ..after.header.seat }, None),
        (Some(after), Some(run)) => (seat(run, after.header.seat.seq + 1), Some(after.header.seat)),
    };
    if let Some((seq, other)) = plan.seat {
        place.seq = seq;
        base = other.map(|(run, seq)| seat(run, seq));
    }
    let drawn = plan.previous.map(|(run, seq)| seat(run, seq));
    let audience = plan.scopes.iter().map(|which| Channel {
        scope: scope(*which),
        previous: drawn.or_else(|| latest.get(&scope(*which)).copied()),
    });
    let file = Attachment { hash: Hash([7; 32]), size: 1, name: "a".into(), media_type: "text/plain".into() };
    let header = Header {
        ledger,
        seat: place,
        base,
        time: Hlc((after.map_or(0, |after| after.header.time.0) + plan.time).saturating_sub(1)),
        seen: plan.seen.map(|(position, time)| Seen { position, hub_time: Hlc(time) }),
        author: "a".into(),
        record: RecordId(Uuid::from_u128(9)),
        kind: 99,
        mv: 0,
        audience: audience.collect(),
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![file; if plan.file_twice { 2 } else { 0 }],
        seal: None,
    };
    let prev = match after {
        _ if plan.stray => Hash([5; 32]),
        Some(after) => after.hash,
        None => Hash::ZERO,
    };
    let signer = if plan.unsigned { SigningKey::from_bytes(&[77; 32]) } else { key(ledger) };
    Entry::write(&header, &[made.len() as u8], [0; SALT], prev, &signer).ok()
}

fn signed(entry: &Entry) -> bool {
    batch::verify_any(entry, &[key(entry.header.ledger).verifying_key()]).is_ok()
}

fn draft(scopes: &[usize]) -> Draft {
    let mut audience: Vec<Scope> = scopes.iter().map(|which| scope(*which)).collect();
    audience.dedup();
    Draft {
        author: "a".into(),
        record: RecordId(Uuid::from_u128(9)),
        kind: 99,
        body: bytes::Bytes::new(),
        audience,
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// The hub's words about the two offices and their keys.
fn words() -> Vec<Draft> {
    let fact = |office: OfficeId| OfficeFact {
        office: office.to_wire(),
        since: "2025-07-01".into(),
        tier: "commune".into(),
        parent: HUB.to_wire(),
        code: office.0.as_u128().to_string(),
        name: "A".into(),
        ..Default::default()
    };
    let issued = |office: OfficeId| CredentialIssued {
        office: office.to_wire(),
        number: 1,
        ledger_key: key(office).verifying_key().as_bytes().to_vec().into(),
        certificate: vec![7; 32].into(),
        not_after: u64::MAX,
        ..Default::default()
    };
    let words = [OWN, OTHER].map(|office| [Word::Office(fact(office)), Word::Credential(issued(office))]);
    words
        .into_iter()
        .flatten()
        .map(|word| Draft {
            kind: 1,
            body: RegistryMove { r#move: Some(word) }.encode_to_vec().into(),
            ..draft(&[2])
        })
        .collect()
}

/// Brings an entry to a store in the ways in which others can.
fn bring(journal: &mut Journal, entry: &Entry, way: bool, position: u64) -> journal::Result<()> {
    if journal.own() == HUB {
        if !signed(entry) {
            return Ok(());
        }
        if way && entry.header.ledger != HUB {
            journal.admit(vec![entry.clone()], position.is_multiple_of(2), 1)?;
        } else {
            let giver = Giver { author: !way, put_back: way || position.is_multiple_of(3) };
            journal.offered(entry, giver, &mut Offered::default())?;
        }
        return Ok(());
    }
    if entry.header.ledger == OWN && !signed(entry) {
        journal.session_write(NodeWrite::Forged(vec![entry.clone()]))?;
        return Ok(());
    }
    let mark = way.then_some(Mark { position, running: Hash::ZERO });
    journal.session_write(NodeWrite::Mail {
        entries: vec![(position, entry.clone())],
        arrivals: vec![],
        mark,
        end: MailEnd::None,
    })?;
    // The check of signatures comes some time after the mail.
    if position.is_multiple_of(2) {
        vet(journal)?;
    }
    Ok(())
}

/// Notes the verdict on all entries, as the pump does.
fn vet(journal: &mut Journal) -> journal::Result<()> {
    let upto = journal.end().position;
    let from = journal.reads().vetted()?;
    let stored = journal.reads().after(from, 100)?;
    let bad = stored.iter().filter(|stored| !signed(&stored.entry));
    let refused: Vec<_> = bad.map(|stored| (stored.position, Refusal::Signature.code().to_owned())).collect();
    journal.vetted(upto, &refused)
}

fn digests(own: OfficeId, deeds: &[Deed]) -> std::result::Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(JOURNAL);
    let mut journal = Journal::open(&path, own, own == HUB).unwrap();
    let mut hub = Journal::in_memory(HUB, true).unwrap();
    let words: Vec<Entry> = words()
        .into_iter()
        .map(|word| hub.group(|hub| hub.append(word, &key(HUB), 1, 0)).unwrap().1)
        .collect();
    let mut made = words.clone();
    journal
        .group(|journal| {
            for (number, word) in (1..).zip(&words) {
                match own == HUB {
                    true => journal.offered(
                        word,
                        Giver { author: false, put_back: true },
                        &mut Offered::default(),
                    )?,
                    false => bring(journal, word, true, 2 * number - 1)?,
                }
            }
            for (number, deed) in (10..).zip(deeds) {
                match deed {
                    Deed::Make(plan) => made.extend(make(plan, &made)),
                    Deed::Bring(which, way) if !made.is_empty() => {
                        bring(journal, &made[which.index(made.len())], *way, number)?;
                    }
                    Deed::Bring(..) => {}
                    // A scope twice is refused by name.
                    Deed::Write(scopes) => match journal.append(draft(scopes), &key(own), 1, number as u32) {
                        Ok((_, entry)) => made.push(entry),
                        Err(journal::JournalError::Entry(_)) => {}
                        Err(error) => return Err(error),
                    },
                }
            }
            vet(journal)?;
            vet(journal)
        })
        .unwrap();
    drop(journal);
    let journal = Journal::open(&path, own, own == HUB).unwrap();
    let mut mark = Mark::START;
    while mark != journal.end() {
        mark = journal::verify(journal.reads(), mark, None).unwrap();
    }
    let identity = Identity {
        office: own,
        key: key(own),
        hub: HUB,
        hub_key: key(HUB).verifying_key(),
        ring: Default::default(),
    };
    let store = Store { dir: dir.path(), identity: &identity };
    let verdict = verify(store, |_, _| {}).unwrap();
    prop_assert_eq!(verdict.findings.some, []);
    let source = Source { store, selection: &Selection::default(), authorities: &[] };
    archive::write(&dir.path().join("archive"), source, |_, _| {}).unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_the_door_lets_in_can_be_digested(deeds in deeds(), hub in any::<bool>()) {
        digests(if hub { HUB } else { OWN }, &deeds)?;
    }
}
