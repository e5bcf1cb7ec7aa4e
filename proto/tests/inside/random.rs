//! Whatever people do, and whatever day it is: each open part stands at one place, each live work on one page, and somebody
//! else than whoever has it confirms it.

use proptest::prelude::*;
use truc_proto::record::assignment::lists::{self, mine, names, orphan};
use truc_proto::record::assignment::part::Standing;

use super::office::Office;
use super::{Row, day, millis};

const PEOPLE: &[&str] = &[
    "bithu", "pbttt", "cvp", "pcvp", "hoa", "minh", "lan", "dung", "tbxdd", "pbxdd", "cvtc", "cvkt",
    "cnubkt", "ubndvp", "tca",
];
const UNITS: &[&str] = &["BXDD", "TOCDS", "UBND", "QSX", "UBKTDU", "CB04"];
const SOURCES: &[&str] = &["-", "P01#T1", "P02", "P05#T1", "P12#T1", "P12#T2", "^A0", "^A1"];
const MOVES: &[&str] = &[
    "give",
    "give",
    "give",
    "propose",
    "approve",
    "keep",
    "take",
    "take",
    "pass",
    "back",
    "reassign",
    "progress",
    "contribute",
    "seen",
    "note",
    "hand-in",
    "hand-in",
    "check",
    "return",
    "confirm",
    "confirm",
    "ask",
    "grant",
    "deny",
    "move-due",
    "withdraw",
    "reopen",
];

fn moves() -> impl Strategy<Value = Row> {
    let name = prop::sample::select([PEOPLE, UNITS].concat());
    let who = (prop::sample::select(PEOPLE), prop::option::weighted(0.2, prop::sample::select(PEOPLE)));
    let what = (0..6_u32, prop::sample::select(MOVES), prop::sample::select(SOURCES), name.clone(), name);
    (who, what, 1..28_u32, any::<bool>()).prop_map(
        |((by, stands_for), (record, mv, source, lead, help), due, check)| {
            let record = if mv == "keep" {
                source.trim_start_matches(['^', '-']).to_owned()
            } else {
                format!("A{record}")
            };
            let record = if record.is_empty() || mv == "keep" && !source.starts_with('P') {
                "P02".into()
            } else {
                record
            };
            let due = format!("2026-12-{due:02}");
            let check = if check { "; check=1" } else { "" };
            let args = match mv {
                "give" | "propose" => {
                    format!("source={source}; content=x; lead={lead}; help={help}; due={due}; beyond=cần")
                }
                "pass" | "reassign" => format!("to={lead}; note=x{check}"),
                "progress" => "p=50; note=x".into(),
                "hand-in" => format!("number=1; without={help},{lead}"),
                "ask" => format!("until={due}; why=x"),
                "grant" => "beyond=x".into(),
                "move-due" => format!("due={due}; note=x; beyond=x"),
                "take" | "approve" | "seen" => String::new(),
                _ => "note=x".into(),
            };
            let cells = [
                ("by", by),
                ("as", stands_for.unwrap_or("")),
                ("record", &record),
                ("move", mv),
                ("args", &args),
                ("exit", "0"),
            ];
            cells.into_iter().map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
        },
    )
}

/// Whatever stands on somebody's page is found by the names that lead there.
fn is_found(office: &Office, now: i64) -> Result<(), TestCaseError> {
    for who in PEOPLE {
        let names = names(&office.house, who, day(now));
        for named in office.works.values() {
            let work = named.as_ref();
            let here = !mine(&office.house, work, who, day(now)).is_empty();
            let found = lists::named(work).iter().any(|name| names.iter().any(|one| one == name));
            prop_assert!(!here || found, "{} on the page of {who}: {:?}", day(now), work);
        }
    }
    Ok(())
}

fn holds(office: &Office, now: i64) -> Result<(), TestCaseError> {
    for named in office.works.values() {
        prop_assert_eq!(orphan(&office.house, named.as_ref(), day(now)), None, "{:?}", named.as_ref());
    }
    let twice = office.open(now, |name, _, standing| match standing {
        Standing::Given(works) if works.len() > 1 => Some(name.to_owned()),
        _ => None,
    });
    prop_assert!(twice.iter().all(Option::is_none), "given twice: {:?}", twice);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn nothing_is_lost(moves in prop::collection::vec((moves(), 0..40_i64), 1..120)) {
        let mut office = Office::new();
        let mut now = millis("2026-11-05T08:00");
        for (mut row, hours) in moves {
            now += hours * 3_600_000 / 4;
            row.insert("time".into(), super::stamp(now));
            // What is refused is as good as what is made.
            let _ = office.play(&row);
            holds(&office, now)?;
        }
        // No day that passes loses anything, through the days of leavers, absences and ended units.
        for days in 0..40 {
            holds(&office, now + days * 86_400_000)?;
        }
        for days in [0, 7, 12, 15, 20, 21, 30] {
            is_found(&office, now + days * 86_400_000)?;
        }
    }
}
