//! Moves at the desk: what each form asks, who hears what, and where work stands on Today.

use truc_node::accounts::Role;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::support::until;

/// A section of a page.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap_or_default();
    rest.split_once("</section>").map_or(rest, |(section, _)| section)
}

#[test]
fn a_paper_goes_through_an_office_and_is_on_today_all_the_way() {
    let small = Small::new();
    let viet = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    let site = small.url(COMMUNE);
    let hoa = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Chief, "hoa"));
    let lan = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Chief, "lan"));
    let minh = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Specialist, "minh"));
    let create = ["directive", "create", "--to", COMMUNE, "--title", "Bão", "--author", "viet"];
    let tasks = ["--task", "T1|Cấm biển|1|", "--task", "T2|Sơ tán|1|"];
    let said = small.ask(TOP, &[&create[..], &tasks].concat());
    let record = said["record"].as_str().unwrap();
    let path = format!("/directive/{record}");
    let post = |who: &Visitor, mv: &str, fields: &[(&str, &str)]| who.send(&format!("{path}/{mv}"), fields);
    until("it has arrived", || hoa.get(&path).status == 200);

    let today = |id: &str| section(&hoa.get("/").body, id).contains(record);
    assert_eq!(post(&hoa, "accepted", &[]).status, 303);
    assert!(today("unassigned"), "accepted, and assigned to nobody");
    // Two assign at once: the second hears who was first and when, and has what was typed.
    assert_eq!(post(&hoa, "assigned", &[("assigned_to", "Minh"), ("note", "gấp")]).status, 303);
    let second = post(&lan, "assigned", &[("assigned_to", "Bình"), ("note", "việc của tổ hai")]);
    assert_eq!(second.status, 422, "{}", second.body);
    assert!(second.body.contains("hoa") && second.body.contains("phân công"), "{}", second.body);
    let kept = second.body.split_once("id=\"kept\"").expect("what was typed is kept").1;
    assert!(kept.contains("Bình") && kept.contains("việc của tổ hai"));
    let said = second.body.split("<dialog").next().unwrap();
    assert!(!said.contains("assigned\""), "no machine word");
    assert!(!today("unassigned") && today("undated"), "assigned, without a day");
    let waits = section(&hoa.get(&path).body, "next").to_owned();
    assert!(!waits.contains("Không còn việc"), "{waits}");

    // The whole is the chief's to report, and asks for each open task.
    assert_eq!(post(&minh, "completed", &[]).status, 404);
    assert_eq!(post(&minh, "progress", &[("task", "T1"), ("percent", "60")]).status, 303);
    let page = hoa.get(&path).body;
    assert!(
        page.contains("name=\"done.T1\"") && page.contains("name=\"done.T2\""),
        "each open task has a line"
    );
    let refused = post(&hoa, "completed", &[("done.T1", "đã cấm")]);
    assert!(refused.status == 422 && refused.body.contains("T2"), "{}", refused.body);
    assert!(refused.body.contains("value=\"đã cấm\""), "what was typed is there");
    assert_eq!(post(&hoa, "completed", &[("done.T1", "đã cấm"), ("done.T2", "đã sơ tán")]).status, 303);
    assert!(!hoa.get("/").body.split_once("<aside").unwrap().0.contains(record), "nothing is left to do");

    // "Not done" says why, and in its own words.
    let theirs = || viet.get(&path).body;
    until("the province sees both", || {
        theirs().contains("đã sơ tán") || theirs().matches("name=\"done\" value=\"no\"").count() == 2
    });
    let office = small.ask(TOP, &["directive", "show", record])["addressees"][0]["office"].clone();
    let office = office.as_str().unwrap();
    let fields = [("task", "T1"), ("office", office), ("done", "no")];
    let refused = post(&viet, "confirmed", &fields);
    assert!(refused.status == 422 && refused.body.contains("id=\"err-note-confirmed"), "{}", refused.body);
    assert_eq!(post(&viet, "confirmed", &[&fields[..], &[("note", "còn đò")]].concat()).status, 303);
    let after = viet.get(&path).body;
    assert!(after.contains("chưa công nhận hoàn thành"), "{after}");
    until("the task is open again", || section(&hoa.get("/").body, "today").contains(record));
    let axis = section(&after, "h-story");
    assert!(axis.contains("Đảng ủy xã Một"), "the story names whom it is about: {axis}");
}

#[test]
fn only_what_the_rule_allows_is_offered() {
    let small = Small::new();
    let hoa = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "hoa"));
    let create = [
        "directive",
        "create",
        "--to",
        TOP,
        "--title",
        "Xin ý kiến",
        "--author",
        "hoa",
        "--due",
        "2035-01-01",
    ];
    let up = small.ask(COMMUNE, &create);
    let page = hoa.get(&format!("/directive/{}", up["record"].as_str().unwrap())).body;
    assert!(page.contains("/take-back") && !page.contains("/reminder"), "nobody above is urged");
    assert!(!hoa.get("/directives/new").body.contains("id=\"task\""), "who has nobody below gives no tasks");
    // A letter upwards is no duty of the province.
    let viet = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    let record = up["record"].as_str().unwrap();
    until("it has arrived", || viet.get(&format!("/directive/{record}")).status == 200);
    assert_eq!(small.ask(TOP, &["directive", "accept", record, "--author", "viet"])["move"], "accepted");
    let page = viet.get("/").body;
    assert!(section(&page, "unassigned").contains(record) && !section(&page, "rest").contains(record));

    // No remedy is asked for before a conclusion that asks for one.
    let open = [
        "inspection",
        "create",
        "--to",
        COMMUNE,
        "--title",
        "Kiểm tra",
        "--question",
        "K1|Sổ?",
        "--author",
        "viet",
    ];
    let check = small.ask(TOP, &open);
    let record = check["record"].as_str().unwrap();
    let path = format!("/inspection/{record}");
    until("it has arrived", || hoa.get(&path).status == 200);
    assert!(!hoa.get(&path).body.contains("/remediated") && hoa.get(&path).body.contains("/self-report"));
    small.ask(TOP, &["inspection", "verify", record, COMMUNE, "--author", "viet"]);
    let conclude = ["inspection", "conclude", record, COMMUNE, "K1 chưa đạt", "--remedy-by", "2035-01-01"];
    small.ask(TOP, &[&conclude[..], &["--author", "viet"]].concat());
    until("it is to be remedied", || hoa.get(&path).body.contains("/remediated"));
    assert!(!hoa.get(&path).body.contains("/self-report"));
}

#[test]
fn targets_that_are_ticked_are_verified_together_and_each_hears_of_itself_alone() {
    let small = Small::new();
    let viet = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    let words =
        ["office", "add", "2", "--parent", TOP, "--tier", "commune", "--kind", "xã", "--name", "Xã Hai"];
    small.ask("hub", &words);
    let office =
        |code: &str| small.ask("hub", &["office", "show", code])["office"].as_str().unwrap().to_owned();
    let (one, two) = (office(COMMUNE), office("2"));
    let all = format!("subtree:{TOP}");
    let open = [
        "inspection",
        "create",
        "--to",
        &all,
        "--title",
        "Kiểm tra",
        "--question",
        "K1|Sổ?",
        "--author",
        "viet",
    ];
    until("the province knows of both", || {
        let form = viet.get("/inspections/new?draft=01890000-0000-7000-8000-0000000000a1").body;
        form.contains(&one) && form.contains(&two)
    });
    let check = small.ask(TOP, &open);
    let record = check["record"].as_str().unwrap().to_owned();
    let path = format!("/inspection/{record}");
    let page = viet.get(&path).body;
    let targets = section(&page, "targets");
    for office in [&one, &two] {
        assert!(
            targets.contains(&format!("type=\"checkbox\" name=\"office\" value=\"{office}\"")),
            "{targets}"
        );
    }
    assert!(targets.contains("K1 0/2") && targets.contains("0/2 đơn vị đã tự kiểm tra"), "{targets}");
    let verify = |offices: &[&str]| {
        let fields: Vec<(&str, &str)> = offices.iter().map(|office| ("office", *office)).collect();
        viet.send(&format!("{path}/verifying"), &fields)
    };
    let none = verify(&[]);
    assert!(none.status == 422 && none.body.contains("Chưa chọn đơn vị nào"), "{}", none.body);
    assert_eq!(verify(&[&one, &two]).status, 303);
    let shown = small.ask(TOP, &["inspection", "show", &record]);
    let stages: Vec<&str> =
        shown["targets"].as_array().unwrap().iter().map(|target| target["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["verifying", "verifying"]);
    until("the commune hears of itself", || {
        let there = small.ask(COMMUNE, &["inspection", "show", &record]);
        there["story"].as_array().is_some_and(|story| story.iter().any(|row| row["about"] == one.as_str()))
    });
    let there = small.ask(COMMUNE, &["inspection", "show", &record]).to_string();
    assert!(!there.contains(&two), "{there}");
    // All or none: one of them is past that.
    assert_eq!(verify(&[&one]).status, 422);
}

/// "Since" and "at" stand before a time of day, never before "just now".
#[test]
fn a_line_that_has_just_broken_is_told_with_its_hour() {
    let small = Small::new();
    let hoa = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "hoa"));
    small.line.cut();
    let mut page = String::new();
    until("the page says that the line is cut", || {
        page = hoa.get("/").body;
        page.contains("Mất liên lạc với trung tâm từ")
    });
    let said = page.split_once("Mất liên lạc với trung tâm từ ").unwrap().1;
    assert!(said.starts_with(|first: char| first.is_ascii_digit()), "{}", said.get(..60).unwrap_or(said));
}
