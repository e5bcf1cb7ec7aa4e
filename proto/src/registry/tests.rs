#![allow(clippy::unwrap_used)]
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn id(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

fn key(seed: u8) -> VerifyingKey {
    SigningKey::from_bytes(&[seed; 32]).verifying_key()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn fact(office: u128, tier: &str, parent: u128, since: &str) -> wire::OfficeFact {
    wire::OfficeFact {
        office: id(office).to_wire(),
        since: since.into(),
        tier: tier.into(),
        parent: if tier == "hub" { Default::default() } else { id(parent).to_wire() },
        code: format!("C{office}"),
        kind: "xã".into(),
        name: format!("Office {office}"),
        closed: false,
        successors: vec![],
    }
}

fn said(fact: wire::OfficeFact) -> wire::RegistryMove {
    wire::RegistryMove { r#move: Some(Move::Office(fact)) }
}

fn credential(office: u128, number: u64, seed: u8) -> wire::RegistryMove {
    wire::RegistryMove {
        r#move: Some(Move::Credential(wire::CredentialIssued {
            office: id(office).to_wire(),
            number,
            ledger_key: key(seed).to_bytes().to_vec().into(),
            certificate: vec![seed; 32].into(),
            not_after: 100,
            tls_key: vec![seed + 1; 32].into(),
        })),
    }
}

fn revoked(office: u128, up_to: u64) -> wire::RegistryMove {
    let office = id(office).to_wire();
    wire::RegistryMove {
        r#move: Some(Move::Revoked(wire::CredentialRevoked { office, up_to, ..Default::default() })),
    }
}

/// As [`revoked`], by a hub that had the ledger up to a place.
fn revoked_after(office: u128, up_to: u64, last: Seat) -> wire::RegistryMove {
    let last = wire::Base { incarnation: last.incarnation.0, seq: last.seq };
    let office = id(office).to_wire();
    let revoked = wire::CredentialRevoked { office, up_to, last: Some(last), ..Default::default() };
    wire::RegistryMove { r#move: Some(Move::Revoked(revoked)) }
}

/// Hub 1; province 2; districts 10, 11; communes 100, 101 under 10 and 110 under 11. Positions 1 to 7.
fn province() -> Registry {
    let mut registry = Registry::new(id(1), key(1));
    let since = "2020-01-01";
    let facts = [
        fact(1, "hub", 0, since),
        fact(2, "province", 1, since),
        fact(10, "district", 2, since),
        fact(11, "district", 2, since),
        fact(100, "commune", 10, since),
        fact(101, "commune", 10, since),
        fact(110, "commune", 11, since),
    ];
    for (position, fact) in (1..).zip(facts) {
        assert!(registry.apply(position, &said(fact)));
    }
    registry
}

#[test]
fn the_tree_is_walked_both_ways() {
    let registry = province();
    assert!(registry.is_above(id(1), id(110)) && registry.is_above(id(10), id(100)));
    assert!(!registry.is_above(id(10), id(110)) && !registry.is_above(id(10), id(10)));
    assert_eq!(registry.ancestors(id(100)).collect::<Vec<_>>(), [id(10), id(2), id(1)]);
    assert_eq!(registry.resolve(Scope::subtree(id(10))), [id(10), id(100), id(101)]);
    assert_eq!(registry.resolve(Scope::subtree(id(1))).len(), 7);
    assert_eq!(registry.tier(id(1)), Some(Tier::Hub));
    assert_eq!(registry.parent(id(2)), Some(id(1)));
}

#[test]
fn the_reform_of_2025_keeps_history_addressable() {
    let mut registry = province();
    let mut closed = fact(10, "district", 2, "2025-07-01");
    closed.closed = true;
    closed.successors = vec![id(100).to_wire()];
    assert!(registry.apply(20, &said(closed)));
    let mut moved = fact(100, "commune", 2, "2025-07-01");
    moved.name = "New commune".into();
    assert!(registry.apply(21, &said(moved)));
    assert_eq!(registry.name_at(id(100), day("2025-06-30")), Some("Office 100"));
    assert_eq!(registry.name_at(id(100), day("2025-07-01")), Some("New commune"));
    assert_eq!(registry.fact_at(id(100), day("2024-01-01")).unwrap().parent, Some(id(10)));
    assert_eq!(registry.parent(id(100)), Some(id(2)));
    assert!(!registry.is_open(id(10)));
    let under_10 = Scope::subtree(id(10));
    assert!(registry.addressed(id(100), under_10, 20) && !registry.addressed(id(100), under_10, 21));
    assert!(registry.addressed(id(10), Scope::office(id(10)), 19));
    assert!(!registry.addressed(id(10), Scope::office(id(10)), 20));
    assert!(registry.addressed(id(100), Scope::subtree(id(2)), 30), "never left the province");
}

#[test]
fn offices_under_a_closed_one_move_with_it() {
    let mut registry = province();
    let mut closed = fact(10, "district", 2, "2025-06-01");
    closed.closed = true;
    assert!(registry.apply(20, &said(closed.clone())));
    assert!(registry.addressed(id(100), Scope::subtree(id(10)), 20), "it has not left");
    closed.since = "2025-06-02".into();
    closed.parent = id(1).to_wire();
    assert!(registry.apply(21, &said(closed)));
    assert!(!registry.addressed(id(100), Scope::subtree(id(2)), 21));
}

#[test]
fn a_newcomer_gets_the_registry_from_its_start() {
    let mut registry = province();
    assert!(registry.apply(500, &said(fact(102, "commune", 10, "2025-01-01"))));
    assert!(registry.addressed(id(102), Scope::subtree(id(1)), 1));
    assert!(!registry.addressed(id(102), Scope::subtree(id(2)), 499));
    assert!(!registry.addressed(id(102), Scope::office(id(102)), 499));
}

#[test]
fn a_reused_code_means_an_office_only_with_a_date() {
    let mut registry = province();
    let mut ended = fact(100, "commune", 10, "2025-07-01");
    ended.closed = true;
    registry.apply(20, &said(ended));
    let mut heir = fact(200, "commune", 2, "2025-07-01");
    heir.code = "C100".into();
    registry.apply(21, &said(heir));
    assert_eq!(registry.by_code("C100", day("2025-06-30")), Some(id(100)));
    assert_eq!(registry.by_code("C100", day("2025-07-01")), Some(id(200)));
    assert_eq!(registry.by_code("C100", day("2019-12-31")), None);
}

#[test]
fn nonsense_changes_nothing() {
    let mut registry = province();
    let before = format!("{:?}", registry.memberships(id(100)));
    let mut bad_parent = fact(100, "commune", 10, "2025-01-01");
    bad_parent.parent = vec![1, 2, 3].into();
    let bad = [
        fact(100, "commune", 999, "2025-01-01"),
        fact(100, "village", 10, "2025-01-01"),
        fact(100, "commune", 10, "2025-02-30"),
        fact(100, "hub", 0, "2025-01-01"),
        fact(1, "province", 2, "2025-01-01"),
        fact(10, "district", 100, "2025-01-01"),
        fact(10, "district", 10, "2025-01-01"),
        fact(11, "district", 10, "2025-01-01"),
        bad_parent,
    ];
    for fact in bad {
        assert!(!registry.apply(50, &said(fact.clone())), "{fact:?}");
    }
    assert!(!registry.apply(50, &credential(999, 1, 1)));
    assert!(!registry.apply(50, &wire::RegistryMove { r#move: None }));
    assert_eq!(format!("{:?}", registry.memberships(id(100))), before);
    assert_eq!(registry.resolve(Scope::subtree(id(1))).len(), 7);
}

#[test]
fn keys_are_newest_first_and_end_with_their_revocation() {
    let mut registry = province();
    assert_eq!(registry.keys(id(1)), [key(1)], "the hub's is pinned");
    assert!(registry.apply(8, &credential(100, 1, 5)));
    assert!(registry.apply(9, &credential(100, 2, 6)));
    assert!(!registry.apply(10, &credential(100, 2, 7)), "a number names one key");
    assert_eq!(registry.keys(id(100)), [key(6), key(5)]);
    assert_eq!(registry.credential(id(100)).unwrap().number, 2);
    assert!(registry.apply(11, &revoked(100, 1)));
    assert_eq!(registry.keys(id(100)), [key(6)]);
    assert!(registry.apply(12, &revoked(100, 2)));
    assert!(!registry.apply(13, &revoked(100, 1)), "already covered");
    assert!(registry.keys(id(100)).is_empty() && registry.credential(id(100)).is_none());
}

#[test]
fn what_the_hub_had_when_a_key_was_revoked_still_counts() {
    let seat = |incarnation, seq| Seat { incarnation: Incarnation(incarnation), seq };
    let mut registry = province();
    for (number, seed) in [(1, 5), (2, 6), (3, 7)] {
        assert!(registry.apply(8, &credential(100, number, seed)));
    }
    assert!(registry.apply(9, &revoked_after(100, 1, seat(4, 20))));
    assert_eq!(registry.keys(id(100)), [key(7), key(6)], "it may sign nothing more");
    for had in [seat(1, 1), seat(3, 90), seat(4, 20)] {
        assert_eq!(registry.keys_at(id(100), had), [key(7), key(6), key(5)], "{had:?}");
    }
    for later in [seat(4, 21), seat(5, 2)] {
        assert_eq!(registry.keys_at(id(100), later), [key(7), key(6)], "{later:?}");
    }
    // Each revocation has its own place, and one without a place takes everything.
    assert!(registry.apply(10, &revoked_after(100, 2, seat(6, 30))));
    assert_eq!(registry.keys_at(id(100), seat(6, 30)), [key(7), key(6)]);
    assert!(registry.apply(11, &revoked(100, 3)));
    assert_eq!(registry.keys_at(id(100), seat(1, 1)), [key(6), key(5)]);
}

proptest! {
    /// Memberships updated step by step equal those read from the whole tree after each entry.
    #[test]
    fn memberships_follow_the_tree(moves in prop::collection::vec((2u128..9, 0usize..4, 0u128..9, any::<bool>(), 1u32..4), 1..40)) {
        let mut registry = Registry::new(id(1), key(1));
        let mut trees = vec![registry.clone()];
        for (position, (office, tier, parent, closed, month)) in (1..).zip(moves) {
            let tier = ["hub", "province", "district", "commune"][tier];
            let mut fact = fact(office, tier, parent, &format!("2025-{month:02}-01"));
            fact.closed = closed;
            registry.apply(position, &said(fact));
            trees.push(registry.clone());
        }
        for (position, tree) in trees.iter().enumerate() {
            for office in 1..9 {
                // All but the hub's subtree, which reaches back to the start.
                let subtrees = (2..9).map(|top| Scope::subtree(id(top)));
                for scope in subtrees.chain((1..9).map(|one| Scope::office(id(one)))) {
                    prop_assert_eq!(
                        registry.addressed(id(office), scope, position as u64),
                        tree.resolve(scope).contains(&id(office)),
                        "office {} scope {:?} at {}", office, scope, position
                    );
                }
            }
        }
    }
}

#[test]
fn a_renewal_keeps_number_and_keys_and_never_goes_back() {
    let mut registry = province();
    assert!(registry.apply(8, &credential(100, 1, 5)));
    let mut renewed = credential(100, 1, 5);
    let Some(Move::Credential(said)) = &mut renewed.r#move else { unreachable!() };
    (said.certificate, said.not_after, said.tls_key) = (vec![9; 32].into(), 200, Default::default());
    let older_hub = renewed.clone();
    assert!(registry.apply(9, &older_hub));
    let known = registry.credential(id(100)).unwrap();
    assert_eq!((known.number, known.key, known.not_after, known.position), (1, key(5), 200, 9));
    assert_eq!(known.certificate, Hash([9; 32]));
    assert_eq!(known.tls_key, Some(Hash([6; 32])), "an older hub does not say it");
    assert_eq!(registry.office(id(100)).unwrap().highest_credential(), 1);
    assert_eq!(registry.keys(id(100)), [key(5)]);
    // A certificate that is announced again, or late, does not replace a newer one.
    assert!(!registry.apply(10, &credential(100, 1, 5)));
    assert_eq!(registry.credential(id(100)).unwrap().not_after, 200);
}

#[test]
fn the_last_word_on_authorities_counts() {
    let mut registry = province();
    assert_eq!(registry.authorities(), &Authorities::default());
    let trusted = |names: &[&'static [u8]]| wire::RegistryMove {
        r#move: Some(Move::Authorities(wire::AuthoritiesTrusted {
            certificates: names.iter().map(|name| Bytes::from_static(name)).collect(),
        })),
    };
    assert!(registry.apply(8, &trusted(&[b"new", b"old"])));
    assert!(!registry.apply(9, &trusted(&[])), "nobody would be trusted");
    assert!(!registry.apply(9, &trusted(&[b"new", b""])));
    assert!(!registry.apply(9, &trusted(&[&b"x"[..]; limits::AUTHORITIES + 1])));
    assert_eq!(registry.authorities().position, 8);
    assert!(registry.apply(10, &trusted(&[b"new"])));
    assert_eq!(
        registry.authorities(),
        &Authorities { certificates: vec![Bytes::from_static(b"new")], position: 10 }
    );
}

#[test]
fn a_question_is_open_until_it_is_answered_or_the_machine_is_another() {
    let asked = |credential| wire::RegistryMove {
        r#move: Some(Move::Question(wire::QuestionRaised { office: id(100).to_wire(), credential })),
    };
    let answered = |approved| wire::RegistryMove {
        r#move: Some(Move::Answer(wire::QuestionAnswered { office: id(100).to_wire(), approved })),
    };
    let mut registry = province();
    let mut open = |mv: wire::RegistryMove| {
        registry.apply(50, &mv);
        registry.office(id(100)).unwrap().is_questioned()
    };
    assert!(!open(credential(100, 1, 5)));
    assert!(open(asked(1)));
    assert!(!open(answered(true)));
    assert!(open(asked(1)));
    assert!(open(credential(100, 1, 5)), "a renewal is no other machine");
    assert!(!open(credential(100, 2, 6)));
    assert!(open(asked(2)));
    assert!(!open(revoked(100, 2)));
}
