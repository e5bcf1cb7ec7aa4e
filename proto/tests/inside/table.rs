//! Each move of a work: one that is made, and one that is refused with its reason.

use std::collections::BTreeSet;

use truc_proto::record::assignment::KIND;
use truc_proto::record::assignment::refusal::Key;
use truc_proto::record::kind::Rule;

use super::Row;
use super::office::Office;

/// A row of the play: time, who (and for whom), record, move, what is said.
pub(crate) fn row(text: &str) -> Row {
    let [time, who, record, mv, args] = text.splitn(5, ' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    let (by, stands_for) = who.split_once('/').unwrap_or((who, ""));
    let cells = [
        ("time", format!("2026-11-{time}")),
        ("by", by.to_owned()),
        ("as", stands_for.to_owned()),
        ("record", record.to_owned()),
        ("move", mv.to_owned()),
        ("args", args.to_owned()),
        ("exit", "0".to_owned()),
    ];
    cells.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
}

const GIVEN: &str =
    "02T14:00 cvp A give source=P01#T1; content=x; lead=minh; help=hoa; info=pbttt; due=2026-11-11";
const TAKEN: &str = "02T14:05 minh A take ";
const DONE: &str = "02T14:20 minh A hand-in without=hoa; number=1-BC/ĐU";
const CONFIRMED: &str = "02T14:30 cvp A confirm ";
const ASKED: &str = "02T14:10 minh A ask until=2026-11-13; why=chờ";
const UNIT: &str = "02T14:00 cvp A give source=-; content=x; lead=BXDD; due=2026-11-11";

#[test]
fn each_move_is_made_and_is_refused() {
    use Key::{
        AlreadyTaken, AskPending, Closed, NoAsk, NoRight, NoRightAssign, NotConfirmer, NotCoordinating,
        NotFound, NotHandedIn, NotYours, OutOfRange, PartGiven, ReasonMissing, SamePerson, WaitsForConfirm,
    };
    let cases: &[Case<'_>] = &[
        (
            &[],
            GIVEN,
            "02T14:00 tbxdd A give source=P01#T1; content=x; lead=minh; due=2026-11-11",
            NoRightAssign,
        ),
        (
            &[],
            "02T14:00 lan A propose source=P01#T1; content=x; lead=minh",
            "02T14:00 lan A propose source=P99; content=x; lead=minh",
            Key::PartUnknown,
        ),
        (
            &["02T14:00 lan A propose source=P01#T1; content=x; lead=minh"],
            "02T14:05 cvp A approve ",
            "02T14:05 hoa A approve ",
            NoRight,
        ),
        (&[], "02T14:00 lan P02 keep note=để biết", "02T14:00 hoa P02 keep note=x", NoRight),
        (&[GIVEN], TAKEN, "02T14:05 lan A take ", NotYours),
        (&[UNIT], "02T14:05 cvtc A take ", "02T14:05 hoa A take ", NotYours),
        (
            &[UNIT, "02T14:05 cvtc A take "],
            "02T14:06 cvtc A progress p=10",
            "02T14:06 cvtg A take ",
            AlreadyTaken,
        ),
        (
            &[UNIT],
            "02T14:05 tbxdd A pass to=cvtc; due=2026-11-10; check=1",
            "02T14:05 tbxdd A pass to=minh",
            NoRightAssign,
        ),
        (
            &[GIVEN],
            "02T14:05 minh A back note=không phải việc của tôi",
            "02T14:05 minh A back ",
            ReasonMissing,
        ),
        (
            &[GIVEN],
            "02T14:05 cvp A reassign to=lan; note=bận",
            "02T14:05 cvp A reassign to=minh; note=bận",
            SamePerson,
        ),
        (&[GIVEN], "02T14:05 minh A progress p=40", "02T14:05 minh A progress p=101", OutOfRange),
        (
            &[GIVEN],
            "02T14:05 hoa A contribute note=không có ý kiến",
            "02T14:05 lan A contribute note=x",
            NotCoordinating,
        ),
        (&[GIVEN], "02T14:05 pbttt A seen ", "02T14:05 lan A seen ", NotCoordinating),
        (&[GIVEN], "02T14:05 lan A note note=đã gọi", "02T14:05 ubndvp A note note=x", NotFound),
        (&[GIVEN, TAKEN], DONE, "02T14:20 minh A hand-in ", Key::CoordinatingSilent),
        (
            &[UNIT, "02T14:05 tbxdd A pass to=cvtc; check=1", "02T14:06 cvtc A hand-in "],
            "02T14:30 tbxdd A check ",
            "02T14:30 cvp A check ",
            NotConfirmer,
        ),
        (
            &[UNIT, "02T14:05 tbxdd A pass to=cvtc; check=1", "02T14:06 cvtc A hand-in "],
            "02T14:30 tbxdd A return note=thiếu",
            "02T14:30 cvp A confirm ",
            NotConfirmer,
        ),
        (&[GIVEN, TAKEN, DONE], "02T14:30 cvp A return note=thiếu", "02T14:30 cvp A return ", ReasonMissing),
        (&[GIVEN, TAKEN], "02T14:30 cvp A confirm note=đã báo", "02T14:30 cvp A return note=x", NotHandedIn),
        (&[GIVEN, TAKEN, DONE], CONFIRMED, "02T14:30 minh A confirm ", Key::OwnWork),
        (&[GIVEN, TAKEN], ASKED, "02T14:10 minh A ask until=2026-11-10; why=x", Key::UntilNotLater),
        (
            &[GIVEN, TAKEN, ASKED],
            "02T14:11 cvp A grant ",
            "02T14:11 minh A ask until=2026-11-13; why=x",
            AskPending,
        ),
        (
            &[GIVEN, TAKEN, ASKED],
            "02T14:11 cvp A deny note=không",
            "02T14:11 minh A deny note=x",
            NotConfirmer,
        ),
        (&[GIVEN, TAKEN], "02T14:12 cvp A move-due due=2026-11-12; note=sớm", "02T14:12 cvp A grant ", NoAsk),
        (
            &[GIVEN],
            "02T14:12 cvp A move-due due=2026-11-12; note=x",
            "02T14:12 cvp A move-due due=2026-11-16; note=x",
            Key::DueAfterOuter,
        ),
        (&[GIVEN], "02T14:05 cvp A withdraw note=để biết", "02T14:05 minh A withdraw note=x", NotYours),
        (
            &[GIVEN, TAKEN, DONE],
            "02T14:31 lan A note note=x",
            "02T14:31 cvp A withdraw note=x",
            WaitsForConfirm,
        ),
        (
            &[GIVEN, TAKEN, DONE, CONFIRMED],
            "02T14:40 cvp A reopen note=bổ sung",
            "02T14:40 minh A reopen note=x",
            NotYours,
        ),
        (
            &[GIVEN, TAKEN, DONE, CONFIRMED],
            "02T14:40 cvp A reopen note=bổ sung",
            "02T14:40 minh A progress p=10",
            Closed,
        ),
        (&[GIVEN], TAKEN, "02T14:05 pbttt B give source=P01#T1; content=x; lead=hoa", PartGiven),
    ];
    play_cases(cases, KIND.moves);
}

/// What was done before, what is made, what is refused instead, and why.
pub(crate) type Case<'a> = (&'a [&'a str], &'a str, &'a str, Key);

/// Plays cases, which make and refuse each move of a kind.
pub(crate) fn play_cases(cases: &[Case<'_>], moves: &[Rule]) {
    let (mut made, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for (before, allowed, forbidden, key) in cases {
        let mut office = Office::new();
        for said in *before {
            let said_row = row(said);
            assert_eq!(office.play(&said_row), Ok(()), "{said}");
            made.insert(said_row["move"].clone());
        }
        let wrong = row(forbidden);
        let refusal = office.clone().play(&wrong).map_err(|refusal| refusal.key);
        assert_eq!(refusal, Err(*key), "{forbidden}");
        refused.insert(wrong["move"].clone());
        let good = row(allowed);
        assert_eq!(office.play(&good), Ok(()), "{allowed}");
        made.insert(good["move"].clone());
    }
    let all: BTreeSet<String> = moves.iter().map(|rule| rule.name.to_owned()).collect();
    let unmade: Vec<&String> = all.difference(&made).collect();
    assert!(unmade.is_empty(), "moves that no case makes: {unmade:?}");
    let untried: Vec<&String> = all.difference(&refused).collect();
    assert!(untried.is_empty(), "moves that no case refuses: {untried:?}");
}

/// Whoever wanted to see a result and then got the work himself keeps nobody waiting for his own word.
#[test]
fn a_check_that_falls_to_who_has_the_work_is_none() {
    let mut office = Office::new();
    let moves = [
        UNIT,
        "02T14:05 tbxdd A pass to=cvtc; due=2026-11-10; check=1",
        "02T14:06 cvp A reassign to=tbxdd; note=cvtc bận",
        "02T14:10 tbxdd A hand-in number=1-BC/ĐU",
        "02T14:30 cvp A confirm note=đạt",
    ];
    for mv in moves {
        assert_eq!(office.play(&row(mv)).map_err(|refusal| refusal.key), Ok(()), "{mv}");
    }
}

/// Of several who wanted to see it each says so himself, the last one first.
#[test]
fn each_who_wanted_to_see_a_result_is_asked() {
    let mut office = Office::new();
    let moves = [
        ("02T14:00 bithu A give source=-; content=x; lead=cvp; due=2026-11-11", true),
        ("02T14:05 cvp A pass to=BXDD; due=2026-11-10; check=1", true),
        ("02T14:06 tbxdd A pass to=cvtc; due=2026-11-09; check=1", true),
        ("02T14:10 cvtc A hand-in number=1-BC/ĐU", true),
        ("02T14:20 cvp A check ", false),
        ("02T14:21 tbxdd A check ", true),
        ("02T14:22 bithu A confirm note=đạt", false),
        ("02T14:23 cvp A check ", true),
        ("02T14:24 bithu A confirm note=đạt", true),
    ];
    for (mv, made) in moves {
        assert_eq!(office.play(&row(mv)).is_ok(), made, "{mv}");
    }
}
