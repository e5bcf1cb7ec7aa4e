//! A draft at the desk, without scripts: begun, appraised, signed, issued; what is typed stays where it is refused.

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
id = "minh"
name = "Cao Minh Mẫu"
title = "chuyên viên"
unit = "VPDU"
[[people]]
id = "hoa"
name = "Lê Thị Hoa Mẫu"
title = "chuyên viên"
unit = "VPDU"
[[people]]
id = "pbttt"
name = "Kiều Phó Mẫu"
title = "Phó Bí thư"
unit = "VPDU"
head = true
[[people]]
id = "lan"
name = "Trần Lan Mẫu"
title = "văn thư"
unit = "VPDU"
[[issuers]]
id = "DU"
symbol = "ĐU"
line1 = "ĐẢNG BỘ"
line2 = "ĐẢNG ỦY"
[[signers]]
issuer = "DU"
person = "pbttt"
form = "T/M BAN THƯỜNG VỤ | PHÓ BÍ THƯ"
[[roles]]
person = "minh"
role = "drafter"
[[roles]]
person = "hoa"
role = "appraiser"
[[roles]]
person = "lan"
role = "clerk"
[[roads]]
id = "cv"
version = 1
name = "Công văn"
issuers = ["DU"]
types = ["CV"]
signer = "pbttt"
steps = [
  "soan draft drafter yes=td",
  "td appraise appraiser layers=form yes=ky no=soan",
  "ky sign signer yes=ph no=soan",
  "ph issue clerk no=soan",
]
"#;

/// The address to which a posted form led.
fn led(heard: &truc_tests::pages::http::Heard) -> String {
    assert_eq!(heard.status, 303, "{}", heard.body);
    heard.header("location").to_owned()
}

#[test]
fn a_draft_is_written_appraised_signed_and_issued_at_the_desk() {
    let small = Small::new();
    let sign_in = |role, user| Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, role, user));
    let (admin, other) = (sign_in(Role::Administrator, "qt"), sign_in(Role::Specialist, "khac"));
    let (minh, hoa) = (sign_in(Role::Specialist, "minh"), sign_in(Role::Specialist, "hoa"));
    let (pbttt, lan) = (sign_in(Role::Chief, "pbttt"), sign_in(Role::Clerk, "lan"));
    assert_eq!(admin.send("/house", &[("do", "import"), ("text", HOUSE)]).status, 303);
    let begin = |title: &'static str| {
        let fields = [
            ("issuer", "DU"),
            ("type", "CV"),
            ("title", title),
            ("text", "Kính gửi Tỉnh ủy.\r\n\r\nSố hộ là 213."),
            ("recipients", "40"),
        ];
        minh.send("/draft/new", &fields)
    };
    let empty = begin(" ");
    assert_eq!(empty.status, 422);
    assert!(
        empty.body.contains("Chưa có trích yếu") && empty.body.contains("Số hộ là 213"),
        "what was typed stays"
    );
    let draft = led(&begin("Về số hộ nghèo"));
    let act = |who: &Visitor, name: &str, more: &[(&str, &str)]| {
        who.send(&draft, &[&[("move", name)], more].concat())
    };
    led(&act(&minh, "hand-in", &[]));
    assert!(hoa.get("/").body.contains("Chờ thẩm định"), "it stands on Today");
    assert_eq!(other.get(&draft).status, 404, "nobody else hears of it");
    // It goes back only with words, and these stay with the form.
    let back = [("version", "1"), ("verdict", "back"), ("must", ""), ("suggest", "")];
    let refused = act(&hoa, "appraise", &back);
    assert!(refused.status == 422 && refused.body.contains("Nêu lý do"), "{}", refused.body);
    led(&act(&hoa, "appraise", &[("version", "1"), ("verdict", "back"), ("must", "sửa 213 thành 231")]));
    let page = minh.get(&draft).body;
    assert!(page.contains("sửa 213 thành 231") && page.contains("phải trả lời"), "{page}");
    let edit = format!("{draft}/edit");
    assert!(minh.get(&edit).body.contains("Số hộ là 213."), "the form has the newest version");
    let text = "Kính gửi Tỉnh ủy.\n\nSố hộ là 231.";
    let saved = [("base", "1"), ("title", "Về số hộ nghèo"), ("text", text), ("recipients", "40")];
    assert_eq!(led(&minh.send(&edit, &saved)), draft);
    led(&act(&minh, "answer", &[("remark", "R1"), ("how", "taken")]));
    led(&act(&minh, "hand-in", &[]));
    led(&act(&hoa, "appraise", &[("version", "2"), ("verdict", "pass")]));
    assert!(pbttt.get("/").body.contains("Chờ ký"), "it stands on Today");
    let page = pbttt.get(&draft).body;
    let changed = page.contains("</span>213") && page.contains("</span>231");
    assert!(changed, "the signer sees what changed: {page}");
    let stale = act(&pbttt, "sign", &[("version", "1")]);
    assert!(stale.status == 422 && stale.body.contains("Đã có bản 2"), "{}", stale.body);
    led(&act(&pbttt, "sign", &[("version", "2")]));
    assert!(lan.get("/").body.contains("Chờ ban hành"));
    led(&act(&lan, "issue", &[("version", "2")]));
    let page = lan.get(&draft).body;
    assert!(page.contains("01-CV/ĐU"), "{page}");
    let paper = page.split_once("href=\"/directive/").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
    let paper = lan.get(&format!("/directive/{paper}")).body;
    assert!(paper.contains("Văn bản đi từ dự thảo") && paper.contains("PHÓ BÍ THƯ"), "{paper}");
    // A type with a road is issued by no other form.
    let letter = [("type", "CV"), ("title", "Thư khác"), ("recipient", "40"), ("text", "x"), ("sure", "1")];
    let refused = lan.send("/directives/new", &letter);
    assert!(refused.status == 422 && refused.body.contains("có quy trình"), "{}", refused.body);
}
