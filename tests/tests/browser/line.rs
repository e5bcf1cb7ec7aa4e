//! A report without a line, written with the keyboard alone.

use fantoccini::key::Key;
use serde_json::json;
use truc_node::accounts::Role;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

/// Goes to a field with the tab key.
#[track_caller]
fn tab_to(window: &Window, css: &str) {
    let here = "return document.activeElement.matches(arguments[0])";
    let found = (0..200).any(|_| {
        window.key(Key::Tab);
        window.js(here, &[json!(css)]) == json!(true)
    });
    assert!(found, "the tab key does not lead to {css}");
}

#[test]
fn a_report_written_without_a_line_arrives_when_it_is_back() {
    let small = Small::new();
    let chief = small.person(COMMUNE, Role::Chief, "chanh.vp");
    let reader = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Specialist, "chuyen.vien"));
    let window = Window::open();
    window.sign_in(&small.url(COMMUNE), &chief);
    window.until_there("#line.lineok, #line.linesnd");
    small.line.cut();
    window.until_there("#line.lineoff");

    window.go(&format!("{}reports/new", small.url(COMMUNE)));
    window.until("the title has the focus", "document.activeElement.name === 'title'");
    window.press("Báo cáo tháng 11");
    tab_to(&window, "#from");
    window.press("11012026");
    tab_to(&window, "#to");
    window.press("11302026");
    assert_eq!((window.value("#from"), window.value("#to")), ("2026-11-01".into(), "2026-11-30".into()));
    tab_to(&window, "[name='indicator.0.content']");
    window.press("Số văn bản đến");
    tab_to(&window, "[name='indicator.0.value']");
    window.press("1.204");
    assert!(window.has("[name='recipient']:checked"), "the office above is chosen already");
    tab_to(&window, ".foot button.go");
    window.key(Key::Enter);
    window.say_yes();
    window.until("the report is shown", "location.pathname.startsWith('/report/')");
    window.until_there("#line.lineoff");
    assert!(window.has("#story li.open"), "it is saved here and nowhere else yet");
    assert!(window.text("#figures").contains("1.204"));
    let path = window.at();
    assert_eq!(reader.get(&path).status, 404, "the line is cut");

    small.line.restore();
    until("the report is at the province", || reader.get(&path).status == 200);
    // The page says so by itself.
    window.until("the entry has its receipt", "!document.querySelector('#story li.open')");
    window.until_there("#line.lineok");
    assert!(reader.get(&path).body.contains("1.204"));
}
