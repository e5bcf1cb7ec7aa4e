//! The house of an office: read in, shown on any day, given back as a file, changed by who may.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use truc_tests::programs::{Province, fails_in_both, run};
use truc_tests::support::until;

const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy Nghệ An\n\
    17464,40,commune,xã,Đảng ủy xã Diễn Châu\n";
/// What both sample houses show on some days, cell by cell.
const SHOWN: &str = include_str!("houses/shown.csv");
/// Lines of the commune's house that are changed, and the problem that each plants.
const FAULTS: &str = include_str!("../../../node/src/import/houses/faults.csv");
/// What is found then.
const FINDINGS: &str = include_str!("../../../node/src/import/houses/findings.csv");
const COMMUNE: &str = "17464";

/// The two offices, enrolled, with the registry, and not serving.
fn province() -> Province {
    let province = Province::new(OFFICES);
    province.start("hub");
    for code in ["40", COMMUNE] {
        province.enrol(code);
        province.start(code);
    }
    let said = province.hub(&["status"])["journal"].clone();
    for code in ["40", COMMUNE] {
        until("the node knows the registry", || province.node(code, &["status"])["journal"] == said);
    }
    province
}

fn sample(office: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../deploy/samples/houses/{office}.toml"))
}

fn import(province: &Province, office: &str, file: &Path) -> Value {
    province.node(office, &["house", "import", file.to_str().unwrap()])
}

/// What `house show` says, as rows of the expected table.
fn rows(office: &str, on: &str, shown: &Value) -> Vec<[String; 5]> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = |value: &Value| value.as_array().unwrap().clone();
    let or = |value: &Value, none: &str| value.as_str().unwrap_or(none).to_owned();
    let mut rows = Vec::new();
    for count in ["units", "people", "accounts"] {
        rows.push([count.to_owned(), text(&shown[count]), String::new()]);
    }
    for issuer in list(&shown["issuers"]) {
        let signer = |signer: &Value| {
            let form: Vec<String> = list(&signer["form"]).iter().map(text).collect();
            let types: Vec<String> = list(&signer["types"]).iter().map(text).collect();
            let types = if types.is_empty() { String::new() } else { format!(" [{}]", types.join(", ")) };
            format!("{} / {}{types}", form.join(" / "), text(&signer["name"]))
        };
        let signers: Vec<String> = list(&issuer["signers"]).iter().map(signer).collect();
        rows.push([format!("issuer {}", text(&issuer["symbol"])), text(&issuer["term"]), signers.join("; ")]);
    }
    for head in list(&shown["heads"]) {
        rows.push([format!("head {}", text(&head["unit"])), or(&head["head"], "(chưa có)"), String::new()]);
    }
    for away in list(&shown["away"]) {
        let acts = or(&away["acts"], "(không có người thay)");
        rows.push([format!("away {}", text(&away["person"])), acts, String::new()]);
    }
    rows.into_iter()
        .map(|[what, value, more]| [office.to_owned(), on.to_owned(), what, value, more])
        .collect()
}

#[test]
fn a_house_is_read_in_shown_and_given_back() {
    let province = province();
    for office in ["40", COMMUNE] {
        let before = province.written(office);
        let checked =
            province.node(office, &["house", "import", sample(office).to_str().unwrap(), "--check"]);
        assert!(checked["facts"].as_u64().unwrap() > 60 && checked["written"].is_null(), "{checked}");
        assert_eq!(province.written(office), before, "--check writes nothing");
        let read = import(&province, office, &sample(office));
        assert_eq!((read["findings"].as_array().unwrap().len(), &read["facts"]), (0, &checked["facts"]));
        assert_eq!(read["written"]["move"], "import");
        // The same file again, and the file that is given back, say nothing new.
        let after = province.written(office);
        assert_eq!(import(&province, office, &sample(office))["facts"], 0);
        let file = province.node(office, &["house", "export"])["file"].as_str().unwrap().to_owned();
        let given = province.write("given.toml", &file);
        let again = import(&province, office, &given);
        assert_eq!((&again["facts"], &again["lacks"]), (&0.into(), &Value::Array(vec![])));
        assert_eq!(province.node(office, &["house", "export"])["file"], file);
        assert_eq!(province.written(office), after);
    }
    let mut expected: Vec<[String; 5]> = Vec::new();
    for row in csv::Reader::from_reader(SHOWN.as_bytes()).records() {
        let row = row.unwrap();
        expected.push([0, 1, 2, 3, 4].map(|column| row[column].to_owned()));
    }
    let mut shown = Vec::new();
    let mut days: Vec<(String, String)> =
        expected.iter().map(|[office, on, ..]| (office.clone(), on.clone())).collect();
    days.dedup();
    for (office, on) in days {
        let said = province.node(&office, &["house", "show", "--on", &on]);
        shown.extend(rows(&office, &on, &said));
    }
    assert_eq!(shown, expected);
    // Nothing of it is at the hub but that the ledger goes on.
    let hub = fs::read(province.dir("hub").join("views.db")).unwrap();
    let names = |words: &str| hub.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(!names("Lê Thị Hoa Mẫu") && !names("Kiều Văn Phòng"));
}

#[test]
fn a_house_with_a_fault_is_not_read_in() {
    let province = province();
    let good = fs::read_to_string(sample(COMMUNE)).unwrap();
    let before = province.written(COMMUNE);
    for row in csv::Reader::from_reader(FAULTS.as_bytes()).records() {
        let row = row.unwrap();
        let [find, put] = [2, 3].map(|column| row[column].replace("\\n", "\n"));
        let file = province.write("fault.toml", good.replacen(&find, &put, 1));
        let args = ["house", "import", file.to_str().unwrap(), "--check", "--json"];
        let output = run("truc-node", &province.dir(COMMUNE), &args);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut found: Vec<(String, String, String)> = Vec::new();
        for finding in told["findings"].as_array().unwrap() {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            found.push((text("severity"), text("key"), finding["line"].to_string()));
        }
        let mut wanted = Vec::new();
        for expected in csv::Reader::from_reader(FINDINGS.as_bytes()).records() {
            let expected = expected.unwrap();
            if expected[0] == row[0] {
                wanted.push((expected[1].to_owned(), expected[2].to_owned(), expected[3].to_owned()));
            }
        }
        assert_eq!(found, wanted, "fault {}", &row[0]);
        let errors = wanted.iter().any(|(severity, ..)| severity == "error");
        let exit = if &row[4] == "other-office" { 5 } else { 3 * i32::from(errors) };
        assert_eq!(output.status.code(), Some(exit), "fault {}", &row[0]);
    }
    // What is wrong is not written without --check either, and people read where it is.
    let bad = good.replacen("parent = \"VPDU\"", "parent = \"VPDD\"", 1);
    let file = province.write("fault.toml", bad);
    let output = run("truc-node", &province.dir(COMMUNE), &["house", "import", file.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("46") && said.contains("VPDD"), "{said}");
    assert_eq!(province.written(COMMUNE), before);
}

/// A command of an account of the commune.
fn by<'a>(account: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--author", account]].concat()
}

#[test]
fn each_move_of_the_house_is_made_by_who_may_and_refused_to_others() {
    let province = province();
    let node = |account: &str, args: &[&str]| province.node(COMMUNE, &by(account, args));
    for (account, role) in [
        ("qt", "administrator"),
        ("cvp", "chief"),
        ("bithu", "chief"),
        ("hoa", "specialist"),
        ("lan", "clerk"),
    ] {
        province.node(COMMUNE, &["account", "add", account, "--role", role]);
    }
    let refused = |account: &str, args: &[&str], exit: i32, vi: &str, en: &str| {
        let before = province.written(COMMUNE);
        fails_in_both("truc-node", &province.dir(COMMUNE), &by(account, args), exit, vi, en);
        assert_eq!(province.written(COMMUNE), before, "{args:?}");
    };
    let no_house = |account: &str, args: &[&str]| {
        refused(account, args, 5, "không có quyền nếp nhà", "no right to edit the house");
    };
    let file = sample(COMMUNE);
    let import = ["house", "import", file.to_str().unwrap()];
    // The first file is the administrator's; afterwards the house is edited by who has the right.
    no_house("hoa", &import);
    node("qt", &import);
    no_house("qt", &import);
    assert_eq!(node("cvp", &import)["facts"], 0);
    let say = ["house", "say", "people", "id=HOA", "title=Trưởng phòng", "--from", "2035-12-01"];
    no_house("hoa", &say);
    assert_eq!(node("cvp", &say)["facts"], 1);
    assert_eq!(node("cvp", &say)["facts"], 0, "said already");
    refused("cvp", &["house", "say", "people", "id=hoa", "unit=KHONG"], 4, "“KHONG”", "“KHONG”");
    refused("cvp", &["house", "say", "people", "id=moi", "unit=VPDU"], 3, "Thiếu mục", "is missing");
    refused("cvp", &["house", "say", "people", "id=hoa", "account=vanthu"], 3, "vanthu", "vanthu");
    refused("cvp", &["house", "say", "rooms", "id=P9"], 3, "rooms", "rooms");
    refused("cvp", &["house", "say", "people", "hoa"], 3, "mục=giá trị", "field=value");
    let end = ["house", "end", "people", "id=laixe", "--on", "2035-06-30"];
    no_house("lan", &end);
    node("cvp", &end);
    refused("cvp", &["house", "end", "people", "id=ai", "--on", "2035-06-30"], 4, "“ai”", "“ai”");
    refused("cvp", &["house", "end", "people", "id=hoa", "--on", "hôm qua"], 3, "hôm qua", "hôm qua");
    let people = |on: &str| node("lan", &["house", "show", "--on", on])["people"].as_u64().unwrap();
    assert_eq!(people("2035-06-30"), people("2035-07-01") + 1);
    // Everybody reports an own absence; others' whoever edits the house.
    let days = ["--from", "2035-03-01", "--to", "2035-03-02"];
    let away = |who: &'static str| [&["house", "away", who], &days[..], &["--stand-in", "lan"]].concat();
    node("hoa", &away("hoa"));
    no_house("lan", &away("hoa"));
    node("cvp", &away("minh"));
    let shown = node("lan", &["house", "show", "--on", "2035-03-01"]);
    assert_eq!(shown["away"].as_array().unwrap().len(), 2);
    // A right is lent by who has it.
    let lend = |from: &'static str, right: &'static str| {
        [&["house", "delegate", from, "pbttt", right], &days[..], &["--paper", "9-QĐ/ĐU"]].concat()
    };
    node("bithu", &lend("bithu", "giao-viec"));
    refused("lan", &lend("lan", "giao-viec"), 5, "không có quyền giao việc", "no right to assign work");
    refused("cvp", &lend("bithu", "giao-viec"), 5, "không có quyền", "no right");
    refused("bithu", &lend("bithu", "khac"), 3, "“khac”", "“khac”");
    // As it was known before, nothing of this was.
    let known = node("lan", &["house", "show", "--on", "2035-03-01", "--as-known", "2020-01-01"]);
    assert_eq!(known["people"], 0);
    // The views are made anew from the ledger, and say the same.
    let before = node("lan", &["house", "show", "--on", "2035-03-01"]);
    province.stop(COMMUNE);
    province.node(COMMUNE, &["rebuild-views"]);
    assert_eq!(node("lan", &["house", "show", "--on", "2035-03-01"]), before);
}

#[test]
fn a_road_is_checked_before_it_is_taken_and_after_people_have_left() {
    let province = province();
    import(&province, COMMUNE, &sample(COMMUNE));
    let node = |args: &[&str]| province.node(COMMUNE, args);
    let on = |day: &str| node(&["house", "road", "check", "--on", day])["roads"].clone();
    let version = |day: &str| on(day)[0]["version"].clone();
    assert_eq!((version("2026-12-06"), version("2026-12-07")), (1.into(), 2.into()));
    assert_eq!(on("2026-01-08").as_array().unwrap().len(), 0);
    let say = |id: &'static str, version: &'static str, steps: &'static str, from: &'static str| {
        let issuer = if id == "id=kh" { "issuers=DU" } else { "issuers=UBKT" };
        let fields = ["house", "say", "roads", id, version, "name=Kế hoạch", issuer, "types=KH"];
        let signer = if id == "id=kh" { "signer=bithu" } else { "signer=cnubkt" };
        [&fields[..], &[signer, steps, "--from", from]].concat()
    };
    const GOOD: &str =
        "steps=soan draft drafter yes=ky, ky sign signer yes=ph no=soan, ph issue clerk no=soan";
    const BACK: &str = "steps=soan draft drafter yes=ky, ky sign signer yes=ph no=ph, ph issue clerk no=soan";
    // Nobody can have begun on the first version of all, so it may have begun long ago; no later one may.
    assert_eq!(node(&say("id=cu", "version=1", GOOD, "2020-01-01"))["facts"], 1);
    let before = province.written(COMMUNE);
    let refused = |args: &[&str], vi: &str, en: &str| {
        fails_in_both("truc-node", &province.dir(COMMUNE), args, 3, vi, en);
        assert_eq!(province.written(COMMUNE), before, "{args:?}");
    };
    let backwards = |args: &[&str]| refused(args, "không đổi lùi được", "cannot be changed backwards");
    backwards(&say("id=cu", "version=2", GOOD, "2020-06-01"));
    backwards(&["house", "end", "roads", "id=cu", "--on", "2020-02-01"]);
    refused(&say("id=kh", "version=3", BACK, "2035-01-01"), "sửa được: ky→ph", "is written: ky→ph");
    refused(&say("id=kh", "version=2", GOOD, "2035-01-01"), "kh 2", "kh 2");
    refused(&say("id=kh", "version=3", "steps=soan draft", "2035-01-01"), "“soan draft”", "“soan draft”");
    assert_eq!(node(&say("id=kh", "version=3", GOOD, "2035-01-01"))["facts"], 1);
    assert_eq!((version("2034-12-31"), version("2035-01-01")), (2.into(), 3.into()));
    // Nobody issues any more: the roads that hold then are named, with the step.
    node(&["house", "end", "roles", "person=lan", "role=clerk", "--on", "2035-02-01"]);
    assert_eq!(on("2035-02-01")[0]["findings"], Value::Array(vec![]));
    let check = ["house", "road", "check", "--on", "2035-02-02"];
    let output = run("truc-node", &province.dir(COMMUNE), &check);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.matches("ph: clerk").count(), 3, "{said}");
    // The day before its first takes a road back, and what began before it holds on.
    node(&["house", "end", "roads", "id=kh", "--on", "2034-12-31"]);
    assert_eq!(version("2035-01-01"), 2);
}

#[test]
fn an_account_with_a_unit_is_a_person_of_the_house() {
    let province = province();
    let add = |name: &'static str, unit: &'static str| {
        ["account", "add", name, "--role", "clerk", "--unit", unit, "--title", "văn thư"]
    };
    let before = province.written(COMMUNE);
    fails_in_both("truc-node", &province.dir(COMMUNE), &add("moi", "VPDU"), 4, "“VPDU”", "“VPDU”");
    assert_eq!(province.written(COMMUNE), before);
    assert_eq!(province.node(COMMUNE, &["account", "list"])["accounts"].as_array().unwrap().len(), 1);
    import(&province, COMMUNE, &sample(COMMUNE));
    let people = || province.node(COMMUNE, &["house", "show"])["people"].as_u64().unwrap();
    let before = people();
    let added = province.node(COMMUNE, &add("moi", "vpdu"));
    assert_eq!((&added["account"]["name"], &added["house"]["move"]), (&"moi".into(), &"say".into()));
    assert_eq!(people(), before + 1);
}
