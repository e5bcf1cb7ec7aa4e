//! A phone, and the keyboard on the map: what must be there is there, and covers nothing.

use fantoccini::key::Key;
use serde_json::json;
use truc_node::accounts::Role;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

/// How much of the window stays covered while one scrolls, in per cent.
const COVERED: &str = "const fixed = [...document.querySelectorAll('body *')].filter((element) => \
    ['fixed', 'sticky'].includes(getComputedStyle(element).position) && element.offsetParent !== undefined \
    && element.getClientRects().length && element.getBoundingClientRect().width > innerWidth / 2); \
    return 100 * fixed.reduce((sum, element) => sum + element.getBoundingClientRect().height, 0) / innerHeight";

#[test]
fn a_phone_has_search_counts_and_room_and_the_map_one_stop() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    small.person(TOP, Role::Chief, "viet");
    let guidance = ["guidance", "create", "--title", "Cách gửi", "--text", "Gửi qua Trục", "--to", COMMUNE];
    let record = small.ask(TOP, &[&guidance[..], &["--author", "viet"]].concat())["record"].clone();
    let window = Window::open();
    window.size(360, 640);
    window.sign_in(&site, &small.person(COMMUNE, Role::Chief, "chanh.vp"));
    until("the guidance is counted under more", || {
        window.go(&site);
        window.js("return document.querySelector('.tab a[href=\"/me\"] b')?.innerText ?? ''", &[])
            == json!("1")
    });
    let seen = "return document.querySelector('.band input[type=search]').getClientRects().length > 0";
    assert_eq!(window.js(seen, &[]), true, "search is in the band");
    window.go(&format!("{site}directives/new"));
    let covered = window.js(COVERED, &[]).as_f64().unwrap();
    assert!(covered < 15.0, "{covered} % of the window is covered");
    window.go(&format!("{site}programmes/month"));
    assert_eq!(window.js("return document.querySelector('.tw').scrollWidth <= innerWidth", &[]), true);

    // What was done is said above the page, over nothing.
    window.go(&format!("{site}guidance/{}", record.as_str().unwrap()));
    window.click("summary[data-key='t']");
    window.js("document.querySelector('details[open] button.go').scrollIntoView({ block: 'center' })", &[]);
    window.click("details[open] button.go");
    window.until_there(".toast");
    let toast = "getComputedStyle(document.querySelector('.toast') ?? document.body).position === 'static'";
    window.until("a message covers nothing", toast);

    let console = small.url(HUB);
    let window = Window::open();
    window.sign_in(&console, &small.person(HUB, Role::Supervisor, "giam.sat"));
    window.go(&console);
    let stops = "return document.querySelectorAll('.map a:not([tabindex=\"-1\"])').length";
    assert_eq!(window.js(stops, &[]), 1, "the map is one stop of the tab key");
    window.js("document.querySelector('.map a:not([tabindex=\"-1\"])').focus()", &[]);
    window.key(Key::Tab);
    let left = "return !document.activeElement.closest('.map')";
    assert_eq!(window.js(left, &[]), true);
}
