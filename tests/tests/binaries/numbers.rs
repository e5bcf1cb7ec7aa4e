//! Numbers, symbols and dates of papers, with the real commands: what cannot be is refused, and nothing is written.

use truc_node::clock::unix_now;
use truc_proto::date::Date;
use truc_tests::programs::{OFFICES, Province, fails, run};
use truc_tests::support::until;

fn in_days(days: i64) -> String {
    Date::of_millis((unix_now() as i64 + days * 86_400) * 1000).unwrap().to_string()
}

fn create<'a>(to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["directive", "create", "--title", "Công văn", "--to", to], more].concat()
}

#[test]
fn a_number_is_of_its_type_its_owner_and_its_day() {
    let province = Province::running();
    let ward = province.dir("1");
    let before = province.written("1");
    let (tomorrow, yesterday) = (in_days(1), in_days(-1));
    let long = format!("range:2010-01-01:{yesterday}");
    let next_week = ["--task", &*format!("T1|Việc|1|{yesterday}")].map(str::to_owned);
    let cases: [(&[&str], i32, &str); 19] = [
        (&["--type", "NQ", "--symbol", "TU"], 5, "no register of TU"),
        (&["--number", "914-CV/TU", "--urgency", "express"], 5, "no register of TU"),
        (&["--number", "914-CV/UBND"], 5, "no register of UBND"),
        (&["--number", "abc"], 3, "is no number of a paper"),
        (&["--number", "7a"], 3, "is no number of a paper"),
        (&["--number", "0"], 3, "is no number of a paper"),
        (&["--number", "12/CV-ĐU"], 3, "is no number of a paper"),
        (&["--number", "15-BC/ĐU"], 5, "bears the symbol of another type"),
        (&["--type", "thư công", "--number", "1"], 5, "bear no number"),
        (&["--type", "LKG"], 5, "not issued here"),
        (&["--type", "NQ", "--symbol", "VPĐU"], 5, "not under this symbol"),
        (&["--type", "TC"], 5, "not issued here"),
        (&["--term", "xyz"], 3, "\"xyz\" is wrong"),
        (&["--term", "2020-2025"], 3, "is not of the term 2020-2025"),
        (&["--issued", &tomorrow], 3, "lies after today"),
        (&["--issued", "1990-01-01"], 3, "is not of the term"),
        (&["--due", "2020-01-01"], 3, "before the date on the paper"),
        (&["--due", &yesterday], 3, "before the date on the paper"),
        (&[&next_week[0], &next_week[1]], 3, "T1 is due before"),
    ];
    for (more, exit, words) in cases {
        fails("truc-node", &ward, &create("1", more), exit, words);
        assert_eq!(province.written("1"), before, "{more:?}: nothing is written");
    }
    let inspection = |period| {
        ["inspection", "open", "--title", "Kiểm tra", "--to", "1", "--period", period, "--question", "K1|Sổ?"]
    };
    fails("truc-node", &province.dir("40"), &inspection(&long), 3, "longer than 5 years");
    fails(
        "truc-node",
        &ward,
        &["report", "submit", "--title", "BC", "--to", "40", "--period", "fortnight:2026-01-01:2026-01-14"],
        3,
        "is wrong",
    );
    let item = ["--period", "month:2027-01-01:2027-01-31", "--item", "N1|Việc|1|2027-02-01"];
    let programme = [&["programme", "create", "--title", "Chương trình", "--to", "1"], &item[..]].concat();
    fails("truc-node", &ward, &programme, 3, "N1 is due outside the period");
    assert_eq!(province.written("1"), before);

    let number =
        |more: &[&str]| province.node("1", &create("40", more))["number"].as_str().unwrap().to_owned();
    assert_eq!(number(&[]), "01-CV/ĐU", "no refusal burned a number");
    assert_eq!(number(&["--number", "007"]), "07-CV/ĐU");
    fails("truc-node", &ward, &create("40", &["--number", "7–cv/đu"]), 5, "has been used");
    assert_eq!(number(&["--symbol", "vpđu"]), "01-CV/VPĐU", "registers of their own");
    assert_eq!(number(&[]), "08-CV/ĐU");
    let week = ["--period", "week:2027-01-04:2027-01-10"];
    let programme = |more: &[&str]| {
        let words = [&["programme", "create", "--title", "Lịch", "--to", "1"], more].concat();
        province.node("1", &words)["number"].as_str().unwrap().to_owned()
    };
    assert_eq!(programme(&week), "", "a calendar of the week burns no number");
    assert_eq!(programme(&["--period", "month:2027-01-01:2027-01-31"]), "01-CTr/ĐU");

    for title in ["Một", "Hai"] {
        province.node("40", &["directive", "create", "--title", title, "--to", "1"]);
    }
    until("both have arrived", || province.titles("1").iter().filter(|title| *title == "Hai").count() == 1);
    let accept = |number, arrival| ["directive", "accept", number, "--arrival-number", arrival];
    province.node("1", &accept("01-CV/TU", "2"));
    fails("truc-node", &ward, &accept("02-CV/TU", "02"), 5, "Arrival number 2");
    for wrong in ["mười", "1,5", "0"] {
        fails("truc-node", &ward, &accept("02-CV/TU", wrong), 3, "no whole number");
    }
    assert_eq!(province.node("1", &["directive", "accept", "02-CV/TU"])["arrival_number"], "3");
    province.judge();
}

#[test]
fn the_hub_and_the_provinces_office_never_number_in_one_series() {
    let province = Province::running();
    let hub = province.dir("hub");
    let letter = |more: &[&str]| province.hub(&create("40", more))["number"].as_str().unwrap().to_owned();
    assert_eq!(letter(&[]), "", "it has no register of its own");
    fails("truc-hub", &hub, &create("40", &["--symbol", "VPTU"]), 5, "no register of its own");
    fails("truc-hub", &hub, &["office", "symbols", "hub", "VPTU"], 5, "belong to Tỉnh ủy");
    fails("truc-hub", &hub, &["office", "symbols", "hub", "V/T"], 3, "no symbol");
    assert_eq!(province.hub(&["office", "symbols", "hub", "TTTU"])["changed"], true);
    assert_eq!(province.hub(&["office", "symbols", "hub", "TTTU"])["changed"], false);
    assert_eq!(letter(&[]), "01-CV/TTTU");
    fails("truc-hub", &hub, &["office", "symbols", "40", "TU", "TTTU"], 5, "belong to");
    province.hub(&["office", "symbols", "1", "ĐU", "BXDĐ"]);
    let other = create("40", &["--symbol", "BXDĐ"]);
    until("the office knows its symbols", || run("truc-node", &province.dir("1"), &other).status.success());
    let list = province.node("1", &["directive", "list"]);
    assert_eq!(list["records"][0]["number"], "01-CV/BXDĐ");
    fails("truc-node", &province.dir("1"), &create("40", &["--symbol", "VPĐU"]), 5, "Its symbols: ĐU, BXDĐ");
    let shown = province.hub(&["office", "show", "1"]);
    assert_eq!(shown["facts"].as_array().unwrap().last().unwrap()["symbols"][1], "BXDĐ");
    province.judge();
}

#[test]
fn a_list_that_gives_an_open_code_to_another_name_is_refused_whole() {
    let province = Province::new(OFFICES);
    let before = province.hub(&["status"])["journal"].clone();
    let list = "code,parent_code,tier,kind,name,symbols\n\
        1,40,commune,xã,ĐẢNG ỦY XÃ MỘT,\n\
        2,40,commune,phường,Đảng ủy phường Cửa Lò,\n\
        3,40,commune,xã,Đảng ủy xã Ba,\"ĐU, VPĐU, BXDĐ\"\n";
    let path = province.write("other.csv", list);
    let import = ["office", "import", path.to_str().unwrap()];
    let words = "1 open offices: 2: Đảng ủy phường Hai → Đảng ủy phường Cửa Lò";
    fails("truc-hub", &province.dir("hub"), &import, 5, words);
    assert_eq!(province.hub(&["status"])["journal"], before, "nothing is written");
    let said = province.hub(&[&import[..], &["--rename"]].concat());
    assert_eq!((&said["added"], &said["changed"]), (&1.into(), &2.into()));
    assert_eq!(province.hub(&["office", "show", "3"])["facts"][0]["symbols"][2], "BXDĐ");
    let wrong = province.write("wrong.csv", list.replace("BXDĐ", "B/X"));
    fails("truc-hub", &province.dir("hub"), &["office", "import", wrong.to_str().unwrap()], 3, "\"B/X\"");
}
