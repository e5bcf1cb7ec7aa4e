//! What offices that have no part in a record write with its id.

use truc_proto::id::RecordId;
use truc_proto::record::KINDS;
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

/// What else may be said about a record of each kind.
fn words() -> Vec<Move> {
    let note = String::new;
    let codes = ["01", "02", "03", "04", "05", "06", "13", "15", "16", "99"];
    let mut all: Vec<Move> = codes.map(|code| directive::Move::status(code).into()).into();
    all.extend([
        letter(&[]).into(),
        progress("T1", 100).into(),
        confirmed("T1", 10, false).into(),
        directive::Move::Reminder { note: note() }.into(),
        programme::Move::Progress { item: "A".into(), percent: 100, note: note() }.into(),
        programme::Move::Confirmed { item: "A".into(), office: id(10), accepted: false, note: note() }.into(),
        programme::Move::Closed { note: note(), dropped: vec![], carried: None }.into(),
        report::Move::Judged { version: 1, accepted: false, note: note() }.into(),
        report::Move::Judged { version: 1, accepted: true, note: note() }.into(),
        guidance::Move::Acknowledged { note: note() }.into(),
        guidance::Move::Question { number: 1, text: "?".into() }.into(),
        guidance::Move::Answer { office: id(10), number: 1, text: "!".into() }.into(),
        inspection::Move::SelfReported { paper: paper("BC", "Tự kiểm tra"), answers: Vec::new() }.into(),
        inspection::Move::Verifying { office: id(10), note: note() }.into(),
        inspection::Move::Concluded { office: id(10), conclusion: "đạt".into(), remedy_by: note() }.into(),
        inspection::Move::Remediated { note: note() }.into(),
        inspection::Move::Closed { office: id(10), note: note() }.into(),
    ]);
    all
}

/// Who has no part in a record of office 2 for office 10, and to whom he writes: sideways, up, and from above.
const STRANGERS: [(u128, u128); 4] = [(11, 10), (11, 2), (1, 10), (1, 2)];

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
    views::owed::one(conn, (record, kind)).unwrap().each(kind, &registry, id(2), |duty, office, word| {
        each.push(format!("{duty:?} {office:?} {word:?}"));
    });
    all.extend(each);
    let rows = read::list(conn, &Filter { kind: Some(kind), ..Filter::default() }).unwrap();
    all.push(format!("{rows:?}"));
    all
}

/// The entries of one case: the owner opens a record for office 10, and a stranger writes before or after it.
struct Case {
    opening: Move,
    record: RecordId,
    stranger: u128,
    to: u128,
    first: bool,
}

impl Case {
    fn stranger(&self, province: &mut Province, record: RecordId, mv: &Move) -> u64 {
        province.about(self.stranger, record, mv.kind(), mv.encode(), &[Scope::office(id(self.to))])
    }

    /// What the stranger writes about `record`, with the record's opening; and where that stands.
    fn written(&self, record: RecordId, mv: &Move) -> (Province, u64) {
        let mut province = Province::new();
        let owner = |province: &mut Province| {
            province.about(
                2,
                self.record,
                self.opening.kind(),
                self.opening.encode(),
                &[Scope::office(id(10))],
            )
        };
        if !self.first {
            owner(&mut province);
        }
        let at = self.stranger(&mut province, record, mv);
        if self.first {
            owner(&mut province);
        }
        (province, at)
    }
}

#[test]
fn what_a_stranger_writes_with_the_id_of_a_record_touches_nothing() {
    // Moves that a stranger may write, and the kinds whose opening the id alone keeps out.
    let (mut allowed, mut kept_out) = (BTreeSet::new(), BTreeSet::new());
    let filler = guidance::Move::Acknowledged { note: String::new() }.into();
    for (opening, (stranger, to)) in
        openings().into_iter().flat_map(|mv| STRANGERS.map(|who| (mv.clone(), who)))
    {
        let kind = opening.kind();
        let record = RecordId::of(id(2), kind, Uuid::from_u128(50));
        for first in [true, false] {
            let case = Case { opening: opening.clone(), record, stranger, to, first };
            let alone = case.written(record_id(9), &filler).0.views();
            let (registry, untouched) = (alone.registry(), seen(&alone, record, kind));
            let foreign = openings().into_iter().chain(words()).filter(|mv| mv.kind() == kind || mv.opens());
            // A number would say whose paper it is.
            let foreign = foreign.map(|mut mv| {
                if let Some(paper) = mv.paper_mut() {
                    paper.number.clear();
                }
                mv
            });
            for mv in foreign {
                let said = format!("{kind}: {} of {stranger} to {to}", mv.name());
                let (both, at) = case.written(record, &mv);
                let refused = vet::permit(&registry, &both.entries[at as usize - 1], None).err();
                let own = RecordId::of(id(stranger), mv.kind(), Uuid::from_u128(50));
                let (his, his_at) = case.written(own, &mv);
                if vet::permit(&registry, &his.entries[his_at as usize - 1], None).is_err() {
                    // He may not write it at all.
                    assert!(refused.is_some(), "{said}");
                    continue;
                }
                allowed.insert((mv.kind(), mv.name()));
                let right = mv.opens().then_some(Refusal::ForeignRecord);
                assert_eq!(refused, right, "{said}");
                kept_out.extend(right.map(|_| mv.kind()));
                let order: Vec<u64> = (1..=both.entries.len() as u64).collect();
                let verdicts = refused.map(|refused| (at, refused)).into_iter().collect();
                let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
                both.fold(&mut views, &order, &verdicts, |_| false);
                assert_eq!(seen(&views, record, kind), untouched, "{said}");
            }
        }
    }
    for kind in KINDS {
        for rule in kind.moves {
            // What is for the own office alone no stranger may send to anybody.
            let tried = allowed.contains(&(kind.number, rule.name));
            assert_eq!(tried, !rule.is_inward(), "{} {}", kind.name, rule.name);
        }
        // Nothing of an inward kind comes to where its id could keep it out.
        assert_eq!(kept_out.contains(&kind.number), !kind.inward, "{}: the id decides nowhere", kind.name);
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
            let at = province.about(2, record, kind, opening.encode(), &opening.work()) as usize - 1;
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
