//! What waits for the province stands on its Today, with a count and a way to all of it; and goes when it is done.

use truc_node::accounts::Role;
use truc_node::clock::unix_now;
use truc_proto::date::Date;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::support::until;

const DRAFT: &str = "/drafts/0198c0de-0000-7000-8000-000000000001?share=1";

/// The day so many days from today.
fn day(days: i64) -> String {
    Date::of_millis((unix_now() as i64 + days * 86_400) * 1000).unwrap().to_string()
}

/// What a section of Today says; empty: it is not there.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let rest = page.split_once(&format!("id=\"{id}\"")).map_or("", |(_, rest)| rest);
    rest.split_once("</section>").map_or("", |(section, _)| section)
}

#[test]
fn what_waits_from_below_stands_on_today_until_it_is_done() {
    let small = Small::new();
    let chief = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    let staff = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Specialist, "hoa"));
    small.person(COMMUNE, Role::Chief, "lan");
    let author = |at| if at == TOP { "viet" } else { "lan" };
    let ask = |at, words: &[&str]| {
        let said = small.ask(at, &[words, &["--author", author(at)]].concat());
        said["record"].as_str().unwrap_or_default().to_owned()
    };
    let (from, to, due) = (day(-30), day(-1), day(10));
    let task = format!("T1|Báo cáo theo biểu VP-T/2026|{COMMUNE}|{due}");
    let paper = ["directive", "create", "--to", COMMUNE, "--type", "CV", "--title", "Ứng phó bão"];
    let paper = ask(TOP, &[&paper[..], &["--task", &task]].concat());
    let guidance = ask(TOP, &["guidance", "create", "--to", COMMUNE, "--title", "Gửi nhận văn bản"]);
    let today = || chief.get("/").body;
    until("own papers are counted", || section(&today(), "own").contains("0/1"));
    assert!(section(&today(), "judge").is_empty() && section(&today(), "questions").is_empty());

    for record in [&paper, &guidance] {
        let kind = if record == &paper { "directive" } else { "guidance" };
        until("it has arrived", || {
            small.ask(COMMUNE, &[kind, "list"])["records"].to_string().contains(record.as_str())
        });
    }
    ask(COMMUNE, &["directive", "accept", &paper]);
    ask(COMMUNE, &["directive", "progress", &paper, "T1", "100"]);
    ask(COMMUNE, &["guidance", "ask", &guidance, "Áp dụng từ ngày nào?"]);
    let period = format!("month:{from}:{to}");
    let period = ["--form", "vp-t/2026", "--period", &period];
    let figures = ["--indicator", "A01|Văn bản đến|văn bản|0.1", "--indicator", "A07|Đúng hạn|%|91.2"];
    let report = ["report", "create", "--to", TOP, "--title", "Báo cáo tháng 11"];
    let report = ask(COMMUNE, &[&report[..], &period, &figures].concat());
    let draft = [("draft-form", "/directives/new"), ("draft-version", "0"), ("title", "Dự thảo kết luận")];
    assert_eq!(staff.send(DRAFT, &draft).status, 303);
    let all = [
        ("confirm", "Ứng phó bão"),
        ("questions", "Gửi nhận văn bản"),
        ("judge", "Báo cáo tháng 11"),
        ("sign", "Dự thảo kết luận"),
    ];
    for (id, title) in all {
        until(id, || section(&today(), id).contains(title));
    }
    assert!(section(&staff.get("/").body, "sign").is_empty(), "who may not sign is not asked to");
    assert!(chief.get("/reports?state=judge").body.contains(&report));

    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    ask(TOP, &["guidance", "answer", &guidance, &office, "1", "Từ ngày ký."]);
    ask(TOP, &["report", "accept", &report]);
    for id in ["questions", "judge"] {
        until(id, || section(&today(), id).is_empty());
    }

    // The period's page knows who was asked by the task's words, adds what can be added, and hands both out as files.
    let console = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Supervisor, "giam.sat"));
    let address = format!("/reports/period?form=VP-T/2026&kind=month&from={from}&to={to}");
    until("the report is at the hub", || console.get(&address).status == 200);
    let page = console.get(&address).body;
    assert!(page.contains("không cộng") && page.contains("0,1"), "{page}");
    let sums = console.get(&format!("{address}&of=sums&as=csv")).body;
    assert!(sums.contains(";0,1;") && sums.contains("A07;Đúng hạn;%;–;không cộng"), "{sums}");
    let cells = console.get(&format!("{address}&of=cells&as=csv")).body;
    assert!(
        cells.lines().any(|line| line.starts_with("Đảng ủy xã Một;1;") && line.ends_with(";0,1;91,2")),
        "{cells}"
    );
    let year = console.get(&format!("/reports?year={}", &to[..4])).body;
    assert!(year.contains("1/1"), "asked and received: {year}");
}

#[test]
fn a_list_is_filtered_in_the_address_and_its_file_says_so() {
    let small = Small::new();
    let chief = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    for number in 1..=3 {
        let title = format!("Về việc thứ {number}");
        let words = ["directive", "create", "--to", COMMUNE, "--type", "CV", "--author", "viet", "--title"];
        small.ask(TOP, &[&words[..], &[&title]].concat());
    }
    until("all are listed", || chief.get("/out").body.matches("Về việc thứ").count() >= 3);
    let today = {
        let day = Date::of_millis(unix_now() as i64 * 1000).unwrap().civil();
        format!("{}/{}", day.day(), day.month())
    };
    let found = |query: &str| {
        let page = chief.get(&format!("/out?{query}")).body;
        page.matches("class=\"t\"").count()
    };
    assert_eq!(found(&format!("filter={today}")), 3, "a day as people say it: {today}");
    assert_eq!(found("filter=thu+2"), 1);
    assert_eq!(found("type=HD"), 0);
    assert_eq!(found("urgency=1"), 0);
    assert_eq!(found("from=2031-01-01"), 0);
    let file = chief.get("/out?filter=thu+2&as=csv");
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!((lines[0], lines[1], lines[2]), ("Văn bản đi", "Lọc: “thu 2”", ""), "{}", file.body);
    assert!(lines[3].split(';').count() >= 5 && lines.len() == 5, "{}", file.body);
    let sorted = chief.get("/out?sort=-number").body;
    let at = |text: &str| sorted.find(text).unwrap();
    assert!(at("Về việc thứ 3") < at("Về việc thứ 1"));
}
