//! Questions across all offices.

use truc_proto::audience::Scope;
use truc_proto::record::{Act as _, Period, directive, programme, report};

use super::progress;
use super::province::{Province, id, letter, paper, record_id, submitted};
use crate::views::across::{self, Trail};

fn said(views: &super::Views) -> Vec<(String, u128, bool)> {
    let mut all = Vec::new();
    across::said(views.connection(), |_, _, part, words| {
        // Of a task; the paper as a whole is accepted besides.
        if !part.is_empty() {
            all.extend(
                words.iter().map(|word| (part.to_owned(), word.office.0.as_u128(), word.done.is_some())),
            );
        }
    })
    .unwrap();
    all
}

#[test]
fn what_is_done_is_known_until_the_owner_says_that_it_is_not() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", Scope::subtree(id(2))), ("T2", Scope::office(id(10)))]), &down);
    for office in [10, 11] {
        for code in ["01", "03"] {
            province.writes(office, 50, directive::Move::status(code), &up);
        }
        province.writes(office, 50, progress("T1", 100), &up);
    }
    province.writes(10, 50, progress("T2", 40), &up);
    let owned = |name: &str, office, done| (name.to_owned(), office, done);
    let before = [owned("T1", 10, true), owned("T1", 11, true), owned("T2", 10, false)];
    assert_eq!(said(&province.views()), before);
    let judged = |accepted| directive::Move::Confirmed {
        task: "T1".into(),
        office: id(11),
        accepted,
        note: String::new(),
    };
    province.writes(2, 50, judged(false), &down);
    assert_eq!(said(&province.views())[1], owned("T1", 11, false));
    province.writes(11, 50, progress("T1", 100), &up);
    assert_eq!(said(&province.views())[1], owned("T1", 11, true), "said again after the verdict");
    province.writes(2, 50, judged(false), &down);
    province.writes(2, 50, judged(true), &down);
    assert_eq!(said(&province.views())[1], owned("T1", 11, true));
    let views = province.views();
    let owed = across::owed(views.connection()).unwrap();
    assert_eq!(owed.iter().map(|owed| owed.part.as_str()).collect::<Vec<_>>(), ["T1", "T2"]);
    let statuses = across::statuses(views.connection(), directive::Move::KIND).unwrap();
    assert_eq!(statuses[&record_id(50)]["accepted"], 2);
}

#[test]
fn a_refused_word_and_a_closed_programme_leave_nothing_owed() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    let item = programme::Item {
        id: "A".into(),
        content: "việc".into(),
        lead: id(10),
        coordinating: vec![],
        due: "1970-01-05".into(),
        product: String::new(),
        preparer: String::new(),
        starts: String::new(),
        place: String::new(),
    };
    let issued =
        programme::Issued { paper: paper("CTr", "Năm"), period: None, items: vec![item], version: 1 };
    province.writes(2, 70, programme::Move::Issued(issued), &down);
    let done = programme::Move::Progress { item: "A".into(), percent: 100, note: String::new() };
    let word = province.writes(10, 70, done, &up);
    assert_eq!(said(&province.views()).len(), 1);
    assert_eq!(across::owed(province.views().connection()).unwrap().len(), 1);
    province.hub_refuses(word);
    assert!(said(&province.views()).is_empty());
    province.writes(2, 70, programme::Move::Closed { note: String::new() }, &down);
    assert!(across::owed(province.views().connection()).unwrap().is_empty());
}

#[test]
fn offices_that_refused_or_gave_back_are_out() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[]), &down);
    for code in ["01", "02"] {
        province.writes(10, 50, directive::Move::status(code), &up);
    }
    province.writes(11, 50, directive::Move::status("01"), &up);
    let ended = across::ended(province.views().connection()).unwrap();
    assert_eq!(ended[&record_id(50)], [id(10)]);
}

#[test]
fn reports_of_a_form_come_with_their_first_time_and_their_newest_verdict() {
    let mut province = Province::new();
    let (up, down) = ([Scope::office(id(2))], [Scope::office(id(10))]);
    let period = Period {
        kind: "month".into(),
        from: "2026-09-15".parse().unwrap(),
        to: "2026-10-14".parse().unwrap(),
    };
    let version = |version| match submitted(version) {
        report::Move::Submitted(said) => report::Submitted { period: Some(period.clone()), ..said },
        report::Move::Judged { .. } => unreachable!(),
    };
    let sample = version(1);
    let first = province.writes(10, 60, report::Move::Submitted(version(1)), &up);
    let judged = |version, accepted| report::Move::Judged { version, accepted, note: String::new() };
    province.writes(2, 60, judged(1, false), &down);
    let find = |province: &Province| {
        let views = province.views();
        let to = period.to.to_string();
        across::reports(views.connection(), &sample.form, &period.kind, &to, &to).unwrap()
    };
    let found = find(&province);
    assert_eq!(
        (found.len(), found[0].first, found[0].verdicts.as_slice()),
        (1, first, &[(id(2), false)][..])
    );
    province.writes(10, 60, report::Move::Submitted(version(2)), &up);
    let found = find(&province);
    assert_eq!((found[0].version, found[0].first, found[0].verdicts.len()), (2, first, 0));
    province.writes(2, 60, judged(2, true), &down);
    assert_eq!(find(&province)[0].verdicts, [(id(2), true)]);
    let views = province.views();
    let forms = across::forms(views.connection()).unwrap();
    assert_eq!((forms[0].form.as_str(), forms[0].reports), (sample.form.as_str(), 1));
    let figures = across::figures(views.connection(), record_id(60), id(10)).unwrap();
    assert_eq!(figures.len(), sample.indicators.len());
}

#[test]
fn a_trail_is_read_page_by_page_without_a_gap_or_a_repetition() {
    let mut province = Province::new();
    let down = [Scope::subtree(id(2))];
    for record in 50..70 {
        province.writes(2 + 8 * (record % 2), record, letter(&[]), &down);
    }
    let views = province.views();
    let all: Vec<u64> = (1..=province.entries.len() as u64).rev().collect();
    let own: Vec<u64> = all
        .iter()
        .copied()
        .filter(|position| province.entries[*position as usize - 1].header.ledger == id(10))
        .collect();
    for (ledger, expected, span) in [(None, &all, 1_000), (None, &all, 7), (Some(id(10)), &own, 7)] {
        let mut asked = Trail { ledger, limit: 3, span, ..Trail::default() };
        let mut seen = Vec::new();
        for _ in 0..100 {
            let (rows, next) = across::trail(views.connection(), &asked).unwrap();
            seen.extend(rows.iter().map(|row| row.position));
            asked.before = next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(&seen, expected, "{ledger:?} {span}");
    }
    let rare = Trail { kind: Some(1), limit: 50, span: 4, ..Trail::default() };
    let (rows, next) = across::trail(views.connection(), &rare).unwrap();
    assert!(rows.is_empty() && next.is_some(), "looked through a little, and says where to go on");
}
