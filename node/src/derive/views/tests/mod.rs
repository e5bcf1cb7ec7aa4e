#![allow(clippy::unwrap_used)]
mod across;
mod foreign;
mod owed;
pub(crate) mod province;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use truc_proto::audience::Scope;
use truc_proto::record::duty::{DutyStatus, Thresholds};
use truc_proto::record::{Move, directive, guidance, inspection, programme, report};
use truc_proto::refusal::Refusal;

use province::{Province, id, key, letter, paper, plan, record_id, submitted};

use super::read::{self, Filter, Viewpoint};
use super::*;
use crate::derive::views::kinds;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn progress(task: &str, percent: u32) -> directive::Move {
    directive::Move::Progress { task: task.into(), percent, note: String::new() }
}

fn confirmed(task: &str, office: u128, accepted: bool) -> directive::Move {
    directive::Move::Confirmed { task: task.into(), office: id(office), accepted, note: String::new() }
}

/// Everything in all tables, except the position folded.
fn dump(views: &Views) -> Vec<String> {
    let conn = views.connection();
    let mut tables =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    assert!(names.len() >= 14);
    let mut all = Vec::new();
    for name in names.iter().filter(|name| *name != "folded") {
        let mut rows = conn.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let rows = rows.query_map([], |row| {
            Ok((0..columns).map(|c| format!("{:?}", row.get_ref(c).unwrap())).collect::<Vec<_>>().join("|"))
        });
        let mut rows: Vec<String> = rows.unwrap().map(|row| format!("{name}: {}", row.unwrap())).collect();
        rows.sort();
        all.extend(rows);
    }
    let offices = kinds::registry::list(&views.registry(), "2026-01-01".parse().unwrap());
    all.push(serde_json::to_string(&offices).unwrap());
    all
}

fn look<'a>(registry: &'a Registry, me: u128, now: i64) -> Viewpoint<'a> {
    Viewpoint { me: id(me), registry, now, figures: Thresholds::default(), heard: &|_| Some(i64::MAX) }
}

fn shown(views: &Views, me: u128, now: i64, record: u128) -> serde_json::Value {
    let registry = views.registry();
    let look = look(&registry, me, now);
    let mut found = kinds::show(views.connection(), &look, record_id(record)).unwrap();
    assert_eq!(found.len(), 1);
    serde_json::to_value(found.remove(0)).unwrap()
}

#[test]
fn a_directive_and_its_answers_are_joined_when_looked_at() {
    let mut province = Province::new();
    let down = [Scope::subtree(id(2))];
    let up = [Scope::office(id(2))];
    let opened = province.writes(
        2,
        50,
        letter(&[("T1", Scope::subtree(id(2))), ("T2", Scope::office(id(10)))]),
        &down,
    );
    for code in ["01", "03"] {
        province.writes(10, 50, directive::Move::status(code), &up);
    }
    province.writes(10, 50, progress("T2", 100), &up);
    province.writes(11, 50, directive::Move::status("03"), &up);
    let views = province.views();
    let seen = shown(&views, 10, 6 * DAY, 50);
    assert_eq!(seen["title"], "Ứng phó bão");
    assert_eq!(seen["position"], opened);
    let addressees = seen["addressees"].as_array().unwrap();
    assert_eq!(addressees.len(), 3, "all under the province, not itself");
    assert_eq!(addressees[0]["status"], "accepted");
    assert_eq!(addressees[1]["status"], serde_json::Value::Null, "not accepted before it arrived");
    assert_eq!(seen["tasks"][1]["offices"][0]["status"], "completed-on-time");
    assert_eq!(seen["tasks"][0]["offices"].as_array().unwrap().len(), 3, "not the issuer");
    assert_eq!(seen["tasks"][0]["offices"][0]["status"], "overdue");
    assert_eq!(seen["next"], serde_json::json!(["assigned", "processing", "completed", "progress"]));
    assert_eq!(shown(&views, 2, 0, 50)["next"][0], "confirmed");
    let registry = views.registry();
    let row = read::list(views.connection(), &Filter::id(record_id(50))).unwrap().remove(0);
    let story = story::of(views.connection(), &look(&registry, 2, 0), &row).unwrap();
    assert_eq!(story.len(), 5);
    assert_eq!(story[4].outcome, "not-allowed: out-of-order");
    let registry = views.registry();
    let due = read::duties(views.connection(), &look(&registry, 10, 4 * DAY), id(10)).unwrap();
    let parts: Vec<_> = due.iter().map(|duty| (duty.part.as_str(), duty.status)).collect();
    assert_eq!(parts, [("T1", DutyStatus::DueSoon), ("T2", DutyStatus::CompletedOnTime)]);
}

#[test]
fn of_a_strand_so_many_moves_count_whatever_their_order() {
    const COUNT: usize = 40;
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    province.writes(2, 50, letter(&[("T1", Scope::office(id(10)))]), &[Scope::office(id(10))]);
    let first = province.writes(10, 50, progress("T1", 0), &up);
    for percent in 1..2 * COUNT as u32 {
        province.writes(10, 50, progress("T1", percent), &up);
    }
    province.hub_refuses(first + 3);
    let all: Vec<u64> = (1..=province.entries.len() as u64).collect();
    let folded = |order: &[u64], cut: usize| {
        let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
        province.fold(&mut views, order, &BTreeMap::new(), |index| index % cut == cut - 1);
        views
    };
    let plain = folded(&all, usize::MAX);
    let story = story::newest_of(plain.connection(), id(10), 1_000).unwrap();
    let count = |outcome: &str| story.iter().filter(|row| row.outcome == outcome).count();
    assert_eq!((count("applied"), count("not-allowed: too-many")), (COUNT, COUNT - 1));
    assert_eq!(shown(&plain, 2, 0, 50)["tasks"][0]["offices"][0]["progress"]["percent"], COUNT);
    let back: Vec<u64> = all.iter().rev().copied().collect();
    let halves = [&all[all.len() / 2..], &all[..all.len() / 2]].concat();
    for (order, cut) in [(&back, usize::MAX), (&back, 7), (&halves, 9), (&all, 5), (&halves, 1)] {
        assert_eq!(dump(&folded(order, cut)), dump(&plain), "{order:?} {cut}");
    }
}

#[test]
fn reports_are_listed_searched_judged_and_shown() {
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    let judged = |version, accepted| report::Move::Judged { version, accepted, note: String::new() };
    let down = [Scope::office(id(10))];
    province.writes(10, 60, submitted(1), &up);
    province.writes(2, 60, judged(1, false), &down);
    province.writes(11, 60, judged(1, true), &down);
    let views = province.views();
    assert_eq!(shown(&views, 2, 0, 60)["status"], "returned");
    province.writes(10, 60, submitted(2), &up);
    let newest = province.writes(2, 60, judged(2, true), &down) - 1;
    let views = province.views();
    let seen = shown(&views, 2, 0, 60);
    assert_eq!(
        (&seen["status"], &seen["version"], &seen["position"]),
        (&"accepted".into(), &2.into(), &newest.into())
    );
    assert_eq!(seen["indicators"][1]["value"], serde_json::Value::Null);
    assert_eq!(seen["judged"].as_object().unwrap().len(), 1, "only those it was submitted to judge");
    let filter = |search: &str| Filter { search: search.into(), ..Filter::default() };
    let found = |search: &str| kinds::report::list(views.connection(), &filter(search)).unwrap().len();
    assert_eq!((found("bao CAO thang"), found("Báo cáo 12-bc"), found("kế hoạch"), found("%")), (1, 1, 0, 0));
}

#[test]
fn every_kind_is_shown() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 70, plan(10), &down);
    province.writes(
        10,
        70,
        programme::Move::Progress { item: "A".into(), percent: 100, note: String::new() },
        &up,
    );
    province.writes(
        2,
        70,
        programme::Move::Confirmed { item: "A".into(), office: id(10), accepted: false, note: String::new() },
        &[Scope::office(id(10))],
    );
    province.writes(2, 71, guidance::Move::Issued { paper: paper("HD", "Gửi nhận văn bản") }, &down);
    province.writes(11, 71, guidance::Move::Acknowledged { note: String::new() }, &up);
    province.writes(11, 71, guidance::Move::Question { number: 1, text: "Hỏi?".into() }, &up);
    province.writes(
        2,
        71,
        guidance::Move::Answer { office: id(11), number: 1, text: "Đáp.".into() },
        &[Scope::office(id(11))],
    );
    let checklist = vec![inspection::Question { id: "K1".into(), question: "Sổ?".into() }];
    let opened =
        inspection::Opened {
            paper: paper("CV", "Tự kiểm tra"), period: None, checklist, supervision: false
        };
    province.writes(2, 72, inspection::Move::Opened(opened), &down);
    province.writes(
        12,
        72,
        inspection::Move::SelfReported { paper: paper("BC", "Tự kiểm tra"), answers: vec![] },
        &up,
    );
    let views = province.views();
    let programme = shown(&views, 10, 6 * DAY, 70);
    assert_eq!(programme["items"][0]["status"], "overdue", "the owner says that it is not done");
    let guidance = shown(&views, 11, 0, 71);
    assert_eq!(guidance["addressees"][1]["questions"][0]["answered"]["text"], "Đáp.");
    let inspection = shown(&views, 12, 0, 72);
    assert_eq!(inspection["targets"][2]["stage"], "self-reported");
    assert_eq!(inspection["targets"][0]["stage"], "notified");
    let conn = views.connection();
    assert_eq!(kinds::programme::list(conn, &Filter::default()).unwrap()[0].items, 1);
    assert_eq!(kinds::inspection::list(conn, &Filter::default()).unwrap()[0].questions, 1);
    assert_eq!(read::list(conn, &Filter::default()).unwrap().len(), 3);
    assert_eq!(
        read::list(conn, &Filter { number: Some("12-HD/TU".into()), ..Filter::default() }).unwrap().len(),
        1
    );
    assert_eq!(read::ledgers(conn).unwrap().len(), 5);
}

#[test]
fn a_gap_is_seen_and_closes_when_the_entry_comes() {
    let mut province = Province::new();
    let (one, all) = ([Scope::office(id(10))], [Scope::subtree(id(2))]);
    let kept: Vec<u64> = (1..=4).collect();
    let missed_before_joining = province.writes(2, 50, letter(&[]), &all);
    let first = province.writes(2, 51, letter(&[]), &all);
    let withheld = province.writes(2, 52, letter(&[]), &all);
    let later = province.writes(2, 53, letter(&[]), &all);
    let elsewhere = province.writes(2, 54, letter(&[]), &[Scope::office(id(11))]);
    let both = province.writes(2, 55, letter(&[]), &[Scope::office(id(11)), one[0]]);
    let refused = province.writes(2, 56, letter(&[]), &one);
    let word = province.hub_refuses(refused);
    let last = province.writes(2, 57, letter(&[]), &one);
    let _ = (missed_before_joining, elsewhere);
    let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
    let gaps = |views: &Views| {
        let registry = views.registry();
        let found = read::gaps(views.connection(), &look(&registry, 10, 0)).unwrap();
        found.iter().map(|gap| gap.seat.seq).collect::<Vec<_>>()
    };
    province.fold(&mut views, &kept, &BTreeMap::new(), |_| true);
    province.fold(&mut views, &[first, later, both, last], &BTreeMap::new(), |_| true);
    let seq = |position: u64| province.entries[position as usize - 1].header.seat.seq;
    assert_eq!(gaps(&views), [seq(withheld), seq(refused)]);
    province.fold(&mut views, &[word], &BTreeMap::new(), |_| true);
    assert_eq!(gaps(&views), [seq(withheld)], "what the hub refused is no gap");
    province.fold(&mut views, &[withheld], &BTreeMap::new(), |_| true);
    assert!(gaps(&views).is_empty());
}

#[test]
fn what_is_refused_later_leaves_no_trace_but_its_story() {
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    let report = province.writes(10, 60, submitted(1), &up);
    let mut views = province.views();
    assert_eq!(read::list(views.connection(), &Filter::default()).unwrap().len(), 1);
    let word = province.hub_refuses(report);
    province.fold(&mut views, &[word], &BTreeMap::new(), |_| false);
    assert!(read::list(views.connection(), &Filter::default()).unwrap().is_empty());
    assert!(read::strands(views.connection(), record_id(60), 4).unwrap().is_empty());
    let refused = story::refused(views.connection()).unwrap();
    assert_eq!((refused.len(), refused[0].outcome.as_str()), (1, "refused: may-not-direct"));
}

/// The hub's word about a refused entry is an entry itself: it is said once, and never about the hub's own.
#[test]
fn a_refusal_is_to_be_said_until_the_hub_has_said_it() {
    let mut province = Province::new();
    let bad = province.writes(11, 50, letter(&[]), &[Scope::office(id(10))]);
    let own = province.writes(1, 51, letter(&[]), &[Scope::office(id(10))]);
    let verdicts = BTreeMap::from([(bad, Refusal::MayNotDirect), (own, Refusal::Malformed)]);
    let unsaid = |province: &Province| {
        let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
        let order: Vec<u64> = (1..=province.entries.len() as u64).collect();
        province.fold(&mut views, &order, &verdicts, |_| false);
        let unsaid = read::refused_unsaid(views.connection(), id(1), 0, 9).unwrap().into_iter();
        unsaid.map(|unsaid| (unsaid.position, unsaid.reason)).collect::<Vec<_>>()
    };
    assert_eq!(unsaid(&province), [(bad, "may-not-direct".to_owned())]);
    province.hub_refuses(bad);
    assert_eq!(unsaid(&province), []);
}

#[test]
fn unknown_kinds_and_moves_wait_for_a_newer_program() {
    let mut province = Province::new();
    let newer = Bytes::from_static(&[0xfa, 0x01, 0x02, 0x08, 0x01]);
    province.raw(10, 80, 99, newer.clone(), &[]);
    province.raw(10, 81, 4, newer, &[]);
    province.raw(10, 82, 4, Bytes::from_static(b"\xff"), &[]);
    let views = province.views();
    let waiting = story::newer(views.connection()).unwrap();
    assert_eq!(waiting.iter().map(|row| row.kind).collect::<Vec<_>>(), [4, 99]);
    assert_eq!(story::refused(views.connection()).unwrap()[0].outcome, "refused: malformed");
}

#[test]
fn a_batch_that_is_given_up_leaves_no_trace() {
    let mut province = Province::new();
    let mut views = province.views();
    let before = (dump(&views), views.folded_to());
    let next = province.writes(10, 60, submitted(1), &[Scope::office(id(2))]);
    province.office(13, "commune", 2);
    let mut batch = views.batch(&province).unwrap();
    for position in [next, next + 1] {
        batch.entry(position, &province.entries[position as usize - 1], None, None).unwrap();
    }
    drop(batch);
    assert_eq!((dump(&views), views.folded_to()), before);
    assert!(views.registry().office(id(13)).is_none());
}

#[test]
fn a_word_of_the_hub_that_comes_late_counts_within_the_same_batch() {
    let mut province = Province::new();
    let mut views = province.views();
    province.office(13, "commune", 2);
    province.office(14, "commune", 2);
    let last = province.entries.len();
    let mut batch = views.batch(&province).unwrap();
    for position in [last, last - 1] {
        batch.entry(position as u64, &province.entries[position - 1], None, None).unwrap();
        assert!(batch.registry().unwrap().office(id(14)).is_some());
    }
    // Entries after it in the batch are judged by it, wherever batches end.
    assert!(batch.registry().unwrap().office(id(13)).is_some());
}

#[test]
fn views_of_another_version_or_damaged_ones_are_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let province = Province::new();
    let open = || Views::open(&path, id(1), key(1).verifying_key()).unwrap();
    let order: Vec<u64> = (1..=4).collect();
    let mut views = open();
    province.fold(&mut views, &order, &BTreeMap::new(), |_| false);
    drop(views);
    let views = open();
    assert_eq!(views.folded_to(), 4);
    assert!(views.registry().office(id(12)).is_some(), "the registry is built from what was kept");
    assert_eq!(read::folded_to(&reader(&path).unwrap()).unwrap(), 4);
    views.connection().pragma_update(None, "user_version", SCHEMA + 1).unwrap();
    drop(views);
    assert_eq!(open().folded_to(), 0);
    std::fs::write(&path, b"this is not a database, only long enough to be taken for one").unwrap();
    assert_eq!(open().folded_to(), 0);
}

/// An act of an office in the property test.
fn any_act() -> impl Strategy<Value = (u128, u128, u8, Index, bool)> {
    (
        prop::sample::select(vec![2u128, 10, 11]),
        50u128..54,
        0u8..16,
        any::<Index>(),
        prop::bool::weighted(0.1),
    )
}

fn write_act(province: &mut Province, (office, record, act, index, subtree): (u128, u128, u8, Index, bool)) {
    let scope = if subtree { Scope::subtree(id(2)) } else { Scope::office(id([2, 10, 11][index.index(3)])) };
    let codes = ["01", "02", "03", "04", "05", "06", "13", "15", "16", "77"];
    let number = index.index(3) as u32 + 1;
    let mv: Move = match act {
        0 => letter(&[("T1", scope)]).into(),
        1..=4 => directive::Move::status(codes[index.index(codes.len())]).into(),
        5 => progress("T1", [50, 100][index.index(2)]).into(),
        6 => report::Move::Judged { version: number, accepted: index.index(2) == 0, note: String::new() }
            .into(),
        7 | 8 => submitted(number).into(),
        9 => guidance::Move::Question { number, text: "?".into() }.into(),
        10 => guidance::Move::Issued { paper: paper("HD", "Hướng dẫn") }.into(),
        11 => inspection::Move::Verifying { office: id(10), note: String::new() }.into(),
        12 => {
            province.hub_refuses(index.index(province.entries.len()) as u64 + 1);
            return;
        }
        13 => confirmed("T1", [10, 11][index.index(2)], index.index(2) == 0).into(),
        14 => guidance::Move::Acknowledged { note: String::new() }.into(),
        _ => Move::Unknown { kind: 99, body: Bytes::from_static(b"new") },
    };
    province.writes(office, record, mv, &[scope]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Promise 3: the tables are a function of the set of entries, whatever order and batches they came in.
    #[test]
    fn any_order_of_arrival_gives_the_same_tables(
        acts in prop::collection::vec(any_act(), 1..60),
        lost in prop::collection::vec(any::<Index>(), 0..4),
        found_wrong in prop::collection::vec(any::<Index>(), 0..3),
        ranks in prop::collection::vec(any::<u32>(), 200),
        cuts in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut province = Province::new();
        acts.into_iter().for_each(|act| write_act(&mut province, act));
        let count = province.entries.len();
        let lost: BTreeSet<u64> = lost.iter().map(|index| index.index(count) as u64 + 1).collect();
        let verdicts: BTreeMap<u64, Refusal> =
            found_wrong.iter().map(|index| (index.index(count) as u64 + 1, Refusal::MayNotAddress)).collect();
        let written: Vec<u64> = (1..=count as u64).filter(|position| !lost.contains(position)).collect();
        let mut arrived = written.clone();
        arrived.sort_by_key(|position| ranks[*position as usize]);
        let mut again = arrived.clone();
        again.extend(&arrived[..arrived.len() / 2]);
        let new = || Views::in_memory(id(1), key(1).verifying_key()).unwrap();
        let (mut plain, mut shuffled) = (new(), new());
        province.fold(&mut plain, &written, &verdicts, |_| false);
        province.fold(&mut shuffled, &again, &verdicts, |index| cuts[index % cuts.len()]);
        prop_assert_eq!(owed::whole(&plain), owed::whole(&shuffled));
        let (plain, shuffled) = (dump(&plain), dump(&shuffled));
        let only = |a: &[String], b: &[String]| a.iter().filter(|row| !b.contains(row)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(only(&plain, &shuffled), only(&shuffled, &plain));
        prop_assert_eq!(plain.len(), shuffled.len());
    }
}
