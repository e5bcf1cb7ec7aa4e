//! The newcomer's story: an express directive from one desk to another, and every answer to it at the console.

use std::time::Instant;

use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::window::Window;

use crate::word;

const TITLE: &str = "Ứng phó lũ trên sông Lam trong đêm nay";

/// Does something at a desk, and waits for it at the console, whose page is not loaded again. How long that took
/// is told and not judged: it depends on what else the machine does.
#[track_caller]
fn shows(console: &Window, mv: &str, act: impl FnOnce()) {
    let begun = Instant::now();
    act();
    let said = word(&format!("mv-directive-{mv}"));
    let newest = format!("document.querySelector('#story li').innerText.includes({said:?})");
    console.until(mv, &newest);
    println!("{mv}: at the console after {} ms", begun.elapsed().as_millis());
}

#[test]
fn an_express_directive_is_written_taken_in_done_and_seen_at_each_step() {
    let demo = Demo::shared();
    let (commune, province, console) = (Window::open(), Window::open(), Window::open());
    commune.sign_in(demo.desk(COMMUNE), &demo.chief(COMMUNE));
    console.sign_in(demo.console(), &demo.supervisor());

    // Written at the province's desk, to one commune found by typing its name without marks.
    province.sign_in(demo.desk(TOP), &demo.chief(TOP));
    province.go(&format!("{}directives/new", demo.desk(TOP)));
    province.fill("#title", TITLE);
    province.fill("[data-picker-search]", "cua lo\u{e007}");
    province.until(
        "one office is chosen",
        "/\\b1\\b/.test(document.querySelector('[data-picker-count]').textContent)",
    );
    province.click("#urgency option[value='3']");
    province.put("#due", "2031-05-04T17:00");
    province.fill("[name='task.0.content']", "Trực 24/24 và báo cáo mực nước");
    province.put("[name='task.0.due']", "2031-05-04T12:00");
    province.fill("#text", "Yêu cầu trực 24/24.");
    province.click(".foot button.go");
    let begun = Instant::now();
    province.say_yes();

    // It comes to Today by itself: nobody loads that page.
    let there = format!(
        "[...document.querySelectorAll('.express')].some((paper) => paper.innerText.includes({TITLE:?}))"
    );
    commune.until("the directive is on Today", &there);
    println!("issued: on Today after {} ms", begun.elapsed().as_millis());
    let path = province.at();
    assert!(path.starts_with("/directive/"), "{path}");
    console.go(&format!("{}{}", demo.console(), &path[1..]));
    console.until_there("#story li");

    shows(&console, "accepted", || {
        commune.click(&format!(".express details:has(form[action='{path}/accepted']) summary"));
        commune.click(&format!(".express form[action='{path}/accepted'] button.go"));
    });
    assert_eq!(commune.at(), path);
    let said = commune.text(".toast");
    assert!(said.chars().any(|letter| letter.is_ascii_digit()), "the arrival number is said: {said}");

    // Whom the commune assigns it to is its own.
    commune.click("summary[data-key='p']");
    commune.fill("details[open] [name='assigned_to']", "Nguyễn Thị Hoa");
    commune.click("details[open] button.go");
    commune.until_said("Nguyễn Thị Hoa");

    shows(&console, "progress", || {
        commune.click("#task-T1 summary");
        commune.fill("#task-T1 [name='percent']", "100");
        commune.click("#task-T1 button.go");
    });

    shows(&console, "completed", || {
        commune.click_said("details.move summary", &word("btn-complete"));
        commune.click("details[open] button.go");
    });
    assert!(!console.text("#main").contains("Nguyễn Thị Hoa"), "the console has all but who does the work");
    commune.go(demo.desk(COMMUNE));
    commune.until_there("#today h1");
    assert!(!commune.text("#today").contains(TITLE), "what is done is not on Today");
}
