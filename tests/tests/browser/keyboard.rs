//! The keyboard alone: signing in, walking a list, opening, helping, searching, going somewhere else.

use fantoccini::key::Key;
use truc_node::accounts::Role;
use truc_tests::pages::demo::{COMMUNE, Demo};
use truc_tests::pages::small::{COMMUNE as COMMUNE_CODE, Small, TOP as TOP_CODE};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

/// What has the focus shows it: an outline, and it is in sight.
const SEEN: &str = "(() => { const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect(); \
    return here !== document.body && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 \
    && box.bottom > 0 && box.top < innerHeight })()";

#[test]
fn the_keyboard_leads_everywhere_and_shows_where_one_is() {
    let demo = Demo::shared();
    let chief = demo.chief(COMMUNE);
    let window = Window::open();
    window.go(&format!("{}in", demo.desk(COMMUNE)));
    window.until("the account has the focus", "document.activeElement.id === 'account'");
    window.press(&chief.user);
    window.key(Key::Tab);
    window.press(&chief.password);
    window.key(Key::Enter);
    window.until("one is where one wanted to go", "location.pathname === '/in'");

    window.key(Key::Tab);
    assert_eq!(
        window.js("return document.activeElement.getAttribute('href')", &[]),
        "#main",
        "skip what is on every page"
    );
    window.until("the skip link is seen", SEEN);

    // Over a list, and into a paper.
    let nth = |number: usize| {
        format!("document.querySelectorAll('.tw tbody tr')[{number}].contains(document.activeElement)")
    };
    window.press("j");
    window.until("the first line", &nth(0));
    window.until("it is seen", SEEN);
    window.press("j");
    window.until("the second line", &nth(1));
    window.press("k");
    window.until("the first line again", &nth(0));
    window.key(Key::Enter);
    window.until("a paper is open", "location.pathname.startsWith('/directive/')");

    window.press("?");
    window.until("the keys are shown", "document.getElementById('keys').open");
    window.key(Key::Escape);
    window.until("they are gone", "!document.getElementById('keys').open");

    window.press("/");
    window.until("search has the focus", "document.activeElement.type === 'search'");
    window.until("it is seen", SEEN);
    window.press("gd?");
    assert_eq!(
        window.js("return document.activeElement.value", &[]),
        "gd?",
        "letters are letters where one types"
    );
    window.key(Key::Escape);

    window.press("g");
    window.press("d");
    window.until("the incoming papers", "location.pathname === '/in'");
    window.press("g");
    window.press("h");
    window.until("Today", "location.pathname === '/'");

    // Every stop of the tab key on Today shows itself.
    for _ in 0..25 {
        window.key(Key::Tab);
        let body = window.js("return document.activeElement === document.body", &[]);
        if body == true {
            break;
        }
        window.until("what has the focus is seen", SEEN);
    }
}

#[test]
fn a_key_ticks_and_accepts_nothing_that_is_not_meant() {
    let small = Small::new();
    let chief = small.person(COMMUNE_CODE, Role::Chief, "chanh.vp");
    small.person(TOP_CODE, Role::Chief, "viet");
    for title in ["Một", "Hai"] {
        let words = ["directive", "create", "--type", "CV", "--title", title, "--to", COMMUNE_CODE];
        small.ask(TOP_CODE, &[&words[..], &["--urgency", "express", "--author", "viet"]].concat());
    }
    let window = Window::open();
    let site = small.url(COMMUNE_CODE);
    window.sign_in(&site, &chief);
    let keys = "section.express [data-key='t']";
    until("both papers wait", || {
        window.go(&site);
        window.js(&format!("return document.querySelectorAll(\"{keys}\").length"), &[]) == 2
    });
    // Two papers could be meant: the key does nothing until a line is marked, and then acts on that line.
    window.press("t");
    let open = "[...document.querySelectorAll('details.move[open]')]";
    assert_eq!(window.js(&format!("return {open}.length"), &[]), 0);
    window.press("j");
    window.press("j");
    window.press("t");
    window.until(
        "the marked line's form",
        &format!("{open}.length === 1 && {open}[0].closest('.express.at') !== null"),
    );

    // The Enter key in the search of recipients ticks what is meant, once, and never unticks.
    window.go(&format!("{site}directives/new"));
    let ticked = "document.querySelectorAll('[data-picker] li input:checked').length";
    let count = |of: &str| window.js(&format!("return {of}"), &[]);
    let before = count(ticked);
    window.click("[data-picker-search]");
    window.key(Key::Enter);
    window.press("  ");
    window.key(Key::Enter);
    assert_eq!(count(ticked), before, "nothing is sought");
}
