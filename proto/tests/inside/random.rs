//! Whatever people do, and whatever day it is: each open part stands at one place, each live work on one page, and somebody
//! else than whoever has it confirms it.

use proptest::prelude::*;
use truc_proto::house::{House, Right, What};
use truc_proto::record::assignment::lists::{self, Section, mine, names, orphan};
use truc_proto::record::assignment::part::Standing;
use truc_proto::record::assignment::{Source, Stage, Work};

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
            // Proposals, and what nobody has, are looked for as such.
            let without = lists::unassigned(&office.house, work, day(now)).is_some();
            let found = found || without || work.stage == Stage::Proposed;
            prop_assert!(!here || found, "{} on the page of {who}: {:?}", day(now), work);
        }
    }
    Ok(())
}

fn holds(office: &Office, now: i64) -> Result<(), TestCaseError> {
    for named in office.works.values() {
        prop_assert_eq!(orphan(&office.house, named.as_ref(), day(now)), None, "{:?}", named.as_ref());
    }
    // Whatever waits stands on the page of somebody who can do something about it.
    let (house, today) = (&office.house, day(now));
    let somebody = house.people(today).any(|person| lists::may_assign(house, &person.id, today));
    let waiting = office.open(now, |_, _, standing| matches!(standing, Standing::ToAssign(_)));
    prop_assert!(somebody || !waiting.contains(&true), "{today}: parts wait, and nobody assigns");
    for named in office.works.values() {
        let work: &Work = named.as_ref();
        let with_part = work.stage == Stage::Proposed && matches!(work.source, Source::Paper { .. });
        let does = |line: &lists::Line<'_>| {
            matches!(line.section, Section::Work | Section::Decide | Section::Assign)
        };
        let here = house.people(today).any(|person| mine(house, work, &person.id, today).iter().any(does));
        prop_assert!(here || with_part || !work.stage.is_live(), "{today} on nobody's page: {work:?}");
    }
    let twice = office.open(now, |name, _, standing| match standing {
        Standing::Given(works) if works.len() > 1 => Some(name.to_owned()),
        _ => None,
    });
    prop_assert!(twice.iter().all(Option::is_none), "given twice: {:?}", twice);
    Ok(())
}

/// What may have happened to the house before.
#[derive(Clone, Copy, Debug)]
enum Happened {
    Nothing,
    /// Nobody has the right to give work.
    NobodyAssigns,
    /// Everybody has left who heads a unit.
    HeadsLeft,
}

fn house_after(house: &House, happened: Happened) -> House {
    let mut after = House::default();
    for mut fact in house.facts() {
        match (happened, &fact.what) {
            (Happened::NobodyAssigns, What::Grant(grant)) if grant.right == Right::Assign => continue,
            (Happened::NobodyAssigns, What::Delegation(_)) => continue,
            (Happened::HeadsLeft, What::Person(person)) if person.head && person.id != "bithu" => {
                fact.span.to = "2026-11-18".parse().ok();
            }
            _ => {}
        }
        after.say(fact);
    }
    after
}

/// Who has work that nobody has on his page can do something about it, whatever right he lacks.
fn can_be_done(office: &Office, now: i64) -> Result<(), TestCaseError> {
    let (house, today) = (&office.house, day(now));
    for (id, named) in &office.works {
        let work: &Work = named.as_ref();
        let Some((_, Some(who))) = lists::unassigned(house, work, today) else { continue };
        if work.stage == Stage::HandedIn || office.part_of(&work.source).starts_with('P') {
            continue;
        }
        let cells = [
            ("time", super::stamp(now)),
            ("by", who.to_owned()),
            ("as", String::new()),
            ("record", id.clone()),
            ("move", "reassign".to_owned()),
            ("args", format!("to={who}; note=x; beyond=x")),
            ("exit", "0".to_owned()),
        ];
        let row: Row = cells.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect();
        let tried = office.clone().play(&row).map_err(|refusal| refusal.key);
        prop_assert_eq!(tried, Ok(()), "{} cannot help himself: {:?}", who, work);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn nothing_is_lost(
        happened in prop::sample::select(&[Happened::Nothing, Happened::NobodyAssigns, Happened::HeadsLeft][..]),
        moves in prop::collection::vec((moves(), 0..40_i64), 1..120),
    ) {
        let mut office = Office::new();
        office.house = house_after(&office.house, happened);
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
            can_be_done(&office, now + days * 86_400_000)?;
            is_found(&office, now + days * 86_400_000)?;
        }
    }
}
