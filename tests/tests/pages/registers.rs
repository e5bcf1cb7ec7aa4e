//! Numbers at the desk, and the registers of papers.

use truc_node::accounts::Role;
use truc_node::clock::unix_now;
use truc_proto::date::Date;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::support::until;

/// What is said beside a field.
fn beside<'a>(page: &'a str, field: &str) -> &'a str {
    let error = page.split_once(&format!("id=\"err-{field}\"")).map_or("", |(_, rest)| rest);
    error.split_once("</p>").map_or("", |(said, _)| said)
}

/// The rows of a CSV file, without its head.
fn rows(file: &str) -> Vec<String> {
    file.lines()
        .filter(|line| line.contains("CV") || line.contains("BC") || line.contains("HD"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_figure_stands_beside_the_symbol_of_who_issues() {
    let small = Small::new();
    let visitor = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let page = visitor.get("/directives/new?draft=01890000-0000-7000-8000-0000000000a1").body;
    assert!(page.contains("<option value=\"ĐU\">ĐU</option><option value=\"VPĐU\">VPĐU</option>"), "{page}");
    let top = small.ask("hub", &["office", "show", TOP])["office"].as_str().unwrap().to_owned();
    let issue = |number: &str, symbol: &str, due: &str| {
        let fields = [
            ("type", "CV"),
            ("title", "Công văn"),
            ("number", number),
            ("symbol", symbol),
            ("due", due),
            ("recipient", top.as_str()),
            ("sure", "1"),
        ];
        visitor.send("/directives/new", &fields)
    };
    let yesterday = Date::of_millis((unix_now() as i64 - 86_400) * 1000).unwrap();
    for (number, symbol, due, field) in [
        ("abc", "ĐU", "", "number"),
        ("15-BC/ĐU", "ĐU", "", "number"),
        ("5", "TU", "", "symbol"),
        ("914-CV/TU", "ĐU", "", "symbol"),
        ("", "ĐU", &*yesterday.to_string(), "due"),
    ] {
        let refused = issue(number, symbol, due);
        assert_eq!(refused.status, 422, "{number} {symbol} {due}: {}", refused.body);
        assert!(!beside(&refused.body, field).is_empty(), "{number} {symbol} {due}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{number}\"")), "{number} is kept");
    }
    for (number, symbol) in [("7", "ĐU"), ("", "VPĐU"), ("", "ĐU")] {
        assert_eq!(issue(number, symbol, "").status, 303, "{number} {symbol}");
    }
    assert_eq!(issue("07", "ĐU", "").status, 422, "it is used");
    let list = small.ask(COMMUNE, &["directive", "list"])["records"].clone();
    let numbers: Vec<&str> =
        list.as_array().unwrap().iter().map(|record| record["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["08-CV/ĐU", "01-CV/VPĐU", "07-CV/ĐU"]);
}

#[test]
fn the_registers_hold_every_kind_and_are_the_same_when_they_are_made_anew() {
    let small = Small::new();
    let say = |office: &str, words: &[&str]| small.ask(office, words);
    say(TOP, &["directive", "create", "--to", COMMUNE, "--title", "Công văn một"]);
    let directive = say(TOP, &["directive", "create", "--to", COMMUNE, "--title", "Công văn hai"]);
    say(TOP, &["guidance", "create", "--to", COMMUNE, "--title", "Hướng dẫn", "--text", "Toàn văn"]);
    say(
        COMMUNE,
        &["report", "submit", "--to", TOP, "--title", "Báo cáo", "--period", "month:2026-10-01:2026-10-31"],
    );
    let chief = |office| Visitor::sign_in(&small.url(office), &small.person(office, Role::Chief, "chanh.vp"));
    let (top, commune) = (chief(TOP), chief(COMMUNE));
    until("all have arrived", || {
        rows(&commune.get("/registers/in?as=csv").body).len() == 3
            && top.get("/registers/in?as=csv").body.contains("01-BC/ĐU")
    });
    say(
        COMMUNE,
        &[
            "directive",
            "accept",
            directive["record"].as_str().unwrap(),
            "--arrival-number",
            "12",
            "--author",
            "chanh.vp",
        ],
    );
    let files = || {
        let file = |visitor: &Visitor, path| rows(&visitor.get(path).body);
        [
            file(&top, "/registers/out?as=csv"),
            file(&commune, "/registers/in?as=csv"),
            file(&commune, "/registers/out?as=csv"),
        ]
    };
    let [out, came, mine] = files();
    let begin = |rows: &[String], at: usize| {
        rows.iter().map(|row| row.split(';').nth(at).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(begin(&out, 0), ["01-HD/TU", "01-CV/TU", "02-CV/TU"], "{out:?}");
    assert_eq!(begin(&mine, 0), ["01-BC/ĐU"], "{mine:?}");
    assert_eq!(begin(&came, 1), ["12", "", ""], "what was accepted stands first: {came:?}");
    assert_eq!(begin(&came, 3)[0], "02-CV/TU");
    let printed = commune.get("/registers/in?as=print").body;
    let printed = printed.split_once("<tbody").unwrap().1;
    let today = Date::of_millis(unix_now() as i64 * 1000).unwrap().civil();
    let today = format!("{:02}/{:02}/{}", today.day(), today.month(), today.year());
    assert!(printed.contains(&today) && !printed.contains("vừa xong"), "a day later nobody knows: {printed}");
    let page = top.get("/registers/out?as=print").body;
    for head in
        ["Số, ký hiệu", "Ngày tháng văn bản", "Tên loại và trích yếu", "Người ký", "Nơi nhận", "Số lượng bản"]
    {
        assert!(page.contains(head), "{head}");
    }
    assert_eq!(rows(&top.get("/registers/out?as=csv&term=2020-2025").body), [""; 0], "another term");
    small.stop(TOP);
    small.stop(COMMUNE);
    for office in [TOP, COMMUNE] {
        say(office, &["rebuild-views"]);
        small.start(office);
    }
    assert_eq!(files(), [out, came, mine]);
}
