//! Papers from outside at the desk: registered once however often somebody presses, their work and their registers, and
//! petitions for who may see them.

use truc_node::accounts::Role;
use truc_tests::pages::http::{Heard, Visitor};
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
[[people]]
id = "hoa"
name = "Lê Thị Hoa Mẫu"
title = "chuyên viên"
unit = "VPDU"
account = "specialist"
[[rights]]
person = "cvp"
right = "giao-viec"
[[rights]]
person = "cvp"
right = "don-thu"
[[rights]]
person = "cvp"
right = "danh-tinh"
[[rights]]
person = "lan"
right = "don-thu"
[[parties]]
id = "SNV"
name = "Sở Nội vụ"
regime = "state"
[petitions]
denouncer = "sealed"
[petitions.limits]
to-cao = { days = 7, kind = "working" }
"#;

/// A draft's id, which names what a form does.
const DRAFT: &str = "01890000-0000-7000-8000-0000000000c1";

fn to(heard: &Heard) -> String {
    assert_eq!(heard.status, 303, "{}", heard.body);
    heard.header("location").to_owned()
}

#[test]
fn what_comes_is_registered_given_and_stands_in_its_register() {
    let small = Small::new();
    let house = small.write("nep-nha.toml", HOUSE);
    let sign_in = |role, user| Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, role, user));
    let (chief, clerk, other) =
        (sign_in(Role::Chief, "cvp"), sign_in(Role::Clerk, "lan"), sign_in(Role::Specialist, "hoa"));
    small.person(COMMUNE, Role::Administrator, "qt");
    small.ask(COMMUNE, &["house", "import", house.to_str().unwrap(), "--author", "qt"]);
    // The level is asked first.
    let first = clerk.get(&format!("/outside/new?draft={DRAFT}")).body;
    for book in ["incoming", "petitions", "secret"] {
        assert!(first.contains(&format!("/outside/new?book={book}")), "{first}");
    }
    let form = clerk.get(&format!("/outside/new?book=incoming&draft={DRAFT}")).body;
    assert!(form.contains("name=\"party\"") && form.contains("Sở Nội vụ"), "{form}");
    assert!(!clerk.get(&format!("/outside/new?book=secret&draft={DRAFT}")).body.contains("name=\"title\""));
    // What is refused keeps what was typed; a form that is sent twice registers once.
    let paper = |party: &'static str| {
        [
            ("draft", DRAFT),
            ("draft-form", "/outside/new"),
            ("draft-version", "0"),
            ("book", "incoming"),
            ("party", party),
            ("number", "2210/SNV-CCVC"),
            ("issued", "2026-11-02"),
            ("type", "CV"),
            ("title", "Thống kê vị trí việc làm"),
            ("channel", "post"),
        ]
    };
    let refused = clerk.send("/outside/new", &paper(""));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Thống kê vị trí việc làm"), "{}", refused.body);
    let page = to(&clerk.send("/outside/new", &paper("Sở Nội vụ")));
    assert_eq!(to(&clerk.send("/outside/new", &paper("Sở Nội vụ"))), page, "pressed twice");
    let shown = clerk.get(&page).body;
    assert!(shown.contains("Thống kê vị trí việc làm") && shown.contains("vào sổ"), "{shown}");
    // It waits on the chief's Today, is given, and its line says so.
    assert!(chief.get("/").body.contains("Thống kê vị trí việc làm"));
    let record = page.trim_start_matches("/outside/").to_owned();
    let source = format!("{record}#");
    let give =
        [("source", &*source), ("content", "Thống kê"), ("lead", "hoa"), ("no_due", "1"), ("do", "give")];
    to(&chief.send("/works/new", &give));
    let register = clerk.get("/registers/in").body;
    assert!(register.contains("2210/SNV-CCVC") && register.contains("Lê Thị Hoa Mẫu"), "{register}");
    let file = clerk.get("/registers/in?as=csv").body;
    assert!(file.contains("Sở Nội vụ;2210/SNV-CCVC;02/11/2026;"), "{file}");

    // A petition: who sent it is said on its own page, and nobody without the right sees anything of it.
    let petition = [
        ("draft", "01890000-0000-7000-8000-0000000000c2"),
        ("draft-form", "/outside/new"),
        ("draft-version", "0"),
        ("book", "petitions"),
        ("class", "to-cao"),
        ("title", "Nêu việc chia đất sai"),
        ("channel", "hand"),
    ];
    let page = to(&clerk.send("/outside/new", &petition));
    let sender = [("move", "sender"), ("sender", "Giang Tố Thử"), ("address", "xóm 3 Mẫu")];
    to(&clerk.send(&format!("{page}/sender"), &sender));
    let shown = clerk.get(&page).body;
    assert!(shown.contains("giữ bí mật") && !shown.contains("Giang Tố Thử"), "{shown}");
    let note = clerk.send(&page, &[("move", "note"), ("note", "bà Giang Tố Thử nêu")]);
    assert_eq!(note.status, 422);
    assert!(note.body.contains("tên hoặc địa chỉ người tố cáo"), "{}", note.body);
    assert_eq!(other.get(&page).status, 404);
    assert_eq!(other.send(&format!("{page}/identity"), &[("note", "xem")]).status, 404);
    for path in ["/", "/works?tab=unassigned", "/works?tab=office", "/outside", "/registers/petitions"] {
        let body = other.get(path).body;
        assert!(!body.contains("chia đất sai") && !body.contains("Giang Tố"), "{path}: {body}");
    }
    let give = format!("/works/new?source={}%23", page.trim_start_matches("/outside/"));
    assert!(!other.get(&give).body.contains("chia đất sai"));
    // Who may open it says why, and sees the name on the page that answers.
    assert_eq!(chief.send(&format!("{page}/identity"), &[("move", "identity"), ("note", "")]).status, 422);
    let opened = chief.send(&format!("{page}/identity"), &[("move", "identity"), ("note", "liên hệ")]);
    assert!(opened.status == 200 && opened.body.contains("Giang Tố Thử"), "{}", opened.body);
    assert!(!chief.get(&page).body.contains("Giang Tố Thử"), "once");
    // The register, masked; with all senders only for who has said why.
    let masked = chief.get("/registers/petitions").body;
    assert!(masked.contains("Nêu việc chia đất sai") && !masked.contains("Giang Tố Thử"), "{masked}");
    // Each register as a page, for the printer, and as a file.
    for (register, class) in [
        ("petitions", "book petitions"),
        ("secret", "book secret"),
        ("transfers", "book transfers"),
        ("tasks", "book tasks"),
    ] {
        let address = format!("/registers/{register}");
        let print = chief.get(&format!("{address}?as=print"));
        assert!(print.status == 200 && print.body.contains(class), "{register}: {}", print.body);
        assert!(print.body.contains("Người giữ sổ"), "{register}: where it is signed");
        let file = chief.get(&format!("{address}?as=xlsx"));
        assert!(file.status == 200 && file.header("content-type").contains("spreadsheet"), "{register}");
    }
    let full = to(&chief.send("/registers/petitions/full", &[("why", "kiểm tra")]));
    assert!(chief.get(&full).body.contains("Giang Tố Thử, xóm 3 Mẫu"));
    assert!(!clerk.get(&full).body.contains("Giang Tố Thử"), "for nobody else");
}
