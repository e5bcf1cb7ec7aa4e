//! The sample houses and what is wrong with them when one line is changed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use truc_proto::house::check::check;
use truc_proto::house::finding::Arg;

use super::*;
use crate::import::house_words::sentence;
use crate::words::Lang;

const COMMUNE: &str = include_str!("../../../../deploy/samples/houses/17464.toml");
const PROVINCE: &str = include_str!("../../../../deploy/samples/houses/40.toml");
/// One line changed, and the problem that this plants.
const FAULTS: &str = include_str!("../houses/faults.csv");
/// What is found then.
const FINDINGS: &str = include_str!("../houses/findings.csv");

fn house(text: &str) -> House {
    let mut house = House::default();
    for fact in check(&house.clone(), &read(text).unwrap().rows).facts {
        house.say(fact);
    }
    house
}

/// All findings of a file of office 17464 as rows: what, key, line, sentence.
fn found(text: &str) -> BTreeSet<[String; 4]> {
    let findings = findings(text, "17464", &House::default()).1;
    let row = |finding: &Finding| {
        let severity = if finding.problem.is_warning() { "warn" } else { "error" };
        let line = finding.line.to_string();
        [severity.to_owned(), finding.problem.key().to_owned(), line, sentence(Lang::Vi, finding)]
    };
    findings.iter().map(row).collect()
}

#[test]
fn the_sample_houses_have_no_fault() {
    for (text, office) in [(COMMUNE, "17464"), (PROVINCE, "40")] {
        let (facts, findings) = findings(text, office, &House::default());
        assert_eq!(findings, [], "{office}");
        assert!(facts.len() > 60);
    }
}

#[test]
fn each_planted_fault_is_found_with_its_line_and_sentence() {
    let mut expected: Vec<[String; 5]> = Vec::new();
    for row in csv::Reader::from_reader(FINDINGS.as_bytes()).records() {
        let row = row.unwrap();
        expected.push([0, 1, 2, 3, 4].map(|column| row[column].to_owned()));
    }
    let mut planted = 0;
    for row in csv::Reader::from_reader(FAULTS.as_bytes()).records() {
        let row = row.unwrap();
        let [find, put] = [2, 3].map(|column| row[column].replace("\\n", "\n"));
        assert!(COMMUNE.contains(&find), "{}: {find}", &row[0]);
        let found = found(&COMMUNE.replacen(&find, &put, 1));
        let expected: BTreeSet<[String; 4]> = expected
            .iter()
            .filter(|wanted| wanted[0] == row[0])
            .map(|[_, severity, key, line, sentence]| [severity, key, line, sentence].map(Clone::clone))
            .collect();
        assert!(expected.iter().any(|[_, key, ..]| *key == row[4]), "{}", &row[0]);
        assert_eq!(found, expected, "fault {}: {}", &row[0], &row[1]);
        planted += 1;
    }
    assert_eq!(planted, 21);
}

#[test]
fn what_is_written_is_read_back_as_the_same_house() {
    for (text, office) in [(COMMUNE, "17464"), (PROVINCE, "40")] {
        let first = house(text);
        let written = write(office, &first);
        let again = read(&written).unwrap();
        assert_eq!(again.office, office);
        let checked = check(&first, &again.rows);
        assert_eq!(checked.findings, []);
        assert_eq!(first.news(checked.facts), [], "nothing of it is new");
        assert_eq!(write(office, &house(&written)), written);
        assert_eq!(written.contains("[[roads.steps]]"), office == "17464");
    }
}

/// A fault in a road stands in the line of its step, whichever way the steps are written.
#[test]
fn a_fault_of_a_road_is_told_with_its_line_and_step() {
    let line = |find: &str| COMMUNE[..COMMUNE.find(find).unwrap()].lines().count() as u32;
    let step = "id = \"ky\"\nact = \"sign\"\nwho = \"signer\"\nyes = \"ph\"\nno = ";
    for (find, put, key, at, place) in [
        (format!("{step}\"tiep\""), format!("{step}\"td\""), "road-back-nowhere", line(step) + 1, "ky→td"),
        (
            "act = \"absorb\"".to_owned(),
            "act = \"absorbs\"".to_owned(),
            "road-step",
            line("id = \"tiep\"") + 1,
            "tiep absorbs drafter yes=ky",
        ),
        (
            "nhay initial chief only=DU".to_owned(),
            "nhay initial boss only=DU".to_owned(),
            "road-nobody",
            line("  \"soan draft drafter yes=td\",\n  \"td appraise appraiser layers=form yes"),
            "nhay: boss",
        ),
    ] {
        assert!(COMMUNE.contains(&find), "{find}");
        let (facts, findings) = findings(&COMMUNE.replacen(&find, &put, 1), "17464", &House::default());
        let found: Vec<_> = findings
            .iter()
            .map(|finding| (finding.problem.key(), finding.line, finding.args[0].1.clone()))
            .collect();
        assert_eq!(found, [(key, at, Arg::Text(place.to_owned()))]);
        assert!(facts.len() > 100);
        assert!(!sentence(Lang::Vi, &findings[0]).contains("house-"));
    }
}

#[test]
fn a_dated_change_is_written_and_read_back() {
    let mut house = house(COMMUNE);
    let text = "[[settings]]\nfrom = 2027-01-01\ninternal_lead = 3\npetitions.denouncer = \"paper\"\n\
                [[units]]\nid = \"BXDD\"\nname = \"Ban \\\"mới\\\"\"\nclass = \"own\"\nfrom = 2027-01-01\n";
    let checked = check(&house, &read(text).unwrap().rows);
    assert_eq!((checked.facts.len(), &checked.findings[..]), (3, &[][..]));
    checked.facts.into_iter().for_each(|fact| house.say(fact));
    let written = write("17464", &house);
    let again = check(&house, &read(&written).unwrap().rows);
    assert_eq!(again.findings, []);
    assert_eq!(house.news(again.facts), []);
}

#[test]
fn what_no_file_has_is_named() {
    for (text, problem, line) in [
        ("office = \"17464\"\n[[unit]]\nid = \"A\"\n", "unknown-key", 2),
        ("office = \"17464\"\nday_end = \"17:00\"\n", "unknown-key", 2),
        ("office = \"17464\"\nday_ends = \"25:00\"\n", "value-wrong", 2),
        ("office = \"17464\"\nunits = 3\n", "unknown-key", 2),
        ("office = \"17464\"\n[[units]]\nid = \"A\"\nclass = \"agency\"\n", "field-missing", 2),
        ("office = \"17464\"\n[[absences]]\nperson = \"ai\"\n", "field-missing", 2),
        ("office = \"17464\"\n[petitions]\ndenouncer = \"loud\"\n", "value-wrong", 3),
        ("day_ends = \"17:00\"\n", "other-office", 0),
    ] {
        let found: Vec<_> = found(text).into_iter().map(|[_, key, line, _]| (key, line)).collect();
        assert!(found.contains(&(problem.to_owned(), line.to_string())), "{text}: {found:?}");
    }
}
