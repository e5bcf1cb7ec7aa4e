//! Office lists with faults.

use truc_tests::programs::{OFFICES, Province, fails};

const HEAD: &str = "code,parent_code,tier,kind,name\n";

#[test]
fn a_list_with_a_fault_is_refused_whole_and_the_line_is_named() {
    let province = Province::new(OFFICES);
    let before = province.hub(&["status"])["journal"].clone();
    let long: String = (0..20_001).map(|code| format!("{},40,commune,x,X\n", code + 100)).collect();
    let cases: [(&str, Vec<u8>, &str); 10] = [
        (
            "parent",
            format!("{HEAD}3,40,commune,x,A\n4,99,commune,x,B\n").into(),
            "Line 3: there is no office above with code 99",
        ),
        (
            "duplicate",
            format!("{HEAD}3,40,commune,x,A\n3,40,commune,x,B\n").into(),
            "code 3 stands in line 2 already",
        ),
        ("tier", format!("{HEAD}3,40,ward,x,A\n").into(), "there is no tier \"ward\""),
        ("under", format!("{HEAD}3,1,commune,x,A\n").into(), "does not stand under tier commune"),
        ("utf8", [HEAD.as_bytes(), b"3,40,commune,x,\xc4\xff\n"].concat(), "Line 2: neither UTF-8"),
        ("rows", format!("{HEAD}{long}").into(), "more than"),
        ("fields", format!("{HEAD}3,40,commune\n").into(), "3 fields instead of 5"),
        ("name", format!("{HEAD}3,40,commune,x,\n").into(), "empty"),
        ("column", b"code,tier,kind,name\n".to_vec(), "parent_code"),
        ("empty", Vec::new(), "code"),
    ];
    for (name, list, words) in cases {
        let path = province.write(&format!("{name}.csv"), list);
        let import = ["office", "import", path.to_str().unwrap()];
        fails("truc-hub", &province.dir("hub"), &import, 3, words);
        assert_eq!(province.hub(&["status"])["journal"], before, "{name}: nothing is written");
    }
    let absent = ["office", "import", "/nowhere.csv"];
    fails("truc-hub", &province.dir("hub"), &absent, 4, "No such file");
}

#[test]
fn a_million_rows_are_refused_before_they_are_read() {
    let province = Province::new(OFFICES);
    let list: String = (0..1_000_000).map(|code| format!("{},40,commune,x,X\n", code + 100)).collect();
    let path = province.write("long.csv", format!("{HEAD}{list}"));
    let import = ["office", "import", path.to_str().unwrap()];
    fails("truc-hub", &province.dir("hub"), &import, 3, "Check the file");
}

/// The code that an office had, or has, as `office list` shows it on a day.
fn listed(province: &Province, day: &str) -> Vec<String> {
    let list = province.hub(&["office", "list", "--date", day])["list"].clone();
    let open = list.as_array().unwrap().iter().filter(|office| office["closed"] == false);
    open.map(|office| office["code"].as_str().unwrap().to_owned()).filter(|code| !code.is_empty()).collect()
}

#[test]
fn a_day_typed_by_mistake_makes_no_second_office() {
    let province = Province::new(OFFICES);
    let path = province.write("again.csv", OFFICES);
    let import = ["office", "import", path.to_str().unwrap(), "--since", "2024-01-01"];
    let before = province.hub(&["status"])["journal"].clone();
    fails("truc-hub", &province.dir("hub"), &import, 3, "from 2025-07-01 on");
    assert_eq!(province.hub(&["status"])["journal"], before, "nothing is written");
}

#[test]
fn offices_end_on_their_day_and_mistakes_are_taken_back() {
    let province = Province::new(OFFICES);
    let dir = province.dir("hub");
    fails("truc-hub", &dir, &["office", "close", "40", "--on", "2999-01-01"], 5, "stand 2 offices");
    fails("truc-hub", &dir, &["office", "close", "1", "--on", "2024-01-01"], 5, "is not there on");
    let bad = ["office", "close", "1", "--on", "2999-01-01", "--heir", "1"];
    fails("truc-hub", &dir, &bad, 5, "or is the office itself");
    // A merger: both end, and a new office with one of the codes begins.
    for code in ["1", "2"] {
        let close = ["office", "close", code, "--on", "2999-01-01", "--heir", "40"];
        assert_eq!(province.hub(&close)["rests"], true);
        assert_eq!(province.hub(&close)["changed"], false, "done twice is done once");
    }
    let (old, new) = ("2998-12-31", "2999-01-01");
    let add = |name: &str, since: &str| {
        let add =
            ["office", "add", "1", "--parent", "40", "--tier", "commune", "--name", name, "--since", since];
        province.hub(&add)["office"].as_str().unwrap().to_owned()
    };
    let heir = add("Xã mới", new);
    assert_eq!(listed(&province, old), ["40", "1", "2"]);
    assert_eq!(listed(&province, new), ["40", "1"]);
    let name = |on: &str, known: &str| {
        let show = ["office", "show", &heir, "--on", on, "--known", known];
        province.hub(&show)["held"]["name"].clone()
    };
    assert_eq!(name(new, new), "Xã mới");
    assert_eq!(name(new, "2020-01-01"), serde_json::Value::Null, "nobody knew");
    // Nobody loses anything before the day.
    assert_eq!(province.hub(&["office", "show", "1"])["children"], serde_json::json!([]));
    assert_eq!(province.hub(&["office", "code", "1"])["codes"][0]["name"], "Đảng ủy xã Một");
    // All of it is taken back: the heir whole, the ends as facts.
    province.hub(&["office", "withdraw", &heir]);
    for code in ["1", "2"] {
        province.hub(&["office", "withdraw", code, "--since", new]);
    }
    assert_eq!(listed(&province, new), ["40", "1", "2"]);
    fails("truc-hub", &dir, &["office", "withdraw", &heir], 4, "Nothing is said");
    fails("truc-hub", &dir, &["office", "withdraw", "40"], 5, "offices under it");
}

#[test]
fn codes_for_all_leave_machines_and_letters_alone() {
    let province = Province::new(OFFICES);
    let codes = |args: &[&str]| {
        let made = province.hub(&[&["office", "code"], args].concat())["codes"].clone();
        let codes =
            made.as_array().unwrap().iter().map(|one| one["office_code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    province.start("hub");
    province.enrol("40");
    assert_eq!(codes(&["2", "--valid", "7d"]), ["2"], "in the post");
    assert_eq!(codes(&["--all"]), ["1"]);
    assert_eq!(codes(&["--all"]), Vec::<String>::new());
    let again = ["office", "code", "40"];
    fails("truc-hub", &province.dir("hub"), &again, 5, "has a machine, last heard");
    assert_eq!(codes(&["40", "--replace"]), ["40"]);
    province.hub(&["office", "revoke", "40", "--reason", "mất"]);
    assert_eq!(codes(&["40"]), ["40"], "there is no machine to end");
}
