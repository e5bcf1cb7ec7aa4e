#![allow(clippy::unwrap_used)]
mod works;

use std::path::Path;

use ed25519_dalek::SigningKey;
use truc_proto::record::{Act as _, Paper, directive, guidance, programme, registry};
use truc_proto::refusal::Refusal;
use truc_proto::wire::{self, OfficeFact, registry_move};

use super::*;
use crate::identity::sealing;

fn id(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

/// The hub's own office, with a commune under it.
async fn office(dir: &Path) -> Office {
    let key = SigningKey::from_bytes(&[1; 32]);
    let hub_key = key.verifying_key();
    let identity = Identity { office: id(1), key, hub: id(1), hub_key, ring: Default::default() };
    sealing::first(dir, &identity.ring).unwrap();
    let office = Office::open(dir, identity, Vec::new()).unwrap();
    for (number, tier, parent) in [(1, "hub", Vec::new()), (2, "commune", id(1).to_wire().to_vec())] {
        let fact = OfficeFact {
            office: id(number).to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: parent.into(),
            name: format!("Office {number}"),
            symbols: if number == 1 { vec!["VPTU".into()] } else { Vec::new() },
            ..Default::default()
        };
        let word = wire::RegistryMove { r#move: Some(registry_move::Move::Office(fact)) };
        let mv = Move::Registry(registry::Move(word));
        office.act(Intent::new("hub", RecordId(Uuid::now_v7()), mv, Vec::new())).await.unwrap();
    }
    office
}

fn paper(number: &str) -> Paper {
    Paper {
        document_type: "CV".into(),
        title: "Công văn".into(),
        number: number.into(),
        term: "2025-2030".into(),
        ..Paper::default()
    }
}

fn letter(number: &str, tasks: Vec<directive::Task>) -> Intent {
    let issued = directive::Issued { paper: paper(number), tasks, in_reply_to: None };
    Intent::opening("van-thu", directive::Move::Issued(issued), vec![Scope::office(id(2))])
}

fn next_letter() -> Intent {
    Intent { numbering: Numbering::Next { symbol: "VPTU".into() }, ..letter("", Vec::new()) }
}

fn task(id: &str, due: &str) -> directive::Task {
    let (due, product) = (due.into(), String::new());
    directive::Task { id: id.into(), content: "Việc".into(), assignees: Vec::new(), due, product }
}

fn number(entry: &Entry) -> String {
    record::of(entry).unwrap().paper().unwrap().number.clone()
}

fn end(office: &Office) -> u64 {
    office.reached().unwrap().borrow().end.position
}

fn refused(error: OfficeError) -> Refused {
    match error {
        OfficeError::Refused(refused) => refused,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_read_is_not_written_and_burns_no_number() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let begun = end(&office);
    let long = Paper { title: "a".repeat(20_000), ..paper("") };
    let titled = directive::Issued { paper: long, tasks: Vec::new(), in_reply_to: None };
    let next = || Numbering::Next { symbol: "VPTU".into() };
    let bad = [
        letter("", vec![task("T1", "khong-phai-ngay")]),
        letter("", vec![task("T1", ""), task("T1", "")]),
        letter("", vec![task("", "")]),
        Intent::opening("van-thu", directive::Move::Issued(titled), Vec::new()),
    ];
    for mut intent in bad {
        intent.numbering = next();
        let error = office.act(intent).await.unwrap_err();
        assert!(matches!(refused(error), Refused::Form(_)));
    }
    let symbol = "x".repeat(600);
    let intent = Intent { numbering: Numbering::Next { symbol }, ..letter("", Vec::new()) };
    assert!(matches!(refused(office.act(intent).await.unwrap_err()), Refused::Form(_)));
    assert_eq!(end(&office), begun);
    assert_eq!(number(&office.act(next_letter()).await.unwrap().1), "01-CV/VPTU");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_is_given_twice_and_none_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let written = futures_util::future::join_all((0..40).map(|_| office.act(next_letter()))).await;
    let mut numbers: Vec<String> =
        written.iter().map(|written| number(&written.as_ref().unwrap().1)).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=40).map(|number| format!("{number:02}-CV/VPTU")).collect();
    assert_eq!(numbers, expected);
    let taken = office.act(letter("07-CV/VPTU", Vec::new())).await.unwrap_err();
    assert_eq!(refused(taken), Refused::NumberTaken("07-CV/VPTU".into()));
    let both = futures_util::future::join(
        office.act(letter("99-CV/VPTU", Vec::new())),
        office.act(letter("99-CV/VPTU", Vec::new())),
    );
    let (one, other) = both.await;
    assert!(one.is_ok() != other.is_ok(), "a number that two people chose goes to one of them");
    assert_eq!(number(&office.act(next_letter()).await.unwrap().1), "100-CV/VPTU");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_hand_does_not_end_a_register() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let begun = end(&office);
    let ahead = office.act(letter("99999-CV/VPTU", Vec::new())).await.unwrap_err();
    assert_eq!(refused(ahead), Refused::NumberAhead { written: "99999-CV/VPTU".into(), next: 1 });
    assert_eq!(end(&office), begun);
    office.act(letter("913-CV/VPTU", Vec::new())).await.unwrap();
    assert_eq!(number(&office.act(next_letter()).await.unwrap().1), "914-CV/VPTU");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_secret_paper_is_as_secret() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let secret = Intent { confidentiality: Confidentiality::Secret, ..letter("01-CV/VPTU", Vec::new()) };
    let record = office.act(secret).await.unwrap().1.header.record;
    let remind = |note: &str| {
        let mv = directive::Move::Reminder { note: note.into() };
        office.act(Intent::new("van-thu", record, mv, vec![Scope::office(id(2))]))
    };
    assert_eq!(refused(remind("nội dung mật").await.unwrap_err()), Refused::Rules(Refusal::Secret));
    let written = remind("").await.unwrap().1;
    assert_eq!(written.header.confidentiality, Confidentiality::Secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_moves_that_exclude_each_other_one_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let mut paper = paper("");
    paper.document_type = "CTr".into();
    let issued =
        programme::Issued { paper, period: None, items: Vec::new(), version: 1, dropped: Vec::new() };
    let opening = Intent::opening("van-thu", programme::Move::Issued(issued), Vec::new());
    let record = office.act(opening).await.unwrap().1.header.record;
    let begun = end(&office);
    let close = || {
        let closed = programme::Move::Closed { note: String::new(), dropped: Vec::new(), carried: None };
        office.act(Intent::new("van-thu", record, closed, Vec::new()))
    };
    let done = futures_util::future::join_all((0..8).map(|_| close())).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    assert_eq!(end(&office), begun + 1);
    // What is no move of this office's record at all.
    let stranger = RecordId::of(id(2), guidance::Move::KIND, Uuid::now_v7());
    let said = guidance::Move::Acknowledged { note: String::new() };
    let error = office.act(Intent::new("van-thu", stranger, said, Vec::new())).await.unwrap_err();
    assert!(matches!(refused(error), Refused::NotNow { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_is_done_once() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let once = Some(Uuid::now_v7());
    let named = || office.act(Intent { once, ..next_letter() });
    let done = futures_util::future::join_all((0..5).map(|_| named())).await;
    let positions: Vec<u64> = done.iter().map(|done| done.as_ref().unwrap().0).collect();
    assert!(positions.iter().all(|position| *position == positions[0]));
    assert_eq!(named().await.unwrap().0, positions[0]);
    let edited = Intent { once, numbering: next_letter().numbering, ..letter("", vec![task("T1", "")]) };
    let error = office.act(edited).await.unwrap_err();
    assert_eq!(
        refused(error),
        Refused::Named("01-CV/VPTU".into()),
        "what was changed is not lost in silence"
    );
    assert_eq!(number(&office.act(next_letter()).await.unwrap().1), "02-CV/VPTU");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_written_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let begun = end(&office);
    let good = |number: &str| letter(number, Vec::new());
    let mixed = vec![
        good("05-CV/VPTU"),
        good("06-CV/VPTU"),
        letter("07-CV/VPTU", vec![task("T", "x")]),
        good("08-CV/VPTU"),
    ];
    let (which, error) = office.act_all(mixed).await.unwrap_err();
    assert!(which == 2 && matches!(refused(error), Refused::Form(_)));
    let (which, error) = office.act_all(vec![good("05-CV/VPTU"), good("05-CV/VPTU")]).await.unwrap_err();
    assert!(which == 1 && matches!(refused(error), Refused::NumberTaken(_)), "held against each other too");
    assert_eq!(end(&office), begun);
    let checked = office.check_all(vec![good("05-CV/VPTU")]).await.unwrap();
    assert_eq!((checked, end(&office)), (vec![false], begun), "a check writes nothing");
    let written = office.act_all(vec![good("05-CV/VPTU"), good("06-CV/VPTU")]).await.unwrap();
    assert_eq!(written.iter().map(|written| written.position).collect::<Vec<_>>(), [begun + 1, begun + 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_and_what_is_written_is_of_one_time() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let day: truc_proto::date::Date = "2098-01-01".parse().unwrap();
    let turned = registry_move::Move::Turned(wire::DayTurned { day: day.to_string() });
    let word = wire::RegistryMove { r#move: Some(turned) };
    let mv = Move::Registry(registry::Move(word));
    office.act(Intent::new("hub", RecordId(Uuid::now_v7()), mv, Vec::new())).await.unwrap();
    let start = day.start_millis() as u64;
    // This machine's clock stands before the day of which it was told.
    let tried = office.act(next_letter()).await.unwrap().1;
    let appended = office.append(next_letter()).await.unwrap().1;
    let made = office.append_made(|_| Ok(next_letter())).await.unwrap().1;
    for entry in [tried, appended, made] {
        assert!(entry.header.counts_from().millis() >= start, "judged by another map than was tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_be_checked_asks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut office = office(dir.path()).await;
    office.close();
    assert_eq!(office.check_all(Vec::new()).await.unwrap(), Vec::<bool>::new());
}

/// Views are folded anew after each change of their tables, which takes minutes where there is much: nobody is a stranger
/// meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_who_is_known_before_the_views_are_folded() {
    let dir = tempfile::tempdir().unwrap();
    let first = office(dir.path()).await;
    let letters = (0..300).map(|number| first.append(letter(&format!("{number}-CV/TU"), Vec::new())));
    assert!(futures_util::future::join_all(letters).await.iter().all(Result::is_ok));
    let identity = first.identity().clone();
    drop(first);
    for file in ["views.db", "views.db-wal", "views.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(file));
    }
    let again = Office::open(dir.path(), identity, Vec::new()).unwrap();
    let (known, folded) = (again.registry(), *again.folded().unwrap().borrow());
    assert!(known.office(id(2)).is_some(), "folded to {folded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_journal_is_gone_does_not_begin_anew() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let identity = office.identity().clone();
    drop(office);
    for (empty, found) in [(false, false), (true, true)] {
        for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = std::fs::remove_file(dir.path().join(file));
        }
        if empty {
            std::fs::write(dir.path().join(JOURNAL), "").unwrap();
        }
        let refused = Office::open(dir.path(), identity.clone(), Vec::new()).err().unwrap();
        let shorter = OfficeError::Journal(JournalError::Shorter { known: 2, found: 0 });
        assert_eq!(refused.to_string(), shorter.to_string());
        assert_eq!(dir.path().join(JOURNAL).exists(), found, "nothing was made");
    }
}
