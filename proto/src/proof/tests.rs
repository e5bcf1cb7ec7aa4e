#![allow(clippy::unwrap_used)]
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::entry::Header;
use crate::id::{Incarnation, RecordId};
use crate::time::Hlc;
use crate::wire::{self, Confidentiality, Urgency};

const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
const NODE: OfficeId = OfficeId(Uuid::from_u128(2));

fn key(office: OfficeId) -> SigningKey {
    SigningKey::from_bytes(&[office.0.as_bytes()[15]; 32])
}

/// One ledger being written.
struct Pen {
    office: OfficeId,
    key: SigningKey,
    tip: Option<Entry>,
    said: HashMap<Scope, Seat>,
}

impl Pen {
    fn new(office: OfficeId) -> Self {
        Self { office, key: key(office), tip: None, said: HashMap::new() }
    }

    fn write(&mut self, run: u32, scopes: &[Scope], kind: u32, body: Bytes) -> Entry {
        let tip = self.tip.as_ref();
        let incarnation = Incarnation(u64::from(run) << 32);
        let base = tip.map(|tip| tip.header.seat).filter(|seat| seat.incarnation != incarnation);
        let seat = Seat { incarnation, seq: tip.map_or(0, |tip| tip.header.seat.seq) + 1 };
        let channels =
            scopes.iter().map(|scope| Channel { scope: *scope, previous: self.said.get(scope).copied() });
        let header = Header {
            ledger: self.office,
            seat,
            base,
            time: Hlc(seat.seq),
            seen: None,
            author: "a".into(),
            record: RecordId(Uuid::from_u128(9)),
            kind,
            mv: crate::record::number(&body),
            audience: channels.collect(),
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let prev = tip.map_or(Hash::ZERO, |tip| tip.hash);
        let entry = Entry::write(&header, &body, [0; crate::entry::SALT], prev, &self.key).unwrap();
        self.said.extend(scopes.iter().map(|scope| (*scope, seat)));
        self.tip = Some(entry.clone());
        entry
    }

    fn word(&mut self, word: registry_move::Move) -> Entry {
        let mv = Move(RegistryMove { r#move: Some(word) });
        self.write(1, &[Scope::subtree(HUB)], Move::KIND, mv.encode())
    }
}

/// The journal of a hub: it and one office, whose program started anew now and then.
fn journal(starts: &[u32]) -> Vec<Entry> {
    let (mut hub, mut node) = (Pen::new(HUB), Pen::new(NODE));
    let fact = |office: OfficeId, tier: &str, parent: bytes::Bytes| {
        registry_move::Move::Office(wire::OfficeFact {
            office: office.to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent,
            name: "N".into(),
            ..Default::default()
        })
    };
    let credential = registry_move::Move::Credential(wire::CredentialIssued {
        office: NODE.to_wire(),
        number: 1,
        ledger_key: key(NODE).verifying_key().to_bytes().to_vec().into(),
        certificate: Hash([1; 32]).to_wire(),
        not_after: 1,
        ..Default::default()
    });
    let mut all = vec![
        hub.word(fact(HUB, "hub", bytes::Bytes::new())),
        hub.word(fact(NODE, "commune", HUB.to_wire())),
        hub.word(credential),
    ];
    let scopes = [Scope::office(HUB), Scope::office(NODE)];
    for (index, run) in starts.iter().enumerate() {
        all.push(node.write(*run, &scopes[..1 + index % 2], 99, vec![index as u8].into()));
    }
    all
}

fn subject() -> Subject {
    Subject {
        own: HUB,
        hub: HUB,
        hub_keys: vec![key(HUB).verifying_key()],
        own_keys: vec![],
        whole: Whole::All,
        journal: true,
    }
}

/// Findings of the judge on entries at positions in this order, with receipts for `heads`.
fn judged(entries: &[Entry], heads: &[&Entry]) -> Findings {
    let bases = entries
        .iter()
        .filter_map(|entry| entry.header.base.map(|seat| Place { ledger: entry.header.ledger, seat }));
    let mut judge = Judge::new(subject(), bases);
    for head in heads {
        let receipt = Receipt::sign(head.header.ledger, head.link(), 1, Hlc(1), &key(HUB));
        judge.receipt(head.header.ledger, &receipt);
    }
    for (index, entry) in entries.iter().enumerate() {
        judge.entry(JudgedEntry::new(index as u64 + 1, entry), None);
    }
    judge.finish().findings
}

fn first(findings: &Findings) -> Option<(Wrong, Option<u64>)> {
    findings.first.as_ref().map(|fault| (fault.wrong, fault.position))
}

proptest! {
    #[test]
    fn what_is_whole_is_clean_and_any_one_loss_is_found_where_it_is(
        steps in prop::collection::vec(0..2u32, 1..20), lost in any::<prop::sample::Index>(),
    ) {
        let mut run = 1;
        let starts: Vec<u32> = steps.iter().map(|step| { run += step; run }).collect();
        let all = journal(&starts);
        let heads = [&all[2], all.last().unwrap()];
        let clean = judged(&all, &heads);
        prop_assert_eq!(first(&clean), None);
        prop_assert_eq!((clean.receipts, clean.holes, clean.islands), (2, 0, 0));

        let lost = lost.index(all.len());
        let mut fewer = all.clone();
        fewer.remove(lost);
        let found = judged(&fewer, &heads);
        let (wrong, position) = first(&found).unwrap();
        let expected = if lost == 2 || lost + 1 == all.len() {
            // The end of a ledger: nothing but the receipt knows. Without its key an office has no signature either.
            matches!(wrong, Wrong::ReceiptedMissing | Wrong::NoKey)
        } else {
            matches!(wrong, Wrong::Missing | Wrong::NoKey) && position == Some(lost as u64 + 1)
                || lost == 1 && position.is_some()
        };
        prop_assert!(expected, "{:?} lost of {}: {:?}", lost, all.len(), found);
    }

    #[test]
    fn a_changed_byte_or_signature_is_found_where_it_is(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), change in 1..=255u8,
    ) {
        let mut all = journal(&[1, 1, 2, 2, 3]);
        let heads: Vec<Entry> = vec![all[2].clone(), all.last().unwrap().clone()];
        let which = which.index(all.len());
        let at = at.index(64);
        all[which].signature[at] ^= change;
        let found = judged(&all, &heads.iter().collect::<Vec<_>>());
        let (wrong, position) = first(&found).unwrap();
        prop_assert!(matches!(wrong, Wrong::Signature | Wrong::NoKey));
        // A word of the hub that does not count leaves an office without its key: that shows at the same place first.
        prop_assert_eq!(position, Some(which as u64 + 1));
    }
}

/// What the office contradicts itself by.
fn lie(findings: &Findings) -> Option<(Wrong, Option<u64>)> {
    findings.lies.get(&NODE).map(|fault| (fault.wrong, fault.position))
}

#[test]
fn each_way_of_rewriting_has_its_name() {
    let all = journal(&[1, 1, 2, 2, 3, 3]);
    let heads = [&all[2], all.last().unwrap()];
    let mut swapped = all.clone();
    swapped.swap(4, 5);
    // The order in a journal is for its running hash; a predecessor that comes late is still there.
    assert_eq!(first(&judged(&swapped, &heads)), None);

    let mut twice = all.clone();
    twice.insert(5, all[4].clone());
    assert_eq!(first(&judged(&twice, &heads)), Some((Wrong::Repeated, Some(6))));

    // Another life of the same office, put in the place of the end.
    let other = {
        let mut pen = Pen::new(NODE);
        (0..6).for_each(|index| {
            pen.write([1, 1, 2, 2, 3, 3][index], &[Scope::office(HUB)], 99, vec![7].into());
        });
        pen.tip.unwrap()
    };
    let mut spliced = all.clone();
    *spliced.last_mut().unwrap() = other;
    let found = judged(&spliced, &heads);
    assert_eq!(first(&found), Some((Wrong::ReceiptedOther, None)), "{found:?}");
    assert_eq!(lie(&found), Some((Wrong::Chain, Some(9))));

    let mut pen = Pen::new(NODE);
    pen.tip = Some(all[7].clone());
    let lying = pen.write(3, &[Scope::office(HUB)], 99, vec![].into());
    let mut broken = all.clone();
    *broken.last_mut().unwrap() = lying.clone();
    // Its author signed it: that is proof against him, and no fault of what is here.
    let found = judged(&broken, &[&lying]);
    assert_eq!((first(&found), lie(&found)), (None, Some((Wrong::Channel, Some(9)))));

    let forged = Receipt::sign(NODE, heads[1].link(), 1, Hlc(1), &key(NODE));
    let mut judge = Judge::new(subject(), []);
    judge.receipt(NODE, &forged);
    assert_eq!(first(&judge.finish().findings), Some((Wrong::ReceiptSignature, None)));
}

#[test]
fn a_revoked_key_counts_for_what_it_wrote_before_only() {
    let mut all = journal(&[1, 1, 1]);
    let mut hub = Pen::new(HUB);
    hub.tip = Some(all[2].clone());
    hub.said = HashMap::from([(Scope::subtree(HUB), all[2].header.seat)]);
    let revoked = hub.word(registry_move::Move::Revoked(wire::CredentialRevoked {
        office: NODE.to_wire(),
        up_to: 1,
        reason: String::new(),
        held: vec![],
    }));
    all.insert(4, revoked);
    let found = judged(&all, &[]);
    assert_eq!(first(&found), Some((Wrong::Signature, Some(6))));

    // The hub said so, and refused them: then that is what became of them.
    let late: Vec<Entry> = all[5..].to_vec();
    for entry in late {
        all.push(hub.word(registry_move::Move::Refused(wire::EntryRefused {
            ledger: NODE.to_wire(),
            incarnation: entry.header.seat.incarnation.0,
            seq: entry.header.seat.seq,
            hash: entry.hash.to_wire(),
            reason: "signature".into(),
        })));
    }
    let found = judged(&all, &[]);
    assert_eq!((first(&found), found.refused), (None, 2));
}

#[test]
fn a_ledger_that_is_here_in_part_owes_only_what_is_said_to_everybody() {
    let mut all = journal(&[1, 1, 2]);
    all.remove(4);
    let part = Subject { own: NODE, whole: Whole::These(HashSet::new()), journal: false, ..subject() };
    let judge = |all: &[Entry]| {
        let mut judge = Judge::new(part.clone(), []);
        for (index, entry) in all.iter().enumerate() {
            judge.entry(JudgedEntry::new(index as u64 + 1, entry), None);
        }
        judge.finish().findings
    };
    let found = judge(&all);
    assert_eq!((first(&found), found.holes), (None, 0));
    all.remove(1);
    let found = judge(&all);
    assert_eq!(found.holes, 1);
    assert_eq!(found.hole.unwrap().position, Some(2));
}
