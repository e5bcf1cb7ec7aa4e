//! The watch of a duty officer: it stays, rings for an express paper until somebody accepts it, opens nothing else, and
//! says when it hears nothing.

use std::time::Duration;

use truc_node::accounts::{ACCOUNTS, Role};
use truc_node::clock::unix_now;
use truc_proto::limits;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::pages::window::Window;

use crate::word;

#[test]
fn it_rings_until_somebody_accepts_and_opens_nothing_else() {
    let small = Small::new();
    let (site, clerk) = (small.url(COMMUNE), small.person(COMMUNE, Role::Clerk, "truc.ban"));
    let chief = small.person(TOP, Role::Chief, "chanh.vp");
    let window = Window::open();
    window.sign_in(&site, &clerk);
    window.go(&format!("{site}watch/begin"));
    window.click("form[action='/watch/begin'] button");
    window.until_there("#watch");
    window.until_said(&word("watch-calm"));
    let title = "document.title";
    assert!(!window.has("nav"), "there is nothing else to press");
    window.until("the page knows whether it may sound", "'ringing' in document.body.dataset");
    if window.has("[data-sound]:not([hidden])") {
        window.click("[data-sound]");
        window.until_there("[data-sound][hidden]");
    }
    // The night: everybody's session has ended long ago.
    let long_ago = (unix_now() - limits::SESSION.as_secs()) as i64;
    let conn = rusqlite::Connection::open(small.dir(COMMUNE).join(ACCOUNTS)).unwrap();
    conn.execute("UPDATE session SET since = ?1, touched = ?1", [long_ago]).unwrap();

    let words = ["--type", "CV", "--title", "Cấm biển", "--to", COMMUNE, "--urgency", "express"];
    let paper = small.ask(TOP, &[&["directive", "create"][..], &words, &["--author", &chief.user]].concat());
    let took = window.until("it rings", "document.body.dataset.ringing === 'sound'");
    assert!(took < Duration::from_secs(10), "{took:?}");
    window.until("the title says so", &format!("{title}.includes('HỎA TỐC')"));
    assert!(window.text("#watch").contains("Cấm biển"));
    window.reload();
    window.until("and after the page was loaded anew", &format!("{title}.includes('HỎA TỐC')"));

    small.stop(COMMUNE);
    window.until_there("[data-gone]:not([hidden])");
    small.start(COMMUNE);
    window.until_there("[data-gone][hidden]");
    window.until_there("[data-ring]");

    let id = paper["record"].as_str().unwrap();
    small.ask(COMMUNE, &["directive", "accept", id, "--author", &clerk.user]);
    window.until("it is quiet", "document.body.dataset.ringing === ''");
    assert!(!window.js("return document.title", &[]).as_str().unwrap().contains("HỎA TỐC"));
    window.until_said(&word("watch-calm"));

    // Everything else asks for the password.
    for page in ["", "in", "me", "accounts", &format!("directive/{id}")] {
        window.go(&format!("{site}{page}"));
        assert!(window.at().starts_with("/login"), "{page}: {}", window.at());
    }
    window.go(&format!("{site}watch"));
    window.click("form[action='/watch/end'] button");
    window.until("it ends", "location.pathname === '/login'");
    window.go(&format!("{site}watch"));
    assert!(window.at().starts_with("/login"), "{}", window.at());
}
