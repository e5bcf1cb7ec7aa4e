//! Roads of drafts, as data: those of one commune are sound, and those with faults are told each with its step.
#![allow(clippy::unwrap_used)]

mod house;

use toml::Table;
use truc_proto::house::check::check;
use truc_proto::house::finding::{Arg, Problem};
use truc_proto::house::road::check::{backwards, faults};
use truc_proto::house::road::{Charge, Duty, Road};
use truc_proto::house::row::{Field, Row, Value as Held};
use truc_proto::house::{self as is, Fact, House, Span, What};
use truc_proto::paper::DocumentType;

use house::{days, tables, text, texts, types};

fn span(day: &str) -> Span {
    let day = Some(day.parse().unwrap());
    Span { from: day, to: day }
}

/// What is said of a road of `badroads.toml`, as its expected table has it.
fn said(bad: &Table, known: &House) -> Vec<String> {
    let or = |all: Vec<String>, usual: &str| if all.is_empty() { vec![usual.to_owned()] } else { all };
    let field = |name: &str, value| Field { name: name.to_owned(), line: 0, value };
    let fields = vec![
        field("id", Held::Text("x".into())),
        field("version", Held::Bare("1".into())),
        field("name", Held::Text(text(bad, "n"))),
        field("issuers", Held::List(or(texts(bad, "issuers"), "BTV"))),
        field("types", Held::List(or(texts(bad, "types"), "CV"))),
        field("signer", Held::Text("bithu".into())),
        field("group", Held::Text(text(bad, "group"))),
        field("steps", Held::List(texts(bad, "steps"))),
    ];
    let road = house::road(&Row { table: is::Table::Roads, line: 0, fields });
    let road = Road { id: text(bad, "n"), ..road };
    let mut known = known.clone();
    for person in texts(bad, "drafters") {
        known.say(Fact { span: Span::ALWAYS, what: What::Charge(Charge { person, role: Duty::Drafter }) });
    }
    let found = faults(&road, &known, &span("2026-11-23"));
    let mut said: Vec<String> =
        found.iter().map(|fault| format!("{} {}", fault.problem.key(), fault.place)).collect();
    for silence in tables(bad, "silence") {
        let fields = vec![
            field("group", Held::Text(text(silence, "group"))),
            field("counts_as", Held::Text(text(silence, "counts_as"))),
            field("types", Held::List(or(texts(bad, "types"), "CV"))),
        ];
        said.extend(found_in(
            &known,
            &[Row { table: is::Table::Silences, line: 0, fields }],
            Problem::RoadSilence,
        ));
    }
    said
}

/// What rows are told of one problem.
fn found_in(known: &House, rows: &[Row], problem: Problem) -> Vec<String> {
    let findings = check(known, rows).findings;
    let told =
        findings.iter().filter(|finding| finding.problem == problem).map(|finding| match &finding.args[..] {
            [("where", Arg::Text(place))] => format!("{} {place}", problem.key()),
            args => panic!("{args:?}"),
        });
    told.collect()
}

#[test]
fn each_planted_fault_of_a_road_is_told_with_its_step() {
    let known = house::house();
    let bad: Table = include_str!("badroads.toml").parse().unwrap();
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut push = |name: String, said: Vec<String>| {
        let exit = if said.is_empty() { "0" } else { "3" };
        rows.push([name, exit.to_owned(), said.join("; ")]);
    };
    for road in tables(&bad, "road") {
        push(text(road, "n"), said(road, &known));
    }
    for pair in tables(&bad, "pair") {
        let row = |name: &str| {
            let of = pair[name].as_table().unwrap();
            assert!(!types(of).is_empty() && days(of).from.is_some());
            let mut of = of.clone();
            of.insert("version".into(), 1.into());
            of.insert("name".into(), "Quy trình".into());
            of.insert("signer".into(), "bithu".into());
            house::row(&of)
        };
        push(text(pair, "n"), found_in(&House::default(), &[row("a"), row("b")], Problem::RoadTwice));
    }
    let mut expected = csv::Reader::from_reader(include_str!("said.csv").as_bytes());
    let expected: Vec<[String; 3]> = expected
        .records()
        .map(|row| [0, 1, 2].map(|column| row.as_ref().unwrap()[column].to_owned()))
        .collect();
    assert_eq!(rows.len(), 22);
    assert_eq!(rows, expected);
}

#[test]
fn the_roads_of_the_house_are_sound_alone_and_together() {
    let (known, data) = (house::house(), house::data());
    for told in tables(&data, "road") {
        assert_eq!(faults(&house::road(&house::row(told)), &known, &days(told)), []);
    }
    let rows: Vec<Row> = tables(&data, "road").map(house::row).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(check(&known, &rows).findings, []);
    // Roads have their days, and whoever begins on one keeps its version.
    let road = |kind, on: &str| {
        known.road_for("BTV", kind, on.parse().unwrap()).map(|road| (road.id.as_str(), road.version))
    };
    assert_eq!(road(DocumentType::Plan, "2026-01-08"), None);
    assert_eq!(road(DocumentType::Plan, "2026-12-06"), Some(("kh", 1)));
    assert_eq!(road(DocumentType::Plan, "2026-12-07"), Some(("kh", 2)));
    assert_eq!(road(DocumentType::OfficialLetter, "2026-12-07"), Some(("cv", 1)));
    assert_eq!(road(DocumentType::Resolution, "2026-12-07"), None);
    let steps = |version| known.road("kh", version).unwrap().steps.len();
    assert_eq!((steps(1), steps(2), known.road("kh", 3)), (8, 9, None));
}

#[test]
fn duties_groups_silence_and_signers_are_those_of_the_day() {
    let known = house::house();
    let day = "2026-11-23".parse().unwrap();
    let duty = |duty| known.on_duty(duty, day).map(|person| person.id.as_str()).collect::<Vec<_>>();
    assert_eq!(duty(Duty::Appraiser), ["cvp", "hoa"]);
    assert!(known.has_duty("lan", Duty::Clerk, day) && !known.has_duty("hoa", Duty::Clerk, day));
    assert_eq!(known.group("BTV", day).count(), 7);
    let basis = |kind| known.silence("BTV", kind, day).map(|silence| silence.basis.is_some());
    assert_eq!(
        [DocumentType::Decision, DocumentType::Plan, DocumentType::Resolution].map(basis),
        [Some(true), Some(false), None]
    );
    assert_eq!(known.opening("DU", DocumentType::Decision, day), Some(66));
    let issuer = |body| known.issuer_of_body(body, day).map(|issuer| issuer.id.as_str());
    assert_eq!(
        ["BCH", "BTV", "VP", "DU", "UBKT"].map(issuer),
        [Some("DU"), Some("DU"), Some("VPDU"), Some("DU"), None]
    );
    let signers = |body, kind| {
        known.signers_for(body, kind, day).map(|(_, person)| person.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(signers("BTV", DocumentType::Plan), ["bithu", "pbttt"]);
    assert_eq!(signers("BTV", DocumentType::OfficialLetter), ["bithu", "pbttt", "cvp"]);
    // Who has a title alone signs by a right that is lent.
    assert_eq!(known.titles("BTV", "pbtct", day).count(), 1);
    // Where the house names no chief for roads, its chief of office has the duty.
    let mut nobody = known.clone();
    let charge = What::Charge(Charge { person: "cvp".into(), role: Duty::Chief });
    nobody.say(Fact { span: Span::never(None), what: charge });
    assert_eq!(
        nobody.on_duty(Duty::Chief, day).map(|person| person.id.as_str()).collect::<Vec<_>>(),
        ["cvp"]
    );
}

#[test]
fn a_road_is_dated_ahead_and_its_versions_rise() {
    let known = house::house();
    let today = "2026-12-10".parse().unwrap();
    let road = known.road("kh", 2).unwrap().clone();
    let fact = |from: &str, to: &str, road: &Road| {
        let day = |day: &str| if day.is_empty() { None } else { Some(day.parse().unwrap()) };
        Fact { span: Span { from: day(from), to: day(to) }, what: What::Road(road.clone()) }
    };
    let next = Road { version: 3, name: "Kế hoạch".into(), ..road.clone() };
    for (news, is_backwards) in [
        (fact("2026-12-11", "", &next), false),
        (fact("2026-12-10", "", &next), false),
        (fact("2026-12-09", "", &next), true),
        (fact("", "", &next), true),
        // What runs ends today at the earliest, and is not said again in other words.
        (fact("2026-12-07", "2026-12-10", &road), false),
        (fact("2026-12-07", "2026-12-09", &road), true),
        (fact("2026-12-07", "", &next), true),
        (fact("2026-01-09", "2027-01-01", known.road("kh", 1).unwrap()), true),
        // Nobody can have begun on the first version of all.
        (fact("2026-01-09", "", &Road { id: "moi".into(), ..next.clone() }), false),
    ] {
        assert_eq!(
            !backwards(&known, std::slice::from_ref(&news), today).is_empty(),
            is_backwards,
            "{news:?}"
        );
    }
    for (version, twice) in [(2, 1), (3, 0)] {
        let row = fact("2027-01-01", "", &Road { version, ..next.clone() }).to_row();
        assert_eq!(found_in(&known, &[row], Problem::RoadVersion).len(), twice);
    }
}
