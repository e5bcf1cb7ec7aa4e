//! Files are seen: each stands where it came, and opens in the page. What a page shows lives on when it is renewed.

use std::fs;

use serde_json::json;
use truc_node::accounts::Role;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

/// A PDF of one empty page.
const PDF: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n\
    trailer<</Root 1 0 R>>\n%%EOF\n";
/// A picture of one pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[test]
fn files_of_answers_stand_where_they_came_and_open_there() {
    let small = Small::new();
    small.person(COMMUNE, Role::Chief, "chanh.vp");
    let chief = small.person(TOP, Role::Chief, "viet");
    let file = |name: &str, bytes: &[u8]| {
        fs::write(small.dir(name), bytes).unwrap();
        small.dir(name).to_str().unwrap().to_owned()
    };
    let paper = file("Công văn.pdf", PDF.as_bytes());
    let picture = file("Ảnh kè.png", &data_encoding::BASE64.decode(PNG.as_bytes()).unwrap());
    let text = file("ghi chú.txt", "Đã gia cố 40 m kè".as_bytes());
    let words = ["directive", "create", "--type", "CV", "--title", "Gia cố kè", "--to", COMMUNE];
    let task = format!("T1|Gia cố|{COMMUNE}|2031-01-01");
    let more = ["--task", &task, "--attach", &paper, "--author", "viet"];
    let record = small.ask(TOP, &[&words[..], &more].concat())["record"].as_str().unwrap().to_owned();
    until("the commune has it", || {
        small.ask(COMMUNE, &["directive", "list"])["records"].as_array().is_some_and(|all| !all.is_empty())
    });
    small.ask(COMMUNE, &["directive", "accept", &record, "--author", "chanh.vp"]);
    let progress = ["directive", "progress", &record, "T1", "100"];
    let files = ["--attach", &picture, "--attach", &text, "--author", "chanh.vp"];
    small.ask(COMMUNE, &[&progress[..], &files].concat());

    let site = small.url(TOP);
    let window = Window::open();
    window.sign_in(&site, &chief);
    until("the answer and its files are there", || {
        window.go(&format!("{site}directive/{record}"));
        window.js("return document.querySelectorAll('#story .seen').length", &[]) == json!(2)
    });
    let story = window.text("#story");
    assert!(story.contains("Ảnh kè.png") && story.contains("ghi chú.txt"), "{story}");
    assert!(window.text("#task-T1").contains("Ảnh kè.png"), "where the task is confirmed too");
    // The paper has no text of its own: its file lies on the sheet, and the browser's viewer shows it.
    let shows = "(where) => { const frame = document.querySelector(where + ' iframe'); \
        return frame?.contentDocument?.contentType ?? 'nothing'; }";
    let is = |where_: &str, kind: &str| format!("({shows})({where_:?}) === {kind:?}");
    window.until("the sheet shows the file", &is(".paper", "application/pdf"));
    window.js("document.querySelectorAll('#story details').forEach((details) => details.open = true)", &[]);
    window.until("the picture is drawn", "document.querySelector('#story img')?.naturalWidth === 1");
    let said = "[...document.querySelectorAll('#story iframe')].some((frame) => \
        frame.contentDocument?.body?.innerText.includes('Đã gia cố 40 m kè'))";
    window.until("the text is read", said);

    // Another entry comes: what is open stays open, where one was stays, and nothing is loaded again.
    window.js("window.before = document.querySelector('#story img'); document.querySelector('#story summary').focus()", &[]);
    small.ask(TOP, &["directive", "remind", &record, "--note", "Nhắc lại", "--author", "viet"]);
    window.until("the story goes on", "document.querySelector('#story li').innerText.includes('Nhắc lại')");
    let kept = "return window.before === document.querySelector('#story img') && window.before.closest('details').open \
        && document.activeElement.closest('#story') !== null";
    assert_eq!(window.js(kept, &[]), true);
}

/// How often a page asked for itself again.
const RENEWALS: &str = "return performance.getEntriesByType('resource').filter((one) => \
    one.initiatorType === 'fetch').length";

#[test]
fn a_page_is_fetched_once_and_renewed_only_where_it_changed() {
    let small = Small::new();
    small.person(COMMUNE, Role::Chief, "chanh.vp");
    let chief = small.person(TOP, Role::Chief, "viet");
    let site = small.url(TOP);
    let window = Window::open();
    window.sign_in(&site, &chief);
    let create = |title: &str| {
        let words = ["directive", "create", "--type", "CV", "--title", title, "--to", COMMUNE];
        small.ask(TOP, &[&words[..], &["--author", "viet"]].concat())["record"].as_str().unwrap().to_owned()
    };
    let first = create("Một");
    until("the commune has it", || {
        small.ask(COMMUNE, &["directive", "list"])["records"].as_array().is_some_and(|all| !all.is_empty())
    });
    window.go(&format!("{site}directive/{first}"));
    window.until_there("#story li");
    // The stream says nothing while nothing moves: what follows is the first time that the page asks.
    assert_eq!(window.js(RENEWALS, &[]), 0, "it shows all there is");
    let script = "window.sizes = []; const ask = window.fetch; window.fetch = async (...args) => { \
        const answer = await ask(...args); window.sizes.push([answer.status, (await answer.clone().text()).length]); \
        return answer; }; window.spoken = 0; new MutationObserver(() => window.spoken++).observe(\
        document.getElementById('said'), { childList: true }); \
        window.flashed = 0; new MutationObserver((all) => all.forEach((one) => window.flashed += \
        one.target.classList.contains('changed'))).observe(document.body, { subtree: true, attributeFilter: ['class'] })";
    window.js(script, &[]);
    create("Hai");
    window.until("it asks", "window.sizes.length > 0");
    small.ask(COMMUNE, &["directive", "accept", &first, "--author", "chanh.vp"]);
    window.until("what it shows has changed", "document.querySelectorAll('#story li').length >= 2");
    let whole = window.js("return document.documentElement.outerHTML.length", &[]).as_u64().unwrap();
    let sizes = window.js("return window.sizes", &[]);
    let largest = sizes.as_array().unwrap().iter().filter_map(|one| one[1].as_u64()).max().unwrap();
    assert!(largest < whole / 2, "only parts are fetched: {sizes} of {whole}");
    assert_eq!(window.js("return window.spoken", &[]), 0, "the line is as it was");
    assert_eq!(window.js("return document.querySelector('#line').classList.contains('changed')", &[]), false);
    window.until("what changed is marked", "window.flashed > 0");
}
