//! Without scripts: what a page promises, it keeps.

use truc_node::accounts::Realm;
use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::driver::Setup;
use truc_tests::pages::window::Window;
use truc_tests::programs::ask;
use truc_tests::support::until;

use crate::word;

const TITLE: &str = "Gửi khi trang không có mã chạy";

#[test]
fn papers_are_taken_in_and_written_without_scripts() {
    let demo = Demo::shared();
    let store = demo.store(Realm::Desk, TOP);
    let words = ["directive", "create", "--type", "CV", "--title", TITLE, "--to", COMMUNE, "--author"];
    ask("truc-node", &store, &[&words[..], &[&demo.chief(TOP).user]].concat());

    let window = Window::open_with(Setup { scripts: false });
    window.sign_in(demo.desk(COMMUNE), &demo.chief(COMMUNE));
    until("the paper is there", || {
        window.go(&format!("{}in", demo.desk(COMMUNE)));
        window.text("#main").contains(TITLE)
    });
    window.click_said("a.t", TITLE);
    window.click_said("#next summary", &word("btn-accept"));
    window.click("#next details[open] button.go");
    window.until_there(".toast");
    assert!(
        window.text(".toast").chars().any(|letter| letter.is_ascii_digit()),
        "the arrival number is said"
    );
    window.reload();
    assert!(!window.has(".toast"), "it is said once");

    // A directive with two tasks, the second from a button, and a file.
    let window = Window::open_with(Setup { scripts: false });
    window.sign_in(demo.desk(TOP), &demo.chief(TOP));
    window.go(&format!("{}directives/new", demo.desk(TOP)));
    window.fill("#title", "Hai nhiệm vụ và một tệp");
    window.fill("[name='task.0.content']", "Việc thứ nhất");
    window.click(".tree details details > summary");
    window.click(".tree li[data-name$='cua lo'] > label");
    window.click("[name='more'][value='task']");
    window.until_there("[name='task.1.content']");
    assert_eq!(window.value("#title"), "Hai nhiệm vụ và một tệp");
    assert_eq!(window.value("[name='task.0.content']"), "Việc thứ nhất");
    window.fill("[name='task.1.content']", "Việc thứ hai");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Phụ lục số 1.txt");
    std::fs::write(&file, "Nội dung phụ lục").unwrap();
    window.attach("#files", &file);
    window.click(".foot button.go");
    // What cannot be undone is asked once, when the form is good.
    window.until_there("[name='sure']");
    window.click(".foot button.go");
    until("it is issued and shown", || window.at().starts_with("/directive/"));
    let page = window.text("#main");
    for said in ["Việc thứ nhất", "Việc thứ hai", "Phụ lục số 1.txt"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }

    window.go(&format!("{}me", demo.desk(TOP)));
    window.click("form[action='/logout'] button");
    until("one is signed out", || window.at().starts_with("/login"));
    window.go(&format!("{}in", demo.desk(TOP)));
    assert!(window.at().starts_with("/login"), "{}", window.at());
}
