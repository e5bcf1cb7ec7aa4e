//! A chain over two runs with its back-pointers; what may not follow it; what an addressee misses.

use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header, Seen};
use truc_proto::id::{Hash, Incarnation, Seat};
use truc_proto::time::Hlc;

use super::{OFFICE, PROVINCE, compare, entries, hex, office};

#[derive(Serialize)]
struct Chain {
    about: &'static str,
    ledger: &'static str,
    entries: Vec<Shown>,
    /// What continues the third entry wrongly.
    refused: Vec<Shown>,
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct Shown {
    name: &'static str,
    place: String,
    /// Each scope with the place of the entry before it on the channel.
    audience: Vec<(String, Option<String>)>,
    prev: String,
    content: String,
    hash: String,
    signature: String,
    /// `continues`, or the code.
    verdict: &'static str,
}

/// What an office sees that holds some of the entries.
#[derive(Serialize)]
struct Gap {
    name: &'static str,
    scope: String,
    /// Numbers of the entries that it holds, from 1.
    holds: Vec<usize>,
    /// Places that it lacks.
    lacks: Vec<String>,
}

fn place(seat: Seat) -> String {
    format!("{:016x}/{}", seat.incarnation.0, seat.seq)
}

fn named(scope: Scope) -> String {
    format!("{}{}", if scope.subtree { "subtree:" } else { "" }, scope.office)
}

fn above() -> Scope {
    Scope::office(office(PROVINCE))
}

fn below() -> Scope {
    Scope::subtree(office(OFFICE))
}

/// Run of an entry, counted from 1.
fn run(number: u32) -> Incarnation {
    (1..=number).fold(None, |before, number| Some(Incarnation::after(before, number))).unwrap()
}

/// The entry after `before`, in this run, to these scopes with their back-pointers.
fn entry(before: Option<&Entry>, run: Incarnation, audience: &[(Scope, Option<Seat>)]) -> Entry {
    changed(before, run, audience, |_| {})
}

fn changed(
    before: Option<&Entry>,
    run: Incarnation,
    audience: &[(Scope, Option<Seat>)],
    change: impl FnOnce(&mut Header),
) -> Entry {
    let last = before.map(|before| before.header.seat);
    let seq = last.map_or(1, |last| last.seq + 1);
    let mut header = Header {
        seat: Seat { incarnation: run, seq },
        base: last.filter(|last| last.incarnation != run),
        time: Hlc::tick(Hlc::default(), 1_795_000_000_000 + seq * 60_000),
        seen: Some(Seen { position: 40 + seq, hub_time: Hlc((1_795_000_000_500 + seq * 60_000) << 16) }),
        audience: audience
            .iter()
            .map(|(scope, previous)| Channel { scope: *scope, previous: *previous })
            .collect(),
        ..entries::first_header()
    };
    change(&mut header);
    entries::write(&header, &entries::body(), before.map_or(Hash::ZERO, |before| before.hash))
}

fn chain() -> Vec<Entry> {
    let seat = |run_number, seq| Some(Seat { incarnation: run(run_number), seq });
    let first = entry(None, run(1), &[(above(), None)]);
    let second = entry(Some(&first), run(1), &[(above(), seat(1, 1)), (below(), None)]);
    let third = entry(Some(&second), run(1), &[(below(), seat(1, 2))]);
    let fourth = entry(Some(&third), run(2), &[(above(), seat(1, 2))]);
    let fifth = entry(Some(&fourth), run(2), &[(above(), seat(2, 4)), (below(), seat(1, 3))]);
    vec![first, second, third, fourth, fifth]
}

/// The last entry of a chain to a scope.
fn last(chain: &[Entry], scope: Scope) -> Option<Seat> {
    let to = |entry: &&Entry| entry.header.audience.iter().any(|channel| channel.scope == scope);
    chain.iter().rev().find(to).map(|entry| entry.header.seat)
}

/// The rules of section 2 in the words of the specification, not in the code that they are to check.
fn judged(chain: &[Entry], next: &Entry) -> &'static str {
    const DAY: u64 = (24 * 60 * 60 * 1000) << 16;
    let before = chain.last();
    let link = before.map(Entry::link);
    let right = before.is_none_or(|before| {
        let (was, is) = (before.header.seen, next.header.seen);
        let seen = was.is_none_or(|was| {
            is.is_some_and(|is| is.position >= was.position && is.hub_time >= was.hub_time)
        });
        let earliest = is.map_or(before.header.time.0, |is| before.header.time.0.min(is.hub_time.0 + DAY));
        seen && next.header.time.0 >= earliest
    });
    let pointers = next.header.audience.iter().all(|channel| channel.previous == last(chain, channel.scope));
    if next.follows(link.as_ref()) && right && pointers { "continues" } else { "chain" }
}

fn shown(name: &'static str, entry: &Entry, verdict: &'static str) -> Shown {
    let audience = entry.header.audience.iter();
    Shown {
        name,
        place: place(entry.header.seat),
        audience: audience.map(|channel| (named(channel.scope), channel.previous.map(place))).collect(),
        prev: hex(entry.prev.0),
        content: hex(&entry.content),
        hash: hex(entry.hash.0),
        signature: hex(entry.signature),
        verdict,
    }
}

/// What an office lacks of a channel, which holds these entries: what their back-pointers name. The first of a subtree
/// that it holds is the first since it joined.
fn gap(name: &'static str, chain: &[Entry], scope: Scope, holds: &[usize]) -> Gap {
    let held: Vec<&Entry> = holds.iter().map(|number| &chain[number - 1]).collect();
    let here = |seat: Seat| held.iter().any(|entry| entry.header.seat == seat);
    let mut named_before = held.iter().filter_map(|entry| {
        entry.header.audience.iter().find(|channel| channel.scope == scope).map(|channel| channel.previous)
    });
    if scope.subtree {
        named_before.next();
    }
    let lacks = named_before.flatten().filter(|seat| !here(*seat)).map(place).collect();
    Gap { name, scope: named(scope), holds: holds.to_vec(), lacks }
}

#[test]
fn a_chain_and_its_back_pointers() {
    let chain = chain();
    let names = [
        "first of the ledger, to the office above",
        "to it again, and to all below",
        "to all below",
        "a new run: its back-pointer reaches into the run before",
        "to both",
    ];
    let entries: Vec<Shown> = (0..chain.len())
        .map(|number| shown(names[number], &chain[number], judged(&chain[..number], &chain[number])))
        .collect();
    assert!(entries.iter().all(|entry| entry.verdict == "continues"));
    let (three, before) = (&chain[..3], &chain[2]);
    let to = |previous: Option<Seat>| [(above(), previous)];
    let right = last(three, above());
    let wrong = [
        ("a back-pointer that skips an entry", entry(Some(before), run(2), &to(last(&chain[..1], above())))),
        ("no back-pointer where there is an entry", entry(Some(before), run(2), &to(None))),
        (
            "a back-pointer where there is no entry",
            entry(Some(before), run(2), &[(Scope::subtree(office(PROVINCE)), right)]),
        ),
        (
            "a back-pointer to an entry that is not to this scope",
            entry(Some(before), run(2), &to(Some(before.header.seat))),
        ),
        (
            "less seen than before",
            changed(Some(before), run(2), &to(right), |header| {
                header.seen = header.seen.map(|seen| Seen { position: 1, ..seen });
            }),
        ),
        (
            "a time before the one before",
            changed(Some(before), run(2), &to(right), |header| header.time = Hlc(1)),
        ),
        ("another predecessor", entry(Some(&chain[1]), run(2), &to(right))),
    ];
    let refused: Vec<Shown> =
        wrong.iter().map(|(name, entry)| shown(name, entry, judged(three, entry))).collect();
    for entry in &refused {
        assert_eq!(entry.verdict, "chain", "{}", entry.name);
    }
    let gaps = vec![
        gap("all of it", &chain, above(), &[1, 2, 4, 5]),
        gap("one was withheld", &chain, above(), &[1, 2, 5]),
        gap("the first was withheld", &chain, above(), &[2, 4, 5]),
        gap("joined the subtree after the second", &chain, below(), &[3, 5]),
        gap("in the subtree from the second on, and one was withheld", &chain, below(), &[2, 5]),
    ];
    let lacks: Vec<usize> = gaps.iter().map(|gap| gap.lacks.len()).collect();
    assert_eq!(lacks, [0, 1, 1, 0, 1]);
    compare(
        "chain.json",
        &Chain {
            about: "A chain over two runs of the ledger of entries.json, signed by its key: each entry's scopes with \
                    the place (incarnation/seq) that its back-pointer names. `refused`: entries that do not continue \
                    the third. `gaps`: what an office sees missing on a channel that holds these entries (7.4).",
            ledger: OFFICE,
            entries,
            refused,
            gaps,
        },
    );
}
