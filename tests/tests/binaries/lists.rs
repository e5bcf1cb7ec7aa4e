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
        ("utf8", [HEAD.as_bytes(), b"3,40,commune,x,\xc4\xff\n"].concat(), "Line 2: not UTF-8"),
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
