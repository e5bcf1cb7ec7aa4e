//! The console steers: offices from a list with something wrong in it, letters for several at once and a machine
//! enrolled with what one of them says, the picture with its legend and groups, and a machine that is questioned.

use std::fs;

use serde_json::{Value, json};
use truc_hub::console::glance::State;
use truc_node::accounts::Role;
use truc_node::words::{self, Lang};
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::{copy_folder, until};

use crate::word;

/// The third line names a level that there is not.
const LIST: &str = "code,parent_code,tier,kind,name\n\
    417,40,district,huyện,Huyện Mường\n\
    2,417,hamlet,xã,Xã Hai\n\
    3,417,commune,xã,Xã Ba\n\
    4,417,commune,xã,Xã Bốn\n\
    5,40,commune,xã,Xã Năm\n";

/// Heads of the picture with how many tiles each has, as they stand.
const BLOCKS: &str = "return Array.from(document.querySelectorAll('.map section')).map((block) => \
    [block.querySelector('h2 > * > span, h2 > span').innerText.trim().split('\\n')[0], block.querySelectorAll('li').length])";

fn blocks(window: &Window, site: &str) -> Value {
    window.go(site);
    window.js(BLOCKS, &[])
}

#[test]
fn the_console_adds_offices_gives_letters_and_answers_for_machines() {
    let small = Small::new();
    let site = small.url(HUB);
    let window = Window::open();
    window.sign_in(&site, &small.person(HUB, Role::Administrator, "dieu.hanh"));
    listed(&small, &window, &site);
    lettered(&small, &window, &site);
    pictured(&small, &window, &site);
    questioned(&small, &window, &site);
}

fn offices(small: &Small) -> Vec<Value> {
    small.ask(HUB, &["office", "list"])["list"].as_array().unwrap().clone()
}

fn id(small: &Small, code: &str) -> Value {
    offices(small).into_iter().find(|office| office["code"] == code).unwrap()["office"].clone()
}

/// A list with a wrong line is shown with what is wrong, mended in place, and taken in.
fn listed(small: &Small, window: &Window, site: &str) {
    let list = small.dir("list.csv");
    fs::write(&list, LIST).unwrap();
    window.go(&format!("{site}offices/import"));
    window.put("#since", "2026-01-01");
    window.attach("#files", &list);
    window.click("#main form button.go");
    window.until_there(".errsum");
    let wrong = window.text(".errsum");
    assert!(wrong.contains("hamlet") && wrong.contains("Xã Hai"), "the line and what is wrong: {wrong}");
    assert_eq!(window.value("#since"), "2026-01-01");
    assert_eq!(window.value("#list"), LIST, "what came in a file can be mended here");
    assert_eq!(offices(small).len(), 3, "nothing is written");
    window.put("#list", &LIST.replace("hamlet", "commune"));
    window.click("#main form button.go");
    window.until_there(".toast");
    let done = window.text(".toast");
    assert!(done.contains('5'), "five are added: {done}");
    assert_eq!(window.at(), "/offices");
    assert_eq!(window.js("return document.querySelectorAll('#main tbody tr').length", &[]), 7);
}

/// Two letters at once; what is printed in one of them enrols the machine.
fn lettered(small: &Small, window: &Window, site: &str) {
    window.go(&format!("{site}offices"));
    assert_eq!(
        window.js("return document.querySelector('.bulk button').disabled", &[]),
        true,
        "nobody is chosen"
    );
    for name in ["Đảng ủy xã Hai", "Đảng ủy xã Ba"] {
        window.click(&format!("input[name='office'][aria-label='{name}']"));
    }
    let print = word("btn-letters").replace('#', "2");
    window.click_said(".bulk button", &print);
    window.until_there(".letter");
    let letters = "return Array.from(document.querySelectorAll('.letter')).map((letter) => \
        [letter.querySelector('h1').innerText, letter.querySelector('.code').innerText])";
    let letters = window.js(letters, &[]);
    let said = |letter: usize, part: usize| letters[letter][part].as_str().unwrap_or_default().to_owned();
    assert_eq!(letters.as_array().unwrap().len(), 2);
    let two = (0..2).find(|letter| said(*letter, 0).contains("Đảng ủy xã Hai")).expect("a letter to each");
    assert_ne!(said(0, 1), said(1, 1), "each has a code of its own");
    small.ask("machine", &["enrol", &said(two, 1)]);
    assert_eq!(small.ask("machine", &["status"])["office"], id(small, "2"));
}

/// Each state has its place in the legend, its shape, its count, and fades what is not in it. Communes stand under
/// their district, also when it is no longer above them.
fn pictured(small: &Small, window: &Window, site: &str) {
    assert_eq!(blocks(window, site), json!([["Mường", 3], ["Đ", 1], ["N", 1]]));
    let tiles = "const all = Array.from(document.querySelectorAll('.map li, .map h2 a')); \
        const [shape] = arguments; \
        const of = (tile) => tile.querySelector('.g use').getAttribute('href') === shape; \
        return [all.filter((tile) => !tile.classList.contains('fade')).length, \
            all.filter((tile) => of(tile)).length, all.length]";
    for state in State::ALL {
        window.go(&format!("{site}?only={}", state.name()));
        let key = window.text("#key [aria-current]");
        let count = key.split_whitespace().next().and_then(|count| count.parse::<u64>().ok());
        assert!(key.contains(&word(&format!("glance-{}", state.name()))), "{state:?}: {key}");
        let shape =
            window.js("return document.querySelector('#key [aria-current] use').getAttribute('href')", &[]);
        assert_eq!(shape, format!("#i-{}", state.mark().name()), "{state:?}");
        let found = window.js(tiles, &[shape]);
        assert_eq!(found[0], found[1], "{state:?}: what is in it, and nothing else, stands out");
        // The province itself is counted, and stands above the picture.
        let province = window.js("return document.querySelector('#key .prov use').getAttribute('href')", &[]);
        let above = u64::from(province == format!("#i-{}", state.mark().name()));
        assert_eq!(count, found[0].as_u64().map(|found| found + above), "{state:?}");
        window.click("#key [aria-current]");
        window.until(
            "pressed again, all stand out",
            "!document.querySelector('.map .fade, #key [aria-current]')",
        );
    }
    let mended = LIST.replace("hamlet", "commune").replace(",417,", ",40,");
    let list = small.dir("list.csv");
    fs::write(&list, mended).unwrap();
    small.ask(HUB, &["office", "import", list.to_str().unwrap(), "--since", "2026-07-01"]);
    until("the communes stand where they did", || {
        blocks(window, site) == json!([["Mường", 0], ["Mường", 3], ["Đ", 1], ["N", 1]])
    });
}

/// A copy that takes the machine's place is asked about; one goes on, the next is refused.
fn questioned(small: &Small, window: &Window, site: &str) {
    let page = format!("{site}offices/{}", id(small, COMMUNE).as_str().unwrap());
    small.person(COMMUNE, Role::Chief, "chanh.vp");
    for (button, done) in [("btn-approve", "done-approved"), ("btn-refuse-machine", "done-refused-machine")] {
        copied(small, button);
        until("a person is asked", || {
            window.go(&page);
            window.has("#question")
        });
        window.go(&format!("{site}offices?only=question"));
        assert!(window.text("#main tbody").contains("Đảng ủy xã Một"), "it is first among what needs hands");
        window.go(&page);
        window.click_said("#question button", &word(button));
        window.until_there(".toast");
        let said = window.text(".toast");
        assert_eq!(said, words::say(Lang::Vi, done, &[("office", "Đảng ủy xã Một".into())]));
        until("it is answered", || {
            window.go(&page);
            !window.has("#question")
        });
        let stands = if button == "btn-approve" { "on" } else { "refused" };
        until(stands, || small.ask(COMMUNE, &["status"])["line"]["standing"] == stands);
    }
    assert!(small.ask(HUB, &["question", "list"])["questions"].as_array().unwrap().is_empty());
}

/// Puts an older copy of the commune's folder in its place.
fn copied(small: &Small, title: &str) {
    let (dir, copy) = (small.dir(COMMUNE), small.dir("copy"));
    small.kill(COMMUNE);
    copy_folder(&dir, &copy);
    small.start(COMMUNE);
    let letter =
        ["directive", "create", "--type", "CV", "--title", title, "--to", TOP, "--author", "chanh.vp"];
    small.ask(COMMUNE, &letter);
    until("it is at the province", || {
        let list = small.ask(TOP, &["directive", "list"]);
        list["records"].as_array().unwrap().iter().any(|record| record["title"] == title)
    });
    small.kill(COMMUNE);
    fs::remove_dir_all(&dir).unwrap();
    fs::rename(&copy, &dir).unwrap();
    small.start(COMMUNE);
}
