//! Tricky days of works: each is a row of moves that are made or refused, in order.

use truc_proto::record::assignment::judge::may_close;
use truc_proto::record::assignment::part::Part;
use truc_proto::record::assignment::refusal::Key;
use truc_proto::record::assignment::setting::Setting;
use truc_proto::record::assignment::{Stage, Work, lists};

use super::office::Office;
use super::table::row;
use super::{day, millis};

/// Plays moves in order; each is made, or refused for its reason.
#[track_caller]
fn play(moves: &[(&str, Option<Key>)]) -> Office {
    let mut office = Office::new();
    for (mv, key) in moves {
        let played = office.play(&row(mv)).err().map(|refusal| refusal.key);
        assert_eq!(played, *key, "{mv}");
    }
    office
}

fn work<'a>(office: &'a Office, id: &str) -> &'a Work {
    office.works[id].as_ref()
}

/// Who heads a unit gives on what came back to him or what somebody left, without the right to give work.
#[test]
fn whose_page_it_stands_on_gives_it_to_somebody_else() {
    let office = play(&[
        ("02T14:00 cvp A give source=-; content=x; lead=tbxdd; due=2026-11-11", None),
        ("02T14:05 tbxdd A pass to=cvtc; due=2026-11-10", None),
        ("02T14:10 cvtc A back note=không thuộc phần tôi", None),
        ("02T14:15 cvtg A reassign to=cvtg; note=để tôi", Some(Key::NotYours)),
        ("02T14:20 tbxdd A reassign to=minh; note=x", Some(Key::NoRightAssign)),
        ("02T14:25 tbxdd A reassign to=cvtg; note=cvtc bận", None),
    ]);
    assert_eq!(work(&office, "A").lead, "cvtg");
    // The head of that day answers, when the one who handed it down has left.
    play(&[
        ("20T14:00 cvp A give source=-; content=x; lead=tbxdd; due=2026-12-11", None),
        ("20T14:05 tbxdd A pass to=cvtc; due=2026-12-10", None),
        ("26T14:10 cvtc A back note=không thuộc phần tôi", None),
        ("26T14:25 pbxdd A reassign to=cvtg; note=cvtc bận", None),
    ]);
}

/// Nobody grants himself more time, also not as the one who answers for a confirmer who has left.
#[test]
fn nobody_grants_himself_more_time() {
    let ask = "20T14:10 cvp A ask until=2026-12-18; why=chờ số liệu";
    let give = "20T14:00 pbttt A give source=-; content=x; lead=cvp; due=2026-12-11";
    play(&[(give, None), (ask, None), ("20T14:20 cvp A grant ", Some(Key::OwnWork))]);
    let office = play(&[(give, None), (ask, None)]);
    let today = day(millis("2026-11-20"));
    let decides = |who: &str| {
        let lines = lists::mine(&office.house, work(&office, "A"), who, today);
        lines.iter().any(|line| line.section == lists::Section::Decide)
    };
    assert!(decides("pbttt") && !decides("cvp"));
}

/// A work is split by who has it, gave it or heads its unit; others propose, and only who has an account of the office.
#[test]
fn a_work_is_split_by_whose_it_is() {
    let give = "02T14:00 cvp A give source=-; content=x; lead=minh; due=2026-11-11";
    let part =
        |by: &str, mv: &str| format!("02T14:10 {by} B {mv} source=^A; content=y; lead={by}; due=2026-11-10");
    for (by, mv, key) in [
        ("minh", "give", None),
        ("cvp", "give", None),
        ("tbxdd", "give", Some(Key::NotYours)),
        ("tbxdd", "propose", None),
        ("ubndvp", "propose", Some(Key::NotFound)),
    ] {
        play(&[(give, None), (&part(by, mv), key)]);
    }
    play(&[("02T14:00 ubndvp A propose source=-; content=x; lead=minh; due=2026-11-11", Some(Key::NoRight))]);
}

/// What was proposed is judged again on the day on which it is given.
#[test]
fn a_proposal_is_judged_on_the_day_of_giving() {
    let propose = "03T14:00 lan A propose source=-; content=x; lead=minh; help=dung; due=2026-11-11";
    play(&[(propose, None), ("12T14:10 cvp A approve ", Some(Key::DueBeforeToday))]);
    // dung leaves on the 17th.
    let later = "12T14:10 cvp A approve due=2026-11-16";
    play(&[(propose, None), (later, None)]);
    play(&[(propose, None), ("19T14:10 cvp A approve due=2026-11-30", Some(Key::PersonLeft))]);
}

/// A date that has passed is told, whoever names it.
#[test]
fn nobody_hands_down_into_the_past() {
    let give = "10T14:00 cvp A give source=-; content=x; lead=tbxdd; due=2026-11-30";
    play(&[(give, None), ("12T14:05 tbxdd A pass to=cvtc; due=2026-11-09", Some(Key::DueBeforeToday))]);
    play(&[("10T14:00 cvp A give source=-; content=; lead=minh; due=2026-11-30", Some(Key::ContentMissing))]);
}

/// Keeping is taken back, and the part waits again.
#[test]
fn keeping_is_taken_back() {
    let office = play(&[
        ("02T14:00 lan P01#T1 keep note=để biết", None),
        ("02T14:05 cvp A give source=P01#T1; content=x; lead=minh; due=2026-11-11", Some(Key::PartClosed)),
        ("02T14:06 minh KP01#T1 withdraw note=cần làm", Some(Key::NoRight)),
        ("02T14:07 lan KP01#T1 withdraw ", Some(Key::ReasonMissing)),
        ("02T14:08 lan KP01#T1 withdraw note=cần làm", None),
        ("02T14:09 cvp A give source=P01#T1; content=x; lead=minh; due=2026-11-11", None),
    ]);
    assert_eq!(work(&office, "KP01#T1").stage, Stage::Withdrawn);
}

/// A part is not closed with its paper over an open work.
#[test]
fn a_part_is_not_closed_over_its_work() {
    let mut office =
        play(&[("02T14:00 cvp A give source=P01#T1; content=x; lead=minh; due=2026-11-11", None)]);
    let closes = |office: &Office| {
        let part: &Part = &office.papers["P01#T1"].part;
        let works = [work(office, "A")];
        let setting = Setting {
            house: &office.house,
            now: millis("2026-11-03T08:00"),
            work: None,
            parent: None,
            part: Some(part),
            works: &works,
            children: &[],
            saw: None,
            files: false,
        };
        may_close(&setting).map_err(|refusal| refusal.key)
    };
    assert_eq!(closes(&office), Err(Key::RootOpen));
    assert_eq!(
        office.play(&row("03T08:05 cvp A confirm note=đã báo")).map_err(|refusal| refusal.key),
        Ok(())
    );
    assert_eq!(closes(&office), Ok(()));
}

/// Whoever asked has ended it: the giver is asked, nobody else, and only while the work is live.
#[test]
fn what_is_ended_above_asks_its_giver() {
    let mut office =
        play(&[("02T14:00 cvp A give source=P01#T1; content=x; lead=minh; due=2026-11-11", None)]);
    let today = day(millis("2026-11-03"));
    let asked = |office: &Office, who: &str| {
        let part = &office.papers["P01#T1"].part;
        lists::over(&office.house, work(office, "A"), Some(part), who, today).is_some()
    };
    assert!(!asked(&office, "cvp"));
    office.play(&row("03T08:00 cvp P01#T1 outer-withdrawn why=thay công văn khác")).unwrap();
    assert!(asked(&office, "cvp") && !asked(&office, "minh"));
    office.play(&row("03T08:05 cvp A withdraw note=cấp trên đã rút")).unwrap();
    assert!(!asked(&office, "cvp"));
}
