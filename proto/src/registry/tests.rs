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
        ..Default::default()
    }
}

/// The fact, said on another day than its own.
fn on(said: &str, fact: wire::OfficeFact) -> wire::OfficeFact {
    wire::OfficeFact { said: said.into(), ..fact }
}

fn turned(day: &str) -> wire::RegistryMove {
    wire::RegistryMove { r#move: Some(Move::Turned(wire::DayTurned { day: day.into() })) }
}

fn withdrawn(office: u128, since: &str, said: &str) -> wire::RegistryMove {
    let (office, since, said) = (id(office).to_wire(), since.into(), said.into());
    wire::RegistryMove { r#move: Some(Move::Withdrawn(wire::OfficeWithdrawn { office, since, said })) }
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

/// As [`revoked`], by a hub that had the ledger up to these places, one for each incarnation.
fn revoked_holding(office: u128, up_to: u64, held: &[(u64, u64)]) -> wire::RegistryMove {
    let held = held.iter().map(|(incarnation, seq)| wire::Base { incarnation: *incarnation, seq: *seq });
    let (office, held) = (id(office).to_wire(), held.collect());
    let revoked = wire::CredentialRevoked { office, up_to, held, ..Default::default() };
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

/// The hub and the province's office would number in one series.
#[test]
fn no_symbol_is_the_hubs_and_a_provinces_on_one_day() {
    let mut registry = Registry::new(id(1), key(1));
    let with = |symbols: &[&str], fact: wire::OfficeFact| {
        let symbols = symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
        said(wire::OfficeFact { symbols, said: "2026-11-30".into(), ..fact })
    };
    let hub = |since| fact(1, "hub", 0, since);
    let province = |since| fact(2, "province", 1, since);
    let own = |registry: &Registry, office, on| {
        let own = registry.fact_at(id(office), day(on)).map(Fact::symbols).unwrap_or_default();
        own.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(registry.apply(1, &with(&[], hub("2025-07-01"))));
    assert!(registry.apply(2, &with(&[], province("2025-07-01"))));
    assert!(own(&registry, 1, "2026-11-30").is_empty());
    assert_eq!(own(&registry, 2, "2026-11-30"), ["TU", "VPTU"]);
    assert!(!registry.apply(3, &with(&["VPTU"], hub("2026-11-30"))), "the province's office numbers with it");
    assert!(registry.apply(4, &with(&["TTTU"], hub("2026-11-30"))));
    assert!(!registry.apply(5, &with(&["TU", "TTTU"], province("2026-12-01"))), "the hub has it by then");
    assert!(
        !registry.apply(6, &with(&["TU", "TTTU"], province("2026-01-01"))),
        "and it would last until then"
    );
    assert!(registry.apply(7, &with(&["UBKTTU"], hub("2027-01-01"))));
    assert!(registry.apply(8, &with(&["TU", "TTTU"], province("2027-01-01"))), "the hub gave it up");
    assert!(registry.apply(9, &with(&["TTTU"], fact(3, "commune", 2, "2025-07-01"))), "its own registers");
    for wrong in ["", "tu ", "T U", "TU/2", "-TU", "1TU"] {
        assert!(!registry.apply(10, &with(&[wrong], province("2028-01-01"))), "{wrong:?}");
    }
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
    assert!(registry.addressed(id(10), under_10, 19) && !registry.addressed(id(10), under_10, 20));
    assert!(registry.addressed(id(10), Scope::office(id(10)), 20), "what is meant for it still comes");
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
fn a_revoked_key_signs_nothing_that_the_hub_did_not_have() {
    let seat = |incarnation, seq| Seat { incarnation: Incarnation(incarnation), seq };
    let mut registry = province();
    for (number, seed) in [(1, 5), (2, 6), (3, 7)] {
        assert!(registry.apply(8, &credential(100, number, seed)));
    }
    assert!(registry.apply(9, &revoked_holding(100, 1, &[(1, 5), (3, 90), (4, 20)])));
    assert_eq!(registry.keys(id(100)), [key(7), key(6)], "it may sign nothing more");
    for had in [seat(1, 1), seat(1, 5), seat(3, 90), seat(4, 20)] {
        assert_eq!(registry.keys_at(id(100), had), [key(7), key(6), key(5)], "{had:?}");
    }
    for new in [seat(1, 6), seat(2, 1), seat(3, 91), seat(4, 21), seat(5, 2)] {
        assert_eq!(registry.keys_at(id(100), new), [key(7), key(6)], "{new:?}");
    }
    // Each revocation has its own list, and one without takes everything.
    assert!(registry.apply(10, &revoked_holding(100, 2, &[(6, 30)])));
    assert_eq!(registry.keys_at(id(100), seat(6, 30)), [key(7), key(6)]);
    assert!(registry.apply(11, &revoked(100, 3)));
    assert_eq!(registry.keys_at(id(100), seat(1, 1)), [key(5)]);
    let full: Vec<(u64, u64)> = (0..limits::HELD as u64).map(|n| (n + 10, n)).collect();
    assert!(registry.apply(12, &credential(101, 1, 8)));
    assert!(registry.apply(13, &revoked_holding(101, 1, &full)));
    assert_eq!(registry.keys_at(id(101), seat(9, 9)), [key(8)], "older than a full list");
    assert!(registry.keys_at(id(101), seat(10, 1)).is_empty());
}

#[test]
fn one_key_is_of_one_office() {
    let mut registry = province();
    assert!(registry.apply(8, &credential(100, 1, 5)));
    assert!(!registry.apply(9, &credential(101, 1, 5)), "100 has it");
    assert!(!registry.apply(9, &credential(101, 1, 1)), "the hub has it");
    assert!(registry.apply(9, &revoked(100, 1)));
    assert!(!registry.apply(10, &credential(101, 1, 5)), "what 100 signed is still 100's");
    assert!(registry.apply(10, &credential(101, 1, 6)));
    assert_eq!(registry.owner_of(key(5).as_bytes()), Some(id(100)));
}

#[test]
fn a_fact_of_a_day_to_come_rests_until_its_day_turns() {
    let mut registry = province();
    let move_to_11 = on("2026-11-30", fact(100, "commune", 11, "2027-07-01"));
    assert!(registry.apply(20, &said(move_to_11)));
    let (old, new) = (Scope::subtree(id(10)), Scope::subtree(id(11)));
    let (before, day_itself) = (day("2027-06-30"), day("2027-07-01"));
    assert_eq!(registry.next_turn(), Some(day_itself));
    assert!(registry.is_above(id(10), id(100)) && !registry.is_above(id(11), id(100)));
    assert!(registry.addressed(id(100), old, 500) && !registry.addressed(id(100), new, 500));
    assert!(registry.is_above_at(id(10), id(100), before), "nobody loses rights before the day");
    assert!(registry.is_above_at(id(11), id(100), day_itself));
    assert!(registry.apply(600, &turned("2027-06-30")));
    assert!(registry.is_above(id(10), id(100)));
    assert!(registry.apply(700, &turned("2027-07-01")));
    assert!(registry.is_above(id(11), id(100)));
    assert!(registry.addressed(id(100), old, 699) && !registry.addressed(id(100), old, 700));
    assert!(!registry.addressed(id(100), new, 699) && registry.addressed(id(100), new, 700));
    // What was written before the day is judged by the old map, whenever it comes.
    assert!(registry.is_above_at(id(10), id(100), before));
    let after = format!("{:?}", registry.memberships(id(100)));
    for day in ["2027-07-01", "2027-06-01"] {
        assert!(!registry.apply(800, &turned(day)), "a hub that was put back says it again");
    }
    assert_eq!(format!("{:?}", registry.memberships(id(100))), after);
    assert_eq!(registry.next_turn(), None);
}

#[test]
fn an_office_that_is_still_to_come_is_known_and_gets_what_concerns_it() {
    let mut registry = province();
    assert!(registry.apply(20, &said(on("2026-11-30", fact(200, "commune", 2, "2027-01-01")))));
    assert!(!registry.is_open(id(200)) && registry.office(id(200)).unwrap().is_coming());
    assert!(registry.addressed(id(200), Scope::office(id(200)), 21));
    assert!(registry.addressed(id(200), Scope::subtree(id(1)), 3), "the registry from its start");
    assert!(!registry.addressed(id(200), Scope::subtree(id(2)), 21));
    assert!(!registry.resolve(Scope::subtree(id(2))).contains(&id(200)));
    assert_eq!(registry.by_code("C200", day("2026-12-31")), None);
    assert_eq!(registry.by_code("C200", day("2027-01-01")), Some(id(200)));
    assert_eq!(registry.judged(id(200), day("2026-12-31")), None);
    assert!(registry.apply(30, &turned("2027-01-02")));
    assert!(registry.is_open(id(200)) && registry.addressed(id(200), Scope::subtree(id(2)), 30));
}

#[test]
fn a_question_has_the_day_and_the_day_on_which_it_is_known() {
    let mut registry = province();
    let mut right = on("2026-07-15", fact(100, "commune", 10, "2026-07-01"));
    right.name = "Right".into();
    let mut wrong = on("2026-07-01", fact(100, "commune", 10, "2026-07-01"));
    wrong.name = "Wrong".into();
    assert!(registry.apply(20, &said(wrong)) && registry.apply(21, &said(right)));
    let name = |on, known| registry.fact_known(id(100), day(on), day(known)).map(|fact| fact.name.as_str());
    assert_eq!(registry.name_at(id(100), day("2026-07-10")), Some("Right"));
    assert_eq!(name("2026-07-10", "2026-07-14"), Some("Wrong"));
    assert_eq!(name("2026-07-10", "2026-07-15"), Some("Right"));
    assert_eq!(name("2026-06-30", "2026-07-15"), Some("Office 100"));
    assert_eq!(registry.judged(id(100), day("2026-07-14")).unwrap().name, "Wrong");
    assert_eq!(registry.judged(id(100), day("1999-01-01")).unwrap().name, "Office 100", "known too late");
}

#[test]
fn what_was_said_by_mistake_is_taken_back() {
    let mut registry = province();
    assert!(registry.apply(20, &said(on("2026-11-30", fact(300, "commune", 10, "2024-01-01")))));
    assert!(registry.is_open(id(300)) && registry.is_unused(id(300)));
    assert!(!registry.apply(21, &withdrawn(10, "", "2026-12-01")), "communes stand under it");
    assert!(registry.apply(22, &withdrawn(300, "", "2026-12-01")));
    assert!(
        !registry.is_open(id(300)) && registry.memberships(id(300)).iter().all(|one| one.until.is_some())
    );
    assert_eq!(registry.by_code("C300", day("2026-12-02")), None);
    assert!(
        !registry.exists_on(id(300), day("2026-12-01")) && registry.exists_on(id(300), day("2026-11-30"))
    );
    assert!(!registry.apply(23, &withdrawn(300, "", "2026-12-02")), "there is nothing left");
    // One fact of several: what was true before is true again.
    assert!(registry.apply(24, &said(on("2026-12-01", fact(100, "commune", 11, "2026-12-01")))));
    assert!(registry.apply(25, &credential(100, 1, 5)));
    assert!(!registry.apply(26, &withdrawn(100, "", "2026-12-02")), "it has had a machine");
    assert!(registry.apply(27, &withdrawn(100, "2026-12-01", "2026-12-03")));
    assert_eq!(registry.parent(id(100)), Some(id(10)));
    assert_eq!(registry.parent_at(id(100), day("2026-12-02")), Some(id(11)), "until then it counted");
    assert_eq!(registry.parent_at(id(100), day("2026-12-03")), Some(id(10)));
    // A fact that rests never comes into force once it is taken back.
    assert!(registry.apply(28, &said(on("2026-12-03", fact(100, "commune", 11, "2027-01-01")))));
    assert!(registry.apply(29, &withdrawn(100, "2027-01-01", "2026-12-04")));
    assert_eq!(registry.next_turn(), None);
    assert!(registry.apply(30, &turned("2027-01-01")));
    assert_eq!(registry.parent(id(100)), Some(id(10)));
}

/// The tree after a list that puts each office of [`province`] on a level, under one of a higher level.
fn placed(choices: &[(u8, u8)]) -> Vec<wire::OfficeFact> {
    let tiers = ["province", "district", "commune"];
    let mut above: Vec<(u128, usize)> = Vec::new();
    let mut facts = Vec::new();
    let mut level = |office, tier: usize, choice: u8| {
        let higher: Vec<u128> = above.iter().filter(|(_, other)| *other < tier).map(|(id, _)| *id).collect();
        let parent = if tier == 0 { 1 } else { higher[usize::from(choice) % higher.len()] };
        above.push((office, tier));
        facts.push(fact(office, tiers[tier], parent, "2021-01-01"));
    };
    level(2, 0, 0);
    let mut others: Vec<(u128, usize, u8)> = [10, 11, 100, 101, 110]
        .into_iter()
        .zip(choices)
        .map(|(office, (tier, parent))| (office, usize::from(tier % 3), *parent))
        .collect();
    others.sort_by_key(|(_, tier, _)| *tier);
    others.into_iter().for_each(|(office, tier, parent)| level(office, tier, parent));
    facts
}

proptest! {
    /// A list that makes sense takes effect as a whole, however its lines stand.
    #[test]
    fn the_order_of_a_list_does_not_matter(
        facts in prop::collection::vec((0..3_u8, any::<u8>()), 5).prop_map(|choices| placed(&choices)).prop_shuffle()
    ) {
        let mut registry = province();
        let words = facts.iter().cloned().map(Move::Office).collect();
        let words = registry.effective(words);
        prop_assert!(words.is_ok(), "{facts:?}");
        for word in words.unwrap_or_default() {
            let position = registry.newest() + 1;
            let applied = registry.apply(position, &wire::RegistryMove { r#move: Some(word) });
            prop_assert!(applied);
        }
        for fact in facts {
            let Some(id) = OfficeId::from_wire(&fact.office) else { continue };
            prop_assert_eq!(registry.tier(id).map(Tier::name), Some(&*fact.tier));
            prop_assert_eq!(registry.parent(id), OfficeId::from_wire(&fact.parent));
        }
    }
}

#[test]
fn what_would_change_nothing_is_named() {
    let registry = province();
    let down = |office| Move::Office(fact(office, "commune", 2, "2021-01-01"));
    let moved = |office| Move::Office(fact(office, "commune", 11, "2021-01-01"));
    assert_eq!(registry.effective(vec![moved(100), down(10)]), Err(1), "101 is still under it");
    assert_eq!(registry.effective(vec![down(10), moved(100), moved(101)]).map(|words| words.len()), Ok(3));
    assert_eq!(
        registry.office(id(10)).and_then(|office| office.current()).map(|fact| fact.tier),
        Some(Tier::District)
    );
    let revoked = Move::Revoked(wire::CredentialRevoked { office: id(2).to_wire(), ..Default::default() });
    assert_eq!(registry.effective(vec![revoked]), Err(0));
}

#[test]
fn the_newest_list_of_addresses_counts() {
    let mut registry = province();
    let listed = |addresses: &[&str]| wire::RegistryMove {
        r#move: Some(Move::Addresses(wire::HubAddresses {
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        })),
    };
    assert!(registry.addresses().is_empty());
    assert!(registry.apply(8, &listed(&["hub.example:7443", "[2001:db8::1]:7443"])));
    for wrong in [&[][..], &["no port"], &["hub.example:7443", ""], &["h:1"; limits::HUB_ADDRESSES + 1]] {
        assert!(!registry.apply(9, &listed(wrong)), "{wrong:?}");
    }
    assert_eq!(registry.addresses(), ["hub.example:7443", "[2001:db8::1]:7443"]);
    assert!(!registry.apply(10, &listed(&["hub.example:7443", "[2001:db8::1]:7443"])), "no news");
}

proptest! {
    /// Memberships updated step by step equal those read from the whole tree after each entry.
    #[test]
    fn memberships_follow_the_tree(moves in prop::collection::vec(step(), 1..40)) {
        let mut registry = Registry::new(id(1), key(1));
        let mut trees = vec![registry.clone()];
        for (position, mv) in (1..).zip(moves) {
            registry.apply(position, &mv);
            trees.push(registry.clone());
        }
        for (position, tree) in trees.iter().enumerate() {
            for office in 1..9 {
                // All but the hub's subtree, which reaches back to the start.
                for scope in (2..9).map(|top| Scope::subtree(id(top))) {
                    prop_assert_eq!(
                        registry.addressed(id(office), scope, position as u64),
                        tree.resolve(scope).contains(&id(office)),
                        "office {} scope {:?} at {}", office, scope, position
                    );
                }
                let known = office == 1 || tree.office(id(office)).is_some_and(|known| known.current().is_some());
                prop_assert_eq!(registry.addressed(id(office), Scope::office(id(office)), position as u64), known);
            }
        }
    }

    /// What was done on a day is judged alike by who knows what was said up to that day, and by who knows all that was
    /// said later: so the order in which entries arrive does not matter.
    #[test]
    fn what_is_said_later_judges_no_earlier_day(moves in prop::collection::vec(step(), 1..40)) {
        let mut moves = moves;
        moves.sort_by_key(|mv| match &mv.r#move {
            Some(Move::Office(fact)) => fact.said.clone(),
            Some(Move::Withdrawn(said)) => said.said.clone(),
            _ => String::new(),
        });
        let mut registries = vec![Registry::new(id(1), key(1))];
        for (position, mv) in (1..).zip(&moves) {
            let mut next = registries[registries.len() - 1].clone();
            next.apply(position, mv);
            registries.push(next);
        }
        let whole = &registries[registries.len() - 1];
        for month in 1..7 {
            let day = day(&format!("2025-{month:02}-01"));
            let said_by = |mv: &wire::RegistryMove| match &mv.r#move {
                Some(Move::Office(fact)) => fact.said <= day.to_string(),
                Some(Move::Withdrawn(said)) => said.said <= day.to_string(),
                _ => true,
            };
            let then = &registries[moves.iter().take_while(|mv| said_by(mv)).count()];
            for office in 1..9 {
                // An office of which nothing was known on that day is no author of anything that was done then.
                if then.exists_on(id(office), day) {
                    prop_assert_eq!(then.judged(id(office), day).map(|fact| (&fact.name, fact.since, fact.parent)),
                        whole.judged(id(office), day).map(|fact| (&fact.name, fact.since, fact.parent)));
                    prop_assert_eq!(then.ancestors_at(id(office), day).collect::<Vec<_>>(),
                        whole.ancestors_at(id(office), day).collect::<Vec<_>>());
                }
            }
        }
    }
}

/// A word of a small province: mostly facts, of days before or after the day on which they are said.
fn step() -> impl Strategy<Value = wire::RegistryMove> {
    (0..10u8, 2u128..9, 0usize..4, 0u128..9, any::<bool>(), 1u32..7, 1u32..7).prop_map(
        |(what, office, tier, parent, closed, since, on)| {
            let (since, on) = (format!("2025-{since:02}-01"), format!("2025-{on:02}-01"));
            let tier = ["hub", "province", "district", "commune"][tier];
            match what {
                0 => turned(&on),
                1 => withdrawn(office, if closed { "" } else { &since }, &on),
                _ => said(wire::OfficeFact { closed, said: on, ..fact(office, tier, parent, &since) }),
            }
        },
    )
}

#[test]
fn a_renewal_keeps_number_and_keys_and_the_last_one_counts() {
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
    assert!(!registry.apply(10, &older_hub), "it says nothing new");
    // By a wrong clock: ten years too long. What is said once the clock is right counts.
    assert!(registry.apply(11, &credential(100, 1, 5)));
    let known = registry.credential(id(100)).unwrap();
    assert!(known.not_after < 200 && known.position == 11);
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

#[test]
fn offices_bear_the_names_of_their_committees() {
    let named = |name: &str| {
        let fact = Fact {
            since: day("2025-07-01"),
            said: day("2025-07-01"),
            withdrawn: None,
            order: 0,
            tier: Tier::Commune,
            parent: None,
            code: String::new(),
            kind: String::new(),
            name: name.to_owned(),
            closed: false,
            successors: Vec::new(),
            symbols: Vec::new(),
        };
        (fact.committee(), fact.organisation().unwrap_or_default(), fact.place())
    };
    let own = |all: [&str; 3]| (all[0].to_owned(), all[1].to_owned(), all[2].to_owned());
    for (name, is) in [
        ("Tỉnh Nghệ An", ["Tỉnh ủy Nghệ An", "Đảng bộ tỉnh Nghệ An", "Nghệ An"]),
        ("Tỉnh ủy Nghệ An", ["Tỉnh ủy Nghệ An", "Đảng bộ tỉnh Nghệ An", "Nghệ An"]),
        ("Tỉnh ủy", ["Tỉnh ủy", "Đảng bộ tỉnh", ""]),
        ("Thành phố Vinh", ["Thành ủy Vinh", "Đảng bộ thành phố Vinh", "Vinh"]),
        ("Huyện Kỳ Sơn", ["Huyện ủy Kỳ Sơn", "Đảng bộ huyện Kỳ Sơn", "Kỳ Sơn"]),
        ("Thị xã Thái Hoà", ["Thị ủy Thái Hoà", "Đảng bộ thị xã Thái Hoà", "Thái Hoà"]),
        ("Xã Diễn Châu", ["Đảng ủy xã Diễn Châu", "Đảng bộ xã Diễn Châu", "Diễn Châu"]),
        ("PHƯỜNG Cửa Lò", ["Đảng ủy phường Cửa Lò", "Đảng bộ phường Cửa Lò", "Cửa Lò"]),
        ("Đảng ủy xã Một", ["Đảng ủy xã Một", "Đảng bộ xã Một", "Một"]),
        ("Huyện đoàn Kỳ Sơn", ["Huyện đoàn Kỳ Sơn", "", ""]),
        ("Ban Tổ chức Tỉnh ủy", ["Ban Tổ chức Tỉnh ủy", "", ""]),
        ("Xã", ["Xã", "", ""]),
        ("", ["", "", ""]),
    ] {
        assert_eq!(named(name), own(is), "{name}");
    }
}
