//! Nothing typed is lost: whatever happens to the node, to the session, or because somebody else writes too.

use serde_json::json;
use truc_node::accounts::Role;
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

use crate::word;

/// Waits until the page says that a draft is saved.
#[track_caller]
fn saved(window: &Window) {
    window.until("the draft is saved", "/\\d/.test(document.querySelector('[data-saved]').textContent)");
}

/// Titles in the list of drafts.
#[track_caller]
fn drafts(window: &Window, site: &str) -> String {
    window.go(&format!("{site}drafts"));
    window.text("#main")
}

#[test]
fn a_node_that_is_killed_under_a_form_loses_nothing() {
    let small = Small::new();
    let (site, chief) = (small.url(COMMUNE), small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let window = Window::open();
    window.sign_in(&site, &chief);
    window.go(&format!("{site}directives/new"));
    window.fill("#title", "Trước khi mất điện");
    saved(&window);
    small.kill(COMMUNE);
    window.fill("#text", "Gõ khi máy chủ đã tắt");
    // It is in the browser now; nobody else has it.
    window.until(
        "the browser has kept it",
        "Object.keys(localStorage).some((key) => localStorage[key].includes('%C4%91%C3%A3+t%E1%BA%AFt'))",
    );
    small.start(COMMUNE);
    assert_eq!(window.value("#text"), "Gõ khi máy chủ đã tắt", "the open page keeps it");
    // Even a page that is closed now leaves it: the next page of the desk brings it in.
    window.js("window.onbeforeunload = null", &[]);
    window.go("about:blank");
    if window.question().is_some() {
        window.say_yes();
    }
    window.go(&site);
    until("the draft has what was typed", || {
        if !drafts(&window, &site).contains("Trước khi mất điện") {
            return false;
        }
        window.click_said("a.t", "Trước khi mất điện");
        window.value("#text") == "Gõ khi máy chủ đã tắt"
    });
}

/// Signed out in another window of the same browser; and in again, if somebody is given.
#[track_caller]
fn out(window: &Window, again: Option<&Person>) {
    let script = "const [account, password, done] = arguments; const post = (path, fields) => \
        fetch(path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) }); \
        post('/logout', { csrf: document.body.dataset.csrf }) \
        .then(() => account && post('/login', { account, password })).then(() => done(true), () => done(false))";
    let (account, password) = again.map(|person| (&person.user, &person.password)).unzip();
    assert_eq!(window.js_later(script, &[json!(account), json!(password)]), true);
}

#[test]
fn a_session_that_ends_under_a_form_loses_nothing() {
    let small = Small::new();
    let (site, chief) = (small.url(COMMUNE), small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let window = Window::open();
    window.sign_in(&site, &chief);
    for (sent, again) in [None, Some(&chief)].into_iter().enumerate() {
        window.go(&format!("{site}reports/new"));
        window.fill("#title", "Viết dở rồi hết phiên");
        window.fill("#text", "Nội dung còn nguyên");
        window.put("#from", "2026-10-01");
        window.put("#to", "2026-10-31");
        window.fill("[name='indicator.0.content']", "Số văn bản");
        window.fill("[name='indicator.0.value']", "1.204");
        out(&window, again);
        window.click(".foot button.go");
        if again.is_none() {
            // Asked for on the page, which goes on where it was. Somebody who signed in elsewhere is not asked.
            window.until_there("dialog.again #again-password");
            window.fill("#again-password", &chief.password);
            window.click("dialog.again button.go");
        }
        window.say_yes();
        window.until("the report is shown", "location.pathname.startsWith('/report/')");
        assert!(window.text("#main").contains("Nội dung còn nguyên"));
        let reports = small.ask(COMMUNE, &["report", "list"]);
        assert_eq!(reports["records"].as_array().unwrap().len(), sent + 1);
    }
}

#[test]
fn two_people_who_write_one_draft_keep_both() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    let (one, two) = (Window::open(), Window::open());
    one.sign_in(&site, &small.person(COMMUNE, Role::Chief, "nguoi.mot"));
    two.sign_in(&site, &small.person(COMMUNE, Role::Clerk, "nguoi.hai"));
    one.go(&format!("{site}directives/new"));
    one.fill("#title", "Dự thảo chung");
    one.click("button[formaction$='?share=1']");
    one.until_there("[name='draft-version']:not([value='0'])");
    let shared = one.url();
    two.go(&shared);
    assert_eq!(two.value("#title"), "Dự thảo chung");

    one.fill("#text", "Chữ của người một");
    saved(&one);
    two.fill("#text", "Chữ của người hai");
    // Whoever comes second is told, and led to what was kept.
    two.until_there("[data-saved] a[href^='/drafts/']");
    let second = two.js("return document.querySelector('[data-saved] a').href", &[]);
    two.click("[data-saved] a");
    if two.question().is_some() {
        two.say_yes();
    }
    two.until("the kept one is open", &format!("location.href !== {}", json!(shared)));
    assert_eq!(two.value("#text"), "Chữ của người hai", "{second}");
    one.go(&shared);
    assert_eq!(one.value("#text"), "Chữ của người một");
}
