//! The house at the desk: put in by the administrator, edited by who has the right, seen as of any day.

use truc_node::accounts::Role;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, Small};

const HOUSE: &str = r#"
office = "1"
[[units]]
id = "VPDU"
name = "Văn phòng Đảng ủy"
class = "own"
[[people]]
id = "cvp"
name = "Đậu Thị Chánh"
title = "Chánh Văn phòng"
unit = "VPDU"
head = true
account = "chief"
[[people]]
id = "lan"
name = "Trần Lan Mẫu"
title = "văn thư"
unit = "VPDU"
account = "clerk"
[[rights]]
person = "cvp"
right = "nep-nha"
"#;

#[test]
fn a_house_is_put_in_seen_on_a_day_and_edited_in_place() {
    let small = Small::new();
    let sign_in = |role, user| Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, role, user));
    let (admin, chief, clerk) =
        (sign_in(Role::Administrator, "qt"), sign_in(Role::Chief, "cvp"), sign_in(Role::Clerk, "lan"));
    let written = || small.written(COMMUNE);
    let before = written();
    // Nobody else puts the first one in, and one with a fault is not taken.
    let put = |who: &Visitor, text: &str| who.send("/house", &[("do", "import"), ("text", text)]);
    assert_eq!(put(&clerk, HOUSE).status, 422);
    let faulty = put(&admin, &HOUSE.replace("class = \"own\"", "class = \"nhà\""));
    assert_eq!(faulty.status, 422);
    assert!(faulty.body.contains("Loại đơn vị là own, agency hoặc cell."), "{}", faulty.body);
    assert!(faulty.body.contains("Văn phòng Đảng ủy"), "what was typed stays");
    assert_eq!(written(), before);
    assert_eq!(put(&admin, HOUSE).status, 303);
    // Whoever has the right edits; others see, and report an own absence.
    let people = "/house?tab=people";
    assert!(chief.get(people).body.contains("name=\"f.title\""));
    for (who, tab, forms) in [(&clerk, "people", false), (&admin, "people", false), (&clerk, "away", true)] {
        let page = who.get(&format!("/house?tab={tab}")).body;
        assert_eq!(page.contains("value=\"say\""), forms, "{tab}");
    }
    let lan = [
        ("table", "people"),
        ("mark", "people-lan"),
        ("do", "say"),
        ("f.id", "lan"),
        ("f.name", "Trần Lan Mẫu"),
        ("f.title", "văn thư trưởng"),
        ("f.unit", "VPDU"),
        ("f.head", "false"),
        ("f.account", "clerk"),
        ("from", "2035-12-01"),
    ];
    let before = written();
    assert_eq!(clerk.send(people, &lan).status, 422);
    let mut wrong = lan;
    wrong[6].1 = "KHONG";
    let refused = chief.send(people, &wrong);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("“KHONG” chưa có trong nếp nhà."), "{}", refused.body);
    assert!(refused.body.contains("value=\"văn thư trưởng\""), "what was typed stays");
    assert_eq!(written(), before);
    assert_eq!(chief.send(people, &lan).status, 303);
    // What is dated ahead is grey, and holds on its day.
    let today = clerk.get(people).body;
    let ahead = today.split_once("<tr class=\"mut\"").map_or("", |(_, rest)| rest);
    assert!(ahead.contains("văn thư trưởng") && ahead.contains("từ 01/12/2035"), "{today}");
    let then = clerk.get("/house?tab=people&on=2035-12-01").body;
    assert!(then.contains("văn thư trưởng") && !then.contains("<tr class=\"mut\""), "{then}");
    // Away, and the last day.
    let away = [
        ("table", "absences"),
        ("do", "say"),
        ("f.person", "lan"),
        ("f.stand_in", "cvp"),
        ("from", "2035-03-01"),
        ("to", "2035-03-02"),
    ];
    assert_eq!(clerk.send("/house?tab=away", &away).status, 303);
    assert!(clerk.get("/house?tab=away&on=2035-03-02").body.contains("Đậu Thị Chánh"));
    assert!(!clerk.get("/house?tab=away&on=2035-03-03").body.contains("Đậu Thị Chánh</td>"));
    let end = [("table", "people"), ("do", "end"), ("f.id", "lan"), ("last", "2036-01-31")];
    assert_eq!(clerk.send(people, &end).status, 422);
    assert_eq!(chief.send(people, &end).status, 303);
    assert!(!clerk.get("/house?tab=people&on=2036-02-01").body.contains("Trần Lan Mẫu</td>"));
}
