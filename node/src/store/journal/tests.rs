//! The door: one test for each kind of entry that must not get a place, or must get it back.
#![allow(clippy::unwrap_used)]

use ed25519_dalek::SigningKey;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header, SALT, Seen};
use truc_proto::id::{Hash, Incarnation, Mark, OfficeId, RecordId, Seat};
use truc_proto::refusal::Refusal;
use truc_proto::session::{MailEnd, NodeWrite, Obstacle};
use truc_proto::time::Hlc;
use truc_proto::wire::{Confidentiality, Urgency};
use uuid::Uuid;

use super::{Admission, Giver, Journal, Offered, verify};

const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
const NODE: OfficeId = OfficeId(Uuid::from_u128(2));
const OTHER: OfficeId = OfficeId(Uuid::from_u128(3));
const AUTHOR: Giver = Giver { author: true, put_back: false };
const OTHERS: Giver = Giver { author: false, put_back: false };
/// To a hub that knows that it was put back.
const AUTHOR_LATER: Giver = Giver { author: true, put_back: true };
const OTHERS_LATER: Giver = Giver { author: false, put_back: true };

fn seat(run: u64, seq: u64) -> Seat {
    Seat { incarnation: Incarnation(run << 32), seq }
}

fn header(ledger: OfficeId, seat: Seat) -> Header {
    Header {
        ledger,
        seat,
        base: None,
        time: Hlc(100),
        seen: None,
        author: "a".into(),
        record: RecordId(Uuid::from_u128(9)),
        kind: 99,
        mv: 0,
        audience: vec![],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

fn signed(header: &Header, body: &[u8], prev: Hash) -> Entry {
    Entry::write(header, body, [0; SALT], prev, &SigningKey::from_bytes(&[2; 32])).unwrap()
}

/// The entry after another, changed.
fn after(before: &Entry, change: impl FnOnce(&mut Header)) -> Entry {
    let seat = Seat { seq: before.header.seat.seq + 1, ..before.header.seat };
    let mut header = Header { seat, base: None, audience: vec![], ..before.header.clone() };
    change(&mut header);
    signed(&header, &[], before.hash)
}

/// The same, first of a new incarnation.
fn branch(before: &Entry, run: u64) -> Entry {
    after(before, |header| {
        header.base = Some(before.header.seat);
        header.seat.incarnation = Incarnation(run << 32);
    })
}

fn to(scope: Scope, previous: Option<Seat>) -> Vec<Channel> {
    vec![Channel { scope, previous }]
}

fn first() -> Entry {
    let header = Header {
        seen: Some(Seen { position: 5, hub_time: Hlc(50) }),
        audience: to(Scope::office(OTHER), None),
        ..header(NODE, seat(1, 1))
    };
    signed(&header, &[], Hash::ZERO)
}

fn draft() -> super::Draft {
    super::Draft {
        author: "a".into(),
        record: RecordId(Uuid::from_u128(9)),
        kind: 99,
        body: bytes::Bytes::new(),
        audience: vec![],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

fn hub() -> Journal {
    Journal::in_memory(HUB, true).unwrap()
}

fn admit(hub: &mut Journal, entry: &Entry, branch: bool) -> Admission {
    hub.group(|hub| hub.admit(vec![entry.clone()], branch, 1)).unwrap()
}

fn offer(hub: &mut Journal, entry: &Entry, giver: Giver) -> Offered {
    let mut offered = Offered::default();
    hub.group(|hub| hub.offered(entry, giver, &mut offered)).unwrap();
    offered
}

fn mail(node: &mut Journal, position: u64, entry: &Entry) {
    let mark = Some(Mark { position, running: Hash::ZERO });
    let write = NodeWrite::Mail {
        entries: vec![(position, entry.clone())],
        arrivals: vec![],
        mark,
        end: MailEnd::None,
    };
    node.group(|node| node.session_write(write)).unwrap();
}

fn whole(journal: &Journal) {
    assert_eq!(verify(journal.reads(), Mark::START, None).unwrap(), journal.end());
}

#[test]
fn what_contradicts_its_own_chain_is_refused_by_a_hub() {
    let mut hub = hub();
    let one = first();
    assert_eq!(admit(&mut hub, &one, false).new, 1);
    let scope = Scope::office(OTHER);
    type Change = fn(&mut Header);
    let lies: [(&str, Change); 6] = [
        ("time", |header| header.time = Hlc(99)),
        ("nothing seen", |header| header.seen = None),
        ("less seen", |header| header.seen = Some(Seen { position: 4, hub_time: Hlc(50) })),
        ("an earlier hub time", |header| header.seen = Some(Seen { position: 5, hub_time: Hlc(49) })),
        ("the first of its channel, which it is not", |header| {
            header.audience = to(Scope::office(OTHER), None);
        }),
        ("a place before it on another channel", |header| {
            header.audience = to(Scope::office(HUB), Some(seat(1, 1)));
        }),
    ];
    for (name, lie) in lies {
        let refused = admit(&mut hub, &after(&one, lie), false);
        assert_eq!((refused.new, refused.rest.map(|(_, why)| why)), (0, Some(Obstacle::Chain)), "{name}");
    }
    let two = after(&one, |header| header.audience = to(scope, Some(seat(1, 1))));
    assert_eq!(admit(&mut hub, &two, false).new, 1);
    // A branch is measured by its own chain, not by the line that it leaves.
    let lost = after(&branch(&one, 7), |_| {});
    assert_eq!(admit(&mut hub, &lost, true).rest.unwrap().1, Obstacle::NotNext);
    let at = |previous| {
        let mut header = branch(&one, 5).header;
        header.audience = to(scope, Some(previous));
        signed(&header, &[], one.hash)
    };
    assert_eq!(admit(&mut hub, &at(seat(1, 1)), true).new, 1);
    let three = after(&at(seat(1, 1)), |header| header.audience = to(scope, Some(seat(1, 2))));
    assert_eq!(admit(&mut hub, &three, false).rest.unwrap().1, Obstacle::Chain, "the lost branch's last");
    let three = after(&at(seat(1, 1)), |header| header.audience = to(scope, Some(seat(5, 2))));
    assert_eq!(admit(&mut hub, &three, false).new, 1);
    whole(&hub);
}

#[test]
fn an_incarnation_has_one_base_whoever_says_another() {
    let one = first();
    let (x, y) = (branch(&one, 9), branch(&one, 5));
    let z = branch(&y, 9);
    let mut hub = hub();
    for (entry, branch) in [(&one, false), (&x, false), (&y, true)] {
        assert_eq!(admit(&mut hub, entry, branch).new, 1);
    }
    assert_eq!(admit(&mut hub, &z, false).rest.unwrap().1, Obstacle::Chain);
    whole(&hub);
    // At a node, whatever comes first: the other is evidence.
    for order in [[&x, &z], [&z, &x]] {
        let mut node = Journal::in_memory(OTHER, false).unwrap();
        mail(&mut node, 1, order[0]);
        mail(&mut node, 2, order[1]);
        assert_eq!(node.reads().evidence(None, 9).unwrap(), [order[1].clone()]);
        whole(&node);
    }
}

#[test]
fn an_office_writes_its_history_by_push_alone() {
    let mut hub = hub();
    let one = first();
    admit(&mut hub, &one, false);
    // Islands of its own, wherever they claim to be, are evidence.
    let island = signed(&header(NODE, seat(1, 500)), &[], Hash([9; 32]));
    assert_eq!(offer(&mut hub, &island, AUTHOR).held, 1);
    // So is a branch that its line has not taken.
    let other = branch(&one, 8);
    let line = after(&one, |_| {});
    admit(&mut hub, &line, false);
    assert_eq!(offer(&mut hub, &other, AUTHOR).held, 1);
    // No accomplice brings in what lies before the line, but what the hub may have had after it.
    assert_eq!(offer(&mut hub, &other, OTHERS).held, 1);
    let early = signed(&header(NODE, seat(9, 2)), &[1], Hash([9; 32]));
    assert_eq!(offer(&mut hub, &early, OTHERS).held, 1);
    let later = signed(&header(NODE, seat(9, 90)), &[], Hash([9; 32]));
    assert_eq!(offer(&mut hub, &later, OTHERS).new, 1);
    assert_eq!(hub.reads().line(NODE).unwrap().unwrap().0, line.link());
    // What goes on from the line might as well have been pushed.
    let next = after(&line, |_| {});
    assert_eq!(offer(&mut hub, &next, AUTHOR).new, 1);
    // A hub that knows that it was put back takes what it may have had: but never before what it has.
    assert_eq!(offer(&mut hub, &other, AUTHOR_LATER).new, 1);
    let before = signed(&header(NODE, seat(9, 2)), &[], Hash([9; 32]));
    assert_eq!(offer(&mut hub, &before, AUTHOR_LATER).held, 1);
    assert_eq!(offer(&mut hub, &island, AUTHOR_LATER).new, 1);
    // From others it takes that too: they cannot know whether it has what is before.
    assert_eq!(offer(&mut hub, &before, OTHERS_LATER).new, 1);
    whole(&hub);
}

/// A hub in a copied machine went on differently: what addressees give back of its own ledger continues entries that it
/// never wrote.
#[test]
fn a_hub_takes_back_no_own_entry_beside_its_chain() {
    let mut hub = hub();
    let one = signed(&header(HUB, seat(1, 1)), &[1], Hash::ZERO);
    let two = signed(&header(HUB, seat(1, 2)), &[2], one.hash);
    let lost = signed(&header(HUB, seat(1, 2)), &[3], one.hash);
    let lost = after(&lost, |_| {});
    for entry in [&one, &two] {
        assert_eq!(offer(&mut hub, entry, OTHERS_LATER).new, 1);
    }
    assert_eq!(offer(&mut hub, &lost, OTHERS_LATER).held, 1);
    whole(&hub);
    assert_eq!(hub.tip(), Some(two.link()));
}

/// Its clock was wrong by hours when it wrote the last one, and the hub's word of that time comes back first.
#[test]
fn a_hub_goes_on_after_its_own_entries_that_came_back_in_another_order() {
    let mut hub = hub();
    let one = signed(&header(HUB, seat(1, 1)), &[1], Hash::ZERO);
    let two = after(&one, |_| {});
    let three = after(&two, |header| header.time = Hlc(9 << 40));
    for entry in [&one, &three, &two] {
        assert_eq!(offer(&mut hub, entry, OTHERS_LATER).new, 1);
    }
    assert_eq!(hub.tip(), Some(three.link()));
    let key = SigningKey::from_bytes(&[2; 32]);
    let next = hub.group(|hub| hub.append(draft(), &key, 5, 7)).unwrap().1;
    assert!(next.header.time > three.header.time);
    whole(&hub);
}

/// An island came first, and its predecessor is another than it says.
#[test]
fn an_entry_that_another_contradicts_gets_no_place_before_it() {
    let mut hub = hub();
    let one = first();
    admit(&mut hub, &one, false);
    let (two, other) = (after(&one, |_| {}), after(&one, |header| header.time = Hlc(500)));
    assert_eq!(offer(&mut hub, &after(&two, |_| {}), OTHERS_LATER).new, 1);
    assert_eq!(admit(&mut hub, &other, false).rest.unwrap().1, Obstacle::Chain);
    let admitted = admit(&mut hub, &two, false);
    assert!(admitted.line_beyond, "the island is complete");
    whole(&hub);
}

/// What the head's back-pointers are held against is the same whether islands were completed on the way or not.
#[test]
fn back_pointers_are_known_past_islands() {
    let scopes = [Scope::office(OTHER), Scope::subtree(OTHER), Scope::office(HUB)];
    let mut last: std::collections::HashMap<Scope, Seat> = [(scopes[0], seat(1, 1))].into();
    let mut chain = vec![first()];
    for number in 1..12 {
        let scope = scopes[number % 3];
        let next = after(&chain[number - 1], |header| header.audience = to(scope, last.get(&scope).copied()));
        last.insert(scope, next.header.seat);
        chain.push(next);
    }
    for given_back in [&[2_usize, 3, 6, 9][..], &[1, 11], &[5, 7, 8, 10]] {
        let mut hub = hub();
        for at in given_back {
            offer(&mut hub, &chain[*at], OTHERS_LATER);
        }
        for entry in &chain {
            let admitted = admit(&mut hub, entry, false);
            assert!(admitted.rest.is_none(), "{given_back:?}");
            let no = hub.ledger(NODE).unwrap().no;
            let line = hub.reads().line(NODE).unwrap().unwrap().0;
            let true_ones = hub.reads().latest_on(NODE, Some(line.seat)).unwrap();
            assert_eq!(hub.latest_of_head(no).unwrap(), true_ones, "{given_back:?}");
        }
        whole(&hub);
    }
}

#[test]
fn bytes_that_nobody_signed_hold_no_place() {
    let good = first();
    let bad = Entry { signature: [1; 64], ..signed(&good.header, b"other", Hash::ZERO) };
    let refuse = |node: &mut Journal| {
        let refused = vec![(1, Refusal::Signature.code().to_owned())];
        node.group(|node| node.vetted(1, &refused)).unwrap();
    };
    // The true entry comes before the verdict on the other, or after it.
    for before in [true, false] {
        let mut node = Journal::in_memory(OTHER, false).unwrap();
        mail(&mut node, 1, &bad);
        if before {
            mail(&mut node, 2, &good);
            assert_eq!(node.reads().evidence(None, 9).unwrap(), std::slice::from_ref(&good));
            refuse(&mut node);
        } else {
            refuse(&mut node);
            mail(&mut node, 2, &good);
        }
        assert!(node.reads().holds(NODE, &good.link()).unwrap(), "{before}");
        assert!(node.reads().evidence(None, 9).unwrap().is_empty());
        assert_eq!(node.reads().asides_count().unwrap(), 1, "what is derived begins anew");
        assert!(node.reads().asides().unwrap().is_empty(), "nothing of our own to issue anew");
        whole(&node);
    }
    // One that is refused for what it says keeps its place.
    let mut node = Journal::in_memory(OTHER, false).unwrap();
    mail(&mut node, 1, &good);
    node.group(|node| node.vetted(1, &[(1, Refusal::MayNotDirect.code().to_owned())])).unwrap();
    mail(&mut node, 2, &bad);
    assert!(node.reads().holds(NODE, &good.link()).unwrap());
}

/// Nor do they keep away what stands beside them.
#[test]
fn bytes_that_nobody_signed_stand_in_nobodys_way() {
    let one = first();
    let two = after(&one, |_| ());
    let three = branch(&two, 2);
    let four = after(&three, |_| ());
    let forged = |header: &Header| Entry { signature: [1; 64], ..signed(header, b"other", Hash([9; 32])) };
    let base = |run, seq| {
        let base = seat(run, seq - 1);
        forged(&Header { base: Some(base), ..header(NODE, seat(2, seq)) })
    };
    // One of each place: before, after, and in the incarnation with another base or further on.
    let bad = [forged(&two.header), forged(&four.header), base(1, 4), base(1, 5), base(1, 2)];
    for bad in bad {
        for before in [true, false] {
            let mut node = Journal::in_memory(OTHER, false).unwrap();
            mail(&mut node, 1, &bad);
            let refuse = |node: &mut Journal| {
                let refused = vec![(1, Refusal::Signature.code().to_owned())];
                node.group(|node| node.vetted(1, &refused)).unwrap();
            };
            if before {
                refuse(&mut node);
            }
            for (position, good) in (2..).zip([&one, &two, &three, &four]) {
                mail(&mut node, position, good);
            }
            if !before {
                refuse(&mut node);
            }
            for good in [&one, &two, &three, &four] {
                assert!(node.reads().holds(NODE, &good.link()).unwrap(), "{before} {:?}", bad.header.seat);
            }
            assert!(node.reads().evidence(None, 9).unwrap().is_empty());
            whole(&node);
        }
    }
}

#[test]
fn evidence_that_was_admitted_later_is_none() {
    let mut hub = hub();
    let one = first();
    hub.group(|hub| hub.hold(&one)).unwrap();
    assert_eq!(hub.reads().evidence(None, 9).unwrap().len(), 1);
    admit(&mut hub, &one, false);
    assert!(hub.reads().evidence(None, 9).unwrap().is_empty());
}

/// A machine that was asked about its line pushed them; who was sent the last one gives it back to a hub that lost all.
#[test]
fn what_an_entry_continues_is_taken_with_it_though_it_was_evidence() {
    let one = first();
    let two = branch(&one, 4);
    let three = after(&two, |_| {});
    let four = after(&three, |_| {});
    for known in [true, false] {
        let mut hub = hub();
        if known {
            admit(&mut hub, &one, false);
        }
        hub.group(|hub| [&two, &three].into_iter().try_for_each(|entry| hub.hold(entry).map(drop))).unwrap();
        let offered = offer(&mut hub, &four, OTHERS_LATER);
        assert_eq!((offered.new, offered.held), (3, 0), "{known}");
        assert!(hub.reads().evidence(None, 9).unwrap().is_empty());
        if !known {
            assert!(admit(&mut hub, &one, false).line_beyond, "they wait for it");
        }
        assert_eq!(hub.reads().line(NODE).unwrap().unwrap().0, four.link());
        whole(&hub);
    }
    // Another stands at the place of the first: all that continues it contradicts it too.
    let mut hub = hub();
    admit(&mut hub, &one, false);
    admit(&mut hub, &after(&one, |_| {}), false);
    let two = after(&one, |header| header.time = Hlc(500));
    hub.group(|hub| hub.hold(&two)).unwrap();
    assert_eq!(offer(&mut hub, &after(&two, |_| {}), OTHERS_LATER).held, 1);
    assert_eq!(hub.reads().evidence(None, 9).unwrap().len(), 2);
    whole(&hub);
}

/// A node whose clock was wrong by years goes on with the right time as soon as a receipt showed it.
#[test]
fn time_goes_back_to_the_hubs_once_it_is_known() {
    let mut node = Journal::in_memory(NODE, false).unwrap();
    let key = SigningKey::from_bytes(&[2; 32]);
    let year = 365 * 86_400_000;
    let write = |node: &mut Journal, now| node.group(|node| node.append(draft(), &key, now, 1)).unwrap().1;
    let wrong = write(&mut node, 60 * year);
    assert!(write(&mut node, 50 * year).header.time > wrong.header.time, "nobody knows which is right");
    let hub_time = Hlc((50 * year) << 16);
    let receipt = truc_proto::receipt::Receipt::sign(NODE, wrong.link(), 3, hub_time, &key);
    node.group(|node| node.session_write(NodeWrite::Receipt { receipt, resumed: false })).unwrap();
    let right = write(&mut node, 50 * year + 5);
    assert!(right.header.time.millis() <= 50 * year + 86_400_001, "{}", right.header.time.millis());
    assert!(write(&mut node, 50 * year + 2 * 86_400_000).header.time.millis() == 50 * year + 2 * 86_400_000);
    let mut hub = hub();
    let all = node.reads().chain_after(None).unwrap().0;
    assert_eq!(hub.group(|hub| hub.admit(all, false, 1)).unwrap().new, 4);
}
