//! The house at the desk: put in by the administrator, edited by who has the right, seen as of any day.

use truc_node::accounts::Role;
use truc_node::web::route::Need;
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

/// Of every page of the desk a guest of the office has only those that show what is given to him.
#[test]
fn people_of_agencies_and_who_has_left_see_nothing_but_their_works() {
    let small = Small::new();
    let sign_in = |role, user| Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, role, user));
    let (admin, own, guest, gone) = (
        sign_in(Role::Administrator, "qt"),
        sign_in(Role::Specialist, "hoa"),
        sign_in(Role::Specialist, "ubnd"),
        sign_in(Role::Chief, "cu"),
    );
    let person = |id: &str, unit: &str, last: &str| {
        format!(
            "[[people]]\nid = \"{id}\"\nname = \"Người {id}\"\ntitle = \"chuyên viên\"\nunit = \"{unit}\"\naccount = \"specialist\"\n{last}"
        )
    };
    let unit = |id: &str, class: &str| {
        format!("[[units]]\nid = \"{id}\"\nname = \"Đơn vị {id}\"\nclass = \"{class}\"\n")
    };
    let house = [
        "office = \"1\"\n".to_owned(),
        unit("VPDU", "own"),
        unit("UBND", "agency"),
        person("hoa", "VPDU", ""),
        person("ubnd", "UBND", ""),
        person("cu", "VPDU", "to = 2026-01-31\n"),
    ];
    assert_eq!(guest.get("/in").status, 200, "before there is a house, an account is an account");
    assert_eq!(admin.send("/house", &[("do", "import"), ("text", &house.concat())]).status, 303);
    let mut closed = 0;
    for route in truc_node::desk::routes() {
        let path = route.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        if !matches!(route.need, Need::Right(_)) || route.guests {
            continue;
        }
        for who in [&guest, &gone] {
            let status = who.get(&path).status;
            assert!(matches!(status, 404 | 405), "{path}: {status}");
        }
        closed += 1;
    }
    assert!(closed > 40, "{closed}");
    for (path, words) in [("/", "Hôm nay"), ("/works", "Việc")] {
        for who in [&guest, &gone] {
            let page = who.get(path);
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains(words) && !page.body.contains("href=\"/in\""), "{}", page.body);
        }
    }
    for path in ["/", "/in", "/house", "/search?q=a", "/works?tab=office"] {
        assert_eq!(own.get(path).status, 200, "{path}");
        assert_eq!(admin.get(path).status, 200, "{path}");
    }
}
