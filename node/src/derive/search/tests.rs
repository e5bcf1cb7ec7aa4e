#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use truc_proto::audience::Scope;
use truc_proto::entry::{Entry, SALT};
use truc_proto::record::{Move, Paper, directive, guidance, report};
use truc_proto::refusal::Refusal;
use truc_proto::wire::{self, Confidentiality};

use super::*;
use crate::derive::views::Views;
use crate::derive::views::tests::province::{Province, id, key, paper, record_id};

/// Views and index, kept as the pump keeps them.
struct Store {
    views: Views,
    index: Index,
}

impl Store {
    fn new() -> Self {
        let views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
        Self { views, index: Index::in_memory().unwrap() }
    }

    /// A store with all entries of a province.
    fn of(province: &Province) -> Self {
        let mut store = Self::new();
        let all: Vec<u64> = (1..=province.entries.len() as u64).collect();
        store.take(province, &all, &BTreeMap::new());
        store
    }

    /// Folds one batch, as the pump does.
    fn take(&mut self, province: &Province, batch: &[u64], verdicts: &BTreeMap<u64, Refusal>) {
        province.fold(&mut self.views, batch, verdicts, |_| false);
        self.index_only(province, batch);
    }

    /// Indexes a batch that the views folded earlier.
    fn index_only(&mut self, province: &Province, batch: &[u64]) {
        batch.iter().for_each(|position| self.index.take(*position, &entry(province, *position)));
        let upto = batch.iter().copied().max().unwrap_or(0).max(self.index.upto());
        let registry = self.views.registry();
        let entries = |position| Ok(Some(entry(province, position)));
        self.index.commit(upto, &registry, self.views.connection(), &entries).unwrap();
    }

    fn hits(&self, province: &Province, query: &Query) -> Vec<Hit> {
        let entries = |position| Ok(Some(entry(province, position)));
        find(self.index.connection(), query, &entries).unwrap()
    }

    /// Records found, by their number in the test.
    fn found(&self, province: &Province, text: &str) -> Vec<u128> {
        let query = Query { text: text.into(), ..Query::default() };
        self.hits(province, &query).iter().map(|hit| hit.record.0.as_u128()).collect()
    }
}

fn entry(province: &Province, position: u64) -> Entry {
    province.entries[position as usize - 1].clone()
}

fn letter(number: &str, title: &str, text: &str) -> directive::Move {
    let paper = Paper { number: number.into(), title: title.into(), text: text.into(), ..paper("CV", "") };
    directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None })
}

fn version(version: u32, text: &str) -> report::Move {
    let paper = Paper { text: text.into(), ..paper("BC", "Báo cáo tháng 10") };
    report::Move::Submitted(report::Submitted {
        paper,
        form: String::new(),
        period: None,
        indicators: vec![],
        version,
    })
}

fn note(code: &str, arrival: &str, note: &str) -> directive::Move {
    directive::Move::Status {
        code: code.into(),
        arrival_number: arrival.into(),
        assigned_to: String::new(),
        note: note.into(),
    }
}

const DOWN: fn() -> [Scope; 1] = || [Scope::subtree(id(2))];
const UP: fn() -> [Scope; 1] = || [Scope::office(id(2))];

#[test]
fn everything_of_a_record_is_found_with_and_without_marks() {
    let mut province = Province::new();
    province.writes(
        2,
        50,
        letter("913-CV/TU", "Ứng phó bão số 9", "Ý kiến chỉ đạo của Thường trực"),
        &DOWN(),
    );
    province.writes(10, 50, note("01", "", ""), &UP());
    province.writes(10, 50, note("03", "1204", "Đảng uỷ xã đã sơ tán"), &UP());
    province.writes(10, 60, version(1, "Kết quả công tác"), &UP());
    let store = Store::of(&province);
    for text in [
        "chi dao",
        "chỉ đạo",
        "chi\u{309} \u{111}a\u{323}o",
        "CHI DA",
        "ung pho",
        "913",
        "913-cv/tu",
        "cong van",
        "office 2",
        "1204",
        "so tan",
        "dang uy",
        "đảng ủy",
        "chi dao so tan 1204 bao",
    ] {
        assert_eq!(store.found(&province, text), [50], "{text:?}");
    }
    assert_eq!(store.found(&province, "office"), [60, 50], "the newest first");
    assert_eq!(store.found(&province, "ch da bao"), [50], "only begun, all of them");
    assert!(store.found(&province, "chi dao cong tac").is_empty(), "all words are wanted, of one record");
    assert!(store.found(&province, " .- ").is_empty());
    let query = Query { text: "so tan".into(), ..Query::default() };
    let hit = store.hits(&province, &query).remove(0);
    assert_eq!((hit.number.as_str(), hit.title.as_str(), hit.kind), ("913-CV/TU", "Ứng phó bão số 9", 3));
    assert_eq!((hit.owner, hit.position), (id(2), 5));
    let marked: Vec<_> = hit.shown.iter().filter(|(found, _)| *found).map(|(_, text)| &**text).collect();
    assert_eq!(marked, ["sơ", "tán"], "as it was written, of what was said");
}

#[test]
fn kind_owner_and_page_narrow_it() {
    let mut province = Province::new();
    for record in 50..55 {
        province.writes(10, record, version(1, "bão"), &UP());
    }
    province.writes(11, 60, version(1, "bão"), &UP());
    province.writes(2, 70, letter("01-CV/TU", "Bão", ""), &DOWN());
    let store = Store::of(&province);
    let query = |kind, owner, limit, offset| Query { text: "bao".into(), kind, owner, limit, offset };
    let found = |query: &Query| -> Vec<u128> {
        store.hits(&province, query).iter().map(|hit| hit.record.0.as_u128()).collect()
    };
    assert_eq!(found(&query(None, None, 0, 0)).len(), 7);
    assert_eq!(found(&query(Some(3), None, 0, 0)), [70]);
    assert_eq!(found(&query(Some(4), Some(id(10)), 2, 1)), [53, 52]);
    assert!(found(&query(Some(3), Some(id(10)), 0, 0)).is_empty());
}

#[test]
fn the_number_comes_first_then_the_title() {
    let mut province = Province::new();
    province.writes(2, 50, letter("12-CV/TU", "Việc thường", ""), &DOWN());
    province.writes(2, 51, letter("112-CV/TU", "Bão 12 CV TU", "12 CV TU 12 CV TU 12 CV TU"), &DOWN());
    province.writes(2, 52, letter("03-CV/TU", "Việc khác", "bão bão bão"), &DOWN());
    let store = Store::of(&province);
    assert_eq!(store.found(&province, "12-cv/tu"), [50, 51]);
    assert_eq!(store.found(&province, "bao"), [51, 52]);
}

#[test]
fn of_very_many_the_newest_come_first_and_those_with_the_words_ahead_before_them() {
    let mut province = Province::new();
    province.writes(2, 49, letter("07-CV/TU", "Sạt lở", ""), &DOWN());
    let many = truc_proto::limits::SEARCH_WEIGHED as u128;
    for record in 100..100 + many {
        province.writes(10, record, version(1, "sạt lở"), &UP());
    }
    let store = Store::of(&province);
    let found = |offset| -> Vec<u128> {
        let query = Query { text: "sat lo".into(), limit: 3, offset, ..Query::default() };
        store.hits(&province, &query).iter().map(|hit| hit.record.0.as_u128()).collect()
    };
    assert_eq!(found(0), [49, 99 + many, 98 + many]);
    assert_eq!(found(3), [97 + many, 96 + many, 95 + many]);
}

#[test]
fn a_newer_version_replaces_what_is_found() {
    let mut province = Province::new();
    province.writes(10, 60, version(1, "sạt lở"), &UP());
    let mut store = Store::of(&province);
    assert_eq!(store.found(&province, "sat lo"), [60]);
    let newer = province.writes(10, 60, version(2, "lũ quét"), &UP());
    let taken = province.writes(10, 60, version(2, "cháy rừng"), &UP());
    store.take(&province, &[newer, taken], &BTreeMap::new());
    assert_eq!(store.found(&province, "lu quet"), [60]);
    assert!(store.found(&province, "sat lo").is_empty());
    assert!(store.found(&province, "chay rung").is_empty(), "a version that is not in force");
}

#[test]
fn what_is_refused_or_unknown_is_not_found() {
    let mut province = Province::new();
    let opened = province.writes(10, 60, version(1, "sạt lở"), &UP());
    let judged = report::Move::Judged { version: 1, accepted: false, note: "thiếu số liệu".into() };
    let said = province.writes(2, 60, judged, &[Scope::office(id(10))]);
    province.raw(10, 80, 99, Bytes::from_static(b"bao"), &[]);
    let mut store = Store::of(&province);
    assert_eq!(store.found(&province, "thieu so lieu"), [60]);
    assert!(store.found(&province, "bao").iter().all(|record| *record == 60));
    let word = province.hub_refuses(said);
    store.take(&province, &[word], &BTreeMap::new());
    assert!(store.found(&province, "thieu").is_empty());
    let word = province.hub_refuses(opened);
    store.take(&province, &[word], &BTreeMap::new());
    assert!(store.found(&province, "sat lo").is_empty());
    assert!(store.found(&province, "office").is_empty());
}

#[test]
fn a_secret_stub_is_found_by_its_number_only() {
    let mut province = Province::new();
    province.writes(2, 50, letter("01-KL/TU", "Tiêu đề kín", ""), &DOWN());
    let position = province.entries.len();
    let stub = &mut province.entries[position - 1];
    let mut header = stub.header.clone();
    header.confidentiality = Confidentiality::TopSecret;
    *stub = Entry::write(&header, &stub.body, [0; SALT], stub.prev, &key(2)).unwrap();
    province.writes(10, 50, note("01", "", "lời lẽ"), &UP());
    let store = Store::of(&province);
    assert_eq!(store.found(&province, "01-kl/tu"), [50]);
    for text in ["tieu de", "cong van", "office", "loi le"] {
        assert!(store.found(&province, text).is_empty(), "{text}");
    }
}

#[test]
fn an_office_with_a_new_name_is_found_by_it() {
    let mut province = Province::new();
    province.writes(10, 60, version(1, ""), &UP());
    let mut store = Store::of(&province);
    let renamed = province.hub_says(wire::registry_move::Move::Office(wire::OfficeFact {
        office: id(10).to_wire(),
        since: "2026-01-01".into(),
        tier: "commune".into(),
        parent: id(2).to_wire(),
        name: "Đảng ủy xã Diễn Châu".into(),
        ..Default::default()
    }));
    store.take(&province, &[renamed], &BTreeMap::new());
    assert_eq!(store.found(&province, "dien chau"), [60]);
    assert!(store.found(&province, "office").is_empty());
}

#[test]
fn an_index_that_cannot_be_used_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SEARCH);
    let province = Province::new();
    let views = province.views();
    let mut index = Index::open(&path, 4).unwrap();
    let entries = |position| Ok(Some(entry(&province, position)));
    index.commit(4, &views.registry(), views.connection(), &entries).unwrap();
    drop(index);
    assert_eq!(Index::open(&path, 4).unwrap().upto(), 4);
    let index = Index::open(&path, 3).unwrap();
    assert_eq!(index.upto(), 0, "it says more than the journal holds");
    index.connection().pragma_update(None, "user_version", 99).unwrap();
    drop(index);
    assert_eq!(Index::open(&path, 4).unwrap().upto(), 0);
    std::fs::write(&path, b"this is not a database, only long enough to be taken for one").unwrap();
    assert_eq!(Index::open(&path, 4).unwrap().upto(), 0);
    assert_eq!(dump(&reader(&path).unwrap()).unwrap(), Vec::<String>::new());
}

/// Every word of every record, with column and offset.
fn instances(index: &Index) -> BTreeSet<String> {
    let conn = index.connection();
    conn.execute_batch("CREATE VIRTUAL TABLE IF NOT EXISTS temp.place USING fts5vocab(main, word, instance)")
        .unwrap();
    let mut select = conn
        .prepare(
            "SELECT hex(doc.record) || doc.kind || hex(doc.owner) || ' ' || term || ' ' || col || ' ' || \"offset\"
             FROM temp.place LEFT JOIN doc ON doc.id = place.doc",
        )
        .unwrap();
    let rows = select.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
    rows.map(|row| row.unwrap().expect("no words without a record")).collect()
}

const WORDS: [&str; 8] = ["bão", "lũ", "chỉ đạo", "Đảng uỷ", "số 9", "sạt lở", "họp", "kế hoạch"];

fn write_act(province: &mut Province, (office, record, act, pick): (u128, u128, u8, Pick)) {
    let scope = Scope::office(id([2, 10, 11][pick.index(3)]));
    let words = WORDS[pick.index(WORDS.len())];
    let number = pick.index(3) as u32 + 1;
    let mv: Move = match act {
        0 | 1 => letter(&format!("{number}-CV/TU"), words, words).into(),
        2..=4 => version(number, words).into(),
        5 | 6 => note(["01", "03", "06", "02"][pick.index(4)], "17", words).into(),
        7 => report::Move::Judged { version: number, accepted: false, note: words.into() }.into(),
        8 => guidance::Move::Question { number, text: words.into() }.into(),
        9 => guidance::Move::Issued { paper: paper("HD", words) }.into(),
        10 => {
            province.hub_refuses(pick.index(province.entries.len()) as u64 + 1);
            return;
        }
        11 => {
            province.office(office, "commune", 2);
            return;
        }
        _ => Move::Unknown { kind: 99, body: Bytes::from_static(b"new") },
    };
    province.writes(office, record, mv, &[scope]);
}

#[test]
fn the_words_as_they_stand_come_first() {
    let mut province = Province::new();
    let titled = |title: &str| {
        directive::Move::Issued(directive::Issued {
            paper: paper("CV", title),
            tasks: Vec::new(),
            in_reply_to: None,
        })
    };
    let long = "Trực ban ứng phó mưa lũ sau cơn bão, danh sách các tổ công tác và xe theo công văn số 9";
    province.writes(2, 50, titled("Ứng phó cơn bão số 9"), &UP());
    province.writes(2, 51, titled("Số 9, bão"), &UP());
    province.writes(2, 52, titled(long), &UP());
    let store = Store::of(&province);
    let found = store.hits(&province, &Query { text: "bão số 9".into(), ..Query::default() });
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].record, record_id(50), "{}", found[0].title);
}

fn any_act() -> impl Strategy<Value = (u128, u128, u8, Pick)> {
    (prop::sample::select(vec![2u128, 10, 11]), 50u128..54, 0u8..13, any::<Pick>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The same entries give the same index and the same answers, whatever order and batches they came in,
    /// and however far the views were ahead.
    #[test]
    fn any_order_of_arrival_gives_the_same_answers(
        acts in prop::collection::vec(any_act(), 1..50),
        found_wrong in prop::collection::vec(any::<Pick>(), 0..3),
        ranks in prop::collection::vec(any::<u32>(), 200),
        sizes in prop::collection::vec(1usize..9, 200),
    ) {
        let mut province = Province::new();
        acts.into_iter().for_each(|act| write_act(&mut province, act));
        let count = province.entries.len() as u64;
        let verdicts: BTreeMap<u64, Refusal> =
            found_wrong.iter().map(|pick| (pick.index(count as usize) as u64 + 1, Refusal::MayNotAddress)).collect();
        let written: Vec<u64> = (1..=count).collect();
        let mut arrived = written.clone();
        arrived.sort_by_key(|position| ranks[*position as usize]);
        let (mut plain, mut shuffled, mut behind) = (Store::new(), Store::new(), Store::new());
        plain.take(&province, &written, &verdicts);
        province.fold(&mut behind.views, &written, &verdicts, |_| false);
        let mut rest = &arrived[..];
        for size in sizes {
            let (batch, after) = rest.split_at(size.min(rest.len()));
            shuffled.take(&province, batch, &verdicts);
            behind.index_only(&province, batch);
            rest = after;
        }
        shuffled.take(&province, rest, &verdicts);
        behind.index_only(&province, rest);
        for other in [&shuffled, &behind] {
            prop_assert_eq!(dump(plain.index.connection()).unwrap(), dump(other.index.connection()).unwrap());
            prop_assert_eq!(instances(&plain.index), instances(&other.index));
            for text in ["bao", "chi dao", "d", "cong van", "2-cv/tu", "office 17"] {
                let query = Query { text: text.into(), ..Query::default() };
                prop_assert_eq!(plain.hits(&province, &query), other.hits(&province, &query));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Nothing that can be typed is taken for the syntax of a query.
    #[test]
    fn whatever_is_typed_is_safe(
        text in prop_oneof![
            any::<String>(),
            "[\"'*(){}:^+\\-\\\\ANDORTE ủy_k3\u{0}\u{301}]{0,40}",
            "\\PC{0,600}",
        ],
        limit in any::<u32>(),
        offset in 0u32..9,
    ) {
        let mut province = Province::new();
        province.writes(10, 60, version(1, &text), &UP());
        let store = Store::of(&province);
        let query = Query { text: text.clone(), limit, offset: 0, ..Query::default() };
        let found = store.hits(&province, &query);
        prop_assert_eq!(found.len(), usize::from(!words::typed(&text).is_empty()), "what was written is found");
        store.hits(&province, &Query { offset, kind: Some(3), owner: Some(id(2)), ..query });
    }
}
