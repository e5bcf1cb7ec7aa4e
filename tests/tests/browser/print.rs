//! What the printer gets: of a record's page the sheet alone, dark on white whatever the screen's colours; the week with
//! its office's head; a letter that no edge cuts.

use serde_json::{Value, json};
use truc_node::accounts::{Realm, Role, Theme};
use truc_node::words::Lang;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::pages::window::Window;

use crate::word;

/// The width between the margins of an A4 sheet, 175 mm at 96 dots an inch.
const SHEET: u32 = 661;

/// The text that is printed of what a selector finds; nothing where it is left out.
const PRINTED: &str = "
    const found = Array.from(document.querySelectorAll(arguments[0]));
    return found.filter((one) => one.checkVisibility()).map((one) => one.innerText).join('\\n')";

/// What the sheet cuts at its right edge.
const CUT: &str = "
    const all = Array.from(document.querySelectorAll('main *')).filter((one) => one.checkVisibility());
    const out = all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    return out.slice(0, 4).map((one) => one.outerHTML.slice(0, 120))";

#[track_caller]
fn printed(window: &Window, css: &str) -> String {
    window.js(PRINTED, &[json!(css)]).as_str().unwrap().to_owned()
}

#[track_caller]
fn to_printer(window: &Window) {
    window.look("dark", "print");
    window.size(SHEET, 900);
    assert_eq!(window.js(CUT, &[]), Value::from(Vec::<Value>::new()), "nothing is cut");
}

/// How many sheets the printer takes.
#[track_caller]
fn sheets(window: &Window) -> usize {
    window.look("light", "");
    let printed = window.devtools("Page.printToPDF", json!({ "preferCSSPageSize": true }));
    let pdf = data_encoding::BASE64.decode(printed["data"].as_str().unwrap().as_bytes()).unwrap();
    let pdf = String::from_utf8_lossy(&pdf).into_owned();
    pdf.matches("/Type /Page").count() - pdf.matches("/Type /Pages").count()
}

#[test]
fn of_a_paper_the_sheet_alone_is_printed_with_who_signed_it() {
    let small = Small::new();
    let chief = small.person(TOP, Role::Chief, "chanh.vp");
    let clerk = small.person(COMMUNE, Role::Clerk, "van.thu");
    small.ask(TOP, &["account", "position", "chanh.vp", "T/M Ban Thường vụ", "Phó Bí thư"]);
    let words = ["--type", "CV", "--title", "Cấm biển", "--to", COMMUNE, "--text", "Đề nghị cấm biển."];
    let task = ["--task", "T1|Gọi tàu vào bờ|1|2035-10-05", "--author", &chief.user];
    let paper = small.ask(TOP, &[&["directive", "create"][..], &words, &task].concat());
    let id = paper["record"].as_str().unwrap();
    let window = Window::open();
    window.sign_in(&small.url(COMMUNE), &clerk);
    clerk.set(&small.dir(COMMUNE), Realm::Desk, Lang::Vi, Theme::Dark);
    let page = format!("{}directive/{id}", small.url(COMMUNE));
    truc_tests::support::until("it has come", || {
        window.go(&page);
        window.has(".paper")
    });
    to_printer(&window);
    let sheet = printed(&window, ".paper");
    for said in [
        "ĐẢNG CỘNG SẢN VIỆT NAM",
        "TỈNH ỦY",
        "Về việc cấm biển",
        "Đề nghị cấm biển.",
        "Nơi nhận:",
        "Đảng ủy xã Một",
    ] {
        assert!(sheet.contains(said), "{said}: {sheet}");
    }
    // The addressee reads who signed, from the paper itself.
    let signed = printed(&window, ".signed");
    let lines: Vec<&str> = signed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, ["T/M BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "chanh.vp"], "{signed}");
    for left_out in
        [".band", ".nav", "#line", ".crumb", "h1", "#next", "#todo", ".story", "#addressees", ".toast"]
    {
        assert_eq!(printed(&window, left_out), "", "{left_out}");
    }
    let ink = window.js("return getComputedStyle(document.querySelector('.paper')).color", &[]);
    assert_eq!(ink, "rgb(22, 33, 30)", "dark on white, though the screen is dark");

    // The register names who signed; nothing is printed of a paper's program beside it.
    let other = Window::open();
    other.sign_in(&small.url(TOP), &chief);
    other.go(&format!("{}registers/out", small.url(TOP)));
    assert!(other.text("#papers").contains("chanh.vp"), "{}", other.text("#papers"));
}

#[test]
fn the_week_has_its_office_s_head_and_no_button() {
    let small = Small::new();
    let chief = small.person(COMMUNE, Role::Chief, "chanh.vp");
    let window = Window::open();
    window.sign_in(&small.url(COMMUNE), &chief);
    window.go(&format!("{}programmes/week", small.url(COMMUNE)));
    assert_eq!(printed(&window, ".paper"), "", "the head is for the printer");
    window.look("dark", "print");
    let page = printed(&window, "main");
    for said in ["ĐẢNG CỘNG SẢN VIỆT NAM", "ĐẢNG BỘ TỈNH", "ĐẢNG ỦY XÃ MỘT", "NGƯỜI DUYỆT"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(printed(&window, ".band, main .b, main .chips, main .empty .acts"), "");
    assert_eq!(sheets(&window), 1);
}

#[test]
fn no_edge_cuts_the_letter_and_the_address_stands_apart() {
    let small = Small::new();
    let admin = small.person(HUB, Role::Administrator, "quan.tri");
    let window = Window::open();
    window.sign_in(&small.url(HUB), &admin);
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    window.go(&format!("{}offices/{office}", small.url(HUB)));
    window.js("document.querySelector(\"form[action$='/letter']\").submit()", &[]);
    window.until_there(".letter");
    to_printer(&window);
    let letter = printed(&window, ".letter");
    for said in [&word("cli-authority"), "Địa chỉ trung tâm", "127.0.0.1:"] {
        assert!(letter.contains(said), "{said}: {letter}");
    }
    assert_eq!(printed(&window, ".band, .screen, .crumb"), "");
    assert_eq!(sheets(&window), 1);
}
