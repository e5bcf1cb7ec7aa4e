//! What offices that have no part in a record write with its id.

use truc_proto::id::RecordId;
use uuid::Uuid;

use super::*;
use crate::derive::{vet, views};

/// Opening moves of every kind, and offices to which their owner (2) may send them.
fn openings() -> Vec<Move> {
    let inspected = inspection::Opened {
        paper: paper("CV", "Kiểm tra"),
        period: None,
        checklist: Vec::new(),
        supervision: false,
    };
    vec![
        letter(&[("T1", Scope::office(id(10)))]).into(),
        plan(10).into(),
        submitted(1).into(),
        guidance::Move::Issued { paper: paper("HD", "Hướng dẫn") }.into(),
        inspection::Move::Opened(inspected).into(),
    ]
}

/// What may be said about a record of each kind by somebody who has no part in it.
fn words() -> Vec<Move> {
    let note = String::new;
    let codes = ["01", "02", "03", "04", "05", "06", "13", "15", "16"];
    let mut all: Vec<Move> = codes.map(|code| directive::Move::status(code).into()).into();
    all.extend([
        progress("T1", 100).into(),
        confirmed("T1", 10, false).into(),
        directive::Move::Reminder { note: note() }.into(),
        programme::Move::Progress { item: "A".into(), percent: 100, note: note() }.into(),
        programme::Move::Confirmed { item: "A".into(), accepted: false, note: note() }.into(),
        programme::Move::Closed { note: note() }.into(),
        report::Move::Judged { version: 1, accepted: false, note: note() }.into(),
        guidance::Move::Acknowledged { note: note() }.into(),
        guidance::Move::Question { number: 1, text: "?".into() }.into(),
        guidance::Move::Answer { office: id(10), number: 1, text: "!".into() }.into(),
        inspection::Move::SelfReported { paper: paper("BC", "Tự kiểm tra"), answers: Vec::new() }.into(),
    ]);
    all
}

/// All that people see of a record, as owner and as addressee.
fn seen(views: &Views, record: RecordId, kind: u32) -> Vec<String> {
    let registry = views.registry();
    let conn = views.connection();
    let mut all = Vec::new();
    for me in [2, 10] {
        let look = look(&registry, me, 6 * DAY);
        let found = kinds::show(conn, &look, record).unwrap();
        assert_eq!(found.len(), 1, "one record with this id");
        all.push(serde_json::to_string(&found).unwrap());
        all.push(format!("{:?}", story::of(conn, &look, &found[0].row).unwrap()));
        all.push(format!("{:?}", read::duties(conn, &look, id(10)).unwrap()));
    }
    let mut each = Vec::new();
    views::owed::one(conn, (record, kind)).unwrap().each(kind, &registry, |duty, office, word| {
        each.push(format!("{duty:?} {office:?} {word:?}"));
    });
    all.extend(each);
    let rows = read::list(conn, &Filter { kind: Some(kind), ..Filter::default() }).unwrap();
    all.push(format!("{rows:?}"));
    all
}

#[test]
fn what_a_stranger_writes_with_the_id_of_a_record_touches_nothing() {
    let addressed = [Scope::office(id(10))];
    for opening in openings() {
        let kind = opening.kind();
        let record = RecordId::of(id(2), kind, Uuid::from_u128(50));
        let foreign: Vec<Move> =
            openings().into_iter().chain(words()).filter(|mv| mv.kind() == kind || mv.opens()).collect();
        for mv in foreign {
            for first in [true, false] {
                let mut alone = Province::new();
                let mut both = Province::new();
                // The stranger's entry comes to a journal in which the hub said the same before.
                let stranger = |province: &mut Province| {
                    province.about(11, record, mv.kind(), mv.encode(), &[Scope::office(id(10))])
                };
                let owner =
                    |province: &mut Province| province.about(2, record, kind, opening.encode(), &addressed);
                let positions = if first {
                    let strange = stranger(&mut both);
                    (strange, owner(&mut both))
                } else {
                    let true_one = owner(&mut both);
                    (stranger(&mut both), true_one)
                };
                let filler = |province: &mut Province| {
                    let body = guidance::Move::Acknowledged { note: String::new() };
                    province.writes(11, 9, body, &[Scope::office(id(10))])
                };
                if first {
                    filler(&mut alone);
                    owner(&mut alone);
                } else {
                    owner(&mut alone);
                    filler(&mut alone);
                }
                let registry = alone.views().registry();
                let entry = &both.entries[positions.0 as usize - 1];
                let verdict = vet::permit(&registry, entry, None).err();
                if mv.opens() {
                    assert!(verdict.is_some(), "{} opens another office's record", mv.name());
                }
                let order: Vec<u64> = (1..=both.entries.len() as u64).collect();
                let verdicts = verdict.map(|verdict| (positions.0, verdict)).into_iter().collect();
                let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
                both.fold(&mut views, &order, &verdicts, |_| false);
                let name = mv.name();
                assert_eq!(seen(&views, record, kind), seen(&alone.views(), record, kind), "{kind}: {name}");
            }
        }
    }
}

#[test]
fn the_true_owner_may_open_what_a_stranger_may_not() {
    let province = Province::new();
    let registry = province.views().registry();
    for opening in openings() {
        let kind = opening.kind();
        for (owner, wanted) in [(2, None), (11, Some(Refusal::ForeignRecord))] {
            let mut province = Province::new();
            let record = RecordId::of(id(owner), kind, Uuid::from_u128(50));
            let at = province.about(2, record, kind, opening.encode(), &[]) as usize - 1;
            assert_eq!(
                vet::permit(&registry, &province.entries[at], None).err(),
                wanted,
                "{}",
                opening.name()
            );
        }
    }
}

#[test]
fn a_number_that_two_papers_bear_is_told_and_versions_of_one_paper_are_not() {
    let mut province = Province::new();
    province.writes(10, 50, letter(&[]), &[]);
    province.writes(10, 60, submitted(1), &[]);
    province.writes(10, 60, submitted(2), &[]);
    province.writes(11, 51, letter(&[]), &[]);
    let doubled = |province: &Province| numbers::doubled(province.views().connection(), id(10)).unwrap();
    assert_eq!(doubled(&province), []);
    province.writes(10, 52, letter(&[]), &[]);
    let found = doubled(&province);
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].number, found[0].records.len()), ("12-CV/TU", 2));
}
