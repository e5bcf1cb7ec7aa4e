//! Questions across all offices.

use truc_proto::audience::Scope;
use truc_proto::record::{Period, report};

use super::province::{Province, id, letter, record_id, submitted};
use crate::derive::views::across::{self, Trail};

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
fn what_one_office_invents_does_not_stand_before_what_all_report_on() {
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    let mut report = |office: u128, record: u128, form: String, to: &str| {
        let (from, to) = ("2026-01-01".parse().unwrap(), to.parse().unwrap());
        let period = Some(Period { kind: "year".into(), from, to });
        let report::Move::Submitted(said) = submitted(1) else { unreachable!() };
        let said = report::Submitted { form, period, ..said };
        province.writes(office, record, report::Move::Submitted(said), &up);
    };
    for office in [10, 11] {
        report(office, 50 + office, "VP-N/2026".into(), "2026-12-31");
    }
    for number in 0..120 {
        report(12, 100 + number, format!("A{number}"), "9999-12-31");
    }
    let views = province.views();
    let forms = across::forms(views.connection()).unwrap();
    assert_eq!((forms[0].form.as_str(), forms.len()), ("VP-N/2026", truc_proto::limits::FORMS));
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
