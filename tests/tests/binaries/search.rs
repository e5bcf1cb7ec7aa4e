//! Search, with the real commands.

use truc_tests::programs::{Province, fails, run};
use truc_tests::support::until;

#[test]
fn papers_and_answers_are_found_on_both_sides() {
    let province = Province::running();
    let send = [
        "directive",
        "create",
        "--type",
        "CV",
        "--title",
        "Ứng phó bão số 9",
        "--text",
        "Thực hiện ý kiến chỉ đạo của Thường trực",
        "--to",
        "1",
        "--number",
        "913-CV/TU",
    ];
    province.node("40", &send);
    let records = |code: &str, args: &[&str]| {
        province.node(code, &[&["search"], args].concat())["records"].as_array().unwrap().clone()
    };
    until("the letter is found", || records("1", &["chi", "dao"]).len() == 1);
    let hit = records("1", &["bao so 9", "--kind", "directive", "--owner", "40"]).remove(0);
    assert_eq!((&hit["number"], &hit["kind"]), (&"913-CV/TU".into(), &"directive".into()));
    assert!(records("1", &["bao", "--kind", "report"]).is_empty());
    assert!(records("1", &["bao", "--owner", "2"]).is_empty());
    province.node("1", &["directive", "accept", "913-CV/TU", "--arrival-number", "1204"]);
    assert_eq!(records("1", &["1204"]).len(), 1, "what a command wrote is found at once");
    until("the answer is found", || records("40", &["1204 bao"]).len() == 1);
    assert!(records("2", &["chi", "dao"]).is_empty(), "it is not for that office");
    until("the hub finds it too", || {
        !province.hub(&["search", "chỉ đạo"])["records"].as_array().unwrap().is_empty()
    });
    let said = run("truc-node", &province.dir("1"), &["search", "thuc hien"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("[Thực] [hiện] ý kiến chỉ đạo"), "{said}");
    let none = run("truc-node", &province.dir("1"), &["search", "\"OR* NEAR("]);
    assert!(String::from_utf8(none.stdout).unwrap().contains("No record has all of these words"));
    fails(
        "truc-node",
        &province.dir("1"),
        &["search", "bao", "--owner", "99"],
        4,
        "No office has the code or name 99",
    );
    province.stop("1");
    province.node("1", &["rebuild-views"]);
    assert_eq!(records("1", &["chi dao"]).len(), 1, "it is made anew");
    province.judge();
}
