//! The index and what is read from it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use tokio::sync::mpsc;
use truc_node::derive::follow::Follower as _;
use truc_node::derive::guard;
use truc_node::store::journal::Journal;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header, SALT};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{Confidentiality, OfficeFact, RegistryMove, Urgency};
use uuid::Uuid;

use super::index::{MAIL, MailIndex, NewMail};
use super::mail::{Ahead, Asked, BatchLimit, read};

const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
const PROVINCE: OfficeId = OfficeId(Uuid::from_u128(2));

fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// The entry after `before` of a ledger, to everybody.
fn entry(ledger: OfficeId, before: Option<Link>, urgency: Urgency, body: &[u8]) -> Entry {
    let header = Header {
        ledger,
        seat: Seat {
            incarnation: Incarnation::after(None, 1),
            seq: before.map_or(0, |before| before.seat.seq) + 1,
        },
        base: None,
        time: Hlc(1),
        seen: None,
        author: "test".into(),
        record: RecordId(Uuid::from_u128(3)),
        kind: 99,
        mv: 0,
        audience: vec![Channel { scope: Scope::subtree(HUB), previous: before.map(|before| before.seat) }],
        urgency,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    };
    let prev = before.map_or(Hash::ZERO, |before| before.hash);
    Entry::write(&header, body, [0; SALT], prev, &key()).unwrap()
}

/// An index of what the hub's journal holds, folded in one go.
fn index(journal: &Journal) -> (MailIndex, NewMail, Arc<Registry>) {
    let (told, mut notices) = mpsc::unbounded_channel();
    let mut index = MailIndex::from_connection(Connection::open_in_memory().unwrap(), 0, told).unwrap();
    let mut registry = Registry::new(HUB, key().verifying_key());
    let fact = OfficeFact {
        office: PROVINCE.to_wire(),
        since: "2025-07-01".into(),
        tier: "province".into(),
        parent: HUB.to_wire(),
        ..Default::default()
    };
    assert!(registry.apply(1, &RegistryMove { r#move: Some(Word::Office(fact)) }));
    for stored in journal.reads().after(0, 100).unwrap() {
        index.entry(&stored, None).unwrap();
    }
    index.commit(journal.end().position, &Arc::new(registry)).unwrap();
    let (notice, registry) = notices.try_recv().unwrap();
    (index, notice, registry)
}

fn asked(after: u64, urgent: bool) -> Asked {
    Asked { office: PROVINCE, after, own: false, urgent }
}

fn write(journal: &mut Journal, ledger: OfficeId, urgency: Urgency) {
    write_long(journal, ledger, urgency, 0);
}

/// With a body of so many bytes.
fn write_long(journal: &mut Journal, ledger: OfficeId, urgency: Urgency, long: usize) {
    let before = journal.reads().line(ledger).unwrap().map(|(link, _)| link);
    let entries = vec![entry(ledger, before, urgency, &vec![7; long])];
    assert_eq!(journal.group(|journal| journal.admit(entries, false, 0)).unwrap().new, 1);
}

#[test]
fn an_ordinary_entry_is_not_announced_as_urgent_because_its_neighbour_is() {
    let mut journal = Journal::in_memory(HUB, true).unwrap();
    for urgency in [Urgency::Normal, Urgency::Urgent, Urgency::Normal, Urgency::Normal] {
        write(&mut journal, HUB, urgency);
    }
    let (_, notice, _) = index(&journal);
    let scope = Scope::subtree(HUB);
    assert_eq!(notice.scopes, [(scope, 4, false), (scope, 2, true)]);
}

#[test]
fn mail_behind_much_of_ones_own_is_not_passed_over() {
    let mut journal = Journal::in_memory(HUB, true).unwrap();
    for ledger in [PROVINCE, PROVINCE, PROVINCE, PROVINCE, HUB, PROVINCE, HUB] {
        write(&mut journal, ledger, Urgency::Normal);
    }
    let (index, _, registry) = index(&journal);
    for entries in 1..10 {
        let most = BatchLimit { entries, ..BatchLimit::BATCH };
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let reads = journal.reads();
            let piece = read(index.connection(), reads, &registry, asked(after, false), most).unwrap();
            found.extend(piece.entries.iter().map(|(position, _)| *position));
            after = piece.mark.position;
            if piece.end {
                break;
            }
        }
        assert_eq!((found, after), (vec![5, 7], 7), "{entries} at once");
    }
}

/// Position 1 is the newest entry of the registry.
#[test]
fn the_urgent_of_a_backlog_overtake_what_is_long_and_nothing_else() {
    use Urgency::{Express, Normal, Urgent};
    let (long, huge) = (limits::EARLY_WORTH, limits::EARLY_BYTES + 1);
    let ahead = |papers: &[(OfficeId, Urgency, usize)], after| {
        let mut journal = Journal::in_memory(HUB, true).unwrap();
        write(&mut journal, HUB, Normal);
        for (ledger, urgency, long) in papers {
            write_long(&mut journal, *ledger, *urgency, *long);
        }
        let (index, _, registry) = index(&journal);
        let found = [BatchLimit::BATCH, BatchLimit { entries: 1, ..BatchLimit::BATCH }].map(|most| {
            let (index, reads) = (index.connection(), journal.reads());
            let read = |urgent| read(index, reads, &registry, asked(after, urgent), most).unwrap();
            assert!(read(false).ahead.is_none());
            let positions = |ahead: Vec<Ahead>| ahead.iter().map(|ahead| ahead.0).collect::<Vec<_>>();
            read(true).ahead.map(positions)
        });
        assert_eq!(found[0], found[1], "whole or entry by entry");
        found.into_iter().next().flatten()
    };
    let backlog = [
        (HUB, Normal, long),
        (HUB, Urgent, 9),
        (HUB, Normal, long),
        (HUB, Express, 9),
        (PROVINCE, Express, 9),
        (HUB, Express, huge),
    ];
    assert_eq!(ahead(&backlog, 1), Some(vec![5, 3]), "the most urgent first, no own one, none too long");
    assert_eq!(ahead(&backlog, 0), None, "the registry goes before");
    assert_eq!(ahead(&backlog, 3), Some(vec![5]));
}

/// An office would be shut out for what it brought years ago.
#[test]
fn a_refused_entry_counts_once_though_the_index_is_made_anew() {
    let mut journal = Journal::in_memory(HUB, true).unwrap();
    let (told, mut notices) = mpsc::unbounded_channel();
    let one = entry(PROVINCE, None, Urgency::Normal, b"1");
    let two = entry(PROVINCE, Some(one.link()), Urgency::Normal, b"2");
    journal.group(|journal| journal.admit(vec![one, two], false, 1)).unwrap();
    let registry = Arc::new(Registry::new(HUB, key().verifying_key()));
    let mut again = MailIndex::from_connection(Connection::open_in_memory().unwrap(), 0, told).unwrap();
    for stored in journal.reads().after(0, 9).unwrap() {
        again.entry(&stored, Some(Refusal::Malformed)).unwrap();
    }
    again.commit(2, &registry).unwrap();
    let notice = notices.try_recv().unwrap().0;
    assert_eq!(notice.refused_after(0), [(PROVINCE, 2)].into());
    assert_eq!(notice.refused_after(1), [(PROVINCE, 1)].into());
    assert_eq!(notice.refused_after(2), [].into());
}

/// Whatever the disk did to the rows, the index notices when it is opened, and begins anew.
#[test]
fn an_index_that_does_not_hold_what_was_written_is_made_anew() {
    let whole = tempfile::tempdir().unwrap();
    let journal = Journal::open(&whole.path().join("journal.db"), HUB, true).unwrap();
    drop(journal);
    let (told, _notices) = mpsc::unbounded_channel();
    let mut made = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
    for position in 1..=9 {
        made.connection().execute_batch("BEGIN").unwrap();
        made.row(&Scope::office(PROVINCE).key(), position, Urgency::Normal).unwrap();
        made.row(&Scope::subtree(HUB).key(), position, Urgency::Normal).unwrap();
        made.commit(position, &Arc::new(Registry::new(HUB, key().verifying_key()))).unwrap();
    }
    // What is given up leaves the proof as it was.
    made.connection().execute_batch("BEGIN").unwrap();
    made.row(&Scope::office(HUB).key(), 9, Urgency::Normal).unwrap();
    made.give_up();
    drop(made);
    let mut sound = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
    assert_eq!((sound.upto(), sound.mended()), (9, None));
    drop(sound);
    let spoil = |sql: &str| Connection::open(whole.path().join(MAIL)).unwrap().execute_batch(sql).unwrap();
    for (sql, mended) in [
        ("DELETE FROM mail WHERE position = 4", true),
        ("UPDATE mail SET position = 12 WHERE position = 9", true),
        ("INSERT INTO mail VALUES (x'00', 1, 0)", true),
        ("UPDATE mail SET urgency = 3 WHERE position = 4", true),
        ("UPDATE upto SET position = 10", false),
        ("DELETE FROM upto", true),
    ] {
        let kept = std::fs::read(whole.path().join(MAIL)).unwrap();
        spoil(sql);
        let mut index = MailIndex::open(whole.path(), 9, told.clone()).unwrap();
        assert_eq!((index.upto(), index.mended().is_some()), (0, mended), "{sql}");
        drop(index);
        guard::remove_database(&whole.path().join(MAIL)).unwrap();
        std::fs::write(whole.path().join(MAIL), kept).unwrap();
    }
    std::fs::write(whole.path().join(MAIL), b"no database at all, but some words").unwrap();
    let mut index = MailIndex::open(whole.path(), 9, told).unwrap();
    assert_eq!((index.upto(), index.mended().is_some()), (0, true));
}
